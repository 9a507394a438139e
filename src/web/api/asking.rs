//! What a program asks for behind the question mark; what cannot be understood is refused in JSON, as everything is.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::Refused;

/// The parameters of a question.
pub(in crate::web) struct Asking<T>(pub(in crate::web) T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Asking<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        Query::<T>::try_from_uri(&parts.uri)
            .map(|Query(asked)| Self(asked))
            .map_err(|why| Refused::BadQuestion(why.body_text()))
    }
}
