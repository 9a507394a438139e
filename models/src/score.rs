use serde::{Deserialize, Serialize};

/// How one gauge and lead did on floods that the model had not seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SkillRecord {
    /// Floods that were left out in turn.
    pub floods: usize,
    /// Floods on which the model was better than persistence.
    pub floods_better: usize,
    /// Forecasts compared.
    pub rows: usize,
    /// 1 − (mean squared error of the model) / (of persistence): 0 = no better than persistence, 1 = perfect.
    pub skill: f64,
    /// Root mean squared error of the model, metres.
    pub rmse_m: f64,
    /// Root mean squared error of persistence, metres.
    pub rmse_persistence_m: f64,
    /// Root mean squared error of "it goes on rising as in the last hour", metres.
    pub rmse_rate_of_rise_m: f64,
    /// Share of the observed levels inside the 5–95 % interval; 0.90 is the aim.
    pub coverage90: f64,
    /// The same in flood rows only.
    pub coverage90_flood: f64,
}

/// Skill of a mean squared error against persistence's: 0 when persistence is perfect.
pub(crate) fn skill(squared_error: f64, squared_error_persistence: f64) -> f64 {
    if squared_error_persistence > 0.0 {
        1.0 - squared_error / squared_error_persistence
    } else {
        0.0
    }
}

/// Sum of squares and count, for a root mean squared error.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Squares {
    pub(crate) sum: f64,
    pub(crate) count: usize,
}

impl Squares {
    pub(crate) fn add(&mut self, error: f64) {
        self.sum += error * error;
        self.count += 1;
    }

    pub(crate) fn root_mean(&self) -> f64 {
        if self.count == 0 {
            0.0
        } else {
            (self.sum / count_f64(self.count)).sqrt()
        }
    }
}

/// How many of how many.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Share {
    pub(crate) hits: usize,
    pub(crate) of: usize,
}

impl Share {
    pub(crate) fn add(&mut self, hit: bool) {
        self.hits += usize::from(hit);
        self.of += 1;
    }

    /// The share, or `None` of nothing.
    pub(crate) fn get(&self) -> Option<f64> {
        (self.of > 0).then(|| count_f64(self.hits) / count_f64(self.of))
    }
}

/// Counts here are far below 2⁵³, so no digit is lost.
#[allow(clippy::cast_precision_loss)]
pub(crate) fn count_f64(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::{Share, Squares, skill};

    #[test]
    fn a_model_as_good_as_persistence_has_no_skill() {
        assert!(skill(2.0, 2.0).abs() < 1e-12);
        assert!((skill(0.5, 2.0) - 0.75).abs() < 1e-12);
        assert!(
            skill(1.0, 0.0).abs() < 1e-12,
            "a gauge that never moves cannot be beaten"
        );
    }

    #[test]
    fn the_root_mean_square_of_three_and_four() {
        let mut squares = Squares::default();
        squares.add(3.0);
        squares.add(-4.0);
        assert!((squares.root_mean() - 12.5_f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn a_share_of_nothing_is_unknown() {
        let mut share = Share::default();
        assert_eq!(share.get(), None);
        share.add(true);
        share.add(false);
        assert!(share.get().is_some_and(|s| (s - 0.5).abs() < 1e-12));
    }
}
