//! GET / and /n/{id}: what residents see. Only what was approved and delivered; no sign-in, no cookie.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use hinan_dashboard::page;
use hinan_dashboard::view::{PublicHome, PublicNotice, PublicNoticePage, PublicShelter, Successor};
use hinan_notice::text::{EASY_JAPANESE, ENGLISH, JAPANESE};
use jiff::Timestamp;

use super::refusal::{Refusal, not_found};
use super::router::Doors;
use super::{feeds, frame, lines};
use crate::app::App;
use crate::approve::facts::{Facts, Kind};
use crate::publish::outbox::ChannelName;
use crate::publish::publication::Publication;
use crate::publish::shelf::{Current, ENDED_SHOWN};

/// The page of all notices.
pub(super) async fn home(
    State(doors): State<Doors>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let app = &doors.app;
    let now = app.clock.now();
    let current = app.shelf.current(&app.store, now)?;
    let finished = current.page("/", now, || Ok::<_, Refusal>(all(app, &current, now)))?;
    Ok(feeds::answer(&headers, HTML, &finished))
}

fn all(app: &App, current: &Current, now: Timestamp) -> Vec<u8> {
    let ends = Ends::of(current.all.iter().map(|one| one.facts()));
    let mut in_force: Vec<PublicNotice> = current
        .all
        .iter()
        .filter(|one| current.holds(one.notice().id().as_str()))
        .map(|one| notice_view(app, one, &ends, now))
        .collect();
    in_force.sort_by(|a, b| b.level.cmp(&a.level).then(b.issued_at.cmp(&a.issued_at)));
    let ended = current
        .all
        .iter()
        .filter(|one| one.facts().kind == Kind::Issue)
        .filter(|one| {
            let over_at = match ends.of_notice(one.facts()) {
                // What took its place is here instead.
                Some(end) if end.kind == Kind::Issue => None,
                Some(end) => Some(end.at),
                None => expired_at(one.facts(), now),
            };
            over_at.is_some_and(|at| now.duration_since(at) < ENDED_SHOWN)
        })
        .map(|one| notice_view(app, one, &ends, now))
        .collect();
    page::public_home(&frame::public(app), &PublicHome { in_force, ended }).into_bytes()
}

/// The page of one notice.
pub(super) async fn notice(
    State(doors): State<Doors>,
    Path(id): Path<String>,
    uri: axum::http::Uri,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let app = &doors.app;
    let now = app.clock.now();
    let current = app.shelf.current(&app.store, now)?;
    if let Some(found) = current.find(&id) {
        let finished = current.page(&format!("/n/{id}"), now, || {
            let ends = Ends::of(current.all.iter().map(|one| one.facts()));
            Ok::<_, Refusal>(one(app, found, &ends, now))
        })?;
        return Ok(feeds::answer(&headers, HTML, &finished));
    }
    // An old one: few ask for it.
    let old = app.store.read(|view| {
        if view.delivered_notice(&id, &ChannelName::Feed)?.is_none() {
            return Ok(None);
        }
        let found = view.believed(&id)?;
        Ok(found.map(|found| (found, view.endings_of(&id))))
    })?;
    let Some((found, endings)) = old else {
        return Ok(not_found(State(doors.clone()), uri).await);
    };
    let endings = endings?;
    let ends = Ends::of(endings.iter().map(Publication::facts));
    let caching = [(header::CACHE_CONTROL, "no-cache")];
    let html = [(header::CONTENT_TYPE, HTML)];
    Ok((caching, html, one(app, &found, &ends, now)).into_response())
}

const HTML: &str = "text/html; charset=utf-8";

fn one(app: &App, found: &Publication, ends: &Ends, now: Timestamp) -> Vec<u8> {
    let text = |language| found.text_in(language).map(|text| text.whole());
    let view = PublicNoticePage {
        notice: notice_view(app, found, ends, now),
        english: text(ENGLISH),
        easy_japanese: text(EASY_JAPANESE),
        japanese: text(JAPANESE).unwrap_or_default(),
        cap_href: Some(format!("/cap/{}.xml", found.notice().id())),
    };
    page::public_notice(&frame::public(app), &view).into_bytes()
}

/// Which notices were lifted, cancelled or replaced: how, when and by what.
struct Ends(BTreeMap<String, End>);

struct End {
    kind: Kind,
    at: Timestamp,
    by: String,
    is_correction: bool,
}

impl Ends {
    fn of<'f>(all: impl Iterator<Item = &'f Facts>) -> Self {
        let mut ends = BTreeMap::new();
        for facts in all {
            for replaced in &facts.replaces {
                let end = End {
                    kind: facts.kind,
                    at: facts.sent,
                    by: facts.id.to_string(),
                    is_correction: facts.is_correction_of(&replaced.id),
                };
                ends.insert(replaced.id.to_string(), end);
            }
        }
        Self(ends)
    }

    fn of_notice(&self, facts: &Facts) -> Option<&End> {
        self.0.get(facts.id.as_str())
    }
}

/// When an order expired that nobody had ended.
fn expired_at(facts: &Facts, now: Timestamp) -> Option<Timestamp> {
    (facts.kind == Kind::Issue && facts.expires <= now).then_some(facts.expires)
}

fn notice_view(app: &App, published: &Publication, ends: &Ends, now: Timestamp) -> PublicNotice {
    let facts = published.facts();
    let end = ends.of_notice(facts);
    let ended = |kind: Kind| -> Option<Timestamp> {
        let end = end.filter(|end| end.kind == kind)?;
        Some(end.at)
    };
    PublicNotice {
        id: facts.id.to_string(),
        level: lines::level(facts.level),
        hazard: facts.hazard.spoken().to_owned(),
        place: super::inbox::place(crate::recommend::cause::of_facts(facts)),
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
        successor: end
            .filter(|end| end.kind == Kind::Issue)
            .map(|end| Successor {
                id: end.by.clone(),
                at: end.at,
                is_correction: end.is_correction,
            }),
        expired_at: expired_at(facts, now).filter(|_| end.is_none()),
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
