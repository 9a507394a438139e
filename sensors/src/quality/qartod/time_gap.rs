//! Time gap test: a hole before a reading.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Flag, Refused, refused};

const TEST: &str = "time_gap_test";

/// Fails a reading that came more than `fail_span` hours after the one before it. The first reading takes over the flag
/// of the second, even where the first has no time; a reading after one without a time is not evaluated.
///
/// A series of one reading stops the reference with an error of its array library; we do not evaluate it.
///
/// ```
/// use hinan_sensors::quality::Flag::{Bad, Good};
/// use hinan_sensors::quality::qartod::TimeGap;
/// let times = ["2016-08-30T00:00:00Z", "2016-08-30T01:00:00Z", "2016-08-30T05:00:00Z"];
/// let times = times.map(|time| Some(time.parse().unwrap()));
/// assert_eq!(TimeGap::default().flags(&times), Ok(vec![Good, Good, Bad]));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeGap {
    /// The longest step that passes, hours.
    #[serde(default = "two_hours")]
    pub fail_span: f64,
}

impl Default for TimeGap {
    fn default() -> Self {
        Self {
            fail_span: two_hours(),
        }
    }
}

fn two_hours() -> f64 {
    2.0
}

impl TimeGap {
    /// One flag per time; `None` is a missing time.
    ///
    /// # Errors
    /// A `fail_span` that is no number of hours.
    pub fn flags(&self, times: &[Option<Timestamp>]) -> Result<Vec<Flag>, Refused> {
        let mut stream = TimeGapStream::new(*self)?;
        let mut flags: Vec<Flag> = Vec::with_capacity(times.len());
        for &at in times {
            let (flag, first) = stream.take(at);
            if let (Some(earlier), Some(first)) = (flags.first_mut(), first) {
                *earlier = first;
            }
            flags.push(flag);
        }
        Ok(flags)
    }
}

/// [`TimeGap`] fed time by time; the second one completes the verdict on the first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimeGapStream {
    longest: SignedDuration,
    seen: Seen,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Seen {
    Nothing,
    First(Option<Timestamp>),
    More(Option<Timestamp>),
}

impl TimeGapStream {
    /// Nothing was seen yet.
    ///
    /// # Errors
    /// A `fail_span` that is no number of hours.
    pub fn new(test: TimeGap) -> Result<Self, Refused> {
        Ok(Self {
            longest: hours(TEST, test.fail_span)?,
            seen: Seen::Nothing,
        })
    }

    /// Takes the next time. Gives its flag and, with the second one, the final flag of the first.
    pub fn take(&mut self, at: Option<Timestamp>) -> (Flag, Option<Flag>) {
        let (flag, first) = match (self.seen, at) {
            (Seen::Nothing, None) => (Flag::Missing, None),
            (Seen::Nothing, Some(_)) => (Flag::NotChecked, None),
            (Seen::First(Some(_)), None) => (Flag::Missing, Some(Flag::NotChecked)),
            (Seen::First(before), at) => {
                let flag = self.flag(before, at);
                (flag, Some(flag))
            }
            (Seen::More(before), at) => (self.flag(before, at), None),
        };
        self.seen = match self.seen {
            Seen::Nothing => Seen::First(at),
            _ => Seen::More(at),
        };
        (flag, first)
    }

    fn flag(&self, before: Option<Timestamp>, at: Option<Timestamp>) -> Flag {
        match (before, at) {
            (_, None) => Flag::Missing,
            (None, Some(_)) => Flag::NotChecked,
            (Some(before), Some(at)) if at.duration_since(before) > self.longest => Flag::Bad,
            _ => Flag::Good,
        }
    }
}

/// Hours as the reference takes them: cut to whole seconds.
pub(super) fn hours(test: &'static str, fail_span: f64) -> Result<SignedDuration, Refused> {
    /// A thousand years.
    const HOURS_MAX: f64 = 8_766_000.0;
    if !(0.0..=HOURS_MAX).contains(&fail_span) {
        return refused(
            test,
            "fail_span",
            &fail_span,
            &format!("from 0 to {HOURS_MAX} hours"),
        );
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "cut on purpose, and far below 2^63"
    )]
    let whole_s = (fail_span * 3600.0) as i64;
    Ok(SignedDuration::from_secs(whole_s))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn missing_times_are_handed_on_as_the_reference_hands_them_on() {
        let flags = |seconds: &[Option<i64>]| -> Vec<u8> {
            let times: Vec<Option<Timestamp>> = seconds
                .iter()
                .map(|s| s.map(|s| Timestamp::from_second(s).unwrap()))
                .collect();
            let flags = TimeGap::default().flags(&times).unwrap();
            flags.into_iter().map(Flag::qartod).collect()
        };
        assert_eq!(flags(&[None, Some(0), Some(20_000)]), [2, 2, 4]);
        assert_eq!(flags(&[Some(0), None, Some(20_000)]), [2, 9, 2]);
        assert_eq!(flags(&[Some(0), Some(20_000), None]), [4, 4, 9]);
        assert_eq!(flags(&[Some(20_000), Some(0), Some(1)]), [1, 1, 1]);
        assert_eq!(flags(&[Some(0)]), [2]);
        assert_eq!(flags(&[]), [0_u8; 0]);
    }

    #[test]
    fn a_gap_that_is_no_number_is_refused() {
        let endless = TimeGap {
            fail_span: f64::INFINITY,
        };
        assert_eq!(
            endless.flags(&[]).unwrap_err().to_string(),
            "time_gap_test: fail_span is inf; it must be from 0 to 8766000 hours"
        );
    }
}
