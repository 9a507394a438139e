//! What people decided about the town: `rules.toml`.

use std::collections::BTreeMap;
use std::path::Path;

use hinan_gis::{TownAttribution, TownNote};
use serde::Deserialize;

use crate::Failure;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rules {
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) name_en: String,
    pub(crate) prefecture: String,
    pub(crate) flood_depth_rank_max: u8,
    pub(crate) people_in_zone_min: u32,
    #[serde(rename = "river")]
    pub(crate) rivers: Vec<RiverRule>,
    pub(crate) other_rivers: BTreeMap<String, String>,
    #[serde(rename = "gauge")]
    pub(crate) gauges: Vec<GaugeRule>,
    #[serde(rename = "unit")]
    pub(crate) units: Vec<UnitRule>,
    #[serde(rename = "note")]
    pub(crate) notes: Vec<TownNote>,
    #[serde(rename = "attribution")]
    pub(crate) attribution: Vec<TownAttribution>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RiverRule {
    pub(crate) name: String,
    pub(crate) name_en: String,
    pub(crate) gauges: Vec<String>,
    #[serde(default)]
    pub(crate) through: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GaugeRule {
    pub(crate) name: String,
    pub(crate) name_en: String,
    pub(crate) upstream: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UnitRule {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) name_en: String,
    /// Side, first and last 条, 北 or 南, first and last 丁目.
    #[serde(default)]
    pub(crate) blocks: Vec<(String, u32, u32, String, u32, u32)>,
    /// Beginnings of town names.
    #[serde(default)]
    pub(crate) towns: Vec<String>,
}

pub(crate) fn read(path: &Path) -> Result<Rules, Failure> {
    let text = std::fs::read_to_string(path).map_err(|why| format!("{}: {why}", path.display()))?;
    toml::from_str(&text).map_err(|why| format!("{}: {why}", path.display()).into())
}
