//! `[recommend]`: 避難情報の判断基準, the criteria.

use serde::{Deserialize, Serialize};

use super::ConfigError;
use super::checks::{lead, within};

/// `[recommend]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is explained in config/default.toml")]
pub struct Recommend {
    pub every_s: u32,
    pub level3_probability: f64,
    pub level3_lead_h: u32,
    pub level4_probability: f64,
    pub level4_lead_h: u32,
    pub rapid_rise_m_per_h: f64,
    pub reopen_after_min: u32,
    pub expire_after_h: u32,
}

impl Recommend {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        within("recommend.every_s", self.every_s, 60, 3600)?;
        within(
            "recommend.level3_probability",
            self.level3_probability,
            0.01,
            0.99,
        )?;
        within(
            "recommend.level4_probability",
            self.level4_probability,
            0.01,
            0.99,
        )?;
        lead("recommend.level3_lead_h", self.level3_lead_h)?;
        lead("recommend.level4_lead_h", self.level4_lead_h)?;
        within(
            "recommend.rapid_rise_m_per_h",
            self.rapid_rise_m_per_h,
            0.05,
            10.0,
        )?;
        within("recommend.reopen_after_min", self.reopen_after_min, 5, 720)?;
        within("recommend.expire_after_h", self.expire_after_h, 1, 72)
    }
}
