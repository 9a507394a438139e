//! 基準水位: the named levels of a gauge.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A named level, lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// 水防団待機水位
    Standby,
    /// 氾濫注意水位
    Caution,
    /// 避難判断水位
    EvacuationJudgement,
    /// 氾濫危険水位
    Danger,
    /// 計画高水位
    DesignHighWater,
    /// 氾濫開始相当水位: the level at the gauge when water reaches crown or ground at the weakest place.
    OverflowStart,
}

impl Mark {
    /// Lowest first.
    pub const ALL: [Self; 6] = [
        Self::Standby,
        Self::Caution,
        Self::EvacuationJudgement,
        Self::Danger,
        Self::DesignHighWater,
        Self::OverflowStart,
    ];

    /// The official name.
    pub fn japanese(self) -> &'static str {
        match self {
            Self::Standby => "水防団待機水位",
            Self::Caution => "氾濫注意水位",
            Self::EvacuationJudgement => "避難判断水位",
            Self::Danger => "氾濫危険水位",
            Self::DesignHighWater => "計画高水位",
            Self::OverflowStart => "氾濫開始相当水位",
        }
    }

    /// As written in files.
    pub fn code(self) -> &'static str {
        match self {
            Self::Standby => "standby",
            Self::Caution => "caution",
            Self::EvacuationJudgement => "evacuation_judgement",
            Self::Danger => "danger",
            Self::DesignHighWater => "design_high_water",
            Self::OverflowStart => "overflow_start",
        }
    }

    /// The mark with this [`code`](Self::code).
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mark| mark.code() == code)
    }
}

/// The named levels of one gauge, metres in its own datum. What no source states is absent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Marks(BTreeMap<Mark, f64>);

impl Marks {
    /// From pairs; the last of two for the same mark stays.
    pub fn new(levels: impl IntoIterator<Item = (Mark, f64)>) -> Self {
        Self(levels.into_iter().collect())
    }

    /// The level of a mark, metres.
    pub fn get(&self, mark: Mark) -> Option<f64> {
        self.0.get(&mark).copied()
    }

    /// The first of these marks that is known, with its level in metres.
    pub fn first_known(&self, marks: &[Mark]) -> Option<(Mark, f64)> {
        marks
            .iter()
            .find_map(|mark| Some((*mark, self.get(*mark)?)))
    }

    /// All that are known, lowest mark first.
    pub fn iter(&self) -> impl Iterator<Item = (Mark, f64)> + '_ {
        self.0.iter().map(|(mark, level_m)| (*mark, *level_m))
    }

    /// Two marks that stand the wrong way round, if any: a caution level above a danger level. Equal ones are accepted,
    /// and the two highest may stand either way, because a river may overflow below the height it was designed for.
    pub fn disorder(&self) -> Option<[(Mark, f64); 2]> {
        let ordered: Vec<(Mark, f64)> = self
            .iter()
            .filter(|(mark, _)| *mark <= Mark::Danger)
            .collect();
        let wrong = ordered
            .windows(2)
            .find(|pair| pair[0].1 > pair[1].1)
            .map(|pair| [pair[0], pair[1]]);
        // Where no danger level is known, the highest one that is stands below the overflow all the same.
        let highest = ordered.last().copied();
        let overflow = highest.zip(self.get(Mark::OverflowStart));
        let below = overflow.filter(|((_, highest_m), level_m)| level_m < highest_m);
        wrong.or(below.map(|(highest, level_m)| [highest, (Mark::OverflowStart, level_m)]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caution_level_above_the_danger_level_is_found() {
        let marks = Marks::new([(Mark::Caution, 5.0), (Mark::Danger, 4.0)]);
        assert_eq!(
            marks.disorder(),
            Some([(Mark::Caution, 5.0), (Mark::Danger, 4.0)])
        );
        assert_eq!(
            Marks::new([(Mark::Caution, 4.0), (Mark::Danger, 4.0)]).disorder(),
            None
        );
    }

    #[test]
    fn a_gauge_without_a_danger_level_is_looked_through_all_the_same() {
        let pair = [(Mark::Standby, 5.0), (Mark::Caution, 4.0)];
        assert_eq!(Marks::new(pair).disorder(), Some(pair));
        let pair = [(Mark::Caution, 4.0), (Mark::OverflowStart, 3.0)];
        assert_eq!(Marks::new(pair).disorder(), Some(pair));
        let either_way = [(Mark::DesignHighWater, 6.0), (Mark::OverflowStart, 5.5)];
        assert_eq!(Marks::new(either_way).disorder(), None);
    }
}
