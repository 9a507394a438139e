//! The audit (監査記録): what happened, in order, for good. Each entry covers the hash of the one before it.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};
use serde::{Deserialize, Serialize};

use super::seal::Seals;
pub(crate) use super::seal::{CONTRADICTED, SEALED};
use super::{StoreError, Tx, View, instant, millis};
use crate::digest::Digest;

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Number in order, from 1.
    pub seq: i64,
    /// Event time.
    pub at: Timestamp,
    /// Account name, or `system`.
    pub actor: String,
    /// What happened, a stable word.
    pub action: String,
    /// To what.
    pub subject: String,
    /// JSON text with the particulars.
    pub detail: String,
    /// Hash of the entry before.
    pub previous: Digest,
    /// Hash of this entry.
    pub hash: Digest,
}

/// What the chain of entries says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chain {
    /// Every entry covers the one before it.
    Whole {
        /// How many entries.
        entries: i64,
        /// Hash of the last one.
        head: Digest,
    },
    /// From this entry on the record is not what was written.
    Broken {
        /// The first entry that does not fit.
        at: i64,
        /// What does not fit.
        why: String,
    },
}

/// The newest entries of two kinds about one subject.
const LAST_OF: &str = "subject = ?1 AND action IN (?2, ?3) ORDER BY seq DESC LIMIT ?4";

/// The hash before the first entry.
#[must_use]
pub fn origin() -> Digest {
    Digest::of(b"hinan audit")
}

impl Tx<'_> {
    /// Adds an entry and returns its number.
    ///
    /// # Errors
    /// The database's.
    pub fn audit(
        &self,
        at: Timestamp,
        actor: &str,
        action: &str,
        subject: &str,
        detail: &impl Serialize,
    ) -> Result<i64, StoreError> {
        let last: Option<(i64, String)> = self
            .0
            .prepare_cached("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let (seq, previous) = match last {
            None => (1, origin()),
            Some((seq, hash)) => (seq + 1, digest(seq, hash)?),
        };
        let detail = super::text(detail)?;
        let at = instant(millis(at))?;
        self.happened(at);
        let hash = hash(seq, at, actor, action, subject, &detail, &previous);
        self.0
            .prepare_cached("INSERT INTO audit VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?
            .execute(params![
                seq,
                millis(at),
                actor,
                action,
                subject,
                detail,
                previous.as_str(),
                hash.as_str()
            ])?;
        Ok(seq)
    }
}

impl View<'_> {
    /// Entries after `seq`, oldest first.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn audit_after(&self, seq: i64, limit: u32) -> Result<Vec<Entry>, StoreError> {
        self.entries("seq > ?1 ORDER BY seq LIMIT ?2", params![seq, limit])
    }

    pub(super) fn entries(
        &self,
        condition: &str,
        values: &[&dyn rusqlite::ToSql],
    ) -> Result<Vec<Entry>, StoreError> {
        let mut statement = self.0.prepare_cached(&format!(
            "SELECT seq, at_ms, actor, action, subject, detail, previous, hash FROM audit WHERE {condition}"
        ))?;
        let rows = statement.query_map(values, |row| {
            Ok((
                row.get::<_, i64>(0)?,
                row.get::<_, i64>(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
                row.get(5)?,
                row.get::<_, String>(6)?,
                row.get::<_, String>(7)?,
            ))
        })?;
        rows.map(|row| {
            let (seq, ms, actor, action, subject, detail, previous, hash) = row?;
            Ok(Entry {
                seq,
                at: instant(ms)?,
                actor,
                action,
                subject,
                detail,
                previous: digest(seq, previous)?,
                hash: digest(seq, hash)?,
            })
        })
        .collect()
    }

    /// Entries about one subject, oldest first.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn audit_of(&self, subject: &str) -> Result<Vec<Entry>, StoreError> {
        self.entries("subject = ?1 ORDER BY seq LIMIT 200", params![subject])
    }

    /// The newest entries of these two kinds about one subject, oldest first. Where one kind is meant, it is said twice.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn last_of(
        &self,
        subject: &str,
        actions: [&str; 2],
        limit: u32,
    ) -> Result<Vec<Entry>, StoreError> {
        let [one, other] = actions;
        let mut entries = self.entries(LAST_OF, params![subject, one, other, limit])?;
        entries.reverse();
        Ok(entries)
    }

    /// The number of the last entry, zero when there is none.
    ///
    /// # Errors
    /// The database's.
    pub fn audit_len(&self) -> Result<i64, StoreError> {
        Ok(self
            .0
            .query_row("SELECT coalesce(max(seq), 0) FROM audit", [], |row| {
                row.get(0)
            })?)
    }

    /// Number and hash of the last entry; zero and [`origin`] when there is none.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn audit_head(&self) -> Result<(i64, Digest), StoreError> {
        let last: Option<(i64, String)> = self
            .0
            .prepare_cached("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        match last {
            None => Ok((0, origin())),
            Some((seq, hash)) => Ok((seq, digest(seq, hash)?)),
        }
    }

    /// The particulars of the last entry with this action, JSON text.
    ///
    /// # Errors
    /// The database's.
    pub fn last_detail(&self, action: &str) -> Result<Option<String>, StoreError> {
        Ok(self
            .0
            .query_row(
                "SELECT detail FROM audit WHERE action = ?1 ORDER BY seq DESC LIMIT 1",
                [action],
                |row| row.get(0),
            )
            .optional()?)
    }

    /// The details of all entries with this action, oldest first.
    ///
    /// # Errors
    /// The database's.
    pub fn details(&self, action: &str) -> Result<Vec<String>, StoreError> {
        let mut statement = self
            .0
            .prepare_cached("SELECT detail FROM audit WHERE action = ?1 ORDER BY seq")?;
        let rows = statement.query_map([action], |row| row.get::<_, String>(0))?;
        Ok(rows.collect::<Result<Vec<_>, _>>()?)
    }

    /// The hash of one entry, if there is such an entry.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn audit_hash(&self, seq: i64) -> Result<Option<Digest>, StoreError> {
        let hash: Option<String> = self
            .0
            .prepare_cached("SELECT hash FROM audit WHERE seq = ?1")?
            .query_row([seq], |row| row.get(0))
            .optional()?;
        hash.map(|hash| digest(seq, hash)).transpose()
    }

    /// Walks the whole chain, then holds every row of a decision against the digest that the chain carries of it.
    ///
    /// # Errors
    /// The database's.
    pub fn verify_audit(&self) -> Result<Chain, StoreError> {
        let (chain, seals) = self.walked(true)?;
        let Chain::Whole { entries, head } = chain else {
            return Ok(chain);
        };
        let altered = match self.first_altered(seals) {
            Ok(altered) => altered,
            // A file that cannot be read where a row should be is not what was written either.
            Err(StoreError::Sql(error)) => {
                return Ok(Chain::Broken {
                    at: entries,
                    why: format!("a row cannot be read: {error}"),
                });
            }
            Err(error) => return Err(error),
        };
        Ok(match altered {
            None => Chain::Whole { entries, head },
            Some(altered) => Chain::Broken {
                at: altered.at,
                why: altered.why,
            },
        })
    }

    /// The first covered row that is not as the chain says, in words; also of a record that says itself that it was written to.
    ///
    /// # Errors
    /// The database's.
    pub fn first_changed_row(&self) -> Result<Option<String>, StoreError> {
        let (_, seals) = self.walked(false)?;
        Ok(self.first_altered(seals)?.map(|altered| altered.why))
    }

    /// Walks the chain itself, and collects what it seals. An entry that says that somebody else wrote to the record breaks
    /// it where `believes_accusations`.
    pub(super) fn walked(&self, believes_accusations: bool) -> Result<(Chain, Seals), StoreError> {
        let (mut expected, mut previous, mut seals) = (1, origin(), Seals::default());
        let broken = |at, why: &str| {
            let why = why.to_owned();
            Ok((Chain::Broken { at, why }, Seals::default()))
        };
        let mut step = 1000;
        loop {
            let batch = match self.audit_after(expected - 1, step) {
                Ok(batch) => batch,
                // Which of them it is shows one by one.
                Err(_) if step > 1 => {
                    step = 1;
                    continue;
                }
                Err(error) => return broken(expected, &error.to_string()),
            };
            if batch.is_empty() {
                let (entries, head) = (expected - 1, previous);
                return Ok((Chain::Whole { entries, head }, seals));
            }
            for entry in batch {
                if entry.seq != expected {
                    return broken(expected, "an entry is missing");
                }
                if entry.previous != previous {
                    return broken(entry.seq, "it does not follow the entry before");
                }
                let now = hash(
                    entry.seq,
                    entry.at,
                    &entry.actor,
                    &entry.action,
                    &entry.subject,
                    &entry.detail,
                    &previous,
                );
                if now != entry.hash {
                    return broken(entry.seq, "its content was changed");
                }
                let accuses = entry.action == CONTRADICTED && entry.subject == "record";
                if accuses && believes_accusations {
                    return broken(entry.seq, &format!("it says: {}", entry.detail));
                }
                if let Err(error) = seals.note(&entry) {
                    return broken(entry.seq, &error.to_string());
                }
                previous = entry.hash;
                expected += 1;
            }
        }
    }
}

/// What the audit says about approvals, held against the notices themselves: somebody who rewrites a notice
/// together with its digest still has to rewrite the whole chain.
impl View<'_> {
    /// The first approved notice that the audit does not know so, or approval whose notice is gone, in words.
    ///
    /// # Errors
    /// The database's.
    pub fn first_unfounded_notice(&self) -> Result<Option<String>, StoreError> {
        let unfounded = "SELECT 'notice ' || n.id || ' was not approved so' FROM notice n WHERE NOT EXISTS \
             (SELECT 1 FROM audit a WHERE a.action = 'approved' AND a.subject = n.id AND a.actor = n.approved_by \
             AND a.at_ms = n.approved_ms AND json_extract(a.detail, '$.digest') = n.digest) \
             UNION ALL SELECT 'notice ' || a.subject || ' was approved and is gone' FROM audit a \
             WHERE a.action = 'approved' AND NOT EXISTS (SELECT 1 FROM notice n WHERE n.id = a.subject) LIMIT 1";
        Ok(self
            .0
            .query_row(unfounded, [], |row| row.get(0))
            .optional()?)
    }
}

fn hash(
    seq: i64,
    at: Timestamp,
    actor: &str,
    action: &str,
    subject: &str,
    detail: &str,
    previous: &Digest,
) -> Digest {
    Digest::of_json(&(seq, millis(at), actor, action, subject, detail, previous))
}

fn digest(seq: i64, text: String) -> Result<Digest, StoreError> {
    Digest::try_from(text).map_err(|why| StoreError::Damaged {
        what: format!("audit entry {seq}"),
        why,
    })
}

#[cfg(test)]
impl Entry {
    /// One that an officer made, for tests of how entries are told.
    pub(crate) fn example(action: &str, detail: &str) -> Self {
        Self {
            seq: 1,
            at: Timestamp::UNIX_EPOCH,
            actor: "duty".to_owned(),
            action: action.to_owned(),
            subject: "r-1".to_owned(),
            detail: detail.to_owned(),
            previous: Digest::of(b"before"),
            hash: Digest::of(b"this"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::realm::Realm;
    use crate::store::Store;

    #[test]
    fn what_is_asked_of_the_audit_by_subject_reads_no_more_than_that() {
        let home = tempfile::tempdir().expect("a folder");
        let store = Store::open(home.path(), Realm::Exercise, "012076").expect("a record");
        for (condition, values) in [(LAST_OF, 4), ("subject = ?1 ORDER BY seq LIMIT 200", 1)] {
            let plan = store
                .read(|view| {
                    let asked =
                        format!("EXPLAIN QUERY PLAN SELECT seq FROM audit WHERE {condition}");
                    let mut statement = view.0.prepare(&asked)?;
                    let rows = statement
                        .query_map(rusqlite::params_from_iter(vec![1; values]), |row| {
                            row.get::<_, String>(3)
                        })?;
                    rows.map(|row| Ok(row?))
                        .collect::<Result<Vec<String>, StoreError>>()
                })
                .expect("a plan")
                .join("; ");
            assert!(
                plan.contains("SEARCH") && plan.contains("audit_subject"),
                "{plan}"
            );
            assert!(!plan.contains("SCAN"), "{plan}");
        }
    }
}
