//! Gauges drown, and feeds break at the peak: the last word of a gauge was that the water rises, and then nothing.

use hinan_recommend::{
    Criteria, Marks, Memory, OrderLevel, Orders, Policy, SourceId, recommend, recommend_after,
};
use jiff::Timestamp;

use super::made::{
    ask, ask_by, exposure, gauge, hours_between, japan, late, level, minutes, nothing_remembered,
    one_unit, outlook, silent, town, unit,
};

#[test]
fn a_gauge_cut_off_30_cm_below_danger_on_a_rise_of_a_metre_an_hour_still_brings_the_order_on_time()
{
    let town = one_unit("mabi", 22_000, 9_000);
    let mut policy = Policy::national();
    // Levels alone: neither forecast nor deadline helps.
    policy
        .criteria
        .conditions
        .retain(|condition| ["fr3-judgement", "fr4-danger"].contains(&condition.id.as_str()));
    let begins = japan("2018-07-06T20:00");
    let level_m = |at: Timestamp| 3.0 + hours_between(begins, at);
    // Danger is 5.5: the last word comes at 5.2, 30 minutes without another make it silent.
    let cut = japan("2018-07-06T22:12");
    let danger_at = japan("2018-07-06T22:30");
    let mut memory = nothing_remembered();
    let mut now = begins;
    let ordered = loop {
        let seen = if now <= cut {
            gauge(now, level_m(now), 1.0)
        } else {
            // One report is overdue after 15 minutes, three after 30.
            let last = gauge(cut, level_m(cut), 1.0);
            match now.duration_since(cut).as_mins() {
                ..15 => last,
                15..30 => late(last, now),
                _ => silent(last, now),
            }
        };
        let (advice, next) = recommend(
            &town,
            &outlook(now, [("yakage", seen)]),
            &policy,
            &Orders::none(),
            &memory,
        );
        memory = next;
        if level(&advice, "mabi") == Some(OrderLevel::EvacuationOrder) {
            let of = advice.units.values().next().expect("one unit");
            assert!(
                of.met().any(|finding| finding.rests_on_assumption()),
                "and says that it is assumed"
            );
            break now;
        }
        now = minutes(now, 2);
        assert!(
            now < japan("2018-07-07T01:00"),
            "nobody was told before the overflow"
        );
    };
    let late_min = hours_between(danger_at, ordered) * 60.0;
    println!(
        "level 4 {late_min:.0} min after the river really passed the danger level, {:.0} min after the gauge's last word",
        hours_between(cut, ordered) * 60.0
    );
    assert!(late_min <= 2.0, "{late_min:.0} min");
}

#[test]
fn a_gauge_that_falls_silent_does_not_end_the_advice_that_rested_on_it() {
    let town = one_unit("mabi", 22_000, 9_000);
    let policy = Policy::national();
    let now = japan("2018-07-06T22:40");
    let over = gauge(now, 5.6, 0.5);
    let (_, memory) = ask_by(&town, &outlook(now, [("yakage", over)]), &policy);
    // It fell to just below the danger level, and then nothing more was heard for ten hours.
    let below = gauge(minutes(now, 30), 5.4, -0.4);
    let later = minutes(now, 630);
    let quiet = outlook(later, [("yakage", silent(below, later))]);
    let (advice, _) = recommend(&town, &quiet, &policy, &Orders::none(), &memory);
    assert_eq!(level(&advice, "mabi"), Some(OrderLevel::EvacuationOrder));
    let (without, _) = ask_by(&town, &quiet, &policy);
    assert!(
        level(&without, "mabi") < Some(OrderLevel::EvacuationOrder),
        "it is what stood that stands"
    );
}

#[test]
fn what_stood_stands_after_a_restart_and_when_its_district_lost_its_threat() {
    let town_of = |exposures| town(vec![unit("mabi", 22_000, exposures)]);
    let policy = Policy::national();
    let now = japan("2018-07-06T22:40");
    let over = outlook(now, [("yakage", gauge(now, 5.6, 0.5))]);
    let threatened = town_of(vec![exposure("yakage", 9_000)]);
    let (advice, _) = recommend(
        &threatened,
        &over,
        &policy,
        &Orders::none(),
        &nothing_remembered(),
    );
    let below = outlook(now, [("yakage", gauge(now, 5.2, -0.5))]);
    let restarted = Memory::of(&advice);
    let (after, _) = recommend_after(&threatened, &below, &policy, &Orders::none(), &restarted);
    assert_eq!(level(&after, "mabi"), Some(OrderLevel::EvacuationOrder));
    let (after, _) = recommend(
        &town_of(Vec::new()),
        &below,
        &policy,
        &Orders::none(),
        &restarted,
    );
    assert_eq!(level(&after, "mabi"), Some(OrderLevel::EvacuationOrder));
}

#[test]
fn a_first_gauge_without_levels_does_not_silence_the_next() {
    let mut two = exposure("bare", 9_000);
    two.gauges.push(SourceId::from("yakage"));
    let town = town(vec![unit("mabi", 22_000, vec![two])]);
    let now = japan("2018-07-06T22:40");
    let mut bare = gauge(now, 5.6, 0.5);
    bare.marks = Marks::default();
    let both = outlook(now, [("bare", bare), ("yakage", gauge(now, 5.6, 0.5))]);
    let (advice, _) = ask(&town, &both);
    assert_eq!(level(&advice, "mabi"), Some(OrderLevel::EvacuationOrder));
}

#[test]
fn a_gauge_that_only_a_condition_names_is_asked_and_its_readings_are_not_missed() {
    let text = r#"name = "町"
version = "1"
[stale_after_min]
official = 30
risk_map = 30
rain = 60
forecast = 60
[[condition]]
id = "crisis"
kind = "forecast-river"
level = 4
words = "危機管理型水位計"
words_en = "crisis gauge"
all = [{ is = "any-of", tests = [{ is = "level-at", gauge = "crisis", level_m = 2.0 }] }]
"#;
    let mut policy = Policy::national();
    policy.criteria = Criteria::read(text, "criteria.toml").expect("sound");
    let town = one_unit("mabi", 22_000, 9_000);
    let now = japan("2018-07-06T22:40");
    let at = |level_m| {
        outlook(
            now,
            [
                ("yakage", gauge(now, 3.0, 0.0)),
                ("crisis", gauge(now, level_m, 0.1)),
            ],
        )
    };
    let (before, memory) = ask_by(&town, &at(1.9), &policy);
    assert!(before.units.is_empty());
    let (after, _) = recommend_after(&town, &at(2.0), &policy, &Orders::none(), &memory);
    assert_eq!(level(&after, "mabi"), Some(OrderLevel::EvacuationOrder));
}
