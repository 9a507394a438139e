//! Moments as people in Japan read them: 24 hours, Japan Standard Time, ages in words.

use jiff::{
    Timestamp,
    civil::{DateTime, Weekday},
    tz::offset,
};

use crate::{markup::Markup, view::Span};

/// How far a day can be from now and still be named by its day of the month alone.
const NEAR_DAYS: i64 = 20;

/// As short as is clear beside `now`: `21:04` today, `31日(水) 02:30` on a near day, with month or
/// year where those differ.
pub(crate) fn short(at: Timestamp, now: Timestamp) -> Markup {
    time_element(at, &short_words(at, now))
}

/// With the month: `8月30日(火) 21:04`; with the year when it is not this year.
pub(crate) fn day_and_time(at: Timestamp, now: Timestamp) -> Markup {
    let words = if civil(at).year() == civil(now).year() {
        format!("{} {}", month_day(civil(at)), clock(at))
    } else {
        full_words(at)
    };
    time_element(at, &words)
}

/// With the year: `2016年8月30日(火) 21:04`.
pub(crate) fn full(at: Timestamp) -> Markup {
    time_element(at, &full_words(at))
}

/// With the year, as plain words.
pub(crate) fn full_words(at: Timestamp) -> String {
    let civil = civil(at);
    format!("{}年{} {}", civil.year(), month_day(civil), clock(at))
}

/// The clock alone: `21:04`.
pub(crate) fn clock(at: Timestamp) -> String {
    let civil = civil(at);
    format!("{:02}:{:02}", civil.hour(), civil.minute())
}

/// The day of the month with its weekday: `31日(水)`.
pub(crate) fn day_of_month(at: Timestamp) -> String {
    let civil = civil(at);
    format!("{}日({})", civil.day(), weekday(civil))
}

/// The clock's hour, 0 to 23.
pub(crate) fn hour(at: Timestamp) -> i8 {
    civil(at).hour()
}

/// From the early to the late end: `31日(水) 01:10〜02:40`, or `早ければ31日(水) 01:10` without a late end.
pub(crate) fn span(span: Span, now: Timestamp) -> Markup {
    let from = short_words(span.from, now);
    let Some(late) = span.to else {
        return Markup::made(format!(
            "<span class=\"span\">早ければ{}</span>",
            time_element(span.from, &from)
        ));
    };
    if span.from == late {
        return time_element(span.from, &from);
    }
    let to = if civil(span.from).date() == civil(late).date() {
        clock(late)
    } else {
        short_words(late, now)
    };
    Markup::made(format!(
        "<span class=\"span\">{}〜{}</span>",
        time_element(span.from, &from),
        time_element(late, &to)
    ))
}

/// How long ago, or how far ahead: `3分前`, `たった今`, `あと1時間10分`.
pub(crate) fn age(at: Timestamp, now: Timestamp) -> String {
    let minutes = minutes_between(at, now);
    match minutes {
        0 => "たった今".to_owned(),
        1.. => format!("{}前", duration(minutes)),
        _ => format!("あと{}", duration(-minutes)),
    }
}

/// What is left until a span, as a range: `あと2時間10分〜3時間40分`, or that it has begun.
pub(crate) fn left(span: Span, now: Timestamp) -> String {
    let early = minutes_between(now, span.from);
    let Some(late) = span.to.map(|to| minutes_between(now, to)) else {
        return if early <= 0 {
            "早ければ既に過ぎています".to_owned()
        } else {
            format!("早ければあと{}", duration(early))
        };
    };
    if late <= 0 {
        format!("{}前に過ぎました", duration(-late))
    } else if early <= 0 {
        format!("早ければ既に過ぎ、遅くともあと{}", duration(late))
    } else if early == late {
        format!("あと{}", duration(early))
    } else {
        format!("あと{}〜{}", duration(early), duration(late))
    }
}

/// Minutes as `2時間10分`, `2日3時間`.
pub(crate) fn duration(minutes: i64) -> String {
    let (days, hours, rest) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    match (days, hours, rest) {
        (0, 0, rest) => format!("{rest}分"),
        (0, hours, 0) => format!("{hours}時間"),
        (0, hours, rest) => format!("{hours}時間{rest}分"),
        (days, 0, _) => format!("{days}日"),
        (days, hours, _) => format!("{days}日{hours}時間"),
    }
}

/// Whole minutes from one moment to another.
pub(crate) fn minutes_between(from: Timestamp, to: Timestamp) -> i64 {
    (to.as_second() - from.as_second()) / 60
}

fn short_words(at: Timestamp, now: Timestamp) -> String {
    let (then, today) = (civil(at), civil(now));
    if then.date() == today.date() {
        return clock(at);
    }
    if then.year() != today.year() {
        return full_words(at);
    }
    if minutes_between(at, now).abs() / 1440 < NEAR_DAYS {
        return format!("{} {}", day_of_month(at), clock(at));
    }
    format!("{} {}", month_day(then), clock(at))
}

fn month_day(civil: DateTime) -> String {
    format!("{}月{}日({})", civil.month(), civil.day(), weekday(civil))
}

fn weekday(civil: DateTime) -> &'static str {
    match civil.weekday() {
        Weekday::Sunday => "日",
        Weekday::Monday => "月",
        Weekday::Tuesday => "火",
        Weekday::Wednesday => "水",
        Weekday::Thursday => "木",
        Weekday::Friday => "金",
        Weekday::Saturday => "土",
    }
}

fn time_element(at: Timestamp, words: &str) -> Markup {
    let civil = civil(at);
    Markup::made(format!(
        "<time datetime=\"{:04}-{:02}-{:02}T{:02}:{:02}:{:02}+09:00\">{words}</time>",
        civil.year(),
        civil.month(),
        civil.day(),
        civil.hour(),
        civil.minute(),
        civil.second()
    ))
}

/// Japan keeps one offset all year and has since 1952, so no time zone data is needed.
fn civil(at: Timestamp) -> DateTime {
    offset(9).to_datetime(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_time_is_as_short_as_is_clear_beside_now() {
        let now = at("2016-08-30T14:00:00Z");
        let check = |text: &str, expected: &str| {
            let shown = short(at(text), now);
            assert!(shown.as_str().contains(&format!(">{expected}<")), "{shown}");
        };
        check("2016-08-30T12:04:00Z", "21:04");
        check("2016-08-30T17:30:00Z", "31日(水) 02:30");
        check("2016-05-01T00:00:00Z", "5月1日(日) 09:00");
        check("2015-08-30T12:04:00Z", "2015年8月30日(日) 21:04");
    }

    #[test]
    fn the_machine_reads_the_same_moment_with_its_offset() {
        let shown = full(at("2016-08-30T17:30:00Z"));
        assert_eq!(
            shown.as_str(),
            "<time datetime=\"2016-08-31T02:30:00+09:00\">2016年8月31日(水) 02:30</time>"
        );
    }

    #[test]
    fn ages_are_words_in_both_directions() {
        let now = at("2016-08-30T14:00:00Z");
        assert_eq!(age(now, now), "たった今");
        assert_eq!(age(at("2016-08-30T13:48:00Z"), now), "12分前");
        assert_eq!(age(at("2016-08-30T06:00:00Z"), now), "8時間前");
        assert_eq!(age(at("2016-08-28T11:00:00Z"), now), "2日3時間前");
        assert_eq!(age(at("2016-08-30T16:10:00Z"), now), "あと2時間10分");
    }

    #[test]
    fn time_left_is_a_range_and_says_when_it_is_gone() {
        let now = at("2016-08-30T14:00:00Z");
        let span = |from: &str, to: &str| Span {
            from: at(from),
            to: Some(at(to)),
        };
        let open = Span {
            from: at("2016-08-30T16:10:00Z"),
            to: None,
        };
        assert_eq!(left(open, now), "早ければあと2時間10分");
        assert!(super::span(open, now).as_str().contains("早ければ<time"));
        assert_eq!(
            left(span("2016-08-30T14:40:00Z", "2016-08-30T16:00:00Z"), now),
            "あと40分〜2時間"
        );
        assert_eq!(
            left(span("2016-08-30T13:40:00Z", "2016-08-30T14:20:00Z"), now),
            "早ければ既に過ぎ、遅くともあと20分"
        );
        assert_eq!(
            left(span("2016-08-30T12:00:00Z", "2016-08-30T13:20:00Z"), now),
            "40分前に過ぎました"
        );
    }
}
