//! Plans of who goes where: one for each hazard, over the places that all share.

use std::collections::{BTreeMap, BTreeSet};

use hinan::config::Config;
use hinan::outlook::Voice;
use hinan::recommend::core::Core;
use hinan::recommend::level::OrderLevel;
use hinan::recommend::refuge::{Asked, HOURS, Hour, Refuge, RefugeBasis, Water, refuge};
use hinan::recommend::told::{Ordered, ShelterState, ShelterWord, Told};
use hinan_gis::{Hazard as SiteHazard, Town};
use hinan_recommend::{Hazard, UnitId};
use jiff::SignedDuration;

use super::{State, at, outlook};
use crate::town_reference::plain;

/// Every place is open with this many places; nobody is inside.
fn all_open(places: u32) -> BTreeMap<String, ShelterWord> {
    let word = ShelterWord {
        state: ShelterState::Open,
        occupancy: Some(0),
        places: Some(places),
        at: at(),
        by: "mori".to_owned(),
        note: String::new(),
    };
    let sites = plain().town.shelters.iter();
    sites.map(|site| (site.id.clone(), word.clone())).collect()
}

fn ordered_for(about: &str, units: &[&str]) -> Vec<Ordered> {
    let order = |unit: &&str| Ordered {
        unit: UnitId::new(*unit),
        river: about.to_owned(),
        level: hinan_recommend::OrderLevel::EvacuationOrder,
        at: at() - SignedDuration::from_mins(5),
    };
    units.iter().map(order).collect()
}

fn places_of(told: &Told, water: &Water) -> Refuge {
    places_in((&plain().town, &plain().core), told, water)
}

fn places_in((town, core): (&Town, &Core), told: &Told, water: &Water) -> Refuge {
    refuge(&Asked {
        town,
        core,
        basis: &RefugeBasis::of(town).unwrap(),
        told,
        advice: &[],
        water,
        as_of: at(),
    })
}

/// Districts with people that a river reaches.
fn some_districts(n: usize) -> Vec<&'static str> {
    let districts = plain().town.districts.iter();
    let some = districts.filter(|one| one.people > 200 && !one.reaches.is_empty());
    some.take(n).map(|one| one.id.as_str()).collect()
}

#[test]
fn each_hazard_has_its_plan_over_the_places_that_all_share_and_its_own_valid_shelters() {
    // Here hardly any site is approved for landslides; in this town every second one for floods is.
    let mut town = (*plain().town).clone();
    let sites = town.shelters.iter_mut();
    let for_floods = sites.filter(|site| site.approved_for.contains(&SiteHazard::Flood));
    for site in for_floods.step_by(2) {
        site.approved_for.insert(SiteHazard::Landslide);
    }
    let core = Core::load(&Config::defaults(), &town).unwrap();
    let (town, core) = (&town, &core);
    let water = Water::default();
    let open = all_open(1_000);
    // Who finds a place against a landslide at all, by what is approved and near.
    let every = some_districts(200);
    let alone = Told {
        orders: ordered_for("土砂災害", &every),
        shelters: all_open(100_000),
        ..Told::default()
    };
    let alone = places_in((town, core), &alone, &water);
    let slide: Vec<&str> = every
        .iter()
        .copied()
        .filter(|id| alone.to.contains_key(*id))
        .take(3)
        .collect();
    assert_eq!(slide.len(), 3, "places against a landslide within a walk");
    let others = every.iter().copied().filter(|id| !slide.contains(id));
    let flood: Vec<&str> = others.take(3).collect();
    let river = &town.district(flood[0]).unwrap().reaches[0].river;
    let mut told = Told {
        orders: ordered_for("土砂災害", &slide),
        shelters: open,
        ..Told::default()
    };
    told.orders.extend(ordered_for(river, &flood));
    // Called for both: only what is valid against both will do.
    told.orders.extend(ordered_for("土砂災害", &flood[..1]));
    let found = places_in((town, core), &told, &water);
    let hazards: Vec<Hazard> = found.plans.iter().map(|plan| plan.hazard).collect();
    assert_eq!(hazards, [Hazard::Flood, Hazard::Landslide]);
    let of = |id: &str| town.shelter(id).unwrap();
    let mut taken: BTreeMap<&str, u32> = BTreeMap::new();
    let mut placed = 0;
    for (district, to) in &found.to {
        for sent in to {
            let site = of(&sent.shelter);
            *taken.entry(&sent.shelter).or_default() += sent.people;
            placed += sent.people;
            let both = district == flood[0];
            if slide.contains(&district.as_str()) || both {
                assert!(
                    site.approved_for.contains(&SiteHazard::Landslide),
                    "{district}"
                );
            }
            if flood.contains(&district.as_str()) {
                assert!(core.is_usable(site, SiteHazard::Flood, town), "{district}");
            }
        }
    }
    assert!(
        taken.values().all(|people| *people <= 1_000),
        "the places are shared: {taken:?}"
    );
    assert!(placed > 0 && slide.iter().any(|id| found.to.contains_key(*id)));
    let by_plans: u32 = found.plans.iter().map(|plan| plan.placed).sum();
    assert_eq!(placed, by_plans);
    let loads: u32 = found.shelters.iter().map(|one| one.planned).sum();
    assert_eq!(placed, loads);
}

#[test]
fn demand_is_told_of_every_hazard_and_of_a_tsunami_all_whom_it_can_reach() {
    let (town, core) = (&plain().town, &plain().core);
    let asked = Told::default();
    let asked = Asked {
        town,
        core,
        basis: &RefugeBasis::of(town).unwrap(),
        told: &asked,
        advice: &[],
        water: &Water::default(),
        as_of: at(),
    };
    let units: BTreeSet<UnitId> = some_districts(2).into_iter().map(UnitId::new).collect();
    let of = |about: &str| {
        hinan::recommend::refuge::people_of(&asked, about, OrderLevel::EvacuationOrder, &units)
            .unwrap()
    };
    let slide = of("土砂災害");
    assert!(slide.public_shelter[1] > 0 && slide.public_shelter[0] < slide.public_shelter[2]);
    assert_eq!(
        slide.upstairs, [0; 3],
        "nobody is safe upstairs from a slide"
    );
    assert_eq!(slide.units.len(), 2);
    let rate = slide.rates.unwrap().public_shelter[1];
    let residents = f64::from(u32::try_from(slide.under_order).unwrap());
    let by_hand = residents * rate;
    let told = f64::from(u32::try_from(slide.public_shelter[1]).unwrap());
    assert!((by_hand - told).abs() <= 1.0, "{by_hand} {slide:?}");
    let wave = of("津波");
    assert_eq!(wave.leaving, [wave.exposed; 3]);
    assert!(wave.basis.contains("津波には当てはまらない"));
}

#[test]
fn a_place_where_the_high_case_brings_water_loses_its_people_and_the_plan_is_made_again_for_later_hours()
 {
    let town = &plain().town;
    let units = some_districts(3);
    let river = &town.district(units[0]).unwrap().reaches[0].river;
    let told = Told {
        orders: ordered_for(river, &units),
        shelters: all_open(400),
        ..Told::default()
    };
    let dry = places_of(&told, &Water::default());
    let first = &dry.to[units[0]][0].shelter;
    let place = |id: &str| town.shelters.iter().position(|one| one.id == id).unwrap();
    let district = |id: &str| town.districts.iter().position(|one| one.id == id).unwrap();
    let water = Water {
        hours: HOURS
            .map(|within_h| Hour {
                within_h,
                wet: (within_h >= 3).then(|| place(first)).into_iter().collect(),
                cut: (within_h >= 6)
                    .then(|| district(units[1]))
                    .into_iter()
                    .collect(),
                ..Hour::default()
            })
            .to_vec(),
    };
    let found = places_of(&told, &water);
    let names = |to: &Refuge| -> BTreeSet<String> {
        let all = to.to.values().flatten();
        all.map(|sent| sent.shelter.clone()).collect()
    };
    assert!(names(&dry).contains(first) && !names(&found).contains(first));
    assert!(found.wet.contains(first) && found.plans[0].wet.contains(first));
    let outlook = found.shelters.iter().find(|one| one.id == *first).unwrap();
    assert_eq!(
        outlook.not_usable.as_deref(),
        Some("施設の浸水が予測される")
    );
    let hours = &found.plans[0].hours;
    let within: Vec<u32> = hours.iter().map(|hour| hour.within_h).collect();
    assert_eq!(within, HOURS);
    let wet: Vec<usize> = hours.iter().map(|hour| hour.wet.len()).collect();
    assert_eq!(wet, [0, 1, 1]);
    // Whose way out is cut off finds no place any more, from that hour on and not before.
    assert!(hours[1].without_place.is_empty(), "{:?}", hours[1]);
    assert_eq!(hours[2].cut, [units[1]]);
    assert!(
        hours[2].without_place.contains_key(units[1]),
        "{:?}",
        hours[2]
    );
    assert_eq!(hours[2].moved.get(units[1]), Some(&Vec::new()));
    assert!(hours[2].placed < hours[1].placed);
}

#[test]
fn which_places_are_wet_follows_from_the_stages_and_the_high_case_hour_by_hour() {
    let r = plain();
    let states = |over_m: f64, expected_m: f64| -> Vec<State> {
        let one = State {
            over_m: Some(over_m),
            voice: Voice::Live,
            rise: Some(0.1),
            expected_m,
            widths: [0.01; 7],
        };
        vec![one; r.town.gauges.len()]
    };
    let water =
        |over_m, expected_m| Water::of(&r.concern, &r.core, &outlook(&states(over_m, expected_m)));
    let calm = water(-5.0, 0.0);
    assert!(calm.wet().is_empty());
    assert!(calm.hours.iter().all(|hour| hour.reached.is_empty()));
    let rising = water(-1.0, 6.0);
    let reached: Vec<usize> = rising.hours.iter().map(|hour| hour.reached.len()).collect();
    assert!(
        reached[0] < reached[2] && reached.is_sorted(),
        "{reached:?}"
    );
    // What is wet stands in the zone, in a district that is reached.
    for place in rising.wet() {
        assert!(r.town.shelters[place].depth_rank.is_some());
    }
    assert!(
        !rising.wet().is_empty(),
        "shelters stand in the zone of this town"
    );
}
