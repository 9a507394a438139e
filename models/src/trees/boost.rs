use super::chance::Chance;
use super::codes::Codes;
use super::ensemble::Ensemble;
use super::grow::{Ground, Grown, Shape, grow};

/// What boosting makes small.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Loss {
    /// Squared error: the prediction is the mean.
    Squared,
    /// Pinball loss: the prediction is the quantile of this probability.
    Pinball(f64),
}

/// How to boost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Boost {
    pub(crate) loss: Loss,
    pub(crate) trees: usize,
    /// Share of each tree that is taken, above 0 to 1.
    pub(crate) rate: f64,
    /// Share of the rows that each tree is grown on, above 0 to 1.
    pub(crate) rows_of_tree: f64,
    pub(crate) shape: Shape,
}

/// Boosts trees on the `rows` of `codes`; `target` and `weight` have one entry per row of `codes`.
pub(crate) fn boost(
    codes: &Codes,
    rows: &[u32],
    target: &[f32],
    weight: &[f32],
    how: &Boost,
    chance: &mut Chance,
) -> Ensemble {
    let base = start(rows, target, weight, how.loss);
    let mut ensemble = Ensemble::new(base);
    if rows.is_empty() {
        return ensemble;
    }
    // Everything of a tree is f32; the ensemble's sum is not.
    #[allow(clippy::cast_possible_truncation)]
    let mut predicted = vec![base as f32; codes.rows()];
    let mut pull = vec![0.0_f32; codes.rows()];
    // At least one row, at most all.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let taken = ((crate::score::count_f64(rows.len()) * how.rows_of_tree).ceil() as usize)
        .clamp(1, rows.len());
    for _ in 0..how.trees {
        for &row in rows {
            let row = row as usize;
            pull[row] = pull_of(target[row] - predicted[row], how.loss);
        }
        let mut bag: Vec<u32> = if taken == rows.len() {
            rows.to_vec()
        } else {
            chance
                .choose(taken, rows.len())
                .into_iter()
                .map(|place| rows[place])
                .collect()
        };
        let ground = Ground {
            codes,
            target: &pull,
            weight,
        };
        let mut grown = grow(ground, &mut bag, how.shape, chance);
        if let Loss::Pinball(p) = how.loss {
            set_quantiles(&mut grown, &bag, target, &predicted, weight, p);
        }
        // A share of at most 1 of an f32.
        #[allow(clippy::cast_possible_truncation)]
        let rate = how.rate as f32;
        for value in &mut grown.tree.values {
            *value *= rate;
        }
        for &row in rows {
            let row = row as usize;
            let leaf = grown
                .tree
                .leaf_of(|feature| codes.column(usize::from(feature))[row]);
            predicted[row] += grown.tree.values[leaf];
        }
        ensemble.push(&grown.tree);
    }
    ensemble
}

fn start(rows: &[u32], target: &[f32], weight: &[f32], loss: Loss) -> f64 {
    match loss {
        Loss::Squared => {
            let (mut sum, mut of) = (0.0, 0.0);
            for &row in rows {
                let weight = f64::from(weight[row as usize]);
                sum += weight * f64::from(target[row as usize]);
                of += weight;
            }
            if of > 0.0 { sum / of } else { 0.0 }
        }
        Loss::Pinball(p) => {
            let values = rows
                .iter()
                .map(|&row| (target[row as usize], weight[row as usize]));
            f64::from(quantile(values.collect(), p).unwrap_or(0.0))
        }
    }
}

fn pull_of(error: f32, loss: Loss) -> f32 {
    match loss {
        Loss::Squared => error,
        // The slope of the loss; a probability is exact enough as f32.
        #[allow(clippy::cast_possible_truncation)]
        Loss::Pinball(p) => {
            let p = p as f32;
            if error > 0.0 { p } else { p - 1.0 }
        }
    }
}

/// The slope only says where to split; a leaf's value is the quantile of what is still missing there.
fn set_quantiles(
    grown: &mut Grown,
    bag: &[u32],
    target: &[f32],
    predicted: &[f32],
    weight: &[f32],
    p: f64,
) {
    for (node, range) in &grown.leaves {
        let errors = bag[range.clone()].iter().map(|&row| {
            let row = row as usize;
            (target[row] - predicted[row], weight[row])
        });
        grown.tree.values[*node] = quantile(errors.collect(), p).unwrap_or(0.0);
    }
}

/// The smallest value below or at which the share `p` of the weight lies.
fn quantile(mut values: Vec<(f32, f32)>, p: f64) -> Option<f32> {
    values.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let whole: f64 = values.iter().map(|(_, weight)| f64::from(*weight)).sum();
    let mut below = 0.0;
    for &(value, weight) in &values {
        below += f64::from(weight);
        if below >= p * whole {
            return Some(value);
        }
    }
    values.last().map(|(value, _)| *value)
}
