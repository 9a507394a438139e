//! Where the water of each cell runs next (D8), over ground whose hollows are filled.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use geo::Coord;

use crate::ElevationGrid;
use crate::projection::LocalPlane;

/// Flow over the ground of a height model.
///
/// Hollows are filled from the rim by priority flood (Barnes and others 2014): the water of a hollow stands as high as the
/// lowest way out. Water runs to the neighbour of the eight to which it falls most steeply; over level water it takes the
/// way by which the flood came in. So every way ends at the rim of the model or beside a cell without a height.
#[derive(Clone, Debug)]
pub struct FlowField {
    columns: usize,
    filled_cm: Vec<i32>,
    next: Vec<u32>,
}

/// No next cell: the water leaves the model, or there is no height.
const NOWHERE: u32 = u32::MAX;

impl FlowField {
    /// Works out the flow of a whole model.
    #[must_use]
    pub fn over(grid: &ElevationGrid) -> Self {
        let (columns, rows) = grid.size();
        let shape = Cells {
            columns: columns as usize,
            rows: rows as usize,
        };
        let (filled_cm, came_from) = flooded(shape, grid.heights_cm());
        let lengths = Lengths::of(grid);
        let next = (0..shape.count())
            .map(|cell| match grid.heights_cm()[cell] {
                Some(_) => steepest(shape, grid.heights_cm(), &filled_cm, lengths, cell)
                    .unwrap_or(came_from[cell]),
                None => NOWHERE,
            })
            .collect();
        Self {
            columns: shape.columns,
            filled_cm,
            next,
        }
    }

    /// The cell to which the water of a cell runs; nothing where it leaves the model or there is no height. Cells are
    /// counted in rows from the north-west.
    #[must_use]
    pub fn next(&self, cell: usize) -> Option<usize> {
        let next = *self.next.get(cell)?;
        (next != NOWHERE).then_some(next as usize)
    }

    /// The height to which a hollow is filled, centimetres: the height of the ground where it is in none.
    #[must_use]
    pub fn filled_cm(&self, cell: usize) -> Option<i32> {
        self.filled_cm.get(cell).copied()
    }

    /// Cells in one row.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.columns
    }
}

#[derive(Clone, Copy)]
pub(super) struct Cells {
    pub(super) columns: usize,
    pub(super) rows: usize,
}

impl Cells {
    pub(super) fn count(self) -> usize {
        self.columns * self.rows
    }

    /// The up to eight neighbours, from the north-west on, each with its step in columns and rows.
    pub(super) fn around(self, cell: usize) -> impl Iterator<Item = (usize, (i32, i32))> {
        const STEPS: [(i32, i32); 8] = [
            (-1, -1),
            (0, -1),
            (1, -1),
            (-1, 0),
            (1, 0),
            (-1, 1),
            (0, 1),
            (1, 1),
        ];
        let (column, row) = (cell % self.columns, cell / self.columns);
        STEPS.into_iter().filter_map(move |(dx, dy)| {
            let column = stepped(column, dx, self.columns)?;
            let row = stepped(row, dy, self.rows)?;
            Some((row * self.columns + column, (dx, dy)))
        })
    }

    fn on_the_rim(self, cell: usize) -> bool {
        let (column, row) = (cell % self.columns, cell / self.columns);
        column == 0 || row == 0 || column + 1 == self.columns || row + 1 == self.rows
    }
}

fn stepped(at: usize, step: i32, count: usize) -> Option<usize> {
    let at = at.checked_add_signed(isize::try_from(step).ok()?)?;
    (at < count).then_some(at)
}

/// Filled heights, and for each cell the one from which the flood reached it. The same ground gives the same answer: of
/// cells at one height the one found first goes on first.
fn flooded(shape: Cells, heights_cm: &[Option<i32>]) -> (Vec<i32>, Vec<u32>) {
    let mut filled: Vec<i32> = heights_cm.iter().map(|h| h.unwrap_or(i32::MIN)).collect();
    let mut came_from = vec![NOWHERE; shape.count()];
    let mut found = vec![false; shape.count()];
    let mut front = BinaryHeap::new();
    let mut order = 0_u32;
    for (cell, height) in heights_cm.iter().enumerate() {
        let Some(height) = *height else { continue };
        let beside_nothing = || shape.around(cell).any(|(n, _)| heights_cm[n].is_none());
        if shape.on_the_rim(cell) || beside_nothing() {
            found[cell] = true;
            front.push(Reverse((height, order, cell)));
            order += 1;
        }
    }
    while let Some(Reverse((level, _, cell))) = front.pop() {
        for (neighbour, _) in shape.around(cell) {
            let Some(height) = heights_cm[neighbour] else {
                continue;
            };
            if std::mem::replace(&mut found[neighbour], true) {
                continue;
            }
            filled[neighbour] = height.max(level);
            came_from[neighbour] = number(cell);
            front.push(Reverse((filled[neighbour], order, neighbour)));
            order += 1;
        }
    }
    (filled, came_from)
}

/// The neighbour to which the filled ground falls most steeply; nothing where it falls to none. Of equally steep ones the
/// first from the north-west.
fn steepest(
    shape: Cells,
    heights_cm: &[Option<i32>],
    filled_cm: &[i32],
    lengths: Lengths,
    cell: usize,
) -> Option<u32> {
    let mut best: Option<(f64, usize)> = None;
    for (neighbour, step) in shape.around(cell) {
        if heights_cm[neighbour].is_none() || filled_cm[neighbour] >= filled_cm[cell] {
            continue;
        }
        let fall = f64::from(filled_cm[cell]) - f64::from(filled_cm[neighbour]);
        let slope = fall / lengths.of_step(step);
        if best.is_none_or(|(steepest, _)| slope > steepest) {
            best = Some((slope, neighbour));
        }
    }
    best.map(|(_, neighbour)| number(neighbour))
}

/// Metres from the middle of a cell to that of its neighbour, in the middle of the model.
#[derive(Clone, Copy)]
struct Lengths {
    east_m: f64,
    north_m: f64,
}

impl Lengths {
    fn of(grid: &ElevationGrid) -> Self {
        let bounds = grid.bounds();
        let (columns, rows) = grid.size();
        let plane = LocalPlane::at(bounds.center().into());
        let step = plane.metres(Coord {
            x: bounds.center().x + bounds.width() / f64::from(columns),
            y: bounds.center().y - bounds.height() / f64::from(rows),
        });
        Self {
            east_m: step.x,
            north_m: step.y,
        }
    }

    fn of_step(self, (dx, dy): (i32, i32)) -> f64 {
        match (dx, dy) {
            (_, 0) => self.east_m,
            (0, _) => self.north_m,
            _ => self.east_m.hypot(self.north_m),
        }
    }
}

/// A cell in four bytes: a model has at most a hundred million.
pub(super) fn number(cell: usize) -> u32 {
    u32::try_from(cell).expect("an elevation grid holds at most a hundred million cells")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(super) mod tests {
    use geo::{Rect, coord};
    use proptest::prelude::*;

    use super::{Cells, FlowField};
    use crate::ElevationGrid;

    /// Cells of about 10 m.
    pub(in crate::terrain) fn ground(
        columns: u32,
        rows: u32,
        height_cm: impl Fn(u32, u32) -> Option<i32>,
    ) -> ElevationGrid {
        let low = coord! { x: 143.0, y: 42.9 };
        let high =
            coord! { x: 143.0 + 0.00012 * f64::from(columns), y: 42.9 + 0.00009 * f64::from(rows) };
        let heights = (0..rows)
            .flat_map(|row| (0..columns).map(move |column| (column, row)))
            .map(|(column, row)| height_cm(column, row))
            .collect();
        ElevationGrid::new(
            "synthetic".into(),
            Rect::new(low, high),
            columns,
            rows,
            heights,
        )
        .unwrap()
    }

    #[test]
    fn a_hollow_is_filled_up_to_its_lowest_way_out() {
        // A bowl of height 5 in a plain of 10, with a gap of 7 in its western rim.
        let grid = ground(7, 7, |x, y| {
            Some(match (x, y) {
                (2..=4, 2..=4) => 500,
                (0 | 1, 3) => 700,
                _ => 1_000,
            })
        });
        let flow = FlowField::over(&grid);
        assert_eq!(flow.filled_cm(3 * 7 + 3), Some(700));
        assert_eq!(flow.filled_cm(7 + 1), Some(1_000));
        let mut cell = 3 * 7 + 3;
        while let Some(next) = flow.next(cell) {
            cell = next;
        }
        assert_eq!(cell, 3 * 7, "the water leaves by the gap");
    }

    #[test]
    fn water_takes_the_steepest_of_eight_ways() {
        let grid = ground(3, 3, |x, y| {
            Some(if (x, y) == (2, 2) {
                0
            } else {
                1_000 - 10 * i32::try_from(x).unwrap()
            })
        });
        assert_eq!(FlowField::over(&grid).next(4), Some(8));
    }

    proptest! {
        /// The oracle fills by repeating: each cell sinks to the higher of its ground and its lowest neighbour until
        /// nothing changes.
        #[test]
        fn filled_ground_is_that_of_the_plain_method_and_every_way_ends(
            heights in proptest::collection::vec(proptest::option::weighted(0.93, 0..12_i32), 80),
        ) {
            let grid = ground(10, 8, |x, y| heights[(y * 10 + x) as usize]);
            let flow = FlowField::over(&grid);
            let shape = Cells { columns: 10, rows: 8 };
            let open = |cell: usize| shape.on_the_rim(cell) || shape.around(cell).any(|(n, _)| heights[n].is_none());
            let mut plain: Vec<i32> = (0..80)
                .map(|cell| heights[cell].map_or(i32::MIN, |h| if open(cell) { h } else { 1_000 }))
                .collect();
            loop {
                let before = plain.clone();
                for cell in 0..80 {
                    if let Some(height) = heights[cell] && !open(cell) {
                        let lowest = shape.around(cell).map(|(n, _)| plain[n]).min().unwrap();
                        plain[cell] = height.max(lowest);
                    }
                }
                if plain == before { break; }
            }
            for cell in 0..80 {
                prop_assert_eq!(flow.filled_cm(cell), Some(plain[cell]));
                let (mut at, mut steps) = (cell, 0);
                while let Some(next) = flow.next(at) {
                    prop_assert!(plain[next] <= plain[at], "water does not run upward");
                    at = next;
                    steps += 1;
                    prop_assert!(steps <= 80, "a way that comes back to itself");
                }
                prop_assert!(heights[cell].is_none() || open(at), "a way ends only where the model ends");
            }
        }
    }
}
