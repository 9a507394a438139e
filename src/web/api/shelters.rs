//! GET /api/v1/shelters: every place to flee to, as the official list has it and as the shelter desk said last. POST
//! /api/v1/shelters/{id}: the shelter desk says how one is.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use hinan_gis::{Hazard, Shelter};
use serde_json::{Value, json};

use super::Refused;
use super::at::At;
use super::body::Sent;
use super::caller::Caller;
use crate::app::App;
use crate::desk::told::{self, OCCUPANCY_MAX, ShelterSaid, WORDS_MAX};
use crate::recommend::told::ShelterState;
use crate::web::router::Doors;

/// The list. Where nobody reported, that is said: `not_reported` is not open.
pub(in crate::web) async fn list(State(doors): State<Doors>, _: Caller) -> Json<Value> {
    let app = &doors.app;
    let shelters: Value = app
        .town()
        .shelters
        .iter()
        .map(|shelter| of(app, shelter))
        .collect();
    let picture = app.picture();
    let refuge = &picture.advice.refuge;
    Json(json!({
        "as_of": picture.advice.outlook.as_of, "shelters": shelters, "people": refuge.demand,
        "to_open": refuge.to_open.iter().map(|(id, people)| json!({ "id": id, "people": people })).collect::<Vec<_>>(),
        "without_place": refuge.without_place.iter()
            .map(|(area, (people, why))| json!({ "area": area, "people": people, "why": why })).collect::<Vec<_>>(),
        "ways": refuge.ways, "no_plan": refuge.no_plan, "plans": refuge.plans, "wet": refuge.wet,
    }))
}

/// What the shelter desk says; the answer is what was written down.
pub(in crate::web) async fn say(
    State(doors): State<Doors>,
    At(id): At<String>,
    Sent { who, mut body }: Sent,
) -> Result<(StatusCode, Json<Value>), Refused> {
    let app = &doors.app;
    let states = ShelterState::ALL.map(ShelterState::word);
    let state = body.word("state", &states);
    let occupancy = body.count("occupancy", 0, OCCUPANCY_MAX);
    let places = body.count("places", 1, OCCUPANCY_MAX);
    let at = body.past_or_nothing("at", app.clock.now());
    let note = body.words("note", WORDS_MAX);
    let ((state, occupancy), ((places, at), note)) =
        body.end(state.zip(occupancy).zip(places.zip(at).zip(note)))?;
    let state = ShelterState::from_word(state)
        .ok_or_else(|| Refused::Unknown("there is no such state".to_owned()))?;
    let said = ShelterSaid {
        state,
        occupancy,
        places,
        at,
        note: &note,
    };
    told::shelter(app, &who.officer, &id, said)?;
    let word = app.store.read(|view| view.shelter_words())?.remove(&id);
    Ok((
        StatusCode::CREATED,
        Json(json!({
            "id": id, "state": state.word(), "occupancy": occupancy,
            "places": word.as_ref().and_then(|word| word.places), "state_at": word.as_ref().map(|word| word.at),
            "by": word.as_ref().map(|word| word.by.as_str()), "note": note.trim(),
        })),
    ))
}

/// One shelter.
pub(in crate::web) fn of(app: &App, shelter: &Shelter) -> Value {
    let approved_for: Vec<Value> = shelter
        .approved_for
        .iter()
        .filter_map(|hazard: &Hazard| serde_json::to_value(hazard).ok())
        .collect();
    let picture = app.picture();
    let refuge = &picture.advice.refuge;
    let outlook = refuge.shelters.iter().find(|one| one.id == shelter.id);
    let word = outlook.and_then(|one| one.word.as_ref());
    let note = word
        .map(|word| word.note.clone())
        .filter(|note| !note.is_empty())
        .or_else(|| shelter.note.clone());
    json!({
        "id": shelter.id, "name": shelter.name, "name_en": shelter.name_en, "address": shelter.address,
        "at": [shelter.at.x(), shelter.at.y()], "in_town": shelter.in_town, "approved_for": approved_for,
        "depth_at_site": shelter.depth_rank.map(|rank| rank.words_ja()), "capacity": outlook.map_or(shelter.capacity, |one| one.places),
        "state": word.map_or("not_reported", |word| word.state.word()),
        "occupancy": word.and_then(|word| word.occupancy), "free": outlook.and_then(|one| one.free),
        "state_at": word.map(|word| word.at), "old": outlook.is_some_and(|one| one.old), "note": note,
        "planned": outlook.map_or(0, |one| one.planned), "fill": outlook.and_then(|one| one.fill.as_ref()),
        "not_usable": outlook.and_then(|one| one.not_usable.as_ref()),
    })
}
