//! What was published already, on disk: one small SQLite file.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Context as _;
use hinan_sensors::official::feed::Entry;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::fetch::Marks;

/// Entries are forgotten after this time: the long feeds reach back less than that.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Published,
    Refused,
    Lost,
}

pub(super) struct Memory(Connection);

impl Memory {
    /// Opens it; a second bridge on the same folder is refused.
    pub(super) fn open(folder: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let db = Connection::open(folder.join("bridge.sqlite"))?;
        db.busy_timeout(std::time::Duration::from_secs(2))?;
        db.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        db.pragma_update(None, "journal_mode", "WAL")?;
        db.pragma_update(None, "synchronous", "FULL")?;
        db.execute_batch(
            "CREATE TABLE IF NOT EXISTS entries (
               id TEXT PRIMARY KEY,
               outcome TEXT NOT NULL CHECK (outcome IN ('published', 'refused', 'lost')),
               at INTEGER NOT NULL
             ) STRICT, WITHOUT ROWID;
             CREATE TABLE IF NOT EXISTS misses (
               id TEXT PRIMARY KEY,
               attempts INTEGER NOT NULL
             ) STRICT, WITHOUT ROWID;
             CREATE INDEX IF NOT EXISTS entries_by_age ON entries (at);
             CREATE TABLE IF NOT EXISTS seen (
               feed TEXT NOT NULL,
               id TEXT NOT NULL,
               PRIMARY KEY (feed, id)
             ) STRICT, WITHOUT ROWID;
             -- Attempts count within one run: what vanished from its feed is not remembered for ever.
             DELETE FROM misses;
             CREATE TABLE IF NOT EXISTS marks (
               feed TEXT PRIMARY KEY,
               etag TEXT NOT NULL,
               last_modified TEXT NOT NULL
             ) STRICT, WITHOUT ROWID;",
        )
        .context("別のブリッジが動いていませんか / is another bridge using this folder?")?;
        Ok(Self(db))
    }

    /// The identifiers among these that were dealt with.
    pub(super) fn known(&mut self, entries: &[Entry]) -> anyhow::Result<BTreeSet<String>> {
        let mut ask = self
            .0
            .prepare_cached("SELECT 1 FROM entries WHERE id = ?1")?;
        let mut known = BTreeSet::new();
        for entry in entries {
            if ask.exists([&entry.id])? {
                known.insert(entry.id.clone());
            }
        }
        Ok(known)
    }

    /// Remembers what became of an entry, for good.
    pub(super) fn settle(
        &mut self,
        id: &str,
        outcome: Outcome,
        at: Timestamp,
    ) -> anyhow::Result<()> {
        let outcome = match outcome {
            Outcome::Published => "published",
            Outcome::Refused => "refused",
            Outcome::Lost => "lost",
        };
        let oldest = at.checked_sub(KEPT).unwrap_or(Timestamp::MIN).as_second();
        let tx = self.0.transaction()?;
        tx.prepare_cached("INSERT OR REPLACE INTO entries VALUES (?1, ?2, ?3)")?
            .execute(params![id, outcome, at.as_second()])?;
        tx.prepare_cached("DELETE FROM misses WHERE id = ?1")?
            .execute([id])?;
        tx.prepare_cached("DELETE FROM entries WHERE at < ?1")?
            .execute([oldest])?;
        tx.commit()?;
        Ok(())
    }

    /// Counts a failed attempt; `true` when it was the last.
    pub(super) fn missed(&mut self, id: &str, attempts_max: u32) -> anyhow::Result<bool> {
        let attempts: u32 = self
            .0
            .prepare_cached(
                "INSERT INTO misses VALUES (?1, 1) ON CONFLICT (id) DO UPDATE SET attempts = attempts + 1 \
                 RETURNING attempts",
            )?
            .query_row([id], |row| row.get(0))?;
        Ok(attempts >= attempts_max)
    }

    /// What a feed's last full answer was marked with.
    pub(super) fn marks(&mut self, feed: &str) -> anyhow::Result<Marks> {
        let marks = self
            .0
            .prepare_cached("SELECT etag, last_modified FROM marks WHERE feed = ?1")?
            .query_row([feed], |row| {
                Ok(Marks {
                    etag: row.get(0)?,
                    last_modified: row.get(1)?,
                })
            })
            .optional()?;
        Ok(marks.unwrap_or_default())
    }

    /// Whether a feed still lists something that it listed when it was last dealt with in full, wanted or not. If it does
    /// not, there may be more behind it than it shows.
    pub(super) fn reaches_back(&mut self, feed: &str, entries: &[Entry]) -> anyhow::Result<bool> {
        let mut ask = self
            .0
            .prepare_cached("SELECT 1 FROM seen WHERE feed = ?1 AND id = ?2")?;
        for entry in entries {
            if ask.exists(params![feed, entry.id])? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Remembers the marks of an answer that was dealt with in full, and what it listed.
    pub(super) fn set_marks(
        &mut self,
        feed: &str,
        marks: &Marks,
        entries: &[Entry],
    ) -> anyhow::Result<()> {
        let tx = self.0.transaction()?;
        tx.prepare_cached("INSERT OR REPLACE INTO marks VALUES (?1, ?2, ?3)")?
            .execute(params![feed, marks.etag, marks.last_modified])?;
        if !entries.is_empty() {
            tx.prepare_cached("DELETE FROM seen WHERE feed = ?1")?
                .execute([feed])?;
            let mut put = tx.prepare_cached("INSERT OR IGNORE INTO seen VALUES (?1, ?2)")?;
            for entry in entries {
                put.execute(params![feed, entry.id])?;
            }
        }
        tx.commit()?;
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn entry(id: &str) -> Entry {
        Entry {
            id: id.to_owned(),
            href: String::new(),
            title: String::new(),
            updated: None,
            author: String::new(),
        }
    }

    #[test]
    fn what_was_published_is_known_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let at: Timestamp = "2026-08-30T09:00:00Z".parse().unwrap();
        let mut memory = Memory::open(folder.path()).unwrap();
        memory.settle("a", Outcome::Published, at).unwrap();
        let marks = Marks {
            etag: "\"1\"".to_owned(),
            last_modified: String::new(),
        };
        memory.set_marks("feed", &marks, &[entry("c")]).unwrap();
        assert!(
            Memory::open(folder.path()).is_err(),
            "a second bridge is refused"
        );
        drop(memory);
        let mut memory = Memory::open(folder.path()).unwrap();
        let known = memory.known(&[entry("a"), entry("b")]).unwrap();
        assert_eq!(known, BTreeSet::from(["a".to_owned()]));
        assert_eq!(memory.marks("feed").unwrap(), marks);
        assert_eq!(memory.marks("other").unwrap(), Marks::default());
        let mut reaches =
            |feed: &str, entries: &[Entry]| memory.reaches_back(feed, entries).unwrap();
        assert!(
            reaches("feed", &[entry("d"), entry("c")]),
            "listed, though never wanted"
        );
        assert!(!reaches("feed", &[entry("d"), entry("a")]));
        assert!(!reaches("other", &[entry("c")]), "another feed");
    }

    #[test]
    fn attempts_are_counted_and_forgotten_when_one_succeeds() {
        let folder = tempfile::tempdir().unwrap();
        let mut memory = Memory::open(folder.path()).unwrap();
        assert!(!memory.missed("a", 2).unwrap());
        assert!(memory.missed("a", 2).unwrap());
        let at: Timestamp = "2026-08-30T09:00:00Z".parse().unwrap();
        memory.settle("a", Outcome::Published, at).unwrap();
        assert!(!memory.missed("a", 2).unwrap());
    }

    #[test]
    fn what_is_older_than_the_long_feeds_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let mut memory = Memory::open(folder.path()).unwrap();
        memory
            .settle(
                "a",
                Outcome::Published,
                "2026-07-01T00:00:00Z".parse().unwrap(),
            )
            .unwrap();
        memory
            .settle(
                "b",
                Outcome::Published,
                "2026-08-30T00:00:00Z".parse().unwrap(),
            )
            .unwrap();
        let known = memory.known(&[entry("a"), entry("b")]).unwrap();
        assert_eq!(known, BTreeSet::from(["b".to_owned()]));
    }
}
