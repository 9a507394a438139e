//! The record: one SQLite file in the data directory, one writer, one file of this module per thing stored.
//!
//! Invariants
//! - A write is durable when [`Store::write`] returns (WAL, `synchronous = FULL`).
//! - A decision, its audit entry and its deliveries are one transaction.
//! - A data directory belongs to one realm and one town for good, and to one running service at a time.

pub mod audit;
pub mod drafts;
pub mod evaluations;
pub mod notices;
pub mod officers;
pub mod outbox;
pub mod proposals;
pub mod quarantine;
pub mod readings;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, Transaction, TransactionBehavior};
use thiserror::Error;

use crate::approve::notice::Forged;
use crate::realm::Realm;

const SCHEMA: &str = include_str!("schema.sql");
const SCHEMA_VERSION: i64 = 1;
const FILE: &str = "hinan.sqlite3";

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
    /// The directory belongs to another realm, town or version.
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
}

/// The open record.
pub struct Store {
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
    path: PathBuf,
    _lock: File,
}

/// A running write transaction. Everything written through it happens together or not at all.
pub struct Tx<'a>(pub(in crate::store) Transaction<'a>);

impl Tx<'_> {
    /// What this transaction sees, its own writes included.
    #[must_use]
    pub fn view(&self) -> View<'_> {
        View(&self.0)
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
        let path = dir.join(FILE);
        let writer = Connection::open(&path)?;
        writer.pragma_update(None, "journal_mode", "WAL")?;
        writer.pragma_update(None, "synchronous", "FULL")?;
        writer.pragma_update(None, "foreign_keys", true)?;
        writer.busy_timeout(std::time::Duration::from_secs(5))?;
        writer.set_prepared_statement_cache_capacity(64);
        let store = Self {
            writer: Mutex::new(writer),
            readers: Mutex::new(Vec::new()),
            path,
            _lock: lock,
        };
        store.begin(dir, realm, town_code)?;
        Ok(store)
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
        let tx = connection.transaction()?;
        f(&View(&tx))
    }

    fn begin(&self, dir: &Path, realm: Realm, town_code: &str) -> Result<(), StoreError> {
        self.write(|tx| {
            let version: i64 =
                tx.0.pragma_query_value(None, "user_version", |row| row.get(0))?;
            if version == 0 {
                tx.0.execute_batch(SCHEMA)?;
                tx.0.pragma_update(None, "user_version", SCHEMA_VERSION)?;
            } else if version != SCHEMA_VERSION {
                return Err(StoreError::Belongs {
                    dir: dir.to_owned(),
                    key: "schema version",
                    found: version.to_string(),
                    wanted: SCHEMA_VERSION.to_string(),
                });
            }
            for (key, wanted) in [("realm", realm.word()), ("town", town_code)] {
                let found: Option<String> =
                    tx.0.query_row("SELECT value FROM about WHERE key = ?1", [key], |row| {
                        row.get(0)
                    })
                    .optional()?;
                match found {
                    None => {
                        tx.0.execute("INSERT INTO about VALUES (?1, ?2)", [key, wanted])?;
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
        })
    }

    /// Does one thing durably, or not at all.
    ///
    /// # Errors
    /// Whatever `f` refuses, or the database.
    pub fn write<T>(
        &self,
        f: impl FnOnce(&Tx<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        aside(|| self.write_here(f))
    }

    fn write_here<T>(
        &self,
        f: impl FnOnce(&Tx<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut writer = guard(&self.writer);
        let tx = Tx(writer.transaction_with_behavior(TransactionBehavior::Immediate)?);
        let done = f(&tx)?;
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
