//! POST /plain/n/{id}/prepared: the correction or the cancellation of a notice as it stands ready, to be read and let out with its
//! number. POST /plain/n/{id}/retry: a notice once more to one channel.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use hinan_dashboard::view::{CheckNumber, ConfirmView, Filled};
use hinan_dashboard::{form, page};

use super::posted::Posted;
use super::refusal::Refusal;
use super::router::Doors;
use super::{approve_notice, decide, frame};
use crate::app::App;
use crate::desk::Declined;
use crate::desk::again;
use crate::desk::beforehand::{self, Remedy};
use crate::digest::Digest;
use crate::publish::outbox::ChannelName;
use crate::store::drafts::StoredDraft;

/// The text, and the last click.
pub(super) async fn handler(
    State(doors): State<Doors>,
    Path(id): Path<String>,
    Posted { who, fields }: Posted,
) -> Result<Response, Refusal> {
    let app = &doors.app;
    match fields.text(form::STEP) {
        form::STEP_BACK => return Ok(Redirect::to(&format!("/plain/n/{id}")).into_response()),
        form::STEP_APPROVE => {
            let read =
                Digest::try_from(fields.text(form::DIGEST).to_owned()).map_err(Refusal::BadForm)?;
            let draft = app.store.read(|view| match view.draft_id_of(&read)? {
                Some(draft) => view.draft(&draft),
                None => Ok(None),
            })?;
            let draft = draft.ok_or(Refusal::Declined(Declined::Unknown("文面")))?;
            let areas = draft.notice.content().facts().districts.len().to_string();
            if decide::half_width(fields.text(form::CHECK)) == areas {
                return approve_notice::approve(app, &who, &fields);
            }
            let mut view = confirm(app, &id, &draft)?;
            view.filled.check = fields.text(form::CHECK).to_owned();
            view.check_error = Some(
                "文面の対象地区の数と合いません。文面を読んで、数を入力してください".to_owned(),
            );
            let page = Html(page::confirm(&frame::officers(app, &who, None)?, &view));
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
        _ => {}
    }
    let remedy = Remedy::from_word(fields.text(form::REMEDY)).ok_or_else(|| {
        Refusal::BadForm(format!(
            "{}={}; accepted: correct, cancel",
            form::REMEDY,
            fields.text(form::REMEDY)
        ))
    })?;
    let draft = beforehand::open(app, &who.officer, &id, remedy)?;
    let view = confirm(app, &id, &draft)?;
    Ok(Html(page::confirm(&frame::officers(app, &who, None)?, &view)).into_response())
}

fn confirm(app: &App, id: &str, draft: &StoredDraft) -> Result<ConfirmView, Refusal> {
    let mut view = decide::of_draft(app, draft, decide::approving(draft))?;
    view.filled = Filled::default();
    view.post_to = format!("/plain/n/{id}/prepared");
    view.back_to = format!("/plain/n/{id}/cancel");
    view.check = Some(CheckNumber {
        question: "この文面に書かれた対象地区は、何地区ですか".to_owned(),
        hint: "数字だけ。全角でもかまいません".to_owned(),
    });
    Ok(view)
}

/// Wants a notice sent once more.
pub(super) async fn retry(
    State(doors): State<Doors>,
    Path(id): Path<String>,
    Posted { who, fields }: Posted,
) -> Result<Redirect, Refusal> {
    let channel = ChannelName::from_word(fields.text(form::CHANNEL));
    let channel = channel.ok_or(Declined::Unknown("送り先"))?;
    again::retry(&doors.app, &who.officer, &id, &channel)?;
    Ok(Redirect::to(&format!("/plain/n/{id}")))
}
