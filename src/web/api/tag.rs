//! Names each JSON answer by the digest of its bytes (`ETag`), so that who has it already is told so and sent nothing.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::Refused;
use crate::digest::Digest;

/// The largest answer that is named, bytes. The handlers bound theirs far below.
const ANSWER_MAX: usize = 64 << 20;

/// Names the answer; says 304 where the caller has it.
pub(super) async fn tag(request: Request, next: Next) -> Response {
    let known = request.headers().get(header::IF_NONE_MATCH).cloned();
    let named = request.method() == Method::GET;
    let response = next.run(request).await;
    if !named || response.status() != StatusCode::OK || !is_json(response.headers()) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, ANSWER_MAX).await else {
        return Refused::TooLarge.into_response();
    };
    let digest = Digest::of(&bytes);
    let name = format!("\"{}\"", &digest.as_str()[..32]);
    let tag = HeaderValue::try_from(&name).expect("quotes and hexadecimal digits fit a header");
    parts.headers.insert(header::ETAG, tag);
    let same = known
        .as_ref()
        .and_then(|known| known.to_str().ok())
        .is_some_and(|known| {
            known
                .split(',')
                .any(|one| matches!(one.trim(), "*") || one.trim().trim_start_matches("W/") == name)
        });
    if same {
        parts.headers.remove(header::CONTENT_TYPE);
        parts.headers.remove(header::CONTENT_LENGTH);
        return (StatusCode::NOT_MODIFIED, parts.headers, Body::empty()).into_response();
    }
    Response::from_parts(parts, Body::from(bytes))
}

fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.starts_with("application/json"))
}
