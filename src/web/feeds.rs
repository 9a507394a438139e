//! GET /feed.atom, /feed.rss, /alerts.json, /alerts.geojson and /cap/{id}.xml: for other systems. Only what was approved and
//! delivered to this channel, under the same identifiers everywhere.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hinan_notice::document::{Entry, Publisher, atom, geojson, json, rss};

use super::refusal::Refusal;
use super::router::Doors;
use crate::app::App;
use crate::approve::facts::Facts;
use crate::digest::Digest;
use crate::publish::outbox::ChannelName;
use crate::publish::publication::Publication;
use crate::store::StoreError;
use crate::store::notices::live;

/// Entries in a feed, at most.
const ENTRIES_MAX: u32 = 200;

/// The Atom index.
pub(super) async fn atom(
    State(doors): State<Doors>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let app = &doors.app;
    let current = current(app)?;
    let bytes = atom::write(&publisher(app), &entries(&current), app.began)
        .map_err(|error| failed(&error))?;
    Ok(tagged(
        &headers,
        "application/atom+xml; charset=utf-8",
        bytes,
    ))
}

/// The RSS index.
pub(super) async fn rss(
    State(doors): State<Doors>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let app = &doors.app;
    let current = current(app)?;
    let bytes = rss::write(&publisher(app), &entries(&current), app.began)
        .map_err(|error| failed(&error))?;
    Ok(tagged(
        &headers,
        "application/rss+xml; charset=utf-8",
        bytes,
    ))
}

/// The notices as JSON.
pub(super) async fn json(
    State(doors): State<Doors>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let app = &doors.app;
    let current = current(app)?;
    let in_force = in_force(app, &current);
    let holds = |facts: &Facts| in_force.iter().any(|one| one.id == facts.id);
    let realm = app.config.service.realm;
    let bytes = json::write(&publisher(app), realm, &entries(&current), holds, app.began);
    Ok(tagged(&headers, "application/json", bytes))
}

/// The areas with orders in force as GeoJSON.
pub(super) async fn geojson(
    State(doors): State<Doors>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let app = &doors.app;
    let in_force = in_force(app, &current(app)?);
    let facts: Vec<&Facts> = in_force.iter().collect();
    let bytes = geojson::write(&publisher(app), app.config.service.realm, &facts);
    Ok(tagged(&headers, "application/geo+json", bytes))
}

/// One CAP document, byte for byte as published.
pub(super) async fn cap(
    State(doors): State<Doors>,
    Path(file): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let id = file.strip_suffix(".xml").ok_or(Refusal::Unknown)?;
    let published =
        doors.app.store.read(
            |view| match view.delivered_notice(id, &ChannelName::Feed)? {
                Some(_) => view.publication(id),
                None => Ok(None),
            },
        )?;
    let document = published.ok_or(Refusal::Unknown)?.document().to_vec();
    Ok(tagged(
        &headers,
        "application/cap+xml; charset=utf-8",
        document,
    ))
}

/// Messages that have not expired, newest first: those in force, and those that say that others are not any more.
fn current(app: &App) -> Result<Vec<Publication>, StoreError> {
    let now = app.clock.now();
    let mut published = app
        .store
        .read(|view| view.published(&ChannelName::Feed, ENTRIES_MAX))?;
    published.retain(|one| one.facts().expires > now);
    Ok(published)
}

fn in_force(app: &App, current: &[Publication]) -> Vec<Facts> {
    let notices = current.iter().map(|one| one.notice().clone()).collect();
    live(notices, app.clock.now())
        .iter()
        .map(|notice| notice.content().facts().clone())
        .collect()
}

fn publisher(app: &App) -> Publisher<'_> {
    Publisher {
        name: &app.town().name,
        url: &app.config.publish.public_url,
        code: &app.town().code,
    }
}

fn entries(published: &[Publication]) -> Vec<Entry<'_>> {
    published
        .iter()
        .map(|one| Entry {
            facts: one.facts(),
            document: one.document(),
            approved_at: one.notice().state().at(),
        })
        .collect()
}

fn failed(error: &std::io::Error) -> StoreError {
    StoreError::Damaged {
        what: "the feed".to_owned(),
        why: error.to_string(),
    }
}

/// Sends bytes with their tag, or nothing to somebody who has them already.
fn tagged(headers: &HeaderMap, kind: &'static str, bytes: Vec<u8>) -> Response {
    let tag = format!("\"{}\"", Digest::of(&bytes));
    let known = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|v| v.to_str().ok());
    let current = known.is_some_and(|known| {
        known
            .split(',')
            .any(|one| matches!(one.trim(), "*") || one.trim().trim_start_matches("W/") == tag)
    });
    let caching = [
        (header::ETAG, tag),
        (header::CACHE_CONTROL, "no-cache".to_owned()),
    ];
    if current {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    (caching, [(header::CONTENT_TYPE, kind)], bytes).into_response()
}
