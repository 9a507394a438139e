//! Quantiles of values that do not count alike.

use crate::score::count_f64;

/// Values and their weights, sorted.
pub(crate) struct Weighted {
    sorted: Vec<(f64, f64)>,
    whole: f64,
}

impl Weighted {
    /// `None` without weight.
    pub(crate) fn of(values: impl Iterator<Item = (f64, f64)>) -> Option<Self> {
        let mut sorted: Vec<(f64, f64)> = values.collect();
        sorted.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let whole: f64 = sorted.iter().map(|(_, weight)| weight).sum();
        (whole > 0.0).then_some(Self { sorted, whole })
    }

    /// The smallest value with at least the share `p` of the weight at or below it.
    pub(crate) fn quantile(&self, p: f64) -> f64 {
        let mut below = 0.0;
        for &(value, weight) in &self.sorted {
            below += weight;
            if below >= p * self.whole {
                return value;
            }
        }
        self.sorted.last().map_or(0.0, |(value, _)| *value)
    }

    /// The same, a little further out, as a finite sample asks for.
    pub(crate) fn outward_quantile(&self, p: f64) -> f64 {
        let n = count_f64(self.sorted.len());
        let out = if p < 0.5 {
            p - (1.0 - p) / n
        } else {
            p + p / n
        };
        self.quantile(if (p - 0.5).abs() < 1e-9 {
            p
        } else {
            out.clamp(0.0, 1.0)
        })
    }
}
