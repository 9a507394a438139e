//! The connection to the MQTT broker: deliveries out, acknowledgements back.
//!
//! What must stay true, and how:
//!
//! - **The broker owns a message until it is kept.** Nothing is acknowledged but through [`Receipt::acknowledge`],
//!   which the consumer calls after its commit. Everything else (a crash, a lost link, a dropped receipt) leads to
//!   another delivery. So each message comes at least once, and the consumer must know a repetition when it sees one.
//! - **An acknowledgement belongs to the connection its delivery came from.** Packet identifiers start anew with each
//!   connection; an acknowledgement carried over would confirm another message. The MQTT library keeps packets and
//!   requests of a dead connection and goes on with them. We therefore give every connection a client of its own and
//!   throw it away whole: what was buffered dies with it, and a late acknowledgement finds nobody to talk to.
//! - **The session lasts, the subscription is renewed.** `clean_session` is false under a stable client id, so the
//!   broker queues for us while we are away; we subscribe at each connect, for a broker that lost its memory. Each
//!   time the broker then also repeats its retained messages, marked as such.
//! - **A slow consumer never stops the keep-alive.** A delivery that does not fit (the channel is full, or too much
//!   is unacknowledged) is let go unacknowledged, and so is all that follows, so that order is kept. Once the consumer
//!   has settled what it holds, the connection is renewed and the broker delivers the rest again. Messages published
//!   with QoS 0 carry no such promise and are lost then.
//! - **One large message never blocks those behind it.** A packet above `max_packet_bytes` ends the connection, because
//!   the library refuses to read it; the next connection reads up to the protocol's own limit of 256 MiB, hands over
//!   the message cut to `max_packet_bytes` (it is then quarantined) and is followed by an
//!   ordinary one.
//!
//! Known gap: a packet that breaks the protocol itself ends every connection it is delivered on. Brokers check what
//! they pass on, so this needs a broken broker; it shows as a [`LinkState::Down`] that comes back with its reason.

mod backoff;
mod receipt;
mod secret;
mod session;
mod tally;
mod tls;

use jiff::Timestamp;
use rumqttc::valid_filter;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

pub use receipt::{Acknowledged, Receipt};
pub use secret::Secret;
pub use tally::Tally;
pub use tls::{InvalidTls, Tls};

use backoff::Backoff;
use session::{Ended, Session};

/// Where the broker is and how we talk to it.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Name or address of the broker.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The name under which the broker keeps our session. Must stay the same, and no other client may use it.
    pub client_id: String,
    /// How to speak TLS; `None` speaks in the clear.
    pub tls: Option<Tls>,
    /// User name and password, if the broker asks for them.
    pub login: Option<(String, Secret)>,
    /// Largest packet read on an ordinary connection, bytes; from 1 MiB to 64 MiB.
    pub max_packet_bytes: usize,
    /// Seconds between signs of life, 5 to 600. The largest packet must get through in this time: while it is being
    /// read, the broker's answer to a ping waits behind it.
    pub keep_alive_s: u16,
    /// Topic filters to subscribe to with QoS 1; 1 to 64.
    pub filter: Vec<String>,
    /// Deliveries that may be unacknowledged at a time; 1 to 20 000. The broker's own limit (20 for a mosquitto as it
    /// is installed) usually comes first.
    pub inflight_max: u16,
}

impl Connection {
    /// A connection with 8 MiB packets, 30 s keep-alive, 2 000 deliveries in flight, no TLS and no login.
    #[must_use]
    pub fn new(host: &str, port: u16, client_id: &str, filter: Vec<String>) -> Self {
        Self {
            host: host.to_owned(),
            port,
            client_id: client_id.to_owned(),
            tls: None,
            login: None,
            max_packet_bytes: 8 * 1024 * 1024,
            keep_alive_s: 30,
            filter,
            inflight_max: 2000,
        }
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// The first key that is out of bounds, with its value and what is accepted.
    pub fn validate(&self) -> Result<(), InvalidConnection> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        let host_is_plain = self.host.chars().all(|c| plain(c) || c == ':');
        demand(
            (1..=253).contains(&self.host.len()) && host_is_plain,
            "host",
            &self.host,
            "a name or an IP address",
        )?;
        demand(self.port != 0, "port", &self.port, "from 1 to 65535")?;
        demand(
            (1..=64).contains(&self.client_id.len()) && self.client_id.chars().all(plain),
            "client_id",
            &self.client_id,
            "1 to 64 of A-Z a-z 0-9 . _ -",
        )?;
        demand(
            (1 << 20..=64 << 20).contains(&self.max_packet_bytes),
            "max_packet_bytes",
            &self.max_packet_bytes,
            "from 1048576 to 67108864",
        )?;
        demand(
            (5..=600).contains(&self.keep_alive_s),
            "keep_alive_s",
            &self.keep_alive_s,
            "from 5 to 600",
        )?;
        demand(
            (1..=20_000).contains(&self.inflight_max),
            "inflight_max",
            &self.inflight_max,
            "from 1 to 20000",
        )?;
        demand(
            (1..=64).contains(&self.filter.len()),
            "filter",
            &format_args!("a list of {}", self.filter.len()),
            "a list of 1 to 64",
        )?;
        self.filter.iter().try_for_each(|filter| {
            demand(
                valid_filter(filter),
                "filter",
                filter,
                "an MQTT topic filter",
            )
        })
    }
}

fn demand(
    sound: bool,
    key: &'static str,
    value: &dyn std::fmt::Display,
    accepted: &'static str,
) -> Result<(), InvalidConnection> {
    if sound {
        return Ok(());
    }
    Err(InvalidConnection {
        key,
        value: value.to_string().chars().take(300).collect(),
        accepted,
    })
}

/// A setting of the connection that is out of bounds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("connection.{key} is {value:?}; it must be {accepted}")]
pub struct InvalidConnection {
    /// The key.
    pub key: &'static str,
    /// What was given.
    pub value: String,
    /// What is accepted.
    pub accepted: &'static str,
}

/// One message off the broker, owed an acknowledgement.
#[derive(Debug)]
pub struct Delivery {
    /// Where it was published.
    pub topic: String,
    /// What was published; at most [`Connection::max_packet_bytes`] of it.
    pub payload: Vec<u8>,
    /// The true size if `payload` was cut, bytes.
    pub cut_from_bytes: Option<usize>,
    /// Whether the broker kept it as the last known value: a state, not an event.
    pub retained: bool,
    /// When it reached us.
    pub received_at: Timestamp,
    /// To be acknowledged once the message, or the refusal of it, is durable.
    pub receipt: Receipt,
}

/// How the link to the broker is, for the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// On the way: not connected, or connected and not yet subscribed.
    Connecting,
    /// Connected and subscribed.
    Connected {
        /// Since when.
        since: Timestamp,
        /// Whether the broker still had our session. If not, and this is not the first time, what was published while
        /// we were away is lost.
        resumed: bool,
    },
    /// Not connected.
    Down {
        /// Since when.
        since: Timestamp,
        /// What happened, in words.
        why: String,
        /// How long until the next attempt.
        retry_in: Duration,
    },
}

/// What the connection cannot know by itself.
pub struct Surroundings {
    /// What time it is. Only written down, never waited for.
    pub clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
    /// Spreads the attempts of several services over time. Any number.
    pub jitter_seed: u64,
    /// Where to count what happens.
    pub tally: Arc<Tally>,
}

/// Why [`run`] stopped without being asked to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Stopped {
    /// The settings cannot work.
    #[error(transparent)]
    Invalid(#[from] InvalidConnection),
    /// Nobody takes deliveries any more.
    #[error("the receiver of deliveries is gone")]
    ConsumerGone,
}

/// Keeps the connection until `shutdown` becomes true (or its sender is gone) and hands every message to `deliveries`.
///
/// Give `deliveries` room for what the broker may have in flight; what happens when it is full stands at the top of this
/// module. At shutdown nothing new is handed over, up to five seconds are given to acknowledge what was, and the broker
/// is told goodbye; then `deliveries` closes.
///
/// After a loss, attempts are repeated for ever: after half a second first, then twice as long each time up to 30 s,
/// each shortened by chance to as little as half. A connection that proved useful (something was acknowledged, or it
/// held for 30 s) starts this over.
///
/// # Errors
/// [`Stopped`]: the settings are refused before the first attempt, or the consumer is gone.
pub async fn run(
    connection: Connection,
    deliveries: mpsc::Sender<Delivery>,
    mut shutdown: watch::Receiver<bool>,
    status: watch::Sender<LinkState>,
    surroundings: Surroundings,
) -> Result<(), Stopped> {
    connection.validate()?;
    let mut backoff = Backoff::new(surroundings.jitter_seed);
    let mut max_packet_bytes = connection.max_packet_bytes;
    loop {
        // Without room, the first delivery would already be let go.
        tokio::select! {
            () = asked(&mut shutdown) => return Ok(()),
            room = deliveries.reserve() => drop(room.map_err(|_| Stopped::ConsumerGone)?),
        }
        status.send_replace(LinkState::Connecting);
        let session = Session {
            connection: &connection,
            max_packet_bytes,
            deliveries: &deliveries,
            status: &status,
            clock: &surroundings.clock,
            tally: &surroundings.tally,
        };
        let lost = match session.hold(&mut shutdown).await {
            Ended::Asked => return Ok(()),
            Ended::ConsumerGone => return Err(Stopped::ConsumerGone),
            Ended::Lost(lost) => lost,
        };
        tally::one(&surroundings.tally.lost);
        if lost.useful {
            backoff.start_over();
        }
        max_packet_bytes = if lost.oversized {
            session::PROTOCOL_MAX_BYTES
        } else {
            connection.max_packet_bytes
        };
        let retry_in = backoff.next_wait();
        tracing::warn!(
            broker = %connection.host,
            port = connection.port,
            why = %lost.why,
            retry_in_ms = %retry_in.as_millis(),
            "the link to the broker is down"
        );
        status.send_replace(LinkState::Down {
            since: (surroundings.clock)(),
            why: lost.why,
            retry_in,
        });
        tokio::select! {
            () = asked(&mut shutdown) => return Ok(()),
            () = tokio::time::sleep(retry_in) => {}
        }
    }
}

/// Waits until someone wants us to stop.
async fn asked(shutdown: &mut watch::Receiver<bool>) {
    // An error means that whoever could ask is gone: nobody will miss us.
    let _ = shutdown.wait_for(|asked| *asked).await;
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn refused(change: impl FnOnce(&mut Connection), expected: &str) {
        let mut connection = Connection::new("localhost", 1883, "hinan", vec!["a/+".to_owned()]);
        assert_eq!(connection.validate(), Ok(()));
        change(&mut connection);
        assert_eq!(connection.validate().unwrap_err().to_string(), expected);
    }

    #[test]
    fn a_setting_out_of_bounds_is_named_with_what_is_accepted() {
        refused(
            |c| c.max_packet_bytes = 10_240,
            "connection.max_packet_bytes is \"10240\"; it must be from 1048576 to 67108864",
        );
        refused(
            |c| c.client_id = String::new(),
            "connection.client_id is \"\"; it must be 1 to 64 of A-Z a-z 0-9 . _ -",
        );
        refused(
            |c| c.keep_alive_s = 0,
            "connection.keep_alive_s is \"0\"; it must be from 5 to 600",
        );
        refused(
            |c| c.filter = vec!["a/#/b".to_owned()],
            "connection.filter is \"a/#/b\"; it must be an MQTT topic filter",
        );
        refused(
            |c| c.filter.clear(),
            "connection.filter is \"a list of 0\"; it must be a list of 1 to 64",
        );
        refused(
            |c| c.host = "a b".to_owned(),
            "connection.host is \"a b\"; it must be a name or an IP address",
        );
        refused(
            |c| c.port = 0,
            "connection.port is \"0\"; it must be from 1 to 65535",
        );
        refused(
            |c| c.inflight_max = 0,
            "connection.inflight_max is \"0\"; it must be from 1 to 20000",
        );
    }

    #[test]
    fn a_password_does_not_show_when_the_connection_is_printed() {
        let mut connection = Connection::new("localhost", 1883, "hinan", vec!["a/+".to_owned()]);
        connection.login = Some(("sensor".to_owned(), Secret::new("open sesame")));
        assert!(!format!("{connection:?}").contains("sesame"));
    }
}
