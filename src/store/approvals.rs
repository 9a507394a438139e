//! Approvals, choices of second persons, what was seen, escalated and reviewed.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};

use super::drafts::StoredDraft;
use super::{StoreError, Tx, View, instant, millis};
use crate::approve::notice::{FirstApproved, Notice};
use crate::approve::rule::Choice;
use crate::digest::Digest;

/// A draft that a first person approved.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredFirst {
    /// The draft with its story.
    pub draft: StoredDraft,
    /// The same, with its first approval.
    pub notice: Notice<FirstApproved>,
}

/// A second look at a notice that one person let out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// Account name.
    pub officer: String,
    /// Whether they agree.
    pub agrees: bool,
    /// In their words.
    pub words: String,
    /// When.
    pub at: Timestamp,
}

impl Tx<'_> {
    /// Notes an approval of exactly these bytes. `second` says which of two.
    ///
    /// # Errors
    /// The database's: its rules say again who may.
    pub fn put_approval(
        &self,
        draft: &str,
        second: bool,
        officer: &str,
        digest: &Digest,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let place = if second { "second" } else { "first" };
        self.0.execute(
            "INSERT INTO approval (draft, place, officer, digest, at_ms) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![draft, place, officer, digest.as_str(), millis(at)],
        )?;
        Ok(())
    }

    /// Notes what a second person chose.
    ///
    /// # Errors
    /// The database's: a choice is made once.
    pub fn put_choice(
        &self,
        draft: &str,
        officer: &str,
        choice: Choice,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.0.execute(
            "INSERT INTO second_choice (draft, officer, choice, at_ms) VALUES (?1, ?2, ?3, ?4)",
            params![draft, officer, choice.word(), millis(at)],
        )?;
        Ok(())
    }

    /// Notes that somebody has seen a proposal. Says whether they are the first.
    ///
    /// # Errors
    /// The database's.
    pub fn put_seen(
        &self,
        proposal: &str,
        officer: &str,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        Ok(self.0.execute(
            "INSERT INTO seen VALUES (?1, ?2, ?3) ON CONFLICT (proposal) DO NOTHING",
            params![proposal, officer, millis(at)],
        )? == 1)
    }

    /// Notes that a proposal was passed on because nobody had seen it.
    ///
    /// # Errors
    /// The database's: each step is taken once.
    pub fn put_escalation(
        &self,
        proposal: &str,
        step: u32,
        officer: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.0.execute(
            "INSERT INTO escalation VALUES (?1, ?2, ?3, ?4)",
            params![proposal, step, officer, millis(at)],
        )?;
        Ok(())
    }

    /// Notes a second look. Says whether it is the first.
    ///
    /// # Errors
    /// The database's: the approver cannot review their own notice.
    pub fn put_review(&self, notice: &str, review: &Review) -> Result<bool, StoreError> {
        Ok(self.0.execute(
            "INSERT INTO review VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (notice) DO NOTHING",
            params![
                notice,
                review.officer,
                review.agrees,
                review.words,
                millis(review.at)
            ],
        )? == 1)
    }
}

impl View<'_> {
    /// A draft with its first approval, whether or not it still waits.
    ///
    /// # Errors
    /// The database's, a damaged row, or an approval of other bytes than those that are there.
    pub fn first_approved(&self, id: &str) -> Result<Option<StoredFirst>, StoreError> {
        let row: Option<(String, String, i64)> = self
            .0
            .prepare_cached(
                "SELECT officer, digest, at_ms FROM approval WHERE draft = ?1 AND place = 'first'",
            )?
            .query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let (Some((by, digest, at_ms)), Some(draft)) = (row, self.draft(id)?) else {
            return Ok(None);
        };
        let digest = Digest::try_from(digest).map_err(|why| StoreError::Damaged {
            what: format!("the first approval of {id}"),
            why,
        })?;
        let notice =
            Notice::<FirstApproved>::load(draft.notice.clone(), by, instant(at_ms)?, digest)?;
        Ok(Some(StoredFirst { draft, notice }))
    }

    /// Drafts that wait for a second person, oldest first.
    ///
    /// # Errors
    /// As [`View::first_approved`].
    pub fn waiting_for_second(&self) -> Result<Vec<StoredFirst>, StoreError> {
        let ids: Vec<String> = {
            let mut statement = self.0.prepare_cached(
                "SELECT d.id FROM draft d JOIN approval a ON a.draft = d.id AND a.place = 'first' \
                 LEFT JOIN proposal p ON p.id = d.proposal \
                 WHERE d.state = 'shown' AND d.needs = 'two' AND coalesce(p.state, 'open') = 'open' \
                 ORDER BY a.at_ms, d.id LIMIT 100",
            )?;
            let rows = statement.query_map([], |row| row.get(0))?;
            rows.collect::<Result<_, _>>()?
        };
        let mut waiting = Vec::new();
        for id in ids {
            waiting.extend(self.first_approved(&id)?);
        }
        Ok(waiting)
    }

    /// What this officer chose as the second person, if they did.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn choice_of(&self, draft: &str, officer: &str) -> Result<Option<Choice>, StoreError> {
        let word: Option<String> = self
            .0
            .prepare_cached("SELECT choice FROM second_choice WHERE draft = ?1 AND officer = ?2")?
            .query_row([draft, officer], |row| row.get(0))
            .optional()?;
        word.map(|word| {
            Choice::from_word(&word).ok_or_else(|| StoreError::Damaged {
                what: format!("a choice about {draft}"),
                why: format!("unknown word {word}"),
            })
        })
        .transpose()
    }

    /// Who has seen a proposal first, and when.
    ///
    /// # Errors
    /// The database's.
    pub fn seen(&self, proposal: &str) -> Result<Option<(String, Timestamp)>, StoreError> {
        let row: Option<(String, i64)> = self
            .0
            .prepare_cached("SELECT officer, at_ms FROM seen WHERE proposal = ?1")?
            .query_row([proposal], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        row.map(|(officer, ms)| Ok((officer, instant(ms)?)))
            .transpose()
    }

    /// How often a proposal was passed on, and to whom last.
    ///
    /// # Errors
    /// The database's.
    pub fn escalated(&self, proposal: &str) -> Result<(u32, Option<String>), StoreError> {
        let row: Option<(u32, String)> = self
            .0
            .prepare_cached(
                "SELECT step, officer FROM escalation WHERE proposal = ?1 ORDER BY step DESC LIMIT 1",
            )?
            .query_row([proposal], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        Ok(row.map_or((0, None), |(step, officer)| (step, Some(officer))))
    }

    /// Notices let out by one person although two were wanted, or with a second look wanted, approved since `since` and
    /// not looked at yet, with whether two had been wanted.
    ///
    /// # Errors
    /// The database's.
    pub fn reviews_due(
        &self,
        since: Timestamp,
    ) -> Result<Vec<(String, String, Timestamp)>, StoreError> {
        let mut statement = self.0.prepare_cached(
            "SELECT n.id, n.approved_by, n.approved_ms FROM notice n JOIN draft d ON d.id = n.id \
             WHERE n.approved_ms >= ?1 AND (n.how = 'lone' OR d.needs = 'one_then_review') \
             AND NOT EXISTS (SELECT 1 FROM review r WHERE r.notice = n.id) ORDER BY n.approved_ms, n.id LIMIT 100",
        )?;
        let rows = statement.query_map([millis(since)], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, i64>(2)?,
            ))
        })?;
        rows.map(|row| {
            let (id, by, ms) = row?;
            Ok((id, by, instant(ms)?))
        })
        .collect()
    }

    /// Whether one person let this notice out and nobody else has looked at it yet.
    ///
    /// # Errors
    /// The database's.
    pub fn is_review_due(&self, notice: &str) -> Result<bool, StoreError> {
        Ok(self
            .0
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM notice n JOIN draft d ON d.id = n.id WHERE n.id = ?1 \
                 AND (n.how = 'lone' OR d.needs = 'one_then_review') \
                 AND NOT EXISTS (SELECT 1 FROM review r WHERE r.notice = n.id))",
            )?
            .query_row([notice], |row| row.get(0))?)
    }

    /// The second look at a notice.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn review(&self, notice: &str) -> Result<Option<Review>, StoreError> {
        let row: Option<(String, bool, String, i64)> = self
            .0
            .prepare_cached("SELECT officer, agrees, words, at_ms FROM review WHERE notice = ?1")?
            .query_row([notice], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })
            .optional()?;
        row.map(|(officer, agrees, words, ms)| {
            Ok(Review {
                officer,
                agrees,
                words,
                at: instant(ms)?,
            })
        })
        .transpose()
    }
}
