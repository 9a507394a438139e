//! What the forecasts promise, tried on a synthetic basin.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod basin;

use basin::{Noise, STORMS, basin, bridge, changed, reordered};
use hinan_models::{
    Case, FitError, FittedFloodModel, FloodModel, Follower, History, Hyper, Method, Standing, Tier,
    Watch, WatchSettings, evaluate, without_model,
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
fn the_order_of_the_upstream_gauges_moves_no_bit_of_the_answer() {
    let mut case = bridge();
    case.upstream.reverse();
    let theirs = fit(water(), &case);
    for h in [200, 265, 270, 300] {
        let (a, b) = (
            fitted().predict(water(), hour(h)),
            theirs.predict(water(), hour(h)),
        );
        assert_eq!(a.leads, b.leads);
    }
}

#[test]
fn more_threads_give_the_same_bytes_and_another_seed_does_not() {
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| serde_json::to_vec(&fit(water(), &bridge())).unwrap())
    };
    let one = with(1);
    assert_eq!(one, with(2));
    assert_eq!(one, with(4));
    let other = Hyper {
        seed: 8,
        ..Hyper::default()
    };
    let other = FloodModel::new(other)
        .unwrap()
        .fit(water(), &bridge())
        .unwrap();
    assert_ne!(one, serde_json::to_vec(&other).unwrap());
}

#[test]
fn the_chance_of_crossing_never_falls_with_time_and_there_is_one_story_of_it() {
    for h in (60..600).step_by(3) {
        let forecast = fitted().predict(water(), hour(h));
        for tenths in 100..125_u32 {
            let level_m = f64::from(tenths) / 10.0;
            let chances: Vec<f64> = [1, 2, 3, 6]
                .iter()
                .map(|lead| forecast.probability_within(*lead, level_m))
                .collect();
            assert!(chances.is_sorted(), "{h} h, {level_m} m: {chances:?}");
            let Some((early, late)) = forecast.crossing_time_range(level_m) else {
                assert!(chances[3] <= 0.1 + 1e-9, "{h} h, {level_m} m: {chances:?}");
                continue;
            };
            assert!(late.is_none_or(|late| early <= late), "{h} h, {level_m} m");
        }
    }
}

/// The gauge of the bridge sticks at one level for a while, as gauges do, while its river goes on.
fn stuck(water: &History, rows: std::ops::Range<usize>) -> History {
    let bridge = water.gauge_index("bridge").unwrap();
    let at = water.level(rows.start, bridge).unwrap();
    let table = Array2::from_shape_fn((water.len(), water.gauges().len()), |(row, gauge)| {
        if gauge == bridge && rows.contains(&row) {
            at
        } else {
            water.level(row, gauge).unwrap_or(f64::NAN)
        }
    });
    History::new(
        water.start(),
        water.step_s(),
        water.gauges().to_vec(),
        table,
    )
    .unwrap()
}

/// Sums of squares of the followed model, of the model alone and of persistence, per lead.
fn squares(water: &History, rows: std::ops::Range<u32>) -> Vec<[f64; 3]> {
    let bridge = water.gauge_index("bridge").unwrap();
    let mut follower = Follower::new(fitted());
    let mut sums = vec![[0.0; 3]; 4];
    for h in rows {
        let followed = follower.forecast(fitted(), water, hour(h));
        let alone = fitted().predict(water, hour(h));
        for (place, sum) in sums.iter_mut().enumerate() {
            let later = h as usize + followed.leads[place].lead_h as usize;
            let Some(observed_m) = water.level(later, bridge) else {
                continue;
            };
            let now_m = followed.leads[place].persistence_m;
            for (sum, said_m) in sum.iter_mut().zip([
                followed.leads[place].expected_m,
                alone.leads[place].expected_m,
                now_m,
            ]) {
                *sum += (observed_m - said_m) * (observed_m - said_m);
            }
        }
    }
    sums
}

#[test]
fn a_model_that_falls_behind_is_taken_out_of_use_says_so_and_comes_back() {
    let long = basin(
        2000,
        &[
            STORMS,
            STORMS.map(|(at, size)| (at + 640, size)),
            STORMS.map(|(at, size)| (at + 1280, size)),
        ]
        .concat(),
        11,
    );
    let broken = stuck(&long, 840..1180);
    let mut follower = Follower::new(fitted());
    let (mut before, mut during, mut after) = (0, 0, 0);
    for h in 700..1900_u32 {
        let forecast = follower.forecast(fitted(), &broken, hour(h));
        let held = forecast
            .leads
            .iter()
            .filter(|lead| lead.method == Method::Persistence)
            .count();
        let out = follower
            .report()
            .leads
            .iter()
            .filter(|lead| matches!(lead.standing, Standing::Out { .. }))
            .count();
        assert_eq!(held, out, "hour {h}");
        if out > 0 {
            assert!(
                forecast.why_ja.contains("使用を止めている")
                    && forecast.why_en.contains("out of use since")
            );
            assert!(out < 4 || forecast.tier == Tier::Persistence);
            if (during, after) == (0, 0) {
                println!("hour {h}: {}", forecast.why_en);
            }
        }
        match h {
            0..840 => before += out,
            840..1180 => during += out,
            1280.. => after += out,
            _ => {}
        }
    }
    println!(
        "out of use, leads and hours: {before} before, {during} while it sticks, {after} after"
    );
    assert_eq!(before, 0, "a good model stays in use");
    assert!(
        during > 200,
        "a model that goes on speaking of floods at a gauge that does not move is not used: {during}"
    );
    assert_eq!(after, 0, "when the gauge works again, so does the model");
}

#[test]
fn a_followed_model_is_no_worse_than_persistence_where_its_gauge_sticks() {
    let long = basin(
        1300,
        &[STORMS, STORMS.map(|(at, size)| (at + 640, size))].concat(),
        11,
    );
    let broken = stuck(&long, 860..1000);
    for (sums, lead_h) in squares(&broken, 660..1294).iter().zip([1, 2, 3, 6]) {
        let [followed, alone, held] = *sums;
        assert!(
            followed <= 1.02 * held,
            "{lead_h} h: {followed} against {held} (alone {alone})"
        );
    }
}

#[test]
fn what_is_measured_row_by_row_is_what_serves_from_memory() {
    let broken = stuck(water(), 380..430);
    let settings = WatchSettings::default();
    let mut follower = Follower::new(fitted());
    let mut compared = 0;
    for h in 150..520_u32 {
        let measured = follower.forecast(fitted(), &broken, hour(h));
        let until = broken.rows_until(hour(h));
        // A service remembers so many hours and no more.
        let remembered = until.rows_between(
            hour(h) - SignedDuration::from_hours(settings.looks_back_h()),
            hour(h),
        );
        if h < 230 {
            continue;
        }
        for recent in [&broken, &until, &remembered] {
            let watch = Watch::over(fitted(), recent, hour(h), settings);
            assert_eq!(
                watch.guarded(fitted(), recent, hour(h)),
                measured,
                "hour {h}"
            );
        }
        compared += 1;
    }
    assert_eq!(compared, 290);
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
    let rated = fitted().predict(&own_short, at);
    assert_eq!(rated.tier, Tier::RateOfRise);
    let own_now = changed(water(), 0.0, |_, row| row < 266);
    let held = fitted().predict(&own_now, at);
    assert_eq!(held.tier, Tier::Persistence);
    for (lead, method) in [(&rated, Method::RateOfRise), (&held, Method::Persistence)]
        .iter()
        .flat_map(|(forecast, method)| forecast.leads.iter().map(move |lead| (lead, *method)))
    {
        assert_eq!(lead.method, method);
        assert!(
            lead.record.is_some(),
            "every tier was tried on left-out floods"
        );
    }
    assert!(one.why_en.contains("upstream south") && one.why_ja.contains("上流 south"));
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
    assert!(broken(|v| drop(v["parts"]["leads"].as_array_mut().unwrap().pop())).contains("leads"));
    assert!(
        broken(|v| {
            let weights = &mut v["parts"]["leads"][0]["tiers"][0]["lines"]["ridge"]["weights"];
            drop(weights.as_array_mut().unwrap().pop());
        })
        .contains("weights")
    );
    assert!(
        broken(|v| v["parts"]["leads"][1]["trees"]["forest"]["nodes"][0][3] = 60_000.into())
            .contains("trees")
    );
    assert!(broken(|v| v["parts"]["cuts"][0][0] = 1e30.into()).contains("cuts"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]

    #[test]
    fn shifting_all_datums_shifts_the_answer(datum_mm in -40_000..400_000_i32, at in 240_u32..300) {
        // Gauges report whole millimetres at most: their differences are the same to the last bit.
        let datum_m = f64::from(datum_mm) / 1000.0;
        let shifted = changed(water(), datum_m, |_, _| false);
        let ours = fitted().predict(water(), hour(at));
        let theirs = fit(&shifted, &bridge()).predict(&shifted, hour(at));
        for (a, b) in ours.leads.iter().zip(&theirs.leads) {
            prop_assert_eq!(a.method, b.method);
            for (p, q) in a.quantiles.iter().zip(&b.quantiles) {
                prop_assert!((p.level_m + datum_m - q.level_m).abs() < 1e-9, "{} and {}", p.level_m, q.level_m);
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
