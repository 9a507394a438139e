//! Hiroshima 2014, Oshima 2013, Kuma 2020: at night everybody feared to make it worse, and waited for the light.

use std::sync::Arc;

use hinan_recommend::{
    Briefing, Criteria, JmaLevel, Limit, Mark, Mode, Orders, Policy, Product, Told, recommend,
};
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

fn briefing_with(now: &str, rise: f64, overnight: Option<u8>) -> Briefing {
    let town = one_unit("mabi", 22_000, 9_000);
    let now = japan(now);
    let mut seen = outlook(now, [("yakage", rising(now, 3.5, rise, 0.5))]);
    if let Some(level) = overnight {
        let told = Told {
            value: JmaLevel::new(level).expect("a level"),
            at: now,
            source: "気象台".to_owned(),
        };
        seen.official.overnight.insert(Product::HeavyRain, told);
    }
    let (advice, _) = ask_by(&town, &seen, &Policy::national());
    advice.briefings.first().cloned().expect("a briefing")
}

fn is_near(found: Option<f64>, expected: f64) {
    let found = found.unwrap_or_else(|| panic!("{expected} and not nothing"));
    assert!((found - expected).abs() < 0.0005, "{found} and {expected}");
}

#[test]
fn the_evening_briefing_says_how_likely_the_danger_level_is_in_the_night_and_how_far_it_can_see() {
    let (calm, rising) = (
        briefing_with("2018-07-06T21:00", 0.0, None),
        briefing_with("2018-07-06T21:00", 0.7, None),
    );
    assert_eq!(calm.from, japan("2018-07-06T22:00"));
    assert_eq!(calm.to, japan("2018-07-07T05:00"));
    assert_eq!(
        calm.counted_until,
        japan("2018-07-07T03:00"),
        "six hours do not reach to the morning"
    );
    assert_eq!(calm.foreseen_h, Some(6.0));
    assert_eq!(rising.mark, Some((Mark::Danger, 5.5)));
    // By hand from the quantiles: at three 96.0 % and 5.1 % stand at 5.5 m or above, at ten 1.3 % and 0.2 %.
    is_near(rising.before, 0.0130);
    is_near(rising.chance, 0.9469);
    is_near(calm.before, 0.0018);
    is_near(calm.chance, 0.0491);
}

#[test]
fn at_six_in_the_evening_the_first_two_hours_of_the_night_are_foreseen_and_at_three_in_the_afternoon_none()
 {
    let six = briefing_with("2018-07-06T18:00", 0.3, Some(4));
    assert_eq!(six.counted_until, japan("2018-07-07T00:00"));
    is_near(six.before, 0.2152);
    is_near(six.chance, 0.2240);
    let three = briefing_with("2018-07-06T15:00", 0.3, Some(4));
    assert_eq!(three.chance, None, "nine in the evening is not the night");
    assert_eq!(three.foreseen_h, Some(6.0));
    assert_eq!(three.counted_until, three.from);
    is_near(three.before, 0.4391);
    // What the agency expects stands beside it, at every hour.
    let (product, told) = three.overnight.expect("the agency's word");
    assert_eq!((product, told.value.number()), (Product::HeavyRain, 4));
    assert_eq!(briefing_with("2018-07-06T15:00", 0.3, None).overnight, None);
}

#[test]
fn water_that_stands_at_the_danger_level_waits_for_no_night() {
    let town = one_unit("mabi", 22_000, 9_000);
    let now = japan("2018-07-06T18:00");
    let seen = outlook(now, [("yakage", rising(now, 5.6, 0.3, 0.5))]);
    let (advice, _) = ask(&town, &seen);
    let briefing = advice.briefings.first().expect("a briefing");
    assert!(briefing.reached);
    is_near(briefing.before, 1.0);
    is_near(briefing.chance, 0.0);
}

#[test]
fn a_night_for_which_level_four_rain_is_expected_has_its_deadline_before_sunset_though_no_arrival_is_foreseen()
 {
    let town = one_unit("mabi", 22_000, 9_000);
    let now = japan("2018-07-06T15:00");
    let of = |overnight: u8| {
        let mut seen = outlook(now, [("yakage", rising(now, 1.0, 0.0, 0.1))]);
        let told = Told {
            value: JmaLevel::new(overnight).expect("a level"),
            at: now,
            source: "気象台".to_owned(),
        };
        seen.official.overnight.insert(Product::HeavyRain, told);
        let (_, memory) = ask(&town, &seen);
        memory.examined()[0].deadlines.as_ref().clone()
    };
    let expected = of(4);
    assert_eq!(expected.arrival, None);
    let everybody = expected.everybody.expect("a deadline");
    assert_eq!(everybody.limit, Limit::Dusk);
    assert!(everybody.unforeseen && !everybody.in_the_dark);
    assert!(
        everybody.named().contains("見通せません"),
        "{}",
        everybody.named()
    );
    let sunset = everybody.safe_by;
    assert!(japan("2018-07-06T19:15") < sunset && sunset < japan("2018-07-06T19:30"));
    let needs_min = sunset.duration_since(everybody.decide_by).as_secs() / 60;
    assert_eq!(needs_min, 190, "the slow ends of its terms, before sunset");
    let below = of(3);
    assert_eq!(below.everybody, None, "level 3 rain orders nobody");
    assert_eq!(below.elderly.expect("level 3").limit, Limit::Dusk);
    assert_eq!(of(2).elderly, None);
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
