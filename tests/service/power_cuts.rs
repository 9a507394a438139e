//! Readings that were acknowledged survive anything: the power fails twenty times in the middle of the work.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use hinan_town::{
    Acknowledged, Level, SeededChance, Town, TownPlan, eventually, message, pour, storm, this_hour,
    topic, total, within,
};
use jiff::SignedDuration;
use rusqlite::{Connection, OpenFlags};

use crate::HINAN;

const ROUNDS: usize = 20;
const READINGS: usize = 50_000;
const PER_ROUND: usize = READINGS / ROUNDS;
const PUBLISHERS: usize = 4;
const PATIENCE: Duration = Duration::from_secs(120);

type Message = (usize, String, Vec<u8>);

/// Levels of the whole basin, each at a time of its own within the past six days, oldest first.
fn levels() -> Vec<Level> {
    let gauges: Vec<String> = storm().gauges().to_vec();
    let per_gauge = READINGS.div_ceil(gauges.len());
    let first = this_hour() - SignedDuration::from_hours(6 * 24);
    let mut chance = SeededChance::new(2016);
    let mut levels = Vec::with_capacity(READINGS);
    for step in 0..per_gauge {
        for gauge in &gauges {
            let seconds = i64::try_from(step).unwrap() * 310;
            // Two decimals, as gauges report.
            let level_m = f64::from(u32::try_from(chance.between(3000, 3400)).unwrap()) / 100.0;
            levels.push(Level {
                station: gauge.clone(),
                at: first + SignedDuration::from_secs(seconds),
                level_m,
            });
        }
    }
    levels.truncate(READINGS);
    levels
}

fn messages(levels: &[Level]) -> Vec<Message> {
    levels
        .iter()
        .enumerate()
        .map(|(n, level)| (n, topic(&level.station), message(level, n as u64)))
        .collect()
}

/// Four gateways at once; each ends when all its messages are acknowledged or its connection is lost.
fn publish(
    port: u16,
    owed: &[Message],
    acknowledged: &Acknowledged,
) -> Vec<tokio::task::JoinHandle<bool>> {
    (0..PUBLISHERS)
        .map(|lane| {
            let own: Vec<Message> = owed
                .iter()
                .skip(lane)
                .step_by(PUBLISHERS)
                .cloned()
                .collect();
            let acknowledged = acknowledged.clone();
            tokio::spawn(async move {
                pour(port, &format!("gateway-{lane}"), &own, &acknowledged).await
            })
        })
        .collect()
}

fn unacknowledged(sent: &[Message], acknowledged: &Acknowledged) -> Vec<Message> {
    sent.iter()
        .filter(|(n, ..)| !acknowledged.has(*n))
        .cloned()
        .collect()
}

fn look(town: &Town) -> Connection {
    Connection::open_with_flags(
        town.data_dir().join("hinan.sqlite3"),
        OpenFlags::SQLITE_OPEN_READ_ONLY,
    )
    .unwrap()
}

fn stored_count(dir: &Path) -> usize {
    let db =
        Connection::open_with_flags(dir.join("hinan.sqlite3"), OpenFlags::SQLITE_OPEN_READ_ONLY)
            .unwrap();
    let rows: i64 = db
        .query_row("SELECT count(*) FROM reading", [], |row| row.get(0))
        .unwrap();
    usize::try_from(rows).unwrap()
}

/// Every acknowledged reading is there exactly once, and nothing else is.
fn is_exactly_what_was_said(
    town: &Town,
    levels: &[Level],
    sent: usize,
    acknowledged: &Acknowledged,
) {
    let db = look(town);
    let mut statement = db
        .prepare("SELECT s.name, r.at_ms / 1000, r.value, r.seq FROM reading r JOIN series e ON e.id = r.series \
             JOIN station s ON s.id = e.station")
        .unwrap();
    let mut stored: BTreeMap<(String, i64), f64> = BTreeMap::new();
    let mut orders = std::collections::BTreeSet::new();
    let rows = statement
        .query_map([], |row| {
            Ok((
                (row.get(0)?, row.get(1)?),
                row.get(2)?,
                row.get::<_, i64>(3)?,
            ))
        })
        .unwrap();
    for row in rows {
        let (key, level_m, seq) = row.unwrap();
        assert!(stored.insert(key, level_m).is_none(), "once only");
        assert!(
            orders.insert(seq),
            "no two readings have one place in the order of arrival"
        );
    }
    let said: BTreeMap<(String, i64), f64> = levels
        .iter()
        .take(sent)
        .map(|level| ((level.station.clone(), level.at.as_second()), level.level_m))
        .collect();
    for (key, level_m) in &stored {
        let known = said
            .get(key)
            .is_some_and(|said| said.to_bits() == level_m.to_bits());
        assert!(known, "never sent: {key:?} {level_m}");
    }
    let lost: Vec<usize> = (0..sent)
        .filter(|n| acknowledged.has(*n))
        .filter(|n| !stored.contains_key(&(levels[*n].station.clone(), levels[*n].at.as_second())))
        .collect();
    assert!(
        lost.is_empty(),
        "{} acknowledged readings are lost, the first is {:?}",
        lost.len(),
        lost.first()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_readings_survive_twenty_power_cuts() {
    let mut town = TownPlan::of(HINAN).opens().await.unwrap();
    let levels = levels();
    let messages = messages(&levels);
    let acknowledged = Acknowledged::default();
    let mut chance = SeededChance::new(1);
    let mut cut_short = 0;
    for round in 1..=ROUNDS {
        let sent = round * PER_ROUND;
        let owed = unacknowledged(&messages[..sent], &acknowledged);
        let gateways = publish(town.mqtt, &owed, &acknowledged);
        // Somewhere between the first acknowledgements and the last.
        let most = owed.len() as u64;
        let until = acknowledged.count() + usize::try_from(chance.between(1, most)).unwrap();
        within(PATIENCE, "some more are acknowledged", || async {
            (acknowledged.count() >= until).then_some(())
        })
        .await;
        tokio::time::sleep(Duration::from_micros(chance.between(0, 20_000))).await;
        town.power_fails();
        for gateway in gateways {
            if !gateway.await.unwrap() {
                cut_short += 1;
            }
        }
        is_exactly_what_was_said(&town, &levels, sent, &acknowledged);
        town.starts().await;
    }
    assert!(
        cut_short > ROUNDS,
        "the cuts came in the middle of the work ({cut_short} connections)"
    );

    let owed = unacknowledged(&messages, &acknowledged);
    eprintln!(
        "{} of {READINGS} were acknowledged before the last cut",
        acknowledged.count()
    );
    for gateway in publish(town.mqtt, &owed, &acknowledged) {
        assert!(
            gateway.await.unwrap(),
            "without a cut everything is acknowledged"
        );
    }
    assert_eq!(acknowledged.count(), READINGS);
    is_exactly_what_was_said(&town, &levels, READINGS, &acknowledged);
    assert_eq!(stored_count(&town.data_dir()), READINGS);
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_broker_of_the_town_took_arrives_once_through_twenty_power_cuts_of_ours() {
    let Some(mut town) = TownPlan::of(HINAN).with_mosquitto().opens().await else {
        return;
    };
    let levels = levels();
    let messages = messages(&levels);
    let acknowledged = Acknowledged::default();
    let mut chance = SeededChance::new(2);
    for round in 1..=ROUNDS {
        let from = (round - 1) * PER_ROUND;
        let gateways = publish(town.mqtt, &messages[from..from + PER_ROUND], &acknowledged);
        // Packets are counted anew at each start; what was left behind comes again first.
        let until = chance.between(1, PER_ROUND as u64) as f64;
        within(PATIENCE, "some more have arrived", || async {
            (total(&town.metrics().await, "hinan_packets_total") >= until).then_some(())
        })
        .await;
        tokio::time::sleep(Duration::from_micros(chance.between(0, 20_000))).await;
        town.power_fails();
        for gateway in gateways {
            assert!(gateway.await.unwrap(), "the broker of the town stays");
        }
        is_exactly_what_was_said(&town, &levels, from + PER_ROUND, &Acknowledged::default());
        town.starts().await;
    }
    assert_eq!(acknowledged.count(), READINGS);
    let dir = town.data_dir();
    within(PATIENCE, "everything has arrived", || {
        let stored = stored_count(&dir);
        async move { (stored >= READINGS).then_some(()) }
    })
    .await;
    is_exactly_what_was_said(&town, &levels, READINGS, &acknowledged);
    eventually("the service is ready", || async {
        let ready = town.resident().gets("/readyz").await;
        ready.status.is_success().then_some(())
    })
    .await;
    town.closes().await;
}
