//! GeoJSON (RFC 7946), and the older form that names its coordinate system.

use std::rc::Rc;

use geo::Coord;
use serde::Deserializer as _;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value as Json};

use super::collect::{Collector, Declared, FEATURE_POINTS_MAX};
use super::raw::{RawFeature, RawShape, Value};
use super::refusal::ImportError;
use crate::crs::{Axes, Crs};

const FORMAT: &str = "GeoJSON";

pub(super) fn read(bytes: &[u8], into: &mut Collector) -> Result<(), ImportError> {
    let refuse = into.refuse;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if let Err(why) = std::str::from_utf8(bytes) {
        return Err(refuse.unreadable(FORMAT, format!("it must be UTF-8: {why}")));
    }
    if !features_fit(bytes) {
        return Err(refuse.too_large("commas and brackets of one feature", SIGNS_MAX as u64));
    }
    let head: Head = serde_json::from_slice(bytes).map_err(|why| refuse.unreadable(FORMAT, why))?;
    if head.kind.as_deref() != Some("FeatureCollection") {
        let kind = head.kind.unwrap_or_else(|| "nothing".into());
        return Err(refuse.refused("type", kind, "FeatureCollection"));
    }
    into.declare(declared(head.crs))?;
    let mut problem = None;
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let outcome = reader.deserialize_map(Collection {
        into,
        problem: &mut problem,
    });
    if let Some(problem) = problem {
        return Err(problem);
    }
    outcome
        .and_then(|()| reader.end())
        .map_err(|why| refuse.unreadable(FORMAT, why))
}

/// Commas and brackets of the largest feature that is accepted: its points in pairs, with heights, each in its brackets.
const SIGNS_MAX: usize = 4 * FEATURE_POINTS_MAX + 1_000_000;

/// Whether no feature has more numbers and lists than the largest accepted one can have. Nothing is built to tell: a value
/// of JSON in memory is many times larger than its text.
fn features_fit(bytes: &[u8]) -> bool {
    let (mut depth, mut signs, mut in_text, mut is_escaped) = (0_usize, 0_usize, false, false);
    for byte in bytes {
        if in_text {
            match byte {
                _ if is_escaped => is_escaped = false,
                b'\\' => is_escaped = true,
                b'"' => in_text = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_text = true,
            b'[' | b'{' => {
                depth += 1;
                // The collection, its list, a feature.
                signs = if depth <= 3 { 0 } else { signs + 1 };
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            b',' => signs += 1,
            _ => {}
        }
        if signs > SIGNS_MAX {
            return false;
        }
    }
    true
}

/// Without a word about it, GeoJSON is WGS 84 by its standard; the older form names a system, with the east first.
fn declared(crs: Option<Json>) -> Declared {
    let (crs, crs_from) = match crs {
        None | Some(Json::Null) => {
            let wgs84 = Crs::Geographic(crate::crs::Datum::Wgs84);
            (Ok(wgs84), "RFC 7946: GeoJSON is WGS 84".to_owned())
        }
        Some(member) => {
            let name = member
                .pointer("/properties/name")
                .and_then(Json::as_str)
                .map_or_else(|| member.to_string(), str::to_owned);
            (
                Crs::from_name(&name).map(|(crs, _)| crs),
                "its member crs".to_owned(),
            )
        }
    };
    Declared {
        crs: Some(crs),
        crs_from,
        axes: Some(Axes::EastFirst),
        kind: None,
        encoding: None,
    }
}

/// What stands beside the features, wherever it stands.
#[derive(serde::Deserialize)]
struct Head {
    #[serde(rename = "type")]
    kind: Option<String>,
    crs: Option<Json>,
}

/// Hands one feature after the other on, without holding all of them.
struct Collection<'c, 'a> {
    into: &'c mut Collector<'a>,
    problem: &'c mut Option<ImportError>,
}

impl<'de> Visitor<'de> for Collection<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str("a feature collection")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        while let Some(key) = map.next_key::<String>()? {
            if key == "features" {
                map.next_value_seed(Features {
                    into: &mut *self.into,
                    problem: &mut *self.problem,
                })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

struct Features<'c, 'a> {
    into: &'c mut Collector<'a>,
    problem: &'c mut Option<ImportError>,
}

impl<'de> DeserializeSeed<'de> for Features<'_, '_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Features<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str("a list of features")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<(), S::Error> {
        let mut number = 0;
        while let Some(json) = list.next_element::<Json>()? {
            number += 1;
            self.into.done(u64::from(number));
            let taken = match feature(number, json) {
                Ok(raw) => self.into.feature(raw),
                Err(why) => self.into.refuse_read(number, why),
            };
            if let Err(problem) = taken {
                *self.problem = Some(problem);
                return Err(serde::de::Error::custom("stopped"));
            }
        }
        Ok(())
    }
}

fn feature(number: u32, json: Json) -> Result<RawFeature, String> {
    let Json::Object(mut json) = json else {
        return Err("地物ではありません / it is no feature".into());
    };
    let shape = match json.remove("geometry") {
        None | Some(Json::Null) => None,
        Some(geometry) => Some(shape(&geometry)?),
    };
    let fields = match json.remove("properties") {
        Some(Json::Object(fields)) => fields,
        _ => Map::new(),
    };
    let mut fields: Vec<(Rc<str>, Value)> = fields
        .into_iter()
        .map(|(key, value)| (Rc::from(key), plain(value)))
        .collect();
    if let Some(id) = json
        .remove("id")
        .filter(|_| fields.iter().all(|(key, _)| &**key != "id"))
    {
        fields.push((Rc::from("id"), plain(id)));
    }
    Ok(RawFeature {
        number,
        shape,
        fields,
    })
}

fn plain(value: Json) -> Value {
    match value {
        Json::Null => Value::Nothing,
        Json::Bool(flag) => Value::Flag(flag),
        Json::String(text) => Value::Text(text),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Value::Whole(whole),
            (None, Some(number)) => Value::Number(number),
            (None, None) => Value::Nothing,
        },
        nested @ (Json::Array(_) | Json::Object(_)) => Value::Text(nested.to_string()),
    }
}

fn shape(geometry: &Json) -> Result<RawShape, String> {
    let kind = geometry
        .get("type")
        .and_then(Json::as_str)
        .unwrap_or("nothing");
    let coordinates = geometry.get("coordinates").unwrap_or(&Json::Null);
    match kind {
        "Point" => Ok(RawShape::Point(position(coordinates)?)),
        "MultiPoint" => match coordinates.as_array().map(Vec::as_slice) {
            Some([only]) => Ok(RawShape::Point(position(only)?)),
            _ => Err(
                "複数の点 / several points in one feature; accepted: one point, lines or an area"
                    .into(),
            ),
        },
        "LineString" => Ok(RawShape::Lines(vec![line(coordinates)?])),
        "MultiLineString" => Ok(RawShape::Lines(list(coordinates, line)?)),
        "Polygon" => Ok(RawShape::Polygons(vec![list(coordinates, line)?])),
        "MultiPolygon" => Ok(RawShape::Polygons(list(coordinates, |polygon| {
            list(polygon, line)
        })?)),
        other => Err(format!(
            "図形の種類 / geometry type is {other}; accepted: Point, LineString, Polygon and their Multi forms"
        )),
    }
}

fn line(json: &Json) -> Result<Vec<Coord<f64>>, String> {
    list(json, position)
}

fn list<T>(json: &Json, read: impl Fn(&Json) -> Result<T, String>) -> Result<Vec<T>, String> {
    json.as_array()
        .ok_or("座標が並びではありません / coordinates are no list")?
        .iter()
        .map(read)
        .collect()
}

fn position(json: &Json) -> Result<Coord<f64>, String> {
    let number = |n: usize| json.get(n).and_then(Json::as_f64);
    match (number(0), number(1)) {
        (Some(x), Some(y)) => Ok(Coord { x, y }),
        _ => Err("座標が数ではありません / a position is no pair of numbers".into()),
    }
}
