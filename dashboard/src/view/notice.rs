use jiff::Timestamp;

use super::{NoticeRow, NoticeText};

/// One notice, for officers.
#[derive(Clone, Debug)]
pub struct NoticeView {
    /// Whether one person let it out and another is asked to look at it.
    pub review_wanted: bool,
    /// What the list shows of it.
    pub row: NoticeRow,
    /// Names of the channels, in the order of the cells.
    pub channels: Vec<String>,
    /// The texts, byte for byte as they were sent.
    pub texts: Vec<NoticeText>,
    /// Digest of those bytes, hexadecimal.
    pub digest: String,
    /// The reason on record.
    pub reason: String,
    /// The recommendation it came from, if any.
    pub recommendation_id: Option<String>,
    /// The level the service had proposed, when another was chosen.
    pub proposed_level: Option<super::AlertLevel>,
    /// What happened to it, oldest first.
    pub events: Vec<NoticeEvent>,
}

/// Something that happened to a notice.
#[derive(Clone, Debug)]
pub struct NoticeEvent {
    /// When.
    pub at: Timestamp,
    /// Who or what.
    pub who: String,
    /// What, in one sentence.
    pub what: String,
}
