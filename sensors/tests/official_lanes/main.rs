//! What holds, told by telegrams written here: snapshots, corrections, retractions, companions, silence.

#![allow(clippy::unwrap_used)]

mod ends;
mod order;
mod ringing;
mod stale;
mod telegram;
