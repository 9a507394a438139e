//! Cells of the plane, finer where there are more lines, and what each knows about the outlines near it.
//!
//! A cell holds one of four things: nothing; the one outline that covers it whole; a list; or a grid of smaller cells. A
//! list is a run of words: the outlines that cover the cell, then for each ring with lines near the cell its winding
//! number at the reference of the cell and which edges those are.

use geo::Coord;

use super::crossing::{
    crosses_level, crosses_upright, eastward, is_above, is_on, is_right_of, northward,
};

/// The cells and their lists.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cells {
    /// The first one covers everything; empty where there is no outline.
    pub(crate) grids: Vec<Grid>,
    pub(crate) slots: Vec<Slot>,
    pub(crate) words: Vec<u32>,
}

/// One grid of cells, `columns` to the east and `rows` to the north.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grid {
    pub(crate) west: f64,
    pub(crate) south: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
    columns_per_degree: f64,
    rows_per_degree: f64,
    pub(crate) columns: u32,
    pub(crate) rows: u32,
    pub(crate) first_slot: u32,
}

/// How far the reference of a cell stands outside of it, and twice that an edge counts as near: in cells. It must be
/// far more than rounding and far less than one.
const MARGIN: f64 = 1.0 / 131_072.0;

impl Grid {
    /// A grid over a box. `first_slot` is set when the slots have their place.
    pub(crate) fn over(low: [f64; 2], high: [f64; 2], columns: u32, rows: u32) -> Self {
        let width = (high[0] - low[0]) / f64::from(columns);
        let height = (high[1] - low[1]) / f64::from(rows);
        Self {
            west: low[0],
            south: low[1],
            width,
            height,
            columns_per_degree: 1.0 / width,
            rows_per_degree: 1.0 / height,
            columns,
            rows,
            first_slot: 0,
        }
    }

    pub(crate) fn cells(&self) -> usize {
        self.columns as usize * self.rows as usize
    }

    /// The column of a longitude; never falls while the longitude rises, rounding included, which is what makes the
    /// answers exact although the border of a cell is not.
    #[inline]
    pub(crate) fn column(&self, x: f64) -> u32 {
        cell_of((x - self.west) * self.columns_per_degree, self.columns)
    }

    /// The row of a latitude.
    #[inline]
    pub(crate) fn row(&self, y: f64) -> u32 {
        cell_of((y - self.south) * self.rows_per_degree, self.rows)
    }

    /// Columns of cells for which something between two longitudes is near.
    pub(crate) fn columns_near(&self, from: f64, to: f64) -> (u32, u32) {
        let margin = 2.0 * MARGIN * self.width;
        (self.column(from - margin), self.column(to + margin))
    }

    /// Rows of cells for which something between two latitudes is near.
    pub(crate) fn rows_near(&self, from: f64, to: f64) -> (u32, u32) {
        let margin = 2.0 * MARGIN * self.height;
        (self.row(from - margin), self.row(to + margin))
    }

    /// A touch west of and below everything in this column and row.
    #[inline]
    pub(crate) fn reference(&self, column: u32, row: u32) -> Coord<f64> {
        Coord {
            x: self.west + (f64::from(column) - MARGIN) * self.width,
            y: self.south + (f64::from(row) - MARGIN) * self.height,
        }
    }

    pub(crate) fn corners(&self, column: u32, row: u32) -> ([f64; 2], [f64; 2]) {
        let west = self.west + f64::from(column) * self.width;
        let south = self.south + f64::from(row) * self.height;
        ([west, south], [west + self.width, south + self.height])
    }
}

#[inline]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates, and both ends are cells"
)]
fn cell_of(position: f64, cells: u32) -> u32 {
    (position as u32).min(cells - 1)
}

/// What a cell holds, in one word: two bits of kind, thirty of value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot(u32);

/// The same, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    Nothing,
    /// One outline covers the cell, and no line is near.
    Cover(u32),
    /// A list, and where it begins in the words.
    List(u32),
    /// A finer grid.
    Finer(u32),
}

impl Slot {
    pub(crate) const VALUE_MAX: u32 = (1 << 30) - 1;

    pub(crate) fn of(held: Held) -> Self {
        let (kind, value) = match held {
            Held::Nothing => (0, 0),
            Held::Cover(outline) => (1, outline),
            Held::List(word) => (2, word),
            Held::Finer(grid) => (3, grid),
        };
        assert!(
            value <= Self::VALUE_MAX,
            "files are limited to far fewer outlines and lines than 2^30"
        );
        Self(kind << 30 | value)
    }

    /// The same cell where lists and grids stand so many places further on.
    pub(crate) fn moved(self, words: u32, grids: u32) -> Self {
        match self.held() {
            Held::List(word) => Self::of(Held::List(word + words)),
            Held::Finer(finer) => Self::of(Held::Finer(finer + grids)),
            Held::Nothing | Held::Cover(_) => self,
        }
    }

    #[inline]
    pub(crate) fn held(self) -> Held {
        let value = self.0 & Self::VALUE_MAX;
        match self.0 >> 30 {
            0 => Held::Nothing,
            1 => Held::Cover(value),
            2 => Held::List(value),
            _ => Held::Finer(value),
        }
    }
}

/// The cell a place is in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found<'a> {
    pub(crate) held: FoundHeld<'a>,
    pub(crate) reference: Coord<f64>,
}

impl Found<'_> {
    /// Where there is no cell.
    pub(crate) fn nothing(place: Coord<f64>) -> Self {
        Self {
            held: FoundHeld::Nothing,
            reference: place,
        }
    }
}

/// What that cell holds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FoundHeld<'a> {
    Nothing,
    Cover(u32),
    /// A list that was not looked at yet.
    Word(u32),
    List(List<'a>),
}

/// The list of a cell.
#[derive(Clone, Copy, Debug)]
pub(crate) struct List<'a> {
    /// Outlines that cover the cell, ascending.
    pub(crate) covers: &'a [u32],
    /// Rings with lines near the cell, see [`RingNear::read`]; ascending by outline, its outer ring first.
    pub(crate) rings: &'a [u32],
}

impl Cells {
    /// The finest cell of a place, which must be inside the box of the first grid.
    #[inline]
    pub(crate) fn find(&self, place: Coord<f64>) -> Found<'_> {
        let mut grid = match self.grids.first() {
            Some(grid) => grid,
            None => return Found::nothing(place),
        };
        loop {
            let (column, row) = (grid.column(place.x), grid.row(place.y));
            let slot = grid.first_slot + row * grid.columns + column;
            let held = match self.slots[slot as usize].held() {
                Held::Finer(finer) => {
                    grid = &self.grids[finer as usize];
                    continue;
                }
                Held::Nothing => FoundHeld::Nothing,
                Held::Cover(outline) => FoundHeld::Cover(outline),
                Held::List(word) => FoundHeld::List(self.list(word)),
            };
            return Found {
                held,
                reference: grid.reference(column, row),
            };
        }
    }

    /// The finest cells of some places inside the box of the first grid, put where `found` has room for them: as many as
    /// there are places. All go one step further before any goes the next, so that the memory that each step waits for is
    /// on its way for all of them together.
    pub(crate) fn find_together<'a>(&'a self, places: &[Coord<f64>], found: &mut [Found<'a>]) {
        if self.grids.is_empty() {
            return;
        }
        let mut open: Vec<(usize, u32)> = (0..places.len()).map(|place| (place, 0)).collect();
        let mut slots: Vec<u32> = Vec::with_capacity(open.len());
        while !open.is_empty() {
            slots.clear();
            slots.extend(open.iter().map(|(place, grid)| {
                let grid = &self.grids[*grid as usize];
                let (column, row) = (grid.column(places[*place].x), grid.row(places[*place].y));
                found[*place].reference = grid.reference(column, row);
                grid.first_slot + row * grid.columns + column
            }));
            let mut finer = 0;
            for (n, slot) in slots.iter().enumerate() {
                let (place, _) = open[n];
                found[place].held = match self.slots[*slot as usize].held() {
                    Held::Finer(grid) => {
                        open[finer] = (place, grid);
                        finer += 1;
                        continue;
                    }
                    Held::Nothing => FoundHeld::Nothing,
                    Held::Cover(outline) => FoundHeld::Cover(outline),
                    Held::List(word) => FoundHeld::Word(word),
                };
            }
            open.truncate(finer);
        }
        for found in found.iter_mut() {
            if let FoundHeld::Word(word) = found.held {
                found.held = FoundHeld::List(self.list(word));
            }
        }
    }

    /// A list is: number of covers, number of words about rings, the covers, the rings.
    #[inline]
    pub(crate) fn list(&self, word: u32) -> List<'_> {
        let at = word as usize;
        let (covers, rings) = (self.words[at] as usize, self.words[at + 1] as usize);
        let body = &self.words[at + 2..at + 2 + covers + rings];
        let (covers, rings) = body.split_at(covers);
        List { covers, rings }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.grids.capacity() * size_of::<Grid>()
            + self.slots.capacity() * size_of::<Slot>()
            + self.words.capacity() * size_of::<u32>()
    }
}

const HOLE: u32 = 1 << 31;
/// Stands for a winding number or a count that does not fit in its bits: the next two words hold them.
const LONG: u32 = u32::MAX;
const RUNS_MAX: u32 = 0x00ff_ffff;

/// A ring with lines near a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RingNear<'a> {
    pub(crate) outline: u32,
    pub(crate) hole: bool,
    /// Its winding number at the reference of the cell.
    pub(crate) winding: i32,
    /// First coordinate and number of edges, in pairs.
    pub(crate) runs: &'a [u32],
}

impl<'a> RingNear<'a> {
    /// The next ring of a list and what follows it.
    #[inline]
    pub(crate) fn read(words: &'a [u32]) -> Option<(Self, &'a [u32])> {
        let [outline, packed, rest @ ..] = words else {
            return None;
        };
        let (winding, runs, rest) = if *packed == LONG {
            let [winding, runs, rest @ ..] = rest else {
                return None;
            };
            (winding.cast_signed(), *runs, rest)
        } else {
            (packed.cast_signed() >> 24, packed & RUNS_MAX, rest)
        };
        let (runs, rest) = rest.split_at_checked(runs as usize * 2)?;
        let ring = Self {
            outline: outline & !HOLE,
            hole: outline & HOLE != 0,
            winding,
            runs,
        };
        Some((ring, rest))
    }

    pub(crate) fn write(self, words: &mut Vec<u32>) {
        words.push(self.outline | if self.hole { HOLE } else { 0 });
        let runs = super::rings::small(self.runs.len() / 2);
        let packed = self.winding.cast_unsigned() << 24 | runs & RUNS_MAX;
        if (-100..=100).contains(&self.winding) && runs < RUNS_MAX {
            words.push(packed);
        } else {
            words.extend([LONG, self.winding.cast_unsigned(), runs]);
        }
        words.extend_from_slice(self.runs);
    }

    /// The winding number at `place`; nothing where the place is on the ring.
    #[inline]
    pub(crate) fn winding_at(
        &self,
        coords: &[Coord<f64>],
        reference: Coord<f64>,
        place: Coord<f64>,
    ) -> Option<i32> {
        let turn = Coord {
            x: reference.x,
            y: place.y,
        };
        let mut winding = self.winding;
        for run in self.runs.chunks_exact(2) {
            let first = run[0] as usize;
            for edge in coords[first..=first + run[1] as usize].windows(2) {
                let (a, b) = (edge[0], edge[1]);
                if is_on(a, b, place) {
                    return None;
                }
                if crosses_level(a, b, place.y)
                    && is_right_of(a, b, place)
                    && !is_right_of(a, b, turn)
                {
                    winding += eastward(a, b);
                }
                if crosses_upright(a, b, reference.x)
                    && is_above(a, b, turn)
                    && !is_above(a, b, reference)
                {
                    winding += northward(a, b);
                }
            }
        }
        Some(winding)
    }
}
