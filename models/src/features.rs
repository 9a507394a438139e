use ndarray::ArrayView1;

/// Features per gauge: five changes that do not overlap, and the level.
pub(crate) const BLOCK: usize = 6;
/// Where the level stands among them; the changes come before it.
pub(crate) const LEVEL: usize = BLOCK - 1;
/// Lags in hours whose differences are the changes.
const LAGS_H: [usize; 6] = [0, 1, 2, 3, 6, 12];
/// Readings missing for no longer than this, with readings on both sides, are joined by a straight line.
const GAP_H: usize = 6;

/// The features of one gauge at one row: level(0 h) − level(1 h ago), 1 − 2 h, 2 − 3 h, 3 − 6 h, 6 − 12 h, and
/// the level itself, all in metres.
///
/// `None` when the row itself has no reading, or a lag lies in a gap longer than six hours. Because the row
/// itself must be read, a gap is only ever bridged with readings up to the row: nothing later is used.
pub(crate) fn block(
    levels: ArrayView1<'_, f64>,
    row: usize,
    rows_per_h: usize,
) -> Option<[f64; BLOCK]> {
    let mut at_lag = [0.0; LAGS_H.len()];
    for (level, lag_h) in at_lag.iter_mut().zip(LAGS_H) {
        *level = level_back(levels, row, lag_h * rows_per_h, rows_per_h)?;
    }
    let mut features = [0.0; BLOCK];
    for (i, feature) in features[..LEVEL].iter_mut().enumerate() {
        *feature = at_lag[i] - at_lag[i + 1];
    }
    features[LEVEL] = at_lag[0];
    Some(features)
}

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

/// Centre, scale and range of every feature of one gauge, over the rows the model was fitted on.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Standard {
    pub(crate) centre: [f64; BLOCK],
    /// 0 marks a feature that never changed: it is dropped.
    pub(crate) scale: [f64; BLOCK],
    pub(crate) low: [f64; BLOCK],
    pub(crate) high: [f64; BLOCK],
}

impl Standard {
    /// Over the given blocks; `None` when there is none.
    pub(crate) fn over(blocks: impl Iterator<Item = [f64; BLOCK]> + Clone) -> Option<Self> {
        let count = blocks.clone().count();
        let n = crate::score::count_f64(count);
        let mut standard = Self {
            centre: [0.0; BLOCK],
            scale: [0.0; BLOCK],
            low: blocks.clone().next()?,
            high: blocks.clone().next()?,
        };
        for features in blocks.clone() {
            for (f, &x) in features.iter().enumerate() {
                standard.centre[f] += x / n;
                standard.low[f] = standard.low[f].min(x);
                standard.high[f] = standard.high[f].max(x);
            }
        }
        for features in blocks {
            for (f, &x) in features.iter().enumerate() {
                standard.scale[f] += (x - standard.centre[f]).powi(2) / n;
            }
        }
        for scale in &mut standard.scale {
            // A tenth of a millimetre is below what any gauge resolves: such a feature is constant.
            *scale = Some(scale.sqrt()).filter(|s| *s > 1e-4).unwrap_or(0.0);
        }
        Some(standard)
    }

    /// For a gauge without a single usable row: every feature is dropped.
    pub(crate) fn nothing() -> Self {
        Self {
            centre: [0.0; BLOCK],
            scale: [0.0; BLOCK],
            low: [0.0; BLOCK],
            high: [0.0; BLOCK],
        }
    }

    /// Centred and scaled features; dropped ones are 0. A feature further outside the training range than twice
    /// that range is held there: no river does that, a broken gauge does.
    pub(crate) fn apply(&self, features: &[f64; BLOCK]) -> [f64; BLOCK] {
        let mut out = [0.0; BLOCK];
        for (f, x) in out.iter_mut().enumerate() {
            if self.scale[f] > 0.0 {
                let reach = 2.0 * (self.high[f] - self.low[f]);
                let held = features[f].clamp(self.low[f] - reach, self.high[f] + reach);
                *x = (held - self.centre[f]) / self.scale[f];
            }
        }
        out
    }

    /// True when a feature lies outside the training range by more than a twentieth of it.
    pub(crate) fn outside(&self, features: &[f64; BLOCK]) -> bool {
        features.iter().enumerate().any(|(f, &x)| {
            let slack = (0.05 * (self.high[f] - self.low[f])).max(0.02);
            x < self.low[f] - slack || x > self.high[f] + slack
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{LEVEL, Standard, block};
    use ndarray::Array1;

    fn ramp() -> Array1<f64> {
        (0..20_u32).map(|t| 10.0 + 0.1 * f64::from(t)).collect()
    }

    #[test]
    fn a_steady_rise_gives_the_same_rise_at_every_lag() {
        let features = block(ramp().view(), 15, 1).unwrap();
        for (found, hours) in features[..LEVEL].iter().zip([1.0, 1.0, 1.0, 3.0, 6.0]) {
            assert!((found - 0.1 * hours).abs() < 1e-9);
        }
        assert!((features[LEVEL] - 11.5).abs() < 1e-9);
    }

    #[test]
    fn a_short_gap_is_joined_and_a_long_one_is_not() {
        let mut levels = ramp();
        for at in 10..13 {
            levels[at] = f64::NAN;
        }
        let joined = block(levels.view(), 15, 1).unwrap();
        let whole = block(ramp().view(), 15, 1).unwrap();
        assert!(joined.iter().zip(whole).all(|(a, b)| (a - b).abs() < 1e-9));
        for at in 6..15 {
            levels[at] = f64::NAN;
        }
        assert_eq!(block(levels.view(), 15, 1), None);
    }

    #[test]
    fn without_a_reading_now_there_are_no_features() {
        let mut levels = ramp();
        levels[15] = f64::NAN;
        assert_eq!(block(levels.view(), 15, 1), None);
        assert_eq!(
            block(ramp().view(), 11, 1),
            None,
            "twelve hours of history are needed"
        );
    }

    #[test]
    fn a_constant_feature_is_dropped() {
        let standard = Standard::over([[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]; 4].into_iter()).unwrap();
        assert!(standard.apply(&[9.0; 6]).iter().all(|x| x.abs() < 1e-12));
    }
}
