//! Which zones touch a place: boxes first, outlines second.

use geo::{BoundingRect, Intersects, MultiPolygon, Point};
use rstar::{AABB, RTree};

use crate::{DepthRank, HazardZone};

/// All zones of a town. Built whole and swapped whole; there is no way to change one zone in it.
#[derive(Clone, Debug)]
pub struct ZoneIndex {
    tree: RTree<HazardZone>,
}

impl ZoneIndex {
    /// Packs the zones into a tree.
    #[must_use]
    pub fn build(zones: Vec<HazardZone>) -> Self {
        Self {
            tree: RTree::bulk_load(zones.into_iter().map(HazardZone::boxed_anew).collect()),
        }
    }

    /// Zones that touch `place`. A house exactly on the line is inside.
    pub fn zones_at(&self, place: Point<f64>) -> impl Iterator<Item = &HazardZone> {
        let pin = AABB::from_point([place.x(), place.y()]);
        self.tree
            .locate_in_envelope_intersecting(&pin) // coarse: boxes
            .filter(move |zone| zone.touches(place)) // exact: outlines
    }

    /// The deepest rank at `place`; nothing where no zone touches it.
    #[must_use]
    pub fn rank_at(&self, place: Point<f64>) -> Option<DepthRank> {
        self.zones_at(place).map(|zone| zone.rank).max()
    }

    /// Zones that share at least a point with `area`.
    ///
    /// The cost is the product of the vertices of `area` and of the zones near it: for a map or a list, not per reading.
    pub fn zones_meeting<'a>(
        &'a self,
        area: &'a MultiPolygon<f64>,
    ) -> impl Iterator<Item = &'a HazardZone> {
        area.bounding_rect()
            .into_iter()
            .flat_map(|rect| {
                let bounds =
                    AABB::from_corners([rect.min().x, rect.min().y], [rect.max().x, rect.max().y]);
                self.tree.locate_in_envelope_intersecting(&bounds)
            })
            .filter(|zone| area.intersects(&zone.shape))
    }

    /// How many zones there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tree.size()
    }

    /// Whether there is no zone at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tree.size() == 0
    }

    /// All zones, in the tree's own order, which is the same for the same zones.
    pub fn iter(&self) -> impl Iterator<Item = &HazardZone> {
        self.tree.iter()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use geo::{MultiPolygon, Point, polygon};

    use super::ZoneIndex;
    use crate::{DepthRank, HazardZone};

    fn two_neighbours() -> ZoneIndex {
        let shallow =
            polygon![(x: 0.0, y: 0.0), (x: 1.0, y: 0.0), (x: 1.0, y: 1.0), (x: 0.0, y: 1.0)];
        let deep = polygon![(x: 1.0, y: 0.0), (x: 2.0, y: 0.0), (x: 2.0, y: 1.0), (x: 1.0, y: 1.0)];
        ZoneIndex::build(vec![
            HazardZone::new(DepthRank::new(1).unwrap(), shallow),
            HazardZone::new(DepthRank::new(3).unwrap(), deep),
        ])
    }

    fn rank_at(x: f64, y: f64) -> Option<u8> {
        two_neighbours()
            .rank_at(Point::new(x, y))
            .map(DepthRank::get)
    }

    #[test]
    fn a_house_on_the_line_between_two_zones_is_in_both_and_counts_as_the_deeper() {
        assert_eq!(two_neighbours().zones_at(Point::new(1.0, 0.5)).count(), 2);
        assert_eq!(rank_at(1.0, 0.5), Some(3));
    }

    #[test]
    fn a_house_on_the_outer_line_or_corner_is_inside() {
        assert_eq!(rank_at(0.0, 0.5), Some(1));
        assert_eq!(rank_at(0.0, 0.0), Some(1));
        assert_eq!(rank_at(2.0, 1.0), Some(3));
    }

    #[test]
    fn a_place_that_is_no_place_is_in_no_zone() {
        assert_eq!(rank_at(f64::NAN, 0.5), None);
        assert_eq!(rank_at(f64::INFINITY, f64::NEG_INFINITY), None);
    }

    #[test]
    fn an_area_meets_the_zones_it_only_touches() {
        let area = polygon![(x: 2.0, y: 0.2), (x: 3.0, y: 0.2), (x: 3.0, y: 0.4), (x: 2.0, y: 0.4)];
        let index = two_neighbours();
        let met = MultiPolygon::new(vec![area]);
        assert_eq!(
            index
                .zones_meeting(&met)
                .map(|zone| zone.rank.get())
                .collect::<Vec<_>>(),
            [3]
        );
    }

    #[test]
    fn an_empty_index_answers_that_nothing_is_flooded() {
        let none = ZoneIndex::build(Vec::new());
        assert!(none.is_empty());
        assert_eq!(none.rank_at(Point::new(1.0, 1.0)), None);
    }
}
