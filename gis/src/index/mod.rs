//! Which outlines touch a place, which meet an area, which is nearest: exact, and at a cost that does not grow with the
//! number of corners of an outline.
//!
//! What must stay true:
//!
//! - A place on a line is inside. Every answer is that of `geo`'s `intersects`, which decides with exact arithmetic where
//!   rounding could matter; so do we. Rings that cross themselves count by winding number, as there.
//! - Answers come in the order in which the outlines were given.
//! - An index is built whole. There is no way to change one outline in it.
//!
//! How: the plane is cut into cells, finer where there are more lines ([`grid`]). A cell knows the outlines that cover it
//! whole, and of the others only the pieces of line near it and the winding number at one of its corners. A place is
//! decided by the pieces that lie between it and that corner ([`crossing`]). Boxes around short pieces of line stand in an
//! R-tree for questions about areas and distances ([`pieces`]).

mod areas;
mod at;
mod batch;
mod crossing;
mod exposure;
mod grid;
mod outlines;
mod pack;
mod pieces;
mod rings;
mod shelters;
mod zones;

pub use areas::AreaIndex;
pub use at::OutlinesAt;
pub use exposure::{Exposure, ExposureRow, PlacedFacility, PlacedPeople};
pub use outlines::OutlineIndex;
pub use shelters::{NearShelter, ShelterIndex};
pub use zones::{Zone, ZoneIndex};
