//! At which quantile a forecast is to be an alarm: chosen on floods that the model had not seen.

use crate::learning::doubt::{PROBABILITIES, Residual};
use crate::score::count_f64;
use serde::{Deserialize, Serialize};

/// Quantiles that are tried, from as likely as not to one chance in twenty.
pub(crate) const TRIED: [f64; 8] = [0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95];
/// Share of the onsets that are to be announced. A little more than is asked for: the next floods are others.
const POD_AIM: f64 = 0.65;
/// Fewest onsets, counted per issue time, that can tell.
const ONSETS_MIN: usize = 8;

/// The quantile that has to reach a level for an alarm: the lowest one that announced enough onsets (立ち上がり) of the
/// gauge's highest two hundredth on floods left out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlarmChoice {
    /// The quantile.
    pub quantile: f64,
    /// Onsets on floods left out, counted per issue time.
    pub onsets: usize,
    /// Share of them that was announced (捕捉率).
    pub pod: f64,
    /// Share of the alarms that were false (空振り率).
    pub far: f64,
}

/// Onsets of one level, found and missed at every quantile.
pub(crate) struct AlarmCurve {
    level_m: f64,
    onsets: usize,
    hits: [usize; TRIED.len()],
    false_alarms: [usize; TRIED.len()],
}

impl AlarmCurve {
    pub(crate) fn at(level_m: f64) -> Self {
        Self {
            level_m,
            onsets: 0,
            hits: [0; TRIED.len()],
            false_alarms: [0; TRIED.len()],
        }
    }

    /// Counts one forecast from below the level; `errors_m` are the quantiles of its error.
    pub(crate) fn add(&mut self, r: &Residual, errors_m: &[f64; PROBABILITIES.len()]) {
        if r.state.level_m >= self.level_m {
            return;
        }
        let expected_m = r.state.level_m + r.state.change_m;
        let onset = expected_m + r.error_m >= self.level_m;
        self.onsets += usize::from(onset);
        for (place, p) in TRIED.into_iter().enumerate() {
            let alarm = expected_m + between(errors_m, p) >= self.level_m;
            self.hits[place] += usize::from(alarm && onset);
            self.false_alarms[place] += usize::from(alarm && !onset);
        }
    }

    /// The lowest quantile that announced enough, or the highest one; `None` with too few onsets.
    pub(crate) fn choice(&self) -> Option<AlarmChoice> {
        if self.onsets < ONSETS_MIN {
            return None;
        }
        let pod = |place: usize| count_f64(self.hits[place]) / count_f64(self.onsets);
        let place = (0..TRIED.len())
            .find(|place| pod(*place) >= POD_AIM)
            .unwrap_or(TRIED.len() - 1);
        let alarms = self.hits[place] + self.false_alarms[place];
        Some(AlarmChoice {
            quantile: TRIED[place],
            onsets: self.onsets,
            pod: pod(place),
            far: count_f64(self.false_alarms[place]) / count_f64(alarms.max(1)),
        })
    }
}

/// Linear between the quantiles that are there.
fn between(errors_m: &[f64; PROBABILITIES.len()], p: f64) -> f64 {
    let above = PROBABILITIES
        .iter()
        .position(|there| *there >= p - 1e-9)
        .unwrap_or(PROBABILITIES.len() - 1);
    let Some(below) = above.checked_sub(1) else {
        return errors_m[above];
    };
    let share = (p - PROBABILITIES[below]) / (PROBABILITIES[above] - PROBABILITIES[below]);
    errors_m[below] + share * (errors_m[above] - errors_m[below])
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{AlarmCurve, between};
    use crate::learning::doubt::{Residual, State};

    const ERRORS_M: [f64; 7] = [-0.9, -0.6, -0.3, 0.0, 0.3, 0.6, 0.9];

    fn came(level_m: f64, error_m: f64) -> Residual {
        Residual {
            state: State {
                change_m: 0.0,
                swing_m: 0.0,
                level_m,
                excess: 0.0,
            },
            error_m,
            weight: 1.0,
            i: 0,
        }
    }

    #[test]
    fn the_lowest_quantile_that_announces_two_thirds_is_chosen() {
        let mut curve = AlarmCurve::at(1.0);
        // Six onsets from where the median reaches the level, three from where only the 0.8 quantile does, and ten false ones.
        for _ in 0..6 {
            curve.add(&came(0.99, 0.02), &ERRORS_M.map(|e| e + 0.02));
        }
        for _ in 0..4 {
            curve.add(&came(0.65, 0.4), &ERRORS_M);
        }
        for _ in 0..10 {
            curve.add(&came(0.65, 0.0), &ERRORS_M);
        }
        let choice = curve.choice().unwrap();
        assert!((choice.quantile - 0.8).abs() < 1e-9, "{choice:?}");
        assert_eq!(choice.onsets, 10);
        assert!((choice.pod - 1.0).abs() < 1e-9 && (choice.far - 0.5).abs() < 1e-9);
    }

    #[test]
    fn seven_onsets_choose_nothing() {
        let mut curve = AlarmCurve::at(1.0);
        for _ in 0..7 {
            curve.add(&came(0.9, 0.2), &ERRORS_M);
        }
        assert_eq!(curve.choice(), None);
    }

    #[test]
    fn quantiles_lie_between_their_neighbours() {
        assert!((between(&ERRORS_M, 0.5)).abs() < 1e-12);
        assert!((between(&ERRORS_M, 0.8) - 0.4).abs() < 1e-12);
        assert!((between(&ERRORS_M, 0.95) - 0.9).abs() < 1e-12);
    }
}
