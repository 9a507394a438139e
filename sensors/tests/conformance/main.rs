//! Our decoders against messages and vectors that others wrote: the examples of the standards, the bodies of a
//! conformance suite, messages of real networks, and the bytes of real devices.
//!
//! They are read from `senml/`, `sensorthings/` and `lorawan/` (or the same below `protocols/`) in the folder that
//! `HINAN_SAMPLES` names. Every file there is accounted for; each test prints how many there are and what became of them.

#![allow(clippy::unwrap_used)]

mod lorawan;
mod samples;
mod senml;
mod sensorthings;
