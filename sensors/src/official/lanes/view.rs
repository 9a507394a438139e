//! What holds at a moment, for those who show it or decide on it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::effective::{Speakers, answer, source};
use super::lane::{Lane, Report};
use super::stand::{QuakePart, Stand};
use super::{LaneKey, Lanes, expired, report_rows};

use crate::official::area::{Area, AreaCode};
use crate::official::grade::{Grade, Hazard, JmaLevel};
use crate::official::jma::early_warning::EarlyWarning;
use crate::official::jma::earthquake::Earthquake;
use crate::official::jma::level_series::{AmountStep, GradeStep};
use crate::official::jma::river::RiverReport;
use crate::official::jma::tsunami::{TsunamiForecast, TsunamiObservation};
use crate::official::jma::typhoon::TyphoonReport;
use crate::official::jma::warning::ExpectedPeriod;
use crate::official::standing::Standing;
use crate::official::value::Intensity;
use crate::official::warning_code::GradeFrom;

/// Everything that holds, each with its telegram and its age.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// The moment.
    pub at: Timestamp,
    /// Whether we still hear the agency at all.
    pub feed: Feed,
    /// What is in force per municipality and hazard, most serious source first decided; ascending by both.
    pub holdings: Vec<Holding>,
    /// What is in force for areas coarser than a municipality.
    pub wider: Vec<WiderHolding>,
    /// Rivers with a warning in force.
    pub rivers: Vec<RiverHolding>,
    /// Tsunami warnings and advisories in force, per forecast area.
    pub tsunami: Vec<TsunamiHolding>,
    /// Tsunami waves observed, newest report of each event.
    pub tsunami_observed: Vec<TsunamiObserved>,
    /// Earthquakes of the last days, newest first.
    pub quakes: Vec<QuakeHolding>,
    /// Earthquake early warnings of the last minutes.
    pub early_warnings: Vec<EarlyWarningHolding>,
    /// Typhoons.
    pub typhoons: Vec<TyphoonHolding>,
    /// Bulletins and telegrams of unknown types, newest first.
    pub notices: Vec<NoticeHolding>,
    /// Every lane with its age, so that silence is seen.
    pub lanes: Vec<LaneBrief>,
}

/// Whether anything was heard lately. Silence is not calm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feed {
    /// When anything last arrived; `None`: never.
    pub heard_at: Option<Timestamp>,
    /// For how long nothing has arrived, seconds.
    pub silent_s: Option<i64>,
    /// Longer than is believed to be calm, or never heard: everything shown may be out of date.
    pub stale: bool,
}

/// From which telegram something is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Type of the telegram.
    pub telegram_type: String,
    /// Office that wrote it.
    pub office: String,
    /// Official time of issue.
    pub report_at: Timestamp,
    /// When it reached us.
    pub received_at: Timestamp,
    /// Its title.
    pub title: String,
}

/// Something in force in one municipality.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Holding {
    /// Municipality or part of one.
    pub area: AreaCode,
    /// Its name.
    pub area_name: String,
    /// What it is about.
    pub hazard: Hazard,
    /// How serious.
    pub grade: Grade,
    /// What told the grade.
    pub grade_from: GradeFrom,
    /// Code as sent.
    pub code: String,
    /// Name as sent: what officers and residents know it by.
    pub name: String,
    /// Issue of the first report that said the same without a break.
    pub since: Timestamp,
    /// When the criterion is expected to be reached.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub expected: Vec<ExpectedPeriod>,
    /// The telegram it rests on.
    pub source: Source,
    /// Other telegrams that speak of the same, and what they say of it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub companions: Vec<Companion>,
    /// Companions disagree, and the more serious one is shown.
    pub contested: bool,
    /// The feed is silent or the telegram is very old: it may no longer be so.
    pub stale: bool,
}

/// What another telegram says of the same municipality and hazard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Companion {
    /// Its type.
    pub telegram_type: String,
    /// Its time of issue.
    pub report_at: Timestamp,
    /// What it says.
    pub grade: Grade,
}

/// How it stands with one hazard in one municipality. Three answers, never two.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Answer {
    /// In force.
    InForce(Box<Holding>),
    /// A telegram that lists everything says: nothing.
    Clear {
        /// That telegram.
        source: Source,
        /// Whether it may be out of date. Then this is not calm.
        stale: bool,
    },
    /// No telegram that could tell was heard.
    Unknown,
}

/// Something in force for a coarser area (記録的短時間大雨情報).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WiderHolding {
    /// The area.
    pub area: Area,
    /// What it is about.
    pub hazard: Hazard,
    /// How serious.
    pub grade: Grade,
    /// Name as sent.
    pub name: String,
    /// Headline of the telegram.
    pub headline: String,
    /// The telegram.
    pub source: Source,
}

/// A river's warning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RiverHolding {
    /// The report.
    pub report: RiverReport,
    /// Its headline.
    pub headline: String,
    /// The telegram.
    pub source: Source,
    /// It may be out of date.
    pub stale: bool,
}

/// A tsunami warning or advisory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TsunamiHolding {
    /// What is expected where.
    pub forecast: TsunamiForecast,
    /// The telegram.
    pub source: Source,
    /// It may be out of date.
    pub stale: bool,
}

/// Observed waves of one report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TsunamiObserved {
    /// Event.
    pub event_id: String,
    /// Waves.
    pub observations: Vec<TsunamiObservation>,
    /// The telegram.
    pub source: Source,
}

/// One earthquake, from the newest report of each type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuakeHolding {
    /// Event, as the agency names it. Two earthquakes at almost the same time may exchange theirs.
    pub event_id: String,
    /// Where, when, how strong: the newest that is known.
    pub earthquake: Option<Earthquake>,
    /// Greatest intensity.
    pub max_intensity: Option<Intensity>,
    /// Intensity per municipality.
    pub cities: Vec<(AreaCode, Intensity)>,
    /// Intensity per area of a flash report.
    pub areas: Vec<(Area, Intensity)>,
    /// Fixed sentences of the newest report: whether there is a tsunami.
    pub comments: Vec<String>,
    /// Far from Japan.
    pub far: bool,
    /// The words speak of an eruption, whatever the headline says.
    pub eruption: bool,
    /// The telegrams it is made of, newest first.
    pub sources: Vec<Source>,
}

/// An earthquake early warning. For officers only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EarlyWarningHolding {
    /// Event.
    pub event_id: String,
    /// Serial as sent.
    pub serial: String,
    /// The newest report.
    pub warning: EarlyWarning,
    /// The telegram.
    pub source: Source,
}

/// A typhoon.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TyphoonHolding {
    /// Event (`TC1725`).
    pub event_id: String,
    /// The newest report.
    pub report: TyphoonReport,
    /// The telegram.
    pub source: Source,
}

/// A bulletin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeHolding {
    /// Tags.
    pub tags: Vec<String>,
    /// What a town would act on.
    pub hazards: Vec<Hazard>,
    /// Areas it names.
    pub areas: Vec<Area>,
    /// Headline.
    pub headline: String,
    /// The type is in no table of ours.
    pub unknown_type: bool,
    /// The telegram.
    pub source: Source,
}

/// A lane and its age.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaneBrief {
    /// The report that stands; `None` when the last was taken back.
    pub source: Option<Source>,
    /// Whether anything is in force by it.
    pub holds: bool,
    /// Its own end has passed.
    pub expired: bool,
    /// It may be out of date.
    pub stale: bool,
    /// A level that only its free text mentions: a person must read it.
    pub notice_level: Option<JmaLevel>,
}

/// The view at a moment; of municipalities only those asked for.
pub(super) fn everything<S: Standing>(
    lanes: &Lanes<S>,
    now: Timestamp,
    only: Option<&BTreeSet<AreaCode>>,
) -> View {
    let mut view = View {
        at: now,
        feed: lanes.feed(now),
        holdings: holdings(lanes, now, only),
        wider: Vec::new(),
        rivers: Vec::new(),
        tsunami: Vec::new(),
        tsunami_observed: Vec::new(),
        quakes: Vec::new(),
        early_warnings: Vec::new(),
        typhoons: Vec::new(),
        notices: Vec::new(),
        lanes: Vec::new(),
    };
    let mut quakes: BTreeMap<String, Vec<(Source, &QuakePart)>> = BTreeMap::new();
    for (key, lane) in &lanes.lanes {
        view.lanes.push(brief(lanes, key, lane, now));
        let Some(report) = lane.current() else {
            continue;
        };
        if expired(&key.telegram_type, report, now) {
            continue;
        }
        if let Stand::Quake(part) = &report.stand {
            quakes
                .entry(report.event_id.clone())
                .or_default()
                .push((source(key, report), part));
        } else {
            show(lanes, key, report, now, &mut view);
        }
    }
    view.quakes = quakes
        .into_iter()
        .map(|(event, parts)| quake(event, parts))
        .collect();
    view.quakes
        .sort_by(|a, b| (newest(&b.sources), &b.event_id).cmp(&(newest(&a.sources), &a.event_id)));
    view.notices.sort_by(|a, b| {
        (b.source.report_at, &a.source.telegram_type, &a.source.title).cmp(&(
            a.source.report_at,
            &b.source.telegram_type,
            &b.source.title,
        ))
    });
    view
}

fn holdings<S: Standing>(
    lanes: &Lanes<S>,
    now: Timestamp,
    only: Option<&BTreeSet<AreaCode>>,
) -> Vec<Holding> {
    let mut asked: BTreeSet<(AreaCode, Hazard)> = BTreeSet::new();
    for report in lanes.lanes.values().filter_map(Lane::current) {
        asked.extend(
            report_rows(&report.stand)
                .filter(|(area, _)| only.is_none_or(|only| only.contains(area))),
        );
    }
    let areas = asked.iter().map(|(area, _)| *area).collect();
    let speakers = Speakers::gather(lanes, Some(&areas), now);
    asked
        .into_iter()
        .filter_map(
            |(area, hazard)| match answer(lanes, &speakers, area, hazard, now) {
                Answer::InForce(holding) => Some(*holding),
                Answer::Clear { .. } | Answer::Unknown => None,
            },
        )
        .collect()
}

fn brief<S: Standing>(lanes: &Lanes<S>, key: &LaneKey, lane: &Lane, now: Timestamp) -> LaneBrief {
    let report = lane.current();
    let over = report.is_some_and(|report| expired(&key.telegram_type, report, now));
    LaneBrief {
        source: report.map(|report| source(key, report)),
        holds: !over && report.is_some_and(|report| report.stand.holds()),
        expired: over,
        stale: report.is_none_or(|report| lanes.is_stale(report, now)),
        notice_level: report
            .and_then(|report| report.stand.municipal())
            .and_then(|municipal| municipal.notice_level),
    }
}

fn show<S: Standing>(
    lanes: &Lanes<S>,
    key: &LaneKey,
    report: &Report,
    now: Timestamp,
    view: &mut View,
) {
    let source = source(key, report);
    let stale = lanes.is_stale(report, now);
    let event_id = report.event_id.clone();
    match &report.stand {
        Stand::Municipal(municipal) => {
            for (area, hazard, grade, name) in &municipal.wider {
                view.wider.push(WiderHolding {
                    area: area.clone(),
                    hazard: *hazard,
                    grade: *grade,
                    name: name.clone(),
                    headline: report.headline.clone(),
                    source: source.clone(),
                });
            }
        }
        Stand::River(river) if river.grade > Grade::NONE => view.rivers.push(RiverHolding {
            report: river.clone(),
            headline: report.headline.clone(),
            source,
            stale,
        }),
        Stand::River(_) => {}
        Stand::Tsunami(tsunami) => {
            // Only the warning itself warns; information about it repeats the warning's areas.
            if key.telegram_type == "VTSE41" {
                for forecast in tsunami.forecasts.iter().filter(|f| f.grade > Grade::NONE) {
                    view.tsunami.push(TsunamiHolding {
                        forecast: forecast.clone(),
                        source: source.clone(),
                        stale,
                    });
                }
            }
            if !tsunami.observations.is_empty() {
                view.tsunami_observed.push(TsunamiObserved {
                    event_id,
                    observations: tsunami.observations.clone(),
                    source,
                });
            }
        }
        Stand::EarlyWarning(warning) => view.early_warnings.push(EarlyWarningHolding {
            event_id,
            serial: report.serial.clone(),
            warning: warning.clone(),
            source,
        }),
        Stand::Typhoon(typhoon) => view.typhoons.push(TyphoonHolding {
            event_id,
            report: typhoon.clone(),
            source,
        }),
        Stand::Words(words) => view.notices.push(NoticeHolding {
            tags: words.tags.clone(),
            hazards: words.hazards.clone(),
            areas: words.areas.clone(),
            headline: report.headline.clone(),
            unknown_type: report.unknown_type,
            source,
        }),
        Stand::Quake(_) | Stand::Ahead(_) => {}
    }
}

fn newest(sources: &[Source]) -> Option<Timestamp> {
    sources.iter().map(|source| source.report_at).max()
}

/// Joins the reports of one earthquake: of each fact the newest report that has it.
fn quake(event_id: String, mut parts: Vec<(Source, &QuakePart)>) -> QuakeHolding {
    parts.sort_by(|a, b| {
        (b.0.report_at, &b.0.telegram_type).cmp(&(a.0.report_at, &a.0.telegram_type))
    });
    let first = |has: &dyn Fn(&QuakePart) -> bool| parts.iter().map(|(_, p)| *p).find(|p| has(p));
    QuakeHolding {
        earthquake: first(&|part| part.earthquake.is_some()).and_then(|p| p.earthquake.clone()),
        max_intensity: first(&|part| part.max_intensity.is_some()).and_then(|p| p.max_intensity),
        cities: first(&|part| !part.cities.is_empty())
            .map_or_else(Vec::new, |part| part.cities.clone()),
        areas: first(&|part| !part.areas.is_empty())
            .map_or_else(Vec::new, |part| part.areas.clone()),
        comments: first(&|part| !part.comments.is_empty())
            .map_or_else(Vec::new, |part| part.comments.clone()),
        far: parts.iter().any(|(_, part)| part.far),
        eruption: parts.iter().any(|(_, part)| part.eruption),
        sources: parts.into_iter().map(|(source, _)| source).collect(),
        event_id,
    }
}

/// What is expected in one municipality: the look-ahead of the newest series that covers it.
pub(super) fn ahead<S: Standing>(
    lanes: &Lanes<S>,
    area: AreaCode,
    now: Timestamp,
) -> Option<Ahead> {
    lanes
        .lanes_of_type("VPWP50")
        .filter_map(|(key, lane)| {
            let report = lane.current()?;
            let Stand::Ahead(series) = &report.stand else {
                return None;
            };
            if expired(&key.telegram_type, report, now) {
                return None;
            }
            let grades: Vec<GradeStep> = series
                .grades
                .iter()
                .filter(|step| step.area == area && step.until > now)
                .cloned()
                .collect();
            let amounts: Vec<AmountStep> = series
                .amounts
                .iter()
                .filter(|step| step.area == area && step.until > now)
                .cloned()
                .collect();
            (!grades.is_empty() || !amounts.is_empty()).then(|| Ahead {
                grades,
                amounts,
                source: source(key, report),
                stale: lanes.is_stale(report, now),
            })
        })
        .max_by_key(|ahead| ahead.source.report_at)
}

/// Every area that a series speaks of.
pub(super) fn areas_ahead<S: Standing>(lanes: &Lanes<S>, now: Timestamp) -> BTreeSet<AreaCode> {
    lanes
        .lanes_of_type("VPWP50")
        .filter_map(|(key, lane)| {
            let report = lane.current()?;
            match &report.stand {
                Stand::Ahead(series) if !expired(&key.telegram_type, report, now) => Some(series),
                _ => None,
            }
        })
        .flat_map(|series| {
            let grades = series.grades.iter().map(|step| step.area);
            grades.chain(series.amounts.iter().map(|step| step.area))
        })
        .collect()
}

/// What is expected in one municipality over the next hours.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ahead {
    /// Expected grades whose span is not over.
    pub grades: Vec<GradeStep>,
    /// Expected amounts whose span is not over.
    pub amounts: Vec<AmountStep>,
    /// The telegram.
    pub source: Source,
    /// It may be out of date.
    pub stale: bool,
}
