//! The checks that decisions rest on, against the reference, where they mean the same. They differ on purpose in what
//! README.md of this crate lists.

use hinan_sensors::quality::{Check, Checker, Flag, QualitySettings, Stillness, flat, rate, spike};
use hinan_sensors::{FlatLimits, RateLimit, Span, SpikeLimits};
use jiff::Timestamp;
use serde_json::Value;

use crate::samples;

/// The levels of a vector; those of other tests take other things.
fn levels(vector: &Value) -> Vec<Option<f64>> {
    let levels = vector["args"]["inp"].as_array();
    levels.map_or_else(Vec::new, |levels| {
        levels.iter().map(Value::as_f64).collect()
    })
}

fn times(vector: &Value) -> Vec<Timestamp> {
    let times = vector["args"]["tinp"].as_array().unwrap();
    times
        .iter()
        .map(|time| match time {
            Value::String(text) => format!("{text}Z").parse().unwrap(),
            number => Timestamp::from_second(number.as_i64().unwrap()).unwrap(),
        })
        .collect()
}

/// Compares one vector; says how many points it compared.
fn compare(vector: &Value) -> usize {
    let args = &vector["args"];
    let number = |key: &str| args[key].as_f64();
    let flags = vector["flags"].as_array().unwrap();
    let levels = levels(vector);
    let mut compared = 0;
    let mut same = |n: usize, ours: Flag| {
        assert_eq!(ours, samples::flag(&flags[n]), "{n} of {}", vector["id"]);
        compared += 1;
    };
    match vector["function"].as_str().unwrap() {
        "spike_test" if args["method"] == "differential" => {
            let limits = SpikeLimits {
                low_m: number("suspect_threshold").unwrap(),
                high_m: number("fail_threshold"),
            };
            for n in 1..levels.len() - 1 {
                if let (Some(before), Some(level), Some(after)) =
                    (levels[n - 1], levels[n], levels[n + 1])
                {
                    same(n, spike(before, level, after, &limits));
                }
            }
        }
        // The reference also knows a second, failing threshold; a rate is never more than suspect to us.
        "rate_of_change_test" if args.get("fail_threshold").is_none_or(Value::is_null) => {
            let limit = RateLimit {
                suspect_m_per_h: number("threshold").unwrap() * 3600.0,
            };
            let times = times(vector);
            for n in 1..levels.len() {
                if let (Some(before), Some(level)) = (levels[n - 1], levels[n]) {
                    same(
                        n,
                        rate(before, level, times[n].duration_since(times[n - 1]), &limit),
                    );
                }
            }
        }
        // The reference takes missing values before a level for standing still; to us a gap says nothing.
        "flat_line_test" if levels.iter().all(Option::is_some) => {
            let times = times(vector);
            let limits = counted(&times, args);
            let mut still = Stillness::default();
            for n in 0..levels.len() {
                if let Some(level) = levels[n] {
                    same(
                        n,
                        flat(still.take(times[n], level, limits.tolerance_m), &limits),
                    );
                }
            }
        }
        _ => {}
    }
    compared
}

/// The reference turns its durations into a whole number of median intervals; we keep time.
fn counted(times: &[Timestamp], args: &Value) -> FlatLimits {
    let mut steps: Vec<i64> = times
        .windows(2)
        .map(|pair| pair[1].duration_since(pair[0]).as_secs())
        .collect();
    steps.sort_unstable();
    let median = steps.get(steps.len() / 2).copied().unwrap_or(1);
    let whole = |key: &str| u32::try_from(args[key].as_i64().unwrap() / median * median).unwrap();
    FlatLimits {
        tolerance_m: args["tolerance"].as_f64().unwrap(),
        suspect_after_s: whole("suspect_threshold"),
        fail_after_s: Some(whole("fail_threshold")),
    }
}

#[test]
fn the_vectors_of_the_reference_are_met() {
    let Some(vectors) = samples::json("qartod_vectors.json") else {
        return;
    };
    let (mut tried, mut compared) = (0, 0);
    for vector in vectors["vectors"].as_array().unwrap() {
        if vector.get("flags").is_some() {
            let points = compare(vector);
            tried += usize::from(points > 0);
            compared += points;
        }
    }
    eprintln!("tried {tried} vectors, {compared} points");
    assert!(tried >= 9, "only {tried} vectors were found");
}

#[test]
fn a_real_gauge_is_flagged_as_the_reference_flags_it() {
    let Some(rows) = samples::gauge() else {
        return;
    };
    let settings = QualitySettings {
        sensor: Some(Span {
            low: -10.0,
            high: 10.0,
        }),
        usual: Some(Span {
            low: -2.0,
            high: 3.0,
        }),
        spike: Some(SpikeLimits {
            low_m: 0.8,
            high_m: Some(3.0),
        }),
        rate: Some(RateLimit {
            suspect_m_per_h: 3.6,
        }),
        flat: Some(FlatLimits {
            tolerance_m: 0.001,
            suspect_after_s: 10_800,
            fail_after_s: Some(21_600),
        }),
        ..QualitySettings::default()
    };
    let limits = settings.spike.unwrap();
    let mut checker = Checker::new(&settings);
    let mut frozen = 0;
    for (n, row) in rows.iter().enumerate() {
        let observed = checker.observe(row.at, row.level_m);
        assert_eq!(
            observed.verdict.checks[&Check::Range],
            row.flag("gross_range_test"),
            "{}",
            row.at
        );
        assert_eq!(
            observed.verdict.checks[&Check::Flat],
            row.flag("flat_line_test"),
            "{}",
            row.at
        );
        frozen += usize::from(observed.verdict.flag == Flag::Bad);
        if n > 0 {
            assert_eq!(
                observed.verdict.checks[&Check::Rate],
                row.flag("rate_of_change_test"),
                "{}",
                row.at
            );
        }
        if n > 0 && n < rows.len() - 1 {
            let found = spike(
                rows[n - 1].level_m,
                row.level_m,
                rows[n + 1].level_m,
                &limits,
            );
            assert_eq!(found, row.flag("spike_test_differential"), "{}", row.at);
        }
    }
    eprintln!(
        "tried {} readings of a gauge that was frozen for {frozen} of them",
        rows.len()
    );
    assert!(frozen > rows.len() / 2);
}
