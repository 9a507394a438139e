//! Putting a recommendation off (保留): not now, ask me again in so many minutes. It stays open, anybody may still decide, and
//! nothing about it expires later than it would have.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{Declined, Reason, attention, changed, coded, may, on_record, open};
use crate::app::App;
use crate::approve::officer::{Act, Officer};
use crate::digest::Digest;
use crate::store::StoreError;
use crate::store::audit::Entry;

/// How long something may be put off, minutes of the officers.
pub const MINUTES: [u32; 3] = [10, 20, 30];
/// The word of its entry.
pub(super) const DEFERRED: &str = "deferred";

/// Who put it off, when, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deferred {
    /// Account name.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Until when.
    pub until: Timestamp,
}

/// Puts a recommendation off. Whoever does so has seen it.
///
/// # Errors
/// [`Declined`] says why it is not put off.
pub fn defer(
    app: &App,
    officer: &Officer,
    proposal_id: &str,
    minutes: u32,
    reason: Reason<'_>,
    read: &Digest,
) -> Result<Deferred, Declined> {
    on_record(app, officer, "defer", proposal_id, || {
        may(officer, Act::Acknowledge)?;
        if !MINUTES.contains(&minutes) {
            return Err(Declined::Incomplete(
                "保留できるのは、10分、20分、30分です".to_owned(),
            ));
        }
        let (code, reason) = coded(reason)?;
        let now = app.clock.now();
        // In a replay, an officer's minute is still a minute.
        let rests_s = f64::from(minutes) * 60.0 * app.clock.speed();
        let rests = SignedDuration::try_from_secs_f64(rests_s).unwrap_or(SignedDuration::MAX);
        let until = now.saturating_add(rests).unwrap_or(now);
        app.store.write(|tx| {
        let stored = match open(tx.view().proposal(proposal_id)?) {
            Ok(stored) => stored,
            Err(why) => return Ok(Err(why)),
        };
        if stored.proposal.substance() != *read {
            return Ok(Err(changed()));
        }
        if tx.put_seen(proposal_id, &officer.name, now)? {
            tx.audit(now, &officer.name, attention::SEEN, proposal_id, &json!({}))?;
        }
        let detail =
            json!({ "minutes": minutes, "until": until, "reason": reason, "reason_code": code });
        tx.audit(now, &officer.name, DEFERRED, proposal_id, &detail)?;
        Ok(Ok(Deferred {
            by: officer.name.clone(),
            at: now,
            until,
        }))
    })?
    })
}

/// What an entry says that puts something off.
///
/// # Errors
/// The entry is not one of ours.
pub(super) fn read(entry: &Entry) -> Result<Deferred, StoreError> {
    let until = serde_json::from_str::<serde_json::Value>(&entry.detail)
        .ok()
        .and_then(|detail| detail["until"].as_str()?.parse().ok())
        .ok_or_else(|| StoreError::Damaged {
            what: format!("audit entry {}", entry.seq),
            why: "it does not say until when something was put off".to_owned(),
        })?;
    Ok(Deferred {
        by: entry.actor.clone(),
        at: entry.at,
        until,
    })
}
