//! A network prepared for many ways at once, whatever they cost (カスタマイズ可能な縮約階層).
//!
//! Junctions are taken out one by one in the order of [`dissection`](super::dissection). When one is taken out, its
//! neighbours that are still there are joined to each other. That much depends on the network alone and is done once.
//! When costs change (water rises, night falls), [`Costs`] carries them over the triangles that arose, in one pass. After
//! that the cheapest way between two junctions climbs from both to a junction taken out later, and the junctions it can
//! climb to are few: they are a chain.
//!
//! Exact: the costs are the same whole numbers that Dijkstra's method adds, in another order.

use rayon::prelude::{IntoParallelIterator, ParallelIterator};

use super::dissection::Part;
use super::graph::{JunctionId, RoadGraph};
use super::weight::Weight;

const NONE: u32 = u32::MAX;
/// Columns of a table worked out together: a row of them stays in the nearest cache.
const LANES: usize = 32;

/// Order and arcs of a network that has been taken apart. Junctions are named by their turn from here on.
#[derive(Clone, Debug)]
pub(super) struct Hierarchy {
    turn: Vec<u32>,
    /// Arcs from a turn to later ones are `up[up_from[n]..up_from[n + 1]]`, rising.
    up_from: Vec<u32>,
    up: Vec<u32>,
    /// The same arcs by the turn they lead to: where they begin and which arc they are.
    down_from: Vec<u32>,
    down: Vec<(u32, u32)>,
    /// The stretches an arc stands for, `stretches[stretch_from[n]..stretch_from[n + 1]]`; none for one that arose.
    stretch_from: Vec<u32>,
    stretches: Vec<u32>,
}

impl Hierarchy {
    pub(super) fn of(graph: &RoadGraph) -> Self {
        let count = graph.junction_count();
        let neighbours: Vec<Vec<u32>> = (0..small(count))
            .map(|junction| {
                let mut to: Vec<u32> = graph.arcs(junction).iter().map(|arc| arc.to).collect();
                to.sort_unstable();
                to.dedup();
                to
            })
            .collect();
        let order = Part::whole(&graph.junctions, &neighbours).order();
        let mut turn = vec![NONE; count];
        for (n, junction) in (0_u32..).zip(&order) {
            turn[*junction as usize] = n;
        }
        let (up_from, up) = filled(&order, &turn, &neighbours);
        let mut hierarchy = Self {
            turn,
            down_from: Vec::new(),
            down: Vec::new(),
            stretch_from: Vec::new(),
            stretches: Vec::new(),
            up_from,
            up,
        };
        hierarchy.turn_round();
        hierarchy.place(graph);
        hierarchy
    }

    /// Arcs, with those that arose.
    pub(super) fn arc_count(&self) -> usize {
        self.up.len()
    }

    /// Bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        let words = self.turn.len() + self.up_from.len() + self.up.len() + self.down_from.len();
        4 * (words + 2 * self.down.len() + self.stretch_from.len() + self.stretches.len())
    }

    fn arcs(&self, turn: u32) -> std::ops::Range<usize> {
        self.up_from[turn as usize] as usize..self.up_from[turn as usize + 1] as usize
    }

    fn parent(&self, turn: u32) -> Option<u32> {
        self.up[self.arcs(turn)].first().copied()
    }

    fn turn_round(&mut self) {
        let count = self.turn.len();
        let mut from = vec![0_u32; count + 1];
        for to in &self.up {
            from[*to as usize + 1] += 1;
        }
        for n in 1..from.len() {
            from[n] += from[n - 1];
        }
        let mut free = from.clone();
        self.down = vec![(0, 0); self.up.len()];
        for turn in 0..small(count) {
            for arc in self.arcs(turn) {
                let slot = &mut free[self.up[arc] as usize];
                self.down[*slot as usize] = (turn, small(arc));
                *slot += 1;
            }
        }
        self.down_from = from;
    }

    fn place(&mut self, graph: &RoadGraph) {
        let mut of_arc: Vec<(u32, u32)> = Vec::with_capacity(graph.stretches().len());
        for (id, stretch) in (0_u32..).zip(graph.stretches()) {
            let [a, b] = stretch.ends.map(|end| self.turn[end as usize]);
            if a == b {
                continue;
            }
            let arcs = self.arcs(a.min(b));
            let at = self.up[arcs.clone()].binary_search(&a.max(b));
            let arc = arcs.start + at.expect("every stretch has its arc: its ends are neighbours");
            of_arc.push((small(arc), id));
        }
        of_arc.sort_unstable();
        self.stretch_from = vec![0; self.up.len() + 1];
        for (arc, _) in &of_arc {
            self.stretch_from[*arc as usize + 1] += 1;
        }
        for n in 1..self.stretch_from.len() {
            self.stretch_from[n] += self.stretch_from[n - 1];
        }
        self.stretches = of_arc.into_iter().map(|(_, id)| id).collect();
    }
}

/// Neighbours taken out later, with those that arise when earlier ones go. A junction hands its later neighbours on to
/// the first of them: its parent.
fn filled(order: &[u32], turn: &[u32], neighbours: &[Vec<u32>]) -> (Vec<u32>, Vec<u32>) {
    let mut children: Vec<Vec<u32>> = vec![Vec::new(); order.len()];
    let mut later: Vec<Vec<u32>> = Vec::with_capacity(order.len());
    let (mut from, mut up) = (vec![0], Vec::new());
    let mut seen = vec![NONE; order.len()];
    for (n, junction) in (0_u32..).zip(order) {
        let mut mine = Vec::new();
        let mut add = |to: u32| {
            if to > n && std::mem::replace(&mut seen[to as usize], n) != n {
                mine.push(to);
            }
        };
        for to in &neighbours[*junction as usize] {
            add(turn[*to as usize]);
        }
        for child in std::mem::take(&mut children[n as usize]) {
            for to in std::mem::take(&mut later[child as usize]) {
                add(to);
            }
        }
        mine.sort_unstable();
        if let Some(parent) = mine.first() {
            children[*parent as usize].push(n);
        }
        up.extend_from_slice(&mine);
        from.push(small(up.len()));
        later.push(mine);
    }
    (from, up)
}

/// Costs of all arcs, those that arose included.
#[derive(Clone, Debug)]
pub(super) struct Costs {
    arcs: Vec<Weight>,
}

impl Costs {
    /// Carries the weights of the stretches over the whole hierarchy.
    pub(super) fn new(hierarchy: &Hierarchy, weights: &[Weight]) -> Self {
        let mut arcs: Vec<Weight> = hierarchy
            .stretch_from
            .windows(2)
            .map(|range| {
                let stretches = &hierarchy.stretches[range[0] as usize..range[1] as usize];
                let cheapest = stretches.iter().map(|id| weights[*id as usize]).min();
                cheapest.unwrap_or(Weight::CLOSED)
            })
            .collect();
        let count = hierarchy.turn.len();
        let mut to = vec![Weight::CLOSED; count];
        for turn in 0..small(count) {
            let own = hierarchy.arcs(turn);
            for arc in own.clone() {
                to[hierarchy.up[arc] as usize] = arcs[arc];
            }
            let range = hierarchy.down_from[turn as usize] as usize
                ..hierarchy.down_from[turn as usize + 1] as usize;
            for (low, arc) in &hierarchy.down[range] {
                let arc = *arc as usize;
                let here = arcs[arc];
                if here.is_closed() {
                    continue;
                }
                let rest = arc + 1..hierarchy.arcs(*low).end;
                for (head, onward) in hierarchy.up[rest.clone()].iter().zip(&arcs[rest]) {
                    let around = here.plus(*onward);
                    let best = &mut to[*head as usize];
                    *best = (*best).min(around);
                }
            }
            for arc in own {
                arcs[arc] = to[hierarchy.up[arc] as usize];
            }
        }
        Self { arcs }
    }

    /// The cheapest way from each of `from` to each of `to`, row after row. Each place is a set of junctions with what it
    /// costs to get there.
    pub(super) fn table(&self, hierarchy: &Hierarchy, from: &[Ends], to: &[Ends]) -> Vec<Weight> {
        let above = Above::of(
            hierarchy,
            from.iter().chain(to).flatten().map(|(at, _)| *at),
        );
        let blocks: Vec<(usize, Vec<Weight>)> = (0..to.len().div_ceil(LANES))
            .into_par_iter()
            .map(|block| {
                let columns = &to[block * LANES..to.len().min((block + 1) * LANES)];
                // Compiled for several kinds of processors; the one that is here is asked which.
                let cells =
                    pulp::Arch::new().dispatch(|| self.block(hierarchy, &above, from, columns));
                (block * LANES, cells)
            })
            .collect();
        let mut table = vec![Weight::CLOSED; from.len() * to.len()];
        for (first, block) in blocks {
            for (row, cells) in block.chunks_exact(LANES).enumerate() {
                let columns = LANES.min(to.len() - first);
                let at = row * to.len() + first;
                table[at..at + columns].copy_from_slice(&cells[..columns]);
            }
        }
        table
    }

    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "it must become part of what is compiled for each processor"
    )]
    fn block(
        &self,
        hierarchy: &Hierarchy,
        above: &Above,
        from: &[Ends],
        columns: &[Ends],
    ) -> Vec<Weight> {
        let mut rows = vec![[Weight::CLOSED; LANES]; above.turns.len()];
        for (lane, ends) in columns.iter().enumerate() {
            for (junction, weight) in ends {
                let row = &mut rows[above.row(hierarchy.turn[*junction as usize])];
                row[lane] = row[lane].min(*weight);
            }
        }
        // Climb: what can be reached from the columns by going to later and later junctions.
        for (n, turn) in above.turns.iter().enumerate() {
            let here = rows[n];
            if here.iter().all(|weight| weight.is_closed()) {
                continue;
            }
            for arc in hierarchy.arcs(*turn) {
                let over = self.arcs[arc];
                if !over.is_closed() {
                    cheapen(&mut rows[above.row(hierarchy.up[arc])], &here, over);
                }
            }
        }
        // Descend: later junctions are final, so each earlier one asks those it can climb to.
        for (n, turn) in above.turns.iter().enumerate().rev() {
            let mut here = rows[n];
            for arc in hierarchy.arcs(*turn) {
                let over = self.arcs[arc];
                if !over.is_closed() {
                    cheapen(&mut here, &rows[above.row(hierarchy.up[arc])], over);
                }
            }
            rows[n] = here;
        }
        let mut cells = Vec::with_capacity(from.len() * LANES);
        for ends in from {
            let mut cell = [Weight::CLOSED; LANES];
            for (junction, weight) in ends.iter().filter(|(_, weight)| !weight.is_closed()) {
                let row = &rows[above.row(hierarchy.turn[*junction as usize])];
                cheapen(&mut cell, row, *weight);
            }
            cells.extend_from_slice(&cell);
        }
        cells
    }
}

/// Junctions with what it costs to get there.
pub(super) type Ends = Vec<(JunctionId, Weight)>;

/// `over` is not closed. Whatever is beyond something closed adds up to at least that and is never the cheaper.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "it must become part of what is compiled for each processor"
)]
fn cheapen(row: &mut [Weight; LANES], by: &[Weight; LANES], over: Weight) {
    for (one, other) in row.iter_mut().zip(by) {
        *one = one.or_over(*other, over);
    }
}

/// All turns that can be climbed to from some junctions, rising.
struct Above {
    turns: Vec<u32>,
    rows: Vec<u32>,
}

impl Above {
    fn of(hierarchy: &Hierarchy, junctions: impl Iterator<Item = JunctionId>) -> Self {
        let mut rows = vec![NONE; hierarchy.turn.len()];
        let mut turns = Vec::new();
        for junction in junctions {
            let mut at = Some(hierarchy.turn[junction as usize]);
            while let Some(turn) = at
                && rows[turn as usize] == NONE
            {
                rows[turn as usize] = 0;
                turns.push(turn);
                at = hierarchy.parent(turn);
            }
        }
        turns.sort_unstable();
        for (row, turn) in (0_u32..).zip(&turns) {
            rows[*turn as usize] = row;
        }
        Self { turns, rows }
    }

    fn row(&self, turn: u32) -> usize {
        self.rows[turn as usize] as usize
    }
}

fn small(n: usize) -> u32 {
    u32::try_from(n)
        .expect("arcs that arise are counted in 32 bits; the limits of a file keep them below")
}
