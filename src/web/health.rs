//! GET /healthz, /readyz, /metrics: for the machines that watch this one.

use axum::extract::{MatchedPath, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::router::Doors;
use crate::app::Link;
use crate::clock::monotonic;

/// The process runs.
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// The service does its work: all parts started, the record readable, every broker reached.
pub(super) async fn ready(State(doors): State<Doors>) -> (StatusCode, String) {
    let app = &doors.app;
    if !app.is_ready() {
        return (StatusCode::SERVICE_UNAVAILABLE, "starting\n".to_owned());
    }
    if let Err(error) = app.store.read(|view| view.audit_len()) {
        // Whoever asks is not signed in: the log says why.
        tracing::error!(%error, "the record cannot be read");
        let words = "the record cannot be read; the log says why\n".to_owned();
        return (StatusCode::SERVICE_UNAVAILABLE, words);
    }
    match app.worst_link() {
        (_, Link::Up { .. }) => (StatusCode::OK, "ready\n".to_owned()),
        (name, Link::Down { why, .. }) => (
            StatusCode::SERVICE_UNAVAILABLE,
            format!("no broker: {name}: {why}\n"),
        ),
    }
}

/// Counters in the Prometheus text format.
pub(super) async fn metrics(State(doors): State<Doors>) -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4")],
        doors.metrics.render(),
    )
}

/// Counts and times every request by route.
pub(super) async fn measure(request: Request, next: Next) -> Response {
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("none", MatchedPath::as_str)
        .to_owned();
    let began = monotonic();
    let response = next.run(request).await;
    let seconds = monotonic().duration_since(began).as_secs_f64();
    let status = response.status().as_u16().to_string();
    metrics::counter!("hinan_requests_total", "route" => route.clone(), "status" => status)
        .increment(1);
    metrics::histogram!("hinan_request_seconds", "route" => route).record(seconds);
    response
}
