//! Why a packet was put in quarantine. The only list of such reasons.

use jiff::Timestamp;

use crate::observation::{DeviceName, Problem, Quantity};
use crate::payload::{Format, Unreadable};
use crate::station::StationId;

/// Why a packet, or a part of one, is not a reading. Each text says what would be accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The payload is larger than a reading can be.
    #[error("the payload has {bytes} bytes; a reading has at most {max_bytes}")]
    TooLarge {
        /// What arrived.
        bytes: usize,
        /// What is accepted.
        max_bytes: usize,
    },
    /// The payload is not text.
    #[error("the payload is not UTF-8 text; a reading is JSON in UTF-8")]
    NotUtf8,
    /// The payload is text but not JSON.
    #[error(
        "the payload is not JSON: {why}; a reading looks like {{\"at\":\"2016-08-30T09:00:00Z\",\"level_m\":35.33,\"seq\":12}}"
    )]
    NotJson {
        /// Where reading stopped.
        why: String,
    },
    /// The payload is JSON but not a reading.
    #[error(
        "the payload is not a reading: {why}; needed are `at` (RFC 3339 with offset, text) and `level_m` (number, metres), each once; `seq` (whole number from 0) and `station` may be added"
    )]
    WrongShape {
        /// The key and what is wrong with it.
        why: String,
    },
    /// The topic names a gauge that is not in the list.
    #[error("station {id:?} is not known; accepted are the stations of the town's list")]
    UnknownStation {
        /// The last level of the topic, cut after 64 characters.
        id: String,
    },
    /// The topic is not that of a reading, or the payload claims another gauge than the topic.
    #[error(
        "{said:?} does not agree with {expected:?}: a reading is published to the topic of its own station"
    )]
    TopicMismatch {
        /// The topic, or the gauge the payload claims; cut after 200 characters.
        said: String,
        /// The topic filter, or the gauge the topic names.
        expected: String,
    },
    /// The device's clock is ahead.
    #[error(
        "the reading's time {at} is {by_s} s after its arrival; at most {max_s} s are accepted"
    )]
    FromTheFuture {
        /// The time in the payload.
        at: Timestamp,
        /// How far ahead, seconds.
        by_s: i64,
        /// What is accepted, seconds.
        max_s: i64,
    },
    /// The reading is too old to matter, or the device's clock was reset.
    #[error(
        "the reading's time {at} is {by_s} s before its arrival; at most {max_s} s are accepted"
    )]
    TooOld {
        /// The time in the payload.
        at: Timestamp,
        /// How far back, seconds.
        by_s: i64,
        /// What is accepted, seconds.
        max_s: i64,
    },
    /// The level is not a number a river can have.
    #[error(
        "station {station}: level_m is too large for a number; a finite number of metres is accepted"
    )]
    NotFinite {
        /// The gauge that said so.
        station: StationId,
    },
    /// A message in another format than ours cannot be read.
    #[error("the message is {format}: {why}")]
    Message {
        /// The format it has, by rule or by content.
        format: Format,
        /// What is wrong.
        why: Unreadable,
    },
    /// A part of such a message cannot be read. Its neighbours stand.
    #[error("the message is {format}, and part {part} of it: {why}")]
    Part {
        /// The format it has.
        format: Format,
        /// Which part, counted from 1.
        part: usize,
        /// What is wrong.
        why: Unreadable,
    },
    /// No format is recognised.
    #[error(
        "the message's format is not recognised; name one in the rule of its topic, or send one of the documented formats"
    )]
    UnknownFormat,
    /// The message names a device that is not in the list.
    #[error("device {device} is not known; accepted are the devices of the town's list")]
    UnknownDevice {
        /// The device.
        device: DeviceName,
    },
    /// Neither the message nor its topic names a device.
    #[error("neither the message nor its topic names a device; one of them must")]
    NoDevice,
    /// The device itself says that it measured nothing.
    #[error("device {device} has no {quantity}: {problem}; it is not taken for a level")]
    NoMeasurement {
        /// The device.
        device: DeviceName,
        /// What it should have measured.
        quantity: Quantity,
        /// Why it did not.
        problem: Problem,
    },
    /// A distance or depth, and nobody said where the sensor is.
    #[error(
        "device {device} sends {quantity}; `mounting_height_m` must say how high its sensor is above the gauge's zero"
    )]
    NoMountingHeight {
        /// The device.
        device: DeviceName,
        /// What it measures.
        quantity: Quantity,
    },
    /// A number, and nobody said what it is.
    #[error(
        "device {device} sends {label:?} without saying what it is; `measures` must say it, `unit` and `field` too where needed"
    )]
    Unstated {
        /// The device.
        device: DeviceName,
        /// What it calls the number, if anything.
        label: String,
    },
    /// What should be the level is no number.
    #[error("device {device} sends {said:?} where a number is due; a number is accepted")]
    NotANumber {
        /// The device.
        device: DeviceName,
        /// What it sent, cut after 64 characters.
        said: String,
    },
    /// Bytes, and nobody said how they are read.
    #[error("device {device} sends bytes; `profile` must say how they are read")]
    NoProfile {
        /// The device.
        device: DeviceName,
    },
}

impl Refusal {
    /// A short name that never changes: for counters, storage and filters.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "too_large",
            Self::NotUtf8 => "not_utf8",
            Self::NotJson { .. } => "not_json",
            Self::WrongShape { .. } => "wrong_shape",
            Self::UnknownStation { .. } => "unknown_station",
            Self::TopicMismatch { .. } => "topic_mismatch",
            Self::FromTheFuture { .. } => "from_the_future",
            Self::TooOld { .. } => "too_old",
            Self::NotFinite { .. } => "not_finite",
            Self::Message { why, .. } | Self::Part { why, .. } => why.code(),
            Self::UnknownFormat => "unknown_format",
            Self::UnknownDevice { .. } => "unknown_device",
            Self::NoDevice => "no_device",
            Self::NoMeasurement { .. } => "no_measurement",
            Self::NoMountingHeight { .. } => "no_mounting_height",
            Self::Unstated { .. } => "unstated",
            Self::NotANumber { .. } => "not_a_number",
            Self::NoProfile { .. } => "no_profile",
        }
    }

    /// Whether something is wrong at all. A network's join or acknowledgement is not: it is counted, and need not be
    /// kept in quarantine.
    #[must_use]
    pub fn is_fault(&self) -> bool {
        !matches!(
            self,
            Self::Message {
                why: Unreadable::NotTelemetry { .. },
                ..
            } | Self::Part {
                why: Unreadable::NotTelemetry { .. },
                ..
            }
        )
    }
}
