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
use crate::publish::shelf::{Current, Finished};
use crate::store::StoreError;

/// Entries in a feed, at most, beside the orders in force, which are all in it.
const OTHERS_MAX: usize = 200;

/// The Atom index.
pub(super) async fn atom(
    State(doors): State<Doors>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let kind = "application/atom+xml; charset=utf-8";
    index(&doors, &headers, "/feed.atom", kind, |app, current| {
        let listed = listed(app, current);
        atom::write(&publisher(app), &entries(&listed), app.began).map_err(|error| failed(&error))
    })
}

/// The RSS index.
pub(super) async fn rss(
    State(doors): State<Doors>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let kind = "application/rss+xml; charset=utf-8";
    index(&doors, &headers, "/feed.rss", kind, |app, current| {
        let listed = listed(app, current);
        rss::write(&publisher(app), &entries(&listed), app.began).map_err(|error| failed(&error))
    })
}

/// The notices as JSON.
pub(super) async fn json(
    State(doors): State<Doors>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let kind = "application/json";
    index(&doors, &headers, "/alerts.json", kind, |app, current| {
        let listed = listed(app, current);
        let holds = |facts: &Facts| current.holds(facts.id.as_str());
        let realm = app.config.service.realm;
        Ok(json::write(
            &publisher(app),
            realm,
            &entries(&listed),
            holds,
            app.began,
        ))
    })
}

/// The areas with orders in force as GeoJSON.
pub(super) async fn geojson(
    State(doors): State<Doors>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let kind = "application/geo+json";
    index(&doors, &headers, "/alerts.geojson", kind, |app, current| {
        let all = current.all.iter().map(|one| one.facts());
        let facts: Vec<&Facts> = all
            .filter(|facts| current.holds(facts.id.as_str()))
            .collect();
        Ok(geojson::write(
            &publisher(app),
            app.config.service.realm,
            &facts,
        ))
    })
}

/// One index, from the shelf.
fn index(
    doors: &Doors,
    headers: &HeaderMap,
    name: &str,
    kind: &'static str,
    write: impl FnOnce(&App, &Current) -> Result<Vec<u8>, StoreError>,
) -> Result<Response, Refusal> {
    let app = &doors.app;
    let now = app.clock.now();
    let current = app.shelf.current(&app.store, now)?;
    let finished = current.page(name, now, || write(app, &current))?;
    Ok(answer(headers, kind, &finished))
}

/// One CAP document, byte for byte as published.
pub(super) async fn cap(
    State(doors): State<Doors>,
    Path(file): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let (app, kind) = (&doors.app, "application/cap+xml; charset=utf-8");
    let id = file.strip_suffix(".xml").ok_or(Refusal::Unknown)?;
    let current = app.shelf.current(&app.store, app.clock.now())?;
    if let Some(found) = current.find(id) {
        return Ok(tagged(&headers, kind, found.document().to_vec()));
    }
    let published =
        app.store.read(
            |view| match view.delivered_notice(id, &ChannelName::Feed)? {
                Some(_) => view.publication(id),
                None => Ok(None),
            },
        )?;
    let document = published.ok_or(Refusal::Unknown)?.document().to_vec();
    Ok(tagged(&headers, kind, document))
}

/// Messages that have not expired, newest first: every order in force, and the newest of those that say that others are not any
/// more.
fn listed<'c>(app: &App, current: &'c Current) -> Vec<&'c Publication> {
    let now = app.clock.now();
    let mut others = 0;
    current
        .all
        .iter()
        .map(|one| &**one)
        .filter(|one| one.facts().expires > now)
        .filter(|one| {
            let counts = !current.holds(one.facts().id.as_str());
            others += usize::from(counts);
            !counts || others <= OTHERS_MAX
        })
        .collect()
}

fn publisher(app: &App) -> Publisher<'_> {
    Publisher {
        name: &app.town().name,
        url: &app.config.publish.public_url,
        code: &app.town().code,
    }
}

fn entries<'p>(published: &[&'p Publication]) -> Vec<Entry<'p>> {
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
    sent(headers, kind, &tag, || bytes)
}

/// A finished answer, or nothing to somebody who has it already.
pub(super) fn answer(headers: &HeaderMap, kind: &'static str, finished: &Finished) -> Response {
    sent(headers, kind, &finished.tag, || finished.bytes.clone())
}

fn sent(
    headers: &HeaderMap,
    kind: &'static str,
    tag: &str,
    bytes: impl FnOnce() -> Vec<u8>,
) -> Response {
    let known = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|v| v.to_str().ok());
    let current = known.is_some_and(|known| {
        known
            .split(',')
            .any(|one| matches!(one.trim(), "*") || one.trim().trim_start_matches("W/") == tag)
    });
    let caching = [
        (header::ETAG, tag.to_owned()),
        (header::CACHE_CONTROL, "no-cache".to_owned()),
    ];
    if current {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    (caching, [(header::CONTENT_TYPE, kind)], bytes()).into_response()
}
