//! A level that trembles around its threshold neither ends an advice nor keeps it for good.

use hinan_recommend::{OrderLevel, Orders, Policy, recommend};

use super::made::{
    exposure, gauge, japan, level, minutes, nothing_remembered, outlook, town, unit,
};

/// What is advised after so many hours at a level, once the danger level of 5.5 m was reached.
fn after(hours: i64, level_m: f64, hysteresis_m: f64) -> Option<OrderLevel> {
    let town = town(vec![unit("mabi", 22_000, vec![exposure("yakage", 9_000)])]);
    let mut policy = Policy::national();
    policy.latch.hysteresis_m = hysteresis_m;
    policy
        .criteria
        .conditions
        .retain(|condition| condition.id == "fr4-danger");
    let start = japan("2018-07-06T08:00");
    let mut memory = nothing_remembered();
    let mut found = None;
    for step in 0..=hours * 6 {
        let now = minutes(start, step * 10);
        let level_m = if step == 0 { 5.5 } else { level_m };
        let (advice, next) = recommend(
            &town,
            &outlook(now, [("yakage", gauge(now, level_m, 0.0))]),
            &policy,
            &Orders::none(),
            &memory,
        );
        memory = next;
        found = level(&advice, "mabi");
    }
    found
}

#[test]
fn five_centimetres_below_the_threshold_an_advice_stands_and_fifteen_below_it_ends_after_six_hours()
{
    let stands = Some(OrderLevel::EvacuationOrder);
    assert_eq!(after(8, 5.45, 0.1), stands);
    assert_eq!(after(5, 5.35, 0.1), stands);
    assert_eq!(after(8, 5.35, 0.1), None);
    // The distance is the setting's, and the town's to choose.
    assert_eq!(after(8, 5.45, 0.0), None);
}
