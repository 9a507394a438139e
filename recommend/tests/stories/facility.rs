//! Senjuen 2020: fourteen died in a home for the elderly with five people on night duty.

use hinan_recommend::{
    Advice, Facility, FacilityId, Memory, Orders, Policy, Span, Town, UnitId, explain_facility,
    recommend,
};
use jiff::Timestamp;

use super::made::{
    KURASHIKI, ask_by, exposure, forecast, gauge, hours_between, japan, level, minutes,
    nothing_remembered, outlook, rising, unit,
};

/// A district of a thousand with a home for 65, which needs four hours on a bad night.
fn with_a_home() -> Town {
    let home = Facility {
        id: FacilityId::from("home"),
        name: "千寿園のような施設".to_owned(),
        unit: UnitId::from("kuma"),
        people: 65,
        lead_min: Span::new(120.0, 180.0, 240.0),
        exposures: vec![exposure("yakage", 65)],
    };
    let district = unit("kuma", 1_000, vec![exposure("yakage", 400)]);
    Town::new("球磨", KURASHIKI, vec![district], Vec::new(), vec![home]).expect("a sound town")
}

#[test]
fn a_home_that_needs_four_hours_is_told_four_hours_and_a_margin_before_the_water_whatever_its_district_is_told()
 {
    let town = with_a_home();
    let mut policy = Policy::national();
    // The district is told by levels alone, so that it cannot lend the home its level.
    policy
        .criteria
        .conditions
        .retain(|condition| ["fr3-judgement", "fr4-danger"].contains(&condition.id.as_str()));
    let begins = japan("2020-07-04T08:00");
    let level_m = |at: Timestamp| 2.0 + 0.75 * hours_between(begins, at);
    let water_at = japan("2020-07-04T16:00");
    let mut memory = nothing_remembered();
    let mut now = begins;
    let district_then = loop {
        let mut seen = gauge(now, level_m(now), 0.75);
        seen.forecast = Some(forecast(now, 0.05, |ahead| {
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
        if advice.facilities.iter().any(|of| of.due) {
            break level(&advice, "kuma");
        }
        now = minutes(now, 10);
        assert!(now < water_at, "the home was never told");
    };
    let ahead_h = hours_between(now, water_at);
    println!("home told {ahead_h:.2} h before the water; its district then: {district_then:?}");
    assert!(ahead_h >= 4.0 + 0.5, "{ahead_h:.2} h");
    assert!(ahead_h <= 6.0, "and not so early that nobody believes it");
    assert!(
        district_then < Some(hinan_recommend::OrderLevel::EvacuationOrder),
        "independent of its district"
    );
}

#[test]
fn a_home_that_was_told_is_not_untold_by_one_lull_and_one_without_any_word_is_unknown() {
    let town = with_a_home();
    let policy = Policy::national();
    let now = japan("2020-07-04T12:00");
    let ask = |level_m, rise, at, memory: &Memory| {
        recommend(
            &town,
            &outlook(at, [("yakage", gauge(at, level_m, rise))]),
            &policy,
            &Orders::none(),
            memory,
        )
    };
    let (told, memory) = ask(5.0, 1.0, now, &nothing_remembered());
    let since = |advice: &Advice| advice.facilities[0].due_since;
    assert!(told.facilities[0].due && since(&told) == Some(now));
    let (lull, _) = ask(5.1, 0.0, minutes(now, 60), &memory);
    assert!(lull.facilities[0].due, "one lull unsays nothing");
    assert_eq!(since(&lull), Some(now), "and begins nothing anew");
    // After a restart what was written down stands, since when it did.
    let restarted = Memory::empty().telling(told.facilities.iter().cloned());
    let (after, _) = ask(5.1, 0.0, minutes(now, 60), &restarted);
    assert!(after.facilities[0].due && since(&after) == Some(now));
    let (long_gone, _) = ask(3.1, 0.0, minutes(now, 480), &memory);
    assert!(!long_gone.facilities[0].due && since(&long_gone).is_none());
    let (nothing, _) = ask_by(&town, &outlook(now, []), &policy);
    assert!(!nothing.facilities[0].known && nothing.facilities[0].arrival.is_none());
}

#[test]
fn a_stranger_can_recompute_a_homes_deadline_from_what_is_written_out() {
    let town = with_a_home();
    let now = japan("2020-07-04T12:00");
    let seen = rising(now, 5.0, 0.75, 0.05);
    let policy = Policy::national();
    let (advice, _) = ask_by(&town, &outlook(now, [("yakage", seen)]), &policy);
    let of = advice.facilities.get(0).expect("one facility");
    let deadline = of.deadline.as_ref().expect("the water comes");
    let needs: f64 = deadline.terms.iter().map(|term| term.slow_min).sum();
    assert!((needs - deadline.needs_min).abs() < 1e-9);
    let text = explain_facility(&town, &policy, now, of);
    for wanted in [
        "千寿園のような施設",
        "遅いとき240分",
        "施設の期限",
        "いま知らせる",
        "氾濫開始相当水位 8.0000 m",
    ] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
}
