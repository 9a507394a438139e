//! One polygon of an official flood zone (洪水浸水想定区域).

use geo::{BoundingRect, Intersects, Point, Polygon};
use rstar::{AABB, RTreeObject};

use crate::DepthRank;

/// One polygon of an official flood zone, of one depth rank.
///
/// Its box is kept beside the outline: boxing a long outline at every question is several times slower.
#[derive(Clone, Debug)]
pub struct HazardZone {
    /// Depth class.
    pub rank: DepthRank,
    /// Outline with its holes, longitude and latitude.
    pub shape: Polygon<f64>,
    bbox: AABB<[f64; 2]>,
}

impl HazardZone {
    /// A zone of this rank and outline.
    #[must_use]
    pub fn new(rank: DepthRank, shape: Polygon<f64>) -> Self {
        let bbox = boxed(&shape);
        Self { rank, shape, bbox }
    }

    /// Exact: whether the place is inside the outline or on its line.
    #[must_use]
    pub fn touches(&self, place: Point<f64>) -> bool {
        self.shape.intersects(&place)
    }

    /// Lower-left and upper-right corner of its box, longitude and latitude.
    #[must_use]
    pub fn bounds(&self) -> ([f64; 2], [f64; 2]) {
        (self.bbox.lower(), self.bbox.upper())
    }

    /// The same zone with its box computed anew, in case the outline was exchanged since.
    pub(crate) fn boxed_anew(mut self) -> Self {
        self.bbox = boxed(&self.shape);
        self
    }
}

impl RTreeObject for HazardZone {
    type Envelope = AABB<[f64; 2]>;

    fn envelope(&self) -> Self::Envelope {
        self.bbox
    }
}

/// An outline without points has no box; it is given one that nothing can meet.
fn boxed(shape: &Polygon<f64>) -> AABB<[f64; 2]> {
    match shape.bounding_rect() {
        Some(rect) => {
            AABB::from_corners([rect.min().x, rect.min().y], [rect.max().x, rect.max().y])
        }
        None => AABB::from_point([f64::MAX, f64::MAX]),
    }
}
