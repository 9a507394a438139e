//! The words of a notice (伝達文), by fixed rules from its facts.
//!
//! Level number and order name always stand together; level 3 addresses 高齢者等 and all others separately; level 5
//! never says "go to the shelter"; nothing here is a prediction of ours.

pub mod area_mail;
pub mod forbidden;
mod grade;
pub mod lint;
pub mod mail;
pub mod phrasebook;
mod render;
mod template;

use serde::{Deserialize, Serialize};

pub use self::area_mail::{AreaMail, AreaMailLimits};
pub use self::mail::Mail;
pub use self::phrasebook::Phrasebook;
use crate::digest::Digest;
use crate::facts::Facts;

/// Japanese.
pub const JAPANESE: &str = "ja-JP";
/// Easy Japanese (やさしい日本語).
pub const EASY_JAPANESE: &str = "ja-x-easy";
/// English.
pub const ENGLISH: &str = "en";

/// Longest headline, characters: the limit of common CAP editors.
pub const HEADLINE_MAX: usize = 160;

/// A notice in one language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// One line, at most 160 characters.
    pub headline: String,
    /// What, where and why.
    pub description: String,
    /// What to do, for whom.
    pub instruction: String,
}

impl Text {
    /// All of it, as a page shows it.
    #[must_use]
    pub fn whole(&self) -> String {
        format!(
            "{}\n\n{}\n\n{}",
            self.headline, self.description, self.instruction
        )
    }
}

/// A text with its language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LanguageText {
    /// Tag of the language (RFC 5646), such as `ja-JP`.
    pub language: String,
    /// Its name, as its readers write it.
    pub title: String,
    /// The words.
    pub text: Text,
}

/// Everything that a notice says in words, for every channel. Made once, when the text is put before an officer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Texts {
    /// Japanese, easy Japanese, English, then further languages by their tags.
    pub languages: Vec<LanguageText>,
    /// For telephones (緊急速報メール).
    pub area_mail: AreaMail,
    /// For registered addresses.
    pub mail: Mail,
}

impl Texts {
    /// The texts of these facts.
    #[must_use]
    pub fn of(facts: &Facts, phrasebook: &Phrasebook, limits: &AreaMailLimits) -> Self {
        let languages: Vec<LanguageText> = phrasebook.all(facts);
        let mail = Mail::of(facts, &languages);
        Self {
            area_mail: AreaMail::of(facts, limits),
            mail,
            languages,
        }
    }

    /// The text in this language, if there is one.
    #[must_use]
    pub fn in_language(&self, language: &str) -> Option<&Text> {
        self.languages
            .iter()
            .find(|one| one.language == language)
            .map(|one| &one.text)
    }

    /// Digest of all words; the document carries it, so that an approval covers them.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of_json(self)
    }
}
