//! Packets in, quality-flagged observations out.
//!
//! A water level comes this way, forwards only:
//!
//! [`connect`] (the broker) → [`decide()`] (what the packet means; [`payload`] reads it, [`TopicRule`] names its
//! station) → [`quality`] (how far the level can be trusted) → whoever keeps observations, and only then the
//! acknowledgement back to the broker. How the gauges themselves are, [`health()`] says at any moment.
//!
//! Only [`connect`] waits, talks to a network or draws a chance. Everything else is a function of its arguments.
//! This crate knows no zones, no models and no officers.

pub mod connect;
mod decide;
pub mod decoded;
mod device;
mod health;
mod level;
pub mod observation;
pub mod official;
pub mod payload;
pub mod quality;
mod refusal;
mod rules;
pub mod schema;
mod station;
mod topic;

pub use decide::{Beside, Decided, Known, Limits, Packet, Reading, decide};
pub use decoded::recognise_file;
pub use device::{Device, Devices, InvalidDevice};
pub use health::{Health, Heard, Held, Reason as HealthReason, Recalled, State, health};
pub use payload::native_payload;
pub use quality::settings::{FlatLimits, QualitySettings, RateLimit, Span, SpikeLimits};
pub use refusal::Refusal;
pub use rules::{FormatRule, InvalidTopicFilter, InvalidTopicRules, TopicFilter, TopicRules};
pub use station::{InvalidStation, Station, StationId, Stations};
pub use topic::{InvalidTopicRule, TopicRule};
