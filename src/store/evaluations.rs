//! Evaluations: when advice was worked out, from which readings, with which result.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};

use super::{StoreError, Tx, View, instant, millis, text};
use crate::digest::Digest;
use crate::recommend::{Recommendation, earlier};

/// One evaluation as recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluated {
    /// Moment of the event.
    pub as_of: Timestamp,
    /// It saw all readings up to this order of arrival.
    pub upto_seq: i64,
    /// Digest of its recommendations.
    pub digest: Digest,
    /// How many recommendations.
    pub recommendations: usize,
}

impl Tx<'_> {
    /// Records an evaluation; the advice is written out only when it differs from the one before.
    ///
    /// # Errors
    /// The database's.
    pub fn put_evaluation(
        &self,
        evaluated: &Evaluated,
        advice: &[Recommendation],
    ) -> Result<(), StoreError> {
        let before: Option<String> = self
            .0
            .prepare_cached("SELECT digest FROM evaluation ORDER BY id DESC LIMIT 1")?
            .query_row([], |row| row.get(0))
            .optional()?;
        let same = before.as_deref() == Some(evaluated.digest.as_str());
        let body = if same { None } else { Some(text(&advice)?) };
        self.0
            .prepare_cached(
                "INSERT INTO evaluation (as_of_ms, upto_seq, digest, recommendations, body) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![
                millis(evaluated.as_of),
                evaluated.upto_seq,
                evaluated.digest.as_str(),
                i64::try_from(evaluated.recommendations).unwrap_or(i64::MAX),
                body
            ])?;
        Ok(())
    }
}

impl View<'_> {
    /// How many evaluations the record holds.
    ///
    /// # Errors
    /// The database's.
    pub fn evaluations_made(&self) -> Result<i64, StoreError> {
        Ok(self
            .0
            .query_row("SELECT coalesce(max(id), 0) FROM evaluation", [], |row| {
                row.get(0)
            })?)
    }

    /// The advice of the last evaluation, empty when there is none.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn last_advice(&self) -> Result<Vec<Recommendation>, StoreError> {
        let last: Option<(i64, String)> = self
            .0
            .query_row(
                "SELECT as_of_ms, body FROM evaluation WHERE body IS NOT NULL ORDER BY id DESC LIMIT 1",
                [],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        let Some((as_of_ms, body)) = last else {
            return Ok(Vec::new());
        };
        earlier::advice(&body, instant(as_of_ms)?).map_err(|error| StoreError::Damaged {
            what: "the advice of an evaluation".to_owned(),
            why: error.to_string(),
        })
    }

    /// All evaluations, oldest first.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn evaluations(&self) -> Result<Vec<Evaluated>, StoreError> {
        let mut statement = self.0.prepare(
            "SELECT as_of_ms, upto_seq, digest, recommendations FROM evaluation ORDER BY id",
        )?;
        let rows = statement.query_map([], |row| {
            Ok((
                row.get::<_, i64>(0)?,
                row.get::<_, i64>(1)?,
                row.get::<_, String>(2)?,
                row.get::<_, i64>(3)?,
            ))
        })?;
        rows.map(|row| {
            let (ms, upto_seq, digest, recommendations) = row?;
            let digest = Digest::try_from(digest).map_err(|why| StoreError::Damaged {
                what: "an evaluation".to_owned(),
                why,
            })?;
            Ok(Evaluated {
                as_of: instant(ms)?,
                upto_seq,
                digest,
                recommendations: usize::try_from(recommendations).unwrap_or(0),
            })
        })
        .collect()
    }
}
