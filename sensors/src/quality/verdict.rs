//! Flags, and the verdict they add up to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What one check says about one level. Ordered from harmless to disqualifying, so a verdict is the `max` of its checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Flag {
    /// 正常: the check passed.
    Good,
    /// 未検査: nothing was found because nothing could be looked at.
    NotChecked,
    /// 要確認: a person should look; shown and used.
    Suspect,
    /// 異常: not what the river did; kept and shown, not used.
    Bad,
    /// 欠測: there is no level.
    Missing,
}

impl Flag {
    /// The number QARTOD gives this flag: 1 good, 2 not evaluated, 3 suspect, 4 fail, 9 missing.
    #[must_use]
    pub const fn qartod(self) -> u8 {
        match self {
            Self::Good => 1,
            Self::NotChecked => 2,
            Self::Suspect => 3,
            Self::Bad => 4,
            Self::Missing => 9,
        }
    }

    /// The flag with this QARTOD number.
    ///
    /// # Errors
    /// Another number than 1, 2, 3, 4 or 9.
    pub const fn from_qartod(number: u8) -> Result<Self, NoSuchFlag> {
        match number {
            1 => Ok(Self::Good),
            2 => Ok(Self::NotChecked),
            3 => Ok(Self::Suspect),
            4 => Ok(Self::Bad),
            9 => Ok(Self::Missing),
            _ => Err(NoSuchFlag { number }),
        }
    }

    /// Whether thresholds, models and advice may use a level with this flag. A suspect level is used: a flash flood
    /// looks like a spike, and the higher hazard must stay visible.
    #[must_use]
    pub const fn usable_for_decisions(self) -> bool {
        matches!(self, Self::Good | Self::NotChecked | Self::Suspect)
    }
}

/// A number that is no QARTOD flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{number} is not a QARTOD flag; it must be 1, 2, 3, 4 or 9")]
pub struct NoSuchFlag {
    /// What was given.
    pub number: u8,
}

/// Which check said so. Later checks are added at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Check {
    /// Within what the sensor can report, and within what is usual (gross range test).
    Range,
    /// Not a single value that jumps out and back (spike test, differential).
    Spike,
    /// Not rising or falling faster than the river can (rate of change test).
    Rate,
    /// Not standing still for longer than the river does (flat line test).
    Flat,
}

/// What all checks together say about one level.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The worst of the checks; [`Flag::NotChecked`] when there was none.
    pub flag: Flag,
    /// What each check that is set up for this gauge said.
    pub checks: BTreeMap<Check, Flag>,
}

impl Verdict {
    /// Joins checks by rank.
    ///
    /// ```
    /// use hinan_sensors::quality::{Check, Flag, Verdict};
    /// let verdict = Verdict::of([(Check::Range, Flag::Good), (Check::Rate, Flag::Suspect)]);
    /// assert_eq!(verdict.flag, Flag::Suspect);
    /// assert_eq!(Verdict::of([]).flag, Flag::NotChecked);
    /// ```
    #[must_use]
    pub fn of(checks: impl IntoIterator<Item = (Check, Flag)>) -> Self {
        let checks: BTreeMap<_, _> = checks.into_iter().collect();
        let flag = checks.values().copied().max().unwrap_or(Flag::NotChecked);
        Self { flag, checks }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::{Strategy, prop, prop_assert, proptest};

    use super::*;

    const FLAGS: [Flag; 5] = [
        Flag::Good,
        Flag::NotChecked,
        Flag::Suspect,
        Flag::Bad,
        Flag::Missing,
    ];
    const CHECKS: [Check; 4] = [Check::Range, Check::Spike, Check::Rate, Check::Flat];

    #[test]
    fn a_level_nobody_checked_is_not_good() {
        assert!(Flag::NotChecked > Flag::Good);
        let half_checked =
            Verdict::of([(Check::Range, Flag::Good), (Check::Spike, Flag::NotChecked)]);
        assert_eq!(half_checked.flag, Flag::NotChecked);
    }

    #[test]
    fn flags_and_their_qartod_numbers_lead_to_each_other() {
        for flag in FLAGS {
            assert_eq!(Flag::from_qartod(flag.qartod()), Ok(flag));
        }
        for number in [0, 5, 8, 10, 255] {
            assert!(
                Flag::from_qartod(number)
                    .unwrap_err()
                    .to_string()
                    .contains("must be 1, 2, 3, 4 or 9")
            );
        }
    }

    #[test]
    fn a_suspect_level_is_used_and_a_bad_or_missing_one_is_not() {
        assert_eq!(
            FLAGS.map(Flag::usable_for_decisions),
            [true, true, true, false, false]
        );
    }

    #[test]
    fn a_verdict_is_written_in_words() {
        let verdict = Verdict::of([(Check::Range, Flag::Good), (Check::Flat, Flag::NotChecked)]);
        assert_eq!(
            serde_json::to_string(&verdict).unwrap(),
            r#"{"flag":"not_checked","checks":{"range":"good","flat":"not_checked"}}"#
        );
    }

    proptest! {
        #[test]
        fn a_verdict_never_improves_by_adding_a_check(
            first in prop::sample::select(&FLAGS[..]),
            some in prop::collection::btree_map(
                prop::sample::select(&CHECKS[1..]), prop::sample::select(&FLAGS[..]), 0..3,
            ),
            (check, flag) in prop::sample::select(&CHECKS[1..])
                .prop_flat_map(|check| (proptest::prelude::Just(check), prop::sample::select(&FLAGS[..]))),
        ) {
            let mut checks = some;
            checks.remove(&check);
            checks.insert(Check::Range, first);
            let before = Verdict::of(checks.clone());
            checks.insert(check, flag);
            let after = Verdict::of(checks);
            prop_assert!(after.flag >= before.flag);
            prop_assert!(after.flag.usable_for_decisions() <= before.flag.usable_for_decisions());
        }
    }
}
