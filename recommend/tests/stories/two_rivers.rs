//! A district between two rivers: what is said and decided of one is not said or decided of the other.

use hinan_recommend::{
    Cause, Exposure, Hazard, Memory, OrderLevel, Orders, Outlook, Policy, Town, UnitAdvice, UnitId,
    recommend,
};
use jiff::Timestamp;

use super::made::{
    exposure, forecast, gauge, japan, level, minutes, nothing_remembered, outlook, rising, silent,
    town, unit,
};

fn along(river: &str, gauge: &str) -> Exposure {
    let mut of = exposure(gauge, 300);
    of.river = Some(river.to_owned());
    of
}

/// The first river concerns as many people as the second.
fn between() -> Town {
    let exposures = vec![along("東川", "east"), along("西川", "west")];
    town(vec![unit("nakasu", 500, exposures)])
}

fn cause(river: &str) -> Cause {
    Cause::of_river(UnitId::from("nakasu"), river)
}

fn asked(outlook: &Outlook, orders: &Orders, before: &Memory) -> (Option<UnitAdvice>, Memory) {
    let (advice, memory) = recommend(&between(), outlook, &Policy::national(), orders, before);
    let spoke = advice.units.values().next().map(|of| of.as_ref().clone());
    (spoke, memory)
}

fn river(advice: Option<&UnitAdvice>) -> Option<&str> {
    advice.and_then(|advice| advice.river.as_deref())
}

/// Both above the judgement level; one comes in five hours, the other in less than three.
fn both_at_level_3(now: Timestamp) -> Outlook {
    let rising = |rise: f64| rising(now, 5.1, rise, 0.01);
    outlook(now, [("east", rising(0.58)), ("west", rising(0.9))])
}

#[test]
fn of_two_rivers_that_ask_for_the_same_level_the_one_whose_deadline_comes_first_speaks() {
    let now = japan("2018-07-06T12:00");
    let outlook = both_at_level_3(now);
    let (spoke, _) = asked(&outlook, &Orders::none(), &nothing_remembered());
    let spoke = spoke.expect("advice");
    let own = spoke.deadlines.of(spoke.level).expect("a deadline");
    let beneath = spoke
        .beneath
        .first()
        .expect("the other river stands beneath");
    assert_eq!(spoke.level, beneath.level, "equals");
    assert_eq!(spoke.river.as_deref(), Some("西川"));
    assert_eq!(beneath.river.as_deref(), Some("東川"));
    let other = beneath.deadlines.of(beneath.level).expect("a deadline");
    assert!(own.decide_by < other.decide_by, "{own:?} {other:?}");
}

/// At 23:00 both rivers are above the danger level and asked for; at 03:00 one gauge has been silent for hours, and fallen before.
fn asked_and_then_silent() -> (Memory, Outlook) {
    let now = japan("2018-07-06T23:00");
    let high = outlook(
        now,
        [
            ("east", gauge(now, 5.6, 0.1)),
            ("west", gauge(now, 5.8, 0.1)),
        ],
    );
    let (spoke, memory) = asked(&high, &Orders::none(), &nothing_remembered());
    assert_eq!(spoke.map(|of| of.level), Some(OrderLevel::EvacuationOrder));
    let later = minutes(now, 240);
    let fallen = gauge(minutes(now, 30), 5.3, -0.2);
    let quiet = outlook(
        later,
        [
            ("east", gauge(later, 3.0, -0.3)),
            ("west", silent(fallen, later)),
        ],
    );
    (memory, quiet)
}

#[test]
fn lifting_the_order_for_one_river_leaves_what_stands_for_the_other_even_while_its_gauge_is_silent()
{
    let (memory, quiet) = asked_and_then_silent();
    let ordered_at = japan("2018-07-06T23:10");
    let mut orders = Orders::none();
    orders.issue(cause("東川"), OrderLevel::EvacuationOrder, ordered_at);
    assert!(orders.lift(cause("東川"), japan("2018-07-07T02:50")));
    let (spoke, _) = asked(&quiet, &orders, &memory);
    assert_eq!(river(spoke.as_ref()), Some("西川"));
    assert_eq!(
        spoke.map(|of| of.level),
        Some(OrderLevel::EvacuationOrder),
        "nobody decided on it"
    );

    // Its own lifting ends it, and so does one for every river.
    for lifted in [
        cause("西川"),
        Cause::of_hazard(UnitId::from("nakasu"), Hazard::Flood),
    ] {
        let mut orders = Orders::none();
        orders.issue(lifted.clone(), OrderLevel::EvacuationOrder, ordered_at);
        orders.lift(lifted, japan("2018-07-07T02:50"));
        let (spoke, _) = asked(&quiet, &orders, &memory);
        assert_ne!(river(spoke.as_ref()), Some("西川"), "{spoke:?}");
    }
}

#[test]
fn an_order_for_one_river_is_no_decision_on_the_other() {
    let (memory, _) = asked_and_then_silent();
    let mut orders = Orders::none();
    orders.issue(
        cause("東川"),
        OrderLevel::EvacuationOrder,
        japan("2018-07-06T23:10"),
    );
    // Seven hours later both are low: what was ordered stands until it is lifted, what nobody decided on has ended.
    let later = japan("2018-07-07T06:00");
    let low = outlook(
        later,
        [
            ("east", gauge(later, 3.0, 0.0)),
            ("west", gauge(later, 3.0, 0.0)),
        ],
    );
    let (spoke, _) = asked(&low, &orders, &memory);
    let spoke = spoke.expect("what is ordered stands");
    assert_eq!(spoke.river.as_deref(), Some("東川"));
    assert!(spoke.beneath.is_empty(), "{:?}", spoke.beneath);
}

#[test]
fn what_stands_beneath_is_there_again_after_a_restart() {
    let (memory, quiet) = asked_and_then_silent();
    let now = quiet.as_of;
    let (advice, _) = recommend(
        &between(),
        &quiet,
        &Policy::national(),
        &Orders::none(),
        &memory,
    );
    let spoke = advice.units.values().next().expect("advice");
    assert_eq!(spoke.beneath.len(), 1);
    let written = serde_json::to_vec(&advice).expect("JSON");
    let read = serde_json::from_slice(&written).expect("it reads back");
    let mut orders = Orders::none();
    let spoken = spoke.river.clone().expect("a river");
    let lifted_at = minutes(now, -1);
    orders.issue(cause(&spoken), OrderLevel::EvacuationOrder, lifted_at);
    orders.lift(cause(&spoken), lifted_at);
    let (after, _) = recommend(
        &between(),
        &quiet,
        &Policy::national(),
        &orders,
        &Memory::of(&read),
    );
    assert_eq!(level(&after, "nakasu"), Some(OrderLevel::EvacuationOrder));
    let now_speaks = after.units.values().next().expect("advice");
    assert_ne!(now_speaks.river.as_deref(), Some(spoken.as_str()));
}

#[test]
fn a_lifting_asks_the_gauges_of_its_own_river() {
    let now = japan("2018-07-07T12:00");
    let mut calm = gauge(now, 3.0, -0.1);
    calm.forecast = Some(forecast(now, 0.05, |_| 3.0));
    let seen = outlook(now, [("east", calm), ("west", gauge(now, 5.8, 0.2))]);
    let mut orders = Orders::none();
    let ordered_at = japan("2018-07-07T01:00");
    orders.issue(cause("東川"), OrderLevel::EvacuationOrder, ordered_at);
    let whole = Cause::of_hazard(UnitId::from("nakasu"), Hazard::Flood);
    orders.issue(whole, OrderLevel::EvacuationOrder, ordered_at);
    let (advice, _) = recommend(
        &between(),
        &seen,
        &Policy::national(),
        &orders,
        &nothing_remembered(),
    );
    let below = |river: Option<&str>| {
        let lift = advice
            .lifts
            .iter()
            .find(|lift| lift.river.as_deref() == river);
        let gate = lift.expect("each order is asked").gates[0].clone();
        gate.answer
    };
    assert_eq!(below(Some("東川")), hinan_recommend::Answer::Met);
    assert_eq!(below(None), hinan_recommend::Answer::NotMet);
    assert_eq!(advice.lifts.len(), 2);
}
