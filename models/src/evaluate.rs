use crate::case::Case;
use crate::flood::{FitError, FittedFloodModel, FloodModel};
use crate::forecast::{LeadForecast, Method};
use crate::history::{History, HistoryError};
use crate::hyper::LEADS_H;
use crate::score::{Share, Squares, count_f64, skill};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Probabilities at which a forecast counts as an alarm.
const ALARM_PROBABILITIES: [f64; 2] = [0.5, 0.2];
/// The highest of the observed levels that count as flood cases.
const FLOOD_SHARE: f64 = 0.05;
/// Probabilities whose pinball losses stand for the CRPS.
const CRPS_PROBABILITIES: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];

/// How models fitted on one history do on another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// One entry per case and lead, in the order of the cases.
    pub scores: Vec<GaugeLeadScore>,
}

/// One gauge and lead.
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
    /// 1 − MSE / MSE of persistence.
    pub skill: f64,
    /// Root mean squared error, metres.
    pub rmse_m: f64,
    /// The same of persistence.
    pub rmse_persistence_m: f64,
    /// The same of "it goes on rising as in the last hour".
    pub rmse_rate_of_rise_m: f64,
    /// The same where the level rises over the lead.
    pub rmse_rising_m: f64,
    /// Persistence where the level rises over the lead.
    pub rmse_rising_persistence_m: f64,
    /// Twice the mean pinball loss over 0.05, 0.25, 0.5, 0.75, 0.95, metres.
    pub crps_m: f64,
    /// Share of observations inside the 5–95 % interval.
    pub coverage90: f64,
    /// The same among the highest twentieth of the observations.
    pub coverage90_top5: f64,
    /// Crossings, per mark and probability of alarm.
    pub crossings: Vec<Crossings>,
}

/// Onsets (立ち上がり): below the mark now, at or above it one lead later; counted per issue time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Crossings {
    /// Name of the mark.
    pub mark: String,
    /// Its level, metres.
    pub level_m: f64,
    /// A forecast is an alarm when it gives the mark at least this probability.
    pub alarm_probability: f64,
    /// Onsets with alarm.
    pub hits: usize,
    /// Onsets without alarm.
    pub misses: usize,
    /// Alarms from below the mark without onset.
    pub false_alarms: usize,
}

/// Why an evaluation was not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EvaluateError {
    /// A model could not be fitted.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// The two histories do not join although the test begins after the fit.
    #[error("fit and test do not join: {0}")]
    Join(#[from] HistoryError),
    /// The test does not know a gauge, or has no pair of readings one lead apart.
    #[error("gauge `{gauge}`: the test has no pair of readings {lead_h} h apart")]
    NothingToTest {
        /// The gauge.
        gauge: String,
        /// Hours ahead.
        lead_h: u32,
    },
}

/// Fits every case on `fit` and tries it on every reading of `test`.
///
/// When `test` begins after `fit` ends, the last rows of `fit` are what the first forecasts look back on.
///
/// # Errors
/// [`EvaluateError`]: a case cannot be fitted, the histories do not join, or there is nothing to compare.
pub fn evaluate(
    fit: &History,
    test: &History,
    cases: &[Case],
    model: &FloodModel,
) -> Result<Evaluation, EvaluateError> {
    let joined = if test.start() > fit.end() {
        Some(fit.append(test)?)
    } else {
        None
    };
    let recent = joined.as_ref().unwrap_or(test);
    let mut scores = Vec::new();
    for case in cases {
        let fitted = model.fit(fit, case)?;
        scores.extend(try_on(&fitted, recent, test, case)?);
    }
    Ok(Evaluation { scores })
}

struct Trial<'a> {
    lead: &'a LeadForecast,
    now_m: f64,
    observed_m: f64,
}

fn try_on(
    fitted: &FittedFloodModel,
    recent: &History,
    test: &History,
    case: &Case,
) -> Result<Vec<GaugeLeadScore>, EvaluateError> {
    let nothing = |lead_h| EvaluateError::NothingToTest {
        gauge: case.target.clone(),
        lead_h,
    };
    let column = test.gauge_index(&case.target).ok_or_else(|| nothing(0))?;
    let forecasts: Vec<_> = (0..test.len())
        .filter_map(|row| test.level(row, column).map(|now_m| (row, now_m)))
        .map(|(row, now_m)| (row, now_m, fitted.predict(recent, test.time(row))))
        .collect();
    let mut scores = Vec::new();
    for lead_h in LEADS_H {
        let trials: Vec<Trial<'_>> = forecasts
            .iter()
            .filter_map(|(row, now_m, forecast)| {
                let lead = forecast.leads.iter().find(|lead| lead.lead_h == lead_h)?;
                let end = test
                    .time(*row)
                    .checked_add(SignedDuration::from_hours(i64::from(lead_h)))
                    .ok()?;
                let later = test
                    .row_at_or_before(end)
                    .filter(|later| test.time(*later) == end)?;
                Some(Trial {
                    lead,
                    now_m: *now_m,
                    observed_m: test.level(later, column)?,
                })
            })
            .collect();
        if trials.is_empty() {
            return Err(nothing(lead_h));
        }
        scores.push(score(&trials, case, lead_h));
    }
    Ok(scores)
}

fn score(trials: &[Trial<'_>], case: &Case, lead_h: u32) -> GaugeLeadScore {
    let [
        mut model,
        mut persistence,
        mut rate,
        mut rising,
        mut rising_persistence,
    ] = [Squares::default(); 5];
    let (mut covered, mut covered_top) = (Share::default(), Share::default());
    let mut pinball = 0.0;
    let top_m = top_level_m(trials);
    for trial in trials {
        let lead = trial.lead;
        model.add(trial.observed_m - lead.median_m);
        persistence.add(trial.observed_m - lead.persistence_m);
        rate.add(trial.observed_m - lead.rate_of_rise_m);
        if trial.observed_m > trial.now_m {
            rising.add(trial.observed_m - lead.median_m);
            rising_persistence.add(trial.observed_m - lead.persistence_m);
        }
        let inside = (lead.quantile_m(0.05)..=lead.quantile_m(0.95)).contains(&trial.observed_m);
        covered.add(inside);
        if trial.observed_m >= top_m {
            covered_top.add(inside);
        }
        for p in CRPS_PROBABILITIES {
            let over_m = trial.observed_m - lead.quantile_m(p);
            pinball += (p * over_m).max((p - 1.0) * over_m);
        }
    }
    let losses = count_f64(trials.len() * CRPS_PROBABILITIES.len());
    GaugeLeadScore {
        gauge: case.target.clone(),
        lead_h,
        rows: trials.len(),
        rows_by_model: trials
            .iter()
            .filter(|t| t.lead.method == Method::Model)
            .count(),
        rows_outside_training: trials.iter().filter(|t| t.lead.outside_training).count(),
        skill: skill(model.sum, persistence.sum),
        rmse_m: model.root_mean(),
        rmse_persistence_m: persistence.root_mean(),
        rmse_rate_of_rise_m: rate.root_mean(),
        rmse_rising_m: rising.root_mean(),
        rmse_rising_persistence_m: rising_persistence.root_mean(),
        crps_m: 2.0 * pinball / losses,
        coverage90: covered.get().unwrap_or(0.0),
        coverage90_top5: covered_top.get().unwrap_or(0.0),
        crossings: crossings(trials, case),
    }
}

fn top_level_m(trials: &[Trial<'_>]) -> f64 {
    let mut observed: Vec<f64> = trials.iter().map(|t| t.observed_m).collect();
    observed.sort_unstable_by(f64::total_cmp);
    crate::conformal::quantile(&observed, 1.0 - FLOOD_SHARE)
}

fn crossings(trials: &[Trial<'_>], case: &Case) -> Vec<Crossings> {
    let mut all = Vec::new();
    for mark in &case.marks {
        for alarm_probability in ALARM_PROBABILITIES {
            let mut counted = Crossings {
                mark: mark.name.clone(),
                level_m: mark.level_m,
                alarm_probability,
                hits: 0,
                misses: 0,
                false_alarms: 0,
            };
            for trial in trials.iter().filter(|t| t.now_m < mark.level_m) {
                let onset = trial.observed_m >= mark.level_m;
                let alarm = trial.lead.probability_at_or_above(mark.level_m) >= alarm_probability;
                counted.hits += usize::from(onset && alarm);
                counted.misses += usize::from(onset && !alarm);
                counted.false_alarms += usize::from(!onset && alarm);
            }
            all.push(counted);
        }
    }
    all
}

impl fmt::Display for Evaluation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self
            .scores
            .iter()
            .map(|s| s.gauge.chars().count())
            .max()
            .unwrap_or(5)
            .max(5);
        writeln!(
            f,
            "{:width$}  lead h  rows  by model  skill  RMSE m  persist.  rate   rising  persist.  CRPS m  cover90  top 5 %  outside",
            "gauge"
        )?;
        for s in &self.scores {
            writeln!(
                f,
                "{:width$}  {:6}  {:4}  {:8}  {:5.2}  {:6.3}  {:8.3}  {:5.3}  {:6.3}  {:8.3}  {:6.4}  {:7.2}  {:7.2}  {:7}",
                s.gauge,
                s.lead_h,
                s.rows,
                s.rows_by_model,
                s.skill,
                s.rmse_m,
                s.rmse_persistence_m,
                s.rmse_rate_of_rise_m,
                s.rmse_rising_m,
                s.rmse_rising_persistence_m,
                s.crps_m,
                s.coverage90,
                s.coverage90_top5,
                s.rows_outside_training,
            )?;
        }
        let marks = self
            .scores
            .iter()
            .flat_map(|s| &s.crossings)
            .map(|c| c.mark.chars().count())
            .max();
        let Some(marks) = marks else { return Ok(()) };
        writeln!(f)?;
        writeln!(
            f,
            "{:width$}  lead h  {:marks$}  level m  alarm at  hits  misses  false",
            "gauge", "mark"
        )?;
        for s in &self.scores {
            for c in s
                .crossings
                .iter()
                .filter(|c| c.hits + c.misses + c.false_alarms > 0)
            {
                writeln!(
                    f,
                    "{:width$}  {:6}  {:marks$}  {:7.2}  {:8.2}  {:4}  {:6}  {:5}",
                    s.gauge,
                    s.lead_h,
                    c.mark,
                    c.level_m,
                    c.alarm_probability,
                    c.hits,
                    c.misses,
                    c.false_alarms,
                )?;
            }
        }
        Ok(())
    }
}
