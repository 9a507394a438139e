//! Live or exercise: two worlds that never mix.

use serde::{Deserialize, Serialize};

/// The world a running service belongs to. A data directory is stamped with it once and for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Realm {
    /// 本番: notices are meant for the public.
    Actual,
    /// 訓練: drills and replays of recorded floods. Every text begins with 訓練.
    Exercise,
}

impl Realm {
    /// The word used in topics, cookies and the data directory.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Actual => "actual",
            Self::Exercise => "exercise",
        }
    }

    /// The value of CAP's `status`.
    #[must_use]
    pub fn cap_status(self) -> &'static str {
        match self {
            Self::Actual => "Actual",
            Self::Exercise => "Exercise",
        }
    }
}

impl std::fmt::Display for Realm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}
