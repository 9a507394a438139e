use crate::baseline::rows_per_h;
use crate::history::History;
use crate::score::count_f64;
use serde::Serialize;

/// Longest travel time that is looked for, hours.
const LAG_MAX_H: usize = 24;
/// A change is taken over this time, hours: a single hour is mostly noise.
const CHANGE_H: usize = 3;
/// Weaker ties are not suggested.
const CORRELATION_MIN: f64 = 0.3;
/// Fewest pairs of changes that say anything.
const PAIRS_MIN: usize = 200;

/// A gauge whose changes come before those of another: perhaps it lies upstream. Only people who know the river can say.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Suggestion {
    /// The gauge that may lie upstream.
    pub gauge: String,
    /// Hours by which its changes come earlier; at least one step.
    pub lag_h: f64,
    /// Correlation of the changes at that lag.
    pub correlation: f64,
    /// The best correlation of changes that come at the same time or later.
    pub correlation_without_lag: f64,
    /// Pairs of changes compared.
    pub pairs: usize,
}

/// Gauges whose changes over three hours come before the target's, the strongest tie first.
///
/// Nothing uses a suggestion by itself: a case names its upstream gauges.
#[must_use]
pub fn suggest_upstream(history: &History, target: &str) -> Vec<Suggestion> {
    let (Some(column), Some(per_h)) = (history.gauge_index(target), rows_per_h(history.step_s()))
    else {
        return Vec::new();
    };
    let changes = |column: usize| -> Vec<f64> {
        (0..history.len())
            .map(|row| {
                let then = row
                    .checked_sub(CHANGE_H * per_h)
                    .and_then(|back| history.level(back, column));
                history
                    .level(row, column)
                    .zip(then)
                    .map_or(f64::NAN, |(now, then)| now - then)
            })
            .collect()
    };
    let own = changes(column);
    let mut found: Vec<Suggestion> = (0..history.gauges().len())
        .filter(|other| *other != column)
        .filter_map(|other| {
            let theirs = changes(other);
            let tie = |lag: usize| correlation(&theirs, &own, lag);
            let (lag, (r, pairs)) = (1..=LAG_MAX_H * per_h)
                .filter_map(|lag| Some((lag, tie(lag)?)))
                .max_by(|a, b| a.1.0.total_cmp(&b.1.0).then(b.0.cmp(&a.0)))?;
            let later = (0..=LAG_MAX_H * per_h).filter_map(|lag| correlation(&own, &theirs, lag));
            let later = later.map(|(r, _)| r).fold(-1.0, f64::max);
            (r >= CORRELATION_MIN && r > later).then(|| Suggestion {
                gauge: history.gauges()[other].clone(),
                lag_h: count_f64(lag) / count_f64(per_h),
                correlation: r,
                correlation_without_lag: later,
                pairs,
            })
        })
        .collect();
    found.sort_by(|a, b| {
        b.correlation
            .total_cmp(&a.correlation)
            .then_with(|| a.gauge.cmp(&b.gauge))
    });
    found
}

/// Correlation of `early` with `late` that many rows later.
fn correlation(early: &[f64], late: &[f64], lag: usize) -> Option<(f64, usize)> {
    let mut sums = [0.0; 5];
    let mut pairs = 0;
    for (x, y) in early.iter().zip(late.get(lag..)?) {
        if x.is_nan() || y.is_nan() {
            continue;
        }
        pairs += 1;
        for (sum, value) in sums.iter_mut().zip([*x, *y, x * x, y * y, x * y]) {
            *sum += value;
        }
    }
    if pairs < PAIRS_MIN {
        return None;
    }
    let n = count_f64(pairs);
    let [x, y, xx, yy, xy] = sums.map(|sum| sum / n);
    let spread = ((xx - x * x) * (yy - y * y)).sqrt();
    (spread > 1e-12).then(|| ((xy - x * y) / spread, pairs))
}
