//! From the level of a river to the chance that a district is under water (浸水).
//!
//! Two ways, each with its own card. Where the town has a stage table (段階表), the chance is that of reaching the level from
//! which the district is concerned. Where past floods were noted with "this district was under water" or "it was not", a
//! logistic regression of these labels on the peak level is fitted. Neither knows of levees that break, of pumps or of rain
//! that cannot flow off; the cards say so.

mod labels;
mod stages;

pub use labels::{Label, LabelError, LabelledZone};
pub use stages::StagedZone;

use crate::artifact::Words;
use crate::forecast::GaugeForecast;
use serde::{Deserialize, Serialize};

/// Fewest labels of each kind before a regression is fitted.
pub const LABELS_MIN: usize = 8;

/// How the chance of one district is worked out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "basis")]
pub enum Zone {
    /// From a table of levels.
    Staged(StagedZone),
    /// From labels of past floods.
    Labelled(LabelledZone),
}

/// What people must know of a zone's chance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ZoneCard {
    /// The district.
    pub district: String,
    /// The gauge whose level decides.
    pub gauge: String,
    /// Floods that were noted for it; 0 where a table decides.
    pub labels: usize,
    /// In how many of them it was under water.
    pub flooded: usize,
    /// On what it rests and where it is weak.
    pub words: Vec<Words>,
}

impl Zone {
    /// The district.
    #[must_use]
    pub fn district(&self) -> &str {
        match self {
            Self::Staged(zone) => &zone.district,
            Self::Labelled(zone) => &zone.district,
        }
    }

    /// Chance that the district is under water within `lead_h` hours. NaN when the forecast says nothing: silence is neither
    /// calm nor alarm. It never falls when the level rises.
    #[must_use]
    pub fn probability_within(&self, forecast: &GaugeForecast, lead_h: u32) -> f64 {
        match self {
            Self::Staged(zone) => zone.probability_within(forecast, lead_h),
            Self::Labelled(zone) => zone.probability_within(forecast, lead_h),
        }
    }

    /// Its card.
    #[must_use]
    pub fn card(&self) -> ZoneCard {
        match self {
            Self::Staged(zone) => zone.card(),
            Self::Labelled(zone) => zone.card(),
        }
    }
}

pub(crate) fn words(ja: &str, en: &str) -> Words {
    Words {
        ja: ja.to_owned(),
        en: en.to_owned(),
    }
}

/// What neither way knows.
pub(crate) fn unknown() -> Words {
    words(
        "堤防の決壊、排水ポンプの停止、内水（雨水がはけない浸水）は考慮していない。",
        "It knows nothing of levees that break, pumps that stop, or rain that cannot flow off.",
    )
}
