//! Why a connection ends: what the client is told, what is counted, and what becomes of its will.

use std::io;

use tracing::{debug, warn};

use super::Connection;
use crate::codec::{Broken, Reason};
use crate::door::{Fault, Misdeed};
use crate::topic::TopicError;

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum End {
    #[error("client disconnected")]
    Disconnected,
    #[error("client disconnected and wants its will to be published")]
    DisconnectedWithWill,
    #[error("client closed the socket without DISCONNECT")]
    Closed,
    #[error("socket failed: {0}")]
    Socket(#[from] io::Error),
    #[error("{0}")]
    Broken(#[from] Broken),
    #[error("{0}")]
    Topic(#[from] TopicError),
    #[error("second CONNECT")]
    SecondConnect,
    #[error("AUTH, which was not agreed on")]
    Authentication,
    #[error("a session that ends with its connection was to be made lasting at the end")]
    LastingAtGoodbye,
    #[error("shared subscription with no-local")]
    SharedNoLocal,
    #[error("topic alias that is not known or not agreed on")]
    Alias,
    #[error("more QoS 2 publishes without PUBREL than agreed on")]
    ReceiveMax,
    #[error("publish on {0:?} is not granted")]
    NotGranted(String),
    #[error("payload of {bytes} bytes: this device may send {max_bytes}")]
    PayloadTooLong { bytes: usize, max_bytes: usize },
    #[error("sent more than its rate for {for_s} s without a rest")]
    Excess { for_s: u64 },
    #[error("its device was put out of use")]
    Expelled,
    #[error("silent for longer than its keep-alive allows")]
    Silent,
    #[error("takes nothing of what waits for it")]
    Stalled,
    #[error("taken over by a newer connection with the same client identifier")]
    TakenOver,
    #[error("a publish could not be committed: closed, so that it is sent again")]
    Uncommitted,
    #[error("the broker stops")]
    Stopped,
}

impl End {
    /// What a client of version 5 is told; `None` if there is nobody left to tell.
    pub(super) fn reason(&self) -> Option<Reason> {
        Some(match self {
            Self::Disconnected
            | Self::DisconnectedWithWill
            | Self::Closed
            | Self::Socket(_)
            | Self::Stalled => return None,
            Self::Broken(Broken::Oversized { .. }) => Reason::TOO_LARGE,
            Self::Broken(Broken::Protocol(_))
            | Self::SecondConnect
            | Self::Authentication
            | Self::LastingAtGoodbye
            | Self::SharedNoLocal => Reason::PROTOCOL_ERROR,
            Self::Broken(_) => Reason::MALFORMED,
            Self::Topic(_) => Reason::TOPIC_NAME,
            Self::Alias => Reason::TOPIC_ALIAS,
            Self::ReceiveMax => Reason::RECEIVE_MAX,
            Self::NotGranted(_) => Reason::NOT_AUTHORIZED,
            Self::PayloadTooLong { .. } => Reason::QUOTA,
            Self::Excess { .. } => Reason::RATE,
            Self::Expelled => Reason::ADMINISTRATIVE,
            Self::Silent => Reason::KEEP_ALIVE,
            Self::TakenOver => Reason::TAKEN_OVER,
            Self::Uncommitted => Reason::NOT_ACCEPTED_HERE,
            Self::Stopped => Reason::SHUTTING_DOWN,
        })
    }

    /// Whether the will is to be published. A device that an officer put out of use says nothing more.
    pub(super) fn wants_will(&self) -> bool {
        !matches!(self, Self::Disconnected | Self::Stopped | Self::Expelled)
    }

    /// Whether this is how connections end when nothing is wrong.
    fn is_ordinary(&self) -> bool {
        matches!(
            self,
            Self::Disconnected
                | Self::DisconnectedWithWill
                | Self::Closed
                | Self::Socket(_)
                | Self::Stopped
        )
    }
}

impl Connection {
    pub(super) fn count_and_log(&self, end: &End) {
        let tally = &self.shared.tally;
        match end {
            ordinary if ordinary.is_ordinary() => {}
            End::Broken(Broken::Oversized { .. }) => tally.oversized.one(),
            End::Topic(limit) if limit.is_limit() => tally.oversized.one(),
            End::Silent => tally.silent.one(),
            End::Stalled => tally.stalled.one(),
            End::TakenOver => tally.taken_over.one(),
            End::Expelled => tally.expelled.one(),
            End::Excess { for_s } => {
                tally.excess.one();
                self.note(Misdeed::Excess { for_s: *for_s });
            }
            // Counted where they happened.
            End::NotGranted(_) | End::PayloadTooLong { .. } | End::Uncommitted => {}
            _ => tally.malformed.one(),
        }
        let client_id = &self.me.client_id;
        let device = self.me.grant.device.as_deref().unwrap_or_default();
        let address = self.address;
        if !end.is_ordinary() && self.shared.faults.now() {
            warn!(client_id, device, %address, "connection ended: {end}");
        } else {
            debug!(client_id, device, %address, "connection ended: {end}");
        }
    }

    /// Tells the doorkeeper what its visitor did.
    pub(super) fn note(&self, misdeed: Misdeed<'_>) {
        self.shared.doorkeeper.noted(&Fault {
            device: self.me.grant.device.as_deref(),
            client_id: &self.me.client_id,
            misdeed,
        });
    }
}
