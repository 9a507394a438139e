//! One polygon of an official flood zone (洪水浸水想定区域).

use geo::{Intersects, Point, Polygon};

use crate::DepthRank;

/// One polygon of an official flood zone, of one depth rank, before it is packed into a [`ZoneIndex`](crate::ZoneIndex).
#[derive(Clone, Debug)]
pub struct HazardZone {
    /// Depth class.
    pub rank: DepthRank,
    /// Outline with its holes, longitude and latitude.
    pub shape: Polygon<f64>,
}

impl HazardZone {
    /// A zone of this rank and outline.
    #[must_use]
    pub fn new(rank: DepthRank, shape: Polygon<f64>) -> Self {
        Self { rank, shape }
    }

    /// Exact: whether the place is inside the outline or on its line. The cost is the number of corners.
    #[must_use]
    pub fn touches(&self, place: Point<f64>) -> bool {
        self.shape.intersects(&place)
    }
}
