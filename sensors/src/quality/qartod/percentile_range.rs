//! Percentile range test: the extremes of the series itself.

use serde::{Deserialize, Serialize};

use super::{Flag, Refused, refused};

const TEST: &str = "percentile_range_test";

/// Suspect outside two percentiles of the series, widened by `pad`. Needs the whole series, so it cannot run as
/// readings arrive.
///
/// A series without any value stops the reference with an error of its array library; all of it is missing to us.
///
/// ```
/// use hinan_sensors::quality::Flag::{Good, Suspect};
/// use hinan_sensors::quality::qartod::PercentileRange;
/// let flags = PercentileRange::default().flags(&[4.1, 4.0, 4.3, 4.5, 6.1, 6.2]);
/// assert_eq!(flags, Ok(vec![Good, Suspect, Good, Good, Good, Suspect]));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PercentileRange {
    /// Suspect below this percentile, 0 to 100.
    pub low_percentile: f64,
    /// Suspect above this percentile, 0 to 100.
    pub hi_percentile: f64,
    /// How far beyond the percentiles still passes.
    pub pad: f64,
}

impl Default for PercentileRange {
    fn default() -> Self {
        Self {
            low_percentile: 5.0,
            hi_percentile: 95.0,
            pad: 0.0,
        }
    }
}

impl PercentileRange {
    /// One flag per value. Here only NaN is missing.
    ///
    /// # Errors
    /// A percentile outside 0 to 100.
    pub fn flags(&self, values: &[f64]) -> Result<Vec<Flag>, Refused> {
        for (key, percentile) in [
            ("low_percentile", self.low_percentile),
            ("hi_percentile", self.hi_percentile),
        ] {
            if !(0.0..=100.0).contains(&percentile) {
                return refused(TEST, key, &percentile, "from 0 to 100");
            }
        }
        let mut known: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
        known.sort_by(f64::total_cmp);
        let low = percentile(&known, self.low_percentile) - self.pad;
        let high = percentile(&known, self.hi_percentile) + self.pad;
        let flag = |&value: &f64| {
            if value.is_nan() {
                Flag::Missing
            } else if value < low || value > high {
                Flag::Suspect
            } else {
                Flag::Good
            }
        };
        Ok(values.iter().map(flag).collect())
    }
}

/// Between the two nearest values, in proportion; NaN where there is no value.
fn percentile(sorted: &[f64], percent: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return f64::NAN;
    };
    #[expect(
        clippy::cast_precision_loss,
        reason = "a series is far shorter than 2^53"
    )]
    let place = percent / 100.0 * last as f64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "cut on purpose; percent is from 0 to 100, so it lies between 0 and the last place"
    )]
    let below = (place as usize).min(last);
    let above = (below + 1).min(last);
    let (low, high) = (sorted[below], sorted[above]);
    let share = place.fract();
    // The same two forms as the reference, so that equal values stay equal and the last one is reached.
    if share < 0.5 {
        low + (high - low) * share
    } else {
        high - (high - low) * (1.0 - share)
    }
}
