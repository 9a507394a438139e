use ndarray::ArrayView1;

/// Readings missing for no longer than this, with readings on both sides, are joined by a straight line.
const GAP_H: usize = 6;

/// Level `back` rows before `row`, with short gaps joined; never looks after `row`.
pub(crate) fn level_back(
    levels: ArrayView1<'_, f64>,
    row: usize,
    back: usize,
    rows_per_h: usize,
) -> Option<f64> {
    let place = row.checked_sub(back)?;
    let read = |at: usize| levels.get(at).copied().filter(|level| !level.is_nan());
    if let Some(level) = read(place) {
        return Some(level);
    }
    let reach = GAP_H * rows_per_h;
    let after =
        (place + 1..=(place + reach).min(row)).find_map(|at| read(at).map(|level| (at, level)))?;
    let first = after.0.saturating_sub(reach);
    let before = (first..place)
        .rev()
        .find_map(|at| read(at).map(|level| (at, level)))?;
    let share =
        crate::score::count_f64(place - before.0) / crate::score::count_f64(after.0 - before.0);
    Some(before.1 + share * (after.1 - before.1))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::level_back;
    use ndarray::Array1;

    #[test]
    fn a_short_gap_is_joined_and_a_long_one_is_not() {
        let mut levels: Array1<f64> = (0..20_u32).map(|t| 10.0 + 0.1 * f64::from(t)).collect();
        for at in 10..13 {
            levels[at] = f64::NAN;
        }
        assert!((level_back(levels.view(), 15, 4, 1).unwrap() - 11.1).abs() < 1e-9);
        for at in 6..15 {
            levels[at] = f64::NAN;
        }
        assert_eq!(level_back(levels.view(), 15, 4, 1), None);
        levels[15] = f64::NAN;
        assert_eq!(
            level_back(levels.view(), 15, 0, 1),
            None,
            "without a reading now nothing is joined"
        );
    }
}
