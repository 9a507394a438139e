//! GET and POST /plain/signin, POST /plain/signout: who is at the desk.

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use hinan_dashboard::view::SignInView;
use hinan_dashboard::{form, page};
use jiff::SignedDuration;
use serde_json::json;

use super::frame;
use super::posted::{self, Posted};
use super::refusal::Refusal;
use super::router::Doors;
use super::who::cookie_name;
use crate::app::App;
use crate::clock::{monotonic, wall};
use crate::digest::Digest;
use crate::{chance, password};

/// Longest account name, bytes.
const NAME_MAX: usize = 40;
/// Longest wait for a turn at the password check.
const TURN_WITHIN: std::time::Duration = std::time::Duration::from_secs(10);

/// The form.
pub(super) async fn page(State(doors): State<Doors>) -> Html<String> {
    Html(shown(&doors.app, String::new(), None))
}

/// The answer.
pub(super) async fn handler(
    State(doors): State<Doors>,
    request: Request,
) -> Result<Response, Refusal> {
    let fields = posted::fields(request, &doors).await?;
    let app = doors.app.clone();
    let (name, typed) = (
        fields.text(form::USER).trim().to_owned(),
        fields.text(form::PASSWORD).to_owned(),
    );
    if let Some(wait) = doors.attempts.wait(&name, monotonic()) {
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
    if exists {
        doors.attempts.note(&name, right, monotonic());
    }
    let now = app.clock.now();
    let Some((officer, _)) = account.filter(|_| right) else {
        metrics::counter!("hinan_sign_ins_refused_total").increment(1);
        // A guessed account is worth an entry, and waits after five; made-up names are only counted.
        if exists {
            app.store.write(|tx| {
                tx.audit(now, "somebody", "sign_in_refused", &name, &json!({}))?;
                Ok(())
            })?;
        }
        let error = "ユーザー名かパスワードが違います".to_owned();
        return Ok((
            StatusCode::UNAUTHORIZED,
            Html(shown(&app, name, Some(error))),
        )
            .into_response());
    };
    let (token, csrf) = (chance::token(), chance::token());
    let idle_max = SignedDuration::from_mins(i64::from(app.config.web.idle_max_min));
    app.store.write(|tx| {
        tx.end_idle_sessions(wall() - idle_max)?;
        tx.put_session(&Digest::of(token.as_bytes()), &officer.name, &csrf, wall())?;
        tx.audit(
            now,
            &officer.name,
            "signed_in",
            &officer.name,
            &json!({ "role": officer.role }),
        )?;
        Ok(())
    })?;
    tracing::info!(officer = %officer.name, "signed in");
    let cookie = format!(
        "{}={token}; Path=/; HttpOnly; SameSite=Strict",
        cookie_name(app.config.service.realm)
    );
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/plain/")).into_response())
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
