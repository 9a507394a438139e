//! Impossible date test: not yet, or outside what is possible.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Flag;
use super::climatology::Moment;

/// Fails times later than the moment they are looked at, or outside `fail_span`, whose ends belong to it.
///
/// ```
/// use hinan_sensors::quality::Flag::{Bad, Good, Missing};
/// use hinan_sensors::quality::qartod::ImpossibleDate;
/// let times = [Some("2016-08-30T00:00:00Z"), Some("2116-08-30T00:00:00Z"), None];
/// let times = times.map(|time| time.map(|time| time.parse().unwrap()));
/// let asked = "2016-08-30T10:00:00Z".parse().unwrap();
/// assert_eq!(ImpossibleDate::default().flags(&times, asked), [Good, Bad, Missing]);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImpossibleDate {
    /// The first and the last possible time.
    #[serde(default)]
    pub fail_span: Option<[Moment; 2]>,
}

impl ImpossibleDate {
    /// One flag per time, as seen at `now`; `None` is a missing time.
    #[must_use]
    pub fn flags(&self, times: &[Option<Timestamp>], now: Timestamp) -> Vec<Flag> {
        let impossible = |at: Timestamp| {
            let outside = |[first, last]: [Moment; 2]| at < first.0 || last.0 < at;
            at > now || self.fail_span.is_some_and(outside)
        };
        times
            .iter()
            .map(|at| match *at {
                None => Flag::Missing,
                Some(at) if impossible(at) => Flag::Bad,
                Some(_) => Flag::Good,
            })
            .collect()
    }
}
