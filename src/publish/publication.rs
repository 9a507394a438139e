//! What leaves for an approved notice: the finished bytes that every channel takes its part of.
//!
//! It can be made only of an approved notice, and loading it checks every byte against what was approved.

use hinan_notice::document::cap;
use hinan_notice::document::json::AreaState;
use hinan_notice::document::l_alert::Chain;
use hinan_notice::document::signature;
use hinan_notice::text::Texts;
use thiserror::Error;

use crate::approve::facts::Facts;
use crate::approve::notice::{Approved, Notice, NoticeId};
use crate::digest::Digest;

/// An approved notice, ready to leave.
#[derive(Clone, Debug)]
pub struct Publication {
    notice: Notice<Approved>,
    parts: Parts,
}

/// What is kept beside the notice.
#[derive(Clone, Debug)]
pub struct Parts {
    /// The CAP document as published, signed if the town signs.
    pub document: Vec<u8>,
    /// All words; none in notices of earlier versions.
    pub texts: Option<Texts>,
    /// What holds after it in the areas it touches.
    pub areas: Vec<AreaState>,
    /// Its place among the reports for L-Alert.
    pub chain: Chain,
}

/// Why something is not what was approved.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum NotApproved {
    /// The document, apart from its signature.
    #[error("{0}: the document to be sent is not the approved one")]
    Document(NoticeId),
    /// The words.
    #[error("{0}: the texts to be sent are not the approved ones")]
    Texts(NoticeId),
    /// The rest: states of areas, place in the chain of reports, the signature.
    #[error("{0}: what is to be sent beside the text is not what was made at the approval")]
    Parts(NoticeId),
    /// Not UTF-8, which a document of ours always is.
    #[error("{0}: the document to be sent is not text")]
    NotText(NoticeId),
}

impl Publication {
    /// Puts a notice and its parts together.
    ///
    /// # Errors
    /// [`NotApproved`] when a part is not what was approved.
    pub fn of(notice: Notice<Approved>, parts: Parts) -> Result<Self, NotApproved> {
        let (id, approved) = (notice.id().clone(), notice.content().document());
        let plain = signature::without(&parts.document);
        if plain.as_deref().unwrap_or(&parts.document) != approved {
            return Err(NotApproved::Document(id));
        }
        if std::str::from_utf8(&parts.document).is_err() {
            return Err(NotApproved::NotText(id));
        }
        // The approved document names the digest of all words.
        if cap::texts_digest(approved) != parts.texts.as_ref().map(Texts::digest) {
            return Err(NotApproved::Texts(id));
        }
        Ok(Self { notice, parts })
    }

    /// The digest of every part that leaves. The entry of the approval names it.
    #[must_use]
    pub fn parts_digest(&self) -> Digest {
        let document = Digest::of(&self.parts.document);
        let (texts, areas) = (&self.parts.texts, &self.parts.areas);
        Digest::of_json(&(document, texts, areas, &self.parts.chain))
    }

    /// Holds every part against the digest that the entry of the approval names.
    ///
    /// # Errors
    /// [`NotApproved::Parts`]
    pub fn held_against(self, approved: &Digest) -> Result<Self, NotApproved> {
        if self.parts_digest() == *approved {
            Ok(self)
        } else {
            Err(NotApproved::Parts(self.notice.id().clone()))
        }
    }

    /// The notice.
    #[must_use]
    pub fn notice(&self) -> &Notice<Approved> {
        &self.notice
    }

    /// Its facts.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        self.notice.content().facts()
    }

    /// The document as published.
    #[must_use]
    pub fn document(&self) -> &[u8] {
        &self.parts.document
    }

    /// The document as text.
    #[must_use]
    pub fn document_text(&self) -> &str {
        std::str::from_utf8(&self.parts.document).unwrap_or_default()
    }

    /// Whether it carries a signature.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        signature::without(&self.parts.document).is_some()
    }

    /// All words.
    #[must_use]
    pub fn texts(&self) -> Option<&Texts> {
        self.parts.texts.as_ref()
    }

    /// The text in one language: of all words, else what the document holds.
    #[must_use]
    pub fn text_in(&self, language: &str) -> Option<hinan_notice::text::Text> {
        match &self.parts.texts {
            Some(texts) => texts.in_language(language).cloned(),
            None => cap::text_in(&self.parts.document, language),
        }
    }

    /// The parts.
    #[must_use]
    pub fn parts(&self) -> &Parts {
        &self.parts
    }
}
