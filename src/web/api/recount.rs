//! GET /api/v1/recount: whom an order of a level would reach in these areas, where they can go and who is left out, as it stands now.
//! For whoever chooses areas; nothing is kept.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Refused;
use super::asking::Asking;
use super::caller::Caller;
use crate::approve::compose::destinations;
use crate::desk::judge::{self, UNITS_MAX};
use crate::publish::examine;
use crate::recommend::cause;
use crate::recommend::judgement::{people_in_zone, selection};
use crate::recommend::level::OrderLevel;
use crate::web::recommendation::why_left_out;
use crate::web::router::Doors;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    about: String,
    level: u8,
    areas: String,
}

/// The count.
pub(super) async fn show(
    State(doors): State<Doors>,
    _: Caller,
    Asking(asked): Asking<Asked>,
) -> Result<Json<Value>, Refused> {
    let app = &doors.app;
    let town = app.town();
    let causes = cause::all(town);
    let about = asked.about.as_str();
    if !causes.iter().any(|(known, _)| known == about) {
        let known: Vec<&str> = causes.iter().map(|(known, _)| known.as_str()).collect();
        let about: String = about.chars().take(80).collect();
        return Err(Refused::BadQuestion(format!(
            "about is {about}; it must be one of {}",
            known.join(", ")
        )));
    }
    let level = OrderLevel::from_number(asked.level).ok_or_else(|| {
        Refused::BadQuestion(format!("level is {}; it must be 3, 4 or 5", asked.level))
    })?;
    let units: BTreeSet<&str> = asked.areas.split(',').collect();
    if units.len() > UNITS_MAX {
        return Err(Refused::BadQuestion(format!(
            "areas are {}; they must be at most {UNITS_MAX}",
            units.len()
        )));
    }
    if let Some(wrong) = units.iter().find(|id| town.district(id).is_none()) {
        let wrong: String = wrong.chars().take(80).collect();
        return Err(Refused::BadQuestion(format!(
            "areas has {wrong}; it must be ids of issuing units, parted by commas"
        )));
    }
    let barred = app
        .store
        .read(|view| judge::barred(app, view, about, level, &units))?;
    let picture = app.picture();
    let around = judge::around(app, &picture);
    let owned: BTreeSet<String> = units.iter().map(|id| (*id).to_owned()).collect();
    let chosen = selection(about, level, &owned, &around);
    let residents: u64 = units
        .iter()
        .filter_map(|id| town.district(id))
        .map(|district| u64::from(district.people))
        .sum();
    let areas: Value = chosen
        .districts
        .iter()
        .map(|one| {
            let district = town.district(&one.id);
            let people = district.and_then(|of| people_in_zone(about, of, around.core));
            json!({ "id": one.id, "name": one.name, "name_en": one.name_en, "people_in_zone": people })
        })
        .collect();
    let people: u64 = chosen
        .districts
        .iter()
        .map(|one| u64::from(one.people_in_zone))
        .sum();
    // What the officer reads here and what residents read must be the same places.
    let open = examine::open_sites(app);
    let shelters: Value = destinations(level, &chosen.shelters, &open)
        .map(|one| json!({ "id": one.id, "name": one.name, "straight_m": one.straight_line_m }))
        .collect();
    let left_out: Value = chosen
        .left_out
        .iter()
        .map(|one| json!({ "id": one.id, "name": one.name, "why": one.why, "words": why_left_out(one.why) }))
        .collect();
    Ok(Json(json!({
        "about": about, "level": level.number(), "as_of": around.outlook.as_of, "areas": areas, "people_in_zone": people,
        "residents": residents, "shelters": shelters, "left_out": left_out, "barred": barred,
    })))
}
