//! Who may come in, and what they may do then.

use std::net::SocketAddr;

use crate::topic;

/// Somebody who sent a CONNECT packet. Nothing in it is believed yet.
#[derive(Clone, Copy)]
pub struct Visitor<'a> {
    /// The client identifier. Empty if the client leaves the choice to us (clean sessions only).
    pub client_id: &'a str,
    /// The user name, if one was sent.
    pub username: Option<&'a str>,
    /// The password, if one was sent: any bytes.
    pub password: Option<&'a [u8]>,
    /// The certificate that the client proved to own; only over TLS.
    pub certificate: Option<&'a Certificate>,
    /// Where the connection comes from.
    pub address: SocketAddr,
}

/// A client's certificate, signed by an authority that this broker was told to trust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The common name of its subject, if it has exactly one.
    pub common_name: Option<String>,
    /// SHA-256 of the whole certificate.
    pub sha256: [u8; 32],
}

/// What somebody may do: topic filters, which may contain `+` and `#`. An empty list grants nothing.
///
/// A filter that begins with a wildcard never covers topics that begin with `$`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grant {
    /// Topics that may be published (and named in a will).
    pub publish: Vec<String>,
    /// Topics that may be read. A subscription is granted if one of these covers it whole.
    pub subscribe: Vec<String>,
    /// The device that was recognised. Its connections share one [`Rate`], are counted together, and are closed
    /// together by [`Broker::expel`](crate::Broker::expel). The doorkeeper must keep the number of names small.
    pub device: Option<String>,
    /// How much it may send; `None` = as much as the broker can take.
    pub rate: Option<Rate>,
    /// Longest payload it may publish, bytes; `None` = what a packet holds.
    pub payload_max_bytes: Option<usize>,
}

/// How much may be sent: a bucket that fills by so much a second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Packets a second, over time. Acknowledgements are free.
    pub messages_per_s: f64,
    /// Packets at once after a rest: what a device held back while it had no network.
    pub burst: u32,
    /// Bytes of topics and payloads a second, over time. Of bytes, too, as many seconds' worth may come at once.
    pub bytes_per_s: f64,
}

impl Grant {
    pub(crate) fn may_publish(&self, to: &str) -> bool {
        self.publish.iter().any(|filter| topic::matches(filter, to))
    }

    pub(crate) fn may_subscribe(&self, asked: &str) -> bool {
        let (_, asked) = topic::shared(asked);
        self.subscribe
            .iter()
            .any(|granted| topic::covers(granted, asked))
    }

    pub(crate) fn may_read(&self, published: &str) -> bool {
        self.subscribe
            .iter()
            .any(|filter| topic::matches(filter, published))
    }
}

/// Decides who may come in.
///
/// The client identifier decides whose session is resumed and whose connection is taken over. The broker
/// refuses an identifier whose session belongs to another user name; whoever lets several devices share
/// one user name (or none) must bind identifiers to devices here.
pub trait Doorkeeper: Send + Sync + 'static {
    /// Says what `who` may do. May take its time (password hashing): it runs on a thread where waiting is
    /// allowed, and as many at once as the machine has processors.
    ///
    /// # Errors
    /// Why the visitor is turned away; it is told so in the CONNACK.
    fn admit(&self, who: &Visitor<'_>) -> Result<Grant, Denied>;

    /// Hears of a fault of somebody who was let in. Called by the task of the connection: it must not wait.
    fn noted(&self, fault: &Fault<'_>) {
        let _ = fault;
    }
}

/// Something that a client did and should not have done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault<'a> {
    /// The device, if the doorkeeper recognised one.
    pub device: Option<&'a str>,
    /// Its client identifier.
    pub client_id: &'a str,
    /// What it did.
    pub misdeed: Misdeed<'a>,
}

/// What a client should not have done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misdeed<'a> {
    /// It published where it may not. Answered 0x87 (version 5) or closed.
    NotGranted {
        /// The topic.
        topic: &'a str,
    },
    /// It published more at once than it may. Answered 0x97 (version 5) or closed.
    PayloadTooLong {
        /// The length of its payload.
        bytes: usize,
        /// What is accepted.
        max_bytes: usize,
    },
    /// It kept sending more than its rate for `excess_max_s`, and was closed.
    Excess {
        /// For how long, seconds.
        for_s: u64,
    },
}

/// Why a visitor is turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Unknown user or wrong password (CONNACK 4; 0x86 in version 5).
    #[error("unknown user or wrong password")]
    BadCredentials,
    /// A known user who may not connect, or not so (CONNACK 5; 0x87).
    #[error("not authorised to connect")]
    NotAuthorized,
    /// The client identifier is not one that this visitor may use (CONNACK 2; 0x85).
    #[error("client identifier not accepted")]
    BadClientId,
    /// It cannot be decided now, for instance because the list of users cannot be read (CONNACK 3; 0x88).
    #[error("cannot be decided now")]
    Unavailable,
}
