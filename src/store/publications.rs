//! What leaves for approved notices. Loading checks every byte against what was approved.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};
use serde::Deserialize;

use super::{StoreError, Tx, View, json, millis, text};
use crate::digest::Digest;
use crate::publish::outbox::ChannelName;
use crate::publish::publication::{Parts, Publication};

/// The word of the entry that a notice was approved.
pub(crate) const APPROVED: &str = "approved";

/// What the entry of an approval says of what leaves.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct AtApproval {
    /// Digest of every part; none in entries of earlier versions.
    #[serde(default)]
    pub parts: Option<Digest>,
    /// The public key that the document was signed with, hexadecimal; none where nothing was signed.
    #[serde(default)]
    pub signed_by: Option<String>,
}

impl Tx<'_> {
    /// Keeps what will leave.
    ///
    /// # Errors
    /// The database's; there must be an approved notice with exactly this document.
    pub fn put_publication(&self, publication: &Publication) -> Result<(), StoreError> {
        let (notice, parts) = (publication.notice(), publication.parts());
        self.0.execute(
            "INSERT INTO publication VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                notice.id().as_str(),
                notice.state().digest().as_str(),
                parts.document,
                parts.texts.as_ref().map(text).transpose()?,
                text(&parts.areas)?,
                text(&parts.chain)?
            ],
        )?;
        Ok(())
    }
}

impl View<'_> {
    /// What leaves for one notice.
    ///
    /// # Errors
    /// The database's, a damaged row, or one that is not what was approved.
    pub fn publication(&self, id: &str) -> Result<Option<Publication>, StoreError> {
        let Some(notice) = self.notice(id)? else {
            return Ok(None);
        };
        type Raw = (Vec<u8>, Option<String>, String, String);
        let row: Option<Raw> = self
            .0
            .prepare_cached(
                "SELECT document, texts, areas, chain FROM publication WHERE notice = ?1",
            )?
            .query_row([id], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })
            .optional()?;
        let Some((document, texts, areas, chain)) = row else {
            return Err(StoreError::Damaged {
                what: format!("notice {id}"),
                why: "approved, but nothing is kept to be sent".to_owned(),
            });
        };
        let what = format!("publication {id}");
        let parts = Parts {
            document,
            texts: texts.map(|texts| json(&what, &texts)).transpose()?,
            areas: json(&what, &areas)?,
            chain: json(&what, &chain)?,
        };
        let publication = Publication::of(notice, parts)?;
        // Whoever changes a row would have to change the chain of the audit, too. Approvals of earlier versions name no parts.
        Ok(Some(match self.at_approval(id)?.parts {
            Some(approved) => publication.held_against(&approved)?,
            None => publication,
        }))
    }

    /// What the entry of the approval says of what leaves.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn at_approval(&self, id: &str) -> Result<AtApproval, StoreError> {
        match self.last_of(id, [APPROVED; 2], 1)?.pop() {
            None => Ok(AtApproval::default()),
            Some(entry) => json(&format!("audit entry {}", entry.seq), &entry.detail),
        }
    }

    /// What leaves for one notice; nothing, and a word in the log, when it is not believed: the others must be seen.
    ///
    /// # Errors
    /// The database's.
    pub fn believed(&self, id: &str) -> Result<Option<Publication>, StoreError> {
        match self.publication(id) {
            Err(StoreError::Sql(error)) => Err(error.into()),
            Err(why) => {
                tracing::error!(notice = id, %why, "a published notice is not believed and not shown");
                Ok(None)
            }
            found => found,
        }
    }

    /// The notices approved since `since` that a channel has accepted, newest first.
    ///
    /// # Errors
    /// The database's.
    pub fn published_ids(
        &self,
        channel: &ChannelName,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<String>, StoreError> {
        let mut statement = self.0.prepare_cached(
            "SELECT n.id FROM notice n JOIN delivery d ON d.notice = n.id AND d.channel = ?1 AND d.state = 'delivered' \
             WHERE n.approved_ms >= ?2 ORDER BY n.approved_ms DESC, n.id DESC LIMIT ?3",
        )?;
        let rows = statement.query_map(params![channel.word(), millis(since), limit], |row| {
            row.get(0)
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// What a channel has accepted of the notices approved since `since`, newest first, as far as it is believed.
    ///
    /// # Errors
    /// The database's.
    pub fn published(
        &self,
        channel: &ChannelName,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<Publication>, StoreError> {
        let ids = self.published_ids(channel, since, limit)?;
        let mut published = Vec::with_capacity(ids.len());
        for id in ids {
            published.extend(self.believed(&id)?);
        }
        Ok(published)
    }

    /// What was published to end or replace this notice, oldest first; at most ten.
    ///
    /// # Errors
    /// The database's.
    pub fn endings_of(&self, notice: &str) -> Result<Vec<Publication>, StoreError> {
        let ids: Vec<String> = {
            let mut statement = self.0.prepare_cached(
                "SELECT n.id FROM notice n WHERE n.approved_ms >= (SELECT approved_ms FROM notice WHERE id = ?1) \
                 AND EXISTS (SELECT 1 FROM json_each(n.facts, '$.replaces') r WHERE json_extract(r.value, '$.id') = ?1) \
                 AND EXISTS (SELECT 1 FROM delivery d WHERE d.notice = n.id AND d.channel = 'feed' AND d.state = 'delivered') \
                 ORDER BY n.approved_ms, n.id LIMIT 10",
            )?;
            let rows = statement.query_map([notice], |row| row.get(0))?;
            rows.collect::<Result<_, _>>()?
        };
        let mut endings = Vec::new();
        for id in ids {
            endings.extend(self.believed(&id)?);
        }
        Ok(endings)
    }
}
