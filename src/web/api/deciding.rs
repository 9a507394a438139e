//! POST /api/v1/recommendations/{id}/text, …/decline, …/defer: what an officer wants done about a recommendation. Each is the
//! same act of the desk as on the pages.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::Value;

use super::at::At;
use super::body::Sent;
use super::detail::{standing, unknown};
use super::{Refused, inbox, shown};
use crate::app::App;
use crate::desk::judge::{Edit, UNITS_MAX};
use crate::desk::{self, Declined, defer};
use crate::store::proposals::StoredProposal;
use crate::web::router::Doors;
use crate::web::who::SignedIn;
use crate::web::{decide, decline, lines};

/// Makes the exact text of a level, to be read.
pub(super) async fn text(
    State(doors): State<Doors>,
    At(id): At<String>,
    Sent { who, mut body }: Sent,
) -> Result<(StatusCode, Json<Value>), Refused> {
    let app = &doors.app;
    let stored = stored(app, &id)?;
    let lines = lines::adoptable(&stored.proposal);
    let known: Vec<&str> = lines.iter().map(|(value, _)| value.as_str()).collect();
    let level = body.level("level");
    let reason = body.reason("reason", &known);
    let substance = body.digest("substance");
    let units = body.names("areas", UNITS_MAX);
    let valid_h = body.count("valid_h", 1, app.config.publish.expires_max_h);
    if let (Some(Some(units)), Some(reason)) = (&units, &reason)
        && is_other(&stored, units)
        && reason.words.trim().is_empty()
    {
        body.refuse::<()>(
            "reason.words",
            None,
            "own words, because the areas are not those asked about",
        );
    }
    if let (Some(level), Some(reason)) = (level, &reason)
        && level != stored.proposal.key.level
        && reason.words.trim().is_empty()
    {
        body.refuse::<()>(
            "reason.words",
            None,
            "own words, because the level is not the one recommended",
        );
    }
    let read = level.zip(reason).zip(substance).zip(units.zip(valid_h));
    let (((level, reason), substance), (units, valid_h)) = body.end(read)?;
    let edit = Edit { units, valid_h };
    let words = reason.said(decide::adopted(&stored, &reason.code));
    let reason = desk::Reason {
        code: decide::reason_code(&stored, &reason.code),
        words: &words,
    };
    let draft = desk::prepare_edited(app, &who.officer, &id, (level, &edit), reason, &substance)
        .map_err(|why| moved(app, &who, &id, why))?;
    let shown = shown::shown(app, &draft, decide::approving(&draft))?;
    Ok((StatusCode::CREATED, Json(shown)))
}

/// Declines.
pub(super) async fn decline(
    State(doors): State<Doors>,
    At(id): At<String>,
    Sent { who, body }: Sent,
) -> Result<Json<Value>, Refused> {
    let app = &doors.app;
    stored(app, &id)?;
    let mut body = body;
    let known: Vec<&str> = decline::REASONS.iter().map(|(code, _)| *code).collect();
    let reason = body.reason("reason", &known);
    let substance = body.digest("substance");
    let (reason, substance) = body.end(reason.zip(substance))?;
    let words = reason.said(chip(&reason.code));
    let reason = desk::Reason {
        code: &reason.code,
        words: &words,
    };
    desk::decline(app, &who.officer, &id, reason, &substance)
        .map_err(|why| moved(app, &who, &id, why))?;
    standing(app, &id)
}

/// Puts off.
pub(super) async fn put_off(
    State(doors): State<Doors>,
    At(id): At<String>,
    Sent { who, mut body }: Sent,
) -> Result<Json<Value>, Refused> {
    let app = &doors.app;
    stored(app, &id)?;
    let known: Vec<&str> = decline::REASONS.iter().map(|(code, _)| *code).collect();
    let minutes = body.number("minutes", &defer::MINUTES);
    let reason = body.reason("reason", &known);
    let substance = body.digest("substance");
    let ((minutes, reason), substance) = body.end(minutes.zip(reason).zip(substance))?;
    let words = reason.said(chip(&reason.code));
    let reason = desk::Reason {
        code: &reason.code,
        words: &words,
    };
    defer::defer(app, &who.officer, &id, minutes, reason, &substance)
        .map_err(|why| moved(app, &who, &id, why))?;
    standing(app, &id)
}

/// Whether these are other areas than were asked about.
fn is_other(stored: &StoredProposal, units: &[String]) -> bool {
    let asked = stored.proposal.districts.iter().map(|one| one.id.as_str());
    units.iter().map(String::as_str).collect::<BTreeSet<_>>() != asked.collect()
}

fn stored(app: &App, id: &str) -> Result<StoredProposal, Refused> {
    app.store
        .read(|view| view.proposal(id))?
        .ok_or_else(unknown)
}

fn chip(code: &str) -> Option<&'static str> {
    decline::REASONS
        .iter()
        .find(|(known, _)| *known == code)
        .map(|(_, words)| *words)
}

/// A refusal about an item that moved, with the item as it is now.
fn moved(app: &App, who: &SignedIn, id: &str, why: Declined) -> Refused {
    Refused::from(why).with_now(inbox::now(app, id, &who.officer.name))
}
