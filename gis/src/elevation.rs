//! Ground heights on a regular grid (数値標高モデル).

use geo::{Coord, Point, Rect};

/// Heights of the ground at the middles of equal cells, row by row from the north-west, as the national models are written.
#[derive(Clone, Debug, PartialEq)]
pub struct ElevationGrid {
    /// The file it was read from, without its folder.
    pub source: String,
    bounds: Rect<f64>,
    columns: u32,
    rows: u32,
    /// Centimetres; nothing where the model has no height (sea, water, no data).
    heights_cm: Vec<Option<i32>>,
}

impl ElevationGrid {
    /// Most cells of one grid: a 10 km square of 1 m cells.
    pub const CELLS_MAX: usize = 100_000_000;

    /// A grid within these corners (longitude and latitude, degrees), with one height in centimetres per cell.
    ///
    /// Nothing when there are no cells, or too many, or heights and cells do not match in number.
    #[must_use]
    pub fn new(
        source: String,
        bounds: Rect<f64>,
        columns: u32,
        rows: u32,
        heights_cm: Vec<Option<i32>>,
    ) -> Option<Self> {
        let cells = usize::try_from(u64::from(columns) * u64::from(rows)).ok()?;
        let fits = cells > 0 && cells <= Self::CELLS_MAX && cells == heights_cm.len();
        let real = bounds.width() > 0.0 && bounds.height() > 0.0;
        (fits && real).then_some(Self {
            source,
            bounds,
            columns,
            rows,
            heights_cm,
        })
    }

    /// Outer corners, longitude and latitude, degrees.
    #[must_use]
    pub fn bounds(&self) -> Rect<f64> {
        self.bounds
    }

    /// Cells from west to east, and from north to south.
    #[must_use]
    pub fn size(&self) -> (u32, u32) {
        (self.columns, self.rows)
    }

    /// Height of a cell in metres, counted from the north-west; nothing where the model has none.
    #[must_use]
    pub fn height_m(&self, column: u32, row: u32) -> Option<f64> {
        if column >= self.columns || row >= self.rows {
            return None;
        }
        let at =
            usize::try_from(u64::from(row) * u64::from(self.columns) + u64::from(column)).ok()?;
        let cm = self.heights_cm.get(at).copied().flatten()?;
        Some(f64::from(cm) / 100.0)
    }

    /// Middle of a cell, longitude and latitude.
    #[must_use]
    pub fn middle(&self, column: u32, row: u32) -> Point<f64> {
        let (width, height) = self.cell_degrees();
        Point::from(Coord {
            x: self.bounds.min().x + (f64::from(column) + 0.5) * width,
            y: self.bounds.max().y - (f64::from(row) + 0.5) * height,
        })
    }

    /// Height of the cell a place lies in; nothing outside the grid and where the model has none.
    #[must_use]
    pub fn height_at_m(&self, place: Point<f64>) -> Option<f64> {
        let (width, height) = self.cell_degrees();
        let column = cell((place.x() - self.bounds.min().x) / width, self.columns)?;
        let row = cell((self.bounds.max().y - place.y()) / height, self.rows)?;
        self.height_m(column, row)
    }

    /// Heights in centimetres, row by row from the north-west.
    #[must_use]
    pub fn heights_cm(&self) -> &[Option<i32>] {
        &self.heights_cm
    }

    fn cell_degrees(&self) -> (f64, f64) {
        (
            self.bounds.width() / f64::from(self.columns),
            self.bounds.height() / f64::from(self.rows),
        )
    }
}

/// The whole cell; the outer edge belongs to the last one.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the range was checked, and rounding down is meant"
)]
fn cell(position: f64, count: u32) -> Option<u32> {
    if !(0.0..=f64::from(count)).contains(&position) {
        return None;
    }
    Some((position.floor() as u32).min(count - 1))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use geo::{Point, Rect, coord};

    use super::ElevationGrid;

    fn two_by_two() -> ElevationGrid {
        let bounds = Rect::new(coord! {x: 140.0, y: 36.0}, coord! {x: 140.2, y: 36.2});
        ElevationGrid::new(
            "x".into(),
            bounds,
            2,
            2,
            vec![Some(100), Some(200), None, Some(-40)],
        )
        .unwrap()
    }

    #[test]
    fn the_first_height_is_that_of_the_north_west() {
        let grid = two_by_two();
        assert_eq!(grid.height_at_m(Point::new(140.05, 36.15)), Some(1.0));
        assert_eq!(grid.height_at_m(Point::new(140.15, 36.05)), Some(-0.4));
        assert_eq!(grid.height_at_m(grid.middle(1, 0)), Some(2.0));
    }

    #[test]
    fn no_height_is_nothing_and_never_zero() {
        assert_eq!(two_by_two().height_at_m(Point::new(140.05, 36.05)), None);
        assert_eq!(two_by_two().height_at_m(Point::new(139.9, 36.05)), None);
        assert_eq!(two_by_two().height_at_m(Point::new(f64::NAN, 36.05)), None);
    }

    #[test]
    fn heights_that_do_not_match_the_cells_are_no_grid() {
        let bounds = two_by_two().bounds();
        assert_eq!(
            ElevationGrid::new("x".into(), bounds, 2, 2, vec![None; 3]),
            None
        );
        assert_eq!(ElevationGrid::new("x".into(), bounds, 0, 0, vec![]), None);
        assert_eq!(
            ElevationGrid::new("x".into(), bounds, u32::MAX, u32::MAX, vec![]),
            None
        );
    }
}
