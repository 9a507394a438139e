//! What is owed: one delivery per approved notice and channel, written with the decision in one transaction.

use serde::{Deserialize, Serialize};

use crate::approve::notice::{Approved, Notice, NoticeId};
use crate::digest::Digest;

/// A channel of this service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ChannelName {
    /// Public page, feeds and CAP document on our own server.
    Feed,
    /// MQTT messages: document and state of areas retained, events.
    Mqtt,
    /// A program of others that is called.
    Webhook(String),
    /// A distribution list of the town.
    Mail,
    /// Text for telephones (緊急速報メール), as a file.
    AreaMail,
    /// Report for L-Alert, as a file.
    LAlert,
}

impl ChannelName {
    /// The word stored.
    #[must_use]
    pub fn word(&self) -> String {
        match self {
            Self::Feed => "feed".to_owned(),
            Self::Mqtt => "mqtt".to_owned(),
            Self::Webhook(name) => format!("webhook:{name}"),
            Self::Mail => "mail".to_owned(),
            Self::AreaMail => "area_mail".to_owned(),
            Self::LAlert => "l_alert".to_owned(),
        }
    }

    /// The channel with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "feed" => Some(Self::Feed),
            "mqtt" => Some(Self::Mqtt),
            "mail" => Some(Self::Mail),
            "area_mail" => Some(Self::AreaMail),
            "l_alert" => Some(Self::LAlert),
            _ => {
                let name = word.strip_prefix("webhook:")?;
                is_webhook_name(name).then(|| Self::Webhook(name.to_owned()))
            }
        }
    }

    /// As officers read it.
    #[must_use]
    pub fn spoken(&self) -> String {
        match self {
            Self::Feed => "公開ページ・Atom".to_owned(),
            Self::Mqtt => "MQTT".to_owned(),
            Self::Webhook(name) => format!("連携先 {name}"),
            Self::Mail => "登録メール".to_owned(),
            Self::AreaMail => "緊急速報メール(ファイル)".to_owned(),
            Self::LAlert => "Lアラート(ファイル・適合試験なし)".to_owned(),
        }
    }
}

/// Whether a name can stand in the record and in counters.
#[must_use]
pub fn is_webhook_name(name: &str) -> bool {
    (1..=32).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !name.starts_with('-')
}

impl TryFrom<String> for ChannelName {
    type Error = String;
    fn try_from(word: String) -> Result<Self, String> {
        Self::from_word(&word).ok_or_else(|| format!("{word} is no channel"))
    }
}

impl From<ChannelName> for String {
    fn from(channel: ChannelName) -> Self {
        channel.word()
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
    pub fn channel(&self) -> &ChannelName {
        &self.channel
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
    /// Never: the receiver said that it will not take it, or its time is over.
    GiveUp {
        /// Why, in words.
        why: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_channel_is_found_again_by_its_word_and_no_other() {
        let all = [
            ChannelName::Feed,
            ChannelName::Mqtt,
            ChannelName::Webhook("pref-1".to_owned()),
            ChannelName::Mail,
            ChannelName::AreaMail,
            ChannelName::LAlert,
        ];
        for channel in all {
            assert_eq!(ChannelName::from_word(&channel.word()), Some(channel));
        }
        for bad in ["", "webhook:", "webhook:Pref", "webhook:a/b", "fax"] {
            assert_eq!(ChannelName::from_word(bad), None, "{bad}");
        }
    }
}
