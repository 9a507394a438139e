//! 避難先の割当: one plan for each hazard over the places that all share, now and if people set out later, and how shelters fill.

use std::collections::{BTreeMap, BTreeSet};

use hinan_models::demand::{PublicShelter, UnderOrder};
use hinan_recommend::shelters::{
    ExpectedBy, FillAdvice, FillForecast, Filling, Hour, NotUsable, Objective, Places, Plan,
    Question, Shelter, SpaceRule, State, UnitPeople, Way, Ways, WhyNoPlace, allocate, fill,
    follow_hours, next_to_open,
};
use hinan_recommend::{Hazard, ShelterId, UnitId};

use super::super::core::site_hazard;
use super::{
    Asked, Called, HazardPlan, HourPlan, Rates, Refuge, SentTo, ShelterOutlook, WORD_LASTS,
    exposed, residents,
};
use crate::recommend::level::OrderLevel;
use crate::recommend::told::{ShelterState, ShelterWord};

/// Minutes ahead for which filling is looked at.
const AHEAD_MIN: [u32; 6] = [30, 60, 90, 120, 180, 240];
/// Somebody looks at the shelters at least this often, minutes.
const LOOK_AGAIN_MIN: u32 = 10;
/// Until a shelter that nobody opened yet can take people, minutes. **Assumed**; the same as the middle of `recommend.deadline.opening`.
const OPENING_MIN: u32 = 30;

/// Districts that find a place by one plan.
struct Party {
    hazard: Hazard,
    level: OrderLevel,
    units: BTreeSet<UnitId>,
}

/// One plan that was made, and from what.
struct Made {
    hazard: Hazard,
    shelters: Vec<Shelter>,
    units: Vec<UnitPeople>,
    ways: Option<Ways>,
    plan: Option<Plan>,
}

/// Plans hazard by hazard, the one with the highest level first; whoever is placed by one takes a place from the next.
pub(super) fn plan(asked: &Asked<'_>, called: &Called, rates: &Rates, refuge: &mut Refuge) {
    let wet = named(asked, &asked.water.wet());
    refuge.wet = wet.iter().map(ToString::to_string).collect();
    let to_come = to_come(asked, called, rates);
    let mut shelters: Vec<Shelter> = asked
        .town
        .shelters
        .iter()
        .map(|site| shelter(asked, site))
        .collect();
    let mut all: Vec<Made> = Vec::new();
    for party in parties(called) {
        let units = asked.basis.units.iter().map(|id| UnitPeople {
            id: id.clone(),
            persons: party
                .units
                .contains(id)
                .then(|| to_come.get(id).copied())
                .flatten()
                .unwrap_or(0),
        });
        let mut made = Made {
            hazard: party.hazard,
            units: units.collect(),
            ways: ways_of(asked, &party, called, &shelters, &wet),
            shelters: shelters.clone(),
            plan: None,
        };
        let planned = one(asked, &party, &made, &wet);
        if let Some(why) = &planned.0.no_plan {
            refuge.no_plan = Some(why.clone());
        }
        made.plan = planned.1;
        if let Some(plan) = &made.plan {
            put(refuge, plan);
            for shelter in &mut shelters {
                let load = plan.loads.get(&shelter.id);
                let more = load.map_or(0, |load| load.planned);
                shelter.occupied = shelter.occupied.saturating_add(more);
            }
        }
        refuge.plans.push(planned.0);
        all.push(made);
    }
    to_open(asked, &all, &wet, refuge);
    if all.is_empty() {
        all.push(nobody(asked, shelters));
    }
    let by_rates = called
        .iter()
        .filter(|(_, of)| of.keys().any(|hazard| *hazard != Hazard::Tsunami));
    let under = by_rates.map(|(unit, _)| residents(asked, unit)).sum();
    outlooks(asked, &all, &wet, (under, rates), refuge);
}

/// Each district goes by one plan: that of the hazard it is called for most strongly.
fn parties(called: &Called) -> Vec<Party> {
    let mut found: BTreeMap<Hazard, Party> = BTreeMap::new();
    for (unit, of) in called {
        // Of equal levels the first hazard in the order of the law.
        let strongest = of.iter().rev().max_by_key(|(_, level)| **level);
        let Some((hazard, level)) = strongest else {
            continue;
        };
        let party = found.entry(*hazard).or_insert_with(|| Party {
            hazard: *hazard,
            level: *level,
            units: BTreeSet::new(),
        });
        party.level = party.level.max(*level);
        party.units.insert(unit.clone());
    }
    let mut found: Vec<Party> = found.into_values().collect();
    found.sort_by(|a, b| (b.level, a.hazard).cmp(&(a.level, b.hazard)));
    found
}

/// Ways without those to places that are no place against another hazard that a district is called for; nothing where all stay.
fn ways_of(
    asked: &Asked<'_>,
    party: &Party,
    called: &Called,
    shelters: &[Shelter],
    wet: &BTreeSet<ShelterId>,
) -> Option<Ways> {
    let several = party
        .units
        .iter()
        .any(|unit| called.get(unit).is_some_and(|of| of.len() > 1));
    let others = |unit: &UnitId| {
        let of = called.get(unit).filter(|_| party.units.contains(unit));
        of.into_iter().flat_map(BTreeMap::keys)
    };
    several
        .then(|| {
            without(&asked.basis.ways, |row, column, _| {
                let unit = &asked.basis.units[row];
                others(unit).all(|hazard| shelters[column].valid(*hazard, wet).is_ok())
            })
        })
        .flatten()
}

/// The ways that are kept.
fn without(ways: &Ways, keeps: impl Fn(usize, usize, Way) -> bool) -> Option<Ways> {
    let (rows, columns) = ways.size();
    let mut kept = Ways::none(rows, columns).ok()?;
    for row in 0..rows {
        for column in 0..columns {
            let way = ways.get(row, column);
            if let Some(way) = way.filter(|way| keeps(row, column, *way)) {
                kept.set(row, column, way);
            }
        }
    }
    Some(kept)
}

/// The plan of one hazard, for now and made again for later hours.
fn one(
    asked: &Asked<'_>,
    party: &Party,
    made: &Made,
    wet: &BTreeSet<ShelterId>,
) -> (HazardPlan, Option<Plan>) {
    let objective = Objective::default();
    let ways = made.ways.as_ref().unwrap_or(&asked.basis.ways);
    let question = question(made, ways, wet, &objective);
    let valid_dry = |shelter: &&Shelter| {
        wet.contains(&shelter.id) && shelter.valid(party.hazard, &BTreeSet::new()).is_ok()
    };
    let mut found = HazardPlan {
        hazard: party.hazard,
        districts: party.units.iter().map(ToString::to_string).collect(),
        people: made
            .units
            .iter()
            .fold(0, |sum, unit| unit.persons.saturating_add(sum)),
        placed: 0,
        wet: made
            .shelters
            .iter()
            .filter(valid_dry)
            .map(|shelter| shelter.id.to_string())
            .collect(),
        no_plan: None,
        hours: Vec::new(),
    };
    // Ways of an hour that are those of now need no plan of their own.
    let later: Vec<Option<Ways>> = asked
        .water
        .hours
        .iter()
        .map(|hour| ways_at(ways, hour))
        .collect();
    let hours: Vec<Hour<'_>> = std::iter::once((0, Some(ways)))
        .chain(
            asked
                .water
                .hours
                .iter()
                .map(|hour| hour.within_h * 60)
                .zip(later.iter().map(Option::as_ref)),
        )
        .filter_map(|(minutes, ways)| {
            let ways = ways?;
            Some(Hour { minutes, ways, wet })
        })
        .collect();
    let course = match follow_hours(&question, &hours) {
        Ok(course) => course,
        Err(why) => {
            found.no_plan = Some(why.to_string());
            return (found, None);
        }
    };
    let mut before: Option<&Plan> = None;
    for hour in &asked.water.hours {
        let of_hour = course
            .plans
            .iter()
            .rfind(|(minutes, _)| *minutes <= hour.within_h * 60)
            .map(|(_, plan)| plan);
        let Some(plan) = of_hour else { continue };
        let moved = course
            .moved
            .iter()
            .filter(|moved| moved.minutes == hour.within_h * 60)
            .map(|moved| {
                let to = moved.to.iter().map(ToString::to_string);
                (moved.unit.to_string(), to.collect())
            });
        found.hours.push(HourPlan {
            within_h: hour.within_h,
            wet: named(asked, &hour.wet)
                .iter()
                .map(ToString::to_string)
                .collect(),
            cut: districts(asked, &hour.cut),
            reached: districts(asked, &hour.reached),
            placed: placed(plan),
            without_place: plan
                .without_place
                .iter()
                .map(|(unit, of)| (unit.to_string(), of.persons))
                .collect(),
            moved: if before.is_some_and(|before| std::ptr::eq(before, plan)) {
                BTreeMap::new()
            } else {
                moved.collect()
            },
        });
        before = Some(plan);
    }
    let now = course.plans.into_iter().next().map(|(_, plan)| plan);
    found.placed = now.as_ref().map_or(0, placed);
    (found, now)
}

fn placed(plan: &Plan) -> u32 {
    u32::try_from(plan.persons_placed()).unwrap_or(u32::MAX)
}

/// Ways that are open at an hour; nothing where they are those of now.
fn ways_at(ways: &Ways, hour: &super::Hour) -> Option<Ways> {
    if hour.cut.is_empty() && hour.reached.is_empty() {
        return None;
    }
    let is_open = |row: usize, way: Way| {
        !hour.cut.contains(&row) && (way.water_m == 0 || !hour.reached.contains(&row))
    };
    let (rows, columns) = ways.size();
    let cells = || (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
    let closes = |(row, column)| ways.get(row, column).is_some_and(|way| !is_open(row, way));
    cells()
        .any(closes)
        .then(|| without(ways, |row, _, way| is_open(row, way)))
        .flatten()
}

fn question<'q>(
    made: &'q Made,
    ways: &'q Ways,
    wet: &'q BTreeSet<ShelterId>,
    objective: &'q Objective,
) -> Question<'q> {
    Question {
        hazard: made.hazard,
        units: &made.units,
        shelters: &made.shelters,
        ways,
        wet,
        space: SpaceRule::STAY,
        objective,
    }
}

/// Shelters by their position in the town.
fn named(asked: &Asked<'_>, places: &BTreeSet<usize>) -> BTreeSet<ShelterId> {
    let sites = places
        .iter()
        .filter_map(|place| asked.town.shelters.get(*place));
    sites.map(|site| ShelterId::new(site.id.as_str())).collect()
}

/// Districts by their position in the town.
fn districts(asked: &Asked<'_>, places: &BTreeSet<usize>) -> Vec<String> {
    let all = places
        .iter()
        .filter_map(|place| asked.town.districts.get(*place));
    all.map(|district| district.id.clone()).collect()
}

/// So many of each district still look for a place, if many come: by the published rates, of a tsunami all that it can reach. Those
/// inside are counted once, against the lower level first.
fn to_come(asked: &Asked<'_>, called: &Called, rates: &Rates) -> BTreeMap<UnitId, u32> {
    let mut persons: BTreeMap<UnitId, u32> = BTreeMap::new();
    let mut inside = rates.inside;
    for (level, of) in &rates.by_level {
        let units: Vec<&UnitId> = called
            .iter()
            .filter(|(_, of)| {
                let of = of.iter().filter(|(hazard, _)| **hazard != Hazard::Tsunami);
                of.map(|(_, level)| level).max() == Some(level)
            })
            .map(|(unit, _)| unit)
            .collect();
        let under: Vec<UnderOrder> = units
            .iter()
            .map(|unit| UnderOrder::new(residents(asked, unit)))
            .collect();
        let all = of.still_to_come(&under, PublicShelter::new(0));
        let high: u64 = all.iter().map(|of| of.persons()).sum();
        let here = inside.min(high);
        inside -= here;
        for (unit, more) in units
            .iter()
            .zip(of.still_to_come(&under, PublicShelter::new(here)))
        {
            let more = u32::try_from(more.persons()).unwrap_or(u32::MAX);
            persons.insert((*unit).clone(), more);
        }
    }
    let of_tsunami = called
        .iter()
        .filter(|(_, of)| of.contains_key(&Hazard::Tsunami));
    for (unit, _) in of_tsunami {
        let reached = exposed(
            asked,
            Hazard::Tsunami.japanese(),
            &BTreeSet::from([unit.clone()]),
        );
        let all = persons.entry(unit.clone()).or_default();
        *all = (*all).max(u32::try_from(reached).unwrap_or(u32::MAX));
    }
    persons
}

fn shelter(asked: &Asked<'_>, site: &hinan_gis::Shelter) -> Shelter {
    let word = asked.told.shelter(&site.id, asked.as_of);
    let size = size(site, asked.told.shelters.get(&site.id));
    let approved = Hazard::ALL.into_iter().filter(|hazard| {
        site_hazard(*hazard).is_some_and(|hazard| site.approved_for.contains(&hazard))
    });
    let designated_for: BTreeSet<Hazard> = approved.collect();
    let is_inside = |hazard: &Hazard| {
        site_hazard(*hazard).is_some_and(|of| !asked.core.is_usable(site, of, asked.town))
    };
    Shelter {
        id: ShelterId::new(site.id.as_str()),
        name: site.name.clone(),
        inside: designated_for.iter().copied().filter(is_inside).collect(),
        designated_for,
        state: match word.map(|word| word.state) {
            Some(ShelterState::Open) => State::Open,
            Some(ShelterState::Closed) => State::Closed,
            Some(ShelterState::Full) => State::Full,
            Some(ShelterState::Unreachable) => State::Unreachable,
            None => State::Unknown,
        },
        opening_min: OPENING_MIN,
        // A place whose size nobody states takes nobody by plan.
        places: Places::Own(size.unwrap_or(0)),
        occupied: word.and_then(|word| word.occupancy).unwrap_or(0),
    }
}

/// As the desk said, else as the list has it.
fn size(site: &hinan_gis::Shelter, word: Option<&ShelterWord>) -> Option<u32> {
    word.and_then(|word| word.places).or(site.capacity)
}

fn put(refuge: &mut Refuge, plan: &Plan) {
    for (unit, to) in &plan.assigned {
        let sent = to
            .iter()
            .map(|to| SentTo {
                shelter: to.shelter.to_string(),
                people: to.persons,
                walk_min: to.way.walk_s.div_ceil(60),
                water_m: to.way.water_m,
            })
            .collect();
        refuge.to.insert(unit.to_string(), sent);
    }
    for (unit, without) in &plan.without_place {
        let why = match without.why {
            WhyNoPlace::NoWay => "歩いて行ける開設中の避難所がありません",
            WhyNoPlace::NoneFree => "歩いて行ける開設中の避難所に空きがありません",
        };
        refuge
            .without_place
            .insert(unit.to_string(), (without.persons, why.to_owned()));
    }
}

/// What the plans would use if the desk opened whatever is closed or not reported: plan by plan, as they were made.
fn to_open(asked: &Asked<'_>, all: &[Made], wet: &BTreeSet<ShelterId>, refuge: &mut Refuge) {
    let is_shut = |state: State| matches!(state, State::Closed | State::Unknown);
    let objective = Objective::default();
    let mut needed: BTreeMap<ShelterId, u32> = BTreeMap::new();
    for made in all {
        if made.units.iter().all(|unit| unit.persons == 0) {
            continue;
        }
        let opened: Vec<Shelter> = made
            .shelters
            .iter()
            .map(|shelter| {
                let mut shelter = shelter.clone();
                if is_shut(shelter.state) {
                    shelter.state = State::Opening {
                        minutes: shelter.opening_min,
                    };
                    let taken = needed.get(&shelter.id).copied().unwrap_or(0);
                    shelter.occupied = shelter.occupied.saturating_add(taken);
                }
                shelter
            })
            .collect();
        let ways = made.ways.as_ref().unwrap_or(&asked.basis.ways);
        let Ok(plan) = allocate(&Question {
            shelters: &opened,
            ..question(made, ways, wet, &objective)
        }) else {
            continue;
        };
        for shelter in made.shelters.iter().filter(|of| is_shut(of.state)) {
            let load = plan.loads.get(&shelter.id);
            if let Some(load) = load.filter(|load| load.planned > 0) {
                *needed.entry(shelter.id.clone()).or_default() += load.planned;
            }
        }
    }
    let mut needed: Vec<(String, u32)> = needed
        .into_iter()
        .map(|(id, people)| (id.to_string(), people))
        .collect();
    needed.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    refuge.to_open = needed;
}

/// A question for floods that nobody asks: where nobody is called the shelters are looked at all the same.
fn nobody(asked: &Asked<'_>, shelters: Vec<Shelter>) -> Made {
    let units = asked.basis.units.iter().map(|id| UnitPeople {
        id: id.clone(),
        persons: 0,
    });
    let mut made = Made {
        hazard: Hazard::Flood,
        shelters,
        units: units.collect(),
        ways: None,
        plan: None,
    };
    let (wet, objective) = (BTreeSet::new(), Objective::default());
    made.plan = allocate(&question(&made, &asked.basis.ways, &wet, &objective)).ok();
    made
}

fn outlooks(
    asked: &Asked<'_>,
    all: &[Made],
    wet: &BTreeSet<ShelterId>,
    of: (u64, &Rates),
    refuge: &mut Refuge,
) {
    let mut called: BTreeSet<ShelterId> = BTreeSet::new();
    let mut order: Vec<usize> = (0..asked.town.shelters.len()).collect();
    order.sort_by(|a, b| asked.town.shelters[*a].id.cmp(&asked.town.shelters[*b].id));
    for n in order {
        let site = &asked.town.shelters[n];
        let word = asked.told.shelter(&site.id, asked.as_of).cloned();
        let size = size(site, asked.told.shelters.get(&site.id));
        // The plan that sends most people there speaks for it.
        let load = |made: &Made| {
            let plan = made.plan.as_ref()?;
            plan.loads.get(&made.shelters[n].id).copied()
        };
        let planned = |made: &Made| load(made).map_or(0, |load| load.planned);
        let Some(first) = all.iter().rev().max_by_key(|made| planned(made)) else {
            continue;
        };
        let filling = filling(asked, (all, first), n, wet, of, &called);
        if let Some(FillAdvice::OpenNext { next, .. } | FillAdvice::OpenNextNow { next }) =
            filling.as_ref().map(|found| &found.advice)
        {
            called.insert(next.clone());
        }
        let open = word
            .as_ref()
            .is_some_and(|word| word.state == ShelterState::Open);
        let occupancy = word.as_ref().and_then(|word| word.occupancy);
        let against = |made: &Made| {
            let usable = made.shelters[n].usable(made.hazard, wet, SpaceRule::STAY);
            usable.err()
        };
        // Usable against one of the hazards that somebody is called for is usable.
        let not_usable = all
            .iter()
            .map(against)
            .reduce(|one, other| one.and(other))
            .flatten();
        refuge.shelters.push(ShelterOutlook {
            id: site.id.clone(),
            old: word
                .as_ref()
                .is_some_and(|word| asked.as_of.duration_since(word.at) > WORD_LASTS),
            places: size,
            free: size
                .zip(occupancy)
                .filter(|_| open)
                .map(|(places, inside)| places.saturating_sub(inside)),
            not_usable: match (size, not_usable) {
                (None, None | Some(NotUsable::Full)) => Some("収容人数が分からない".to_owned()),
                (_, why) => why.map(|why| why.japanese().to_owned()),
            },
            planned: all
                .iter()
                .fold(0, |sum, made| planned(made).saturating_add(sum)),
            fill: filling,
            word,
        });
    }
}

/// How one shelter fills by all plans together; `speaks` is the plan that sends most people there.
fn filling(
    asked: &Asked<'_>,
    (all, speaks): (&[Made], &Made),
    n: usize,
    wet: &BTreeSet<ShelterId>,
    of: (u64, &Rates),
    called: &BTreeSet<ShelterId>,
) -> Option<FillForecast> {
    let plan = speaks.plan.as_ref()?;
    let site = &speaks.shelters[n];
    // What one plan takes is occupied for the next; inside is who was counted before any.
    let inside = all.first()?.shelters[n].occupied;
    let places = site.places.count(SpaceRule::STAY);
    let objective = Objective::default();
    let ways = speaks.ways.as_ref().unwrap_or(&asked.basis.ways);
    let question = question(speaks, ways, wet, &objective);
    let next = || next_to_open(&question, plan, &site.id, called);
    if !plan.loads.contains_key(&site.id) {
        // Nobody is planned for what is full; who comes all the same needs the next one now.
        let why = site.usable(speaks.hazard, wet, SpaceRule::STAY).err();
        let asked_for = speaks.units.iter().any(|unit| unit.persons > 0);
        if why != Some(NotUsable::Full) || !asked_for {
            return None;
        }
        let beside = next();
        let full = Filling {
            places,
            inside: inside.max(places),
            expected: &[],
            next: beside.as_ref(),
            look_again_min: LOOK_AGAIN_MIN,
        };
        return fill(&full).ok();
    }
    let next = next();
    let expected = expected(asked, of, all, n, inside);
    fill(&Filling {
        places,
        inside,
        expected: &expected,
        next: next.as_ref(),
        look_again_min: LOOK_AGAIN_MIN,
    })
    .ok()
}

/// How one shelter is expected to fill: to those inside come its part of everybody who is still to come, as the whole area arrives. Who
/// leaves for a tsunami is there at once.
fn expected(
    asked: &Asked<'_>,
    (under, rates): (u64, &Rates),
    all: &[Made],
    n: usize,
    inside: u32,
) -> Vec<ExpectedBy> {
    let of_all = |of: fn(&Plan, &ShelterId) -> u64, tsunami: bool| -> u64 {
        all.iter()
            .filter(|made| (made.hazard == Hazard::Tsunami) == tsunami)
            .filter_map(|made| Some(of(made.plan.as_ref()?, &made.shelters[n].id)))
            .sum()
    };
    let here = |plan: &Plan, id: &ShelterId| {
        let load = plan.loads.get(id);
        load.map_or(0, |load| u64::from(load.planned))
    };
    let (planned, at_once) = (of_all(here, false), of_all(here, true));
    let placed = of_all(|plan, _| plan.persons_placed(), false);
    let highest = rates.by_level.values().next_back();
    let Some(of) = highest.filter(|_| placed + at_once > 0) else {
        return Vec::new();
    };
    let orders = asked.told.orders.iter().map(|order| order.at);
    let since_min = orders.min().map_or(0.0, |since| {
        asked.as_of.duration_since(since).as_secs_f64().max(0.0) / 60.0
    });
    let minutes: Vec<f64> = AHEAD_MIN
        .iter()
        .map(|minutes| since_min + f64::from(*minutes))
        .collect();
    #[expect(
        clippy::cast_precision_loss,
        reason = "people of one town, far below 2^53"
    )]
    let (part, had) = (planned as f64 / placed.max(1) as f64, rates.inside as f64);
    let sure = inside.saturating_add(u32::try_from(at_once).unwrap_or(u32::MAX));
    // Ahead of an order nobody is under way yet: the minutes count from now, as if it were given now.
    let mut floor = (sure, sure);
    of.arrivals_at(UnderOrder::new(under), &minutes)
        .iter()
        .zip(AHEAD_MIN)
        .map(|(all, minutes)| {
            let then = |persons: f64| sure.saturating_add(whole((persons - had).max(0.0) * part));
            floor = (
                floor.0.max(then(all.persons.likely)),
                floor.1.max(then(all.persons.high)),
            );
            ExpectedBy {
                minutes,
                likely: floor.0,
                high: floor.1.max(floor.0),
            }
        })
        .collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "held between zero and the largest number there is"
)]
fn whole(persons: f64) -> u32 {
    persons.round().clamp(0.0, f64::from(u32::MAX)) as u32
}
