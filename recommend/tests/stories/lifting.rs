//! Chikuma 2019: in half of the rivers the water came after the rain and its warnings had ended.

use std::sync::Arc;

use hinan_recommend::{
    Answer, Cause, GateName, Gauge, Hazard, JmaLevel, LiftAdvice, Memory, OrderLevel, Orders,
    Outlook, Policy, SourceId, Told, UnitId, recommend,
};
use jiff::Timestamp;

use super::made::{exposure, forecast, gauge, hours_between, japan, minutes, outlook, town, unit};

/// A wave that passes three gauges, four hours apart.
fn wave_m(at: Timestamp, crest: Timestamp) -> f64 {
    let hours = hours_between(crest, at);
    3.0 + 3.6 * (-(hours / 5.0).powi(2)).exp()
}

fn seen(at: Timestamp, crest: Timestamp, upstream: &[&str]) -> Gauge {
    let level_m = wave_m(at, crest);
    let before_m = wave_m(minutes(at, -60), crest);
    let mut seen = gauge(at, level_m, level_m - before_m);
    seen.forecast = Some(forecast(at, 0.1, |ahead| {
        wave_m(
            at + jiff::SignedDuration::from_secs_f64(ahead * 3600.0),
            crest,
        )
    }));
    seen.upstream = Some(upstream.iter().map(|id| SourceId::from(*id)).collect());
    seen
}

fn night(at: Timestamp) -> Outlook {
    let crest = japan("2019-10-12T23:00");
    let mut outlook = outlook(
        at,
        [
            ("upper", seen(at, crest, &[])),
            ("middle", seen(at, minutes(crest, 240), &["upper"])),
            ("here", seen(at, minutes(crest, 480), &["middle", "upper"])),
        ],
    );
    // The rain and its warnings ended at three in the night.
    outlook.official.heard_at = Some(at);
    if at < japan("2019-10-13T03:00") {
        let told = Told {
            value: JmaLevel::new(5).expect("a level"),
            at,
            source: "長野地方気象台".to_owned(),
        };
        outlook
            .official
            .levels
            .insert(hinan_recommend::Product::HeavyRain, told);
    }
    outlook.official.dam_release_ahead = Some(Told {
        value: false,
        at,
        source: "ダム管理所".to_owned(),
    });
    outlook
}

fn ask(at: Timestamp, orders: &Orders) -> LiftAdvice {
    let town = town(vec![unit("hoyasu", 900, vec![exposure("here", 800)])]);
    let (advice, _) = recommend(
        &town,
        &night(at),
        &Policy::national(),
        orders,
        &Memory::empty(),
    );
    let lift = advice.lifts.get(0).expect("one order is in force");
    lift.as_ref().clone()
}

fn ordered() -> Orders {
    let mut orders = Orders::none();
    orders.issue(
        Cause::of_hazard(UnitId::from("hoyasu"), Hazard::Flood),
        OrderLevel::EvacuationOrder,
        japan("2019-10-12T23:40"),
    );
    orders
}

#[test]
fn no_lifting_is_proposed_until_the_crest_has_passed_every_gauge_upstream_and_this_one() {
    let orders = ordered();
    let mut now = japan("2019-10-13T00:00");
    while !ask(now, &orders).may_lift() {
        now = minutes(now, 30);
        assert!(
            now < japan("2019-10-14T00:00"),
            "never: {:?}",
            ask(now, &orders)
        );
    }
    println!("rain ended 03:00, crest here 07:00, lifting proposed {now}");
    assert!(now > japan("2019-10-13T07:00"), "after the crest here");
    assert!(
        wave_m(now, japan("2019-10-13T07:00")) < 5.5,
        "below the danger level"
    );
}

#[test]
fn the_end_of_the_rain_lifts_nothing_and_the_screen_says_what_is_missing() {
    let before_the_crest = ask(japan("2019-10-13T03:30"), &ordered());
    assert!(!before_the_crest.may_lift());
    let missing: Vec<GateName> = before_the_crest.missing().map(|gate| gate.name).collect();
    assert!(missing.contains(&GateName::FallingHere), "{missing:?}");
    assert!(
        !missing.contains(&GateName::NoWarning),
        "the warnings are over: {missing:?}"
    );
}

fn of<'o>(outlook: &'o mut Outlook, gauge: &str) -> &'o mut Gauge {
    Arc::make_mut(outlook.gauges.get_mut(gauge).expect("a gauge of the story"))
}

#[test]
fn a_rising_gauge_upstream_alone_keeps_the_order() {
    let at = japan("2019-10-13T16:00");
    let mut outlook = night(at);
    let upper = of(&mut outlook, "upper");
    upper.rise_m_per_h = Some(0.3);
    let town = town(vec![unit("hoyasu", 900, vec![exposure("here", 800)])]);
    let (advice, _) = recommend(
        &town,
        &outlook,
        &Policy::national(),
        &ordered(),
        &Memory::empty(),
    );
    let lift = &advice.lifts[0];
    let shut: Vec<GateName> = lift.missing().map(|gate| gate.name).collect();
    assert_eq!(shut, [GateName::CrestPassed]);
}

#[test]
fn what_nobody_asked_is_unknown_and_keeps_the_order_until_an_officer_confirms_it() {
    let at = japan("2019-10-13T16:00");
    let mut outlook = night(at);
    outlook.official.dam_release_ahead = None;
    let town = town(vec![unit("hoyasu", 900, vec![exposure("here", 800)])]);
    let mut orders = ordered();
    let ask = |orders: &Orders| {
        let (advice, _) = recommend(
            &town,
            &outlook,
            &Policy::national(),
            orders,
            &Memory::empty(),
        );
        advice.lifts[0].as_ref().clone()
    };
    let dam = ask(&orders).missing().cloned().collect::<Vec<_>>();
    assert_eq!(
        (dam.len(), dam[0].name, dam[0].answer),
        (1, GateName::NoDamRelease, Answer::Unknown)
    );
    let hoyasu = Cause::of_hazard(UnitId::from("hoyasu"), Hazard::Flood);
    orders.confirm(hoyasu.clone(), GateName::NoDamRelease);
    assert!(ask(&orders).may_lift());
    orders.confirm(hoyasu, GateName::BelowHere);
    of(&mut outlook, "here").observed = None;
    let (advice, _) = recommend(
        &town,
        &outlook,
        &Policy::national(),
        &orders,
        &Memory::empty(),
    );
    assert!(
        !advice.lifts[0].may_lift(),
        "nobody confirms a water level by hand"
    );
}

#[test]
fn what_is_missing_old_or_says_nothing_keeps_the_order() {
    let at = japan("2019-10-13T16:00");
    let shut = |change: &dyn Fn(&mut Outlook)| {
        let mut outlook = night(at);
        change(&mut outlook);
        let town = town(vec![unit("hoyasu", 900, vec![exposure("here", 800)])]);
        let (advice, _) = recommend(
            &town,
            &outlook,
            &Policy::national(),
            &ordered(),
            &Memory::empty(),
        );
        advice.lifts[0]
            .missing()
            .map(|gate| gate.name)
            .collect::<Vec<_>>()
    };
    assert!(
        shut(&|_| ()).is_empty(),
        "with everything known it may be lifted"
    );
    let old_word = shut(&|outlook| {
        let dam = outlook.official.dam_release_ahead.as_mut().expect("asked");
        dam.at = minutes(at, -720);
    });
    assert_eq!(old_word, [GateName::NoDamRelease]);
    let main_gauge_missing = shut(&|outlook| {
        outlook.gauges.remove("here");
    });
    assert!(
        main_gauge_missing.contains(&GateName::BelowHere),
        "{main_gauge_missing:?}"
    );
    let nobody_says_what_is_upstream = shut(&|outlook| {
        of(outlook, "here").upstream = None;
    });
    assert_eq!(nobody_says_what_is_upstream, [GateName::CrestPassed]);
    let persistence = shut(&|outlook| {
        let made = of(outlook, "here").forecast.as_mut();
        made.expect("a forecast").tier = hinan_recommend::Tier::Persistence;
    });
    assert_eq!(persistence, [GateName::StaysBelow]);
    let flat_crest_above_danger = shut(&|outlook| {
        *of(outlook, "upper") = gauge(at, 5.9, 0.0);
    });
    assert_eq!(flat_crest_above_danger, [GateName::CrestPassed]);
}
