//! What a model looks at: readings of one moment as blocks of features.
//!
//! Levels are read in whole micrometres, so that differences are exact: two gauges that differ in their datum only
//! have the same features to the last bit.

use crate::history::History;
use ndarray::ArrayView1;
use std::ops::Range;

/// Lags of the block that everything needs, hours.
const SHORT_H: [usize; 6] = [1, 2, 3, 4, 5, 6];
/// Lags of a day and its tides, hours.
const LONG_H: [usize; 13] = [7, 8, 9, 10, 11, 12, 13, 15, 18, 20, 22, 24, 25];
/// Lags of an upstream gauge, hours.
const UPSTREAM_H: [usize; 7] = [1, 2, 3, 4, 6, 8, 12];
/// Hours of rain one by one, and sums of rain, hours.
const RAIN_HOURS: usize = 6;
const RAIN_SUMS_H: [usize; 7] = [3, 6, 12, 24, 48, 72, 168];
/// Sums of the rain to come, hours.
const FORECAST_SUMS_H: [usize; 4] = [1, 2, 3, 6];
/// A rain forecast is held against what fell in so many hours.
const BORNE_OUT_H: usize = 48;
/// It is not believed once its errors exceed this share of what fell …
const ERROR_SHARE_MAX: f64 = 0.9;
/// … and this much besides, millimetres an hour of the sums that are compared, so that drizzle condemns nobody.
const ERROR_FREE_MM_PER_H: f64 = 2.0;
/// A sum of rain stands while no more than this share of its steps is missing.
const RAIN_MISSING_MAX: f64 = 0.1;
/// Readings missing for no longer than this, with readings on both sides, are joined by a straight line.
const GAP_H: usize = 6;
/// Whole micrometres in a metre.
const PER_METRE: f64 = 1e6;

/// Place of the level among the features; those of the short block come first.
pub(crate) const LEVEL: usize = 0;
/// Place of the change over the last hour; over 2 and 3 hours follow.
pub(crate) const CHANGE_1H: usize = 1;

/// A group of features that is there as a whole or missing as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Block {
    /// The gauge's level and its changes of the last six hours. Without it there are no features.
    Short,
    /// Its changes of the last day.
    Long,
    /// A gauge upstream, by its place.
    Upstream(usize),
    /// Rain that fell.
    Rain,
    /// Rain that is expected.
    RainForecast,
}

/// Columns of a history that a model looks at.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Columns {
    pub(crate) target: usize,
    pub(crate) upstream: Vec<Option<usize>>,
    pub(crate) rain: Vec<Option<usize>>,
    pub(crate) rain_forecast: Vec<Option<usize>>,
}

/// Which features there are and where.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Layout {
    pub(crate) rows_per_h: usize,
    /// In the order of the features; the place of a block is its bit in a mask.
    pub(crate) blocks: Vec<(Block, Range<usize>)>,
    /// Products of two features, for a line that bends.
    pub(crate) products: Vec<(usize, usize)>,
}

impl Columns {
    /// All of them that the history knows, in this order.
    pub(crate) fn all(&self) -> Vec<usize> {
        let more = self
            .upstream
            .iter()
            .chain(&self.rain)
            .chain(&self.rain_forecast);
        std::iter::once(self.target)
            .chain(more.copied().flatten())
            .collect()
    }
}

impl Layout {
    pub(crate) fn new(rows_per_h: usize, upstream: usize, rain: usize, forecast_h: usize) -> Self {
        let finer = if rows_per_h > 1 { 2 } else { 0 };
        let rains = if rain > 1 { 2 } else { 0 };
        let sums = FORECAST_SUMS_H.iter().filter(|h| **h <= forecast_h).count();
        let mut sizes = vec![
            (Block::Short, 2 + SHORT_H.len() + finer),
            (Block::Long, LONG_H.len() + 2),
        ];
        sizes.extend((0..upstream).map(|place| (Block::Upstream(place), 1 + UPSTREAM_H.len())));
        if rain > 0 {
            sizes.push((Block::Rain, RAIN_HOURS + RAIN_SUMS_H.len() + rains));
        }
        if sums > 0 {
            sizes.push((Block::RainForecast, sums));
        }
        let mut from = 0;
        let blocks = sizes
            .into_iter()
            .map(|(block, size)| {
                from += size;
                (block, from - size..from)
            })
            .collect();
        let mut layout = Self {
            rows_per_h,
            blocks,
            products: Vec::new(),
        };
        layout.products = layout.all_products();
        layout
    }

    /// Number of features.
    pub(crate) fn width(&self) -> usize {
        self.blocks.last().map_or(0, |(_, range)| range.end)
    }

    /// The same change means more at high water, and the same rain means more on wet ground.
    fn all_products(&self) -> Vec<(usize, usize)> {
        let mut products = vec![(LEVEL, CHANGE_1H), (LEVEL, CHANGE_1H + 2)];
        let start = |block: Block| {
            self.blocks
                .iter()
                .find(|(b, _)| *b == block)
                .map(|(_, range)| range.clone())
        };
        let rain = start(Block::Rain).map(|range| {
            let sums = range.start + RAIN_HOURS;
            // Three hours, a day, a week.
            (sums, sums + 3, sums + 6)
        });
        if let Some((three, day, week)) = rain {
            products.extend([(three, week), (three, day), (three, LEVEL)]);
        }
        for sum in start(Block::RainForecast).into_iter().flatten() {
            products.push((sum, LEVEL));
            if let Some((_, day, week)) = rain {
                products.extend([(sum, day), (sum, week)]);
            }
        }
        products
    }

    /// Products whose features are all in the blocks of a mask, as places behind the features.
    pub(crate) fn products_of(&self, mask: u16) -> Vec<usize> {
        let there = self.features_of(mask);
        let is_there = |feature: &usize| there.binary_search(feature).is_ok();
        (0..self.products.len())
            .filter(|&at| is_there(&self.products[at].0) && is_there(&self.products[at].1))
            .map(|at| self.width() + at)
            .collect()
    }

    /// Fills in the products behind the features.
    pub(crate) fn multiply(&self, features: &mut [f64]) {
        let width = self.width();
        for (at, &(a, b)) in self.products.iter().enumerate() {
            features[width + at] = features[a] * features[b];
        }
    }

    /// The masks that models are fitted for, the fullest first: everything, one or two blocks missing, nothing of
    /// others, the short block alone.
    pub(crate) fn masks(&self) -> Vec<u16> {
        let all = self.all();
        let optional: Vec<u16> = (1..self.blocks.len()).map(|bit| 1 << bit).collect();
        let mut masks = vec![all];
        masks.extend(optional.iter().map(|block| all & !block));
        for (i, one) in optional.iter().enumerate() {
            masks.extend(optional[i + 1..].iter().map(|other| all & !(one | other)));
        }
        let rain = self
            .blocks
            .iter()
            .position(|(block, _)| *block == Block::Rain);
        let own = 0b11;
        masks.extend(rain.map(|bit| own | 1 << bit));
        masks.extend([own, 0b1]);
        let mut seen = std::collections::BTreeSet::new();
        masks.retain(|mask| seen.insert(*mask));
        masks.sort_by_key(|mask| std::cmp::Reverse(mask.count_ones()));
        masks
    }

    /// Every block.
    pub(crate) fn all(&self) -> u16 {
        (1 << self.blocks.len()) - 1
    }

    /// Number of gauges upstream.
    pub(crate) fn upstream(&self) -> usize {
        self.blocks
            .iter()
            .filter(|(block, _)| matches!(block, Block::Upstream(_)))
            .count()
    }

    /// Features of the blocks in a mask.
    pub(crate) fn places_of(&self, mask: u16) -> impl Iterator<Item = usize> {
        self.blocks
            .iter()
            .enumerate()
            .filter(move |(bit, _)| mask >> bit & 1 == 1)
            .flat_map(|(_, (_, range))| range.clone())
    }

    /// The same as a list.
    pub(crate) fn features_of(&self, mask: u16) -> Vec<usize> {
        self.places_of(mask).collect()
    }
}

/// Readings of a history, and the levels that features are measured from, micrometres: the target's, then those of
/// the gauges upstream.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    pub(crate) history: &'a History,
    pub(crate) columns: &'a Columns,
    pub(crate) layout: &'a Layout,
    pub(crate) references_um: &'a [f64],
}

impl Reader<'_> {
    /// The features of one row with their products, and the mask of the blocks that are there; 0 when not even the short one is. What is
    /// missing is NaN. Nothing after the row is looked at.
    pub(crate) fn read(&self, row: usize, out: &mut [f64]) -> u16 {
        out.fill(f64::NAN);
        let mut mask = 0_u16;
        for (bit, (block, range)) in self.layout.blocks.iter().enumerate() {
            let part = &mut out[range.clone()];
            let whole = match block {
                Block::Short => self.short(row, part),
                Block::Long => self.long(row, part),
                Block::Upstream(place) => self.upstream(*place, row, part),
                Block::Rain => self.rain(row, part),
                Block::RainForecast => self.rain_forecast(row, part),
            };
            match (whole, block) {
                (Some(()), _) => mask |= 1 << bit,
                (None, Block::Short) => return 0,
                (None, _) => part.fill(f64::NAN),
            }
        }
        self.layout.multiply(out);
        mask
    }

    fn short(&self, row: usize, out: &mut [f64]) -> Option<()> {
        let levels = self.history.column(self.columns.target);
        let per_h = self.layout.rows_per_h;
        let now = back(levels, row, 0, per_h)?;
        let change = |rows: usize| Some((now - back(levels, row, rows, per_h)?) / PER_METRE);
        out[LEVEL] = (now - self.references_um[0]) / PER_METRE;
        for (to, hours) in out[CHANGE_1H..].iter_mut().zip(SHORT_H) {
            *to = change(hours * per_h)?;
        }
        let next = CHANGE_1H + SHORT_H.len();
        // How much faster it rose in the last hour than in the one before.
        out[next] = 2.0 * out[CHANGE_1H] - out[CHANGE_1H + 1];
        if per_h > 1 {
            out[next + 1] = change(1)?;
            out[next + 2] = change(per_h / 2)?;
        }
        Some(())
    }

    fn long(&self, row: usize, out: &mut [f64]) -> Option<()> {
        let levels = self.history.column(self.columns.target);
        let per_h = self.layout.rows_per_h;
        let now = back(levels, row, 0, per_h)?;
        for (to, hours) in out.iter_mut().zip(LONG_H) {
            *to = (now - back(levels, row, hours * per_h, per_h)?) / PER_METRE;
        }
        let (mut low, mut high) = (now, now);
        for at in row.checked_sub(24 * per_h)?..row {
            if let Some(level) = read(levels, at) {
                low = low.min(level);
                high = high.max(level);
            }
        }
        out[LONG_H.len()] = (now - low) / PER_METRE;
        out[LONG_H.len() + 1] = (high - now) / PER_METRE;
        Some(())
    }

    fn upstream(&self, place: usize, row: usize, out: &mut [f64]) -> Option<()> {
        let levels = self.history.column(self.columns.upstream[place]?);
        let per_h = self.layout.rows_per_h;
        let now = back(levels, row, 0, per_h)?;
        out[0] = (now - self.references_um[place + 1]) / PER_METRE;
        for (to, hours) in out[1..].iter_mut().zip(UPSTREAM_H) {
            *to = (now - back(levels, row, hours * per_h, per_h)?) / PER_METRE;
        }
        Some(())
    }

    fn rain(&self, row: usize, out: &mut [f64]) -> Option<()> {
        let per_h = self.layout.rows_per_h;
        for (hour, to) in out[..RAIN_HOURS].iter_mut().enumerate() {
            let end = row.checked_sub(hour * per_h)?;
            *to = self.rain_sum(end, per_h)?;
        }
        for (to, hours) in out[RAIN_HOURS..].iter_mut().zip(RAIN_SUMS_H) {
            *to = self.rain_sum(row, hours * per_h)?;
        }
        let next = RAIN_HOURS + RAIN_SUMS_H.len();
        if self.columns.rain.len() > 1 {
            let most = |rows: usize| {
                self.columns
                    .rain
                    .iter()
                    .flatten()
                    .filter_map(|column| sum(self.history.column(*column), row, rows))
                    .fold(None, |most: Option<f64>, x| {
                        Some(most.map_or(x, |m| m.max(x)))
                    })
            };
            out[next] = most(per_h)?;
            out[next + 1] = most(3 * per_h)?;
        }
        Some(())
    }

    /// Mean over the rain gauges that report, millimetres in the `rows` steps that end at `row`.
    fn rain_sum(&self, row: usize, rows: usize) -> Option<f64> {
        let (mut total, mut gauges) = (0.0, 0_u32);
        for column in self.columns.rain.iter().flatten() {
            if let Some(sum) = sum(self.history.column(*column), row, rows) {
                total += sum;
                gauges += 1;
            }
        }
        (gauges > 0).then(|| total / f64::from(gauges))
    }

    fn rain_forecast(&self, row: usize, out: &mut [f64]) -> Option<()> {
        if !self.rain_forecast_is_borne_out(row) {
            return None;
        }
        let mut next = 0;
        let mut total = 0.0;
        for (hour, column) in self.columns.rain_forecast.iter().enumerate() {
            total += self.history.level(row, (*column)?)?;
            if FORECAST_SUMS_H.contains(&(hour + 1)) {
                out[next] = total;
                next += 1;
            }
        }
        Some(())
    }
}

impl Reader<'_> {
    /// False when the rain that fell in the last two days contradicts what was forecast for them: then the forecast counts as
    /// missing, for teaching as for asking. Where no rain is measured nothing contradicts it. A forecast of nothing while rain
    /// falls is contradicted as much as one of rain that never comes.
    fn rain_forecast_is_borne_out(&self, row: usize) -> bool {
        let per_h = self.layout.rows_per_h;
        let longest =
            FORECAST_SUMS_H[FORECAST_SUMS_H.len() - 1].min(self.columns.rain_forecast.len());
        // The next hour shows a lie soonest, the longest sum forgives rain that comes an hour early.
        [1, longest].into_iter().all(|hours| {
            let (mut fell, mut error) = (0.0, 0.0);
            for back_h in hours..=BORNE_OUT_H {
                let Some(issued) = row.checked_sub(back_h * per_h) else {
                    break;
                };
                let sum_mm = self.rain_sum(issued + hours * per_h, hours * per_h);
                let expected_mm: Option<f64> = self.columns.rain_forecast[..hours]
                    .iter()
                    .map(|column| self.history.level(issued, (*column)?))
                    .sum();
                if let (Some(sum_mm), Some(expected_mm)) = (sum_mm, expected_mm) {
                    fell += sum_mm;
                    error += (expected_mm - sum_mm).abs();
                }
            }
            // The sums overlap: an hour of rain counts in as many of them as they are long.
            let free_mm = ERROR_FREE_MM_PER_H * crate::score::count_f64(hours);
            error <= ERROR_SHARE_MAX * fell + free_mm
        })
    }
}

/// Sum in the `rows` steps that end at `row`, scaled up for the few that may be missing.
fn sum(series: ArrayView1<'_, f64>, row: usize, rows: usize) -> Option<f64> {
    let first = (row + 1).checked_sub(rows)?;
    // Whole thousandths of a millimetre: the sum does not depend on the order.
    let (mut total, mut missing) = (0.0, 0_usize);
    for at in first..=row {
        let fell = *series.get(at)?;
        if fell.is_nan() {
            missing += 1;
        } else {
            total += (fell * 1000.0).round();
        }
    }
    let lost = crate::score::count_f64(missing) / crate::score::count_f64(rows);
    (lost <= RAIN_MISSING_MAX).then(|| total / 1000.0 / (1.0 - lost))
}

/// A level in whole micrometres.
pub(crate) fn read(levels: ArrayView1<'_, f64>, row: usize) -> Option<f64> {
    let level = *levels.get(row)?;
    (!level.is_nan()).then(|| whole(level * PER_METRE))
}

/// The nearest whole number, halves away from zero: [`f64::round`] to the last bit. For the oldest processors that are built for
/// that is a call; a forecast would make sixty of them.
fn whole(x: f64) -> f64 {
    // Beyond 2⁵² all numbers are whole.
    if x.abs() >= 4_503_599_627_370_496.0 || x.is_nan() {
        return x;
    }
    // Cut to a whole number, which fits.
    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
    let cut = x as i64 as f64;
    let over = (x - cut).abs();
    let nearest = cut.abs() + if over >= 0.5 { 1.0 } else { 0.0 };
    nearest.copysign(x)
}

/// Level `rows` before `row` in whole micrometres, with short gaps joined; never looks after `row`.
pub(crate) fn back(
    levels: ArrayView1<'_, f64>,
    row: usize,
    rows: usize,
    rows_per_h: usize,
) -> Option<f64> {
    let place = row.checked_sub(rows)?;
    if let Some(level) = read(levels, place) {
        return Some(level);
    }
    let reach = GAP_H * rows_per_h;
    let (after, later) =
        (place + 1..=(place + reach).min(row)).find_map(|at| Some((at, read(levels, at)?)))?;
    let first = after.saturating_sub(reach);
    let (before, earlier) = (first..place)
        .rev()
        .find_map(|at| Some((at, read(levels, at)?)))?;
    let share = crate::score::count_f64(place - before) / crate::score::count_f64(after - before);
    Some(earlier + (share * (later - earlier)).round())
}

#[cfg(test)]
mod tests {
    use super::whole;
    use proptest::prelude::{any, prop_assert_eq, prop_oneof, proptest};

    proptest! {
        #[test]
        fn the_nearest_whole_number_is_what_rounding_says(
            x in prop_oneof![any::<f64>(), -3e10..3e10_f64, -9.0..9.0_f64], halves in -2_000_000_000_i64..2_000_000_000,
        ) {
            // A half is exact, and so are its neighbours.
            #[allow(clippy::cast_precision_loss)]
            let half = halves as f64 / 2.0;
            for x in [x, half, half.next_up(), half.next_down(), -0.0] {
                prop_assert_eq!(whole(x).to_bits(), x.round().to_bits(), "{}", x);
            }
        }
    }
}
