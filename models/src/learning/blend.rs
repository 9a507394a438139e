//! How much of each member makes the forecast.

use crate::learning::members::{BENT, BOOSTED, FOREST, LINE_BOOSTED, MEMBERS, RIDGE};
use crate::score::count_f64;
use serde::{Deserialize, Serialize};

/// Where nothing speaks for other weights.
const USUAL: [f64; MEMBERS] = {
    let mut usual = [0.0; MEMBERS];
    usual[RIDGE] = 0.15;
    usual[BENT] = 0.15;
    usual[BOOSTED] = 0.25;
    usual[LINE_BOOSTED] = 0.25;
    usual[FOREST] = 0.20;
    usual
};
/// Where a feature lies outside what was taught: trees repeat the nearest thing they saw, lines go on.
const BEYOND: [f64; MEMBERS] = {
    let mut beyond = [0.0; MEMBERS];
    beyond[RIDGE] = 0.40;
    beyond[BENT] = 0.00;
    beyond[BOOSTED] = 0.10;
    beyond[LINE_BOOSTED] = 0.35;
    beyond[FOREST] = 0.10;
    beyond
};

/// Weights of the members: 0 or more and at most 1 together; the rest is persistence, which says 0.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Blend {
    /// Inside what was taught.
    inside: [f64; MEMBERS],
    /// Where a feature lies outside it.
    beyond: [f64; MEMBERS],
}

/// One row on a left-out flood.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    pub(crate) members_m: [f64; MEMBERS],
    pub(crate) observed_m: f64,
    pub(crate) weight: f64,
    pub(crate) group: usize,
    /// How far outside, 0 to 1.
    pub(crate) beyond: f64,
}

impl Blend {
    /// Makes the squared error on left-out floods small, but is held near the usual weights: with few floods the
    /// record cannot tell good members from lucky ones.
    pub(crate) fn choose<'a>(
        rows: &(impl Iterator<Item = &'a Seen> + Clone),
        floods: usize,
    ) -> Self {
        let hold = HOLD / count_f64(floods.max(1));
        let part = |outside: bool, usual: [f64; MEMBERS], hold: f64| {
            let rows = rows.clone().map(move |row| {
                let share = if outside {
                    row.beyond
                } else {
                    1.0 - row.beyond
                };
                (row, row.weight * share)
            });
            weights(rows, hold, usual)
        };
        Self {
            inside: part(false, USUAL, hold),
            beyond: part(true, BEYOND, hold.max(HOLD_BEYOND)),
        }
    }

    /// No member: persistence.
    pub(crate) fn none() -> Self {
        Self {
            inside: [0.0; MEMBERS],
            beyond: [0.0; MEMBERS],
        }
    }

    /// The change that is expected, metres. `beyond` is how far outside what was taught, 0 to 1.
    pub(crate) fn change_m(&self, members_m: &[f64; MEMBERS], beyond: f64) -> f64 {
        let sum = |weights: &[f64; MEMBERS]| -> f64 {
            weights.iter().zip(members_m).map(|(w, m)| w * m).sum()
        };
        (1.0 - beyond) * sum(&self.inside) + beyond * sum(&self.beyond)
    }

    /// Which members have any weight so far outside what was taught.
    pub(crate) fn asked(&self, beyond: f64) -> [bool; MEMBERS] {
        std::array::from_fn(|member| {
            (beyond < 1.0 && self.inside[member] > 0.0)
                || (beyond > 0.0 && self.beyond[member] > 0.0)
        })
    }

    pub(crate) fn weights(&self) -> [f64; MEMBERS] {
        self.inside
    }

    /// True when the weights can be weights.
    pub(crate) fn sound(&self) -> bool {
        [self.inside, self.beyond].iter().all(|weights| {
            weights.iter().all(|w| (0.0..=1.0).contains(w))
                && weights.iter().sum::<f64>() < 1.0 + 1e-9
        })
    }
}

/// Strength of the hold for one flood, as a share of the members' own sums of squares; less with more floods.
const HOLD: f64 = 6.0;
/// Where a feature lies outside what was taught, few rows of few floods speak, and the next flood is another one. Weights that are free to
/// follow them go over to persistence: the rows furthest out are those near a peak, and of floods that are no larger than the
/// others. Chosen on the highest tenth of the floods of the training periods, left out together.
const HOLD_BEYOND: f64 = 30.0;

fn weights<'a>(
    rows: impl Iterator<Item = (&'a Seen, f64)>,
    hold: f64,
    usual: [f64; MEMBERS],
) -> [f64; MEMBERS] {
    let mut gram = [[0.0; MEMBERS]; MEMBERS];
    let mut moment = [0.0; MEMBERS];
    for (row, weight) in rows {
        for i in 0..MEMBERS {
            moment[i] += weight * row.members_m[i] * row.observed_m;
            for (sum, other_m) in gram[i].iter_mut().zip(row.members_m) {
                *sum += weight * row.members_m[i] * other_m;
            }
        }
    }
    let scale = (0..MEMBERS).map(|i| gram[i][i]).sum::<f64>() / count_f64(MEMBERS);
    if scale <= 0.0 {
        return usual;
    }
    for i in 0..MEMBERS {
        gram[i][i] += hold * scale;
        moment[i] += hold * scale * usual[i];
    }
    descend(&gram, &moment, usual)
}

/// Least squares with weights of 0 or more and a sum of at most 1, by projected steps.
fn descend(
    gram: &[[f64; MEMBERS]; MEMBERS],
    moment: &[f64; MEMBERS],
    from: [f64; MEMBERS],
) -> [f64; MEMBERS] {
    let steepest: f64 = (0..MEMBERS).map(|i| gram[i][i]).sum();
    let mut weights = from;
    for _ in 0..2000 {
        let mut next = weights;
        for i in 0..MEMBERS {
            let slope: f64 = (0..MEMBERS).map(|j| gram[i][j] * weights[j]).sum::<f64>() - moment[i];
            next[i] -= slope / steepest;
        }
        weights = project(next);
    }
    weights
}

/// The nearest weights of 0 or more with a sum of at most 1.
fn project(weights: [f64; MEMBERS]) -> [f64; MEMBERS] {
    let clipped = weights.map(|w| w.max(0.0));
    if clipped.iter().sum::<f64>() <= 1.0 {
        return clipped;
    }
    let mut sorted = weights;
    sorted.sort_unstable_by(|a, b| b.total_cmp(a));
    let (mut sum, mut shift) = (0.0, 0.0);
    for (count, &weight) in sorted.iter().enumerate() {
        sum += weight;
        let candidate = (sum - 1.0) / count_f64(count + 1);
        if weight > candidate {
            shift = candidate;
        }
    }
    weights.map(|w| (w - shift).max(0.0))
}

#[cfg(test)]
mod tests {
    use super::{Blend, MEMBERS, Seen, project};
    use crate::learning::members::{BOOSTED, RIDGE};
    use proptest::prelude::{prop_assert, proptest};

    fn rows(good: usize) -> Vec<Seen> {
        (0..400_u32)
            .map(|i| {
                let observed_m = (f64::from(i) * 0.7).sin();
                let mut members_m = [0.0; MEMBERS];
                for (member, m) in (0_u32..).zip(&mut members_m) {
                    *m = (f64::from(i) * (0.9 + 0.1 * f64::from(member))).cos();
                }
                members_m[good] = 0.9 * observed_m;
                Seen {
                    members_m,
                    observed_m,
                    weight: 1.0,
                    group: 0,
                    beyond: 0.0,
                }
            })
            .collect()
    }

    #[test]
    fn the_member_that_is_right_on_many_floods_gets_nearly_all_the_weight() {
        for good in [RIDGE, BOOSTED] {
            let weights = Blend::choose(&rows(good).iter(), 400).weights();
            assert!(weights[good] > 0.9, "{weights:?}");
        }
    }

    #[test]
    fn with_one_flood_the_weights_stay_near_the_usual_ones() {
        let weights = Blend::choose(&rows(RIDGE).iter(), 1).weights();
        assert!(
            weights[RIDGE] < 0.5 && weights[BOOSTED] > 0.1,
            "{weights:?}"
        );
    }

    proptest! {
        #[test]
        fn weights_are_never_negative_and_never_more_than_all(
            raw in proptest::array::uniform5(-3.0..3.0_f64)
        ) {
            let weights = project(raw);
            prop_assert!(weights.iter().all(|w| *w >= 0.0) && weights.iter().sum::<f64>() <= 1.0 + 1e-12);
        }
    }
}
