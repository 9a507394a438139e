//! What leaves for approved notices. Loading checks every byte against what was approved.

use rusqlite::{OptionalExtension as _, params};

use super::{StoreError, Tx, View, json, text};
use crate::publish::outbox::ChannelName;
use crate::publish::publication::{Parts, Publication};

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
        Ok(Some(Publication::of(notice, parts)?))
    }

    /// What a channel has accepted, newest first. One that is not believed is left out and said in the log: the others must
    /// be seen.
    ///
    /// # Errors
    /// The database's.
    pub fn published(
        &self,
        channel: &ChannelName,
        limit: u32,
    ) -> Result<Vec<Publication>, StoreError> {
        let ids: Vec<String> = {
            let mut statement = self.0.prepare_cached(
                "SELECT n.id FROM notice n JOIN delivery d ON d.notice = n.id AND d.channel = ?1 AND d.state = 'delivered' \
                 ORDER BY n.approved_ms DESC, n.id DESC LIMIT ?2",
            )?;
            let rows = statement.query_map(params![channel.word(), limit], |row| row.get(0))?;
            rows.collect::<Result<_, _>>()?
        };
        let mut published = Vec::with_capacity(ids.len());
        for id in ids {
            match self.publication(&id) {
                Ok(found) => published.extend(found),
                Err(StoreError::Sql(error)) => return Err(error.into()),
                Err(why) => {
                    tracing::error!(notice = id, %why, "a published notice is not believed and not shown");
                }
            }
        }
        Ok(published)
    }
}
