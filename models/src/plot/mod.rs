//! Drawings of an evaluation, as SVG: they are text, so that they can be compared and need no library.

mod canvas;
mod flood;
mod reliability;

pub use flood::{FloodFan, flood_fans};
pub use reliability::reliability_plot;
