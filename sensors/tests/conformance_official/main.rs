//! Official information that was really sent, or published by its agencies as samples: every file decodes as its index and
//! its expected output say, and every refusal has its stated reason.
//!
//! The files are read from `protocols/` below the folder that `HINAN_SAMPLES` names.

#![allow(clippy::unwrap_used)]

mod cap;
/// The targets of the fuzzer: the same functions, with a bounded number of inputs.
#[allow(unreachable_pub, reason = "public in the fuzzer's own crate")]
#[path = "../../fuzz/src/official.rs"]
mod fuzzed;
mod hostile;
mod jma_json;
mod jma_xml;
mod lalert;
mod lanes;
mod mutated;
mod samples;
mod seismic;
mod seismic_shape;
mod wis2;
