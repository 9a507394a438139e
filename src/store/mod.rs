//! The record: one SQLite file in the data directory, one writer, one file of this module per thing stored.
//!
//! Invariants
//! - A write is durable when [`Store::write`] returns (WAL, `synchronous = FULL`).
//! - A decision, its audit entry and its deliveries are one transaction.
//! - A data directory belongs to one realm and one town for good, and to one running service at a time.

mod account_changes;
pub mod accusations;
pub mod approvals;
pub mod audit;
pub mod authorities;
pub mod confirmed;
pub mod devices;
pub mod drafts;
pub mod evaluations;
pub mod models;
pub mod notices;
pub mod officers;
pub mod official;
pub mod outbox;
pub(crate) mod particulars;
pub mod passkeys;
pub mod proposals;
pub mod publications;
pub mod quarantine;
pub mod readings;
pub mod recoveries;
pub mod reports;
mod seal;
pub mod subjects;
pub mod told;
pub mod uplinks;

pub use self::seal::COVERED;

use std::cell::Cell;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, Transaction, TransactionBehavior};
use thiserror::Error;

use crate::approve::notice::Forged;
use crate::realm::Realm;

/// The steps from nothing to the record of today: the version of a data directory is how many it has seen. A step that
/// a released service has run is never edited again; what is new goes into a new one.
const STEPS: [&str; 15] = [
    include_str!("schema/1.sql"),
    include_str!("schema/2.sql"),
    include_str!("schema/3.sql"),
    include_str!("schema/4.sql"),
    include_str!("schema/5.sql"),
    include_str!("schema/6.sql"),
    include_str!("schema/7.sql"),
    include_str!("schema/8.sql"),
    include_str!("schema/9.sql"),
    include_str!("schema/10.sql"),
    include_str!("schema/11.sql"),
    include_str!("schema/12.sql"),
    include_str!("schema/13.sql"),
    include_str!("schema/14.sql"),
    include_str!("schema/15.sql"),
];
/// The first version that keeps realm and town in the table `belonging`.
const BELONGS_SINCE: usize = 8;
/// Name of the record in its data directory.
pub(crate) const FILE: &str = "hinan.sqlite3";

/// Why the record cannot be used.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Another service works on this directory.
    #[error(
        "データの置き場所 {dir} は別のサービスが使用中です / {dir} is in use by another service; stop it or choose another service.data_dir"
    )]
    InUse {
        /// The directory.
        dir: PathBuf,
    },
    /// The directory belongs to another realm or town.
    #[error(
        "{dir}: {key} is {found}, but this service is {wanted}; a data directory belongs to one {key} for good, choose another service.data_dir"
    )]
    Belongs {
        /// The directory.
        dir: PathBuf,
        /// What differs.
        key: &'static str,
        /// What the directory says.
        found: String,
        /// What the service wants.
        wanted: String,
    },
    /// A later service has written here.
    #[error(
        "{dir}: the record has version {version}, this service knows versions up to {known}; run the newer service, or choose another service.data_dir"
    )]
    Newer {
        /// The directory.
        dir: PathBuf,
        /// The record's version.
        version: i64,
        /// The newest version this service knows.
        known: usize,
    },
    /// Only looked at, a record is not brought to the version of today.
    #[error(
        "{dir}: the record has version {version}, this program reads version {known}; start the service of this version on it once"
    )]
    OtherVersion {
        /// The directory.
        dir: PathBuf,
        /// The record's version.
        version: i64,
        /// The version this program reads.
        known: usize,
    },
    /// The directory or the lock file cannot be made.
    #[error("{dir}: {source}")]
    Directory {
        /// The directory.
        dir: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The database refused.
    #[error("store: {0}")]
    Sql(#[from] rusqlite::Error),
    /// A stored text is not what it must be.
    #[error("store: {what} is damaged: {why}")]
    Damaged {
        /// Which thing.
        what: String,
        /// What is wrong.
        why: String,
    },
    /// A stored notice is not believed.
    #[error(transparent)]
    Forged(#[from] Forged),
    /// What is stored to be sent is not what was approved.
    #[error(transparent)]
    NotApproved(#[from] crate::publish::publication::NotApproved),
}

impl StoreError {
    /// Whether another program or thread holds the record for a moment: the same may work if it is tried again.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked};
        match self {
            Self::Sql(error) => matches!(
                error.sqlite_error_code(),
                Some(DatabaseBusy | DatabaseLocked)
            ),
            _ => false,
        }
    }
}

/// The open record.
pub struct Store {
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
    path: PathBuf,
    /// Whether the database refused the last write.
    failing: AtomicBool,
    /// Held by the one service of the directory; not by somebody who writes beside it.
    _lock: Option<File>,
}

/// A running write transaction. Everything written through it happens together or not at all. It remembers the latest
/// time that something in it was said to happen at, milliseconds, for the entry that seals it.
pub struct Tx<'a>(
    pub(in crate::store) Transaction<'a>,
    pub(in crate::store) Cell<Option<i64>>,
);

impl View<'_> {
    /// Which record this is: 32 hexadecimal digits, made by chance when it began, or was brought forward to have them.
    ///
    /// # Errors
    /// The database's.
    pub fn record_id(&self) -> Result<String, StoreError> {
        let asked = "SELECT value FROM belonging WHERE key = 'record'";
        Ok(self.0.query_row(asked, [], |row| row.get(0))?)
    }

    /// Town code and realm that the record belongs to.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn belongs_to(&self) -> Result<(String, Realm), StoreError> {
        let of = |key: &str| -> Result<String, StoreError> {
            let asked = "SELECT value FROM belonging WHERE key = ?1";
            Ok(self.0.query_row(asked, [key], |row| row.get(0))?)
        };
        let realm = of("realm")?;
        let known = [Realm::Actual, Realm::Exercise];
        let realm = known.into_iter().find(|one| one.word() == realm);
        let realm = realm.ok_or_else(|| StoreError::Damaged {
            what: "the record's realm".to_owned(),
            why: "it is neither actual nor exercise".to_owned(),
        })?;
        Ok((of("town")?, realm))
    }
}

impl Tx<'_> {
    /// What this transaction sees, its own writes included.
    #[must_use]
    pub fn view(&self) -> View<'_> {
        View(&self.0)
    }

    /// Something in this transaction happened at `at`.
    pub(in crate::store) fn happened(&self, at: Timestamp) {
        self.1.set(self.1.get().max(Some(millis(at))));
    }
}

/// A consistent view for reading.
pub struct View<'a>(pub(in crate::store) &'a Connection);

impl Store {
    /// Opens or makes the record in `dir`.
    ///
    /// # Errors
    /// [`StoreError`]: in use, of another realm or town, or not readable.
    pub fn open(dir: &Path, realm: Realm, town_code: &str) -> Result<Self, StoreError> {
        let failed = |source| StoreError::Directory {
            dir: dir.to_owned(),
            source,
        };
        std::fs::create_dir_all(dir).map_err(failed)?;
        let lock = File::options()
            .create(true)
            .write(true)
            .truncate(false)
            .open(dir.join("lock"))
            .map_err(failed)?;
        if lock.try_lock().is_err() {
            return Err(StoreError::InUse {
                dir: dir.to_owned(),
            });
        }
        let store = Self::connect(dir, Some(lock))?;
        store.begin(dir, realm, town_code)?;
        Ok(store)
    }

    /// Opens the record to change a little in it, whether or not a service is running on it. Beside a running one both
    /// write, one transaction at a time; the record must have the version of today then.
    ///
    /// # Errors
    /// [`StoreError`]: of another realm, town or version, or not readable.
    pub fn open_beside(dir: &Path, realm: Realm, town_code: &str) -> Result<Self, StoreError> {
        match Self::open(dir, realm, town_code) {
            Err(StoreError::InUse { .. }) => {}
            opened => return opened,
        }
        // Looking refuses a record of another version.
        Self::look(dir, |_| Ok(()))?;
        let store = Self::connect(dir, None)?;
        store.begin(dir, realm, town_code)?;
        Ok(store)
    }

    fn connect(dir: &Path, lock: Option<File>) -> Result<Self, StoreError> {
        let path = dir.join(FILE);
        let writer = Connection::open(&path)?;
        writer.pragma_update(None, "journal_mode", "WAL")?;
        writer.pragma_update(None, "synchronous", "FULL")?;
        // What is removed is overwritten: secrets of before must not lie about in free pages.
        writer.pragma_update(None, "secure_delete", true)?;
        // Tables that others refer to are made anew in some steps; `begin` turns the keys on before anybody else writes.
        writer.pragma_update(None, "foreign_keys", false)?;
        writer.busy_timeout(std::time::Duration::from_secs(5))?;
        writer.set_prepared_statement_cache_capacity(64);
        Ok(Self {
            failing: AtomicBool::new(false),
            writer: Mutex::new(writer),
            readers: Mutex::new(Vec::new()),
            path,
            _lock: lock,
        })
    }

    /// Writes the whole file anew, without what was removed from it, and empties the journal: what an earlier version left in
    /// free pages is gone. Takes as long as copying the file.
    ///
    /// # Errors
    /// The database's: another program reads or writes.
    pub fn scrub(&self) -> Result<(), StoreError> {
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        writer.execute_batch("VACUUM")?;
        writer.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(())
    }

    /// Opens an existing record for reading only, beside a running service or without one.
    ///
    /// # Errors
    /// When there is no record in `dir` or it cannot be read.
    pub fn look<T>(
        dir: &Path,
        f: impl FnOnce(&View<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut connection = reader(&dir.join(FILE))?;
        let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if usize::try_from(version) != Ok(STEPS.len()) {
            return Err(StoreError::OtherVersion {
                dir: dir.to_owned(),
                version,
                known: STEPS.len(),
            });
        }
        let tx = connection.transaction()?;
        f(&View(&tx))
    }

    /// Brings the record forward, and makes sure that it is of this realm and town.
    fn begin(&self, dir: &Path, realm: Realm, town_code: &str) -> Result<(), StoreError> {
        self.write(|tx| {
            let version: i64 =
                tx.0.pragma_query_value(None, "user_version", |row| row.get(0))?;
            let seen = usize::try_from(version).ok().filter(|n| *n <= STEPS.len());
            let Some(seen) = seen else {
                return Err(StoreError::Newer {
                    dir: dir.to_owned(),
                    version,
                    known: STEPS.len(),
                });
            };
            // Once the steps have run, all rows are sealed as they stand: whoever altered one before must be named before.
            let altered = match seen {
                0 => None,
                _ if seen < STEPS.len() => tx.view().first_altered_before()?,
                _ => None,
            };
            for (number, step) in STEPS.iter().enumerate().skip(seen) {
                tx.0.execute_batch(step)?;
                tx.0.pragma_update(None, "user_version", number as i64 + 1)?;
            }
            tx.cover(seen < STEPS.len())?;
            if let Some(why) = altered {
                tx.accuse_of(&why)?;
            }
            tx.hold_in_force_against_notices()?;
            // What is asked of the audit by subject must not read all of it. An index says nothing: it needs no version.
            tx.0.execute_batch("CREATE INDEX IF NOT EXISTS audit_subject ON audit (subject, seq)")?;
            tx.0.execute_batch(&account_changes::index())?;
            if seen > 0 && seen < STEPS.len() {
                tracing::info!(
                    from = seen,
                    to = STEPS.len(),
                    "the record was brought to the version of today"
                );
            }
            for (key, wanted) in [("realm", realm.word()), ("town", town_code)] {
                let found: Option<String> =
                    tx.0.query_row("SELECT value FROM belonging WHERE key = ?1", [key], |row| {
                        row.get(0)
                    })
                    .optional()?;
                match found {
                    // Whoever opens a record whose rows were taken away must not say what it is from now on.
                    None if seen >= BELONGS_SINCE => {
                        return Err(StoreError::Damaged {
                            what: dir.join(FILE).display().to_string(),
                            why: format!(
                                "it does not say which {key} it belongs to any more; put a backup back, or choose another service.data_dir"
                            ),
                        });
                    }
                    None => {
                        tx.0.execute("INSERT INTO belonging VALUES (?1, ?2)", [key, wanted])?;
                    }
                    Some(found) if found == wanted => {}
                    Some(found) => {
                        return Err(StoreError::Belongs {
                            dir: dir.to_owned(),
                            key: if key == "realm" { "realm" } else { "town" },
                            found,
                            wanted: wanted.to_owned(),
                        });
                    }
                }
            }
            Ok(())
        })?;
        guard(&self.writer).pragma_update(None, "foreign_keys", true)?;
        Ok(())
    }

    /// Does one thing durably, or not at all.
    ///
    /// # Errors
    /// Whatever `f` refuses, or the database.
    pub fn write<T>(
        &self,
        f: impl FnOnce(&Tx<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let done = aside(|| self.write_here(f));
        // What a caller refuses says nothing about the record; what the database refuses does.
        match &done {
            Ok(_) => self.failing.store(false, Ordering::Relaxed),
            Err(StoreError::Sql(_)) => self.failing.store(true, Ordering::Relaxed),
            Err(_) => {}
        }
        done
    }

    /// Whether the last write was taken: what could not be written then can hardly be written now.
    #[must_use]
    pub fn is_writable(&self) -> bool {
        !self.failing.load(Ordering::Relaxed)
    }

    fn write_here<T>(
        &self,
        f: impl FnOnce(&Tx<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut writer = guard(&self.writer);
        let tx = Tx(
            writer.transaction_with_behavior(TransactionBehavior::Immediate)?,
            Cell::new(None),
        );
        tx.accuse()?;
        let done = f(&tx)?;
        tx.seal()?;
        tx.0.commit()?;
        Ok(done)
    }

    /// Reads from one consistent view; never waits for a writer.
    ///
    /// # Errors
    /// Whatever `f` refuses, or the database.
    pub fn read<T>(
        &self,
        f: impl FnOnce(&View<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        aside(|| self.read_here(f))
    }

    fn read_here<T>(
        &self,
        f: impl FnOnce(&View<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let idle = guard(&self.readers).pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => reader(&self.path)?,
        };
        let result = {
            let tx = connection.transaction()?;
            f(&View(&tx))
        };
        guard(&self.readers).push(connection);
        result
    }
}

/// Does work that waits for the disk without holding up what else this thread has to do.
fn aside<T>(work: impl FnOnce() -> T) -> T {
    use tokio::runtime::{Handle, RuntimeFlavor};
    match Handle::try_current().map(|handle| handle.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}

fn reader(path: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// A panic elsewhere has rolled its transaction back; the connection itself stays sound.
fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Times are stored as milliseconds since 1970, UTC.
pub(in crate::store) fn millis(at: Timestamp) -> i64 {
    at.as_millisecond()
}

/// A count from the database, which knows signed numbers only.
pub(in crate::store) fn count(rows: i64) -> u64 {
    u64::try_from(rows).unwrap_or(0)
}

pub(in crate::store) fn instant(ms: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(ms).map_err(|error| StoreError::Damaged {
        what: "a time".to_owned(),
        why: error.to_string(),
    })
}

pub(in crate::store) fn json<T: serde::de::DeserializeOwned>(
    what: &str,
    text: &str,
) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Damaged {
        what: what.to_owned(),
        why: error.to_string(),
    })
}

pub(in crate::store) fn text(value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Damaged {
        what: "a value to store".to_owned(),
        why: error.to_string(),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const TOWN: &str = "012076";

    /// A record as the first version left it: two gauges, three readings, one of them late.
    fn of_version_1(dir: &Path) {
        let db = Connection::open(dir.join(FILE)).unwrap();
        db.execute_batch(STEPS[0]).unwrap();
        db.execute_batch(
            "PRAGMA user_version = 1;
             INSERT INTO about VALUES ('realm', 'actual'), ('town', '012076');
             INSERT INTO station (name) VALUES ('obihiro'), ('shimizu');
             INSERT INTO reading VALUES (1, 1472547600, 35.33, 1, 2, 1), (2, 1472547600, 12.0, 3, 0, 2),
               (1, 1472544000, 35.1, 4, 3600, 3);",
        )
        .unwrap();
    }

    fn levels(store: &Store) -> Vec<(String, String, f64, u8, String, i64)> {
        let mut levels = Vec::new();
        store
            .read(|view| {
                view.each_level_since(Timestamp::UNIX_EPOCH, |stored| {
                    levels.push((
                        stored.reading.station.to_string(),
                        stored.reading.at.to_string(),
                        stored.reading.level_m,
                        stored.flag.qartod(),
                        stored.received_at.to_string(),
                        stored.seq,
                    ));
                })
            })
            .unwrap();
        levels
    }

    #[test]
    fn a_record_of_the_first_version_opens_with_everything_it_held() {
        let home = tempfile::tempdir().unwrap();
        of_version_1(home.path());
        let row = |station: &str, at: &str, level_m: f64, flag, received: &str, seq| {
            let (station, at) = (station.to_owned(), at.to_owned());
            (station, at, level_m, flag, received.to_owned(), seq)
        };
        let held = [
            row(
                "obihiro",
                "2016-08-30T09:00:00Z",
                35.33,
                1,
                "2016-08-30T09:00:02Z",
                1,
            ),
            row(
                "shimizu",
                "2016-08-30T09:00:00Z",
                12.0,
                3,
                "2016-08-30T09:00:00Z",
                2,
            ),
            row(
                "obihiro",
                "2016-08-30T08:00:00Z",
                35.1,
                4,
                "2016-08-30T09:00:00Z",
                3,
            ),
        ];
        for _ in ["brought forward", "opened again"] {
            let store = Store::open(home.path(), Realm::Actual, TOWN).unwrap();
            assert_eq!(levels(&store), held);
            assert_eq!(store.read(|view| view.last_seq()).unwrap(), 3);
        }
        let other_town = Store::open(home.path(), Realm::Actual, "012084")
            .err()
            .unwrap();
        assert!(
            other_town.to_string().contains("town is 012076"),
            "{other_town}"
        );
    }

    #[test]
    fn a_record_of_another_version_is_not_looked_at_as_if_it_were_ours() {
        let home = tempfile::tempdir().unwrap();
        of_version_1(home.path());
        let old = Store::look(home.path(), |view| view.last_seq())
            .err()
            .unwrap();
        assert!(old.to_string().contains("version 1"), "{old}");
        let db = Connection::open(home.path().join(FILE)).unwrap();
        db.pragma_update(None, "user_version", 999).unwrap();
        drop(db);
        let newer = Store::open(home.path(), Realm::Actual, TOWN).err().unwrap();
        assert!(newer.to_string().contains("version 999"), "{newer}");
    }

    #[test]
    fn a_stored_reading_cannot_be_changed_but_for_its_flag() {
        let home = tempfile::tempdir().unwrap();
        of_version_1(home.path());
        let store = Store::open(home.path(), Realm::Actual, TOWN).unwrap();
        let change = |sql: &str| store.write(|tx| Ok(tx.0.execute(sql, [])?));
        assert_eq!(change("UPDATE reading SET flag = 4").unwrap(), 3);
        for column in ["at_ms", "series", "value", "late_ms", "historic", "seq"] {
            let refused = change(&format!("UPDATE reading SET {column} = {column} + 1"));
            assert!(refused.is_err(), "{column}");
        }
    }
}
