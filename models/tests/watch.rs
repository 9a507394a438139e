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
    live(&mut watch, 48, 72, 2.0);
    let Standing::Out { since, reason } = watch.standing(1) else {
        panic!("{:?}", watch.standing(1));
    };
    assert!(since > hours(48) && since <= hours(60), "taken out {since}");
    assert!(reason.skill < -0.1 && reason.evidence >= 8.0);
    assert!(reason.japanese().contains("モデルを使わない"));
    assert!(reason.english().contains("the model is not used"));
    assert!(watch.is_out());
}

#[test]
fn it_comes_back_only_after_half_a_day_of_being_clearly_better() {
    let mut watch = Watch::new(WatchSettings::default());
    live(&mut watch, 0, 48, 2.0);
    let Standing::Out { since, .. } = watch.standing(1) else {
        panic!("out first");
    };
    // A little better than persistence: not bad enough to go, not good enough to come back.
    live(&mut watch, 48, 400, 0.98);
    assert!(matches!(watch.standing(1), Standing::Out { since: still, .. } if still == since));
    let mut good = None;
    for hour in 400..600 {
        live(&mut watch, hour, hour + 1, 0.2);
        let skill = watch.report().leads[0].skill.unwrap();
        if skill >= 0.1 {
            good = good.or(Some(hour));
        }
        if watch.standing(1) == Standing::InUse {
            assert!(
                hour - good.unwrap() >= 12,
                "good since {good:?}, back at {hour}"
            );
            return;
        }
    }
    panic!("it never came back");
}

#[test]
fn quiet_water_judges_nobody() {
    let mut watch = Watch::new(WatchSettings::default());
    for hour in 0..200 {
        watch.observed(hours(hour), 1.0);
        // Two centimetres off, and persistence is perfect.
        watch.issued(&said(hour, 1, 1.0, 1.02, 0.05));
    }
    assert_eq!(watch.standing(1), Standing::Unproven);
    let mut watch = Watch::new(WatchSettings::default());
    for hour in 0..200 {
        watch.observed(hours(hour), 1.0);
        watch.issued(&said(hour, 1, 1.0, 2.0, 0.05));
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

/// The model with its watch, live: squared errors (at 3 h) of what was shown, of the model alone and of persistence.
fn watched(model: &FittedFloodModel, water: &History, from: usize) -> (Watch, [f64; 3]) {
    let mut watch = Watch::new(WatchSettings::default());
    let column = water.gauge_index("bridge").unwrap();
    let mut sums = [0.0; 3];
    for row in from..water.len() - 3 {
        let at = water.time(row);
        if let Some(level_m) = water.level(row, column) {
            watch.observed(at, level_m);
        }
        let forecast = model.predict(water, at);
        let shown = match watch.standing(3) {
            Standing::Out { .. } => forecast.leads[2].persistence_m,
            Standing::InUse | Standing::Unproven => forecast.leads[2].median_m,
        };
        if let Some(later_m) = water.level(row + 3, column) {
            for (sum, said_m) in sums.iter_mut().zip([
                shown,
                forecast.leads[2].median_m,
                forecast.leads[2].persistence_m,
            ]) {
                *sum += (later_m - said_m).powi(2);
            }
        }
        watch.issued(&forecast);
    }
    (watch, sums)
}

#[test]
fn a_good_model_stays_in_use_over_six_floods_it_has_not_seen() {
    let water = basin(1340, &LATER, 11);
    let (watch, [shown, model, persistence]) = watched(fitted(), &water, 620);
    assert_eq!(watch.standing(3), Standing::InUse);
    assert!((shown - model).abs() < 1e-12, "it was never taken out");
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
    let (watch, [shown, model, persistence]) = watched(fitted(), &changed, 640);
    assert!(
        model > 1.1 * persistence,
        "the model is misled: {model} {persistence}"
    );
    assert!(watch.is_out());
    assert!(shown < model, "the watch helped: {shown} {model}");
    println!(
        "3 h, squared errors: shown {shown:.3}, model {model:.3}, persistence {persistence:.3}"
    );
}

#[test]
fn the_same_events_give_the_same_report() {
    let water = basin(900, &LATER, 11);
    let (first, _) = watched(fitted(), &water, 620);
    let (second, _) = watched(fitted(), &water, 620);
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
