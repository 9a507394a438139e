//! `[service]` and `[town]`: who we are and where.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::realm::Realm;

/// `[service]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is explained in config/default.toml")]
pub struct Service {
    pub realm: Realm,
    pub data_dir: PathBuf,
    pub log: LogStyle,
    pub actual_secrets: Vec<String>,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogStyle {
    /// For people.
    Pretty,
    /// For machines.
    Json,
}

/// `[town]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is explained in config/default.toml")]
pub struct TownSource {
    pub dir: PathBuf,
    pub roads: PathBuf,
}
