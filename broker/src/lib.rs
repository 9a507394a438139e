//! The embedded MQTT 3.1.1 broker that acknowledges a reading after its durable commit.
//!
//! For towns without a broker of their own, and for the demo. One rule makes it different:
//! **what is published under the sink filter is acknowledged when the sink says so.** Such a publish goes
//! to an in-process queue as an [`Inbound`]; PUBACK (or PUBREC) leaves only after [`Receipt::committed`].
//! A device whose reading was not committed is not told that it was: its connection is closed, so that it
//! sends the reading again.
//!
//! Decided, and to be relied on:
//! - Everybody is checked at the door ([`Doorkeeper`]) and gets a [`Grant`]. A publish outside it closes
//!   the connection (3.1.1 cannot say no to a publish), a subscription outside it is answered 0x80.
//! - A reading reaches other subscribers, and the retained store, after its commit, never before.
//! - Everything has a limit ([`Settings`]). What does not fit is refused, counted ([`Counts`]) and logged
//!   at most once a minute; nothing is thrown out of a queue to make room.
//! - When the sink is full we stop reading sockets; the devices wait and lose nothing.
//! - QoS 2 is spoken inbound. Subscriptions are granted QoS 1 at most.
//! - Sessions and retained messages live in memory: whoever starts the broker restores the latter.
//! - No TLS here. Version 5 clients are answered "unacceptable protocol version".

mod clock;
mod codec;
mod connection;
mod counts;
mod door;
mod handshake;
mod listen;
mod outbox;
mod retained;
mod router;
mod session;
mod settings;
mod sink;
mod subscriptions;
mod topic;

pub use counts::Counts;
pub use door::{Denied, Doorkeeper, Grant, Visitor};
pub use listen::{Broker, NotStarted};
pub use retained::Retained;
pub use settings::{Settings, SettingsError};
pub use sink::{Inbound, InboundMessage, Receipt};
pub use topic::{TopicError, covers, matches};
