//! P2P地震情報 (JSON API v2): earthquakes, tsunami and early warnings as a volunteer network passes them on.
//!
//! It is made from the agency's telegrams by others, so it is external information. Times are Japan time without an
//! offset; -1 and -200 stand for "unknown"; the same item may come twice and is known by its `id`. What users felt (561)
//! is no official information and is refused.

use jiff::Timestamp;
use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::refusal::Refusal;
use super::series::japan;
use super::value::Intensity;
use super::xml::cut;

const POINTS_MAX: usize = 20_000;
const EXPECTED: &str = "P2P earthquake JSON";

/// One item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct P2pItem {
    /// Its identifier; the same item may come twice. Empty in archived items.
    pub id: String,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// What it is.
    pub what: P2pWhat,
}

/// What an item is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum P2pWhat {
    /// 551: an earthquake.
    Quake(P2pQuake),
    /// 552: tsunami warnings.
    Tsunami(P2pTsunami),
    /// 556: an early warning.
    EarlyWarning(P2pEarlyWarning),
}

/// An earthquake.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct P2pQuake {
    /// ScalePrompt, Destination, ScaleAndDestination, DetailScale, Foreign, Other.
    pub kind: String,
    /// When it happened.
    pub at: Option<Timestamp>,
    /// Where and how strong.
    pub hypocentre: Hypocentre,
    /// Greatest intensity.
    pub max_intensity: Option<Intensity>,
    /// None, Unknown, Checking, NonEffective, Watch, Warning.
    pub domestic_tsunami: String,
    /// Intensities: prefecture, place, intensity.
    pub points: Vec<(String, String, Option<Intensity>)>,
    /// The agency's own words.
    pub free_comment: String,
}

/// Where and how strong. `None`: unknown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hypocentre {
    /// Name of the place.
    pub name: String,
    /// Latitude, degrees.
    pub lat: Option<f64>,
    /// Longitude, degrees.
    pub lon: Option<f64>,
    /// Depth, km; 0 is very shallow.
    pub depth_km: Option<f64>,
    /// Magnitude.
    pub magnitude: Option<f64>,
}

/// Tsunami warnings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct P2pTsunami {
    /// All warnings are over.
    pub cancelled: bool,
    /// Forecast area and grade: MajorWarning, Warning, Watch, Unknown.
    pub areas: Vec<(String, String)>,
}

/// An early warning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct P2pEarlyWarning {
    /// Event.
    pub event_id: String,
    /// Serial.
    pub serial: String,
    /// It was a mistake.
    pub cancelled: bool,
    /// It was a test.
    pub test: bool,
    /// The earthquake.
    pub hypocentre: Option<Hypocentre>,
    /// Areas: name, lower and upper bound.
    pub areas: Vec<(String, Option<Intensity>, Option<Intensity>)>,
}

/// What the network's number for an intensity means. 46: thought to be 5- or more, but nothing arrived.
#[must_use]
pub fn intensity(scale: i64) -> Option<Intensity> {
    match scale {
        0 => Some(Intensity::I0),
        10 => Some(Intensity::I1),
        20 => Some(Intensity::I2),
        30 => Some(Intensity::I3),
        40 => Some(Intensity::I4),
        45 => Some(Intensity::I5Lower),
        46 => Some(Intensity::AtLeast5Lower),
        50 => Some(Intensity::I5Upper),
        55 => Some(Intensity::I6Lower),
        60 => Some(Intensity::I6Upper),
        70 => Some(Intensity::I7),
        _ => None,
    }
}

/// The code of an item: given, or told by its shape in archived items.
pub(crate) fn code(json: &Value) -> Option<u64> {
    if let Some(code) = json.get("code") {
        return code.as_u64();
    }
    let has = |key: &str| json.get(key).is_some();
    match () {
        () if json.pointer("/issue/eventId").is_some() => Some(556),
        () if has("earthquake") && has("points") => Some(551),
        () if has("cancelled") && has("areas") && has("issue") => Some(552),
        () => None,
    }
}

/// Reads an item.
pub(crate) fn read(json: &Value) -> Result<P2pItem, Refusal> {
    let what = match code(json) {
        Some(551) => P2pWhat::Quake(quake(json)?),
        Some(552) => P2pWhat::Tsunami(tsunami(json)?),
        Some(556) => P2pWhat::EarlyWarning(early_warning(json)?),
        Some(other) => {
            return Err(Refusal::unknown(
                "code",
                &other.to_string(),
                "551 (earthquake), 552 (tsunami), 556 (early warning)",
            ));
        }
        None => {
            return Err(Refusal::Missing { what: "code" });
        }
    };
    Ok(P2pItem {
        id: text(json, "/id"),
        issued_at: time(json, "/issue/time")?.ok_or(Refusal::Missing { what: "issue/time" })?,
        what,
    })
}

fn quake(json: &Value) -> Result<P2pQuake, Refusal> {
    let points = array(json, "/points")?
        .iter()
        .map(|point| {
            (
                text(point, "/pref"),
                text(point, "/addr"),
                point
                    .get("scale")
                    .and_then(Value::as_i64)
                    .and_then(intensity),
            )
        })
        .collect();
    Ok(P2pQuake {
        kind: text(json, "/issue/type"),
        at: time(json, "/earthquake/time")?,
        hypocentre: hypocentre(json),
        max_intensity: json
            .pointer("/earthquake/maxScale")
            .and_then(Value::as_i64)
            .and_then(intensity),
        domestic_tsunami: text(json, "/earthquake/domesticTsunami"),
        points,
        free_comment: text(json, "/comments/freeFormComment"),
    })
}

fn tsunami(json: &Value) -> Result<P2pTsunami, Refusal> {
    Ok(P2pTsunami {
        cancelled: flag(json, "/cancelled"),
        areas: array(json, "/areas")?
            .iter()
            .map(|area| (text(area, "/name"), text(area, "/grade")))
            .collect(),
    })
}

fn early_warning(json: &Value) -> Result<P2pEarlyWarning, Refusal> {
    let bound = |area: &Value, key: &str| {
        // Bounds are written as whole or as decimal numbers.
        area.get(key)
            .and_then(Value::as_f64)
            .filter(|scale| scale.fract() == 0.0 && scale.abs() <= 100.0)
            .and_then(|scale| format!("{scale}").parse().ok())
            .and_then(intensity)
    };
    Ok(P2pEarlyWarning {
        event_id: text(json, "/issue/eventId"),
        serial: text(json, "/issue/serial"),
        cancelled: flag(json, "/cancelled"),
        test: flag(json, "/test"),
        hypocentre: json.get("earthquake").is_some().then(|| hypocentre(json)),
        areas: array(json, "/areas")?
            .iter()
            .map(|area| {
                (
                    text(area, "/name"),
                    bound(area, "scaleFrom"),
                    bound(area, "scaleTo"),
                )
            })
            .collect(),
    })
}

fn hypocentre(json: &Value) -> Hypocentre {
    let number = |key: &str, unknown: f64| {
        json.pointer(&format!("/earthquake/hypocenter/{key}"))
            .and_then(Value::as_f64)
            .filter(|number| number.is_finite() && *number > unknown)
    };
    Hypocentre {
        name: text(json, "/earthquake/hypocenter/name"),
        lat: number("latitude", -200.0),
        lon: number("longitude", -200.0),
        depth_km: number("depth", -1.0),
        magnitude: number("magnitude", -1.0),
    }
}

fn text(json: &Value, pointer: &str) -> String {
    json.pointer(pointer)
        .and_then(Value::as_str)
        .map_or(String::new(), |text| cut(text, 4000))
}

fn flag(json: &Value, pointer: &str) -> bool {
    json.pointer(pointer)
        .and_then(Value::as_bool)
        .unwrap_or(false)
}

fn array<'v>(json: &'v Value, pointer: &str) -> Result<&'v [Value], Refusal> {
    let list = match json.pointer(pointer) {
        None | Some(Value::Null) => return Ok(&[]),
        Some(list) => list.as_array().ok_or_else(|| Refusal::WrongShape {
            expected: EXPECTED,
            why: format!("{pointer} is not a list"),
        })?,
    };
    if list.len() > POINTS_MAX {
        return Err(Refusal::TooMany {
            what: "points",
            max: POINTS_MAX,
        });
    }
    Ok(list)
}

/// `2021/02/18 04:01:00`, Japan time, perhaps with a fraction.
fn time(json: &Value, pointer: &str) -> Result<Option<Timestamp>, Refusal> {
    let given = match json.pointer(pointer) {
        None | Some(Value::Null) => return Ok(None),
        Some(given) => given.as_str().unwrap_or("?"),
    };
    if given.is_empty() {
        return Ok(None);
    }
    let civil: Option<DateTime> = given.replace('/', "-").replace(' ', "T").parse().ok();
    civil.and_then(japan).map(Some).ok_or_else(|| {
        Refusal::unknown(
            "time of a P2P item",
            given,
            "a time like 2021/02/18 04:01:00, Japan time",
        )
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn unknown_is_none_and_very_shallow_is_zero() {
        let json = serde_json::json!({
            "code": 551, "id": "1", "issue": {"time": "2021/02/18 04:01:00", "type": "Destination"},
            "earthquake": {"time": "2021/02/18 03:58:00", "maxScale": -1,
                "hypocenter": {"name": "", "latitude": -200, "longitude": -200, "depth": 0, "magnitude": -1}},
            "points": [{"pref": "宮城県", "addr": "石巻市", "scale": 46, "isArea": false}]
        });
        let item = read(&json).unwrap();
        assert_eq!(item.issued_at.to_string(), "2021-02-17T19:01:00Z");
        let P2pWhat::Quake(quake) = item.what else {
            panic!("a quake")
        };
        assert_eq!(
            (quake.hypocentre.lat, quake.hypocentre.magnitude),
            (None, None)
        );
        assert_eq!(quake.hypocentre.depth_km, Some(0.0));
        assert_eq!(quake.max_intensity, None);
        assert_eq!(quake.points[0].2, Some(Intensity::AtLeast5Lower));
    }

    #[test]
    fn what_users_felt_is_no_official_information() {
        let why =
            read(&serde_json::json!({"code": 561, "time": "2021/02/18 04:01:00"})).unwrap_err();
        assert_eq!(why.code(), "unknown_value");
    }
}
