//! Live or drill. Two types that never meet: what holds for one cannot be asked of the other.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::OfficialMessage;
use super::jma::Telegram;

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Live {}
    impl Sealed for super::Drill {}
}

/// How a message stands: for real, or for practice. Implemented by [`Live`] and [`Drill`] only.
pub trait Standing:
    sealed::Sealed
    + Copy
    + std::fmt::Debug
    + PartialEq
    + Eq
    + Serialize
    + DeserializeOwned
    + Send
    + Sync
    + 'static
{
    /// The one value of this type.
    const IT: Self;

    /// The telegram in a message, if it has this standing.
    fn telegram(message: &OfficialMessage) -> Option<&Telegram<Self>>;
}

/// 通常: sent for real.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Live {
    /// The one value. Written out, so that a stored drill cannot be read back as live.
    Live,
}

/// 訓練 or 試験: a complete and realistic message that must never reach a proposal or a public channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Drill {
    /// The one value.
    Drill,
}

impl Standing for Live {
    const IT: Self = Self::Live;

    fn telegram(message: &OfficialMessage) -> Option<&Telegram<Self>> {
        match message {
            OfficialMessage::Telegram(telegram) => Some(telegram),
            _ => None,
        }
    }
}

impl Standing for Drill {
    const IT: Self = Self::Drill;

    fn telegram(message: &OfficialMessage) -> Option<&Telegram<Self>> {
        match message {
            OfficialMessage::DrillTelegram(telegram) => Some(telegram),
            _ => None,
        }
    }
}
