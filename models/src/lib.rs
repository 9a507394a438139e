//! What may happen next: river levels, with their doubt.
//!
//! A [`FloodModel`] is a recipe and cannot predict. Fitting it to a [`History`] for one [`Case`] (which gauge,
//! what lies upstream, which reference levels matter) gives a [`FittedFloodModel`], and only that can make a
//! [`GaugeForecast`]. Where nothing was fitted, [`without_model`] says what the last readings alone say.
//!
//! A recipe that was not fitted has nothing to predict with, and the compiler knows:
//!
//! ```compile_fail,E0599
//! # use hinan_models::{FloodModel, History, Hyper};
//! # fn ask(recent: &History) -> Result<(), Box<dyn std::error::Error>> {
//! let model = FloodModel::new(Hyper::default())?;
//! model.predict(recent, recent.end());
//! # Ok(())
//! # }
//! ```
//!
//! ```
//! # use hinan_models::{Case, FloodModel, History, Hyper};
//! # fn ask(recent: &History, case: &Case) -> Result<(), Box<dyn std::error::Error>> {
//! let model = FloodModel::new(Hyper::default())?.fit(recent, case)?;
//! model.predict(recent, recent.end());
//! # Ok(())
//! # }
//! ```
//!
//! Everything here is a function of its arguments: no clock, no randomness, and no files but in [`Basin::open`]. The
//! same readings give the same bytes.

mod baseline;
mod card;
mod case;
mod case_file;
mod conformal;
mod csv_history;
mod directory;
mod evaluate;
mod features;
mod flood;
mod floods;
mod follow;
mod forecast;
mod history;
mod hyper;
mod learning;
mod predict;
mod regression;
mod score;
mod series;
mod trees;

pub use baseline::without_model;
pub use card::{CARD_FORMAT, Card, DroppedUpstream, LeadCard};
pub use case::{Case, CaseError, MAX_MARKS, MAX_RAIN, MAX_RAIN_FORECAST_H, MAX_UPSTREAM, Mark};
pub use case_file::{CaseFile, CaseFileError, MAX_TARGETS, Period, Split, Target, Threshold, Unit};
pub use directory::{Basin, DirectoryError, Question};
pub use evaluate::{
    Alarm, Arrival, Baseline, BaselineKind, CRPS_PROBABILITIES, Crossings, EvaluateError,
    Evaluation, Examined, Forecaster, GaugeLeadScore, Known, Onset, Reliability, ReliabilityBin,
    Trial, evaluate, examine, joined, known_figures,
};
pub use flood::{FitError, FittedFloodModel, FloodModel};
pub use floods::Flood;
pub use follow::{Follower, LeadStanding};
pub use forecast::{GaugeForecast, LeadForecast, Method, Quantile, Tier};
pub use history::{History, HistoryError, MAX_ABS_LEVEL_M, MAX_CELLS, MAX_COLUMNS, MAX_ROWS};
pub use hyper::{Hyper, HyperError};
pub use score::SkillRecord;
pub use series::{GridError, GridReport, Kind, SeriesError, SeriesGrid, SeriesTable, on_grid};
