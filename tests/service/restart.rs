//! A restart in the middle of the storm does not change what is advised.

use hinan::config::Config;
use hinan::engine::Engine;
use hinan::realm::Realm;
use hinan::recommend::Recommendation;
use hinan::recommend::core::PROGRAM;
use hinan::recommend::level::OrderLevel;
use hinan::replay::{self, Recomputed};
use hinan::run;
use hinan::store::Store;
use hinan::store::evaluations::{Evaluated, Standing};
use hinan::store::readings::{LEVEL, Value};
use hinan_sensors::Reading;
use hinan_town::{OBIHIRO, storm};
use jiff::{SignedDuration, Timestamp};

use crate::town_reference::reference;

const FROM: &str = "2016-08-30T06:00:00Z";
const TO: &str = "2016-08-31T03:00:00Z";

/// What arrives between two evaluations.
struct Step {
    as_of: Timestamp,
    arrives: Vec<Reading>,
}

/// The storm with faults put in: 帯広 falls silent for seven hours at the worst time and its backlog comes late,
/// every fourth reading comes twice, one gauge reports a spike.
fn steps() -> Vec<Step> {
    let storm = storm();
    let (from, to): (Timestamp, Timestamp) = (FROM.parse().unwrap(), TO.parse().unwrap());
    let silent_from: Timestamp = "2016-08-30T17:00:00Z".parse().unwrap();
    let silent_to = silent_from + SignedDuration::from_hours(7);
    let mut steps: Vec<Step> = Vec::new();
    let mut held_back = Vec::new();
    let mut before = Vec::new();
    for row in 0..storm.len() {
        let at = storm.time(row);
        if at > to {
            break;
        }
        let mut arrives = Vec::new();
        for (column, gauge) in storm.gauges().iter().enumerate() {
            let Some(mut level_m) = storm.level(row, column) else {
                continue;
            };
            if gauge == "301081281107070" && at == from + SignedDuration::from_hours(4) {
                level_m += 15.0;
            }
            let reading = Reading {
                station: gauge.parse().unwrap(),
                at,
                level_m,
                sequence: None,
            };
            if gauge == OBIHIRO && at >= silent_from && at < silent_to {
                held_back.push(reading);
                continue;
            }
            if (row + column) % 4 == 0 {
                arrives.push(reading.clone());
            }
            arrives.push(reading);
        }
        if at == silent_to {
            arrives.append(&mut held_back);
        }
        before.append(&mut arrives);
        if at >= from {
            steps.push(Step {
                as_of: at,
                arrives: std::mem::take(&mut before),
            });
        }
    }
    steps
}

/// The engine beside its record, as the intake drives them.
struct Desk {
    store: Store,
    engine: Engine,
    seq: i64,
    resumed: Option<i64>,
    program: u32,
}

impl Desk {
    fn opened(dir: &std::path::Path) -> Self {
        let store = Store::open(dir, Realm::Exercise, &reference().town.code).unwrap();
        let (engine, seq, resumed) =
            run::restored(&store, reference(), FROM.parse().unwrap()).unwrap();
        Self {
            store,
            engine,
            seq,
            resumed: Some(resumed),
            program: PROGRAM,
        }
    }

    /// Takes in what arrived and says the advice as bytes.
    fn works(&mut self, step: &Step) -> Vec<u8> {
        let mut news = Vec::new();
        for reading in &step.arrives {
            if let Some(verdict) = self.engine.take(reading) {
                self.seq += 1;
                news.push((reading, verdict.flag, self.seq));
            }
        }
        let advice = self.engine.evaluate(step.as_of).unwrap();
        let evaluated = Evaluated {
            as_of: step.as_of,
            upto_seq: self.seq,
            digest: advice.digest(),
            recommendations: advice.recommendations.len(),
            program: self.program,
            basis: Some(reference().core.basis().clone()),
            resumed: self.resumed.take(),
        };
        let stood = Standing {
            advice: &advice.recommendations,
            facilities: &advice.core.facilities,
            moment: advice.outlook.as_of,
        };
        self.store
            .write(|tx| {
                for (reading, flag, seq) in news {
                    let series = tx.series_number(&reading.station, LEVEL)?;
                    let new = Value {
                        at: reading.at,
                        value: reading.level_m,
                        flag,
                        received_at: step.as_of,
                        historic: false,
                        seq,
                    };
                    tx.put_reading(series, &new)?;
                }
                tx.put_last_seq(self.seq)?;
                tx.put_evaluation(&evaluated, stood, &advice.told)
            })
            .unwrap();
        let all: Vec<&Recommendation> = advice.recommendations.iter().map(AsRef::as_ref).collect();
        serde_json::to_vec(&(all, &advice.proposals)).unwrap()
    }
}

fn played(steps: &[Step], cuts: &[usize]) -> Vec<Vec<u8>> {
    let home = tempfile::tempdir().unwrap();
    let mut desk = Desk::opened(home.path());
    let mut said = Vec::new();
    for (n, step) in steps.iter().enumerate() {
        if cuts.contains(&n) {
            drop(desk);
            desk = Desk::opened(home.path());
        }
        said.push(desk.works(step));
    }
    said
}

#[test]
fn a_restart_at_any_hour_of_the_storm_does_not_change_what_is_advised() {
    let steps = steps();
    let whole = played(&steps, &[]);
    assert_eq!(whole.len(), 22);
    let distinct: std::collections::BTreeSet<&Vec<u8>> = whole.iter().collect();
    assert!(distinct.len() > 10, "the advice moves with the storm");
    for cut in 1..steps.len() {
        let cut_once = played(&steps, &[cut]);
        let first = whole.iter().zip(&cut_once).position(|(a, b)| a != b);
        assert_eq!(
            first, None,
            "cut before step {cut}: the advice differs from step {first:?} on"
        );
    }
    let every = played(&steps, &(1..steps.len()).collect::<Vec<_>>());
    assert!(every == whole, "a restart before every step");
}

#[test]
fn a_gauge_that_falls_silent_at_the_worst_time_does_not_end_its_advice() {
    let mut engine = Engine::new(reference().clone());
    let silent: Timestamp = "2016-08-30T21:00:00Z".parse().unwrap();
    let mut highest = None;
    for step in steps() {
        for reading in &step.arrives {
            engine.take(reading);
        }
        let advice = engine.evaluate(step.as_of).unwrap();
        let now = advice
            .proposals
            .iter()
            .filter(|p| p.key.river == "十勝川")
            .map(|p| p.key.level)
            .max();
        if step.as_of <= silent {
            highest = highest.max(now);
        }
        if step.as_of >= silent && step.as_of < silent + SignedDuration::from_hours(3) {
            assert!(
                now >= highest && now >= Some(OrderLevel::ElderlyEvacuation),
                "{}: {now:?}",
                step.as_of
            );
        }
    }
    assert!(
        Config::defaults().sensors.cadence_s <= 3600,
        "silence of hours is silence"
    );
}

/// Recomputes the record.
fn recomputed(desk: &Desk) -> Recomputed {
    let config = Config::defaults();
    desk.store
        .read(|view| {
            Ok(replay::record(reference(), view, |files| {
                hinan::town::models_of(&config, files)
            }))
        })
        .unwrap()
        .unwrap()
}

#[test]
fn a_record_with_starts_in_it_is_recomputed_and_what_an_earlier_program_worked_out_is_gone_through_and_counted()
 {
    let home = tempfile::tempdir().unwrap();
    let mut desk = Desk::opened(home.path());
    let steps = steps();
    for (n, step) in steps.iter().enumerate() {
        // Starts before the storm, at its height while 帯広 is silent and its advice is held, and after.
        if [3, steps.len() / 2, steps.len() / 2 + 1, steps.len() - 2].contains(&n) {
            drop(desk);
            desk = Desk::opened(home.path());
        }
        desk.program = if n < 4 { PROGRAM - 1 } else { PROGRAM };
        desk.works(step);
    }
    let found = recomputed(&desk);
    assert_eq!(
        found,
        Recomputed {
            evaluations: steps.len(),
            same: steps.len() - 4,
            earlier: 4,
            differ: 0,
            first: Vec::new(),
        }
    );
}

#[test]
fn the_record_keeps_what_stood_last_and_what_a_start_went_on_from_and_nothing_more() {
    let home = tempfile::tempdir().unwrap();
    let mut desk = Desk::opened(home.path());
    let steps = steps();
    let mut by_the_clock = 0;
    for (n, step) in steps.iter().enumerate() {
        if n == steps.len() / 2 {
            drop(desk);
            desk = Desk::opened(home.path());
        }
        desk.works(step);
        // Evaluations without news, ten seconds apart: nothing is written out for them, unless the clock alone gives an answer
        // another way, as when a gauge has been silent for too long.
        let before = bodies(home.path());
        for s in 1..4 {
            desk.works(&Step {
                as_of: step.as_of + SignedDuration::from_secs(s * 10),
                arrives: Vec::new(),
            });
        }
        let after = bodies(home.path());
        by_the_clock += usize::from(after != before);
        assert!(after.0 <= 2, "step {n}: {after:?}");
    }
    assert!(
        by_the_clock * 10 <= steps.len(),
        "{by_the_clock} of {}",
        steps.len()
    );
}

/// How many bodies the record holds, and the newest one's evaluation.
fn bodies(home: &std::path::Path) -> (i64, i64) {
    let record = rusqlite::Connection::open(home.join("hinan.sqlite3")).unwrap();
    let count = "SELECT count(*), coalesce(max(evaluation), 0) FROM stood";
    record
        .query_row(count, [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
}
