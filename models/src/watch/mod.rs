//! The watch over a model in use: was it better than persistence lately, do its intervals hold, did the river change?
//!
//! It is told of every forecast and of every reading, in the order of the event's time, and judges a forecast when its
//! moment has come. It reads no clock: the same forecasts and readings in the same order give the same judgement, so that it
//! can be replayed. A model that falls behind counts less against persistence, is taken out of use by the watch itself when it
//! hardly counts, and goes on being judged in the shadow, so that it can come back. It never teaches a model anything: fitting is done apart from the service.

mod drift;
mod duel;
mod floods;
mod lead;
mod recent;
mod stretch;
mod trust;

pub use drift::Drift;
pub use duel::{Duel, DuelTally};
pub use floods::{FloodJudgement, LeadJudgement};
pub use lead::{LeadReport, Reason, Standing};

use crate::forecast::GaugeForecast;
use drift::Bias;
use floods::Current;
use jiff::Timestamp;
use lead::LeadWatch;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use trust::{Usual, Verdict};

/// Most forecasts that wait for their moment; of more the oldest are forgotten and counted.
const WAITING_MAX: usize = 4096;

/// When the watch acts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WatchSettings {
    /// After this time a judgement counts half in the skill that is told, hours.
    pub half_life_h: f64,
    /// Hours between two readings.
    pub step_h: f64,
    /// Outcomes older than this are forgotten when it is decided how far the model may be trusted, hours.
    pub memory_h: i64,
    /// A model starts with the trust that so many hours of right forecasts would give.
    pub prior_h: f64,
    /// An error that is always the same is believed in after so many hours, at the earliest.
    pub sure_after_h: f64,
    /// Weight against persistence that would have been best, below which the model is taken out of use.
    pub out_below: f64,
    /// Weight above which it comes back.
    pub back_above: f64,
    /// What counts as quiet water where nothing is known of the model's usual error, metres.
    pub quiet_m: f64,
    /// A rise of this much is a flood to be judged by itself, metres.
    pub flood_rise_m: f64,
    /// Bias that is tolerated, as a share of half the 90 % interval.
    pub bias_slack: f64,
    /// Sum of biases beyond the slack at which the model is called biased.
    pub bias_alarm: f64,
    /// Share of forecasts outside the training range at which the inputs are called strange.
    pub outside_max: f64,
}

impl Default for WatchSettings {
    fn default() -> Self {
        Self {
            half_life_h: 24.0,
            step_h: 1.0,
            memory_h: 48,
            prior_h: 24.0,
            sure_after_h: 10.0,
            out_below: 0.3,
            back_above: 0.6,
            quiet_m: 0.03,
            flood_rise_m: 0.3,
            bias_slack: 0.5,
            bias_alarm: 6.0,
            outside_max: 0.25,
        }
    }
}

/// A watch over the model of one gauge.
#[derive(Clone, Debug, PartialEq)]
pub struct Watch {
    settings: WatchSettings,
    waiting: VecDeque<Waiting>,
    leads: BTreeMap<u32, LeadWatch>,
    bias: BTreeMap<u32, Bias>,
    current: Current,
    forgotten: u64,
}

/// A forecast whose moment has not come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Waiting {
    pub(crate) issued: Timestamp,
    pub(crate) at: Timestamp,
    pub(crate) lead_h: u32,
    pub(crate) expected_m: f64,
    pub(crate) median_m: f64,
    pub(crate) low_m: f64,
    pub(crate) high_m: f64,
    pub(crate) persistence_m: f64,
    pub(crate) outside: bool,
    pub(crate) usual: Usual,
}

/// What the watch knows of one gauge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WatchReport {
    /// One entry per lead that was ever judged.
    pub leads: Vec<LeadReport>,
    /// What seems to have changed.
    pub drift: Vec<Drift>,
    /// Floods that are over, the last twenty.
    pub floods: Vec<FloodJudgement>,
    /// Forecasts that were never judged because too many waited.
    pub forgotten: u64,
}

impl Watch {
    /// A watch that has seen nothing yet.
    #[must_use]
    pub fn new(settings: WatchSettings) -> Self {
        Self {
            settings,
            waiting: VecDeque::new(),
            leads: BTreeMap::new(),
            bias: BTreeMap::new(),
            current: Current::new(settings.flood_rise_m),
            forgotten: 0,
        }
    }

    /// Tells of a forecast of the model. It must be told of those too that are not shown because the model is out of use.
    pub fn issued(&mut self, forecast: &GaugeForecast) {
        for lead in &forecast.leads {
            if self.waiting.len() >= WAITING_MAX {
                self.waiting.pop_front();
                self.forgotten += 1;
            }
            self.waiting.push_back(Waiting {
                issued: forecast.as_of,
                at: lead.at,
                lead_h: lead.lead_h,
                expected_m: lead.expected_m,
                median_m: lead.median_m,
                low_m: lead.quantile_m(0.05),
                high_m: lead.quantile_m(0.95),
                persistence_m: lead.persistence_m,
                outside: lead.outside_training,
                usual: lead.record.as_ref().map_or(Usual::default(), |r| Usual {
                    model_m2: r.rmse_m.powi(2),
                    persistence_m2: r.rmse_persistence_m.powi(2),
                }),
            });
        }
    }

    /// Tells of a reading: forecasts for this moment are judged, those for earlier ones were never answered and are dropped.
    pub fn observed(&mut self, at: Timestamp, level_m: f64) {
        self.current.observe(at, level_m);
        let settings = self.settings;
        let due: Vec<Waiting> = self
            .waiting
            .iter()
            .filter(|w| w.at == at)
            .copied()
            .collect();
        self.waiting.retain(|waiting| waiting.at > at);
        for waiting in due {
            self.current.judge(&waiting, level_m);
            let bias = self.bias.entry(waiting.lead_h).or_default();
            bias.judge(&waiting, level_m, &settings);
            let lead = self.leads.entry(waiting.lead_h).or_default();
            lead.judge(&waiting, level_m, &settings);
        }
    }

    /// Whether the model may be used for this lead, after the last outcome.
    #[must_use]
    pub fn standing(&self, lead_h: u32) -> Standing {
        self.leads.get(&lead_h).map_or(Standing::Unproven, |lead| {
            lead.standing(&self.settings, self.frozen())
        })
    }

    /// True when some lead is out of use.
    #[must_use]
    pub fn is_out(&self) -> bool {
        let mut leads = self.leads.keys();
        leads.any(|lead_h| matches!(self.standing(*lead_h), Standing::Out { .. }))
    }

    /// Since when the gauge seems frozen, after the last outcome of the shortest lead: no lead can be answered then.
    fn frozen(&self) -> Option<Timestamp> {
        let lead = self.leads.values().next()?;
        lead.trust.frozen_since(lead.last?, &self.settings)
    }

    pub(crate) fn verdict(&self, lead_h: u32, as_of: Timestamp) -> Verdict {
        let shortest = self.leads.values().next();
        let frozen = shortest.and_then(|lead| lead.trust.frozen_since(as_of, &self.settings));
        let verdict = self.leads.get(&lead_h).map_or(Verdict::FRESH, |lead| {
            lead.trust.verdict(as_of, &self.settings)
        });
        Verdict {
            out_since: frozen.or(verdict.out_since),
            ..verdict
        }
    }

    /// Everything the watch knows.
    #[must_use]
    pub fn report(&self) -> WatchReport {
        let leads = self.leads.iter();
        let bias = self.bias.iter();
        let mut drift: Vec<Drift> = bias.filter_map(|(lead_h, b)| b.drift(*lead_h)).collect();
        for (lead_h, lead) in &self.leads {
            drift.extend(lead.strange(*lead_h, &self.settings));
        }
        WatchReport {
            leads: leads
                .map(|(lead_h, lead)| lead.report(*lead_h, &self.settings, self.frozen()))
                .collect(),
            drift,
            floods: self.current.over().to_vec(),
            forgotten: self.forgotten,
        }
    }
}
