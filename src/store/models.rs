//! Decisions about model files: which may forecast, who said so, and what card they had read.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::params;

use super::{StoreError, Tx, View, instant, millis, text};
use hinan_models::ModelCard;

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelDecision {
    /// The file may forecast; one that was approved for the gauge before may not any more.
    Approved,
    /// It may not any more.
    Withdrawn,
}

impl ModelDecision {
    /// As it is stored.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// A decision as noted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotedDecision {
    /// The gauge.
    pub gauge: String,
    /// The file, by its digest.
    pub digest: String,
    /// `approved` or `withdrawn`.
    pub decision: String,
    /// Who decided.
    pub officer: String,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

impl Tx<'_> {
    /// Notes a decision and its audit entry. The database refuses everybody but administrators.
    ///
    /// # Errors
    /// The database's.
    pub fn decide_model(
        &self,
        decision: ModelDecision,
        (card, digest): (&ModelCard, &str),
        (officer, reason): (&str, &str),
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.0.execute(
            "INSERT INTO model_decision (gauge, digest, card, decision, officer, reason, at_ms) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                card.gauge,
                digest,
                text(card)?,
                decision.word(),
                officer,
                reason,
                millis(at)
            ],
        )?;
        let action = match decision {
            ModelDecision::Approved => "model_approved",
            ModelDecision::Withdrawn => "model_withdrawn",
        };
        let detail = serde_json::json!({ "digest": digest, "reason": reason });
        self.audit(at, officer, action, &card.gauge, &detail)?;
        Ok(())
    }
}

impl View<'_> {
    /// Number of the last decision; 0 before the first.
    ///
    /// # Errors
    /// The database's.
    pub fn newest_model_decision(&self) -> Result<i64, StoreError> {
        let newest = "SELECT coalesce(max(id), 0) FROM model_decision";
        Ok(self.0.query_row(newest, [], |row| row.get(0))?)
    }

    /// All decisions, oldest first.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn model_decisions(&self) -> Result<Vec<NotedDecision>, StoreError> {
        let mut statement = self.0.prepare(
            "SELECT gauge, digest, decision, officer, reason, at_ms FROM model_decision ORDER BY id",
        )?;
        let rows = statement.query_map([], |row| {
            Ok((
                NotedDecision {
                    gauge: row.get(0)?,
                    digest: row.get(1)?,
                    decision: row.get(2)?,
                    officer: row.get(3)?,
                    reason: row.get(4)?,
                    at: Timestamp::UNIX_EPOCH,
                },
                row.get::<_, i64>(5)?,
            ))
        })?;
        rows.map(|row| {
            let (mut decision, at_ms) = row?;
            decision.at = instant(at_ms)?;
            Ok(decision)
        })
        .collect()
    }

    /// By gauge, the digest of the file that may forecast.
    ///
    /// # Errors
    /// As [`View::model_decisions`].
    pub fn approved_models(&self) -> Result<BTreeMap<String, String>, StoreError> {
        let mut approved = BTreeMap::new();
        for decision in self.model_decisions()? {
            if decision.decision == "approved" {
                approved.insert(decision.gauge, decision.digest);
            } else if approved.get(&decision.gauge) == Some(&decision.digest) {
                approved.remove(&decision.gauge);
            }
        }
        Ok(approved)
    }
}
