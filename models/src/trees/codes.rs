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
#[serde(transparent)]
pub(crate) struct Cuts {
    /// Per feature, rising.
    edges: Vec<Vec<f32>>,
}

impl Cuts {
    /// At most `cuts_max` cuts per feature of `features` (rows × features, NaN = missing).
    ///
    /// The cuts lie closer together in the tails than in the middle: floods are the outermost hundredth of the
    /// readings, and cuts of equal frequency would put all of it into one or two codes.
    pub(crate) fn place(features: &ArrayView2<'_, f64>, cuts_max: usize) -> Self {
        let cuts_max = cuts_max.min(CUTS_MAX);
        let edges = features
            .columns()
            .into_iter()
            .map(|column| edges(&column, cuts_max))
            .collect();
        Self { edges }
    }

    pub(crate) fn features(&self) -> usize {
        self.edges.len()
    }

    /// Bytes held in memory, about.
    pub(crate) fn bytes(&self) -> usize {
        self.edges
            .iter()
            .map(|cuts| 4 * cuts.len() + size_of::<Vec<f32>>())
            .sum()
    }

    /// True when every feature's cuts rise and fit into a byte.
    pub(crate) fn sound(&self) -> bool {
        self.edges.len() <= FEATURES_MAX
            && self.edges.iter().all(|cuts| {
                cuts.len() <= CUTS_MAX
                    && cuts.iter().all(|cut| cut.is_finite())
                    && cuts.windows(2).all(|pair| pair[0] < pair[1])
            })
    }

    /// Code of one value.
    pub(crate) fn code(&self, feature: usize, value: f64) -> u8 {
        if value.is_nan() {
            return MISSING;
        }
        let below = self.edges[feature].partition_point(|&edge| f64::from(edge) < value);
        u8::try_from(below + 1).expect("there are at most 253 cuts")
    }

    /// Codes of one row.
    pub(crate) fn encode(&self, row: &[f64], codes: &mut Vec<u8>) {
        codes.clear();
        codes.extend(row.iter().enumerate().map(|(f, &x)| self.code(f, x)));
    }

    /// Codes of all rows.
    pub(crate) fn encode_all(&self, features: &ArrayView2<'_, f64>) -> Codes {
        let rows = features.nrows();
        let mut columns = Vec::with_capacity(rows * features.ncols());
        for (feature, column) in features.columns().into_iter().enumerate() {
            columns.extend(column.iter().map(|&x| self.code(feature, x)));
        }
        Codes {
            rows,
            columns,
            widths: self.edges.iter().map(|cuts| cuts.len() + 2).collect(),
        }
    }
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
        let widths = cuts
            .edges
            .iter()
            .map(|cuts| cuts.len() + 2)
            .collect::<Vec<_>>();
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
