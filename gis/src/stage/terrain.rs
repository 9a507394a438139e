//! What water of a river covers by the shape of the ground.

use geo::Point;

use crate::index::AreaIndex;
use crate::{Assumption, DepthRank, Exposure, Hand, PlacedFacility, PlacedPeople, Wet};

/// What water of a river covers by the shape of the ground, from its height above the river.
#[derive(Clone, Debug, PartialEq)]
pub struct TerrainExtent {
    /// People and facilities under water, by district and by the rank of the depth; those with no rank are not covered.
    pub covered: Exposure,
    /// People at places for which the ground says nothing: no height, or their water runs to no river or another one.
    pub people_unknown: f64,
    /// Positions of facilities at such places.
    pub facilities_unknown: Vec<usize>,
    /// What is assumed.
    pub assumptions: Vec<Assumption>,
}

/// Counts people and facilities under water that stands `water_above_bed_m` above the ground at its river.
#[must_use]
pub fn terrain_extent(
    hand: &Hand,
    river: usize,
    water_above_bed_m: f64,
    districts: &AreaIndex,
    people: impl IntoIterator<Item = PlacedPeople>,
    facilities: &[PlacedFacility],
) -> TerrainExtent {
    let wet = |at: Point<f64>| hand.wet(at, river, water_above_bed_m);
    let mut people_unknown = 0.0;
    let known = people.into_iter().filter(|placed| {
        let unknown = wet(placed.at) == Wet::Unknown;
        people_unknown += if unknown { placed.people } else { 0.0 };
        !unknown
    });
    let rank = |at: Point<f64>| match wet(at) {
        Wet::Deep(depth_m) => Some(rank_of_depth(depth_m)),
        Wet::No | Wet::Unknown => None,
    };
    let facilities_known = facilities
        .iter()
        .enumerate()
        .filter(|(_, facility)| wet(facility.at) != Wet::Unknown)
        .map(|(number, facility)| (number, *facility));
    let covered = Exposure::count_by(rank, districts, known, facilities_known);
    TerrainExtent {
        covered,
        people_unknown,
        facilities_unknown: facilities
            .iter()
            .enumerate()
            .filter(|(_, facility)| wet(facility.at) == Wet::Unknown)
            .map(|(number, _)| number)
            .collect(),
        assumptions: Hand::assumptions().to_vec(),
    }
}

fn rank_of_depth(depth_m: f64) -> DepthRank {
    let [first, ..] = DepthRank::ALL;
    DepthRank::ALL
        .into_iter()
        .filter(|rank| rank.min_m() <= depth_m)
        .max()
        .unwrap_or(first)
}

#[cfg(test)]
mod tests {
    use super::rank_of_depth;

    #[test]
    fn a_depth_falls_into_the_class_of_the_official_scale() {
        let ranks: Vec<u8> = [0.01, 0.49, 0.5, 2.99, 3.0, 19.9, 20.0, 100.0]
            .map(|depth_m| rank_of_depth(depth_m).get())
            .to_vec();
        assert_eq!(ranks, [1, 1, 2, 2, 3, 5, 6, 6]);
    }
}
