//! Official information as it came, for good; and drills of agencies, in a record of their own.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use rusqlite::params;
use sha2::{Digest as _, Sha256};

use super::{StoreError, Tx, View, instant, millis};

/// What the envelope of a message says, as it is kept beside its bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Label {
    /// Type of a telegram, or kind of another message.
    pub kind: String,
    /// Who wrote it.
    pub office: String,
    /// Its title.
    pub title: String,
    /// 発表, 訂正 or 取消, as the agency writes it; empty where there is no such thing.
    pub info_type: String,
    /// Event as the agency names it; may be empty.
    pub event: String,
    /// Serial as written; may be empty.
    pub serial: String,
    /// Official time of issue.
    pub issued_at: Option<Timestamp>,
}

/// A message to be stored.
pub struct NewOfficial<'n> {
    /// Order of arrival, among the readings.
    pub seq: i64,
    /// Topic it came on.
    pub topic: &'n str,
    /// Its bytes as they came.
    pub bytes: &'n [u8],
    /// What its envelope says.
    pub label: &'n Label,
    /// When it arrived.
    pub received_at: Timestamp,
    /// Evaluations rest on it: it is needed to recompute them.
    pub is_ground: bool,
}

/// A stored message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredOfficial {
    /// Order of arrival, among the readings.
    pub seq: i64,
    /// When it arrived.
    pub received_at: Timestamp,
    /// Topic it came on.
    pub topic: String,
    /// Its bytes as they came.
    pub bytes: Vec<u8>,
}

/// SHA-256 of the bytes of a message.
#[must_use]
pub fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

impl Tx<'_> {
    /// Whether these bytes are kept already, as information or as a drill.
    ///
    /// # Errors
    /// The database's.
    pub fn has_official(&self, digest: &[u8; 32]) -> Result<bool, StoreError> {
        Ok(self
            .0
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM official WHERE digest = ?1) OR EXISTS (SELECT 1 FROM official_drill WHERE digest = ?1)",
            )?
            .query_row([digest.as_slice()], |row| row.get(0))?)
    }

    /// Keeps a message.
    ///
    /// # Errors
    /// The database's; the same bytes a second time are refused.
    pub fn put_official(&self, new: &NewOfficial<'_>) -> Result<(), StoreError> {
        let NewOfficial {
            seq,
            topic,
            bytes,
            label,
            received_at,
            is_ground,
        } = *new;
        self.0
            .prepare_cached(
                "INSERT INTO official (seq, received_ms, topic, digest, kind, office, title, info_type, event, serial, issued_ms, \
                 size, packed, ground) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
            )?
            .execute(params![
                seq,
                millis(received_at),
                topic,
                digest(bytes).as_slice(),
                label.kind,
                label.office,
                label.title,
                label.info_type,
                label.event,
                label.serial,
                label.issued_at.map(millis),
                i64::try_from(bytes.len()).unwrap_or(i64::MAX),
                packed(bytes)?,
                is_ground
            ])?;
        Ok(())
    }

    /// Keeps a drill of an agency where nothing but its count is ever read.
    ///
    /// # Errors
    /// The database's; the same bytes a second time are refused.
    pub fn put_official_drill(
        &self,
        topic: &str,
        bytes: &[u8],
        received_at: Timestamp,
    ) -> Result<(), StoreError> {
        self.0
            .prepare_cached(
                "INSERT INTO official_drill (received_ms, topic, digest, size, packed) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![
                millis(received_at),
                topic,
                digest(bytes).as_slice(),
                i64::try_from(bytes.len()).unwrap_or(i64::MAX),
                packed(bytes)?
            ])?;
        Ok(())
    }
}

/// How many messages were forgotten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Meant for real.
    pub information: u64,
    /// Drills of agencies.
    pub drills: u64,
}

impl Tx<'_> {
    /// Forgets at most `max` messages of each kind that arrived before these moments, the oldest first. What arrived in the
    /// seven days before a decision stays: it is what was known then; and what evaluations rest on stays: they could not be
    /// recomputed without it. The record refuses to let either go.
    ///
    /// # Errors
    /// The database's.
    pub fn forget_official(
        &self,
        before: Timestamp,
        drills_before: Timestamp,
        max: u32,
    ) -> Result<Forgotten, StoreError> {
        let information = self
            .0
            .prepare_cached(
                "DELETE FROM official WHERE seq IN (SELECT o.seq FROM official o WHERE o.received_ms < ?1 AND o.ground = 0 \
                 AND NOT EXISTS (SELECT 1 FROM notice n WHERE n.approved_ms BETWEEN o.received_ms AND o.received_ms + 604800000) \
                 AND NOT EXISTS (SELECT 1 FROM draft d WHERE d.prepared_ms BETWEEN o.received_ms AND o.received_ms + 604800000) \
                 AND NOT EXISTS (SELECT 1 FROM proposal p WHERE p.decided_ms BETWEEN o.received_ms AND o.received_ms + 604800000) \
                 ORDER BY o.received_ms LIMIT ?2)",
            )?
            .execute(params![millis(before), max])?;
        let drills = self
            .0
            .prepare_cached(
                "DELETE FROM official_drill WHERE id IN \
                 (SELECT id FROM official_drill WHERE received_ms < ?1 ORDER BY received_ms LIMIT ?2)",
            )?
            .execute(params![millis(drills_before), max])?;
        Ok(Forgotten {
            information: information as u64,
            drills: drills as u64,
        })
    }
}

impl View<'_> {
    /// Hands over the messages that evaluations rest on, in the order they arrived, one by one.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn each_official_ground(&self, each: impl FnMut(StoredOfficial)) -> Result<(), StoreError> {
        self.each_official("ground = 1 AND received_ms >= ?1", i64::MIN, each)
    }

    /// Hands over the messages that arrived at `from` or later, in the order they arrived, one by one; before them the last of
    /// each kind, office and event, however old: what holds until it is lifted is told once.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn each_official_since(
        &self,
        from: Timestamp,
        each: impl FnMut(StoredOfficial),
    ) -> Result<(), StoreError> {
        self.each_official(
            "received_ms >= ?1 OR seq IN (SELECT max(seq) FROM official GROUP BY kind, office, event)",
            millis(from),
            each,
        )
    }

    fn each_official(
        &self,
        which: &str,
        from_ms: i64,
        mut each: impl FnMut(StoredOfficial),
    ) -> Result<(), StoreError> {
        let mut statement = self.0.prepare(&format!(
            "SELECT seq, received_ms, topic, size, packed FROM official WHERE {which} ORDER BY seq"
        ))?;
        let mut rows = statement.query([from_ms])?;
        while let Some(row) = rows.next()? {
            let seq = row.get(0)?;
            let size: i64 = row.get(3)?;
            let packed: Vec<u8> = row.get(4)?;
            each(StoredOfficial {
                seq,
                received_at: instant(row.get(1)?)?,
                topic: row.get(2)?,
                bytes: unpacked(seq, &packed, super::count(size))?,
            });
        }
        Ok(())
    }

    /// How many drills arrived since, and the last of them.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn official_drills_since(
        &self,
        from: Timestamp,
    ) -> Result<(u64, Option<Timestamp>), StoreError> {
        let (count, last): (i64, Option<i64>) = self.0.query_row(
            "SELECT count(*), max(received_ms) FROM official_drill WHERE received_ms >= ?1",
            [millis(from)],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        Ok((super::count(count), last.map(instant).transpose()?))
    }
}

fn packed(bytes: &[u8]) -> Result<Vec<u8>, StoreError> {
    let damaged = |why: std::io::Error| StoreError::Damaged {
        what: "a message to pack".to_owned(),
        why: why.to_string(),
    };
    let mut packing = GzEncoder::new(Vec::new(), Compression::default());
    packing.write_all(bytes).map_err(damaged)?;
    packing.finish().map_err(damaged)
}

fn unpacked(seq: i64, packed: &[u8], size: u64) -> Result<Vec<u8>, StoreError> {
    let damaged = |why: String| StoreError::Damaged {
        what: format!("official information {seq}"),
        why,
    };
    let mut bytes = Vec::new();
    // A damaged row must not unpack to more than was packed.
    GzDecoder::new(packed)
        .take(size + 1)
        .read_to_end(&mut bytes)
        .map_err(|why| damaged(why.to_string()))?;
    if bytes.len() as u64 != size {
        return Err(damaged(format!(
            "{size} bytes were packed, {} come out",
            bytes.len()
        )));
    }
    Ok(bytes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::realm::Realm;
    use crate::store::Store;

    fn new(seq: i64, bytes: &[u8], received_at: Timestamp) -> NewOfficial<'_> {
        static LABEL: std::sync::OnceLock<Label> = std::sync::OnceLock::new();
        NewOfficial {
            seq,
            topic: "hinan/v1/official/x",
            bytes,
            label: LABEL.get_or_init(Label::default),
            received_at,
            is_ground: false,
        }
    }

    #[test]
    fn a_message_comes_out_as_it_went_in_and_a_drill_never_does() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(home.path(), Realm::Actual, "012076").unwrap();
        let at: Timestamp = "2026-09-01T00:00:00Z".parse().unwrap();
        let real = "<Report>大雨</Report>".repeat(1000).into_bytes();
        let drill = b"<Report>drill</Report>".to_vec();
        store
            .write(|tx| {
                assert!(!tx.has_official(&digest(&real))?);
                tx.put_official(&new(7, &real, at))?;
                tx.put_official_drill("hinan/v1/official/y", &drill, at)?;
                assert!(tx.has_official(&digest(&real))? && tx.has_official(&digest(&drill))?);
                Ok(())
            })
            .unwrap();
        let mut out = Vec::new();
        store
            .read(|view| {
                view.each_official_since(at, |stored| out.push((stored.seq, stored.bytes)))?;
                assert_eq!(view.official_drills_since(at)?, (1, Some(at)));
                Ok(())
            })
            .unwrap();
        assert_eq!(out, [(7, real.clone())]);
        let size = std::fs::metadata(home.path().join("hinan.sqlite3-wal"))
            .unwrap()
            .len();
        assert!(size > 0);
        let again = store.write(|tx| tx.put_official(&new(8, &real, at)));
        assert!(again.is_err(), "the same bytes are one message");
    }

    #[test]
    fn what_is_too_old_is_forgotten_but_never_what_was_known_when_somebody_decided() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(home.path(), Realm::Actual, "012076").unwrap();
        let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let day = |n: i64| start + jiff::SignedDuration::from_hours(24 * n);
        let decided_at = day(20);
        store
            .write(|tx| {
                for n in 0..40 {
                    let bytes = format!("<Report>{n}</Report>").into_bytes();
                    let is_ground = n == 3;
                    tx.put_official(&NewOfficial {
                        is_ground,
                        ..new(n + 1, &bytes, day(n))
                    })?;
                    let drill = format!("<Drill>{n}</Drill>").into_bytes();
                    tx.put_official_drill("t", &drill, day(n))?;
                }
                tx.0.execute(
                    "INSERT INTO proposal (id, river, level, state, first_ms, supported_ms, body, substance, decided_ms, decided_by, reason) \
                     VALUES ('r-1', '川', 4, 'declined', 0, 0, '{}', ?1, ?2, 'officer', 'x')",
                    params!["0".repeat(64), millis(decided_at)],
                )?;
                Ok(())
            })
            .unwrap();
        let forget = |max| {
            store
                .write(|tx| tx.forget_official(day(35), day(10), max))
                .unwrap()
        };
        assert_eq!(
            forget(5),
            Forgotten {
                information: 5,
                drills: 5
            },
            "a few at a time"
        );
        assert_eq!(
            forget(100),
            Forgotten {
                information: 21,
                drills: 5
            }
        );
        assert_eq!(forget(100), Forgotten::default());
        let mut kept = Vec::new();
        store
            .read(|view| {
                view.each_official_since(start, |stored| kept.push(stored.seq - 1))?;
                assert_eq!(view.official_drills_since(start)?.0, 30);
                Ok(())
            })
            .unwrap();
        let expected: Vec<i64> = [3].into_iter().chain(13..=20).chain(35..40).collect();
        assert_eq!(kept, expected, "a ground, what was known, what is young");
        for seq in [4, 15] {
            let by_hand =
                store.write(|tx| Ok(tx.0.execute("DELETE FROM official WHERE seq = ?1", [seq])?));
            assert!(by_hand.is_err(), "the record itself refuses");
        }
        let mut grounds = Vec::new();
        store
            .read(|view| view.each_official_ground(|stored| grounds.push(stored.seq)))
            .unwrap();
        assert_eq!(grounds, [4]);
    }
}
