//! The facts of a notice: what every channel's text is derived from.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::NoticeId;
use crate::level::OrderLevel;
use crate::realm::Realm;

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
    /// The word in documents for machines.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Issue => "issue",
            Self::Lift => "lift",
            Self::Cancel => "cancel",
        }
    }

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

/// The hazard a notice is about (災害の種類).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hazard {
    /// 洪水
    #[default]
    Flood,
    /// 内水氾濫
    InlandFlood,
    /// 土砂災害
    Landslide,
    /// 高潮
    StormSurge,
    /// 津波
    Tsunami,
}

impl Hazard {
    /// All.
    pub const ALL: [Self; 5] = [
        Self::Flood,
        Self::InlandFlood,
        Self::Landslide,
        Self::StormSurge,
        Self::Tsunami,
    ];

    /// The key in templates and documents.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Flood => "flood",
            Self::InlandFlood => "inland_flood",
            Self::Landslide => "landslide",
            Self::StormSurge => "storm_surge",
            Self::Tsunami => "tsunami",
        }
    }

    /// As officers and residents read it.
    #[must_use]
    pub fn spoken(self) -> &'static str {
        match self {
            Self::Flood => "洪水",
            Self::InlandFlood => "内水氾濫",
            Self::Landslide => "土砂災害",
            Self::StormSurge => "高潮",
            Self::Tsunami => "津波",
        }
    }

    /// Whether a higher floor can be an answer. Before earth and a tsunami one leaves.
    #[must_use]
    pub fn higher_floor_helps(self) -> bool {
        !matches!(self, Self::Landslide | Self::Tsunami)
    }

    /// Whether it is the usual one, which facts of earlier versions do not name.
    fn is_flood(&self) -> bool {
        *self == Self::Flood
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
    /// What kind of disaster.
    #[serde(default, skip_serializing_if = "Hazard::is_flood")]
    pub hazard: Hazard,
    /// River whose flood is meant; empty where no river is.
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
    /// Why it is cancelled or lifted, in the officer's words, or what a correction says of itself; empty for any other issue.
    pub note: String,
    /// What an order corrects (訂正): it takes the place of one that was wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<Correction>,
    /// What those in `replaces` had replaced in their turn and has not expired: a receiver that missed a link of the chain must find
    /// what it holds among the references, too. They have ended already.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<Reference>,
}

/// The notice that was wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Correction {
    /// Which.
    pub notice: NoticeId,
    /// Issuing units that it named and should not have, without their outlines.
    pub left_out: Vec<NoticeDistrict>,
}

impl Facts {
    /// Whether it corrects this notice.
    #[must_use]
    pub fn is_correction_of(&self, notice: &NoticeId) -> bool {
        self.corrects
            .as_ref()
            .is_some_and(|one| one.notice == *notice)
    }
}

/// One issuing unit of a notice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NoticeDistrict {
    /// District id.
    pub id: String,
    /// Japanese name.
    pub name: String,
    /// Reading in kana, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kana: Option<String>,
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
