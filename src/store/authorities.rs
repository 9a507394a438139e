//! Authority to issue, and the order of succession.

use jiff::Timestamp;
use rusqlite::params;

use super::{StoreError, Tx, View, instant, millis};
use crate::approve::authority::{Basis, Grant};
use crate::recommend::level::OrderLevel;

impl Tx<'_> {
    /// Grants an authority; `grant.id` is given by the record and returned.
    ///
    /// # Errors
    /// The database's.
    pub fn put_grant(&self, grant: &Grant, by: &str, at: Timestamp) -> Result<i64, StoreError> {
        self.0.execute(
            "INSERT INTO authority (officer, basis, document, condition, level_max, rank, from_ms, until_ms, granted_by, \
             granted_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            params![
                grant.officer,
                grant.basis.word(),
                grant.document,
                grant.condition,
                grant.level_max.number(),
                grant.rank,
                millis(grant.from),
                millis(grant.until),
                by,
                millis(at)
            ],
        )?;
        Ok(self.0.last_insert_rowid())
    }

    /// Revokes one authority of an officer. Says how many: 1, or 0 when there is none that is not revoked yet.
    ///
    /// # Errors
    /// The database's.
    pub fn revoke_grant(
        &self,
        id: i64,
        officer: &str,
        by: &str,
        at: Timestamp,
    ) -> Result<usize, StoreError> {
        Ok(self.0.execute(
            "UPDATE authority SET revoked_ms = ?4, revoked_by = ?3 WHERE id = ?1 AND officer = ?2 AND revoked_ms IS NULL",
            params![id, officer, by, millis(at)],
        )?)
    }

    /// Revokes all authorities of an officer that are not revoked yet. Says how many.
    ///
    /// # Errors
    /// The database's.
    pub fn revoke_grants_of(
        &self,
        officer: &str,
        by: &str,
        at: Timestamp,
    ) -> Result<usize, StoreError> {
        Ok(self.0.execute(
            "UPDATE authority SET revoked_ms = ?3, revoked_by = ?2 WHERE officer = ?1 AND revoked_ms IS NULL",
            params![officer, by, millis(at)],
        )?)
    }
}

impl View<'_> {
    /// Authorities that are not revoked, in the order of succession. Whether they hold now is for the reader to ask.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn grants(&self) -> Result<Vec<Grant>, StoreError> {
        let mut statement = self.0.prepare_cached(
            "SELECT id, officer, basis, document, condition, level_max, rank, from_ms, until_ms FROM authority \
             WHERE revoked_ms IS NULL ORDER BY rank, id",
        )?;
        let rows = statement.query_map([], |row| {
            Ok((
                row.get::<_, i64>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, String>(2)?,
                row.get::<_, String>(3)?,
                row.get::<_, String>(4)?,
                row.get::<_, u8>(5)?,
                row.get::<_, u32>(6)?,
                row.get::<_, i64>(7)?,
                row.get::<_, i64>(8)?,
            ))
        })?;
        rows.map(|row| {
            let (id, officer, basis, document, condition, level, rank, from_ms, until_ms) = row?;
            let damaged = |why: String| StoreError::Damaged {
                what: format!("authority {id}"),
                why,
            };
            Ok(Grant {
                id,
                officer,
                basis: Basis::from_word(&basis)
                    .ok_or_else(|| damaged(format!("unknown basis {basis}")))?,
                document,
                condition,
                level_max: OrderLevel::from_number(level)
                    .ok_or_else(|| damaged(format!("unknown level {level}")))?,
                rank,
                from: instant(from_ms)?,
                until: instant(until_ms)?,
            })
        })
        .collect()
    }
}
