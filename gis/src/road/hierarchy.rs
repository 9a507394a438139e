//! A network prepared for many ways at once, whatever they cost (カスタマイズ可能な縮約階層).
//!
//! Junctions are taken out one by one in the order of [`dissection`](super::dissection). When one is taken out, its
//! neighbours that are still there are joined to each other. That much depends on the network alone and is done once.
//! When costs change (water rises, night falls), [`Costs`] carries them over the triangles that arose, in one pass. After
//! that the cheapest way between two junctions climbs from both to a junction taken out later, and the junctions it can
//! climb to are few: they are a chain. [`table`](super::table) climbs.
//!
//! Exact: the costs are the same whole numbers that Dijkstra's method adds, in another order.

use super::dissection::Part;
use super::graph::{JunctionId, RoadGraph};
use super::weight::Weight;

const NONE: u32 = u32::MAX;

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

    pub(super) fn junction_count(&self) -> usize {
        self.turn.len()
    }

    /// The turn of a junction.
    pub(super) fn turn(&self, junction: JunctionId) -> u32 {
        self.turn[junction as usize]
    }

    /// Later turns that an arc leads to, rising.
    pub(super) fn later(&self, turn: u32) -> &[u32] {
        &self.up[self.arcs(turn)]
    }

    /// The first of them: all others can be climbed to from there.
    pub(super) fn parent(&self, turn: u32) -> Option<u32> {
        self.later(turn).first().copied()
    }

    fn arcs(&self, turn: u32) -> std::ops::Range<usize> {
        self.up_from[turn as usize] as usize..self.up_from[turn as usize + 1] as usize
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

    /// What the arcs from a turn to later ones cost, in the order of [`Hierarchy::later`].
    pub(super) fn of(&self, hierarchy: &Hierarchy, turn: u32) -> &[Weight] {
        &self.arcs[hierarchy.arcs(turn)]
    }
}

fn small(n: usize) -> u32 {
    u32::try_from(n)
        .expect("arcs that arise are counted in 32 bits; the limits of a file keep them below")
}
