//! POST /api/v1/notes: an officer writes down what was said by telephone, by a patrol or by radio.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::Value;

use super::body::Sent;
use super::{Refused, timeline};
use crate::desk::{self, note};
use crate::web::router::Doors;

/// Writes it down.
pub(super) async fn write(
    State(doors): State<Doors>,
    Sent { who, mut body }: Sent,
) -> Result<(StatusCode, Json<Value>), Refused> {
    let app = &doors.app;
    let from = body.word("from", &note::SOURCES);
    let words = body.text("words", desk::REASON_MAX);
    let (from, words) = body.end(from.zip(words))?;
    let seq = note::write(app, &who.officer, from, &words)?;
    let entry = app.store.read(|view| view.audit_after(seq - 1, 1))?;
    let written = entry.first().map(|entry| timeline::of_entry(entry, false));
    Ok((
        StatusCode::CREATED,
        Json(written.flatten().unwrap_or(Value::Null)),
    ))
}
