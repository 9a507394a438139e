use crate::history::History;
use jiff::Timestamp;
use ndarray::ArrayView1;
use serde::{Deserialize, Serialize};

/// A rise smaller than this is no flood at any gauge, metres.
const RISE_MIN_M: f64 = 0.1;

/// One flood (出水) at one gauge: from the low before the rise to the low before the next one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Flood {
    /// The low before the rise.
    pub start: Timestamp,
    /// Highest reading.
    pub peak_at: Timestamp,
    /// The low before the next flood, or the last reading.
    pub end: Timestamp,
    /// Highest level, metres.
    pub peak_m: f64,
    /// Peak above the low before it, metres.
    pub rise_m: f64,
}

/// All floods of one gauge, and which flood each row belongs to.
#[derive(Clone, Debug)]
pub(crate) struct Floods {
    pub(crate) list: Vec<Flood>,
    /// First row of each flood, rising.
    starts: Vec<usize>,
    /// A level above this within the flood is high water.
    high_from_m: Vec<f64>,
}

impl Floods {
    /// Finds the rises of at least `rise_share` of the gauge's range (without its outermost thousandths).
    pub(crate) fn find(history: &History, gauge_index: usize, rise_share: f64) -> Self {
        let levels = history.column(gauge_index);
        let rise_min_m = (rise_share * usual_range_m(levels)).max(RISE_MIN_M);
        let waves = waves(levels, rise_min_m);
        let mut floods = Self {
            list: Vec::new(),
            starts: Vec::new(),
            high_from_m: Vec::new(),
        };
        for (i, wave) in waves.iter().enumerate() {
            let end = waves
                .get(i + 1)
                .map_or_else(|| history.len().saturating_sub(1), |next| next.low.0);
            let rise_m = wave.peak.1 - wave.low.1;
            floods.list.push(Flood {
                start: history.time(wave.low.0),
                peak_at: history.time(wave.peak.0),
                end: history.time(end),
                peak_m: wave.peak.1,
                rise_m,
            });
            floods.starts.push(wave.low.0);
            floods.high_from_m.push(wave.low.1 + rise_m / 3.0);
        }
        floods
    }

    /// The flood a row belongs to; rows before the first flood belong to the first. `None` without floods.
    pub(crate) fn flood_of(&self, row: usize) -> Option<usize> {
        let begun = self.starts.partition_point(|start| *start <= row);
        (!self.starts.is_empty()).then(|| begun.saturating_sub(1))
    }

    /// The flood that each row lies in: from the low before it to its last row of high water.
    pub(crate) fn rows(&self, history: &History, gauge_index: usize) -> Vec<Option<usize>> {
        let mut rows = vec![None; history.len()];
        for (flood, &start) in self.starts.iter().enumerate() {
            let end = self.starts.get(flood + 1).copied();
            let end = end.unwrap_or(history.len());
            let last = (start..end).rev().find(|row| {
                history
                    .level(*row, gauge_index)
                    .is_some_and(|level_m| level_m >= self.high_from_m[flood])
            });
            for row in &mut rows[start..last.map_or(start, |last| last + 1)] {
                *row = Some(flood);
            }
        }
        rows
    }

    /// True when the level at this row is in the upper two thirds of its flood's rise.
    pub(crate) fn is_high_water(&self, row: usize, level_m: f64) -> bool {
        self.flood_of(row)
            .is_some_and(|flood| row >= self.starts[flood] && level_m >= self.high_from_m[flood])
    }
}

struct Wave {
    low: (usize, f64),
    peak: (usize, f64),
}

/// Lows and peaks that differ by at least `rise_min_m`; a last rise that has not fallen again counts too.
fn waves(levels: ArrayView1<'_, f64>, rise_min_m: f64) -> Vec<Wave> {
    let mut waves = Vec::new();
    let mut low: Option<(usize, f64)> = None;
    let mut peak: Option<(usize, f64)> = None;
    for (row, &level_m) in levels.iter().enumerate().filter(|(_, l)| !l.is_nan()) {
        match (low, peak) {
            (Some(under), Some(over)) => {
                if level_m > over.1 {
                    peak = Some((row, level_m));
                } else if over.1 - level_m >= rise_min_m {
                    waves.push(Wave {
                        low: under,
                        peak: over,
                    });
                    low = Some((row, level_m));
                    peak = None;
                }
            }
            (Some(under), None) => {
                if level_m <= under.1 {
                    low = Some((row, level_m));
                } else if level_m - under.1 >= rise_min_m {
                    peak = Some((row, level_m));
                }
            }
            (None, _) => low = Some((row, level_m)),
        }
    }
    if let (Some(low), Some(peak)) = (low, peak) {
        waves.push(Wave { low, peak });
    }
    waves
}

fn usual_range_m(levels: ArrayView1<'_, f64>) -> f64 {
    let mut sorted: Vec<f64> = levels.iter().copied().filter(|l| !l.is_nan()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let cut = sorted.len() / 1000;
    match (
        sorted.get(cut),
        sorted
            .len()
            .checked_sub(1 + cut)
            .and_then(|i| sorted.get(i)),
    ) {
        (Some(low), Some(high)) => (high - low).max(0.0),
        _ => 0.0,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::Floods;
    use crate::history::History;
    use jiff::Timestamp;
    use ndarray::Array2;

    fn find(levels: &[f64]) -> (History, Floods) {
        let table = Array2::from_shape_vec((levels.len(), 1), levels.to_vec()).unwrap();
        let history =
            History::new(Timestamp::UNIX_EPOCH, 3600, vec!["g".to_owned()], table).unwrap();
        let floods = Floods::find(&history, 0, 0.2);
        (history, floods)
    }

    #[test]
    fn two_waves_are_two_floods_and_ripples_are_none() {
        let (history, floods) = find(&[1.0, 1.05, 1.0, 3.0, 2.0, 1.9, 1.95, 1.8, 2.5, 1.5]);
        let peaks: Vec<f64> = floods.list.iter().map(|f| f.peak_m).collect();
        assert_eq!(peaks, [3.0, 2.5]);
        assert_eq!(floods.list[0].end, floods.list[1].start);
        assert_eq!(floods.list[1].start, history.time(7));
        assert_eq!(floods.flood_of(0), Some(0));
        assert_eq!(floods.flood_of(9), Some(1));
    }

    #[test]
    fn a_rise_that_still_goes_on_is_a_flood() {
        let (_, floods) = find(&[1.0, 1.0, 2.0, 3.0]);
        assert_eq!(floods.list.len(), 1);
        assert!(floods.is_high_water(3, 3.0));
        assert!(!floods.is_high_water(1, 1.0));
    }

    #[test]
    fn a_river_that_never_moves_has_no_flood() {
        let (_, floods) = find(&[1.0; 20]);
        assert_eq!(floods.flood_of(3), None);
        assert!(floods.list.is_empty());
    }
}
