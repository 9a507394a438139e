//! GET and POST /plain/r/{id}/decline: not now, with a reason. No more effort than deciding.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use hinan_dashboard::view::{DeclineView, FieldErrors, Filled, ReasonChoice};
use hinan_dashboard::{form, page};

use super::posted::Posted;
use super::refusal::Refusal;
use super::router::Doors;
use super::who::SignedIn;
use super::{decide, frame, inbox};
use crate::desk;
use crate::digest::Digest;
use crate::store::proposals::StoredProposal;

/// Why a recommendation is declined, by code.
pub(super) const REASONS: [(&str, &str); 4] = [
    ("patrol", "現地の確認では差し迫っていない"),
    ("doubt", "水位計・予測に疑いがある"),
    ("wait", "もう少し様子を見る"),
    ("issued", "別の手段・別の発表で伝えた"),
];

/// The form.
pub(super) async fn page(
    State(doors): State<Doors>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Html<String>, Refusal> {
    let app = &doors.app;
    let stored = app
        .store
        .read(|view| view.proposal(&id))?
        .ok_or(Refusal::Unknown)?;
    let kept = doors
        .kept
        .take(&who.officer.name, &format!("/plain/r/{id}/decline"));
    let mut frame = frame::officers(app, &who, None)?;
    if kept.is_some() {
        frame.notices.push(decide::KEPT.to_owned());
    }
    let filled = kept.as_ref().map(decide::filled).unwrap_or_default();
    let view = view(&stored, filled, FieldErrors::default());
    Ok(Html(page::decline(&frame, &view)))
}

/// The answer.
pub(super) async fn handler(
    State(doors): State<Doors>,
    Path(id): Path<String>,
    Posted { who, fields }: Posted,
) -> Result<Response, Refusal> {
    let app = &doors.app;
    let reason = fields.reason(|value| {
        REASONS
            .iter()
            .find(|(known, _)| *known == value)
            .map(|(_, words)| *words)
    });
    let read = Digest::try_from(fields.text(form::DIGEST).to_owned()).map_err(Refusal::BadForm)?;
    let mut errors = FieldErrors::default();
    if reason.is_empty() {
        errors.reason = Some("理由を選ぶか、書いてください".to_owned());
    } else {
        let reason = desk::Reason {
            code: fields.reason_code(),
            words: &reason,
        };
        match desk::decline(app, &who.officer, &id, reason, &read) {
            Ok(()) => return Ok(Redirect::to("/plain/inbox").into_response()),
            Err(desk::Declined::Incomplete(why)) => errors.reason = Some(why),
            Err(desk::Declined::Changed(why)) => errors.form = Some(why),
            Err(other) => return Err(other.into()),
        }
    }
    let stored = app
        .store
        .read(|view| view.proposal(&id))?
        .ok_or(Refusal::Unknown)?;
    let view = view(&stored, decide::filled(&fields), errors);
    let page = Html(page::decline(&frame::officers(app, &who, None)?, &view));
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

fn view(stored: &StoredProposal, filled: Filled, errors: FieldErrors) -> DeclineView {
    DeclineView {
        item: inbox::item(stored),
        reasons: reasons(),
        digest: stored.proposal.substance().to_string(),
        filled,
        errors,
    }
}

fn reasons() -> Vec<ReasonChoice> {
    REASONS
        .iter()
        .map(|(value, words)| ReasonChoice {
            value: (*value).to_owned(),
            text: (*words).to_owned(),
        })
        .collect()
}
