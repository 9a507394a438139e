//! Cells of the plane, finer where there are more lines, and what each knows about the outlines near it.
//!
//! A cell holds one of four things: nothing; the one outline that covers it whole; a list; or a grid of smaller cells. A
//! list is a run of words: the outlines that cover the cell, then for each ring with lines near the cell its winding
//! number at the reference of the cell and those edges.

use geo::Coord;

use super::crossing::{
    crosses_level, crosses_upright, eastward, is_above, is_on, is_right_of, northward,
};

/// The cells and their lists.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cells {
    /// Covers everything; nothing where there is no outline.
    pub(crate) first: Option<Grid>,
    /// What the cells of the first grid hold.
    pub(crate) cells: Vec<FirstCell>,
    /// Finer grids and lists. Whatever is inside one cell of the first grid stands together, so that a question that has
    /// to wait for the memory waits for few places of it.
    pub(crate) words: Vec<u32>,
}

/// A cell of the first grid.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FirstCell {
    /// Where its words begin; slots inside it count from there.
    pub(crate) base: u32,
    /// The size of the finer grid that it holds, as that grid begins with it.
    pub(crate) size: u32,
    pub(crate) slot: Slot,
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
}

/// How far the reference of a cell stands outside of it, and twice that an edge counts as near: in cells. It must be
/// far more than rounding and far less than one.
const MARGIN: f64 = 1.0 / 131_072.0;

impl Grid {
    /// A grid over a box.
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
        }
    }

    /// The grid that one of its cells is cut into: nothing of it but its size has to be remembered.
    #[inline]
    pub(crate) fn finer(&self, column: u32, row: u32, size: u32) -> Self {
        let (low, high) = self.corners(column, row);
        Self::over(low, high, size & 0xffff, size >> 16)
    }

    /// Columns and rows in one word.
    pub(crate) fn size(&self) -> u32 {
        self.rows << 16 | self.columns
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

    /// An order in which places that are near each other mostly follow each other, as their words do in memory: row and
    /// column of the cell, and within it row and column of a 256th of its sides. At most 256 cells along a side.
    #[inline]
    pub(crate) fn order(&self, place: Coord<f64>) -> u32 {
        let fine = |position: f64, cells: u32| cell_of(position * 256.0, cells * 256);
        let column = fine(
            (place.x - self.west) * self.columns_per_degree,
            self.columns,
        );
        let row = fine((place.y - self.south) * self.rows_per_degree, self.rows);
        (row >> 8) << 24 | (column >> 8) << 16 | (row & 0xff) << 8 | column & 0xff
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
    /// A list, and where it begins.
    List(u32),
    /// A finer grid, and where it begins: with its size, then its slots, row after row.
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

    /// As it stands among other words.
    pub(crate) fn word(self) -> u32 {
        self.0
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

/// On the way to the finest cell of a place.
#[derive(Clone, Copy)]
pub(crate) struct Step {
    pub(crate) grid: Grid,
    pub(crate) column: u32,
    pub(crate) row: u32,
    pub(crate) cell: FirstCell,
}

impl Step {
    fn reference(&self) -> Coord<f64> {
        self.grid.reference(self.column, self.row)
    }

    /// Where in the words the slot of the place in the finer grid at `at` stands.
    #[inline]
    fn go_finer(&mut self, at: u32, place: Coord<f64>) -> usize {
        self.grid = self.grid.finer(self.column, self.row, self.cell.size);
        (self.column, self.row) = (self.grid.column(place.x), self.grid.row(place.y));
        let slot = self.row * self.grid.columns + self.column;
        self.cell.base as usize + at as usize + 1 + slot as usize
    }
}

impl Cells {
    #[inline]
    fn begin(&self, grid: Grid, place: Coord<f64>) -> Step {
        let (column, row) = (grid.column(place.x), grid.row(place.y));
        Step {
            cell: self.cells[(row * grid.columns + column) as usize],
            grid,
            column,
            row,
        }
    }

    /// Takes the slot at a position for its own; a finer grid tells its size.
    #[inline]
    fn enter(&self, step: &mut Step, slot: usize) {
        step.cell.slot = Slot(self.words[slot]);
        if let Held::Finer(at) = step.cell.slot.held() {
            step.cell.size = self.words[step.cell.base as usize + at as usize];
        }
    }

    /// The finest cell of a place, which must be inside the box of the first grid.
    #[inline]
    pub(crate) fn find(&self, place: Coord<f64>) -> Found<'_> {
        let Some(first) = self.first else {
            return Found::nothing(place);
        };
        let mut step = self.begin(first, place);
        let held = loop {
            match step.cell.slot.held() {
                Held::Finer(at) => {
                    let slot = step.go_finer(at, place);
                    self.enter(&mut step, slot);
                }
                Held::Nothing => break FoundHeld::Nothing,
                Held::Cover(outline) => break FoundHeld::Cover(outline),
                Held::List(at) => break FoundHeld::List(self.list(step.cell.base, at)),
            }
        };
        Found {
            held,
            reference: step.reference(),
        }
    }

    /// The finest cells of some places inside the box of the first grid, put where `found` has room for them: as many as
    /// there are places. All go one step further before any goes the next, so that the memory that each step waits for is
    /// on its way for all of them together.
    pub(crate) fn find_together<'a>(
        &'a self,
        places: &[Coord<f64>],
        room: &mut Together,
        found: &mut [Found<'a>],
    ) {
        let Some(first) = self.first else {
            return;
        };
        let Together { open, slots } = room;
        open.clear();
        let begun = places.iter().map(|place| self.begin(first, *place));
        open.extend((0..places.len()).zip(begun));
        while !open.is_empty() {
            slots.clear();
            open.retain_mut(|(place, step)| {
                let held = match step.cell.slot.held() {
                    Held::Finer(at) => {
                        slots.push(step.go_finer(at, places[*place]));
                        return true;
                    }
                    Held::Nothing => FoundHeld::Nothing,
                    Held::Cover(outline) => FoundHeld::Cover(outline),
                    Held::List(at) => FoundHeld::List(self.list(step.cell.base, at)),
                };
                found[*place] = Found {
                    held,
                    reference: step.reference(),
                };
                false
            });
            for ((_, step), slot) in open.iter_mut().zip(slots.iter()) {
                self.enter(step, *slot);
            }
        }
    }

    /// A list is: number of covers, number of words about rings, the covers, the rings.
    #[inline]
    pub(crate) fn list(&self, base: u32, at: u32) -> List<'_> {
        let at = base as usize + at as usize;
        let (covers, rings) = (self.words[at] as usize, self.words[at + 1] as usize);
        let body = &self.words[at + 2..at + 2 + covers + rings];
        let (covers, rings) = body.split_at(covers);
        List { covers, rings }
    }

    /// What a cell of a finer grid holds that begins at a place of the words of a cell of the first grid, with the step
    /// into that cell.
    pub(crate) fn finer_cell(&self, step: &Step, at: u32, column: u32, row: u32) -> Step {
        let mut finer = Step {
            column,
            row,
            ..*step
        };
        let slot = at as usize + 1 + (row * step.grid.columns + column) as usize;
        self.enter(&mut finer, step.cell.base as usize + slot);
        finer
    }

    pub(crate) fn bytes(&self) -> usize {
        self.cells.capacity() * size_of::<FirstCell>() + self.words.capacity() * size_of::<u32>()
    }
}

/// Room for the steps of some places, to be used again and again.
#[derive(Default)]
pub(crate) struct Together {
    open: Vec<(usize, Step)>,
    slots: Vec<usize>,
}

const HOLE: u32 = 1 << 31;
/// Stands for a winding number or a length that does not fit in its bits: the next two words hold them.
const LONG: u32 = u32::MAX;
const WORDS_MAX: u32 = 0x00ff_ffff;
/// Words of one corner: longitude and latitude, the lower half of each first.
const CORNER: usize = 4;

/// A ring with lines near a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RingNear<'a> {
    pub(crate) outline: u32,
    pub(crate) hole: bool,
    /// Its winding number at the reference of the cell.
    pub(crate) winding: i32,
    /// Its edges near the cell, run after run: the number of edges, then the corners, one more. They stand here once more
    /// although the outlines have them: from here to there would be one more wait for the memory.
    pub(crate) runs: &'a [u32],
}

impl<'a> RingNear<'a> {
    /// The next ring of a list and what follows it.
    #[inline]
    pub(crate) fn read(words: &'a [u32]) -> Option<(Self, &'a [u32])> {
        let [outline, packed, rest @ ..] = words else {
            return None;
        };
        let (winding, length, rest) = if *packed == LONG {
            let [winding, length, rest @ ..] = rest else {
                return None;
            };
            (winding.cast_signed(), *length, rest)
        } else {
            (packed.cast_signed() >> 24, packed & WORDS_MAX, rest)
        };
        let (runs, rest) = rest.split_at_checked(length as usize)?;
        let ring = Self {
            outline: outline & !HOLE,
            hole: outline & HOLE != 0,
            winding,
            runs,
        };
        Some((ring, rest))
    }

    /// Writes a ring. `runs` are its edges near the cell: first coordinate and number of edges, in pairs.
    pub(crate) fn write(
        (outline, hole, winding): (u32, bool, i32),
        runs: &[u32],
        coords: &[Coord<f64>],
        words: &mut Vec<u32>,
    ) {
        words.push(outline | if hole { HOLE } else { 0 });
        let pairs = || {
            runs.chunks_exact(2)
                .map(|run| (run[0] as usize, run[1] as usize))
        };
        let length = pairs().map(|(_, edges)| 1 + CORNER * (edges + 1)).sum();
        let length = super::rings::small(length);
        if (-100..=100).contains(&winding) && length < WORDS_MAX {
            words.push(winding.cast_unsigned() << 24 | length);
        } else {
            words.extend([LONG, winding.cast_unsigned(), length]);
        }
        for (first, edges) in pairs() {
            words.push(super::rings::small(edges));
            for corner in &coords[first..=first + edges] {
                words.extend(halves(corner.x));
                words.extend(halves(corner.y));
            }
        }
    }

    /// Whether something holds for any of its edges near the cell.
    #[inline]
    pub(crate) fn any_edge(&self, mut is: impl FnMut(Coord<f64>, Coord<f64>) -> bool) -> bool {
        let mut words = self.runs;
        while let [edges, rest @ ..] = words {
            let (corners, after) = rest.split_at((*edges as usize + 1) * CORNER);
            let mut corners = corners.chunks_exact(CORNER).map(corner);
            let mut from = corners.next();
            for to in corners {
                if from.is_some_and(|from| is(from, to)) {
                    return true;
                }
                from = Some(to);
            }
            words = after;
        }
        false
    }

    /// The winding number at `place`; nothing where the place is on the ring.
    #[inline]
    pub(crate) fn winding_at(&self, reference: Coord<f64>, place: Coord<f64>) -> Option<i32> {
        let turn = Coord {
            x: reference.x,
            y: place.y,
        };
        let mut winding = self.winding;
        let on = self.any_edge(|a, b| {
            if crosses_level(a, b, place.y) && is_right_of(a, b, place) && !is_right_of(a, b, turn)
            {
                winding += eastward(a, b);
            }
            if crosses_upright(a, b, reference.x)
                && is_above(a, b, turn)
                && !is_above(a, b, reference)
            {
                winding += northward(a, b);
            }
            is_on(a, b, place)
        });
        (!on).then_some(winding)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the lower half is what is wanted"
)]
fn halves(number: f64) -> [u32; 2] {
    let bits = number.to_bits();
    [bits as u32, (bits >> 32) as u32]
}

#[inline]
fn corner(words: &[u32]) -> Coord<f64> {
    let whole = |low: u32, high: u32| f64::from_bits(u64::from(high) << 32 | u64::from(low));
    Coord {
        x: whole(words[0], words[1]),
        y: whole(words[2], words[3]),
    }
}
