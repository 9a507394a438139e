//! The JSON Schemas of what we read and print, as text.

/// Of the native reading: what our own devices send.
pub const READING: &str = include_str!("../schema/reading.v1.json");
/// Of a line of `hinan decode`.
pub const DECODED: &str = include_str!("../schema/decoded.v1.json");
