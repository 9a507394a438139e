//! How many people and which facilities are in a zone, by depth rank and district.

use std::collections::BTreeMap;

use geo::Point;

use super::areas::AreaIndex;
use super::zones::ZoneIndex;
use crate::DepthRank;

/// People at a place. Counts of a census cell are spread over places in it before; shares of a person are kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlacedPeople {
    /// Longitude and latitude, degrees.
    pub at: Point<f64>,
    /// How many.
    pub people: f64,
}

impl PlacedPeople {
    /// Spreads the people of a cell evenly over `side` times `side` places in it. The cell is given by its south-west and
    /// north-east corner.
    pub fn spread(
        south_west: Point<f64>,
        north_east: Point<f64>,
        people: f64,
        side: u16,
    ) -> impl Iterator<Item = Self> {
        let (width, height) = (
            north_east.x() - south_west.x(),
            north_east.y() - south_west.y(),
        );
        let side = side.max(1);
        let share = move |n: u16| (f64::from(n) + 0.5) / f64::from(side);
        (0..side).flat_map(move |row| {
            (0..side).map(move |column| Self {
                at: Point::new(
                    south_west.x() + width * share(column),
                    south_west.y() + height * share(row),
                ),
                people: people / f64::from(side) / f64::from(side),
            })
        })
    }
}

/// A facility at a place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlacedFacility {
    /// Longitude and latitude, degrees.
    pub at: Point<f64>,
}

/// Who and what is where, in relation to a zone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exposure {
    rows: BTreeMap<(Option<usize>, Option<DepthRank>), ExposureRow>,
}

/// One district and depth rank.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExposureRow {
    /// Residents; shares of a person are kept so that sums stay right.
    pub people: f64,
    /// Positions in the list of facilities, ascending.
    pub facilities: Vec<usize>,
}

impl Exposure {
    /// Counts people and facilities by the district they are in and the deepest zone at their place. On a common border
    /// the first district counts, on the line of zones the deepest.
    #[must_use]
    pub fn count(
        zones: &ZoneIndex,
        districts: &AreaIndex,
        people: impl IntoIterator<Item = PlacedPeople>,
        facilities: impl IntoIterator<Item = PlacedFacility>,
    ) -> Self {
        let facilities = facilities.into_iter().enumerate();
        Self::count_by(|at| zones.rank_at(at), districts, people, facilities)
    }

    /// The same with a depth from elsewhere, such as the shape of the ground. Each facility comes with its number.
    #[must_use]
    pub fn count_by(
        rank_at: impl Fn(Point<f64>) -> Option<DepthRank>,
        districts: &AreaIndex,
        people: impl IntoIterator<Item = PlacedPeople>,
        facilities: impl IntoIterator<Item = (usize, PlacedFacility)>,
    ) -> Self {
        let mut exposure = Self::default();
        let key = |at: Point<f64>| (districts.at(at).next(), rank_at(at));
        for placed in people {
            exposure.rows.entry(key(placed.at)).or_default().people += placed.people;
        }
        for (number, facility) in facilities {
            let row = exposure.rows.entry(key(facility.at)).or_default();
            row.facilities.push(number);
        }
        exposure
    }

    /// Every district and rank that has somebody or something, districts in their order and those outside every district
    /// first; ranks from none to deep.
    pub fn rows(&self) -> impl Iterator<Item = (Option<usize>, Option<DepthRank>, &ExposureRow)> {
        self.rows
            .iter()
            .map(|((district, rank), row)| (*district, *rank, row))
    }

    /// Residents of a district in a rank, or outside every zone.
    #[must_use]
    pub fn people(&self, district: Option<usize>, rank: Option<DepthRank>) -> f64 {
        self.rows
            .get(&(district, rank))
            .map_or(0.0, |row| row.people)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use geo::{MultiPolygon, Point, Rect};

    use super::{Exposure, PlacedFacility, PlacedPeople};
    use crate::index::AreaIndex;
    use crate::{DepthRank, HazardZone, ZoneIndex};

    fn rect(west: f64, east: f64) -> geo::Polygon<f64> {
        Rect::new((west, 0.0), (east, 1.0)).to_polygon()
    }

    /// Two districts side by side; the zone covers the eastern quarter of the first and the western half of the second.
    fn exposure() -> Exposure {
        let districts = [rect(0.0, 1.0), rect(1.0, 2.0)].map(|p| MultiPolygon::new(vec![p]));
        let rank = DepthRank::new(2).unwrap();
        let zones = ZoneIndex::build(vec![HazardZone::new(rank, rect(0.75, 1.5))]);
        let cell = |west: f64, people: f64| {
            PlacedPeople::spread(
                Point::new(west, 0.0),
                Point::new(west + 1.0, 1.0),
                people,
                20,
            )
        };
        Exposure::count(
            &zones,
            &AreaIndex::build(&districts),
            cell(0.0, 400.0)
                .chain(cell(1.0, 1_000.0))
                .chain(cell(5.0, 7.0)),
            [1.0, 0.1, 9.0].map(|x| PlacedFacility {
                at: Point::new(x, 0.5),
            }),
        )
    }

    #[test]
    fn people_are_counted_by_the_share_of_their_cell() {
        let exposure = exposure();
        let rank = DepthRank::new(2);
        let near = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-9, "{found}");
        near(exposure.people(Some(0), rank), 100.0);
        near(exposure.people(Some(0), None), 300.0);
        near(exposure.people(Some(1), rank), 500.0);
        near(exposure.people(Some(1), None), 500.0);
        near(exposure.people(None, None), 7.0);
    }

    #[test]
    fn nobody_is_lost_or_counted_twice() {
        let all: f64 = exposure().rows().map(|(_, _, row)| row.people).sum();
        assert!((all - 1_407.0).abs() < 1e-9);
    }

    #[test]
    fn a_facility_on_the_border_of_two_districts_belongs_to_the_first() {
        let exposure = exposure();
        let facilities: Vec<_> = exposure
            .rows()
            .filter(|(_, _, row)| !row.facilities.is_empty())
            .map(|(district, rank, row)| (district, rank, row.facilities.clone()))
            .collect();
        assert_eq!(
            facilities,
            [
                (None, None, vec![2]),
                (Some(0), None, vec![1]),
                (Some(0), DepthRank::new(2), vec![0]),
            ]
        );
    }
}
