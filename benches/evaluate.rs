//! How long one thought takes: from the readings of the flood hour to the advice for every district of Obihiro.

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use hinan::config::Config;
use hinan::engine::{Engine, Reference};
use hinan_models::History;
use hinan_sensors::Reading;
use hinan_town::{FLOOD_HOUR, OBIHIRO, storm};
use jiff::{SignedDuration, Timestamp};

/// An engine that has seen the storm up to the flood hour.
fn engine(reference: Reference, storm: &History, until: Timestamp) -> Engine {
    let mut engine = Engine::new(reference);
    for row in 0..storm.len() {
        let at = storm.time(row);
        if at > until {
            break;
        }
        for (column, gauge) in storm.gauges().iter().enumerate() {
            if let (Some(level_m), Ok(station)) = (storm.level(row, column), gauge.parse()) {
                engine.take(&Reading {
                    station,
                    at,
                    level_m,
                    sequence: None,
                });
            }
        }
    }
    engine
}

// Budget: 5 ms with models. Advice follows a reading within 100 ms (`FOLLOW_UP` of the intake), and a demo at 3600
// times the speed asks ten times a second: thinking must be lost beside the fsync of recording it.
// The baseline says what all of it costs when only the last level is held: the difference is what the models cost.
fn evaluate_one_moment_for_obihiro(c: &mut Criterion) {
    let now: Timestamp = FLOOD_HOUR.parse().expect("a fixed and valid time");
    let storm = storm();
    let with = hinan::town::load(&Config::defaults()).expect("the built-in town loads");
    let without = Reference {
        models: None,
        ..with.clone()
    };
    let mut group = c.benchmark_group("evaluate_one_moment_for_obihiro");
    group.sample_size(20);
    for (name, reference) in [("models", &with), ("persistence_only", &without)] {
        let engine = engine(reference.clone(), &storm, now);
        group.bench_function(name, |b| {
            b.iter(|| engine.preview(now).expect("the gauges form a history"));
        });
    }
    // One reading of the same moment, worked into what was worked out just before.
    for (name, reference) in [
        ("one_reading_models", &with),
        ("one_reading_persistence_only", &without),
    ] {
        let column = storm.gauges().iter().position(|gauge| gauge == OBIHIRO);
        let row = (0..storm.len()).rfind(|row| storm.time(*row) <= now);
        let level_m = row
            .zip(column)
            .and_then(|(row, column)| storm.level(row, column));
        let reading = Reading {
            station: OBIHIRO.parse().expect("an id"),
            at: now - SignedDuration::from_secs(5),
            level_m: level_m.expect("Obihiro speaks at that hour") + 0.05,
            sequence: None,
        };
        let before = || {
            let mut engine = engine(reference.clone(), &storm, now);
            engine.evaluate(now).expect("the gauges form a history");
            engine
        };
        group.bench_function(name, |b| {
            b.iter_batched_ref(
                before,
                |engine| {
                    engine.take(&reading);
                    engine.evaluate(now).expect("the gauges form a history")
                },
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, evaluate_one_moment_for_obihiro);
criterion_main!(benches);
