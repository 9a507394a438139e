//! GET /api/v1/audit: the record, newest first. GET /api/v1/audit/verify: whether its chain is whole.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Refused;
use super::asking::{Asking, limit};
use super::caller::Caller;
use crate::approve::officer::Act;
use crate::desk;
use crate::store::audit::{Chain, Entry};
use crate::store::{StoreError, View};
use crate::web::router::Doors;
use crate::web::{audit, record_english};

/// Entries read at a time.
const READ_AT_ONCE: i64 = 500;
/// Entries looked at for one answer; `next` says where to go on.
const LOOKED_AT_MAX: i64 = 20_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    limit: Option<u32>,
    /// Entries before this number.
    cursor: Option<i64>,
    actor: Option<String>,
    action: Option<String>,
    subject: Option<String>,
}

impl Asked {
    fn wants(&self, entry: &Entry) -> bool {
        let is =
            |asked: &Option<String>, is: &str| asked.as_deref().is_none_or(|asked| asked == is);
        is(&self.actor, &entry.actor)
            && is(&self.action, &entry.action)
            && is(&self.subject, &entry.subject)
    }
}

/// Entries, newest first.
pub(super) async fn list(
    State(doors): State<Doors>,
    Caller(who): Caller,
    Asking(asked): Asking<Asked>,
) -> Result<Json<Value>, Refused> {
    let app = &doors.app;
    desk::may(&who.officer, Act::ReadRecord)?;
    let limit = limit(asked.limit)? as usize;
    let (len, entries, next) = app.store.read(|view| {
        let len = view.audit_len()?;
        let mut end = asked
            .cursor
            .map_or(len, |before| before.saturating_sub(1))
            .clamp(0, len);
        let floor = (end - LOOKED_AT_MAX).max(0);
        let mut found = Vec::new();
        while end > floor && found.len() < limit {
            let from = (end - READ_AT_ONCE).max(floor);
            let count = u32::try_from(end - from).unwrap_or(0);
            let read = view.audit_after(from, count)?;
            end = from;
            for entry in read.iter().rev().filter(|entry| asked.wants(entry)) {
                let is_hidden = audit::is_hidden(view, entry, &who.officer.name)?;
                found.push(of(entry, is_hidden));
                if found.len() == limit {
                    end = entry.seq - 1;
                    break;
                }
            }
        }
        let next = (end > 0).then_some(end + 1);
        Ok((len, found, next))
    })?;
    Ok(Json(
        json!({ "len": len, "entries": entries, "next": next }),
    ))
}

/// Whether the chain is whole. Reads all of it.
pub(super) async fn verify(
    State(doors): State<Doors>,
    Caller(who): Caller,
) -> Result<Json<Value>, Refused> {
    let app = &doors.app;
    desk::may(&who.officer, Act::ReadRecord)?;
    let chain = tokio::task::block_in_place(|| app.store.read(|view| view.verify_audit()))?;
    let (whole, entries, broken_at, why) = match chain {
        Chain::Whole { entries, .. } => (true, entries, None, None),
        Chain::Broken { at, why } => (false, at - 1, Some(at), Some(why)),
    };
    Ok(Json(
        json!({ "whole": whole, "entries": entries.max(0), "broken_at": broken_at, "why": why, "checked_at": app.clock.now(),
                    "checkpoint": app.checkpoint() }),
    ))
}

fn of(entry: &Entry, is_hidden: bool) -> Value {
    let detail = (!is_hidden)
        .then(|| serde_json::from_str::<Value>(&entry.detail).ok())
        .flatten();
    json!({ "seq": entry.seq, "at": entry.at, "actor": entry.actor, "action": entry.action, "subject": entry.subject,
            "who": audit::actor(entry), "who_en": record_english::actor(entry), "text": audit::told(entry, is_hidden),
            "text_en": record_english::told(entry, is_hidden), "detail": detail, "hash": entry.hash })
}

/// Entries of the last hours, newest first, at most so many; and whether there were more.
pub(super) fn since(
    view: &View<'_>,
    from: jiff::Timestamp,
    to: jiff::Timestamp,
) -> Result<(Vec<Entry>, bool), StoreError> {
    let mut end = view.audit_len()?;
    let floor = (end - LOOKED_AT_MAX).max(0);
    let mut found = Vec::new();
    while end > floor {
        let start = (end - READ_AT_ONCE).max(floor);
        let count = u32::try_from(end - start).unwrap_or(0);
        let read = view.audit_after(start, count)?;
        let older = read.first().is_none_or(|first| first.at < from);
        found.extend(
            read.into_iter()
                .rev()
                .filter(|entry| (from..=to).contains(&entry.at)),
        );
        if older {
            return Ok((found, false));
        }
        end = start;
    }
    Ok((found, floor > 0))
}
