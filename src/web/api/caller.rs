//! Who calls: an officer's session, refused in JSON.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::Refused;
use crate::web::router::Doors;
use crate::web::who::SignedIn;

/// Somebody who may see what the officers' pages show. Naming it in a handler's arguments makes the door need sign-in.
pub(in crate::web) struct Caller(pub(in crate::web) SignedIn);

impl FromRequestParts<Doors> for Caller {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, doors: &Doors) -> Result<Self, Refused> {
        let who = SignedIn::from_request_parts(parts, doors).await?;
        Ok(Self(who))
    }
}
