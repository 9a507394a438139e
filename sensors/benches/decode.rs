//! What does one native reading cost between broker and store?
//!
//! Budget: 5 µs per reading for decoding and quality control together. A thousand gauges that report once a second
//! then take half a per cent of one core, and a storm's backlog of a million readings takes five seconds.
//! The peer is the general JSON reader on the same payload: no check, no flag, no station.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use hinan_sensors::quality::Checker;
use hinan_sensors::{
    Decision, FlatLimits, Limits, Packet, QualitySettings, RateLimit, Reading, Span, SpikeLimits,
    Station, Stations, TopicRule, decide, native_payload,
};
use jiff::{SignedDuration, Timestamp};

/// A day of one gauge, every ten minutes.
const READINGS: i64 = 144;

fn town() -> Stations {
    let quality = QualitySettings {
        sensor: Some(Span {
            low: 0.0,
            high: 60.0,
        }),
        usual: Some(Span {
            low: 30.0,
            high: 45.0,
        }),
        spike: Some(SpikeLimits {
            low_m: 1.0,
            high_m: Some(5.0),
        }),
        rate: Some(RateLimit {
            suspect_m_per_h: 2.0,
        }),
        flat: Some(FlatLimits {
            tolerance_m: 0.001,
            suspect_after_s: 86_400,
            fail_after_s: Some(259_200),
        }),
    };
    let stations = (0..200).map(|n| Station {
        id: format!("gauge-{n:03}")
            .parse()
            .expect("the identifier is plain"),
        name: format!("観測所 {n}"),
        quality: quality.clone(),
        cadence_s: 600,
    });
    Stations::new(stations).expect("200 sound gauges")
}

fn a_day_of_payloads(start: Timestamp) -> Vec<Vec<u8>> {
    let mut level_cm = 3500_i32;
    (0..READINGS)
        .map(|n| {
            level_cm += i32::try_from(n * 7 % 11).expect("below 11") - 4;
            native_payload(&Reading {
                station: "gauge-100".parse().expect("the identifier is plain"),
                at: start + SignedDuration::from_mins(10 * n),
                level_m: f64::from(level_cm) / 100.0,
                sequence: u64::try_from(n).ok(),
            })
        })
        .collect()
}

fn one_native_reading(c: &mut Criterion) {
    let stations = town();
    let topics = TopicRule::default();
    let limits = Limits::default();
    let start: Timestamp = "2016-08-30T00:00:00Z".parse().expect("a time");
    let payloads = a_day_of_payloads(start);
    let decided = |payload: &[u8]| {
        let packet = Packet {
            topic: "hinan/v1/readings/gauge-100",
            payload,
            retained: false,
            received_at: start + SignedDuration::from_hours(25),
        };
        match decide(&packet, &stations, &topics, &limits) {
            Decision::Store(reading) => reading,
            Decision::Quarantine(why) => panic!("{why}"),
        }
    };

    let mut group = c.benchmark_group("a_day_of_one_gauge_144_native_readings");
    group.throughput(Throughput::Elements(144));
    group.bench_function("decide_and_check", |b| {
        b.iter_batched_ref(
            || Checker::new(&stations.get("gauge-100").expect("it is listed").quality),
            |checker| {
                for payload in &payloads {
                    let reading = decided(black_box(payload));
                    black_box(checker.check(reading.at, reading.level_m));
                }
            },
            BatchSize::SmallInput,
        );
    });
    group.bench_function("decide_only", |b| {
        b.iter(|| {
            for payload in &payloads {
                black_box(decided(black_box(payload)));
            }
        });
    });
    group.bench_function("peer_serde_json_value", |b| {
        b.iter(|| {
            for payload in &payloads {
                let value: serde_json::Value =
                    serde_json::from_slice(black_box(payload)).expect("it is JSON");
                black_box(value);
            }
        });
    });
    group.finish();
}

criterion_group!(benches, one_native_reading);
criterion_main!(benches);
