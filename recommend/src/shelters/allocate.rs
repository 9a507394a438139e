use super::network::{Flow, Network, NetworkPart};
use super::objective::{Objective, ObjectiveError};
use super::places::SpaceRule;
use super::shelter::{NotUsable, Shelter, Usable};
use super::simplex::solve;
use super::ways::{Way, Ways};
use crate::{Hazard, ShelterId, UnitId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Who has to find a place, where places are, and what counts.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The hazard people leave for.
    pub hazard: Hazard,
    /// Units with the persons who still look for a place. Those inside a shelter already have one: they stand in its
    /// `occupied` and not here. Take a high figure of the demand, not its middle: it carries the doubt of how many come in
    /// all, and the outcomes of the objective that of who goes elsewhere than planned.
    pub units: &'a [UnitPeople],
    /// All shelters, usable or not.
    pub shelters: &'a [Shelter],
    /// Ways: rows in the order of `units`, columns in that of `shelters`.
    pub ways: &'a Ways,
    /// Shelters whose own site is or will be under water.
    pub wet: &'a BTreeSet<ShelterId>,
    /// Floor per person.
    pub space: SpaceRule,
    /// What is minimised.
    pub objective: &'a Objective,
}

/// One unit and how many of its people still look for a place, without those who are inside one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnitPeople {
    /// The unit.
    pub id: UnitId,
    /// Persons still to come.
    pub persons: u32,
}

/// Who goes where. Lists stand in the order of identifiers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Shelters of each unit, nearest first.
    pub assigned: BTreeMap<UnitId, Vec<Assigned>>,
    /// Units with people for whom there is no place.
    pub without_place: BTreeMap<UnitId, WithoutPlace>,
    /// What each usable shelter gets.
    pub loads: BTreeMap<ShelterId, Load>,
    /// Shelters that are not named, and why.
    pub not_usable: BTreeMap<ShelterId, NotUsable>,
    /// That no other plan is better.
    pub proof: Proof,
}

/// Persons of one unit for one shelter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assigned {
    /// The shelter.
    pub shelter: ShelterId,
    /// How many.
    pub persons: u32,
    /// Their way.
    pub way: Way,
}

/// People without a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WithoutPlace {
    /// How many.
    pub persons: u32,
    /// Why.
    pub why: WhyNoPlace,
}

/// Why people have no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyNoPlace {
    /// No usable shelter can be reached from the unit.
    NoWay,
    /// All that can be reached are full, even if others change theirs.
    NoneFree,
}

/// What one shelter gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Load {
    /// All its places.
    pub places: u32,
    /// Taken already.
    pub occupied: u32,
    /// Planned to come; with those inside never more than the places.
    pub planned: u32,
    /// Persons beyond the places to be expected, in hundred-thousandths, as more may come than planned.
    pub expected_overload_e5: u64,
}

/// That a plan is the best: what it costs, and what the least possible is. They are equal, or there is no plan.
///
/// In seconds × `seconds`, with ranks of identifiers in the last digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// Cost of the plan.
    pub cost: i128,
    /// Bound from the prices of places; no plan is below it.
    pub least: i128,
    /// One second for one person.
    pub second: i64,
    /// One person without a place.
    pub no_place: i64,
    /// Steps of the search.
    pub pivots: u64,
}

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AllocateError {
    /// The ways do not fit the lists.
    #[error(
        "the ways are {ways_units} × {ways_shelters}, but there are {units} units and {shelters} shelters"
    )]
    Size {
        /// Rows of the ways.
        ways_units: usize,
        /// Columns of the ways.
        ways_shelters: usize,
        /// Units.
        units: usize,
        /// Shelters.
        shelters: usize,
    },
    /// One unit twice.
    #[error("unit `{0}` is named twice")]
    UnitTwice(UnitId),
    /// One shelter twice.
    #[error("shelter `{0}` is named twice")]
    ShelterTwice(ShelterId),
    /// An objective that cannot be.
    #[error("objective: {0}")]
    Objective(#[from] ObjectiveError),
    /// More people than are planned at once.
    #[error("{0} persons; at most {MAX_PERSONS} are planned at once")]
    TooManyPersons(u64),
    /// Figures whose product leaves the range of whole numbers.
    #[error(
        "{persons} persons, {shelters} shelters and ways of up to {longest_s} s are too large together; plan part of the town at a time"
    )]
    TooLarge {
        /// Persons.
        persons: u64,
        /// Usable shelters.
        shelters: usize,
        /// Longest way with its water and waiting, seconds.
        longest_s: u64,
    },
    /// A fault of this program: the plan could not be proven.
    #[error("the plan could not be proven to be the best ({0}); nothing is named")]
    NotProven(String),
}

/// Most persons planned at once.
pub const MAX_PERSONS: u64 = 20_000_000;

/// Sends people to shelters; see the head of the module for what is minimised.
///
/// The order of the lists does not matter. Shelters that are not usable are not named, whatever the ways say.
///
/// # Errors
/// [`AllocateError`]: lists that do not fit, one identifier twice, an objective out of bounds, or figures too large.
pub fn allocate(question: &Question<'_>) -> Result<Plan, AllocateError> {
    question.objective.check()?;
    let town = Town::of(question)?;
    let network = town.network(question)?;
    let flow = solve(&network.network)
        .map_err(|pivots| AllocateError::NotProven(format!("{pivots} steps without an end")))?;
    let bounds = network
        .network
        .bounds(&flow)
        .map_err(AllocateError::NotProven)?;
    if bounds.cost != bounds.least {
        let gap = bounds.cost - bounds.least;
        return Err(AllocateError::NotProven(format!("{gap} above the bound")));
    }
    let proof = Proof {
        cost: bounds.cost,
        least: bounds.least,
        second: network.second,
        no_place: network.network.no_place_cost,
        pivots: flow.pivots,
    };
    Ok(town.plan(question, &network.network, &flow, proof))
}

impl Plan {
    /// People for whom there is no place, in the whole town.
    #[must_use]
    pub fn persons_without_place(&self) -> u64 {
        self.without_place
            .values()
            .map(|without| u64::from(without.persons))
            .sum()
    }

    /// Persons of the town that have a place.
    #[must_use]
    pub fn persons_placed(&self) -> u64 {
        self.loads
            .values()
            .map(|load| u64::from(load.planned))
            .sum()
    }

    /// Person-metres through water.
    #[must_use]
    pub fn person_metres_in_water(&self) -> u64 {
        let all = self.assigned.values().flatten();
        all.map(|to| u64::from(to.persons) * u64::from(to.way.water_m))
            .sum()
    }

    /// Person-seconds on the way.
    #[must_use]
    pub fn person_seconds_walking(&self) -> u64 {
        let all = self.assigned.values().flatten();
        all.map(|to| u64::from(to.persons) * u64::from(to.way.walk_s))
            .sum()
    }
}

/// The lists in the order of identifiers.
struct Town<'a> {
    /// Positions in `question.units`.
    units: Vec<usize>,
    /// Position in `question.shelters`, with the proof.
    usable: Vec<(usize, Usable<'a>)>,
    not_usable: BTreeMap<ShelterId, NotUsable>,
    persons: u64,
    /// Persons who go to each of `usable` because it is the nearest, whatever the plan says.
    astray: Vec<u32>,
}

struct Scaled {
    network: Network,
    second: i64,
}

impl<'a> Town<'a> {
    fn of(question: &Question<'a>) -> Result<Self, AllocateError> {
        let (units, shelters) = (question.units, question.shelters);
        let (ways_units, ways_shelters) = question.ways.size();
        // Without shelters there is no matrix whose rows could be counted.
        if ways_shelters != shelters.len() || (ways_units != units.len() && !shelters.is_empty()) {
            return Err(AllocateError::Size {
                ways_units,
                ways_shelters,
                units: units.len(),
                shelters: shelters.len(),
            });
        }
        let mut order: Vec<usize> = (0..units.len()).collect();
        order.sort_by(|a, b| units[*a].id.cmp(&units[*b].id));
        if let Some(pair) = order
            .windows(2)
            .find(|pair| units[pair[0]].id == units[pair[1]].id)
        {
            return Err(AllocateError::UnitTwice(units[pair[0]].id.clone()));
        }
        let mut shelter_order: Vec<usize> = (0..shelters.len()).collect();
        shelter_order.sort_by(|a, b| shelters[*a].id.cmp(&shelters[*b].id));
        let twice = shelter_order
            .windows(2)
            .find(|pair| shelters[pair[0]].id == shelters[pair[1]].id);
        if let Some(pair) = twice {
            return Err(AllocateError::ShelterTwice(shelters[pair[0]].id.clone()));
        }
        let persons = units.iter().map(|unit| u64::from(unit.persons)).sum();
        if persons > MAX_PERSONS {
            return Err(AllocateError::TooManyPersons(persons));
        }
        let mut usable = Vec::new();
        let mut not_usable = BTreeMap::new();
        for n in shelter_order {
            match shelters[n].usable(question.hazard, question.wet, question.space) {
                Ok(proof) => usable.push((n, proof)),
                Err(why) => {
                    not_usable.insert(shelters[n].id.clone(), why);
                }
            }
        }
        let astray = astray(question, &order, &usable);
        Ok(Self {
            units: order,
            usable,
            not_usable,
            persons,
            astray,
        })
    }

    fn network(&self, question: &Question<'_>) -> Result<Scaled, AllocateError> {
        let objective = question.objective;
        let mut row = vec![0];
        let (mut tail, mut head, mut seconds) = (Vec::new(), Vec::new(), Vec::<u64>::new());
        for (u, &unit) in self.units.iter().enumerate() {
            for (s, (shelter, usable)) in self.usable.iter().enumerate() {
                let Some(way) = question.ways.get(unit, *shelter) else {
                    continue;
                };
                if way.walk_s > objective.walk_max_s {
                    continue;
                }
                let inside_s = u64::from(way.walk_s.max(usable.opens_in_s()));
                tail.push(index(u));
                head.push(index(s));
                seconds
                    .push(inside_s + u64::from(objective.water_s_per_m) * u64::from(way.water_m));
            }
            row.push(head.len());
        }
        let parts: Vec<(u32, super::objective::Part)> = self
            .usable
            .iter()
            .enumerate()
            .flat_map(|(s, (_, usable))| {
                objective
                    .parts(usable.free(), self.astray[s])
                    .into_iter()
                    .map(move |part| (index(s), part))
            })
            .collect();
        let longest_s = seconds.iter().copied().max().unwrap_or(0);
        let dearest_s = parts
            .iter()
            .map(|(_, part)| u64::from(part.each_s))
            .max()
            .unwrap_or(0);
        let shelters = self.usable.len();
        let too_large = || AllocateError::TooLarge {
            persons: self.persons,
            shelters,
            longest_s,
        };
        // Ranks never reach one second: the sum of all of them stays below it.
        let second = u128::from(self.persons) * shelters as u128 + 1;
        let on_the_way = u128::from(longest_s) * second + shelters as u128;
        // Changing places along a chain adds at most one way per unit or shelter in it.
        let chain = self.units.len().min(shelters) as u128 + 1;
        let no_place = chain * on_the_way + u128::from(dearest_s) * second + 1;
        let fits = |value: u128| {
            i64::try_from(value)
                .ok()
                .filter(|value| *value < i64::MAX / 8)
        };
        let (Some(second), Some(no_place_cost)) = (fits(second), fits(no_place)) else {
            return Err(too_large());
        };
        let scaled = |seconds: u64| i64::try_from(seconds).map_or(i64::MAX, |s| s * second);
        let cost = seconds
            .iter()
            .zip(&head)
            .map(|(s, rank)| scaled(*s) + i64::from(*rank))
            .collect();
        let network = Network {
            supply: self
                .units
                .iter()
                .map(|unit| i64::from(question.units[*unit].persons))
                .collect(),
            shelters,
            row,
            tail,
            head,
            cost,
            no_place_cost,
            parts: parts
                .into_iter()
                .map(|(shelter, part)| NetworkPart {
                    shelter,
                    persons: i64::from(part.persons),
                    cost: scaled(u64::from(part.each_s)),
                })
                .collect(),
        };
        Ok(Scaled { network, second })
    }

    fn plan(&self, question: &Question<'_>, network: &Network, flow: &Flow, proof: Proof) -> Plan {
        let mut planned = vec![0_u32; self.usable.len()];
        let mut assigned = BTreeMap::new();
        let mut without_place = BTreeMap::new();
        for (u, &unit) in self.units.iter().enumerate() {
            let id = &question.units[unit].id;
            let mut of_unit = Vec::new();
            for way in network.row[u]..network.row[u + 1] {
                let persons = persons(flow.ways[way]);
                if persons == 0 {
                    continue;
                }
                let s = network.head[way] as usize;
                planned[s] += persons;
                let (shelter, usable) = &self.usable[s];
                if let Some(way) = question.ways.get(unit, *shelter) {
                    let shelter = usable.shelter().id.clone();
                    of_unit.push(Assigned {
                        shelter,
                        persons,
                        way,
                    });
                }
            }
            of_unit.sort_by(|a, b| (a.way.walk_s, &a.shelter).cmp(&(b.way.walk_s, &b.shelter)));
            if !of_unit.is_empty() {
                assigned.insert(id.clone(), of_unit);
            }
            let persons = persons(flow.no_place[u]);
            if persons > 0 {
                let none = network.row[u] == network.row[u + 1];
                let why = if none {
                    WhyNoPlace::NoWay
                } else {
                    WhyNoPlace::NoneFree
                };
                without_place.insert(id.clone(), WithoutPlace { persons, why });
            }
        }
        let load = |(s, (_, usable)): (usize, &(usize, Usable<'_>))| {
            let load = Load {
                places: usable.places(),
                occupied: usable.shelter().occupied,
                planned: planned[s],
                expected_overload_e5: question.objective.overload(
                    u64::from(planned[s]),
                    usable.free(),
                    self.astray[s],
                ),
            };
            (usable.shelter().id.clone(), load)
        };
        Plan {
            assigned,
            without_place,
            loads: self.usable.iter().enumerate().map(load).collect(),
            not_usable: self.not_usable.clone(),
            proof,
        }
    }
}

/// Of each unit its share of those who follow no plan goes to the usable shelter with the shortest walk; rounded up for each shelter.
fn astray(question: &Question<'_>, units: &[usize], usable: &[(usize, Usable<'_>)]) -> Vec<u32> {
    let permille = u64::from(question.objective.astray_permille);
    let mut going = vec![0_u64; usable.len()];
    if permille == 0 {
        return vec![0; usable.len()];
    }
    for &unit in units {
        let ways = usable.iter().enumerate().filter_map(|(s, (shelter, _))| {
            let way = question.ways.get(unit, *shelter)?;
            (way.walk_s <= question.objective.walk_max_s).then_some((way.walk_s, s))
        });
        if let Some((_, nearest)) = ways.min() {
            going[nearest] += u64::from(question.units[unit].persons);
        }
    }
    going
        .into_iter()
        .map(|persons| u32::try_from((persons * permille).div_ceil(1_000)).unwrap_or(u32::MAX))
        .collect()
}

/// At most [`super::MAX_CELLS`] of anything.
fn index(n: usize) -> u32 {
    u32::try_from(n).expect("units and shelters are fewer than MAX_CELLS")
}

/// Flows are between 0 and the persons of one unit.
fn persons(flow: i64) -> u32 {
    u32::try_from(flow).expect("the proof checked that flows lie between 0 and a unit's persons")
}
