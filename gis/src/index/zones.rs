//! The flood zones of a town.

use geo::{MultiPolygon, Point, Polygon};

use super::outlines::OutlineIndex;
use crate::{DepthRank, HazardZone};

/// All zones of a town. Built whole and swapped whole; there is no way to change one zone in it.
#[derive(Clone, Debug)]
pub struct ZoneIndex {
    outlines: OutlineIndex,
    ranks: Vec<DepthRank>,
}

impl ZoneIndex {
    /// Packs the zones.
    #[must_use]
    pub fn build(zones: Vec<HazardZone>) -> Self {
        let ranks = zones.iter().map(|zone| zone.rank).collect();
        Self {
            outlines: OutlineIndex::build(zones.into_iter().map(|zone| zone.shape)),
            ranks,
        }
    }

    /// Zones that touch `place`, in the order in which they were given. A house exactly on the line is inside.
    pub fn zones_at(&self, place: Point<f64>) -> impl Iterator<Item = Zone<'_>> {
        self.outlines.at(place).map(|number| self.zone(number))
    }

    /// The deepest rank at `place`; nothing where no zone touches it.
    #[must_use]
    pub fn rank_at(&self, place: Point<f64>) -> Option<DepthRank> {
        self.outlines
            .at(place)
            .map(|number| self.ranks[number])
            .max()
    }

    /// The deepest rank at each of many places, in their order. Faster than one by one where there are many zones.
    #[must_use]
    pub fn ranks_at(&self, places: &[Point<f64>]) -> Vec<Option<DepthRank>> {
        let mut ranks = vec![None; places.len()];
        self.outlines.at_each(places, |place, found| {
            ranks[place] = found.map(|number| self.ranks[number]).max();
        });
        ranks
    }

    /// Zones that share at least a point with `area`, in the order in which they were given.
    pub fn zones_meeting(&self, area: &MultiPolygon<f64>) -> impl Iterator<Item = Zone<'_>> {
        self.outlines
            .meeting(area)
            .into_iter()
            .map(|number| self.zone(number))
    }

    /// The nearest zone of at least this rank, no further than `within_m`, and its distance in metres: zero inside.
    #[must_use]
    pub fn nearest(
        &self,
        place: Point<f64>,
        rank_min: DepthRank,
        within_m: f64,
    ) -> Option<(Zone<'_>, f64)> {
        let (number, metres) = self
            .outlines
            .nearest(place, within_m, |number| self.ranks[number] >= rank_min)?;
        Some((self.zone(number), metres))
    }

    /// How many zones there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ranks.len()
    }

    /// Whether there is no zone at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ranks.is_empty()
    }

    /// All zones, in the order in which they were given.
    pub fn iter(&self) -> impl Iterator<Item = Zone<'_>> {
        (0..self.len()).map(|number| self.zone(number))
    }

    /// The outlines alone, numbered as the zones are.
    #[must_use]
    pub fn outlines(&self) -> &OutlineIndex {
        &self.outlines
    }

    /// Outlines and ranks, both in the order in which the zones were given.
    pub(crate) fn into_parts(self) -> (OutlineIndex, Vec<DepthRank>) {
        (self.outlines, self.ranks)
    }

    fn zone(&self, number: usize) -> Zone<'_> {
        Zone {
            number,
            rank: self.ranks[number],
            outlines: &self.outlines,
        }
    }
}

/// One zone of an index.
#[derive(Clone, Copy, Debug)]
pub struct Zone<'a> {
    /// Its position in the order in which the zones were given.
    pub number: usize,
    /// Depth class.
    pub rank: DepthRank,
    outlines: &'a OutlineIndex,
}

impl Zone<'_> {
    /// Its outline with holes, built anew: the index keeps coordinates packed.
    #[must_use]
    pub fn shape(&self) -> Polygon<f64> {
        self.outlines.polygon(self.number)
    }

    /// Lower-left and upper-right corner of its box, longitude and latitude; nothing where it has no coordinates.
    #[must_use]
    pub fn bounds(&self) -> Option<([f64; 2], [f64; 2])> {
        self.outlines.bounds(self.number)
    }

    /// The corner at which its outline begins; nothing where it has no coordinates.
    #[must_use]
    pub fn first_corner(&self) -> Option<Point<f64>> {
        self.outlines.first_corner(self.number)
    }

    /// Distance in metres; zero inside or on the line.
    #[must_use]
    pub fn distance_m(&self, place: Point<f64>) -> f64 {
        self.outlines.distance_m(self.number, place)
    }

    /// A copy that stands alone.
    #[must_use]
    pub fn to_hazard_zone(&self) -> HazardZone {
        HazardZone::new(self.rank, self.shape())
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
    fn ranks_of_many_places_come_in_the_order_of_the_places() {
        let places = [(1.9, 0.5), (5.0, 5.0), (0.1, 0.1), (1.0, 1.0)].map(Point::from);
        let ranks: Vec<Option<u8>> = two_neighbours()
            .ranks_at(&places)
            .into_iter()
            .map(|rank| rank.map(DepthRank::get))
            .collect();
        assert_eq!(ranks, [Some(3), None, Some(1), Some(3)]);
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
        assert!(
            none.nearest(Point::new(1.0, 1.0), DepthRank::ALL[0], 1e6)
                .is_none()
        );
    }

    #[test]
    fn the_nearest_zone_of_a_rank_is_found_beyond_a_nearer_shallow_one() {
        let index = two_neighbours();
        let place = Point::new(-0.01, 0.5);
        let (shallow, shallow_m) = index.nearest(place, DepthRank::ALL[0], 1e6).unwrap();
        let (deep, deep_m) = index.nearest(place, DepthRank::ALL[1], 1e6).unwrap();
        assert_eq!((shallow.number, deep.number), (0, 1));
        // A degree of longitude at the equator is 111,319 m.
        assert!(
            (shallow_m - 1_113.2).abs() < 1.0 && (deep_m - 112_432.0).abs() < 60.0,
            "{shallow_m} {deep_m}"
        );
        assert!((deep.distance_m(place) - deep_m).abs() < 1e-6);
        assert!(index.nearest(place, DepthRank::ALL[1], 100_000.0).is_none());
        let (_, inside_m) = index
            .nearest(Point::new(0.5, 0.5), DepthRank::ALL[0], 1.0)
            .unwrap();
        assert!(inside_m.abs() < f64::EPSILON);
    }
}
