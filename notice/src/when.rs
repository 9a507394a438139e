//! Times as people and documents write them, always on a Japanese clock.

use jiff::Timestamp;

/// Writes a time as residents and officers read it: `8月30日(火) 21:04`, Japan time.
#[must_use]
pub fn spoken(at: Timestamp) -> String {
    let zoned = japan(at);
    let day = ["月", "火", "水", "木", "金", "土", "日"]
        [usize::try_from(zoned.weekday().to_monday_zero_offset()).unwrap_or(0)];
    format!(
        "{}月{}日({day}) {:02}:{:02}",
        zoned.month(),
        zoned.day(),
        zoned.hour(),
        zoned.minute()
    )
}

/// Writes a time for English readers: `21:04 JST, 30 August 2016`.
#[must_use]
pub fn spoken_en(at: Timestamp) -> String {
    japan(at).strftime("%H:%M JST, %-d %B %Y").to_string()
}

/// Writes a time in numbers that need no language: `2016-08-30 21:04 (JST)`.
#[must_use]
pub fn numbers(at: Timestamp) -> String {
    japan(at).strftime("%Y-%m-%d %H:%M (JST)").to_string()
}

/// Writes a time in easy Japanese: `8月(がつ)30日(にち) 21時(じ)4分(ふん)`.
#[must_use]
pub fn easy(at: Timestamp) -> String {
    let zoned = japan(at);
    format!(
        "{}月(がつ){}日(にち) {}時(じ){}分(ふん)",
        zoned.month(),
        zoned.day(),
        zoned.hour(),
        zoned.minute()
    )
}

/// CAP's form of a time: Japan time with its offset, no fraction.
#[must_use]
pub fn cap(at: Timestamp) -> String {
    japan(at).strftime("%Y-%m-%dT%H:%M:%S+09:00").to_string()
}

/// The form of mail and RSS (RFC 5322): `Tue, 30 Aug 2016 21:04:00 +0900`.
#[must_use]
pub fn mail(at: Timestamp) -> String {
    japan(at)
        .strftime("%a, %d %b %Y %H:%M:%S +0900")
        .to_string()
}

/// The same instant on a Japanese clock (UTC+9, no daylight saving).
#[must_use]
pub fn japan(at: Timestamp) -> jiff::ZonedDateTime {
    at.to_zoned_datetime(jiff::tz::TimeZone::fixed(jiff::tz::offset(9)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_instant_is_the_same_hour_of_japan_in_every_form() {
        let at: Timestamp = "2016-08-30T12:04:00Z".parse().expect("a time");
        assert_eq!(spoken(at), "8月30日(火) 21:04");
        assert_eq!(spoken_en(at), "21:04 JST, 30 August 2016");
        assert_eq!(numbers(at), "2016-08-30 21:04 (JST)");
        assert_eq!(cap(at), "2016-08-30T21:04:00+09:00");
        assert_eq!(mail(at), "Tue, 30 Aug 2016 21:04:00 +0900");
        assert_eq!(easy(at), "8月(がつ)30日(にち) 21時(じ)4分(ふん)");
    }
}
