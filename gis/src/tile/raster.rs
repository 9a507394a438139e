//! Areas at a zoom at which the cells of their source are smaller than a pixel: the highest class of each half pixel,
//! traced again.
//!
//! Areas of one class that touch become one. Neighbours of different classes share their line exactly: it is cut where
//! three classes meet and each piece is simplified once, in one direction. An area that is at least a pixel long is never
//! lost, even when it covers the middle of no cell.

use std::collections::BTreeSet;

use super::clip::{Bounds, area2};
use crate::trace::{cuts_of_island, simplified_either_way};

/// A polygon: the outer ring, then its holes; rings do not repeat their first corner.
pub(super) type Rings = Vec<Vec<[i32; 2]>>;

/// Cells of one grid; beyond it the cells are made larger.
const CELLS_MAX: i64 = 48_000_000;
/// Cells a line may move when it is simplified.
const SHIFT_CELLS: f64 = 0.75;
/// A pixel has this many steps of its tile.
const PIXEL: i32 = 16;

/// Traces polygons, each with its class from 1, on cells of at least `cell` steps.
pub(super) fn traced(polygons: &[(u8, Rings)], cell: i32) -> Vec<(u8, Rings)> {
    let places: Vec<[i32; 2]> = polygons
        .iter()
        // Holes too: one that leaves its outline must not leave the grid.
        .flat_map(|(_, rings)| rings.iter().filter_map(|ring| Bounds::around(ring)))
        .flat_map(|bounds| [bounds.low, bounds.high])
        .collect();
    let Some(bounds) = Bounds::around(&places) else {
        return Vec::new();
    };
    let mut grid = Grid::over(&bounds, cell);
    for (class, rings) in polygons {
        grid.fill(*class, rings);
    }
    grid.polygons()
}

struct Grid {
    cell: i32,
    /// The cell of the north-west corner, counted from the corner of the plane.
    corner: [i32; 2],
    width: usize,
    height: usize,
    classes: Vec<u8>,
}

impl Grid {
    fn over(bounds: &Bounds, cell: i32) -> Self {
        let mut cell = cell;
        loop {
            let corner = bounds.low.map(|n| n.div_euclid(cell) - 1);
            let far = bounds.high.map(|n| n.div_euclid(cell) + 2);
            let side = |n: usize| i64::from(far[n]) - i64::from(corner[n]);
            if side(0) * side(1) <= CELLS_MAX {
                let side = |n: usize| {
                    usize::try_from(side(n)).expect("the far corner is not before the near one")
                };
                return Self {
                    cell,
                    corner,
                    width: side(0),
                    height: side(1),
                    classes: vec![0; side(0) * side(1)],
                };
            }
            cell *= 2;
        }
    }

    /// Cells whose middle lies inside by the even-odd rule.
    fn fill(&mut self, class: u8, rings: &Rings) {
        let cell = f64::from(self.cell);
        let local = |at: [i32; 2]| {
            [0, 1].map(|n| f64::from(at[n]) / cell - f64::from(self.corner[n]) - 0.5)
        };
        let mut crossings: Vec<(usize, f64)> = Vec::new();
        for ring in rings {
            let Some(mut before) = ring.last().map(|at| local(*at)) else {
                continue;
            };
            for at in ring {
                let at = local(*at);
                let (top, bottom) = if before[1] <= at[1] {
                    (before, at)
                } else {
                    (at, before)
                };
                // Rows whose middle lies at or below the upper end and above the lower one.
                for row in position(top[1].ceil())..position(bottom[1].ceil()) {
                    #[expect(clippy::cast_precision_loss, reason = "rows of one grid")]
                    let down = (row as f64 - top[1]) / (bottom[1] - top[1]);
                    crossings.push((row, top[0] + (bottom[0] - top[0]) * down));
                }
                before = at;
            }
        }
        crossings.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let mut any = false;
        for pair in crossings.chunks_exact(2) {
            let (row, from, to) = (
                pair[0].0,
                position(pair[0].1.ceil()),
                position(pair[1].1.ceil()),
            );
            for column in from..to.min(self.width) {
                let here = &mut self.classes[row * self.width + column];
                *here = (*here).max(class);
                any = true;
            }
        }
        if !any {
            self.mark_thin(class, rings);
        }
    }

    /// An area that covers the middle of no cell, but is a pixel long or covers half a cell, gets the cells under its
    /// outer corners.
    fn mark_thin(&mut self, class: u8, rings: &Rings) {
        let Some(outer) = rings.first() else {
            return;
        };
        let Some(bounds) = Bounds::around(outer) else {
            return;
        };
        let long = (0..2).any(|n| bounds.high[n] - bounds.low[n] >= PIXEL);
        let large = area2(outer).abs() >= i64::from(self.cell) * i64::from(self.cell);
        if !long && !large {
            return;
        }
        for at in outer {
            let [column, row] =
                [0, 1].map(|n| usize::try_from(at[n].div_euclid(self.cell) - self.corner[n]));
            if let (Ok(column), Ok(row)) = (column, row) {
                let here = &mut self.classes[row * self.width + column];
                *here = (*here).max(class);
            }
        }
    }

    fn class(&self, column: i32, row: i32) -> u8 {
        self.index(column, row).map_or(0, |n| self.classes[n])
    }

    fn index(&self, column: i32, row: i32) -> Option<usize> {
        let (column, row) = (usize::try_from(column).ok()?, usize::try_from(row).ok()?);
        (column < self.width && row < self.height).then(|| row * self.width + column)
    }

    /// Patches of cells of one class that touch by their sides: their number by cell, 0 where nothing is, and how many.
    fn patches(&self) -> (Vec<u32>, usize) {
        let mut patch = vec![0_u32; self.classes.len()];
        let mut same: Vec<u32> = vec![0];
        for n in 0..self.classes.len() {
            let class = self.classes[n];
            if class == 0 {
                continue;
            }
            let west = (n % self.width > 0 && self.classes[n - 1] == class).then(|| patch[n - 1]);
            let north = (n >= self.width && self.classes[n - self.width] == class)
                .then(|| patch[n - self.width]);
            patch[n] = match (west, north) {
                (Some(west), Some(north)) => joined(&mut same, west, north),
                (Some(one), None) | (None, Some(one)) => one,
                (None, None) => {
                    let new =
                        u32::try_from(same.len()).expect("there are fewer patches than cells");
                    same.push(new);
                    new
                }
            };
        }
        let mut number = vec![0_u32; same.len()];
        let mut count = 0;
        for patch in &mut patch {
            let root = root(&mut same, *patch);
            if root == 0 {
                continue;
            }
            if number[root as usize] == 0 {
                count += 1;
                number[root as usize] = count;
            }
            *patch = number[root as usize];
        }
        (patch, count as usize)
    }

    fn polygons(&self) -> Vec<(u8, Rings)> {
        let (patch, count) = self.patches();
        let mut seen = vec![false; self.classes.len()];
        let mut lines: Vec<(usize, Vec<[i32; 2]>)> = Vec::new();
        for n in 0..patch.len() {
            let above = n.checked_sub(self.width).map_or(0, |above| patch[above]);
            if patch[n] != 0 && above != patch[n] && !seen[n] {
                lines.push((n, self.ring(&patch, n, &mut seen)));
            }
        }
        let rings = self.simplified_together(&lines);
        let mut polygons: Vec<(u8, Rings)> = vec![(0, Vec::new()); count];
        for ((n, _), ring) in lines.iter().zip(rings) {
            // The first ring of a patch is met at its topmost row, so it is the outer one.
            let (class, rings) = &mut polygons[patch[*n] as usize - 1];
            *class = self.classes[*n];
            rings.push(self.placed(&ring));
        }
        polygons
    }

    /// Simplifies all lines. Where one would fall together, such as around a single cell, its corners are kept, by its
    /// neighbours too.
    fn simplified_together(&self, lines: &[(usize, Vec<[i32; 2]>)]) -> Rings {
        let mut kept = BTreeSet::new();
        loop {
            let rings: Rings = lines
                .iter()
                .map(|(_, line)| self.simplified(line, &kept))
                .collect();
            let fell: Vec<[i32; 2]> = rings
                .iter()
                .zip(lines)
                .filter(|(ring, _)| ring.len() < 3 || area2(ring) == 0)
                .flat_map(|(_, (_, line))| line.iter().copied())
                .collect();
            let before = kept.len();
            kept.extend(fell);
            if kept.len() == before {
                return rings;
            }
        }
    }

    /// Follows the line around a patch from the upper side of a cell, the patch on the right hand. Every corner of the
    /// grid on the way is named. Cells that touch only at a corner stay apart.
    fn ring(&self, patch: &[u32], start: usize, seen: &mut [bool]) -> Vec<[i32; 2]> {
        let mine = patch[start];
        let is_mine =
            |column: i32, row: i32| self.index(column, row).is_some_and(|n| patch[n] == mine);
        let small = |n: usize| i32::try_from(n).expect("a grid has fewer cells than 2^31");
        let first = [small(start % self.width), small(start / self.width)];
        let (mut at, mut heading) = (first, 0_usize);
        let mut corners = Vec::new();
        loop {
            // Every line around a patch runs east somewhere, along the upper side of one of its cells.
            if heading == 0
                && let Some(n) = self.index(at[0], at[1])
                && std::mem::replace(&mut seen[n], true)
            {
                break;
            }
            corners.push(at);
            let [dx, dy] = HEADINGS[heading];
            at = [at[0] + dx, at[1] + dy];
            let [left, right] = AHEAD[heading].map(|[x, y]| is_mine(at[0] + x, at[1] + y));
            heading = match (left, right) {
                (_, false) => (heading + 1) % 4,
                (true, true) => (heading + 3) % 4,
                (false, true) => heading,
            };
        }
        corners
    }

    /// Whether three or more lines meet at a corner of the grid.
    fn is_junction(&self, [x, y]: [i32; 2]) -> bool {
        let around = [
            self.class(x - 1, y - 1),
            self.class(x, y - 1),
            self.class(x, y),
            self.class(x - 1, y),
        ];
        (0..4).filter(|n| around[*n] != around[(n + 1) % 4]).count() > 2
    }

    fn simplified(&self, ring: &[[i32; 2]], kept: &BTreeSet<[i32; 2]>) -> Vec<[i32; 2]> {
        let is_cut = |at: [i32; 2]| self.is_junction(at) || kept.contains(&at);
        let mut cuts: Vec<usize> = (0..ring.len()).filter(|n| is_cut(ring[*n])).collect();
        if cuts.is_empty() {
            cuts = cuts_of_island(ring);
        }
        let mut simple = Vec::new();
        for (n, from) in cuts.iter().enumerate() {
            let to = cuts.get(n + 1).copied().unwrap_or(cuts[0] + ring.len());
            let piece: Vec<[i32; 2]> = (*from..=to).map(|at| ring[at % ring.len()]).collect();
            let piece = simplified_either_way(piece, SHIFT_CELLS);
            simple.extend_from_slice(&piece[..piece.len() - 1]);
        }
        simple
    }

    fn placed(&self, ring: &[[i32; 2]]) -> Vec<[i32; 2]> {
        let place = |at: &[i32; 2]| [0, 1].map(|n| (at[n] + self.corner[n]) * self.cell);
        ring.iter().map(place).collect()
    }
}

/// East, south, west, north.
const HEADINGS: [[i32; 2]; 4] = [[1, 0], [0, 1], [-1, 0], [0, -1]];
/// For each heading, the cells ahead of a corner on the left and on the right hand, by their north-west corner.
const AHEAD: [[[i32; 2]; 2]; 4] = [
    [[0, -1], [0, 0]],
    [[0, 0], [-1, 0]],
    [[-1, 0], [-1, -1]],
    [[-1, -1], [0, -1]],
];

fn root(same: &mut [u32], mut patch: u32) -> u32 {
    while same[patch as usize] != patch {
        same[patch as usize] = same[same[patch as usize] as usize];
        patch = same[patch as usize];
    }
    patch
}

fn joined(same: &mut [u32], a: u32, b: u32) -> u32 {
    let (a, b) = (root(same, a), root(same, b));
    same[a.max(b) as usize] = a.min(b);
    a.min(b)
}

/// A whole number of cells; what lies before the grid counts as its first.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to zero; the grid lies around everything that is drawn"
)]
fn position(cells: f64) -> usize {
    cells.max(0.0) as usize
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

    use super::{Grid, Rings, area2, traced};
    use crate::tile::clip::Bounds;

    fn square(x: i32, y: i32, side: i32) -> Rings {
        vec![vec![
            [x, y],
            [x + side, y],
            [x + side, y + side],
            [x, y + side],
        ]]
    }

    #[test]
    fn a_hole_that_leaves_its_outline_is_drawn_without_harm() {
        for (x, y) in [(0, 5_000), (0, -5_000), (5_000, 0), (-5_000, 0)] {
            let mut rings = square(0, 0, 800);
            rings.extend(square(x, y, 80));
            let drawn = traced(&[(1, rings)], 8);
            let area: i64 = drawn.iter().map(|(_, rings)| area2(&rings[0])).sum();
            // What a hole alone goes round counts by the even-odd rule.
            assert_eq!(area, 2 * (800 * 800 + 80 * 80), "{x} {y}");
        }
    }

    #[test]
    fn squares_of_one_class_that_touch_become_one() {
        let both = traced(&[(2, square(0, 0, 80)), (2, square(80, 0, 80))], 8);
        assert_eq!(both.len(), 1);
        assert_eq!(area2(&both[0].1[0]), 2 * 160 * 80);
    }

    #[test]
    fn a_hole_stays_a_hole_and_what_lies_in_it_is_its_own() {
        let mut ring = square(0, 0, 160);
        ring.extend(square(40, 40, 80));
        let drawn = traced(&[(1, ring), (3, square(64, 64, 32))], 8);
        assert_eq!(drawn.len(), 2);
        let (class, rings) = &drawn[0];
        assert_eq!((*class, rings.len()), (1, 2));
        assert_eq!(area2(&rings[0]), 2 * 160 * 160);
        assert_eq!(area2(&rings[1]), -2 * 80 * 80);
        assert_eq!(drawn[1].0, 3);
    }

    #[test]
    fn the_deeper_class_is_drawn_where_two_lie_over_each_other() {
        let drawn = traced(&[(4, square(0, 0, 160)), (1, square(0, 0, 160))], 8);
        assert_eq!(drawn.len(), 1);
        assert_eq!(drawn[0].0, 4);
    }

    #[test]
    fn a_strip_narrower_than_a_cell_is_not_lost_when_it_is_a_pixel_long() {
        let strip = vec![vec![[0, 1], [16, 1], [16, 2], [0, 2]]];
        assert_eq!(
            traced(&[(1, strip)], 8).len(),
            2,
            "the cells under its two ends"
        );
        let speck = vec![vec![[0, 1], [3, 1], [3, 2], [0, 2]]];
        assert!(traced(&[(1, speck)], 8).is_empty());
    }

    proptest! {
        /// Neighbours share their line, so the simplified areas of all patches add up to what is covered.
        #[test]
        fn no_gap_and_no_overlap_opens_between_classes(
            lowest in 0..2_u8,
            cells in proptest::collection::vec(0..4_u8, 100),
        ) {
            let cells: Vec<u8> = cells.into_iter().map(|class| class.max(lowest)).collect();
            let bounds = Bounds { low: [8, 8], high: [79, 79] };
            let mut grid = Grid::over(&bounds, 8);
            for (n, class) in cells.iter().enumerate() {
                let at = (n / 10) * grid.width + n % 10;
                grid.classes[at] = *class;
            }
            let mut exact: BTreeMap<u8, i64> = BTreeMap::new();
            for class in &grid.classes {
                *exact.entry(*class).or_default() += 1;
            }
            let (patch, count) = grid.patches();
            let mut seen = vec![false; patch.len()];
            let mut areas: BTreeMap<u8, i64> = BTreeMap::new();
            for n in 0..patch.len() {
                let above = n.checked_sub(grid.width).map_or(0, |above| patch[above]);
                if patch[n] != 0 && above != patch[n] && !seen[n] {
                    let ring = grid.ring(&patch, n, &mut seen);
                    *areas.entry(grid.classes[n]).or_default() += area2(&ring) / 2;
                }
            }
            for class in 1..4 {
                prop_assert_eq!(areas.get(&class), exact.get(&class), "traced cells of class {}", class);
            }
            let drawn = grid.polygons();
            prop_assert_eq!(drawn.len(), count);
            let mut sides = BTreeMap::new();
            for ring in drawn.iter().flat_map(|(_, rings)| rings) {
                for (n, to) in ring.iter().enumerate() {
                    let from = ring[(n + ring.len() - 1) % ring.len()];
                    *sides.entry((from, *to)).or_insert(0) += 1;
                }
            }
            let inside = |at: [i32; 2]| at.iter().all(|n| *n > 0 && *n < 80);
            let walled = cells.iter().all(|class| *class > 0);
            for ((from, to), times) in &sides {
                if walled && (inside(*from) || inside(*to)) {
                    prop_assert_eq!(sides.get(&(*to, *from)), Some(times), "{:?} {:?}", from, to);
                }
            }
            for (class, rings) in drawn {
                prop_assert!(class > 0);
                prop_assert!(area2(&rings[0]) > 0, "the outer ring runs clockwise");
                prop_assert!(rings[1..].iter().all(|ring| area2(ring) < 0), "holes run the other way");
            }
        }
    }
}
