//! GET /api/v1/recommendations/{id}/detail: one recommendation as an officer reads it, with what speaks for it and against it.
//! POST …/presence: an officer has it open. POST …/seen: an officer has seen it.

use axum::Json;
use axum::extract::State;
use hinan_dashboard::view::{DeadlineFact, Exposed, ShelterState, WaitingRow};
use serde_json::{Value, json};

use super::at::At;
use super::body::Sent;
use super::caller::Caller;
use super::{Refused, inbox, judgements, shapes};
use crate::app::App;
use crate::approve::facts::Hazard;
use crate::clock::monotonic;
use crate::desk::attention;
use crate::events::Event;
use crate::web::router::Doors;
use crate::web::{changes, english, recommendation};

/// Said where no doubt is known; an empty list would say nothing.
pub(super) const NO_COUNTER_EVIDENCE: &str = "反対の根拠は知られていません。";

/// Everything about one recommendation.
pub(super) async fn show(
    State(doors): State<Doors>,
    Caller(who): Caller,
    At(id): At<String>,
) -> Result<Json<Value>, Refused> {
    let app = &doors.app;
    let (stored, covered) = recommendation::asked(app, &id)?.ok_or_else(unknown)?;
    let proposal = &stored.proposal;
    let seen = recommendation::view(app, &stored, &covered);
    let picture = app.picture();
    let upstream = app
        .town()
        .gauge(&proposal.gauge)
        .map(|site| site.upstream.clone())
        .unwrap_or_default();
    let charts: Value = std::iter::once(&proposal.gauge)
        .chain(upstream.iter().take(1))
        .filter_map(|gauge| picture.advice.outlook.gauges.get(gauge))
        .map(|gauge| shapes::chart(app, &picture, gauge))
        .collect();
    let shelters: Value = seen
        .shelters
        .iter()
        .zip(&proposal.shelters)
        .map(|(row, of)| {
            json!({ "id": of.id, "name": row.name, "straight_m": row.straight_m, "approved_for_flood": row.approved_for_flood,
                    "depth_at_site": row.depth_at_site, "state": shelter_state(row.state), "state_at": row.state_at,
                    "capacity": row.capacity, "free": row.free })
        })
        .collect();
    let official: Value = seen
        .official
        .iter()
        .map(|one| json!({ "name": one.name, "level": one.level.map(shapes::number), "issuer": one.issuer, "at": one.at }))
        .collect();
    let areas: Value = proposal
        .districts
        .iter()
        .map(|one| json!({ "id": one.id, "name": one.name, "name_en": one.name_en, "people_in_zone": one.people_in_zone }))
        .collect();
    let record_en = picture
        .advice
        .outlook
        .gauges
        .get(&proposal.gauge)
        .and_then(|gauge| english::record(gauge, 6));
    let (standing, present, own) = app.store.read(|view| {
        Ok((
            inbox::standing(app, view, &stored)?,
            inbox::present(app, view, &id, &who.officer.name)?,
            judgements::of(view, &stored, &who.officer.name)?,
        ))
    })?;
    Ok(Json(json!({
        "id": stored.id, "level": proposal.key.level.number(), "level_text": shapes::level_text(proposal.key.level),
        "hazard": hazard(&proposal.key.river), "river": proposal.key.river, "river_en": proposal.river_en,
        "place": seen.place, "place_en": inbox::place_en(&proposal.river_en), "areas": areas, "state": standing,
        "locked": seen.locked, "made_at": seen.made_at, "as_of": seen.data_as_of, "substance": proposal.substance(),
        "chance": seen.chance.as_ref().map(shapes::chance), "no_chance": seen.no_chance,
        "crossing": shapes::span(seen.crossing.as_ref()), "decide_by": shapes::span(seen.decide_by.as_ref()),
        "time_terms": seen.time_terms.iter().map(|one| json!({ "name": one.name, "name_en": one.name_en, "minutes": one.minutes, "note": one.note })).collect::<Value>(),
        "exposed": seen.exposed.as_ref().map(exposed), "charts": charts,
        "evidence": shapes::evidence(&seen.evidence), "counter_evidence": shapes::evidence(&seen.counter_evidence),
        "no_counter_evidence": NO_COUNTER_EVIDENCE, "shelters": shelters, "official": official,
        "official_checked_at": seen.official_checked_at, "would_change": seen.would_change,
        "would_change_en": shapes::in_english(&changes::of(proposal)), "left_out": seen.left_out,
        "tier": shapes::tier(seen.tier), "model": seen.model, "record": seen.record, "record_en": record_en, "present": present,
        "gauge": proposal.gauge, "mode": seen.mode, "deadline": seen.deadline.as_ref().map(deadline),
        "waiting": seen.waiting.iter().map(waiting).collect::<Value>(), "own_judgement": own,
    })))
}

/// An officer has it open; says who else has.
pub(super) async fn presence(
    State(doors): State<Doors>,
    At(id): At<String>,
    Sent { who, body }: Sent,
) -> Result<Json<Value>, Refused> {
    body.end(Some(()))?;
    let app = &doors.app;
    if app.store.read(|view| view.proposal(&id))?.is_none() {
        return Err(unknown());
    }
    attention::opened(app, &who.officer, &id)?;
    Ok(Json(
        json!({ "present": opened(app, &id, &who.officer.name)? }),
    ))
}

/// Notes that an officer has an item open, and tells whoever listens when that is news. The names of the others.
pub(super) fn opened(app: &App, id: &str, officer: &str) -> Result<Vec<String>, Refused> {
    let now = monotonic();
    let news = !app
        .presence()
        .at(id, now)
        .iter()
        .any(|name| name == officer);
    let others = app.presence().opened(id, officer, now);
    let (others, all) = app.store.read(|view| {
        let named = |names: &[String]| {
            names
                .iter()
                .map(|name| inbox::display(view, name))
                .collect::<Result<Vec<_>, _>>()
        };
        Ok((named(&others)?, named(&app.presence().at(id, now))?))
    })?;
    if news {
        app.events.note([Event::Presence {
            recommendation: id.to_owned(),
            present: all,
            at: app.clock.now(),
        }]);
    }
    Ok(others)
}

/// "I have seen this".
pub(super) async fn seen(
    State(doors): State<Doors>,
    At(id): At<String>,
    Sent { who, body }: Sent,
) -> Result<Json<Value>, Refused> {
    body.end(Some(()))?;
    let app = &doors.app;
    attention::acknowledge(app, &who.officer, &id)?;
    standing(app, &id)
}

/// Where an item stands now.
pub(super) fn standing(app: &App, id: &str) -> Result<Json<Value>, Refused> {
    let state = app.store.read(|view| {
        view.proposal(id)?
            .map(|stored| inbox::standing(app, view, &stored))
            .transpose()
    })?;
    Ok(Json(json!({ "state": state.ok_or_else(unknown)? })))
}

pub(super) fn unknown() -> Refused {
    Refused::Unknown(
        "there is no such recommendation; /api/v1/inbox lists those that wait".to_owned(),
    )
}

pub(super) fn shelter_state(state: ShelterState) -> &'static str {
    match state {
        ShelterState::Open => "open",
        ShelterState::Preparing => "preparing",
        ShelterState::Closed => "closed",
        ShelterState::Full => "full",
        ShelterState::NotReported => "not_reported",
    }
}

fn exposed(of: &Exposed) -> Value {
    json!({ "people": of.people, "households": of.households, "needing_help": of.needing_help,
            "shelter_users": of.shelter_users, "basis": of.basis })
}

fn deadline(of: &DeadlineFact) -> Value {
    json!({ "area": of.district, "safe_by": of.safe_by, "limit": shapes::text(&of.limit, &of.limit_en),
            "needs_min": of.needs_min, "in_the_dark": of.in_the_dark, "made_by": of.made_by })
}

/// What waiting costs.
fn waiting(of: &WaitingRow) -> Value {
    json!({ "wait_min": of.wait_min, "late_by_min": of.late_by_min, "too_late": of.too_late, "people_too_late": of.people,
            "in_the_dark": of.in_the_dark, "in_the_storm": of.in_the_storm })
}

fn hazard(about: &str) -> Value {
    let hazard = crate::recommend::cause::notice_hazard(about);
    let en = match hazard {
        Hazard::Flood => "Flood",
        Hazard::InlandFlood => "Inland flood",
        Hazard::Landslide => "Landslide",
        Hazard::StormSurge => "Storm surge",
        Hazard::Tsunami => "Tsunami",
    };
    shapes::text(hazard.spoken(), en)
}
