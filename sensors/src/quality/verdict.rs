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
    /// Not moving far less than the river does (attenuated signal test).
    Attenuated,
    /// Within what is usual at this time of the year (climatology test).
    Season,
    /// Not the first word after a hole (time gap test).
    Gap,
    /// Not at odds with the gauges above and below.
    Neighbours,
}

impl Check {
    /// All checks, in their order.
    pub const ALL: [Self; 8] = [
        Self::Range,
        Self::Spike,
        Self::Rate,
        Self::Flat,
        Self::Attenuated,
        Self::Season,
        Self::Gap,
        Self::Neighbours,
    ];

    /// Its name in files and answers; the same as when it is serialised.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Range => "range",
            Self::Spike => "spike",
            Self::Rate => "rate",
            Self::Flat => "flat",
            Self::Attenuated => "attenuated",
            Self::Season => "season",
            Self::Gap => "gap",
            Self::Neighbours => "neighbours",
        }
    }

    /// What a level is doubted for, in the officers' words.
    #[must_use]
    pub const fn ja(self) -> &'static str {
        match self {
            Self::Range => "通常の範囲を外れています",
            Self::Spike => "一度だけ飛び離れた値かもしれません",
            Self::Rate => "変化が急すぎます",
            Self::Flat => "長い間まったく変わっていません",
            Self::Attenuated => "動きが小さすぎます",
            Self::Season => "この季節の通常の範囲を外れています",
            Self::Gap => "途絶のあと最初の値です",
            Self::Neighbours => "上下流の観測所と合いません",
        }
    }

    /// The same in English.
    #[must_use]
    pub const fn en(self) -> &'static str {
        match self {
            Self::Range => "outside the usual range",
            Self::Spike => "may be a single value that jumped out",
            Self::Rate => "changes too fast",
            Self::Flat => "has not changed at all for long",
            Self::Attenuated => "moves too little",
            Self::Season => "outside the usual range of the season",
            Self::Gap => "first value after a gap",
            Self::Neighbours => "does not agree with the gauges up and down the river",
        }
    }
}

/// The checks that doubt a level: those that call it suspect or bad.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "Vec<Check>", into = "Vec<Check>")]
pub struct Doubts(u16);

impl Doubts {
    /// Whether this check doubts the level.
    #[must_use]
    pub const fn by(self, check: Check) -> bool {
        self.0 & (1 << check as u16) != 0
    }

    /// Whether nothing does.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// These, and this one too.
    #[must_use]
    pub const fn and(self, check: Check) -> Self {
        Self(self.0 | (1 << check as u16))
    }

    /// In the order of the checks.
    pub fn iter(self) -> impl Iterator<Item = Check> {
        Check::ALL.into_iter().filter(move |check| self.by(*check))
    }
}

impl From<Vec<Check>> for Doubts {
    fn from(checks: Vec<Check>) -> Self {
        checks.into_iter().fold(Self::default(), Self::and)
    }
}

impl From<Doubts> for Vec<Check> {
    fn from(doubts: Doubts) -> Self {
        doubts.iter().collect()
    }
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

    /// The checks that doubt the level.
    #[must_use]
    pub fn doubts(&self) -> Doubts {
        let doubting = self
            .checks
            .iter()
            .filter(|(_, flag)| **flag >= Flag::Suspect);
        doubting.fold(Doubts::default(), |doubts, (check, _)| doubts.and(*check))
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

    #[test]
    fn doubts_are_the_checks_that_did_not_pass_written_by_name() {
        let verdict = Verdict::of([
            (Check::Range, Flag::Good),
            (Check::Rate, Flag::Suspect),
            (Check::Flat, Flag::NotChecked),
            (Check::Season, Flag::Bad),
        ]);
        let doubts = verdict.doubts();
        assert!(doubts.iter().eq([Check::Rate, Check::Season]));
        let text = serde_json::to_string(&doubts).unwrap();
        assert_eq!(text, r#"["rate","season"]"#);
        assert_eq!(serde_json::from_str::<Doubts>(&text).unwrap(), doubts);
        for check in Check::ALL {
            assert!(Doubts::default().and(check).iter().eq([check]));
            assert_eq!(serde_json::to_value(check).unwrap(), check.code());
        }
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
