//! What to issue, where, and by when at the latest.
//!
//! [`recommend`] takes what is known ([`Outlook`]), what the town decided beforehand ([`Policy`]) and what is ordered
//! ([`Orders`]), and gives [`Advice`]: per unit and hazard the level, the reasons and what speaks against them, the people, the
//! way to be safe, and the last moment at which an order still works. [`explain`] writes one of them out in full.
//!
//! Everything here is a function of its arguments: no clock, no chance, no file, no network. The crate knows neither
//! the service nor the other crates; whoever calls it translates. The same input gives the same bytes. Nothing in it can
//! publish.

mod action;
mod advise;
mod criteria;
mod deadline;
mod explain;
mod hazard;
mod id;
mod index;
mod level;
mod outlook;
mod policy;
mod roll;
mod shared;
mod sheaves;
pub mod shelters;
mod town;

pub use action::{Action, ActionSettings, Mode, StayConditions, action, words as action_words};
pub use advise::{
    Advice, ByUnit, Cause, Choice, Complement, Counter, Draft, Examined, FacilityAdvice, Gate,
    GateName, LeftOut, LiftAdvice, Memory, Names, Order, Orders, Uncovered, UnitAdvice,
    check_coverage, complement, recommend, recommend_after,
};
pub use criteria::{
    Answer, Asked, BYTES_MAX, CONDITIONS_MAX, Condition, Criteria, CriteriaError, Finding, Input,
    Kind, NATIONAL, Posture, Seen, Stale, Test, TestResult, changes, evaluate,
};
pub use deadline::{
    Arrival, Briefing, Deadline, DeadlineSettings, Deadlines, Expected, Limit, SettingsError, Span,
    Sun, Term, TermName, Waiting, Workings, arrival, briefing, deadlines, of_facility,
};
pub use explain::{explain, explain_facility, explain_from, has_unknown};
pub use hazard::Hazard;
pub use id::{FacilityId, ShelterId, SourceId, UnitId};
pub use level::{JmaLevel, OrderLevel};
pub use outlook::{
    Forecast, Gauge, Held, Intensity, Lead, Mark, Marks, Observed, Official, Outlook, Product,
    Rain, RainSpan, Report, ReportKind, RiskMap, Tier, Told, TsunamiClass, Voice,
};
pub use policy::{AreaSettings, LatchSettings, LiftSettings, Policy};
pub use roll::UnitSet;
pub use sheaves::Sheaves;
pub use town::{Exposure, Facility, Group, Place, Town, TownError, Unit};
