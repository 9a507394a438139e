use super::CRPS_PROBABILITIES;
use super::arrival::Arrival;
use super::examine::{Examined, Trial};
use super::onset::{Alarm, Crossings, Onset, alarms};
use super::reliability::Reliability;
use crate::conformal::quantile;
use crate::forecast::{Method, Tier};
use crate::score::{Share, Squares, count_f64, skill};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Probabilities at which a forecast counts as an alarm at a reference level.
const ALARM_PROBABILITIES: [f64; 2] = [0.5, 0.2];
/// The highest of the observed levels that count as the top.
const TOP_SHARE: f64 = 0.05;

/// One gauge and lead. Figures named `_m` are in the unit of the target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GaugeLeadScore {
    /// The gauge.
    pub gauge: String,
    /// Hours ahead.
    pub lead_h: u32,
    /// Issue times: readings of the test with a reading one lead later.
    pub rows: usize,
    /// How many of them the model answered; persistence or the rate of rise answered the others.
    pub rows_by_model: usize,
    /// How many were marked as outside the training range.
    pub rows_outside_training: usize,
    /// How many were answered at each tier.
    pub tiers: BTreeMap<Tier, usize>,
    /// Nash-Sutcliffe efficiency. Persistence alone has 0.97 to 0.99 one hour ahead: a high value says little.
    pub nse: f64,
    /// Kling-Gupta efficiency.
    pub kge: f64,
    /// 1 − MSE / MSE of persistence.
    pub skill: f64,
    /// The same in floods of the test only; `None` when there is none.
    pub skill_flood: Option<f64>,
    /// Root mean squared error.
    pub rmse_m: f64,
    /// The same among the highest twentieth of the observations.
    pub rmse_top5_m: f64,
    /// The same of persistence.
    pub rmse_persistence_m: f64,
    /// The same of "it goes on rising as in the last hour".
    pub rmse_rate_of_rise_m: f64,
    /// The same where the level rises over the lead.
    pub rmse_rising_m: f64,
    /// Persistence where the level rises over the lead.
    pub rmse_rising_persistence_m: f64,
    /// Mean pinball loss over 0.05, 0.25, 0.5, 0.75, 0.95.
    pub pinball_m: f64,
    /// Twice that: an approximation of the continuous ranked probability score.
    pub crps_m: f64,
    /// Share of observations inside the 5–95 % interval.
    pub coverage90: f64,
    /// The same among the highest twentieth of the observations.
    pub coverage90_top5: f64,
    /// The same in floods of the test only; `None` when there is none.
    pub coverage90_flood: Option<f64>,
    /// Floods of the test.
    pub floods: usize,
    /// The level whose crossing is counted below.
    pub threshold_m: Option<f64>,
    /// Onsets announced by the median.
    pub onset: Option<Onset>,
    /// Onsets announced by higher quantiles: more found, more false.
    pub alarms: Vec<Alarm>,
    /// How well the moment of crossing was said.
    pub arrival: Option<Arrival>,
    /// Whether probabilities of crossing are true.
    pub reliability: Option<Reliability>,
    /// Crossings of the reference levels, per mark and probability of alarm.
    pub crossings: Vec<Crossings>,
}

pub(crate) fn measure(examined: &Examined, lead_h: u32, trials: &[Trial]) -> GaugeLeadScore {
    let [
        mut model,
        mut model_top,
        mut model_flood,
        mut persistence,
        mut persistence_flood,
        mut rate,
        mut rising,
        mut rising_persistence,
    ] = [Squares::default(); 8];
    let [mut covered, mut covered_top, mut covered_flood] = [Share::default(); 3];
    let (mut tiers, mut floods) = (BTreeMap::new(), std::collections::BTreeSet::new());
    let mut pinball = 0.0;
    let top_m = top_level_m(trials);
    for trial in trials {
        let error_m = trial.observed_m - trial.median_m;
        let moved_m = trial.observed_m - trial.now_m;
        let inside = (trial.quantile_m(0.05)..=trial.quantile_m(0.95)).contains(&trial.observed_m);
        model.add(error_m);
        persistence.add(moved_m);
        rate.add(trial.observed_m - trial.rate_of_rise_m);
        covered.add(inside);
        if moved_m > 0.0 {
            rising.add(error_m);
            rising_persistence.add(moved_m);
        }
        if trial.observed_m >= top_m {
            model_top.add(error_m);
            covered_top.add(inside);
        }
        if let Some(flood) = trial.flood {
            floods.insert(flood);
            model_flood.add(error_m);
            persistence_flood.add(moved_m);
            covered_flood.add(inside);
        }
        for p in CRPS_PROBABILITIES {
            let over_m = trial.observed_m - trial.quantile_m(p);
            pinball += (p * over_m).max((p - 1.0) * over_m);
        }
        *tiers.entry(trial.tier).or_insert(0) += 1;
    }
    let pinball_m = pinball / count_f64(trials.len() * CRPS_PROBABILITIES.len());
    let threshold_m = examined.threshold_m;
    GaugeLeadScore {
        gauge: examined.case.target.clone(),
        lead_h,
        rows: trials.len(),
        rows_by_model: trials.iter().filter(|t| t.method == Method::Model).count(),
        rows_outside_training: trials.iter().filter(|t| t.outside_training).count(),
        tiers,
        nse: nse(trials, model.sum),
        kge: kge(trials),
        skill: skill(model.sum, persistence.sum),
        skill_flood: (model_flood.count > 0).then(|| skill(model_flood.sum, persistence_flood.sum)),
        rmse_m: model.root_mean(),
        rmse_top5_m: model_top.root_mean(),
        rmse_persistence_m: persistence.root_mean(),
        rmse_rate_of_rise_m: rate.root_mean(),
        rmse_rising_m: rising.root_mean(),
        rmse_rising_persistence_m: rising_persistence.root_mean(),
        pinball_m,
        crps_m: 2.0 * pinball_m,
        coverage90: covered.get().unwrap_or(0.0),
        coverage90_top5: covered_top.get().unwrap_or(0.0),
        coverage90_flood: covered_flood.get(),
        floods: floods.len(),
        threshold_m,
        onset: threshold_m.map(|m| Onset::count(trials, m, |t| t.median_m >= m)),
        alarms: threshold_m.map_or_else(Vec::new, |m| alarms(trials, m)),
        arrival: threshold_m.map(|_| Arrival::of(examined, lead_h)),
        reliability: threshold_m.and_then(|m| Reliability::of(trials, m)),
        crossings: crossings(examined, trials),
    }
}

fn crossings(examined: &Examined, trials: &[Trial]) -> Vec<Crossings> {
    let mut all = Vec::new();
    for mark in &examined.case.marks {
        for alarm_probability in ALARM_PROBABILITIES {
            let level_m = mark.level_m;
            // The level is reached with this probability exactly when the complementary quantile reaches it.
            let alarm = |t: &Trial| t.quantile_m(1.0 - alarm_probability) >= level_m;
            let onset = Onset::count(trials, level_m, alarm);
            all.push(Crossings {
                mark: mark.name.clone(),
                level_m,
                alarm_probability,
                hits: onset.hits,
                misses: onset.misses,
                false_alarms: onset.false_alarms,
            });
        }
    }
    all
}

fn top_level_m(trials: &[Trial]) -> f64 {
    let mut observed: Vec<f64> = trials.iter().map(|t| t.observed_m).collect();
    observed.sort_unstable_by(f64::total_cmp);
    quantile(&observed, 1.0 - TOP_SHARE)
}

/// 1 − squared error / squared distance from the mean of the observations.
fn nse(trials: &[Trial], squared_error: f64) -> f64 {
    let (_, spread) = mean_and_spread(trials, |t| t.observed_m);
    let total = spread * spread * count_f64(trials.len());
    skill(squared_error, total)
}

/// 1 − distance of correlation, ratio of spreads and ratio of means from 1.
fn kge(trials: &[Trial]) -> f64 {
    let (observed_mean, observed_spread) = mean_and_spread(trials, |t| t.observed_m);
    let (said_mean, said_spread) = mean_and_spread(trials, |t| t.median_m);
    let together = trials
        .iter()
        .map(|t| (t.observed_m - observed_mean) * (t.median_m - said_mean))
        .sum::<f64>()
        / count_f64(trials.len());
    let correlation = together / (observed_spread * said_spread);
    let off = [
        correlation,
        said_spread / observed_spread,
        said_mean / observed_mean,
    ];
    1.0 - off.iter().map(|x| (x - 1.0).powi(2)).sum::<f64>().sqrt()
}

fn mean_and_spread(trials: &[Trial], of: impl Fn(&Trial) -> f64) -> (f64, f64) {
    let n = count_f64(trials.len());
    let mean = trials.iter().map(&of).sum::<f64>() / n;
    let square = trials.iter().map(|t| (of(t) - mean).powi(2)).sum::<f64>() / n;
    (mean, square.sqrt())
}
