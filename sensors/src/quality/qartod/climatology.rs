//! Climatology test: beyond what is usual at this time of the year, and at this depth.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use serde::{Deserialize, Deserializer, Serialize};

use super::{Flag, Refused, missing, refused, same_length, sorted, within};

const TEST: &str = "climatology_test";

/// Judges each value by the windows of time (and depth) it falls into. Where it falls into several, the last one that
/// is listed decides; where into none, it is not evaluated. All ends belong to their windows.
///
/// In windows that repeat, other than by weeks, the reference loses the marks of missing values in its table library: it
/// calls a missing value good, and a missing depth part of every window. Its own test of missing values, in a window
/// that does not repeat, expects what we do in both.
///
/// ```
/// use hinan_sensors::quality::Flag::{Bad, Good, NotChecked, Suspect};
/// use hinan_sensors::quality::qartod::Climatology;
/// let text = r#"[{"tspan": [6, 10], "period": "month", "vspan": [1, 4], "fspan": [0, 9]}]"#;
/// let test: Climatology = serde_json::from_str(text).unwrap();
/// let at = |time: &str| time.parse().unwrap();
/// assert_eq!(test.flag(3.0, at("2016-08-30T00:00:00Z"), f64::NAN), Good);
/// assert_eq!(test.flag(5.0, at("2016-08-30T00:00:00Z"), f64::NAN), Suspect);
/// assert_eq!(test.flag(9.5, at("2016-08-30T00:00:00Z"), f64::NAN), Bad);
/// assert_eq!(test.flag(9.5, at("2016-12-30T00:00:00Z"), f64::NAN), NotChecked);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Climatology {
    /// The windows, in the order in which they are applied.
    pub members: Vec<Member>,
}

/// One window and what is usual in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Two times, or two numbers counted in `period`.
    pub tspan: Tspan,
    /// What is usual. Outside: suspect.
    pub vspan: [f64; 2],
    /// What is possible. Outside: fail.
    #[serde(default)]
    pub fspan: Option<[f64; 2]>,
    /// Depths the window is for, positive downwards. Left out: for every value, whatever its depth.
    #[serde(default)]
    pub zspan: Option<[f64; 2]>,
    /// What `tspan` counts.
    #[serde(default)]
    pub period: Option<Period>,
}

/// From when to when.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Tspan {
    /// Numbers in the unit of a [`Period`].
    Numbers([f64; 2]),
    /// Times.
    Moments([Moment; 2]),
}

/// A time as the reference writes it: RFC 3339, or a date with or without a time of day, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Moment(pub Timestamp);

/// What repeats, counted in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// The year itself; does not repeat.
    Year,
    /// 1 to 4.
    Quarter,
    /// 1 to 12.
    Month,
    /// ISO week, 1 to 53.
    #[serde(alias = "weekofyear")]
    Week,
    /// 1 to 366.
    #[serde(alias = "dayofyear")]
    DayOfYear,
    /// Of the month, 1 to 31.
    Day,
    /// Monday is 0.
    #[serde(alias = "dayofweek", alias = "weekday")]
    DayOfWeek,
    /// 0 to 23.
    Hour,
}

impl Climatology {
    /// One flag per value at its time and depth; a depth that is not finite is none.
    ///
    /// # Errors
    /// Not as many times or depths as values, or a window that [`Climatology::check`] refuses.
    pub fn flags(
        &self,
        values: &[f64],
        times: &[Timestamp],
        depths: &[f64],
    ) -> Result<Vec<Flag>, Refused> {
        self.check()?;
        same_length(TEST, "tinp", times.len(), values.len())?;
        same_length(TEST, "zinp", depths.len(), values.len())?;
        Ok((0..values.len())
            .map(|n| self.flag(values[n], times[n], depths[n]))
            .collect())
    }

    /// The flag of one value; it depends on no other.
    #[must_use]
    pub fn flag(&self, value: f64, at: Timestamp, depth: f64) -> Flag {
        if missing(value) {
            return Flag::Missing;
        }
        let holds = |member: &&Member| {
            member.contains(at) && member.zspan.is_none_or(|span| within(depth, sorted(span)))
        };
        // The last one that holds decides.
        let member = self.members.iter().rev().find(holds);
        member.map_or(Flag::NotChecked, |member| {
            if member
                .fspan
                .is_some_and(|span| !within(value, sorted(span)))
            {
                Flag::Bad
            } else if within(value, sorted(member.vspan)) {
                Flag::Good
            } else {
                Flag::Suspect
            }
        })
    }

    /// Whether the windows can be used.
    ///
    /// # Errors
    /// A `tspan` of numbers without a `period`, or of times with one.
    pub fn check(&self) -> Result<(), Refused> {
        for member in &self.members {
            match (member.period, member.tspan) {
                (Some(_), Tspan::Numbers(_)) | (None, Tspan::Moments(_)) => {}
                (None, Tspan::Numbers([first, last])) => {
                    return refused(
                        TEST,
                        "tspan",
                        &format_args!("{first} to {last}"),
                        "two times, or period must say what the numbers count",
                    );
                }
                (Some(_), Tspan::Moments([first, last])) => {
                    return refused(
                        TEST,
                        "tspan",
                        &format_args!("{first} to {last}"),
                        "two numbers, because period says what they count",
                    );
                }
            }
        }
        Ok(())
    }
}

impl Member {
    fn contains(&self, at: Timestamp) -> bool {
        match (self.period, self.tspan) {
            (Some(period), Tspan::Numbers(span)) => within(period.of(at), sorted(span)),
            (None, Tspan::Moments([a, b])) => a.min(b).0 <= at && at <= a.max(b).0,
            _ => false,
        }
    }
}

impl Period {
    fn of(self, at: Timestamp) -> f64 {
        let utc: DateTime = Offset::UTC.to_datetime(at);
        let number = match self {
            Self::Year => utc.year(),
            Self::Quarter => i16::from((utc.month() - 1) / 3 + 1),
            Self::Month => i16::from(utc.month()),
            Self::Week => i16::from(utc.date().iso_week_date().week()),
            Self::DayOfYear => utc.day_of_year(),
            Self::Day => i16::from(utc.day()),
            Self::DayOfWeek => i16::from(utc.weekday().to_monday_zero_offset()),
            Self::Hour => i16::from(utc.hour()),
        };
        f64::from(number)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let utc = |civil: DateTime| Offset::UTC.to_timestamp(civil);
        text.parse::<Timestamp>()
            .or_else(|_| text.parse::<DateTime>().and_then(utc))
            .or_else(|_| {
                text.parse::<Date>()
                    .and_then(|date| utc(date.at(0, 0, 0, 0)))
            })
            .map(Self)
            .map_err(|_| {
                serde::de::Error::custom(format!(
                    "{text:?} is no time; it must be RFC 3339 or a date such as 2016-08-30"
                ))
            })
    }
}
