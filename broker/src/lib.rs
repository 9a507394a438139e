//! The embedded MQTT broker, 3.1.1 and 5, that acknowledges a reading after its durable commit.
//!
//! For towns without a broker of their own, and for the demo. One rule makes it different:
//! **what is published under the sink filters is acknowledged when the sink says so.** Such a publish goes
//! to an in-process queue as an [`Inbound`]; PUBACK (or PUBREC) leaves only after [`Receipt::committed`].
//! A device whose reading was not committed is not told that it was: its connection is closed, so that it
//! sends the reading again.
//!
//! Decided, and to be relied on:
//! - Everybody is checked at the door ([`Doorkeeper`]) and gets a [`Grant`]. A publish outside it is answered
//!   0x87 in version 5; 3.1.1 cannot say no to a publish, nor can anybody to QoS 0: those connections are closed.
//! - A reading reaches other subscribers, and the retained store, after its commit, never before.
//! - Everything has a limit ([`Settings`]). What does not fit is refused, counted ([`Counts`]) and logged
//!   at most once a minute; nothing is thrown out of a queue to make room.
//! - When the sink is full we stop reading sockets; the devices wait and lose nothing. A device that sends more
//!   than its [`Rate`] is not read from until it is even, and disconnected when that does not end; its neighbours
//!   do not notice.
//! - Sessions and retained messages live in memory: whoever starts the broker restores the latter.
//! - TLS ([`Tls`]) has a port of its own beside the plain one; a client's certificate is shown to the doorkeeper.
//! - Of version 5 everything is spoken but enhanced authentication (AUTH).

mod clock;
mod codec;
mod connection;
mod counts;
mod door;
mod handshake;
mod late_will;
mod listen;
mod meter;
mod outbox;
mod retained;
mod router;
mod session;
mod settings;
mod sink;
mod subscriptions;
mod tls;
mod topic;

pub use counts::Counts;
pub use door::{Certificate, Denied, Doorkeeper, Fault, Grant, Misdeed, Rate, Visitor};
pub use listen::{Broker, NotStarted};
pub use meter::Activity;
pub use retained::Retained;
pub use settings::{Settings, SettingsError};
pub use sink::{Inbound, InboundMessage, Receipt};
pub use tls::{ClientCertificates, Tls, TlsError};
pub use topic::{TopicError, covers, matches};

/// For the fuzzer: reads `bytes` as a connection of this protocol level would. Says how many packets there were.
#[doc(hidden)]
pub fn read_packets(bytes: &[u8], level: u8) -> usize {
    codec::try_all(bytes, level)
}
