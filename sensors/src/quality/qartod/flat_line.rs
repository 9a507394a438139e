//! Flat line test: values that stay within a tolerance for too long.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Flag, Refused, median_interval_s, missing, refused, same_length};

const TEST: &str = "flat_line_test";
/// The most values a window may hold when readings are taken one by one.
const WINDOW_MAX: usize = 100_000;

/// Suspect or fail when the last values spread less than `tolerance`. How many are looked at is the threshold divided by
/// the median step between the times of the whole series, cut, and one more; so irregular times change the result.
/// Missing values are skipped. With fewer than three values all pass, even missing ones.
///
/// Where that median is not positive the reference stops with an error of its array library; we refuse the times.
///
/// ```
/// use hinan_sensors::quality::Flag::{Bad, Good, Suspect};
/// use hinan_sensors::quality::qartod::FlatLine;
/// let test = FlatLine { suspect_threshold: 1200, fail_threshold: 1800, tolerance: 0.01 };
/// let times: Vec<_> = (0..5).map(|n| jiff::Timestamp::from_second(600 * n).unwrap()).collect();
/// let flags = test.flags(&[1.0, 1.0, 1.0, 1.0, 2.0], &times);
/// assert_eq!(flags, Ok(vec![Good, Good, Suspect, Bad, Good]));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlatLine {
    /// Flat for this long is suspect, seconds.
    pub suspect_threshold: u32,
    /// Flat for this long fails, seconds.
    pub fail_threshold: u32,
    /// A spread below this is flat.
    #[serde(default)]
    pub tolerance: f64,
}

impl FlatLine {
    /// One flag per value.
    ///
    /// # Errors
    /// Not as many times as values, or times whose median step is less than a second.
    pub fn flags(&self, values: &[f64], times: &[Timestamp]) -> Result<Vec<Flag>, Refused> {
        same_length(TEST, "tinp", times.len(), values.len())?;
        let Some(interval_s) = median_interval_s(times).filter(|_| values.len() > 2) else {
            return Ok(vec![Flag::Good; values.len()]);
        };
        let missing_or_good = |&value: &f64| {
            if missing(value) {
                Flag::Missing
            } else {
                Flag::Good
            }
        };
        let mut flags: Vec<Flag> = values.iter().map(missing_or_good).collect();
        let [suspect, fail] = self.counts(interval_s)?;
        for (before, flag) in [(suspect, Flag::Suspect), (fail, Flag::Bad)] {
            for n in before..values.len() {
                if !missing(values[n]) && spread(&values[n - before..=n]) < self.tolerance {
                    flags[n] = flag;
                }
            }
        }
        Ok(flags)
    }

    /// How many values before the newest are looked at, for suspect and for fail.
    fn counts(&self, interval_s: i64) -> Result<[usize; 2], Refused> {
        let Some(interval_s) = u32::try_from(interval_s).ok().filter(|&s| s > 0) else {
            return refused(
                TEST,
                "tinp",
                &format_args!("a series with a median step of {interval_s} s"),
                "times that go on by at least a second, by their median",
            );
        };
        Ok([self.suspect_threshold, self.fail_threshold]
            .map(|threshold| (threshold / interval_s) as usize))
    }
}

fn spread(window: &[f64]) -> f64 {
    let known = || window.iter().copied().filter(|&value| !missing(value));
    known().fold(f64::NEG_INFINITY, f64::max) - known().fold(f64::INFINITY, f64::min)
}

/// [`FlatLine`] fed value by value, for a device that reports every `interval_s` seconds. The reference takes the median
/// step of the whole series, which nobody knows before its end; where that is `interval_s`, and the series has at least
/// three values, the flags are the same.
#[derive(Clone, Debug, PartialEq)]
pub struct FlatLineStream {
    tolerance: f64,
    suspect: Spread,
    fail: Spread,
    taken: u64,
}

impl FlatLineStream {
    /// Nothing was seen yet.
    ///
    /// # Errors
    /// An interval of 0, or one so short that a threshold takes more than 100 000 values.
    pub fn new(test: FlatLine, interval_s: u32) -> Result<Self, Refused> {
        let counts = test.counts(i64::from(interval_s))?;
        for (key, count) in ["suspect_threshold", "fail_threshold"]
            .into_iter()
            .zip(counts)
        {
            if count > WINDOW_MAX {
                return refused(
                    TEST,
                    key,
                    &format_args!("{count} values long"),
                    &format!("at most {WINDOW_MAX} values long"),
                );
            }
        }
        Ok(Self {
            tolerance: test.tolerance,
            suspect: Spread::over(counts[0]),
            fail: Spread::over(counts[1]),
            taken: 0,
        })
    }

    /// Takes the next value and gives its flag. Constant time on average.
    pub fn take(&mut self, value: f64) -> Flag {
        let n = self.taken;
        self.taken += 1;
        let flat = |spread: Option<f64>| spread.is_some_and(|spread| spread < self.tolerance);
        let (suspect, fail) = (
            flat(self.suspect.take(n, value)),
            flat(self.fail.take(n, value)),
        );
        if missing(value) {
            Flag::Missing
        } else if fail {
            Flag::Bad
        } else if suspect {
            Flag::Suspect
        } else {
            Flag::Good
        }
    }
}

/// Lowest and highest of the last values, kept as those that can still become so.
#[derive(Clone, Debug, PartialEq)]
struct Spread {
    before: u64,
    lows: VecDeque<(u64, f64)>,
    highs: VecDeque<(u64, f64)>,
}

impl Spread {
    fn over(before: usize) -> Self {
        Self {
            before: before as u64,
            lows: VecDeque::new(),
            highs: VecDeque::new(),
        }
    }

    /// The spread of the window that ends with value number `n`; `None` until the window is full, or if all of it is
    /// missing.
    fn take(&mut self, n: u64, value: f64) -> Option<f64> {
        let first = n.saturating_sub(self.before);
        for extremes in [&mut self.lows, &mut self.highs] {
            while extremes.front().is_some_and(|&(at, _)| at < first) {
                extremes.pop_front();
            }
        }
        if !missing(value) {
            while self.lows.back().is_some_and(|&(_, low)| low >= value) {
                self.lows.pop_back();
            }
            self.lows.push_back((n, value));
            while self.highs.back().is_some_and(|&(_, high)| high <= value) {
                self.highs.pop_back();
            }
            self.highs.push_back((n, value));
        }
        let (_, low) = self.lows.front()?;
        let (_, high) = self.highs.front()?;
        (n >= self.before).then_some(high - low)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::{prop, prop_assert_eq, proptest};

    use super::*;

    proptest! {
        #[test]
        fn at_a_steady_interval_the_flags_are_those_of_the_whole_series(
            steps in prop::collection::vec(prop::option::weighted(0.85, 0_u8..5), 3..80),
            suspect_threshold in 0_u32..9000, fail_threshold in 0_u32..9000, tolerance in 0_u8..4,
        ) {
            let values: Vec<f64> = steps.iter().map(|step| step.map_or(f64::NAN, f64::from)).collect();
            let times: Vec<Timestamp> =
                (0..).take(values.len()).map(|n| Timestamp::from_second(600 * n).unwrap()).collect();
            let test = FlatLine { suspect_threshold, fail_threshold, tolerance: f64::from(tolerance) };
            let mut stream = FlatLineStream::new(test, 600).unwrap();
            let found: Vec<Flag> = values.iter().map(|&value| stream.take(value)).collect();
            prop_assert_eq!(found, test.flags(&values, &times).unwrap());
        }
    }

    #[test]
    fn times_that_stand_still_are_refused() {
        let test = FlatLine {
            suspect_threshold: 2,
            fail_threshold: 3,
            tolerance: 0.1,
        };
        let refused = test
            .flags(&[1.0; 5], &[Timestamp::UNIX_EPOCH; 5])
            .unwrap_err();
        assert_eq!(
            refused.to_string(),
            "flat_line_test: tinp is a series with a median step of 0 s; it must be times that go on by at least a \
             second, by their median"
        );
        assert!(FlatLineStream::new(test, 0).is_err());
    }
}
