//! Ridge regression from sums of products: every subset of rows or features is solved without the rows.

use linfa_linalg::LinalgError;
use linfa_linalg::cholesky::SolveC;
use ndarray::{Array1, Array2, ArrayView2};
use serde::{Deserialize, Serialize};

/// A straight-line answer: intercept + weights · features.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Linear {
    pub(crate) intercept: f64,
    pub(crate) weights: Vec<f64>,
}

impl Linear {
    pub(crate) fn predict(&self, features: impl Iterator<Item = f64>) -> f64 {
        let sum: f64 = self.weights.iter().zip(features).map(|(w, x)| w * x).sum();
        self.intercept + sum
    }
}

/// Weighted sums of products of features, 1 and the target.
#[derive(Clone, Debug)]
pub(crate) struct Sums(Array2<f64>);

impl Sums {
    /// Over rows of `features` (rows × features, finite) with a target and a weight each.
    pub(crate) fn over(features: &ArrayView2<'_, f64>, target: &[f64], weight: &[f32]) -> Self {
        let (rows, width) = features.dim();
        let mut table = Array2::zeros((rows, width + 2));
        for (row, mut to) in table.rows_mut().into_iter().enumerate() {
            let root = f64::from(weight[row]).sqrt();
            for (cell, x) in to.iter_mut().zip(features.row(row)) {
                *cell = x * root;
            }
            to[width] = root;
            to[width + 1] = target[row] * root;
        }
        Self(table.t().dot(&table))
    }

    pub(crate) fn take(&mut self, other: &Self) {
        self.0 -= &other.0;
    }

    /// The ridge solution on the chosen features, with the penalty per row on their (centred) weights: linfa's
    /// Cholesky decomposition of the normal equations. A penalty above 0 makes it unique even with constant or
    /// collinear features.
    ///
    /// # Errors
    /// When the equations are not positive definite, which finite features and a penalty above 0 do not cause.
    pub(crate) fn ridge(&self, chosen: &[usize], penalty: f64) -> Result<Linear, LinalgError> {
        let (one, target) = (self.0.nrows() - 2, self.0.nrows() - 1);
        let rows = self.0[(one, one)];
        if rows <= 0.0 || chosen.is_empty() {
            let mean = if rows > 0.0 {
                self.0[(one, target)] / rows
            } else {
                0.0
            };
            return Ok(Linear {
                intercept: mean,
                weights: vec![0.0; chosen.len()],
            });
        }
        let mean = |place: usize| self.0[(one, place)] / rows;
        let about_mean = |a: usize, b: usize| self.0[(a, b)] / rows - mean(a) * mean(b);
        let mut gram = Array2::from_shape_fn((chosen.len(), chosen.len()), |(i, j)| {
            about_mean(chosen[i], chosen[j]) + if i == j { penalty } else { 0.0 }
        });
        let moment =
            Array2::from_shape_fn((chosen.len(), 1), |(i, _)| about_mean(chosen[i], target));
        let solved = gram.solvec(&moment)?;
        let weights: Array1<f64> = solved.column(0).to_owned();
        let shift: f64 = chosen
            .iter()
            .zip(&weights)
            .map(|(&place, weight)| weight * mean(place))
            .sum();
        Ok(Linear {
            intercept: mean(target) - shift,
            weights: weights.to_vec(),
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::Sums;
    use crate::regression::ridge;
    use ndarray::{Array1, Array2, Axis};

    fn table() -> (Array2<f64>, Vec<f64>) {
        let x = Array2::from_shape_fn((60, 4), |(i, j)| {
            let i = f64::from(u32::try_from(i).unwrap());
            [(i * 0.7).sin(), (i * 0.7 + 0.3).sin(), (i * 1.9).cos(), 1.5][j]
        });
        let y = x
            .rows()
            .into_iter()
            .map(|row| 2.0 * row[0] - row[1] + 0.5 * row[2] + 3.0)
            .collect();
        (x, y)
    }

    #[test]
    fn sums_give_what_the_rows_give_to_linfa() {
        let (x, y) = table();
        let sums = Sums::over(&x.view(), &y, &[1.0; 60]);
        let chosen = [0, 2, 3];
        let ours = sums.ridge(&chosen, 0.05).unwrap();
        let theirs = ridge(&x.select(Axis(1), &chosen), &Array1::from(y), 0.05).unwrap();
        assert!((ours.intercept - theirs.intercept).abs() < 1e-9);
        for (a, b) in ours.weights.iter().zip(&theirs.weights) {
            assert!((a - b).abs() < 1e-9, "{a} against {b}");
        }
    }

    #[test]
    fn rows_that_are_taken_away_were_never_there() {
        let (x, y) = table();
        let part: Vec<usize> = (20..60).collect();
        let mut sums = Sums::over(&x.view(), &y, &[1.0; 60]);
        sums.take(&Sums::over(
            &x.select(Axis(0), &(0..20).collect::<Vec<_>>()).view(),
            &y[..20],
            &[1.0; 20],
        ));
        let rest = Sums::over(&x.select(Axis(0), &part).view(), &y[20..], &[1.0; 40]);
        let (a, b) = (
            sums.ridge(&[0, 1, 2], 0.01).unwrap(),
            rest.ridge(&[0, 1, 2], 0.01).unwrap(),
        );
        for (a, b) in a.weights.iter().zip(&b.weights) {
            assert!((a - b).abs() < 1e-9, "{a} against {b}");
        }
    }

    #[test]
    fn a_weight_of_two_is_a_row_twice() {
        let (x, y) = table();
        let mut weight = [1.0; 60];
        weight[7] = 2.0;
        let twice: Vec<usize> = (0..60).chain([7]).collect();
        let y_twice: Vec<f64> = twice
            .iter()
            .map(|&i| y[i] + crate::score::count_f64(i % 3))
            .collect();
        let y: Vec<f64> = (0..60)
            .map(|i| y[i] + crate::score::count_f64(i % 3))
            .collect();
        let a = Sums::over(&x.view(), &y, &weight)
            .ridge(&[0, 1], 0.01)
            .unwrap();
        let b = Sums::over(&x.select(Axis(0), &twice).view(), &y_twice, &[1.0; 61])
            .ridge(&[0, 1], 0.01)
            .unwrap();
        assert!(
            (a.weights[0] - b.weights[0]).abs() < 1e-9 && (a.intercept - b.intercept).abs() < 1e-9
        );
    }
}
