//! GET /plain/n/{id}: one notice as sent, with its story.

use axum::extract::{Path, State};
use axum::response::Html;
use hinan_dashboard::page;
use hinan_dashboard::view::{NoticeEvent, NoticeView};

use super::refusal::Refusal;
use super::router::Doors;
use super::who::SignedIn;
use super::{audit, decide, frame, lines, published};

const REFRESH_S: u32 = 15;

/// The page.
pub(super) async fn page(
    State(doors): State<Doors>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Html<String>, Refusal> {
    let app = &doors.app;
    let now = app.clock.now();
    let view = app.store.read(|view| {
        let Some(notice) = view.notice(&id)? else {
            return Ok(None);
        };
        let draft = view.draft(&id)?;
        let proposal = draft.as_ref().and_then(|d| d.proposal.clone());
        let proposed = match &proposal {
            Some(proposal) => view.proposal(proposal)?.map(|p| p.proposal.key.level),
            None => None,
        };
        let content = notice.content();
        let events = view.audit_of(&id)?;
        Ok(Some(NoticeView {
            review_wanted: view
                .reviews_due(jiff::Timestamp::MIN)?
                .iter()
                .any(|(due, ..)| *due == id),
            row: published::row(app, view, &notice, &view.notices(1000)?, now)?,
            channels: published::channel_names(app),
            texts: decide::all_texts(app, content.facts(), content.document()),
            digest: notice.state().digest().to_string(),
            reason: draft.map(|d| d.reason).unwrap_or_default(),
            recommendation_id: proposal,
            proposed_level: proposed
                .filter(|level| *level != content.facts().level)
                .map(lines::level),
            events: events
                .iter()
                .map(|entry| NoticeEvent {
                    at: entry.at,
                    who: audit::actor(entry),
                    // The page is about this notice: its identifier need not stand in each line.
                    what: audit::words(entry).replace(&format!(" {id}"), ""),
                })
                .collect(),
        }))
    })?;
    let view = view.ok_or(Refusal::Unknown)?;
    Ok(Html(page::notice(
        &frame::officers(app, &who, Some(REFRESH_S))?,
        &view,
    )))
}
