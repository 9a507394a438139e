//! From a place to the way beside it.

use geo::{Coord, Point};
use rstar::primitives::{GeomWithData, Line};
use rstar::{AABB, PointDistance, RTree};

use super::graph::{RoadGraph, Stretch, StretchId, degrees};
use crate::projection::LocalPlane;

/// What counts as a way beside a place.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SnapSettings {
    /// A way further off than this is not beside the place, metres.
    pub reach_m: f64,
    /// Parts of the network that are not joined to the rest and shorter than this together are passed over, metres: a
    /// path in a courtyard leads nowhere.
    pub island_m: f64,
}

impl Default for SnapSettings {
    fn default() -> Self {
        Self {
            reach_m: 500.0,
            island_m: 1_000.0,
        }
    }
}

/// Where a place meets the network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Snap {
    /// The stretch beside it.
    pub stretch: StretchId,
    /// How far along the stretch, from the first of its ends, millimetres.
    pub along_mm: u32,
    /// From the place to the stretch in a straight line, metres.
    pub leg_m: f64,
    /// The point of the stretch: longitude and latitude, degrees.
    pub at: Point<f64>,
}

type Segment = GeomWithData<Line<[f64; 2]>, Place>;

/// Where a segment is in the network.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Place {
    stretch: StretchId,
    /// Length of the course before it, metres on the plane.
    before_m: f32,
}

/// Finds the way beside a place. Built once for a network.
#[derive(Clone, Debug)]
pub struct Snapper {
    plane: LocalPlane,
    tree: RTree<Segment>,
    settings: SnapSettings,
}

impl Snapper {
    /// Puts the segments of all stretches into a tree, on a plane around the middle of the network.
    #[must_use]
    pub fn new(graph: &RoadGraph, settings: SnapSettings) -> Self {
        let middle = graph
            .bounds()
            .map_or(Coord::zero(), |[low, high]| (low + high) / 2.0);
        let plane = LocalPlane::at(middle.into());
        let island_mm = settings.island_m * 1_000.0;
        let mut segments = Vec::new();
        for (id, stretch) in (0_u32..).zip(graph.stretches()) {
            let part = graph.components().part_of(stretch.ends[0]);
            let part = graph.components().parts()[part as usize];
            #[expect(
                clippy::cast_precision_loss,
                reason = "only compared with a rough limit"
            )]
            if (part.length_mm as f64) < island_mm && part != graph.components().parts()[0] {
                continue;
            }
            let mut before_m = 0.0;
            for pair in graph.course_e7(id).windows(2) {
                let (a, b) = (
                    plane.metres(degrees(pair[0])),
                    plane.metres(degrees(pair[1])),
                );
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "a stretch in metres needs few digits"
                )]
                let place = Place {
                    stretch: id,
                    before_m: before_m as f32,
                };
                segments.push(Segment::new(Line::new([a.x, a.y], [b.x, b.y]), place));
                before_m += (b.x - a.x).hypot(b.y - a.y);
            }
        }
        Self {
            plane,
            tree: RTree::bulk_load(segments),
            settings,
        }
    }

    /// The nearest stretch that `may` be used, within reach; nothing where there is none. Of two at the same distance the
    /// one with the smaller number.
    #[must_use]
    pub fn nearest(
        &self,
        graph: &RoadGraph,
        place: Point<f64>,
        may: impl Fn(StretchId, &Stretch) -> bool,
    ) -> Option<Snap> {
        if !place.x().is_finite() || !place.y().is_finite() {
            return None;
        }
        let at = self.plane.metres(place.into());
        let at = [at.x, at.y];
        let reach2 = self.settings.reach_m * self.settings.reach_m;
        let mut best: Option<(f64, &Segment)> = None;
        for (segment, distance2) in self.tree.nearest_neighbor_iter_with_distance_2(&at) {
            if distance2 > best.map_or(reach2, |(distance2, _)| distance2) {
                break;
            }
            let id = segment.data.stretch;
            if best.is_none_or(|(_, found)| id < found.data.stretch)
                && may(id, &graph.stretches[id as usize])
            {
                best = Some((distance2, segment));
            }
        }
        best.map(|(distance2, segment)| self.snap(graph, at, distance2, segment))
    }

    /// Distance to the nearest stretch of any kind, metres, however far.
    #[must_use]
    pub fn distance_m(&self, place: Point<f64>) -> Option<f64> {
        let at = self.plane.metres(place.into());
        let segment = self.tree.nearest_neighbor(&[at.x, at.y])?;
        Some(segment.distance_2(&[at.x, at.y]).sqrt())
    }

    /// Stretches whose boxes meet the box between two corners in degrees, rising, each once.
    #[must_use]
    pub fn within(&self, corners: [Coord<f64>; 2]) -> Vec<StretchId> {
        let [a, b] = corners.map(|corner| self.plane.metres(corner));
        let bounds = AABB::from_corners([a.x, a.y], [b.x, b.y]);
        let mut found: Vec<StretchId> = self
            .tree
            .locate_in_envelope_intersecting(&bounds)
            .map(|segment| segment.data.stretch)
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    fn snap(&self, graph: &RoadGraph, at: [f64; 2], distance2: f64, segment: &Segment) -> Snap {
        let (from, to) = (segment.geom().from, segment.geom().to);
        let (dx, dy) = (to[0] - from[0], to[1] - from[1]);
        let length2 = dx * dx + dy * dy;
        let part = if length2 > 0.0 {
            (((at[0] - from[0]) * dx + (at[1] - from[1]) * dy) / length2).clamp(0.0, 1.0)
        } else {
            0.0
        };
        let foot = Coord {
            x: from[0] + part * dx,
            y: from[1] + part * dy,
        };
        let along_m = f64::from(segment.data.before_m) + part * length2.sqrt();
        let length_mm = graph.stretches[segment.data.stretch as usize].length_mm;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a length is not negative; the cast stops at the largest number"
        )]
        let along_mm = ((along_m * 1_000.0).round() as u32).min(length_mm);
        Snap {
            stretch: segment.data.stretch,
            along_mm,
            leg_m: distance2.sqrt(),
            at: self.plane.degrees(foot).into(),
        }
    }
}
