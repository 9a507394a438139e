//! CAP, the Common Alerting Protocol (OASIS; 1.0, 1.1 and 1.2), as others send it.
//!
//! Alerts of others are external information: they are shown with their sender and never become advice by themselves.
//! Only `status` Actual is [`Live`]; exercises, tests, drafts and system messages are another type.

pub mod alerts;
pub(crate) mod geometry;
mod read;
pub(crate) mod text;
pub(crate) mod time;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::geometry::{Circle, LatLon};
pub(crate) use self::read::{is_cap, read};
pub use self::time::CapTime;
use super::standing::{Drill, Live, Standing};

/// Which version of the protocol; told by the namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CapVersion {
    /// CAP 1.0.
    #[serde(rename = "1.0")]
    V1_0,
    /// CAP 1.1.
    #[serde(rename = "1.1")]
    V1_1,
    /// CAP 1.2.
    #[serde(rename = "1.2")]
    V1_2,
}

impl CapVersion {
    fn of(namespace: &str) -> Option<Self> {
        match namespace {
            "http://www.incident.com/cap/1.0" | "urn:oasis:names:tc:emergency:cap:1.0" => {
                Some(Self::V1_0)
            }
            "urn:oasis:names:tc:emergency:cap:1.1" => Some(Self::V1_1),
            "urn:oasis:names:tc:emergency:cap:1.2" => Some(Self::V1_2),
            _ => None,
        }
    }
}

/// An alert after the gate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "gate", rename_all = "snake_case")]
pub enum CapAlert {
    /// `status` Actual.
    Actual(Alert<Live>),
    /// `status` Exercise, System, Test or Draft: recorded, never acted on.
    NotActual(Alert<Drill>),
}

/// One alert. See the CAP specification for what each element means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Alert<S: Standing> {
    standing: S,
    /// Version of the protocol.
    pub version: CapVersion,
    /// Who sent it, which of theirs, and when: the three together name the alert.
    pub identity: Identity,
    /// When it was sent, with the sender's offset.
    pub sent: CapTime,
    /// Actual, Exercise, System, Test, Draft.
    pub status: String,
    /// What it does.
    pub msg_type: MsgType,
    /// For whom it is. `None` only in CAP 1.0, which lets it out.
    pub scope: Option<Scope>,
    /// Rule for limiting its distribution.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub restriction: String,
    /// Recipients of a private alert.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub addresses: Vec<String>,
    /// Purpose of an exercise, or why it was cancelled.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub note: String,
    /// Earlier alerts it speaks of.
    pub references: Vec<Reference>,
    /// Names of incidents it belongs to.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub incidents: Vec<String>,
    /// Its information: one for each language or group of areas. A cancellation may have none.
    pub infos: Vec<Info>,
    /// It carries an XML signature. It is not verified here.
    pub signed: bool,
    /// What is doubtful about it. None of these is a reason to lose an alert.
    pub findings: Vec<Finding>,
}

/// The three that together name an alert.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Identity {
    /// `sender`.
    pub sender: String,
    /// `identifier`.
    pub identifier: String,
    /// `sent`.
    pub sent: Timestamp,
}

/// One of the earlier alerts an alert speaks of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reference {
    /// Its `sender`; CAP 1.0 does not give it.
    pub sender: Option<String>,
    /// Its `identifier`.
    pub identifier: String,
    /// Its `sent`; CAP 1.0 does not always give it.
    pub sent: Option<Timestamp>,
}

/// `msgType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MsgType {
    /// A first alert.
    Alert,
    /// Replaces the alerts it refers to.
    Update,
    /// Withdraws the alerts it refers to.
    Cancel,
    /// Acknowledges; never an alert.
    Ack,
    /// Rejects; never an alert.
    Error,
}

/// `scope`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// For everybody.
    Public,
    /// Not to be passed on.
    Restricted,
    /// For the addresses only; not to be passed on.
    Private,
}

/// One `info`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Info {
    /// Language; en-US when none is given.
    pub language: String,
    /// Categories.
    pub categories: Vec<String>,
    /// What happens.
    pub event: String,
    /// What to do: Shelter, Evacuate, …, AllClear.
    pub response_types: Vec<String>,
    /// Immediate, Expected, Future, Past, Unknown.
    pub urgency: String,
    /// Extreme, Severe, Moderate, Minor, Unknown.
    pub severity: String,
    /// Observed, Likely, Possible, Unlikely, Unknown (1.0: Very Likely).
    pub certainty: String,
    /// Codes of the event.
    pub event_codes: Vec<(String, String)>,
    /// From when the information holds; the time of sending when none is given.
    pub effective: Option<CapTime>,
    /// When the event begins.
    pub onset: Option<CapTime>,
    /// When it no longer holds. `None`: the receiver needs a limit of its own.
    pub expires: Option<CapTime>,
    /// Sender in words.
    pub sender_name: String,
    /// Headline, plain text.
    pub headline: String,
    /// Description.
    pub description: String,
    /// Instruction.
    pub instruction: String,
    /// Link.
    pub web: String,
    /// Contact.
    pub contact: String,
    /// Additional parameters.
    pub parameters: Vec<(String, String)>,
    /// Attached resources: described, never fetched here.
    pub resources: Vec<Resource>,
    /// Areas.
    pub areas: Vec<CapArea>,
}

impl Info {
    /// `responseType` AllClear: the hazard is over.
    #[must_use]
    pub fn is_all_clear(&self) -> bool {
        self.response_types.iter().any(|kind| kind == "AllClear")
    }
}

/// One attached file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    /// What it is.
    pub description: String,
    /// Its media type.
    pub mime_type: String,
    /// Where it is.
    pub uri: String,
}

/// One area. It may have no shape at all, only codes: still an area.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CapArea {
    /// In words.
    pub description: String,
    /// Closed rings, each counter-clockwise.
    pub polygons: Vec<Vec<LatLon>>,
    /// Circles.
    pub circles: Vec<Circle>,
    /// Codes: name of the table, code.
    pub geocodes: Vec<(String, String)>,
    /// Lowest height, feet above sea level.
    pub altitude_ft: Option<f64>,
    /// Greatest height, feet above sea level.
    pub ceiling_ft: Option<f64>,
}

/// What is doubtful about an alert that is kept all the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Finding {
    /// `restriction` without scope Restricted, or the other way round.
    RestrictionScopeMismatch,
    /// Two languages with the same words.
    SameTextDifferentLanguage,
    /// A polygon that is none; it is left out, its area stays.
    InvalidPolygon {
        /// Why.
        why: String,
    },
    /// A polygon that crosses itself; it is kept.
    SelfIntersection,
    /// A circle that is none; it is left out, its area stays.
    InvalidCircle,
    /// A ceiling without an altitude.
    InvalidArea,
    /// The altitude is above the ceiling.
    InvalidAltitudeCeilingRange,
    /// HTML in a text: escaped when shown.
    Html,
    /// Not a language tag.
    InvalidLanguage,
    /// A word that the specification does not list.
    UnknownWord {
        /// Element.
        element: String,
        /// Word, cut.
        word: String,
    },
    /// Elements are not in the order of the schema.
    ElementOrder,
    /// A reference that cannot be read; it is left out.
    InvalidReference,
    /// A scope Private without addresses.
    NoAddresses,
}
