//! What one report leaves standing in its lane.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::official::area::{Area, AreaCode};
use crate::official::grade::{Grade, Hazard, JmaLevel};
use crate::official::jma::Content;
use crate::official::jma::bulletin::Bulletin;
use crate::official::jma::early_warning::EarlyWarning;
use crate::official::jma::earthquake::{Earthquake, EarthquakeReport};
use crate::official::jma::level_series::LevelSeries;
use crate::official::jma::river::RiverReport;
use crate::official::jma::tsunami::{TsunamiForecast, TsunamiObservation, TsunamiReport};
use crate::official::jma::typhoon::TyphoonReport;
use crate::official::jma::volcano::VolcanoReport;
use crate::official::jma::warning::{ExpectedPeriod, WarningBulletin};
use crate::official::value::Intensity;
use crate::official::warning_code::{self, GradeFrom};

/// What a report says, reduced to what is asked of it later.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "stand", rename_all = "snake_case")]
pub(crate) enum Stand {
    Municipal(Municipal),
    River(RiverReport),
    Tsunami(TsunamiStand),
    Quake(QuakePart),
    EarlyWarning(EarlyWarning),
    Ahead(LevelSeries),
    Typhoon(TyphoonReport),
    Words(Bulletin),
}

/// What holds in each municipality.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Municipal {
    /// Every municipality the report speaks of, ascending.
    pub(crate) covers: Vec<AreaCode>,
    /// What is in force, ascending by municipality and hazard; one row for each pair.
    pub(crate) rows: Vec<Row>,
    /// What holds for coarser areas.
    pub(crate) wider: Vec<(Area, Hazard, Grade, String)>,
    /// A level that only the free text mentions: old forms say level 4 nowhere else.
    pub(crate) notice_level: Option<JmaLevel>,
}

/// One thing in force in one municipality.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) area: AreaCode,
    pub(crate) area_name: String,
    pub(crate) hazard: Hazard,
    pub(crate) grade: Grade,
    pub(crate) grade_from: GradeFrom,
    pub(crate) code: String,
    pub(crate) name: String,
    /// Issue of the first report that said the same without a break.
    pub(crate) since: Timestamp,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub(crate) expected: Vec<ExpectedPeriod>,
}

/// Tsunami: what is warned of, what was seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct TsunamiStand {
    pub(crate) forecasts: Vec<TsunamiForecast>,
    pub(crate) observations: Vec<TsunamiObservation>,
    pub(crate) earthquakes: Vec<Earthquake>,
}

/// What one report tells about one earthquake.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct QuakePart {
    pub(crate) earthquake: Option<Earthquake>,
    pub(crate) max_intensity: Option<Intensity>,
    pub(crate) cities: Vec<(AreaCode, Intensity)>,
    pub(crate) areas: Vec<(Area, Intensity)>,
    pub(crate) comments: Vec<String>,
    pub(crate) far: bool,
    pub(crate) eruption: bool,
}

impl Stand {
    pub(crate) fn of(content: &Content, report_at: Timestamp) -> Self {
        match content {
            Content::Warning(warning) => Self::Municipal(municipal(warning, report_at)),
            Content::Volcano(volcano) => Self::Municipal(volcano_rows(volcano, report_at)),
            Content::River(river) => Self::River(river.clone()),
            Content::Tsunami(tsunami) => Self::Tsunami(tsunami_stand(tsunami)),
            Content::Earthquake(quake) => Self::Quake(quake_part(quake)),
            Content::EarlyWarning(warning) => Self::EarlyWarning(warning.clone()),
            Content::LevelSeries(series) => Self::Ahead(series.clone()),
            Content::Typhoon(typhoon) => Self::Typhoon(typhoon.clone()),
            Content::Bulletin(words) | Content::Other(words) | Content::Retracted(words) => {
                Self::Words(words.clone())
            }
        }
    }

    pub(crate) fn municipal(&self) -> Option<&Municipal> {
        match self {
            Self::Municipal(municipal) => Some(municipal),
            _ => None,
        }
    }

    /// Whether anything is in force by it.
    pub(crate) fn holds(&self) -> bool {
        match self {
            Self::Municipal(municipal) => !municipal.rows.is_empty() || !municipal.wider.is_empty(),
            Self::River(river) => river.grade > Grade::NONE,
            Self::Tsunami(tsunami) => tsunami.forecasts.iter().any(|f| f.grade > Grade::NONE),
            Self::EarlyWarning(_)
            | Self::Typhoon(_)
            | Self::Quake(_)
            | Self::Ahead(_)
            | Self::Words(_) => true,
        }
    }
}

impl Municipal {
    pub(crate) fn row(&self, area: AreaCode, hazard: Hazard) -> Option<&Row> {
        self.rows
            .binary_search_by_key(&(area, hazard), |row| (row.area, row.hazard))
            .ok()
            .map(|at| &self.rows[at])
    }

    /// Carries over since when each row has held.
    pub(crate) fn continues(&mut self, before: &Self, report_at: Timestamp) {
        for row in &mut self.rows {
            row.since = before
                .row(row.area, row.hazard)
                .filter(|same| same.grade == row.grade)
                .map_or(report_at, |same| same.since);
        }
    }
}

fn municipal(warning: &WarningBulletin, report_at: Timestamp) -> Municipal {
    let rows = warning
        .items
        .iter()
        .filter(|item| item.in_force)
        .map(|item| Row {
            area: item.area,
            area_name: item.area_name.clone(),
            hazard: item.hazard,
            grade: item.grade,
            grade_from: item.grade_from,
            code: item.code.clone(),
            name: item.name.clone(),
            since: report_at,
            expected: item.expected.clone(),
        })
        .collect();
    Municipal {
        covers: warning.covers.clone(),
        rows: one_each(rows),
        wider: warning
            .wider
            .iter()
            .filter(|item| item.in_force)
            .map(|item| {
                (
                    item.area.clone(),
                    item.hazard,
                    item.grade,
                    item.name.clone(),
                )
            })
            .collect(),
        notice_level: warning_code::level_in(&warning.notice),
    }
}

fn volcano_rows(volcano: &VolcanoReport, report_at: Timestamp) -> Municipal {
    let mut covers: Vec<AreaCode> = volcano.municipalities.iter().map(|m| m.area).collect();
    covers.sort_unstable();
    covers.dedup();
    let rows = volcano
        .municipalities
        .iter()
        .filter(|municipality| municipality.grade > Grade::NONE)
        .map(|municipality| Row {
            area: municipality.area,
            area_name: municipality.name.clone(),
            hazard: Hazard::Volcano,
            grade: municipality.grade,
            grade_from: GradeFrom::Code,
            code: municipality.kind.code.clone(),
            name: municipality.kind.name.clone(),
            since: report_at,
            expected: Vec::new(),
        })
        .collect();
    Municipal {
        covers,
        rows: one_each(rows),
        wider: Vec::new(),
        notice_level: None,
    }
}

/// One row for each municipality and hazard: the most serious. "特別警報 lifted, 警報 issued" is two items of one hazard.
fn one_each(mut rows: Vec<Row>) -> Vec<Row> {
    rows.sort_by(|a, b| {
        (a.area, a.hazard, std::cmp::Reverse(a.grade), &a.code).cmp(&(
            b.area,
            b.hazard,
            std::cmp::Reverse(b.grade),
            &b.code,
        ))
    });
    rows.dedup_by_key(|row| (row.area, row.hazard));
    rows
}

fn tsunami_stand(tsunami: &TsunamiReport) -> TsunamiStand {
    TsunamiStand {
        forecasts: tsunami.forecasts.clone(),
        observations: tsunami.observations.clone(),
        earthquakes: tsunami.earthquakes.clone(),
    }
}

fn quake_part(quake: &EarthquakeReport) -> QuakePart {
    let areas = quake.prefectures.iter().flat_map(|pref| &pref.areas);
    let mut cities: Vec<(AreaCode, Intensity)> = areas
        .clone()
        .flat_map(|area| &area.cities)
        .filter_map(|city| Some((AreaCode::read(&city.city.code)?, city.at_least()?)))
        .collect();
    cities.sort_unstable();
    QuakePart {
        earthquake: quake.earthquakes.first().cloned(),
        max_intensity: quake.max_intensity,
        cities,
        areas: areas
            .filter_map(|area| Some((area.area.clone(), area.max?)))
            .collect(),
        comments: quake.comments.iter().map(|c| c.text.clone()).collect(),
        far: quake.far,
        eruption: quake.eruption,
    }
}
