//! Rate of change test: faster than the quantity can change.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Flag, Refused, missing, same_length, whole_seconds};

const TEST: &str = "rate_of_change_test";

/// Suspect, or fail where `fail_threshold` is given, when the value changed faster than the threshold since the one
/// before it. Units per second; seconds are cut to whole ones.
///
/// The first value, and one that follows a missing one, has no rate and passes: this test says "good" where nothing
/// was compared.
///
/// ```
/// use hinan_sensors::quality::Flag::{Good, Suspect};
/// use hinan_sensors::quality::qartod::RateOfChange;
/// let test = RateOfChange { threshold: 0.001, fail_threshold: None };
/// let times = ["2016-08-30T00:00:00Z", "2016-08-30T00:10:00Z"].map(|time| time.parse().unwrap());
/// assert_eq!(test.flags(&[1.0, 1.5], &times), Ok(vec![Good, Good]));
/// assert_eq!(test.flags(&[1.0, 1.7], &times), Ok(vec![Good, Suspect]));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateOfChange {
    /// Faster than this is suspect, units per second.
    pub threshold: f64,
    /// Faster than this fails, units per second.
    #[serde(default)]
    pub fail_threshold: Option<f64>,
}

impl RateOfChange {
    /// One flag per value.
    ///
    /// # Errors
    /// Not as many times as values.
    pub fn flags(&self, values: &[f64], times: &[Timestamp]) -> Result<Vec<Flag>, Refused> {
        same_length(TEST, "tinp", times.len(), values.len())?;
        let mut stream = RateOfChangeStream::new(*self);
        Ok(times
            .iter()
            .zip(values)
            .map(|(&at, &value)| stream.take(at, value))
            .collect())
    }

    fn flag(&self, rate_per_s: f64) -> Flag {
        if self.fail_threshold.is_some_and(|fail| rate_per_s > fail) {
            Flag::Bad
        } else if rate_per_s > self.threshold {
            Flag::Suspect
        } else {
            Flag::Good
        }
    }
}

/// [`RateOfChange`] fed reading by reading; always the same flags.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateOfChangeStream {
    test: RateOfChange,
    before: Option<(Timestamp, f64)>,
}

impl RateOfChangeStream {
    /// Nothing was seen yet.
    #[must_use]
    pub fn new(test: RateOfChange) -> Self {
        Self { test, before: None }
    }

    /// Takes the next reading and gives its flag.
    pub fn take(&mut self, at: Timestamp, value: f64) -> Flag {
        let before = self.before.replace((at, value));
        if missing(value) {
            return Flag::Missing;
        }
        match before {
            Some((before_at, before)) if !missing(before) => {
                // No time passed: an endless rate where the value changed, none at all where it did not.
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "seconds between readings are far below 2^53"
                )]
                let apart_s = whole_seconds(before_at, at) as f64;
                self.test.flag(((value - before) / apart_s).abs())
            }
            _ => Flag::Good,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_cut_to_whole_ones_and_times_that_go_back_have_a_rate_too() {
        let test = RateOfChange {
            threshold: 0.9,
            fail_threshold: None,
        };
        let at = |ms: i64| Timestamp::from_millisecond(ms).unwrap();
        let flags = |values: &[f64], ms: &[i64]| {
            let times: Vec<Timestamp> = ms.iter().map(|&ms| at(ms)).collect();
            test.flags(values, &times).unwrap()
        };
        assert_eq!(flags(&[1.0, 2.0], &[0, 1500]), [Flag::Good, Flag::Suspect]);
        assert_eq!(flags(&[1.0, 2.0], &[0, -1500]), [Flag::Good, Flag::Good]);
        assert_eq!(flags(&[1.0, 2.0], &[0, 0]), [Flag::Good, Flag::Suspect]);
        assert_eq!(flags(&[1.0, 1.0], &[0, 0]), [Flag::Good, Flag::Good]);
        assert_eq!(
            flags(&[1.0, f64::NAN, 90.0], &[0, 1000, 2000]),
            [Flag::Good, Flag::Missing, Flag::Good]
        );
    }
}
