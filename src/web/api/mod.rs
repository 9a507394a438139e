//! The doors for programs: JSON under `/api/v1/`, events as they happen, schemas. For whoever may see the officers' pages.
//!
//! Every answer, a refusal too, is JSON. Shapes are described in `docs/api.md`; keys are added, never renamed.

mod asking;
mod caller;
pub(super) mod districts;
pub(super) mod events;
pub(super) mod extents;
pub(super) mod external;
pub(super) mod official;
pub(super) mod openapi;
pub(super) mod quarantine;
pub(super) mod recommendations;
pub(super) mod schema;
pub(super) mod shelters;
pub(super) mod stations;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::store::StoreError;

/// Why a program was not served.
#[derive(Debug)]
pub(in crate::web) enum Refused {
    /// Nobody is signed in, or the session ended.
    SignedOut,
    /// There is no such thing.
    Unknown(String),
    /// The question cannot be understood.
    BadQuestion(String),
    /// Too many listen already.
    TooMany,
    /// The record failed.
    Store(StoreError),
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (status, code, text) = match self {
            Self::SignedOut => (
                StatusCode::UNAUTHORIZED,
                "signed_out",
                "sign in at /plain/signin and send the cookie".to_owned(),
            ),
            Self::Unknown(what) => (StatusCode::NOT_FOUND, "unknown", what),
            Self::BadQuestion(why) => (StatusCode::BAD_REQUEST, "bad_question", why),
            Self::TooMany => (
                StatusCode::SERVICE_UNAVAILABLE,
                "too_many",
                "too many programs listen already; web.listeners_max says how many may".to_owned(),
            ),
            Self::Store(error) => {
                tracing::error!(%error, "the record failed while serving a program");
                (
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "record",
                    "the record cannot be read".to_owned(),
                )
            }
        };
        let body = axum::Json(json!({ "error": { "code": code, "text": text } }));
        let mut response = (status, body).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(
                axum::http::header::RETRY_AFTER,
                axum::http::HeaderValue::from_static("10"),
            );
        }
        response
    }
}

/// An address under `/api/` that leads nowhere.
pub(super) async fn not_found() -> Refused {
    Refused::Unknown("there is no such address; docs/api.md lists them".to_owned())
}
