//! Station health (観測所の状態): whether a gauge speaks, and what its silence or its standing still may mean.
//!
//! Invariants
//! - The state follows from the readings known at a moment and from that moment; from nothing else. Readings that come late,
//!   twice or out of order lead to the same state as if they had come in order.
//! - While nothing new is heard a state only gets worse ([`State::rank`]).
//! - Silence is never calm. Only a device that has agreed to sleep below its start level may be silent, and not while
//!   its neighbours rise.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

mod recalled;
mod words;

pub use self::recalled::Recalled;
use crate::quality::{Agreement, Check, Contract, Doubts, Flag, FlatLimits, Patience};

/// A rise faster than this when a gauge fell silent lets us suspect that water reached it, metres per hour. Slower ones
/// cannot be told from waves.
const RISING_M_PER_H: f64 = 0.1;
/// For so long a rise is assumed to have gone on after the last word, hours. Beyond, nobody knows.
const ASSUMED_MAX_H: f64 = 3.0;

/// One reading as its gauge's health sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Heard {
    /// The device's own time.
    pub at: Timestamp,
    /// Metres, datum of the station.
    pub level_m: f64,
    /// What quality control says of it.
    pub flag: Flag,
    /// Which checks doubt it.
    pub doubts: Doubts,
}

impl Heard {
    /// Whether the gauge's state may rest on it: a usable level, or one that is not used because it stands still. The
    /// device that sent it speaks; a device that sends what its sensor cannot report does not.
    fn speaks(&self) -> bool {
        let by = |check| self.doubts.by(check);
        let stands_still = by(Check::Flat) || by(Check::Attenuated);
        self.flag.usable_for_decisions() || (stands_still && !by(Check::Spike))
    }
}

/// How a gauge is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// 受信中: reports as agreed.
    Live,
    /// 待機中(異常ではない): silent below its start level, as agreed.
    QuietAsDesigned,
    /// 固着の疑い: reports, but stands still for longer than the river does.
    Frozen,
    /// 遅延: a report is overdue.
    Late,
    /// 未受信: nothing was ever heard.
    NeverHeard,
    /// 途絶: several reports are overdue, or only unusable ones come.
    Failed,
    /// 水没の疑い: fell silent, or stands still, where water may have reached it.
    SuspectedSubmerged,
}

impl State {
    /// From sound to worst. While nothing new is heard the rank of a gauge never falls.
    #[must_use]
    pub const fn rank(self) -> u8 {
        match self {
            Self::Live => 0,
            Self::QuietAsDesigned => 1,
            Self::Frozen => 2,
            Self::Late => 3,
            Self::NeverHeard | Self::Failed => 4,
            Self::SuspectedSubmerged => 5,
        }
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub const fn is_sound(self) -> bool {
        matches!(self, Self::Live | Self::QuietAsDesigned)
    }

    /// Whether the last level is only held: what came after it is unknown.
    #[must_use]
    pub const fn is_held(self) -> bool {
        !self.is_sound()
    }

    /// In Japanese, as officers read it.
    #[must_use]
    pub const fn ja(self) -> &'static str {
        match self {
            Self::Live => "受信中",
            Self::QuietAsDesigned => "待機中(異常ではありません)",
            Self::Frozen => "固着の疑い",
            Self::Late => "遅延",
            Self::NeverHeard => "未受信",
            Self::Failed => "途絶",
            Self::SuspectedSubmerged => "水没の疑い",
        }
    }

    /// In English.
    #[must_use]
    pub const fn en(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::QuietAsDesigned => "quiet as designed",
            Self::Frozen => "suspected frozen",
            Self::Late => "late",
            Self::NeverHeard => "never heard",
            Self::Failed => "failed",
            Self::SuspectedSubmerged => "suspected submerged",
        }
    }
}

/// Why a gauge is taken to be in its state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Reason {
    /// It reports as agreed.
    Reports,
    /// Nothing was ever received.
    NothingYet,
    /// It may sleep below its start level, and that is where it was.
    BelowStartLevel {
        /// 観測開始水位, metres.
        start_level_m: f64,
        /// Its last level, metres.
        last_m: f64,
    },
    /// It may sleep, but a neighbour rises.
    NeighboursRise {
        /// The neighbour: its identifier, or its name after [`Reason::with_names`].
        station: String,
        /// By how much, metres.
        rise_m: f64,
    },
    /// Nothing since.
    Silent {
        /// Minutes since its last usable word.
        for_min: i64,
    },
    /// Only unusable values since.
    Unusable {
        /// Minutes since its last usable word.
        for_min: i64,
        /// How many unusable values came after it.
        values: u32,
    },
    /// It stands still.
    StandsStill {
        /// For so many minutes.
        for_min: i64,
    },
    /// It stands still while a neighbour rises.
    StandsStillWhile {
        /// The neighbour: its identifier, or its name after [`Reason::with_names`].
        station: String,
        /// By how much, metres.
        rise_m: f64,
    },
    /// It fell silent while the water rose.
    SilentWhileRising {
        /// Minutes since its last usable word.
        for_min: i64,
        /// How fast the water rose then, metres per hour.
        rise_m_per_h: f64,
    },
    /// The water may have reached the device.
    WaterAtDevice {
        /// Minutes since its last usable word.
        for_min: i64,
        /// The level at which water reaches it, metres.
        submerges_at_m: f64,
        /// Where the water may have been when it fell silent, metres.
        assumed_m: f64,
    },
}

impl Reason {
    /// The same, with the neighbour it speaks of called by the name that `name` knows for its identifier.
    #[must_use]
    pub fn with_names(mut self, name: impl Fn(&str) -> Option<String>) -> Self {
        if let Self::NeighboursRise { station, .. } | Self::StandsStillWhile { station, .. } =
            &mut self
            && let Some(name) = name(station)
        {
            *station = name;
        }
        self
    }
}

/// What is held of a gauge that can no longer be believed to speak for the river as it is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Held {
    /// Its last usable level, metres.
    pub level_m: f64,
    /// When that was.
    pub at: Timestamp,
    /// How fast the water rose then, over about an hour, metres per hour; unknown without a reading to compare.
    pub trend_m_per_h: Option<f64>,
}

impl Held {
    /// 悪い側に仮定した水位: a level to assume until more is known, metres. A rise is assumed to have gone on for up to three
    /// hours; a fall is not believed to have. Never below the last level.
    #[must_use]
    pub fn assumed_m(&self, as_of: Timestamp) -> f64 {
        let hours = as_of.duration_since(self.at).as_secs_f64() / 3600.0;
        let trend = self.trend_m_per_h.unwrap_or(0.0).max(0.0);
        self.level_m + trend * hours.clamp(0.0, ASSUMED_MAX_H)
    }
}

/// How a gauge is, since when and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Health {
    /// Its state.
    pub state: State,
    /// Since when; unknown where nothing was heard, and for a sound gauge whose silence before is out of memory.
    pub since: Option<Timestamp>,
    /// Why.
    pub reason: Reason,
    /// Its last usable level, whatever its state; none where there is none.
    pub held: Option<Held>,
}

/// How a gauge is at `as_of`.
///
/// `past` are its readings not later than `as_of`, newest first, as far back as they are remembered. `company` is what
/// its neighbours say of its newest usable level ([`Agreement::Unknown`] without any).
///
/// ```
/// use hinan_sensors::quality::{Agreement, Cadence, Doubts, Flag};
/// use hinan_sensors::{Heard, State, health};
/// let contract = Cadence::default().contract(600);
/// let at = |time: &str| time.parse().unwrap();
/// let heard = Heard { at: at("2016-08-30T09:00:00Z"), level_m: 1.2, flag: Flag::Good, doubts: Doubts::default() };
/// let state = |as_of| health(&contract, None, [heard], &Agreement::Unknown, at(as_of)).state;
/// assert_eq!(state("2016-08-30T09:10:00Z"), State::Live);
/// assert_eq!(state("2016-08-30T09:20:00Z"), State::Late);
/// assert_eq!(state("2016-08-30T09:31:00Z"), State::Failed);
/// ```
#[must_use]
pub fn health(
    contract: &Contract,
    flat: Option<&FlatLimits>,
    past: impl IntoIterator<Item = Heard>,
    company: &Agreement,
    as_of: Timestamp,
) -> Health {
    Recalled::of(contract, flat, past).health(contract, flat, company, as_of)
}

fn unheard(past: &Recalled) -> Health {
    let (state, since, reason) = match past.oldest {
        None => (State::NeverHeard, None, Reason::NothingYet),
        Some(oldest) => {
            let unusable = Reason::Unusable {
                for_min: past
                    .newest
                    .map_or(0, |newest| minutes(newest.duration_since(oldest))),
                values: past.unusable,
            };
            (State::Failed, Some(oldest), unusable)
        }
    };
    Health {
        state,
        since,
        reason,
        held: None,
    }
}

struct Judge<'a> {
    contract: &'a Contract,
    past: &'a Recalled,
    held: Held,
    company: &'a Agreement,
    age: SignedDuration,
}

type Judged = (State, Option<Timestamp>, Reason);

impl Judge<'_> {
    /// The worst that holds.
    fn judge(&self, flat: Option<&FlatLimits>) -> Judged {
        let still = self.still(flat);
        let asleep = self
            .contract
            .asleep
            .filter(|(start_level_m, _)| self.held.level_m < *start_level_m);
        let silent = match asleep {
            None => self.awake(),
            Some((start_level_m, patience)) => self.asleep(start_level_m, patience),
        };
        match still {
            Some(still) if still.0.rank() > silent.0.rank() => still,
            _ => silent,
        }
    }

    fn awake(&self) -> Judged {
        let Patience {
            late_after,
            failed_after,
        } = self.contract.awake;
        if self.age > failed_after {
            self.failed(failed_after)
        } else if self.age > late_after {
            (State::Late, self.after(late_after), self.silence())
        } else {
            (State::Live, self.past.speaks_since, Reason::Reports)
        }
    }

    fn asleep(&self, start_level_m: f64, patience: Patience) -> Judged {
        if self.age > patience.failed_after {
            return self.failed(patience.failed_after);
        }
        if self.age > patience.late_after {
            return (State::Late, self.after(patience.late_after), self.silence());
        }
        let may_sleep_after = self.contract.awake.late_after;
        if self.age <= may_sleep_after {
            return (State::Live, self.past.speaks_since, Reason::Reports);
        }
        // It sleeps as agreed; but a river that rises above and below should have woken it.
        if let Agreement::Stuck {
            while_rises,
            rise_m,
        } = self.company
        {
            let reason = Reason::NeighboursRise {
                station: while_rises.to_string(),
                rise_m: *rise_m,
            };
            return (State::Late, self.after(may_sleep_after), reason);
        }
        let reason = Reason::BelowStartLevel {
            start_level_m,
            last_m: self.held.level_m,
        };
        (State::QuietAsDesigned, self.after(may_sleep_after), reason)
    }

    /// Silent for too long: was it the water?
    fn failed(&self, failed_after: SignedDuration) -> Judged {
        let since = self.after(failed_after);
        let for_min = minutes(self.age);
        let rise_m_per_h = self.held.trend_m_per_h.unwrap_or(0.0);
        if let Some(submerges_at_m) = self.contract.submerges_at_m {
            let assumed_m = since.map_or(self.held.level_m, |since| self.held.assumed_m(since));
            if assumed_m >= submerges_at_m {
                let reason = Reason::WaterAtDevice {
                    for_min,
                    submerges_at_m,
                    assumed_m,
                };
                return (State::SuspectedSubmerged, since, reason);
            }
        } else if rise_m_per_h > RISING_M_PER_H {
            let reason = Reason::SilentWhileRising {
                for_min,
                rise_m_per_h,
            };
            return (State::SuspectedSubmerged, since, reason);
        }
        (State::Failed, since, self.silence())
    }

    /// It stands still: by its own readings for too long, or while its neighbours rise.
    fn still(&self, flat: Option<&FlatLimits>) -> Option<Judged> {
        let still_since = self.past.still_since?;
        let still_for = self.held.at.duration_since(still_since);
        let too_long = |flat: &FlatLimits| {
            still_for >= SignedDuration::from_secs(i64::from(flat.suspect_after_s))
        };
        let reason = if flat.is_some_and(too_long) {
            Reason::StandsStill {
                for_min: minutes(still_for),
            }
        } else if let Agreement::Stuck {
            while_rises,
            rise_m,
        } = self.company
        {
            Reason::StandsStillWhile {
                station: while_rises.to_string(),
                rise_m: *rise_m,
            }
        } else {
            return None;
        };
        match self.contract.submerges_at_m {
            Some(submerges_at_m) if self.held.level_m >= submerges_at_m => {
                let reason = Reason::WaterAtDevice {
                    for_min: minutes(self.age),
                    submerges_at_m,
                    assumed_m: self.held.level_m,
                };
                Some((State::SuspectedSubmerged, Some(still_since), reason))
            }
            _ => Some((State::Frozen, Some(still_since), reason)),
        }
    }

    fn silence(&self) -> Reason {
        let for_min = minutes(self.age);
        match self.past.unusable {
            0 => Reason::Silent { for_min },
            values => Reason::Unusable { for_min, values },
        }
    }

    fn after(&self, patience: SignedDuration) -> Option<Timestamp> {
        self.held.at.checked_add(patience).ok()
    }
}

fn minutes(time: SignedDuration) -> i64 {
    time.as_secs() / 60
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::{
        Just, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest,
    };

    use super::*;
    use crate::quality::{Cadence, DeviceClass};

    fn minute(minute: i64) -> Timestamp {
        Timestamp::from_second(1_472_515_200 + 60 * minute).unwrap()
    }

    /// Every ten minutes; failed after thirty.
    fn regular() -> Contract {
        Cadence::default().contract(600)
    }

    fn crisis() -> Contract {
        let agreed = Cadence {
            class: DeviceClass::Crisis,
            start_level_m: Some(2.0),
            ..Cadence::default()
        };
        agreed.contract(600)
    }

    const FLAT: FlatLimits = FlatLimits {
        tolerance_m: 0.005,
        suspect_after_s: 3 * 3600,
        fail_after_s: None,
    };

    fn good(at_min: i64, level_m: f64) -> Heard {
        Heard {
            at: minute(at_min),
            level_m,
            flag: Flag::Good,
            doubts: Doubts::default(),
        }
    }

    fn impossible(at_min: i64) -> Heard {
        Heard {
            flag: Flag::Bad,
            doubts: Doubts::default().and(Check::Range),
            ..good(at_min, -9999.0)
        }
    }

    /// Readings oldest first, looked at so many minutes after the start.
    fn seen(contract: &Contract, readings: &[Heard], at_min: i64) -> Health {
        let past = readings.iter().rev().copied();
        health(
            contract,
            Some(&FLAT),
            past,
            &Agreement::Unknown,
            minute(at_min),
        )
    }

    fn rising(until_min: i64, m_per_h: f64) -> Vec<Heard> {
        (0..=until_min / 10)
            .map(|n| {
                let hours = f64::from(i32::try_from(n).unwrap()) / 6.0;
                good(10 * n, 1.0 + m_per_h * hours)
            })
            .collect()
    }

    #[test]
    fn a_gauge_that_was_never_heard_is_not_calm() {
        let found = seen(&regular(), &[], 0);
        assert_eq!(found.state, State::NeverHeard);
        assert!(!found.state.is_sound());
        assert_eq!(found.held, None);
    }

    #[test]
    fn a_gauge_that_stops_is_late_then_failed_each_since_its_moment() {
        let readings = rising(120, 0.02);
        let state = |at_min| {
            let found = seen(&regular(), &readings, at_min);
            (found.state, found.since)
        };
        assert_eq!(state(125), (State::Live, None));
        assert_eq!(state(136), (State::Late, Some(minute(135))));
        assert_eq!(state(151), (State::Failed, Some(minute(150))));
        assert_eq!(state(5000), (State::Failed, Some(minute(150))));
    }

    #[test]
    fn a_gauge_that_falls_silent_in_a_rise_may_be_under_water_and_worse_is_assumed() {
        let found = seen(&regular(), &rising(120, 0.9), 151);
        assert_eq!(found.state, State::SuspectedSubmerged);
        assert!(matches!(found.reason, Reason::SilentWhileRising { .. }));
        let held = found.held.unwrap();
        assert!((held.level_m - 2.8).abs() < 1e-9);
        assert!((held.trend_m_per_h.unwrap() - 0.9).abs() < 1e-9);
        assert!(
            (held.assumed_m(minute(180)) - 3.7).abs() < 1e-9,
            "an hour later"
        );
        assert!(
            (held.assumed_m(minute(9999)) - 5.5).abs() < 1e-9,
            "for three hours at most"
        );
        assert!(
            (held.assumed_m(minute(0)) - 2.8).abs() < 1e-9,
            "never below its last level"
        );
    }

    #[test]
    fn where_the_height_of_the_device_is_known_it_decides_whether_water_reached_it() {
        let standing = |submerges_at_m| Contract {
            submerges_at_m: Some(submerges_at_m),
            ..regular()
        };
        // Half an hour after the last word, when it counts as failed, it may stand at 3.25 m.
        let readings = rising(120, 0.9);
        assert_eq!(
            seen(&standing(3.2), &readings, 151).state,
            State::SuspectedSubmerged
        );
        assert_eq!(seen(&standing(6.0), &readings, 151).state, State::Failed);
        // A sensor under water may go on to report the same high level.
        let drowned: Vec<Heard> = (0..=24).map(|n| good(10 * n, 4.0)).collect();
        assert_eq!(
            seen(&standing(4.0), &drowned, 245).state,
            State::SuspectedSubmerged
        );
        assert_eq!(seen(&standing(4.5), &drowned, 245).state, State::Frozen);
    }

    #[test]
    fn a_crisis_gauge_below_its_start_level_is_quiet_as_designed_until_its_sign_of_life_is_overdue()
    {
        let readings = [good(0, 1.2)];
        let state = |at_min| seen(&crisis(), &readings, at_min).state;
        assert_eq!(state(10), State::Live);
        assert_eq!(state(60), State::QuietAsDesigned);
        assert_eq!(state(1440), State::QuietAsDesigned);
        assert_eq!(state(36 * 60 + 1), State::Late);
        assert_eq!(state(72 * 60 + 1), State::Failed);
    }

    #[test]
    fn a_crisis_gauge_above_its_start_level_must_speak() {
        let readings = [good(0, 2.0)];
        assert_eq!(seen(&crisis(), &readings, 31).state, State::Failed);
    }

    #[test]
    fn a_sleeping_gauge_is_not_called_calm_while_its_neighbours_rise() {
        let company = Agreement::Stuck {
            while_rises: "up".parse().unwrap(),
            rise_m: 1.4,
        };
        let found = health(&crisis(), None, [good(0, 1.9)], &company, minute(60));
        assert_eq!(found.state, State::Late);
        assert!(matches!(found.reason, Reason::NeighboursRise { .. }));
    }

    #[test]
    fn a_gauge_that_stands_still_for_too_long_is_frozen_since_it_last_moved() {
        let mut readings = vec![good(0, 1.5)];
        readings.extend((1..=19).map(|n| good(10 * n, 1.0942)));
        let found = seen(&regular(), &readings, 195);
        assert_eq!(
            (found.state, found.since),
            (State::Frozen, Some(minute(10)))
        );
        assert_eq!(seen(&regular(), &readings[..19], 185).state, State::Live);
        // Even when the check that found it has taken its levels out of use.
        for heard in &mut readings[10..] {
            heard.flag = Flag::Bad;
            heard.doubts = Doubts::default().and(Check::Flat);
        }
        assert_eq!(seen(&regular(), &readings, 195).state, State::Frozen);
    }

    #[test]
    fn a_gauge_that_stands_still_while_its_neighbours_rise_is_frozen() {
        let company = Agreement::Stuck {
            while_rises: "up".parse().unwrap(),
            rise_m: 1.4,
        };
        let past = [good(10, 1.9), good(0, 1.9)];
        let found = health(&regular(), None, past, &company, minute(11));
        assert_eq!(found.state, State::Frozen);
    }

    #[test]
    fn a_device_that_sends_only_nonsense_has_failed_and_is_said_to() {
        let readings = [good(0, 1.2), impossible(10), impossible(20), impossible(30)];
        let found = seen(&regular(), &readings, 31);
        assert_eq!(found.state, State::Failed);
        assert_eq!(
            found.reason,
            Reason::Unusable {
                for_min: 31,
                values: 3
            }
        );
        assert_eq!(seen(&regular(), &readings[1..], 31).state, State::Failed);
    }

    #[test]
    fn a_gauge_that_came_back_speaks_since_then() {
        let readings = [good(0, 1.0), good(10, 1.1), good(90, 1.0), good(100, 1.1)];
        let found = seen(&regular(), &readings, 105);
        assert_eq!((found.state, found.since), (State::Live, Some(minute(90))));
    }

    fn readings() -> impl Strategy<Value = Vec<Heard>> {
        let level_m =
            prop_oneof![3 => (0_i32..60).prop_map(|dm| f64::from(dm) / 10.0), 2 => Just(1.0942)];
        let one = (1_i64..60, level_m, any::<prop::sample::Index>());
        prop::collection::vec(one, 0..40).prop_map(|steps| {
            let mut at_min = 0;
            let mut readings = Vec::new();
            for (step, level_m, kind) in steps {
                at_min += step;
                readings.push(match kind.index(6) {
                    0 => impossible(at_min),
                    1 => Heard {
                        flag: Flag::Suspect,
                        doubts: Doubts::default().and(Check::Rate),
                        ..good(at_min, level_m)
                    },
                    _ => good(at_min, level_m),
                });
            }
            readings
        })
    }

    fn contracts() -> impl Strategy<Value = Contract> {
        (0_u8..3, prop::option::of(2_i32..6)).prop_map(|(class, submerges_at_m)| {
            let base = match class {
                0 => regular(),
                1 => crisis(),
                _ => Cadence {
                    class: DeviceClass::Lpwa,
                    ..Cadence::default()
                }
                .contract(900),
            };
            Contract {
                submerges_at_m: submerges_at_m.map(f64::from),
                ..base
            }
        })
    }

    proptest! {
        #[test]
        fn while_nothing_new_is_heard_a_gauge_only_gets_worse(
            readings in readings(), contract in contracts(), waits in prop::collection::vec(0_i64..900, 1..12),
        ) {
            let mut at_min = readings.last().map_or(0, |last| {
                last.at.duration_since(minute(0)).as_mins()
            });
            let mut before: Option<Health> = None;
            for wait in waits {
                at_min += wait;
                let now = seen(&contract, &readings, at_min);
                prop_assert!(now.since.is_none_or(|since| since <= minute(at_min)), "{now:?}");
                if let Some(before) = before {
                    prop_assert!(now.state.rank() >= before.state.rank(), "{before:?} {now:?}");
                    prop_assert_eq!(now.held, before.held);
                }
                before = Some(now);
            }
        }

        #[test]
        fn a_reading_that_comes_late_does_not_make_a_silent_gauge_speak(
            readings in readings(), contract in contracts(), which in any::<prop::sample::Index>(), wait in 0_i64..3000,
        ) {
            if let Some(last) = readings.iter().rposition(Heard::speaks).filter(|&last| last > 0) {
                let at_min = readings.last().unwrap().at.duration_since(minute(0)).as_mins() + wait;
                let mut fewer = readings.clone();
                fewer.remove(which.index(last));
                let before = health(&contract, None, fewer.iter().rev().copied(), &Agreement::Unknown, minute(at_min));
                let after = health(&contract, None, readings.iter().rev().copied(), &Agreement::Unknown, minute(at_min));
                prop_assert_eq!(before.state.is_sound(), after.state.is_sound());
                prop_assert_eq!(before.held.map(|held| held.at), after.held.map(|held| held.at));
            }
        }
    }
}
