//! Valid range test: values or times from one end to another, each end included or not.

use serde::{Deserialize, Serialize};

use super::Flag;

/// Fails what lies outside `valid_span`. An end may be open, and is included or not; without saying so the first is and
/// the second is not. Works on anything that has an order: values, times.
///
/// ```
/// use hinan_sensors::quality::Flag::{Bad, Good, Missing};
/// use hinan_sensors::quality::qartod::ValidRange;
/// let test = ValidRange { valid_span: [Some(1.0), Some(3.0)], start_inclusive: true, end_inclusive: false };
/// assert_eq!(test.flags(&[Some(0.9), Some(1.0), Some(3.0), None]), [Bad, Good, Bad, Missing]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValidRange<T> {
    /// The ends; `None` is open.
    pub valid_span: [Option<T>; 2],
    /// Whether the first end belongs to the span.
    #[serde(default = "yes")]
    pub start_inclusive: bool,
    /// Whether the second end belongs to the span.
    #[serde(default)]
    pub end_inclusive: bool,
}

fn yes() -> bool {
    true
}

impl<T: PartialOrd + Copy> ValidRange<T> {
    /// One flag per value; `None` is missing.
    #[must_use]
    pub fn flags(&self, values: &[Option<T>]) -> Vec<Flag> {
        let [start, end] = self.valid_span;
        let before = |value: T| {
            start.is_some_and(|start| value < start || (!self.start_inclusive && value <= start))
        };
        let after =
            |value: T| end.is_some_and(|end| value > end || (!self.end_inclusive && value >= end));
        values
            .iter()
            .map(|value| match *value {
                None => Flag::Missing,
                Some(value) if before(value) || after(value) => Flag::Bad,
                Some(_) => Flag::Good,
            })
            .collect()
    }
}
