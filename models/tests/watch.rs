//! The watch: a model that falls behind is taken out of use by itself, says so, and comes back only when it has shown itself.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod basin;

use basin::{STORMS, Storm, basin, bridge, changed};
use hinan_models::{
    Drift, Duel, FittedFloodModel, FloodModel, GaugeForecast, History, Hyper, LeadForecast, Method,
    Quantile, Standing, Tier, Watch, WatchSettings,
};
use jiff::{SignedDuration, Timestamp};
use std::sync::OnceLock;

fn hours(h: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(h)
}

/// A forecast of one lead: `median_m` with half an interval of `half_m`, made when the level was `now_m`.
fn said(at: i64, lead_h: u32, now_m: f64, median_m: f64, half_m: f64) -> GaugeForecast {
    GaugeForecast {
        gauge: "g".to_owned(),
        as_of: hours(at),
        tier: Tier::Full,
        why_ja: String::new(),
        why_en: String::new(),
        upstream_missing: vec![],
        level_now_m: Some(now_m),
        level_now_at: Some(hours(at)),
        rise_m_per_h: Some(0.0),
        leads: vec![LeadForecast {
            lead_h,
            at: hours(at + i64::from(lead_h)),
            method: Method::Model,
            expected_m: median_m,
            median_m,
            quantiles: [(0.05, -half_m), (0.5, 0.0), (0.95, half_m)]
                .map(|(p, off_m)| Quantile {
                    p,
                    level_m: median_m + off_m,
                })
                .to_vec(),
            persistence_m: now_m,
            rate_of_rise_m: now_m,
            outside_training: false,
            record: None,
        }],
    }
}

/// A tide of one metre, and a forecaster whose error is this share of persistence's.
fn tide(hour: i64) -> f64 {
    f64::from(i32::try_from(hour.rem_euclid(12)).unwrap()).sin()
}

fn live(watch: &mut Watch, from: i64, to: i64, share: f64) {
    for hour in from..to {
        let (now_m, later_m) = (tide(hour), tide(hour + 1));
        watch.observed(hours(hour), now_m);
        watch.issued(&said(
            hour,
            1,
            now_m,
            later_m + share * (now_m - later_m),
            0.5,
        ));
    }
}

#[test]
fn a_model_that_falls_behind_is_taken_out_and_the_reason_is_said() {
    let mut watch = Watch::new(WatchSettings::default());
    assert_eq!(watch.standing(1), Standing::Unproven);
    live(&mut watch, 0, 48, 0.3);
    assert_eq!(watch.standing(1), Standing::InUse);
    // From now on it errs twice as much as persistence.
    live(&mut watch, 48, 96, 2.0);
    let Standing::Out { since, reason } = watch.standing(1) else {
        panic!("{:?}", watch.standing(1));
    };
    assert!(since > hours(48) && since <= hours(78), "taken out {since}");
    assert!(reason.skill < -0.1 && reason.evidence >= 8.0);
    assert!(reason.japanese().contains("モデルを使わない"));
    assert!(reason.english().contains("the model is not used"));
    assert!(watch.is_out());
}

#[test]
fn it_comes_back_only_when_the_good_hours_outweigh_the_bad_ones() {
    let mut watch = Watch::new(WatchSettings::default());
    live(&mut watch, 0, 48, 2.0);
    assert!(watch.is_out(), "out first");
    for hour in 48..120 {
        live(&mut watch, hour, hour + 1, 0.2);
        if watch.standing(1) == Standing::InUse {
            assert!((72..=96).contains(&hour), "back at {hour}");
            return;
        }
    }
    panic!("it never came back");
}

#[test]
fn a_model_that_says_twice_what_comes_counts_less_and_is_not_taken_out() {
    let mut watch = Watch::new(WatchSettings::default());
    for hour in 0..100 {
        let (now_m, later_m) = (tide(hour), tide(hour + 1));
        watch.observed(hours(hour), now_m);
        // It says twice the change that comes.
        watch.issued(&said(hour, 1, now_m, now_m + 2.0 * (later_m - now_m), 0.5));
    }
    let lead = watch.report().leads[0];
    assert!((0.6..0.9).contains(&lead.share), "{lead:?}");
    assert_eq!(lead.standing, Standing::InUse);
}

#[test]
fn an_error_that_is_always_the_same_is_added_and_one_that_comes_with_a_flood_is_not() {
    let run = |error_m: &dyn Fn(i64) -> f64| {
        let mut watch = Watch::new(WatchSettings::default());
        for hour in 0..100 {
            watch.observed(hours(hour), tide(hour));
            let said_m = tide(hour + 1) - error_m(hour);
            watch.issued(&said(hour, 1, tide(hour), said_m, 0.5));
        }
        watch.report().leads[0].shift_m
    };
    let lasting_m = run(&|_| 0.25);
    assert!((0.2..=0.25).contains(&lasting_m), "{lasting_m}");
    let flood_m = run(&|hour| if (80..95).contains(&hour) { 0.5 } else { 0.0 });
    assert!(flood_m.abs() < 1e-12, "{flood_m}");
}

#[test]
fn a_gauge_that_stands_to_the_digit_in_a_flood_is_frozen_until_it_moves() {
    let mut watch = Watch::new(WatchSettings::default());
    let mut out_at = Vec::new();
    for hour in 0..40 {
        // From the tenth hour on the model says for eight hours that the water rises; the gauge moves again at the thirtieth.
        let now_m = if hour < 30 { 1.0 } else { 1.5 };
        let rise_m = if (10..18).contains(&hour) { 0.07 } else { 0.0 };
        watch.observed(hours(hour), now_m);
        watch.issued(&said(hour, 1, now_m, now_m + rise_m, 0.1));
        if matches!(watch.standing(1), Standing::Out { .. }) {
            out_at.push(hour);
        }
    }
    let expected: Vec<i64> = (13..30).collect();
    assert_eq!(out_at, expected);
}

#[test]
fn quiet_water_judges_nobody() {
    let mut watch = Watch::new(WatchSettings::default());
    for hour in 0..200 {
        watch.observed(hours(hour), 1.0);
        // Two centimetres off, and persistence is perfect.
        watch.issued(&said(hour, 1, 1.0, 1.02, 0.05));
    }
    assert!(!watch.is_out());
    let mut watch = Watch::new(WatchSettings::default());
    for hour in 0..200 {
        watch.observed(hours(hour), 1.0);
        let swing_m = if hour % 2 == 0 { 1.0 } else { -1.0 };
        watch.issued(&said(hour, 1, 1.0, 1.0 + swing_m, 0.05));
    }
    assert!(watch.is_out(), "but a metre is not quiet");
}

#[test]
fn a_lasting_bias_is_called_a_drift_and_a_single_broken_reading_is_not() {
    let run = |error_m: &dyn Fn(i64) -> f64| {
        let mut watch = Watch::new(WatchSettings::default());
        for hour in 0..120 {
            watch.observed(hours(hour), tide(hour) + error_m(hour));
            watch.issued(&said(hour, 1, tide(hour), tide(hour + 1), 0.2));
        }
        watch.report()
    };
    let steady = run(&|_| 0.02);
    assert!(steady.drift.is_empty(), "{:?}", steady.drift);
    let spike = run(&|hour| if hour == 60 { 50.0 } else { 0.02 });
    assert!(spike.drift.is_empty(), "{:?}", spike.drift);
    let lasting = run(&|hour| if hour >= 60 { 0.3 } else { 0.02 });
    assert!(
        matches!(lasting.drift[..], [Drift::TooLow { lead_h: 1, since }] if since >= hours(60) && since < hours(66)),
        "{:?}",
        lasting.drift
    );
    assert!(lasting.leads[0].coverage90.unwrap() < 0.5);
}

#[test]
fn readings_that_never_came_leave_nothing_waiting() {
    let mut watch = Watch::new(WatchSettings::default());
    for hour in 0..5000 {
        watch.issued(&said(hour, 1, 1.0, 1.0, 0.1));
    }
    assert_eq!(
        watch.report().forgotten,
        904,
        "of 5,000 the last 4,096 wait"
    );
    watch.observed(hours(9000), 1.0);
    assert_eq!(watch.report().leads.len(), 0, "none was for this moment");
}

/// A year's storms, so that there is something to come after the fit.
const LATER: [Storm; 12] = [
    (60, 1.2),
    (170, 0.7),
    (260, 1.9),
    (350, 1.0),
    (440, 1.6),
    (540, 0.8),
    (680, 1.5),
    (790, 1.1),
    (900, 1.7),
    (1010, 0.9),
    (1120, 1.4),
    (1230, 1.2),
];

fn fitted() -> &'static FittedFloodModel {
    static MODEL: OnceLock<FittedFloodModel> = OnceLock::new();
    MODEL.get_or_init(|| {
        let recipe = FloodModel::new(Hyper::default()).unwrap();
        recipe.fit(&basin(620, &STORMS, 7), &bridge()).unwrap()
    })
}

/// The model with its watch, live: squared errors (at 3 h) of what was shown, of the model alone and of persistence, and
/// hours out of use.
fn watched(model: &FittedFloodModel, water: &History, from: usize) -> (Watch, [f64; 3], usize) {
    let mut watch = Watch::of(model, WatchSettings::default());
    let column = water.gauge_index("bridge").unwrap();
    let (mut sums, mut out) = ([0.0; 3], 0);
    for row in from..water.len() - 3 {
        let at = water.time(row);
        if let Some(level_m) = water.level(row, column) {
            watch.observed(at, level_m);
        }
        let alone = model.predict(water, at);
        let shown = watch.guarded(model, water, at);
        out += usize::from(matches!(watch.standing(3), Standing::Out { .. }));
        if let Some(later_m) = water.level(row + 3, column) {
            for (sum, said_m) in sums.iter_mut().zip([
                shown.leads[2].expected_m,
                alone.leads[2].expected_m,
                alone.leads[2].persistence_m,
            ]) {
                *sum += (later_m - said_m).powi(2);
            }
        }
        watch.issued(&alone);
    }
    (watch, sums, out)
}

#[test]
fn a_good_model_stays_in_use_over_six_floods_it_has_not_seen() {
    let water = basin(1340, &LATER, 11);
    let (watch, [shown, model, persistence], out) = watched(fitted(), &water, 620);
    assert_eq!(out, 0, "it was never taken out");
    assert!(shown < 1.05 * model, "{shown} {model}");
    assert!(model < 0.5 * persistence);
    let report = watch.report();
    assert!(report.floods.len() >= 5, "{} floods", report.floods.len());
    assert!(
        report
            .floods
            .iter()
            .all(|flood| flood.leads.iter().all(|lead| lead.judged > 0))
    );
}

#[test]
fn a_changed_river_puts_the_model_out_of_use_while_the_flood_is_still_there() {
    // Upstream the gauges were moved: their levels now swing the other way round.
    let water = basin(1340, &LATER, 11);
    let table = ndarray::Array2::from_shape_fn((water.len(), 3), |(row, gauge)| {
        let level_m = water.level(row, gauge).unwrap();
        let turned = match gauge {
            0 => 100.0 - level_m,
            1 => 60.0 - level_m,
            _ => level_m,
        };
        if row < 620 { level_m } else { turned }
    });
    let changed = History::new(water.start(), 3600, water.gauges().to_vec(), table).unwrap();
    let (_, [shown, model, persistence], out) = watched(fitted(), &changed, 640);
    println!(
        "3 h, squared errors: shown {shown:.3}, model {model:.3}, persistence {persistence:.3}; out of use for {out} h"
    );
    assert!(
        model > 1.1 * persistence,
        "the model is misled: {model} {persistence}"
    );
    assert!(out > 24, "{out} h");
    assert!(
        shown < 0.9 * model,
        "the watch helped: {shown} {model} {persistence}"
    );
}

#[test]
fn the_same_events_give_the_same_report() {
    let water = basin(900, &LATER, 11);
    let (first, ..) = watched(fitted(), &water, 620);
    let (second, ..) = watched(fitted(), &water, 620);
    assert_eq!(first, second);
    assert_eq!(
        serde_json::to_string(&first.report()).unwrap(),
        serde_json::to_string(&second.report()).unwrap()
    );
}

#[test]
fn a_better_challenger_wins_floods_and_replaces_nobody() {
    let water = basin(1340, &LATER, 11);
    // The champion knows no upstream gauge.
    let recipe = FloodModel::new(Hyper::default()).unwrap();
    let alone = hinan_models::Case {
        upstream: vec![],
        ..bridge()
    };
    let champion = recipe.fit(&basin(620, &STORMS, 7), &alone).unwrap();
    let mut duel = Duel::new(WatchSettings::default());
    let water = changed(&water, 0.0, |_, _| false);
    for row in 620..water.len() {
        let at = water.time(row);
        duel.observed(at, water.level(row, 2).unwrap());
        duel.issued(&champion.predict(&water, at), &fitted().predict(&water, at));
    }
    let tally = duel.tally();
    let six = tally.iter().find(|t| t.lead_h == 6).unwrap();
    assert!(
        six.floods >= 5 && six.floods_won * 2 > six.floods && six.gain > 0.0,
        "{six:?}"
    );
}
