//! How far a level can be trusted.
//!
//! One small function per check ([`range()`], [`spike()`], [`rate()`], [`flat()`]), joined by rank in a [`Verdict`], and
//! a [`Checker`] per gauge that feeds them as readings arrive. The checks and their limits are those of QARTOD (IOOS,
//! real-time quality control of water levels) with one difference: what was not checked ranks *below* good there and
//! *above* it here, because a gauge nobody checked is not a good gauge.
//!
//! Nothing is ever dropped. A suspect level is shown and used: a flash flood looks like a spike. A bad level is kept
//! and shown with its flag, but no decision rests on it ([`Flag::usable_for_decisions`]).

mod checker;
mod flat;
pub mod qartod;
mod range;
mod rate;
pub(crate) mod settings;
mod spike;
mod verdict;

pub use checker::{Checker, Memory, Observed, Revision};
pub use flat::{Stillness, flat};
pub use range::range;
pub use rate::rate;
pub use settings::{FlatLimits, InvalidQuality, QualitySettings, RateLimit, Span, SpikeLimits};
pub use spike::{spike, spike_so_far};
pub use verdict::{Check, Flag, NoSuchFlag, Verdict};
