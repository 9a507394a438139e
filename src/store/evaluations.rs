//! Evaluations: when advice was worked out, from which readings, with which result.

use std::sync::Arc;

use hinan_recommend::{FacilityAdvice, Sheaves, UnitAdvice};
use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Params, params};
use serde::Serialize;

use super::{StoreError, Tx, View, instant, json, millis, text};
use crate::digest::Digest;
use crate::recommend::briefed::Given;
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
    /// The program that worked it out, as [`PROGRAM`](crate::recommend::core::PROGRAM) counts them; 0 = of an earlier version.
    pub program: u32,
    /// Digest of town, criteria and settings; nothing in those of an earlier version.
    pub basis: Option<Digest>,
    /// The first after a start: the evaluation that the service went on from, 0 = from nothing.
    pub resumed: Option<i64>,
}

/// What stood when the service ended.
#[derive(Debug, Default)]
pub struct Stood {
    /// The evaluation it was advised at; 0 = there was none.
    pub evaluation: i64,
    /// By district.
    pub advice: Vec<Arc<Recommendation>>,
    /// For facilities.
    pub facilities: Vec<Arc<FacilityAdvice>>,
}

/// What stands at one moment of the event.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'s> {
    /// By district.
    pub advice: &'s [Arc<Recommendation>],
    /// For facilities.
    pub facilities: &'s Sheaves<Arc<FacilityAdvice>>,
    /// The moment it was worked out for.
    pub moment: Timestamp,
}

/// The same as it is written.
#[derive(Serialize)]
struct Body<'s> {
    advice: Vec<&'s Recommendation>,
    facilities: &'s Sheaves<Arc<FacilityAdvice>>,
}

/// Figures move with every reading; they are written out this often, milliseconds.
const BODY_EVERY_MS: u64 = 600_000;

/// Evening briefings of one day, at most.
const GIVEN_A_DAY: u32 = 3;

/// What stood, of this version and of earlier ones.
const STOOD: &str = "SELECT evaluation AS id, as_of_ms, body FROM stood \
    UNION ALL SELECT id, as_of_ms, body FROM evaluation WHERE body IS NOT NULL";

/// What about advice does not move with the clock: level, river and gauge of each district, the answer to each condition, whether
/// its grounds hold now; and which facilities are to be told.
fn essence(stood: Standing<'_>) -> Digest {
    let as_of = stood.moment;
    let due = stood.facilities.iter().filter(|of| of.due);
    let due: Vec<_> = due
        .map(|of| (&of.facility, of.hazard, &of.river, of.exposure))
        .collect();
    let of: Vec<_> = stood
        .advice
        .iter()
        .map(|one| {
            let of = |advice: &UnitAdvice| {
                let answers: Vec<_> = advice
                    .findings
                    .iter()
                    .map(|finding| (finding.condition.id.clone(), finding.answer))
                    .collect();
                (advice.level, answers, advice.supported_at == as_of)
            };
            let beneath: Vec<_> = one.advice.beneath.iter().map(|other| of(other)).collect();
            (
                &one.district,
                &one.river,
                &one.gauge,
                of(&one.advice),
                beneath,
            )
        })
        .collect();
    if due.is_empty() {
        return Digest::of_json(&of);
    }
    Digest::of_json(&(of, due))
}

impl Tx<'_> {
    /// Records an evaluation. The advice is written out when something about it changed but its figures, and every ten minutes; only
    /// the newest is kept, and those that a start went on from.
    ///
    /// # Errors
    /// The database's.
    pub fn put_evaluation(
        &self,
        evaluated: &Evaluated,
        stood: Standing<'_>,
        told: &Told,
    ) -> Result<(), StoreError> {
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
                "INSERT INTO evaluation (as_of_ms, upto_seq, digest, recommendations, told, program, basis, resumed) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                millis(evaluated.as_of),
                evaluated.upto_seq,
                evaluated.digest.as_str(),
                i64::try_from(evaluated.recommendations).unwrap_or(i64::MAX),
                told,
                evaluated.program,
                evaluated.basis.as_ref().map(Digest::as_str),
                evaluated.resumed,
            ])?;
        self.put_stood(self.0.last_insert_rowid(), evaluated.as_of, stood)
    }

    fn put_stood(
        &self,
        number: i64,
        as_of: Timestamp,
        stood: Standing<'_>,
    ) -> Result<(), StoreError> {
        let essence = essence(stood);
        let before: Option<(i64, String)> = self
            .0
            .prepare_cached("SELECT as_of_ms, essence FROM stood ORDER BY evaluation DESC LIMIT 1")?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let fresh = before.is_some_and(|(as_of_ms, then)| {
            then == essence.as_str() && millis(as_of).abs_diff(as_of_ms) < BODY_EVERY_MS
        });
        if fresh {
            return Ok(());
        }
        let body = Body {
            advice: stood.advice.iter().map(AsRef::as_ref).collect(),
            facilities: stood.facilities,
        };
        self.0
            .prepare_cached(
                "DELETE FROM stood WHERE evaluation NOT IN (SELECT resumed FROM evaluation WHERE resumed IS NOT NULL)",
            )?
            .execute([])?;
        self.0
            .prepare_cached(
                "INSERT INTO stood (evaluation, as_of_ms, essence, body) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![
                number,
                millis(as_of),
                essence.as_str(),
                text(&body)?
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

    /// What stood last, empty when there is none.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn last_stood(&self) -> Result<Stood, StoreError> {
        let newest = format!("SELECT id, as_of_ms, body FROM ({STOOD}) ORDER BY id DESC LIMIT 1");
        Ok(self.stood(&newest, [])?.unwrap_or_default())
    }

    /// What stood at an evaluation that a start went on from; nothing for 0.
    ///
    /// # Errors
    /// The database's, a damaged row, or one that is not there.
    pub fn stood_at(&self, evaluation: i64) -> Result<Stood, StoreError> {
        if evaluation == 0 {
            return Ok(Stood::default());
        }
        let one = format!("SELECT id, as_of_ms, body FROM ({STOOD}) WHERE id = ?1");
        self.stood(&one, [evaluation])?
            .ok_or_else(|| StoreError::Damaged {
                what: format!("what stood at evaluation {evaluation}"),
                why: "it is not there".to_owned(),
            })
    }

    fn stood(&self, query: &str, by: impl Params) -> Result<Option<Stood>, StoreError> {
        let row: Option<(i64, i64, String)> = self
            .0
            .prepare_cached(query)?
            .query_row(by, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let Some((evaluation, as_of_ms, body)) = row else {
            return Ok(None);
        };
        let read = earlier::stood(&body, instant(as_of_ms)?);
        let (advice, facilities) = read.map_err(|error| StoreError::Damaged {
            what: "the advice of an evaluation".to_owned(),
            why: error.to_string(),
        })?;
        Ok(Some(Stood {
            evaluation,
            advice,
            facilities,
        }))
    }

    /// Digest of the criteria that decided at a moment of the event; nothing where the evaluations of then did not write it down.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn criteria_at(&self, as_of: Timestamp) -> Result<Option<String>, StoreError> {
        let told: Option<String> = self
            .0
            .prepare_cached(
                "SELECT told FROM evaluation WHERE told IS NOT NULL AND as_of_ms <= ?1 ORDER BY id DESC LIMIT 1",
            )?
            .query_row([millis(as_of)], |row| row.get(0))
            .optional()?;
        let Some(told) = told else {
            return Ok(None);
        };
        let told: Told = json("what was told by an evaluation", &told)?;
        Ok(Some(told.criteria).filter(|digest| !digest.is_empty()))
    }

    /// What officers were told of coming nights lately, oldest first.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn evening_briefings(&self, town: &str) -> Result<Vec<Given>, StoreError> {
        let entries = self.last_of(town, ["evening_briefing"; 2], GIVEN_A_DAY)?;
        entries
            .iter()
            .map(|entry| {
                serde_json::from_str(&entry.detail).map_err(|error| StoreError::Damaged {
                    what: format!("the briefing in entry {} of the audit", entry.seq),
                    why: error.to_string(),
                })
            })
            .collect()
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
            "SELECT as_of_ms, upto_seq, digest, recommendations, program, basis, resumed FROM evaluation ORDER BY id",
        )?;
        let rows = statement.query_map([], |row| {
            Ok((
                row.get::<_, i64>(0)?,
                row.get::<_, i64>(1)?,
                row.get::<_, String>(2)?,
                row.get::<_, i64>(3)?,
                row.get::<_, u32>(4)?,
                row.get::<_, Option<String>>(5)?,
                row.get::<_, Option<i64>>(6)?,
            ))
        })?;
        rows.map(|row| {
            let (ms, upto_seq, digest, recommendations, program, basis, resumed) = row?;
            let read = |digest: String| {
                Digest::try_from(digest).map_err(|why| StoreError::Damaged {
                    what: "an evaluation".to_owned(),
                    why,
                })
            };
            let (digest, basis) = (read(digest)?, basis.map(read).transpose()?);
            Ok(Evaluated {
                as_of: instant(ms)?,
                upto_seq,
                digest,
                recommendations: usize::try_from(recommendations).unwrap_or(0),
                program,
                basis,
                resumed,
            })
        })
        .collect()
    }
}
