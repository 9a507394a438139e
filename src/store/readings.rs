//! Readings, once each, in the order they arrived.
//!
//! A reading is one value of one quantity of one station at one millisecond. The first that arrives for it stands.

use hinan_sensors::quality::Flag;
use hinan_sensors::{Reading, StationId};
use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};

use super::{StoreError, Tx, View, instant, millis};

/// The quantity that advice is made from, as series are named in the record.
pub const LEVEL: &str = "water_level_m";

/// What became of a reading at the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// New.
    New,
    /// The very same reading was there already.
    Duplicate,
    /// Another value was there for the same series and time; the first stands.
    Conflict,
}

/// A stored water level.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredReading {
    /// The reading.
    pub reading: Reading,
    /// Quality flag given when it arrived.
    pub flag: Flag,
    /// When it arrived.
    pub received_at: Timestamp,
    /// The device had kept it and said so.
    pub historic: bool,
    /// Order of arrival.
    pub seq: i64,
}

/// The newest value of a series.
#[derive(Clone, Debug, PartialEq)]
pub struct Newest {
    /// Station id.
    pub station: StationId,
    /// Name of the quantity, with its unit.
    pub quantity: String,
    /// The device's own time.
    pub at: Timestamp,
    /// In the unit of the quantity.
    pub value: f64,
    /// When it arrived.
    pub received_at: Timestamp,
}

/// One value of the past.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Past {
    /// The device's own time.
    pub at: Timestamp,
    /// In the unit of its quantity.
    pub value: f64,
    /// What quality control says (QARTOD).
    pub flag: u8,
    /// When it arrived.
    pub received_at: Timestamp,
    /// The device had kept it and said so.
    pub historic: bool,
}

/// One value on its way into the record.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Value {
    /// The device's own time; the record keeps whole milliseconds.
    pub at: Timestamp,
    /// In the unit of its quantity.
    pub value: f64,
    /// What quality control said.
    pub flag: Flag,
    /// When it arrived.
    pub received_at: Timestamp,
    /// The device had kept it and says so: it belongs to its own time and rings no alarm.
    pub historic: bool,
    /// Order of arrival.
    pub seq: i64,
}

impl Tx<'_> {
    /// Number of a series in the record, made when it is first needed.
    ///
    /// # Errors
    /// The database's.
    pub fn series_number(&self, station: &StationId, quantity: &str) -> Result<i64, StoreError> {
        let known: Option<i64> = self
            .0
            .prepare_cached(
                "SELECT e.id FROM series e JOIN station s ON s.id = e.station WHERE s.name = ?1 AND e.quantity = ?2",
            )?
            .query_row([station.as_str(), quantity], |row| row.get(0))
            .optional()?;
        if let Some(number) = known {
            return Ok(number);
        }
        self.0
            .prepare_cached("INSERT INTO station (name) VALUES (?1) ON CONFLICT (name) DO NOTHING")?
            .execute([station.as_str()])?;
        self.0
            .prepare_cached(
                "INSERT INTO series (station, quantity) SELECT id, ?2 FROM station WHERE name = ?1",
            )?
            .execute([station.as_str(), quantity])?;
        Ok(self.0.last_insert_rowid())
    }

    /// The number of a series beside the level, made when it is new; `None` where the station has `max` of them already.
    ///
    /// # Errors
    /// The database's.
    pub fn further_series(
        &self,
        station: &StationId,
        quantity: &str,
        max: u32,
    ) -> Result<Option<i64>, StoreError> {
        let (number, count): (Option<i64>, u32) = self
            .0
            .prepare_cached(
                "SELECT max(CASE WHEN e.quantity = ?2 THEN e.id END), count(*) FROM series e JOIN station s ON s.id = e.station \
                 WHERE s.name = ?1",
            )?
            .query_row([station.as_str(), quantity], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        match number {
            Some(number) => Ok(Some(number)),
            None if count >= max => Ok(None),
            None => self.series_number(station, quantity).map(Some),
        }
    }

    /// What is stored for a series and time: nothing, the same value, or another one.
    ///
    /// # Errors
    /// The database's.
    pub fn compare_reading(
        &self,
        series: i64,
        at: Timestamp,
        value: f64,
    ) -> Result<Kept, StoreError> {
        let stored: Option<f64> = self
            .0
            .prepare_cached("SELECT value FROM reading WHERE at_ms = ?1 AND series = ?2")?
            .query_row([millis(at), series], |row| row.get(0))
            .optional()?;
        Ok(match stored {
            None => Kept::New,
            // Minus zero is zero to a river, and to the record.
            Some(kept) if kept.to_bits() == (value + 0.0).to_bits() => Kept::Duplicate,
            Some(_) => Kept::Conflict,
        })
    }

    /// Adds a new reading.
    ///
    /// # Errors
    /// The database's; a second reading for the same time is refused.
    pub fn put_reading(&self, series: i64, new: &Value) -> Result<(), StoreError> {
        self.0
            .prepare_cached("INSERT INTO reading VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
            .execute(params![
                millis(new.at),
                series,
                new.value + 0.0,
                new.flag.qartod(),
                millis(new.received_at) - millis(new.at),
                new.historic,
                new.seq
            ])?;
        Ok(())
    }

    /// Gives a stored reading the flag that a later one showed to be right. The value itself never changes.
    ///
    /// # Errors
    /// The database's.
    pub fn revise_flag(&self, series: i64, at: Timestamp, flag: Flag) -> Result<(), StoreError> {
        self.0
            .prepare_cached("UPDATE reading SET flag = ?3 WHERE at_ms = ?1 AND series = ?2")?
            .execute(params![millis(at), series, flag.qartod()])?;
        Ok(())
    }

    /// Notes the last place given in the order of arrival; to be called in the transaction that gave it.
    ///
    /// # Errors
    /// The database's.
    pub fn put_last_seq(&self, seq: i64) -> Result<(), StoreError> {
        self.0
            .prepare_cached("UPDATE about SET value = ?1 WHERE key = 'last_seq'")?
            .execute([seq.to_string()])?;
        Ok(())
    }
}

impl View<'_> {
    /// The last place given in the order of arrival, zero when nothing has arrived.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn last_seq(&self) -> Result<i64, StoreError> {
        let text: String = self.0.query_row(
            "SELECT value FROM about WHERE key = 'last_seq'",
            [],
            |row| row.get(0),
        )?;
        text.parse().map_err(|why| StoreError::Damaged {
            what: "the last place in the order of arrival".to_owned(),
            why: format!("{text:?}: {why}"),
        })
    }

    /// How many readings there are.
    ///
    /// # Errors
    /// The database's.
    pub fn reading_count(&self) -> Result<u64, StoreError> {
        Ok(super::count(self.0.query_row(
            "SELECT count(*) FROM reading",
            [],
            |row| row.get(0),
        )?))
    }

    /// Hands over the water levels whose own time is `from` or later, in the order they arrived, one by one: a week of
    /// a nation does not fit in memory as a list.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn each_level_since(
        &self,
        from: Timestamp,
        mut each: impl FnMut(StoredReading),
    ) -> Result<(), StoreError> {
        let mut statement = self.0.prepare(
            "SELECT s.name, r.at_ms, r.value, r.flag, r.late_ms, r.historic, r.seq FROM reading r JOIN series e ON e.id = r.series \
             JOIN station s ON s.id = e.station WHERE r.at_ms >= ?1 AND e.quantity = ?2 ORDER BY r.seq",
        )?;
        let mut rows = statement.query(params![millis(from), LEVEL])?;
        while let Some(row) = rows.next()? {
            let name: String = row.get(0)?;
            let at_ms: i64 = row.get(1)?;
            let damaged = |why: String| StoreError::Damaged {
                what: format!("reading {name} {at_ms}"),
                why,
            };
            let station = name.parse().map_err(|e| damaged(format!("{e}")))?;
            let flag = Flag::from_qartod(row.get(3)?).map_err(|e| damaged(e.to_string()))?;
            each(StoredReading {
                reading: Reading {
                    station,
                    at: instant(at_ms)?,
                    level_m: row.get(2)?,
                    sequence: None,
                },
                flag,
                received_at: instant(at_ms + row.get::<_, i64>(4)?)?,
                historic: row.get(5)?,
                seq: row.get(6)?,
            });
        }
        Ok(())
    }

    /// The newest value of each series but levels whose own time is `from` or later.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn newest_since(&self, from: Timestamp) -> Result<Vec<Newest>, StoreError> {
        // SQLite takes the other columns from the row of the maximum.
        let mut statement = self.0.prepare(
            "SELECT s.name, e.quantity, max(r.at_ms), r.value, r.late_ms FROM reading r JOIN series e ON e.id = r.series \
             JOIN station s ON s.id = e.station WHERE r.at_ms >= ?1 AND e.quantity <> ?2 GROUP BY r.series",
        )?;
        let mut rows = statement.query(params![millis(from), LEVEL])?;
        let mut newest = Vec::new();
        while let Some(row) = rows.next()? {
            let name: String = row.get(0)?;
            let at_ms: i64 = row.get(2)?;
            newest.push(Newest {
                station: name.parse().map_err(|why| StoreError::Damaged {
                    what: format!("station {name}"),
                    why: format!("{why}"),
                })?,
                quantity: row.get(1)?,
                at: instant(at_ms)?,
                value: row.get(3)?,
                received_at: instant(at_ms + row.get::<_, i64>(4)?)?,
            });
        }
        Ok(newest)
    }

    /// At most `max` values of one series within a span of time, both ends included, oldest first.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn past(
        &self,
        station: &StationId,
        quantity: &str,
        from: Timestamp,
        to: Timestamp,
        max: u32,
    ) -> Result<Vec<Past>, StoreError> {
        let mut statement = self.0.prepare_cached(
            "SELECT r.at_ms, r.value, r.flag, r.late_ms, r.historic FROM reading r WHERE r.at_ms BETWEEN ?1 AND ?2 \
             AND r.series = (SELECT e.id FROM series e JOIN station s ON s.id = e.station WHERE s.name = ?3 \
             AND e.quantity = ?4) ORDER BY r.at_ms LIMIT ?5",
        )?;
        let mut rows = statement.query(params![
            millis(from),
            millis(to),
            station.as_str(),
            quantity,
            max
        ])?;
        let mut past = Vec::new();
        while let Some(row) = rows.next()? {
            let at_ms: i64 = row.get(0)?;
            past.push(Past {
                at: instant(at_ms)?,
                value: row.get(1)?,
                flag: row.get(2)?,
                received_at: instant(at_ms + row.get::<_, i64>(3)?)?,
                historic: row.get(4)?,
            });
        }
        Ok(past)
    }

    /// The newest device time in the store.
    ///
    /// # Errors
    /// The database's.
    pub fn newest_reading(&self) -> Result<Option<Timestamp>, StoreError> {
        let at_ms: Option<i64> = self
            .0
            .query_row("SELECT max(at_ms) FROM reading", [], |row| row.get(0))?;
        at_ms.map(instant).transpose()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::realm::Realm;
    use crate::store::Store;

    const GAUGES: i64 = 400;
    const ROUNDS: i64 = 300;
    /// What may be kept on disk for one reading, its share of every index and half-full page included.
    const BYTES_MAX: u64 = 40;

    /// SplitMix64: the same feed each time.
    fn draw(state: &mut u64) -> i64 {
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = *state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        i64::try_from((mixed ^ (mixed >> 31)) >> 33).unwrap()
    }

    /// Two days of 400 stations with level and battery, every ten minutes at a second and millisecond of their own, up
    /// to a minute on the way; one in twenty comes an hour late. Levels in millimetres, as gauges report.
    #[test]
    fn a_stored_reading_takes_at_most_forty_bytes_of_disk() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(home.path(), Realm::Actual, "012076").unwrap();
        let start: Timestamp = "2026-09-01T00:00:00Z".parse().unwrap();
        let (mut chance, mut seq, mut held_back) = (2026, 0, Vec::new());
        for round in 0..ROUNDS {
            let mut arriving = std::mem::take(&mut held_back);
            for gauge in 0..GAUGES {
                let wait_ms = round * 600_000 + draw(&mut chance) % 600_000;
                let at = start + SignedDuration::from_millis(wait_ms);
                let late = draw(&mut chance) % 20 == 0;
                let on_the_way = draw(&mut chance) % 60_000 + if late { 3_600_000 } else { 0 };
                let received_at = at + SignedDuration::from_millis(on_the_way);
                let level_m = (30_000 + draw(&mut chance) % 9_000) as f64 / 1000.0;
                for (quantity, value) in [(LEVEL, level_m), ("battery_v", 3.6)] {
                    let new = (
                        format!("3010812811{gauge:05}"),
                        quantity,
                        at,
                        value,
                        received_at,
                    );
                    if late { &mut held_back } else { &mut arriving }.push(new);
                }
            }
            store
                .write(|tx| {
                    for (station, quantity, at, value, received_at) in arriving {
                        let series = tx.series_number(&station.parse().unwrap(), quantity)?;
                        seq += 1;
                        let flag = Flag::Good;
                        tx.put_reading(
                            series,
                            &Value {
                                at,
                                value,
                                flag,
                                received_at,
                                historic: false,
                                seq,
                            },
                        )?;
                    }
                    tx.put_last_seq(seq)
                })
                .unwrap();
        }
        let rows = store.read(|view| view.reading_count()).unwrap();
        assert!(rows > 230_000, "{rows}");
        drop(store);
        let db = rusqlite::Connection::open(home.path().join("hinan.sqlite3")).unwrap();
        db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .unwrap();
        drop(db);
        let bytes = std::fs::metadata(home.path().join("hinan.sqlite3"))
            .unwrap()
            .len();
        #[expect(clippy::cast_precision_loss, reason = "megabytes")]
        let each = bytes as f64 / rows as f64;
        eprintln!("{rows} readings in {bytes} bytes: {each:.1} bytes each");
        assert!(
            bytes <= BYTES_MAX * rows,
            "{each:.1} bytes for each reading"
        );
    }

    #[test]
    fn a_station_has_room_for_so_many_kinds_of_values_and_no_more() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(home.path(), Realm::Actual, "012076").unwrap();
        let (obihiro, other) = ("obihiro".parse().unwrap(), "other".parse().unwrap());
        store
            .write(|tx| {
                let level = tx.series_number(&obihiro, LEVEL)?;
                let first = tx.further_series(&obihiro, "battery_v", 3)?;
                assert!(first.is_some_and(|first| first != level));
                assert_eq!(tx.further_series(&obihiro, "battery_v", 3)?, first);
                assert!(tx.further_series(&obihiro, "rain_mm", 3)?.is_some());
                assert_eq!(
                    tx.further_series(&obihiro, "x1", 3)?,
                    None,
                    "the level is one of three"
                );
                assert_eq!(tx.further_series(&obihiro, "battery_v", 3)?, first);
                assert!(tx.further_series(&other, "x1", 3)?.is_some());
                Ok(())
            })
            .unwrap();
    }

    #[test]
    fn two_readings_within_one_second_are_two_readings() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(home.path(), Realm::Actual, "012076").unwrap();
        let at: Timestamp = "2026-09-01T00:00:00.250Z".parse().unwrap();
        let later = at + SignedDuration::from_millis(500);
        let kept = |at, value| {
            store
                .write(|tx| {
                    let series = tx.series_number(&"obihiro".parse().unwrap(), LEVEL)?;
                    let kept = tx.compare_reading(series, at, value)?;
                    if kept == Kept::New {
                        let (flag, received_at, seq) = (Flag::Good, at, 1);
                        tx.put_reading(
                            series,
                            &Value {
                                at,
                                value,
                                flag,
                                received_at,
                                historic: false,
                                seq,
                            },
                        )?;
                    }
                    Ok(kept)
                })
                .unwrap()
        };
        assert_eq!(kept(at, 1.0), Kept::New);
        assert_eq!(kept(later, 1.1), Kept::New);
        assert_eq!(kept(at, 1.0), Kept::Duplicate);
        assert_eq!(kept(at, 1.1), Kept::Conflict);
        assert_eq!(
            kept(later + SignedDuration::from_millis(1), -0.0),
            Kept::New
        );
        assert_eq!(
            kept(later + SignedDuration::from_millis(1), -0.0),
            Kept::Duplicate
        );
    }
}
