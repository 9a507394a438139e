//! Evaluations: when advice was worked out, from which readings, with which result.

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};

use super::{StoreError, Tx, View, instant, json, millis, text};
use crate::digest::Digest;
use crate::recommend::told::Told;
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

/// Figures move with every reading; they are written out this often, milliseconds.
const BODY_EVERY_MS: u64 = 600_000;

/// What about advice does not move with the clock: level, river and gauge of each district, the answer to each condition, whether
/// its grounds hold now.
fn essence(advice: &[Recommendation], as_of: Timestamp) -> Digest {
    let of: Vec<_> = advice
        .iter()
        .map(|one| {
            let answers: Vec<_> = one
                .advice
                .findings
                .iter()
                .map(|finding| (finding.condition.id.as_str(), finding.answer))
                .collect();
            let holds = one.advice.supported_at == as_of;
            (
                &one.district,
                &one.river,
                one.level,
                &one.gauge,
                answers,
                holds,
            )
        })
        .collect();
    Digest::of_json(&of)
}

impl Tx<'_> {
    /// Records an evaluation. The advice is written out when something about it changed but its figures, and every ten minutes.
    ///
    /// # Errors
    /// The database's.
    pub fn put_evaluation(
        &self,
        evaluated: &Evaluated,
        advice: &[Recommendation],
        told: &Told,
    ) -> Result<(), StoreError> {
        let essence = essence(advice, evaluated.as_of);
        let before: Option<(i64, Option<String>)> = self
            .0
            .prepare_cached(
                "SELECT as_of_ms, essence FROM evaluation WHERE body IS NOT NULL ORDER BY id DESC LIMIT 1",
            )?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let fresh = before.is_some_and(|(as_of_ms, then)| {
            then.as_deref() == Some(essence.as_str())
                && millis(evaluated.as_of).abs_diff(as_of_ms) < BODY_EVERY_MS
        });
        let body = if fresh { None } else { Some(text(&advice)?) };
        let told = text(told)?;
        let told_before: Option<String> = self
            .0
            .prepare_cached(
                "SELECT told FROM evaluation WHERE told IS NOT NULL ORDER BY id DESC LIMIT 1",
            )?
            .query_row([], |row| row.get(0))
            .optional()?;
        let told = (told_before.as_deref() != Some(told.as_str())).then_some(told);
        self.0
            .prepare_cached(
                "INSERT INTO evaluation (as_of_ms, upto_seq, digest, recommendations, body, told, essence) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                millis(evaluated.as_of),
                evaluated.upto_seq,
                evaluated.digest.as_str(),
                i64::try_from(evaluated.recommendations).unwrap_or(i64::MAX),
                body,
                told,
                essence.as_str()
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

    /// What was told by each evaluation, oldest first; nothing in those of versions that did not write it down.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn told_by_evaluations(&self) -> Result<Vec<Arc<Told>>, StoreError> {
        let mut statement = self.0.prepare("SELECT told FROM evaluation ORDER BY id")?;
        let rows = statement.query_map([], |row| row.get::<_, Option<String>>(0))?;
        let mut last: Arc<Told> = Arc::default();
        rows.map(|row| {
            if let Some(told) = row? {
                last = Arc::new(json("what was told by an evaluation", &told)?);
            }
            Ok(Arc::clone(&last))
        })
        .collect()
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
