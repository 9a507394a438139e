//! 保持と悪い側の仮定: a gauge that falls silent keeps its advice and is assumed to have gone on as it was last heard.

use hinan::engine::{Advice, Engine};
use hinan::outlook::{GaugeOutlook, Marks};
use hinan::recommend::counter::Counter;
use hinan::recommend::level::OrderLevel;
use hinan::recommend::translate::examine;
use hinan_recommend::{Answer, Finding};
use hinan_sensors::{Health, HealthReason, Held, Reading, State};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::{Strategy, any, prop, prop_assert, proptest};
use proptest::test_runner::Config as Cases;

use crate::town_reference::plain;

/// 帯広, the main gauge of the 十勝川. It reports every hour and counts as silent after three.
const OBIHIRO: &str = "301081281107050";

fn hour(hour: i64) -> Timestamp {
    let start: Timestamp = "2016-08-30T00:00:00Z".parse().unwrap();
    start + SignedDuration::from_hours(hour)
}

fn marks() -> Marks {
    let site = plain().town.gauges.iter().find(|site| site.id == OBIHIRO);
    Marks::from(&site.unwrap().levels)
}

/// An engine that heard the gauge at these levels, one an hour.
fn heard(levels: &[f64]) -> Engine {
    let mut engine = Engine::new(plain().clone());
    for (n, level_m) in (0..).zip(levels) {
        engine.take(&Reading {
            station: OBIHIRO.parse().unwrap(),
            at: hour(n),
            level_m: *level_m,
            sequence: None,
        });
    }
    engine
}

fn highest(advice: &Advice) -> Option<OrderLevel> {
    advice.recommendations.iter().map(|r| r.level).max()
}

fn gauge(advice: &Advice) -> &GaugeOutlook {
    &advice.outlook.gauges[OBIHIRO]
}

/// Conditions of the demo town's criteria.
const JUDGEMENT_LEVEL_REACHED: &str = "fr3-judgement";
const RAPID_RISE: &str = "fr3-rapid";
const DANGER_REACHED: &str = "fr4-danger";

fn asked<'f>(examined: &'f [Finding], condition: &str) -> &'f Finding {
    examined
        .iter()
        .find(|finding| finding.condition.id == condition)
        .unwrap()
}

#[test]
fn a_rise_is_assumed_to_go_on_and_what_it_reaches_is_advised_with_reading_time_and_assumption() {
    let danger_m = marks().danger_m.unwrap();
    let last_m = danger_m - 0.9;
    let rising: Vec<f64> = (0..6).map(|n| last_m - 0.4 * f64::from(5 - n)).collect();
    let mut engine = heard(&rising);
    let live = engine.evaluate(hour(5)).unwrap();
    let is_reached = |advice: &Advice| {
        let met = advice.recommendations.iter().flat_map(|one| &one.met);
        met.into_iter()
            .any(|finding| finding.condition.id == DANGER_REACHED)
    };
    assert!(!is_reached(&live));

    // Three hours without a word: 0.4 m an hour for three hours is 0.3 m over the danger level.
    let silent = engine
        .evaluate(hour(8) + SignedDuration::from_mins(1))
        .unwrap();
    assert!(gauge(&silent).is_held() && is_reached(&silent));
    assert_eq!(highest(&silent), Some(OrderLevel::EvacuationOrder));
    let advice = silent.recommendations.iter().find(|r| r.gauge == OBIHIRO);
    let advice = advice.unwrap();
    let reached = asked(&advice.met, DANGER_REACHED);
    assert!(reached.rests_on_assumption(), "it rests on the assumption");
    let seen = &reached.tests[0].seen;
    let held = seen.assumed.unwrap();
    assert_eq!(held.at, hour(5), "the time of the last reading");
    assert!((held.last_m - last_m).abs() < 1e-9);
    assert!((held.rise_m_per_h.unwrap() - 0.4).abs() < 1e-9);
    assert!(
        (seen.assumed_m.unwrap() - (danger_m + 0.3)).abs() < 1e-6,
        "{seen:?}"
    );
    assert_eq!(reached.newest_at(), Some(hour(5)));
    let assumed = gauge(&silent).assumed(silent.outlook.as_of).unwrap();
    let said = advice.counter.iter().find_map(|counter| match counter {
        Counter::Quiet { for_min, held, .. } => Some((*for_min, *held)),
        _ => None,
    });
    assert_eq!(said, Some((181, Some(assumed))));
}

#[test]
fn what_a_silent_gauge_had_not_reached_is_unknown_and_a_fall_is_not_believed_to_go_on() {
    let Marks {
        caution_m,
        evacuation_judgement_m,
        danger_m,
        ..
    } = marks();
    let last_m = evacuation_judgement_m.unwrap() + 0.05;
    assert!(caution_m.unwrap() < last_m && last_m + 0.1 < danger_m.unwrap());
    let falling: Vec<f64> = (0..4).map(|n| last_m + 0.3 * f64::from(3 - n)).collect();
    let core = &plain().core;
    let mut engine = heard(&falling);
    let heard = engine.evaluate(hour(3)).unwrap();
    let examined = examine(&heard.outlook, gauge(&heard), core);
    let answer = |examined: &[Finding], rule| asked(examined, rule).answer;
    assert_eq!(
        answer(&examined, JUDGEMENT_LEVEL_REACHED),
        Answer::NotMet,
        "it falls"
    );
    let silent = engine.evaluate(hour(7)).unwrap();
    let examined = examine(&silent.outlook, gauge(&silent), core);
    for rule in [JUDGEMENT_LEVEL_REACHED, DANGER_REACHED, RAPID_RISE] {
        assert_eq!(answer(&examined, rule), Answer::Unknown, "{rule}");
    }
    let assumed = gauge(&silent).assumed(hour(7)).unwrap();
    assert!((assumed.level_m - last_m).abs() < 1e-9 && !assumed.is_worse());
}

#[test]
fn a_gauge_that_stands_still_while_the_river_rises_does_not_say_that_nothing_is_reached() {
    let last_m = marks().caution_m.unwrap() - 0.5;
    let advice = heard(&[last_m; 4]).evaluate(hour(3)).unwrap();
    let core = &plain().core;
    let believed = gauge(&advice);
    assert!(!believed.is_held());
    let of =
        |gauge: &GaugeOutlook| asked(&examine(&advice.outlook, gauge, core), DANGER_REACHED).answer;
    assert_eq!(of(believed), Answer::NotMet);
    let mut stuck = believed.clone();
    stuck.health = Some(Health {
        state: State::Frozen,
        since: None,
        reason: HealthReason::StandsStillWhile {
            station: "芽室太".to_owned(),
            rise_m: 1.2,
        },
        held: Some(Held {
            level_m: last_m,
            at: hour(3),
            trend_m_per_h: Some(0.0),
        }),
    });
    assert_eq!(of(&stuck), Answer::Unknown);
}

fn levels() -> impl Strategy<Value = Vec<f64>> {
    let base = marks().caution_m.unwrap_or(0.0);
    (-0.5..3.0_f64, prop::collection::vec(-0.6..1.2_f64, 1..12)).prop_map(move |(start, steps)| {
        let mut level = base + start;
        steps
            .into_iter()
            .map(|step| {
                level += step;
                (level * 100.0).round() / 100.0
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(Cases { cases: 24, ..Cases::default() })]

    #[test]
    fn from_its_last_word_on_the_advice_on_a_gauge_never_falls(
        levels in levels(), waits in prop::collection::vec(1_i64..180, 1..10), restarted in any::<bool>(),
    ) {
        let mut engine = heard(&levels);
        let mut now = hour(i64::try_from(levels.len()).unwrap() - 1);
        let mut before = engine.evaluate(now).unwrap();
        for wait in waits {
            now += SignedDuration::from_mins(wait);
            if restarted {
                engine = heard(&levels);
                engine.remember(before.recommendations.clone(), before.outlook.as_of);
            }
            let after = engine.evaluate(now).unwrap();
            for advice in &before.recommendations {
                let still = after.recommendations.iter().find(|r| r.district == advice.district);
                prop_assert!(still.is_some_and(|still| still.level >= advice.level), "{advice:?} became {still:?}");
            }
            if gauge(&after).is_held() {
                let (then, now) = (gauge(&before).assumed(before.outlook.as_of), gauge(&after).assumed(now));
                let (Some(now), then) = (now, then) else { panic!("a held gauge has a level to assume") };
                prop_assert!(then.is_none_or(|then| then.level_m <= now.level_m), "the assumption only gets worse");
            }
            before = after;
        }
    }
}
