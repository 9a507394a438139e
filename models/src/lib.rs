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

mod artifact;
mod baseline;
mod card;
mod case;
mod case_file;
mod conformal;
mod csv_history;
pub mod demand;
mod directory;
mod evaluate;
mod features;
mod fetch;
mod flood;
mod floods;
mod follow;
mod forecast;
mod history;
mod hyper;
mod learning;
mod plot;
mod predict;
mod regression;
mod score;
mod series;
mod suggest;
mod trees;
mod watch;
mod zone;

pub use artifact::{
    ARTIFACT_FORMAT, ArtifactError, LeadFigures, MAX_ARTIFACT_BYTES, ModelCard, ModelFile, Words,
    data_sha256_of, recipe_sha256,
};
pub use baseline::without_model;
pub use card::{CARD_FORMAT, Card, DroppedUpstream, LeadCard};
pub use case::{Case, CaseError, MAX_MARKS, MAX_RAIN, MAX_RAIN_FORECAST_H, MAX_UPSTREAM, Mark};
pub use case_file::{CaseFile, CaseFileError, MAX_TARGETS, Period, Split, Target, Threshold, Unit};
pub use directory::{Basin, DirectoryError, Question};
pub use evaluate::{
    Alarm, Arrival, Baseline, BaselineKind, CRPS_PROBABILITIES, Crossings, EvaluateError,
    Evaluation, Examined, Forecaster, GaugeLeadScore, Interval, Known, Onset, Reliability,
    ReliabilityBin, Trial, evaluate, examine, flood_coverage_interval, joined, known_figures,
    leave_floods_out, skill_interval,
};
pub use fetch::predict_each;
pub use flood::{FitError, FittedFloodModel, FloodModel};
pub use floods::Flood;
pub use follow::Follower;
pub use forecast::{GaugeForecast, LeadForecast, Method, Quantile, Tier};
pub use history::{History, HistoryError, MAX_ABS_LEVEL_M, MAX_CELLS, MAX_COLUMNS, MAX_ROWS};
pub use hyper::{Hyper, HyperError};
pub use learning::alarm::AlarmChoice;
pub use plot::{FloodFan, flood_fans, reliability_plot};
pub use score::SkillRecord;
pub use series::{GridError, GridReport, Kind, SeriesError, SeriesGrid, SeriesTable, on_grid};
pub use suggest::{Suggestion, suggest_upstream};
pub use watch::{
    Drift, Duel, DuelTally, FloodJudgement, LeadJudgement, LeadReport, Reason, Standing, Watch,
    WatchReport, WatchSettings,
};
pub use zone::{LABELS_MIN, Label, LabelError, LabelledZone, StagedZone, Zone, ZoneCard};
