//! From labelled cells to outlines that fit together.
//!
//! Neighbours share their common line: it is cut where three or more labels meet and each piece is simplified once, in one
//! direction, so that no gap and no overlap can open between two districts.

use std::collections::BTreeMap;

/// A corner of the grid: cells to the right of and below the grid's north-west corner.
pub(crate) type Corner = [i32; 2];

/// Cells in rows from the north-west corner, each with a label; 0 means nothing is there.
pub(crate) struct LabelGrid {
    width: usize,
    height: usize,
    labels: Vec<u16>,
}

impl LabelGrid {
    /// Asks `label` for each cell by its column and row.
    pub(crate) fn fill(
        width: usize,
        height: usize,
        mut label: impl FnMut(usize, usize) -> u16,
    ) -> Self {
        let cells = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        let labels = cells.map(|(x, y)| label(x, y)).collect();
        Self {
            width,
            height,
            labels,
        }
    }

    /// The same cells with other labels.
    pub(crate) fn relabelled(&self, label: impl Fn(u16) -> u16) -> Self {
        Self {
            width: self.width,
            height: self.height,
            labels: self.labels.iter().map(|old| label(*old)).collect(),
        }
    }

    /// Outlines of each label: closed rings, first corner not repeated, outer rings clockwise on the screen and holes the
    /// other way. A line may move by `tolerance` cells when it is simplified; rings that enclose less than `area_min`
    /// cells are left out.
    pub(crate) fn outlines(
        &self,
        tolerance: f64,
        area_min: f64,
    ) -> BTreeMap<u16, Vec<Vec<Corner>>> {
        let mut outlines = BTreeMap::new();
        for (label, mut edges) in self.edges() {
            let mut rings = Vec::new();
            while let Some(ring) = next_ring(&mut edges) {
                let ring = self.simplified(&ring, tolerance);
                if ring.len() >= 3 && area(&ring) >= area_min {
                    rings.push(ring);
                }
            }
            outlines.insert(label, rings);
        }
        outlines
    }

    fn at(&self, x: i32, y: i32) -> u16 {
        match (usize::try_from(x), usize::try_from(y)) {
            (Ok(x), Ok(y)) if x < self.width && y < self.height => self.labels[y * self.width + x],
            _ => 0,
        }
    }

    /// The sides of cells where the label changes, each label keeping its own on the right hand.
    fn edges(&self) -> BTreeMap<u16, BTreeMap<Corner, Vec<Corner>>> {
        let mut edges: BTreeMap<u16, BTreeMap<Corner, Vec<Corner>>> = BTreeMap::new();
        for (n, label) in self
            .labels
            .iter()
            .enumerate()
            .filter(|(_, label)| **label != 0)
        {
            let (x, y) = (small(n % self.width), small(n / self.width));
            let sides = [
                ((x, y - 1), [x, y], [x + 1, y]),
                ((x + 1, y), [x + 1, y], [x + 1, y + 1]),
                ((x, y + 1), [x + 1, y + 1], [x, y + 1]),
                ((x - 1, y), [x, y + 1], [x, y]),
            ];
            for ((across_x, across_y), from, to) in sides {
                if self.at(across_x, across_y) != *label {
                    edges
                        .entry(*label)
                        .or_default()
                        .entry(from)
                        .or_default()
                        .push(to);
                }
            }
        }
        edges
    }

    /// Whether three or more lines meet at this corner.
    fn is_junction(&self, [x, y]: Corner) -> bool {
        let around = [
            self.at(x - 1, y - 1),
            self.at(x, y - 1),
            self.at(x, y),
            self.at(x - 1, y),
        ];
        (0..4).filter(|n| around[*n] != around[(n + 1) % 4]).count() > 2
    }

    fn simplified(&self, ring: &[Corner], tolerance: f64) -> Vec<Corner> {
        let mut cuts: Vec<usize> = (0..ring.len())
            .filter(|n| self.is_junction(ring[*n]))
            .collect();
        if cuts.is_empty() {
            cuts = cuts_of_island(ring);
        }
        let mut simple = Vec::new();
        for (n, from) in cuts.iter().enumerate() {
            let to = if n + 1 < cuts.len() {
                cuts[n + 1]
            } else {
                cuts[0] + ring.len()
            };
            let piece: Vec<Corner> = (*from..=to).map(|at| ring[at % ring.len()]).collect();
            let piece = simplified_either_way(piece, tolerance);
            simple.extend_from_slice(&piece[..piece.len() - 1]);
        }
        simple
    }
}

/// Takes one closed ring out of the edges that are left. At a corner where two cells of a label touch, it stays with the
/// cell it came along, so cells that touch only at a corner are apart.
fn next_ring(edges: &mut BTreeMap<Corner, Vec<Corner>>) -> Option<Vec<Corner>> {
    let start = *edges.keys().next()?;
    let mut ring = Vec::new();
    let (mut at, mut came) = (start, None);
    loop {
        let ways = edges.get_mut(&at)?;
        let way = match came {
            Some(came) => (0..ways.len()).min_by_key(|n| turn(came, at, ways[*n]))?,
            None => 0,
        };
        let next = ways.swap_remove(way);
        if ways.is_empty() {
            edges.remove(&at);
        }
        ring.push(at);
        (came, at) = (Some(at), next);
        if at == start {
            return Some(ring);
        }
    }
}

/// 0 for a turn to the right, 1 for straight on, 2 for a turn to the left, seen on a screen.
fn turn(from: Corner, at: Corner, to: Corner) -> i32 {
    let (ax, ay) = (at[0] - from[0], at[1] - from[1]);
    let (bx, by) = (to[0] - at[0], to[1] - at[1]);
    1 - (ax * by - ay * bx)
}

/// An island has no junction. Two of its corners are chosen by their place alone, so both neighbours choose the same.
pub(crate) fn cuts_of_island(ring: &[Corner]) -> Vec<usize> {
    let first = (0..ring.len()).min_by_key(|n| ring[*n]).unwrap_or(0);
    let far = |n: &usize| {
        let (dx, dy) = (
            i64::from(ring[*n][0] - ring[first][0]),
            i64::from(ring[*n][1] - ring[first][1]),
        );
        (dx * dx + dy * dy, ring[*n])
    };
    let second = (0..ring.len()).max_by_key(far).unwrap_or(0);
    let mut cuts = vec![first, second];
    cuts.sort_unstable();
    cuts.dedup();
    cuts
}

/// Simplifies a piece in the direction that sorts first, so that it becomes the same line from both sides.
pub(crate) fn simplified_either_way(mut piece: Vec<Corner>, tolerance: f64) -> Vec<Corner> {
    let turned = piece.iter().rev().lt(piece.iter());
    if turned {
        piece.reverse();
    }
    let mut simple = douglas_peucker(&piece, tolerance);
    if turned {
        simple.reverse();
    }
    simple
}

/// Keeps the ends and every corner that would otherwise lie further than `tolerance` from the line.
fn douglas_peucker(piece: &[Corner], tolerance: f64) -> Vec<Corner> {
    let mut keep = vec![false; piece.len()];
    let last = piece.len() - 1;
    (keep[0], keep[last]) = (true, true);
    let mut spans = vec![(0, last)];
    while let Some((from, to)) = spans.pop() {
        let mut furthest = (0.0, from);
        for n in from + 1..to {
            let distance = distance_to_segment(piece[n], piece[from], piece[to]);
            if distance > furthest.0 {
                furthest = (distance, n);
            }
        }
        if furthest.0 > tolerance {
            keep[furthest.1] = true;
            spans.extend([(from, furthest.1), (furthest.1, to)]);
        }
    }
    piece
        .iter()
        .zip(keep)
        .filter_map(|(corner, keep)| keep.then_some(*corner))
        .collect()
}

fn distance_to_segment(point: Corner, from: Corner, to: Corner) -> f64 {
    let (px, py) = (f64::from(point[0] - from[0]), f64::from(point[1] - from[1]));
    let (sx, sy) = (f64::from(to[0] - from[0]), f64::from(to[1] - from[1]));
    let length2 = sx * sx + sy * sy;
    let along = if length2 > 0.0 {
        ((px * sx + py * sy) / length2).clamp(0.0, 1.0)
    } else {
        0.0
    };
    (px - along * sx).hypot(py - along * sy)
}

/// Enclosed cells, without sign.
fn area(ring: &[Corner]) -> f64 {
    let doubled: i64 = (0..ring.len())
        .map(|n| {
            let ([ax, ay], [bx, by]) = (ring[n], ring[(n + 1) % ring.len()]);
            i64::from(ax) * i64::from(by) - i64::from(bx) * i64::from(ay)
        })
        .sum();
    i32::try_from(doubled.abs()).map_or(f64::MAX, f64::from) / 2.0
}

/// Grids are made with at most a few thousand cells a side.
fn small(n: usize) -> i32 {
    i32::try_from(n).expect("a grid has far fewer columns and rows than two thousand million")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

    use super::{Corner, LabelGrid, area};

    fn grid(rows: &[&str]) -> LabelGrid {
        let cells: Vec<&[u8]> = rows.iter().map(|row| row.as_bytes()).collect();
        LabelGrid::fill(rows[0].len(), rows.len(), |x, y| {
            u16::from(cells[y][x] - b'0')
        })
    }

    #[test]
    fn a_block_of_cells_becomes_a_rectangle() {
        let outlines = grid(&["000", "110", "110"]).outlines(0.0, 0.0);
        assert_eq!(outlines[&1].len(), 1);
        assert!((area(&outlines[&1][0]) - 4.0).abs() < 1e-9);
        assert_eq!(outlines[&1][0].len(), 4);
    }

    #[test]
    fn a_hole_is_a_ring_of_its_own() {
        let outlines = grid(&["111", "101", "111"]).outlines(0.0, 0.0);
        assert_eq!(
            outlines[&1].iter().map(Vec::len).collect::<Vec<_>>(),
            [4, 4]
        );
    }

    #[test]
    fn cells_that_touch_at_a_corner_stay_apart() {
        assert_eq!(grid(&["10", "01"]).outlines(0.0, 0.0)[&1].len(), 2);
    }

    #[test]
    fn small_slivers_are_left_out() {
        assert!(grid(&["100", "000"]).outlines(0.0, 2.0)[&1].is_empty());
    }

    type Sides = BTreeMap<(Corner, Corner), i32>;

    /// Each side counted with its direction; what two neighbours share cancels out.
    fn sides(outlines: &BTreeMap<u16, Vec<Vec<Corner>>>) -> Sides {
        let mut sides = Sides::new();
        for ring in outlines.values().flatten() {
            for (n, from) in ring.iter().enumerate() {
                let to = ring[(n + 1) % ring.len()];
                if from == &to {
                    continue;
                }
                let (key, sign) = if *from < to {
                    ((*from, to), 1)
                } else {
                    ((to, *from), -1)
                };
                *sides.entry(key).or_default() += sign;
            }
        }
        sides
    }

    proptest! {
        /// The cells are framed by one more label, so every line but the frame's own outer rim has two sides.
        #[test]
        fn neighbours_share_their_line_after_simplifying(cells in proptest::collection::vec(1_u16..4, 64)) {
            let grid = LabelGrid::fill(10, 10, |x, y| {
                if x == 0 || y == 0 || x == 9 || y == 9 { 9 } else { cells[(y - 1) * 8 + x - 1] }
            });
            for ((from, to), left) in sides(&grid.outlines(1.0, 0.0)) {
                let on_rim = [from, to].iter().flatten().all(|n| *n == 0 || *n == 10);
                prop_assert!(left == 0 || on_rim, "{from:?} {to:?} {left}");
            }
        }

        #[test]
        fn without_simplifying_the_areas_are_the_counts_of_cells(cells in proptest::collection::vec(0_u16..4, 64)) {
            let grid = LabelGrid::fill(8, 8, |x, y| cells[y * 8 + x]);
            for (label, rings) in grid.outlines(0.0, 0.0) {
                let doubled: i32 = rings.iter().map(|ring| signed_area_doubled(ring)).sum();
                let counted: i32 = cells.iter().map(|cell| i32::from(*cell == label)).sum();
                prop_assert_eq!(doubled, 2 * counted);
            }
        }
    }

    fn signed_area_doubled(ring: &[Corner]) -> i32 {
        let side = |n: usize| {
            let ([ax, ay], [bx, by]) = (ring[n], ring[(n + 1) % ring.len()]);
            ax * by - bx * ay
        };
        (0..ring.len()).map(side).sum()
    }
}
