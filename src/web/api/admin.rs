//! GET /api/v1/admin/officers and /api/v1/admin/rules: accounts and rules, to be read. What may be changed is changed on its page.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::caller::Caller;
use super::{Refused, shapes};
use crate::approve::officer::Act;
use crate::desk;
use crate::web::router::Doors;

/// Accounts and authorities.
pub(super) async fn officers(
    State(doors): State<Doors>,
    Caller(who): Caller,
) -> Result<Json<Value>, Refused> {
    let app = &doors.app;
    desk::may(&who.officer, Act::ManageAccounts)?;
    let (officers, grants) = app
        .store
        .read(|view| Ok((view.officers()?, view.grants()?)))?;
    let officers: Value = officers
        .into_iter()
        .map(|(officer, has_factor)| {
            json!({ "name": officer.name, "display": officer.display, "role": officer.role.word(), "role_ja": officer.role.spoken(),
                    "second_factor": has_factor })
        })
        .collect();
    let authorities: Value = grants
        .into_iter()
        .map(|grant| {
            json!({ "officer": grant.officer, "level_max": grant.level_max.number(), "basis": grant.basis.word(),
                    "basis_ja": grant.basis.spoken(), "document": grant.document, "condition": grant.condition, "rank": grant.rank,
                    "from": grant.from, "until": grant.until })
        })
        .collect();
    Ok(Json(
        json!({ "officers": officers, "authorities": authorities }),
    ))
}

/// Who must approve what, channels, units, levels, models, and how long things are kept.
pub(super) async fn rules(State(doors): State<Doors>, _: Caller) -> Json<Value> {
    let app = &doors.app;
    let rules = app.config.approve.rules();
    let picture = app.picture();
    let outlook = &picture.advice.outlook;
    let marks: Value = outlook
        .gauges
        .values()
        .map(|gauge| json!({ "gauge": gauge.id, "name": gauge.name, "name_en": gauge.name_en, "river": gauge.river, "marks": shapes::marks(gauge) }))
        .collect();
    let areas: Value = app
        .town()
        .districts
        .iter()
        .map(|district| json!({ "id": district.id, "name": district.name, "name_en": district.name_en, "people": district.people }))
        .collect();
    let models = app.reference.models.as_ref();
    Json(json!({
        "approval": {
            "level3": shapes::needs(rules.level3), "level4": shapes::needs(rules.level4), "level5": shapes::needs(rules.level5),
            "cancel": shapes::needs(rules.cancel), "lift": "two", "lone_after_min": rules.lone_after_min,
            "review_within_min": rules.review_within_min, "basis_age_max_min": app.config.approve.basis_age_max_min,
            "escalate_after_s": app.config.approve.escalate_after_s,
        },
        "idle_max_min": app.config.web.idle_max_min, "channels": shapes::channels(app), "areas": areas,
        "marks": marks,
        "models": { "on": outlook.models_on, "gauges": models.map_or(0, |models| models.fitted.len()) },
        "retention": { "official_days": app.config.official.keep_days, "drills_days": app.config.official.keep_drills_days,
                       "quarantine": app.config.sensors.quarantine_keep },
    }))
}
