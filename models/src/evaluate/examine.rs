use super::{EvaluateError, Forecaster};
use crate::case::Case;
use crate::evaluate::measure::{GaugeLeadScore, measure};
use crate::floods::Floods;
use crate::forecast::{Method, Tier};
use crate::history::History;
use crate::hyper::LEADS_H;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

/// A rise of the test counts as a flood from this share of the gauge's usual range on.
pub(crate) const FLOOD_RISE_SHARE: f64 = 0.07;
/// Quantiles that are kept of every forecast.
pub(crate) const KEPT: [f64; 13] = [
    0.05, 0.1, 0.25, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99,
];

/// One forecast and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trial {
    /// When it was made.
    pub issued: Timestamp,
    /// The level then.
    pub now_m: f64,
    /// The level at the end of the lead.
    pub observed_m: f64,
    /// The median of the forecast.
    pub median_m: f64,
    /// Quantiles at 0.05, 0.1, 0.25, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.98 and 0.99.
    pub quantiles_m: [f64; KEPT.len()],
    /// The level if it goes on rising as in the last hour.
    pub rate_of_rise_m: f64,
    /// Probability that it stands at or above the threshold; `None` without a threshold.
    pub probability: Option<f64>,
    /// Where the median came from.
    pub method: Method,
    /// What the forecast could be built on.
    pub tier: Tier,
    /// Outside what the model was fitted on.
    pub outside_training: bool,
    /// The flood of the test in which the end of the lead lies, counted from 0.
    pub flood: Option<usize>,
}

impl Trial {
    /// One of the kept quantiles.
    ///
    /// # Panics
    /// When `p` is not kept.
    #[must_use]
    pub fn quantile_m(&self, p: f64) -> f64 {
        let place = KEPT.iter().position(|kept| (kept - p).abs() < 1e-9);
        self.quantiles_m[place.expect("a quantile that is kept")]
    }
}

/// When a forecast expects the threshold to be crossed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Issue {
    pub(crate) at: Timestamp,
    /// By the median: as likely as not.
    pub(crate) expected: Option<Timestamp>,
}

/// Every forecast of one gauge on the rows of a test, with what came of it.
#[derive(Clone, Debug)]
pub struct Examined {
    /// What was asked.
    pub case: Case,
    /// The level whose crossing is counted.
    pub threshold_m: Option<f64>,
    /// By lead: hours and trials in the order of time.
    pub leads: Vec<(u32, Vec<Trial>)>,
    /// Moments at which the threshold was really crossed from below, each after at least six hours below.
    pub(crate) crossed: Vec<Timestamp>,
    pub(crate) issues: Vec<Issue>,
}

/// Asks at every reading of `test` and compares with the readings one lead later, within the test.
///
/// `recent` holds the rows of the test and what came before. `threshold_m` is the level whose crossing is counted;
/// the case's marks are counted beside it.
///
/// # Errors
/// [`EvaluateError::NothingToTest`].
pub fn examine(
    forecaster: &mut dyn Forecaster,
    recent: &History,
    test: &History,
    case: &Case,
    threshold_m: Option<f64>,
) -> Result<Examined, EvaluateError> {
    let nothing = |lead_h| EvaluateError::NothingToTest {
        gauge: case.target.clone(),
        lead_h,
    };
    let column = test.gauge_index(&case.target).ok_or_else(|| nothing(0))?;
    let floods = Floods::find(test, column, FLOOD_RISE_SHARE).rows(test, column);
    let mut leads: Vec<(u32, Vec<Trial>)> = LEADS_H.iter().map(|&h| (h, Vec::new())).collect();
    let mut issues = Vec::new();
    for row in 0..test.len() {
        let Some(now_m) = test.level(row, column) else {
            continue;
        };
        let at = test.time(row);
        let forecast = forecaster.forecast(recent, at);
        if let Some(threshold_m) = threshold_m.filter(|threshold_m| now_m < *threshold_m) {
            issues.push(Issue {
                at,
                expected: forecast
                    .crossing_time_range(threshold_m)
                    .and_then(|(_, expected)| expected),
            });
        }
        for (lead_h, trials) in &mut leads {
            let Some(lead) = forecast.leads.iter().find(|l| l.lead_h == *lead_h) else {
                continue;
            };
            let Some((later, observed_m)) = reading_after(test, column, row, *lead_h) else {
                continue;
            };
            trials.push(Trial {
                issued: at,
                now_m,
                observed_m,
                median_m: lead.expected_m,
                quantiles_m: KEPT.map(|p| lead.quantile_m(p)),
                rate_of_rise_m: lead.rate_of_rise_m,
                probability: threshold_m.map(|level_m| lead.probability_at_or_above(level_m)),
                method: lead.method,
                tier: forecast.tier,
                outside_training: lead.outside_training,
                flood: floods[later],
            });
        }
    }
    if let Some((lead_h, _)) = leads.iter().find(|(_, trials)| trials.is_empty()) {
        return Err(nothing(*lead_h));
    }
    Ok(Examined {
        case: case.clone(),
        threshold_m,
        leads,
        crossed: threshold_m.map_or_else(Vec::new, |level_m| {
            super::arrival::crossed(test, column, level_m)
        }),
        issues,
    })
}

impl Examined {
    /// All figures, one entry per lead.
    #[must_use]
    pub fn scores(&self) -> Vec<GaugeLeadScore> {
        self.leads
            .iter()
            .map(|(lead_h, trials)| measure(self, *lead_h, trials))
            .collect()
    }
}

fn reading_after(test: &History, column: usize, row: usize, lead_h: u32) -> Option<(usize, f64)> {
    let end = test
        .time(row)
        .checked_add(SignedDuration::from_hours(i64::from(lead_h)))
        .ok()?;
    let later = test
        .row_at_or_before(end)
        .filter(|later| test.time(*later) == end)?;
    Some((later, test.level(later, column)?))
}
