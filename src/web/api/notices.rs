//! GET /api/v1/notices and /api/v1/notices/{id}: what left the town hall, and whether it arrived, channel by channel.

use axum::Json;
use axum::extract::State;
use hinan_dashboard::view::{Delivery, NoticeState};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::asking::{Asking, limit};
use super::at::At;
use super::caller::Caller;
use super::{Refused, inbox, shapes};
use crate::app::App;
use crate::approve::facts::Kind;
use crate::approve::notice::{Approved, How, Notice};
use crate::desk::beforehand::{self, Remedy};
use crate::desk::lifting;
use crate::publish::outbox::ChannelName;
use crate::store::outbox::StoredDelivery;
use crate::store::{StoreError, View};
use crate::web::router::Doors;
use crate::web::{audit, cautions, decide, end_notice, english, published, record_english};

/// Notices looked at to say what became of one.
const LOOKED_AT: u32 = 1000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    limit: Option<u32>,
    /// The id of the last notice that is known.
    cursor: Option<String>,
}

/// The board, newest first.
pub(super) async fn list(
    State(doors): State<Doors>,
    _: Caller,
    Asking(asked): Asking<Asked>,
) -> Result<Json<Value>, Refused> {
    let app = &doors.app;
    let limit = limit(asked.limit)? as usize;
    let now = app.clock.now();
    let channels: Value = app
        .dispatch
        .channels()
        .iter()
        .map(|channel| json!({ "id": channel.word(), "name": channel.spoken() }))
        .collect();
    let rows = app.store.read(|view| {
        let all = view.notices(LOOKED_AT)?;
        let from = match &asked.cursor {
            None => Some(0),
            Some(cursor) => all
                .iter()
                .position(|notice| notice.id().as_str() == cursor)
                .map(|known| known + 1),
        };
        let Some(from) = from else {
            return Ok(None);
        };
        let mut rows = Vec::new();
        for notice in all.iter().skip(from).take(limit) {
            rows.push(row(app, view, notice, &all, now)?);
        }
        let next = (from + limit < all.len())
            .then(|| rows.last().map(|row: &Value| row["id"].clone()))
            .flatten();
        Ok(Some((rows, next)))
    })?;
    let (rows, next) = rows.ok_or_else(|| {
        Refused::BadQuestion("cursor is no id of a notice; take that of `next`".to_owned())
    })?;
    Ok(Json(
        json!({ "as_of": app.picture().advice.outlook.as_of, "channels": channels, "rows": rows, "next": next }),
    ))
}

/// One notice with its words and its story.
pub(super) async fn show(
    State(doors): State<Doors>,
    _: Caller,
    At(id): At<String>,
) -> Result<Json<Value>, Refused> {
    let app = &doors.app;
    let mut value = one(app, &id)?;
    let (notice, draft, story) = app
        .store
        .read(|view| Ok((view.notice(&id)?, view.draft(&id)?, view.audit_of(&id)?)))?;
    let notice = notice.ok_or_else(unknown)?;
    let content = notice.content();
    let facts = content.facts();
    let texts = decide::all_texts(app, facts, content.document());
    value["texts"] = shapes::words(app, &texts);
    value["digest"] = json!(notice.state().digest());
    value["replaces"] = facts.replaces.iter().map(|one| json!(one.id)).collect();
    value["public_url"] = json!(format!("/n/{id}"));
    value["cap_url"] = json!(format!("/cap/{id}.xml"));
    value["reason"] = json!(draft.as_ref().map(|draft| draft.reason.as_str()));
    value["recommendation"] = json!(draft.and_then(|draft| draft.proposal));
    value["lifting"] = if facts.kind == Kind::Issue {
        let (met, lacks) = end_notice::lifting(app, crate::recommend::cause::of_facts(facts));
        let grounds = app
            .store
            .read(|view| lifting::substance(app, view, crate::recommend::cause::of_facts(facts)))?;
        json!({ "met": met, "lacks": lacks, "grounds": grounds })
    } else {
        Value::Null
    };
    value["end_reasons"] = end_notice::REASONS
        .iter()
        .map(|(code, text)| {
            let ending = if *code == "over" { "lift" } else { "cancel" };
            json!({ "code": code, "text": text, "text_en": english::reason(code), "ending": ending })
        })
        .collect();
    value["check"] = shapes::check();
    value["also_in_force"] = json!(cautions::also_in_force(app, facts)?);
    value["corrects"] = json!(facts.corrects.as_ref().map(|one| &one.notice));
    let ready = app.store.read(|view| beforehand::ready(app, view, &id))?;
    value["prepared"] = ready
        .iter()
        .map(|(draft, why_not)| {
            let remedy = Remedy::of(draft.notice.content().facts());
            json!({ "remedy": remedy.word(), "text": draft.notice.id(), "prepared_at": draft.prepared_at,
                    "needs": shapes::needs(draft.needs), "why_stale": why_not.as_ref().map(ToString::to_string) })
        })
        .collect();
    value["story"] = story
        .iter()
        .map(|entry| {
            json!({ "at": entry.at, "who": audit::actor(entry), "who_en": record_english::actor(entry),
                    "text": audit::words(entry).replace(&format!(" {id}"), ""),
                    "text_en": record_english::told(entry, false).map(|text| text.replace(&format!(" {id}"), "")) })
        })
        .collect();
    Ok(Json(value))
}

/// One notice as a row.
pub(super) fn one(app: &App, id: &str) -> Result<Value, Refused> {
    let now = app.clock.now();
    let found = app.store.read(|view| {
        view.notice(id)?
            .map(|notice| row(app, view, &notice, &view.notices(LOOKED_AT)?, now))
            .transpose()
    })?;
    found.ok_or_else(unknown)
}

pub(super) fn unknown() -> Refused {
    Refused::Unknown("there is no such notice; /api/v1/notices lists them".to_owned())
}

/// A notice with a cell for each channel.
pub(super) fn row(
    app: &App,
    view: &View<'_>,
    notice: &Notice<Approved>,
    all: &[Notice<Approved>],
    now: Timestamp,
) -> Result<Value, StoreError> {
    let facts = notice.content().facts();
    let id = facts.id.as_str();
    let deliveries = view.deliveries(id)?;
    let review = match view.review(id)? {
        Some(review) => {
            json!({ "by": inbox::display(view, &review.officer)?, "agrees": review.agrees, "words": review.words, "at": review.at })
        }
        None => Value::Null,
    };
    let wanted = view.is_review_due(id)?;
    let first = match notice.state().how() {
        How::Two { first } => Some(inbox::display(view, first)?),
        How::One | How::Lone => None,
    };
    Ok(json!({
        "id": id, "action": match facts.kind {
            Kind::Issue => "issue",
            Kind::Lift => "lift",
            Kind::Cancel => "cancel",
        },
        "level": facts.level.number(), "level_text": shapes::level_text(facts.level), "river": facts.river,
        "place": crate::web::inbox::place(crate::recommend::cause::of_facts(facts)),
        "areas": facts.districts.iter().map(|d| d.name.as_str()).collect::<Vec<_>>(),
        "area_ids": facts.districts.iter().map(|d| d.id.as_str()).collect::<Vec<_>>(),
        "state": match published::state(notice, all, now) {
            NoticeState::InForce => "in_force",
            NoticeState::Lifted => "lifted",
            NoticeState::Cancelled => "cancelled",
            NoticeState::Replaced => "replaced",
            NoticeState::Expired => "expired",
        },
        "approved_at": notice.state().at(), "approved_by": inbox::display(view, notice.state().by())?, "first_by": first,
        "how": notice.state().how().word(), "sent": facts.sent, "expires": facts.expires, "review": review,
        "review_wanted": wanted,
        "cells": app.dispatch.channels().iter().map(|channel| cell(channel, &deliveries)).collect::<Value>(),
    }))
}

/// How a notice stands with one channel.
pub(super) fn cell(channel: &ChannelName, deliveries: &[StoredDelivery]) -> Value {
    let seen = published::cell(channel, deliveries);
    let (state, why) = match seen.delivery {
        Delivery::Waiting => ("waiting", None),
        Delivery::Sent => ("sending", None),
        Delivery::Accepted => ("accepted", None),
        Delivery::Retrying { why, .. } => ("retrying", Some(why)),
        Delivery::Failed { why } => ("failed", Some(why)),
        Delivery::NotOwed => ("not_owed", None),
    };
    json!({ "channel": channel.word(), "name": channel.spoken(), "state": state, "at": seen.at, "receipt": seen.receipt,
            "why": why, "attempts": seen.attempts })
}
