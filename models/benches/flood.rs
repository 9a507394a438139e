//! One gauge at one moment, and a country of ten thousand of them, on a synthetic basin; persistence and rate of rise beside it.
//!
//! Budget on one core: ten thousand gauges at all four leads with all quantiles within 100 ms, so 10 µs a gauge, and no
//! more for the last thousand than for the first. Fitting this small basin stays within two seconds, so that a town of
//! thirty gauges starts within a minute. Eight years of hours and the peers stand in `against_lightgbm`.
//!
//! The ten thousand gauges stand in one table of 10,000 columns. So many models as [`MODELS`] lie in memory one by one, as
//! much as no processor keeps near itself, and the gauges go through them in turn: by `predict`, one after the other, and by
//! `predict_each`, which has the next brought near meanwhile.
#![allow(missing_docs, clippy::print_stdout)]

#[path = "../tests/basin/mod.rs"]
mod basin;

use basin::{STORMS, basin, bridge};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use hinan_models::{
    FittedFloodModel, FloodModel, Follower, History, Hyper, predict_each, without_model,
};
use jiff::{SignedDuration, Timestamp};
use ndarray::Array2;
use std::hint::black_box;

/// Models that are fitted one by one, each with a seed of its own.
const FITTED: u64 = 10;
/// Models in memory.
const MODELS: usize = 2_000;
/// Gauges of the table.
const GAUGES: usize = 10_000;
/// Each model looks at two gauges upstream, and two more stand between it and the next.
const APART: usize = GAUGES / MODELS;
/// Rows of the table: a day and an hour is what a forecast looks back on.
const ROWS: usize = 80;
/// The moment, hours from the beginning: in a rise.
const HOUR: usize = 266;

fn flood(criterion: &mut Criterion) {
    let water = basin(640, &STORMS, 7);
    let case = bridge();
    let recipe = FloodModel::new(Hyper::default()).expect("the default settings are accepted");
    let as_of = water.time(HOUR);
    let fitted: Vec<FittedFloodModel> = (0..FITTED)
        .map(|seed| {
            let recipe = FloodModel::new(Hyper {
                seed,
                ..Hyper::default()
            })
            .expect("a seed is any number");
            recipe
                .fit(&water, &case)
                .expect("the synthetic basin can be fitted")
        })
        .collect();
    println!(
        "one model of 640 hours and 2 gauges upstream holds about {} kB",
        fitted[0].bytes() / 1000
    );

    let mut group = criterion.benchmark_group("fit");
    group.sample_size(10);
    group.bench_function("one gauge, 640 h, 2 upstream", |b| {
        b.iter(|| recipe.fit(black_box(&water), black_box(&case)));
    });
    group.finish();

    let mut group = criterion.benchmark_group("forecast");
    group.bench_function("model", |b| {
        b.iter(|| fitted[0].predict(black_box(&water), as_of));
    });
    let mut follower = Follower::new(&fitted[0]);
    group.bench_function("model with its guard", |b| {
        b.iter(|| follower.forecast(&fitted[0], black_box(&water), as_of));
    });
    group.bench_function("persistence and rate of rise", |b| {
        b.iter(|| without_model(black_box(&water), &case, as_of));
    });
    group.finish();

    let country = country(&water);
    let models = models(&fitted);
    let said = models[MODELS / 2].predict(&country, as_of);
    assert_eq!(said.tier, hinan_models::Tier::Full, "{}", said.why_en);
    let mut group = criterion.benchmark_group("gauges_x_4_leads");
    group.sample_size(10);
    for gauges in [10_usize, 100, 1_000, 10_000] {
        group.throughput(Throughput::Elements(gauges as u64));
        group.bench_with_input(
            BenchmarkId::from_parameter(gauges),
            &gauges,
            |b, &gauges| {
                b.iter(|| {
                    for model in models.iter().cycle().take(gauges) {
                        black_box(model.predict(&country, as_of));
                    }
                });
            },
        );
        group.bench_with_input(
            BenchmarkId::new("predict_each", gauges),
            &gauges,
            |b, &gauges| {
                b.iter(|| {
                    let models = models.iter().cycle().take(gauges);
                    predict_each(models, &country, as_of).for_each(|said| {
                        black_box(said);
                    });
                });
            },
        );
    }
    group.finish();
}

fn name(gauge: usize) -> String {
    format!("g{gauge:05}")
}

/// The newest rows of the basin, over and over under other names: north, south and bridge, then two that nobody asks for.
fn country(water: &History) -> History {
    let first = HOUR + 1 - ROWS;
    let table = Array2::from_shape_fn((ROWS, GAUGES), |(row, gauge)| {
        water
            .level(first + row, (gauge % APART) % 3)
            .unwrap_or(f64::NAN)
    });
    let start = Timestamp::UNIX_EPOCH
        + SignedDuration::from_hours(i64::try_from(first).expect("hours of a month"));
    History::new(start, 3600, (0..GAUGES).map(name).collect(), table).expect("a sound history")
}

/// The fitted models in turn, each with gauges of its own.
fn models(fitted: &[FittedFloodModel]) -> Vec<FittedFloodModel> {
    let written: Vec<serde_json::Value> = fitted
        .iter()
        .map(|model| serde_json::to_value(model).expect("a model can be written"))
        .collect();
    (0..MODELS)
        .map(|place| {
            let mut model = written[place % written.len()].clone();
            let first = place * APART;
            model["case"]["upstream"] = serde_json::json!([name(first), name(first + 1)]);
            model["case"]["target"] = name(first + 2).into();
            serde_json::from_value(model).expect("names are all that changed")
        })
        .collect()
}

criterion_group!(benches, flood);
criterion_main!(benches);
