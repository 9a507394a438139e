//! The checks of one gauge, fed as its readings arrive.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::attenuated::{Motion, attenuated};
use super::flat::{Stillness, flat};
use super::gap::gap;
use super::range::range;
use super::rate::rate;
use super::season::season;
use super::settings::QualitySettings;
use super::spike::{spike, spike_so_far};
use super::verdict::{Check, Flag, Verdict};

/// Checks the readings of one gauge in event time, one after the other, in constant time each.
///
/// - What happens does not depend on when or in which portions readings arrive, only on their order.
/// - A late reading gets a verdict of its own, with the checks that need neighbours not made, and changes nothing for
///   newer ones. The newest reading given again gets the verdict it had.
/// - A level the sensor cannot report is no neighbour to compare with: the next true level must not look like a jump.
#[derive(Clone, Debug, PartialEq)]
pub struct Checker {
    settings: QualitySettings,
    memory: Memory,
}

/// What a checker remembers. Kept across a restart, checking goes on as if there had been none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// The newest reading that can be compared with, and its verdict.
    newest: Option<Checked>,
    /// The level before it, metres.
    before_m: Option<f64>,
    still: Stillness,
    #[serde(default)]
    motion: Motion,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Checked {
    at: Timestamp,
    level_m: f64,
    verdict: Verdict,
}

/// What one reading taught us.
#[derive(Clone, Debug, PartialEq)]
pub struct Observed {
    /// About the reading itself.
    pub verdict: Verdict,
    /// About the reading before it, if it must now be judged otherwise.
    pub revised: Option<Revision>,
}

/// A new verdict on an earlier reading: the level came back, so it was a spike; or it stayed, so it was not.
#[derive(Clone, Debug, PartialEq)]
pub struct Revision {
    /// The time of the earlier reading.
    pub at: Timestamp,
    /// What holds now.
    pub verdict: Verdict,
}

impl Checker {
    /// A checker that has seen nothing yet.
    #[must_use]
    pub fn new(settings: &QualitySettings) -> Self {
        Self::resume(settings, Memory::default())
    }

    /// A checker that goes on where another stopped.
    #[must_use]
    pub fn resume(settings: &QualitySettings, memory: Memory) -> Self {
        Self {
            settings: settings.clone(),
            memory,
        }
    }

    /// What to keep for [`Checker::resume`].
    #[must_use]
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// The time of the newest reading that others are compared with.
    #[must_use]
    pub fn newest_at(&self) -> Option<Timestamp> {
        self.memory.newest.as_ref().map(|newest| newest.at)
    }

    /// Judges one reading: `level_m` metres, measured `at` by the device's time.
    pub fn check(&mut self, at: Timestamp, level_m: f64) -> Verdict {
        self.observe(at, level_m).verdict
    }

    /// Judges one reading, and the one before it once more: only its second neighbour shows whether a level that
    /// jumped out was a spike.
    ///
    /// ```
    /// use hinan_sensors::quality::{Checker, Flag, QualitySettings, SpikeLimits};
    /// let spike = Some(SpikeLimits { low_m: 0.5, high_m: Some(2.0) });
    /// let mut checker = Checker::new(&QualitySettings { spike, ..Default::default() });
    /// let mut observe = |at: &str, level_m| checker.observe(at.parse().unwrap(), level_m);
    /// observe("2016-08-30T09:00:00Z", 1.0);
    /// assert_eq!(observe("2016-08-30T09:10:00Z", 9.0).verdict.flag, Flag::Suspect); // flood or spike?
    /// let back = observe("2016-08-30T09:20:00Z", 1.1);
    /// assert_eq!(back.revised.unwrap().verdict.flag, Flag::Bad); // it was a spike
    /// ```
    pub fn observe(&mut self, at: Timestamp, level_m: f64) -> Observed {
        let in_range = range(
            level_m,
            self.settings.sensor.as_ref(),
            self.settings.usual.as_ref(),
        );
        if let Some(newest) = &self.memory.newest
            && at <= newest.at
        {
            let again = at == newest.at && level_m.to_bits() == newest.level_m.to_bits();
            return alone(if again {
                newest.verdict.clone()
            } else {
                self.verdict_without_neighbours(at, level_m, in_range)
            });
        }
        if !in_range.usable_for_decisions() {
            return alone(self.verdict_without_neighbours(at, level_m, in_range));
        }
        let revised = self.revise(level_m);
        let verdict = self.verdict(at, level_m, in_range);
        self.memory.before_m = self.memory.newest.as_ref().map(|newest| newest.level_m);
        self.memory.newest = Some(Checked {
            at,
            level_m,
            verdict: verdict.clone(),
        });
        Observed { verdict, revised }
    }

    fn verdict(&mut self, at: Timestamp, level_m: f64, in_range: Flag) -> Verdict {
        let before = self.memory.newest.as_ref();
        let before_at = before.map(|before| before.at);
        let spike = self.settings.spike.as_ref().map(|limits| {
            before.map_or(Flag::NotChecked, |before| {
                spike_so_far(before.level_m, level_m, limits)
            })
        });
        let rate = self.settings.rate.as_ref().map(|limit| {
            before.map_or(Flag::NotChecked, |before| {
                rate(before.level_m, level_m, at.duration_since(before.at), limit)
            })
        });
        let flat = self.settings.flat.as_ref().map(|limits| {
            flat(
                self.memory.still.take(at, level_m, limits.tolerance_m),
                limits,
            )
        });
        let attenuated = self.settings.attenuated.as_ref().map(|limits| {
            let moved_m = self.memory.motion.take(at, level_m, limits.period_s);
            attenuated(moved_m, limits)
        });
        let gap = self.settings.gap.as_ref().map(|limit| {
            before_at.map_or(Flag::NotChecked, |before| {
                gap(at.duration_since(before), limit)
            })
        });
        let alone = self.alone(at, level_m, in_range);
        join(alone.into_iter().chain([
            (Check::Spike, spike),
            (Check::Rate, rate),
            (Check::Flat, flat),
            (Check::Attenuated, attenuated),
            (Check::Gap, gap),
        ]))
    }

    /// The verdict on a level that cannot be compared with others: late, beyond the sensor, or none at all.
    fn verdict_without_neighbours(&self, at: Timestamp, level_m: f64, in_range: Flag) -> Verdict {
        let unmade = |set_up: bool| set_up.then_some(Flag::NotChecked);
        let settings = &self.settings;
        let alone = self.alone(at, level_m, in_range);
        join(alone.into_iter().chain([
            (Check::Spike, unmade(settings.spike.is_some())),
            (Check::Rate, unmade(settings.rate.is_some())),
            (Check::Flat, unmade(settings.flat.is_some())),
            (Check::Attenuated, unmade(settings.attenuated.is_some())),
            (Check::Gap, unmade(settings.gap.is_some())),
        ]))
    }

    /// The checks that look at nothing but the reading itself.
    fn alone(&self, at: Timestamp, level_m: f64, in_range: Flag) -> [(Check, Option<Flag>); 2] {
        let set_up = self.settings.sensor.is_some() || self.settings.usual.is_some();
        // A level that is none is missing, whether or not anyone set a range.
        let range = (set_up || in_range == Flag::Missing).then_some(in_range);
        let season = self.settings.season.as_deref().map(|seasons| {
            if in_range == Flag::Missing {
                Flag::NotChecked
            } else {
                season(level_m, at, seasons)
            }
        });
        [(Check::Range, range), (Check::Season, season)]
    }

    /// Judges the newest reading so far between its neighbours, now that `after_m` has come.
    fn revise(&mut self, after_m: f64) -> Option<Revision> {
        let limits = self.settings.spike.as_ref()?;
        let before_m = self.memory.before_m?;
        let newest = self.memory.newest.as_mut()?;
        let mut checks = newest.verdict.checks.clone();
        checks.insert(
            Check::Spike,
            spike(before_m, newest.level_m, after_m, limits),
        );
        let verdict = Verdict::of(checks);
        if verdict == newest.verdict {
            return None;
        }
        newest.verdict = verdict.clone();
        Some(Revision {
            at: newest.at,
            verdict,
        })
    }
}

/// Joins the checks that are set up.
fn join(checks: impl IntoIterator<Item = (Check, Option<Flag>)>) -> Verdict {
    let made = checks
        .into_iter()
        .filter_map(|(check, flag)| Some((check, flag?)));
    Verdict::of(made)
}

fn alone(verdict: Verdict) -> Observed {
    Observed {
        verdict,
        revised: None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::{Strategy, any, prop, prop_assert, prop_assert_eq, proptest};

    use super::*;
    use crate::quality::settings::{FlatLimits, RateLimit, Span, SpikeLimits};
    use crate::quality::{AttenuatedLimits, GapLimit, Season};

    fn all_checks() -> QualitySettings {
        QualitySettings {
            sensor: Some(Span {
                low: -1.0,
                high: 20.0,
            }),
            usual: Some(Span {
                low: 0.0,
                high: 8.0,
            }),
            spike: Some(SpikeLimits {
                low_m: 0.5,
                high_m: Some(2.0),
            }),
            rate: Some(RateLimit {
                suspect_m_per_h: 4.0,
            }),
            flat: Some(FlatLimits {
                tolerance_m: 0.001,
                suspect_after_s: 3 * 3600,
                fail_after_s: Some(6 * 3600),
            }),
            ..QualitySettings::default()
        }
    }

    /// And those that say nothing at first.
    fn even_more_checks() -> QualitySettings {
        QualitySettings {
            attenuated: Some(AttenuatedLimits {
                period_s: 7200,
                suspect_m: 0.01,
                fail_m: Some(0.002),
            }),
            season: Some(vec![Season {
                months: [8, 9],
                low: 0.5,
                high: 6.0,
            }]),
            gap: Some(GapLimit {
                suspect_after_s: 3600,
            }),
            ..all_checks()
        }
    }

    fn minute(minute: i64) -> Timestamp {
        Timestamp::from_second(1_472_515_200 + 60 * minute).unwrap()
    }

    /// The flags of a series read every ten minutes.
    fn flags(settings: &QualitySettings, levels_m: &[f64]) -> Vec<Flag> {
        let mut checker = Checker::new(settings);
        (0..)
            .zip(levels_m)
            .map(|(n, &level_m)| checker.check(minute(10 * n), level_m).flag)
            .collect()
    }

    #[test]
    fn a_steadily_rising_river_is_good_after_its_first_reading() {
        assert_eq!(
            flags(&all_checks(), &[1.0, 1.1, 1.3, 1.6, 2.1]),
            [
                Flag::NotChecked,
                Flag::Good,
                Flag::Good,
                Flag::Good,
                Flag::Good
            ]
        );
    }

    #[test]
    fn a_gauge_without_checks_is_never_good() {
        assert_eq!(
            flags(&QualitySettings::default(), &[1.0, f64::NAN]),
            [Flag::NotChecked, Flag::Missing]
        );
    }

    #[test]
    fn a_flash_flood_is_suspect_and_used_and_turns_good_when_it_stays() {
        let settings = QualitySettings {
            rate: None,
            ..all_checks()
        };
        let mut checker = Checker::new(&settings);
        checker.check(minute(0), 1.0);
        checker.check(minute(10), 1.0);
        let wave = checker.observe(minute(20), 4.0).verdict;
        assert_eq!(wave.flag, Flag::Suspect);
        assert!(wave.flag.usable_for_decisions());
        let after = checker.observe(minute(30), 4.3);
        assert_eq!(after.verdict.flag, Flag::Good);
        let revised = after.revised.unwrap();
        assert_eq!((revised.at, revised.verdict.flag), (minute(20), Flag::Good));
    }

    #[test]
    fn a_value_that_jumps_out_and_back_is_bad_once_it_came_back() {
        let mut checker = Checker::new(&all_checks());
        checker.check(minute(0), 1.0);
        checker.check(minute(10), 1.0);
        assert_eq!(
            checker.check(minute(20), 6.0).checks[&Check::Spike],
            Flag::Suspect
        );
        let revised = checker.observe(minute(30), 1.0).revised.unwrap();
        assert_eq!((revised.at, revised.verdict.flag), (minute(20), Flag::Bad));
    }

    #[test]
    fn an_impossible_level_is_bad_and_the_next_true_one_is_not_blamed_for_it() {
        assert_eq!(
            flags(&all_checks(), &[1.0, 1.1, -9999.0, 1.2]),
            [Flag::NotChecked, Flag::Good, Flag::Bad, Flag::Good]
        );
    }

    #[test]
    fn a_frozen_gauge_is_suspect_after_three_hours_and_bad_after_six() {
        let found = flags(&all_checks(), &[1.0942; 40]);
        assert_eq!(found[17], Flag::Good);
        assert_eq!(found[18], Flag::Suspect);
        assert_eq!(found[35], Flag::Suspect);
        assert_eq!(found[36], Flag::Bad);
    }

    #[test]
    fn the_first_word_after_a_hole_is_suspect_and_used() {
        let mut checker = Checker::new(&even_more_checks());
        checker.check(minute(0), 1.0);
        let back = checker.check(minute(61), 1.0);
        assert_eq!(back.checks[&Check::Gap], Flag::Suspect);
        assert!(back.flag.usable_for_decisions());
        assert_eq!(
            checker.check(minute(71), 1.0).checks[&Check::Gap],
            Flag::Good
        );
    }

    #[test]
    fn a_level_that_hardly_moves_is_found_before_it_is_flat() {
        let mut checker = Checker::new(&even_more_checks());
        let mut found = Vec::new();
        for n in 0..14 {
            // Up and down by five millimetres: not flat to a millimetre, and no river.
            let level_m = 1.0 + f64::from(n % 2) * 0.005;
            let verdict = checker.check(minute(10 * i64::from(n)), level_m);
            found.push((
                verdict.checks[&Check::Flat],
                verdict.checks[&Check::Attenuated],
            ));
        }
        assert_eq!(found[11], (Flag::Good, Flag::NotChecked));
        assert_eq!(found[12], (Flag::Good, Flag::Suspect));
    }

    #[test]
    fn a_level_that_is_unusual_in_this_season_is_suspect_even_if_it_came_late() {
        let mut checker = Checker::new(&even_more_checks());
        checker.check(minute(0), 1.0);
        assert_eq!(
            checker.check(minute(10), 7.0).checks[&Check::Season],
            Flag::Suspect
        );
        assert_eq!(
            checker.check(minute(5), 7.0).checks[&Check::Season],
            Flag::Suspect
        );
        assert_eq!(checker.check(minute(6), f64::NAN).flag, Flag::Missing);
    }

    #[test]
    fn a_late_reading_has_its_own_verdict_and_does_not_disturb_newer_ones() {
        let mut punctual = Checker::new(&all_checks());
        let mut disturbed = Checker::new(&all_checks());
        for n in 0..3 {
            punctual.check(minute(10 * n), 1.0);
            disturbed.check(minute(10 * n), 1.0);
        }
        let late = disturbed.observe(minute(5), 7.0);
        assert_eq!(late.verdict.flag, Flag::NotChecked);
        assert_eq!(late.verdict.checks[&Check::Range], Flag::Good);
        assert_eq!(late.revised, None);
        assert_eq!(disturbed.check(minute(6), 12.0).flag, Flag::Suspect);
        assert_eq!(disturbed, punctual);
    }

    #[test]
    fn the_newest_reading_delivered_twice_keeps_its_verdict() {
        let mut checker = Checker::new(&all_checks());
        checker.check(minute(0), 1.0);
        let first = checker.check(minute(10), 3.0);
        assert_eq!(first.flag, Flag::Suspect);
        let before = checker.clone();
        assert_eq!(checker.check(minute(10), 3.0), first);
        assert_eq!(checker, before);
    }

    /// Readings with gaps, repetitions, late ones, spikes, frozen stretches and nonsense.
    fn feed() -> impl Strategy<Value = Vec<(i64, f64)>> {
        let level_m = proptest::prop_oneof![
            6 => (0_i32..400).prop_map(|cm| f64::from(cm) / 100.0),
            2 => proptest::prelude::Just(1.0942),
            1 => any::<f64>(),
        ];
        prop::collection::vec((-20_i64..120, level_m), 1..60).prop_map(|steps| {
            let mut at = 0;
            steps
                .into_iter()
                .map(|(step, level_m)| {
                    at += step;
                    (at, level_m)
                })
                .collect()
        })
    }

    proptest! {
        #[test]
        fn the_outcome_does_not_depend_on_where_the_stream_is_cut(
            feed in feed(),
            cuts in prop::collection::btree_set(0_usize..60, 0..6),
        ) {
            let mut whole = Checker::new(&even_more_checks());
            let mut cut = Checker::new(&even_more_checks());
            for (n, &(at, level_m)) in feed.iter().enumerate() {
                if cuts.contains(&n) {
                    // A restart: everything but the kept memory is gone.
                    let kept = serde_json::to_string(cut.memory()).unwrap();
                    cut = Checker::resume(&even_more_checks(), serde_json::from_str(&kept).unwrap());
                }
                prop_assert_eq!(cut.observe(minute(at), level_m), whole.observe(minute(at), level_m));
            }
        }

        #[test]
        fn setting_up_one_more_check_never_improves_a_verdict(feed in feed(), without in 0_usize..6) {
            let all = QualitySettings { sensor: None, ..even_more_checks() };
            let mut fewer = all.clone();
            match without {
                0 => fewer.spike = None,
                1 => fewer.rate = None,
                2 => fewer.flat = None,
                3 => fewer.attenuated = None,
                4 => fewer.season = None,
                _ => fewer.gap = None,
            }
            let (mut all, mut fewer) = (Checker::new(&all), Checker::new(&fewer));
            for &(at, level_m) in &feed {
                let (more, less) = (all.check(minute(at), level_m), fewer.check(minute(at), level_m));
                prop_assert!(more.flag >= less.flag);
            }
        }

        #[test]
        fn a_rise_that_stays_is_never_taken_from_those_who_decide(
            rises_cm in prop::collection::vec(0_i32..500, 2..30),
        ) {
            let settings = QualitySettings { sensor: None, usual: None, flat: None, ..all_checks() };
            let mut checker = Checker::new(&settings);
            let mut level_m = 0.0;
            for (n, rise_cm) in (0..).zip(rises_cm) {
                level_m += f64::from(rise_cm) / 100.0;
                let observed = checker.observe(minute(10 * n), level_m);
                prop_assert!(observed.verdict.flag.usable_for_decisions());
                prop_assert!(observed.revised.is_none_or(|revised| revised.verdict.flag.usable_for_decisions()));
            }
        }
    }
}
