//! A notice (避難情報) and its states. A draft cannot leave, nor can one that waits for its second person; what is approved
//! cannot change.
//!
//! ```
//! use hinan::approve::{authority::{self, Grant}, notice::{Draft, Notice, Approved}, officer::Officer, rule::Needs};
//! use hinan::digest::Digest;
//! use hinan::publish::outbox::Delivery;
//! # use hinan::publish::outbox::ChannelName;
//! fn publish(draft: Notice<Draft>, officer: &Officer, held: &[Grant], read: &Digest, now: jiff::Timestamp) -> Option<Delivery> {
//!     let approver = authority::alone(officer, held, &draft, (Needs::One, None), now).ok()?;
//!     let approved: Notice<Approved> = draft.approve(&approver, read, now).ok()?;
//!     Some(Delivery::of(&approved, ChannelName::Feed))
//! }
//! ```
//!
//! The same lines without the approval do not compile:
//!
//! ```compile_fail,E0308
//! use hinan::approve::{authority::{self, Grant}, notice::{Draft, Notice, Approved}, officer::Officer, rule::Needs};
//! use hinan::digest::Digest;
//! use hinan::publish::outbox::Delivery;
//! # use hinan::publish::outbox::ChannelName;
//! fn publish(draft: Notice<Draft>, officer: &Officer, held: &[Grant], read: &Digest, now: jiff::Timestamp) -> Option<Delivery> {
//!     let approver = authority::alone(officer, held, &draft, (Needs::One, None), now).ok()?;
//!     Some(Delivery::of(&draft, ChannelName::Feed))
//! }
//! ```
//!
//! Neither does a notice that a first person approved and that waits for the second:
//!
//! ```compile_fail,E0308
//! use hinan::approve::notice::{FirstApproved, Notice};
//! use hinan::publish::outbox::{ChannelName, Delivery};
//! fn publish(waiting: Notice<FirstApproved>) -> Delivery {
//!     Delivery::of(&waiting, ChannelName::Feed)
//! }
//! ```

use hinan_notice::document::cap;
pub use hinan_notice::id::NoticeId;
use hinan_notice::text::Texts;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::authority::{Approver, First, Lone, Second};
use super::facts::Facts;
use crate::digest::Digest;

/// What is read, approved and sent: the facts and the exact document made from them.
#[derive(Clone, Debug, PartialEq)]
pub struct Content {
    facts: Facts,
    document: Vec<u8>,
}

impl Content {
    /// The facts.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The CAP document, exactly as it will be sent.
    #[must_use]
    pub fn document(&self) -> &[u8] {
        &self.document
    }

    /// Digest of the document. The document carries the digest of the facts, so it covers both.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&self.document)
    }
}

/// A notice in one state.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice<S> {
    content: Content,
    state: S,
}

/// Prepared, shown, not approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    _gate: (),
}

/// Approved by a named official.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approved {
    by: String,
    at: Timestamp,
    digest: Digest,
    how: How,
    grant: Option<i64>,
}

/// How many approved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// One officer, as the rules allow for this notice.
    One,
    /// Two; this is the first.
    Two {
        /// Account name.
        first: String,
    },
    /// 単独発令: the first of two alone, because the second did not come in time.
    Lone,
}

impl How {
    /// The word stored.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::One => "one",
            Self::Two { .. } => "two",
            Self::Lone => "lone",
        }
    }
}

/// Approved by a first person. It waits for the second and cannot leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstApproved {
    by: String,
    at: Timestamp,
    digest: Digest,
}

impl FirstApproved {
    /// Account name of the first person.
    #[must_use]
    pub fn by(&self) -> &str {
        &self.by
    }

    /// When.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// Digest of what the first person read.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.digest
    }
}

impl Approved {
    /// Account name of the approving official.
    #[must_use]
    pub fn by(&self) -> &str {
        &self.by
    }

    /// When.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// Digest of what was approved.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// How many approved.
    #[must_use]
    pub fn how(&self) -> &How {
        &self.how
    }

    /// The number of the authority it rests on; none for notices of records before version 6.
    #[must_use]
    pub fn grant(&self) -> Option<i64> {
        self.grant
    }
}

/// Why an approval was refused. Nothing was approved.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum Refused {
    /// The text on the officer's screen is not the text of the draft.
    #[error("画面の文面が最新ではありません。新しい文面を確認してください")]
    NotWhatYouRead,
    /// The approver was checked for another notice.
    #[error("この承認は別の発表文に対するものです")]
    OtherNotice,
}

impl<S> Notice<S> {
    /// Identifier.
    pub fn id(&self) -> &NoticeId {
        &self.content.facts.id
    }

    /// Facts and document.
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// What belongs to the state.
    pub fn state(&self) -> &S {
        &self.state
    }
}

impl Notice<Draft> {
    /// A draft from facts and their words; the document is made from both by fixed rules.
    ///
    /// # Errors
    /// When the facts cannot make a document; the reason names what is wrong.
    pub fn draft(facts: Facts, texts: &Texts) -> Result<Self, cap::Unwritable> {
        let document = cap::write(&facts, texts)?;
        Ok(Self {
            content: Content { facts, document },
            state: Draft { _gate: () },
        })
    }

    /// Lets the notice out. `read` is the digest of what the officer had on screen; if the draft is anything
    /// else, nothing is approved.
    ///
    /// # Errors
    /// [`Refused`] says why; the draft stays a draft.
    pub fn approve(
        self,
        by: &Approver,
        read: &Digest,
        at: Timestamp,
    ) -> Result<Notice<Approved>, Refused> {
        let digest = self.read_by(by.notice(), read)?;
        let state = Approved {
            by: by.officer().to_owned(),
            at,
            digest,
            how: How::One,
            grant: by.grant(),
        };
        Ok(self.into_state(state))
    }

    /// A first person approves; the notice then waits for the second.
    ///
    /// # Errors
    /// As [`Notice::approve`].
    pub fn first(
        self,
        by: &First,
        read: &Digest,
        at: Timestamp,
    ) -> Result<Notice<FirstApproved>, Refused> {
        let digest = self.read_by(by.notice(), read)?;
        let by = by.officer().to_owned();
        Ok(self.into_state(FirstApproved { by, at, digest }))
    }
}

impl Notice<FirstApproved> {
    /// The second person approves exactly the same bytes, and lets the notice out.
    ///
    /// # Errors
    /// As [`Notice::approve`].
    pub fn second(
        self,
        by: &Second,
        read: &Digest,
        at: Timestamp,
    ) -> Result<Notice<Approved>, Refused> {
        let digest = self.read_by(by.notice(), read)?;
        let state = Approved {
            by: by.officer().to_owned(),
            at,
            digest,
            how: How::Two {
                first: self.state.by.clone(),
            },
            grant: by.grant(),
        };
        Ok(self.into_state(state))
    }

    /// The first person lets it out alone.
    ///
    /// # Errors
    /// As [`Notice::approve`].
    pub fn alone(
        self,
        by: &Lone,
        read: &Digest,
        at: Timestamp,
    ) -> Result<Notice<Approved>, Refused> {
        let digest = self.read_by(by.notice(), read)?;
        let state = Approved {
            by: by.officer().to_owned(),
            at,
            digest,
            how: How::Lone,
            grant: by.grant(),
        };
        Ok(self.into_state(state))
    }

    /// Loads a first approval. Recomputes the digest: the store cannot forge one.
    ///
    /// # Errors
    /// [`Forged`] says what does not fit.
    pub fn load(
        draft: Notice<Draft>,
        by: String,
        at: Timestamp,
        digest: Digest,
    ) -> Result<Self, Forged> {
        let id = draft.id().to_string();
        if by.is_empty() {
            return Err(Forged::Nobody { id });
        }
        let found = draft.content.digest();
        if found != digest {
            return Err(Forged::Document {
                id,
                found: found.to_string(),
                approved: digest.to_string(),
            });
        }
        Ok(draft.into_state(FirstApproved { by, at, digest }))
    }
}

impl<S> Notice<S> {
    /// The digest of the content, if that is what was read and the notice is the one it was read for.
    fn read_by(&self, of: &NoticeId, read: &Digest) -> Result<Digest, Refused> {
        if of != self.id() {
            return Err(Refused::OtherNotice);
        }
        let digest = self.content.digest();
        if *read != digest {
            return Err(Refused::NotWhatYouRead);
        }
        Ok(digest)
    }

    fn into_state<T>(self, state: T) -> Notice<T> {
        Notice {
            content: self.content,
            state,
        }
    }
}

/// Why a stored notice is not believed.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum Forged {
    /// The document is not the one whose digest was approved.
    #[error("notice {id}: the stored document has digest {found}, approved was {approved}")]
    Document {
        /// Which notice.
        id: String,
        /// Digest of what is stored.
        found: String,
        /// Digest in the approval.
        approved: String,
    },
    /// The facts do not make the document.
    #[error("notice {id}: the stored facts do not make the stored document")]
    Facts {
        /// Which notice.
        id: String,
    },
    /// Approved twice by one person, or by a word that is not known.
    #[error("notice {id}: {why}")]
    How {
        /// Which notice.
        id: String,
        /// What does not fit.
        why: String,
    },
    /// Approved by nobody.
    #[error("notice {id}: approved by nobody")]
    Nobody {
        /// Which notice.
        id: String,
    },
}

/// What the store holds about a notice, before it is believed.
pub struct Row {
    /// Facts as stored.
    pub facts: Facts,
    /// Document as stored.
    pub document: Vec<u8>,
    /// Approving official as stored.
    pub approved_by: String,
    /// Time of approval as stored.
    pub approved_at: Timestamp,
    /// Digest as stored.
    pub digest: Digest,
    /// How many approved, as stored.
    pub how: String,
    /// First approving person as stored.
    pub first: Option<String>,
    /// Number of the authority as stored.
    pub grant: Option<i64>,
}

impl Notice<Approved> {
    /// Loads an approved notice. Recomputes the digest and refuses impossible rows, so that the store cannot
    /// forge an approval.
    ///
    /// # Errors
    /// [`Forged`] says what does not fit.
    pub fn load(row: Row) -> Result<Self, Forged> {
        let id = row.facts.id.to_string();
        if row.approved_by.is_empty() {
            return Err(Forged::Nobody { id });
        }
        let found = Digest::of(&row.document);
        if found != row.digest {
            return Err(Forged::Document {
                id,
                found: found.to_string(),
                approved: row.digest.to_string(),
            });
        }
        if !cap::carries(&row.document, &row.facts) {
            return Err(Forged::Facts { id });
        }
        let wrong = |why: &str| Forged::How {
            id: row.facts.id.to_string(),
            why: why.to_owned(),
        };
        let first = row.first.ok_or_else(|| wrong("no first approval"))?;
        let how = match (row.how.as_str(), first == row.approved_by) {
            ("one", true) => How::One,
            ("lone", true) => How::Lone,
            ("two", false) => How::Two { first },
            ("two", true) => return Err(wrong("both approvals are by one person")),
            _ => return Err(wrong("the approvals do not fit how it was approved")),
        };
        let state = Approved {
            by: row.approved_by,
            at: row.approved_at,
            digest: row.digest,
            how,
            grant: row.grant,
        };
        Ok(Self {
            content: Content {
                facts: row.facts,
                document: row.document,
            },
            state,
        })
    }
}

impl Notice<Draft> {
    /// Loads a draft. The document must be the one that its facts make.
    ///
    /// # Errors
    /// [`Forged`] when facts and document do not belong together.
    pub fn load(facts: Facts, document: Vec<u8>) -> Result<Self, Forged> {
        if !cap::carries(&document, &facts) {
            return Err(Forged::Facts {
                id: facts.id.to_string(),
            });
        }
        Ok(Self {
            content: Content { facts, document },
            state: Draft { _gate: () },
        })
    }
}
