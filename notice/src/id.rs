//! The identifier of a notice in every channel.

use serde::{Deserialize, Serialize};

/// Identifier of a notice in every channel: `jp-{code}-{unique}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NoticeId(String);

impl NoticeId {
    /// A new identifier from the municipality's code and a unique number, which the caller takes from chance alone.
    #[must_use]
    pub fn new(town_code: &str, unique: uuid::Uuid) -> Self {
        Self(format!("jp-{town_code}-{unique}"))
    }

    /// The identifier as text: letters, digits and hyphens only.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for NoticeId {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let fits = (8..=80).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if fits {
            Ok(Self(text))
        } else {
            Err("a notice id is 8 to 80 letters, digits and hyphens".to_owned())
        }
    }
}

impl From<NoticeId> for String {
    fn from(id: NoticeId) -> Self {
        id.0
    }
}

impl std::fmt::Display for NoticeId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
