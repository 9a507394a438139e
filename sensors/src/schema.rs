//! The JSON Schemas of what we read, as text.

/// Of the native reading: what our own devices send.
pub const READING: &str = include_str!("../schema/reading.v1.json");
