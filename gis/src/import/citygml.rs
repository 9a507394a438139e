//! PLATEAU (CityGML 2): zones of floods, inland flooding, reservoirs, storm surge, tsunami and landslides.
//!
//! A zone is a surface of many triangles; they are joined, because what counts is where the zone is, not how it was cut up.

use std::rc::Rc;

use geo::Coord;

use super::collect::{Collector, Declared, FIELDS_MAX};
use super::raw::{RawFeature, RawShape, Value};
use super::refusal::ImportError;
use super::xml::{Element, Node, Xml, decoded, numbers};
use crate::LayerKind;
use crate::crs::{Axes, Crs};

pub(super) const FORMAT: &str = "PLATEAU CityGML";
/// Most triangles of one zone.
const PATCHES_MAX: usize = 5_000_000;

pub(super) fn read(bytes: &[u8], into: &mut Collector) -> Result<(), ImportError> {
    let refuse = into.refuse;
    let text = decoded(refuse, bytes, into.settings().encoding)?;
    let encoding = Some((text.encoding.name().to_owned(), text.from.clone()));
    let mut xml = Xml::new(refuse, FORMAT, &text.text);
    let mut space = Space::default();
    let mut current: Option<Zone> = None;
    let mut declared: Option<Option<LayerKind>> = None;
    let mut number = 0;
    loop {
        match xml.next()? {
            Node::Eof => break,
            Node::Start(element) => {
                space.note(&element);
                if is_zone(element.name()) && current.is_none() {
                    current = Some(Zone::default());
                } else if let Some(zone) = &mut current {
                    zone.enter(&element);
                }
            }
            Node::End(name, text) => {
                let Some(zone) = &mut current else {
                    continue;
                };
                if !is_zone(name) {
                    let in_geometry = xml.is_in("Polygon") || xml.is_in("MultiSurface");
                    zone.leave(name, &text, in_geometry, space.dimensions())
                        .map_err(|why| {
                            refuse.unreadable(FORMAT, format!("zone {}: {why}", number + 1))
                        })?;
                    if zone.patches.len() > PATCHES_MAX {
                        return Err(refuse.too_large("triangles of one zone", PATCHES_MAX as u64));
                    }
                    continue;
                }
                let zone = current.take().unwrap_or_default();
                let kind = zone.kind(name);
                let first = match declared {
                    Some(first) => first,
                    None => {
                        into.declare(Declared {
                            crs: space
                                .srs
                                .as_deref()
                                .map(|name| Crs::from_name(name).map(|(crs, _)| crs)),
                            crs_from: "srsName".into(),
                            axes: Some(Axes::NorthFirst),
                            kind,
                            encoding: encoding.clone(),
                        })?;
                        declared = Some(kind);
                        kind
                    }
                };
                number += 1;
                into.done(xml.position());
                if kind != first {
                    let words = kind.map_or("nothing known", LayerKind::words_en);
                    into.refuse_read(number, format!("別の種類の区域です / it is another kind of zone than the first: {words}"))?;
                    continue;
                }
                into.feature(RawFeature {
                    number,
                    shape: (!zone.patches.is_empty()).then_some(RawShape::Patches(zone.patches)),
                    fields: zone.fields,
                })?;
            }
        }
    }
    if declared.is_none() {
        return Err(refuse.unreadable(
            FORMAT,
            "there are no zones in it (WaterBody, SedimentDisasterProneArea)",
        ));
    }
    Ok(())
}

fn is_zone(name: &str) -> bool {
    matches!(name, "WaterBody" | "SedimentDisasterProneArea")
}

/// Coordinate system and number of dimensions, stated once or again and again.
#[derive(Default)]
pub(super) struct Space {
    pub(super) srs: Option<String>,
    stated: Option<usize>,
}

impl Space {
    pub(super) fn note(&mut self, element: &Element) {
        if let Some(name) = element.attribute("srsName") {
            self.srs.get_or_insert(name);
        }
        if let Some(dimensions) = element
            .attribute("srsDimension")
            .and_then(|n| n.parse().ok())
        {
            self.stated = Some(dimensions);
        }
    }

    /// As stated, else as the system has it: 6697 is latitude, longitude and height.
    pub(super) fn dimensions(&self) -> usize {
        let flat = self.srs.as_deref().is_some_and(|srs| {
            ["6668", "4326", "4612"]
                .iter()
                .any(|code| srs.ends_with(code))
        });
        self.stated.unwrap_or(if flat { 2 } else { 3 })
    }
}

/// Pairs of a list of points of two or three numbers each.
pub(super) fn pairs(text: &str, dimensions: usize) -> Result<Vec<Coord<f64>>, String> {
    let numbers = numbers(text)?;
    if !(2..=3).contains(&dimensions) || !numbers.len().is_multiple_of(dimensions) {
        return Err(format!(
            "a list has {} numbers; accepted: {dimensions} for each point",
            numbers.len()
        ));
    }
    let pairs = numbers.chunks_exact(dimensions).map(|point| Coord {
        x: point[0],
        y: point[1],
    });
    Ok(pairs.collect())
}

/// One zone while it is read.
#[derive(Default)]
struct Zone {
    patches: Vec<Vec<Vec<Coord<f64>>>>,
    fields: Vec<(Rc<str>, Value)>,
}

impl Zone {
    fn enter(&mut self, element: &Element) {
        match element.name() {
            "Polygon" | "Triangle" => self.patches.push(Vec::new()),
            "exterior" | "interior" => {
                if let Some(patch) = self.patches.last_mut() {
                    patch.push(Vec::new());
                }
            }
            _ => {}
        }
    }

    fn leave(
        &mut self,
        name: &str,
        text: &str,
        in_geometry: bool,
        dimensions: usize,
    ) -> Result<(), String> {
        if matches!(name, "posList" | "pos") {
            let ring = self.patches.last_mut().and_then(|patch| patch.last_mut());
            if let Some(ring) = ring {
                ring.extend(pairs(text, dimensions)?);
            }
        } else if !in_geometry && !text.trim().is_empty() {
            if self.fields.len() >= FIELDS_MAX {
                return Err(format!("more than {FIELDS_MAX} values"));
            }
            self.fields
                .push((Rc::from(name), Value::Text(text.trim().to_owned())));
        }
        Ok(())
    }

    /// By the code list of WaterBody functions; a flood of rivers also needs its scale.
    fn kind(&self, name: &str) -> Option<LayerKind> {
        let field = |name: &str| {
            self.fields
                .iter()
                .find(|(key, _)| &**key == name)
                .and_then(|(_, value)| value.text())
        };
        if name == "SedimentDisasterProneArea" {
            return Some(LayerKind::Landslide);
        }
        match field("function").as_deref() {
            Some("1") => match field("scale").as_deref() {
                Some("1" | "L1") => Some(LayerKind::FloodPlanned),
                Some("2" | "L2") => Some(LayerKind::FloodMax),
                _ => None,
            },
            Some("2") => Some(LayerKind::Tsunami),
            Some("3") => Some(LayerKind::StormSurge),
            Some("4") => Some(LayerKind::InlandFlood),
            Some("5") => Some(LayerKind::Reservoir),
            _ => None,
        }
    }
}
