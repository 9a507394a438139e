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
        let (mut bag, rest) = drawn(rows, taken, chance);
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
        // The rows it was grown on stand by leaf already; only the others have to find theirs.
        for (leaf, range) in &grown.leaves {
            for &row in &bag[range.clone()] {
                predicted[row as usize] += grown.tree.values[*leaf];
            }
        }
        for row in rest {
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

/// So many of the rows by lot, and the others; both in their order.
fn drawn(rows: &[u32], taken: usize, chance: &mut Chance) -> (Vec<u32>, Vec<u32>) {
    if taken == rows.len() {
        return (rows.to_vec(), Vec::new());
    }
    let mut rest = Vec::with_capacity(rows.len() - taken);
    let mut next = 0;
    let bag = chance.choose(taken, rows.len()).into_iter().map(|place| {
        rest.extend_from_slice(&rows[next..place]);
        next = place + 1;
        rows[place]
    });
    let bag = bag.collect();
    rest.extend_from_slice(&rows[next..]);
    (bag, rest)
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
    let whole = |values: &[(f32, f32)]| -> f64 {
        values.iter().map(|(_, weight)| f64::from(*weight)).sum()
    };
    // Sums of whole weights are exact in any order, so the values need not be sorted; sums of others are made in one order.
    if values.iter().all(|(_, weight)| weight.fract() == 0.0) {
        let amount = p * whole(&values);
        return halved(&mut values, amount);
    }
    values.sort_unstable_by(by_value);
    first_at(&values, 0.0, p * whole(&values))
}

fn by_value(a: &(f32, f32), b: &(f32, f32)) -> std::cmp::Ordering {
    a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1))
}

/// The first of sorted values at which the weight reaches an amount, with what lies `before` them; the last one if none does.
fn first_at(sorted: &[(f32, f32)], before: f64, amount: f64) -> Option<f32> {
    let mut below = before;
    for &(value, weight) in sorted {
        below += f64::from(weight);
        if below >= amount {
            return Some(value);
        }
    }
    sorted.last().map(|(value, _)| *value)
}

/// The same without sorting: the half in which it lies is halved again.
fn halved(mut values: &mut [(f32, f32)], amount: f64) -> Option<f32> {
    const FEW: usize = 32;
    let mut before = 0.0;
    while values.len() > FEW {
        let middle = values.len() / 2;
        let (low, _, _) = values.select_nth_unstable_by(middle, by_value);
        let of_low: f64 = low.iter().map(|(_, weight)| f64::from(*weight)).sum();
        let (low, high) = values.split_at_mut(middle);
        if before + of_low >= amount {
            values = low;
        } else {
            before += of_low;
            values = high;
        }
    }
    values.sort_unstable_by(by_value);
    first_at(values, before, amount)
}

#[cfg(test)]
mod tests {
    use super::{by_value, drawn, first_at, quantile};
    use crate::trees::Chance;
    use proptest::prelude::{prop, prop_assert, prop_assert_eq, proptest};

    proptest! {
        #[test]
        fn every_row_is_drawn_or_left_once(count in 1_u32..60, taken: prop::sample::Index, seed: u64) {
            let rows: Vec<u32> = (0..count).map(|row| 3 * row).collect();
            let taken = taken.index(rows.len()) + 1;
            let (bag, rest) = drawn(&rows, taken, &mut Chance::new(seed));
            prop_assert_eq!(bag.len(), taken);
            prop_assert!(bag.is_sorted() && rest.is_sorted());
            let mut both = [bag, rest].concat();
            both.sort_unstable();
            prop_assert_eq!(both, rows);
        }

        #[test]
        fn a_quantile_is_what_sorting_says(
            // Few different values, so that many are equal.
            values in prop::collection::vec((-20_i8..20, 0_u8..4), 0..300), p in 0.0..1.0_f64, part in 1_u8..3,
        ) {
            let values: Vec<(f32, f32)> = values
                .into_iter()
                .map(|(value, weight)| (f32::from(value) / 4.0, f32::from(weight) / f32::from(part)))
                .collect();
            let mut sorted = values.clone();
            sorted.sort_unstable_by(by_value);
            let whole: f64 = sorted.iter().map(|(_, weight)| f64::from(*weight)).sum();
            prop_assert_eq!(quantile(values, p), first_at(&sorted, 0.0, p * whole));
        }
    }
}
