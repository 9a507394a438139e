//! Drafts: exactly what was put before an officer, and on which grounds.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension as _, params};

use super::{StoreError, Tx, View, instant, json, millis, text};
use crate::approve::notice::{Draft, Notice, NoticeId};
use crate::approve::rule::{Choice, Needs};
use crate::digest::Digest;

/// A draft with its story.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredDraft {
    /// The draft itself.
    pub notice: Notice<Draft>,
    /// The proposal it answers; none for a lift or a cancel.
    pub proposal: Option<String>,
    /// The grounds as the officer saw them.
    pub substance: Option<Digest>,
    /// Who prepared it.
    pub author: String,
    /// Why, in the officer's words.
    pub reason: String,
    /// The code of the reason, for counting: which chip or line was chosen, or `own`.
    pub reason_code: String,
    /// How many must approve it.
    pub needs: Needs,
    /// How long the second person is waited for, in event time.
    pub lone_after: SignedDuration,
    /// When it was put on screen.
    pub prepared_at: Timestamp,
    /// The published notice for which it stood ready from the beginning, as its correction or its cancellation.
    pub prepared_for: Option<NoticeId>,
    /// Whether it can still be approved.
    pub waiting: bool,
}

impl Tx<'_> {
    /// Keeps what is about to be shown.
    ///
    /// # Errors
    /// The database's.
    pub fn put_draft(&self, draft: &StoredDraft) -> Result<(), StoreError> {
        let content = draft.notice.content();
        self.happened(draft.prepared_at);
        self.0.execute(
            "INSERT INTO draft (id, proposal, substance, author, reason, prepared_ms, facts, document, digest, state, needs, \
             lone_after_ms, choice, reason_code, prepared_for) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'shown', ?10, ?11, ?12, ?13, ?14)",
            params![
                draft.notice.id().as_str(),
                draft.proposal,
                draft.substance.as_ref().map(Digest::as_str),
                draft.author,
                draft.reason,
                millis(draft.prepared_at),
                text(content.facts())?,
                content.document(),
                content.digest().as_str(),
                word(draft.needs),
                i64::try_from(draft.lone_after.as_millis()).unwrap_or(i64::MAX),
                Choice::of(content.facts()).word(),
                draft.reason_code,
                draft.prepared_for.as_ref().map(NoticeId::as_str)
            ],
        )?;
        Ok(())
    }

    /// Takes a waiting draft out of waiting. Says whether it was still waiting: the first decision wins.
    ///
    /// # Errors
    /// The database's.
    pub fn settle_draft(&self, id: &str, approved: bool) -> Result<bool, StoreError> {
        let state = if approved { "approved" } else { "dropped" };
        Ok(self.0.execute(
            "UPDATE draft SET state = ?2 WHERE id = ?1 AND state = 'shown'",
            params![id, state],
        )? == 1)
    }

    /// Takes what stood ready for a notice out of waiting, but `except`: the notice has ended.
    ///
    /// # Errors
    /// The database's.
    pub fn settle_prepared(&self, notice: &str, except: &str) -> Result<usize, StoreError> {
        Ok(self.0.execute(
            "UPDATE draft SET state = 'dropped' WHERE prepared_for = ?1 AND id <> ?2 AND state = 'shown'",
            [notice, except],
        )?)
    }

    /// Forgets waiting drafts that were put on screen before `before`.
    ///
    /// # Errors
    /// The database's.
    pub fn drop_old_drafts(&self, before: Timestamp) -> Result<usize, StoreError> {
        Ok(self.0.execute(
            "UPDATE draft SET state = 'dropped' WHERE state = 'shown' AND prepared_ms < ?1",
            [millis(before)],
        )?)
    }
}

impl View<'_> {
    /// Whose text this is, while what it answers is not decided: until then it is for nobody else to read.
    ///
    /// # Errors
    /// The database's.
    pub fn undecided_author(&self, id: &str) -> Result<Option<String>, StoreError> {
        Ok(self
            .0
            .prepare_cached(
                "SELECT d.author FROM draft d LEFT JOIN proposal p ON p.id = d.proposal \
                 WHERE d.id = ?1 AND (p.state = 'open' OR (d.proposal IS NULL AND d.prepared_for IS NULL AND d.state = 'shown'))",
            )?
            .query_row([id], |row| row.get(0))
            .optional()?)
    }

    /// The texts that stand ready for a published notice and wait, newest first: its correction, its cancellation.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn prepared_for(&self, notice: &str) -> Result<Vec<StoredDraft>, StoreError> {
        let ids: Vec<String> = {
            let mut statement = self.0.prepare_cached(
                "SELECT id FROM draft WHERE prepared_for = ?1 AND state = 'shown' ORDER BY prepared_ms DESC, id LIMIT 20",
            )?;
            let rows = statement.query_map([notice], |row| row.get(0))?;
            rows.collect::<Result<_, _>>()?
        };
        let mut drafts = Vec::with_capacity(ids.len());
        for id in ids {
            drafts.extend(self.draft(&id)?);
        }
        Ok(drafts)
    }

    /// Whether a recommendation waits for a decision.
    ///
    /// # Errors
    /// The database's.
    pub fn is_open_proposal(&self, id: &str) -> Result<bool, StoreError> {
        Ok(self
            .0
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM proposal WHERE id = ?1 AND state = 'open')",
            )?
            .query_row([id], |row| row.get(0))?)
    }

    /// The units that a recommendation or a text is about, without reading the rest of it.
    ///
    /// # Errors
    /// The database's.
    pub fn units_of(&self, subject: &str) -> Result<Vec<String>, StoreError> {
        let mut statement = self.0.prepare_cached(
            "SELECT json_extract(unit.value, '$.id') FROM proposal, json_each(proposal.body, '$.districts') unit \
             WHERE proposal.id = ?1 \
             UNION ALL \
             SELECT json_extract(unit.value, '$.id') FROM draft, json_each(draft.facts, '$.districts') unit \
             WHERE draft.id = ?1",
        )?;
        let rows = statement.query_map([subject], |row| row.get(0))?;
        rows.map(|row| Ok(row?)).collect()
    }

    /// The id of the draft with this digest.
    ///
    /// # Errors
    /// The database's.
    pub fn draft_id_of(&self, digest: &Digest) -> Result<Option<String>, StoreError> {
        Ok(self
            .0
            .prepare_cached("SELECT id FROM draft WHERE digest = ?1")?
            .query_row([digest.as_str()], |row| row.get(0))
            .optional()?)
    }

    /// One draft.
    ///
    /// # Errors
    /// The database's, a damaged row, or a row whose facts and document do not belong together.
    pub fn draft(&self, id: &str) -> Result<Option<StoredDraft>, StoreError> {
        type Raw = (
            Option<String>,
            Option<String>,
            String,
            String,
            i64,
            String,
            Vec<u8>,
            String,
            String,
            i64,
            String,
            Option<String>,
        );
        let row: Option<Raw> = self
            .0
            .prepare_cached(
                "SELECT proposal, substance, author, reason, prepared_ms, facts, document, state, needs, lone_after_ms, \
                 reason_code, prepared_for FROM draft WHERE id = ?1",
            )?
            .query_row([id], |row| {
                Ok((
                    row.get(0)?,
                    row.get(1)?,
                    row.get(2)?,
                    row.get(3)?,
                    row.get(4)?,
                    row.get(5)?,
                    row.get(6)?,
                    row.get(7)?,
                    row.get(8)?,
                    row.get(9)?,
                    row.get(10)?,
                    row.get(11)?,
                ))
            })
            .optional()?;
        row.map(
            |(
                proposal,
                substance,
                author,
                reason,
                prepared_ms,
                facts,
                document,
                state,
                needs,
                lone_after_ms,
                reason_code,
                prepared_for,
            )| {
                let substance = substance.map(Digest::try_from).transpose().map_err(|why| {
                    StoreError::Damaged {
                        what: format!("draft {id}"),
                        why,
                    }
                })?;
                let prepared_for =
                    prepared_for
                        .map(NoticeId::try_from)
                        .transpose()
                        .map_err(|why| StoreError::Damaged {
                            what: format!("draft {id}"),
                            why,
                        })?;
                Ok(StoredDraft {
                    prepared_for,
                    notice: Notice::<Draft>::load(json(&format!("draft {id}"), &facts)?, document)?,
                    proposal,
                    substance,
                    author,
                    reason,
                    reason_code,
                    needs: needs_of(id, &needs)?,
                    lone_after: SignedDuration::from_millis(lone_after_ms),
                    prepared_at: instant(prepared_ms)?,
                    waiting: state == "shown",
                })
            },
        )
        .transpose()
    }
}

fn word(needs: Needs) -> &'static str {
    match needs {
        Needs::One => "one",
        Needs::Two => "two",
        Needs::OneThenReview => "one_then_review",
    }
}

fn needs_of(id: &str, word: &str) -> Result<Needs, StoreError> {
    Ok(match word {
        "one" => Needs::One,
        "two" => Needs::Two,
        "one_then_review" => Needs::OneThenReview,
        other => {
            return Err(StoreError::Damaged {
                what: format!("draft {id}"),
                why: format!("unknown rule {other}"),
            });
        }
    })
}
