//! Where the network lies in hazard zones and in water.

use geo::{Coord, Point};

use super::graph::RoadGraph;
use crate::projection::LocalPlane;
use crate::{DepthRank, ZoneIndex};

/// Places asked about along a stretch lie at most this far apart, metres. Zones are made of cells of 5 to 25 m; a strip
/// narrower than this may be missed.
const STEP_M: f64 = 5.0;

/// What is the matter at a place.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Exposure {
    /// The deepest hazard zone there.
    pub rank: Option<DepthRank>,
    /// Water there, measured or forecast, metres; 0 where it is dry.
    pub water_m: f64,
}

/// The worst along each stretch.
#[derive(Clone, Debug, PartialEq)]
pub struct RoadExposure {
    stretches: Vec<Exposure>,
}

impl RoadExposure {
    /// No zones and no water.
    #[must_use]
    pub fn none(graph: &RoadGraph) -> Self {
        Self {
            stretches: vec![Exposure::default(); graph.stretches().len()],
        }
    }

    /// Asks about places along every stretch, its ends included, at most 5 m apart, and keeps the worst of each. What is
    /// no number counts as water without bottom: unknown is not dry.
    #[must_use]
    pub fn along(graph: &RoadGraph, ask: impl Fn(Point<f64>) -> Exposure) -> Self {
        let worst = |id: u32| {
            let mut worst = Exposure::default();
            for place in places(graph, id) {
                let here = ask(place);
                let water_m = if here.water_m.is_nan() {
                    f64::INFINITY
                } else {
                    here.water_m
                };
                worst.rank = worst.rank.max(here.rank);
                worst.water_m = worst.water_m.max(water_m);
            }
            worst
        };
        Self {
            stretches: (0_u32..)
                .zip(graph.stretches())
                .map(|(id, _)| worst(id))
                .collect(),
        }
    }

    /// The official zones, dry.
    #[must_use]
    pub fn in_zones(graph: &RoadGraph, zones: &ZoneIndex) -> Self {
        Self::along(graph, |place| Exposure {
            rank: zones.rank_at(place),
            water_m: 0.0,
        })
    }

    /// By number of the stretch.
    #[must_use]
    pub fn stretches(&self) -> &[Exposure] {
        &self.stretches
    }
}

fn places(graph: &RoadGraph, id: u32) -> Vec<Point<f64>> {
    let course: Vec<Coord<f64>> = graph.course(id).collect();
    let plane = LocalPlane::at(course[0].into());
    let mut places = vec![Point(course[0])];
    for pair in course.windows(2) {
        let (a, b) = (plane.metres(pair[0]), plane.metres(pair[1]));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a count that is not negative; the cast stops at the largest number"
        )]
        let parts = (((b.x - a.x).hypot(b.y - a.y) / STEP_M).ceil() as u32).clamp(1, 100_000);
        for part in 1..=parts {
            let part = f64::from(part) / f64::from(parts);
            places.push(Point(pair[0] + (pair[1] - pair[0]) * part));
        }
    }
    places
}
