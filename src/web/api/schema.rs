//! GET /schema/{file}: the JSON Schemas of what devices send and programs read. Public: a vendor needs no account.

use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use hinan_sensors::schema;

use super::Refused;

/// Every schema, by the name of its file.
const SCHEMAS: [(&str, &str); 2] = [
    ("reading.v1.json", schema::READING),
    ("decoded.v1.json", schema::DECODED),
];

/// One schema.
pub(in crate::web) async fn file(Path(name): Path<String>) -> Result<Response, Refused> {
    let (_, text) = SCHEMAS
        .iter()
        .find(|(file, _)| *file == name)
        .ok_or_else(|| {
            let known: Vec<&str> = SCHEMAS.iter().map(|(file, _)| *file).collect();
            Refused::Unknown(format!(
                "there is no such schema; there are {}",
                known.join(", ")
            ))
        })?;
    let kind = [
        (header::CONTENT_TYPE, "application/schema+json"),
        (header::CACHE_CONTROL, "public, max-age=3600"),
    ];
    Ok((kind, *text).into_response())
}
