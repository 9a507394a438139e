//! Attenuated signal: a level that still moves, but far less than a river does. Ice, mud in the pipe, or a sensor that
//! lies on something.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::settings::{InvalidQuality, demand, positive};
use super::verdict::Flag;

/// Levels remembered on each side. Only a level that creeps one way for that many readings needs more; watching then
/// starts anew.
const LEVELS_MAX: usize = 4096;
/// The longest period, seconds: thirty days.
const PERIOD_MAX_S: u32 = 30 * 86_400;

/// Limits of the attenuated signal check.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttenuatedLimits {
    /// How long the level is looked at, seconds.
    pub period_s: u32,
    /// Moving less than this within the period is suspect, metres from lowest to highest.
    pub suspect_m: f64,
    /// Moving less than this is bad, metres. Left out: it is never bad.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fail_m: Option<f64>,
}

impl AttenuatedLimits {
    pub(super) fn validate(self) -> Result<(), InvalidQuality> {
        demand(
            (1..=PERIOD_MAX_S).contains(&self.period_s),
            "attenuated.period_s",
            &self.period_s,
            &format!("from 1 to {PERIOD_MAX_S}"),
        )?;
        demand(
            positive(self.suspect_m),
            "attenuated.suspect_m",
            &self.suspect_m,
            "above 0 and finite",
        )?;
        self.fail_m.map_or(Ok(()), |fail_m| {
            demand(
                positive(fail_m) && fail_m < self.suspect_m,
                "attenuated.fail_m",
                &fail_m,
                &format!("above 0 and below attenuated.suspect_m, {}", self.suspect_m),
            )
        })
    }
}

/// Suspect when the level moved less than `suspect_m` from its lowest to its highest within the period, bad below
/// `fail_m`. Not checked before a whole period was watched.
///
/// ```
/// use hinan_sensors::quality::{AttenuatedLimits, Flag, attenuated};
/// let limits = AttenuatedLimits { period_s: 86_400, suspect_m: 0.02, fail_m: Some(0.005) };
/// assert_eq!(attenuated(Some(0.30), &limits), Flag::Good);
/// assert_eq!(attenuated(Some(0.01), &limits), Flag::Suspect);
/// assert_eq!(attenuated(Some(0.00), &limits), Flag::Bad);
/// assert_eq!(attenuated(None, &limits), Flag::NotChecked);
/// ```
#[must_use]
pub fn attenuated(moved_m: Option<f64>, limits: &AttenuatedLimits) -> Flag {
    match moved_m {
        None => Flag::NotChecked,
        Some(moved_m) if limits.fail_m.is_some_and(|fail_m| moved_m < fail_m) => Flag::Bad,
        Some(moved_m) if moved_m < limits.suspect_m => Flag::Suspect,
        Some(_) => Flag::Good,
    }
}

/// How far the level moved within the period, kept as the lows and highs that can still count.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Motion {
    /// Since when the level is watched without a hole.
    since: Option<Timestamp>,
    newest: Option<Timestamp>,
    lows: VecDeque<(Timestamp, f64)>,
    highs: VecDeque<(Timestamp, f64)>,
}

impl Motion {
    /// Takes the next reading, which must be newer than all before. Says how far the level moved, metres; `None` before a
    /// whole period was watched. A hole of more than a quarter of the period is no stillness: watching starts anew.
    /// Constant time on average.
    pub fn take(&mut self, at: Timestamp, level_m: f64, period_s: u32) -> Option<f64> {
        let period = SignedDuration::from_secs(i64::from(period_s));
        let hole = |newest: Timestamp| at.duration_since(newest) > period / 4;
        if self.newest.is_some_and(hole) || self.lows.len().max(self.highs.len()) == LEVELS_MAX {
            *self = Self::default();
        }
        self.newest = Some(at);
        let since = *self.since.get_or_insert(at);
        while self.lows.back().is_some_and(|&(_, low_m)| low_m >= level_m) {
            self.lows.pop_back();
        }
        while self
            .highs
            .back()
            .is_some_and(|&(_, high_m)| high_m <= level_m)
        {
            self.highs.pop_back();
        }
        for extremes in [&mut self.lows, &mut self.highs] {
            extremes.push_back((at, level_m));
            let over = |&(then, _): &(Timestamp, f64)| at.duration_since(then) >= period;
            while extremes.front().is_some_and(over) {
                extremes.pop_front();
            }
        }
        let (_, low_m) = self.lows.front()?;
        let (_, high_m) = self.highs.front()?;
        (at.duration_since(since) >= period).then_some(high_m - low_m)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::{prop, prop_assert_eq, proptest};

    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(60 * minute).unwrap()
    }

    proptest! {
        #[test]
        fn motion_is_what_a_plain_loop_finds(steps in prop::collection::vec((1_i64..5, 0_u8..6), 1..100)) {
            let mut motion = Motion::default();
            let mut seen: Vec<(i64, f64)> = Vec::new();
            let mut minute = 0;
            for (step, level) in steps {
                minute += step;
                seen.push((minute, f64::from(level)));
                // Sixteen minutes: no step is longer than a quarter of it.
                let found = motion.take(at(minute), f64::from(level), 16 * 60);
                let window = || seen.iter().filter(|(then, _)| minute - then < 16).map(|(_, level)| *level);
                let high = window().fold(f64::NEG_INFINITY, f64::max);
                let low = window().fold(f64::INFINITY, f64::min);
                prop_assert_eq!(found, (minute - seen[0].0 >= 16).then_some(high - low));
            }
        }
    }

    #[test]
    fn a_hole_is_no_stillness() {
        let mut motion = Motion::default();
        for minute in 0..10 {
            motion.take(at(minute), 1.0, 480);
        }
        assert_eq!(motion.take(at(10), 1.0, 480), Some(0.0));
        assert_eq!(motion.take(at(13), 1.0, 480), None);
        for minute in 14..21 {
            assert_eq!(motion.take(at(minute), 1.0, 480), None);
        }
        assert_eq!(motion.take(at(21), 1.5, 480), Some(0.5));
    }

    #[test]
    fn a_level_that_creeps_for_ever_costs_limited_memory_and_is_not_called_still() {
        let mut motion = Motion::default();
        let mut level_m = 0.0;
        for minute in 0..20_000 {
            level_m += 1e-6;
            motion.take(at(minute), level_m, 600_000);
            assert!(motion.lows.len() <= LEVELS_MAX && motion.highs.len() <= LEVELS_MAX);
        }
    }
}
