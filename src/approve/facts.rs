//! The facts of a notice: what every channel's text is derived from.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::notice::NoticeId;
use crate::realm::Realm;
use crate::recommend::level::OrderLevel;

/// What kind of message it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 発令
    Issue,
    /// 解除: it was right and is over.
    Lift,
    /// 取消: it should not have been sent.
    Cancel,
}

impl Kind {
    /// The word officers and residents read.
    #[must_use]
    pub fn spoken(self) -> &'static str {
        match self {
            Self::Issue => "発令",
            Self::Lift => "解除",
            Self::Cancel => "取消",
        }
    }
}

/// How sure a notice is, as CAP grades it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// A level was reached.
    Observed,
    /// More likely than not.
    Likely,
    /// Possible, not more likely than not.
    Possible,
}

impl Certainty {
    /// CAP's word.
    #[must_use]
    pub fn cap(self) -> &'static str {
        match self {
            Self::Observed => "Observed",
            Self::Likely => "Likely",
            Self::Possible => "Possible",
        }
    }
}

/// Everything a notice says, in one place. Fixed when the text is put before an officer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// Unique for good; never derived from a clock alone.
    pub id: NoticeId,
    /// Live or exercise.
    pub realm: Realm,
    /// Issue, lift or cancel.
    pub kind: Kind,
    /// Municipality code, six digits.
    pub town_code: String,
    /// Municipality.
    pub town: String,
    /// Municipality in English.
    pub town_en: String,
    /// Level of the order (for a lift or a cancel: of the order concerned).
    pub level: OrderLevel,
    /// River whose flood is meant.
    pub river: String,
    /// River in English.
    pub river_en: String,
    /// Issuing units.
    pub districts: Vec<NoticeDistrict>,
    /// People in the flood zone, an estimate.
    pub people_in_zone: u32,
    /// Sites approved for floods; none at level 5.
    pub shelters: Vec<NamedShelter>,
    /// The observed fact it rests on, Japanese.
    pub ground: String,
    /// The observed fact it rests on, English.
    pub ground_en: String,
    /// How sure it is, in CAP's sense.
    pub certainty: Certainty,
    /// Earlier notices that this one replaces, lifts or cancels: all that are still live.
    pub replaces: Vec<Reference>,
    /// Fixed when the text was put on screen; the approval must follow soon.
    pub sent: Timestamp,
    /// When it ends by itself.
    pub expires: Timestamp,
    /// Who sends, as CAP `sender`.
    pub sender: String,
    /// Who sends, as residents read it.
    pub sender_name: String,
    /// Where the public page is.
    pub public_url: String,
    /// Why it is cancelled or lifted, in the officer's words; empty for an issue.
    pub note: String,
}

/// One issuing unit of a notice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NoticeDistrict {
    /// District id.
    pub id: String,
    /// Japanese name.
    pub name: String,
    /// English name.
    pub name_en: String,
    /// Outer rings, closed, `[longitude, latitude]` in degrees.
    pub rings: Vec<Vec<[f64; 2]>>,
}

/// A shelter as a notice names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedShelter {
    /// Id of the official list.
    pub id: String,
    /// Japanese name.
    pub name: String,
}

/// An earlier notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// CAP `sender`.
    pub sender: String,
    /// CAP `identifier`.
    pub id: NoticeId,
    /// CAP `sent`.
    pub sent: Timestamp,
}
