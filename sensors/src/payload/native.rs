//! The payload of our own devices and simulators:
//! `{"at":"2016-08-30T09:00:00Z","level_m":35.33,"seq":12}`.
//!
//! Keys we do not know are skipped, so that a maker may add what he likes; a key that is missing, given twice or of
//! another type is refused.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Message, Unreadable, time, utf8};
use crate::decide::Reading;
use crate::observation::{Measured, Observation, Quantity};

/// The payload a device sends for `reading`. Its station is said by the topic.
///
/// ```
/// use hinan_sensors::{Reading, native_payload};
/// let reading = Reading {
///     station: "obihiro".parse()?,
///     at: "2016-08-30T09:00:00Z".parse()?,
///     level_m: 35.33,
///     sequence: Some(12),
/// };
/// assert_eq!(native_payload(&reading), br#"{"at":"2016-08-30T09:00:00Z","level_m":35.33,"seq":12}"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn native_payload(reading: &Reading) -> Vec<u8> {
    let written = Written {
        at: reading.at,
        level_m: reading.level_m,
        seq: reading.sequence,
    };
    serde_json::to_vec(&written)
        .expect("a time, a number and a count can always be written as JSON")
}

#[derive(Serialize)]
struct Written {
    at: Timestamp,
    level_m: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
}

#[derive(Deserialize)]
struct Read<'p> {
    #[serde(borrow)]
    at: std::borrow::Cow<'p, str>,
    level_m: f64,
    #[serde(default)]
    seq: Option<u64>,
    #[serde(default)]
    station: Option<String>,
}

/// What a device of ours said, before anyone asked whether it may.
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

/// A native payload as a message. Its device is the station it names, if it names one.
pub(super) fn message(payload: &[u8]) -> Result<Message, Unreadable> {
    let sample = decode(payload)?;
    let mut seen = Observation::new(Quantity::WaterLevel, Measured::Number(sample.level_m));
    seen.device = sample.station.and_then(|station| station.parse().ok());
    seen.at = Some(sample.at);
    seen.sequence = sample.sequence;
    Ok(Message {
        observations: vec![seen],
        ..Message::default()
    })
}

/// Reads a native payload.
pub(crate) fn decode(payload: &[u8]) -> Result<Sample, Unreadable> {
    let text = utf8(payload)?;
    let read: Read<'_> = serde_json::from_str(text).map_err(|error| Unreadable::json(&error))?;
    // The reader would also take an array of values in our order. Keys are the contract, not their order.
    if !text.trim_ascii_start().starts_with('{') {
        return Err(Unreadable::WrongShape(
            "it is an array; it must be an object".to_owned(),
        ));
    }
    if !read.level_m.is_finite() {
        return Err(Unreadable::NotFinite);
    }
    Ok(Sample {
        at: time::rfc3339("at", &read.at)?,
        level_m: read.level_m,
        sequence: read.seq,
        station: read.station,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn reads(payload: &str) -> Sample {
        decode(payload.as_bytes()).unwrap()
    }

    fn refused_shape(payload: &str, expected: &str) {
        match decode(payload.as_bytes()) {
            Err(Unreadable::WrongShape(why)) => assert!(why.contains(expected), "{payload}: {why}"),
            other => panic!("{payload}: {other:?}"),
        }
    }

    #[test]
    fn the_documented_reading_is_read() {
        let sample = reads(r#"{"at":"2016-08-30T18:00:00+09:00","level_m":35.33,"seq":12}"#);
        assert_eq!(sample.at, "2016-08-30T09:00:00Z".parse().unwrap());
        assert_eq!(sample.level_m.to_bits(), 35.33_f64.to_bits());
        assert_eq!(sample.sequence, Some(12));
    }

    #[test]
    fn keys_a_maker_added_are_skipped() {
        let sample = reads(
            r#"{"battery_v":3.6,"at":"2016-08-30T09:00:00.5Z","x":[{"y":null}],"level_m":-1}"#,
        );
        assert_eq!(sample.level_m.to_bits(), (-1.0_f64).to_bits());
        assert_eq!(sample.sequence, None);
    }

    #[test]
    fn a_missing_double_or_mistyped_key_is_named() {
        refused_shape(r#"{"at":"2016-08-30T09:00:00Z"}"#, "level_m");
        refused_shape(r#"{"level_m":1}"#, "at");
        refused_shape(
            r#"{"at":"2016-08-30T09:00:00Z","level_m":1,"level_m":2}"#,
            "level_m",
        );
        refused_shape(r#"{"at":"2016-08-30T09:00:00Z","level_m":"1.0"}"#, "string");
        refused_shape(r#"{"at":"2016-08-30T09:00:00Z","level_m":null}"#, "null");
        refused_shape(r#"{"at":"2016-08-30T09:00:00Z","level_m":[1]}"#, "sequence");
        refused_shape(r#"{"at":1472547600,"level_m":1}"#, "integer");
        refused_shape(
            r#"{"at":"2016-08-30T09:00:00Z","level_m":1,"seq":-1}"#,
            "-1",
        );
        refused_shape(r#"["2016-08-30T09:00:00Z",1,null,null]"#, "array");
        refused_shape("3", "integer");
    }

    #[test]
    fn a_time_needs_its_offset_and_the_shape_of_rfc3339() {
        for at in [
            "2016-08-30T09:00:00",
            "2016-08-30 09:00:00Z",
            "2016-08-30T09:00Z",
            "20160830T090000Z",
            "2016-08-30T09:00:00+0900",
            "2016-08-30T09:00:00+09:00[Asia/Tokyo]",
            "2016-02-30T09:00:00Z",
            "2016-08-30T25:00:00Z",
            "2016-08-30T09:00:00.Z",
            "",
            "昨日",
        ] {
            refused_shape(
                &format!(r#"{{"at":"{at}","level_m":1}}"#),
                "it must be like",
            );
        }
    }

    #[test]
    fn infinity_has_no_way_in() {
        for level in ["1e999", "-1e999"] {
            let payload = format!(r#"{{"at":"2016-08-30T09:00:00Z","level_m":{level}}}"#);
            assert_eq!(
                decode(payload.as_bytes()),
                Err(Unreadable::NotFinite),
                "{level}"
            );
        }
        for level in ["NaN", "Infinity", "-Infinity"] {
            let payload = format!(r#"{{"at":"2016-08-30T09:00:00Z","level_m":{level}}}"#);
            assert!(
                matches!(decode(payload.as_bytes()), Err(Unreadable::NotJson(_))),
                "{level}"
            );
        }
    }

    #[test]
    fn what_is_not_json_or_not_text_is_told_apart() {
        assert_eq!(decode(b"\xff\xfe"), Err(Unreadable::NotUtf8));
        assert!(matches!(decode(b""), Err(Unreadable::NotJson(_))));
        assert!(matches!(decode(b"{\"at\":"), Err(Unreadable::NotJson(_))));
        let deep = format!(r#"{{"x":{}"#, "[".repeat(4000));
        assert!(matches!(
            decode(deep.as_bytes()),
            Err(Unreadable::NotJson(_))
        ));
    }
}
