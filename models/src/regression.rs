use linfa::DatasetBase;
use linfa::traits::Fit;
use linfa_linear::{LinearError, LinearRegression};
use ndarray::{Array1, Array2, Axis, Slice};
use serde::{Deserialize, Serialize};

/// A straight-line answer: intercept + weights · features.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Linear {
    pub(crate) intercept: f64,
    pub(crate) weights: Vec<f64>,
}

impl Linear {
    pub(crate) fn predict(&self, features: &[f64]) -> f64 {
        self.intercept
            + self
                .weights
                .iter()
                .zip(features)
                .map(|(w, x)| w * x)
                .sum::<f64>()
    }
}

/// Ridge regression of `target` on standardised `features` (rows × columns).
///
/// It is linfa's least squares (QR) on the centred features with one more row per column that holds
/// √(penalty · rows) on the diagonal and the target 0: exactly the ridge solution, unique even with constant or
/// collinear columns, and the same at every call. linfa's elastic net with an L1 share of 0 gives the same
/// weights but creeps towards them over hundreds of rounds when lags are alike.
///
/// # Errors
/// When the decomposition fails, which finite features and a penalty above 0 do not cause.
pub(crate) fn ridge(
    features: &Array2<f64>,
    target: &Array1<f64>,
    penalty_per_row: f64,
) -> Result<Linear, LinearError<f64>> {
    let (rows, columns) = features.dim();
    let (Some(centre), Some(target_mean)) = (features.mean_axis(Axis(0)), target.mean()) else {
        return Ok(Linear {
            intercept: 0.0,
            weights: vec![0.0; columns],
        });
    };
    if columns == 0 {
        return Ok(Linear {
            intercept: target_mean,
            weights: Vec::new(),
        });
    }
    let mut x = Array2::zeros((rows + columns, columns));
    x.slice_axis_mut(Axis(0), Slice::from(..rows))
        .assign(&(features - &centre));
    let root = (penalty_per_row * crate::score::count_f64(rows)).sqrt();
    x.slice_axis_mut(Axis(0), Slice::from(rows..))
        .diag_mut()
        .fill(root);
    let mut y = Array1::zeros(rows + columns);
    y.slice_axis_mut(Axis(0), Slice::from(..rows))
        .assign(&(target - target_mean));
    let fitted = LinearRegression::new()
        .with_intercept(false)
        .fit(&DatasetBase::new(x, y))?;
    let weights = fitted.params().to_vec();
    let intercept = target_mean - centre.iter().zip(&weights).map(|(c, w)| c * w).sum::<f64>();
    Ok(Linear { intercept, weights })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::ridge;
    use linfa::DatasetBase;
    use linfa::traits::Fit;
    use linfa_elasticnet::ElasticNet;
    use ndarray::{Array1, Array2, array};

    fn standardised() -> (Array2<f64>, Array1<f64>) {
        let x = Array2::from_shape_fn((40, 3), |(i, j)| {
            let i = f64::from(u32::try_from(i).unwrap());
            [(i * 0.7).sin(), (i * 0.7 + 0.3).sin(), (i * 1.9).cos()][j]
        });
        let x = &x - &x.mean_axis(ndarray::Axis(0)).unwrap();
        let y = x.dot(&array![2.0, -1.0, 0.5]) + 3.0;
        (x, y)
    }

    #[test]
    fn without_penalty_the_true_weights_come_back() {
        let (x, y) = standardised();
        let linear = ridge(&x, &y, 1e-12).unwrap();
        assert!((linear.intercept - 3.0).abs() < 1e-6);
        for (found, true_weight) in linear.weights.iter().zip([2.0, -1.0, 0.5]) {
            assert!((found - true_weight).abs() < 1e-6);
        }
    }

    #[test]
    fn it_agrees_with_the_elastic_net_without_l1() {
        let (x, y) = standardised();
        let linear = ridge(&x, &y, 0.05).unwrap();
        let net = ElasticNet::params()
            .penalty(0.05)
            .l1_ratio(0.0)
            .tolerance(1e-12)
            .max_iterations(100_000)
            .fit(&DatasetBase::new(x, y))
            .unwrap();
        for (ours, theirs) in linear.weights.iter().zip(net.hyperplane()) {
            assert!((ours - theirs).abs() < 1e-6, "{ours} against {theirs}");
        }
    }

    #[test]
    fn a_constant_and_a_repeated_column_do_no_harm() {
        let x = array![
            [0.0, 1.0, 1.0],
            [0.0, -1.0, -1.0],
            [0.0, 2.0, 2.0],
            [0.0, -2.0, -2.0]
        ];
        let linear = ridge(&x, &array![1.0, -1.0, 2.0, -2.0], 1e-6).unwrap();
        assert!(linear.weights[0].abs() < 1e-9);
        assert!((linear.weights[1] - 0.5).abs() < 1e-3 && (linear.weights[2] - 0.5).abs() < 1e-3);
    }
}
