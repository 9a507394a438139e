//! Where a place meets the network, and what it costs from there to the ends of its stretch.

use geo::Point;

use super::graph::RoadGraph;
use super::passage::{Closure, Passage};
use super::snap::{Snap, Snapper};
use super::table::Ends;
use super::weight::Weight;

/// A place beside the network.
#[derive(Clone, Debug)]
pub(super) struct Begin {
    pub(super) snap: Snap,
    pub(super) leg: Weight,
    pub(super) ends: Ends,
}

impl Begin {
    /// The way beside a place.
    ///
    /// # Errors
    /// Nothing beside it, or why it is closed.
    pub(super) fn at(
        graph: &RoadGraph,
        snapper: &Snapper,
        passage: &Passage,
        place: Point<f64>,
    ) -> Result<Self, Option<Closure>> {
        let snap = snapper
            .nearest(graph, place, |id, _| passage.may_begin(id))
            .ok_or(None)?;
        if let Some(why) = passage.closure(snap.stretch) {
            return Err(Some(why));
        }
        let stretch = graph.stretches()[snap.stretch as usize];
        let whole = passage.weights()[snap.stretch as usize];
        let to_first = whole.part(snap.along_mm, stretch.length_mm);
        let leg = passage.leg(snap.leg_m);
        let [first, second] = stretch.ends;
        let mut ends = vec![
            (first, leg.plus(to_first)),
            (second, leg.plus(whole.less(to_first))),
        ];
        if first == second {
            ends.sort_by_key(|(_, weight)| *weight);
            ends.truncate(1);
        }
        Ok(Self { snap, leg, ends })
    }

    /// Both on one stretch: straight along it. Closed where they are not.
    pub(super) fn direct(&self, graph: &RoadGraph, passage: &Passage, other: &Self) -> Weight {
        if self.snap.stretch != other.snap.stretch {
            return Weight::CLOSED;
        }
        let stretch = &graph.stretches()[self.snap.stretch as usize];
        let whole = passage.weights()[self.snap.stretch as usize];
        let at = |begin: &Self| whole.part(begin.snap.along_mm, stretch.length_mm);
        let (one, other_at) = (at(self), at(other));
        let along = one.max(other_at).less(one.min(other_at));
        along.plus(self.leg).plus(other.leg)
    }
}
