//! Times as devices and networks write them.

use jiff::{SignedDuration, Timestamp};

use super::{Unreadable, cut};

/// Reads a time of RFC 3339. The library reads more shapes of ISO 8601; a device that sends those would be understood
/// here and misunderstood elsewhere, so they are refused. `key` names the field in the refusal.
pub(super) fn rfc3339(key: &str, text: &str) -> Result<Timestamp, Unreadable> {
    let wrong = || {
        let given = cut(text, 40);
        Unreadable::WrongShape(format!(
            "{key} is {given:?}; it must be like 2016-08-30T18:00:00+09:00"
        ))
    };
    if !has_rfc3339_shape(text.as_bytes()) {
        return Err(wrong());
    }
    text.parse().map_err(|_| wrong())
}

/// A time of a network: year 1 is how its software writes "none".
pub(super) fn of_network(key: &str, text: Option<&str>) -> Result<Option<Timestamp>, Unreadable> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let time = rfc3339(key, text)?;
    Ok((time > Timestamp::UNIX_EPOCH).then_some(time))
}

/// Seconds since 1970 as a device counts them. Before 2001 its clock has never been set.
pub(super) fn of_clock(seconds: u32) -> Option<Timestamp> {
    const NEVER_SET: u32 = 978_307_200;
    (seconds >= NEVER_SET)
        .then(|| Timestamp::from_second(seconds.into()).ok())
        .flatten()
}

/// Seconds as a number with a fraction, to the microsecond: that is what a double can tell apart in this century.
pub(super) fn from_seconds(seconds: f64) -> Option<SignedDuration> {
    const DAY_9999_S: f64 = 253_402_000_000.0;
    (seconds.abs() < DAY_9999_S).then(|| {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "below 2^63 by the check above"
        )]
        let micros = (seconds * 1e6).round() as i64;
        SignedDuration::from_micros(micros)
    })
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

    #[test]
    fn year_one_is_no_time() {
        assert_eq!(of_network("time", Some("0001-01-01T00:00:00Z")), Ok(None));
        assert_eq!(of_network("time", Some("")), Ok(None));
        assert_eq!(of_network("time", None), Ok(None));
        assert!(
            of_network("time", Some("2022-07-18T09:34:15.775023242+00:00"))
                .unwrap()
                .is_some()
        );
        assert!(of_network("time", Some("yesterday")).is_err());
    }

    #[test]
    fn a_clock_that_was_never_set_tells_no_time() {
        assert_eq!(of_clock(0), None);
        assert_eq!(of_clock(86_400), None);
        assert_eq!(
            of_clock(1_665_561_758).unwrap().to_string(),
            "2022-10-12T08:02:38Z"
        );
    }

    #[test]
    fn seconds_keep_their_milliseconds_and_have_an_end() {
        assert_eq!(
            from_seconds(1_276_020_076.001).unwrap(),
            SignedDuration::from_millis(1_276_020_076_001)
        );
        for none in [f64::NAN, f64::INFINITY, 1e30, -1e30] {
            assert_eq!(from_seconds(none), None);
        }
    }
}
