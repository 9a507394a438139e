//! Times of CAP: always with an offset.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::official::refusal::Refusal;

/// A time with the offset its sender lives by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CapTime {
    /// The moment.
    pub at: Timestamp,
    /// Offset from UTC, minutes.
    pub offset_min: i32,
}

/// Reads `2003-04-02T14:39:01-05:00`. `Z` is accepted although it is not written so; 24:00:00 is the next midnight.
pub(crate) fn read(what: &'static str, text: &str) -> Result<CapTime, Refusal> {
    parse(text).ok_or_else(|| {
        Refusal::unknown(
            what,
            text,
            "a time like 2003-04-02T14:39:01-05:00, with its offset",
        )
    })
}

fn parse(text: &str) -> Option<CapTime> {
    let (clock, offset_min) = match text.strip_suffix('Z') {
        Some(clock) => (clock, 0),
        None => {
            let (clock, offset) = text.split_at_checked(text.len().checked_sub(6)?)?;
            (clock, offset_min(offset)?)
        }
    };
    let (seconds, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    if !has_shape(seconds, "dddd-dd-ddTdd:dd:dd")
        || fraction.len() > 9
        || !fraction.bytes().all(|byte| byte.is_ascii_digit())
        || clock.ends_with('.')
    {
        return None;
    }
    let (date, hour) = seconds.split_once('T')?;
    // 24:00:00 ends a day. Every other hour past 23 is none.
    let (hour, more) = if hour == "24:00:00" && fraction.bytes().all(|digit| digit == b'0') {
        ("00:00:00", SignedDuration::from_hours(24))
    } else {
        (hour, SignedDuration::ZERO)
    };
    // A leap second is read as the second before by some and refused by others; CAP has none.
    if hour.ends_with(":60") {
        return None;
    }
    let dot = if fraction.is_empty() { "" } else { "." };
    let utc: Timestamp = format!("{date}T{hour}{dot}{fraction}Z").parse().ok()?;
    let at = utc
        .checked_sub(SignedDuration::from_mins(i64::from(offset_min)))
        .ok()?
        .checked_add(more)
        .ok()?;
    Some(CapTime { at, offset_min })
}

fn offset_min(offset: &str) -> Option<i32> {
    let sign = match offset.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    if !has_shape(&offset[1..], "dd:dd") {
        return None;
    }
    let hours: i32 = offset[1..3].parse().ok()?;
    let minutes: i32 = offset[4..6].parse().ok()?;
    (hours <= 23 && minutes <= 59).then_some(sign * (hours * 60 + minutes))
}

fn has_shape(text: &str, shape: &str) -> bool {
    text.len() == shape.len()
        && text.bytes().zip(shape.bytes()).all(|(byte, like)| {
            if like == b'd' {
                byte.is_ascii_digit()
            } else {
                byte == like
            }
        })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_of_24_is_the_next_midnight() {
        let time = read("sent", "2008-02-29T24:00:00-00:00").unwrap();
        assert_eq!(time.at.to_string(), "2008-03-01T00:00:00Z");
        assert!(read("sent", "2008-02-29T24:00:01-00:00").is_err());
    }

    #[test]
    fn a_time_without_offset_or_beyond_the_clock_is_none() {
        for text in [
            "2003-04-02T14:39:01",
            "2003-14-02T14:39:01+00:00",
            "2003-04-02T14:61:01+00:00",
            "2003-04-02T14:39:60+00:00",
            "2003-02-30T14:39:01+00:00",
            "2003-04-02 14:39:01+00:00",
            "2003-04-02T14:39:01+0000",
            "２003-04-02T14:39:01+00:00",
            "",
            "Z",
        ] {
            assert!(read("sent", text).is_err(), "{text}");
        }
        assert_eq!(
            read("sent", "2003-04-02T14:39:01.5Z").unwrap().at,
            "2003-04-02T14:39:01.5Z".parse().unwrap()
        );
    }
}
