//! Readings, once each, in the order they arrived.

use hinan_sensors::quality::Flag;
use hinan_sensors::{Reading, StationId};
use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};

use super::{StoreError, Tx, View, instant};

/// What became of a reading at the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// New.
    New,
    /// The very same reading was there already.
    Duplicate,
    /// Another level was there for the same station and time; the first stands.
    Conflict,
}

/// A stored reading.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredReading {
    /// The reading.
    pub reading: Reading,
    /// Quality flag given when it arrived.
    pub flag: Flag,
    /// When it arrived.
    pub received_at: Timestamp,
    /// Order of arrival.
    pub seq: i64,
}

impl Tx<'_> {
    /// Number of a station in the store, made when it is first needed.
    ///
    /// # Errors
    /// The database's.
    pub fn station_number(&self, id: &StationId) -> Result<i64, StoreError> {
        let known: Option<i64> = self
            .0
            .prepare_cached("SELECT id FROM station WHERE name = ?1")?
            .query_row([id.as_str()], |row| row.get(0))
            .optional()?;
        if let Some(number) = known {
            return Ok(number);
        }
        self.0
            .execute("INSERT INTO station (name) VALUES (?1)", [id.as_str()])?;
        Ok(self.0.last_insert_rowid())
    }

    /// What is stored for a station and time: nothing, the same level, or another one.
    ///
    /// # Errors
    /// The database's.
    pub fn compare_reading(&self, station: i64, reading: &Reading) -> Result<Kept, StoreError> {
        let stored: Option<f64> = self
            .0
            .prepare_cached("SELECT level_m FROM reading WHERE station = ?1 AND at_s = ?2")?
            .query_row(params![station, reading.at.as_second()], |row| row.get(0))
            .optional()?;
        Ok(match stored {
            None => Kept::New,
            Some(level) if level.to_bits() == reading.level_m.to_bits() => Kept::Duplicate,
            Some(_) => Kept::Conflict,
        })
    }

    /// Adds a new reading.
    ///
    /// # Errors
    /// The database's; a second reading for the same time is refused.
    pub fn put_reading(
        &self,
        station: i64,
        reading: &Reading,
        flag: Flag,
        received_at: Timestamp,
        seq: i64,
    ) -> Result<(), StoreError> {
        let late_s = received_at.as_second() - reading.at.as_second();
        self.0
            .prepare_cached("INSERT INTO reading VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
            .execute(params![
                station,
                reading.at.as_second(),
                reading.level_m,
                flag.qartod(),
                late_s,
                seq
            ])?;
        Ok(())
    }
}

impl Tx<'_> {
    /// Gives a stored reading the flag that a later one showed to be right. The level itself never changes.
    ///
    /// # Errors
    /// The database's.
    pub fn revise_flag(&self, station: i64, at: Timestamp, flag: Flag) -> Result<(), StoreError> {
        self.0
            .prepare_cached("UPDATE reading SET flag = ?3 WHERE station = ?1 AND at_s = ?2")?
            .execute(params![station, at.as_second(), flag.qartod()])?;
        Ok(())
    }
}

impl View<'_> {
    /// The highest order of arrival, zero when there is no reading.
    ///
    /// # Errors
    /// The database's.
    pub fn last_seq(&self) -> Result<i64, StoreError> {
        Ok(self
            .0
            .query_row("SELECT coalesce(max(seq), 0) FROM reading", [], |row| {
                row.get(0)
            })?)
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

    /// Readings whose own time is `from` or later, in the order they arrived.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn readings_since(&self, from: Timestamp) -> Result<Vec<StoredReading>, StoreError> {
        let mut statement = self.0.prepare(
            "SELECT s.name, r.at_s, r.level_m, r.flag, r.late_s, r.seq FROM reading r \
             JOIN station s ON s.id = r.station WHERE r.at_s >= ?1 ORDER BY r.seq",
        )?;
        let rows = statement.query_map([from.as_second()], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, i64>(1)?,
                row.get::<_, f64>(2)?,
                row.get::<_, u8>(3)?,
                row.get::<_, i64>(4)?,
                row.get::<_, i64>(5)?,
            ))
        })?;
        rows.map(|row| {
            let (name, at_s, level_m, flag, late_s, seq) = row?;
            let damaged = |why: String| StoreError::Damaged {
                what: format!("reading {name} {at_s}"),
                why,
            };
            let station = name.parse().map_err(|e| damaged(format!("{e}")))?;
            let reading = Reading {
                station,
                at: instant(at_s * 1000)?,
                level_m,
                sequence: None,
            };
            let flag = Flag::from_qartod(flag).map_err(|e| damaged(e.to_string()))?;
            Ok(StoredReading {
                reading,
                flag,
                received_at: instant((at_s + late_s) * 1000)?,
                seq,
            })
        })
        .collect()
    }

    /// The newest device time in the store.
    ///
    /// # Errors
    /// The database's.
    pub fn newest_reading(&self) -> Result<Option<Timestamp>, StoreError> {
        let at_s: Option<i64> = self
            .0
            .query_row("SELECT max(at_s) FROM reading", [], |row| row.get(0))?;
        at_s.map(|s| instant(s * 1000)).transpose()
    }
}
