//! GET /api/v1/inbox: what waits for a decision, for a second person, for a second look.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::Refused;
use super::caller::Caller;
use super::{judgements, shapes};
use crate::app::App;
use crate::clock::monotonic;
use crate::desk::attention::{self, Attention};
use crate::store::approvals::StoredFirst;
use crate::store::proposals::StoredProposal;
use crate::store::{StoreError, View};
use crate::web::router::Doors;
use crate::web::{inbox, recommendation};

/// What waits.
pub(super) async fn show(
    State(doors): State<Doors>,
    Caller(who): Caller,
) -> Result<Json<Value>, Refused> {
    let app = &doors.app;
    let value = app.store.read(|view| {
        let mut items = Vec::new();
        for stored in inbox::by_urgency(view.open_proposals()?) {
            items.push(item(app, view, &stored, &who.officer.name)?);
        }
        let mut waiting = Vec::new();
        for one in view.waiting_for_second()? {
            waiting.push(waits(view, &one, &who.officer.name)?);
        }
        let mut reviews = Vec::new();
        for (notice, by, at) in view.reviews_due(Timestamp::MIN)? {
            reviews.push(json!({ "notice": notice, "by": display(view, &by)?, "at": at }));
        }
        Ok(json!({ "checked_at": app.picture().advice.outlook.as_of, "items": items, "waiting": waiting, "reviews_due": reviews }))
    })?;
    Ok(Json(value))
}

/// One item by its name, as the list has it; null when there is none.
pub(super) fn now(app: &App, id: &str, officer: &str) -> Option<Value> {
    let found = app.store.read(|view| {
        let stored = view.proposal(id)?;
        stored
            .map(|stored| item(app, view, &stored, officer))
            .transpose()
    });
    // It stands beside an answer that is given all the same.
    found.unwrap_or_else(|error| {
        tracing::error!(%error, id, "how an item stands now could not be read");
        None
    })
}

/// One item as a list shows it.
pub(super) fn item(
    app: &App,
    view: &View<'_>,
    stored: &StoredProposal,
    officer: &str,
) -> Result<Value, StoreError> {
    let proposal = &stored.proposal;
    let shown = inbox::item(stored);
    let picture = app.picture();
    let chance = picture
        .advice
        .outlook
        .gauges
        .get(&proposal.gauge)
        .and_then(|gauge| recommendation::chance(proposal, gauge));
    let (escalation, _) = view.escalated(&stored.id)?;
    Ok(json!({
        "id": stored.id, "level": proposal.key.level.number(), "level_text": shapes::level_text(proposal.key.level),
        "river": proposal.key.river, "place": shown.place, "place_en": place_en(&proposal.river_en),
        "areas": shown.districts, "area_ids": proposal.districts.iter().map(|d| d.id.as_str()).collect::<Vec<_>>(),
        "people": shown.people, "decide_by": shapes::span(shown.decide_by.as_ref()),
        "crossing": shapes::span(shown.crossing.as_ref()), "reason": shown.reason, "made_at": shown.made_at,
        "as_of": proposal.as_of, "substance": proposal.substance(), "chance": chance.as_ref().map(shapes::chance),
        "state": standing(app, view, stored)?, "present": present(app, view, &stored.id, officer)?,
        "escalation": escalation, "gauge": proposal.gauge, "gauge_name": gauge_name(app, &proposal.gauge),
        "own_judgement": judgements::of(view, stored, officer)?,
    }))
}

fn gauge_name(app: &App, id: &str) -> Option<String> {
    app.town().gauge(id).map(|site| site.name.clone())
}

/// A place along a river, in English.
pub(super) fn place_en(river_en: &str) -> String {
    crate::recommend::cause::place_en(river_en)
}

/// Where an item stands: new, seen, put off, decided.
pub(super) fn standing(
    app: &App,
    view: &View<'_>,
    stored: &StoredProposal,
) -> Result<Value, StoreError> {
    use hinan_dashboard::view::ItemState;
    let mut state = inbox::state(stored);
    let mut rests = None;
    if state == ItemState::New {
        match attention::of(view, &stored.id, app.clock.now())? {
            Attention::Nobodys { .. } => {}
            Attention::Seen { by, at } => {
                let by = display(view, &by)?;
                state = ItemState::Seen { by, at };
            }
            Attention::PutOff(put_off) => {
                rests = Some((display(view, &put_off.by)?, put_off.at, put_off.until));
            }
        }
    }
    let rests = rests
        .as_ref()
        .map(|(by, at, until)| (by.as_str(), *at, *until));
    Ok(shapes::state(&state, rests))
}

/// Who else has the item open, by the names that officers read.
pub(super) fn present(
    app: &App,
    view: &View<'_>,
    id: &str,
    officer: &str,
) -> Result<Vec<String>, StoreError> {
    let here = app.presence().at(id, monotonic());
    here.iter()
        .filter(|name| *name != officer)
        .map(|name| display(view, name))
        .collect()
}

/// A text that a first person approved: nothing of what they chose.
pub(super) fn waits(
    view: &View<'_>,
    waiting: &StoredFirst,
    officer: &str,
) -> Result<Value, StoreError> {
    let facts = waiting.notice.content().facts();
    let first = waiting.notice.state();
    Ok(json!({
        "text": waiting.notice.id(), "river": facts.river, "place": inbox::place(crate::recommend::cause::of_facts(facts)),
        "by": display(view, first.by())?, "own": first.by() == officer, "since": first.at(),
        "recommendation": waiting.draft.proposal,
    }))
}

/// The name that officers read.
pub(super) fn display(view: &View<'_>, account: &str) -> Result<String, StoreError> {
    Ok(view
        .officer(account)?
        .map_or_else(|| account.to_owned(), |(officer, _)| officer.display))
}
