//! The shelters that are nearest on foot, for any number of places (最寄りの避難場所).
//!
//! One search goes out from all shelters at once and leaves at every junction the few that are nearest from there. A
//! place then only asks the two ends of the stretch beside it: whatever is nearest to the place is nearest to the end
//! that the way there leaves by, so nothing is missed.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use geo::Point;

use super::begin::Begin;
use super::exposure::RoadExposure;
use super::graph::{JunctionId, RoadGraph, StretchId};
use super::passage::{Closure, Passage};
use super::snap::Snapper;
use super::walker::{NoWay, Walk, told};
use super::walking::{WalkConditions, WalkSettings};
use super::weight::Weight;

/// The ways to the nearest shelters from everywhere, for one group under certain conditions.
#[derive(Clone, Debug)]
pub struct NearestOnFoot {
    graph: RoadGraph,
    snapper: Snapper,
    passage: Passage,
    shelters: Vec<Result<Begin, Option<Closure>>>,
    /// Shelters that begin on a stretch.
    on_stretch: BTreeMap<StretchId, Vec<u32>>,
    n: usize,
    /// By junction: up to `n` shelters, nearest first.
    from_junction: Vec<Vec<(Weight, u32)>>,
}

impl NearestOnFoot {
    /// Works out the `n` nearest of `shelters` for every junction. The settings must have been checked; `exposure` must
    /// be of the same network.
    #[must_use]
    pub fn new(
        graph: RoadGraph,
        settings: &WalkSettings,
        conditions: WalkConditions,
        exposure: &RoadExposure,
        shelters: &[Point<f64>],
        n: usize,
    ) -> Self {
        let snapper = Snapper::new(&graph, settings.snap);
        let passage = Passage::new(&graph, settings, conditions, exposure);
        let shelters: Vec<_> = shelters
            .iter()
            .map(|place| Begin::at(&graph, &snapper, &passage, *place))
            .collect();
        let mut on_stretch: BTreeMap<StretchId, Vec<u32>> = BTreeMap::new();
        let mut starts = Vec::new();
        for (number, begin) in (0_u32..).zip(&shelters) {
            if let Ok(begin) = begin {
                let beside = on_stretch.entry(begin.snap.stretch).or_default();
                beside.push(number);
                starts.extend(begin.ends.iter().map(|(at, weight)| (*weight, number, *at)));
            }
        }
        let from_junction = spread(&graph, passage.weights(), starts, n);
        Self {
            graph,
            snapper,
            passage,
            shelters,
            on_stretch,
            n,
            from_junction,
        }
    }

    /// The nearest shelters of a place, as positions in the list it was made from: compared by what the way costs, then
    /// by its time, then by position. Fewer than `n` where no way leads to more.
    ///
    /// # Errors
    /// Why no way begins at the place.
    pub fn of(&self, place: Point<f64>) -> Result<Vec<(usize, Walk)>, NoWay> {
        let begin =
            Begin::at(&self.graph, &self.snapper, &self.passage, place).map_err(NoWay::at_start)?;
        let mut found: Vec<(Weight, u32)> = Vec::new();
        for (junction, to_end) in &begin.ends {
            let onward = &self.from_junction[*junction as usize];
            found.extend(
                onward
                    .iter()
                    .map(|(on, number)| (on.plus(*to_end), *number)),
            );
        }
        for number in self
            .on_stretch
            .get(&begin.snap.stretch)
            .into_iter()
            .flatten()
        {
            if let Ok(shelter) = &self.shelters[*number as usize] {
                found.push((begin.direct(&self.graph, &self.passage, shelter), *number));
            }
        }
        found.sort_unstable();
        let mut nearest: Vec<(usize, Walk)> = Vec::with_capacity(self.n);
        for (weight, number) in found {
            let number = number as usize;
            if nearest.len() == self.n {
                break;
            }
            if let Ok(walk) = told(weight)
                && nearest.iter().all(|(known, _)| *known != number)
            {
                nearest.push((number, walk));
            }
        }
        Ok(nearest)
    }

    /// Why a shelter that [`of`](Self::of) does not name although it names fewer than `n` cannot be reached.
    ///
    /// # Panics
    /// When there is no such shelter.
    #[must_use]
    pub fn why_not(&self, shelter: usize) -> NoWay {
        match &self.shelters[shelter] {
            Ok(_) => NoWay::CutOff,
            Err(why) => NoWay::at_shelter(*why),
        }
    }
}

/// Dijkstra's method from all shelters at once; a junction is done when `n` shelters have reached it.
///
/// They arrive by weight and then by number: whatever leads to a junction was settled before it with the same number and
/// no larger weight. So of several at one weight the first ones are kept, everywhere alike.
fn spread(
    graph: &RoadGraph,
    weights: &[Weight],
    starts: Vec<(Weight, u32, JunctionId)>,
    n: usize,
) -> Vec<Vec<(Weight, u32)>> {
    let mut arrived: Vec<Vec<(Weight, u32)>> = vec![Vec::new(); graph.junction_count()];
    let mut open: BinaryHeap<Reverse<(Weight, u32, JunctionId)>> =
        starts.into_iter().map(Reverse).collect();
    while let Some(Reverse((weight, shelter, at))) = open.pop() {
        let here = &mut arrived[at as usize];
        if weight.is_closed() || here.len() >= n || here.iter().any(|(_, known)| *known == shelter)
        {
            continue;
        }
        here.push((weight, shelter));
        for arc in graph.arcs(at) {
            let there = weight.plus(weights[arc.stretch as usize]);
            if !there.is_closed() && arrived[arc.to as usize].len() < n {
                open.push(Reverse((there, shelter, arc.to)));
            }
        }
    }
    arrived
}
