//! 発令基準: a town's own criteria, from its file to answers.
//!
//! A file lists conditions. Each belongs to a kind of threat and to a level, and is met when all its tests are met; a level
//! is asked for when any of its conditions is. Every answer has three values, and unknown is never "not met".

mod change;
mod evaluate;
mod explain;
mod finding;
mod input;
mod read;
mod sound;
mod test;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

pub use self::change::changes;
pub(crate) use self::evaluate::{Alike, posture as posture_answer};
pub use self::evaluate::{Asked, evaluate};
pub use self::finding::{Answer, Finding, Result as TestResult, Seen};
pub use self::input::Input;
pub use self::read::CriteriaError;
pub use self::test::Test;

use crate::hazard::Hazard;
use crate::level::OrderLevel;

/// The criteria used where a town has none of its own: the national model, and what this project adds, each marked as such.
pub const NATIONAL: &str = include_str!("../../../config/criteria.toml");

/// Conditions of one file, at most.
pub const CONDITIONS_MAX: usize = 400;
/// Bytes of one file, at most.
pub const BYTES_MAX: usize = 1 << 20;

/// What the criteria speak of: rivers by how they are watched, and the other hazards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// 洪水予報河川
    ForecastRiver,
    /// 水位周知河川
    WaterLevelRiver,
    /// その他河川
    OtherRiver,
    /// 内水氾濫
    InlandFlood,
    /// 土砂災害
    Landslide,
    /// 高潮
    StormSurge,
    /// 津波
    Tsunami,
    /// 地震: posture and shelters only. Nobody is ordered to leave because of an earthquake.
    Earthquake,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 8] = [
        Self::ForecastRiver,
        Self::WaterLevelRiver,
        Self::OtherRiver,
        Self::InlandFlood,
        Self::Landslide,
        Self::StormSurge,
        Self::Tsunami,
        Self::Earthquake,
    ];

    /// As written in files.
    pub fn code(self) -> &'static str {
        match self {
            Self::ForecastRiver => "forecast-river",
            Self::WaterLevelRiver => "water-level-river",
            Self::OtherRiver => "other-river",
            Self::InlandFlood => "inland-flood",
            Self::Landslide => "landslide",
            Self::StormSurge => "storm-surge",
            Self::Tsunami => "tsunami",
            Self::Earthquake => "earthquake",
        }
    }

    /// In the officers' words.
    pub fn japanese(self) -> &'static str {
        match self {
            Self::ForecastRiver => "洪水予報河川",
            Self::WaterLevelRiver => "水位周知河川",
            Self::OtherRiver => "その他河川",
            Self::InlandFlood => "内水氾濫",
            Self::Landslide => "土砂災害",
            Self::StormSurge => "高潮",
            Self::Tsunami => "津波",
            Self::Earthquake => "地震",
        }
    }

    /// The kind of hazard in the law.
    pub fn hazard(self) -> Hazard {
        match self {
            Self::ForecastRiver | Self::WaterLevelRiver | Self::OtherRiver => Hazard::Flood,
            Self::InlandFlood => Hazard::InlandFlood,
            Self::Landslide => Hazard::Landslide,
            Self::StormSurge => Hazard::StormSurge,
            Self::Tsunami => Hazard::Tsunami,
            Self::Earthquake => Hazard::Earthquake,
        }
    }

    /// Whether it is a river.
    pub fn is_river(self) -> bool {
        self.hazard() == Hazard::Flood
    }

    /// Whether a unit must name a gauge: small rivers mostly have none.
    pub fn needs_gauge(self) -> bool {
        matches!(self, Self::ForecastRiver | Self::WaterLevelRiver)
    }
}

/// One condition: met when all its tests are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    /// Its name in the file, each once.
    pub id: String,
    /// What it speaks of.
    pub kind: Kind,
    /// The level it asks for.
    pub level: OrderLevel,
    /// What it says, in the town's own words.
    pub words: String,
    /// The same in English.
    pub words_en: String,
    /// All of these.
    pub all: Vec<Test>,
}

/// 防災体制: what the town does besides ordering, such as opening shelters after an earthquake.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Posture {
    /// Its name in the file.
    pub id: String,
    /// What it speaks of.
    pub kind: Kind,
    /// What to do.
    pub words: String,
    /// The same in English.
    pub words_en: String,
    /// Whether shelters are inspected and opened.
    pub opens_shelters: bool,
    /// All of these.
    pub all: Vec<Test>,
}

/// After so many minutes without a word, what was said is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stale {
    /// Official information, sign of life included.
    pub official_min: u32,
    /// 危険度分布
    pub risk_map_min: u32,
    /// Rain of a station.
    pub rain_min: u32,
    /// Forecasts.
    pub forecast_min: u32,
}

/// A checked criteria file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Criteria {
    /// Whose they are, such as 帯広市 避難情報の判断基準.
    pub name: String,
    /// Its own version, such as 令和8年6月改定.
    pub version: String,
    /// When a word is too old.
    pub stale: Stale,
    /// Conditions in the order of the file.
    #[serde(with = "crate::shared::list")]
    pub conditions: Vec<Arc<Condition>>,
    /// What else is done.
    #[serde(with = "crate::shared::list")]
    pub postures: Vec<Arc<Posture>>,
}

impl Criteria {
    /// Reads and checks a file's text; `path` names it in errors.
    ///
    /// # Errors
    /// The first thing that is not accepted, with line, key, what was found and what would be accepted.
    pub fn read(text: &str, path: &str) -> Result<Self, CriteriaError> {
        let criteria = read::read(text, path)?;
        sound::check(&criteria, text, path)?;
        Ok(criteria)
    }

    /// The national model criteria.
    ///
    /// # Panics
    /// Never: a test reads them.
    pub fn national() -> Self {
        Self::read(NATIONAL, "config/criteria.toml")
            .expect("the criteria that ship are valid, a test reads them")
    }

    /// Whether another one is the same; what both share is not read again.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        fn same<T: PartialEq>(own: &[Arc<T>], others: &[Arc<T>]) -> bool {
            let mut pairs = own.iter().zip(others);
            own.len() == others.len() && pairs.all(|(own, of)| Arc::ptr_eq(own, of) || own == of)
        }
        let Self {
            name,
            version,
            stale,
            conditions,
            postures,
        } = self;
        *name == other.name
            && *version == other.version
            && *stale == other.stale
            && same(conditions, &other.conditions)
            && same(postures, &other.postures)
    }

    /// SHA-256 of what they mean, in hex: comments and spaces do not count, every threshold and word does.
    pub fn digest(&self) -> String {
        let canonical = serde_json::to_vec(self)
            .expect("criteria are text and finite numbers, which JSON can always say");
        hex::encode(Sha256::digest(&canonical))
    }

    /// Conditions for one kind of threat.
    pub fn of(&self, kind: Kind) -> impl Iterator<Item = &Arc<Condition>> {
        self.conditions
            .iter()
            .filter(move |condition| condition.kind == kind)
    }

    /// One condition by its name.
    pub fn condition(&self, id: &str) -> Option<&Arc<Condition>> {
        self.conditions.iter().find(|condition| condition.id == id)
    }

    /// Gauges that conditions name themselves, with the condition's name and kind.
    pub fn named_gauges(&self) -> impl Iterator<Item = (&str, &Condition)> {
        self.conditions.iter().flat_map(|condition| {
            let mut found = Vec::new();
            test::named_gauges(&condition.all, &mut found);
            found
                .into_iter()
                .map(move |gauge| (gauge, condition.as_ref()))
        })
    }

    /// What they say, in plain Japanese, one condition a line.
    pub fn explained(&self) -> String {
        explain::explained(self, &BTreeSet::new())
    }

    /// The same, with what is never answered where nobody tells these.
    pub fn explained_without(&self, unheard: &BTreeSet<Input>) -> String {
        explain::explained(self, unheard)
    }

    fn by_kind(&self) -> BTreeMap<Kind, Vec<&Condition>> {
        let mut by_kind: BTreeMap<Kind, Vec<&Condition>> = BTreeMap::new();
        for condition in &self.conditions {
            by_kind.entry(condition.kind).or_default().push(condition);
        }
        by_kind
    }
}
