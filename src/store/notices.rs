//! Approved notices. Loading one recomputes its digest: the store cannot forge an approval.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};

use super::{StoreError, Tx, View, instant, json, millis, text};
use crate::approve::facts::Kind;
use crate::approve::notice::{Approved, Notice, Row};
use crate::digest::Digest;
use crate::publish::outbox::ChannelName;
use crate::recommend::docket::InForce;

impl Tx<'_> {
    /// Keeps an approved notice. Only this type can be kept, and the triggers of the schema look again.
    ///
    /// # Errors
    /// The database's; a notice that was not shown to an officer exactly so is refused.
    pub fn put_notice(&self, notice: &Notice<Approved>) -> Result<(), StoreError> {
        let (content, state) = (notice.content(), notice.state());
        self.0.execute(
            "INSERT INTO notice (id, facts, document, digest, approved_by, approved_ms, how, authority) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                notice.id().as_str(),
                text(content.facts())?,
                content.document(),
                state.digest().as_str(),
                state.by(),
                millis(state.at()),
                state.how().word(),
                state.grant()
            ],
        )?;
        Ok(())
    }
}

/// What of the newest notices holds: 49 hours of life and three days on pages, with something to spare, milliseconds.
const LOOKED_BACK_MS: i64 = 6 * 24 * 3600 * 1000;

impl Tx<'_> {
    /// Holds the list of orders in force against the notices themselves, the newest of them, and puts it right: an order whose row
    /// another program removed would stand in nobody's way any more. What was wrong is noted for good.
    pub(super) fn hold_in_force_against_notices(&self) -> Result<(), StoreError> {
        let ids = |asked: &str| -> Result<Vec<String>, StoreError> {
            let mut statement = self.0.prepare(asked)?;
            let rows = statement.query_map([LOOKED_BACK_MS], |row| row.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        };
        const RECENT: &str =
            "approved_ms >= (SELECT coalesce(max(approved_ms), 0) FROM notice) - ?1";
        let ended = format!(
            "SELECT json_extract(r.value, '$.id') FROM notice o, json_each(o.facts, '$.replaces') r WHERE o.{RECENT}"
        );
        let missing = ids(&format!(
            "SELECT n.id FROM notice n WHERE n.{RECENT} AND json_extract(n.facts, '$.kind') = 'issue' \
             AND n.id NOT IN (SELECT notice FROM in_force) AND n.id NOT IN ({ended}) ORDER BY n.id"
        ))?;
        let too_many = ids(&format!(
            "SELECT notice FROM in_force WHERE notice IN ({ended}) ORDER BY notice"
        ))?;
        for id in &missing {
            self.0.execute(
                "INSERT INTO in_force SELECT id, (CAST(strftime('%s', json_extract(facts, '$.expires')) AS INTEGER) + 1) * 1000 \
                 FROM notice WHERE id = ?1",
                [id],
            )?;
            self.accuse_of(&format!("{id} is in force and was not listed so"))?;
        }
        for id in &too_many {
            self.0
                .execute("DELETE FROM in_force WHERE notice = ?1", [id])?;
            self.accuse_of(&format!("{id} has ended and was listed as in force"))?;
        }
        Ok(())
    }
}

const COLUMNS: &str = "n.facts, n.document, n.digest, n.approved_by, n.approved_ms, n.how, n.authority, \
    (SELECT a.officer FROM approval a WHERE a.draft = n.id AND a.place = 'first')";

impl View<'_> {
    /// One approved notice.
    ///
    /// # Errors
    /// The database's, a damaged row or a forged one.
    pub fn notice(&self, id: &str) -> Result<Option<Notice<Approved>>, StoreError> {
        Ok(self.notices_where("n.id = ?1", id, 1)?.pop())
    }

    /// Approved notices, newest first, whether delivered or not.
    ///
    /// # Errors
    /// The database's, a damaged row or a forged one.
    pub fn notices(&self, limit: u32) -> Result<Vec<Notice<Approved>>, StoreError> {
        self.notices_where("?1 = ''", "", limit)
    }

    /// One approved notice, if this channel has accepted it.
    ///
    /// # Errors
    /// The database's, a damaged row or a forged one.
    pub fn delivered_notice(
        &self,
        id: &str,
        channel: &ChannelName,
    ) -> Result<Option<Notice<Approved>>, StoreError> {
        let delivered = self.deliveries(id)?.iter().any(|d| {
            d.channel == *channel && d.state == crate::store::outbox::DeliveryState::Delivered
        });
        if delivered { self.notice(id) } else { Ok(None) }
    }

    /// Orders in force at `now`: issued, not expired, not replaced, lifted or cancelled by a later notice. Newest first.
    ///
    /// # Errors
    /// The database's, a damaged row or a forged one.
    pub fn live_notices(&self, now: Timestamp) -> Result<Vec<Notice<Approved>>, StoreError> {
        let unended =
            "n.id IN (SELECT notice FROM in_force WHERE expires_ms > CAST(?1 AS INTEGER))";
        Ok(live(
            self.notices_where(unended, &millis(now).to_string(), 1000)?,
            now,
        ))
    }

    /// Whether this is an order that no later notice has replaced, lifted or cancelled. It may have expired.
    ///
    /// # Errors
    /// The database's.
    pub fn is_unended(&self, id: &str) -> Result<bool, StoreError> {
        let found: Option<i64> = self
            .0
            .prepare_cached("SELECT 1 FROM in_force WHERE notice = ?1")?
            .query_row([id], |row| row.get(0))
            .optional()?;
        Ok(found.is_some())
    }

    /// The first notice that lifted, cancelled or replaced this one, whether it was delivered or not.
    ///
    /// # Errors
    /// The database's.
    pub fn ended_by(&self, id: &str) -> Result<Option<String>, StoreError> {
        let found = self
            .0
            .prepare_cached(
                "SELECT n.id FROM notice n WHERE n.approved_ms >= (SELECT approved_ms FROM notice WHERE id = ?1) \
                 AND EXISTS (SELECT 1 FROM json_each(n.facts, '$.replaces') r WHERE json_extract(r.value, '$.id') = ?1) \
                 ORDER BY n.approved_ms, n.id LIMIT 1",
            )?
            .query_row([id], |row| row.get(0))
            .optional()?;
        Ok(found)
    }

    /// Everything approved since a moment, newest first; 1,000 at most.
    ///
    /// # Errors
    /// The database's, a damaged row or a forged one.
    pub fn approved_since(&self, since: Timestamp) -> Result<Vec<Notice<Approved>>, StoreError> {
        self.notices_where(
            "n.approved_ms > CAST(?1 AS INTEGER)",
            &millis(since).to_string(),
            1000,
        )
    }

    fn notices_where(
        &self,
        condition: &str,
        value: &str,
        limit: u32,
    ) -> Result<Vec<Notice<Approved>>, StoreError> {
        let mut statement = self.0.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM notice n WHERE {condition} ORDER BY n.approved_ms DESC, n.id DESC LIMIT ?2"
        ))?;
        let rows = statement.query_map(params![value, limit], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, Vec<u8>>(1)?,
                row.get::<_, String>(2)?,
                row.get::<_, String>(3)?,
                row.get::<_, i64>(4)?,
                row.get::<_, String>(5)?,
                row.get::<_, Option<i64>>(6)?,
                row.get::<_, Option<String>>(7)?,
            ))
        })?;
        rows.map(|row| {
            let (facts, document, digest, approved_by, approved_ms, how, grant, first) = row?;
            let digest = Digest::try_from(digest).map_err(|why| StoreError::Damaged {
                what: "a notice".to_owned(),
                why,
            })?;
            let row = Row {
                facts: json("a notice", &facts)?,
                document,
                approved_by,
                approved_at: instant(approved_ms)?,
                digest,
                how,
                first,
                grant,
            };
            Ok(Notice::<Approved>::load(row)?)
        })
        .collect()
    }
}

/// Those of `notices` that are orders in force at `now`.
#[must_use]
pub fn live(notices: Vec<Notice<Approved>>, now: Timestamp) -> Vec<Notice<Approved>> {
    let replaced: std::collections::BTreeSet<_> = notices
        .iter()
        .flat_map(|notice| {
            notice
                .content()
                .facts()
                .replaces
                .iter()
                .map(|reference| reference.id.clone())
        })
        .collect();
    notices
        .into_iter()
        .filter(|notice| {
            let facts = notice.content().facts();
            facts.kind == Kind::Issue && facts.expires > now && !replaced.contains(&facts.id)
        })
        .collect()
}

/// A live notice as the docket wants it.
#[must_use]
pub fn in_force(notice: &Notice<Approved>) -> InForce {
    let facts = notice.content().facts();
    InForce {
        river: crate::recommend::cause::of_facts(facts).to_owned(),
        level: facts.level,
        districts: facts
            .districts
            .iter()
            .map(|district| district.id.clone())
            .collect(),
    }
}
