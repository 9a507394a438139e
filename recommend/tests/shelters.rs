//! Who goes to which shelter: stories, and rules that hold for every town.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod town;

use hinan_recommend::Hazard;
use hinan_recommend::shelters::{
    AllocateError, ExpectedBy, FillAdvice, Filling, Hour, NextShelter, NotUsable, Objective,
    Places, Plan, Question, Shelter, SpaceRule, State, UnitPeople, Way, Ways, WhyNoPlace, allocate,
    fill, follow_hours, next_to_open,
};
use proptest::prelude::{Just, Strategy, any, prop_assert, prop_assert_eq, proptest};
use std::collections::{BTreeMap, BTreeSet};
use town::{Town, grid_town};

fn shelter(id: &str, places: u32) -> Shelter {
    Shelter {
        id: id.into(),
        name: id.into(),
        designated_for: BTreeSet::from([Hazard::Flood]),
        inside: BTreeSet::new(),
        state: State::Open,
        opening_min: 30,
        places: Places::Own(places),
        occupied: 0,
    }
}

fn unit(id: &str, persons: u32) -> UnitPeople {
    UnitPeople {
        id: id.into(),
        persons,
    }
}

fn ways(rows: &[&[Option<(u32, u32)>]]) -> Ways {
    let mut ways = Ways::none(rows.len(), rows[0].len()).unwrap();
    for (unit, row) in rows.iter().enumerate() {
        for (shelter, way) in row.iter().enumerate() {
            if let Some((walk_s, water_m)) = *way {
                ways.set(unit, shelter, Way { walk_s, water_m });
            }
        }
    }
    ways
}

fn ask(units: &[UnitPeople], shelters: &[Shelter], ways: &Ways) -> Result<Plan, AllocateError> {
    allocate(&Question {
        hazard: Hazard::Flood,
        units,
        shelters,
        ways,
        wet: &BTreeSet::new(),
        space: SpaceRule::STAY,
        objective: &Objective::default(),
    })
}

fn ask_town(town: &Town) -> Plan {
    ask(&town.units, &town.shelters, &town.ways).unwrap()
}

/// Nagasaki, Typhoon 10 of 2020: 260 shelters with 27,000 places, 12,107 people at the peak, and yet 49 were full.
#[test]
fn nagasaki_like_nobody_stands_at_a_full_door_while_places_remain_within_3_km() {
    let town = grid_town(400, 260, 27_000, 12_107, 3_000.0, 2020);
    let nearest = town.everybody_to_the_nearest();
    let to_the_nearest = nearest
        .iter()
        .zip(&town.shelters)
        .filter(|(come, of)| **come > of.places.count(SpaceRule::STAY));
    let to_the_nearest = to_the_nearest.count();
    assert!(
        to_the_nearest >= 30,
        "the story needs crowding: {to_the_nearest} over-full if each goes to the nearest"
    );

    let plan = ask_town(&town);
    assert_eq!(plan.persons_without_place(), 0);
    assert_eq!(plan.persons_placed(), 12_107);
    let over_full = plan
        .loads
        .values()
        .filter(|load| load.occupied + load.planned > load.places)
        .count();
    assert_eq!(over_full, 0);
    assert_eq!(plan.proof.cost, plan.proof.least);
    println!(
        "12,107 people, 260 shelters: {to_the_nearest} over-full if each goes to the nearest, {over_full} by plan, {} without a place, {} steps",
        plan.persons_without_place(),
        plan.proof.pivots
    );
}

/// People do not obey to the last man: some go to the nearest door all the same.
#[test]
fn nagasaki_like_nobody_stands_at_a_full_door_either_when_one_in_ten_goes_to_the_nearest_instead() {
    let town = grid_town(400, 260, 27_000, 12_107, 3_000.0, 2020);
    let places: Vec<u32> = town
        .shelters
        .iter()
        .map(|one| one.places.count(SpaceRule::STAY))
        .collect();
    let over_full = |come: &[u32]| {
        come.iter()
            .zip(&places)
            .filter(|(come, places)| come > places)
            .count()
    };
    let nearest = town.everybody_to_the_nearest();
    let without_plan = over_full(&nearest);
    let plan = ask_town(&town);
    let followed = [10, 9, 8].map(|follow| {
        let come: Vec<u32> = town
            .shelters
            .iter()
            .zip(&nearest)
            .map(|(shelter, nearest)| {
                let planned = plan.loads[&shelter.id].planned;
                (planned * follow + nearest * (10 - follow)).div_ceil(10)
            })
            .collect();
        over_full(&come)
    });
    println!(
        "over-full of 260: {without_plan} without a plan; if 10, 9, 8 in 10 follow it: {followed:?}"
    );
    // A tenth of those nearest to a door may be more than it has places: no plan helps there.
    let beyond_help = nearest
        .iter()
        .zip(&places)
        .filter(|(nearest, places)| nearest.div_ceil(10) > **places)
        .count();
    println!("{beyond_help} of them beyond the help of any plan");
    assert_eq!(followed[0], 0);
    assert!(
        followed[1] <= beyond_help + 2,
        "{followed:?}, {beyond_help} beyond help"
    );
    assert!(followed[2] * 2 < without_plan, "{followed:?}");
}

#[test]
fn people_beyond_all_places_are_counted_and_named() {
    let town = grid_town(100, 40, 3_000, 5_000, 60_000.0, 7);
    let plan = ask_town(&town);
    assert_eq!(plan.persons_placed(), 3_000, "every place is used");
    assert_eq!(plan.persons_without_place(), 2_000);
    assert!(
        plan.without_place
            .values()
            .all(|without| without.why == WhyNoPlace::NoneFree)
    );
}

#[test]
fn those_inside_need_no_second_place() {
    // 10,000 places, 4,000 inside, 5,000 still to come of a high of 9,000.
    let half_full = Shelter {
        occupied: 4_000,
        ..shelter("E1", 10_000)
    };
    let plan = ask(
        &[unit("a", 5_000)],
        &[half_full],
        &ways(&[&[Some((300, 0))]]),
    )
    .unwrap();
    assert_eq!(
        (plan.persons_placed(), plan.persons_without_place()),
        (5_000, 0)
    );
}

#[test]
fn a_unit_without_any_way_is_told_apart_from_one_that_finds_all_full() {
    let units = [unit("a", 10), unit("b", 10)];
    let plan = ask(
        &units,
        &[shelter("E1", 5)],
        &ways(&[&[None], &[Some((300, 0))]]),
    )
    .unwrap();
    let why: Vec<(u32, WhyNoPlace)> = plan
        .without_place
        .values()
        .map(|w| (w.persons, w.why))
        .collect();
    assert_eq!(why, [(10, WhyNoPlace::NoWay), (5, WhyNoPlace::NoneFree)]);
}

#[test]
fn a_longer_dry_way_is_taken_rather_than_a_short_one_through_water() {
    let shelters = [shelter("E1", 100), shelter("E2", 100)];
    let through_water = ways(&[&[Some((300, 100)), Some((900, 0))]]);
    let plan = ask(&[unit("a", 10)], &shelters, &through_water).unwrap();
    assert_eq!(plan.assigned["a"][0].shelter, "E2".into());
    assert_eq!(plan.person_metres_in_water(), 0);
}

#[test]
fn a_shelter_that_opens_in_an_hour_is_as_far_as_an_hour() {
    let opening = Shelter {
        state: State::Opening { minutes: 60 },
        ..shelter("E1", 100)
    };
    let plan = ask(
        &[unit("a", 10)],
        &[opening, shelter("E2", 100)],
        &ways(&[&[Some((60, 0)), Some((1_800, 0))]]),
    )
    .unwrap();
    assert_eq!(plan.assigned["a"][0].shelter, "E2".into());
}

#[test]
fn the_last_places_are_kept_free_where_another_shelter_is_near() {
    // 100 places each; ten minutes between them are less than the risk that more come than planned.
    let shelters = [shelter("E1", 100), shelter("E2", 100)];
    let plan = ask(
        &[unit("a", 100)],
        &shelters,
        &ways(&[&[Some((300, 0)), Some((900, 0))]]),
    )
    .unwrap();
    let planned: Vec<u32> = plan.loads.values().map(|load| load.planned).collect();
    assert_eq!(
        planned,
        [71, 29],
        "from 100 ÷ 1.4 persons on, more may come than there are places"
    );
}

#[test]
fn equal_shelters_are_taken_in_the_order_of_their_identifiers() {
    let shelters = [shelter("E2", 100), shelter("E1", 100), shelter("E3", 100)];
    let same = Some((300, 0));
    let plan = ask(&[unit("a", 30)], &shelters, &ways(&[&[same, same, same]])).unwrap();
    assert_eq!(plan.assigned["a"].len(), 1);
    assert_eq!(plan.assigned["a"][0].shelter, "E1".into());
}

#[test]
fn the_water_of_a_later_hour_closes_a_way_and_the_plan_changes_with_it() {
    let units = [unit("a", 50), unit("b", 50)];
    let shelters = [shelter("E1", 200), shelter("E2", 200)];
    let now = ways(&[
        &[Some((300, 0)), Some((1_200, 0))],
        &[Some((600, 0)), Some((900, 0))],
    ]);
    let in_2_h = ways(&[&[None, Some((1_200, 0))], &[Some((600, 0)), Some((900, 0))]]);
    let in_4_h = ways(&[&[None, None], &[Some((600, 0)), Some((900, 0))]]);
    let (dry, wet) = (BTreeSet::new(), BTreeSet::from(["E1".into()]));
    let hours = [
        Hour {
            minutes: 240,
            ways: &in_4_h,
            wet: &wet,
        },
        Hour {
            minutes: 0,
            ways: &now,
            wet: &dry,
        },
        Hour {
            minutes: 120,
            ways: &in_2_h,
            wet: &dry,
        },
    ];
    let question = Question {
        hazard: Hazard::Flood,
        units: &units,
        shelters: &shelters,
        ways: &now,
        wet: &dry,
        space: SpaceRule::STAY,
        objective: &Objective::default(),
    };
    let course = follow_hours(&question, &hours).unwrap();
    assert_eq!(
        course
            .plans
            .iter()
            .map(|(minutes, _)| *minutes)
            .collect::<Vec<_>>(),
        [0, 120, 240]
    );
    let moves: Vec<(u32, &str)> = course
        .moved
        .iter()
        .map(|m| (m.minutes, m.unit.as_str()))
        .collect();
    assert_eq!(moves, [(120, "a"), (240, "a"), (240, "b")]);
    assert_eq!(
        course.last_with_place_min["a"],
        Some(120),
        "then its last road is under water"
    );
    assert_eq!(course.last_with_place_min["b"], Some(240));
    assert_eq!(course.plans[2].1.not_usable["E1"], NotUsable::Wet);
}

/// Miyazaki 2020: the first shelters were full about two hours after opening, and nobody had called for more.
#[test]
fn miyazaki_like_the_next_shelter_is_called_for_before_the_first_is_at_80_percent() {
    let mut closed = shelter("E2", 200);
    closed.state = State::Closed;
    let far = Shelter {
        id: "E3".into(),
        ..closed.clone()
    };
    let wrong = Shelter {
        id: "E0".into(),
        designated_for: BTreeSet::from([Hazard::Earthquake]),
        ..closed.clone()
    };
    let without_places = Shelter {
        id: "E4".into(),
        places: Places::Own(0),
        ..closed.clone()
    };
    let hours_away = Shelter {
        id: "E5".into(),
        places: Places::Own(9_000),
        ..closed.clone()
    };
    let shelters = [
        shelter("E1", 200),
        closed,
        far,
        wrong,
        without_places,
        hours_away,
    ];
    let units = [unit("a", 150)];
    let ways = ways(&[&[
        Some((300, 0)),
        Some((600, 0)),
        Some((900, 0)),
        Some((60, 0)),
        Some((60, 0)),
        Some((14_000, 0)),
    ]]);
    let plan = ask(&units, &shelters, &ways).unwrap();
    let dry = BTreeSet::new();
    let question = Question {
        hazard: Hazard::Flood,
        units: &units,
        shelters: &shelters,
        ways: &ways,
        wet: &dry,
        space: SpaceRule::STAY,
        objective: &Objective::default(),
    };
    let mut called = BTreeSet::new();
    let next = next_to_open(&question, &plan, &"E1".into(), &called).unwrap();
    assert_eq!(
        next,
        NextShelter {
            id: "E2".into(),
            opening_min: 30
        },
        "near, closed, with places, and valid for a flood"
    );
    called.insert("E2".into());
    let other = next_to_open(&question, &plan, &"E1".into(), &called).map(|next| next.id);
    assert_eq!(
        other,
        Some("E3".into()),
        "one that was called for is not named again"
    );
    called.insert("E3".into());
    assert_eq!(next_to_open(&question, &plan, &"E1".into(), &called), None);
    let expected = [
        ExpectedBy {
            minutes: 60,
            likely: 60,
            high: 120,
        },
        ExpectedBy {
            minutes: 120,
            likely: 130,
            high: 200,
        },
    ];
    let filling = Filling {
        places: 200,
        inside: 10,
        expected: &expected,
        next: Some(&next),
        look_again_min: 10,
    };
    let forecast = fill(&filling).unwrap();
    assert_eq!(forecast.to_80_percent_min, [Some(90), None]);
    assert_eq!(
        forecast.advice,
        FillAdvice::OpenNext {
            next: "E2".into(),
            within_min: 60
        }
    );
}

#[test]
fn lists_that_do_not_fit_are_refused_with_both_sizes() {
    let error = ask(
        &[unit("a", 1)],
        &[shelter("E1", 1)],
        &ways(&[&[None, None]]),
    )
    .unwrap_err();
    assert!(error.to_string().contains("1 × 2"), "{error}");
    let twice = ask(
        &[unit("a", 1), unit("a", 2)],
        &[shelter("E1", 1)],
        &ways(&[&[None], &[None]]),
    );
    assert_eq!(twice, Err(AllocateError::UnitTwice("a".into())));
    let twice = ask(
        &[unit("a", 1)],
        &[shelter("E1", 1), shelter("E1", 1)],
        &ways(&[&[None, None]]),
    );
    assert_eq!(twice, Err(AllocateError::ShelterTwice("E1".into())));
    let crowd = ask(
        &[unit("a", u32::MAX)],
        &[shelter("E1", 1)],
        &ways(&[&[None]]),
    );
    assert_eq!(
        crowd,
        Err(AllocateError::TooManyPersons(u64::from(u32::MAX)))
    );
}

#[test]
fn a_town_without_shelters_or_without_people_has_a_plan_too() {
    let nowhere = ask(&[unit("a", 10)], &[], &Ways::none(1, 0).unwrap()).unwrap();
    assert_eq!(nowhere.persons_without_place(), 10);
    let nobody = ask(&[], &[shelter("E1", 10)], &Ways::none(0, 1).unwrap()).unwrap();
    assert_eq!((nobody.persons_placed(), nobody.loads.len()), (0, 1));
}

fn any_state() -> impl Strategy<Value = State> {
    proptest::sample::select(vec![
        State::Open,
        State::Open,
        State::Open,
        State::Opening { minutes: 20 },
        State::Closed,
        State::Full,
        State::Unreachable,
        State::Unknown,
    ])
}

fn any_hazards() -> impl Strategy<Value = BTreeSet<Hazard>> {
    proptest::collection::btree_set(proptest::sample::select(Hazard::ALL.to_vec()), 0..8)
}

fn any_shelter() -> impl Strategy<Value = (Shelter, bool)> {
    (
        any_hazards(),
        proptest::option::weighted(0.2, any_hazards()),
        any_state(),
        0_u32..80,
        0_u32..60,
        any::<bool>(),
        0_u32..5,
    )
        .prop_map(
            |(designated_for, inside, state, places, occupied, empty, wet)| {
                let occupied = if empty { 0 } else { occupied };
                let inside = inside.unwrap_or_default();
                let all = Shelter {
                    designated_for,
                    inside,
                    state,
                    occupied,
                    ..shelter("E", places)
                };
                (all, wet == 0)
            },
        )
}

#[derive(Clone, Debug)]
struct AnyTown {
    units: Vec<UnitPeople>,
    shelters: Vec<Shelter>,
    wet: BTreeSet<hinan_recommend::ShelterId>,
    cells: Vec<Option<(u32, u32)>>,
    hazard: Hazard,
}

fn any_town() -> impl Strategy<Value = AnyTown> {
    (1_usize..12, 1_usize..10).prop_flat_map(|(units, shelters)| {
        let way = proptest::option::weighted(
            0.7,
            (
                0_u32..7_000,
                proptest::sample::select(vec![0_u32, 0, 0, 40, 300]),
            ),
        );
        (
            proptest::collection::vec(0_u32..70, units),
            proptest::collection::vec(any_shelter(), shelters),
            proptest::collection::vec(way, units * shelters),
            proptest::sample::select(Hazard::ALL.to_vec()),
            Just(()),
        )
            .prop_map(|(persons, all, cells, hazard, ())| {
                let units = persons
                    .into_iter()
                    .enumerate()
                    .map(|(n, persons)| unit(&format!("u{n:02}"), persons));
                let mut shelters = Vec::new();
                let mut wet = BTreeSet::new();
                for (n, (shelter, is_wet)) in all.into_iter().enumerate() {
                    let id: hinan_recommend::ShelterId = format!("E{n:02}").as_str().into();
                    if is_wet {
                        wet.insert(id.clone());
                    }
                    shelters.push(Shelter { id, ..shelter });
                }
                AnyTown {
                    units: units.collect(),
                    shelters,
                    wet,
                    cells,
                    hazard,
                }
            })
    })
}

impl AnyTown {
    fn ways(&self) -> Ways {
        let mut ways = Ways::none(self.units.len(), self.shelters.len()).unwrap();
        for (n, way) in self.cells.iter().enumerate() {
            if let Some((walk_s, water_m)) = *way {
                ways.set(
                    n / self.shelters.len(),
                    n % self.shelters.len(),
                    Way { walk_s, water_m },
                );
            }
        }
        ways
    }

    fn plan(&self) -> Plan {
        allocate(&Question {
            hazard: self.hazard,
            units: &self.units,
            shelters: &self.shelters,
            ways: &self.ways(),
            wet: &self.wet,
            space: SpaceRule::STAY,
            objective: &Objective::default(),
        })
        .unwrap()
    }

    /// The same town with its lists turned round.
    fn reversed(&self) -> Self {
        let mut other = self.clone();
        other.units.reverse();
        other.shelters.reverse();
        other.cells.reverse();
        other
    }
}

proptest! {
    #[test]
    fn no_plan_names_a_closed_full_wrong_hazard_unreachable_or_wet_shelter(town in any_town()) {
        let plan = town.plan();
        let named: BTreeSet<_> = plan.assigned.values().flatten().map(|to| to.shelter.clone()).collect();
        for shelter in &town.shelters {
            let safe = shelter.designated_for.contains(&town.hazard)
                && !shelter.inside.contains(&town.hazard)
                && !town.wet.contains(&shelter.id);
            let open = matches!(shelter.state, State::Open | State::Opening { .. });
            let Places::Own(places) = shelter.places else { unreachable!("the test's own") };
            if !(safe && open && shelter.occupied < places) {
                prop_assert!(!named.contains(&shelter.id));
                prop_assert!(plan.not_usable.contains_key(&shelter.id), "left out without a reason");
            }
        }
    }

    #[test]
    fn everybody_is_placed_or_counted_and_no_shelter_is_over_full(town in any_town()) {
        let plan = town.plan();
        for unit in &town.units {
            let placed: u32 = plan.assigned.get(&unit.id).into_iter().flatten().map(|to| to.persons).sum();
            let without = plan.without_place.get(&unit.id).map_or(0, |without| without.persons);
            prop_assert_eq!(placed + without, unit.persons);
        }
        for load in plan.loads.values() {
            prop_assert!(load.occupied + load.planned <= load.places);
        }
        let arrived: BTreeMap<_, u32> = plan.assigned.values().flatten().fold(BTreeMap::new(), |mut sums, to| {
            *sums.entry(to.shelter.clone()).or_default() += to.persons;
            sums
        });
        for (shelter, load) in &plan.loads {
            prop_assert_eq!(arrived.get(shelter).copied().unwrap_or(0), load.planned);
        }
    }

    #[test]
    fn nobody_is_without_a_place_while_one_can_be_reached(town in any_town()) {
        let plan = town.plan();
        let ways = town.ways();
        for unit in plan.without_place.keys() {
            let row = town.units.iter().position(|other| other.id == *unit).unwrap();
            for (column, shelter) in town.shelters.iter().enumerate() {
                let reached = ways.get(row, column).is_some_and(|way| way.walk_s <= Objective::default().walk_max_s);
                if let (true, Some(load)) = (reached, plan.loads.get(&shelter.id)) {
                    prop_assert_eq!(load.occupied + load.planned, load.places, "{} has places", shelter.id);
                }
            }
        }
    }

    #[test]
    fn the_same_town_in_any_order_gives_the_same_bytes(town in any_town()) {
        let json = |plan: &Plan| serde_json::to_string(plan).unwrap();
        prop_assert_eq!(json(&town.plan()), json(&town.plan()));
        prop_assert_eq!(json(&town.plan()), json(&town.reversed().plan()));
    }

    #[test]
    fn a_way_that_closes_never_finds_places_for_more_people(town in any_town(), which in any::<proptest::sample::Index>()) {
        let before = town.plan();
        let mut later = town.clone();
        let cell = which.index(later.cells.len());
        later.cells[cell] = None;
        let after = later.plan();
        prop_assert!(after.persons_without_place() >= before.persons_without_place());
    }
}

/// A shelter that is full has nobody planned for it, and people come to its door all the same.
#[test]
fn beside_a_shelter_that_is_full_the_next_one_is_named_also_where_nobody_has_said_how_it_is() {
    let mut full = shelter("E1", 200);
    full.state = State::Full;
    let unheard = Shelter {
        id: "E2".into(),
        state: State::Unknown,
        ..full.clone()
    };
    let out_of_reach = Shelter {
        id: "E3".into(),
        state: State::Unreachable,
        ..full.clone()
    };
    let shelters = [full, unheard, out_of_reach];
    let units = [unit("a", 150), unit("b", 0)];
    let ways = ways(&[
        &[Some((300, 0)), Some((600, 0)), Some((60, 0))],
        &[Some((300, 0)), Some((600, 0)), Some((60, 0))],
    ]);
    let plan = ask(&units, &shelters, &ways).unwrap();
    assert_eq!(plan.persons_placed(), 0);
    let dry = BTreeSet::new();
    let question = Question {
        hazard: Hazard::Flood,
        units: &units,
        shelters: &shelters,
        ways: &ways,
        wet: &dry,
        space: SpaceRule::STAY,
        objective: &Objective::default(),
    };
    let next = |question: &Question<'_>| {
        let next = next_to_open(question, &plan, &"E1".into(), &BTreeSet::new());
        next.map(|next| next.id)
    };
    assert_eq!(next(&question), Some("E2".into()));
    let nobody = [unit("a", 0), unit("b", 0)];
    let asked_by_nobody = Question {
        units: &nobody,
        ..question
    };
    assert_eq!(next(&asked_by_nobody), None);
}
