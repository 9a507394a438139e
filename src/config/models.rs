//! `[models]`: what may happen next.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// `[models]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is explained in config/default.toml")]
pub struct Models {
    pub history: PathBuf,
    pub dir: PathBuf,
    pub enabled: bool,
    pub flood_labels: PathBuf,
}
