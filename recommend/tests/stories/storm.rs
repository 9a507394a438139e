//! Typhoons: who waits for the rain finds the road full of wind. Every limit that an order must be ahead of has its story here.

use std::collections::BTreeMap;

use hinan_recommend::{
    Advice, Answer, Exposure, Input, Kind, Lead, Limit, Mode, Official, OrderLevel, Orders,
    Outlook, Policy, Product, Report, ReportKind, Told, UnitId, explain, recommend,
};
use hinan_recommend::{Forecast, Gauge, JmaLevel};
use jiff::Timestamp;

use super::made::{
    ask, ask_by, exposure, forecast, gauge, hours_between, japan, level, minutes,
    nothing_remembered, one_unit, outlook, rising, town, unit,
};

fn told<T>(value: T, at: Timestamp) -> Told<T> {
    Told {
        value,
        at,
        source: "気象台".to_owned(),
    }
}

fn jma(level: u8) -> JmaLevel {
    JmaLevel::new(level).expect("1 to 5")
}

/// A storm warning, with what is expected of the rain.
fn typhoon(now: Timestamp, begins: Option<Timestamp>, expected: u8) -> Official {
    Official {
        heard_at: Some(now),
        storm_warning: Some(told((), now)),
        storm_from: begins.map(|begins| told(begins, now)),
        expected: BTreeMap::from([(Product::HeavyRain, told(jma(expected), now))]),
        ..Official::default()
    }
}

fn asked(kind: Kind, official: Official, seen: Gauge, now: Timestamp) -> Advice {
    let of = Exposure {
        kind,
        ..exposure("yakage", 9_000)
    };
    let town = town(vec![unit("mabi", 22_000, vec![of])]);
    let outlook = Outlook {
        official,
        ..outlook(now, [("yakage", seen)])
    };
    ask(&town, &outlook).0
}

#[test]
fn a_storm_that_comes_by_day_is_asked_for_as_one_that_comes_by_night() {
    let noon = japan("2019-10-12T12:00");
    for kind in [Kind::ForecastRiver, Kind::WaterLevelRiver, Kind::OtherRiver] {
        let calm = gauge(noon, 2.0, 0.0);
        let of = |expected| {
            let storm = typhoon(noon, Some(minutes(noon, 180)), expected);
            level(&asked(kind, storm, calm.clone(), noon), "mabi")
        };
        assert_eq!(of(4), Some(OrderLevel::EvacuationOrder), "{kind:?}");
        assert_eq!(
            of(3),
            None,
            "{kind:?}: rain below the criterion orders nobody"
        );
    }
}

#[test]
fn a_level_that_is_in_force_already_counts_as_expected_and_one_of_an_unknown_code_is_not_calm() {
    let noon = japan("2019-10-12T12:00");
    let in_force = Official {
        expected: BTreeMap::new(),
        levels: BTreeMap::from([(Product::HeavyRain, told(jma(4), noon))]),
        ..typhoon(noon, None, 1)
    };
    let advice = asked(Kind::ForecastRiver, in_force, gauge(noon, 2.0, 0.0), noon);
    assert_eq!(level(&advice, "mabi"), Some(OrderLevel::EvacuationOrder));
    let asked_with = |unclear: bool| {
        let official = Official {
            unclear: unclear.then_some(Input::Expected).into_iter().collect(),
            ..typhoon(noon, None, 2)
        };
        let seen = Outlook {
            official,
            ..outlook(noon, [("yakage", gauge(noon, 2.0, 0.0))])
        };
        let town = one_unit("mabi", 22_000, 9_000);
        let (advice, memory) = ask(&town, &seen);
        assert_eq!(level(&advice, "mabi"), None);
        let findings = &memory.examined()[0].findings;
        let storm = findings.iter().find(|one| one.condition.id == "fr4-storm");
        storm.expect("it is asked").answer
    };
    assert_eq!(asked_with(true), Answer::Unknown);
    assert_eq!(asked_with(false), Answer::NotMet);
}

/// A river that comes over in five hours, without any doubt.
fn coming_over(now: Timestamp) -> Gauge {
    rising(now, 4.5, 0.7, 0.0)
}

#[test]
fn a_storm_warning_without_a_time_is_taken_to_blow_already_and_the_advice_says_so() {
    let now = japan("2019-10-12T09:00");
    let of = |official| {
        let advice = asked(Kind::ForecastRiver, official, coming_over(now), now);
        advice.units.values().next().cloned().expect("advice")
    };
    let timeless = of(typhoon(minutes(now, -20), None, 1));
    let deadline = timeless.deadlines.everybody.as_ref().expect("a deadline");
    assert_eq!(deadline.limit, Limit::StormAssumed);
    assert_eq!(deadline.safe_by, minutes(now, -20), "since the warning");
    assert!(deadline.named().contains("みなす"), "{}", deadline.named());
    assert!(
        timeless
            .deadlines
            .waiting
            .iter()
            .all(|row| row.in_the_storm)
    );
    assert_eq!(timeless.action.mode, Mode::UpperFloor);
    let said = timeless.action.why.join("、");
    assert!(said.contains("みなします"), "{said}");

    let later = of(typhoon(minutes(now, -20), Some(minutes(now, 240)), 1));
    let deadline = later.deadlines.everybody.as_ref().expect("a deadline");
    assert_eq!(
        (deadline.limit, deadline.safe_by),
        (Limit::Storm, minutes(now, 240))
    );
    assert_eq!(later.action.mode, Mode::Leave);
    assert!(!later.deadlines.waiting[0].in_the_storm);

    let calm = of(Official {
        heard_at: Some(now),
        ..Official::default()
    });
    let deadline = calm.deadlines.everybody.as_ref().expect("a deadline");
    assert_eq!(deadline.limit, Limit::Hazard);
}

#[test]
fn a_road_that_is_cut_off_before_the_water_is_here_brings_the_deadline_forward() {
    let now = japan("2019-10-12T09:00");
    let of = |road_cut_m| {
        let cut = Exposure {
            road_cut_m,
            ..exposure("yakage", 9_000)
        };
        let town = town(vec![unit("mabi", 22_000, vec![cut])]);
        let outlook = outlook(now, [("yakage", coming_over(now))]);
        let (advice, _) = ask(&town, &outlook);
        let of = advice.units.values().next().expect("advice");
        of.deadlines.everybody.clone().expect("a deadline")
    };
    let (free, cut) = (of(None), of(Some(5.9)));
    assert_eq!((free.limit, cut.limit), (Limit::Hazard, Limit::RoadCut));
    // 5.9 m is reached two hours from now, 8 m five.
    let in_h = |deadline: &hinan_recommend::Deadline| hours_between(now, deadline.safe_by);
    assert!((in_h(&cut) - 2.0).abs() < 0.01, "{cut:?}");
    assert!((in_h(&free) - 5.0).abs() < 0.01, "{free:?}");
}

#[test]
fn what_is_not_reached_in_the_hours_that_are_foreseen_is_unknown_in_those_that_are_not() {
    let now = japan("2019-10-12T12:00");
    let mut policy = Policy::national();
    policy
        .criteria
        .conditions
        .retain(|condition| condition.id == "fr4-overflow-expected");
    let answer = |leads_h: &[u32], level_m: f64| {
        let mut seen = gauge(now, level_m, 0.1);
        let whole = forecast(now, 0.1, |ahead| level_m + 0.1 * ahead);
        let leads: Vec<Lead> = whole
            .leads
            .iter()
            .filter(|lead| leads_h.contains(&lead.lead_h))
            .cloned()
            .collect();
        seen.forecast = Some(Forecast { leads, ..whole });
        let town = one_unit("mabi", 22_000, 9_000);
        let (_, memory) = ask_by(&town, &outlook(now, [("yakage", seen)]), &policy);
        memory.examined()[0].findings[0].answer
    };
    assert_eq!(answer(&[1, 2, 3, 6], 4.0), Answer::NotMet);
    assert_eq!(answer(&[1, 2, 3], 4.0), Answer::Unknown);
    assert_eq!(answer(&[1, 2, 3], 7.9), Answer::Met);
}

#[test]
fn a_small_river_with_a_gauge_is_asked_for_by_the_last_useful_moment() {
    let start = japan("2018-07-06T10:00");
    let mut memory = nothing_remembered();
    let mut first = BTreeMap::new();
    let other = Exposure {
        kind: Kind::OtherRiver,
        ..exposure("yakage", 9_000)
    };
    let town = town(vec![unit("mabi", 22_000, vec![other])]);
    for step in 0..60 {
        let now = minutes(start, step * 5);
        let level_m = |hours: f64| 3.5 + hours;
        let hours = hours_between(start, now);
        // A metre an hour: water over the levee after four hours and a half; the rise itself is told too small to ask for anything.
        let mut seen = gauge(now, level_m(hours), 0.29);
        seen.forecast = Some(forecast(now, 0.0, |ahead| level_m(hours + ahead)));
        let (advice, next) = recommend(
            &town,
            &outlook(now, [("yakage", seen)]),
            &Policy::national(),
            &Orders::none(),
            &memory,
        );
        memory = next;
        for of in advice.units.values() {
            let deadline = of.deadlines.of(of.level).map(|deadline| deadline.decide_by);
            first.entry(of.level).or_insert((now, deadline));
        }
    }
    for level in [OrderLevel::ElderlyEvacuation, OrderLevel::EvacuationOrder] {
        let (at, deadline) = first.get(&level).expect("it is proposed");
        let deadline = deadline.expect("it has a deadline");
        println!("{level:?}: proposed {at}, last useful moment {deadline}");
        assert!(*at <= minutes(deadline, 5), "{level:?}");
    }
}

#[test]
fn a_closed_road_keeps_those_upstairs_who_are_safe_there_and_nobody_in_another_district() {
    let now = japan("2019-10-12T09:00");
    let mode = |units: &[&str], river: Option<&str>| {
        let town = one_unit("mabi", 22_000, 9_000);
        let mut seen = outlook(now, [("yakage", coming_over(now))]);
        seen.reports.push(Report {
            kind: ReportKind::RoadClosed,
            at: now,
            source: "水防団".to_owned(),
            river: river.map(str::to_owned),
            units: units.iter().map(|unit| UnitId::from(*unit)).collect(),
        });
        let (advice, _) = ask(&town, &seen);
        let of = advice.units.values().next().expect("advice");
        (of.action.mode, of.action.why.join("、"))
    };
    let (stays, why) = mode(&["mabi"], None);
    assert_eq!(stays, Mode::UpperFloor);
    assert!(why.contains("通行止め"), "{why}");
    assert_eq!(mode(&[], Some("小川")).0, Mode::UpperFloor);
    assert_eq!(mode(&["elsewhere"], None).0, Mode::Leave);
    assert_eq!(mode(&[], None).0, Mode::Leave, "nowhere is not everywhere");
}

#[test]
fn a_storm_is_a_limit_though_no_water_is_foreseen_and_that_is_said_beside_the_deadline() {
    let noon = japan("2019-10-12T12:00");
    let begins = minutes(noon, 240);
    let calm = rising(noon, 1.0, 0.0, 0.1);
    let advice = asked(
        Kind::ForecastRiver,
        typhoon(noon, Some(begins), 4),
        calm.clone(),
        noon,
    );
    let of = advice.units.values().next().expect("fr4-storm asks");
    assert_eq!(of.deadlines.arrival, None, "nothing is foreseen");
    let deadline = of.deadlines.everybody.as_ref().expect("a deadline");
    assert_eq!((deadline.limit, deadline.safe_by), (Limit::Storm, begins));
    assert!(deadline.unforeseen);
    assert_eq!(deadline.decide_by, minutes(begins, -190));
    assert!(
        deadline.named().contains("見通せません"),
        "{}",
        deadline.named()
    );
    let told = explain(
        &one_unit("mabi", 22_000, 9_000),
        &Policy::national(),
        noon,
        of,
    );
    assert!(told.contains("arrival not foreseen"), "{told}");
    // It raises nothing by itself: the condition on the deadline asks for a chance of the water.
    let by_deadline = of
        .findings
        .iter()
        .find(|one| one.condition.id == "fr3-deadline");
    assert_ne!(by_deadline.expect("it is asked").answer, Answer::Met);
    let calm = asked(
        Kind::ForecastRiver,
        typhoon(noon, Some(begins), 1),
        calm,
        noon,
    );
    assert_eq!(level(&calm, "mabi"), None);
}

/// The agency's word for a hazard without a gauge: a warning in force, and when its criterion is expected to be reached.
fn by_the_agencys_word(kind: Kind, in_force: u8, in_min: i64) -> Option<OrderLevel> {
    let noon = japan("2019-10-12T12:00");
    let product = match kind {
        Kind::Landslide => Product::Landslide,
        _ => Product::StormSurge,
    };
    let official = Official {
        heard_at: Some(noon),
        levels: BTreeMap::from([(product, told(jma(in_force), noon))]),
        reached_by: BTreeMap::from([(product, told(minutes(noon, in_min), noon))]),
        ..Official::default()
    };
    level(&asked(kind, official, gauge(noon, 1.0, 0.0), noon), "mabi")
}

#[test]
fn a_slide_and_a_surge_have_a_last_useful_moment_too_where_the_agency_says_when_its_criterion_is_reached()
 {
    // Level 4 needs 190 minutes at the slow ends, level 3 270; asked from a quarter of an hour before. A level 3 warning for a surge
    // asks for level 3 by itself.
    let landslide = |in_force, in_min| by_the_agencys_word(Kind::Landslide, in_force, in_min);
    assert_eq!(landslide(3, 200), Some(OrderLevel::EvacuationOrder));
    assert_eq!(landslide(3, 280), Some(OrderLevel::ElderlyEvacuation));
    assert_eq!(landslide(3, 400), None, "there is time left");
    assert_eq!(
        landslide(2, 200),
        Some(OrderLevel::ElderlyEvacuation),
        "an advisory orders nobody"
    );
    let surge = |in_force, in_min| by_the_agencys_word(Kind::StormSurge, in_force, in_min);
    assert_eq!(surge(3, 200), Some(OrderLevel::EvacuationOrder));
    assert_eq!(surge(3, 400), Some(OrderLevel::ElderlyEvacuation));
    assert_eq!(surge(2, 280), Some(OrderLevel::ElderlyEvacuation));
    assert_eq!(surge(2, 400), None);
}
