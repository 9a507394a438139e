//! One file per public alert system.

pub mod atom;
pub mod cap;
pub mod mqtt;
