//! GET /plain/signin/oidc/begin and /plain/signin/oidc: single sign-on. The first sends a browser to the town's provider, the second
//! takes it back.

use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{AppendHeaders, IntoResponse as _, Redirect, Response};
use serde::Deserialize;

use super::refusal::Refusal;
use super::router::Doors;
use super::sign_in::{self, Knocked, Way};
use super::who::cookie_text;
use crate::clock::monotonic;
use crate::oidc::{Begun, Person, Provider, Refused};

/// What a question that a browser brings back is for.
const PURPOSE: &str = "single sign-on";
/// How long somebody may take at the provider.
const BACK_WITHIN_S: u32 = 300;
/// Longest wait for a turn: each sign-in asks the provider several times.
const TURN_WITHIN: Duration = Duration::from_secs(5);

/// What the provider adds to the address.
#[derive(Deserialize)]
pub(super) struct Back {
    #[serde(default)]
    code: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    error: String,
}

/// Sends a browser to the provider.
pub(super) async fn begin(State(doors): State<Doors>) -> Result<Response, Refusal> {
    let provider = doors.provider.clone().ok_or(Refusal::Unknown)?;
    let turn = tokio::time::timeout(TURN_WITHIN, doors.asking.acquire()).await;
    let Ok(Ok(_turn)) = turn else {
        return Ok(sign_in::answer(&doors, String::new(), Knocked::Crowded));
    };
    let (address, begun) = match provider.begin().await {
        Ok(begun) => begun,
        Err(why) => return Ok(refused(&doors, &why)),
    };
    let kept = serde_json::to_vec(&begun).map_err(|why| Refusal::BadForm(why.to_string()))?;
    let sealed = doors.questions.sealed(PURPOSE, &kept, monotonic());
    let cookie = cookie(&doors, &sealed, BACK_WITHIN_S);
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(&address)).into_response())
}

/// Takes a browser back.
pub(super) async fn back(
    State(doors): State<Doors>,
    Query(said): Query<Back>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let provider = doors.provider.clone().ok_or(Refusal::Unknown)?;
    let before = sign_in::before(&doors.app, &headers);
    let answer = match person(&doors, &provider, &headers, &said).await {
        Ok(person) => {
            let (issuer, subject) = (provider.issuer(), person.subject.as_str());
            let bound =
                doors
                    .app
                    .store
                    .read(|view| match view.officer_of_subject(issuer, subject)? {
                        Some(name) => view.officer(&name),
                        None => Ok(None),
                    })?;
            match bound {
                Some((officer, _)) => {
                    let way = if person.second_factor {
                        Way::ProviderTwice
                    } else {
                        Way::Provider
                    };
                    let knocked =
                        sign_in::enter(&doors.app, officer, way, before.as_ref(), sign_in::PAGE)?;
                    onward(sign_in::answer(&doors, String::new(), knocked))
                }
                None => {
                    tracing::warn!(subject, "single sign-on names somebody who has no account");
                    metrics::counter!("hinan_sign_ins_refused_total").increment(1);
                    sign_in::answer(&doors, String::new(), Knocked::Stranger)
                }
            }
        }
        Err(why) => {
            metrics::counter!("hinan_sign_ins_refused_total").increment(1);
            refused(&doors, &why)
        }
    };
    let forget = AppendHeaders([(header::SET_COOKIE, cookie(&doors, "", 0))]);
    Ok((forget, answer).into_response())
}

async fn person(
    doors: &Doors,
    provider: &Provider,
    headers: &HeaderMap,
    said: &Back,
) -> Result<Person, Refused> {
    let sealed = cookie_text(headers, &cookie_name(doors)).ok_or(Refused::Other)?;
    let kept = doors
        .questions
        .opened(PURPOSE, &sealed, monotonic())
        .ok_or(Refused::Other)?;
    let begun: Begun = serde_json::from_slice(&kept).map_err(|_| Refused::Other)?;
    if !said.error.is_empty() {
        // As it stands in a log of lines: whoever calls the address writes these words.
        let words: String = said.error.escape_debug().take(60).collect();
        return Err(Refused::Answer(words));
    }
    let turn = tokio::time::timeout(TURN_WITHIN, doors.asking.acquire()).await;
    let Ok(Ok(_turn)) = turn else {
        return Err(Refused::Unreachable(
            "too many ask at the same time".to_owned(),
        ));
    };
    provider.who(&begun, &said.code, &said.state).await
}

fn refused(doors: &Doors, why: &Refused) -> Response {
    tracing::warn!(%why, "single sign-on failed");
    let knocked = match why {
        Refused::Unreachable(_) => Knocked::NoProvider,
        Refused::Other | Refused::Answer(_) => Knocked::NotByProvider,
    };
    sign_in::answer(doors, String::new(), knocked)
}

/// A browser that comes from another site's page does not show its new cookie on a redirect: our own page sends it on.
fn onward(mut answer: Response) -> Response {
    let to = answer.headers_mut().remove(header::LOCATION);
    let Some(to) = to.and_then(|to| to.to_str().ok().map(str::to_owned)) else {
        return answer;
    };
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
        (header::REFRESH, format!("0; url={to}")),
    ];
    let page = format!(
        "<!DOCTYPE html><html lang=\"ja\"><head><meta charset=\"utf-8\"/><title>サインインしました</title></head><body>\
         <p><a href=\"{to}\">サインインしました。進む / Signed in. Continue</a></p></body></html>"
    );
    let mut onward = (headers, page).into_response();
    for cookie in answer.headers().get_all(header::SET_COOKIE) {
        onward
            .headers_mut()
            .append(header::SET_COOKIE, cookie.clone());
    }
    onward
}

/// The cookie that comes back with a browser from the provider: the one that is not `Strict`, and it opens nothing.
fn cookie(doors: &Doors, value: &str, seconds: u32) -> String {
    format!(
        "{}={value}; Path={}; HttpOnly; SameSite=Lax; Max-Age={seconds}{}",
        cookie_name(doors),
        crate::config::oidc::BACK,
        sign_in::secure(&doors.app)
    )
}

fn cookie_name(doors: &Doors) -> String {
    format!("hinan_{}_oidc", doors.app.config.service.realm)
}
