//! GET / and /n/{id}: what residents see. Only what was approved and delivered; no sign-in, no cookie.

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use hinan_dashboard::page;
use hinan_dashboard::view::{PublicHome, PublicNotice, PublicNoticePage, PublicShelter};
use hinan_notice::text::{EASY_JAPANESE, ENGLISH, JAPANESE};
use jiff::{SignedDuration, Timestamp};

use super::refusal::{Refusal, not_found};
use super::router::Doors;
use super::{frame, lines};
use crate::app::App;
use crate::approve::facts::Kind;
use crate::publish::outbox::ChannelName;
use crate::publish::publication::Publication;
use crate::store::notices::live;

/// Ended notices stay on the page this long.
const ENDED_SHOWN: SignedDuration = SignedDuration::from_hours(72);
const NOTICES_MAX: u32 = 500;

/// The page of all notices.
pub(super) async fn home(State(doors): State<Doors>) -> Result<Response, Refusal> {
    let app = &doors.app;
    let now = app.clock.now();
    let all = delivered(app)?;
    let holding = live(all.iter().map(|one| one.notice().clone()).collect(), now);
    let mut in_force: Vec<PublicNotice> = all
        .iter()
        .filter(|one| holding.iter().any(|n| n.id() == one.notice().id()))
        .map(|n| notice_view(app, n, &all))
        .collect();
    in_force.sort_by(|a, b| b.level.cmp(&a.level).then(b.issued_at.cmp(&a.issued_at)));
    let ended = all
        .iter()
        .filter(|n| n.facts().kind == Kind::Issue)
        .map(|n| notice_view(app, n, &all))
        .filter(|n| {
            let ended_at = n.lifted_at.or(n.cancelled_at);
            ended_at.is_some_and(|at| now.duration_since(at) < ENDED_SHOWN)
        })
        .collect();
    Ok(page(page::public_home(
        &frame::public(app),
        &PublicHome { in_force, ended },
    )))
}

/// The page of one notice.
pub(super) async fn notice(
    State(doors): State<Doors>,
    Path(id): Path<String>,
    uri: axum::http::Uri,
) -> Result<Response, Refusal> {
    let app = &doors.app;
    let all = delivered(app)?;
    let Some(found) = all.iter().find(|n| n.notice().id().as_str() == id) else {
        return Ok(not_found(State(doors.clone()), uri).await);
    };
    let text = |language| found.text_in(language).map(|text| text.whole());
    let view = PublicNoticePage {
        notice: notice_view(app, found, &all),
        english: text(ENGLISH),
        easy_japanese: text(EASY_JAPANESE),
        japanese: text(JAPANESE).unwrap_or_default(),
        cap_href: Some(format!("/cap/{id}.xml")),
    };
    Ok(page(page::public_notice(&frame::public(app), &view)))
}

fn page(html: String) -> Response {
    ([(header::CACHE_CONTROL, "no-cache")], Html(html)).into_response()
}

fn delivered(app: &App) -> Result<Vec<Publication>, Refusal> {
    Ok(app
        .store
        .read(|view| view.published(&ChannelName::Feed, NOTICES_MAX))?)
}

fn notice_view(app: &App, published: &Publication, all: &[Publication]) -> PublicNotice {
    let facts = published.facts();
    let ended = |kind: Kind| -> Option<Timestamp> {
        all.iter()
            .map(Publication::facts)
            .find(|other| other.kind == kind && other.replaces.iter().any(|r| r.id == facts.id))
            .map(|other| other.sent)
    };
    PublicNotice {
        id: facts.id.to_string(),
        level: lines::level(facts.level),
        hazard: facts.hazard.spoken().to_owned(),
        place: super::inbox::place(&facts.river),
        districts: facts.districts.iter().map(|d| d.name.clone()).collect(),
        what_to_do: what_to_do(published),
        reason: if facts.kind == Kind::Issue {
            facts.ground.clone()
        } else {
            facts.note.clone()
        },
        issued_at: facts.sent,
        lifted_at: if facts.kind == Kind::Lift {
            Some(facts.sent)
        } else {
            ended(Kind::Lift)
        },
        cancelled_at: if facts.kind == Kind::Cancel {
            Some(facts.sent)
        } else {
            ended(Kind::Cancel)
        },
        shelters: facts
            .shelters
            .iter()
            .map(|named| PublicShelter {
                name: named.name.clone(),
                address: app.town().shelter(&named.id).map(|s| s.address.clone()),
                note: None,
            })
            .collect(),
    }
}

/// The approved instruction, sentence by sentence.
fn what_to_do(published: &Publication) -> Vec<String> {
    let instruction = published
        .text_in(JAPANESE)
        .map(|text| text.instruction)
        .unwrap_or_default();
    let first = instruction.lines().next().unwrap_or_default();
    first
        .split_inclusive('。')
        .map(str::to_owned)
        .filter(|sentence| !sentence.is_empty())
        .collect()
}
