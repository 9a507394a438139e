use super::Waiting;
use crate::score::skill;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Floods that are remembered.
const KEPT: usize = 20;

/// How a model did in one flood that is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FloodJudgement {
    /// The low before the rise.
    pub start: Timestamp,
    /// Highest reading.
    pub peak_at: Timestamp,
    /// Its level, metres.
    pub peak_m: f64,
    /// When it had fallen enough to be called over.
    pub end: Timestamp,
    /// One entry per lead.
    pub leads: Vec<LeadJudgement>,
}

/// One lead in one flood.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeadJudgement {
    /// Hours ahead.
    pub lead_h: u32,
    /// Forecasts judged.
    pub judged: u64,
    /// Sum of squared errors, square metres.
    pub error_m2: f64,
    /// The same of persistence.
    pub persistence_m2: f64,
    /// 1 − one / the other.
    pub skill: f64,
    /// Share of the readings inside the 90 % interval.
    pub coverage90: f64,
}

/// The flood that goes on, found as it comes: a rise by so much above the last low, over when it fell by as much again.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Current {
    rise_m: f64,
    low: Option<(Timestamp, f64)>,
    peak: Option<(Timestamp, f64)>,
    sums: BTreeMap<u32, Sums>,
    over: Vec<FloodJudgement>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Sums {
    judged: u64,
    error: f64,
    persistence: f64,
    covered: f64,
}

impl Current {
    pub(crate) fn new(rise_m: f64) -> Self {
        Self {
            rise_m,
            low: None,
            peak: None,
            sums: BTreeMap::new(),
            over: Vec::new(),
        }
    }

    pub(crate) fn observe(&mut self, at: Timestamp, level_m: f64) {
        match (self.low, self.peak) {
            (Some(low), Some(peak)) => {
                if level_m > peak.1 {
                    self.peak = Some((at, level_m));
                } else if peak.1 - level_m >= self.rise_m {
                    self.close(low.0, peak, at);
                    self.low = Some((at, level_m));
                    self.peak = None;
                }
            }
            (Some(low), None) => {
                if level_m <= low.1 {
                    self.low = Some((at, level_m));
                    // What was judged before the low is not part of the flood.
                    self.sums.clear();
                } else if level_m - low.1 >= self.rise_m {
                    self.peak = Some((at, level_m));
                }
            }
            (None, _) => self.low = Some((at, level_m)),
        }
    }

    pub(crate) fn judge(&mut self, forecast: &Waiting, level_m: f64) {
        let sums = self.sums.entry(forecast.lead_h).or_default();
        sums.judged += 1;
        sums.error += (level_m - forecast.expected_m).powi(2);
        sums.persistence += (level_m - forecast.persistence_m).powi(2);
        let inside = (forecast.low_m..=forecast.high_m).contains(&level_m);
        sums.covered += if inside { 1.0 } else { 0.0 };
    }

    pub(crate) fn over(&self) -> &[FloodJudgement] {
        &self.over
    }

    fn close(&mut self, start: Timestamp, peak: (Timestamp, f64), end: Timestamp) {
        // Counts here are far below 2⁵³, so no digit is lost.
        #[allow(clippy::cast_precision_loss)]
        let leads = std::mem::take(&mut self.sums)
            .into_iter()
            .map(|(lead_h, sums)| LeadJudgement {
                lead_h,
                judged: sums.judged,
                error_m2: sums.error,
                persistence_m2: sums.persistence,
                skill: skill(sums.error, sums.persistence),
                coverage90: sums.covered / sums.judged as f64,
            })
            .collect();
        self.over.push(FloodJudgement {
            start,
            peak_at: peak.0,
            peak_m: peak.1,
            end,
            leads,
        });
        if self.over.len() > KEPT {
            self.over.remove(0);
        }
    }
}
