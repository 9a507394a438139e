//! The payload of our own devices and simulators:
//! `{"at":"2016-08-30T09:00:00Z","level_m":35.33,"seq":12}`.
//!
//! Keys we do not know are skipped, so that a maker may add what he likes; a key that is missing, given twice or of
//! another type is refused.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Sample, Unreadable};
use crate::decide::Reading;

/// Characters of a reader's message that are kept. The message may quote the payload.
const WHY_MAX_CHARS: usize = 200;

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

/// Reads a native payload.
pub(crate) fn decode(payload: &[u8]) -> Result<Sample, Unreadable> {
    let text = std::str::from_utf8(payload).map_err(|_| Unreadable::NotUtf8)?;
    let read: Read<'_> = serde_json::from_str(text).map_err(|error| unreadable(&error))?;
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
        at: rfc3339(&read.at)?,
        level_m: read.level_m,
        sequence: read.seq,
        station: read.station,
    })
}

fn unreadable(error: &serde_json::Error) -> Unreadable {
    let why = error.to_string();
    // JSON has no word for infinity: 1e999 is the only way to say it, and the reader has no kind of its own for it.
    if why.starts_with("number out of range") {
        return Unreadable::NotFinite;
    }
    let why = why.chars().take(WHY_MAX_CHARS).collect();
    if error.is_data() {
        Unreadable::WrongShape(why)
    } else {
        Unreadable::NotJson(why)
    }
}

/// Reads a time of RFC 3339. The library reads more shapes of ISO 8601; a device that sends those would be understood
/// here and misunderstood elsewhere, so they are refused.
fn rfc3339(text: &str) -> Result<Timestamp, Unreadable> {
    let wrong = || {
        let given: String = text.chars().take(40).collect();
        Unreadable::WrongShape(format!(
            "at is {given:?}; it must be like 2016-08-30T18:00:00+09:00"
        ))
    };
    if !has_rfc3339_shape(text.as_bytes()) {
        return Err(wrong());
    }
    text.parse().map_err(|_| wrong())
}

/// `dddd-dd-ddTdd:dd:dd`, then perhaps `.` and digits, then `Z` or `+dd:dd` or `-dd:dd`.
fn has_rfc3339_shape(text: &[u8]) -> bool {
    let fits = |text: &[u8], shape: &[u8]| {
        text.len() == shape.len()
            && text.iter().zip(shape).all(|(byte, like)| {
                if *like == b'd' {
                    byte.is_ascii_digit()
                } else {
                    byte == like
                }
            })
    };
    let Some((moment, rest)) = text.split_at_checked(19) else {
        return false;
    };
    let offset = match rest.strip_prefix(b".") {
        Some(fraction) => {
            let digits = fraction
                .iter()
                .take_while(|byte| byte.is_ascii_digit())
                .count();
            if digits == 0 {
                return false;
            }
            &fraction[digits..]
        }
        None => rest,
    };
    fits(moment, b"dddd-dd-ddTdd:dd:dd")
        && (offset == b"Z" || fits(offset, b"+dd:dd") || fits(offset, b"-dd:dd"))
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
