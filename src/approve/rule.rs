//! How many must approve what (決裁区分): the town's table.

use serde::{Deserialize, Serialize};

use super::facts::{Facts, Kind};
use crate::recommend::level::OrderLevel;

/// Who must approve a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Needs {
    /// One approver; the others are told.
    One,
    /// Two persons, the second an approver who chose before seeing what the first chose.
    Two,
    /// One approver at once; a second person looks at it afterwards, and that is demanded.
    OneThenReview,
}

/// The town's table. Lifting, lowering and reducing always need two persons: no key says otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// 警戒レベル3.
    pub level3: Needs,
    /// 警戒レベル4.
    pub level4: Needs,
    /// 警戒レベル5.
    pub level5: Needs,
    /// 取消: a notice that should not have been sent.
    pub cancel: Needs,
    /// After so many minutes without the second person, the first may issue alone. Never a lift.
    pub lone_after_min: u32,
    /// A review is demanded within so many minutes.
    pub review_within_min: u32,
}

impl Rules {
    /// Who must approve a notice of this kind and level.
    #[must_use]
    pub fn needs(&self, kind: Kind, level: OrderLevel) -> Needs {
        match (kind, level) {
            (Kind::Lift, _) => Needs::Two,
            (Kind::Cancel, _) => self.cancel,
            (Kind::Issue, OrderLevel::ElderlyEvacuation) => self.level3,
            (Kind::Issue, OrderLevel::EvacuationOrder) => self.level4,
            (Kind::Issue, OrderLevel::EmergencySafety) => self.level5,
        }
    }
}

/// What an officer thinks should be done: what the second person says before seeing what the first said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Issue this level.
    Issue(OrderLevel),
    /// Lift the order.
    Lift,
    /// Cancel the notice.
    Cancel,
    /// Neither.
    NotNow,
}

impl Choice {
    /// What the text of a notice does.
    #[must_use]
    pub fn of(facts: &Facts) -> Self {
        match facts.kind {
            Kind::Issue => Self::Issue(facts.level),
            Kind::Lift => Self::Lift,
            Kind::Cancel => Self::Cancel,
        }
    }

    /// The word stored and sent by the form.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Issue(OrderLevel::ElderlyEvacuation) => "3",
            Self::Issue(OrderLevel::EvacuationOrder) => "4",
            Self::Issue(OrderLevel::EmergencySafety) => "5",
            Self::Lift => "lift",
            Self::Cancel => "cancel",
            Self::NotNow => "not_now",
        }
    }

    /// The choice with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        OrderLevel::ALL
            .map(Self::Issue)
            .into_iter()
            .chain([Self::Lift, Self::Cancel, Self::NotNow])
            .find(|choice| choice.word() == word)
    }

    /// As officers read it.
    #[must_use]
    pub fn spoken(self) -> String {
        match self {
            Self::Issue(level) => level.to_string(),
            Self::Lift => "解除".to_owned(),
            Self::Cancel => "取消".to_owned(),
            Self::NotNow => "いまは何もしない".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lift_needs_two_whatever_the_town_says() {
        let lax = Rules {
            level3: Needs::One,
            level4: Needs::One,
            level5: Needs::One,
            cancel: Needs::One,
            lone_after_min: 1,
            review_within_min: 1,
        };
        for level in OrderLevel::ALL {
            assert_eq!(lax.needs(Kind::Lift, level), Needs::Two);
            assert_eq!(lax.needs(Kind::Issue, level), Needs::One);
        }
    }

    #[test]
    fn every_choice_has_a_word_of_its_own() {
        for word in ["3", "4", "5", "lift", "cancel", "not_now"] {
            assert_eq!(Choice::from_word(word).map(Choice::word), Some(word));
        }
        assert_eq!(Choice::from_word("2"), None);
    }
}
