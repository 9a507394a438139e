//! How long advice takes: a city at once, one reading, a nation. Limits stand beside the figures.
//!
//! Measured on one of two cores with the machine to itself (2026-11-27), middle and 95 % interval. A city of 500 units with the
//! allocation of 200 crowded shelters: 22.0 ms (21.9 to 22.2), of which advice with a third of the town ordered 6.5 ms (6.4 to 6.5);
//! limit 50 ms. One reading, which 25 units ask as the main one: 0.34 ms (0.31 to 0.37), 0.27 ms (0.26 to 0.28) and 0.46 ms (0.45 to
//! 0.48) in cities of 125, 500 and 2,000 units, with a third of the town ordered 0.36, 0.37 and 0.59 ms (0.54 to 0.65); limit 1 ms. The
//! nation, 1,741 towns of 46 units with 46 shelters each: 1.69 s (1.54 to 1.82), 47,500 units a second (43,900 to 51,900); 17 towns
//! 46,000 (45,100 to 47,100).

#[path = "../tests/stories/made.rs"]
mod made;
#[path = "../tests/town/mod.rs"]
mod places;

use std::collections::BTreeSet;
use std::hint::black_box;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use hinan_recommend::shelters::{Objective, Plan, Question, SpaceRule, UnitPeople, allocate};
use hinan_recommend::{
    Advice, Cause, Group, Hazard, Memory, OrderLevel, Orders, Outlook, Place, Policy, SourceId,
    Town, Unit, UnitId, recommend, recommend_after,
};
use jiff::Timestamp;

use made::{exposure, forecast, gauge, japan};

/// Units that a gauge decides for.
const UNITS_OF_A_GAUGE: usize = 25;
/// Of a hundred people in an order so many look for a place. A figure of this bench, not of the demand.
const LOOK_FOR_A_PLACE_PERCENT: u32 = 30;

fn units(number: usize) -> Vec<Unit> {
    let gauges = (number / UNITS_OF_A_GAUGE).max(2);
    (0..number)
        .map(|n| {
            let people = 200 + u32::try_from(n * 137 % 900).expect("below 900");
            let mut own = exposure(&format!("g{}", n % gauges), people * 2 / 3);
            own.gauges
                .push(SourceId::new(format!("g{}", (n + 1) % gauges)));
            // Named as the units of the made-up ways are.
            made::unit(&format!("u{n:05}"), people, vec![own])
        })
        .collect()
}

fn city(number: usize) -> Town {
    let units = units(number);
    let groups = units
        .chunks(12)
        .enumerate()
        .map(|(n, members)| Group {
            name: format!("校区{n}"),
            name_en: format!("District {n}"),
            units: members
                .iter()
                .map(|unit| unit.id.clone())
                .collect::<BTreeSet<UnitId>>(),
        })
        .collect();
    let place = Place {
        lat: 34.63,
        lon: 133.68,
    };
    Town::new("市", place, units, groups, Vec::new()).expect("a sound town")
}

/// Half of the gauges rise, each with a forecast; some are above the danger level.
fn evening(now: Timestamp, gauges: usize, from: u32) -> Outlook {
    let mut outlook = Outlook::empty(now);
    for (n, share) in (0..gauges).zip((from..20).map(f64::from).cycle()) {
        let level_m = 3.0 + 0.17 * share;
        let rise = if n % 2 == 0 { 0.4 } else { 0.0 };
        let mut one = gauge(now, level_m, rise);
        one.forecast = Some(forecast(now, 0.3, |hours| level_m + rise * hours));
        let id = SourceId::new(format!("g{n}"));
        outlook.gauges.insert(id, Arc::new(one));
    }
    outlook
}

/// A third of the town is ordered already.
fn ordered(town: &Town, at: Timestamp) -> Orders {
    let mut orders = Orders::none();
    for unit in town.units().iter().step_by(3) {
        let cause = Cause::of_river(unit.id.clone(), "小川");
        orders.issue(cause, OrderLevel::EvacuationOrder, at);
    }
    orders
}

/// Who is advised to leave looks for a place.
fn placed(advice: &Advice, town: &Town, places: &places::Town) -> Plan {
    let people: Vec<UnitPeople> = town
        .units()
        .iter()
        .map(|unit| {
            let leaves = advice
                .units
                .get(&unit.id, Hazard::Flood)
                .is_some_and(|of| of.level < OrderLevel::EmergencySafety);
            let persons = if leaves {
                unit.people * LOOK_FOR_A_PLACE_PERCENT / 100
            } else {
                0
            };
            UnitPeople {
                id: unit.id.clone(),
                persons,
            }
        })
        .collect();
    allocate(&Question {
        hazard: Hazard::Flood,
        units: &people,
        shelters: &places.shelters,
        ways: &places.ways,
        wet: &BTreeSet::new(),
        space: SpaceRule::STAY,
        objective: &Objective::default(),
    })
    .expect("a plan")
}

// Limit: 50 ms for a city of 500 units on one core, allocation of 200 shelters included; one reading 1 ms.
fn a_city_of_500_units(c: &mut Criterion) {
    let town = city(500);
    let now = japan("2018-07-06T20:00");
    let (outlook, policy) = (evening(now, 20, 0), Policy::national());
    let orders = ordered(&town, now);
    let (advice, memory) = recommend(&town, &outlook, &policy, &orders, &Memory::empty());
    let called: u32 = advice
        .units
        .values()
        .filter_map(|of| town.unit(&of.unit))
        .map(|unit| unit.people * LOOK_FOR_A_PLACE_PERCENT / 100)
        .sum();
    // Nine places in ten are needed.
    let sites = places::grid_town(500, 200, called * 10 / 9, 1_000, f64::INFINITY, 11);
    let mut group = c.benchmark_group("a_city_of_500_units");
    group.bench_function("everything_limit_50_ms", |b| {
        b.iter(|| {
            let (advice, _) = recommend(black_box(&town), &outlook, &policy, &orders, &memory);
            placed(&advice, &town, &sites)
        });
    });
    group.bench_function("advice_alone", |b| {
        b.iter(|| recommend(black_box(&town), &outlook, &policy, &orders, &memory));
    });
    group.finish();
}

// Limit: 1 ms for one reading. A gauge decides for 25 units as the main one, whatever the size of the city.
fn one_reading(c: &mut Criterion) {
    let now = japan("2018-07-06T20:00");
    let policy = Policy::national();
    let mut group = c.benchmark_group("one_reading_limit_1_ms");
    for number in [125_usize, 500, 2_000] {
        let town = city(number);
        let outlook = evening(now, number / UNITS_OF_A_GAUGE, 0);
        for (orders, name) in [
            (Orders::none(), "units"),
            (ordered(&town, now), "units_third_ordered"),
        ] {
            let (_, memory) = recommend(&town, &outlook, &policy, &orders, &Memory::empty());
            let mut later = outlook.clone();
            if let Some(one) = later.gauges.get_mut("g3") {
                *one = Arc::new(gauge(now, 5.7, 0.6));
            }
            group.bench_function(BenchmarkId::new(name, number), |b| {
                b.iter(|| recommend_after(black_box(&town), &later, &policy, &orders, &memory));
            });
        }
    }
    group.finish();
}

// The cost of one unit must not grow with the number of towns: 1,741 of them with 46 sites each are the country's 80,000 sites.
fn towns_of_a_nation(c: &mut Criterion) {
    let now = japan("2018-07-06T20:00");
    let (outlook, policy, orders) = (evening(now, 2, 14), Policy::national(), Orders::none());
    let sites = places::grid_town(46, 46, 10_000, 1_000, 3_000.0, 7);
    let mut group = c.benchmark_group("towns_of_a_nation_with_shelters");
    group.sample_size(10);
    for towns in [17_usize, 174, 1741] {
        let nation: Vec<Town> = (0..towns).map(|_| city(46)).collect();
        group.throughput(Throughput::Elements(towns as u64 * 46));
        group.bench_with_input(BenchmarkId::from_parameter(towns), &nation, |b, nation| {
            b.iter(|| {
                nation
                    .iter()
                    .map(|town| {
                        let (advice, _) =
                            recommend(town, &outlook, &policy, &orders, &Memory::empty());
                        placed(&advice, town, &sites).persons_placed()
                    })
                    .sum::<u64>()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, a_city_of_500_units, one_reading, towns_of_a_nation);
criterion_main!(benches);
