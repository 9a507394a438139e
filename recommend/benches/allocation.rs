//! Who goes to which shelter: a city, a general solver beside it, and all Japan town by town.
//!
//! Limit on one core: 500 units × 200 shelters within 20 ms, with room, crowded, and with more people than places; what is printed beside
//! it says whether the cost is the bound of the dual. A general solver (microlp) is asked the same small towns, for the same cost. All
//! Japan is 1,741 towns with 80,000 sites; the cost of one unit must not grow from the smallest share of them to all. Within one town it
//! may, and how much is measured, too. The figures of the city stand in the README.
#![allow(missing_docs, clippy::print_stdout, clippy::unwrap_used)]

#[path = "../tests/town/mod.rs"]
mod town;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use hinan_recommend::Hazard;
use hinan_recommend::shelters::{Objective, Outcome, Plan, Question, SpaceRule, allocate};
use microlp::{ComparisonOp, OptimizationDirection, Problem, Variable};
use std::collections::BTreeSet;
use std::hint::black_box;
use town::{Town, grid_town};

fn plan(town: &Town, objective: &Objective) -> Plan {
    allocate(&Question {
        hazard: Hazard::Flood,
        units: &town.units,
        shelters: &town.shelters,
        ways: &town.ways,
        wet: &BTreeSet::new(),
        space: SpaceRule::STAY,
        objective,
    })
    .unwrap()
}

/// Exactly as many come as planned, so that the general solver has the same question without bends.
fn as_planned() -> Objective {
    Objective {
        outcomes: vec![Outcome {
            chance_permille: 1_000,
            percent: 100,
        }],
        astray_permille: 0,
        ..Objective::default()
    }
}

/// The same question as a linear programme.
fn by_linear_programme(town: &Town, objective: &Objective) -> f64 {
    const NO_PLACE_S: f64 = 1e6;
    let mut problem = Problem::new(OptimizationDirection::Minimize);
    let mut into: Vec<Vec<(Variable, f64)>> = vec![Vec::new(); town.shelters.len()];
    for (u, unit) in town.units.iter().enumerate() {
        let mut row = vec![(problem.add_var(NO_PLACE_S, (0.0, f64::INFINITY)), 1.0)];
        for (s, into) in into.iter_mut().enumerate() {
            let way = town
                .ways
                .get(u, s)
                .filter(|way| way.walk_s <= objective.walk_max_s);
            if let Some(way) = way {
                let cost = f64::from(way.walk_s) + f64::from(objective.water_s_per_m * way.water_m);
                let persons = problem.add_var(cost, (0.0, f64::INFINITY));
                row.push((persons, 1.0));
                into.push((persons, 1.0));
            }
        }
        problem.add_constraint(&row, ComparisonOp::Eq, f64::from(unit.persons));
    }
    for (shelter, into) in town.shelters.iter().zip(&into) {
        let places = f64::from(shelter.places.count(SpaceRule::STAY));
        if !into.is_empty() {
            problem.add_constraint(into, ComparisonOp::Le, places);
        }
    }
    problem.solve().unwrap().objective()
}

fn seconds_of(plan: &Plan, objective: &Objective) -> u64 {
    plan.person_seconds_walking()
        + u64::from(objective.water_s_per_m) * plan.person_metres_in_water()
}

fn city(criterion: &mut Criterion) {
    let objective = Objective::default();
    let mut group = criterion.benchmark_group("500 x 200, limit 20 ms");
    for (name, persons) in [
        ("roomy, 30 % of places", 9_000),
        ("crowded, 90 %", 27_000),
        ("beyond, 120 %", 36_000),
    ] {
        let town = grid_town(500, 200, 30_000, persons, f64::INFINITY, 11);
        let first = plan(&town, &objective);
        println!(
            "{name}: {} steps, {} without a place, cost = bound: {}",
            first.proof.pivots,
            first.persons_without_place(),
            first.proof.cost == first.proof.least
        );
        group.bench_function(name, |b| b.iter(|| plan(black_box(&town), &objective)));
    }
    group.finish();
}

fn beside_a_general_solver(criterion: &mut Criterion) {
    let objective = as_planned();
    let mut group = criterion.benchmark_group("beside microlp, the same question");
    group.sample_size(10);
    for (units, shelters) in [(40, 16), (80, 32)] {
        let town = grid_town(units, shelters, 3_000, 2_700, f64::INFINITY, 5);
        let ours = plan(&town, &objective);
        let general = by_linear_programme(&town, &objective);
        println!(
            "{units} x {shelters}: {} s against {general:.0} s",
            seconds_of(&ours, &objective)
        );
        let size = format!("{units} x {shelters}");
        group.bench_function(BenchmarkId::new("ours", &size), |b| {
            b.iter(|| plan(black_box(&town), &objective));
        });
        group.bench_function(BenchmarkId::new("microlp", &size), |b| {
            b.iter(|| by_linear_programme(black_box(&town), &objective));
        });
    }
    group.finish();
}

/// 1,741 towns with 46 sites and 40 units each are 80,000 sites and 70,000 units.
fn nation(criterion: &mut Criterion) {
    const UNITS: usize = 40;
    let objective = Objective::default();
    let towns: Vec<Town> = (0..24)
        .map(|seed| grid_town(UNITS, 46, 5_000, 4_000, 3_000.0, seed))
        .collect();
    let mut group = criterion.benchmark_group("all Japan, cost per unit");
    group.sample_size(10);
    for of_nation in [109_usize, 436, 1_741] {
        group.throughput(Throughput::Elements((of_nation * UNITS) as u64));
        group.bench_with_input(
            BenchmarkId::from_parameter(of_nation),
            &of_nation,
            |b, &of_nation| {
                b.iter(|| {
                    for town in towns.iter().cycle().take(of_nation) {
                        black_box(plan(town, &objective));
                    }
                });
            },
        );
    }
    group.finish();
    let mut group = criterion.benchmark_group("one town, cost per unit");
    group.sample_size(10);
    for units in [50_usize, 200, 800] {
        let town = grid_town(
            units,
            units * 46 / 40,
            u32::try_from(units).unwrap() * 125,
            u32::try_from(units).unwrap() * 100,
            1_500.0,
            3,
        );
        group.throughput(Throughput::Elements(units as u64));
        group.bench_with_input(BenchmarkId::from_parameter(units), &town, |b, town| {
            b.iter(|| plan(black_box(town), &objective));
        });
    }
    group.finish();
}

criterion_group!(benches, city, beside_a_general_solver, nation);
criterion_main!(benches);
