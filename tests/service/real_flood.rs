//! A real flood looks like a fault: it jumps, and it rises faster than a river should. All checks run on the recorded
//! storm, with tight limits and the gauges upstream as neighbours; nothing true may be lost, and what is false must show.

use hinan::situation::Situation;
use hinan_sensors::quality::Agreement::{Agrees, Alone};
use hinan_sensors::quality::{
    AttenuatedLimits, Check, Flag, GapLimit, Neighbour, Neighbourhood, QualitySettings,
};
use hinan_sensors::{
    FlatLimits, HealthReason, RateLimit, Reading, SpikeLimits, State, StationId, Stations,
};
use hinan_town::storm;
use jiff::{SignedDuration, Timestamp};

use crate::town_reference::plain;

const OBIHIRO: &str = "301081281107050";
const MEMURO: &str = "301081281107040";
const TOSHIBETSU: &str = "301081281107330";

/// The town's gauges with every check, tight, and up to three gauges upstream as neighbours an hour away.
fn watched() -> Stations {
    let stations = plain().stations.iter().map(|station| {
        let site = plain().town.gauge(station.id.as_str()).unwrap();
        let neighbours: Vec<Neighbour> = site
            .upstream
            .iter()
            .take(3)
            .map(|id| Neighbour {
                station: id.parse().unwrap(),
                travel_min: 60,
            })
            .collect();
        let neighbours = (!neighbours.is_empty()).then_some(Neighbourhood {
            gauges: neighbours,
            window_min: 180,
            rise_m: 0.5,
            shared_m: 0.1,
            still_m: 0.01,
            rain_mm: None,
            rain_stations: Vec::new(),
        });
        let mut station = station.clone();
        station.quality = QualitySettings {
            spike: Some(SpikeLimits {
                low_m: 0.1,
                high_m: Some(0.6),
            }),
            rate: Some(RateLimit {
                suspect_m_per_h: 0.3,
            }),
            flat: Some(FlatLimits {
                tolerance_m: 0.001,
                suspect_after_s: 36 * 3600,
                fail_after_s: None,
            }),
            attenuated: Some(AttenuatedLimits {
                period_s: 86_400,
                suspect_m: 0.02,
                fail_m: None,
            }),
            gap: Some(GapLimit {
                suspect_after_s: 7200,
            }),
            neighbours,
            ..QualitySettings::default()
        };
        station
    });
    Stations::new(stations).unwrap()
}

fn id(gauge: &str) -> StationId {
    gauge.parse().unwrap()
}

fn hour(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Plays the storm hour by hour. `told` says what a gauge reports instead of a level, `None` nothing; `each` is asked
/// after each hour.
fn play(
    told: impl Fn(&str, Timestamp, f64) -> Option<f64>,
    mut each: impl FnMut(&Situation, Timestamp),
) {
    let storm = storm();
    let mut situation = Situation::new(&watched());
    for row in 0..storm.len() {
        let at = storm.time(row);
        for (column, gauge) in storm.gauges().iter().enumerate() {
            let level_m = storm.level(row, column);
            if let Some(level_m) = level_m.and_then(|level_m| told(gauge, at, level_m)) {
                situation.take(&Reading {
                    station: id(gauge),
                    at,
                    level_m,
                    sequence: None,
                });
            }
        }
        each(&situation, at);
    }
}

#[test]
fn no_true_level_of_the_flood_is_lost_though_many_look_like_faults() {
    let storm = storm();
    let (mut all, mut suspect, mut shared, mut alone) = (0, 0, 0, 0);
    play(
        |_, _, level_m| Some(level_m),
        |situation, at| {
            let row = (0..storm.len()).find(|&row| storm.time(row) == at).unwrap();
            for (column, gauge) in storm.gauges().iter().enumerate() {
                let Some(level_m) = storm.level(row, column) else {
                    continue;
                };
                let judged = situation.newest_judged(&id(gauge), at).unwrap();
                assert_eq!(judged.at, at, "{gauge}: its level is used");
                assert!((judged.level_m - level_m).abs() < f64::EPSILON);
                assert!(judged.flag.usable_for_decisions());
                all += 1;
                suspect += usize::from(judged.flag == Flag::Suspect);
                let agreement = situation.agreement(&id(gauge), at);
                shared += usize::from(matches!(agreement, Some(Agrees { shared_by: Some(_) })));
                alone += usize::from(matches!(agreement, Some(Alone { .. })));
            }
        },
    );
    eprintln!(
        "{all} levels, {suspect} of them suspect; rises shared {shared} times, alone {alone} times"
    );
    assert!(suspect > 50, "the flood looks like a fault");
    assert!(shared > 50, "the flood comes down the river");
    assert!(shared > 5 * alone, "and hardly ever from nowhere");
}

#[test]
fn a_gauge_that_freezes_in_the_flood_is_found_by_its_neighbours_within_hours() {
    let frozen_at = hour("2016-08-30T12:00:00Z");
    let before = std::cell::Cell::new(0.0);
    let mut found = None;
    play(
        |gauge, at, level_m| {
            if gauge == OBIHIRO && at < frozen_at {
                before.set(level_m);
            }
            Some(if gauge == OBIHIRO {
                before.get()
            } else {
                level_m
            })
        },
        |situation, at| {
            let health = situation.health(&id(OBIHIRO), at).unwrap();
            if health.state == State::Frozen && found.is_none() {
                found = Some((at, health));
            }
        },
    );
    let (at, health) = found.expect("it is found");
    eprintln!("frozen at {frozen_at}, found at {at}: {}", health.ja());
    assert!(at > frozen_at && at <= frozen_at + SignedDuration::from_hours(8));
    assert!(matches!(
        health.reason,
        HealthReason::StandsStillWhile { .. }
    ));
}

#[test]
fn a_jump_that_stays_and_no_neighbour_shares_stays_suspect_and_used() {
    // Its one neighbour upstream is calm for hours before and after.
    let jumps_at = hour("2016-08-29T11:00:00Z");
    let mut doubted = 0;
    play(
        |gauge, at, level_m| {
            let off = if gauge == TOSHIBETSU && at >= jumps_at {
                2.0
            } else {
                0.0
            };
            Some(level_m + off)
        },
        |situation, at| {
            let hours = at.duration_since(jumps_at).as_hours();
            if at < jumps_at || hours > 2 {
                return;
            }
            let judged = situation.newest_judged(&id(TOSHIBETSU), at).unwrap();
            assert_eq!(judged.at, at, "the higher level stays visible");
            assert_eq!(judged.flag, Flag::Suspect, "{hours} hours after");
            doubted += usize::from(judged.doubts.by(Check::Neighbours));
        },
    );
    assert_eq!(doubted, 3, "the neighbours do not share it");
}

#[test]
fn a_gauge_that_falls_silent_in_the_rise_may_be_under_water_and_worse_is_assumed() {
    let silent_from = hour("2016-08-30T16:00:00Z");
    let mut states = Vec::new();
    play(
        |gauge, at, level_m| (gauge != MEMURO || at < silent_from).then_some(level_m),
        |situation, at| {
            let health = situation.health(&id(MEMURO), at).unwrap();
            if at >= silent_from {
                let held = health.held.unwrap();
                assert!(held.assumed_m(at) >= held.level_m);
                states.push((health.state, held.assumed_m(at) - held.level_m));
            }
        },
    );
    let of = |n: usize| states[n].0;
    assert_eq!(
        (of(0), of(1), of(2)),
        (State::Live, State::Late, State::Late)
    );
    let last = states.last().unwrap();
    eprintln!(
        "{:?}, {:.2} m above its last level is assumed",
        last.0, last.1
    );
    assert_eq!(last.0, State::SuspectedSubmerged);
    assert!(last.1 > 0.0);
}
