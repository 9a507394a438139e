//! Where people flee to from a place, and how long they walk.

use geo::Point;

use super::LocateSettings;
use crate::projection::distance_m;
use crate::road::{NearestOnFoot, NoWay, RoadExposure, RoadGraph, StraightLine, Walk};
use crate::{NearShelter, Shelter, ShelterIndex, ShelterRule};

/// The usable shelters, with the ways to them where roads are known.
#[derive(Debug)]
pub(super) struct Refuges {
    shelters: Vec<Shelter>,
    /// Positions of those that are usable.
    usable: Vec<usize>,
    nearest: ShelterIndex,
    ways: Option<NearestOnFoot>,
    straight: StraightLine,
    n: usize,
}

/// A shelter, as seen from a place.
#[derive(Clone, Copy, Debug)]
pub struct ShelterThere<'a> {
    /// The shelter.
    pub shelter: &'a Shelter,
    /// In a straight line, metres.
    pub distance_m: f64,
    /// How long the way takes and what that rests on, or why there is none.
    pub walk: Result<Walk, NoWay>,
}

impl Refuges {
    pub(super) fn new(
        shelters: Vec<Shelter>,
        rule: ShelterRule,
        roads: Option<RoadGraph>,
        asked: LocateSettings,
    ) -> Self {
        let usable: Vec<usize> = (0..shelters.len())
            .filter(|n| shelters[*n].usable_for(asked.hazard, rule))
            .collect();
        let places: Vec<Point<f64>> = usable.iter().map(|n| shelters[*n].at).collect();
        let (walking, conditions, n) = (asked.walking, asked.conditions, asked.shelters);
        let ways = roads.map(|roads| {
            let dry = RoadExposure::none(&roads);
            NearestOnFoot::new(roads, &walking, conditions, &dry, &places, n)
        });
        Self {
            nearest: ShelterIndex::build(&shelters, asked.hazard, rule),
            shelters,
            usable,
            ways,
            straight: StraightLine::new(walking, conditions),
            n,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.usable.len()
    }

    /// The nearest from a place. With roads, those whose way takes the least time; where no way leads to as many as were
    /// asked for, the nearest others in a straight line follow, each with the reason.
    pub(super) fn of(&self, place: Point<f64>) -> Vec<ShelterThere<'_>> {
        let Some(ways) = &self.ways else {
            return self.nearest(place, |near| {
                Ok(self.straight.walk(place, self.shelters[near.number].at))
            });
        };
        let by_way = match ways.of(place) {
            Ok(by_way) => by_way,
            Err(why) => return self.nearest(place, |_| Err(why)),
        };
        let mut there: Vec<ShelterThere<'_>> = by_way
            .iter()
            .map(|(usable, walk)| self.there(place, self.usable[*usable], Ok(*walk)))
            .collect();
        if there.len() < self.n.min(self.usable.len()) {
            let others = self.nearest.nearest(place, self.n).into_iter();
            for near in others {
                let usable = self.usable.binary_search(&near.number);
                let usable = usable.expect("what is in the index is usable");
                if there.len() < self.n && by_way.iter().all(|(reached, _)| *reached != usable) {
                    there.push(self.there(place, near.number, Err(ways.why_not(usable))));
                }
            }
        }
        there
    }

    fn nearest(
        &self,
        place: Point<f64>,
        walk: impl Fn(&NearShelter) -> Result<Walk, NoWay>,
    ) -> Vec<ShelterThere<'_>> {
        let near = self.nearest.nearest(place, self.n).into_iter();
        near.map(|near| ShelterThere {
            shelter: &self.shelters[near.number],
            distance_m: near.distance_m,
            walk: walk(&near),
        })
        .collect()
    }

    fn there(
        &self,
        place: Point<f64>,
        number: usize,
        walk: Result<Walk, NoWay>,
    ) -> ShelterThere<'_> {
        let shelter = &self.shelters[number];
        ShelterThere {
            shelter,
            distance_m: distance_m(place, shelter.at),
            walk,
        }
    }
}
