//! How far a level can be trusted.
//!
//! One small function per check ([`range()`], [`season()`], [`gap()`], [`spike()`], [`rate()`], [`flat()`],
//! [`attenuated()`]), joined by rank in a [`Verdict`], and a [`Checker`] per gauge that feeds them as readings arrive. The
//! checks and their limits are those of QARTOD (IOOS, real-time quality control of water levels) with one difference:
//! what was not checked ranks *below* good there and *above* it here, because a gauge nobody checked is not a good
//! gauge. The tests of QARTOD to the letter stand in [`qartod`].
//!
//! What one gauge alone cannot tell, its [`Neighbourhood`] can; what silence means, its [`Cadence`].
//!
//! Nothing is ever dropped. A suspect level is shown and used: a flash flood looks like a spike. A bad level is kept
//! and shown with its flag, but no decision rests on it ([`Flag::usable_for_decisions`]).

mod attenuated;
mod cadence;
mod checker;
mod flat;
mod gap;
mod neighbours;
pub mod qartod;
mod rain;
mod range;
mod rate;
mod season;
mod series;
pub(crate) mod settings;
mod spike;
mod verdict;

pub use attenuated::{AttenuatedLimits, Motion, attenuated};
pub use cadence::{Cadence, Contract, DeviceClass, Patience};
pub use checker::{Checker, Memory, Observed, Revision};
pub use flat::{Stillness, flat};
pub use gap::{GapLimit, gap};
pub use neighbours::{Agreement, Neighbour, Neighbourhood};
pub use rain::{Fallen, RainPast};
pub use range::range;
pub use rate::rate;
pub use season::{Season, season};
pub use series::{ReferenceFlags, judge_series, judge_series_as_reference};
pub use settings::{FlatLimits, InvalidQuality, QualitySettings, RateLimit, Span, SpikeLimits};
pub use spike::{spike, spike_so_far};
pub use verdict::{Check, Doubts, Flag, NoSuchFlag, Verdict};
