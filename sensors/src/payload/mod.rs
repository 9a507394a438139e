//! Payload formats: bytes in, one sample out.
//!
//! One file per format. A format turns bytes into a sample in our units (metres, UTC) and says what is unreadable in words
//! otherwise; it knows neither topics nor clocks nor the list of gauges, so [`decide()`](crate::decide()) stays the same
//! whatever the device speaks.

mod native;

use jiff::Timestamp;

pub(crate) use native::decode;
pub use native::native_payload;

/// What a device said, before anyone asked whether it may.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sample {
    /// The device's own time.
    pub(crate) at: Timestamp,
    /// Water level above the gauge's zero, metres. Finite.
    pub(crate) level_m: f64,
    /// The device's running number.
    pub(crate) sequence: Option<u64>,
    /// The gauge the payload claims to come from, if it claims any.
    pub(crate) station: Option<String>,
}

/// Why bytes are not a sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    NotUtf8,
    NotJson(String),
    WrongShape(String),
    NotFinite,
}
