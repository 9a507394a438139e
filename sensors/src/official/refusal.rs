//! Why bytes are not official information. The only list of such reasons.

use super::xml::cut;

/// Why a message was put in quarantine. Each text says what would be accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// More bytes than a message of this kind can have.
    #[error("the message has {bytes} bytes; at most {bytes_max} are accepted")]
    TooLarge {
        /// What arrived.
        bytes: usize,
        /// What is accepted.
        bytes_max: usize,
    },
    /// Not text.
    #[error(
        "the message is not UTF-8 from byte {byte} on; UTF-8 is accepted, and XML that declares ISO-8859-1"
    )]
    NotUtf8 {
        /// Where reading stopped.
        byte: usize,
    },
    /// XML in an encoding we do not read.
    #[error("the XML declares the encoding {declared:?}; UTF-8 and ISO-8859-1 are accepted")]
    Encoding {
        /// What it declares, cut after 40 characters.
        declared: String,
    },
    /// Not well-formed XML.
    #[error("the message is not well-formed XML: {why}")]
    NotXml {
        /// What is wrong.
        why: String,
    },
    /// A document type declaration.
    #[error(
        "the XML has a document type declaration (DTD); none is accepted, because it can change what the text means"
    )]
    DocType,
    /// An entity of its own.
    #[error(
        "the XML uses the entity or character &{name};; only lt, gt, amp, apos, quot and legal character numbers are accepted"
    )]
    Entity {
        /// Its name, cut after 40 characters.
        name: String,
    },
    /// Elements too deep inside each other.
    #[error("elements lie more than {max} deep inside each other")]
    TooDeep {
        /// What is accepted.
        max: usize,
    },
    /// More elements than any telegram has.
    #[error("the XML has more than {max} elements")]
    TooManyElements {
        /// What is accepted.
        max: usize,
    },
    /// More attributes than any element has.
    #[error("<{element}> has more than {max} attributes")]
    TooManyAttributes {
        /// The element, cut after 60 characters.
        element: String,
        /// What is accepted.
        max: usize,
    },
    /// More rows than a telegram of this kind can have.
    #[error("the message has more than {max} {what}")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// What is accepted.
        max: usize,
    },
    /// Well-formed, but of no kind we know.
    #[error(
        "the message is {found}; accepted are JMA XML (Report), CAP 1.0 to 1.2 (alert, EDXL-DE or a list of alerts), WIS2 notifications, station observations and rain forecasts as JSON, and P2P earthquake JSON"
    )]
    UnknownKind {
        /// What it looks like, cut.
        found: String,
    },
    /// A required element or key is missing or has no value.
    #[error("{what} is missing or empty; it is required")]
    Missing {
        /// Path of the element or key.
        what: &'static str,
    },
    /// An element or key given more often than once.
    #[error("{what} is given more than once; once is accepted")]
    Repeated {
        /// Path of the element or key.
        what: &'static str,
    },
    /// A value that is not one of those known, where acting on a guess would be dangerous.
    #[error("{what} is {value:?}; accepted: {accepted}")]
    UnknownValue {
        /// Path of the element or key.
        what: &'static str,
        /// What it says, cut after 60 characters.
        value: String,
        /// What is accepted.
        accepted: &'static str,
    },
    /// Not JSON.
    #[error("the message is not JSON: {why}")]
    NotJson {
        /// Where reading stopped.
        why: String,
    },
    /// JSON of another shape.
    #[error("the message does not have the shape of {expected}: {why}")]
    WrongShape {
        /// What it was taken for.
        expected: &'static str,
        /// Key and what is wrong with it.
        why: String,
    },
    /// Data that does not agree with the digest sent along with it.
    #[error(
        "the data does not agree with the {method} digest of the message: it was changed or cut on its way"
    )]
    Integrity {
        /// Name of the digest.
        method: String,
    },
}

impl Refusal {
    /// A short name that never changes: for counters, storage and filters.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "too_large",
            Self::NotUtf8 { .. } => "not_utf8",
            Self::Encoding { .. } => "encoding",
            Self::NotXml { .. } => "not_xml",
            Self::DocType => "doctype",
            Self::Entity { .. } => "entity",
            Self::TooDeep { .. } => "too_deep",
            Self::TooManyElements { .. } => "too_many_elements",
            Self::TooManyAttributes { .. } => "too_many_attributes",
            Self::TooMany { .. } => "too_many",
            Self::UnknownKind { .. } => "unknown_kind",
            Self::Missing { .. } => "missing",
            Self::Repeated { .. } => "repeated",
            Self::UnknownValue { .. } => "unknown_value",
            Self::NotJson { .. } => "not_json",
            Self::WrongShape { .. } => "wrong_shape",
            Self::Integrity { .. } => "integrity",
        }
    }

    pub(crate) fn xml(why: &quick_xml::Error) -> Self {
        Self::NotXml {
            why: cut(&why.to_string(), 200),
        }
    }

    pub(crate) fn unknown(what: &'static str, value: &str, accepted: &'static str) -> Self {
        Self::UnknownValue {
            what,
            value: cut(value, 60),
            accepted,
        }
    }

    pub(crate) fn json(expected: &'static str, why: &serde_json::Error) -> Self {
        let text = cut(&why.to_string(), 200);
        if why.is_data() {
            Self::WrongShape {
                expected,
                why: text,
            }
        } else {
            Self::NotJson { why: text }
        }
    }
}
