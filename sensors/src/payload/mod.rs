//! Payload formats: bytes in, observations out.
//!
//! One file per format and one per maker of devices. A format turns bytes into observations in our units (metres, UTC)
//! and says what is unreadable in words otherwise; it knows neither clocks nor the list of gauges, so
//! [`decide()`](crate::decide()) stays the same whatever the device speaks.
//!
//! [`recognise`] tells by its content which format a message has, [`decode`] reads it.

pub mod device;
mod lorawan;
mod native;
mod recognise;
pub mod senml;
mod sensorthings;
mod time;
mod unit;

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::device::Profile;
pub(crate) use self::lorawan::BYTES_LABEL;
pub use self::native::native_payload;
pub(crate) use self::native::{Sample, decode as decode_native};
pub use self::recognise::recognise;
pub(crate) use self::unit::{MM_PER_M, Unit};
use crate::observation::{DedupKey, DeviceName, Observation};

/// Largest message that is read, bytes. An uplink that a hundred gateways heard has 60 kB.
pub const MESSAGE_MAX_BYTES: usize = 65_536;
/// Records in one message.
pub const RECORDS_MAX: usize = 1000;
/// Bytes of a text within a message that are kept; a longer one is refused.
pub const TEXT_MAX_BYTES: usize = 512;
/// How deep values may be nested where the format does not limit itself.
pub const DEPTH_MAX: usize = 16;

/// The formats that devices and networks speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Format {
    /// Our own: one JSON object with `at` and `level_m`.
    Native,
    /// SenML in JSON (RFC 8428, `application/senml+json`).
    SenmlJson,
    /// SenML in CBOR (RFC 8428, `application/senml+cbor`).
    SenmlCbor,
    /// Observations of OGC SensorThings 1.0 and 1.1, single or as a `dataArray`.
    Sensorthings,
    /// Uplinks of The Things Stack v3 (The Things Network).
    TtsV3,
    /// Events of ChirpStack v3.
    ChirpstackV3,
    /// Events of ChirpStack v4, in JSON.
    ChirpstackV4,
    /// Uplinks of Netmore.
    Netmore,
}

impl Format {
    /// Every format, in the order above.
    pub const ALL: [Self; 8] = [
        Self::Native,
        Self::SenmlJson,
        Self::SenmlCbor,
        Self::Sensorthings,
        Self::TtsV3,
        Self::ChirpstackV3,
        Self::ChirpstackV4,
        Self::Netmore,
    ];

    /// The name as configurations and commands write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::SenmlJson => "senml_json",
            Self::SenmlCbor => "senml_cbor",
            Self::Sensorthings => "sensorthings",
            Self::TtsV3 => "tts_v3",
            Self::ChirpstackV3 => "chirpstack_v3",
            Self::ChirpstackV4 => "chirpstack_v4",
            Self::Netmore => "netmore",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = NoSuchFormat;

    fn from_str(text: &str) -> Result<Self, NoSuchFormat> {
        Self::ALL
            .into_iter()
            .find(|format| format.name() == text)
            .ok_or_else(|| NoSuchFormat {
                given: text.chars().take(40).collect(),
            })
    }
}

/// A name that no format has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "format is {given:?}; it must be one of native, senml_json, senml_cbor, sensorthings, tts_v3, chirpstack_v3, chirpstack_v4, netmore"
)]
pub struct NoSuchFormat {
    /// What was given, cut after 40 characters.
    pub given: String,
}

/// What is known about a message besides its bytes.
pub struct Context<'c> {
    /// Where it was published, if it came from a broker.
    pub topic: Option<&'c str>,
    /// When it reached us: the "now" of times that are told relative to it.
    pub received_at: Timestamp,
    /// How the bytes of a device are read, if anyone said so. Asked once per uplink.
    pub profile_of: &'c dyn Fn(&DeviceName) -> Option<Profile>,
}

impl Context<'_> {
    /// Nothing is known but the time.
    #[must_use]
    pub fn at(received_at: Timestamp) -> Self {
        Self {
            topic: None,
            received_at,
            profile_of: &|_| None,
        }
    }
}

/// What a message said.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message {
    /// What was observed, in the order of the message.
    pub observations: Vec<Observation>,
    /// Parts that could not be read. Their neighbours stand.
    pub refused: Vec<RefusedPart>,
    /// The same for the same message, if its network says how to tell.
    pub dedup: Option<DedupKey>,
    /// How the bytes of its device were read, if they were.
    pub profile: Option<Profile>,
}

/// A part of a message that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedPart {
    /// Which one, counted from 1.
    pub part: usize,
    /// Why.
    pub why: Unreadable,
}

/// Reads a message of a known format.
///
/// ```
/// use hinan_sensors::observation::Quantity;
/// use hinan_sensors::payload::{Context, Format, decode};
/// let pack = br#"[{"bn":"urn:dev:ow:10e2073a01080063:","bt":1276020076,"n":"water_level","u":"m","v":3.2}]"#;
/// let message = decode(Format::SenmlJson, pack, &Context::at("2010-06-08T18:02:00Z".parse()?))?;
/// assert_eq!(message.observations[0].quantity, Quantity::WaterLevel);
/// assert_eq!(message.observations[0].measured.number(), Some(3.2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Why nothing in the message can be used. Parts that alone are unreadable are listed in [`Message::refused`].
pub fn decode(
    format: Format,
    payload: &[u8],
    context: &Context<'_>,
) -> Result<Message, Unreadable> {
    if payload.len() > MESSAGE_MAX_BYTES {
        return Err(Unreadable::TooMany {
            what: "bytes",
            max: MESSAGE_MAX_BYTES,
        });
    }
    match format {
        Format::Native => native::message(payload),
        Format::SenmlJson => senml::message(senml::read_json(payload)?, context.received_at),
        Format::SenmlCbor => senml::message(senml::read_cbor(payload)?, context.received_at),
        Format::Sensorthings => sensorthings::message(payload, context.topic),
        Format::TtsV3 => lorawan::tts(payload, context),
        Format::ChirpstackV3 => lorawan::chirpstack_v3(payload, context),
        Format::ChirpstackV4 => lorawan::chirpstack_v4(payload, context),
        Format::Netmore => lorawan::netmore(payload, context),
    }
}

/// Why bytes are not observations. Each text says what would be accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unreadable {
    /// Not text where text is due.
    #[error("it is not UTF-8 text; accepted is JSON in UTF-8")]
    NotUtf8,
    /// Text but not JSON.
    #[error("it is not JSON: {0}")]
    NotJson(String),
    /// Bytes but not CBOR.
    #[error("it is not CBOR: {0}")]
    NotCbor(String),
    /// Read, but not of the shape the format has.
    #[error("{0}")]
    WrongShape(String),
    /// A number that is none.
    #[error("it has a number that is not finite; accepted are finite numbers")]
    NotFinite,
    /// A limit was reached.
    #[error("it has more than {max} {what}; at most {max} are accepted")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// What is accepted.
        max: usize,
    },
    /// A later version of the format.
    #[error("it has version {given}; accepted are {accepted}")]
    Version {
        /// What was given.
        given: String,
        /// What is accepted.
        accepted: &'static str,
    },
    /// A message of the network about something else: a join, a status, an acknowledgement. Nothing is wrong with it.
    #[error("it is the event {event:?}, not a measurement; accepted are uplinks and observations")]
    NotTelemetry {
        /// What the network calls it.
        event: String,
    },
    /// The network itself says that no device sent it.
    #[error("it is simulated: no device measured it")]
    Simulated,
    /// The bytes of a device do not fit its profile.
    #[error("{0}")]
    WrongBytes(String),
    /// None of the known formats.
    #[error(
        "its format is not recognised; accepted are native, senml_json, senml_cbor, sensorthings, tts_v3, chirpstack_v3, chirpstack_v4 and netmore"
    )]
    UnknownFormat,
}

impl Unreadable {
    /// A short name that never changes: for counters, storage and filters.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotUtf8 => "not_utf8",
            Self::NotJson(_) => "not_json",
            Self::NotCbor(_) => "not_cbor",
            Self::WrongShape(_) => "wrong_shape",
            Self::NotFinite => "not_finite",
            Self::TooMany { .. } => "too_many",
            Self::Version { .. } => "unsupported_version",
            Self::NotTelemetry { .. } => "not_telemetry",
            Self::Simulated => "simulated",
            Self::WrongBytes(_) => "wrong_bytes",
            Self::UnknownFormat => "unknown_format",
        }
    }

    /// What the JSON reader said. Its words may quote the payload.
    pub(crate) fn json(error: &serde_json::Error) -> Self {
        let why = error.to_string();
        // JSON has no word for infinity: 1e999 is the only way to say it, and the reader has no kind of its own for it.
        if why.starts_with("number out of range") {
            return Self::NotFinite;
        }
        let why = cut(&why, WHY_MAX_CHARS);
        if error.is_data() {
            Self::WrongShape(why)
        } else {
            Self::NotJson(why)
        }
    }
}

/// Characters of a reader's message that are kept.
const WHY_MAX_CHARS: usize = 200;

/// The first characters of a text that somebody else wrote.
pub(crate) fn cut(text: &str, max_chars: usize) -> String {
    text.chars().take(max_chars).collect()
}

/// JSON is text; say so before the reader stumbles over a byte in it.
pub(crate) fn utf8(payload: &[u8]) -> Result<&str, Unreadable> {
    std::str::from_utf8(payload).map_err(|_| Unreadable::NotUtf8)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_written_as_its_name_and_read_from_it() {
        for format in Format::ALL {
            assert_eq!(format.name().parse(), Ok(format));
            assert_eq!(
                serde_json::to_string(&format).unwrap(),
                format!("\"{format}\"")
            );
            assert!(
                "x".parse::<Format>()
                    .unwrap_err()
                    .to_string()
                    .contains(format.name())
            );
            assert!(
                format == Format::Native
                    || Unreadable::UnknownFormat
                        .to_string()
                        .contains(format.name())
            );
        }
    }

    #[test]
    fn a_message_that_is_too_large_is_refused_unread_whatever_its_format() {
        let much = vec![b' '; MESSAGE_MAX_BYTES + 1];
        for format in Format::ALL {
            let refused = decode(format, &much, &Context::at(Timestamp::UNIX_EPOCH)).unwrap_err();
            assert_eq!(refused.code(), "too_many", "{format}");
        }
    }
}
