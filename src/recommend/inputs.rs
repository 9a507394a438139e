//! 判断の入力: what the criteria ask for, what of it reaches this service, from whom and how old it is.

use hinan_recommend::{Input, Official};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::core::Core;
use super::told::Told;
use crate::outlook::Outlook;

/// How one input stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Heard lately: what is absent is not in force.
    Fresh,
    /// Heard, and too long ago: unknown, never "not met".
    Stale,
    /// Never heard: unknown.
    NeverHeard,
    /// In force with a code that nobody here knows: a person must read it.
    Unclear,
    /// Typed in by officers; silence says nothing.
    ByOfficers,
    /// No feed tells it here: unknown whatever happens.
    Unheard,
}

impl Standing {
    /// In the officers' words.
    #[must_use]
    pub fn japanese(self) -> &'static str {
        match self {
            Self::Fresh => "届いている",
            Self::Stale => "古い(不明として扱う)",
            Self::NeverHeard => "まだ一度も届いていない(不明として扱う)",
            Self::Unclear => "知らない符号で発表されている(原文を確かめる)",
            Self::ByOfficers => "職員が入力",
            Self::Unheard => "このシステムでは分かりません",
        }
    }
}

/// One input.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InputRow {
    /// Which.
    pub input: Input,
    /// Its name, Japanese.
    pub name: &'static str,
    /// How it stands.
    pub standing: Standing,
    /// When it was heard last.
    pub heard_at: Option<Timestamp>,
    /// What is in force or was measured, in words, each with its source and time.
    pub says: Vec<String>,
    /// Conditions of the criteria that ask for it.
    pub conditions: Vec<String>,
    /// Of these, those that can never be met here.
    pub never_met: Vec<String>,
}

/// Everything that the criteria ask for, in a fixed order.
#[must_use]
pub fn rows(core: &Core, told: &Told, outlook: &Outlook) -> Vec<InputRow> {
    let criteria = &core.policy.criteria;
    let unheard = &core.policy.unheard;
    let never = criteria.never_met(unheard);
    criteria
        .inputs()
        .into_iter()
        .map(|(input, conditions)| {
            let (heard_at, limit_min) = heard(core, told, outlook, input);
            let standing = if unheard.contains(&input) {
                Standing::Unheard
            } else if input == Input::Reports {
                Standing::ByOfficers
            } else if told.official.unclear.contains(&input) {
                Standing::Unclear
            } else {
                match heard_at {
                    None => Standing::NeverHeard,
                    Some(at) if is_older(outlook.as_of, at, limit_min) => Standing::Stale,
                    Some(_) => Standing::Fresh,
                }
            };
            let deaf = standing == Standing::Unheard;
            InputRow {
                input,
                name: input.japanese(),
                standing,
                heard_at: heard_at.filter(|_| !deaf),
                says: if deaf {
                    Vec::new()
                } else {
                    says(told, outlook, core, input)
                },
                never_met: conditions
                    .iter()
                    .filter(|id| deaf && never.contains(&id.as_str()))
                    .cloned()
                    .collect(),
                conditions,
            }
        })
        .collect()
}

fn is_older(as_of: Timestamp, at: Timestamp, limit_min: u32) -> bool {
    as_of.duration_since(at) > SignedDuration::from_mins(i64::from(limit_min))
}

/// When an input was heard last, and after how many minutes it is old.
fn heard(core: &Core, told: &Told, outlook: &Outlook, input: Input) -> (Option<Timestamp>, u32) {
    let stale = core.policy.criteria.stale;
    match input {
        Input::Levels => {
            let observed = core
                .sources
                .iter()
                .filter_map(|id| outlook.gauges.get(id.as_str())?.observed);
            (observed.map(|one| one.at).max(), stale.forecast_min)
        }
        Input::Rain => {
            let sums = told.rain.values().flat_map(|rain| rain.past_mm.values());
            (sums.map(|sum| sum.at).max(), stale.rain_min)
        }
        Input::RainAhead => (
            told.official.rain_ahead.as_ref().map(|told| told.at),
            // Spans say themselves how far they reach.
            u32::MAX,
        ),
        _ => (told.official.heard_at, stale.official_min),
    }
}

fn says(told: &Told, outlook: &Outlook, core: &Core, input: Input) -> Vec<String> {
    let Official {
        levels,
        rivers,
        storm_warning,
        overnight,
        expected,
        tsunami,
        tsunami_at,
        intensity,
        record_rain,
        rain_ahead,
        ..
    } = &told.official;
    let line = |words: String, source: &str, at: Timestamp| {
        format!("{words}({source}、{})", crate::clock::spoken(at))
    };
    match input {
        Input::Levels => core
            .sources
            .iter()
            .filter_map(|id| {
                let gauge = outlook.gauges.get(id.as_str())?;
                let observed = gauge.observed?;
                Some(format!(
                    "{} {:.2} m({})",
                    gauge.name,
                    observed.level_m,
                    crate::clock::spoken(observed.at)
                ))
            })
            .collect(),
        Input::RiverWarnings => rivers
            .iter()
            .map(|(river, told)| {
                let words = format!("{river} レベル{}", told.value.number());
                line(words, &told.source, told.at)
            })
            .collect(),
        Input::Warnings => levels
            .iter()
            .map(|(product, told)| line(product.japanese(told.value), &told.source, told.at))
            .collect(),
        Input::Overnight => overnight
            .iter()
            .map(|(product, told)| line(product.japanese(told.value), &told.source, told.at))
            .collect(),
        Input::Expected => expected
            .iter()
            .map(|(product, told)| line(product.japanese(told.value), &told.source, told.at))
            .collect(),
        Input::Storm => storm_warning
            .iter()
            .map(|told| line("暴風警報".to_owned(), &told.source, told.at))
            .collect(),
        Input::Rain => told
            .rain
            .values()
            .flat_map(|rain| {
                rain.past_mm.iter().map(|(hours, sum)| {
                    let words = format!("{} {hours}時間 {:.1} mm", rain.name, sum.value);
                    line(words, &sum.source, sum.at)
                })
            })
            .collect(),
        Input::RainAhead => rain_ahead
            .iter()
            .map(|told| {
                let most = told
                    .value
                    .iter()
                    .filter(|span| span.until > outlook.as_of)
                    .map(|span| span.most_mm_per_h)
                    .fold(0.0, f64::max);
                line(format!("1時間に最大{most:.0} mm"), &told.source, told.at)
            })
            .collect(),
        Input::RecordRain => record_rain
            .iter()
            .map(|told| line("記録的短時間大雨情報".to_owned(), &told.source, told.at))
            .collect(),
        Input::Reports => told
            .reports
            .iter()
            .map(|report| line(report.kind.japanese().to_owned(), &report.source, report.at))
            .collect(),
        Input::Tsunami => tsunami
            .iter()
            .map(|told| line(told.value.japanese().to_owned(), &told.source, told.at))
            .chain(tsunami_at.iter().map(|told| {
                let words = format!("第1波 {}", crate::clock::spoken(told.value));
                line(words, &told.source, told.at)
            }))
            .collect(),
        Input::Shaking => intensity
            .iter()
            .map(|told| line(told.value.japanese().to_owned(), &told.source, told.at))
            .collect(),
        Input::LandslideMap | Input::InundationMap | Input::FloodMap | Input::RiverLine => {
            Vec::new()
        }
    }
}
