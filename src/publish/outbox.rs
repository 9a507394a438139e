//! What is owed: one delivery per approved notice and channel, written with the decision in one transaction.

use serde::{Deserialize, Serialize};

use crate::approve::notice::{Approved, Notice, NoticeId};
use crate::digest::Digest;

/// The channels of this service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelName {
    /// Public page, Atom feed and CAP document on our own server.
    Feed,
    /// Retained MQTT message.
    Mqtt,
}

impl ChannelName {
    /// All channels; an approved notice is owed to each.
    pub const ALL: [Self; 2] = [Self::Feed, Self::Mqtt];

    /// The word stored.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Feed => "feed",
            Self::Mqtt => "mqtt",
        }
    }

    /// The channel with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.word() == word)
    }

    /// As officers read it.
    #[must_use]
    pub fn spoken(self) -> &'static str {
        match self {
            Self::Feed => "公開ページ・Atom",
            Self::Mqtt => "MQTT",
        }
    }
}

/// One promise. It can only be made of an approved notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    notice: NoticeId,
    digest: Digest,
    channel: ChannelName,
}

impl Delivery {
    /// The promise to bring this notice to this channel.
    #[must_use]
    pub fn of(notice: &Notice<Approved>, channel: ChannelName) -> Self {
        Self {
            notice: notice.id().clone(),
            digest: notice.state().digest().clone(),
            channel,
        }
    }

    /// Which notice.
    #[must_use]
    pub fn notice(&self) -> &NoticeId {
        &self.notice
    }

    /// Digest of the bytes owed.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// To which channel.
    #[must_use]
    pub fn channel(&self) -> ChannelName {
        self.channel
    }
}

/// What became of one attempt. The channel decides; the loop only obeys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// Accepted; the receipt says how.
    Delivered {
        /// In words, for the screen and the record.
        receipt: String,
    },
    /// Not this time.
    TryAgain {
        /// What went wrong, in words.
        why: String,
    },
}
