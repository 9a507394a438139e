//! Landslide warning areas (土砂災害警戒区域), by what moves and how the law ranks them.

use serde::{Deserialize, Serialize};

/// A landslide warning area (土砂災害警戒区域) or special warning area (土砂災害特別警戒区域).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LandslideArea {
    /// What moves; nothing where the source has a code that no list explains.
    pub phenomenon: Option<Phenomenon>,
    /// How the law ranks it; nothing where the source has a code that no list explains.
    pub zone: Option<LandslideZone>,
    /// Number of the area (箇所番号) as published.
    pub number: Option<String>,
    /// Name of the area as published.
    pub name: Option<String>,
}

/// What moves (現象の種類).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Phenomenon {
    /// 急傾斜地の崩壊
    SteepSlope,
    /// 土石流
    DebrisFlow,
    /// 地滑り
    Landslide,
}

impl Phenomenon {
    /// The phenomenon of a code of the national data, 1 to 3.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::SteepSlope),
            2 => Some(Self::DebrisFlow),
            3 => Some(Self::Landslide),
            _ => None,
        }
    }

    /// In Japanese and English.
    #[must_use]
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::SteepSlope => ("急傾斜地の崩壊", "slope failure"),
            Self::DebrisFlow => ("土石流", "debris flow"),
            Self::Landslide => ("地滑り", "landslide"),
        }
    }
}

/// How the law ranks an area (区域区分), from less to more dangerous.
///
/// The code list of the national data says 1 = yellow and 2 = red; some programs have it the other way round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum LandslideZone {
    /// 警戒区域（指定前）
    WarningProposed,
    /// 警戒区域（指定済）, yellow
    Warning,
    /// 特別警戒区域（指定前）
    SpecialProposed,
    /// 特別警戒区域（指定済）, red
    Special,
}

impl LandslideZone {
    /// The zone of a code of the national data, 1 to 4.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Warning),
            2 => Some(Self::Special),
            3 => Some(Self::WarningProposed),
            4 => Some(Self::SpecialProposed),
            _ => None,
        }
    }

    /// Whether it is or will be a special warning area (特別警戒区域, レッドゾーン).
    #[must_use]
    pub fn is_special(self) -> bool {
        matches!(self, Self::Special | Self::SpecialProposed)
    }

    /// In Japanese and English.
    #[must_use]
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::WarningProposed => (
                "土砂災害警戒区域（指定前）",
                "landslide warning area, not yet designated",
            ),
            Self::Warning => ("土砂災害警戒区域", "landslide warning area"),
            Self::SpecialProposed => (
                "土砂災害特別警戒区域（指定前）",
                "special landslide warning area, not yet designated",
            ),
            Self::Special => ("土砂災害特別警戒区域", "special landslide warning area"),
        }
    }

    /// Yellow or red, as the two are spoken of, `#rrggbb`. Colour is never the only sign: show the words too.
    #[must_use]
    pub fn colour(self) -> &'static str {
        if self.is_special() {
            "#fa2800"
        } else {
            "#ffe600"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LandslideZone, Phenomenon};

    #[test]
    fn one_is_yellow_and_two_is_red() {
        assert_eq!(LandslideZone::from_code(1), Some(LandslideZone::Warning));
        assert_eq!(LandslideZone::from_code(2), Some(LandslideZone::Special));
        assert!(LandslideZone::Special > LandslideZone::Warning);
    }

    #[test]
    fn codes_outside_the_list_are_nothing() {
        assert!(
            [0, 5, 255]
                .iter()
                .all(|code| LandslideZone::from_code(*code).is_none())
        );
        assert!(
            [0, 4, 255]
                .iter()
                .all(|code| Phenomenon::from_code(*code).is_none())
        );
    }
}
