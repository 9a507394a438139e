//! How the doubt follows the outcomes of the last two days.

/// Share of the outcomes that may lie beyond either end of the 5–95 % interval.
const BEYOND_SHARE: f64 = 0.05;
/// How fast the doubt follows the outcomes, per hour of them: where the water moves, and where it is quiet. Chosen on the last third of
/// training periods, forecast by models of the first two.
const MOVING_PER_H: f64 = 0.02;
const QUIET_PER_H: f64 = 0.07;
/// The logarithm of a stretch stays between these. Two days of outcomes inside the interval narrow it by a sixth at most, so that the
/// lower one only matters for a longer memory.
const LOG_MAX: f64 = 1.0;
const LOG_MIN: f64 = -0.5;

/// What the outcomes of one kind of water ask of the doubt: a side widens when they lie beyond its end of the 90 % interval, and
/// narrows slowly when they do not.
pub(super) struct Stretch {
    per_h: f64,
    /// Logarithm of the factor of the lower and the upper side.
    log: [f64; 2],
}

impl Stretch {
    /// Where the water moved, or was said to move, by more than the usual error of persistence.
    pub(super) fn of_moving_water() -> Self {
        Self::at(MOVING_PER_H)
    }

    /// Where it did not.
    pub(super) fn of_quiet_water() -> Self {
        Self::at(QUIET_PER_H)
    }

    fn at(per_h: f64) -> Self {
        Self {
            per_h,
            log: [0.0; 2],
        }
    }

    /// One outcome, `step_h` hours of it: how far it lay below and above the median, and how far the lower and the upper end of the
    /// interval did, metres.
    pub(super) fn judge(&mut self, came_m: [f64; 2], reach_m: [f64; 2], step_h: f64) {
        for ((log, came_m), reach_m) in self.log.iter_mut().zip(came_m).zip(reach_m) {
            let miss = if came_m > log.exp() * reach_m {
                1.0
            } else {
                0.0
            };
            *log = (*log + self.per_h * step_h * (miss - BEYOND_SHARE)).clamp(LOG_MIN, LOG_MAX);
        }
    }

    /// Factors of the lower and the upper side.
    pub(super) fn factors(&self) -> [f64; 2] {
        self.log.map(f64::exp)
    }
}

#[cfg(test)]
mod tests {
    use super::Stretch;

    const REACH_M: [f64; 2] = [0.1, 0.2];

    #[test]
    fn a_side_that_was_exceeded_widens_and_the_other_narrows() {
        let mut stretch = Stretch::of_quiet_water();
        stretch.judge([-0.3, 0.3], REACH_M, 1.0);
        let [down, up] = stretch.factors();
        assert!(down < 1.0 && up > 1.05, "{down} {up}");
    }

    #[test]
    fn who_misses_one_in_twenty_keeps_the_width() {
        let mut stretch = Stretch::of_moving_water();
        for hour in 0..2000 {
            let came_m = if hour % 20 == 0 { 1.0 } else { 0.0 };
            stretch.judge([-came_m, came_m], REACH_M, 1.0);
        }
        let [down, up] = stretch.factors();
        assert!((up - 1.0).abs() < 0.05, "{up}");
        assert!(
            (down - (-0.5_f64).exp()).abs() < 1e-9,
            "{down}, never below"
        );
    }

    #[test]
    fn a_step_of_ten_minutes_counts_a_sixth_of_an_hour() {
        let (mut hours, mut minutes) = (Stretch::of_moving_water(), Stretch::of_moving_water());
        hours.judge([0.0; 2], REACH_M, 1.0);
        for _ in 0..6 {
            minutes.judge([0.0; 2], REACH_M, 1.0 / 6.0);
        }
        assert!((hours.factors()[0] - minutes.factors()[0]).abs() < 1e-12);
    }
}
