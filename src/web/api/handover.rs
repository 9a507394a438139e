//! GET /api/v1/handover: one page for the change of shift. POST /api/v1/handover/signature: both officers sign it by login, having read
//! the same.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::body::Sent;
use super::caller::Caller;
use super::{Refused, inbox, notices, shapes, timeline};
use crate::app::App;
use crate::desk::note;
use crate::digest::Digest;
use crate::outlook::Voice;
use crate::station_state;
use crate::store::audit::Entry;
use crate::store::particulars::{UNREADABLE, UNREADABLE_EN};
use crate::store::{StoreError, View};
use crate::web::router::Doors;

/// Notes of this time are handed over.
const NOTES_OF: SignedDuration = SignedDuration::from_hours(12);

/// The page.
pub(super) async fn show(
    State(doors): State<Doors>,
    Caller(who): Caller,
) -> Result<Json<Value>, Refused> {
    let app = &doors.app;
    let value = app.store.read(|view| {
        let mut value = page(app, view, &who.officer.name)?;
        value["digest"] = json!(substance(app, view)?);
        Ok(value)
    })?;
    Ok(Json(value))
}

/// Signs it.
pub(super) async fn sign(
    State(doors): State<Doors>,
    Sent { who, mut body }: Sent,
) -> Result<(StatusCode, Json<Value>), Refused> {
    let app = &doors.app;
    let side = body.word("side", &note::SIDES);
    let digest = body.digest("digest");
    let (side, digest) = body.end(side.zip(digest))?;
    let seq = note::sign(app, &who.officer, side, &digest, |view| {
        substance(app, view)
    })?;
    let entries = app.store.read(|view| view.audit_after(seq - 1, 1))?;
    let signed = match entries.first() {
        Some(entry) => app.store.read(|view| signature(view, entry))?,
        None => Value::Null,
    };
    Ok((StatusCode::CREATED, Json(signed)))
}

fn page(app: &App, view: &View<'_>, officer: &str) -> Result<Value, StoreError> {
    let now = app.clock.now();
    let picture = app.picture();
    let outlook = &picture.advice.outlook;
    let mut open = Vec::new();
    for stored in view.open_proposals()? {
        open.push(inbox::item(app, view, &stored, officer)?);
    }
    let mut waiting = Vec::new();
    for one in view.waiting_for_second()? {
        waiting.push(inbox::waits(view, &one, officer)?);
    }
    let all = view.notices(1000)?;
    let mut in_force = Vec::new();
    for notice in view.live_notices(now)? {
        in_force.push(notices::row(app, view, &notice, &all, now)?);
    }
    let silent: Vec<Value> = outlook
        .gauges
        .values()
        .filter(|gauge| !matches!(gauge.voice, Voice::Live))
        .map(|gauge| {
            let state = station_state::of(gauge, outlook.as_of);
            json!({ "id": gauge.id, "name": gauge.name, "name_en": gauge.name_en, "state": state.state, "since": state.since,
                    "text": { "ja": state.ja, "en": state.en } })
        })
        .collect();
    let notes: Vec<Value> = note::notes(view)?
        .iter()
        .filter(|entry| now.duration_since(entry.at) < NOTES_OF)
        .filter_map(|entry| timeline::of_entry(entry, false))
        .collect();
    let mut signatures = Vec::new();
    for entry in note::signatures(view)? {
        signatures.push(signature(view, &entry)?);
    }
    Ok(
        json!({ "as_of": outlook.as_of, "open": open, "waiting": waiting, "in_force": in_force, "silent": silent, "notes": notes,
               "signatures": signatures }),
    )
}

/// What two officers must have read the same of: figures may move under their eyes, items may not.
fn substance(app: &App, view: &View<'_>) -> Result<Digest, StoreError> {
    let now = app.clock.now();
    let open: Vec<(String, Digest)> = view
        .open_proposals()?
        .into_iter()
        .map(|stored| (stored.id, stored.proposal.substance()))
        .collect();
    let waiting: Vec<String> = view
        .waiting_for_second()?
        .iter()
        .map(|one| one.notice.id().to_string())
        .collect();
    let live: Vec<String> = view
        .live_notices(now)?
        .iter()
        .map(|notice| notice.id().to_string())
        .collect();
    let notes: Vec<i64> = note::notes(view)?
        .iter()
        .filter(|entry| now.duration_since(entry.at) < NOTES_OF)
        .map(|entry| entry.seq)
        .collect();
    Ok(Digest::of_json(&(open, waiting, live, notes)))
}

/// Who signed, when, which side and what they had read. One that cannot be read stands there as that: the next shift needs the others.
fn signature(view: &View<'_>, entry: &Entry) -> Result<Value, StoreError> {
    let said = entry.particulars().and_then(|detail| {
        let (side, read) = (detail.word("side")?, detail.word("read")?);
        Ok((side.to_owned(), read.to_owned()))
    });
    let (side, read) = said.ok().unzip();
    let unreadable = side
        .is_none()
        .then(|| shapes::text(UNREADABLE, UNREADABLE_EN));
    Ok(
        json!({ "at": entry.at, "by": inbox::display(view, &entry.actor)?, "side": side, "digest": read, "unreadable": unreadable }),
    )
}
