//! How the doubt follows the outcomes of the last two days.

use super::trust::Outcome;

/// Share of the outcomes that may lie beyond either end of the 5–95 % interval.
const BEYOND_SHARE: f64 = 0.05;
/// How fast the doubt follows the outcomes, per hour of them: where the water moves, and where it is quiet. Chosen on the last third of
/// training periods, forecast by models of the first two.
const MOVING_PER_H: f64 = 0.02;
const QUIET_PER_H: f64 = 0.07;
/// The doubt is stretched or shrunk by exp of this at most.
const NUDGE_MAX: f64 = 1.0;
const NUDGE_MIN: f64 = -0.5;

/// What outcomes of one kind of water ask of the doubt: it widens when they lie beyond the 90 % interval and narrows slowly when
/// they do not.
pub(super) struct Follow {
    per_h: f64,
    /// Logarithm of the stretch of the lower and the upper side.
    log: [f64; 2],
}

impl Follow {
    pub(super) fn moving() -> Self {
        Self::at(MOVING_PER_H)
    }

    pub(super) fn quiet() -> Self {
        Self::at(QUIET_PER_H)
    }

    fn at(per_h: f64) -> Self {
        Self {
            per_h,
            log: [0.0; 2],
        }
    }

    pub(super) fn judge(&mut self, outcome: &Outcome, step_h: f64) {
        let beyond = [
            outcome.median_m - outcome.came_m
                > self.log[0].exp() * (outcome.median_m - outcome.low_m),
            outcome.came_m - outcome.median_m
                > self.log[1].exp() * (outcome.high_m - outcome.median_m),
        ];
        for (log, beyond) in self.log.iter_mut().zip(beyond) {
            let miss = if beyond { 1.0 } else { 0.0 };
            *log = (*log + self.per_h * step_h * (miss - BEYOND_SHARE)).clamp(NUDGE_MIN, NUDGE_MAX);
        }
    }

    pub(super) fn stretch(&self) -> [f64; 2] {
        self.log.map(f64::exp)
    }
}
