//! Two ladders that must never be mixed: what the town orders, and what the agency says.

use serde::{Deserialize, Serialize};

/// 避難情報: what the mayor issues. There are three; levels 1 and 2 are never the town's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderLevel {
    /// 警戒レベル3 高齢者等避難.
    ElderlyEvacuation,
    /// 警戒レベル4 避難指示.
    EvacuationOrder,
    /// 警戒レベル5 緊急安全確保. Never obligatory, and no step of leaving: it says that leaving is too late.
    EmergencySafety,
}

impl OrderLevel {
    /// From the lowest.
    pub const ALL: [Self; 3] = [
        Self::ElderlyEvacuation,
        Self::EvacuationOrder,
        Self::EmergencySafety,
    ];

    /// 3, 4 or 5.
    pub fn number(self) -> u8 {
        match self {
            Self::ElderlyEvacuation => 3,
            Self::EvacuationOrder => 4,
            Self::EmergencySafety => 5,
        }
    }

    /// The order with this number; 1 and 2 belong to the agency.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.number() == number)
    }

    /// The order's name in law.
    pub fn name(self) -> &'static str {
        match self {
            Self::ElderlyEvacuation => "高齢者等避難",
            Self::EvacuationOrder => "避難指示",
            Self::EmergencySafety => "緊急安全確保",
        }
    }

    /// The order's name in English.
    pub fn name_en(self) -> &'static str {
        match self {
            Self::ElderlyEvacuation => "Evacuation of the Elderly, Etc.",
            Self::EvacuationOrder => "Evacuation Order",
            Self::EmergencySafety => "Emergency Safety Measures",
        }
    }
}

impl std::fmt::Display for OrderLevel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "警戒レベル{} {}", self.number(), self.name())
    }
}

/// 警戒レベル相当情報 of the agency, 1 to 5. It is information, never an order: there is no way from here to an
/// [`OrderLevel`] but through a town's criteria.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct JmaLevel(u8);

impl JmaLevel {
    /// `None` outside 1 to 5.
    pub fn new(number: u8) -> Option<Self> {
        (1..=5).contains(&number).then_some(Self(number))
    }

    /// 1 to 5.
    pub fn number(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for JmaLevel {
    type Error = String;

    fn try_from(number: u8) -> Result<Self, String> {
        Self::new(number).ok_or_else(|| {
            format!("{number} は警戒レベルではない (1 … 5) / levels of the agency are 1 to 5")
        })
    }
}

impl From<JmaLevel> for u8 {
    fn from(level: JmaLevel) -> Self {
        level.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_one_and_two_are_never_the_towns() {
        assert_eq!(OrderLevel::from_number(1), None);
        assert_eq!(OrderLevel::from_number(2), None);
        assert_eq!(
            OrderLevel::from_number(4),
            Some(OrderLevel::EvacuationOrder)
        );
    }

    #[test]
    fn the_agencys_level_has_five_steps() {
        assert!(JmaLevel::new(0).is_none());
        assert!(JmaLevel::new(6).is_none());
        assert_eq!(JmaLevel::new(5).map(JmaLevel::number), Some(5));
    }
}
