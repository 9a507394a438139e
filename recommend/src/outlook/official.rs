//! What the agency and the river offices say. Information, never an order.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::criteria::Input;
use crate::id::UnitId;
use crate::level::JmaLevel;

/// Something that was said, by whom and when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Told<T> {
    /// What.
    pub value: T,
    /// When.
    pub at: Timestamp,
    /// By whom, as an officer would name it.
    pub source: String,
}

/// Kinds of information with a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Product {
    /// 大雨
    HeavyRain,
    /// 土砂災害
    Landslide,
    /// 高潮
    StormSurge,
}

impl Product {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::HeavyRain, Self::Landslide, Self::StormSurge];

    /// As written in files.
    pub fn code(self) -> &'static str {
        match self {
            Self::HeavyRain => "heavy-rain",
            Self::Landslide => "landslide",
            Self::StormSurge => "storm-surge",
        }
    }

    /// The name of the information of this level.
    pub fn japanese(self, level: JmaLevel) -> String {
        let what = match self {
            Self::HeavyRain => "大雨",
            Self::Landslide => "土砂災害",
            Self::StormSurge => "高潮",
        };
        named(what, level)
    }
}

/// レベルn○○(特別警報, 危険警報, 警報, 注意報).
pub(crate) fn named(what: &str, level: JmaLevel) -> String {
    let kind = match level.number() {
        5 => "特別警報",
        4 => "危険警報",
        3 => "警報",
        2 => "注意報",
        _ => return "早期注意情報".to_owned(),
    };
    format!("レベル{}{what}{kind}", level.number())
}

/// 危険度分布(キキクル).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RiskMap {
    /// 土砂キキクル
    Landslide,
    /// 浸水キキクル
    Inundation,
    /// 洪水キキクル
    Flood,
    /// 水害リスクライン
    RiverLine,
}

impl RiskMap {
    /// All maps.
    pub const ALL: [Self; 4] = [
        Self::Landslide,
        Self::Inundation,
        Self::Flood,
        Self::RiverLine,
    ];

    /// As written in files.
    pub fn code(self) -> &'static str {
        match self {
            Self::Landslide => "landslide",
            Self::Inundation => "inundation",
            Self::Flood => "flood",
            Self::RiverLine => "river-line",
        }
    }

    /// Its name.
    pub fn japanese(self) -> &'static str {
        match self {
            Self::Landslide => "土砂キキクル",
            Self::Inundation => "浸水キキクル",
            Self::Flood => "洪水キキクル",
            Self::RiverLine => "水害リスクライン",
        }
    }
}

/// 津波の予報区分, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TsunamiClass {
    /// 津波注意報
    Advisory,
    /// 津波警報
    Warning,
    /// 大津波警報
    Major,
}

impl TsunamiClass {
    /// Weakest first.
    pub const ALL: [Self; 3] = [Self::Advisory, Self::Warning, Self::Major];

    /// As written in files.
    pub fn code(self) -> &'static str {
        match self {
            Self::Advisory => "advisory",
            Self::Warning => "warning",
            Self::Major => "major",
        }
    }

    /// Its name.
    pub fn japanese(self) -> &'static str {
        match self {
            Self::Advisory => "津波注意報",
            Self::Warning => "津波警報",
            Self::Major => "大津波警報",
        }
    }
}

/// 震度, weakest first, from 4 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Intensity {
    /// 震度4
    #[serde(rename = "4")]
    Four,
    /// 震度5弱
    #[serde(rename = "5-lower")]
    FiveLower,
    /// 震度5強
    #[serde(rename = "5-upper")]
    FiveUpper,
    /// 震度6弱
    #[serde(rename = "6-lower")]
    SixLower,
    /// 震度6強
    #[serde(rename = "6-upper")]
    SixUpper,
    /// 震度7
    #[serde(rename = "7")]
    Seven,
}

impl Intensity {
    /// Weakest first.
    pub const ALL: [Self; 6] = [
        Self::Four,
        Self::FiveLower,
        Self::FiveUpper,
        Self::SixLower,
        Self::SixUpper,
        Self::Seven,
    ];

    /// As written in files.
    pub fn code(self) -> &'static str {
        match self {
            Self::Four => "4",
            Self::FiveLower => "5-lower",
            Self::FiveUpper => "5-upper",
            Self::SixLower => "6-lower",
            Self::SixUpper => "6-upper",
            Self::Seven => "7",
        }
    }

    /// Its name.
    pub fn japanese(self) -> &'static str {
        match self {
            Self::Four => "震度4",
            Self::FiveLower => "震度5弱",
            Self::FiveUpper => "震度5強",
            Self::SixLower => "震度6弱",
            Self::SixUpper => "震度6強",
            Self::Seven => "震度7",
        }
    }
}

/// What holds now. What is absent is not in force only if the agency was heard lately; else nobody knows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Official {
    /// When the agency was last heard, sign of life included. Nothing = never.
    pub heard_at: Option<Timestamp>,
    /// In force for the town.
    pub levels: BTreeMap<Product, Told<JmaLevel>>,
    /// 指定河川洪水予報, by the river's name.
    pub rivers: BTreeMap<String, Told<JmaLevel>>,
    /// The highest class of each map that touches a unit.
    pub risk_maps: BTreeMap<RiskMap, BTreeMap<UnitId, Told<JmaLevel>>>,
    /// When the maps were last heard, by map.
    pub risk_maps_at: BTreeMap<RiskMap, Timestamp>,
    /// 暴風警報 in force.
    pub storm_warning: Option<Told<()>>,
    /// When the storm is expected to begin.
    pub storm_from: Option<Told<Timestamp>>,
    /// The highest level expected between this dusk and the next dawn, by kind.
    pub overnight: BTreeMap<Product, Told<JmaLevel>>,
    /// The highest level expected from now on, at whatever hour, by kind.
    #[serde(default)]
    pub expected: BTreeMap<Product, Told<JmaLevel>>,
    /// When the criterion of the kind is expected to be reached.
    pub reached_by: BTreeMap<Product, Told<Timestamp>>,
    /// Tsunami class in force.
    pub tsunami: Option<Told<TsunamiClass>>,
    /// When the first wave is expected.
    pub tsunami_at: Option<Told<Timestamp>>,
    /// Strongest shaking in the town within the last hours.
    pub intensity: Option<Told<Intensity>>,
    /// 記録的短時間大雨情報 in force for the town.
    #[serde(default)]
    pub record_rain: Option<Told<()>>,
    /// The most rain within an hour that is expected, span by span in their order.
    #[serde(default)]
    pub rain_ahead: Option<Told<Vec<RainSpan>>>,
    /// What is in force with a code that nobody here knows: it may be more than what is known.
    #[serde(default)]
    pub unclear: BTreeSet<Input>,
    /// Whether water that a dam will let go is still to come; nothing = nobody asked the dam.
    pub dam_release_ahead: Option<Told<bool>>,
}

/// The most rain within one hour of a span.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RainSpan {
    /// Begin.
    pub from: Timestamp,
    /// End.
    pub until: Timestamp,
    /// Millimetres within an hour.
    pub most_mm_per_h: f64,
}

/// The least and the most that may fall within so many hours, millimetres; nothing where the spans do not reach so far without a gap.
pub(crate) fn expected_mm(spans: &[RainSpan], as_of: Timestamp, hours: u32) -> Option<(f64, f64)> {
    let ends = super::gauge::after_hours(as_of, f64::from(hours))?;
    let (mut known_until, mut low, mut high) = (as_of, 0.0_f64, 0.0);
    for span in spans {
        if span.until <= known_until || span.from >= ends {
            continue;
        }
        if span.from > known_until {
            return None;
        }
        let until = span.until.min(ends);
        let long_h = super::gauge::hours_between(known_until, until);
        high += long_h * span.most_mm_per_h;
        // The hour of the most may lie before now, or reach past the end, where only part of the span is asked for.
        if span.from >= as_of && span.until <= ends {
            low = low.max(span.most_mm_per_h);
        }
        known_until = until;
    }
    (known_until >= ends).then_some((low, high))
}

/// An expected time that was not renewed for so long counts no more, hours.
const WORD_LASTS_H: f64 = 12.0;

impl Official {
    /// When the storm begins. A word of long ago does not count; one that merely was not renewed does: to believe it is the
    /// careful side. A warning in force that says no time counts as a storm since it was issued; see
    /// [`storm_is_assumed`](Self::storm_is_assumed).
    pub fn storm_begins(&self, as_of: Timestamp) -> Option<Timestamp> {
        let said = expected(self.storm_from.as_ref(), as_of).map(|told| told.value);
        said.or_else(|| self.storm_warning.as_ref().map(|told| told.at.min(as_of)))
    }

    /// Whether a storm warning is in force that says no time, so that the storm is taken to blow already.
    pub fn storm_is_assumed(&self, as_of: Timestamp) -> bool {
        self.storm_warning.is_some() && expected(self.storm_from.as_ref(), as_of).is_none()
    }

    pub(crate) fn criterion_reached(
        &self,
        product: Product,
        as_of: Timestamp,
    ) -> Option<&Told<Timestamp>> {
        expected(self.reached_by.get(&product), as_of)
    }

    pub(crate) fn first_wave(&self, as_of: Timestamp) -> Option<&Told<Timestamp>> {
        expected(self.tsunami_at.as_ref(), as_of)
    }
}

fn expected(told: Option<&Told<Timestamp>>, as_of: Timestamp) -> Option<&Told<Timestamp>> {
    told.filter(|told| super::gauge::hours_between(told.at, as_of) <= WORD_LASTS_H)
}
