//! How serious a piece of official information is, and about what.
//!
//! A level of the agency *corresponds* to an alert level (警戒レベル３相当); only a mayor's order *is* one. [`JmaLevel`] is a
//! type of its own so that the two are never taken for one another.

use serde::{Deserialize, Serialize};

/// 警戒レベル相当: 1 to 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "u8", try_from = "u8")]
pub enum JmaLevel {
    /// 早期注意情報.
    L1,
    /// 注意報.
    L2,
    /// 警報.
    L3,
    /// 危険警報.
    L4,
    /// 特別警報.
    L5,
}

impl JmaLevel {
    /// The number.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::L1 => 1,
            Self::L2 => 2,
            Self::L3 => 3,
            Self::L4 => 4,
            Self::L5 => 5,
        }
    }
}

impl From<JmaLevel> for u8 {
    fn from(level: JmaLevel) -> Self {
        level.number()
    }
}

impl TryFrom<u8> for JmaLevel {
    type Error = String;

    fn try_from(number: u8) -> Result<Self, Self::Error> {
        match number {
            1 => Ok(Self::L1),
            2 => Ok(Self::L2),
            3 => Ok(Self::L3),
            4 => Ok(Self::L4),
            5 => Ok(Self::L5),
            _ => Err(format!("level {number}; accepted: 1 to 5")),
        }
    }
}

/// What kind of information it is, from nothing to the most serious.
///
/// [`Class::Unknown`] ranks above all: a code nobody here knows is a reason to look, never "nothing".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Nothing is in force.
    None,
    /// 速報 and the like: something was observed or is about to happen; not one of the warnings of the law.
    Information,
    /// 注意報.
    Advisory,
    /// 警報.
    Warning,
    /// 危険警報.
    Danger,
    /// 特別警報, and 大津波警報, which the law counts as one.
    Special,
    /// A code that is not in our tables: a person must look.
    Unknown,
}

/// Class and, where the law gives it one, level. Greater is more serious.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Grade {
    /// Class.
    pub class: Class,
    /// 警戒レベル相当. Storm, waves, snow and the advisories of other phenomena have none.
    pub level: Option<JmaLevel>,
}

impl Grade {
    /// Nothing in force.
    pub const NONE: Self = Self {
        class: Class::None,
        level: None,
    };

    pub(crate) const fn new(class: Class, level: Option<JmaLevel>) -> Self {
        Self { class, level }
    }

    pub(crate) fn of_level(level: JmaLevel) -> Self {
        let class = match level {
            JmaLevel::L1 => Class::Information,
            JmaLevel::L2 => Class::Advisory,
            JmaLevel::L3 => Class::Warning,
            JmaLevel::L4 => Class::Danger,
            JmaLevel::L5 => Class::Special,
        };
        Self::new(class, Some(level))
    }
}

/// What the information is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Hazard {
    /// 大雨: inundation, and rivers without a forecast of their own.
    HeavyRain,
    /// 土砂災害.
    Landslide,
    /// 高潮.
    StormSurge,
    /// 氾濫, per river.
    RiverFlood,
    /// 洪水: the general flood warning of before May 2026; still in old telegrams.
    Flood,
    /// 暴風・強風.
    Storm,
    /// 暴風雪・風雪.
    Snowstorm,
    /// 波浪.
    Waves,
    /// 大雪.
    HeavySnow,
    /// 雷.
    Thunder,
    /// 融雪.
    Snowmelt,
    /// 濃霧.
    Fog,
    /// 乾燥.
    DryAir,
    /// なだれ.
    Avalanche,
    /// 低温.
    LowTemperature,
    /// 霜.
    Frost,
    /// 着氷.
    Icing,
    /// 着雪.
    WetSnow,
    /// 竜巻注意情報.
    Tornado,
    /// 記録的短時間大雨.
    RecordRain,
    /// 線状降水帯.
    RainBand,
    /// 津波.
    Tsunami,
    /// 火山.
    Volcano,
    /// その他の注意報.
    Other,
    /// A code that is not in our tables.
    Unknown,
}

impl Hazard {
    /// The field's word.
    #[must_use]
    pub fn japanese(self) -> &'static str {
        match self {
            Self::HeavyRain => "大雨",
            Self::Landslide => "土砂災害",
            Self::StormSurge => "高潮",
            Self::RiverFlood => "氾濫",
            Self::Flood => "洪水",
            Self::Storm => "暴風",
            Self::Snowstorm => "暴風雪",
            Self::Waves => "波浪",
            Self::HeavySnow => "大雪",
            Self::Thunder => "雷",
            Self::Snowmelt => "融雪",
            Self::Fog => "濃霧",
            Self::DryAir => "乾燥",
            Self::Avalanche => "なだれ",
            Self::LowTemperature => "低温",
            Self::Frost => "霜",
            Self::Icing => "着氷",
            Self::WetSnow => "着雪",
            Self::Tornado => "竜巻",
            Self::RecordRain => "記録的短時間大雨",
            Self::RainBand => "線状降水帯",
            Self::Tsunami => "津波",
            Self::Volcano => "火山",
            Self::Other => "その他",
            Self::Unknown => "不明",
        }
    }
}
