//! One gauge at one moment, and ten thousand of them, on a synthetic basin; persistence and rate of rise beside it.
//!
//! Budget on one core: ten thousand gauges at all four leads with all quantiles within 100 ms, so 10 µs a gauge, and no
//! more for the last thousand than for the first. Fitting this small basin stays within two seconds, so that a town of
//! thirty gauges starts within a minute. Eight years of hours and the peers stand in `against_lightgbm`.
#![allow(missing_docs, clippy::print_stdout)]

#[path = "../tests/basin/mod.rs"]
mod basin;

use basin::{STORMS, basin, bridge};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use hinan_models::{FittedFloodModel, FloodModel, Follower, Hyper, without_model};
use jiff::{SignedDuration, Timestamp};
use std::hint::black_box;

/// So many models that differ are held at once; ten thousand gauges go through them in turn.
const MODELS: u64 = 10;

fn flood(criterion: &mut Criterion) {
    let water = basin(640, &STORMS, 7);
    let case = bridge();
    let recipe = FloodModel::new(Hyper::default()).expect("the default settings are accepted");
    let as_of = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(266);
    let models: Vec<FittedFloodModel> = (0..MODELS)
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
        models[0].bytes() / 1000
    );

    let mut group = criterion.benchmark_group("fit");
    group.sample_size(10);
    group.bench_function("one gauge, 640 h, 2 upstream", |b| {
        b.iter(|| recipe.fit(black_box(&water), black_box(&case)));
    });
    group.finish();

    let mut group = criterion.benchmark_group("forecast");
    group.bench_function("model", |b| {
        b.iter(|| models[0].predict(black_box(&water), as_of));
    });
    let mut follower = Follower::new(&models[0]);
    group.bench_function("model with its guard", |b| {
        b.iter(|| follower.forecast(&models[0], black_box(&water), as_of));
    });
    group.bench_function("persistence and rate of rise", |b| {
        b.iter(|| without_model(black_box(&water), &case, as_of));
    });
    group.finish();

    let mut group = criterion.benchmark_group("gauges_x_4_leads");
    group.sample_size(20);
    for gauges in [1_000_usize, 3_000, 10_000] {
        group.throughput(Throughput::Elements(gauges as u64));
        group.bench_with_input(
            BenchmarkId::from_parameter(gauges),
            &gauges,
            |b, &gauges| {
                b.iter(|| {
                    for model in models.iter().cycle().take(gauges) {
                        black_box(model.predict(&water, as_of));
                    }
                });
            },
        );
    }
    group.finish();
}

criterion_group!(benches, flood);
criterion_main!(benches);
