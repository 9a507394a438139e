//! GET /feed.atom and /cap/{id}.xml: for other systems. Only what was approved and delivered to this channel.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::refusal::Refusal;
use super::router::Doors;
use crate::digest::Digest;
use crate::publish::channel::atom::{self, Publisher};
use crate::publish::outbox::ChannelName;
use crate::store::StoreError;

/// Entries in the feed, at most.
const ENTRIES_MAX: u32 = 200;

/// The Atom index.
pub(super) async fn atom(
    State(doors): State<Doors>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let app = &doors.app;
    let notices = app
        .store
        .read(|view| view.delivered_notices(ChannelName::Feed, ENTRIES_MAX))?;
    let publisher = Publisher {
        name: &app.town().name,
        url: &app.config.publish.public_url,
        code: &app.town().code,
    };
    let bytes = atom::write(&publisher, &notices, app.began).map_err(|e| StoreError::Damaged {
        what: "the feed".to_owned(),
        why: e.to_string(),
    })?;
    Ok(tagged(
        &headers,
        "application/atom+xml; charset=utf-8",
        bytes,
    ))
}

/// One CAP document, byte for byte as approved.
pub(super) async fn cap(
    State(doors): State<Doors>,
    Path(file): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let id = file.strip_suffix(".xml").ok_or(Refusal::Unknown)?;
    let notice = doors
        .app
        .store
        .read(|view| view.delivered_notice(id, ChannelName::Feed))?
        .ok_or(Refusal::Unknown)?;
    Ok(tagged(
        &headers,
        "application/cap+xml; charset=utf-8",
        notice.content().document().to_vec(),
    ))
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
            .any(|one| one.trim().trim_start_matches("W/") == tag)
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
