//! `[recommend]`: 避難情報の判断基準, the criteria.

use std::collections::BTreeMap;
use std::path::PathBuf;

use hinan_recommend::{DeadlineSettings, Hazard, Kind};
use serde::{Deserialize, Serialize};

use super::ConfigError;
use super::checks::{refused, within};

/// `[recommend]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is explained in config/default.toml")]
pub struct Recommend {
    pub every_s: u32,
    pub criteria: PathBuf,
    pub plan: PathBuf,
    pub river_kinds: BTreeMap<String, Kind>,
    pub reopen_after_min: u32,
    pub expire_after_h: u32,
    pub hysteresis_m: f64,
    pub deadline: DeadlineSettings,
    /// The file it was read from, for errors that name a line; nothing for the defaults.
    #[serde(skip)]
    pub file: PathBuf,
}

impl Recommend {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        within("recommend.every_s", self.every_s, 60, 3600)?;
        within("recommend.reopen_after_min", self.reopen_after_min, 5, 720)?;
        within("recommend.expire_after_h", self.expire_after_h, 1, 72)?;
        // No number at all is outside, too.
        if !(0.0..=5.0).contains(&self.hysteresis_m) {
            return refused(
                "recommend.hysteresis_m",
                &self.hysteresis_m,
                "0 to 5 metres",
            );
        }
        if let Some((river, kind)) = self
            .river_kinds
            .iter()
            .find(|(_, kind)| kind.hazard() != Hazard::Flood)
        {
            return refused(
                &format!("recommend.river_kinds {river}"),
                &kind.code(),
                "\"forecast-river\", \"water-level-river\" or \"other-river\"",
            );
        }
        self.deadline.check().or_else(|why| {
            refused(
                &format!("recommend.deadline.{}", why.key),
                &why.value,
                why.accepted,
            )
        })
    }
}
