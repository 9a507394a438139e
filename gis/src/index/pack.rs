//! Cutting the plane into cells: what each cell must know is worked out from what the larger cell around it knows.

use geo::Coord;
use rayon::prelude::*;

use super::crossing::{crosses_level, crosses_upright, eastward, is_above, is_right_of, northward};
use super::grid::{Cells, FirstCell, Grid, Held, RingNear, Slot};
use super::rings::{Ring, Rings, bounds_of, small};

/// A cell with at most this many edges near it is not cut further: where outlines meet in a corner, smaller cells would
/// hold the same edges.
const EDGES_MAX: usize = 14;
/// How many edges a finer cell should have near it on average.
const EDGES_WANTED: usize = 3;
/// The same for the first cut, which is coarse so that its cells stay in the fast memory of the processor.
const EDGES_WANTED_FIRST: usize = 600;
/// Cells along one side of a grid.
const SIDE_MAX: u32 = 256;
/// Cuts within cuts; where this many did not part the edges, they nearly coincide.
const DEPTH_MAX: u32 = 7;

/// Pairs of outline and cell that one grid may have to remember for so many edges; outlines of real layers need about
/// one for each edge.
fn pairs_max(edges: usize) -> usize {
    16 * edges + 16_384
}

/// The cells for all outlines.
pub(crate) fn pack(rings: &Rings) -> Cells {
    let coords = rings.coords();
    let Some((low, high)) = bounds_of(coords) else {
        return Cells::default();
    };
    let greatest = coords
        .iter()
        .fold(f64::MIN_POSITIVE, |m, c| m.max(c.x.abs()).max(c.y.abs()));
    let packer = Packer {
        coords,
        cell_min: greatest / f64::from(1 << 30),
    };
    // A box without width still gets cells.
    let side = |n: usize| (high[n] - low[n]).max(packer.cell_min * 8.0);
    let high = [low[0] + side(0), low[1] + side(1)];
    let content = Content::of(rings.all());
    let cut = packer.cut(low, high, content.runs_edges(), EDGES_WANTED_FIRST);
    let before_all = Coord {
        x: low[0] - side(0),
        y: low[1] - side(1),
    };
    let grid = packer.grid(&content, (low, high), cut, before_all);
    let cells = packer.distribute(&content, &grid, before_all);
    drop(content);
    let packed: Vec<(Vec<u32>, Slot)> = (0..small(grid.cells()))
        .into_par_iter()
        .map(|cell| {
            let (column, row) = (cell % grid.columns, cell / grid.columns);
            let mut own = Vec::new();
            let slot = packer.pack_cell(
                cells.content(cell),
                grid.corners(column, row),
                grid.reference(column, row),
                1,
                &mut own,
            );
            (own, slot)
        })
        .collect();
    drop(cells);
    joined(grid, packed)
}

/// Puts the parts of the first grid's cells one behind the other.
fn joined(grid: Grid, packed: Vec<(Vec<u32>, Slot)>) -> Cells {
    let mut words = Vec::with_capacity(packed.iter().map(|(own, _)| own.len()).sum());
    let mut cells = Vec::with_capacity(packed.len());
    for (own, slot) in packed {
        cells.push(FirstCell {
            base: small(words.len()),
            size: match slot.held() {
                Held::Finer(at) => own[at as usize],
                Held::Nothing | Held::Cover(_) | Held::List(_) => 0,
            },
            slot,
        });
        words.extend(own);
    }
    Cells {
        first: Some(grid),
        cells,
        words,
    }
}

/// What is known about the inside of a cell.
#[derive(Debug, Default)]
struct Content {
    /// Outlines that cover it, ascending.
    covers: Vec<u32>,
    /// Rings with edges near it, in the order of the outlines, an outer ring before its holes.
    rings: Vec<RingHere>,
    /// First coordinate and number of edges, in pairs.
    runs: Vec<u32>,
}

#[derive(Clone, Copy, Debug)]
struct RingHere {
    outline: u32,
    hole: bool,
    /// At the reference of the cell.
    winding: i32,
    /// Whether all of its edges are near the cell.
    whole: bool,
    edges: u32,
    /// Its runs: pairs of `runs` from here on.
    first_run: u32,
    runs: u32,
}

impl Content {
    fn of(rings: impl Iterator<Item = Ring>) -> Self {
        let mut content = Self::default();
        for ring in rings {
            content.rings.push(RingHere {
                outline: ring.polygon,
                hole: ring.hole,
                winding: 0,
                whole: true,
                edges: ring.edges(),
                first_run: small(content.runs.len() / 2),
                runs: 1,
            });
            content.runs.extend([ring.first, ring.edges()]);
        }
        content
    }

    fn runs_of(&self, ring: &RingHere) -> &[u32] {
        let first = ring.first_run as usize * 2;
        &self.runs[first..first + ring.runs as usize * 2]
    }

    fn runs_edges(&self) -> usize {
        self.rings.iter().map(|ring| ring.edges as usize).sum()
    }
}

struct Packer<'a> {
    coords: &'a [Coord<f64>],
    /// Smaller cells would come near the rounding of coordinates.
    cell_min: f64,
}

impl Packer<'_> {
    fn pack_cell(
        &self,
        content: Content,
        (low, high): ([f64; 2], [f64; 2]),
        reference: Coord<f64>,
        depth: u32,
        own: &mut Vec<u32>,
    ) -> Slot {
        let edges = content.runs_edges();
        if content.rings.is_empty() {
            match content.covers[..] {
                [] => return Slot::of(Held::Nothing),
                [outline] => return Slot::of(Held::Cover(outline)),
                _ => {}
            }
        }
        let cut = self.cut(low, high, edges, EDGES_WANTED);
        if edges <= EDGES_MAX || depth == DEPTH_MAX || cut == (1, 1) {
            return self.written(&content, own);
        }
        let grid = self.grid(&content, (low, high), cut, reference);
        let (columns, rows) = (grid.columns, grid.rows);
        if columns * rows == 1 {
            return self.written(&content, own);
        }
        let cells = self.distribute(&content, &grid, reference);
        // Where several cells still have most of the edges, these lie on one another: smaller cells would only hold them
        // again.
        let full = (0..small(grid.cells()))
            .filter(|cell| cells.edges.of(*cell).len() * 4 > edges * 3)
            .count();
        if full > 1 {
            return self.written(&content, own);
        }
        drop(content);
        let at = own.len();
        own.push(grid.size());
        own.resize(own.len() + grid.cells(), Slot::of(Held::Nothing).word());
        for cell in 0..small(grid.cells()) {
            let (column, row) = (cell % columns, cell / columns);
            let slot = self.pack_cell(
                cells.content(cell),
                grid.corners(column, row),
                grid.reference(column, row),
                depth + 1,
                own,
            );
            own[at + 1 + cell as usize] = slot.word();
        }
        Slot::of(Held::Finer(small(at)))
    }

    /// A list of all that a cell knows.
    fn written(&self, content: &Content, words: &mut Vec<u32>) -> Slot {
        let at = words.len();
        words.extend([small(content.covers.len()), 0]);
        words.extend_from_slice(&content.covers);
        let body = words.len();
        for ring in &content.rings {
            RingNear::write(
                (ring.outline, ring.hole, ring.winding),
                content.runs_of(ring),
                self.coords,
                words,
            );
        }
        words[at + 1] = small(words.len() - body);
        Slot::of(Held::List(small(at)))
    }

    /// The grid of a cut, with fewer cells where it would have to remember more than it saves: many outlines over one
    /// another are remembered by every cell.
    fn grid(
        &self,
        content: &Content,
        (low, high): ([f64; 2], [f64; 2]),
        (mut columns, mut rows): (u32, u32),
        reference: Coord<f64>,
    ) -> Grid {
        let most = pairs_max(content.runs_edges());
        loop {
            let grid = Grid::over(low, high, columns, rows);
            if columns * rows == 1 || self.pairs(content, &grid, reference) <= most {
                return grid;
            }
            (columns, rows) = (columns.div_ceil(2), rows.div_ceil(2));
        }
    }

    /// How many pairs of outline and cell a grid has to remember, at most.
    fn pairs(&self, content: &Content, grid: &Grid, reference: Coord<f64>) -> usize {
        let rings: usize = content
            .rings
            .iter()
            .map(|ring| {
                let spread = Spread {
                    coords: self.coords,
                    grid,
                    reference,
                    runs: content.runs_of(ring),
                };
                let block = spread.block(ring);
                let (columns, rows) = (block.east - block.west + 1, block.north - block.south + 1);
                columns as usize * rows as usize
            })
            .sum();
        rings + content.covers.len() * grid.cells()
    }

    /// Into how many columns and rows a box is cut, so that cells are about as wide as high and hold the edges wanted.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a rough number of cells; the cast saturates and is limited"
    )]
    fn cut(&self, low: [f64; 2], high: [f64; 2], edges: usize, wanted: usize) -> (u32, u32) {
        let (width, height) = (high[0] - low[0], high[1] - low[1]);
        let cells = (edges as f64 / wanted as f64).max(1.0);
        let limited = |side: f64, length: f64| {
            let at_most = (length / self.cell_min).min(f64::from(SIDE_MAX));
            (side.ceil().min(at_most) as u32).max(1)
        };
        (
            limited((cells * width / height).sqrt(), width),
            limited((cells * height / width).sqrt(), height),
        )
    }

    /// Tells the cells of a grid what they know, from what is known about all of them together at `reference`, which lies
    /// west of and below their own references.
    fn distribute(&self, content: &Content, grid: &Grid, reference: Coord<f64>) -> Distributed {
        let mut marks = Vec::new();
        let mut edges = Vec::new();
        let mut scratch = Scratch::default();
        for (number, ring) in content.rings.iter().enumerate() {
            let spread = Spread {
                coords: self.coords,
                grid,
                reference,
                runs: content.runs_of(ring),
            };
            spread.ring(small(number), ring, &mut scratch, &mut marks, &mut edges);
        }
        Distributed {
            covers: content.covers.clone(),
            rings: content.rings.clone(),
            marks: ByCell::sorted(&marks, grid.cells(), |mark| mark.cell),
            edges: ByCell::sorted(&edges, grid.cells(), |edge| edge.cell),
        }
    }
}

/// A ring that has edges near a cell or winds around it.
#[derive(Clone, Copy, Debug, Default)]
struct Mark {
    cell: u32,
    ring: u32,
    winding: i32,
}

/// An edge near a cell.
#[derive(Clone, Copy, Debug, Default)]
struct EdgeNear {
    cell: u32,
    ring: u32,
    edge: u32,
}

/// Things by cell, each cell's own in the order in which they came.
struct ByCell<T> {
    starts: Vec<u32>,
    sorted: Vec<T>,
}

impl<T: Copy + Default> ByCell<T> {
    fn sorted(things: &[T], cells: usize, cell: impl Fn(&T) -> u32) -> Self {
        let mut starts = vec![0_u32; cells + 1];
        for thing in things {
            starts[cell(thing) as usize + 1] += 1;
        }
        for n in 0..cells {
            starts[n + 1] += starts[n];
        }
        let mut next = starts.clone();
        let mut sorted = vec![T::default(); things.len()];
        for thing in things {
            let place = &mut next[cell(thing) as usize];
            sorted[*place as usize] = *thing;
            *place += 1;
        }
        Self { starts, sorted }
    }

    fn of(&self, cell: u32) -> &[T] {
        let cell = cell as usize;
        &self.sorted[self.starts[cell] as usize..self.starts[cell + 1] as usize]
    }
}

/// What the cells of one grid know.
struct Distributed {
    covers: Vec<u32>,
    rings: Vec<RingHere>,
    marks: ByCell<Mark>,
    edges: ByCell<EdgeNear>,
}

impl Distributed {
    fn content(&self, cell: u32) -> Content {
        let mut content = Content::default();
        let mut edges = self.edges.of(cell);
        let marks = self.marks.of(cell);
        let outline = |mark: &Mark| self.rings[mark.ring as usize].outline;
        for marks in marks.chunk_by(|a, b| outline(a) == outline(b)) {
            self.add_outline(marks, &mut edges, &mut content);
        }
        if !self.covers.is_empty() {
            content.covers.extend_from_slice(&self.covers);
            content.covers.sort_unstable();
        }
        content
    }

    /// Adds one outline to the content of a cell. An outline is left out where its outer ring does not reach the cell, or
    /// where one of its holes covers the cell.
    fn add_outline(&self, marks: &[Mark], edges: &mut &[EdgeNear], content: &mut Content) {
        let (before, runs_before) = (content.rings.len(), content.runs.len());
        let mut swallowed = false;
        for mark in marks {
            let ring = self.rings[mark.ring as usize];
            let near = edges.partition_point(|edge| edge.ring <= mark.ring);
            let (own, rest) = edges.split_at(near);
            *edges = rest;
            if own.is_empty() && ring.hole {
                swallowed |= mark.winding != 0;
                continue;
            }
            let first_run = content.runs.len() / 2;
            push_runs(own, &mut content.runs);
            content.rings.push(RingHere {
                winding: mark.winding,
                whole: ring.whole && own.len() == ring.edges as usize,
                edges: small(own.len()),
                first_run: small(first_run),
                runs: small(content.runs.len() / 2 - first_run),
                ..ring
            });
        }
        let added = &content.rings[before..];
        let outer = added.first().filter(|ring| !ring.hole);
        let covered = outer.is_some_and(|ring| ring.runs == 0);
        let outline = added.first().map(|ring| ring.outline);
        if swallowed || outer.is_none() || (covered && added.len() == 1) {
            content.rings.truncate(before);
            content.runs.truncate(runs_before);
            if let (false, true, Some(outline)) = (swallowed, covered, outline) {
                content.covers.push(outline);
            }
        }
    }
}

/// Edges with neighbouring numbers become one run.
fn push_runs(edges: &[EdgeNear], runs: &mut Vec<u32>) {
    for run in edges.chunk_by(|a, b| a.edge + 1 == b.edge) {
        runs.extend([run[0].edge, small(run.len())]);
    }
}

#[derive(Default)]
struct Scratch {
    /// Change of the winding number from column to column, for each row.
    across: Vec<i32>,
    /// Change of the winding number from row to row, at the reference's longitude.
    up: Vec<i32>,
    near: Vec<u32>,
}

/// Columns and rows, both ends included.
#[derive(Clone, Copy, Debug)]
struct Block {
    west: u32,
    east: u32,
    south: u32,
    north: u32,
}

/// One ring over the cells of a grid.
struct Spread<'a> {
    coords: &'a [Coord<f64>],
    grid: &'a Grid,
    reference: Coord<f64>,
    runs: &'a [u32],
}

impl Spread<'_> {
    fn ring(
        &self,
        number: u32,
        ring: &RingHere,
        scratch: &mut Scratch,
        marks: &mut Vec<Mark>,
        edges: &mut Vec<EdgeNear>,
    ) {
        let block = self.block(ring);
        let columns = (block.east - block.west + 1) as usize;
        let rows = (block.north - block.south + 1) as usize;
        scratch.across.clear();
        scratch.across.resize(columns * rows, 0);
        scratch.near.clear();
        scratch.near.resize(columns * rows, 0);
        scratch.up.clear();
        scratch.up.resize(rows, 0);
        for edge in self.edges() {
            let (a, b) = (self.coords[edge as usize], self.coords[edge as usize + 1]);
            self.wind_up(a, b, block, &mut scratch.up);
            self.wind_across(a, b, block, &mut scratch.across);
            self.cells_near(a, b, |column, row| {
                let local = (row - block.south) as usize * columns + (column - block.west) as usize;
                scratch.near[local] += 1;
                edges.push(EdgeNear {
                    cell: row * self.grid.columns + column,
                    ring: number,
                    edge,
                });
            });
        }
        let mut at_row = ring.winding;
        for (row, local_row) in (block.south..=block.north).zip(0..) {
            at_row += scratch.up[local_row];
            let mut winding = at_row;
            for (column, local_column) in (block.west..=block.east).zip(0..) {
                let local = local_row * columns + local_column;
                winding += scratch.across[local];
                if winding != 0 || scratch.near[local] > 0 {
                    marks.push(Mark {
                        cell: row * self.grid.columns + column,
                        ring: number,
                        winding,
                    });
                }
            }
        }
    }

    fn edges(&self) -> impl Iterator<Item = u32> {
        self.runs
            .chunks_exact(2)
            .flat_map(|run| run[0]..run[0] + run[1])
    }

    /// The cells that a ring can say something about: around a whole ring nothing winds.
    fn block(&self, ring: &RingHere) -> Block {
        let all = Block {
            west: 0,
            east: self.grid.columns - 1,
            south: 0,
            north: self.grid.rows - 1,
        };
        if !ring.whole {
            return all;
        }
        let bounds = self
            .runs
            .chunks_exact(2)
            .filter_map(|run| {
                let at = run[0] as usize;
                bounds_of(&self.coords[at..=at + run[1] as usize])
            })
            .reduce(|(low, high), (l, h)| {
                (
                    [low[0].min(l[0]), low[1].min(l[1])],
                    [high[0].max(h[0]), high[1].max(h[1])],
                )
            });
        let Some((low, high)) = bounds else {
            return all;
        };
        let (west, east) = self.grid.columns_near(low[0], high[0]);
        let (south, north) = self.grid.rows_near(low[1], high[1]);
        Block {
            west,
            east,
            south,
            north,
        }
    }

    /// Rows whose reference is reached from the reference of all by crossing this edge upward.
    fn wind_up(&self, a: Coord<f64>, b: Coord<f64>, block: Block, up: &mut [i32]) {
        if !crosses_upright(a, b, self.reference.x) || is_above(a, b, self.reference) {
            return;
        }
        let (from, to) = self.grid.rows_near(a.y.min(b.y), a.y.max(b.y));
        let row = first_true(from, to, |row| {
            let at = Coord {
                x: self.reference.x,
                y: self.grid.reference(0, row).y,
            };
            is_above(a, b, at)
        })
        .max(block.south);
        if row <= block.north {
            up[(row - block.south) as usize] += northward(a, b);
        }
    }

    /// Cells whose reference is reached from the upright line of the reference of all by crossing this edge eastward.
    fn wind_across(&self, a: Coord<f64>, b: Coord<f64>, block: Block, across: &mut [i32]) {
        let columns = (block.east - block.west + 1) as usize;
        let (south, north) = self.grid.rows_near(a.y.min(b.y), a.y.max(b.y));
        let (west, east) = self.grid.columns_near(a.x.min(b.x), a.x.max(b.x));
        for row in south.max(block.south)..=(north + 1).min(block.north) {
            let y = self.grid.reference(0, row).y;
            let turn = Coord {
                x: self.reference.x,
                y,
            };
            if !crosses_level(a, b, y) || is_right_of(a, b, turn) {
                continue;
            }
            let column = first_true(west, east, |column| {
                is_right_of(a, b, self.grid.reference(column, row))
            })
            .max(block.west);
            if column <= block.east {
                let local = (row - block.south) as usize * columns;
                across[local + (column - block.west) as usize] += eastward(a, b);
            }
        }
    }

    /// The cells an edge comes near.
    fn cells_near(&self, a: Coord<f64>, b: Coord<f64>, mut found: impl FnMut(u32, u32)) {
        let (south, north) = self.grid.rows_near(a.y.min(b.y), a.y.max(b.y));
        let (west, east) = self.grid.columns_near(a.x.min(b.x), a.x.max(b.x));
        for row in south..=north {
            let (west, east) = if east > west && north > south + 1 {
                self.columns_in_row(a, b, row)
            } else {
                (west, east)
            };
            for column in west..=east {
                found(column, row);
            }
        }
    }

    /// The columns of a slanted edge in one of the three or more rows it passes.
    fn columns_in_row(&self, a: Coord<f64>, b: Coord<f64>, row: u32) -> (u32, u32) {
        // The slope carries the rounding of one axis to the other.
        const ROUNDING: f64 = 4.0 * f64::EPSILON;
        let height = self.grid.height;
        let slope = (b.x - a.x) / (b.y - a.y);
        let greatest = a.x.abs().max(a.y.abs()).max(b.x.abs()).max(b.y.abs());
        let slack = greatest * ROUNDING * (1.0 + slope.abs());
        let south = self.grid.south + (f64::from(row) - 0.01) * height;
        let at = |y: f64| {
            let y = y.clamp(a.y.min(b.y), a.y.max(b.y));
            (a.x + (y - a.y) * slope).clamp(a.x.min(b.x), a.x.max(b.x))
        };
        let (p, q) = (at(south), at(south + 1.02 * height));
        self.grid.columns_near(p.min(q) - slack, p.max(q) + slack)
    }
}

/// The first of `from..=to` for which something holds that, once true, stays true; one behind `to` where it holds for
/// none of them.
fn first_true(from: u32, to: u32, holds: impl Fn(u32) -> bool) -> u32 {
    let (mut low, mut high) = (from, to + 1);
    while low < high {
        let middle = u32::midpoint(low, high);
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}
