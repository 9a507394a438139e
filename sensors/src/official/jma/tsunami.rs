//! 津波警報・注意報・予報 (VTSE41), 津波情報 (VTSE51), 沖合の津波観測 (VTSE52).
//!
//! Forecast areas have three digits that are no prefecture codes. A warning is a snapshot of all areas: what is no longer
//! among its warnings is over, whether or not a code says so.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::earthquake::{Comment, Earthquake, comments, earthquake};
use crate::official::area::Area;
use crate::official::envelope::time;
use crate::official::grade::{Class, Grade};
use crate::official::refusal::Refusal;
use crate::official::value::Measured;
use crate::official::xml::{Element, cut};

const ROWS_MAX: usize = 5000;

/// One report about a tsunami.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TsunamiReport {
    /// Warnings and forecasts per forecast area, in the order of the telegram.
    pub forecasts: Vec<TsunamiForecast>,
    /// Waves observed at the coast or at sea.
    pub observations: Vec<TsunamiObservation>,
    /// Waves estimated for the coast from observations at sea.
    pub estimations: Vec<TsunamiForecast>,
    /// The earthquakes behind it.
    pub earthquakes: Vec<Earthquake>,
    /// Fixed sentences.
    pub comments: Vec<Comment>,
    /// The agency's own words; cut after 4000 characters.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub free_comment: String,
}

/// What is expected in one forecast area.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TsunamiForecast {
    /// 津波予報区: name and three digits.
    pub area: Area,
    /// How serious. Forecasts (71–73) and lifts (50, 60) grade as nothing in force.
    pub grade: Grade,
    /// `Kind/Code` as sent.
    pub code: String,
    /// `Kind/Name` as sent.
    pub name: String,
    /// `LastKind/Code` as sent.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub last_code: String,
    /// When the first wave arrives.
    pub first_at: Option<Timestamp>,
    /// ただちに津波来襲と予測, 津波到達中と推測, 第１波の到達を確認.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub first_condition: String,
    /// Expected height, metres. 巨大 and 高い have no number.
    pub height: Option<Measured>,
    /// Coastal stations in the area with their own times.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub stations: Vec<StationForecast>,
}

/// What is expected at one station.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StationForecast {
    /// Name and five digits.
    pub station: Area,
    /// High tide.
    pub high_tide_at: Option<Timestamp>,
    /// First wave.
    pub first_at: Option<Timestamp>,
    /// In the agency's words.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub first_condition: String,
}

/// What one station observed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TsunamiObservation {
    /// Forecast area; empty for stations at sea.
    pub area: Area,
    /// Name and five digits.
    pub station: Area,
    /// Kind of sensor, at sea.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub sensor: String,
    /// First wave.
    pub first_at: Option<Timestamp>,
    /// 押し or 引き.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub initial: String,
    /// Time of the greatest wave so far.
    pub max_at: Option<Timestamp>,
    /// 観測中, 微弱, 重要.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub max_condition: String,
    /// Greatest wave so far, metres. 上昇中: it is still rising.
    pub height: Option<Measured>,
}

/// `Kind/Code` of tsunami warnings. Code 00 is 津波なし.
#[must_use]
pub(crate) fn grade(code: &str) -> Grade {
    match code {
        "52" | "53" => Grade::new(Class::Special, None),
        "51" => Grade::new(Class::Warning, None),
        "62" => Grade::new(Class::Advisory, None),
        "00" | "50" | "60" | "71" | "72" | "73" => Grade::NONE,
        _ => Grade::new(Class::Unknown, None),
    }
}

/// Reads a report.
pub(crate) fn read(body: &Element) -> Result<TsunamiReport, Refusal> {
    let tsunami = body.child("Tsunami");
    let of = |part: &'static str| {
        tsunami
            .into_iter()
            .flat_map(move |tsunami| tsunami.all(part))
            .flat_map(|part| part.all("Item"))
            .take(ROWS_MAX)
    };
    let mut observations = Vec::new();
    for item in of("Observation") {
        for station in item.all("Station") {
            if observations.len() >= ROWS_MAX {
                return Err(Refusal::TooMany {
                    what: "tsunami stations",
                    max: ROWS_MAX,
                });
            }
            observations.push(observation(item, station)?);
        }
    }
    Ok(TsunamiReport {
        forecasts: of("Forecast").map(forecast).collect::<Result<_, _>>()?,
        observations,
        estimations: of("Estimation").map(forecast).collect::<Result<_, _>>()?,
        earthquakes: body
            .all("Earthquake")
            .take(10)
            .map(earthquake)
            .collect::<Result<_, _>>()?,
        comments: comments(body),
        free_comment: cut(body.text_at(&["Comments", "FreeFormComment"]), 4000),
    })
}

fn area(item: &Element) -> Area {
    item.child("Area").map_or_else(
        || Area {
            code: String::new(),
            name: String::new(),
        },
        Area::of,
    )
}

fn forecast(item: &Element) -> Result<TsunamiForecast, Refusal> {
    let kind = item.at(&["Category", "Kind"]);
    let code = kind.map_or("", |kind| kind.text_of("Code"));
    Ok(TsunamiForecast {
        area: area(item),
        // An estimation carries no warning of its own.
        grade: if kind.is_some() {
            grade(code)
        } else {
            Grade::NONE
        },
        code: cut(code, 10),
        name: cut(kind.map_or("", |kind| kind.text_of("Name")), 80),
        last_code: cut(item.text_at(&["Category", "LastKind", "Code"]), 10),
        first_at: at(item, &["FirstHeight", "ArrivalTime"])?,
        first_condition: cut(item.text_at(&["FirstHeight", "Condition"]), 80),
        height: item.at(&["MaxHeight", "TsunamiHeight"]).map(Measured::of),
        stations: item
            .all("Station")
            .take(200)
            .map(|station| {
                Ok(StationForecast {
                    station: Area::of(station),
                    high_tide_at: at(station, &["HighTideDateTime"])?,
                    first_at: at(station, &["FirstHeight", "ArrivalTime"])?,
                    first_condition: cut(station.text_at(&["FirstHeight", "Condition"]), 80),
                })
            })
            .collect::<Result<_, Refusal>>()?,
    })
}

fn observation(item: &Element, station: &Element) -> Result<TsunamiObservation, Refusal> {
    Ok(TsunamiObservation {
        area: area(item),
        station: Area::of(station),
        sensor: cut(station.text_of("Sensor"), 80),
        first_at: at(station, &["FirstHeight", "ArrivalTime"])?,
        initial: cut(station.text_at(&["FirstHeight", "Initial"]), 20),
        max_at: at(station, &["MaxHeight", "DateTime"])?,
        max_condition: cut(station.text_at(&["MaxHeight", "Condition"]), 40),
        height: station
            .at(&["MaxHeight", "TsunamiHeight"])
            .map(Measured::of),
    })
}

fn at(element: &Element, path: &[&str]) -> Result<Option<Timestamp>, Refusal> {
    match element.text_at(path) {
        "" => Ok(None),
        text => time("time of a tsunami", text).map(Some),
    }
}
