//! The file as it is written.

use serde::Deserialize;
use toml::Spanned;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct File {
    pub(super) agency: Agency,
    pub(super) river: Vec<River>,
    pub(super) rain: Vec<Rain>,
    pub(super) threat: Vec<Threat>,
    pub(super) home: Vec<Home>,
    pub(super) name: Vec<Name>,
    pub(super) facility: Vec<Facility>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Agency {
    pub(super) tsunami_areas: Vec<Spanned<String>>,
    pub(super) shaking_areas: Vec<Spanned<String>>,
    pub(super) record_rain_areas: Vec<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct River {
    pub(super) name: Spanned<String>,
    pub(super) codes: Vec<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rain {
    pub(super) station: Spanned<String>,
    pub(super) name: Spanned<String>,
    #[serde(default)]
    pub(super) districts: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) rivers: Vec<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Threat {
    pub(super) kind: Spanned<String>,
    pub(super) district: Spanned<String>,
    pub(super) people_at_risk: Spanned<u32>,
    pub(super) source: Spanned<String>,
    #[serde(default)]
    pub(super) gauges: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) tsunami_from: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) depth_max_m: Option<Spanned<f64>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Home {
    pub(super) district: Spanned<String>,
    pub(super) river: Spanned<String>,
    pub(super) source: Spanned<String>,
    #[serde(default)]
    pub(super) people_in_collapse_zone: Option<Spanned<u32>>,
    #[serde(default)]
    pub(super) people_with_dry_room: Option<Spanned<u32>>,
    #[serde(default)]
    pub(super) storeys_percent: Option<Spanned<Storeys>>,
    #[serde(default)]
    pub(super) isolation_h: Option<Spanned<f64>>,
    #[serde(default)]
    pub(super) road_cut_m: Option<Spanned<f64>>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Storeys {
    pub(super) one: f64,
    pub(super) two: f64,
    pub(super) three: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Name {
    pub(super) name: Spanned<String>,
    pub(super) name_en: Spanned<String>,
    pub(super) districts: Spanned<Vec<Spanned<String>>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Facility {
    pub(super) id: Spanned<String>,
    pub(super) name: Spanned<String>,
    #[serde(default)]
    pub(super) name_en: Option<Spanned<String>>,
    pub(super) district: Spanned<String>,
    pub(super) people: Spanned<u32>,
    pub(super) lead_min: Spanned<Lead>,
    pub(super) source: Spanned<String>,
    #[serde(default)]
    pub(super) rivers: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) threats: Vec<Spanned<String>>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Lead {
    pub(super) quick: f64,
    pub(super) middle: f64,
    pub(super) slow: f64,
}
