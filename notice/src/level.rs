//! The levels a municipality issues, and the words the law gives them.

use serde::{Deserialize, Serialize};

/// 警戒レベル of municipal evacuation information. Levels 1 and 2 belong to the Meteorological Agency and
/// are deliberately not here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderLevel {
    /// 警戒レベル3 高齢者等避難
    ElderlyEvacuation,
    /// 警戒レベル4 避難指示
    EvacuationOrder,
    /// 警戒レベル5 緊急安全確保
    EmergencySafety,
}

impl OrderLevel {
    /// All, from lowest to highest.
    pub const ALL: [Self; 3] = [
        Self::ElderlyEvacuation,
        Self::EvacuationOrder,
        Self::EmergencySafety,
    ];

    /// 3, 4 or 5.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::ElderlyEvacuation => 3,
            Self::EvacuationOrder => 4,
            Self::EmergencySafety => 5,
        }
    }

    /// The level with this number, if a municipality issues it.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.number() == number)
    }

    /// The order's name in law.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ElderlyEvacuation => "高齢者等避難",
            Self::EvacuationOrder => "避難指示",
            Self::EmergencySafety => "緊急安全確保",
        }
    }

    /// The order's name in English.
    #[must_use]
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
