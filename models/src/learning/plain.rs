//! What answers when a model's features are not there: how fast the level rose, or the level alone.

use crate::hyper::{Hyper, LEADS_H};
use crate::learning::doubt::{Doubt, HIGH_SHARE, Residual, Scale, State};
use crate::learning::lesson::Lesson;
use crate::learning::nudge::Nudge;
use crate::learning::sides::Reach;
use crate::learning::weighted::Weighted;
use crate::score::{SkillRecord, skill};
use serde::{Deserialize, Serialize};

/// The change over the lead is `slope` times the change over the last hour.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plain {
    /// 0 for persistence.
    pub(crate) slope: f64,
    pub(crate) doubt: Doubt,
    pub(crate) record: Option<SkillRecord>,
}

impl Plain {
    /// Rate of rise: the slope with the least squared error, tried on floods it was not fitted on.
    pub(crate) fn rate(lesson: &Lesson, lead: usize, hyper: &Hyper) -> Option<Self> {
        let slope = |without: Option<usize>| {
            let (mut both, mut square) = (0.0, 0.0);
            for i in (0..lesson.len()).filter(|&i| Some(lesson.fold[i]) != without) {
                let (observed_m, rate_m) = (lesson.changes_m[i][lead], lesson.change_1h_m(i));
                if !observed_m.is_nan() {
                    both += f64::from(lesson.weight[i]) * observed_m * rate_m;
                    square += f64::from(lesson.weight[i]) * rate_m * rate_m;
                }
            }
            if square > 0.0 {
                (both / square).clamp(0.0, f64::from(LEADS_H[lead]))
            } else {
                0.0
            }
        };
        let slopes: Vec<f64> = (0..lesson.folds).map(|group| slope(Some(group))).collect();
        let all = slope(None);
        Self::with(lesson, lead, hyper, all, |i| {
            slopes.get(lesson.fold[i]).copied().unwrap_or(all)
        })
    }

    /// Persistence: the level stays.
    pub(crate) fn held(lesson: &Lesson, lead: usize, hyper: &Hyper) -> Option<Self> {
        Self::with(lesson, lead, hyper, 0.0, |_| 0.0)
    }

    fn with(
        lesson: &Lesson,
        lead: usize,
        hyper: &Hyper,
        slope: f64,
        left_out: impl Fn(usize) -> f64,
    ) -> Option<Self> {
        let rows: Vec<usize> = (0..lesson.len())
            .filter(|&i| !lesson.changes_m[i][lead].is_nan())
            .collect();
        let residuals: Vec<Residual> = rows
            .iter()
            .map(|&i| {
                let state = Self::state(
                    left_out(i),
                    lesson.change_1h_m(i),
                    lesson.level_m(i),
                    0.0,
                    lead,
                );
                Residual {
                    state,
                    error_m: lesson.changes_m[i][lead] - state.change_m,
                    weight: f64::from(lesson.weight[i]),
                    i,
                }
            })
            .collect();
        let levels = (0..lesson.len()).map(|i| (lesson.level_m(i), f64::from(lesson.weight[i])));
        let high_from_m = Weighted::of(levels)?.quantile(HIGH_SHARE);
        let reaches = vec![Reach::EVEN; residuals.len()];
        let scale = Scale::fit(&residuals);
        let doubt = Doubt::fit(
            &residuals,
            &reaches,
            &vec![None; residuals.len()],
            scale,
            high_from_m,
            hyper.widen_outside,
            true,
        )?;
        let record = (lesson.folds >= 2).then(|| Self::record(lesson, lead, &residuals, &doubt));
        Some(Self {
            slope,
            doubt,
            record,
        })
    }

    /// Without a slope the change of the last hour is not looked at: it may not be known.
    pub(crate) fn state(
        slope: f64,
        change_1h_m: f64,
        level_m: f64,
        excess: f64,
        lead: usize,
    ) -> State {
        let moves = slope.abs() > 0.0;
        State {
            change_m: slope * if moves { change_1h_m } else { 0.0 },
            swing_m: if moves {
                change_1h_m * f64::from(LEADS_H[lead])
            } else {
                0.0
            },
            level_m,
            excess,
        }
    }

    fn record(lesson: &Lesson, lead: usize, residuals: &[Residual], doubt: &Doubt) -> SkillRecord {
        let (mut own, mut held, mut rate, mut weight) = (0.0, 0.0, 0.0, 0.0);
        let (mut all, mut high) = (
            crate::score::Share::default(),
            crate::score::Share::default(),
        );
        let mut groups = vec![(0.0, 0.0); lesson.folds];
        for r in residuals {
            let observed_m = r.error_m + r.state.change_m;
            let rate_m = observed_m - lesson.change_1h_m(r.i) * f64::from(LEADS_H[lead]);
            own += r.weight * r.error_m * r.error_m;
            held += r.weight * observed_m * observed_m;
            rate += r.weight * rate_m * rate_m;
            weight += r.weight;
            groups[lesson.fold[r.i]].0 += r.weight * r.error_m * r.error_m;
            groups[lesson.fold[r.i]].1 += r.weight * observed_m * observed_m;
            let errors_m = doubt.errors_m(r.state, Reach::EVEN, None, Nudge::NONE);
            let inside = errors_m[0] <= r.error_m && r.error_m <= errors_m[errors_m.len() - 1];
            all.add(inside);
            if lesson.high_water[r.i] {
                high.add(inside);
            }
        }
        let root = |sum: f64| {
            if weight > 0.0 {
                (sum / weight).sqrt()
            } else {
                0.0
            }
        };
        let coverage90 = all.get().unwrap_or(0.0);
        SkillRecord {
            floods: groups.iter().filter(|group| group.1 > 0.0).count(),
            floods_better: groups.iter().filter(|group| group.0 < group.1).count(),
            rows: residuals.len(),
            skill: skill(own, held),
            rmse_m: root(own),
            rmse_persistence_m: root(held),
            rmse_rate_of_rise_m: root(rate),
            coverage90,
            coverage90_flood: high.get().unwrap_or(coverage90),
        }
    }
}
