//! What could not be read: kept for the vendor to see, never lost silently, never in the way.

use hinan_sensors::Refusal;
use jiff::Timestamp;
use rusqlite::params;

use super::{StoreError, Tx, View, instant, millis};

/// At most this much of a refused payload is kept, bytes; its full size is noted beside it.
const PAYLOAD_KEPT: usize = 4096;
const TOPIC_KEPT: usize = 512;

/// A message that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantined {
    /// When it arrived.
    pub received_at: Timestamp,
    /// Its topic.
    pub topic: String,
    /// Its size, bytes.
    pub size: u64,
    /// Stable code of the reason.
    pub code: String,
    /// The reason, with what would be accepted.
    pub reason: String,
}

impl Tx<'_> {
    /// Puts a message in quarantine.
    ///
    /// # Errors
    /// The database's.
    pub fn quarantine(
        &self,
        topic: &str,
        payload: &[u8],
        received_at: Timestamp,
        code: &str,
        reason: &str,
    ) -> Result<(), StoreError> {
        let topic: String = topic.chars().take(TOPIC_KEPT).collect();
        let size = i64::try_from(payload.len()).unwrap_or(i64::MAX);
        let kept = payload.get(..PAYLOAD_KEPT).unwrap_or(payload);
        self.0
            .prepare_cached(
                "INSERT INTO quarantine (received_ms, topic, payload, size, code, reason) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![millis(received_at), topic, kept, size, code, reason])?;
        Ok(())
    }

    /// Forgets the oldest beyond `keep` and says how many.
    ///
    /// # Errors
    /// The database's.
    pub fn trim_quarantine(&self, keep: i64) -> Result<usize, StoreError> {
        Ok(self
            .0
            .prepare_cached(
                "DELETE FROM quarantine WHERE id <= (SELECT max(id) FROM quarantine) - ?1",
            )?
            .execute([keep])?)
    }
}

/// Code and reason of a refusal, as stored.
#[must_use]
pub fn words(refusal: &Refusal) -> (&'static str, String) {
    (refusal.code(), refusal.to_string())
}

impl View<'_> {
    /// The newest refused messages, newest first.
    ///
    /// # Errors
    /// The database's.
    pub fn quarantined(&self, limit: u32) -> Result<Vec<Quarantined>, StoreError> {
        let mut statement = self
            .0
            .prepare_cached("SELECT received_ms, topic, size, code, reason FROM quarantine ORDER BY id DESC LIMIT ?1")?;
        let rows = statement.query_map([limit], |row| {
            Ok((
                row.get::<_, i64>(0)?,
                row.get(1)?,
                row.get::<_, i64>(2)?,
                row.get(3)?,
                row.get(4)?,
            ))
        })?;
        rows.map(|row| {
            let (ms, topic, size, code, reason) = row?;
            Ok(Quarantined {
                received_at: instant(ms)?,
                topic,
                size: super::count(size),
                code,
                reason,
            })
        })
        .collect()
    }

    /// How many are kept.
    ///
    /// # Errors
    /// The database's.
    pub fn quarantine_count(&self) -> Result<u64, StoreError> {
        Ok(super::count(self.0.query_row(
            "SELECT count(*) FROM quarantine",
            [],
            |row| row.get(0),
        )?))
    }
}
