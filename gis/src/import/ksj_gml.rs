//! 国土数値情報 (KSJ) in GML (JPGIS): curves, surfaces made of them, and features that point to surfaces.

use std::collections::BTreeMap;
use std::rc::Rc;

use geo::Coord;

use super::collect::{Collector, Declared, FEATURE_POINTS_MAX, FEATURES_MAX, FIELDS_MAX};
use super::raw::{RawFeature, RawShape, Value};
use super::refusal::{ImportError, Refuse};
use super::xml::{Node, Xml, decoded, numbers};
use crate::LayerKind;
use crate::crs::{Axes, Crs};

pub(super) const FORMAT: &str = "KSJ GML";
/// Most points of all curves that are kept until a feature asks for them; copies of a curve count again.
const KEPT_POINTS_MAX: usize = 100_000_000;

pub(super) fn read(bytes: &[u8], into: &mut Collector) -> Result<(), ImportError> {
    let refuse = into.refuse;
    let text = decoded(refuse, bytes, into.settings().encoding)?;
    let encoding = Some((text.encoding.name().to_owned(), text.from.clone()));
    let mut xml = Xml::new(refuse, FORMAT, &text.text);
    let mut parts = Parts::default();
    let mut srs: Option<String> = None;
    let mut is_declared = false;
    let mut current: Option<Thing> = None;
    let mut number = 0;
    loop {
        match xml.next()? {
            Node::Eof => break,
            Node::Start(element) => {
                if let Some(name) = element.attribute("srsName") {
                    srs.get_or_insert(name);
                }
                // Children of the data set are curves, surfaces, points and features.
                if xml.depth() == 2 {
                    current = Some(Thing {
                        name: element.name().to_owned(),
                        id: element.attribute("id").unwrap_or_default(),
                        ..Thing::default()
                    });
                } else if let Some(thing) = &mut current {
                    thing.enter(&element);
                }
            }
            Node::End(name, text) => {
                let Some(thing) = &mut current else {
                    continue;
                };
                if xml.depth() > 1 {
                    thing
                        .leave(name, &text)
                        .map_err(|why| refuse.unreadable(FORMAT, format!("{}: {why}", thing.id)))?;
                    continue;
                }
                let Some(thing) = current.take() else {
                    continue;
                };
                if !thing.is_feature() {
                    parts.keep(refuse, thing)?;
                    continue;
                }
                if !is_declared {
                    is_declared = true;
                    into.declare(Declared {
                        crs: srs
                            .as_deref()
                            .map(|name| Crs::from_name(name).map(|(crs, _)| crs)),
                        crs_from: "srsName".into(),
                        axes: Some(Axes::NorthFirst),
                        kind: kind(&thing.name),
                        encoding: encoding.clone(),
                    })?;
                }
                number += 1;
                into.done(xml.position());
                match parts.shape(&thing) {
                    Ok(shape) => into.feature(RawFeature {
                        number,
                        shape: Some(shape),
                        fields: thing.fields,
                    })?,
                    Err(why) => into.refuse_read(number, why)?,
                }
                if number >= FEATURES_MAX {
                    return Err(refuse.too_large("features", u64::from(FEATURES_MAX)));
                }
            }
        }
    }
    if !is_declared {
        return Err(refuse.unreadable(FORMAT, "there are no features in it"));
    }
    if parts.broken > 0 {
        into.warn(format!(
            "{}か所の xlink が、ない曲線（#_…）を指していました。同じ名の曲線（#…）を使いました / {} links point to curves that do not \
             exist (#_…); the curves of the same name without the sign were used, as the official files mean it",
            parts.broken, parts.broken
        ));
    }
    Ok(())
}

/// What a feature's element name says it is.
fn kind(name: &str) -> Option<LayerKind> {
    match name {
        "MaximumScale" => Some(LayerKind::FloodMax),
        "PlanScale" => Some(LayerKind::FloodPlanned),
        "InundationTime" => Some(LayerKind::FloodDuration),
        "HazardousZoneH" => Some(LayerKind::HouseCollapseFlow),
        "HazardousZoneK" => Some(LayerKind::HouseCollapseErosion),
        "AdministrativeBoundary" => Some(LayerKind::Boundary),
        _ => None,
    }
}

/// One child of the data set while it is read.
#[derive(Default)]
struct Thing {
    name: String,
    id: String,
    points: Vec<Coord<f64>>,
    /// Links to curves, ring by ring.
    rings: Vec<Vec<String>>,
    /// The link of a feature to its surface or point, or of an orientable curve to its base.
    link: Option<String>,
    reversed: bool,
    fields: Vec<(Rc<str>, Value)>,
}

impl Thing {
    fn is_feature(&self) -> bool {
        self.link.is_some() && self.name != "OrientableCurve"
    }

    fn enter(&mut self, element: &super::xml::Element) {
        match element.name() {
            "exterior" | "interior" => self.rings.push(Vec::new()),
            "curveMember" => {
                if let (Some(ring), Some(link)) = (self.rings.last_mut(), element.attribute("href"))
                {
                    ring.push(link);
                }
            }
            "baseCurve" | "bounds" | "position" | "location" | "area" | "range" => {
                if let Some(link) = element.attribute("href") {
                    self.link.get_or_insert(link);
                }
            }
            _ => {}
        }
        if element.attribute("orientation").as_deref() == Some("-") {
            self.reversed = true;
        }
    }

    fn leave(&mut self, name: &str, text: &str) -> Result<(), String> {
        if matches!(name, "posList" | "pos") {
            let numbers = numbers(text)?;
            if !numbers.len().is_multiple_of(2) {
                return Err(format!(
                    "{name} has {} numbers; accepted: pairs",
                    numbers.len()
                ));
            }
            self.points
                .extend(numbers.chunks_exact(2).map(|pair| Coord {
                    x: pair[0],
                    y: pair[1],
                }));
        } else if !text.trim().is_empty() {
            if self.fields.len() >= FIELDS_MAX {
                return Err(format!("more than {FIELDS_MAX} values"));
            }
            self.fields
                .push((Rc::from(name), Value::Text(text.trim().to_owned())));
        }
        Ok(())
    }
}

/// Curves and surfaces by their identifiers.
#[derive(Default)]
struct Parts {
    curves: BTreeMap<String, Vec<Coord<f64>>>,
    points: BTreeMap<String, Coord<f64>>,
    surfaces: BTreeMap<String, Rc<Vec<Vec<String>>>>,
    broken: u32,
    /// Points kept in curves.
    kept: usize,
}

impl Parts {
    fn keep(&mut self, refuse: Refuse, thing: Thing) -> Result<(), ImportError> {
        match thing.name.as_str() {
            "Curve" => {
                self.count(refuse, thing.points.len())?;
                self.curves.insert(thing.id, thing.points);
            }
            "OrientableCurve" => {
                let base = thing
                    .link
                    .as_deref()
                    .map(|link| link.trim_start_matches('#').to_owned())
                    .unwrap_or_default();
                self.count(refuse, self.curves.get(&base).map_or(0, Vec::len))?;
                if let Some(mut points) = self.curves.get(&base).cloned() {
                    if thing.reversed {
                        points.reverse();
                    }
                    self.curves.insert(thing.id, points);
                }
            }
            "Surface" => {
                self.surfaces.insert(thing.id, Rc::new(thing.rings));
            }
            "Point" => {
                if let Some(point) = thing.points.first() {
                    self.points.insert(thing.id, *point);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Before a curve is kept.
    fn count(&mut self, refuse: Refuse, points: usize) -> Result<(), ImportError> {
        self.kept += points;
        if self.kept > KEPT_POINTS_MAX {
            return Err(refuse.too_large("points of curves", KEPT_POINTS_MAX as u64));
        }
        Ok(())
    }

    fn shape(&mut self, feature: &Thing) -> Result<RawShape, String> {
        let link = feature.link.clone().unwrap_or_default();
        let id = link.trim_start_matches('#');
        if let Some(point) = self.points.get(id) {
            return Ok(RawShape::Point(*point));
        }
        if let Some(curve) = self.curves.get(id) {
            return Ok(RawShape::Lines(vec![curve.clone()]));
        }
        let missing =
            |what: &str| format!("参照先がありません / {what} is linked to and does not exist");
        let rings = self
            .surfaces
            .get(id)
            .cloned()
            .ok_or_else(|| missing(&link))?;
        let mut polygon = Vec::with_capacity(rings.len());
        let mut count = 0;
        for links in rings.iter() {
            let mut ring: Vec<Coord<f64>> = Vec::new();
            for link in links {
                let points = self.curve(link).ok_or_else(|| missing(link))?;
                // Curves of one ring begin where the one before ends.
                count += points.len();
                if count > FEATURE_POINTS_MAX {
                    return Err(format!(
                        "点が多すぎます / more than {FEATURE_POINTS_MAX} points"
                    ));
                }
                let repeats = ring.last().is_some_and(|last| points.first() == Some(last));
                ring.extend(&points[usize::from(repeats)..]);
            }
            polygon.push(ring);
        }
        Ok(RawShape::Polygons(vec![polygon]))
    }

    /// The curve of a link. Official files of A31a link to `#_cv0_0` where the curve is `cv0_0`.
    fn curve(&mut self, link: &str) -> Option<&[Coord<f64>]> {
        let id = link.trim_start_matches('#');
        if self.curves.contains_key(id) {
            return self.curves.get(id).map(Vec::as_slice);
        }
        let points = self.curves.get(id.strip_prefix('_')?)?;
        self.broken += 1;
        Some(points)
    }
}
