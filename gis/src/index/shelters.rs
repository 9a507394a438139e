//! The nearest places to flee to.

use geo::{Coord, Point};
use rstar::primitives::GeomWithData;
use rstar::{AABB, RTree};

use crate::projection::{LocalPlane, distance_m};
use crate::{Hazard, Shelter, ShelterRule};

/// Those shelters to which people may be sent for one hazard under one rule. Others are not in it at all.
#[derive(Clone, Debug)]
pub struct ShelterIndex {
    tree: RTree<Site>,
}

type Site = GeomWithData<[f64; 2], usize>;

/// A shelter near a place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NearShelter {
    /// Its position in the list the index was built from.
    pub number: usize,
    /// Straight-line distance, metres. Roads and bridges are not considered.
    pub distance_m: f64,
}

impl ShelterIndex {
    /// Packs the usable ones of `shelters`.
    #[must_use]
    pub fn build(shelters: &[Shelter], hazard: Hazard, rule: ShelterRule) -> Self {
        let usable = shelters
            .iter()
            .enumerate()
            .filter(|(_, shelter)| shelter.usable_for(hazard, rule))
            .map(|(number, shelter)| Site::new([shelter.at.x(), shelter.at.y()], number))
            .collect();
        Self {
            tree: RTree::bulk_load(usable),
        }
    }

    /// How many can be used.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tree.size()
    }

    /// Whether none can be used.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tree.size() == 0
    }

    /// The `n` nearest, nearest first; of several at one distance in the order of the list. Fewer where there are fewer.
    #[must_use]
    pub fn nearest(&self, place: Point<f64>, n: usize) -> Vec<NearShelter> {
        const FIRST_M: f64 = 1_000.0;
        /// Up to here the scale of the place's parallel holds to two percent everywhere in Japan.
        const LAST_M: f64 = 64_000.0;
        /// Covers those two percent.
        const WIDER: f64 = 1.05;
        let n = n.min(self.len());
        let plane = LocalPlane::at(place);
        let mut radius_m = FIRST_M;
        while radius_m <= LAST_M {
            let corner = plane.degrees(Coord {
                x: radius_m * WIDER,
                y: -radius_m * WIDER,
            });
            let (dx, dy) = (corner.x - place.x(), corner.y - place.y());
            let around = AABB::from_corners(
                [place.x() - dx, place.y() - dy],
                [place.x() + dx, place.y() + dy],
            );
            let mut near = sorted(place, self.tree.locate_in_envelope(&around));
            if near.len() >= n
                && n.checked_sub(1)
                    .is_none_or(|last| near[last].distance_m <= radius_m)
            {
                near.truncate(n);
                return near;
            }
            radius_m *= 2.0;
        }
        let mut all = sorted(place, self.tree.iter());
        all.truncate(n);
        all
    }
}

fn sorted<'a>(place: Point<f64>, sites: impl Iterator<Item = &'a Site>) -> Vec<NearShelter> {
    let mut near: Vec<NearShelter> = sites
        .map(|site| NearShelter {
            number: site.data,
            distance_m: distance_m(place, Point::from(*site.geom())),
        })
        .collect();
    near.sort_unstable_by(|a, b| {
        a.distance_m
            .total_cmp(&b.distance_m)
            .then(a.number.cmp(&b.number))
    });
    near
}
