//! The connection against a real mosquitto, which each test starts for itself, and against a broker that misbehaves.

#![allow(clippy::unwrap_used)]

mod acknowledging;
mod broker;
mod large;
mod misbehaving;
mod restarting;
mod service;
mod slow;
mod wire;
