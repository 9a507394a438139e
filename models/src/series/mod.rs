//! Measured series as they stand in a file: any times, any gaps. [`on_grid`] makes a [`History`](crate::History).

mod grid;
mod parquet;
mod table;

pub use grid::{GridError, GridReport, Kind, SeriesGrid, on_grid};
pub use table::{SeriesError, SeriesTable};
