//! GET /api/v1/judgements: what an officer needs to ask for an order of their own accord (職員の判断), and what waits of it. POST: asks
//! for one. POST …/{id}/withdraw: takes it back. It waits in the inbox as every recommendation does, and nothing here publishes.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use hinan_recommend::Mode;
use serde_json::{Value, json};

use super::at::At;
use super::body::Sent;
use super::caller::Caller;
use super::detail::standing;
use super::{Refused, inbox, shapes};
use crate::approve::facts::Hazard;
use crate::approve::officer::Act;
use crate::desk;
use crate::desk::judge::{self, OPEN_MAX, Stated, UNITS_MAX};
use crate::recommend::cause;
use crate::recommend::judgement::{Judgement, ways};
use crate::recommend::level::OrderLevel;
use crate::store::proposals::{ProposalState, StoredProposal};
use crate::store::{StoreError, View};
use crate::web::router::Doors;

/// Longest name of a river.
const ABOUT_MAX: usize = 100;
/// The ways that an officer chooses from; level 5 has its own.
const WAYS: [&str; 2] = ["leave", "upper_floor"];

/// What a form needs.
pub(super) async fn show(
    State(doors): State<Doors>,
    Caller(who): Caller,
) -> Result<Json<Value>, Refused> {
    let app = &doors.app;
    let publish = &app.config.publish;
    let open = app.store.read(|view| {
        let mut all = Vec::new();
        for judgement in view.open_judgements()? {
            let own = said(&judgement, &who.officer.name, false);
            all.push(json!({ "recommendation": judgement.id, "own_judgement": own }));
        }
        Ok(all)
    })?;
    let causes: Value = cause::all(app.town())
        .into_iter()
        .map(|(about, about_en)| of_cause(&about, &about_en))
        .collect();
    let areas: Value = app
        .town()
        .districts
        .iter()
        .map(|one| {
            let name_en = one.name_en.as_ref().unwrap_or(&one.name);
            json!({ "id": one.id, "name": one.name, "name_en": name_en, "people": one.people })
        })
        .collect();
    Ok(Json(json!({
        "as_of": app.picture().advice.outlook.as_of, "may": who.officer.role.may(Act::Prepare),
        "limits": { "areas_max": UNITS_MAX, "words_max": desk::REASON_MAX, "open_max": OPEN_MAX,
            "valid_h": { "low": 1, "high": publish.expires_max_h, "usual": publish.expires_after_h } },
        "causes": causes, "areas": areas, "open": open,
    })))
}

fn of_cause(about: &str, about_en: &str) -> Value {
    let hazard = cause::notice_hazard(about);
    let en = match hazard {
        Hazard::Flood => "Flood",
        Hazard::InlandFlood => "Inland flood",
        Hazard::Landslide => "Landslide",
        Hazard::StormSurge => "Storm surge",
        Hazard::Tsunami => "Tsunami",
    };
    let ways: Vec<&str> = ways(about, OrderLevel::EvacuationOrder)
        .iter()
        .map(|way| word(*way))
        .collect();
    json!({ "about": about, "about_en": about_en, "hazard": hazard.word(), "text": shapes::text(hazard.spoken(), en),
        "is_river": cause::is_river(about), "ways": ways })
}

/// Asks for an order.
pub(super) async fn state(
    State(doors): State<Doors>,
    Sent { who, mut body }: Sent,
) -> Result<(StatusCode, Json<Value>), Refused> {
    let app = &doors.app;
    let about = body.text("about", ABOUT_MAX);
    let level = body.level("level");
    let units = body.names("areas", UNITS_MAX);
    if units == Some(None) {
        body.refuse::<()>("areas", None, &format!("a list of 1 to {UNITS_MAX} names"));
    }
    let way = body.word_or_nothing("way", &WAYS);
    let words = body.text("words", desk::REASON_MAX);
    let valid_h = body.count("valid_h", 1, app.config.publish.expires_max_h);
    let read = about
        .zip(level)
        .zip(units.flatten().zip(way))
        .zip(words.zip(valid_h));
    let (((about, level), (units, way)), (words, valid_h)) = body.end(read)?;
    let stated = Stated {
        about: &about,
        level,
        units: &units,
        way: way.map(|way| {
            if way == "leave" {
                Mode::Leave
            } else {
                Mode::UpperFloor
            }
        }),
        words: &words,
        valid_h,
    };
    let id = judge::state(app, &who.officer, &stated)?;
    let item = inbox::now(app, &id, &who.officer.name);
    Ok((
        StatusCode::CREATED,
        Json(json!({ "recommendation": id, "item": item })),
    ))
}

/// Takes one back before it is decided.
pub(super) async fn withdraw(
    State(doors): State<Doors>,
    At(id): At<String>,
    Sent { who, mut body }: Sent,
) -> Result<Json<Value>, Refused> {
    let app = &doors.app;
    let words = body.text("words", desk::REASON_MAX);
    let words = body.end(words)?;
    judge::withdraw(app, &who.officer, &id, &words)
        .map_err(|why| Refused::from(why).with_now(inbox::now(app, &id, &who.officer.name)))?;
    standing(app, &id)
}

/// The judgement that an item is; null for a recommendation of the system.
pub(super) fn of(
    view: &View<'_>,
    stored: &StoredProposal,
    officer: &str,
) -> Result<Value, StoreError> {
    let Some(judgement) = &stored.proposal.judgement else {
        return Ok(Value::Null);
    };
    let withdrawn = stored.state == ProposalState::Declined
        && !view
            .last_of(&stored.id, [judge::WITHDRAWN; 2], 1)?
            .is_empty();
    Ok(said(judgement, officer, withdrawn))
}

fn said(of: &Judgement, officer: &str, withdrawn: bool) -> Value {
    let way_en = match of.way {
        Mode::Stay => "Stay",
        Mode::Leave => "Leave",
        Mode::UpperFloor => "To an upper floor",
        Mode::SecureNow => "Secure safety now",
    };
    json!({
        "by": of.display, "at": of.at, "words": of.words, "level": of.level.number(), "way": word(of.way),
        "way_text": shapes::text(of.way.japanese(), way_en), "valid_h": of.valid_h, "mine": of.by == officer, "withdrawn": withdrawn,
    })
}

fn word(way: Mode) -> &'static str {
    match way {
        Mode::Stay => "stay",
        Mode::Leave => "leave",
        Mode::UpperFloor => "upper_floor",
        Mode::SecureNow => "secure_now",
    }
}
