//! Can the service bear a nation? 4,000 gauges with four days behind them, all of which report within one second.
//!
//! Budget: 99 of 100 readings are in the situation that officers see within 250 ms after they arrived, and the process never
//! holds more than 300 MB. The limit stands beside it in the same run: what one commit and one evaluation take alone.

#![expect(clippy::print_stdout, reason = "the figures are its result")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hinan::app::{App, Picture};
use hinan::arrivals::{Ack, Message, arrivals};
use hinan::clock::{EventClock, monotonic};
use hinan::config::Config;
use hinan::engine::Engine;
use hinan::intake::Intake;
use hinan::publish::dispatch::Dispatch;
use hinan::realm::Realm;
use hinan::store::Store;
use hinan_sensors::{Reading, StationId, native_payload};
use hinan_town::{SeededChance, most_memory, nation};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

const GAUGES: u32 = 4_000;
const BEHIND_H: i64 = 96;
const CADENCE_S: i64 = 600;
const BURSTS: usize = 5;
const WITHIN: Duration = Duration::from_millis(250);
const MEMORY_MAX: u64 = 300_000_000;

/// Four days of every gauge, in the order in which they would have arrived.
fn with_its_past(engine: &mut Engine, stations: &[StationId], until: Timestamp) {
    let mut chance = SeededChance::new(4000);
    for step in (1..=BEHIND_H * 3600 / CADENCE_S).rev() {
        for station in stations {
            let level = u32::try_from(chance.between(30_000, 30_400)).expect("a small number");
            engine.take(&Reading {
                station: station.clone(),
                at: until - SignedDuration::from_secs(step * CADENCE_S),
                level_m: f64::from(level) / 1000.0,
                sequence: None,
            });
        }
    }
}

/// A reading on its way: when it was handed over and what time it carries.
type UnderWay = BTreeMap<StationId, (Instant, Timestamp)>;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let met = runtime.block_on(measured());
    assert!(met, "the budget is not met");
}

async fn measured() -> bool {
    let home = tempfile::tempdir().expect("a folder");
    let reference = nation(GAUGES as usize);
    let stations: Vec<StationId> = reference.stations.iter().map(|s| s.id.clone()).collect();
    let clock = EventClock::present();
    let mut engine = Engine::new(reference.clone());
    with_its_past(&mut engine, &stations, clock.now());
    let (alone, advice) = timed(|| engine.preview(clock.now()).expect("a history"));
    let (copying, situation) = timed(|| engine.situation().clone());
    println!("{GAUGES} gauges with {BEHIND_H} h behind them");
    println!("  limit: one evaluation alone {alone:.1?}, a copy of the situation {copying:.1?}");
    println!(
        "  limit: one commit of all alone {:.1?}",
        commit_alone(&stations)
    );

    let store = Store::open(home.path(), Realm::Exercise, &reference.town.code).expect("a record");
    let official = Arc::clone(engine.official());
    let external = Arc::clone(engine.external());
    let first = Picture {
        advice,
        situation,
        official,
        external,
    };
    let config = Config::defaults();
    let (to_intake, arrived) = arrivals(4096, config.sensors.waiting_max_bytes);
    let app = Arc::new(App::new(
        config,
        clock,
        store,
        reference,
        first,
        None,
        Dispatch::plain(),
    ));
    let intake = Intake::new(Arc::clone(&app), engine, (0, 0));
    let (stop, stopped) = watch::channel(false);
    let working = tokio::spawn(intake.run(arrived, stopped));

    let mut in_picture = Vec::new();
    let mut last = app.picture();
    let acknowledged = Arc::new(Mutex::new(Vec::new()));
    for _ in 0..BURSTS {
        let mut under_way = UnderWay::new();
        let began = monotonic();
        for (n, station) in (0..).zip(&stations) {
            let due = began + Duration::from_secs(1) * n / GAUGES;
            while monotonic() < due {
                seen(&app, &mut last, &mut under_way, &mut in_picture);
                tokio::time::sleep(Duration::from_micros(200)).await;
            }
            let at = app.clock.now();
            let handed_over = monotonic();
            under_way.insert(station.clone(), (handed_over, at));
            let acknowledged = Arc::clone(&acknowledged);
            let message = Message {
                topic: format!("hinan/v1/readings/{station}"),
                payload: payload(station, at).into(),
                cut_from_bytes: None,
                device: None,
                retained: false,
                ack: Ack::Told(Box::new(move || {
                    let took = monotonic().duration_since(handed_over);
                    acknowledged.lock().expect("nobody panics here").push(took);
                })),
            };
            to_intake.send(message).await.expect("the intake works");
        }
        while !under_way.is_empty() {
            seen(&app, &mut last, &mut under_way, &mut in_picture);
            tokio::time::sleep(Duration::from_micros(500)).await;
        }
    }
    let _ = stop.send(true);
    working
        .await
        .expect("the intake ends")
        .expect("and ends well");

    let memory = most_memory();
    let p99 = quantile(&mut in_picture, 0.99);
    let mut acknowledged = acknowledged.lock().expect("nobody panics here");
    println!(
        "  {} readings in {BURSTS} bursts of one second: in the situation p50 {:.1?}, p99 {p99:.1?}, last {:.1?}; \
         acknowledged p50 {:.1?}, p99 {:.1?}",
        in_picture.len(),
        quantile(&mut in_picture, 0.5),
        quantile(&mut in_picture, 1.0),
        quantile(&mut acknowledged, 0.5),
        quantile(&mut acknowledged, 0.99),
    );
    let memory_mb = memory.map(|bytes| bytes as f64 / 1e6);
    println!(
        "  most memory held: {memory_mb:.1?} MB; budget p99 {WITHIN:?} and {} MB",
        MEMORY_MAX / 1_000_000
    );
    p99 < WITHIN && memory.is_none_or(|bytes| bytes < MEMORY_MAX)
}

fn payload(station: &StationId, at: Timestamp) -> Vec<u8> {
    native_payload(&Reading {
        station: station.clone(),
        at,
        level_m: 30.25,
        sequence: None,
    })
}

/// Notes which readings the newest picture holds, if it is another one than `last`. Looking costs the processors on which the
/// service works too.
fn seen(
    app: &App,
    last: &mut Arc<Picture>,
    under_way: &mut UnderWay,
    in_picture: &mut Vec<Duration>,
) {
    let picture = app.picture();
    if under_way.is_empty() || Arc::ptr_eq(&picture, last) {
        return;
    }
    *last = Arc::clone(&picture);
    let now = monotonic();
    under_way.retain(|station, (handed_over, at)| {
        let newest = picture.situation.newest(station, Timestamp::MAX);
        let held = newest.is_some_and(|newest| newest.at >= *at);
        if held {
            in_picture.push(now.duration_since(*handed_over));
        }
        !held
    });
}

/// All gauges in one commit, with nothing around it.
fn commit_alone(stations: &[StationId]) -> Duration {
    let home = tempfile::tempdir().expect("a folder");
    let mut db = rusqlite::Connection::open(home.path().join("raw.sqlite3")).expect("a database");
    db.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE reading (at_ms INTEGER NOT NULL, series INTEGER \
         NOT NULL, value REAL NOT NULL, flag INTEGER NOT NULL, late_ms INTEGER NOT NULL, historic INTEGER NOT NULL, seq \
         INTEGER NOT NULL, PRIMARY KEY (at_ms, series)) STRICT, WITHOUT ROWID;",
    )
    .expect("a table");
    timed(|| {
        let tx = db.transaction().expect("a transaction");
        for n in 0..stations.len() {
            let row = rusqlite::params![
                1_472_547_600_000_i64 + n as i64 / 4,
                n as i64,
                30.25,
                n as i64
            ];
            tx.prepare_cached("INSERT INTO reading VALUES (?1, ?2, ?3, 1, 0, 0, ?4)")
                .and_then(|mut insert| insert.execute(row))
                .expect("a row");
        }
        tx.commit().expect("a commit");
    })
    .0
}

fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let began = monotonic();
    let done = work();
    (monotonic().duration_since(began), done)
}

fn quantile(of: &mut [Duration], q: f64) -> Duration {
    of.sort_unstable();
    let last = of.len().saturating_sub(1);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a place in a list"
    )]
    let place = (last as f64 * q).round() as usize;
    of.get(place).copied().unwrap_or_default()
}
