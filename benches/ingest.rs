//! How many readings a second become durable, from arrival to acknowledgement?
//!
//! Budget: 20,000 readings a second on two cores. Beside it, in the same run: the limit (the same rows put into SQLite in the
//! same batches, with nothing decoded, checked or asked), and a peer that a town could install instead: mosquitto with its
//! persistence, which writes what it holds now and then and acknowledges before it has.

#![expect(clippy::print_stdout, reason = "the figures are its result")]

use std::sync::Arc;
use std::time::Duration;

use hinan::app::{App, Picture};
use hinan::arrivals::{Ack, Message, arrivals};
use hinan::clock::{EventClock, monotonic};
use hinan::config::Config;
use hinan::engine::Engine;
use hinan::intake::Intake;
use hinan::publish::dispatch::Dispatch;
use hinan::realm::Realm;
use hinan::store::Store;
use hinan_town::{
    Acknowledged, Level, Mosquitto, SeededChance, TownPlan, message, pour, storm, this_hour, topic,
};
use jiff::SignedDuration;
use tokio::sync::{mpsc, watch};

const READINGS: usize = 200_000;
const BATCH: usize = 2000;
const GATEWAYS: usize = 4;
const BUDGET_PER_S: f64 = 20_000.0;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let levels = levels();
    println!(
        "{READINGS} native readings of {} gauges",
        storm().gauges().len()
    );
    told("limit: raw SQLite inserts, nothing decoded", raw(&levels));
    let intake = runtime.block_on(through_the_intake(&levels));
    told("intake: decoded, checked, kept, acknowledged", intake);
    let served = runtime.block_on(through_the_service(&levels));
    told("service: the same over MQTT, QoS 1, four gateways", served);
    match runtime.block_on(into_mosquitto(&levels)) {
        Some(took) => told("peer: mosquitto with persistence, the same gateways", took),
        None => println!("  peer: no mosquitto here"),
    }
    for (way, took) in [("the intake", intake), ("the service", served)] {
        let rate = READINGS as f64 / took.as_secs_f64();
        assert!(
            rate >= BUDGET_PER_S,
            "{way}: {rate:.0} a second; the budget is {BUDGET_PER_S}"
        );
    }
}

fn told(what: &str, took: Duration) {
    let rate = READINGS as f64 / took.as_secs_f64();
    println!("  {what:56} {rate:9.0} /s  ({took:.2?})");
}

/// Levels of the whole basin within the past six days, oldest first, as a backlog of gauges would come.
fn levels() -> Vec<Level> {
    let gauges: Vec<String> = storm().gauges().to_vec();
    let first = this_hour() - SignedDuration::from_hours(6 * 24);
    let mut chance = SeededChance::new(2016);
    (0..READINGS)
        .map(|n| {
            let seconds = i64::try_from(n / gauges.len()).expect("a small number") * 60;
            let level = u32::try_from(chance.between(3000, 3040)).expect("a small number");
            Level {
                station: gauges[n % gauges.len()].clone(),
                at: first + SignedDuration::from_secs(seconds),
                level_m: f64::from(level) / 100.0,
            }
        })
        .collect()
}

fn raw(levels: &[Level]) -> Duration {
    let gauges: Vec<String> = storm().gauges().to_vec();
    let home = tempfile::tempdir().expect("a folder");
    let mut db = rusqlite::Connection::open(home.path().join("raw.sqlite3")).expect("a database");
    db.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE reading (at_ms INTEGER NOT NULL, series INTEGER \
         NOT NULL, value REAL NOT NULL, flag INTEGER NOT NULL, late_ms INTEGER NOT NULL, historic INTEGER NOT NULL, seq \
         INTEGER NOT NULL, PRIMARY KEY (at_ms, series)) STRICT, WITHOUT ROWID;",
    )
    .expect("a table");
    let began = monotonic();
    for (batch, rows) in levels.chunks(BATCH).enumerate() {
        let tx = db.transaction().expect("a transaction");
        for (n, level) in rows.iter().enumerate() {
            let seq = batch * BATCH + n;
            let row = rusqlite::params![
                level.at.as_millisecond(),
                (seq % gauges.len()) as i64,
                level.level_m,
                seq as i64
            ];
            tx.prepare_cached("INSERT INTO reading VALUES (?1, ?2, ?3, 1, 0, 0, ?4)")
                .and_then(|mut insert| insert.execute(row))
                .expect("a row");
        }
        tx.commit().expect("a commit");
    }
    monotonic().duration_since(began)
}

async fn through_the_intake(levels: &[Level]) -> Duration {
    let home = tempfile::tempdir().expect("a folder");
    let config = Config::defaults();
    let reference = hinan::town::load(&config).expect("the built-in town loads");
    let store = Store::open(home.path(), Realm::Exercise, &reference.town.code).expect("a record");
    let clock = EventClock::present();
    let engine = Engine::new(reference.clone());
    let first = Picture {
        advice: engine.preview(clock.now()).expect("a history"),
        situation: engine.situation().clone(),
        official: Arc::clone(engine.official()),
        external: Arc::clone(engine.external()),
    };
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
    let intake = Intake::new(app, engine, (0, 0));
    let (stop, stopped) = watch::channel(false);
    let working = tokio::spawn(intake.run(arrived, stopped));
    let messages: Vec<(String, Vec<u8>)> = levels
        .iter()
        .map(|level| (topic(&level.station), message(level, 0)))
        .collect();
    let (done, mut acknowledged) = mpsc::unbounded_channel();
    let began = monotonic();
    for (topic, payload) in messages {
        let done = done.clone();
        let message = Message {
            topic,
            payload: payload.into(),
            cut_from_bytes: None,
            device: None,
            retained: false,
            ack: Ack::Told(Box::new(move || {
                // Whoever counted is gone only when this bench is over.
                let _ = done.send(());
            })),
        };
        to_intake.send(message).await.expect("the intake works");
    }
    for _ in 0..levels.len() {
        acknowledged
            .recv()
            .await
            .expect("every one is acknowledged");
    }
    let took = monotonic().duration_since(began);
    let _ = stop.send(true);
    working
        .await
        .expect("the intake ends")
        .expect("and ends well");
    took
}

async fn through_the_service(levels: &[Level]) -> Duration {
    let plan = TownPlan::of(env!("CARGO_BIN_EXE_hinan"));
    let mut town = plan
        .opens()
        .await
        .expect("the embedded broker needs nothing");
    let took = poured(town.mqtt, levels).await;
    town.closes().await;
    took
}

async fn into_mosquitto(levels: &[Level]) -> Option<Duration> {
    let broker = Mosquitto::start().await?;
    // A session that is away, for which it must keep every message.
    let mut options = rumqttc::MqttOptions::new("away", "127.0.0.1", broker.port);
    options.set_clean_session(false);
    let (client, mut events) = rumqttc::AsyncClient::new(options, 10);
    client
        .try_subscribe("hinan/v1/readings/+", rumqttc::QoS::AtLeastOnce)
        .expect("there is room");
    loop {
        let event = events.poll().await.expect("mosquitto answers");
        if matches!(event, rumqttc::Event::Incoming(rumqttc::Packet::SubAck(_))) {
            break;
        }
    }
    drop((client, events));
    Some(poured(broker.port, levels).await)
}

/// Four gateways at once, until every reading is acknowledged.
async fn poured(port: u16, levels: &[Level]) -> Duration {
    let messages: Vec<(usize, String, Vec<u8>)> = levels
        .iter()
        .enumerate()
        .map(|(n, level)| (n, topic(&level.station), message(level, n as u64)))
        .collect();
    let acknowledged = Acknowledged::default();
    let lanes: Vec<Vec<(usize, String, Vec<u8>)>> = (0..GATEWAYS)
        .map(|lane| {
            messages
                .iter()
                .skip(lane)
                .step_by(GATEWAYS)
                .cloned()
                .collect()
        })
        .collect();
    let began = monotonic();
    let pouring: Vec<_> = lanes
        .into_iter()
        .enumerate()
        .map(|(lane, own)| {
            let acknowledged = acknowledged.clone();
            tokio::spawn(async move {
                pour(port, &format!("gateway-{lane}"), &own, &acknowledged).await
            })
        })
        .collect();
    for lane in pouring {
        assert!(
            lane.await.expect("a gateway ends"),
            "every reading is acknowledged"
        );
    }
    monotonic().duration_since(began)
}
