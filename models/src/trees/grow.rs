use super::chance::Chance;
use super::codes::Codes;
use super::ensemble::{Node, Tree};
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// Least gain of a split, as a share of the tree's first sum of squares: below it only rounding speaks.
const GAIN_MIN: f64 = 1e-9;

/// How a tree may grow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Shape {
    pub(crate) leaves_max: usize,
    pub(crate) depth_max: u8,
    /// Least weight of rows in a leaf.
    pub(crate) leaf_weight_min: f64,
    /// Weight of imagined rows with target 0 in every leaf.
    pub(crate) shrink_weight: f64,
    /// Share of the features that a tree looks at, above 0 to 1.
    pub(crate) features_of_tree: f64,
    /// Share of those that each split looks at, above 0 to 1.
    pub(crate) features_of_split: f64,
}

/// What a tree is grown on: `target` and `weight` have one entry per row of `codes`.
#[derive(Clone, Copy)]
pub(crate) struct Ground<'a> {
    pub(crate) codes: &'a Codes,
    pub(crate) target: &'a [f32],
    pub(crate) weight: &'a [f32],
}

/// A tree and the rows it was grown on, sorted by leaf.
pub(crate) struct Grown {
    pub(crate) tree: Tree,
    /// Node of each leaf and its part of the rows.
    pub(crate) leaves: Vec<(usize, std::ops::Range<usize>)>,
}

/// Sums of one code of one feature.
#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    target: f64,
    weight: f64,
}

/// Where a leaf would be split.
#[derive(Clone, Copy, Debug)]
struct Split {
    gain: f64,
    feature: usize,
    shift: u8,
    code: u8,
}

/// A leaf that may be split, best gain first; of equals the one that was made first.
struct Candidate {
    node: usize,
    depth: u8,
    rows: std::ops::Range<usize>,
    total: Cell,
    split: Split,
    cells: Vec<Cell>,
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Candidate {}
impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_gain = self.split.gain.total_cmp(&other.split.gain);
        by_gain.then(other.node.cmp(&self.node))
    }
}

/// Grows one tree by least squares on `rows`, which it sorts by leaf; the split with the largest gain comes first.
pub(crate) fn grow(
    ground: Ground<'_>,
    rows: &mut [u32],
    shape: Shape,
    chance: &mut Chance,
) -> Grown {
    Grower::new(ground, shape, chance).grow(rows)
}

struct Grower<'a, 'c> {
    ground: Ground<'a>,
    shape: Shape,
    chance: &'c mut Chance,
    /// Features of this tree and where the cells of each begin.
    features: Vec<(usize, usize)>,
    cell_count: usize,
    /// Targets (times weight) and weights of a node's rows, in their order.
    gathered: Vec<(f32, f32)>,
    aside: Vec<u32>,
}

impl<'a, 'c> Grower<'a, 'c> {
    fn new(ground: Ground<'a>, shape: Shape, chance: &'c mut Chance) -> Self {
        let all = ground.codes.features();
        let chosen = chance.choose(share_of(all, shape.features_of_tree), all);
        let mut cell_count = 0;
        let features = chosen
            .into_iter()
            .filter(|f| ground.codes.width(*f) > 2)
            .map(|feature| {
                let from = cell_count;
                cell_count += ground.codes.width(feature);
                (feature, from)
            })
            .collect();
        Self {
            ground,
            shape,
            chance,
            features,
            cell_count,
            gathered: Vec::new(),
            aside: Vec::new(),
        }
    }

    fn grow(mut self, rows: &mut [u32]) -> Grown {
        let mut tree = Tree {
            nodes: vec![Node::leaf(0)],
            values: vec![0.0],
            depth: 0,
        };
        let mut leaves = Vec::new();
        let mut open = BinaryHeap::new();
        let cells = self.cells(rows);
        let total = self.total(rows);
        tree.values[0] = self.value(total);
        let gain_min = GAIN_MIN * self.squares(rows).max(f64::MIN_POSITIVE);
        let root = (0, 0, 0..rows.len(), total, cells);
        self.open_or_close(root, gain_min, &mut open, &mut leaves);
        let mut leaf_count = 1;
        while let Some(candidate) = open.pop() {
            if leaf_count >= self.shape.leaves_max {
                leaves.push((candidate.node, candidate.rows));
                continue;
            }
            leaf_count += 1;
            let Candidate {
                node,
                depth,
                rows: range,
                total,
                split,
                cells,
            } = candidate;
            let middle = range.start + self.part(&mut rows[range.clone()], split);
            let (left, right) = (range.start..middle, middle..range.end);
            let left_place = tree.nodes.len();
            let place = u16::try_from(left_place).expect("a tree has at most 4096 leaves");
            // A feature's place was checked to fit when the codes were made.
            let feature = u8::try_from(split.feature).expect("there are at most 255 features");
            tree.nodes[node] = Node(feature, split.shift, split.code, place);
            let (left_cells, right_cells) = self.children(rows, &left, &right, cells);
            let left_total = self.total(&rows[left.clone()]);
            let right_total = Cell {
                target: total.target - left_total.target,
                weight: total.weight - left_total.weight,
            };
            tree.depth = tree.depth.max(depth + 1);
            for (side, range, sums, cells) in [
                (0, left, left_total, left_cells),
                (1, right, right_total, right_cells),
            ] {
                tree.nodes.push(Node::leaf(place + side));
                tree.values.push(self.value(sums));
                let child = (
                    left_place + usize::from(side),
                    depth + 1,
                    range,
                    sums,
                    cells,
                );
                self.open_or_close(child, gain_min, &mut open, &mut leaves);
            }
        }
        leaves.sort_unstable_by_key(|(node, _)| *node);
        Grown { tree, leaves }
    }

    fn open_or_close(
        &mut self,
        (node, depth, rows, total, cells): (usize, u8, std::ops::Range<usize>, Cell, Vec<Cell>),
        gain_min: f64,
        open: &mut BinaryHeap<Candidate>,
        leaves: &mut Vec<(usize, std::ops::Range<usize>)>,
    ) {
        let split = if depth < self.shape.depth_max {
            self.best_split(&cells, total)
                .filter(|split| split.gain > gain_min)
        } else {
            None
        };
        match split {
            Some(split) => open.push(Candidate {
                node,
                depth,
                rows,
                total,
                split,
                cells,
            }),
            None => leaves.push((node, rows)),
        }
    }

    /// The cells of both children: those of the smaller one are summed, the others are what is left of the parent's.
    fn children(
        &mut self,
        rows: &[u32],
        left: &std::ops::Range<usize>,
        right: &std::ops::Range<usize>,
        mut parent: Vec<Cell>,
    ) -> (Vec<Cell>, Vec<Cell>) {
        let left_smaller = left.len() <= right.len();
        let smaller = if left_smaller { left } else { right };
        let cells = self.cells(&rows[smaller.clone()]);
        for (rest, taken) in parent.iter_mut().zip(&cells) {
            rest.target -= taken.target;
            rest.weight -= taken.weight;
        }
        if left_smaller {
            (cells, parent)
        } else {
            (parent, cells)
        }
    }

    fn cells(&mut self, rows: &[u32]) -> Vec<Cell> {
        let Ground {
            codes,
            target,
            weight,
        } = self.ground;
        self.gathered.clear();
        self.gathered.extend(rows.iter().map(|&row| {
            let row = row as usize;
            (target[row] * weight[row], weight[row])
        }));
        let mut cells = Vec::with_capacity(self.cell_count);
        // Two sets of sums in turn: neighbouring rows often have the same code, and a sum must not wait for the last.
        let mut even = [Cell::default(); 256];
        let mut odd = [Cell::default(); 256];
        for &(feature, _) in &self.features {
            let width = codes.width(feature);
            even[..width].fill(Cell::default());
            odd[..width].fill(Cell::default());
            let column = codes.column(feature);
            let (pairs, last) = rows.as_chunks::<2>();
            let (gathered, gathered_last) = self.gathered.as_chunks::<2>();
            for (rows, sums) in pairs.iter().zip(gathered) {
                let cell = &mut even[usize::from(column[rows[0] as usize])];
                cell.target += f64::from(sums[0].0);
                cell.weight += f64::from(sums[0].1);
                let cell = &mut odd[usize::from(column[rows[1] as usize])];
                cell.target += f64::from(sums[1].0);
                cell.weight += f64::from(sums[1].1);
            }
            for (row, sums) in last.iter().zip(gathered_last) {
                let cell = &mut even[usize::from(column[*row as usize])];
                cell.target += f64::from(sums.0);
                cell.weight += f64::from(sums.1);
            }
            cells.extend(
                even[..width]
                    .iter()
                    .zip(&odd[..width])
                    .map(|(even, odd)| Cell {
                        target: even.target + odd.target,
                        weight: even.weight + odd.weight,
                    }),
            );
        }
        cells
    }

    fn total(&self, rows: &[u32]) -> Cell {
        let mut total = Cell::default();
        for &row in rows {
            let weight = self.ground.weight[row as usize];
            total.target += f64::from(self.ground.target[row as usize] * weight);
            total.weight += f64::from(weight);
        }
        total
    }

    fn squares(&self, rows: &[u32]) -> f64 {
        let square = |&row: &u32| {
            let target = f64::from(self.ground.target[row as usize]);
            target * target * f64::from(self.ground.weight[row as usize])
        };
        rows.iter().map(square).sum()
    }

    // Leaf values are kept as f32, as everything of a tree.
    #[allow(clippy::cast_possible_truncation)]
    fn value(&self, total: Cell) -> f32 {
        let weight = total.weight + self.shape.shrink_weight;
        if weight > 0.0 {
            (total.target / weight) as f32
        } else {
            0.0
        }
    }

    fn best_split(&mut self, cells: &[Cell], total: Cell) -> Option<Split> {
        let looked_at = share_of(self.features.len(), self.shape.features_of_split);
        let places = if looked_at == self.features.len() {
            (0..looked_at).collect()
        } else {
            self.chance.choose(looked_at, self.features.len())
        };
        let score =
            |sums: Cell| sums.target * sums.target / (sums.weight + self.shape.shrink_weight);
        let whole = score(total);
        let mut best: Option<Split> = None;
        for place in places {
            let (feature, from) = self.features[place];
            let width = self.ground.codes.width(feature);
            let cells = &cells[from..from + width];
            let missing = cells[0];
            // Missing goes left first; where some are missing, it is tried on the right too.
            let some_missing = missing.weight > 0.5 * f64::from(f32::EPSILON);
            for shift in 0..=u8::from(some_missing) {
                let mut left = if shift == 0 { missing } else { Cell::default() };
                // The last code may go left only where missing alone goes right.
                let last = width - 1 + usize::from(shift);
                for (code, cell) in cells.iter().enumerate().take(last).skip(1) {
                    left.target += cell.target;
                    left.weight += cell.weight;
                    let right = Cell {
                        target: total.target - left.target,
                        weight: total.weight - left.weight,
                    };
                    let least = self.shape.leaf_weight_min;
                    if left.weight < least || right.weight < least {
                        continue;
                    }
                    let gain = score(left) + score(right) - whole;
                    if best.is_none_or(|b| gain > b.gain) {
                        let code = u8::try_from(code).expect("a feature has at most 255 codes");
                        best = Some(Split {
                            gain,
                            feature,
                            shift,
                            code: code - shift,
                        });
                    }
                }
            }
        }
        best
    }

    /// Sorts the rows of a node into left and right, each in its order; gives the number of the left ones.
    fn part(&mut self, rows: &mut [u32], split: Split) -> usize {
        let column = self.ground.codes.column(split.feature);
        self.aside.clear();
        let mut left = 0;
        for at in 0..rows.len() {
            let row = rows[at];
            if column[row as usize].wrapping_sub(split.shift) > split.code {
                self.aside.push(row);
            } else {
                rows[left] = row;
                left += 1;
            }
        }
        rows[left..].copy_from_slice(&self.aside);
        left
    }
}

fn share_of(count: usize, share: f64) -> usize {
    // At most 255 features, and at least one of them.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let part = (crate::score::count_f64(count) * share).round() as usize;
    part.clamp(1.min(count), count)
}
