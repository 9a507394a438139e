//! Hinan (避難): flood decision support for a municipality's disaster room.
//!
//! Data flows one way: sensors → quality control → gis + models → recommend → approve → publish → dashboard.
//! The modules stand in that order in `ARCHITECTURE.md`. The service only recommends: what leaves the town hall
//! was read and approved, byte for byte, by a named and authorised official.

pub mod apart;
pub mod app;
pub mod approve;
pub mod arrivals;
pub mod artifacts;
pub mod bridge;
mod broker_counts;
pub mod brokers;
pub mod chance;
pub mod checkpoint;
pub mod cli;
pub mod clock;
pub mod concern;
pub mod config;
pub mod demo;
pub mod desk;
pub mod devices;
pub mod digest;
mod distrust;
pub mod door;
pub mod engine;
pub mod events;
pub mod fault;
pub mod flood_labels;
mod forget;
pub mod freshness;
pub mod intake;
pub mod maps;
pub mod model_use;
pub mod newest;
mod noted;
pub mod official;
pub mod oidc;
pub mod outlook;
mod own_certificate;
pub mod passkey;
pub mod password;
pub mod presence;
mod private_file;
pub mod publish;
pub mod realm;
pub mod recommend;
pub mod replay;
pub mod run;
pub mod second_factor;
pub mod situation;
pub mod station_state;
pub mod stop_signal;
pub mod store;
mod tell;
mod tend;
pub mod town;
pub mod vault;
pub mod web;
mod witness;
