//! How forecasts do on water that nobody fitted them to. Models and baselines pass through the same runner.

mod arrival;
mod baselines;
mod bootstrap;
mod examine;
mod forecaster;
mod known;
mod leave_out;
mod measure;
mod onset;
mod reliability;
mod table;

pub use arrival::Arrival;
pub use baselines::{Baseline, BaselineKind};
pub use bootstrap::{Interval, flood_coverage_interval, skill_interval};
pub use examine::{Examined, Trial, examine};
pub use forecaster::Forecaster;
pub use known::{Known, known_figures};
pub use leave_out::leave_floods_out;
pub use measure::GaugeLeadScore;
pub use onset::{Alarm, Crossings, Onset};
pub use reliability::{Reliability, ReliabilityBin};

use crate::case::Case;
use crate::flood::{FitError, FloodModel};
use crate::history::{History, HistoryError};
use serde::{Deserialize, Serialize};

/// Probabilities whose pinball losses stand for the CRPS.
pub const CRPS_PROBABILITIES: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];

/// How models fitted on one history do on another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// One entry per case and lead, in the order of the cases.
    pub scores: Vec<GaugeLeadScore>,
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
    /// A baseline needs readings to learn its errors from.
    #[error("gauge `{gauge}`: nothing to learn the errors {lead_h} h ahead from")]
    NothingToLearn {
        /// The gauge.
        gauge: String,
        /// Hours ahead.
        lead_h: u32,
    },
    /// The least squares of the ridge baseline failed.
    #[error("gauge `{gauge}`: the ridge baseline failed: {why}")]
    Ridge {
        /// The gauge.
        gauge: String,
        /// What linfa says.
        why: String,
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
    let joined = joined(fit, test)?;
    let mut scores = Vec::new();
    for case in cases {
        let fitted = model.fit(fit, case)?;
        scores.extend(examine(&mut &fitted, &joined, test, case, None)?.scores());
    }
    Ok(Evaluation { scores })
}

/// The test with what came before it, so that the first forecasts have something to look back on.
///
/// # Errors
/// When the test begins after the fit ends and the two do not join.
pub fn joined(fit: &History, test: &History) -> Result<History, HistoryError> {
    if test.start() > fit.end() {
        fit.append(test)
    } else {
        Ok(test.clone())
    }
}
