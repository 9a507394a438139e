//! Our checks against the reference implementation of QARTOD: every call recorded from its own tests, and its flags on
//! a real gauge.
//!
//! Both are read from `qartod/` (or `protocols/qartod/`) below the folder that `HINAN_SAMPLES` names.

#![allow(clippy::unwrap_used)]

mod decisions;
mod gauge;
mod samples;
mod vectors;
