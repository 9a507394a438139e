//! What to issue, where, and by when at the latest.
//!
//! Everything here is a function of its arguments: no clock, no chance, no file, no network. The crate knows neither
//! the service nor the other crates; whoever calls it translates. The same input gives the same bytes.

mod hazard;
mod id;
mod level;
pub mod shelters;

pub use hazard::Hazard;
pub use id::{FacilityId, ShelterId, SourceId, UnitId};
pub use level::{JmaLevel, OrderLevel};
