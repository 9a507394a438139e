//! Spike test: a value that stands out from its two neighbours.

use serde::{Deserialize, Serialize};

use super::{Flag, missing};

/// Suspect or fail where a value stands out from its neighbours by more than a threshold. The first and the last
/// value, and those beside a missing one, are not evaluated. A threshold of 0 counts as left out.
///
/// The form `average` also marks the neighbours of a spike and the foot of a steep flood; `differential` does not.
///
/// ```
/// use hinan_sensors::quality::Flag::{Bad, Good, NotChecked, Suspect};
/// use hinan_sensors::quality::qartod::{Method, Spike};
/// let average = Spike { suspect_threshold: Some(1.0), fail_threshold: Some(3.0), method: Method::Average };
/// let levels = [1.0, 1.0, 6.0, 1.0, 1.0];
/// assert_eq!(average.flags(&levels), [NotChecked, Suspect, Bad, Suspect, NotChecked]);
/// let differential = Spike { method: Method::Differential, ..average };
/// assert_eq!(differential.flags(&levels), [NotChecked, Good, Bad, Good, NotChecked]);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spike {
    /// Standing out by more than this is suspect.
    #[serde(default)]
    pub suspect_threshold: Option<f64>,
    /// Standing out by more than this fails.
    #[serde(default)]
    pub fail_threshold: Option<f64>,
    /// What standing out means.
    #[serde(default)]
    pub method: Method,
}

/// How far a value stands out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// Its distance from the mean of its neighbours.
    #[default]
    Average,
    /// The smaller of its two jumps, if they go out and back.
    Differential,
}

impl Spike {
    /// One flag per value.
    #[must_use]
    pub fn flags(&self, values: &[f64]) -> Vec<Flag> {
        (0..values.len())
            .map(|n| {
                let before = n.checked_sub(1).map(|n| values[n]);
                self.flag(before, values[n], values.get(n + 1).copied())
            })
            .collect()
    }

    /// The flag of one value between its neighbours; a neighbour is `None` where the series ends.
    #[must_use]
    pub fn flag(&self, before: Option<f64>, value: f64, after: Option<f64>) -> Flag {
        if missing(value) {
            return Flag::Missing;
        }
        let (Some(before), Some(after)) = (before, after) else {
            return Flag::NotChecked;
        };
        if missing(before) || missing(after) {
            return Flag::NotChecked;
        }
        let height = self.height(before, value, after);
        let over = |threshold: Option<f64>| threshold.is_some_and(|t| t != 0.0 && height > t);
        if missing(height) {
            Flag::NotChecked
        } else if over(self.fail_threshold) {
            Flag::Bad
        } else if over(self.suspect_threshold) {
            Flag::Suspect
        } else {
            Flag::Good
        }
    }

    fn height(&self, before: f64, value: f64, after: f64) -> f64 {
        match self.method {
            Method::Average => (value - f64::midpoint(before, after)).abs(),
            Method::Differential => {
                let (out, back) = (value - before, after - value);
                if out * back >= 0.0 {
                    0.0
                } else {
                    out.abs().min(back.abs())
                }
            }
        }
    }
}

/// [`Spike`] fed value by value. Only the next value completes a verdict, so each value is judged twice: as the last
/// one for now, and between its neighbours once the next has come. After the last value the flags are those of
/// [`Spike::flags`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpikeStream {
    test: Spike,
    before: Option<f64>,
    newest: Option<f64>,
}

impl SpikeStream {
    /// Nothing was seen yet.
    #[must_use]
    pub fn new(test: Spike) -> Self {
        Self {
            test,
            before: None,
            newest: None,
        }
    }

    /// Takes the next value. Gives its flag as the last of the series, and the final flag of the value before it.
    pub fn take(&mut self, value: f64) -> (Flag, Option<Flag>) {
        let completed = self
            .newest
            .map(|newest| self.test.flag(self.before, newest, Some(value)));
        self.before = self.newest;
        self.newest = Some(value);
        (self.test.flag(self.before, value, None), completed)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop, prop_assert_eq, proptest};

    use super::*;

    proptest! {
        #[test]
        fn fed_value_by_value_the_flags_are_those_of_the_whole_series(
            steps in prop::collection::vec(prop::option::weighted(0.9, -8_i8..8), 0..60),
            differential: bool,
        ) {
            let values: Vec<f64> = steps.iter().map(|step| step.map_or(f64::NAN, f64::from)).collect();
            let method = if differential { Method::Differential } else { Method::Average };
            let test = Spike { suspect_threshold: Some(1.5), fail_threshold: Some(4.0), method };
            let mut stream = SpikeStream::new(test);
            let mut found: Vec<Flag> = Vec::new();
            for &value in &values {
                let (flag, completed) = stream.take(value);
                if let (Some(last), Some(completed)) = (found.last_mut(), completed) {
                    *last = completed;
                }
                found.push(flag);
            }
            prop_assert_eq!(found, test.flags(&values));
        }
    }

    #[test]
    fn a_threshold_of_zero_counts_as_left_out() {
        let test = Spike {
            suspect_threshold: Some(0.0),
            fail_threshold: Some(3.0),
            method: Method::Average,
        };
        assert_eq!(test.flag(Some(1.0), 2.0, Some(1.0)), Flag::Good);
        assert_eq!(test.flag(Some(1.0), 5.0, Some(1.0)), Flag::Bad);
    }
}
