//! The names in an address. One that is no text is refused in JSON, as everything is.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::Refused;

/// What stands where the address has a name.
pub(in crate::web) struct At<T>(pub(in crate::web) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for At<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        Path::<T>::from_request_parts(parts, state)
            .await
            .map(|Path(name)| Self(name))
            .map_err(|why| Refused::BadQuestion(why.body_text()))
    }
}
