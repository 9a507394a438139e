//! What holds for every page, whatever it is told.

#![allow(clippy::unwrap_used)]

mod deciding;
mod drawings;
mod every_page;
mod filled;
mod public;
mod reading;
#[path = "../../examples/sample/mod.rs"]
mod sample;
