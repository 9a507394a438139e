//! Network simplex on the town.
//!
//! The tree is kept strongly feasible (Cunningham 1976): from every place at least one person could still be sent towards
//! the sink along it. The leaving arc is the last that blocks on the way round from the top of the cycle, so the method
//! cannot run in circles. It begins where a sensible desk would: the largest unit first, each as a whole to the place that costs
//! least as they fill. The next arc to enter is the worst of a few units' ways and of a few parts, one after another in a ring. The
//! choice depends on nothing but the network, so the same town gives the same plan.

use super::network::{Flow, Network};

/// The best flow.
///
/// # Errors
/// The number of steps, if it exceeds what such a network can need; that would be a fault of this program.
pub(super) fn solve(network: &Network) -> Result<Flow, u64> {
    let mut tree = Tree::new(network);
    let limit = 1_000 + 50 * (network.cost.len() + network.parts.len() + tree.parent.len()) as u64;
    let mut ring = Ring::default();
    while let Some(arc) = tree.enter(&mut ring) {
        tree.pivot(arc);
        if tree.pivots > limit {
            return Err(tree.pivots);
        }
    }
    let ways = network.cost.len();
    let units = network.supply.len();
    let parts = tree.flow.split_off(ways + units);
    let no_place = tree.flow.split_off(ways);
    tree.price.truncate(units + network.shelters);
    Ok(Flow {
        ways: tree.flow,
        no_place,
        parts,
        price: tree.price,
        pivots: tree.pivots,
    })
}

const NONE: u32 = u32::MAX;
/// Ways looked at before the worst of them enters.
const WAYS_AT_ONCE: usize = 600;
/// Parts looked at beside them.
const PARTS_AT_ONCE: usize = 64;

/// Where the search goes on.
#[derive(Default)]
struct Ring {
    unit: usize,
    part: usize,
}

/// Where each unit goes at first, and how full that makes the shelters.
struct Start {
    /// Way of each unit; none = it stays without a place at first.
    way: Vec<Option<usize>>,
    /// Persons in each shelter.
    load: Vec<i64>,
}

impl Start {
    /// The largest unit first, each as a whole to where it costs least, the price of the place included. One place stays free
    /// everywhere, so that one more person could always be sent.
    fn of(network: &Network, parts: &[std::ops::Range<usize>]) -> Self {
        let mut left: Vec<i64> = parts
            .iter()
            .map(|own| {
                network.parts[own.clone()]
                    .iter()
                    .map(|part| part.persons)
                    .sum()
            })
            .collect();
        let mut load = vec![0_i64; network.shelters];
        let mut way = vec![None; network.supply.len()];
        let mut order: Vec<usize> = (0..network.supply.len()).collect();
        order.sort_by_key(|unit| (std::cmp::Reverse(network.supply[*unit]), *unit));
        for unit in order {
            let persons = network.supply[unit];
            let mut least = network.no_place_cost;
            for at in network.row[unit]..network.row[unit + 1] {
                let shelter = network.head[at] as usize;
                if left[shelter] <= persons || network.cost[at] >= least {
                    continue;
                }
                let full = load[shelter] + persons;
                let cost = network.cost[at] + price_at(network, &parts[shelter], full);
                if cost < least {
                    (least, way[unit]) = (cost, Some(at));
                }
            }
            if let Some(at) = way[unit] {
                let shelter = network.head[at] as usize;
                left[shelter] -= persons;
                load[shelter] += persons;
            }
        }
        Self { way, load }
    }
}

/// What the last of so many persons in a shelter costs.
fn price_at(network: &Network, parts: &std::ops::Range<usize>, persons: i64) -> i64 {
    let mut room = 0;
    for part in &network.parts[parts.clone()] {
        room += part.persons;
        if persons <= room {
            return part.cost;
        }
    }
    network.no_place_cost
}

/// The parts of each shelter. They stand together, in the order of shelters.
fn parts_of(network: &Network) -> Vec<std::ops::Range<usize>> {
    let mut found = vec![0..0; network.shelters];
    for (n, part) in network.parts.iter().enumerate() {
        let of = &mut found[part.shelter as usize];
        if of.start == of.end {
            *of = n..n;
        }
        of.end = n + 1;
    }
    found
}

/// Spanning tree rooted at the sink.
///
/// Nodes: units, shelters, sink. Arcs: ways, then unit → sink, then parts of shelters → sink.
struct Tree<'a> {
    network: &'a Network,
    parent: Vec<u32>,
    /// Arc to the parent.
    arc: Vec<u32>,
    /// Whether that arc leads from the node to its parent.
    up: Vec<bool>,
    depth: Vec<u32>,
    first_child: Vec<u32>,
    next: Vec<u32>,
    before: Vec<u32>,
    /// Prices: on every arc of the tree, cost + price of its beginning − price of its end = 0.
    price: Vec<i64>,
    flow: Vec<i64>,
    /// Parts outside the tree that are filled.
    filled: Vec<bool>,
    stack: Vec<u32>,
    pivots: u64,
}

impl<'a> Tree<'a> {
    /// The tree of a sensible beginning: every unit hangs on one shelter or on the sink with all its persons, every shelter on the
    /// sink by its first part that is not full. Each of these arcs could take one person more.
    fn new(network: &'a Network) -> Self {
        let units = network.supply.len();
        let nodes = units + network.shelters + 1;
        let ways = network.cost.len();
        let mut tree = Self {
            network,
            parent: vec![NONE; nodes],
            arc: vec![NONE; nodes],
            up: vec![true; nodes],
            depth: vec![1; nodes],
            first_child: vec![NONE; nodes],
            next: vec![NONE; nodes],
            before: vec![NONE; nodes],
            price: vec![0; nodes],
            flow: vec![0; ways + units + network.parts.len()],
            filled: vec![false; network.parts.len()],
            stack: Vec::new(),
            pivots: 0,
        };
        let sink = node(nodes - 1);
        tree.depth[nodes - 1] = 0;
        let parts = parts_of(network);
        let start = Start::of(network, &parts);
        for (shelter, own) in parts.iter().enumerate() {
            let mut load = start.load[shelter];
            for part in own.clone() {
                let of = &network.parts[part];
                let arc = ways + units + part;
                tree.flow[arc] = load.min(of.persons);
                load -= tree.flow[arc];
                if tree.flow[arc] < of.persons {
                    tree.price[units + shelter] = -of.cost;
                    tree.hang(node(units + shelter), sink, node(arc), true);
                    break;
                }
                tree.filled[part] = true;
            }
        }
        for (unit, &persons) in network.supply.iter().enumerate() {
            let Some(way) = start.way[unit] else {
                tree.flow[ways + unit] = persons;
                tree.price[unit] = -network.no_place_cost;
                tree.hang(node(unit), sink, node(ways + unit), true);
                continue;
            };
            let shelter = node(units) + network.head[way];
            tree.flow[way] = persons;
            tree.price[unit] = tree.price[shelter as usize] - network.cost[way];
            tree.depth[unit] = 2;
            tree.hang(node(unit), shelter, node(way), true);
        }
        tree
    }

    fn units(&self) -> usize {
        self.network.supply.len()
    }

    /// An arc that makes the plan cheaper, or none: then it is the best. The search goes on where it ended.
    fn enter(&self, ring: &mut Ring) -> Option<usize> {
        let network = self.network;
        let (units, ways) = (self.units(), network.cost.len());
        let shelters = &self.price[units..units + network.shelters];
        let (mut worst, mut found) = (0_i64, None);
        let mut looked_at = 0;
        for _ in 0..units {
            let unit = ring.unit;
            ring.unit = if unit + 1 == units { 0 } else { unit + 1 };
            let row = network.row[unit]..network.row[unit + 1];
            looked_at += row.len() + 1;
            let (mut least, mut at) = (network.no_place_cost, ways + unit);
            let costs = network.cost[row.clone()]
                .iter()
                .zip(&network.head[row.clone()]);
            for (n, (cost, head)) in costs.enumerate() {
                let reduced = cost - shelters[*head as usize];
                if reduced < least {
                    (least, at) = (reduced, row.start + n);
                }
            }
            let reduced = least + self.price[unit];
            if reduced < worst {
                (worst, found) = (reduced, Some(at));
            }
            if looked_at >= WAYS_AT_ONCE {
                let part = self.part_to_enter(worst, ring, PARTS_AT_ONCE);
                if part.or(found).is_some() {
                    return part.or(found);
                }
                looked_at = 0;
            }
        }
        self.part_to_enter(worst, ring, network.parts.len())
            .or(found)
    }

    /// The part that saves most, if more than `worst`, of so many.
    fn part_to_enter(&self, mut worst: i64, ring: &mut Ring, at_once: usize) -> Option<usize> {
        let (units, ways) = (self.units(), self.network.cost.len());
        let all = self.network.parts.len();
        let mut found = None;
        for _ in 0..at_once.min(all) {
            let n = ring.part;
            ring.part = if n + 1 >= all { 0 } else { n + 1 };
            let part = &self.network.parts[n];
            let reduced = part.cost + self.price[units + part.shelter as usize];
            let saves = if self.filled[n] { -reduced } else { reduced };
            if saves < worst {
                (worst, found) = (saves, Some(ways + units + n));
            }
        }
        found
    }

    /// Beginning, end, cost and room of an arc.
    fn ends(&self, arc: usize) -> (u32, u32, i64, i64) {
        let network = self.network;
        let (units, ways) = (self.units(), network.cost.len());
        let sink = node(units + network.shelters);
        if arc < ways {
            let shelter = node(units) + network.head[arc];
            (network.tail[arc], shelter, network.cost[arc], i64::MAX)
        } else if arc < ways + units {
            (node(arc - ways), sink, network.no_place_cost, i64::MAX)
        } else {
            let part = &network.parts[arc - ways - units];
            (node(units) + part.shelter, sink, part.cost, part.persons)
        }
    }

    fn room(&self, arc: u32) -> i64 {
        let room = self.ends(arc as usize).3;
        if room == i64::MAX {
            room
        } else {
            room - self.flow[arc as usize]
        }
    }

    fn pivot(&mut self, entering: usize) {
        self.pivots += 1;
        let (begin, end, cost, room) = self.ends(entering);
        let part = entering.checked_sub(self.network.cost.len() + self.units());
        let emptied = part.is_some_and(|part| self.filled[part]);
        // Persons go round the cycle from `first` over the entering arc to `second`.
        let (first, second) = if emptied { (end, begin) } else { (begin, end) };
        let top = self.join(first, second);
        let (mut most, mut leaving) = (room, None);
        let mut at = first;
        while at != top {
            let arc = self.arc[at as usize];
            let can = if self.up[at as usize] {
                self.flow[arc as usize]
            } else {
                self.room(arc)
            };
            if can < most {
                (most, leaving) = (can, Some((at, true)));
            }
            at = self.parent[at as usize];
        }
        at = second;
        while at != top {
            let arc = self.arc[at as usize];
            let can = if self.up[at as usize] {
                self.room(arc)
            } else {
                self.flow[arc as usize]
            };
            if can <= most {
                (most, leaving) = (can, Some((at, false)));
            }
            at = self.parent[at as usize];
        }
        self.send(first, second, top, most);
        self.flow[entering] += if emptied { -most } else { most };
        let Some((out, on_first)) = leaving else {
            // The entering part itself is filled or emptied; the tree stays.
            if let Some(part) = part {
                self.filled[part] = !emptied;
            }
            return;
        };
        let left = self.arc[out as usize] as usize;
        if let Some(part) = left.checked_sub(self.network.cost.len() + self.units()) {
            self.filled[part] = self.flow[left] > 0;
        }
        if let Some(part) = part {
            self.filled[part] = false;
        }
        let (inside, outside) = if on_first {
            (first, second)
        } else {
            (second, first)
        };
        self.move_branch(inside, outside, out, entering);
        let price = self.price[outside as usize] + if begin == inside { -cost } else { cost };
        self.reprice(inside, price - self.price[inside as usize]);
    }

    fn join(&self, mut a: u32, mut b: u32) -> u32 {
        while a != b {
            if self.depth[a as usize] >= self.depth[b as usize] {
                a = self.parent[a as usize];
            } else {
                b = self.parent[b as usize];
            }
        }
        a
    }

    fn send(&mut self, first: u32, second: u32, top: u32, persons: i64) {
        if persons == 0 {
            return;
        }
        for (mut at, along_up) in [(first, -persons), (second, persons)] {
            while at != top {
                let n = at as usize;
                self.flow[self.arc[n] as usize] += if self.up[n] { along_up } else { -along_up };
                at = self.parent[n];
            }
        }
    }

    /// Hangs the branch between `inside` and `out` on `outside` by the entering arc, turned over.
    fn move_branch(&mut self, inside: u32, outside: u32, out: u32, entering: usize) {
        let (mut at, mut parent, mut arc) = (inside, outside, node(entering));
        let mut up = self.ends(entering).0 == inside;
        loop {
            let n = at as usize;
            let (old_parent, old_arc, old_up) = (self.parent[n], self.arc[n], self.up[n]);
            self.take_off(at);
            self.hang(at, parent, arc, up);
            if at == out {
                return;
            }
            (parent, arc, up) = (at, old_arc, !old_up);
            at = old_parent;
        }
    }

    fn reprice(&mut self, branch: u32, by: i64) {
        self.stack.push(branch);
        while let Some(at) = self.stack.pop() {
            let n = at as usize;
            self.price[n] += by;
            self.depth[n] = self.depth[self.parent[n] as usize] + 1;
            let mut child = self.first_child[n];
            while child != NONE {
                self.stack.push(child);
                child = self.next[child as usize];
            }
        }
    }

    fn hang(&mut self, at: u32, parent: u32, arc: u32, up: bool) {
        let (n, p) = (at as usize, parent as usize);
        (self.parent[n], self.arc[n], self.up[n]) = (parent, arc, up);
        let first = self.first_child[p];
        (self.next[n], self.before[n]) = (first, NONE);
        if first != NONE {
            self.before[first as usize] = at;
        }
        self.first_child[p] = at;
    }

    fn take_off(&mut self, at: u32) {
        let n = at as usize;
        let (before, next) = (self.before[n], self.next[n]);
        if before == NONE {
            self.first_child[self.parent[n] as usize] = next;
        } else {
            self.next[before as usize] = next;
        }
        if next != NONE {
            self.before[next as usize] = before;
        }
    }
}

/// The number of a node or an arc. `allocate` refuses networks with more than `u32::MAX` of them.
#[expect(
    clippy::cast_possible_truncation,
    reason = "at most MAX_CELLS ways and as many other arcs"
)]
fn node(n: usize) -> u32 {
    n as u32
}
