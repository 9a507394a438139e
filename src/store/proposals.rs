//! Proposals: what officers are or were asked to decide.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Row, params};

use super::{StoreError, Tx, View, instant, json, millis, text};
use crate::digest::Digest;
use crate::recommend::docket::{Declined, OpenItem};
use crate::recommend::earlier;
use crate::recommend::judgement::Judgement;
use crate::recommend::proposal::Proposal;

/// A proposal with its story.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredProposal {
    /// Its id.
    pub id: String,
    /// As last renewed.
    pub proposal: Proposal,
    /// Where it stands.
    pub state: ProposalState,
    /// When it was first made.
    pub first_at: Timestamp,
    /// When its grounds last held.
    pub supported_at: Timestamp,
    /// Who decided, when, why.
    pub decided: Option<Decided>,
}

/// A decision on a proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// Account name.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// In the officer's words.
    pub reason: String,
}

/// Where a proposal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProposalState {
    /// Waits for a decision.
    Open,
    /// An officer declined it.
    Declined,
    /// A notice was issued on it.
    Issued,
    /// A higher one took its place.
    Superseded,
    /// Nobody decided and its grounds are gone.
    Expired,
}

impl ProposalState {
    const ALL: [(Self, &'static str); 5] = [
        (Self::Open, "open"),
        (Self::Declined, "declined"),
        (Self::Issued, "issued"),
        (Self::Superseded, "superseded"),
        (Self::Expired, "expired"),
    ];

    /// The word stored.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(state, _)| *state == self)
            .map_or("open", |(_, word)| word)
    }

    fn from_word(word: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(_, known)| *known == word)
            .map(|(state, _)| *state)
    }
}

const COLUMNS: &str = "id, state, first_ms, supported_ms, body, decided_by, decided_ms, reason";

impl Tx<'_> {
    /// Opens an item.
    ///
    /// # Errors
    /// The database's; a second open recommendation of the same river and level is refused.
    pub fn open_proposal(
        &self,
        id: &str,
        proposal: &Proposal,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.happened(now);
        self.0.execute(
            "INSERT INTO proposal (id, river, level, state, first_ms, supported_ms, body, substance, stated_by) \
             VALUES (?1, ?2, ?3, 'open', ?4, ?4, ?5, ?6, ?7)",
            params![
                id,
                proposal.key.river,
                proposal.key.level.number(),
                millis(now),
                text(proposal)?,
                proposal.substance().as_str(),
                proposal.judgement.as_ref().map(|one| one.by.as_str())
            ],
        )?;
        Ok(())
    }

    /// Gives an open item new numbers.
    ///
    /// # Errors
    /// The database's.
    pub fn renew_proposal(
        &self,
        id: &str,
        proposal: &Proposal,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.happened(now);
        self.0.execute(
            "UPDATE proposal SET body = ?2, substance = ?3, supported_ms = ?4 WHERE id = ?1 AND state = 'open'",
            params![id, text(proposal)?, proposal.substance().as_str(), millis(now)],
        )?;
        Ok(())
    }

    /// Closes an open item. Says whether it was still open: the first decision wins.
    ///
    /// # Errors
    /// The database's.
    pub fn close_proposal(
        &self,
        id: &str,
        state: ProposalState,
        decided: Option<&Decided>,
    ) -> Result<bool, StoreError> {
        let changed = self.0.execute(
            "UPDATE proposal SET state = ?2, decided_by = ?3, decided_ms = ?4, reason = ?5 \
             WHERE id = ?1 AND state = 'open'",
            params![
                id,
                state.word(),
                decided.map(|d| d.by.as_str()),
                decided.map(|d| millis(d.at)),
                decided.map(|d| d.reason.as_str())
            ],
        )?;
        Ok(changed == 1)
    }
}

impl View<'_> {
    /// One proposal.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn proposal(&self, id: &str) -> Result<Option<StoredProposal>, StoreError> {
        self.0
            .prepare_cached(&format!("SELECT {COLUMNS} FROM proposal WHERE id = ?1"))?
            .query_row([id], raw)
            .optional()?
            .map(stored)
            .transpose()
    }

    /// The newest proposals, newest first.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn proposals(&self, limit: u32) -> Result<Vec<StoredProposal>, StoreError> {
        let mut statement = self.0.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM proposal ORDER BY first_ms DESC, level DESC LIMIT ?1"
        ))?;
        let rows = statement.query_map([limit], raw)?;
        rows.map(|row| stored(row?)).collect()
    }

    /// Open items, highest level first.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn open_proposals(&self) -> Result<Vec<StoredProposal>, StoreError> {
        let mut statement = self.0.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM proposal WHERE state = 'open' ORDER BY level DESC, first_ms, river"
        ))?;
        let rows = statement.query_map([], raw)?;
        rows.map(|row| stored(row?)).collect()
    }

    /// What officers ask for of their own accord and nobody has decided, oldest first.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn open_judgements(&self) -> Result<Vec<Judgement>, StoreError> {
        let mut statement = self.0.prepare_cached(
            "SELECT id, json_extract(body, '$.judgement') FROM proposal \
             WHERE state = 'open' AND stated_by IS NOT NULL ORDER BY first_ms, id",
        )?;
        let rows = statement.query_map([], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
        })?;
        rows.map(|row| {
            let (id, judgement) = row?;
            json(&format!("the judgement {id}"), &judgement)
        })
        .collect()
    }

    /// Who stated the judgement that a text answers; nothing where it answers a recommendation, or none. A correction answers what the
    /// order that it corrects did.
    ///
    /// # Errors
    /// The database's.
    pub fn stated_by(&self, draft: &str) -> Result<Option<String>, StoreError> {
        let found: Option<Option<String>> = self
            .0
            .prepare_cached(
                "SELECT p.stated_by FROM draft d LEFT JOIN draft o ON o.id = d.prepared_for \
                 JOIN proposal p ON p.id = coalesce(d.proposal, o.proposal) WHERE d.id = ?1",
            )?
            .query_row([draft], |row| row.get(0))
            .optional()?;
        Ok(found.flatten())
    }

    /// Open items as the docket wants them.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn open_items(&self) -> Result<Vec<OpenItem>, StoreError> {
        let item = |s: StoredProposal| OpenItem {
            id: s.id,
            proposal: s.proposal,
            supported_at: s.supported_at,
        };
        Ok(self.open_proposals()?.into_iter().map(item).collect())
    }

    /// What was decided since `since`: declined, or issued (perhaps at another level than proposed).
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn declined_since(&self, since: Timestamp) -> Result<Vec<Declined>, StoreError> {
        let mut statement = self
            .0
            .prepare_cached("SELECT body, decided_ms, substance FROM proposal WHERE state IN ('declined', 'issued') AND decided_ms >= ?1")?;
        let rows = statement.query_map([millis(since)], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, i64>(1)?,
                row.get::<_, String>(2)?,
            ))
        })?;
        rows.map(|row| {
            let (body, ms, substance) = row?;
            let proposal = read("a proposal", &body)?;
            let substance = Digest::try_from(substance).map_err(|why| StoreError::Damaged {
                what: "a proposal".to_owned(),
                why,
            })?;
            Ok(Declined {
                key: proposal.key,
                at: instant(ms)?,
                substance,
            })
        })
        .collect()
    }
}

type Raw = (
    String,
    String,
    i64,
    i64,
    String,
    Option<String>,
    Option<i64>,
    Option<String>,
);

/// A body of today's version or of an earlier one.
fn read(what: &str, body: &str) -> Result<Proposal, StoreError> {
    earlier::proposal(body).map_err(|error| StoreError::Damaged {
        what: what.to_owned(),
        why: error.to_string(),
    })
}

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    Ok((
        row.get(0)?,
        row.get(1)?,
        row.get(2)?,
        row.get(3)?,
        row.get(4)?,
        row.get(5)?,
        row.get(6)?,
        row.get(7)?,
    ))
}

fn stored(
    (id, state, first_ms, supported_ms, body, by, ms, reason): Raw,
) -> Result<StoredProposal, StoreError> {
    let damaged = |why: String| StoreError::Damaged {
        what: format!("proposal {id}"),
        why,
    };
    let state = ProposalState::from_word(&state)
        .ok_or_else(|| damaged(format!("unknown state {state}")))?;
    let decided = match (by, ms) {
        (Some(by), Some(ms)) => Some(Decided {
            by,
            at: instant(ms)?,
            reason: reason.unwrap_or_default(),
        }),
        _ => None,
    };
    Ok(StoredProposal {
        proposal: read(&format!("proposal {id}"), &body)?,
        state,
        first_at: instant(first_ms)?,
        supported_at: instant(supported_ms)?,
        decided,
        id,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::realm::Realm;
    use crate::store::Store;

    /// As a version wrote it whose conditions were its own, with the digest it gave.
    const BODY: &str = r#"{"key":{"river":"札内川","level":"evacuation_order"},"river_en":"Satsunai River",
        "as_of":"2016-08-30T13:00:00Z","gauge":"nantaibashi",
        "districts":[{"id":"higashi","name":"東","name_en":"Higashi","people_in_zone":1200}],
        "met":[{"rule":"danger_reached","gauge":"nantaibashi","gauge_name":"南帯橋","answer":"met","value":31.2,"range_m":null,
                "threshold":31.0,"mark_m":31.0,"mark":"danger","observed_at":"2016-08-30T13:00:00Z","lead_h":null}],
        "examined":[],"counter":[{"kind":"overflow_only"}],"shelters":[],"reach_between":null}"#;
    const DIGESTED: &str = r#"[{"river":"札内川","level":"evacuation_order"},["higashi"],[["danger_reached","nantaibashi"]]]"#;

    #[test]
    fn a_proposal_of_an_earlier_version_is_read_decided_and_sealed_as_it_was() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(home.path(), Realm::Actual, "012076").unwrap();
        let at: Timestamp = "2016-08-30T13:00:00Z".parse().unwrap();
        let substance = Digest::of(DIGESTED.as_bytes());
        store
            .write(|tx| {
                tx.0.execute(
                    "INSERT INTO proposal (id, river, level, state, first_ms, supported_ms, body, substance) \
                     VALUES ('r-then', '札内川', 4, 'open', ?1, ?1, ?2, ?3)",
                    params![millis(at), BODY, substance.as_str()],
                )?;
                Ok(())
            })
            .unwrap();
        let then = store.read(|view| view.proposal("r-then")).unwrap().unwrap();
        assert_eq!(then.proposal.substance(), substance);
        assert_eq!(store.read(|view| view.open_items()).unwrap().len(), 1);
        let decided = Decided {
            by: "sato".to_owned(),
            at,
            reason: "様子を見る".to_owned(),
        };
        let was_open = store
            .write(|tx| tx.close_proposal("r-then", ProposalState::Declined, Some(&decided)))
            .unwrap();
        assert!(was_open);
        let declined = store.read(|view| view.declined_since(at)).unwrap();
        assert_eq!(declined[0].substance, substance);
        let body: String = store
            .read(|view| {
                let mut of = view.0.prepare("SELECT body FROM proposal")?;
                Ok(of.query_row([], |row| row.get(0))?)
            })
            .unwrap();
        assert_eq!(body, BODY, "what was written stays as it was");
        assert!(store.read(|view| view.verify_audit()).is_ok());
    }
}
