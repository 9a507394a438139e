//! POST /api/v1/notices/{id}/end, …/prepared, …/review, …/channels/{channel}/retry: what is done about a notice that was published.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::at::At;
use super::body::Sent;
use super::{Refused, notices, shown};
use crate::approve::facts::Kind;
use crate::desk::beforehand::{self, Remedy};
use crate::desk::{self, again, attention};
use crate::publish::outbox::ChannelName;
use crate::web::router::Doors;
use crate::web::{decide, end_notice};

/// Makes the exact text that lifts or cancels a notice, to be read.
pub(super) async fn end(
    State(doors): State<Doors>,
    At(id): At<String>,
    Sent { who, mut body }: Sent,
) -> Result<(StatusCode, Json<Value>), Refused> {
    let app = &doors.app;
    if app.store.read(|view| view.notice(&id))?.is_none() {
        return Err(notices::unknown());
    }
    let known: Vec<&str> = end_notice::REASONS.iter().map(|(code, _)| *code).collect();
    let ending = body.word("ending", &["lift", "cancel"]);
    let reason = body.reason("reason", &known);
    // What was on screen when a lift was decided on; a cancellation rests on nothing that moves.
    let grounds = match ending {
        Some("lift") => body.digest("grounds"),
        _ => body.ignored("grounds"),
    };
    let ((ending, reason), grounds) = body.end(ending.zip(reason).zip(grounds))?;
    let adopted = end_notice::REASONS
        .iter()
        .find(|(code, _)| *code == reason.code)
        .map(|(_, words)| *words);
    let words = reason.said(adopted);
    let kind = if ending == "lift" {
        Kind::Lift
    } else {
        Kind::Cancel
    };
    let reason = desk::Reason {
        code: &reason.code,
        words: &words,
    };
    let draft = desk::prepare_end(app, &who.officer, &id, kind, reason, &grounds)?;
    let shown = shown::shown(app, &draft, decide::approving(&draft))?;
    Ok((StatusCode::CREATED, Json(shown)))
}

/// The second look at what one person let out.
pub(super) async fn review(
    State(doors): State<Doors>,
    At(id): At<String>,
    Sent { who, mut body }: Sent,
) -> Result<Json<Value>, Refused> {
    let app = &doors.app;
    let agrees = body.flag("agrees");
    let words = body.words("words", desk::REASON_MAX);
    if agrees == Some(false) && words.as_deref().is_some_and(|w| w.trim().is_empty()) {
        body.refuse::<()>("words", None, "words that say what is objected to");
    }
    let (agrees, words) = body.end(agrees.zip(words))?;
    attention::review(app, &who.officer, &id, agrees, &words)?;
    notices::one(app, &id).map(Json)
}

/// Asks one channel to be tried again at once, or once more where it was given up; no other is.
pub(super) async fn retry(
    State(doors): State<Doors>,
    At((id, channel)): At<(String, String)>,
    Sent { who, body }: Sent,
) -> Result<(StatusCode, Json<Value>), Refused> {
    body.end(Some(()))?;
    let app = &doors.app;
    let deliveries = app.store.read(|view| {
        if view.notice(&id)?.is_none() {
            return Ok(None);
        }
        view.deliveries(&id).map(Some)
    })?;
    let deliveries = deliveries.ok_or_else(notices::unknown)?;
    let name = ChannelName::from_word(&channel);
    let found = deliveries
        .iter()
        .find(|one| Some(&one.channel) == name.as_ref());
    let found = found.ok_or_else(|| {
        let known: Vec<String> = deliveries.iter().map(|one| one.channel.word()).collect();
        Refused::Unknown(format!(
            "this notice is not owed to such a channel; it is owed to {}",
            known.join(", ")
        ))
    })?;
    again::retry(app, &who.officer, &id, &found.channel)?;
    let deliveries = app.store.read(|view| view.deliveries(&id))?;
    let cell = json!({ "cell": notices::cell(&found.channel, &deliveries) });
    Ok((StatusCode::ACCEPTED, Json(cell)))
}

/// Puts the correction or the cancellation that stands ready before an officer, or writes it anew where it is stale.
pub(super) async fn prepared(
    State(doors): State<Doors>,
    At(id): At<String>,
    Sent { who, mut body }: Sent,
) -> Result<(StatusCode, Json<Value>), Refused> {
    let app = &doors.app;
    if app.store.read(|view| view.notice(&id))?.is_none() {
        return Err(notices::unknown());
    }
    let remedy = body.word("remedy", &Remedy::ALL.map(Remedy::word));
    let remedy = body.end(remedy.and_then(Remedy::from_word))?;
    let draft = beforehand::open(app, &who.officer, &id, remedy)?;
    let shown = shown::shown(app, &draft, decide::approving(&draft))?;
    Ok((StatusCode::CREATED, Json(shown)))
}
