//! Names that the town's provider of single sign-on has for officers.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};

use super::{StoreError, Tx, View, millis};

impl Tx<'_> {
    /// Binds an account to the provider's name for its officer, instead of the one it had.
    ///
    /// # Errors
    /// The database's: the name is another account's.
    pub fn put_subject(
        &self,
        officer: &str,
        issuer: &str,
        subject: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.happened(at);
        self.drop_subject(officer)?;
        self.0.execute(
            "INSERT INTO subject (officer, issuer, subject, bound_ms) VALUES (?1, ?2, ?3, ?4)",
            params![officer, issuer, subject, millis(at)],
        )?;
        Ok(())
    }

    /// Unbinds an account. Says from which provider; none where it was not bound.
    ///
    /// # Errors
    /// The database's.
    pub fn drop_subject(&self, officer: &str) -> Result<Option<String>, StoreError> {
        Ok(self
            .0
            .prepare_cached("DELETE FROM subject WHERE officer = ?1 RETURNING issuer")?
            .query_row([officer], |row| row.get(0))
            .optional()?)
    }
}

impl View<'_> {
    /// The account that this provider's name is bound to.
    ///
    /// # Errors
    /// The database's.
    pub fn officer_of_subject(
        &self,
        issuer: &str,
        subject: &str,
    ) -> Result<Option<String>, StoreError> {
        Ok(self
            .0
            .prepare_cached("SELECT officer FROM subject WHERE issuer = ?1 AND subject = ?2")?
            .query_row([issuer, subject], |row| row.get(0))
            .optional()?)
    }

    /// Accounts that are bound, each with the provider it is bound at.
    ///
    /// # Errors
    /// The database's.
    pub fn bound_officers(&self) -> Result<BTreeMap<String, String>, StoreError> {
        let mut statement = self
            .0
            .prepare_cached("SELECT officer, issuer FROM subject ORDER BY officer")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
