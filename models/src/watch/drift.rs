use super::{Waiting, WatchSettings};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// No single error counts for more than this many half intervals: one broken reading is no drift.
const ERROR_MAX: f64 = 3.0;

/// Something that has changed since the model was fitted. It takes no model out of use; it says that one should look.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Drift {
    /// The level is mostly above what was said.
    TooLow {
        /// Hours ahead.
        lead_h: u32,
        /// Since when.
        since: Timestamp,
    },
    /// The level is mostly below what was said.
    TooHigh {
        /// Hours ahead.
        lead_h: u32,
        /// Since when.
        since: Timestamp,
    },
    /// Many forecasts are made from levels or rises that the model never saw.
    OutsideTraining {
        /// Hours ahead.
        lead_h: u32,
        /// Their share, weighted by age.
        share: f64,
    },
}

/// Two cumulative sums (CUSUM) of the error in units of half the 90 % interval, one for each side: what exceeds the slack is
/// added up, what falls short of it is taken off. Forecasts that overlap know the same water, so only one per lead time counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Bias {
    above: Sum,
    below: Sum,
    counted: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Sum {
    sum: f64,
    began: Option<Timestamp>,
    alarm: Option<Timestamp>,
}

impl Bias {
    pub(crate) fn judge(&mut self, forecast: &Waiting, level_m: f64, settings: &WatchSettings) {
        let lead = SignedDuration::from_hours(i64::from(forecast.lead_h));
        if self
            .counted
            .is_some_and(|last| forecast.at.duration_since(last) < lead)
        {
            return;
        }
        self.counted = Some(forecast.at);
        // A centimetre keeps an interval of no width from dividing by zero.
        let half_m = ((forecast.high_m - forecast.low_m) / 2.0).max(0.01);
        let error = ((level_m - forecast.median_m) / half_m).clamp(-ERROR_MAX, ERROR_MAX);
        self.above.add(error, forecast.at, settings);
        self.below.add(-error, forecast.at, settings);
    }

    pub(crate) fn drift(&self, lead_h: u32) -> Option<Drift> {
        match (self.above.alarm, self.below.alarm) {
            (Some(since), _) => Some(Drift::TooLow { lead_h, since }),
            (None, Some(since)) => Some(Drift::TooHigh { lead_h, since }),
            (None, None) => None,
        }
    }
}

impl Sum {
    fn add(&mut self, error: f64, at: Timestamp, settings: &WatchSettings) {
        self.sum = (self.sum + error - settings.bias_slack).max(0.0);
        if self.sum > settings.bias_alarm {
            // Held there, so that an end of the bias shows within as much evidence as its beginning did.
            self.sum = settings.bias_alarm;
            self.alarm = self.alarm.or(self.began).or(Some(at));
        } else if self.sum <= 0.0 {
            *self = Self::default();
        } else {
            self.began = self.began.or(Some(at));
        }
    }
}
