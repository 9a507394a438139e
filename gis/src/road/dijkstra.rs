//! Dijkstra's method: one shortest-way tree, with the way itself.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::graph::{JunctionId, RoadGraph, StretchId};
use super::weight::Weight;

/// The cheapest ways from a set of places to every junction, or to those that were asked for.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    weights: Vec<Weight>,
    /// The stretch by which a junction was reached.
    by: Vec<StretchId>,
}

const NONE: StretchId = StretchId::MAX;

impl Tree {
    /// Searches from junctions that already have a weight until all of `until` are settled; with none, everything.
    pub(super) fn from(
        graph: &RoadGraph,
        weights: &[Weight],
        starts: &[(JunctionId, Weight)],
        until: &[JunctionId],
    ) -> Self {
        let mut tree = Self {
            weights: vec![Weight::CLOSED; graph.junction_count()],
            by: vec![NONE; graph.junction_count()],
        };
        let mut open = BinaryHeap::new();
        for (junction, weight) in starts {
            if *weight < tree.weights[*junction as usize] {
                tree.weights[*junction as usize] = *weight;
                open.push(Reverse((*weight, *junction)));
            }
        }
        let mut waited: Vec<JunctionId> = until.to_vec();
        while let Some(Reverse((weight, at))) = open.pop() {
            if weight > tree.weights[at as usize] {
                continue;
            }
            if !until.is_empty() {
                waited.retain(|junction| *junction != at);
                if waited.is_empty() {
                    break;
                }
            }
            for arc in graph.arcs(at) {
                let there = weight.plus(weights[arc.stretch as usize]);
                if there < tree.weights[arc.to as usize] {
                    tree.weights[arc.to as usize] = there;
                    tree.by[arc.to as usize] = arc.stretch;
                    open.push(Reverse((there, arc.to)));
                }
            }
        }
        tree
    }

    pub(super) fn weight(&self, junction: JunctionId) -> Weight {
        self.weights[junction as usize]
    }

    /// Stretches from a junction back to where the search began, and the junction there.
    pub(super) fn way_back(
        &self,
        graph: &RoadGraph,
        from: JunctionId,
    ) -> (Vec<StretchId>, JunctionId) {
        let mut way = Vec::new();
        let mut at = from;
        while self.by[at as usize] != NONE {
            let stretch = self.by[at as usize];
            way.push(stretch);
            let [a, b] = graph.stretches()[stretch as usize].ends;
            at = if a == at { b } else { a };
        }
        (way, at)
    }
}
