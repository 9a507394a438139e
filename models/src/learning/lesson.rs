//! Everything that can be learnt from, as one table.

use crate::floods::Floods;
use crate::history::History;
use crate::hyper::LEADS_H;
use crate::learning::blocks::{CHANGE_1H, Columns, LEVEL, Layout, Reader, read};
use ndarray::{Array2, Axis};
use serde::{Deserialize, Serialize};

/// Most groups of floods that are left out in turn.
const FOLDS_MAX: usize = 5;
/// Hours after a left-out flood whose rows look back on it: they do not teach.
const LOOKS_BACK_H: usize = 12;

/// One row per moment at which the gauge was read.
pub(crate) struct Lesson {
    pub(crate) layout: Layout,
    /// Levels that features are measured from, micrometres.
    pub(crate) references_um: Vec<f64>,
    /// Rows × features and their products as read; NaN = missing.
    pub(crate) raw: Array2<f64>,
    pub(crate) standard: Standard,
    /// Rows × features, centred and scaled; missing ones are 0 and stand behind the mask.
    pub(crate) scaled: Array2<f64>,
    /// Blocks that are there, per row.
    pub(crate) masks: Vec<u16>,
    /// Change of the level per lead, metres; NaN where it was not read.
    pub(crate) changes_m: Vec<[f64; LEADS_H.len()]>,
    pub(crate) weight: Vec<f32>,
    /// Group that each row is left out with.
    pub(crate) fold: Vec<usize>,
    /// Row in the history.
    pub(crate) row: Vec<usize>,
    pub(crate) high_water: Vec<bool>,
    pub(crate) folds: usize,
    /// First and last row (of the history) of each group.
    spans: Vec<(usize, usize)>,
    pub(crate) rows_per_h: usize,
}

/// Centre, scale and range of every feature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Standard {
    /// Number of features; products of features stand behind them.
    pub(crate) features: usize,
    pub(crate) centre: Vec<f64>,
    /// 0 marks a feature that never changed: it is dropped.
    pub(crate) scale: Vec<f64>,
    pub(crate) low: Vec<f64>,
    pub(crate) high: Vec<f64>,
}

impl Standard {
    fn over(raw: &Array2<f64>, weight: &[f32], features: usize) -> Self {
        let width = raw.ncols();
        let mut standard = Self {
            features,
            centre: vec![0.0; width],
            scale: vec![0.0; width],
            low: vec![0.0; width],
            high: vec![0.0; width],
        };
        for (feature, column) in raw.columns().into_iter().enumerate() {
            let present = || {
                column
                    .iter()
                    .zip(weight)
                    .filter(|(x, _)| !x.is_nan())
                    .map(|(&x, &w)| (x, f64::from(w)))
            };
            let whole: f64 = present().map(|(_, w)| w).sum();
            if whole <= 0.0 {
                continue;
            }
            let centre = present().map(|(x, w)| w * x).sum::<f64>() / whole;
            let spread = present()
                .map(|(x, w)| w * (x - centre) * (x - centre))
                .sum::<f64>()
                / whole;
            standard.centre[feature] = centre;
            // A tenth of a millimetre is below what any gauge resolves: such a feature is constant.
            standard.scale[feature] = Some(spread.sqrt()).filter(|s| *s > 1e-4).unwrap_or(0.0);
            standard.low[feature] = present().map(|(x, _)| x).fold(f64::INFINITY, f64::min);
            standard.high[feature] = present().map(|(x, _)| x).fold(f64::NEG_INFINITY, f64::max);
        }
        standard
    }

    /// Centred and scaled; dropped and missing ones are 0. A feature further outside the training range than twice
    /// that range is held there: no river does that, a broken gauge does.
    pub(crate) fn apply(&self, feature: usize, value: f64) -> f64 {
        let scale = self.scale[feature];
        if scale <= 0.0 || value.is_nan() {
            return 0.0;
        }
        let (low, high) = (self.low[feature], self.high[feature]);
        // Products are held at what was seen: far outside they grow with the square of what is unknown.
        let reach = if feature < self.features {
            2.0 * (high - low)
        } else {
            0.0
        };
        (value.clamp(low - reach, high + reach) - self.centre[feature]) / scale
    }

    /// True when there is one finite entry per feature and product.
    pub(crate) fn sound(&self, features: usize, with_products: usize) -> bool {
        let lists = [&self.centre, &self.scale, &self.low, &self.high];
        self.features == features
            && lists
                .iter()
                .all(|list| list.len() == with_products && list.iter().all(|x| x.is_finite()))
            && self
                .low
                .iter()
                .zip(&self.high)
                .all(|(low, high)| low <= high)
    }

    /// True when the feature lies outside the training range by more than a twentieth of it.
    pub(crate) fn outside(&self, feature: usize, value: f64) -> bool {
        let (low, high) = (self.low[feature], self.high[feature]);
        let slack = (0.05 * (high - low)).max(0.02);
        value < low - slack || value > high + slack
    }
}

impl Lesson {
    pub(crate) fn of(
        history: &History,
        columns: &Columns,
        layout: Layout,
        floods: &Floods,
        rows_most: usize,
    ) -> Self {
        let per_h = layout.rows_per_h;
        let references_um: Vec<f64> = std::iter::once(Some(columns.target))
            .chain(columns.upstream.iter().copied())
            .map(|column| column.map_or(0.0, |column| middle_um(history, column)))
            .collect();
        let reader = Reader {
            history,
            columns,
            layout: &layout,
            references_um: &references_um,
        };
        let chosen = chosen_rows(history, columns, per_h, rows_most);
        let mut raw = Vec::new();
        let (mut masks, mut changes_m, mut weight, mut row) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut features = vec![0.0; layout.width() + layout.products.len()];
        let levels = history.column(columns.target);
        for (at, of) in chosen {
            let mask = reader.read(at, &mut features);
            let Some(now) = read(levels, at).filter(|_| mask != 0) else {
                continue;
            };
            raw.extend_from_slice(&features);
            masks.push(mask);
            changes_m.push(LEADS_H.map(|lead_h| {
                read(levels, at + lead_h as usize * per_h)
                    .map_or(f64::NAN, |later| (later - now) / 1e6)
            }));
            weight.push(of);
            row.push(at);
        }
        let raw = Array2::from_shape_vec((row.len(), features.len()), raw)
            .expect("one row of features was added per row");
        let standard = Standard::over(&raw, &weight, layout.width());
        let mut scaled = raw.clone();
        for (feature, mut column) in scaled.columns_mut().into_iter().enumerate() {
            column.mapv_inplace(|x| standard.apply(feature, x));
        }
        let (group_of, folds) = groups(floods);
        let fold: Vec<usize> = row
            .iter()
            .map(|&at| floods.flood_of(at).map_or(0, |flood| group_of[flood]))
            .collect();
        let mut spans = vec![(usize::MAX, 0); folds];
        for (&at, &fold) in row.iter().zip(&fold) {
            if let Some(span) = spans.get_mut(fold) {
                *span = (span.0.min(at), span.1.max(at));
            }
        }
        let high_water = row
            .iter()
            .map(|&at| {
                history
                    .level(at, columns.target)
                    .is_some_and(|level_m| floods.is_high_water(at, level_m))
            })
            .collect();
        Self {
            references_um,
            raw,
            standard,
            scaled,
            masks,
            changes_m,
            weight,
            fold,
            row,
            high_water,
            folds,
            spans,
            rows_per_h: per_h,
            layout,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.row.len()
    }

    /// Rows that have every block of the mask and a level at the end of the lead.
    pub(crate) fn rows_with(&self, mask: u16, lead: usize) -> Vec<usize> {
        (0..self.len())
            .filter(|&i| self.masks[i] & mask == mask && !self.changes_m[i][lead].is_nan())
            .collect()
    }

    /// True when a row may teach while a group is left out: it is not in it, and neither its past nor its end is.
    pub(crate) fn teaches(&self, i: usize, left_out: usize, lead_h: u32) -> bool {
        let (first, last) = self.spans[left_out];
        self.row[i] + lead_h as usize * self.rows_per_h < first
            || self.row[i] > last + LOOKS_BACK_H * self.rows_per_h
    }

    pub(crate) fn level_m(&self, i: usize) -> f64 {
        self.raw[(i, LEVEL)]
    }

    pub(crate) fn change_1h_m(&self, i: usize) -> f64 {
        self.raw[(i, CHANGE_1H)]
    }

    /// Change over the last three hours, metres.
    pub(crate) fn change_3h_m(&self, i: usize) -> f64 {
        self.raw[(i, CHANGE_1H + 2)]
    }

    /// Lowest and highest value of every feature outside a group.
    pub(crate) fn ranges_without(&self, group: usize) -> Vec<(f64, f64)> {
        let mut ranges = vec![(f64::INFINITY, f64::NEG_INFINITY); self.layout.width()];
        for i in (0..self.len()).filter(|&i| self.fold[i] != group) {
            for (range, &x) in ranges.iter_mut().zip(self.raw.row(i)) {
                if !x.is_nan() {
                    *range = (range.0.min(x), range.1.max(x));
                }
            }
        }
        ranges
    }
}

/// Floods in order of time, dealt into groups of neighbours: what a group is left out for did not happen in the same
/// season as what teaches.
fn groups(floods: &Floods) -> (Vec<usize>, usize) {
    let count = floods.list.len();
    // Without floods there is one group, and nothing is proved by leaving it out.
    let groups = count.clamp(1, FOLDS_MAX);
    (
        (0..count)
            .map(|flood| flood * groups / count.max(1))
            .collect(),
        groups,
    )
}

/// Median level, whole micrometres.
fn middle_um(history: &History, column: usize) -> f64 {
    let mut levels: Vec<f64> = (0..history.len())
        .filter_map(|row| read(history.column(column), row))
        .collect();
    levels.sort_unstable_by(f64::total_cmp);
    levels.get(levels.len() / 2).copied().unwrap_or(0.0)
}

/// Rows where the target was read, and their weights. When they are too many, quiet water is thinned evenly and what
/// is left of it counts for what was left out.
fn chosen_rows(
    history: &History,
    columns: &Columns,
    per_h: usize,
    most: usize,
) -> Vec<(usize, f32)> {
    let levels = history.column(columns.target);
    let all: Vec<usize> = (0..history.len())
        .filter(|&row| read(levels, row).is_some())
        .collect();
    if all.len() <= most {
        return all.into_iter().map(|row| (row, 1.0)).collect();
    }
    let moved = |row: usize| {
        let now = read(levels, row).unwrap_or(0.0);
        let then = |hours: usize| {
            row.checked_sub(hours * per_h)
                .and_then(|at| read(levels, at))
                .map_or(0.0, |l| (now - l).abs())
        };
        let rained: f64 = columns
            .rain
            .iter()
            .flatten()
            .filter_map(|c| history.level(row, *c))
            .fold(0.0, f64::max);
        (3.0 * then(1) + then(3), rained)
    };
    let mut stir: Vec<f64> = all.iter().map(|&row| moved(row).0).collect();
    let mut height: Vec<f64> = all.iter().filter_map(|&row| read(levels, row)).collect();
    stir.sort_unstable_by(f64::total_cmp);
    height.sort_unstable_by(f64::total_cmp);
    let (stir, height) = (stir[stir.len() * 4 / 5], height[height.len() * 19 / 20]);
    let active = |row: usize| {
        let (moved, rained) = moved(row);
        moved > stir || rained > 1.0 || read(levels, row).is_some_and(|level| level > height)
    };
    let (kept, quiet): (Vec<usize>, Vec<usize>) = all.into_iter().partition(|&row| active(row));
    let step = |count: usize, most: usize| count.div_ceil(most.max(1)).max(1);
    let kept_step = step(kept.len(), most / 2);
    let quiet_step = step(quiet.len(), most.saturating_sub(kept.len() / kept_step));
    // Steps are far below 2²⁴.
    #[allow(clippy::cast_possible_truncation)]
    let weigh = |rows: Vec<usize>, step: usize| {
        let weight = crate::score::count_f64(step) as f32;
        rows.into_iter().step_by(step).map(move |row| (row, weight))
    };
    let mut rows: Vec<(usize, f32)> = weigh(kept, kept_step)
        .chain(weigh(quiet, quiet_step))
        .collect();
    rows.sort_unstable_by_key(|(row, _)| *row);
    rows
}

/// The table's rows of a list, as a table of their own.
pub(crate) fn rows_of(table: &Array2<f64>, rows: &[usize]) -> Array2<f64> {
    table.select(Axis(0), rows)
}
