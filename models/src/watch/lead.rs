use super::trust::{Trust, Verdict};
use super::{Drift, Waiting, WatchSettings};
use crate::learning::nudge::Nudge;
use crate::score::skill;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Fewest judged forecasts, weighted by their age, before inputs are called strange.
const STRANGE_FROM: f64 = 8.0;

/// Whether a model may be used for one lead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum Standing {
    /// Too little was judged lately; its card is what is known. It is used.
    #[default]
    Unproven,
    /// It holds its own. It is used.
    InUse,
    /// It fell behind and is not used; persistence or the rate of rise answers instead.
    Out {
        /// When it was taken out, as far back as is remembered.
        since: Timestamp,
        /// Why.
        reason: Reason,
    },
}

/// Why a model was taken out of use.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// Skill against persistence in the hours that are remembered.
    pub skill: f64,
    /// What is demanded.
    pub needed: f64,
    /// Hours of outcomes.
    pub evidence: f64,
}

impl Reason {
    /// In Japanese.
    #[must_use]
    pub fn japanese(&self) -> String {
        format!(
            "最近の改善率が{:.2}（必要{:.2}）で、現在水位の継続に劣るため、モデルを使わない。",
            self.skill, self.needed
        )
    }

    /// In English.
    #[must_use]
    pub fn english(&self) -> String {
        format!(
            "Lately its skill was {:.2} ({:.2} needed), worse than persistence: the model is not used.",
            self.skill, self.needed
        )
    }
}

/// What is known of one lead.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeadReport {
    /// Hours ahead.
    pub lead_h: u32,
    /// Whether the model may be used.
    pub standing: Standing,
    /// Skill against persistence, later judgements counting more; `None` before the first.
    pub skill: Option<f64>,
    /// Share of the readings inside the 90 % interval, weighted alike.
    pub coverage90: Option<f64>,
    /// Forecasts judged, weighted by age.
    pub evidence: f64,
    /// Forecasts judged.
    pub judged: u64,
    /// Weight of the model against persistence, 0 to 1.
    #[serde(default)]
    pub share: f64,
    /// What its forecasts lacked all the time and is added to them, metres.
    #[serde(default)]
    pub shift_m: f64,
    /// Factors of the lower and the upper side of the doubt where the water moves or may reach high water; from outcomes of water that
    /// moved by more than the usual error of persistence.
    #[serde(default = "as_taught")]
    pub stretch: [f64; 2],
    /// The same where the model takes the water for quiet, from the other outcomes.
    #[serde(default = "as_taught")]
    pub stretch_quiet: [f64; 2],
}

fn as_taught() -> [f64; 2] {
    Nudge::NONE.quiet
}

/// The memory of one lead.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct LeadWatch {
    weight: f64,
    error: f64,
    persistence: f64,
    covered: f64,
    outside: f64,
    judged: u64,
    pub(crate) last: Option<Timestamp>,
    pub(crate) trust: Trust,
}

impl LeadWatch {
    pub(crate) fn judge(&mut self, forecast: &Waiting, level_m: f64, settings: &WatchSettings) {
        let fade = self.last.map_or(1.0, |last| {
            let hours = forecast.at.duration_since(last).as_secs_f64() / 3600.0;
            0.5_f64.powf(hours.max(0.0) / settings.half_life_h)
        });
        let inside = (forecast.low_m..=forecast.high_m).contains(&level_m);
        let one = |yes: bool| if yes { 1.0 } else { 0.0 };
        for (sum, more) in [
            (&mut self.weight, 1.0),
            (&mut self.error, (level_m - forecast.expected_m).powi(2)),
            (
                &mut self.persistence,
                (level_m - forecast.persistence_m).powi(2),
            ),
            (&mut self.covered, one(inside)),
            (&mut self.outside, one(forecast.outside)),
        ] {
            *sum = *sum * fade + more;
        }
        self.judged += 1;
        self.last = Some(forecast.at);
        self.trust.judge(forecast, level_m, settings);
    }

    /// `frozen` says since when the gauge itself seems frozen.
    pub(crate) fn standing(&self, settings: &WatchSettings, frozen: Option<Timestamp>) -> Standing {
        let Some(last) = self.last else {
            return Standing::Unproven;
        };
        let verdict = self.trust.verdict(last, settings);
        match frozen.or(verdict.out_since) {
            Some(since) => Standing::Out {
                since,
                reason: Reason {
                    skill: verdict.skill,
                    needed: 0.0,
                    evidence: verdict.hours,
                },
            },
            None if verdict.hours > 0.0 => Standing::InUse,
            None => Standing::Unproven,
        }
    }

    /// Whether its inputs are mostly outside what it knows.
    pub(crate) fn strange(&self, lead_h: u32, settings: &WatchSettings) -> Option<Drift> {
        let share = self.outside / self.weight;
        (self.weight >= STRANGE_FROM && share > settings.outside_max)
            .then_some(Drift::OutsideTraining { lead_h, share })
    }

    pub(crate) fn report(
        &self,
        lead_h: u32,
        settings: &WatchSettings,
        frozen: Option<Timestamp>,
    ) -> LeadReport {
        let known = self.weight > 0.0;
        let verdict = self
            .last
            .map_or(Verdict::FRESH, |last| self.trust.verdict(last, settings));
        LeadReport {
            lead_h,
            standing: self.standing(settings, frozen),
            skill: known.then(|| skill(self.error, self.persistence.max(1e-12))),
            coverage90: known.then(|| self.covered / self.weight),
            evidence: self.weight,
            judged: self.judged,
            share: verdict.share,
            shift_m: verdict.shift_m,
            stretch: verdict.stretch.moving,
            stretch_quiet: verdict.stretch.quiet,
        }
    }
}
