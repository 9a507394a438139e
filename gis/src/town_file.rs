//! The town file: what people write and edit by hand about a town. Unknown keys are refused, so a misspelt level cannot
//! be silently absent.

use serde::{Deserialize, Serialize};

use crate::refusal::LoadError;

/// How the file is named in refusals.
pub(crate) const PART: &str = "town.toml";
const BYTES_MAX: usize = 4 * 1024 * 1024;

/// The whole file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TownFile {
    /// Six digits, the last one a check digit (全国地方公共団体コード).
    pub code: String,
    /// Japanese name.
    pub name: String,
    /// Name in Latin letters.
    pub name_en: String,
    /// Prefecture (都道府県).
    pub prefecture: String,
    /// What makes a shelter usable.
    #[serde(default)]
    pub shelter_rule: TownShelterRule,
    /// Rivers and the gauges that decide for them.
    #[serde(default, rename = "river")]
    pub rivers: Vec<TownRiver>,
    /// Gauges.
    #[serde(default, rename = "gauge")]
    pub gauges: Vec<TownGauge>,
    /// At which level of a gauge which part of the zone is concerned.
    #[serde(default, rename = "stage", skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<TownStage>,
    /// What is not real or not certain.
    #[serde(default, rename = "note")]
    pub notes: Vec<TownNote>,
    /// Whose data this is.
    #[serde(default, rename = "attribution")]
    pub attribution: Vec<TownAttribution>,
}

/// What makes a shelter usable.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TownShelterRule {
    /// Deepest flood rank at an approved site at which it may still be used, 0 (none) to 6.
    #[serde(default)]
    pub flood_depth_rank_max: u8,
}

/// A river.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TownRiver {
    /// Japanese name.
    pub name: String,
    /// Name in Latin letters.
    pub name_en: String,
    /// Gauges that decide for it, the main one first.
    pub gauges: Vec<String>,
}

/// A gauge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TownGauge {
    /// Station number of the ministry.
    pub id: String,
    /// Japanese name.
    pub name: String,
    /// Reading in kana.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kana: Option<String>,
    /// Name in Latin letters.
    pub name_en: String,
    /// River.
    pub river: String,
    /// River in Latin letters.
    pub river_en: String,
    /// Longitude, degrees.
    pub lon: f64,
    /// Latitude, degrees.
    pub lat: f64,
    /// Kilometres from mouth or confluence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub river_km: Option<f64>,
    /// Gauges above it, nearest first.
    #[serde(default)]
    pub upstream: Vec<String>,
    /// Official levels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub levels: Option<TownLevels>,
}

/// Official levels of a gauge; a level without a source is left out, never guessed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TownLevels {
    /// 水防団待機水位
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standby_m: Option<f64>,
    /// 氾濫注意水位
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caution_m: Option<f64>,
    /// 避難判断水位
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evacuation_judgement_m: Option<f64>,
    /// 氾濫危険水位
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub danger_m: Option<f64>,
    /// 計画高水位
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub design_high_water_m: Option<f64>,
    /// 氾濫開始相当水位
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overflow_start_m: Option<f64>,
    /// Where they were read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// From a level on, zones of a rank and deeper are concerned. The level is either one of the gauge's official ones by its
/// key (`at`) or metres (`level_m`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TownStage {
    /// Station number of the gauge.
    pub gauge: String,
    /// River whose districts are concerned.
    pub river: String,
    /// Key of an official level, such as `danger_m`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Metres in the gauge's own datum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level_m: Option<f64>,
    /// Shallowest rank that is concerned, 1 to 6.
    pub depth_rank_min: u8,
    /// Districts that are concerned; all that the river reaches where this is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub districts: Option<Vec<String>>,
    /// Where the town has it from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// A statement about what is assumed, in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TownNote {
    /// Japanese.
    pub ja: String,
    /// English.
    pub en: String,
}

/// Whose data it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TownAttribution {
    /// What comes from this source.
    pub what: String,
    /// The credit line the source asks for.
    pub source: String,
    /// Its licence.
    pub licence: String,
}

impl TownFile {
    /// Reads the text of a town file.
    ///
    /// # Errors
    /// Says where the text stops being TOML, or which key is unknown or missing.
    pub fn read(text: &str) -> Result<Self, LoadError> {
        if text.len() > BYTES_MAX {
            return Err(LoadError::TooLarge {
                part: PART.into(),
                max_bytes: BYTES_MAX,
            });
        }
        toml::from_str(text).map_err(|why| LoadError::Unreadable {
            part: PART.into(),
            format: "a town in TOML",
            why: why.to_string().trim_end().to_owned(),
        })
    }

    /// Its text.
    ///
    /// # Errors
    /// Only if a value has no form in TOML.
    pub fn write(&self) -> Result<String, toml::ser::Error> {
        toml::to_string(self)
    }
}
