//! Passkeys of officers: public halves only.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};

use super::{StoreError, Tx, View, instant, millis};
use crate::passkey::Key;

/// A passkey as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPasskey {
    /// Whose.
    pub officer: String,
    /// The key itself, for [`crate::passkey`].
    pub key: Key,
    /// What its officer calls it.
    pub label: String,
    /// Real time.
    pub added_at: Timestamp,
}

impl Tx<'_> {
    /// Adds one. One that is known, to whomever it belongs, is refused.
    ///
    /// # Errors
    /// The database's.
    pub fn put_passkey(&self, key: &StoredPasskey) -> Result<(), StoreError> {
        self.happened(key.added_at);
        self.0.execute(
            "INSERT INTO passkey VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                name_of(&key.key.id),
                key.officer,
                key.key.public,
                key.key.state,
                key.label,
                millis(key.added_at)
            ],
        )?;
        Ok(())
    }

    /// Keeps what a signature changed. Says whether the key was as it was read: of two signatures at once one counts.
    ///
    /// # Errors
    /// The database's.
    pub fn use_passkey(
        &self,
        id: &[u8],
        before: [u8; 7],
        after: [u8; 7],
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.happened(at);
        Ok(self.0.execute(
            "UPDATE passkey SET state = ?3 WHERE id = ?1 AND state = ?2",
            params![name_of(id), before, after],
        )? == 1)
    }

    /// Takes one of an officer's away. Says whether there was one.
    ///
    /// # Errors
    /// The database's.
    pub fn drop_passkey(&self, officer: &str, id: &[u8]) -> Result<bool, StoreError> {
        Ok(self.0.execute(
            "DELETE FROM passkey WHERE officer = ?1 AND id = ?2",
            params![officer, name_of(id)],
        )? == 1)
    }

    /// Takes all of an officer's away. Says how many.
    ///
    /// # Errors
    /// The database's.
    pub fn drop_passkeys_of(&self, officer: &str) -> Result<usize, StoreError> {
        Ok(self
            .0
            .execute("DELETE FROM passkey WHERE officer = ?1", [officer])?)
    }
}

const COLUMNS: &str = "id, officer, public, state, label, added_ms";

impl View<'_> {
    /// One by its name.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn passkey(&self, id: &[u8]) -> Result<Option<StoredPasskey>, StoreError> {
        self.0
            .prepare_cached(&format!("SELECT {COLUMNS} FROM passkey WHERE id = ?1"))?
            .query_row([name_of(id)], raw)
            .optional()?
            .map(read)
            .transpose()
    }

    /// All of one officer, oldest first.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn passkeys_of(&self, officer: &str) -> Result<Vec<StoredPasskey>, StoreError> {
        let mut statement = self.0.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM passkey WHERE officer = ?1 ORDER BY added_ms, id"
        ))?;
        let rows = statement.query_map([officer], raw)?;
        rows.map(|row| read(row?)).collect()
    }
}

/// How a key's name is written: base64url, as browsers do.
#[must_use]
pub fn name_of(id: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(id)
}

type Raw = (String, String, Vec<u8>, [u8; 7], String, i64);

fn raw(row: &rusqlite::Row<'_>) -> rusqlite::Result<Raw> {
    Ok((
        row.get(0)?,
        row.get(1)?,
        row.get(2)?,
        row.get(3)?,
        row.get(4)?,
        row.get(5)?,
    ))
}

fn read((id, officer, public, state, label, ms): Raw) -> Result<StoredPasskey, StoreError> {
    let id = URL_SAFE_NO_PAD
        .decode(&id)
        .map_err(|_| StoreError::Damaged {
            what: format!("a passkey of {officer}"),
            why: "its name is not base64url".to_owned(),
        })?;
    Ok(StoredPasskey {
        officer,
        key: Key { id, public, state },
        label,
        added_at: instant(ms)?,
    })
}
