//! How long things take: distributions by their quick, middle and slow ends, which a town sets for itself.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// How long something takes, minutes: one time in ten as quick, as likely as not, one time in ten as slow.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// 10 % quantile, minutes.
    pub quick_min: f64,
    /// Median, minutes.
    pub middle_min: f64,
    /// 90 % quantile, minutes.
    pub slow_min: f64,
}

impl Span {
    /// From its three quantiles, minutes.
    pub const fn new(quick_min: f64, middle_min: f64, slow_min: f64) -> Self {
        Self {
            quick_min,
            middle_min,
            slow_min,
        }
    }

    /// The same, longer by a factor.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        Self::new(
            self.quick_min * factor,
            self.middle_min * factor,
            self.slow_min * factor,
        )
    }

    /// Whether it rises, begins at zero or later, and ends within two days.
    pub fn is_sound(self) -> bool {
        0.0 <= self.quick_min
            && self.quick_min <= self.middle_min
            && self.middle_min <= self.slow_min
            && self.slow_min <= 2880.0
    }
}

/// Everything that deadlines depend on besides the outlook.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DeadlineSettings {
    /// The chance at which the water counts as coming: the early quantile of its arrival, 0.01 to 0.5.
    pub early_chance: f64,
    /// From the proposal to the mayor's approval.
    pub approval: Span,
    /// From the approval until people know.
    pub dissemination: Span,
    /// From knowing to leaving the house.
    pub preparation: Span,
    /// The same for those who need time.
    pub preparation_elderly: Span,
    /// On the way, for units without a figure of their own.
    pub travel: Span,
    /// Those who need time travel longer by this factor.
    pub travel_elderly_times: f64,
    /// At night everybody travels longer by this factor.
    pub travel_night_times: f64,
    /// Until the shelters are open, where nobody reported that they are.
    pub opening: Span,
    /// Level 3 comes at least so many minutes before the deadline of level 4.
    pub elderly_ahead_min: f64,
    /// A facility is told so many minutes before its own deadline.
    pub facility_margin_min: f64,
    /// How much faster than now the river may rise, where only its rate is known: early end.
    pub rate_early_times: f64,
    /// How much slower: late end.
    pub rate_late_times: f64,
    /// So far a rate is carried on, hours.
    pub rate_horizon_h: f64,
    /// The waits whose consequences are shown, minutes.
    pub waits_min: [u32; 2],
}

impl Default for DeadlineSettings {
    /// Proposals, not measurements: a town replaces them by its own figures. Night: people walk at 80 % of their day speed;
    /// those who need time at half the speed of others.
    fn default() -> Self {
        Self {
            early_chance: 0.1,
            approval: Span::new(5.0, 15.0, 30.0),
            dissemination: Span::new(5.0, 10.0, 20.0),
            preparation: Span::new(10.0, 20.0, 40.0),
            preparation_elderly: Span::new(20.0, 40.0, 80.0),
            travel: Span::new(10.0, 20.0, 40.0),
            travel_elderly_times: 2.0,
            travel_night_times: 1.25,
            opening: Span::new(15.0, 30.0, 60.0),
            elderly_ahead_min: 30.0,
            facility_margin_min: 30.0,
            rate_early_times: 1.5,
            rate_late_times: 0.5,
            rate_horizon_h: 6.0,
            waits_min: [30, 60],
        }
    }
}

/// Why settings are refused.
#[derive(Clone, Debug, Error, PartialEq)]
#[error("{key} is {value}; it must be {accepted}")]
pub struct SettingsError {
    /// The key.
    pub key: &'static str,
    /// What was found.
    pub value: String,
    /// What would be accepted.
    pub accepted: &'static str,
}

impl DeadlineSettings {
    /// Checks every value against its range.
    ///
    /// # Errors
    /// The first key that is out of its range.
    pub fn check(&self) -> Result<(), SettingsError> {
        let spans = [
            ("approval", self.approval),
            ("dissemination", self.dissemination),
            ("preparation", self.preparation),
            ("preparation_elderly", self.preparation_elderly),
            ("travel", self.travel),
            ("opening", self.opening),
        ];
        for (key, span) in spans {
            if !span.is_sound() {
                return Err(SettingsError {
                    key,
                    value: format!("{}, {}, {}", span.quick_min, span.middle_min, span.slow_min),
                    accepted: "0 <= quick_min <= middle_min <= slow_min <= 2880 minutes",
                });
            }
        }
        let numbers = [
            (
                "early_chance",
                self.early_chance,
                0.01,
                0.5,
                "from 0.01 to 0.5",
            ),
            (
                "travel_elderly_times",
                self.travel_elderly_times,
                1.0,
                10.0,
                "from 1 to 10",
            ),
            (
                "travel_night_times",
                self.travel_night_times,
                1.0,
                10.0,
                "from 1 to 10",
            ),
            (
                "elderly_ahead_min",
                self.elderly_ahead_min,
                0.0,
                720.0,
                "from 0 to 720 minutes",
            ),
            (
                "facility_margin_min",
                self.facility_margin_min,
                0.0,
                720.0,
                "from 0 to 720 minutes",
            ),
            (
                "rate_early_times",
                self.rate_early_times,
                1.0,
                5.0,
                "from 1 to 5",
            ),
            (
                "rate_late_times",
                self.rate_late_times,
                0.1,
                1.0,
                "from 0.1 to 1",
            ),
            (
                "rate_horizon_h",
                self.rate_horizon_h,
                0.5,
                24.0,
                "from 0.5 to 24 hours",
            ),
        ];
        for (key, value, low, high, accepted) in numbers {
            if !(low..=high).contains(&value) {
                return Err(SettingsError {
                    key,
                    value: value.to_string(),
                    accepted,
                });
            }
        }
        if !(0 < self.waits_min[0]
            && self.waits_min[0] < self.waits_min[1]
            && self.waits_min[1] <= 720)
        {
            return Err(SettingsError {
                key: "waits_min",
                value: format!("{:?}", self.waits_min),
                accepted: "two rising numbers of minutes up to 720",
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_that_runs_backwards_is_refused_by_name() {
        let settings = DeadlineSettings {
            travel: Span::new(40.0, 20.0, 10.0),
            ..DeadlineSettings::default()
        };
        assert_eq!(settings.check().expect_err("refused").key, "travel");
        DeadlineSettings::default()
            .check()
            .expect("the defaults are sound");
    }
}
