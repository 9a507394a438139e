//! The two grids everything is counted on.
//!
//! A fine cell is the cell of the flood zones, 1/3200 x 1/4800 degree, about 25 m. Five by five of them are a cell of the
//! one-eighth mesh, twenty by twenty one census cell: the grids fit into each other exactly.

use geo::{Coord, Point, Polygon, Rect};

const FINE_PER_DEGREE: [f64; 2] = [3_200.0, 4_800.0];
const FINE_PER_EIGHTH: i32 = 5;
/// Fine cells along one side of a census cell.
pub(crate) const FINE_PER_CENSUS: i32 = 20;

/// A fine cell: column from Greenwich, row from the equator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fine(pub(crate) i32, pub(crate) i32);

/// A cell of the one-eighth mesh, counted likewise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Eighth(pub(crate) i32, pub(crate) i32);

impl Fine {
    /// The cell whose south-west corner this is.
    pub(crate) fn with_corner(corner: Coord<f64>) -> Self {
        Self(
            nearest(corner.x * FINE_PER_DEGREE[0]),
            nearest(corner.y * FINE_PER_DEGREE[1]),
        )
    }

    pub(crate) fn centre(self) -> Point<f64> {
        let Self(column, row) = self;
        Point::new(
            (f64::from(column) + 0.5) / FINE_PER_DEGREE[0],
            (f64::from(row) + 0.5) / FINE_PER_DEGREE[1],
        )
    }

    pub(crate) fn eighth(self) -> Eighth {
        Eighth(
            self.0.div_euclid(FINE_PER_EIGHTH),
            self.1.div_euclid(FINE_PER_EIGHTH),
        )
    }
}

impl Eighth {
    /// The first and last cell that a box touches.
    pub(crate) fn range(bounds: Rect<f64>) -> (Self, Self) {
        (Self::holding(bounds.min()), Self::holding(bounds.max()))
    }

    pub(crate) fn centre(self) -> Point<f64> {
        let middle = |a: f64, b: f64| f64::midpoint(a, b);
        let (low, high) = (self.corner(0), self.corner(1));
        Point::new(middle(low.x, high.x), middle(low.y, high.y))
    }

    /// The rectangle of this cell and those east of it in the same row, up to `last`.
    pub(crate) fn run_to(self, last: Self) -> Polygon<f64> {
        Rect::new(self.corner(0), last.corner(1)).to_polygon()
    }

    fn holding(at: Coord<f64>) -> Self {
        let cell =
            |degrees: f64, per: f64| nearest((degrees * per / f64::from(FINE_PER_EIGHTH)).floor());
        Self(
            cell(at.x, FINE_PER_DEGREE[0]),
            cell(at.y, FINE_PER_DEGREE[1]),
        )
    }

    fn corner(self, further: i32) -> Coord<f64> {
        let degrees = |cell: i32, per: f64| f64::from((cell + further) * FINE_PER_EIGHTH) / per;
        Coord {
            x: degrees(self.0, FINE_PER_DEGREE[0]),
            y: degrees(self.1, FINE_PER_DEGREE[1]),
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "at most 360 degrees of 4800 cells"
)]
fn nearest(cells: f64) -> i32 {
    cells.round() as i32
}
