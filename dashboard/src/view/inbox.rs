use jiff::Timestamp;

use super::{AlertLevel, Span};

/// The recommendations that wait for a decision.
#[derive(Clone, Debug)]
pub struct InboxView {
    /// Most urgent first.
    pub items: Vec<InboxItem>,
    /// Texts that a first person approved and that wait for a second: address and words.
    pub waiting: Vec<[String; 2]>,
    /// 判断できない地区: districts that something threatens and of which nothing is known. Not calm.
    pub unknown: Vec<String>,
    /// When the service last asked itself whether to recommend anything.
    pub checked_at: Timestamp,
}

/// One recommendation in a list.
#[derive(Clone, Debug)]
pub struct InboxItem {
    /// Its identifier, for the link.
    pub id: String,
    /// The level the service proposes.
    pub level: AlertLevel,
    /// Where in one phrase, such as `札内川沿い`.
    pub place: String,
    /// The districts it speaks of.
    pub districts: Vec<String>,
    /// People exposed, if known.
    pub people: Option<u64>,
    /// The latest useful time to decide, early and slow end.
    pub decide_by: Option<Span>,
    /// When the mark in question may be reached, if known.
    pub crossing: Option<Span>,
    /// Why, in one line.
    pub reason: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// What became of it so far.
    pub state: ItemState,
}

/// What became of a recommendation so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ItemState {
    /// 新着: nobody opened it.
    New,
    /// 確認済み: an officer has seen it.
    Seen {
        /// Who.
        by: String,
        /// When.
        at: Timestamp,
    },
    /// 判断中: an officer has the sheet open.
    Deciding {
        /// Who.
        by: String,
    },
    /// 承認済み: a notice came of it.
    Approved {
        /// Who.
        by: String,
        /// When.
        at: Timestamp,
    },
    /// 見送り: declined.
    Declined {
        /// Who.
        by: String,
        /// When.
        at: Timestamp,
    },
    /// 更新済み: a newer recommendation took its place.
    Superseded,
    /// 失効: the situation it rested on is too old.
    Expired {
        /// When.
        at: Timestamp,
    },
}
