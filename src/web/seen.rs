//! POST /plain/r/{id}/seen: "I have seen this". POST /plain/n/{id}/review: the second look at what one person let out.

use axum::extract::{Path, State};
use axum::response::Redirect;
use hinan_dashboard::form;

use super::posted::Posted;
use super::refusal::Refusal;
use super::router::Doors;
use crate::desk::attention;

/// An officer has seen a recommendation.
pub(super) async fn seen(
    State(doors): State<Doors>,
    Path(id): Path<String>,
    Posted { who, .. }: Posted,
) -> Result<Redirect, Refusal> {
    attention::acknowledge(&doors.app, &who.officer, &id)?;
    Ok(Redirect::to(&format!("/plain/r/{id}")))
}

/// An approver has looked at a notice.
pub(super) async fn review(
    State(doors): State<Doors>,
    Path(id): Path<String>,
    Posted { who, fields }: Posted,
) -> Result<Redirect, Refusal> {
    let agrees = fields.text(form::STEP) == form::REVIEW_AGREES;
    let words = fields.text(form::REASON_TEXT);
    attention::review(&doors.app, &who.officer, &id, agrees, words)?;
    Ok(Redirect::to(&format!("/plain/n/{id}")))
}
