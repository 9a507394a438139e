//! What the forecasts promise, tried on a synthetic basin.
#![allow(clippy::unwrap_used)]

mod basin;

use basin::{Noise, STORMS, basin, bridge, changed, reordered};
use hinan_models::{
    Case, FitError, FittedFloodModel, FloodModel, History, Hyper, Method, Tier, evaluate,
    without_model,
};
use jiff::{SignedDuration, Timestamp};
use ndarray::Array2;
use proptest::prelude::{ProptestConfig, prop_assert, prop_assert_eq, proptest};
use std::sync::OnceLock;

const HOURS: u32 = 640;

fn water() -> &'static History {
    static WATER: OnceLock<History> = OnceLock::new();
    WATER.get_or_init(|| basin(HOURS, &STORMS, 7))
}

fn fitted() -> &'static FittedFloodModel {
    static FITTED: OnceLock<FittedFloodModel> = OnceLock::new();
    FITTED.get_or_init(|| fit(water(), &bridge()))
}

fn fit(history: &History, case: &Case) -> FittedFloodModel {
    FloodModel::new(Hyper::default())
        .unwrap()
        .fit(history, case)
        .unwrap()
}

fn hour(h: u32) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(i64::from(h))
}

#[test]
fn the_same_readings_give_the_same_bytes_and_the_bytes_give_the_same_model() {
    let bytes = serde_json::to_vec(fitted()).unwrap();
    assert_eq!(bytes, serde_json::to_vec(&fit(water(), &bridge())).unwrap());
    let back: FittedFloodModel = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(&back, fitted());
    assert_eq!(
        back.predict(water(), hour(270)),
        fitted().predict(water(), hour(270))
    );
}

#[test]
fn the_order_of_the_columns_changes_nothing() {
    let other = reordered(water(), &[2, 0, 1]);
    let theirs = fit(&other, &bridge());
    assert_eq!(
        serde_json::to_vec(&theirs).unwrap(),
        serde_json::to_vec(fitted()).unwrap()
    );
    assert_eq!(
        theirs.predict(&other, hour(265)),
        fitted().predict(water(), hour(265))
    );
}

#[test]
fn every_flood_of_the_basin_is_found_and_the_model_beats_persistence_on_each() {
    let card = fitted().card();
    assert_eq!(card.floods.len(), STORMS.len());
    for lead in &card.leads {
        let record = lead.record.as_ref().unwrap();
        assert_eq!(lead.used, Method::Model, "{}", lead.why_en);
        assert_eq!(record.floods_better, record.floods);
        assert!(
            record.rmse_m < record.rmse_rate_of_rise_m,
            "{} h",
            lead.lead_h
        );
        assert!(
            (0.85..=1.0).contains(&record.coverage90),
            "{} h: {}",
            lead.lead_h,
            record.coverage90
        );
    }
}

#[test]
fn a_flood_far_above_the_training_maximum_is_followed_upwards() {
    let record_flood = basin(160, &[(60, 3.8)], 99);
    let highest_taught_m = fitted()
        .card()
        .floods
        .iter()
        .map(|f| f.peak_m)
        .fold(0.0, f64::max);
    let forecast = fitted().predict(&record_flood, hour(66));
    let three_hours = &forecast.leads[2];
    assert!(
        three_hours.median_m > highest_taught_m + 0.5,
        "{} m",
        three_hours.median_m
    );
    assert!(three_hours.outside_training);
    let model = FloodModel::new(Hyper::default()).unwrap();
    let evaluation = evaluate(water(), &record_flood, &[bridge()], &model).unwrap();
    for score in &evaluation.scores {
        assert!(
            score.skill > 0.5,
            "{} h: skill {}",
            score.lead_h,
            score.skill
        );
        assert!(
            score.coverage90 > 0.85,
            "{} h: coverage {}",
            score.lead_h,
            score.coverage90
        );
        assert!(score.rows_outside_training > 0);
    }
}

#[test]
fn a_model_with_too_little_skill_says_so_and_holds_the_level() {
    let mut noise = Noise(3);
    let mut level_m = 5.0;
    let walk: Vec<f64> = (0..HOURS)
        .map(|_| {
            level_m += 0.05 * noise.next();
            level_m
        })
        .collect();
    let table = Array2::from_shape_vec((walk.len(), 1), walk).unwrap();
    let history =
        History::new(Timestamp::UNIX_EPOCH, 3600, vec!["walk".to_owned()], table).unwrap();
    let case = Case {
        target: "walk".to_owned(),
        ..Case::default()
    };
    let demanding = Hyper {
        skill_min: 0.5,
        ..Hyper::default()
    };
    let fitted = FloodModel::new(demanding)
        .unwrap()
        .fit(&history, &case)
        .unwrap();
    let forecast = fitted.predict(&history, history.end());
    for (lead, card) in forecast.leads.iter().zip(&fitted.card().leads) {
        assert_eq!(card.used, Method::Persistence, "{}", card.why_en);
        assert!(
            card.record.as_ref().unwrap().skill < 0.2,
            "nobody can forecast a random walk"
        );
        assert!(
            card.why_en.contains("the level is held") && card.why_ja.contains("現在水位の継続")
        );
        assert_eq!(lead.method, Method::Persistence);
        assert!((lead.median_m - lead.persistence_m).abs() < 1e-12);
    }
}

#[test]
fn two_floods_are_too_few_to_trust_a_model() {
    let history = basin(300, &STORMS[..2], 7);
    let fitted = fit(&history, &bridge());
    assert!(
        fitted
            .card()
            .leads
            .iter()
            .all(|l| l.used == Method::Persistence),
        "{:?}",
        fitted.card()
    );
    assert!(fitted.card().leads[0].why_en.starts_with("Only 2 floods"));
}

#[test]
fn silent_upstream_gauges_lower_the_tier_and_not_the_service() {
    let at = hour(266);
    let whole = fitted().predict(water(), at);
    assert_eq!((whole.tier, whole.upstream_missing.len()), (Tier::Full, 0));
    let one = fitted().predict(
        &changed(water(), 0.0, |g, row| g == "south" && row > 240),
        at,
    );
    assert_eq!(
        (one.tier, one.upstream_missing),
        (Tier::UpstreamPartly, vec!["south".to_owned()])
    );
    let none = fitted().predict(
        &changed(water(), 0.0, |g, row| g != "bridge" && row > 240),
        at,
    );
    assert_eq!((none.tier, none.upstream_missing.len()), (Tier::OwnOnly, 2));
    let own_short = changed(water(), 0.0, |_, row| row < 262);
    assert_eq!(fitted().predict(&own_short, at).tier, Tier::RateOfRise);
    assert_eq!(
        fitted().predict(&own_short, at),
        without_model(&own_short, &bridge(), at)
    );
    let silent = fitted().predict(
        &changed(water(), 0.0, |g, row| g == "bridge" && row > 262),
        at,
    );
    assert_eq!((silent.tier, silent.leads.len()), (Tier::NoInformation, 0));
    let tiers = [
        Tier::Full,
        Tier::UpstreamPartly,
        Tier::OwnOnly,
        Tier::RateOfRise,
        Tier::Persistence,
        Tier::NoInformation,
    ];
    assert!(tiers.is_sorted(), "best first");
    assert!(
        one.leads
            .iter()
            .chain(&none.leads)
            .all(|l| l.record.is_some() && l.median_m.is_finite())
    );
}

#[test]
fn an_upstream_gauge_that_was_silent_in_the_floods_is_not_used() {
    let patchy = changed(water(), 0.0, |g, row| g == "south" && row % 3 != 0);
    let card = fit(&patchy, &bridge()).card().clone();
    assert_eq!(card.dropped_upstream.len(), 1);
    assert_eq!(card.dropped_upstream[0].gauge, "south");
    assert!(card.dropped_upstream[0].missing_in_floods > 0.5);
}

#[test]
fn a_reading_of_an_hour_ago_still_forecasts_the_hours_from_now() {
    let late = changed(water(), 0.0, |_, row| row > 265);
    let forecast = fitted().predict(&late, hour(266));
    let earlier = fitted().predict(&late, hour(265));
    assert_eq!(forecast.level_now_at, Some(hour(265)));
    assert_eq!(forecast.leads[0].at, hour(267));
    // One hour from now is two hours from the reading.
    assert!((forecast.leads[0].median_m - earlier.leads[1].median_m).abs() < 1e-9);
    let width = |l: &hinan_models::LeadForecast| l.quantile_m(0.95) - l.quantile_m(0.05);
    assert!(width(&forecast.leads[3]) > width(&earlier.leads[3]));
}

#[test]
fn what_cannot_be_fitted_is_refused_by_name() {
    let model = FloodModel::new(Hyper::default()).unwrap();
    let stranger = Case {
        target: "harbour".to_owned(),
        ..bridge()
    };
    let error = model.fit(water(), &stranger).unwrap_err();
    assert_eq!(
        error.to_string(),
        "target: gauge `harbour` is not in the history"
    );
    let short = basin(90, &STORMS, 7);
    assert!(matches!(
        model.fit(&short, &bridge()),
        Err(FitError::TooFewRows { needed: 100, .. })
    ));
    let odd = History::new(
        hour(0),
        7000,
        vec!["bridge".to_owned()],
        Array2::zeros((500, 1)),
    )
    .unwrap();
    let alone = Case {
        upstream: vec![],
        ..bridge()
    };
    assert!(matches!(
        model.fit(&odd, &alone),
        Err(FitError::Step { step_s: 7000 })
    ));
}

#[test]
fn a_broken_artifact_is_not_loaded() {
    let whole = serde_json::to_value(fitted()).unwrap();
    let broken = |change: fn(&mut serde_json::Value)| {
        let mut value = whole.clone();
        change(&mut value);
        serde_json::from_value::<FittedFloodModel>(value)
            .unwrap_err()
            .to_string()
    };
    assert!(broken(|v| v["card"]["format"] = 999.into()).contains("format 999"));
    assert!(broken(|v| v["used_upstream"] = serde_json::json!([0, 9])).contains("used_upstream"));
    assert!(broken(|v| drop(v["leads"].as_array_mut().unwrap().pop())).contains("leads"));
    assert!(
        broken(|v| {
            let weights = &mut v["leads"][0]["subsets"][3]["answer"]["model"]["linear"]["weights"];
            drop(weights.as_array_mut().unwrap().pop());
        })
        .contains("weights")
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]

    #[test]
    fn shifting_all_datums_shifts_the_answer(datum_m in -40.0..400.0_f64, at in 240_u32..300) {
        let shifted = changed(water(), datum_m, |_, _| false);
        let ours = fitted().predict(water(), hour(at));
        let theirs = fit(&shifted, &bridge()).predict(&shifted, hour(at));
        for (a, b) in ours.leads.iter().zip(&theirs.leads) {
            prop_assert_eq!(a.method, b.method);
            for (p, q) in a.quantiles.iter().zip(&b.quantiles) {
                prop_assert!((p.level_m + datum_m - q.level_m).abs() < 1e-6, "{} and {}", p.level_m, q.level_m);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_later_reading_never_changes_an_earlier_forecast(at in 1_u32..600, minutes in 0_i64..60) {
        let as_of = hour(at) + SignedDuration::from_mins(minutes);
        let then = water().rows_until(as_of);
        prop_assert_eq!(fitted().predict(water(), as_of), fitted().predict(&then, as_of));
        prop_assert_eq!(without_model(water(), &bridge(), as_of), without_model(&then, &bridge(), as_of));
    }

    #[test]
    fn quantiles_rise_whatever_is_missing(at in 1_u32..660, minutes in 0_i64..60, seed in 1_u64..1_000_000) {
        let mut noise = Noise(seed);
        let lost: Vec<bool> = (0..3 * HOURS).map(|_| noise.next() > 0.4).collect();
        let place = |g: &str| water().gauge_index(g).unwrap();
        let holed = changed(water(), 0.0, |g, row| lost[3 * row + place(g)]);
        let as_of = hour(at) + SignedDuration::from_mins(minutes);
        let forecast = fitted().predict(&holed, as_of);
        prop_assert_eq!(forecast.tier == Tier::NoInformation, forecast.leads.is_empty());
        for lead in &forecast.leads {
            prop_assert!(lead.quantiles.iter().all(|q| q.level_m.is_finite()));
            prop_assert!(lead.quantiles.is_sorted_by(|a, b| a.p < b.p && a.level_m <= b.level_m), "{:?}", lead);
            let p = forecast.probability_within(lead.lead_h, 11.5);
            prop_assert!((0.0..=1.0).contains(&p));
        }
    }
}
