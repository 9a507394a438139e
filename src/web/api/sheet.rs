//! GET /api/v1/recommendations/{id}/sheet: what an officer chooses from, and what each level would say now.

use axum::Json;
use axum::extract::State;
use hinan_dashboard::view::{FieldErrors, Filled};
use serde_json::{Value, json};

use super::at::At;
use super::caller::Caller;
use super::detail::{opened, unknown};
use super::{Refused, shapes, shown};
use crate::approve::facts::Kind;
use crate::desk::defer;
use crate::recommend::level::OrderLevel;
use crate::web::router::Doors;
use crate::web::{decide, decline, english};

/// The sheet. Nothing on it is chosen.
pub(super) async fn show(
    State(doors): State<Doors>,
    Caller(who): Caller,
    At(id): At<String>,
) -> Result<Json<Value>, Refused> {
    let app = &doors.app;
    let stored = app.store.read(|view| view.proposal(&id))?;
    let stored = stored.ok_or_else(unknown)?;
    let present = opened(app, &id, &who.officer.name)?;
    let sheet = decide::sheet(app, &stored, Filled::default(), FieldErrors::default());
    let rules = app.config.approve.rules();
    let proposed = stored.proposal.key.level;
    let levels: Value = OrderLevel::ALL
        .into_iter()
        .map(|level| {
            json!({ "level": level.number(), "text": shapes::level_text(level), "proposed": level == proposed, "barred": null,
                    "needs": shapes::needs(rules.needs(Kind::Issue, level)) })
        })
        .collect();
    let reasons: Value = sheet
        .reasons
        .iter()
        .map(|one| json!({ "code": one.value, "text": one.text }))
        .collect();
    let decline_reasons: Value = decline::REASONS
        .iter()
        .map(|(code, text)| json!({ "code": code, "text": text, "text_en": english::reason(code) }))
        .collect();
    let previews: Value = sheet
        .drafts
        .iter()
        .map(|one| json!({ "level": shapes::number(one.level), "texts": shapes::words(app, &one.texts) }))
        .collect();
    Ok(Json(json!({
        "id": id, "substance": stored.proposal.substance(), "as_of": stored.proposal.as_of, "locked": sheet.locked,
        "level_proposed": proposed.number(), "levels": levels, "reasons": reasons, "decline_reasons": decline_reasons,
        "defer_min": defer::MINUTES, "check": shapes::check(), "previews": previews,
        "channels": shapes::channels(app),
        "confirm": shown::confirm(app, rules.needs(Kind::Issue, proposed)), "present": present,
    })))
}
