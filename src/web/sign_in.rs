//! GET and POST /plain/signin, POST /plain/signout: who is at the desk.

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{AppendHeaders, Html, IntoResponse, Redirect, Response};
use hinan_dashboard::view::SignInView;
use hinan_dashboard::{form, page};
use jiff::SignedDuration;
use serde_json::json;

use super::posted::{self, Posted};
use super::refusal::Refusal;
use super::router::Doors;
use super::tls::Visitor;
use super::who::{cookie, cookie_name};
use super::{frame, guard};
use crate::app::App;
use crate::approve::officer::Act;
use crate::clock::{monotonic, wall};
use crate::digest::Digest;
use crate::{chance, password};

/// Longest account name, bytes.
const NAME_MAX: usize = 40;
/// How long the record remembers whose session it was that has ended.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24);
/// Longest wait for a turn at the password check.
const TURN_WITHIN: std::time::Duration = std::time::Duration::from_secs(10);

/// The form.
pub(super) async fn page(State(doors): State<Doors>) -> Html<String> {
    Html(shown(&doors.app, String::new(), None))
}

/// The answer.
pub(super) async fn handler(
    State(doors): State<Doors>,
    ConnectInfo(Visitor(from)): ConnectInfo<Visitor>,
    request: Request,
) -> Result<Response, Refusal> {
    let browser = cookie(request.headers(), &browser_cookie(&doors.app));
    let before = cookie(
        request.headers(),
        &cookie_name(doors.app.config.service.realm),
    );
    let before = before.map(|token| Digest::of(token.as_bytes()));
    let fields = posted::fields(request, &doors).await?;
    let app = doors.app.clone();
    let (name, typed) = (
        fields.text(form::USER).trim().to_owned(),
        fields.text(form::PASSWORD).to_owned(),
    );
    let browser = browser.map(|token| Digest::of(token.as_bytes()));
    let known = match &browser {
        Some(browser) if name.len() <= NAME_MAX => {
            app.store.read(|view| view.knows_browser(browser, &name))?
        }
        _ => false,
    };
    let place = match (&browser, known) {
        (Some(browser), true) => browser.to_string(),
        _ => guard::network(from.ip()),
    };
    let knock = (name.chars().take(NAME_MAX + 1).collect(), place);
    if let Err(wait) = doors.attempts.begin(&knock, known, monotonic()) {
        let error = format!(
            "失敗が続いたため、あと{}秒お待ちください",
            wait.as_secs() + 1
        );
        return Ok((
            StatusCode::TOO_MANY_REQUESTS,
            Html(shown(&app, name, Some(error))),
        )
            .into_response());
    }
    let account = if name.len() <= NAME_MAX {
        app.store.read(|view| view.officer(&name))?
    } else {
        None
    };
    let exists = account.is_some();
    let hash = account.as_ref().map(|(_, hash)| hash.clone());
    // A crowd at the door must not take the memory of the house.
    let turn = tokio::time::timeout(TURN_WITHIN, doors.hashing.acquire()).await;
    let Ok(Ok(_turn)) = turn else {
        doors.attempts.not_made(&knock, known);
        let error =
            "ただいま混み合っています。少し待ってから、もう一度サインインしてください".to_owned();
        return Ok((
            StatusCode::SERVICE_UNAVAILABLE,
            Html(shown(&app, String::new(), Some(error))),
        )
            .into_response());
    };
    // Hashing takes tens of milliseconds on purpose; it must not hold up the other doors.
    let right = tokio::task::spawn_blocking(move || password::matches(&typed, hash.as_deref()))
        .await
        .unwrap_or(false);
    let (right, strong) = if right {
        second_factor(&app, &name, fields.text(form::CODE))?
    } else {
        (false, false)
    };
    if right {
        doors.attempts.succeeded(&knock, known);
    }
    let now = app.clock.now();
    let Some((officer, _)) = account.filter(|_| right) else {
        metrics::counter!("hinan_sign_ins_refused_total").increment(1);
        // A guessed account is worth an entry; made-up names are only counted. Nobody waits for it: the time of the answer
        // must not tell which names exist.
        if exists {
            let (app, name) = (app.clone(), name.clone());
            drop(tokio::task::spawn_blocking(move || {
                let noted = app
                    .store
                    .write(|tx| tx.audit(now, "somebody", "sign_in_refused", &name, &json!({})));
                if let Err(error) = noted {
                    tracing::error!(%error, name, "a refused sign-in could not be noted");
                }
            }));
        }
        let error = "ユーザー名、パスワード、確認コードのどれかが違います".to_owned();
        return Ok((
            StatusCode::UNAUTHORIZED,
            Html(shown(&app, name, Some(error))),
        )
            .into_response());
    };
    // A new name for the session each time; the browser gets one of its own, which opens nothing.
    let (token, csrf, remembered) = (chance::token(), chance::token(), chance::token());
    // With a password that somebody else made and knows, one can look and choose another, no more.
    let given_by = app.store.read(|view| view.password_by(&officer.name))?;
    let strong = strong && given_by.is_none();
    let idle_max = SignedDuration::from_mins(i64::from(app.config.web.idle_max_min));
    app.store.write(|tx| {
        // Ended ones are remembered for a while: what was typed in them is kept for their officer.
        tx.end_idle_sessions(wall() - idle_max - REMEMBERED)?;
        // Whoever signs in again does not leave an open session behind.
        if let Some(before) = &before {
            tx.end_session(before)?;
        }
        tx.put_session(
            &Digest::of(token.as_bytes()),
            &officer.name,
            &csrf,
            strong,
            wall(),
        )?;
        tx.put_browser(&Digest::of(remembered.as_bytes()), &officer.name, wall())?;
        tx.audit(
            now,
            &officer.name,
            "signed_in",
            &officer.name,
            &json!({ "role": officer.role, "second_factor": strong }),
        )?;
        Ok(())
    })?;
    tracing::info!(officer = %officer.name, "signed in");
    let cookie = session_cookie(&app, &token);
    let browser = format!(
        "{}={remembered}; Path=/plain/signin; HttpOnly; SameSite=Strict; Max-Age=31536000{}",
        browser_cookie(&app),
        secure(&app)
    );
    // A role that approves needs a second factor: it is led to where it can be added.
    // So is whoever has not chosen a password of their own yet.
    let weak =
        officer.role.may(Act::LetOut) && !strong && !app.config.officers.without_second_factor;
    let next = if weak || given_by.is_some() {
        "/plain/account"
    } else {
        "/plain/"
    };
    let cookies = AppendHeaders([(header::SET_COOKIE, cookie), (header::SET_COOKIE, browser)]);
    Ok((cookies, Redirect::to(next)).into_response())
}

/// The cookie of a session.
pub(super) fn session_cookie(app: &App, token: &str) -> String {
    format!(
        "{}={token}; Path=/; HttpOnly; SameSite=Strict{}",
        cookie_name(app.config.service.realm),
        secure(app)
    )
}

/// Over TLS, cookies never travel in the clear.
fn secure(app: &App) -> &'static str {
    if app.config.web.has_tls() {
        "; Secure"
    } else {
        ""
    }
}

/// Name of the cookie by which a browser is known again.
fn browser_cookie(app: &App) -> String {
    format!("hinan_{}_browser", app.config.service.realm)
}

/// Whether the code is right, if the account has a second factor; and whether the session has shown one. A code works
/// once.
fn second_factor(app: &App, name: &str, typed: &str) -> Result<(bool, bool), Refusal> {
    let Some(factor) = app.store.read(|view| view.second_factor(name))? else {
        return Ok((true, false));
    };
    let secret = app.vault.open(name, &factor.sealed_hex)?;
    let Some(step) = secret.step_of(typed, wall().as_second(), factor.last_step) else {
        return Ok((false, false));
    };
    let unused = app.store.write(|tx| tx.use_step(name, step))?;
    Ok((unused, unused))
}

/// Ends the session.
pub(super) async fn out(
    State(doors): State<Doors>,
    Posted { who, .. }: Posted,
) -> Result<Response, Refusal> {
    let app = &doors.app;
    app.store.write(|tx| {
        tx.end_session(&who.token)?;
        tx.audit(
            app.clock.now(),
            &who.officer.name,
            "signed_out",
            &who.officer.name,
            &json!({}),
        )?;
        Ok(())
    })?;
    let cookie = format!(
        "{}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0",
        cookie_name(app.config.service.realm)
    );
    Ok((
        [(header::SET_COOKIE, cookie)],
        Redirect::to("/plain/signin"),
    )
        .into_response())
}

fn shown(app: &App, user: String, error: Option<String>) -> String {
    let view = SignInView {
        user,
        error,
        demo_accounts: Vec::new(),
    };
    page::sign_in(&frame::signed_out(app), &view)
}
