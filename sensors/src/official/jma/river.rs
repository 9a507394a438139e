//! 指定河川洪水予報 (VXKO) and 水防警報 (VXSU): rivers, with the levels of their gauges.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::official::area::{Area, AreaCode};
use crate::official::grade::{Grade, JmaLevel};
use crate::official::jma::level_series::spans;
use crate::official::refusal::Refusal;
use crate::official::value::Measured;
use crate::official::warning_code::{self, GradeFrom};
use crate::official::xml::{Element, cut};

const STATIONS_MAX: usize = 500;
const ROWS_MAX: usize = 200;

/// One report about one forecast area of rivers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RiverReport {
    /// 予報区域: name and 12 digits.
    pub forecast_area: Area,
    /// The rivers in it.
    pub rivers: Vec<Area>,
    /// How serious.
    pub grade: Grade,
    /// What told the grade.
    pub grade_from: GradeFrom,
    /// `Kind/Code` as sent. River codes have a table of their own.
    pub code: String,
    /// `Kind/Name` as sent: 氾濫警戒情報, レベル３氾濫警報, …
    pub name: String,
    /// `Kind/Condition` as sent.
    pub condition: String,
    /// Main sentences (主文).
    pub sentences: Vec<String>,
    /// Municipalities that flooding may reach (浸水想定地区), where their codes are real.
    pub reaches: Vec<AreaCode>,
    /// Their names, as sent.
    pub reaches_names: Vec<String>,
    /// Gauges: levels or discharges, now and expected, and their thresholds.
    pub stations: Vec<RiverStation>,
}

/// One gauge in a report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RiverStation {
    /// Name and code.
    pub station: Area,
    /// Where it stands.
    pub location: String,
    /// Observed and expected values, in time order of the telegram.
    pub rows: Vec<RiverRow>,
    /// 基準水位 and the like that are valid (有効). Metres above the gauge's own zero, not above the sea.
    pub thresholds: Vec<Measured>,
}

/// Value of one gauge at one time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RiverRow {
    /// Time.
    pub at: Timestamp,
    /// 現況, １時間後, …
    pub label: String,
    /// Water level (m above the gauge's zero) or discharge (m³/s). `value` is `None` when 欠測 or 未計算.
    pub value: Measured,
    /// レベル of that value: 0 to 5 as sent; `None` when there is none.
    pub level: Option<u8>,
}

/// Reads a river report.
pub(crate) fn read(head: &Element, body: &Element) -> Result<RiverReport, Refusal> {
    let informations: Vec<_> = head
        .child("Headline")
        .iter()
        .flat_map(|headline| headline.all("Information"))
        .collect();
    let of_kind = |kind: &str| {
        informations
            .iter()
            .find(|information| information.attribute("type").ends_with(kind))
    };
    let item = of_kind("（予報区域）")
        .or_else(|| informations.first())
        .and_then(|information| information.child("Item"))
        .ok_or(Refusal::Missing {
            what: "Head/Headline/Information/Item",
        })?;
    let kind = item.child("Kind").ok_or(Refusal::Missing {
        what: "Head/Headline/Information/Item/Kind",
    })?;
    let (code, name) = (kind.text_of("Code"), kind.text_of("Name"));
    let (grade, grade_from) = warning_code::river(code, name);
    let listed = |item: &Element| -> Vec<Area> {
        item.child("Areas")
            .iter()
            .flat_map(|areas| areas.all("Area"))
            .take(STATIONS_MAX)
            .map(Area::of)
            .collect()
    };
    let forecast_area = listed(item).into_iter().next().ok_or(Refusal::Missing {
        what: "Head/Headline/Information/Item/Areas/Area",
    })?;
    let mut report = RiverReport {
        forecast_area,
        rivers: of_kind("（河川）")
            .and_then(|information| information.child("Item"))
            .map(listed)
            .unwrap_or_default(),
        grade,
        grade_from,
        code: cut(code, 10),
        name: cut(name, 80),
        condition: cut(kind.text_of("Condition"), 80),
        sentences: Vec::new(),
        reaches: Vec::new(),
        reaches_names: Vec::new(),
        stations: Vec::new(),
    };
    warnings(body, &mut report);
    series(body, &mut report)?;
    thresholds(body, &mut report);
    Ok(report)
}

fn warnings(body: &Element, report: &mut RiverReport) {
    for item in body
        .all("Warning")
        .flat_map(|warning| warning.all("Item"))
        .take(STATIONS_MAX)
    {
        for property in item.all("Kind").flat_map(|kind| kind.all("Property")) {
            if property.text_of("Type") == "主文" {
                report.sentences.push(cut(property.text_of("Text"), 1000));
            }
        }
        for area in item.all("Areas").flat_map(|areas| areas.all("Area")) {
            let city = area.text_of("City");
            if city.is_empty() {
                continue;
            }
            // All zeros stands for "no code" in samples.
            if let Some(code) = AreaCode::read(area.text_of("CityCode"))
                && code.municipality() != 0
                && !report.reaches.contains(&code)
                && report.reaches.len() < STATIONS_MAX
            {
                report.reaches.push(code);
            }
            if !report.reaches_names.iter().any(|known| known == city)
                && report.reaches_names.len() < STATIONS_MAX
            {
                report.reaches_names.push(cut(city, 80));
            }
        }
    }
}

fn series(body: &Element, report: &mut RiverReport) -> Result<(), Refusal> {
    for info in body
        .all("MeteorologicalInfos")
        .filter(|infos| infos.attribute("type").contains("水位"))
        .flat_map(|infos| infos.all("TimeSeriesInfo"))
    {
        let spans = spans(info)?;
        let labels: Vec<(&str, &str)> = info
            .child("TimeDefines")
            .iter()
            .flat_map(|defines| defines.all("TimeDefine"))
            .map(|define| (define.attribute("timeId"), define.text_of("Name")))
            .collect();
        for item in info.all("Item") {
            let Some(station) = item.child("Station") else {
                continue;
            };
            if report.stations.len() >= STATIONS_MAX {
                return Err(Refusal::TooMany {
                    what: "gauges",
                    max: STATIONS_MAX,
                });
            }
            let mut values = Vec::new();
            item.below("WaterLevel", &mut values);
            item.below("Discharge", &mut values);
            let rows = rows(&values, &spans, &labels);
            report.stations.push(RiverStation {
                station: Area::of(station),
                location: cut(station.text_of("Location"), 120),
                rows,
                thresholds: Vec::new(),
            });
        }
    }
    Ok(())
}

/// Values come in pairs tied by `refID`: the level in metres, and the alert level of it.
fn rows(
    values: &[&Element],
    spans: &[(String, Timestamp, Timestamp)],
    labels: &[(&str, &str)],
) -> Vec<RiverRow> {
    values
        .iter()
        .filter(|value| value.attribute("type") != "レベル")
        .take(ROWS_MAX)
        .filter_map(|value| {
            let id = value.attribute("refID");
            let (_, at, _) = spans.iter().find(|span| span.0 == id)?;
            let level = values
                .iter()
                .find(|other| other.attribute("type") == "レベル" && other.attribute("refID") == id)
                .and_then(|other| other.text().parse().ok())
                .filter(|level| *level <= 5);
            Some(RiverRow {
                at: *at,
                label: labels
                    .iter()
                    .find(|label| label.0 == id)
                    .map_or(String::new(), |label| cut(label.1, 40)),
                value: Measured::of(value),
                level,
            })
        })
        .collect()
}

fn thresholds(body: &Element, report: &mut RiverReport) {
    let mut parts = Vec::new();
    body.below("HydrometricStationPart", &mut parts);
    for part in parts.into_iter().take(STATIONS_MAX) {
        let (Some(area), Some(criteria)) = (part.child("Area"), part.child("Criteria")) else {
            continue;
        };
        let area = Area::of(area);
        let valid: Vec<Measured> = criteria
            .children
            .iter()
            .filter(|value| value.attribute("condition") != "無効")
            .take(ROWS_MAX)
            .map(Measured::of)
            .collect();
        // By name: sample telegrams give several gauges the same made-up code.
        if let Some(station) = report
            .stations
            .iter_mut()
            .find(|known| known.station == area)
        {
            station.thresholds = valid;
        } else if report.stations.len() < STATIONS_MAX {
            report.stations.push(RiverStation {
                station: area,
                location: String::new(),
                rows: Vec::new(),
                thresholds: valid,
            });
        }
    }
}

impl RiverReport {
    /// The highest level any gauge has reached or is expected to reach.
    #[must_use]
    pub fn highest_level(&self) -> Option<JmaLevel> {
        self.stations
            .iter()
            .flat_map(|station| &station.rows)
            .filter_map(|row| row.level)
            .filter_map(|level| JmaLevel::try_from(level).ok())
            .max()
    }
}
