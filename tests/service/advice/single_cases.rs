//! Single cases of the advice, each with its town and its hour: what must not be hidden, mixed up or raised without a word.

use std::sync::Arc;

use hinan::config::Config;
use hinan::engine::Engine;
use hinan::outlook::Voice;
use hinan::recommend::Recommendation;
use hinan::recommend::core::Core;
use hinan::recommend::level::OrderLevel;
use hinan::recommend::refuge::{Asked, RefugeBasis, Water, refuge};
use hinan::recommend::told::{Ordered, Told};
use hinan_recommend::{Finding, UnitId};
use hinan_sensors::Reading;
use hinan_town::storm;
use jiff::{SignedDuration, Timestamp};

use super::{State, advised, at};
use crate::town_reference::{plain, reference};

#[test]
fn a_silent_main_gauge_does_not_hide_what_the_next_one_says() {
    // Found by chance: the main gauge held "judgement level reached" and the second gauge, above its design high
    // water, was not asked.
    let town = &plain().town;
    let river = town.rivers.iter().find(|r| r.name == "十勝川").unwrap();
    let states: Vec<State> = town
        .gauges
        .iter()
        .map(|site| {
            let main = site.id == river.gauges[0];
            let second = site.id == river.gauges[1];
            State {
                over_m: (main || second).then_some(2.8),
                voice: if main {
                    Voice::Silent { for_min: 300 }
                } else {
                    Voice::Live
                },
                rise: Some(0.1),
                expected_m: 0.0,
                widths: [0.01; 7],
            }
        })
        .collect();
    let advice = advised(&states);
    let along: Vec<&Arc<Recommendation>> = advice.iter().filter(|r| r.river == "十勝川").collect();
    assert!(!along.is_empty());
    for one in along {
        assert_eq!(
            (one.level, one.gauge.as_str()),
            (OrderLevel::EmergencySafety, river.gauges[1].as_str())
        );
    }
}

#[test]
fn a_quarter_where_nobody_is_counted_and_a_river_reaches_is_advised_as_others_are() {
    let mut town = (*plain().town).clone();
    let camp = town
        .districts
        .iter_mut()
        .find(|district| !district.reaches.is_empty())
        .unwrap();
    camp.people = 0;
    let id = UnitId::new(camp.id.as_str());
    let core = Core::load(&Config::defaults(), &town).unwrap();
    let unit = core.town.unit(&id).unwrap();
    assert!(!unit.exposures.is_empty());
}

#[test]
fn a_level_5_that_is_only_proposed_stops_nobody_who_is_on_the_way_and_one_that_is_issued_does() {
    let (town, core) = (&plain().town, &plain().core);
    let basis = RefugeBasis::of(town).unwrap();
    let leaving: Vec<Ordered> = town
        .districts
        .iter()
        .filter(|district| !district.reaches.is_empty())
        .take(12)
        .map(|district| Ordered {
            unit: UnitId::new(district.id.as_str()),
            river: district.reaches[0].river.clone(),
            level: hinan_recommend::OrderLevel::EvacuationOrder,
            at: at() - SignedDuration::from_mins(40),
        })
        .collect();
    let everywhere_high: Vec<State> = town
        .gauges
        .iter()
        .map(|_| State {
            over_m: Some(3.0),
            voice: Voice::Live,
            rise: Some(0.1),
            expected_m: 0.1,
            widths: [0.01; 7],
        })
        .collect();
    let fives: Vec<Arc<Recommendation>> = advised(&everywhere_high)
        .iter()
        .map(|one| {
            let mut five = one.as_ref().clone();
            five.level = OrderLevel::EmergencySafety;
            Arc::new(five)
        })
        .collect();
    let on_the_way = |orders: &[Ordered], advice: &[Arc<Recommendation>]| {
        let told = Told {
            orders: orders.to_vec(),
            ..Told::default()
        };
        let found = refuge(&Asked {
            town,
            core,
            basis: &basis,
            told: &told,
            advice,
            water: &Water::default(),
            as_of: at(),
        });
        found.demand.get("all").map(|people| people.leaving[1])
    };
    let ordered = on_the_way(&leaving, &[]);
    assert!(ordered > Some(0));
    assert_eq!(on_the_way(&leaving, &fives), ordered);
    let issued: Vec<Ordered> = leaving
        .iter()
        .map(|order| Ordered {
            level: hinan_recommend::OrderLevel::EmergencySafety,
            ..order.clone()
        })
        .collect();
    assert!(on_the_way(&issued, &[]).unwrap_or(0) == 0);
}

#[test]
fn what_waiting_costs_and_what_is_shown_beside_it_are_of_one_district_or_of_all_and_never_mixed() {
    let storm = storm();
    let mut engine = Engine::new(plain().clone());
    let mut looked_at = 0;
    for row in 0..storm.len() {
        let at = storm.time(row);
        for (column, gauge) in storm.gauges().iter().enumerate() {
            let Some(level_m) = storm.level(row, column) else {
                continue;
            };
            engine.take(&Reading {
                station: gauge.parse().unwrap(),
                at,
                level_m,
                sequence: None,
            });
        }
        let advice = engine.evaluate(at).unwrap();
        for proposal in &advice.proposals {
            let urgent = proposal.urgent.as_ref().unwrap();
            let met: Vec<_> = urgent.met().cloned().collect();
            assert_eq!(
                proposal.met, met,
                "grounds and deadline are of one district"
            );
            let mut late = 0.0;
            for one in &advice.recommendations {
                if one.river == proposal.key.river && one.level == proposal.key.level {
                    let rows = one.advice.deadlines.waiting_of(one.advice.level);
                    late += rows
                        .last()
                        .and_then(|row| row.people_too_late)
                        .unwrap_or(0.0);
                }
            }
            if let Some(told) = proposal.waiting.last().and_then(|row| row.people_too_late) {
                assert!((told - late).abs() < 1e-6, "{told} {late}");
                looked_at += 1;
            }
        }
    }
    assert!(looked_at > 5, "{looked_at}");
}

#[test]
fn in_the_demos_storm_the_last_useful_moment_alone_raises_a_level_and_says_so() {
    let storm = storm();
    let hour = |text: &str| -> Timestamp { text.parse().unwrap() };
    let (from, to) = (hour("2016-08-30T06:00:00Z"), hour("2016-08-31T03:00:00Z"));
    let mut engine = Engine::new(reference().clone());
    let mut alone = Vec::new();
    for row in 0..storm.len() {
        let at = storm.time(row);
        for (column, gauge) in storm.gauges().iter().enumerate() {
            let Some(level_m) = storm.level(row, column) else {
                continue;
            };
            let station = gauge.parse().unwrap();
            engine.take(&Reading {
                station,
                at,
                level_m,
                sequence: None,
            });
        }
        if !(from..=to).contains(&at) {
            continue;
        }
        for one in &engine.evaluate(at).unwrap().recommendations {
            let by_deadline = one.met.iter().all(Finding::is_of_deadline);
            if by_deadline && !one.met.is_empty() && one.advice.supported_at == at {
                let said = one.met[0].sentences().join("。");
                alone.push(format!(
                    "{at} {} {} {}: {said}",
                    one.district, one.river, one.level
                ));
            }
        }
    }
    let first = alone
        .first()
        .expect("in this storm somebody is told by the deadline");
    assert!(first.contains("避難が間に合う最後の時刻"), "{first}");
}
