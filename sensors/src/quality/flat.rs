//! Flat line: standing still for longer than the river does. A frozen gauge can report a plausible level for months;
//! no other check sees it.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::settings::FlatLimits;
use super::verdict::Flag;

/// Levels remembered on each side. Only a level that creeps one way inside the tolerance needs more than a few; it is
/// then found still later than it should be, never earlier.
const LEVELS_MAX: usize = 1024;

/// Suspect when the level stood still for at least `suspect_after_s`, bad after `fail_after_s`.
///
/// ```
/// use hinan_sensors::quality::{FlatLimits, Flag, flat};
/// use jiff::SignedDuration;
/// let limits = FlatLimits { tolerance_m: 0.001, suspect_after_s: 10_800, fail_after_s: Some(21_600) };
/// assert_eq!(flat(SignedDuration::from_hours(2), &limits), Flag::Good);
/// assert_eq!(flat(SignedDuration::from_hours(3), &limits), Flag::Suspect);
/// assert_eq!(flat(SignedDuration::from_hours(6), &limits), Flag::Bad);
/// ```
#[must_use]
pub fn flat(still_for: SignedDuration, limits: &FlatLimits) -> Flag {
    let reached = |after_s: u32| still_for >= SignedDuration::from_secs(i64::from(after_s));
    if limits.fail_after_s.is_some_and(reached) {
        Flag::Bad
    } else if reached(limits.suspect_after_s) {
        Flag::Suspect
    } else {
        Flag::Good
    }
}

/// Since when the level has stood still: the longest run of latest readings whose highest and lowest level are less
/// than the tolerance apart.
///
/// The run is kept as its rising lows and falling highs, so that taking one more reading costs constant time on
/// average and a frozen gauge costs two entries.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Stillness {
    /// The first reading of the run.
    since: Option<Timestamp>,
    /// Lows of the run: each the lowest from the entry before it on.
    lows: VecDeque<Extreme>,
    /// Highs of the run, likewise.
    highs: VecDeque<Extreme>,
}

/// An extreme level of the run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Extreme {
    level_m: f64,
    /// The last reading at this level or beyond it. The run that no longer holds this level starts after it.
    at: Timestamp,
    /// The reading that followed `at`, once there is one.
    then: Option<Timestamp>,
}

impl Stillness {
    /// Takes the next reading, which must be newer than all before, and says for how long the level has stood still.
    ///
    /// ```
    /// use hinan_sensors::quality::Stillness;
    /// let mut still = Stillness::default();
    /// let mut hours = |at: &str, level_m| still.take(at.parse().unwrap(), level_m, 0.02).as_hours();
    /// assert_eq!(hours("2016-08-30T00:00:00Z", 1.50), 0);
    /// assert_eq!(hours("2016-08-30T01:00:00Z", 1.51), 1);
    /// assert_eq!(hours("2016-08-30T02:00:00Z", 1.51), 2);
    /// assert_eq!(hours("2016-08-30T03:00:00Z", 1.525), 2); // 1.50 no longer belongs to the run
    /// assert_eq!(hours("2016-08-30T04:00:00Z", 1.90), 0);
    /// ```
    pub fn take(&mut self, at: Timestamp, level_m: f64, tolerance_m: f64) -> SignedDuration {
        for extremes in [&mut self.lows, &mut self.highs] {
            if let Some(last) = extremes.back_mut() {
                last.then = Some(at);
            }
            if extremes.len() == LEVELS_MAX {
                self.since = self.since.max(drop_first(extremes));
            }
        }
        push(&mut self.lows, at, level_m, |last_m| last_m >= level_m);
        push(&mut self.highs, at, level_m, |last_m| last_m <= level_m);
        while let (Some(low), Some(high)) = (self.lows.front(), self.highs.front()) {
            if high.level_m - low.level_m < tolerance_m {
                break;
            }
            // The older of the two has to go, and with it everything up to it.
            let older = if low.at < high.at {
                &mut self.lows
            } else {
                &mut self.highs
            };
            self.since = self.since.max(drop_first(older));
        }
        at.duration_since(*self.since.get_or_insert(at))
    }
}

fn push(
    extremes: &mut VecDeque<Extreme>,
    at: Timestamp,
    level_m: f64,
    hides: impl Fn(f64) -> bool,
) {
    while extremes.back().is_some_and(|last| hides(last.level_m)) {
        extremes.pop_back();
    }
    extremes.push_back(Extreme {
        level_m,
        at,
        then: None,
    });
}

/// Takes the oldest entry away and says which reading followed it.
fn drop_first(extremes: &mut VecDeque<Extreme>) -> Option<Timestamp> {
    extremes.pop_front().and_then(|first| first.then)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::{prop, prop_assert_eq, proptest};

    use super::*;

    fn at(minute: usize) -> Timestamp {
        Timestamp::from_second(i64::try_from(minute).unwrap() * 60).unwrap()
    }

    /// The plain loop: walk back while the spread stays below the tolerance.
    fn still_for_plainly(levels_m: &[f64], tolerance_m: f64) -> SignedDuration {
        let last = levels_m.len() - 1;
        let (mut low_m, mut high_m) = (levels_m[last], levels_m[last]);
        let mut first = last;
        for (minute, &level_m) in levels_m.iter().enumerate().rev() {
            low_m = low_m.min(level_m);
            high_m = high_m.max(level_m);
            if high_m - low_m >= tolerance_m {
                break;
            }
            first = minute;
        }
        at(last).duration_since(at(first))
    }

    proptest! {
        #[test]
        fn stillness_is_what_a_plain_loop_finds(
            steps in prop::collection::vec(0_u8..6, 1..120),
            tolerance in 1_u8..6,
        ) {
            let levels_m: Vec<f64> = steps.iter().map(|&step| f64::from(step) / 4.0).collect();
            let tolerance_m = f64::from(tolerance) / 4.0;
            let mut still = Stillness::default();
            for minute in 0..levels_m.len() {
                let found = still.take(at(minute), levels_m[minute], tolerance_m);
                prop_assert_eq!(found, still_for_plainly(&levels_m[..=minute], tolerance_m));
            }
        }
    }

    #[test]
    fn a_level_that_creeps_for_ever_costs_limited_memory_and_is_never_found_too_early() {
        let mut still = Stillness::default();
        let mut level_m = 1.0;
        for minute in 0..5000 {
            level_m += 1e-9;
            let found = still.take(at(minute), level_m, 1.0);
            assert!(found <= at(minute).duration_since(at(0)));
            assert!(still.lows.len() <= LEVELS_MAX && still.highs.len() <= LEVELS_MAX);
        }
        assert!(still.take(at(5000), level_m, 1.0) >= SignedDuration::from_mins(1000));
    }
}
