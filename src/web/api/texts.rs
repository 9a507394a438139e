//! /api/v1/texts/{id}: a text between reading and publication. GET: where it stands. POST …/approve: its author approves it, as the
//! only one or as the first of two. POST …/withdraw, GET and POST …/alone: what the first may do while the second does not come.

use axum::Json;
use axum::extract::State;
use hinan_dashboard::view::Approving;
use serde_json::{Value, json};

use super::at::At;
use super::body::{Body, Sent};
use super::caller::Caller;
use super::{Refused, inbox, shapes, shown};
use crate::app::App;
use crate::approve::notice::NoticeId;
use crate::approve::rule::Choice;
use crate::desk::{self, Declined};
use crate::digest::Digest;
use crate::store::approvals::StoredFirst;
use crate::store::drafts::StoredDraft;
use crate::web::router::Doors;
use crate::web::who::SignedIn;
use crate::web::{both, first};

/// Approves what was read.
pub(super) async fn approve(
    State(doors): State<Doors>,
    At(id): At<String>,
    Sent { who, body }: Sent,
) -> Result<Json<Value>, Refused> {
    let app = &doors.app;
    let (draft, digest) = read(app, &id, body)?;
    let outcome = desk::approve(app, &who.officer, &id, &digest)
        .map_err(|why| moved(app, &who, draft.proposal.as_deref(), why))?;
    Ok(Json(match outcome {
        desk::Outcome::Published(notice) => published(&notice),
        desk::Outcome::WaitsForSecond(text) => {
            json!({ "outcome": "waits_for_second", "text": text })
        }
    }))
}

/// Where a text stands that a first person approved. What it says is for its author, and for a second person who has chosen the
/// same.
pub(super) async fn show(
    State(doors): State<Doors>,
    Caller(who): Caller,
    At(id): At<String>,
) -> Result<Json<Value>, Refused> {
    let app = &doors.app;
    let draft = draft(app, &id)?;
    let (waiting, is_published, chosen) = app.store.read(|view| {
        Ok((
            view.first_approved(&id)?,
            view.notice(&id)?.is_some(),
            view.choice_of(&id, &who.officer.name)?,
        ))
    })?;
    // A text that stood ready is of whoever let it pass first, not of whoever wrote the order that it corrects.
    let own = match &waiting {
        Some(waiting) => waiting.notice.state().by() == who.officer.name,
        None => draft.author == who.officer.name,
    };
    let agrees = chosen == Some(Choice::of(draft.notice.content().facts()));
    let approving = match &waiting {
        Some(_) if !own => Approving::SecondOfTwo,
        _ => crate::web::decide::approving(&draft),
    };
    // What stood ready from the beginning is nobody's judgement, until a first person has approved it: then the second must not read it
    // before they have chosen.
    let stood_ready = draft.prepared_for.is_some() && waiting.is_none();
    let readable = own || is_published || stood_ready || (agrees && draft.waiting);
    let state = match (&waiting, is_published, draft.waiting) {
        (_, true, _) => "published",
        (_, false, false) => "over",
        (Some(_), false, true) => "waiting",
        (None, false, true) => "shown",
    };
    let mut value = json!({
        "state": state, "own": own, "by": null, "at": null, "waited_s": null, "lone_after_s": null, "may_go_alone": false,
        "missing": [], "recommendation": draft.proposal, "substance": null, "why_stale": null,
        "shown": if readable { shown::shown(app, &draft, approving)? } else { Value::Null },
    });
    if let Some(waiting) = &waiting {
        let facts = waiting.notice.content().facts();
        let may_be_alone = app
            .store
            .read(|view| desk::second::may_be_alone(view, facts))?;
        let wait_s = wait_s(app, &draft);
        let waited_s = first::waited_s(app, waiting);
        let by = waiting.notice.state().by();
        value["by"] = json!(app.store.read(|view| inbox::display(view, by))?);
        value["at"] = json!(waiting.notice.state().at());
        value["waited_s"] = json!(waited_s);
        value["lone_after_s"] = json!(wait_s);
        value["may_go_alone"] =
            json!(own && state == "waiting" && waited_s >= wait_s && may_be_alone);
        value["missing"] = json!(first::seconds(app, &who)?);
        // What was found about the text, and whether it rests on grounds at all, tells what was chosen: only its author may know it.
        if own && state == "waiting" {
            value["substance"] = json!(draft.substance);
            let why = app.store.read(|view| desk::why_stale(app, view, &id))?;
            value["why_stale"] = why.map_or(Value::Null, |why| stale(&why));
        }
    }
    Ok(Json(value))
}

/// Why nobody can approve a text any more as it stands: the desk's own sentence, and in English what kind of change it was.
fn stale(why: &Declined) -> Value {
    let en = match why {
        Declined::NoLongerOpen(_) => {
            "The recommendation is not open any more: it was replaced, it expired or somebody decided on it"
        }
        _ => {
            "The text cannot be approved as it stands: what it rests on has changed, it has become too old, or it cannot be sent"
        }
    };
    shapes::text(why.to_string(), en)
}

/// The full page before going alone: who is missing, how long they were waited for, and what leaves.
pub(super) async fn before_alone(
    State(doors): State<Doors>,
    Caller(who): Caller,
    At(id): At<String>,
) -> Result<Json<Value>, Refused> {
    let app = &doors.app;
    let waiting = waiting(app, &id)?;
    if waiting.notice.state().by() != who.officer.name {
        return Err(Refused::NotAuthorised(
            "この画面は、1人目の承認者だけが開けます".to_owned(),
        ));
    }
    desk::still_waits(&waiting.draft)?;
    let missing = first::seconds(app, &who)?;
    let waited_s = first::waited_s(app, &waiting);
    let told = first::before_alone(waited_s, &missing);
    Ok(Json(json!({
        "missing": missing, "waited_s": waited_s, "lone_after_s": wait_s(app, &waiting.draft),
        "cautions": both::japanese(&told), "cautions_en": shapes::in_english(&told),
        "shown": shown::shown(app, &waiting.draft, Approving::Lone)?,
    })))
}

/// 単独発令.
pub(super) async fn alone(
    State(doors): State<Doors>,
    At(id): At<String>,
    Sent { who, body }: Sent,
) -> Result<Json<Value>, Refused> {
    let app = &doors.app;
    let (draft, digest) = read(app, &id, body)?;
    let notice = desk::second::alone(app, &who.officer, &id, &digest)
        .map_err(|why| moved(app, &who, draft.proposal.as_deref(), why))?;
    Ok(Json(published(&notice)))
}

/// The first person takes their approval back.
pub(super) async fn withdraw(
    State(doors): State<Doors>,
    At(id): At<String>,
    Sent { who, body }: Sent,
) -> Result<Json<Value>, Refused> {
    body.end(Some(()))?;
    desk::second::withdraw(&doors.app, &who.officer, &id)?;
    Ok(Json(json!({ "outcome": "withdrawn" })))
}

/// What was read: the digest of the bytes, and the number that stands in the text.
fn read(app: &App, id: &str, mut body: Body) -> Result<(StoredDraft, Digest), Refused> {
    let draft = draft(app, id)?;
    let areas = draft.notice.content().facts().districts.len();
    let digest = body.digest("digest");
    let checked = body.check("check", areas);
    let (digest, ()) = body.end(digest.zip(checked))?;
    Ok((draft, digest))
}

pub(super) fn published(notice: &NoticeId) -> Value {
    json!({ "outcome": "published", "notice": notice })
}

/// A refusal about an item that moved, with the item as it is now.
pub(super) fn moved(app: &App, who: &SignedIn, proposal: Option<&str>, why: Declined) -> Refused {
    let now = proposal.and_then(|id| inbox::now(app, id, &who.officer.name));
    Refused::from(why).with_now(now)
}

pub(super) fn waiting(app: &App, id: &str) -> Result<StoredFirst, Refused> {
    app.store
        .read(|view| view.first_approved(id))?
        .ok_or_else(unknown)
}

pub(super) fn draft(app: &App, id: &str) -> Result<StoredDraft, Refused> {
    app.store.read(|view| view.draft(id))?.ok_or_else(unknown)
}

fn unknown() -> Refused {
    Refused::Unknown(
        "there is no such text, or it was forgotten because nobody approved it".to_owned(),
    )
}

/// How long the second person is waited for, as it was when the text was made, in officers' seconds.
fn wait_s(app: &App, draft: &StoredDraft) -> i64 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "seconds of a wait, in whole numbers"
    )]
    let seconds = (draft.lone_after.as_secs_f64() / app.clock.speed()).ceil() as i64;
    seconds.max(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_a_text_is_stale_is_told_in_both_languages_by_its_kind() {
        let over = stale(&Declined::NoLongerOpen(
            "この推奨は、新しい推奨に置き換わりました".to_owned(),
        ));
        assert_eq!(over["ja"], "この推奨は、新しい推奨に置き換わりました");
        let over_en = over["en"].as_str().expect("it has English");
        assert!(over_en.contains("not open any more"), "{over_en}");
        let moved = stale(&Declined::Changed("推奨の内容が変わりました".to_owned()));
        assert_eq!(moved["ja"], "推奨の内容が変わりました");
        let moved_en = moved["en"].as_str().expect("it has English");
        assert!(
            moved_en.contains("changed") && moved_en != over_en,
            "{moved_en}"
        );
    }
}
