use jiff::Timestamp;

use super::{AlertLevel, Realm};

/// What surrounds a public page. It has no user, no gauges and no forecast, so that none can slip
/// out.
#[derive(Clone, Debug)]
pub struct PublicFrame {
    /// Name of the municipality.
    pub town: String,
    /// Live, a replayed flood, or an exercise.
    pub realm: Realm,
    /// The present moment of the service.
    pub now: Timestamp,
    /// Machine-readable forms of the same notices.
    pub feeds: Vec<FeedLink>,
    /// Telephone of the disaster desk, in words, if the town gave one.
    pub contact: Option<String>,
}

/// A link to a machine-readable form.
#[derive(Clone, Debug)]
pub struct FeedLink {
    /// What it is, such as Atom.
    pub label: String,
    /// Where, inside the service.
    pub href: String,
    /// Its media type.
    pub media_type: String,
}

/// The public home page: the notices in force, and those that ended in the last 72 hours.
#[derive(Clone, Debug)]
pub struct PublicHome {
    /// In force, worst first.
    pub in_force: Vec<PublicNotice>,
    /// Lifted, cancelled or expired, newest first.
    pub ended: Vec<PublicNotice>,
}

/// The public page of one notice.
#[derive(Clone, Debug)]
pub struct PublicNoticePage {
    /// The notice.
    pub notice: PublicNotice,
    /// Its English text, as sent.
    pub english: Option<String>,
    /// Its text in easy Japanese, as sent.
    pub easy_japanese: Option<String>,
    /// The whole Japanese text, as sent.
    pub japanese: String,
    /// Where its CAP document is, inside the service.
    pub cap_href: Option<String>,
}

/// A notice as residents see it. Only what was approved and sent.
#[derive(Clone, Debug)]
pub struct PublicNotice {
    /// Its identifier, for the link `/n/{id}`.
    pub id: String,
    /// Its level.
    pub level: AlertLevel,
    /// The hazard, such as 洪水.
    pub hazard: String,
    /// Where in one phrase, such as `札内川沿い`.
    pub place: String,
    /// The districts.
    pub districts: Vec<String>,
    /// What to do, most important first, each one sentence.
    pub what_to_do: Vec<String>,
    /// Why, in one sentence with observed facts.
    pub reason: String,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it was lifted.
    pub lifted_at: Option<Timestamp>,
    /// When it was cancelled as issued in error.
    pub cancelled_at: Option<Timestamp>,
    /// What took its place, if a later order did.
    pub successor: Option<Successor>,
    /// When it expired, if it did and nobody had ended it before.
    pub expired_at: Option<Timestamp>,
    /// Shelters named in the notice.
    pub shelters: Vec<PublicShelter>,
}

/// The order that took the place of an earlier one.
#[derive(Clone, Debug)]
pub struct Successor {
    /// Its identifier, for the link `/n/{id}`.
    pub id: String,
    /// When it was issued.
    pub at: Timestamp,
    /// Whether it says that the earlier one was wrong (訂正).
    pub is_correction: bool,
}

/// A shelter as residents see it.
#[derive(Clone, Debug)]
pub struct PublicShelter {
    /// Its name.
    pub name: String,
    /// Its address, if known.
    pub address: Option<String>,
    /// Anything to know, such as `2階以上`.
    pub note: Option<String>,
}
