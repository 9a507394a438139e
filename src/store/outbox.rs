//! The outbox: deliveries owed, tried and made.

use jiff::Timestamp;
use rusqlite::params;

use super::{StoreError, Tx, View, instant, millis};
use crate::publish::outbox::{Attempt, ChannelName, Delivery};

/// How the note of a delivery begins that was given up because a later notice arrived first.
pub(crate) const OVERTAKEN: &str = "これを置き換えた発表";

/// Not ordered once more for the same channel since.
const NEWEST: &str = "NOT EXISTS (SELECT 1 FROM delivery later WHERE later.notice = delivery.notice \
    AND later.channel = delivery.channel AND later.id > delivery.id)";

/// A delivery with what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredDelivery {
    /// Number of the delivery; stable over all attempts.
    pub id: i64,
    /// Notice owed.
    pub notice: String,
    /// Channel.
    pub channel: ChannelName,
    /// Where it stands.
    pub state: DeliveryState,
    /// Attempts so far.
    pub attempts: u32,
    /// When it last changed.
    pub changed_at: Timestamp,
    /// Receipt or last fault, in words.
    pub note: String,
    /// Digest of the approved document.
    pub digest: String,
    /// The run of the service that has begun an attempt and not ended it.
    pub lease: Option<String>,
}

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// Not tried yet.
    Waiting,
    /// An attempt has begun.
    Sending,
    /// Tried without success; it will be tried again.
    Retrying,
    /// Accepted by the channel.
    Delivered,
    /// It will not be tried again.
    GivenUp,
}

impl StoredDelivery {
    /// Whether it was given up because a later notice arrived first: nobody misses it.
    #[must_use]
    pub fn is_overtaken(&self) -> bool {
        self.state == DeliveryState::GivenUp && self.note.starts_with(OVERTAKEN)
    }
}

impl Tx<'_> {
    /// Owes a delivery.
    ///
    /// # Errors
    /// The database's; what was not approved with exactly these bytes cannot be owed.
    pub fn enqueue(&self, delivery: &Delivery, now: Timestamp) -> Result<(), StoreError> {
        self.0.execute(
            "INSERT INTO delivery (notice, digest, channel, state, changed_ms) VALUES (?1, ?2, ?3, 'waiting', ?4)",
            params![delivery.notice().as_str(), delivery.digest().as_str(), delivery.channel().word(), millis(now)],
        )?;
        Ok(())
    }

    /// Notes that an attempt begins, and in which run of the service: what is cut off now is known afterwards.
    ///
    /// # Errors
    /// The database's.
    pub fn begin_attempt(&self, id: i64, run: &str, now: Timestamp) -> Result<(), StoreError> {
        self.0.execute(
            "UPDATE delivery SET state = 'sending', lease = ?2, changed_ms = ?3 WHERE id = ?1",
            params![id, run, millis(now)],
        )?;
        Ok(())
    }

    /// Records what became of an attempt.
    ///
    /// # Errors
    /// The database's.
    pub fn record_attempt(
        &self,
        id: i64,
        attempt: &Attempt,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.happened(now);
        let (state, note) = match attempt {
            Attempt::Delivered { receipt } => ("delivered", receipt),
            Attempt::TryAgain { why } => ("retrying", why),
            Attempt::GiveUp { why } => ("given_up", why),
        };
        self.0.execute(
            "UPDATE delivery SET state = ?2, attempts = attempts + 1, changed_ms = ?3, note = ?4, lease = NULL \
             WHERE id = ?1 AND state NOT IN ('delivered', 'given_up')",
            params![id, state, millis(now), note],
        )?;
        Ok(())
    }
}

impl View<'_> {
    /// What a channel is owed, oldest first.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn owed(
        &self,
        channel: &ChannelName,
        limit: u32,
    ) -> Result<Vec<StoredDelivery>, StoreError> {
        self.deliveries_where(
            "channel = ?1 AND state IN ('waiting', 'sending', 'retrying')",
            &channel.word(),
            limit,
        )
    }

    /// The deliveries of a notice: of each channel the newest.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn deliveries(&self, notice: &str) -> Result<Vec<StoredDelivery>, StoreError> {
        self.deliveries_where(&format!("notice = ?1 AND {NEWEST}"), notice, 100)
    }

    /// Deliveries that failed and were touched since then, except those that a later notice overtook: nobody misses them.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn failed_deliveries(&self, since: Timestamp) -> Result<Vec<StoredDelivery>, StoreError> {
        let failed = self.deliveries_where(
            &format!("state IN ('retrying', 'given_up') AND changed_ms >= CAST(?1 AS INTEGER) AND {NEWEST}"),
            &millis(since).to_string(),
            500,
        )?;
        Ok(failed
            .into_iter()
            .filter(|one| !one.is_overtaken())
            .collect())
    }

    fn deliveries_where(
        &self,
        condition: &str,
        value: &str,
        limit: u32,
    ) -> Result<Vec<StoredDelivery>, StoreError> {
        let mut statement = self.0.prepare_cached(&format!(
            "SELECT id, notice, channel, state, attempts, changed_ms, note, digest, lease FROM delivery \
             WHERE {condition} ORDER BY id LIMIT ?2"
        ))?;
        let rows = statement.query_map(params![value, limit], |row| {
            Ok((
                row.get::<_, i64>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, String>(2)?,
                row.get::<_, String>(3)?,
                row.get::<_, u32>(4)?,
                row.get::<_, i64>(5)?,
                row.get::<_, String>(6)?,
                row.get::<_, String>(7)?,
                row.get::<_, Option<String>>(8)?,
            ))
        })?;
        rows.map(|row| {
            let (id, notice, channel, state, attempts, changed_ms, note, digest, lease) = row?;
            let damaged = |why: &str| StoreError::Damaged {
                what: format!("delivery {id}"),
                why: why.to_owned(),
            };
            let state = match state.as_str() {
                "waiting" => DeliveryState::Waiting,
                "sending" => DeliveryState::Sending,
                "retrying" => DeliveryState::Retrying,
                "given_up" => DeliveryState::GivenUp,
                "delivered" => DeliveryState::Delivered,
                _ => return Err(damaged("unknown state")),
            };
            let channel =
                ChannelName::from_word(&channel).ok_or_else(|| damaged("unknown channel"))?;
            Ok(StoredDelivery {
                id,
                notice,
                channel,
                state,
                attempts,
                changed_at: instant(changed_ms)?,
                note,
                digest,
                lease,
            })
        })
        .collect()
    }
}
