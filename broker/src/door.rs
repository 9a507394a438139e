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
    /// Where the connection comes from.
    pub address: SocketAddr,
}

/// What somebody may do: topic filters, which may contain `+` and `#`. An empty list grants nothing.
///
/// A filter that begins with a wildcard never covers topics that begin with `$`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grant {
    /// Topics that may be published (and named in a will).
    pub publish: Vec<String>,
    /// Topics that may be read. A subscription is granted if one of these covers it whole.
    pub subscribe: Vec<String>,
}

impl Grant {
    pub(crate) fn may_publish(&self, to: &str) -> bool {
        self.publish.iter().any(|filter| topic::matches(filter, to))
    }

    pub(crate) fn may_subscribe(&self, asked: &str) -> bool {
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
}

/// Why a visitor is turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Unknown user or wrong password (CONNACK 4).
    #[error("unknown user or wrong password")]
    BadCredentials,
    /// A known user who may not connect, or not so (CONNACK 5).
    #[error("not authorised to connect")]
    NotAuthorized,
    /// The client identifier is not one that this visitor may use (CONNACK 2).
    #[error("client identifier not accepted")]
    BadClientId,
    /// It cannot be decided now, for instance because the list of users cannot be read (CONNACK 3).
    #[error("cannot be decided now")]
    Unavailable,
}
