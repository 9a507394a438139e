use jiff::Timestamp;

use super::AlertLevel;

/// The notices that left the town hall, and whether they arrived.
#[derive(Clone, Debug)]
pub struct PublishedView {
    /// Names of the channels, in the order of the cells.
    pub channels: Vec<String>,
    /// Newest first.
    pub rows: Vec<NoticeRow>,
    /// The moment of the states shown.
    pub as_of: Timestamp,
}

/// One notice and its channels.
#[derive(Clone, Debug)]
pub struct NoticeRow {
    /// Its identifier.
    pub id: String,
    /// Its level.
    pub level: AlertLevel,
    /// Where in one phrase, such as `札内川沿い`.
    pub place: String,
    /// The districts.
    pub districts: Vec<String>,
    /// Whether it is in force.
    pub state: NoticeState,
    /// When it was approved.
    pub approved_at: Timestamp,
    /// Who approved it, name and office.
    pub approved_by: String,
    /// One cell per channel, in the order of [`PublishedView::channels`].
    pub deliveries: Vec<DeliveryCell>,
}

/// Whether a notice is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoticeState {
    /// 発令中.
    InForce,
    /// 解除済み.
    Lifted,
    /// 取消済み: issued in error.
    Cancelled,
    /// 更新済み: a later notice took its place.
    Replaced,
    /// 失効: its time ran out, and nobody ended it.
    Expired,
}

/// What became of one notice on one channel.
#[derive(Clone, Debug)]
pub struct DeliveryCell {
    /// The state.
    pub delivery: Delivery,
    /// When the state was reached.
    pub at: Option<Timestamp>,
    /// The channel's receipt.
    pub receipt: Option<String>,
    /// Attempts so far.
    pub attempts: u32,
    /// The channel's word, where an officer may want it sent once more.
    pub retry: Option<String>,
}

/// A stage of delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// 送信待ち.
    Waiting,
    /// 送信済み: the channel took it.
    Sent,
    /// 受領済み: the channel's own receipt is here.
    Accepted,
    /// 再送中.
    Retrying {
        /// The next attempt, if it is known when.
        next_at: Option<Timestamp>,
        /// What went wrong, in one sentence.
        why: String,
    },
    /// 失敗: nobody will try again by itself.
    Failed {
        /// What went wrong, in one sentence.
        why: String,
    },
    /// 対象外: this notice does not go to this channel.
    NotOwed,
}
