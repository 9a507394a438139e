use linfa::DatasetBase;
use linfa::traits::Fit;
use linfa_linalg::LinalgError;
use linfa_linalg::cholesky::{Cholesky, InverseC};
use linfa_linear::{LinearError, LinearRegression};
use ndarray::{Array1, Array2, Axis, Slice};

/// Standard normal quantile at 0.95.
pub(super) const Z95: f64 = 1.644_853_626_951_472_2;

/// A straight line whose weights and spread are both in doubt: normal–inverse-gamma, so every step is in closed form.
///
/// linfa's least squares has no prior. It gets one as further rows: the root of the prior's precision, with the prior's
/// weights as the answer. Its solution is then the centre of the posterior.
#[derive(Clone, Debug)]
pub(super) struct Line {
    weights: Array1<f64>,
    /// Inverse of the weights' covariance, in units of 1/σ².
    precision: Array2<f64>,
    covariance: Array2<f64>,
    /// Shape and scale of the inverse gamma of σ².
    shape: f64,
    scale: f64,
}

/// Why a line could not be fitted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LineError {
    /// A figure that is not one.
    #[error("row {row} of the fit holds a figure that is not finite")]
    NotFinite {
        /// From 0.
        row: usize,
    },
    /// Least squares failed.
    #[error("least squares: {0}")]
    Least(#[from] LinearError<f64>),
    /// The precision is not positive.
    #[error("precision of the weights: {0}")]
    Precision(#[from] LinalgError),
}

/// One row to learn from.
pub(super) struct Row<const N: usize> {
    pub(super) x: [f64; N],
    pub(super) y: f64,
    /// Variance of this row in units of σ²: 1 where only the scatter of the line counts.
    pub(super) variance: f64,
    /// How much the row counts as an observation, 0 to 1.
    pub(super) weight: f64,
}

/// What a line says of one place: Student's t.
#[derive(Clone, Copy, Debug)]
pub(super) struct Student {
    pub(super) centre: f64,
    pub(super) scale: f64,
    pub(super) freedom: f64,
}

impl Line {
    /// Before anything was seen: each weight with its spread, and the scatter `sigma`, believed as after `worth` rows.
    pub(super) fn prior<const N: usize>(weights: [(f64, f64); N], sigma: f64, worth: f64) -> Self {
        let variances = weights.map(|(_, spread)| (spread / sigma).powi(2));
        Self {
            weights: Array1::from_iter(weights.iter().map(|(centre, _)| *centre)),
            precision: Array2::from_diag(&Array1::from_iter(variances.iter().map(|v| 1.0 / v))),
            covariance: Array2::from_diag(&Array1::from_iter(variances)),
            shape: worth / 2.0,
            scale: sigma * sigma * worth / 2.0,
        }
    }

    /// After these rows.
    pub(super) fn learn<const N: usize>(&self, rows: &[Row<N>]) -> Result<Self, LineError> {
        let used: Vec<&Row<N>> = rows.iter().filter(|row| row.weight > 0.0).collect();
        for (n, row) in used.iter().enumerate() {
            let all = row.x.iter().chain([&row.y, &row.variance, &row.weight]);
            if !all.copied().all(f64::is_finite) || row.variance <= 0.0 {
                return Err(LineError::NotFinite { row: n });
            }
        }
        let root = |row: &Row<N>| (row.weight / row.variance).sqrt();
        let count = used.len();
        let mut x = Array2::zeros((count + N, N));
        let mut y = Array1::zeros(count + N);
        for (n, row) in used.iter().enumerate() {
            for (column, value) in row.x.iter().enumerate() {
                x[[n, column]] = value * root(row);
            }
            y[n] = row.y * root(row);
        }
        // L·Lᵀ = precision; its rows are those of Lᵀ.
        let upper = self.precision.cholesky()?.reversed_axes();
        y.slice_axis_mut(Axis(0), Slice::from(count..))
            .assign(&upper.dot(&self.weights));
        x.slice_axis_mut(Axis(0), Slice::from(count..))
            .assign(&upper);
        let precision = x.t().dot(&x);
        let left_over = |weights: &Array1<f64>| (&y - &x.dot(weights)).mapv(|e| e * e).sum();
        let fit = LinearRegression::new()
            .with_intercept(false)
            .fit(&DatasetBase::new(x.clone(), y.clone()))?;
        let weights = fit.params().clone();
        let seen: f64 = used.iter().map(|row| row.weight).sum();
        Ok(Self {
            covariance: precision.invc()?,
            scale: self.scale + left_over(&weights) / 2.0,
            shape: self.shape + seen / 2.0,
            weights,
            precision,
        })
    }

    /// The same belief, but held no more firmly than after `worth` rows. Another event is another event: what was learnt
    /// from a thousand counts of one is not a thousand times sure of the next.
    pub(super) fn worth(&self, worth: f64, per_row: f64) -> Self {
        let keep = (worth / (2.0 * self.shape)).min(1.0);
        let loosened = (worth * per_row / self.precision[[0, 0]]).min(1.0);
        Self {
            weights: self.weights.clone(),
            precision: &self.precision * loosened,
            covariance: &self.covariance / loosened,
            shape: self.shape * keep,
            scale: self.scale * keep,
        }
    }

    pub(super) fn weights(&self) -> Vec<f64> {
        self.weights.to_vec()
    }

    /// Spread of one weight.
    pub(super) fn weight_spread(&self, weight: usize) -> f64 {
        (self.variance() * self.covariance[[weight, weight]]).sqrt()
    }

    /// Middle of the scatter's variance.
    pub(super) fn variance(&self) -> f64 {
        self.scale / self.shape
    }

    /// Doubt of the line itself between two places, in units of σ².
    pub(super) fn shared<const N: usize>(&self, a: [f64; N], b: [f64; N]) -> f64 {
        Array1::from_iter(a).dot(&self.covariance.dot(&Array1::from_iter(b)))
    }

    /// What a new row at `x` would say, whose own variance is `variance` times σ².
    pub(super) fn predict<const N: usize>(&self, x: [f64; N], variance: f64) -> Student {
        let doubt = self.shared(x, x) + variance;
        Student {
            centre: Array1::from_iter(x).dot(&self.weights),
            scale: (self.variance() * doubt).sqrt(),
            freedom: 2.0 * self.shape,
        }
    }
}

impl Student {
    /// The value not exceeded with the chance whose normal quantile is `z`.
    pub(super) fn quantile(&self, z: f64) -> f64 {
        self.centre + self.scale * student(z, self.freedom)
    }

    /// The normal spread with the same 90 % interval.
    pub(super) fn spread(&self) -> f64 {
        self.scale * student(Z95, self.freedom) / Z95
    }
}

/// Student's quantile from the normal one (Cornish–Fisher): within 1 % from 4 degrees of freedom on, between 0.05 and 0.95.
fn student(z: f64, freedom: f64) -> f64 {
    let (z3, z5, z7) = (z.powi(3), z.powi(5), z.powi(7));
    z + (z3 + z) / (4.0 * freedom)
        + (5.0 * z5 + 16.0 * z3 + 3.0 * z) / (96.0 * freedom.powi(2))
        + (3.0 * z7 + 19.0 * z5 + 17.0 * z3 - 15.0 * z) / (384.0 * freedom.powi(3))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Line, LineError, Row, Z95, student};

    fn row(x: f64, y: f64) -> Row<2> {
        Row {
            x: [1.0, x],
            y,
            variance: 1.0,
            weight: 1.0,
        }
    }

    #[test]
    fn students_quantiles_agree_with_the_printed_tables() {
        for (freedom, table) in [
            (4.0, 2.132),
            (5.0, 2.015),
            (10.0, 1.812),
            (30.0, 1.697),
            (120.0, 1.658),
        ] {
            let found = student(Z95, freedom);
            assert!(
                (found / table - 1.0).abs() < 0.01,
                "{freedom}: {found} against {table}"
            );
            assert!((student(-Z95, freedom) + found).abs() < 1e-12);
        }
    }

    #[test]
    fn with_nothing_seen_the_prior_speaks_and_with_much_seen_the_rows_do() {
        let prior = Line::prior([(2.0, 0.5), (0.0, 0.5)], 1.0, 6.0);
        let none = prior.learn::<2>(&[]).unwrap();
        assert!((none.predict([1.0, 0.0], 1.0).centre - 2.0).abs() < 1e-12);
        let rows: Vec<Row<2>> = (0..400)
            .map(|n| f64::from(n % 20))
            .map(|x| row(x, -1.0 + 0.3 * x))
            .collect();
        let learnt = prior.learn(&rows).unwrap();
        assert!(
            (learnt.weights()[0] + 1.0).abs() < 0.15,
            "{:?}",
            learnt.weights()
        );
        assert!((learnt.weights()[1] - 0.3).abs() < 0.01);
        assert!(
            learnt.variance() < 0.2,
            "the rows lie on the line, and only the prior scatters"
        );
    }

    #[test]
    fn one_row_after_the_other_is_the_same_as_all_at_once() {
        let prior = Line::prior([(0.0, 1.0), (0.0, 1.0)], 0.7, 5.0);
        let rows = [row(0.0, 1.0), row(1.0, 1.7), row(2.0, 1.9), row(3.0, 3.2)];
        let once = prior.learn(&rows).unwrap();
        let mut one_by_one = prior;
        for row in rows {
            one_by_one = one_by_one.learn(&[row]).unwrap();
        }
        let (a, b) = (
            once.predict([1.0, 5.0], 1.0),
            one_by_one.predict([1.0, 5.0], 1.0),
        );
        assert!((a.centre - b.centre).abs() < 1e-9 && (a.scale - b.scale).abs() < 1e-9);
    }

    #[test]
    fn the_closed_form_for_one_weight_comes_back() {
        // Prior N(0, 1·σ²), one row y = 3 at x = 1: the posterior centre is 1.5, the precision 2.
        let prior = Line::prior([(0.0, 1.0)], 1.0, 4.0);
        let after = prior
            .learn(&[Row {
                x: [1.0],
                y: 3.0,
                variance: 1.0,
                weight: 1.0,
            }])
            .unwrap();
        assert!((after.weights()[0] - 1.5).abs() < 1e-9);
        assert!((after.shared([1.0], [1.0]) - 0.5).abs() < 1e-9);
        // Scale 2 + ½(1.5² + 1.5²) = 4.25; shape 2.5.
        assert!((after.variance() - 4.25 / 2.5).abs() < 1e-9);
    }

    #[test]
    fn a_figure_that_is_not_one_is_refused() {
        let prior = Line::prior([(0.0, 1.0), (0.0, 1.0)], 1.0, 4.0);
        let wrong = prior.learn(&[row(0.0, 1.0), row(f64::NAN, 1.0)]);
        assert!(matches!(wrong, Err(LineError::NotFinite { row: 1 })));
    }
}
