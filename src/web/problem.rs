//! What machines are told when they ask for something that cannot be given (RFC 9457).

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::refusal::{OWN_PASSWORD_FIRST, Refusal};

/// A refusal for a program: JSON with a sentence in both languages.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    ja: String,
    en: String,
}

impl Problem {
    /// What was asked cannot be read.
    pub(super) fn bad(ja: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            ja: ja.into(),
            en: en.into(),
        }
    }

    /// There is no such thing.
    pub(super) fn unknown(ja: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            ja: ja.into(),
            en: en.into(),
        }
    }

    /// A part of the service failed.
    pub(super) fn failed(why: &dyn std::fmt::Display) -> Self {
        tracing::error!(%why, "a map could not be served");
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            ja: "地図を作れませんでした。表は使えます".to_owned(),
            en: "The map could not be made. The table can be used.".to_owned(),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::SignedOut => Self {
                status: StatusCode::UNAUTHORIZED,
                ja: "サインインしてください".to_owned(),
                en: "Sign in first.".to_owned(),
            },
            Refusal::OwnPasswordFirst => Self {
                status: StatusCode::FORBIDDEN,
                ja: OWN_PASSWORD_FIRST.to_owned(),
                en: "Choose a password of your own first.".to_owned(),
            },
            Refusal::Unknown => Self::unknown("ありません", "There is no such thing."),
            Refusal::Forged | Refusal::BadForm(_) | Refusal::Declined(_) => {
                Self::bad("受け付けられません", "This is not accepted.")
            }
            Refusal::Store(error) => Self::failed(&error),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = json!({
            "type": "about:blank",
            "title": self.status.canonical_reason(),
            "status": self.status.as_u16(),
            "detail": self.en,
            "detail_ja": self.ja,
        });
        let headers = [
            (header::CONTENT_TYPE, "application/problem+json"),
            (header::CACHE_CONTROL, "no-store"),
        ];
        (self.status, headers, format!("{body}\n")).into_response()
    }
}
