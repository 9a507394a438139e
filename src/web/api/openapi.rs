//! GET /api/v1/openapi.json: every address for programs, in OpenAPI 3.1. Public.

use axum::http::header;
use axum::response::{IntoResponse, Response};

/// The document, as `docs/openapi.json` has it.
pub(in crate::web) const DOCUMENT: &str = include_str!("../../../docs/openapi.json");

/// The document.
pub(in crate::web) async fn document() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT).into_response()
}
