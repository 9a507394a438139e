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
    pub deadline: DeadlineSettings,
}

impl Recommend {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        within("recommend.every_s", self.every_s, 60, 3600)?;
        within("recommend.reopen_after_min", self.reopen_after_min, 5, 720)?;
        within("recommend.expire_after_h", self.expire_after_h, 1, 72)?;
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
