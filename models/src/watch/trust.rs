use super::stretch::Stretch;
use super::{Waiting, WatchSettings};
use crate::learning::nudge::Nudge;
use jiff::{SignedDuration, Timestamp};
use std::collections::VecDeque;

/// A model whose best weight against persistence was this over two days may as well have been right: it counts in full.
const WITHIN_CHANCE: f64 = 0.75;
/// Besides, squared errors of so many times those of persistence are not waited out, if they are also so many times what the
/// model usually errs in the hours that it is trusted for.
const GROSS: f64 = 2.0;
const GROSS_USUAL: f64 = 4.0;
/// An error that is always the same is believed in beyond this share of the model's usual error.
const SHIFT_FROM: f64 = 0.5;

/// What came of the forecasts of one lead in the hours that are remembered.
///
/// What it says is a function of these outcomes alone: who has watched for years and who has just read the last days from
/// memory say the same.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Trust {
    outcomes: VecDeque<Outcome>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Outcome {
    at: Timestamp,
    /// Change that was expected and change that came, metres.
    said_m: f64,
    came_m: f64,
    median_m: f64,
    low_m: f64,
    high_m: f64,
    usual: Usual,
}

/// Mean squared errors of the model and of persistence on floods that the model had not seen; 0 when nothing is known.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Usual {
    pub(crate) model_m2: f64,
    pub(crate) persistence_m2: f64,
}

/// How far a model may be trusted at one lead.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Verdict {
    /// Weight of the model against persistence, 0 to 1.
    pub(crate) share: f64,
    /// What its forecasts lacked all the time, metres.
    pub(crate) shift_m: f64,
    /// How much wider or narrower the doubt is to be.
    pub(crate) stretch: Nudge,
    /// Since when it is out of use.
    pub(crate) out_since: Option<Timestamp>,
    /// 1 − squared error / squared error of persistence.
    pub(crate) skill: f64,
    /// Hours of outcomes.
    pub(crate) hours: f64,
}

impl Verdict {
    pub(crate) const FRESH: Self = Self {
        share: 1.0,
        shift_m: 0.0,
        stretch: Nudge::NONE,
        out_since: None,
        skill: 0.0,
        hours: 0.0,
    };
}

impl Trust {
    pub(crate) fn judge(&mut self, forecast: &Waiting, level_m: f64, settings: &WatchSettings) {
        let from_m = forecast.persistence_m;
        self.outcomes.push_back(Outcome {
            at: forecast.at,
            said_m: forecast.expected_m - from_m,
            came_m: level_m - from_m,
            median_m: forecast.median_m - from_m,
            low_m: forecast.low_m - from_m,
            high_m: forecast.high_m - from_m,
            usual: forecast.usual,
        });
        while self
            .outcomes
            .front()
            .is_some_and(|first| !settings.remembers(first.at, forecast.at))
        {
            self.outcomes.pop_front();
        }
    }

    /// What is to be thought of the model at `as_of`.
    pub(crate) fn verdict(&self, as_of: Timestamp, settings: &WatchSettings) -> Verdict {
        let outcomes: Vec<Outcome> = self
            .outcomes
            .iter()
            .filter(|outcome| settings.remembers(outcome.at, as_of))
            .copied()
            .collect();
        let Some(last) = outcomes.last() else {
            return Verdict::FRESH;
        };
        let step_h = settings.step_h;
        // An hour of a right forecast that counts in full adds one half to both sums.
        let prior = 0.5 * settings.prior_h;
        let quiet_m2 = quiet_m(last.usual, settings).powi(2);
        let shift_m = shift_m(&outcomes, last.usual, settings);
        let mut verdict = Verdict {
            shift_m,
            ..Verdict::FRESH
        };
        let [mut both, mut square, mut error, mut shifted, mut held] = [0.0; 5];
        let usual = settings.prior_h * quiet_m2;
        let mut moving = Stretch::of_moving_water();
        let mut quiet = Stretch::of_quiet_water();
        let moving_m = outcomes_move_from_m(last.usual, settings);
        for outcome in &outcomes {
            // Who says that the level stays cannot be worse than persistence.
            if outcome.said_m.abs() > 0.0 {
                let said_m = outcome.said_m + shift_m;
                // An hour counts for an hour: the few highest of a record flood decide nothing alone.
                let whole = said_m * said_m + outcome.came_m * outcome.came_m + quiet_m2;
                both += step_h * said_m * outcome.came_m / whole;
                square += step_h * said_m * said_m / whole;
                error += step_h * (outcome.came_m - outcome.said_m).powi(2);
                shifted += step_h * (outcome.came_m - said_m).powi(2);
                held += step_h * outcome.came_m.powi(2);
                verdict.hours += step_h;
            }
            let best = (prior + both) / (prior + square);
            verdict.share = (best / WITHIN_CHANCE).clamp(0.0, 1.0);
            match verdict.out_since {
                None if best < settings.out_below
                    || shifted > GROSS * held + GROSS_USUAL * usual =>
                {
                    verdict.out_since = Some(outcome.at);
                }
                Some(_) if best > settings.back_above && shifted <= GROSS * held + usual => {
                    verdict.out_since = None;
                }
                _ => {}
            }
            let stretch = if outcome.came_m.abs().max(outcome.said_m.abs()) > moving_m {
                &mut moving
            } else {
                &mut quiet
            };
            let over_m = outcome.came_m - outcome.median_m;
            let reach_m = [
                outcome.median_m - outcome.low_m,
                outcome.high_m - outcome.median_m,
            ];
            stretch.judge([-over_m, over_m], reach_m, step_h);
        }
        verdict.skill = crate::score::skill(error, held.max(1e-12));
        verdict.stretch = Nudge {
            moving: moving.factors(),
            quiet: quiet.factors(),
        };
        verdict
    }
}

/// Hours of standing to the digit while the model said that the water moves, after which a gauge is taken to be frozen.
const FROZEN_AFTER_H: f64 = 3.0;
/// It says so when it says more than so many of its usual errors.
const MOVES: f64 = 2.0;

impl Trust {
    /// Since when the gauge stands to the digit while its model says, by more than twice its usual error, that the water moves. It
    /// lasts until the gauge moves again, however quiet the river has become meanwhile.
    pub(crate) fn frozen_since(
        &self,
        as_of: Timestamp,
        settings: &WatchSettings,
    ) -> Option<Timestamp> {
        let (mut stood_h, mut since) = (0.0, None);
        for outcome in &self.outcomes {
            if !settings.remembers(outcome.at, as_of) {
                continue;
            }
            if outcome.came_m.abs() > 0.0 {
                (stood_h, since) = (0.0, None);
            } else if outcome.said_m.abs() > MOVES * quiet_m(outcome.usual, settings) {
                stood_h += settings.step_h;
                if stood_h > FROZEN_AFTER_H - 1e-9 {
                    since = since.or(Some(outcome.at));
                }
            }
        }
        since
    }
}

/// The model's usual error.
fn quiet_m(usual: Usual, settings: &WatchSettings) -> f64 {
    if usual.model_m2 > 0.0 {
        usual.model_m2.sqrt()
    } else {
        settings.quiet_m
    }
}

/// The change from which on water counts as moving.
fn outcomes_move_from_m(usual: Usual, settings: &WatchSettings) -> f64 {
    if usual.persistence_m2 > 0.0 {
        usual.persistence_m2.sqrt()
    } else {
        settings.quiet_m
    }
}

/// The middle error of the hours that are remembered, as if as many hours without error had gone before as one is to be sure
/// of: a rating that changed shifts every hour, a flood that was misjudged does not.
fn shift_m(outcomes: &[Outcome], usual: Usual, settings: &WatchSettings) -> f64 {
    let mut errors_m: Vec<f64> = outcomes
        .iter()
        .filter(|outcome| outcome.said_m.abs() > 0.0)
        .map(|outcome| outcome.came_m - outcome.said_m)
        .collect();
    if errors_m.is_empty() {
        return 0.0;
    }
    // A number of hours over a step: far below 2⁵³, and never negative.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let zeros = (settings.sure_after_h / settings.step_h).round() as usize;
    errors_m.extend(std::iter::repeat_n(0.0, zeros));
    errors_m.sort_unstable_by(f64::total_cmp);
    let middle_m = errors_m[errors_m.len() / 2];
    let from_m = if usual.model_m2 > 0.0 {
        SHIFT_FROM * usual.model_m2.sqrt()
    } else {
        settings.quiet_m
    };
    (middle_m.abs() - from_m).max(0.0).copysign(middle_m)
}

impl WatchSettings {
    /// True when an outcome still counts.
    fn remembers(&self, outcome: Timestamp, as_of: Timestamp) -> bool {
        as_of.duration_since(outcome) < SignedDuration::from_hours(self.memory_h)
    }
}
