//! Readings that were acknowledged survive anything: the power fails twenty times in the middle of the work, and five times
//! that of the town's broker with it.
//!
//! 50,000 readings here; `HINAN_POWER_CUT_READINGS=200000` makes it as many as one likes.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use hinan_town::{
    Acknowledged, Device, Level, SeededChance, Town, TownPlan, eventually, message, pour, storm,
    this_hour, topic, total, within,
};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OpenFlags};

use crate::HINAN;

const ROUNDS: usize = 20;
const READINGS: usize = 50_000;
/// In every so many rounds the broker loses its power, too.
const BROKER_FAILS_EVERY: usize = 4;
const PUBLISHERS: usize = 4;
const PATIENCE: Duration = Duration::from_secs(120);

/// How many readings are sent, all rounds together.
fn readings() -> usize {
    std::env::var("HINAN_POWER_CUT_READINGS").map_or(READINGS, |asked| {
        let asked: usize = asked.parse().expect("a number of readings");
        asked.div_ceil(ROUNDS) * ROUNDS
    })
}

type Message = (usize, String, Vec<u8>);

/// Levels of the whole basin, each at a time of its own within the past six days, oldest first.
fn levels() -> Vec<Level> {
    let gauges: Vec<String> = storm().gauges().to_vec();
    let readings = readings();
    let per_gauge = readings.div_ceil(gauges.len());
    // Six days, whatever the number.
    let apart = 6 * 86_400 / i64::try_from(per_gauge).unwrap() - 1;
    let first = this_hour() - SignedDuration::from_hours(6 * 24);
    let mut chance = SeededChance::new(2016);
    let mut levels = Vec::with_capacity(readings);
    for step in 0..per_gauge {
        for gauge in &gauges {
            let seconds = i64::try_from(step).unwrap() * apart;
            // Two decimals, as gauges report.
            let level_m = f64::from(u32::try_from(chance.between(3000, 3400)).unwrap()) / 100.0;
            levels.push(Level {
                station: gauge.clone(),
                at: first + SignedDuration::from_secs(seconds),
                level_m,
            });
        }
    }
    levels.truncate(readings);
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

/// How many readings are stored from this time on; those before it are marks of the tests themselves.
fn stored_count(dir: &Path, from: Timestamp) -> usize {
    let db =
        Connection::open_with_flags(dir.join("hinan.sqlite3"), OpenFlags::SQLITE_OPEN_READ_ONLY)
            .unwrap();
    let rows: i64 = db
        .query_row(
            "SELECT count(*) FROM reading WHERE at_ms >= ?1",
            [from.as_millisecond()],
            |row| row.get(0),
        )
        .unwrap();
    usize::try_from(rows).unwrap()
}

/// Every stored level by station and second. Each is there once, at a place of its own in the order of arrival.
fn stored(town: &Town) -> BTreeMap<(String, i64), f64> {
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
    stored
}

/// Every acknowledged reading is there exactly once, and nothing else is.
fn is_exactly_what_was_said(
    town: &Town,
    levels: &[Level],
    sent: usize,
    acknowledged: &Acknowledged,
) {
    let mut stored = stored(town);
    stored.retain(|(_, at_s), _| *at_s >= levels[0].at.as_second());
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
        let sent = round * levels.len() / ROUNDS;
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
        "{} of {} were acknowledged before the last cut",
        acknowledged.count(),
        levels.len()
    );
    for gateway in publish(town.mqtt, &owed, &acknowledged) {
        assert!(
            gateway.await.unwrap(),
            "without a cut everything is acknowledged"
        );
    }
    assert_eq!(acknowledged.count(), levels.len());
    is_exactly_what_was_said(&town, &levels, levels.len(), &acknowledged);
    assert_eq!(stored_count(&town.data_dir(), levels[0].at), levels.len());
    town.closes().await;
}

/// The town's broker keeps its own promise only between its power cuts: it acknowledges before it has written. So what it
/// lost itself is found out after each of them and sent again, as a gauge does that is asked for its memory; nothing else may
/// be missing, and nothing may be there twice.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_broker_of_the_town_took_arrives_once_through_twenty_power_cuts_of_ours_and_five_of_its_own()
 {
    let Some(mut town) = TownPlan::of(HINAN).with_mosquitto().opens().await else {
        return;
    };
    let levels = levels();
    let messages = messages(&levels);
    let per_round = levels.len() / ROUNDS;
    let acknowledged = Acknowledged::default();
    let mut chance = SeededChance::new(2);
    let mut lost_by_the_broker = 0;
    for round in 1..=ROUNDS {
        let from = (round - 1) * per_round;
        let sent = from + per_round;
        let broker_fails = round % BROKER_FAILS_EVERY == 0;
        if broker_fails {
            // The rounds before had cuts of ours only: of what they sent nothing may be missing.
            arrives(&town, &levels, from).await;
        }
        let before = total(&town.metrics().await, "hinan_packets_total");
        let gateways = publish(town.mqtt, &messages[from..sent], &acknowledged);
        // Packets are counted anew at each start; what was left behind comes again first.
        let until = before + chance.between(1, per_round as u64) as f64;
        within(PATIENCE, "some more have arrived", || async {
            (total(&town.metrics().await, "hinan_packets_total") >= until).then_some(())
        })
        .await;
        tokio::time::sleep(Duration::from_micros(chance.between(0, 20_000))).await;
        town.power_fails();
        if broker_fails {
            town.mosquitto().power_fails();
        }
        for gateway in gateways {
            let all = gateway.await.unwrap();
            assert!(all || broker_fails, "the broker of the town stays");
        }
        if broker_fails {
            town.mosquitto().comes_back().await;
        }
        is_exactly_what_was_said(&town, &levels, sent, &Acknowledged::default());
        town.starts().await;
        if broker_fails {
            lost_by_the_broker +=
                sent_again(&town, &levels, &messages[..sent], &acknowledged, round).await;
        }
    }
    assert_eq!(acknowledged.count(), levels.len());
    arrives(&town, &levels, levels.len()).await;
    is_exactly_what_was_said(&town, &levels, levels.len(), &acknowledged);
    eprintln!(
        "{} readings, {ROUNDS} cuts of ours, {} of the broker, which lost {lost_by_the_broker} that it had acknowledged",
        levels.len(),
        ROUNDS / BROKER_FAILS_EVERY
    );
    eventually("the service is ready", || async {
        let ready = town.resident().gets("/readyz").await;
        ready.status.is_success().then_some(())
    })
    .await;
    town.closes().await;
}

/// Waits until so many readings are stored.
async fn arrives(town: &Town, levels: &[Level], readings: usize) {
    let (dir, first) = (town.data_dir(), levels[0].at);
    within(PATIENCE, "everything has arrived", || {
        let stored = stored_count(&dir, first);
        async move { (stored >= readings).then_some(()) }
    })
    .await;
}

/// After a power cut of the broker: sends what it had not acknowledged, then what it had acknowledged and lost. Says how
/// many those were.
async fn sent_again(
    town: &Town,
    levels: &[Level],
    sent: &[Message],
    acknowledged: &Acknowledged,
    round: usize,
) -> usize {
    for gateway in publish(town.mqtt, &unacknowledged(sent, acknowledged), acknowledged) {
        assert!(gateway.await.unwrap(), "the broker is back");
    }
    // The broker hands over in order: when what comes last is here, everything it still had is here.
    let last = Level {
        at: levels[0].at - SignedDuration::from_secs(i64::try_from(round).unwrap()),
        ..levels[0].clone()
    };
    let mut gateway = Device::connects(town.mqtt, "last-of-all").await;
    assert!(
        gateway
            .says(&topic(&last.station), &message(&last, 0))
            .await
    );
    let last_key = (last.station.clone(), last.at.as_second());
    within(PATIENCE, "the last of all has arrived", || async {
        stored(town).contains_key(&last_key).then_some(())
    })
    .await;
    let here = stored(town);
    let lost: Vec<Message> = sent
        .iter()
        .filter(|(n, ..)| {
            let level = &levels[*n];
            !here.contains_key(&(level.station.clone(), level.at.as_second()))
        })
        .cloned()
        .collect();
    for gateway in publish(town.mqtt, &lost, &Acknowledged::default()) {
        assert!(gateway.await.unwrap(), "the broker stays");
    }
    lost.len()
}
