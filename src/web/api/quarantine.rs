//! GET /api/v1/quarantine: what could not be read, newest first, without the payloads.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};

use super::Refused;
use super::asking::Asking;
use super::caller::Caller;
use crate::store::quarantine::Quarantined;
use crate::web::router::Doors;

/// Messages of one answer.
const LIMIT_MAX: u32 = 1000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct Asked {
    limit: Option<u32>,
}

#[derive(Serialize)]
pub(in crate::web) struct List {
    /// How many are kept in all.
    kept: u64,
    messages: Vec<Message>,
}

#[derive(Serialize)]
struct Message {
    received_at: jiff::Timestamp,
    topic: String,
    size_bytes: u64,
    code: String,
    reason: String,
}

/// The list.
pub(in crate::web) async fn list(
    State(doors): State<Doors>,
    _: Caller,
    Asking(asked): Asking<Asked>,
) -> Result<Json<List>, Refused> {
    let limit = asked.limit.unwrap_or(100);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(Refused::BadQuestion(format!(
            "limit is {limit}; it must be from 1 to {LIMIT_MAX}"
        )));
    }
    let (kept, messages) = doors
        .app
        .store
        .read(|view| Ok((view.quarantine_count()?, view.quarantined(limit)?)))?;
    let messages = messages.into_iter().map(message).collect();
    Ok(Json(List { kept, messages }))
}

fn message(of: Quarantined) -> Message {
    Message {
        received_at: of.received_at,
        topic: of.topic,
        size_bytes: of.size,
        code: of.code,
        reason: of.reason,
    }
}
