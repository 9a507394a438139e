//! Devices that may speak, and readings that are not believed any more.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Row, params};

use super::{StoreError, Tx, View, instant, json, millis, text};
use crate::devices::{Barred, Device, Limits, State, Verifier};

/// Readings that an officer does not believe any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distrust {
    /// Its number.
    pub id: i64,
    /// The device they came from.
    pub device: String,
    /// Their station.
    pub station: String,
    /// Those measured or received from this moment on.
    pub since: Timestamp,
    /// When this was said.
    pub asked_at: Timestamp,
    /// What became of it; none while the service has not marked them yet.
    pub done: Option<Marked>,
}

/// What a distrust did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marked {
    /// It concerns readings up to this place in the order of arrival.
    pub upto_seq: i64,
    /// It came after this evaluation.
    pub after_evaluation: i64,
    /// How many readings it marked as bad.
    pub readings: u64,
}

impl Tx<'_> {
    /// Adds a device or replaces what is known of it.
    ///
    /// # Errors
    /// The database's.
    pub fn put_device(&self, device: &Device) -> Result<(), StoreError> {
        let barred = device.state.barred();
        let before = device.before.as_ref();
        self.0
            .prepare_cached(
                "INSERT INTO device (name, stations, topics, limits, certificate, verifier, before, before_until_ms, \
                 state, barred_ms, barred_by, reason, enrolled_ms, enrolled_by, rotated_ms) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15) \
                 ON CONFLICT (name) DO UPDATE SET stations = ?2, topics = ?3, limits = ?4, certificate = ?5, \
                 verifier = ?6, before = ?7, before_until_ms = ?8, state = ?9, barred_ms = ?10, barred_by = ?11, \
                 reason = ?12, rotated_ms = ?15",
            )?
            .execute(params![
                device.name,
                text(&device.stations)?,
                text(&device.topics)?,
                text(&device.limits)?,
                device.certificate,
                device.verifier.as_ref().map(Verifier::mosquitto),
                before.map(|(verifier, _)| verifier.mosquitto()),
                before.map(|(_, until)| millis(*until)),
                device.state.word(),
                barred.map(|barred| millis(barred.at)),
                barred.map(|barred| &barred.by),
                barred.map(|barred| &barred.reason),
                millis(device.enrolled_at),
                device.enrolled_by,
                device.rotated_at.map(millis),
            ])?;
        Ok(())
    }

    /// Notes that readings are not believed any more. The service marks them.
    ///
    /// # Errors
    /// The database's.
    pub fn ask_to_distrust(
        &self,
        device: &str,
        station: &str,
        since: Timestamp,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.0.execute(
            "INSERT INTO distrust (device, station, since_ms, asked_ms) VALUES (?1, ?2, ?3, ?4)",
            params![device, station, millis(since), millis(at)],
        )?;
        Ok(())
    }

    /// Marks the readings of a distrust as bad: levels stay as they are. Returns the times of those concerned.
    ///
    /// # Errors
    /// The database's.
    pub fn mark_distrusted(
        &self,
        distrust: &Distrust,
        upto_seq: i64,
    ) -> Result<Vec<Timestamp>, StoreError> {
        let times = self.view().distrusted(distrust, upto_seq)?;
        // Nothing is taken that is older than seven days when it comes, so the key bounds what has to be looked at.
        let marked = self.0.execute(
            "UPDATE reading SET flag = 4 WHERE flag <> 4 AND seq <= ?3 AND at_ms >= ?2 - 604800000 AND (at_ms >= ?2 OR at_ms + late_ms >= ?2) \
             AND series IN (SELECT e.id FROM series e JOIN station s ON s.id = e.station WHERE s.name = ?1)",
            params![distrust.station, millis(distrust.since), upto_seq],
        )?;
        self.0.execute(
            "UPDATE distrust SET upto_seq = ?2, marked = ?3, \
             after_evaluation = (SELECT coalesce(max(id), 0) FROM evaluation) WHERE id = ?1",
            params![
                distrust.id,
                upto_seq,
                i64::try_from(marked).unwrap_or(i64::MAX)
            ],
        )?;
        Ok(times)
    }
}

impl View<'_> {
    /// A number that changes whenever a device does.
    ///
    /// # Errors
    /// The database's.
    pub fn devices_version(&self) -> Result<i64, StoreError> {
        Ok(self
            .0
            .prepare_cached("SELECT changes FROM device_changes")?
            .query_row([], |row| row.get(0))?)
    }

    /// All devices, by name.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn devices(&self) -> Result<Vec<Device>, StoreError> {
        let mut statement = self.0.prepare(&format!("{SELECT} ORDER BY name"))?;
        let rows = statement.query_map([], raw)?;
        rows.map(|row| device(row?)).collect()
    }

    /// How many there are.
    ///
    /// # Errors
    /// The database's.
    pub fn devices_count(&self) -> Result<u64, StoreError> {
        Ok(super::count(self.0.query_row(
            "SELECT count(*) FROM device",
            [],
            |row| row.get(0),
        )?))
    }

    /// The device of this name.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn device(&self, name: &str) -> Result<Option<Device>, StoreError> {
        self.0
            .prepare_cached(&format!("{SELECT} WHERE name = ?1"))?
            .query_row([name], raw)
            .optional()?
            .map(device)
            .transpose()
    }

    /// What is not believed, in the order in which it was said.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn distrusts(&self) -> Result<Vec<Distrust>, StoreError> {
        let mut statement = self.0.prepare_cached(
            "SELECT id, device, station, since_ms, asked_ms, upto_seq, after_evaluation, marked FROM distrust \
             ORDER BY id",
        )?;
        let rows = statement.query_map([], |row| {
            Ok((
                row.get::<_, i64>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, String>(2)?,
                row.get::<_, i64>(3)?,
                row.get::<_, i64>(4)?,
                row.get::<_, Option<i64>>(5)?,
                row.get::<_, Option<i64>>(6)?,
                row.get::<_, Option<i64>>(7)?,
            ))
        })?;
        rows.map(|row| {
            let (id, device, station, since_ms, asked_ms, upto_seq, after, marked) = row?;
            Ok(Distrust {
                id,
                device,
                station,
                since: instant(since_ms)?,
                asked_at: instant(asked_ms)?,
                done: upto_seq.map(|upto_seq| Marked {
                    upto_seq,
                    after_evaluation: after.unwrap_or(0),
                    readings: super::count(marked.unwrap_or(0)),
                }),
            })
        })
        .collect()
    }

    /// Times of the water levels that a distrust concerns, as far as they had arrived by `upto_seq`.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn distrusted(
        &self,
        distrust: &Distrust,
        upto_seq: i64,
    ) -> Result<Vec<Timestamp>, StoreError> {
        let mut statement = self.0.prepare_cached(
            "SELECT r.at_ms FROM reading r JOIN series e ON e.id = r.series JOIN station s ON s.id = e.station \
             WHERE s.name = ?1 AND e.quantity = 'water_level_m' AND r.seq <= ?3 \
             AND r.at_ms >= ?2 - 604800000 AND (r.at_ms >= ?2 OR r.at_ms + r.late_ms >= ?2) ORDER BY r.at_ms",
        )?;
        let rows = statement.query_map(
            params![distrust.station, millis(distrust.since), upto_seq],
            |row| row.get::<_, i64>(0),
        )?;
        rows.map(|ms| instant(ms?)).collect()
    }
}

const SELECT: &str = "SELECT name, stations, topics, limits, certificate, verifier, before, before_until_ms, state, \
     barred_ms, barred_by, reason, enrolled_ms, enrolled_by, rotated_ms FROM device";

struct Raw {
    name: String,
    stations: String,
    topics: String,
    limits: String,
    certificate: Option<String>,
    verifier: Option<String>,
    before: Option<String>,
    before_until_ms: Option<i64>,
    state: String,
    barred_ms: Option<i64>,
    barred_by: Option<String>,
    reason: Option<String>,
    enrolled_ms: i64,
    enrolled_by: String,
    rotated_ms: Option<i64>,
}

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    Ok(Raw {
        name: row.get(0)?,
        stations: row.get(1)?,
        topics: row.get(2)?,
        limits: row.get(3)?,
        certificate: row.get(4)?,
        verifier: row.get(5)?,
        before: row.get(6)?,
        before_until_ms: row.get(7)?,
        state: row.get(8)?,
        barred_ms: row.get(9)?,
        barred_by: row.get(10)?,
        reason: row.get(11)?,
        enrolled_ms: row.get(12)?,
        enrolled_by: row.get(13)?,
        rotated_ms: row.get(14)?,
    })
}

fn device(raw: Raw) -> Result<Device, StoreError> {
    let what = format!("device {}", raw.name);
    let damaged = |why: String| StoreError::Damaged {
        what: what.clone(),
        why,
    };
    let verifier = |text: Option<String>| text.map(Verifier::read).transpose().map_err(damaged);
    let before = match (verifier(raw.before)?, raw.before_until_ms) {
        (Some(verifier), Some(ms)) => Some((verifier, instant(ms)?)),
        _ => None,
    };
    let barred = || -> Result<Barred, StoreError> {
        match (raw.barred_ms, raw.barred_by, raw.reason) {
            (Some(ms), Some(by), Some(reason)) => Ok(Barred {
                at: instant(ms)?,
                by,
                reason,
            }),
            _ => Err(damaged("it is not in use, and nobody said why".to_owned())),
        }
    };
    let state = match raw.state.as_str() {
        "in_use" => State::InUse,
        "out_of_use" => State::OutOfUse(barred()?),
        "revoked" => State::Revoked(barred()?),
        other => return Err(damaged(format!("unknown state {other}"))),
    };
    Ok(Device {
        stations: json(&what, &raw.stations)?,
        topics: json(&what, &raw.topics)?,
        limits: json::<Limits>(&what, &raw.limits)?,
        certificate: raw.certificate,
        verifier: verifier(raw.verifier)?,
        before,
        state,
        enrolled_at: instant(raw.enrolled_ms)?,
        enrolled_by: raw.enrolled_by,
        rotated_at: raw.rotated_ms.map(instant).transpose()?,
        name: raw.name,
    })
}
