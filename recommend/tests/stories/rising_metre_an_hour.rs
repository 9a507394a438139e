//! Mabi 2018: the river rose a metre an hour from eight in the evening, and the order for the north bank came minutes before the breach.

use hinan_recommend::{OrderLevel, Orders, Policy, TermName, explain, recommend};
use jiff::Timestamp;

use super::made::{
    forecast, gauge, hours_between, japan, level, minutes, nothing_remembered, one_unit, outlook,
};

/// Three metres at eight, a metre an hour, overflow at eight metres: one in the morning.
fn level_m(at: Timestamp) -> f64 {
    let since = hours_between(japan("2018-07-06T20:00"), at);
    3.0 + since.max(0.0)
}

fn overflow_at() -> Timestamp {
    japan("2018-07-07T01:00")
}

/// Walks through the night in steps of ten minutes; when level 4 was proposed first, and the derivation.
fn first_order(with_forecasts: bool) -> (Timestamp, String, Vec<String>) {
    let town = one_unit("mabi", 22_000, 9_000);
    let policy = Policy::national();
    let mut memory = nothing_remembered();
    let mut now = japan("2018-07-06T16:00");
    while now <= overflow_at() {
        let rise = if now > japan("2018-07-06T20:00") {
            1.0
        } else {
            0.0
        };
        let mut seen = gauge(now, level_m(now), rise);
        if with_forecasts {
            seen.forecast = Some(forecast(now, 0.4, |ahead| {
                level_m(now + jiff::SignedDuration::from_secs_f64(ahead * 3600.0))
            }));
        }
        let outlook = outlook(now, [("yakage", seen)]);
        let (advice, next) = recommend(&town, &outlook, &policy, &Orders::none(), &memory);
        memory = next;
        if level(&advice, "mabi") >= Some(OrderLevel::EvacuationOrder) {
            let of = advice.units.values().next().expect("one unit");
            let met = of
                .met()
                .map(|finding| finding.condition.id.clone())
                .collect();
            return (now, explain(&town, &policy, now, of), met);
        }
        now = minutes(now, 10);
    }
    panic!("no order before the overflow");
}

#[test]
fn with_forecasts_everybody_is_told_three_hours_before_the_water_comes() {
    let (at, _, met) = first_order(true);
    let ahead_h = hours_between(at, overflow_at());
    println!("forecasts: level 4 proposed {ahead_h:.2} h before overflow, on {met:?}");
    assert!(ahead_h >= 3.0, "{ahead_h:.2} h");
    // And not whenever it rains: no sooner than the forecast's six hours see the overflow, with the hour that its doubt adds.
    assert!(ahead_h <= 7.0, "{ahead_h:.2} h");
    assert_eq!(met, ["fr4-overflow-expected"]);
}

#[test]
fn with_nothing_but_the_gauge_everybody_is_told_an_hour_and_a_half_before_the_water_and_the_log_names_the_term_that_forced_it()
 {
    let (at, derivation, met) = first_order(false);
    let ahead_h = hours_between(at, overflow_at());
    println!(
        "gauge alone: level 4 proposed {ahead_h:.2} h before overflow, on {met:?}\n{derivation}"
    );
    assert!(ahead_h >= 1.5, "{ahead_h:.2} h");
    assert!(
        at > japan("2018-07-06T20:00"),
        "a river that stands asks for nothing"
    );
    assert!(met.iter().any(|id| id == "fr4-deadline"), "{met:?}");
    for term in [TermName::Approval, TermName::Travel, TermName::Opening] {
        assert!(derivation.contains(term.japanese()), "{derivation}");
    }
    assert!(
        derivation.contains("最大の項は避難所の開設 60分"),
        "{derivation}"
    );
}
