//! How far the level may lie from what is expected.
//!
//! The error is measured in three steps. A scale that grows with the expected and the recent change, so that the
//! doubt of a flood twice as large is twice as wide even if no such flood was ever seen. Two small ensembles, boosted
//! with pinball loss, that say how much wider or narrower either side is in this state. And quantiles of what is left,
//! taken on floods that neither the members nor the sides had seen, by state of the water.

pub(crate) use crate::conformal::{MEDIAN, PROBABILITIES};
use crate::learning::nudge::Nudge;
use crate::learning::sides::Reach;
use crate::learning::weighted::Weighted;
use crate::trees::send_for;
use serde::{Deserialize, Serialize};

pub(crate) const COUNT: usize = PROBABILITIES.len();
/// Half of a gauge's usual resolution (1 cm): no interval is honest below it, as a share of the spread of changes.
const BASE_MIN_M: f64 = 0.0005;
/// Fewest rows for a state of its own.
const STATE_ROWS_MIN: usize = 60;
/// States of the water: quiet, rising, falling; each once more where the level may reach high water.
const STATES: usize = 6;
/// The first of them.
const QUIET: usize = 0;
/// From here on those where the level may reach high water.
const HIGH: usize = 3;
/// High water is the highest twentieth of the readings.
pub(crate) const HIGH_SHARE: f64 = 0.95;
/// The 5–95 % interval is to hold this share of the observations at high water.
const AIM_HIGH: f64 = 0.88;
/// More excess than this does not widen further: the scale grows with the change as it is.
const EXCESS_MAX: f64 = 0.5;
/// Where so much lies outside what was taught, as an excess, the fan is not asked any more.
const FAN_UNTIL: f64 = 0.25;
/// The fan is opened or closed by this factor at most.
const OPEN_MAX: f64 = 4.0;
/// Shares of the fan that are tried.
const FAN_SHARES: [f64; 5] = [0.5, 0.25, 0.75, 0.0, 1.0];
/// It is stretched by this factor at most to do so.
const STRETCH_MAX: f64 = 3.0;

/// What the doubt of one forecast depends on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct State {
    /// Expected change, metres.
    pub(crate) change_m: f64,
    /// What the gauge's own change of the last hours would add up to over the lead, metres.
    pub(crate) swing_m: f64,
    /// Level now above the reference, metres.
    pub(crate) level_m: f64,
    /// Level above the training range, as a share of that range; 0 inside.
    pub(crate) excess: f64,
}

/// A row on a left-out flood.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Residual {
    pub(crate) state: State,
    /// Observed minus expected change, metres.
    pub(crate) error_m: f64,
    pub(crate) weight: f64,
    /// Row of the lesson.
    pub(crate) i: usize,
}

/// Scale = base + per_change · |change| + per_swing · |swing|, metres.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scale {
    base_m: f64,
    per_change: f64,
    per_swing: f64,
}

/// Turns a state into quantiles of the error.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Doubt {
    pub(crate) scale: Scale,
    widen_outside: f64,
    /// Activity |change| + |swing| below this is quiet water, metres.
    quiet_below_m: f64,
    /// Level from which on water is high, metres above the reference.
    high_from_m: f64,
    /// Quantiles of the scaled error by state.
    states: [[f64; COUNT]; STATES],
    /// How far the fan is opened about its middle, by state.
    fan_open: [[f64; COUNT]; STATES],
    /// How much of the quantiles is the fan's, by state.
    fan_share: [f64; STATES],
    /// Stretch of the lower and of the upper side where the level may reach high water, 1 or more.
    stretch: [f64; 2],
}

impl Scale {
    /// Non-negative least squares of |error| on (1, |change|, |swing|) by coordinate descent.
    pub(crate) fn fit(residuals: &[Residual]) -> Self {
        let mut gram = [[0.0; 3]; 3];
        let mut moment = [0.0; 3];
        for r in residuals {
            let x = [1.0, r.state.change_m.abs(), r.state.swing_m.abs()];
            for i in 0..3 {
                moment[i] += r.weight * x[i] * r.error_m.abs();
                for j in 0..3 {
                    gram[i][j] += r.weight * x[i] * x[j];
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
        let [base_m, per_change, per_swing] = weights;
        Self {
            base_m: base_m.max(BASE_MIN_M),
            per_change,
            per_swing,
        }
    }

    pub(crate) fn at(&self, state: State) -> f64 {
        self.base_m + self.per_change * state.change_m.abs() + self.per_swing * state.swing_m.abs()
    }
}

impl Doubt {
    /// From errors on left-out floods and how far their sides reach; `None` without any.
    pub(crate) fn fit(
        residuals: &[Residual],
        reaches: &[Reach],
        fans: &[Option<[f64; COUNT]>],
        scale: Scale,
        high_from_m: f64,
        widen_outside: f64,
        small: bool,
    ) -> Option<Self> {
        let activity = Weighted::of(residuals.iter().map(|r| (activity_m(r.state), r.weight)))?;
        let mut doubt = Self {
            scale,
            widen_outside,
            quiet_below_m: activity.quantile(0.6),
            high_from_m,
            states: [[0.0; COUNT]; STATES],
            fan_open: [[1.0; COUNT]; STATES],
            fan_share: [0.0; STATES],
            stretch: [1.0; 2],
        };
        let scaled = |r: &Residual, reach: &Reach| {
            let from_middle = r.error_m / doubt.scale_m(r.state) - reach.middle;
            from_middle
                / if from_middle < 0.0 {
                    reach.down
                } else {
                    reach.up
                }
        };
        let pairs: Vec<(usize, f64, f64)> = residuals
            .iter()
            .zip(reaches)
            .map(|(r, reach)| (doubt.state(r.state, *reach), scaled(r, reach), r.weight))
            .collect();
        let of = |pick: &dyn Fn(usize) -> bool| {
            let rows: Vec<(f64, f64)> = pairs
                .iter()
                .filter(|p| pick(p.0))
                .map(|p| (p.1, p.2))
                .collect();
            (rows.len() >= STATE_ROWS_MIN)
                .then(|| Weighted::of(rows.into_iter()))
                .flatten()
        };
        let all = Weighted::of(pairs.iter().map(|p| (p.1, p.2)))?;
        let mut states = [[0.0; COUNT]; STATES];
        for (state, quantiles) in states.iter_mut().enumerate() {
            // A state that was seen too seldom borrows from its like: the same motion, then the same water, then all.
            let own = of(&|s| s == state)
                .or_else(|| of(&|s| s % 3 == state % 3))
                .or_else(|| of(&|s| (s % 3 == 0) == (state % 3 == 0)));
            let from = own.as_ref().unwrap_or(&all);
            *quantiles = PROBABILITIES.map(|p| from.outward_quantile(p));
        }
        if small {
            // A short record says little about where the middle lies: what is expected is the middle.
            for quantiles in &mut states {
                quantiles[MEDIAN] = 0.0;
                for place in (0..MEDIAN).rev() {
                    quantiles[place] = quantiles[place].min(quantiles[place + 1]);
                }
                for place in MEDIAN + 1..COUNT {
                    quantiles[place] = quantiles[place].max(quantiles[place - 1]);
                }
            }
        }
        doubt.states = states;
        doubt.open_fan(residuals, reaches, fans);
        doubt.stretch = doubt.stretch_for_high_water(residuals, reaches, fans);
        Some(doubt)
    }

    /// Opens the fan until each quantile holds its share on left-out floods, and takes as much of it as makes their pinball
    /// loss small; both by state.
    fn open_fan(
        &mut self,
        residuals: &[Residual],
        reaches: &[Reach],
        fans: &[Option<[f64; COUNT]>],
    ) {
        let rows: Vec<(usize, &Residual, Reach, [f64; COUNT])> = residuals
            .iter()
            .zip(reaches)
            .zip(fans)
            .filter_map(|((r, reach), fan)| Some((self.state(r.state, *reach), r, *reach, (*fan)?)))
            .collect();
        for state in 0..STATES {
            let like = |pick: &dyn Fn(usize) -> bool| -> Vec<_> {
                rows.iter().filter(|row| pick(row.0)).collect()
            };
            let mut taught = like(&|s| s == state);
            if taught.len() < STATE_ROWS_MIN {
                taught = like(&|s| s % 3 == state % 3);
            }
            if taught.len() < STATE_ROWS_MIN {
                continue;
            }
            for (place, p) in PROBABILITIES.into_iter().enumerate() {
                if place == MEDIAN {
                    continue;
                }
                let needed = taught.iter().map(|(_, r, _, fan)| {
                    let reach_m = fan[place] - fan[MEDIAN];
                    let came_m = r.state.change_m + r.error_m - fan[MEDIAN];
                    let out = if reach_m.abs() > 1e-9 {
                        came_m / reach_m
                    } else if came_m * (p - 0.5) > 1e-9 {
                        OPEN_MAX
                    } else {
                        0.0
                    };
                    (out, r.weight)
                });
                let inside = p.max(1.0 - p);
                self.fan_open[state][place] = Weighted::of(needed).map_or(1.0, |needed| {
                    needed
                        .outward_quantile(inside)
                        .clamp(1.0 / OPEN_MAX, OPEN_MAX)
                });
            }
            let mut best = (f64::INFINITY, 0.0);
            for share in FAN_SHARES {
                self.fan_share[state] = share;
                let loss: f64 = taught
                    .iter()
                    .map(|(_, r, reach, fan)| {
                        let class = (state, r.state);
                        let errors_m = self.mixed_m(class, *reach, Some(fan), 1.0);
                        let pinball = |(q, p): (&f64, f64)| {
                            let over_m = r.error_m - q;
                            (p * over_m).max((p - 1.0) * over_m)
                        };
                        r.weight * errors_m.iter().zip(PROBABILITIES).map(pinball).sum::<f64>()
                    })
                    .sum();
                if loss < best.0 {
                    best = (loss, share);
                }
            }
            self.fan_share[state] = best.1;
        }
    }

    /// Quantiles of the error in metres before they are stretched: those of the state and those of the fan.
    fn mixed_m(
        &self,
        (class, state): (usize, State),
        reach: Reach,
        fan: Option<&[f64; COUNT]>,
        widen: f64,
    ) -> [f64; COUNT] {
        let scale_m = self.scale_m(state) * widen;
        // Outside what was taught the fan repeats the nearest thing it saw.
        let known = 1.0 - (state.excess / FAN_UNTIL).clamp(0.0, 1.0);
        let share = fan.map_or(0.0, |_| self.fan_share[class] * known);
        let mut errors_m = [0.0; COUNT];
        for (place, error_m) in errors_m.iter_mut().enumerate() {
            let scaled = self.states[class][place];
            let side = if scaled < 0.0 { reach.down } else { reach.up };
            *error_m = (reach.middle + scaled * side) * scale_m;
            if let Some(fan) = fan.filter(|_| share > 0.0) {
                let open_m = self.fan_open[class][place] * (fan[place] - fan[MEDIAN]);
                let of_fan_m = fan[MEDIAN] + open_m - state.change_m;
                *error_m = (1.0 - share) * *error_m + share * of_fan_m;
            }
        }
        for place in 1..COUNT {
            errors_m[place] = errors_m[place].max(errors_m[place - 1]);
        }
        errors_m
    }

    /// Quantiles of the error in metres, never falling. `fan` are quantiles of the change where there are any; `nudge` is what
    /// outcomes asked for.
    pub(crate) fn errors_m(
        &self,
        state: State,
        reach: Reach,
        fan: Option<&[f64; COUNT]>,
        nudge: Nudge,
    ) -> [f64; COUNT] {
        let widen = 1.0 + self.widen_outside * state.excess.min(EXCESS_MAX);
        let class = self.state(state, reach);
        let mut errors_m = self.mixed_m((class, state), reach, fan, widen);
        let [down, up] = if class == QUIET {
            nudge.quiet
        } else {
            nudge.moving
        };
        let stretch = if class >= HIGH {
            [self.stretch[0] * down, self.stretch[1] * up]
        } else if (down - 1.0).abs() + (up - 1.0).abs() <= 0.0 {
            return errors_m;
        } else {
            [down, up]
        };
        let middle_m = errors_m[MEDIAN];
        for (place, error_m) in errors_m.iter_mut().enumerate() {
            // Half of the interval is left as it is; the outer tenths are stretched in full.
            let share = ((2.0 * PROBABILITIES[place] - 1.0).abs() - 0.5).clamp(0.0, 0.4) / 0.4;
            let by = 1.0 + share * (stretch[usize::from(place > MEDIAN)] - 1.0);
            *error_m = middle_m + (*error_m - middle_m) * by;
        }
        for place in 1..COUNT {
            errors_m[place] = errors_m[place].max(errors_m[place - 1]);
        }
        errors_m
    }

    /// The quantiles by state.
    pub(crate) fn numbers(&self) -> &[f64] {
        self.states.as_flattened()
    }

    /// Sends for the other lines of memory that quantiles without a fan need.
    pub(crate) fn send_for(&self) {
        send_for(std::slice::from_ref(&self.scale));
        send_for(&self.fan_share);
        send_for(&self.stretch);
    }

    /// Whether the fan has any part in the quantiles of this state.
    pub(crate) fn asks_fan(&self, state: State, reach: Reach) -> bool {
        state.excess < FAN_UNTIL && self.fan_share[self.state(state, reach)] > 0.0
    }

    /// True where the level may reach high water within the interval.
    pub(crate) fn may_be_high(&self, state: State, reach: Reach) -> bool {
        self.state(state, reach) >= HIGH
    }

    /// True where a level (above the reference) is high water.
    pub(crate) fn is_high(&self, level_m: f64) -> bool {
        level_m >= self.high_from_m
    }

    /// Whether everything that must be finite is.
    pub(crate) fn sound(&self) -> bool {
        let Scale {
            base_m,
            per_change,
            per_swing,
        } = self.scale;
        [
            base_m,
            per_change,
            per_swing,
            self.widen_outside,
            self.quiet_below_m,
            self.high_from_m,
        ]
        .iter()
        .chain(self.states.iter().flatten())
        .chain(self.fan_open.iter().flatten())
        .chain(&self.fan_share)
        .chain(&self.stretch)
        .all(|x| x.is_finite())
            && self.states.iter().all(|state| state.is_sorted())
    }

    fn scale_m(&self, state: State) -> f64 {
        self.scale.at(state)
    }

    fn state(&self, state: State, reach: Reach) -> usize {
        let motion = if activity_m(state) < self.quiet_below_m {
            QUIET
        } else if state.change_m + state.swing_m >= 0.0 {
            1
        } else {
            2
        };
        let highest_m =
            state.level_m + state.change_m.max(0.0) + 2.0 * self.scale_m(state) * reach.up;
        motion
            + if highest_m >= self.high_from_m {
                HIGH
            } else {
                0
            }
    }

    /// The smallest stretch of either side that holds its part of the high water on left-out floods.
    fn stretch_for_high_water(
        &self,
        residuals: &[Residual],
        reaches: &[Reach],
        fans: &[Option<[f64; COUNT]>],
    ) -> [f64; 2] {
        let (mut down, mut up) = (Vec::new(), Vec::new());
        for ((r, reach), fan) in residuals.iter().zip(reaches).zip(fans) {
            let later_m = r.state.level_m + r.state.change_m + r.error_m;
            if !self.is_high(later_m) || !self.may_be_high(r.state, *reach) {
                continue;
            }
            let errors_m = self.errors_m(r.state, *reach, fan.as_ref(), Nudge::NONE);
            let middle_m = errors_m[MEDIAN];
            let needed = |edge_m: f64| {
                let reach_m = edge_m - middle_m;
                if reach_m.abs() > 0.0 {
                    ((r.error_m - middle_m) / reach_m).max(0.0)
                } else {
                    0.0
                }
            };
            down.push((needed(errors_m[0]), r.weight));
            up.push((needed(errors_m[COUNT - 1]), r.weight));
        }
        let aim = 1.0 - (1.0 - AIM_HIGH) / 2.0;
        [down, up].map(|side| {
            let rows = side.len();
            let needed = Weighted::of(side.into_iter()).map_or(1.0, |needed| needed.quantile(aim));
            if rows < STATE_ROWS_MIN / 2 {
                1.0
            } else {
                needed.clamp(1.0, STRETCH_MAX)
            }
        })
    }
}

fn activity_m(state: State) -> f64 {
    state.change_m.abs() + state.swing_m.abs()
}
