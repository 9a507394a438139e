//! Hiroshima 2014, Oshima 2013, Kuma 2020: at night everybody feared to make it worse, and waited for the light.

use std::sync::Arc;

use hinan_recommend::{Criteria, Mode, Orders, Policy, recommend};
use jiff::Timestamp;

use super::made::{
    ask, ask_by, forecast, gauge, hours_between, japan, minutes, nothing_remembered, one_unit,
    outlook, rising,
};

/// The same water, begun at another hour: when everybody is told, hours after the beginning, and how to be safe.
fn told(begins: Timestamp) -> (f64, Mode) {
    let mut policy = Policy::national();
    // Nothing but the deadline speaks.
    policy
        .criteria
        .conditions
        .retain(|condition| condition.id == "fr4-deadline");
    let town = one_unit("mabi", 22_000, 9_000);
    let level_m = |at: Timestamp| 4.0 + hours_between(begins, at);
    let mut memory = nothing_remembered();
    for step in 0..60 {
        let now = minutes(begins, step * 2);
        let mut seen = gauge(now, level_m(now), 1.0);
        seen.forecast = Some(forecast(now, 0.1, |ahead| {
            level_m(now + jiff::SignedDuration::from_secs_f64(ahead * 3600.0))
        }));
        let (advice, next) = recommend(
            &town,
            &outlook(now, [("yakage", seen)]),
            &policy,
            &Orders::none(),
            &memory,
        );
        memory = next;
        if let Some(of) = advice.units.values().next() {
            return (hours_between(begins, now), of.action.mode);
        }
    }
    panic!("nobody was told");
}

#[test]
fn the_same_hazard_asks_for_more_time_and_another_way_at_one_in_the_morning_than_at_two_in_the_afternoon()
 {
    let (by_day_h, by_day) = told(japan("2018-07-06T14:00"));
    let (by_night_h, by_night) = told(japan("2018-07-07T01:00"));
    println!("day {by_day_h:.2} h {by_day:?}, night {by_night_h:.2} h {by_night:?}");
    assert_eq!(by_day, Mode::Leave);
    assert_eq!(by_night, Mode::UpperFloor);
    assert!(
        0.0 < by_night_h && by_night_h < by_day_h,
        "earlier at night"
    );
}

#[test]
fn who_would_have_to_decide_in_the_dark_is_asked_before_sunset_and_told_why() {
    let town = one_unit("mabi", 22_000, 9_000);
    let policy = Policy::national();
    // Sunset is at about 19:20; the water comes at one in the morning at the earliest likely moment.
    let now = japan("2018-07-06T19:05");
    let mut seen = gauge(now, 4.1, 0.1);
    seen.forecast = Some(forecast(now, 0.2, |ahead| 4.1 + 0.62 * ahead));
    let (advice, _) = ask_by(&town, &outlook(now, [("yakage", seen)]), &policy);
    let of = advice.units.values().next().expect("advice");
    let deadline = of.deadlines.everybody.as_ref().expect("a deadline");
    assert_eq!(deadline.limit.japanese(), "日没");
    assert!(deadline.decide_by <= now);
    assert!(
        of.met()
            .any(|finding| finding.condition.id == "fr4-deadline")
    );
}

#[test]
fn the_evening_briefing_says_how_likely_an_order_in_the_night_is_and_how_far_it_can_see() {
    let town = one_unit("mabi", 22_000, 9_000);
    let policy = Policy::national();
    let briefing = |rise: f64| {
        let now = japan("2018-07-06T21:00");
        let seen = rising(now, 3.5, rise, 0.5);
        let (advice, _) = ask_by(&town, &outlook(now, [("yakage", seen)]), &policy);
        advice.briefings.first().cloned().expect("a briefing")
    };
    let calm = briefing(0.0);
    let rising = briefing(0.7);
    assert_eq!(calm.from, japan("2018-07-06T22:00"));
    assert_eq!(calm.to, japan("2018-07-07T05:00"));
    assert!(
        calm.counted_until < calm.to,
        "six hours do not reach to the morning"
    );
    assert!(calm.chance < rising.chance, "{calm:?} {rising:?}");
}

#[test]
fn at_six_in_the_evening_six_hours_of_forecast_do_not_reach_into_the_night_and_that_is_said() {
    let town = one_unit("mabi", 22_000, 9_000);
    let now = japan("2018-07-06T18:00");
    let seen = rising(now, 3.5, 0.3, 0.5);
    let (advice, _) = ask(&town, &outlook(now, [("yakage", seen)]));
    // Who must decide at 22:00 needs to know what comes after one in the morning.
    let briefing = advice.briefings.first().expect("a briefing");
    assert_eq!(briefing.chance, None);
    assert_eq!(briefing.counted_until, briefing.from);
}

#[test]
fn the_deadline_condition_belongs_to_the_file_and_not_to_the_program() {
    let criteria = Criteria::national();
    let ours: Vec<&str> = criteria
        .conditions
        .iter()
        .filter(|condition| condition.words.starts_with("独自"))
        .map(|condition: &Arc<_>| condition.id.as_str())
        .collect();
    assert!(ours.contains(&"fr4-deadline"), "{ours:?}");
}

#[test]
fn a_moment_before_sunset_that_was_missed_stays_where_it_was_and_is_not_now_again_and_again() {
    let town = one_unit("mabi", 22_000, 9_000);
    let water_at = japan("2018-07-07T00:00");
    let deadline = |now: Timestamp| {
        let level_m = |at: Timestamp| 8.0 - 0.6 * hours_between(at, water_at);
        let mut seen = gauge(now, level_m(now), 0.6);
        // No doubt at all, so that the water comes at the same moment whenever it is asked.
        seen.forecast = Some(forecast(now, 0.0, |ahead| level_m(now) + 0.6 * ahead));
        let (advice, _) = ask(&town, &outlook(now, [("yakage", seen)]));
        let of = advice.units.values().next().expect("advice");
        of.deadlines.everybody.clone().expect("a deadline")
    };
    let (early, late) = (
        deadline(japan("2018-07-06T18:10")),
        deadline(japan("2018-07-06T19:10")),
    );
    assert_eq!(early.limit.japanese(), "日没");
    assert!(late.decide_by < japan("2018-07-06T18:10"), "{late:?}");
    let moved = late.decide_by.duration_since(early.decide_by).abs();
    assert!(moved.as_secs() <= 60, "{early:?} {late:?}");
    assert!(!late.in_the_dark, "who follows it is home before sunset");
}
