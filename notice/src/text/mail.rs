//! The text for registered addresses: every language below the other, plain.

use serde::{Deserialize, Serialize};

use super::LanguageText;
use crate::facts::Facts;

/// A mail before it is addressed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// Subject: the first headline.
    pub subject: String,
    /// Body, plain text.
    pub body: String,
}

impl Mail {
    /// The mail of these texts.
    #[must_use]
    pub(super) fn of(facts: &Facts, languages: &[LanguageText]) -> Self {
        let subject = languages
            .first()
            .map(|first| first.text.headline.clone())
            .unwrap_or_default();
        let parts: Vec<String> = languages
            .iter()
            .map(|one| format!("■ {}\n\n{}\n", one.title, one.text.whole()))
            .collect();
        let body = format!(
            "{}\n{}/n/{}\n",
            parts.join("\n"),
            facts.public_url.trim_end_matches('/'),
            facts.id
        );
        Self { subject, body }
    }
}
