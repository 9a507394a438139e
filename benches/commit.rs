//! How fast readings become durable: one group commit of the intake's largest batch.

use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use hinan::realm::Realm;
use hinan::store::Store;
use hinan::store::readings::{Kept, LEVEL, Value};
use hinan_sensors::Reading;
use hinan_sensors::quality::Flag;
use hinan_town::{SeededChance, storm};
use jiff::{SignedDuration, Timestamp};

const BATCH: usize = 2000;

/// The `n`-th batch: levels of the whole basin with a fixed seed, each batch at times of its own.
fn batch(n: usize, gauges: &[String]) -> Vec<Reading> {
    let mut chance = SeededChance::new(n as u64);
    let start: Timestamp = "2016-08-30T00:00:00Z"
        .parse()
        .expect("a fixed and valid time");
    (0..BATCH)
        .map(|i| {
            let row = (n * BATCH + i) / gauges.len();
            let level = u32::try_from(chance.between(3000, 3900)).expect("a small number");
            Reading {
                station: gauges[i % gauges.len()]
                    .parse()
                    .expect("the storm names stations"),
                at: start + SignedDuration::from_secs((row * BATCH + n) as i64),
                level_m: f64::from(level) / 100.0,
                sequence: Some(i as u64),
            }
        })
        .collect()
}

fn store_commits(store: &Store, readings: &[Reading], first_seq: i64) {
    store
        .write(|tx| {
            for (reading, seq) in readings.iter().zip(first_seq..) {
                let series = tx.series_number(&reading.station, LEVEL)?;
                let (at, value) = (reading.at, reading.level_m);
                assert_eq!(tx.compare_reading(series, at, value)?, Kept::New);
                let new = Value {
                    at,
                    value,
                    flag: Flag::Good,
                    received_at: at,
                    historic: false,
                    seq,
                };
                tx.put_reading(series, &new)?;
            }
            Ok(())
        })
        .expect("the record can be written");
}

/// The same rows without anything of ours around them.
fn raw_inserts(
    db: &mut rusqlite::Connection,
    readings: &[Reading],
    gauges: &[String],
    first_seq: i64,
) {
    let tx = db.transaction().expect("a transaction");
    {
        let mut insert = tx
            .prepare_cached("INSERT INTO reading VALUES (?2, ?1, ?3, 1, 0, 0, ?4)")
            .expect("a statement");
        for (reading, seq) in readings.iter().zip(first_seq..) {
            let station = gauges.iter().position(|g| g == reading.station.as_str());
            let station = station.and_then(|n| i64::try_from(n).ok());
            insert
                .execute(rusqlite::params![
                    station,
                    reading.at.as_millisecond(),
                    reading.level_m,
                    seq
                ])
                .expect("a row");
        }
    }
    tx.commit().expect("a commit");
}

// Budget: 100 ms for 2000 readings with fsync, and at most three times the raw inserts of the same rows. A device
// waits for this commit before it is acknowledged; a prefecture of 600 gauges that report every ten minutes sends
// one reading a second, so even the backlog of a night (21 600) is safe in some two seconds.
fn commit_2000_readings(c: &mut Criterion) {
    let gauges: Vec<String> = storm().gauges().to_vec();
    let mut group = c.benchmark_group("commit_2000_readings");
    group.throughput(Throughput::Elements(BATCH as u64));
    group.sample_size(20);
    group.bench_function("store", |b| {
        let home = tempfile::tempdir().expect("a folder");
        let store = Store::open(home.path(), Realm::Exercise, "012076").expect("a record");
        let mut n = 0;
        b.iter_custom(|times| {
            timed(times, |_| {
                n += 1;
                let readings = batch(n, &gauges);
                clocked(|| store_commits(&store, &readings, (n * BATCH) as i64))
            })
        });
    });
    group.bench_function("raw_sqlite", |b| {
        let home = tempfile::tempdir().expect("a folder");
        let mut db =
            rusqlite::Connection::open(home.path().join("raw.sqlite3")).expect("a database");
        db.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE reading (at_ms INTEGER NOT NULL, \
             series INTEGER NOT NULL, value REAL NOT NULL, flag INTEGER NOT NULL, late_ms INTEGER NOT NULL, \
             historic INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (at_ms, series)) STRICT, WITHOUT ROWID;",
        )
        .expect("a table");
        let mut n = 0;
        b.iter_custom(|times| {
            timed(times, |_| {
                n += 1;
                let readings = batch(n, &gauges);
                clocked(|| raw_inserts(&mut db, &readings, &gauges, (n * BATCH) as i64))
            })
        });
    });
    group.finish();
}

fn timed(times: u64, once: impl FnMut(u64) -> Duration) -> Duration {
    (0..times).map(once).sum()
}

/// Real time of one piece of work; making its input does not count.
fn clocked(work: impl FnOnce()) -> Duration {
    let began: Instant = hinan::clock::monotonic();
    work();
    hinan::clock::monotonic().duration_since(began)
}

criterion_group!(benches, commit_2000_readings);
criterion_main!(benches);
