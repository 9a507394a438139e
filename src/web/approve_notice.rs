//! The last click: an officer lets one text out. `digest` is that of exactly the bytes on their screen.

use axum::response::{IntoResponse, Redirect, Response};
use hinan_dashboard::form;

use super::posted::Fields;
use super::refusal::Refusal;
use super::who::SignedIn;
use crate::app::App;
use crate::desk;
use crate::digest::Digest;

/// Approves what the form names by its digest.
pub(super) fn approve(app: &App, who: &SignedIn, fields: &Fields) -> Result<Response, Refusal> {
    let read = Digest::try_from(fields.text(form::DIGEST).to_owned()).map_err(Refusal::BadForm)?;
    let draft = app
        .store
        .read(|view| view.draft_id_of(&read))?
        .ok_or_else(|| {
            Refusal::Declined(desk::Declined::Changed(
                "画面の文面が見つかりません。新しい文面を確認してください".to_owned(),
            ))
        })?;
    let next = match desk::approve(app, &who.officer, &draft, &read)? {
        desk::Outcome::Published(notice) => format!("/plain/n/{notice}"),
        desk::Outcome::WaitsForSecond(draft) => format!("/plain/first/{draft}"),
    };
    Ok(Redirect::to(&next).into_response())
}
