//! What must hold for any bytes at all. The ordinary tests of the crate call the same functions.

pub mod official;
pub mod payloads;
