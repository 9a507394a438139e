use crate::score::{Share, count_f64};
use serde::{Deserialize, Serialize};

/// Probabilities of the quantiles that every forecast carries.
pub(crate) const PROBABILITIES: [f64; 7] = [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95];
/// Place of the median among them.
pub(crate) const MEDIAN: usize = 3;
/// Standard normal quantiles at [`PROBABILITIES`], divided by the one at 0.95.
pub(crate) const NORMAL_SHAPE: [f64; PROBABILITIES.len()] =
    [-1.0, -0.7791, -0.4101, 0.0, 0.4101, 0.7791, 1.0];
/// Neither side of the interval is narrower than this share of the scale: residuals that all erred to one side
/// do not prove that the next one will.
const SIDE_MIN: f64 = 0.5;
/// Stretch for a residual that no stretching would hold; finite, so that quantiles can be taken.
const NEVER: f64 = 1e9;
/// Half of a gauge's usual resolution (1 cm): no interval is honest below it, metres.
const SPREAD_MIN_M: f64 = 0.005;
/// Fewest residuals for a class of its own.
const CLASS_MIN: usize = 40;
/// The interval may be widened by this factor at most to reach its aim on left-out floods.
const INFLATE_MAX: f64 = 4.0;
const AIM: f64 = 0.90;

/// What the doubt of one forecast depends on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct State {
    /// Predicted change, metres.
    pub(crate) change_m: f64,
    /// What the gauge's own change of the last hours would add up to over the lead, metres.
    pub(crate) swing_m: f64,
    /// Level above the training range, as a share of that range; 0 inside.
    pub(crate) excess: f64,
}

/// A residual on a flood that was left out, with its state.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Residual {
    pub(crate) state: State,
    /// Observed minus predicted change, metres.
    pub(crate) error_m: f64,
    pub(crate) fold: usize,
    pub(crate) high_water: bool,
}

/// Turns a state into quantiles of the error.
///
/// The error is measured in units of a scale that grows with the predicted and the recent change, so that the
/// interval of a flood twice as large is twice as wide even if no such flood was ever seen. The quantiles of the
/// scaled residuals are kept for quiet, rising and falling water apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Calibration {
    /// Scale = base + per_change · |change| + per_swing · |swing|, metres.
    base_m: f64,
    per_change: f64,
    per_swing: f64,
    widen_outside: f64,
    /// Activity |change| + |swing| below this is quiet water, metres.
    quiet_below_m: f64,
    /// Quantiles of the scaled residual: quiet, rising, falling.
    classes: [[f64; PROBABILITIES.len()]; 3],
    /// Factor found on left-out floods, 1 or more.
    inflate: f64,
}

impl Calibration {
    /// From residuals on left-out floods; `None` without residuals.
    ///
    /// The factor `inflate` is the smallest that makes the 5–95 % interval hold its aim in moving water when each
    /// flood's interval is calibrated on the other floods alone.
    pub(crate) fn fit(residuals: &[Residual], folds: usize, widen_outside: f64) -> Option<Self> {
        let mut calibration = Self::plain(residuals, widen_outside)?;
        let held_out = left_out(residuals, folds, widen_outside);
        calibration.inflate = smallest_factor(&held_out);
        Some(calibration)
    }

    /// Quantiles of the error in metres, never falling; the median is 0 by definition.
    pub(crate) fn error_quantiles_m(&self, state: State) -> [f64; PROBABILITIES.len()] {
        let scale_m =
            self.scale_m(state) * self.inflate * (1.0 + self.widen_outside * state.excess);
        self.classes[self.class(state)].map(|quantile| quantile * scale_m)
    }

    /// Share of residuals inside the 5–95 % interval, each calibrated on the other floods: all, high water only.
    pub(crate) fn coverage(
        residuals: &[Residual],
        folds: usize,
        widen_outside: f64,
    ) -> (Option<f64>, Option<f64>) {
        let held_out = left_out(residuals, folds, widen_outside);
        let factor = smallest_factor(&held_out);
        let (mut all, mut high) = (Share::default(), Share::default());
        for reach in &held_out {
            all.add(reach.needed <= factor);
            if reach.high_water {
                high.add(reach.needed <= factor);
            }
        }
        (all.get(), high.get())
    }

    fn plain(residuals: &[Residual], widen_outside: f64) -> Option<Self> {
        if residuals.is_empty() {
            return None;
        }
        let [base_m, per_change, per_swing] = scale_weights(residuals);
        let activity = sorted(residuals.iter().map(|r| activity_m(r.state)));
        let mut calibration = Self {
            base_m: base_m.max(SPREAD_MIN_M),
            per_change,
            per_swing,
            widen_outside,
            quiet_below_m: quantile(&activity, 0.6),
            classes: [[0.0; PROBABILITIES.len()]; 3],
            inflate: 1.0,
        };
        let scaled = |r: &Residual| r.error_m / calibration.scale_m(r.state);
        let moving = sorted(
            residuals
                .iter()
                .filter(|r| calibration.class(r.state) != 0)
                .map(scaled),
        );
        let all = sorted(residuals.iter().map(scaled));
        let pooled = if moving.len() >= CLASS_MIN {
            &moving
        } else {
            &all
        };
        let classes = [0, 1, 2].map(|class| {
            let own = sorted(
                residuals
                    .iter()
                    .filter(|r| calibration.class(r.state) == class)
                    .map(scaled),
            );
            quantiles_around_zero(if own.len() >= CLASS_MIN { &own } else { pooled })
        });
        calibration.classes = classes;
        Some(calibration)
    }

    fn scale_m(&self, state: State) -> f64 {
        self.base_m + self.per_change * state.change_m.abs() + self.per_swing * state.swing_m.abs()
    }

    fn class(&self, state: State) -> usize {
        if activity_m(state) < self.quiet_below_m {
            0
        } else if state.change_m + state.swing_m >= 0.0 {
            1
        } else {
            2
        }
    }
}

/// How far the interval would have to be stretched to hold one residual.
struct Reach {
    needed: f64,
    moving: bool,
    high_water: bool,
}

fn left_out(residuals: &[Residual], folds: usize, widen_outside: f64) -> Vec<Reach> {
    let mut held_out = Vec::with_capacity(residuals.len());
    for fold in 0..folds {
        let others: Vec<Residual> = residuals
            .iter()
            .filter(|r| r.fold != fold)
            .copied()
            .collect();
        let Some(calibration) = Calibration::plain(&others, widen_outside) else {
            continue;
        };
        for r in residuals.iter().filter(|r| r.fold == fold) {
            let quantiles = calibration.error_quantiles_m(r.state);
            let edge = if r.error_m < 0.0 {
                quantiles[0]
            } else {
                quantiles[PROBABILITIES.len() - 1]
            };
            let needed = if edge.abs() > 0.0 {
                r.error_m / edge
            } else {
                NEVER
            };
            held_out.push(Reach {
                needed: if r.error_m.abs() > 0.0 { needed } else { 0.0 },
                moving: calibration.class(r.state) != 0,
                high_water: r.high_water,
            });
        }
    }
    held_out
}

fn smallest_factor(held_out: &[Reach]) -> f64 {
    let needed = sorted(held_out.iter().filter(|r| r.moving).map(|r| r.needed));
    if needed.is_empty() {
        1.0
    } else {
        quantile(&needed, AIM).clamp(1.0, INFLATE_MAX)
    }
}

fn activity_m(state: State) -> f64 {
    state.change_m.abs() + state.swing_m.abs()
}

/// Non-negative least squares of |error| on (1, |change|, |swing|) by coordinate descent.
fn scale_weights(residuals: &[Residual]) -> [f64; 3] {
    let mut gram = [[0.0; 3]; 3];
    let mut moment = [0.0; 3];
    for r in residuals {
        let x = [1.0, r.state.change_m.abs(), r.state.swing_m.abs()];
        for i in 0..3 {
            moment[i] += x[i] * r.error_m.abs();
            for j in 0..3 {
                gram[i][j] += x[i] * x[j];
            }
        }
    }
    let mut weights = [0.0_f64; 3];
    for _ in 0..500 {
        for i in 0..3 {
            if gram[i][i] > 1e-12 {
                let others: f64 = (0..3)
                    .filter(|j| *j != i)
                    .map(|j| gram[i][j] * weights[j])
                    .sum();
                weights[i] = ((moment[i] - others) / gram[i][i]).max(0.0);
            }
        }
    }
    weights
}

/// Conformal quantiles (with the +1 of the finite sample), held at 0 in the middle so that the point forecast is
/// the median, and away from 0 on either side.
fn quantiles_around_zero(scaled: &[f64]) -> [f64; PROBABILITIES.len()] {
    let n = count_f64(scaled.len());
    let mut out = [0.0; PROBABILITIES.len()];
    for (place, &p) in PROBABILITIES.iter().enumerate() {
        let outwards = if p < 0.5 {
            1.0 - (1.0 - p) * (n + 1.0) / n
        } else {
            p * (n + 1.0) / n
        };
        let found = quantile(scaled, outwards.clamp(0.0, 1.0));
        let side = SIDE_MIN * NORMAL_SHAPE[place];
        out[place] = match place.cmp(&MEDIAN) {
            std::cmp::Ordering::Less => found.min(side),
            std::cmp::Ordering::Equal => 0.0,
            std::cmp::Ordering::Greater => found.max(side),
        };
    }
    out
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    values
}

/// Linear between the sorted values; they must not be empty. `p` is 0 to 1.
pub(crate) fn quantile(sorted: &[f64], p: f64) -> f64 {
    let place = p * count_f64(sorted.len() - 1);
    // The place is between 0 and the last index, so it fits.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let below = (place.floor() as usize).min(sorted.len() - 1);
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (place - count_f64(below)) * (sorted[above] - sorted[below])
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Calibration, MEDIAN, PROBABILITIES, Residual, State, quantile};

    const CALM: State = State {
        change_m: 0.0,
        swing_m: 0.0,
        excess: 0.0,
    };

    fn rising(change_m: f64) -> State {
        State {
            change_m,
            swing_m: change_m,
            excess: 0.0,
        }
    }

    /// Errors of a tenth of the change to either side, in three floods.
    fn residuals() -> Vec<Residual> {
        (0..300_u32)
            .map(|i| {
                let change_m = f64::from(i % 50) * 0.02;
                let error_m = 0.1 * change_m * (f64::from(i % 7) - 3.0) / 3.0;
                Residual {
                    state: rising(change_m),
                    error_m,
                    fold: (i / 100) as usize,
                    high_water: i % 50 > 30,
                }
            })
            .collect()
    }

    #[test]
    fn a_flood_twice_as_large_gets_an_interval_twice_as_wide() {
        let calibration = Calibration::fit(&residuals(), 3, 1.0).unwrap();
        let width = |change_m| {
            let errors_m = calibration.error_quantiles_m(rising(change_m));
            errors_m[PROBABILITIES.len() - 1] - errors_m[0]
        };
        let ratio = width(4.0) / width(2.0);
        assert!((1.9..=2.0).contains(&ratio), "{ratio}");
    }

    #[test]
    fn above_the_training_range_the_interval_is_wider_still() {
        let calibration = Calibration::fit(&residuals(), 3, 1.0).unwrap();
        let inside = calibration.error_quantiles_m(rising(1.0));
        let outside = calibration.error_quantiles_m(State {
            excess: 0.5,
            ..rising(1.0)
        });
        assert!((outside[0] / inside[0] - 1.5).abs() < 1e-9);
    }

    #[test]
    fn the_interval_holds_its_aim_on_the_floods_left_out() {
        let (all, high) = Calibration::coverage(&residuals(), 3, 1.0);
        assert!(all.is_some_and(|share| share >= 0.9), "{all:?}");
        assert!(high.is_some_and(|share| share >= 0.85), "{high:?}");
    }

    #[test]
    fn a_gauge_that_never_erred_still_has_doubt_on_both_sides() {
        let calm: Vec<Residual> = (0..100)
            .map(|i| Residual {
                state: CALM,
                error_m: 0.0,
                fold: i % 2,
                high_water: false,
            })
            .collect();
        let errors_m = Calibration::fit(&calm, 2, 1.0)
            .unwrap()
            .error_quantiles_m(CALM);
        assert!(errors_m[0] < 0.0 && errors_m[PROBABILITIES.len() - 1] > 0.0);
        assert!(errors_m[MEDIAN].abs() < 1e-12);
        assert!(errors_m.iter().all(|e| e.is_finite()));
    }

    #[test]
    fn errors_to_one_side_only_leave_finite_quantiles() {
        let high: Vec<Residual> = (0..120_u32)
            .map(|i| Residual {
                state: rising(0.01 * f64::from(i)),
                error_m: if i % 2 == 0 { 0.3 } else { -5.0 },
                fold: (i % 2) as usize,
                high_water: true,
            })
            .collect();
        let errors_m = Calibration::fit(&high, 2, 1.0)
            .unwrap()
            .error_quantiles_m(rising(0.5));
        assert!(
            errors_m.iter().all(|e| e.is_finite()) && errors_m.is_sorted(),
            "{errors_m:?}"
        );
    }

    #[test]
    fn nothing_to_learn_from_gives_no_calibration() {
        assert_eq!(Calibration::fit(&[], 0, 1.0), None);
    }

    #[test]
    fn a_quantile_between_two_values_is_between_them() {
        assert!((quantile(&[1.0, 2.0, 4.0], 0.75) - 3.0).abs() < 1e-12);
        assert!((quantile(&[5.0], 0.3) - 5.0).abs() < 1e-12);
    }
}
