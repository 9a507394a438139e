//! What a program asks for behind the question mark; what cannot be understood is refused in JSON, as everything is.

use axum::extract::{FromRequestParts, Query};
use axum::http::Uri;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::Refused;
use crate::web::who::AUTO;

/// The parameters of a question.
pub(in crate::web) struct Asking<T>(pub(in crate::web) T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Asking<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        let asked = without_auto(parts.uri.query().unwrap_or_default());
        let uri: Uri = format!("/?{asked}")
            .parse()
            .map_err(|why| Refused::BadQuestion(format!("the question cannot be read: {why}")))?;
        Query::<T>::try_from_uri(&uri)
            .map(|Query(asked)| Self(asked))
            .map_err(|why| Refused::BadQuestion(why.body_text()))
    }
}

/// The question without the word that a timer asks it, which is for the session alone.
fn without_auto(query: &str) -> String {
    let pairs = query.split('&').filter(|pair| *pair != AUTO);
    pairs.collect::<Vec<_>>().join("&")
}

/// How many rows of one answer.
pub(super) fn limit(asked: Option<u32>) -> Result<u32, Refused> {
    match asked.unwrap_or(100) {
        limit @ 1..=1000 => Ok(limit),
        limit => Err(Refused::BadQuestion(format!(
            "limit is {limit}; it must be from 1 to 1000"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::without_auto;

    #[test]
    fn that_a_timer_asks_is_no_part_of_the_question() {
        assert_eq!(without_auto("auto=1"), "");
        assert_eq!(without_auto("limit=3&auto=1&cursor=x"), "limit=3&cursor=x");
        assert_eq!(without_auto("auto=2"), "auto=2");
    }
}
