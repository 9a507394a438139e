/// Probabilities of the quantiles that every forecast carries.
pub(crate) const PROBABILITIES: [f64; 7] = [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95];
/// Place of the median among them.
pub(crate) const MEDIAN: usize = 3;
/// Standard normal quantiles at [`PROBABILITIES`], divided by the one at 0.95.
pub(crate) const NORMAL_SHAPE: [f64; PROBABILITIES.len()] =
    [-1.0, -0.7791, -0.4101, 0.0, 0.4101, 0.7791, 1.0];

/// Linear between the sorted values; they must not be empty. `p` is 0 to 1.
pub(crate) fn quantile(sorted: &[f64], p: f64) -> f64 {
    let place = p * crate::score::count_f64(sorted.len() - 1);
    // The place is between 0 and the last index, so it fits.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let below = (place.floor() as usize).min(sorted.len() - 1);
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (place - crate::score::count_f64(below)) * (sorted[above] - sorted[below])
}

#[cfg(test)]
mod tests {
    use super::quantile;

    #[test]
    fn quantiles_lie_between_the_values() {
        assert!((quantile(&[1.0, 2.0, 4.0], 0.5) - 2.0).abs() < 1e-12);
        assert!((quantile(&[1.0, 2.0, 4.0], 0.75) - 3.0).abs() < 1e-12);
        assert!((quantile(&[5.0], 0.9) - 5.0).abs() < 1e-12);
    }
}
