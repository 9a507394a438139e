use super::ahead::Ahead;
use super::shelf::send_for;
use ndarray::{Array2, ArrayView1, ArrayView2};
use serde::{Deserialize, Serialize};

/// Code of a feature that is missing; values have codes from 1.
pub(crate) const MISSING: u8 = 0;
/// Most cuts of one feature: 254 codes of values, one for missing, and 255 is never a value.
pub(crate) const CUTS_MAX: usize = 253;
/// Most features, so that a place fits into a byte.
pub(crate) const FEATURES_MAX: usize = 255;
/// Values looked at to place the cuts.
const LOOK_AT: usize = 50_000;

/// Where the values of each feature are cut into codes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Vec<Vec<f32>>", into = "Vec<Vec<f32>>")]
pub(crate) struct Cuts {
    /// Feature by feature, rising within each.
    edges: Vec<f32>,
    /// Where those of each feature end.
    ends: Vec<usize>,
}

impl From<Vec<Vec<f32>>> for Cuts {
    fn from(by_feature: Vec<Vec<f32>>) -> Self {
        let mut end = 0;
        let ends = by_feature.iter().map(|cuts| {
            end += cuts.len();
            end
        });
        Self {
            ends: ends.collect(),
            edges: by_feature.concat(),
        }
    }
}

impl From<Cuts> for Vec<Vec<f32>> {
    fn from(cuts: Cuts) -> Self {
        cuts.by_feature().map(<[f32]>::to_vec).collect()
    }
}

impl Cuts {
    /// At most `cuts_max` cuts per feature of `features` (rows × features, NaN = missing).
    ///
    /// The cuts lie closer together in the tails than in the middle: floods are the outermost hundredth of the
    /// readings, and cuts of equal frequency would put all of it into one or two codes.
    pub(crate) fn place(features: &ArrayView2<'_, f64>, cuts_max: usize) -> Self {
        let cuts_max = cuts_max.min(CUTS_MAX);
        let edges: Vec<Vec<f32>> = features
            .columns()
            .into_iter()
            .map(|column| edges(&column, cuts_max))
            .collect();
        edges.into()
    }

    pub(crate) fn features(&self) -> usize {
        self.ends.len()
    }

    fn by_feature(&self) -> impl Iterator<Item = &[f32]> {
        let mut start = 0;
        self.ends.iter().map(move |&end| {
            let cuts = &self.edges[start..end];
            start = end;
            cuts
        })
    }

    /// Bytes held in memory, about.
    pub(crate) fn bytes(&self) -> usize {
        size_of_val(&self.edges[..]) + size_of_val(&self.ends[..])
    }

    /// All of them, in the order in which they are read.
    pub(crate) fn edges(&self) -> &[f32] {
        &self.edges
    }

    /// Sends for where those of each feature end.
    pub(crate) fn send_for_ends(&self) {
        send_for(&self.ends);
    }

    /// True when every feature's cuts rise and fit into a byte.
    pub(crate) fn sound(&self) -> bool {
        self.features() <= FEATURES_MAX
            && self.by_feature().all(|cuts| {
                cuts.len() <= CUTS_MAX
                    && cuts.iter().all(|cut| cut.is_finite())
                    && cuts.windows(2).all(|pair| pair[0] < pair[1])
            })
    }

    /// Codes of one row; what is `ahead` is sent for meanwhile, a step for each feature.
    pub(crate) fn encode(&self, row: &[f64], codes: &mut Vec<u8>, ahead: &mut Ahead<'_>) {
        codes.clear();
        codes.extend(self.by_feature().zip(row).map(|(cuts, &x)| {
            ahead.step();
            code(cuts, x)
        }));
    }

    /// Codes of all rows.
    pub(crate) fn encode_all(&self, features: &ArrayView2<'_, f64>) -> Codes {
        let rows = features.nrows();
        let mut columns = Vec::with_capacity(rows * features.ncols());
        for (cuts, column) in self.by_feature().zip(features.columns()) {
            columns.extend(column.iter().map(|&x| code(cuts, x)));
        }
        Codes {
            rows,
            columns,
            widths: self.widths(),
        }
    }

    /// Number of codes of each feature, the one for missing included.
    fn widths(&self) -> Vec<usize> {
        self.by_feature().map(|cuts| cuts.len() + 2).collect()
    }
}

/// Code of one value between the cuts of its feature: how many lie below it, and one.
fn code(cuts: &[f32], value: f64) -> u8 {
    if value.is_nan() {
        return MISSING;
    }
    // A cut lies below a value when it lies below the next f32 at or above it. All are looked at, several at once: a search
    // that halves them waits for every comparison.
    #[allow(clippy::cast_possible_truncation)]
    let nearest = value as f32;
    let bound = if f64::from(nearest) < value {
        nearest.next_up()
    } else {
        nearest
    };
    let below: u32 = cuts.iter().map(|&cut| u32::from(cut < bound)).sum();
    u8::try_from(below + 1).expect("there are at most 253 cuts")
}

/// Codes of many rows, feature by feature.
#[derive(Clone, Debug)]
pub(crate) struct Codes {
    rows: usize,
    columns: Vec<u8>,
    /// Number of codes of each feature, the one for missing included.
    widths: Vec<usize>,
}

impl Codes {
    /// Codes that were made elsewhere, feature by feature, with these cuts.
    pub(crate) fn from_columns(rows: usize, columns: Vec<u8>, cuts: &Cuts) -> Self {
        let widths = cuts.widths();
        assert_eq!(
            columns.len(),
            rows * widths.len(),
            "one code per row and feature"
        );
        Self {
            rows,
            columns,
            widths,
        }
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn features(&self) -> usize {
        self.widths.len()
    }

    pub(crate) fn width(&self, feature: usize) -> usize {
        self.widths[feature]
    }

    pub(crate) fn column(&self, feature: usize) -> &[u8] {
        &self.columns[feature * self.rows..(feature + 1) * self.rows]
    }

    /// The codes row by row: what predicting many rows wants.
    pub(crate) fn by_row(&self) -> Array2<u8> {
        Array2::from_shape_fn((self.rows, self.features()), |(row, feature)| {
            self.columns[feature * self.rows + row]
        })
    }
}

fn edges(column: &ArrayView1<'_, f64>, cuts_max: usize) -> Vec<f32> {
    let step = column.len().div_ceil(LOOK_AT).max(1);
    let mut values: Vec<f64> = column
        .iter()
        .step_by(step)
        .copied()
        .filter(|x| !x.is_nan())
        .collect();
    values.sort_unstable_by(f64::total_cmp);
    if values.is_empty() {
        return Vec::new();
    }
    let last = values.len() - 1;
    let mut edges: Vec<f32> = Vec::with_capacity(cuts_max);
    for cut in 1..=cuts_max {
        let turn = std::f64::consts::PI * crate::score::count_f64(cut)
            / crate::score::count_f64(cuts_max + 1);
        let share = 0.5 * (1.0 - turn.cos());
        // Between 0 and the last place, so it fits.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let at = ((share * crate::score::count_f64(last)) as usize).min(last);
        let low = values[at];
        let Some(&high) = values[at..].iter().find(|&&x| x > low) else {
            break;
        };
        // Cuts are kept as f32: a model is small, and a value on the edge of its precision may fall to either side.
        #[allow(clippy::cast_possible_truncation)]
        let edge = (0.5 * (low + high)) as f32;
        if edges.last().is_none_or(|&before| before < edge) {
            edges.push(edge);
        }
    }
    edges
}

#[cfg(test)]
mod tests {
    use super::{Cuts, code};
    use proptest::prelude::{any, prop, prop_assert_eq, prop_oneof, proptest};

    proptest! {
        #[test]
        fn a_code_is_what_searching_the_cuts_says(
            mut cuts in prop::collection::vec(prop_oneof![-4.0..4.0_f32, -1e30..1e30_f32], 0..254),
            anything in any::<f64>(), place: prop::sample::Index, hair in -1_i8..2,
        ) {
            cuts.sort_unstable_by(f32::total_cmp);
            cuts.dedup();
            // On a cut, or a hair beside it: less than two f32 differ by.
            let on_cut = cuts.get(place.index(cuts.len().max(1))).map_or(0.0, |cut| f64::from(*cut));
            let beside = match hair {
                -1 => on_cut.next_down(),
                0 => on_cut,
                _ => on_cut.next_up(),
            };
            for value in [anything, beside].into_iter().filter(|value| !value.is_nan()) {
                let below = cuts.partition_point(|cut| f64::from(*cut) < value);
                prop_assert_eq!(usize::from(code(&cuts, value)), below + 1, "{}", value);
            }
        }

        #[test]
        fn cuts_are_written_feature_by_feature(
            cuts in prop::collection::vec(prop::collection::vec(-9.0..9.0_f32, 0..5), 0..5)
        ) {
            let read = Cuts::from(cuts.clone());
            prop_assert_eq!(read.features(), cuts.len());
            prop_assert_eq!(Vec::from(read), cuts);
        }
    }
}
