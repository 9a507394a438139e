//! GET /api/v1/inputs: what the criteria ask for, and what of it reaches this service. GET /api/v1/facilities: facilities with their own
//! deadlines, bigger names for several districts.

use axum::Json;
use axum::extract::State;
use hinan_recommend::explain_facility;
use serde_json::{Value, json};

use super::caller::Caller;
use crate::recommend::inputs::rows;
use crate::web::facilities as pages;
use crate::web::router::Doors;

/// What advice is made from.
pub(in crate::web) async fn list(State(doors): State<Doors>, _: Caller) -> Json<Value> {
    let app = &doors.app;
    let picture = app.picture();
    let advice = &picture.advice;
    let core = &app.reference.core;
    let inputs: Value = rows(core, &advice.told, &advice.outlook)
        .into_iter()
        .map(|row| {
            json!({
                "input": row.input, "name": row.name, "standing": row.standing,
                "standing_text": row.standing.japanese(), "heard_at": row.heard_at, "says": row.says,
                "conditions": row.conditions, "never_met": row.never_met,
            })
        })
        .collect();
    let postures: Value = advice
        .core
        .postures
        .iter()
        .map(|one| {
            json!({ "id": one.id, "words": one.words, "words_en": one.words_en, "opens_shelters": one.opens_shelters })
        })
        .collect();
    Json(json!({
        "as_of": advice.outlook.as_of, "criteria": core.policy.criteria.name, "inputs": inputs, "postures": postures,
    }))
}

/// Facilities.
pub(in crate::web) async fn facilities(State(doors): State<Doors>, _: Caller) -> Json<Value> {
    let app = &doors.app;
    let picture = app.picture();
    let advice = &picture.advice;
    let core = &app.reference.core;
    let facilities: Value = advice
        .core
        .facilities
        .iter()
        .map(|one| {
            let planned = core
                .plan
                .facilities
                .iter()
                .find(|planned| planned.facility.id == one.facility);
            json!({
                "id": one.facility, "name": pages::name(app, one), "name_en": pages::name_en(app, one),
                "district": one.unit, "hazard": one.hazard, "river": one.river, "people": one.people, "due": one.due, "known": one.known,
                "decide_by": one.deadline.as_ref().map(|deadline| deadline.decide_by), "deadline": one.deadline,
                "arrival": one.arrival, "supported_at": one.supported_at, "text": pages::words(one),
                "lead_min": planned.map(|planned| planned.facility.lead_min),
                "source": planned.map(|planned| planned.source.as_str()),
                "explained": explain_facility(&core.town, &core.policy, advice.outlook.as_of, one),
            })
        })
        .collect();
    let names: Value = core
        .plan
        .groups
        .iter()
        .map(|group| json!({ "name": group.name, "name_en": group.name_en, "districts": group.units }))
        .collect();
    Json(json!({ "as_of": advice.outlook.as_of, "facilities": facilities, "names": names }))
}
