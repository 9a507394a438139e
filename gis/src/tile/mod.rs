//! Maps for a browser, from our own server: vector tiles, and the same things as GeoJSON and tables.
//!
//! What must stay true:
//!
//! - Tiles, GeoJSON and tables are views of one [`Theme`]: nothing is in one that is not in the others.
//! - The same town gives the same bytes.
//! - Neighbours keep their common line at every zoom; what is at least a pixel long is never lost.
//! - A tile has a limit. What it leaves out is counted and said.

mod atlas;
pub(crate) mod clip;
mod encode;
mod layer_themes;
mod mercator;
mod pyramid;
mod raster;
mod shelf;
mod theme;
mod themes;

pub use atlas::{Atlas, Found, Sheet};
pub use layer_themes::layer_themes;
pub use mercator::{EXTENT, TileId, ZOOM_MAX};
pub use pyramid::{Pyramid, PyramidReport, Tile};
pub use shelf::{PackedTile, Packing, Shelf, ShelfReport};
pub use theme::{Column, Drawing, Item, Theme, Value};
pub use themes::{road_theme, themes, zone_theme};
