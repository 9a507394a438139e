//! What do the quality checks cost per reading?
//!
//! Limit: 2 µs per native reading for decoding and all checks together, so that 4 000 gauges which all report within one
//! second take less than 10 ms of one core. `decode.rs` measures decoding; here are the checks alone, all of them. The
//! peer is what no check can undercut: reading the same times and levels once.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use hinan_sensors::quality::qartod::{
    AttenuatedSignal, AttenuatedSignalStream, CheckType, FlatLine, FlatLineStream, Method,
    RateOfChange, RateOfChangeStream, Spike, SpikeStream,
};
use hinan_sensors::quality::{
    AttenuatedLimits, Cadence, Checker, Doubts, Flag, GapLimit, QualitySettings, Season,
};
use hinan_sensors::{FlatLimits, Heard, RateLimit, Span, SpikeLimits, health, quality::Agreement};
use jiff::{SignedDuration, Timestamp};

/// A month of one gauge, every ten minutes.
const READINGS: usize = 30 * 144;

fn all_checks() -> QualitySettings {
    QualitySettings {
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
        attenuated: Some(AttenuatedLimits {
            period_s: 86_400,
            suspect_m: 0.01,
            fail_m: Some(0.002),
        }),
        season: Some(vec![Season {
            months: [4, 11],
            low: 30.0,
            high: 45.0,
        }]),
        gap: Some(GapLimit {
            suspect_after_s: 7200,
        }),
        ..QualitySettings::default()
    }
}

/// A river that wanders by centimetres, with one flood and one frozen day.
fn a_month(start: Timestamp) -> Vec<(Timestamp, f64)> {
    let mut level_cm = 3500_i64;
    let mut state = 20_160_830_u64;
    (0..READINGS)
        .map(|n| {
            // A fixed series of steps from -3 to 3.
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let step = i64::try_from(state >> 33).expect("31 bits") % 7 - 3;
            level_cm += match n {
                1000..1060 => 8,
                1060..1200 => -3,
                3000..3144 => 0,
                _ => step,
            };
            let minutes = 10 * i64::try_from(n).expect("a month of readings");
            let level_m = f64::from(i32::try_from(level_cm).expect("centimetres")) / 100.0;
            (start + SignedDuration::from_mins(minutes), level_m)
        })
        .collect()
}

fn checks(c: &mut Criterion) {
    let start: Timestamp = "2016-08-01T00:00:00Z".parse().expect("a time");
    let month = a_month(start);
    let mut group = c.benchmark_group("a_month_of_one_gauge_4320_readings");
    group.throughput(Throughput::Elements(READINGS as u64));
    group.bench_function("all_checks_as_decisions_judge", |b| {
        b.iter_batched_ref(
            || Checker::new(&all_checks()),
            |checker| {
                for &(at, level_m) in &month {
                    black_box(checker.observe(black_box(at), black_box(level_m)));
                }
            },
            BatchSize::SmallInput,
        );
    });
    group.bench_function("qartod_streams_spike_rate_flat_attenuated", |b| {
        b.iter_batched_ref(
            streams,
            |(spike, rate, flat, attenuated)| {
                for &(at, level_m) in &month {
                    let (at, level_m) = (black_box(at), black_box(level_m));
                    black_box(spike.take(level_m));
                    black_box(rate.take(at, level_m));
                    black_box(flat.take(level_m));
                    black_box(attenuated.take(at, level_m));
                }
            },
            BatchSize::SmallInput,
        );
    });
    group.bench_function("peer_read_times_and_levels_once", |b| {
        b.iter(|| {
            let (mut newest, mut sum_m) = (start, 0.0);
            for &(at, level_m) in &month {
                newest = newest.max(black_box(at));
                sum_m += black_box(level_m);
            }
            black_box((newest, sum_m))
        });
    });
    group.finish();
}

fn streams() -> (
    SpikeStream,
    RateOfChangeStream,
    FlatLineStream,
    AttenuatedSignalStream,
) {
    let spike = Spike {
        suspect_threshold: Some(1.0),
        fail_threshold: Some(5.0),
        method: Method::Average,
    };
    let rate = RateOfChange {
        threshold: 2.0 / 3600.0,
        fail_threshold: None,
    };
    let flat = FlatLine {
        suspect_threshold: 86_400,
        fail_threshold: 259_200,
        tolerance: 0.001,
    };
    let attenuated = AttenuatedSignal {
        suspect_threshold: 0.01,
        fail_threshold: 0.002,
        test_period: Some(86_400.0),
        min_obs: None,
        min_period: None,
        check_type: CheckType::Std,
    };
    (
        SpikeStream::new(spike),
        RateOfChangeStream::new(rate),
        FlatLineStream::new(flat, 600).expect("windows of days"),
        AttenuatedSignalStream::new(attenuated, 600).expect("a window of a day"),
    )
}

/// How is a gauge whose last four days are remembered? Asked of every gauge for every picture.
fn one_health(c: &mut Criterion) {
    let start: Timestamp = "2016-08-01T00:00:00Z".parse().expect("a time");
    let past: Vec<Heard> = a_month(start)
        .into_iter()
        .take(576)
        .map(|(at, level_m)| Heard {
            at,
            level_m,
            flag: Flag::Good,
            doubts: Doubts::default(),
        })
        .collect();
    let contract = Cadence::default().contract(600);
    let flat = all_checks().flat;
    let asked = start + SignedDuration::from_hours(96);
    c.bench_function("health_of_one_gauge_with_576_readings", |b| {
        b.iter(|| {
            let past = black_box(&past).iter().rev().copied();
            black_box(health(
                &contract,
                flat.as_ref(),
                past,
                &Agreement::Unknown,
                asked,
            ))
        });
    });
}

criterion_group!(benches, checks, one_health);
criterion_main!(benches);
