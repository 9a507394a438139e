//! GET /plain/signin/oidc/begin and /plain/signin/oidc: single sign-on. The first sends a browser to the town's provider, the second
//! takes it back.

use std::time::Duration;

use axum::extract::rejection::QueryRejection;
use axum::extract::{ConnectInfo, Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{AppendHeaders, IntoResponse as _, Redirect, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::guard::{self, Knock, Standing};
use super::refusal::Refusal;
use super::router::Doors;
use super::sign_in::{self, Knocked, Way};
use super::tls::Visitor;
use super::who::cookie_text;
use crate::clock::{monotonic, wall};
use crate::digest::Digest;
use crate::oidc::{Begun, Person, Provider, Refused, cut};

/// What a question that a browser brings back is for.
const PURPOSE: &str = "single sign-on";
/// How long somebody may take at the provider.
const BACK_WITHIN_S: u32 = 300;
/// Longest wait for a turn.
const TURN_WITHIN: Duration = Duration::from_secs(5);

/// What a browser keeps while somebody is at the provider.
#[derive(Serialize, Deserialize)]
struct Kept {
    begun: Begun,
    /// The session that it had. On the way back from another site it does not show that one's cookie.
    before: Option<Digest>,
}

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
pub(super) async fn begin(
    State(doors): State<Doors>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let provider = doors.provider.clone().ok_or(Refusal::Unknown)?;
    // What ends with another session in a browser begins on a page of ours.
    if guard::is_of_a_foreign_site(&headers) {
        metrics::counter!("hinan_foreign_requests_total").increment(1);
        return Err(Refusal::Forged);
    }
    let (address, begun) = match provider.begin(wall()).await {
        Ok(begun) => begun,
        Err(why) => return Ok(refused(&doors, &why)),
    };
    let before = sign_in::before(&doors.app, &headers);
    let kept = serde_json::to_vec(&Kept { begun, before });
    let kept = kept.map_err(|why| Refusal::BadForm(why.to_string()))?;
    let sealed = doors.questions.sealed(PURPOSE, &kept, monotonic());
    let cookie = [(header::SET_COOKIE, cookie(&doors, &sealed, BACK_WITHIN_S))];
    Ok((cookie, Redirect::to(&address)).into_response())
}

/// Takes a browser back.
pub(super) async fn back(
    State(doors): State<Doors>,
    ConnectInfo(Visitor(from)): ConnectInfo<Visitor>,
    said: Result<Query<Back>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let provider = doors.provider.clone().ok_or(Refusal::Unknown)?;
    let Query(said) = said.map_err(|why| Refusal::BadForm(cut(&why.body_text())))?;
    // Anybody can make a link to this page. What was begun is used up only by an answer that belongs to it, and only when there is
    // time for that.
    let found = cookie_text(&headers, &cookie_name(&doors)).and_then(|sealed| {
        let kept = doors.questions.read(PURPOSE, &sealed, monotonic())?;
        let kept: Kept = serde_json::from_slice(&kept).ok()?;
        Some((sealed, kept))
    });
    let Some((sealed, kept)) = found.filter(|(_, kept)| kept.begun.is_answered_with(&said.state))
    else {
        return Ok(refused(&doors, &Refused::Other));
    };
    let turn = tokio::time::timeout(TURN_WITHIN, doors.asking.acquire()).await;
    let Ok(Ok(_turn)) = turn else {
        return Ok(refused(&doors, &Refused::Crowded));
    };
    if doors
        .questions
        .opened(PURPOSE, &sealed, monotonic())
        .is_none()
    {
        return Ok(refused(&doors, &Refused::Other));
    }
    let answer = match who(&provider, &kept.begun, &said).await {
        Ok(person) => {
            let place = sign_in::visitor(&doors.app, from.ip(), &headers);
            let mut before: Vec<Digest> = kept.before.into_iter().collect();
            before.extend(sign_in::before(&doors.app, &headers));
            let knocked = knock(&doors, &provider, &person, &before, guard::network(place))?;
            onward(sign_in::answer(&doors, String::new(), knocked))
        }
        Err(why) => refused(&doors, &why),
    };
    let forget = AppendHeaders([(header::SET_COOKIE, cookie(&doors, "", 0))]);
    Ok((forget, answer).into_response())
}

async fn who(provider: &Provider, begun: &Begun, said: &Back) -> Result<Person, Refused> {
    if !said.error.is_empty() {
        return Err(Refused::Answer(cut(&said.error)));
    }
    provider.who(begun, &said.code, &said.state, wall()).await
}

/// Lets the person in whose account is bound to the provider's name for them.
fn knock(
    doors: &Doors,
    provider: &Provider,
    person: &Person,
    before: &[Digest],
    place: String,
) -> Result<Knocked, Refusal> {
    let app = &doors.app;
    let (issuer, subject) = (provider.issuer(), person.subject.as_str());
    let bound = app.store.read(|view| {
        let Some(name) = view.officer_of_subject(issuer, subject)? else {
            return Ok(None);
        };
        let has_factor =
            view.second_factor(&name)?.is_some() || !view.passkeys_of(&name)?.is_empty();
        Ok(view
            .officer(&name)?
            .map(|(officer, _)| (officer, has_factor)))
    })?;
    let Some((officer, has_factor)) = bound else {
        tracing::warn!(
            subject = cut(subject),
            "single sign-on names somebody who has no account"
        );
        // As a digest: the record is for good, and who has no account is nobody of ours.
        let person = Digest::of(subject.as_bytes());
        let detail = json!({ "why": "no account is bound", "issuer": issuer, "person": person });
        let door = Knock {
            account: format!("single sign-on of {person}"),
            place,
            standing: Standing::Nobody,
        };
        return on_record(doors, &door, "single sign-on", &detail, Knocked::Stranger);
    };
    if has_factor && !person.second_factor {
        // Whoever has a factor shows one, whichever way they come.
        let detail = json!({ "why": "single sign-on without the second factor", "issuer": issuer });
        let door = Knock {
            account: format!("single sign-on of {}", officer.name),
            place,
            standing: Standing::KnownBrowser,
        };
        return on_record(doors, &door, &officer.name, &detail, Knocked::OwnFactor);
    }
    let way = if person.second_factor {
        Way::ProviderTwice
    } else {
        Way::Provider
    };
    Ok(sign_in::enter(app, officer, way, before, sign_in::PAGE)?)
}

/// Notes a refusal. Whoever would fill the record with them waits.
fn on_record(
    doors: &Doors,
    door: &Knock,
    subject: &str,
    detail: &serde_json::Value,
    knocked: Knocked,
) -> Result<Knocked, Refusal> {
    metrics::counter!("hinan_sign_ins_refused_total").increment(1);
    if let Err(wait) = doors.attempts.begin(door, monotonic()) {
        return Ok(Knocked::Wait(wait));
    }
    let now = doors.app.clock.now();
    doors
        .app
        .store
        .write(|tx| tx.audit(now, "somebody", "sign_in_refused", subject, detail))?;
    Ok(knocked)
}

fn refused(doors: &Doors, why: &Refused) -> Response {
    tracing::warn!(%why, "single sign-on failed");
    let knocked = match why {
        Refused::Crowded => Knocked::Crowded,
        Refused::Unreachable(_) => Knocked::NoProvider,
        Refused::Other | Refused::Answer(_) => {
            metrics::counter!("hinan_sign_ins_refused_total").increment(1);
            Knocked::NotByProvider
        }
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
    written(
        &cookie_name(doors),
        value,
        seconds,
        sign_in::secure(&doors.app),
    )
}

fn written(name: &str, value: &str, seconds: u32, secure: &str) -> String {
    let path = crate::config::oidc::BACK;
    format!("{name}={value}; Path={path}; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}")
}

fn cookie_name(doors: &Doors) -> String {
    format!("hinan_{}_oidc", doors.app.config.service.realm)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_of_what_was_begun_goes_to_one_page_for_five_minutes_and_over_tls_only_there() {
        assert_eq!(
            written("hinan_actual_oidc", "sealed", BACK_WITHIN_S, "; Secure"),
            "hinan_actual_oidc=sealed; Path=/plain/signin/oidc; HttpOnly; SameSite=Lax; Max-Age=300; Secure"
        );
    }
}
