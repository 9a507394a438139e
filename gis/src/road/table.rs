//! The cheapest ways from many places to many others at once (多対多).
//!
//! The junctions that a place can climb to in the hierarchy are a chain: each is the first of those that the one before
//! can climb to. Two chains that meet stay together from there to their last junction, and the cheapest way between two
//! places climbs from both to one junction of that common part. So every place climbs once, and a cell of the table is the
//! least sum over the common part: no way is looked for pair by pair.
//!
//! Places climb side by side in lanes, neighbours together: they share nearly all of their chains.

use rayon::prelude::{ParallelIterator, ParallelSlice};

use super::graph::JunctionId;
use super::hierarchy::{Costs, Hierarchy};
use super::weight::Weight;

/// Junctions with what it costs to get there: both ends of one stretch, or one junction, or none.
pub(super) type Ends = Vec<(JunctionId, Weight)>;

/// Places that climb side by side.
const LANES: usize = 16;
const NONE: u32 = u32::MAX;

type Row = [Weight; LANES];

/// The cheapest way from each of `from` to each of `to`, row after row.
pub(super) fn table(
    hierarchy: &Hierarchy,
    costs: &Costs,
    from: &[Ends],
    to: &[Ends],
) -> Vec<Weight> {
    let scratch = || vec![NONE; hierarchy.junction_count()];
    let order = neighbours_together(hierarchy, from);
    let chains: Vec<Vec<Chain>> = order
        .par_chunks(LANES)
        .map_init(scratch, |rows, places| {
            let ends: Vec<&Ends> = places.iter().map(|place| &from[*place]).collect();
            let climbed = Climbed::of(hierarchy, costs, &ends, rows);
            let lanes = ends.iter().enumerate();
            let chains = lanes.map(|(lane, ends)| climbed.chain(hierarchy, lane, ends, rows));
            let chains = chains.collect();
            climbed.clear(rows);
            chains
        })
        .collect();
    let chains: Vec<Chain> = chains.into_iter().flatten().collect();
    let columns = neighbours_together(hierarchy, to);
    let blocks: Vec<Vec<Row>> = columns
        .par_chunks(LANES)
        .map_init(scratch, |rows, places| {
            let ends: Vec<&Ends> = places.iter().map(|place| &to[*place]).collect();
            let climbed = Climbed::of(hierarchy, costs, &ends, rows);
            let cells = pulp::Arch::new().dispatch(Meet {
                climbed: &climbed,
                chains: &chains,
                row_of: rows,
            });
            climbed.clear(rows);
            cells
        })
        .collect();
    let mut table = vec![Weight::CLOSED; from.len() * to.len()];
    for (places, cells) in columns.chunks(LANES).zip(&blocks) {
        for (row, cell) in order.iter().zip(cells) {
            for (column, weight) in places.iter().zip(cell) {
                table[row * to.len() + column] = *weight;
            }
        }
    }
    table
}

/// Positions of the places, so that those whose chains begin near each other follow each other.
fn neighbours_together(hierarchy: &Hierarchy, places: &[Ends]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_by_key(|place| (first_turn(hierarchy, &places[*place]), *place));
    order
}

/// Where the chain of a place begins. The two ends of a stretch are neighbours, so the later one is on the chain of the
/// earlier one.
fn first_turn(hierarchy: &Hierarchy, ends: &Ends) -> Option<u32> {
    let turns = ends.iter().map(|(junction, _)| hierarchy.turn(*junction));
    turns.min()
}

/// What it costs to climb from one place to the junctions of its chain, the last one first; without those it cannot get to.
type Chain = Vec<(u32, Weight)>;

/// Some places and what they can climb to.
struct Climbed {
    /// All turns of their chains, rising.
    turns: Vec<u32>,
    /// What it costs each place to get there, turn by turn.
    rows: Vec<Row>,
}

impl Climbed {
    /// Climbs from up to as many places as there are lanes. Until [`clear`](Self::clear), `row_of` tells the row of a turn.
    fn of(hierarchy: &Hierarchy, costs: &Costs, places: &[&Ends], row_of: &mut [u32]) -> Self {
        let mut turns = Vec::new();
        for ends in places {
            let mut at = first_turn(hierarchy, ends);
            while let Some(turn) = at
                && row_of[turn as usize] == NONE
            {
                row_of[turn as usize] = 0;
                turns.push(turn);
                at = hierarchy.parent(turn);
            }
        }
        turns.sort_unstable();
        for (row, turn) in (0_u32..).zip(&turns) {
            row_of[*turn as usize] = row;
        }
        let mut rows = vec![[Weight::CLOSED; LANES]; turns.len()];
        for (lane, ends) in places.iter().enumerate() {
            for (junction, weight) in *ends {
                let row = row_of[hierarchy.turn(*junction) as usize];
                debug_assert!(row != NONE, "the later end is on the chain of the earlier");
                let best = &mut rows[row as usize][lane];
                *best = (*best).min(*weight);
            }
        }
        let mut climbed = Self { turns, rows };
        pulp::Arch::new().dispatch(Climb {
            climbed: &mut climbed,
            hierarchy,
            costs,
            row_of,
        });
        climbed
    }

    fn chain(&self, hierarchy: &Hierarchy, lane: usize, ends: &Ends, row_of: &[u32]) -> Chain {
        let mut chain = Vec::new();
        let mut at = first_turn(hierarchy, ends);
        while let Some(turn) = at {
            let weight = self.rows[row_of[turn as usize] as usize][lane];
            if !weight.is_closed() {
                chain.push((turn, weight));
            }
            at = hierarchy.parent(turn);
        }
        chain.reverse();
        chain
    }

    fn clear(&self, row_of: &mut [u32]) {
        for turn in &self.turns {
            row_of[*turn as usize] = NONE;
        }
    }
}

/// Climbs from turn to turn. Compiled for several kinds of processors; the one that is here is asked which. A closure would
/// not do: it stays a function of its own, compiled for the oldest kind.
struct Climb<'a> {
    climbed: &'a mut Climbed,
    hierarchy: &'a Hierarchy,
    costs: &'a Costs,
    row_of: &'a [u32],
}

impl pulp::WithSimd for Climb<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        let rows = &mut self.climbed.rows;
        for (n, turn) in self.climbed.turns.iter().enumerate() {
            let here = rows[n];
            if here.iter().all(|weight| weight.is_closed()) {
                continue;
            }
            let costs = self.costs.of(self.hierarchy, *turn);
            for (later, over) in self.hierarchy.later(*turn).iter().zip(costs) {
                if !over.is_closed() {
                    let row = self.row_of[*later as usize];
                    cheapen(&mut rows[row as usize], &here, *over);
                }
            }
        }
    }
}

/// From every chain to all places that climbed, lane by lane.
struct Meet<'a> {
    climbed: &'a Climbed,
    chains: &'a [Chain],
    row_of: &'a [u32],
}

impl pulp::WithSimd for Meet<'_> {
    type Output = Vec<Row>;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) -> Vec<Row> {
        let mut cells = Vec::with_capacity(self.chains.len());
        for chain in self.chains {
            let mut cell = [Weight::CLOSED; LANES];
            for (turn, weight) in chain {
                let row = self.row_of[*turn as usize];
                // None of the places comes by here, nor by what is before it.
                if row == NONE {
                    break;
                }
                cheapen(&mut cell, &self.climbed.rows[row as usize], *weight);
            }
            cells.push(cell);
        }
        cells
    }
}

/// `over` is not closed. Whatever is beyond something closed adds up to at least that and is never the cheaper.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "it must become part of what is compiled for each processor"
)]
fn cheapen(row: &mut Row, by: &Row, over: Weight) {
    for (one, other) in row.iter_mut().zip(by) {
        *one = one.or_over(*other, over);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fmt::Write as _;

    use proptest::prelude::{ProptestConfig, prop_assert_eq, proptest};

    use super::{Ends, table};
    use crate::road::dijkstra::Tree;
    use crate::road::graph::RoadGraph;
    use crate::road::hierarchy::{Costs, Hierarchy};
    use crate::road::osm::RoadLimits;
    use crate::road::weight::Weight;

    /// Streets on a grid; every place where two of them could meet is a node, some streets are missing.
    fn town(side: u32, missing: &[bool]) -> RoadGraph {
        let (mut nodes, mut ways) = (String::new(), String::new());
        let mut way = 0;
        for (x, y) in (0..side * side).map(|n| (n % side, n / side)) {
            let id = y * side + x + 1;
            let (lon, lat) = (139.0 + f64::from(x) * 1e-3, 35.0 + f64::from(y) * 1e-3);
            let _ = write!(nodes, "<node id='{id}' lat='{lat:.7}' lon='{lon:.7}'/>");
            for (there, next) in [(x + 1 < side, id + 1), (y + 1 < side, id + side)] {
                way += 1;
                if there && !missing[way % missing.len()] {
                    let _ = write!(
                        ways,
                        "<way id='{way}'><nd ref='{id}'/><nd ref='{next}'/><tag k='highway' v='path'/></way>"
                    );
                }
            }
        }
        let xml = format!("<osm version='0.6'>{nodes}{ways}</osm>");
        RoadGraph::from_osm(xml.as_bytes(), RoadLimits::default()).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]

        /// Few different costs and times, so that many ways cost the same; some stretches closed, some parts cut off.
        #[test]
        fn every_cell_is_dijkstras_in_cost_and_time(
            side in 2..15_u32,
            missing in proptest::collection::vec(proptest::bool::weighted(0.3), 1..80),
            costs in proptest::collection::vec((0..4_u8, 1..3_u8), 1..50),
            starts in proptest::collection::vec((0..1_000_u32, 0..3_u8, 0..3_u8), 1..70),
            goals in 0..50_usize,
        ) {
            let graph = town(side, &missing);
            if graph.stretches().is_empty() {
                return Ok(());
            }
            let weights: Vec<Weight> = (0..graph.stretches().len())
                .map(|n| match costs[n % costs.len()] {
                    (0, _) => Weight::CLOSED,
                    (time, penalty) => Weight::of(f64::from(time), f64::from(penalty)),
                })
                .collect();
            let places: Vec<Ends> = starts
                .iter()
                .map(|(at, first, second)| {
                    let stretch = &graph.stretches()[*at as usize % graph.stretches().len()];
                    let [a, b] = stretch.ends;
                    match (first, second) {
                        (0, 0) => Vec::new(),
                        (0, second) => vec![(b, Weight::of(f64::from(*second), 1.0))],
                        (first, second) => vec![
                            (a, Weight::of(f64::from(*first), 1.0)),
                            (b, Weight::of(f64::from(*second), 2.0)),
                        ],
                    }
                })
                .collect();
            let to = &places[..goals.min(places.len())];
            let hierarchy = Hierarchy::of(&graph);
            let found = table(&hierarchy, &Costs::new(&hierarchy, &weights), &places, to);
            prop_assert_eq!(found.len(), places.len() * to.len());
            for (row, from) in places.iter().enumerate() {
                let tree = Tree::from(&graph, &weights, from, &[]);
                for (column, ends) in to.iter().enumerate() {
                    let ways = ends.iter().map(|(at, weight)| tree.weight(*at).plus(*weight));
                    let wanted = ways.min().unwrap_or(Weight::CLOSED);
                    prop_assert_eq!(found[row * to.len() + column], wanted);
                }
            }
        }
    }
}
