//! The kinds of hazard a place is designated for.

use serde::{Deserialize, Serialize};

/// 異常な現象の種類: the eight kinds for which the law lets a town designate an emergency evacuation site
/// (指定緊急避難場所). A shelter is usable for some and not for others; an order always names one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hazard {
    /// 洪水: a river leaves its bed.
    Flood,
    /// 崖崩れ、土石流及び地滑り.
    Landslide,
    /// 高潮.
    StormSurge,
    /// 地震.
    Earthquake,
    /// 津波.
    Tsunami,
    /// 大規模な火事.
    LargeFire,
    /// 内水氾濫: rain that the drains do not take.
    InlandFlood,
    /// 火山現象.
    Volcanic,
}

impl Hazard {
    /// All kinds, in the order of the law.
    pub const ALL: [Self; 8] = [
        Self::Flood,
        Self::Landslide,
        Self::StormSurge,
        Self::Earthquake,
        Self::Tsunami,
        Self::LargeFire,
        Self::InlandFlood,
        Self::Volcanic,
    ];

    /// The name officers use.
    pub fn japanese(self) -> &'static str {
        match self {
            Self::Flood => "洪水",
            Self::Landslide => "土砂災害",
            Self::StormSurge => "高潮",
            Self::Earthquake => "地震",
            Self::Tsunami => "津波",
            Self::LargeFire => "大規模な火事",
            Self::InlandFlood => "内水氾濫",
            Self::Volcanic => "火山現象",
        }
    }

    /// The same in English.
    pub fn english(self) -> &'static str {
        match self {
            Self::Flood => "river flood",
            Self::Landslide => "landslide",
            Self::StormSurge => "storm surge",
            Self::Earthquake => "earthquake",
            Self::Tsunami => "tsunami",
            Self::LargeFire => "large fire",
            Self::InlandFlood => "inland flood",
            Self::Volcanic => "volcanic phenomena",
        }
    }

    /// As written in files and messages of programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Flood => "flood",
            Self::Landslide => "landslide",
            Self::StormSurge => "storm-surge",
            Self::Earthquake => "earthquake",
            Self::Tsunami => "tsunami",
            Self::LargeFire => "large-fire",
            Self::InlandFlood => "inland-flood",
            Self::Volcanic => "volcanic",
        }
    }

    /// The kind with this [`code`](Self::code).
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// 屋内安全確保 (staying on a safe floor) is an option for water that rises and falls, and for nothing else.
    pub fn allows_staying_indoors(self) -> bool {
        matches!(self, Self::Flood | Self::InlandFlood | Self::StormSurge)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_names_its_hazard_and_only_its_own() {
        for kind in Hazard::ALL {
            assert_eq!(Hazard::from_code(kind.code()), Some(kind));
        }
        assert_eq!(Hazard::from_code("flooding"), None);
    }

    #[test]
    fn nobody_stays_upstairs_in_a_landslide_or_a_tsunami() {
        assert!(!Hazard::Landslide.allows_staying_indoors());
        assert!(!Hazard::Tsunami.allows_staying_indoors());
        assert!(Hazard::Flood.allows_staying_indoors());
    }
}
