//! One device: who it is, what it may say, and whether it is in use.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::verifier::Verifier;

/// Longest name of a device.
pub const NAME_MAX_CHARS: usize = 64;

/// A device that was enrolled (登録された機器).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Its name: user name and client identifier at the broker.
    pub name: String,
    /// Stations whose readings it may publish.
    pub stations: Vec<String>,
    /// Further topics that it may publish, as filters: for gateways that choose their own.
    pub topics: Vec<String>,
    /// How much it may send.
    pub limits: Limits,
    /// SHA-256 of its certificate, hexadecimal, if it may sign in with one.
    pub certificate: Option<String>,
    /// Recognises its secret; none if it signs in by certificate only, or was never given one.
    pub verifier: Option<Verifier>,
    /// Recognises the secret before, for as long as it is still valid.
    pub before: Option<(Verifier, Timestamp)>,
    /// Whether it may speak.
    pub state: State,
    /// When it was enrolled.
    pub enrolled_at: Timestamp,
    /// By whom.
    pub enrolled_by: String,
    /// When it was last given a secret.
    pub rotated_at: Option<Timestamp>,
}

/// How much a device may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Messages a minute, over time.
    pub messages_per_min: u32,
    /// Messages at once: what it held back while it had no network.
    pub burst: u32,
    /// Longest payload, bytes. Over time it may send as many of these as messages.
    pub payload_max_bytes: u32,
}

impl Default for Limits {
    /// A reading a second, a day of readings every two minutes at once, and the longest uplink of a LoRaWAN network
    /// as its server wraps it.
    fn default() -> Self {
        Self {
            messages_per_min: 60,
            burst: 720,
            payload_max_bytes: 16 << 10,
        }
    }
}

impl Limits {
    /// Says which limit is out of its range, and what would be accepted.
    ///
    /// # Errors
    /// The words for whoever gave it.
    pub fn check(&self) -> Result<(), String> {
        let within = |key: &str, value: u32, low: u32, high: u32| {
            if (low..=high).contains(&value) {
                Ok(())
            } else {
                Err(format!("{key} is {value}; it must be from {low} to {high}"))
            }
        };
        within("messages-per-min", self.messages_per_min, 1, 600_000)?;
        within("burst", self.burst, 1, 1_000_000)?;
        within("payload-max-bytes", self.payload_max_bytes, 64, 8 << 20)
    }
}

/// Whether a device may speak.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// 使用中.
    InUse,
    /// 使用停止: an officer took it out, for instance because it was stolen or speaks nonsense. It can come back.
    OutOfUse(Barred),
    /// 失効: for good.
    Revoked(Barred),
}

/// Who took a device out of use, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Barred {
    /// When.
    pub at: Timestamp,
    /// Account, or `console`.
    pub by: String,
    /// In their words.
    pub reason: String,
}

impl State {
    /// Whether it may speak.
    #[must_use]
    pub fn in_use(&self) -> bool {
        matches!(self, Self::InUse)
    }

    /// The word stored.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::InUse => "in_use",
            Self::OutOfUse(_) => "out_of_use",
            Self::Revoked(_) => "revoked",
        }
    }

    /// The word as officers read it.
    #[must_use]
    pub fn spoken(&self) -> &'static str {
        match self {
            Self::InUse => "使用中",
            Self::OutOfUse(_) => "使用停止",
            Self::Revoked(_) => "失効",
        }
    }

    /// Who took it out of use.
    #[must_use]
    pub fn barred(&self) -> Option<&Barred> {
        match self {
            Self::InUse => None,
            Self::OutOfUse(barred) | Self::Revoked(barred) => Some(barred),
        }
    }
}

impl Device {
    /// Whether it may publish readings of `station`.
    #[must_use]
    pub fn speaks_for(&self, station: &str) -> bool {
        self.stations.iter().any(|own| own == station)
    }

    /// Whether this is its secret, or the one before while that is still valid.
    #[must_use]
    pub fn recognises(&self, secret: &[u8], now: Timestamp) -> bool {
        let is = |verifier: &Verifier| verifier.matches(secret);
        self.verifier.as_ref().is_some_and(is)
            || self
                .before
                .as_ref()
                .is_some_and(|(verifier, until)| now < *until && is(verifier))
    }
}

/// Whether a name can be one of a device: it is also a user name, a client identifier and a word in access files.
///
/// # Errors
/// What would be accepted.
pub fn check_name(name: &str) -> Result<(), String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if (1..=NAME_MAX_CHARS).contains(&name.len()) && name.chars().all(plain) {
        Ok(())
    } else {
        Err(format!(
            "{name:?} cannot be the name of a device; it must be 1 to {NAME_MAX_CHARS} of A-Z a-z 0-9 - _ ."
        ))
    }
}
