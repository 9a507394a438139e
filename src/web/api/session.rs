//! GET, POST and DELETE /api/v1/session: who is at the desk. The same sign-in as that of the page, with the same waits.

use axum::Json;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse as _, Response};
use serde_json::{Value, json};

use super::Refused;
use super::body::{belongs, read};
use super::caller::Caller;
use crate::app::App;
use crate::approve::officer::{Act, Officer};
use crate::web::router::Doors;
use crate::web::sign_in::{self, Knocked, Known, Typed, UNREADABLE};
use crate::web::tls::Visitor;

/// Where the cookie goes by which a browser is known again.
const DOOR: &str = "/api/v1/session";

/// Who is signed in.
pub(super) async fn show(State(doors): State<Doors>, Caller(who): Caller) -> Json<Value> {
    Json(of(&doors.app, &who.officer, &who.csrf))
}

/// Signs in.
pub(super) async fn begin(
    State(doors): State<Doors>,
    ConnectInfo(Visitor(from)): ConnectInfo<Visitor>,
    request: Request,
) -> Result<Response, Refused> {
    let brought = Known {
        browser: sign_in::browser(&doors.app, request.headers()),
        before: sign_in::before(&doors.app, request.headers()),
    };
    let from = sign_in::visitor(&doors.app, from.ip(), request.headers());
    let mut body = read(request, &doors).await?;
    let typed = (
        body.text("user", 40),
        body.secret("password", 1, 1000),
        body.secret("code", 0, 16),
    );
    let typed = match typed {
        (Some(name), Some(password), Some(code)) => Some(Typed {
            name: name.trim().to_owned(),
            password,
            code,
        }),
        _ => None,
    };
    let typed = body.end(typed)?;
    match sign_in::knock(&doors, from, brought, typed, DOOR).await? {
        Knocked::Entered {
            officer,
            csrf,
            cookies,
            ..
        } => {
            let cookies = AppendHeaders(cookies.map(|cookie| (header::SET_COOKIE, cookie)));
            let body = Json(of(&doors.app, &officer, &csrf));
            Ok((StatusCode::CREATED, cookies, body).into_response())
        }
        Knocked::Wait(wait) => Err(Refused::Busy(
            format!(
                "失敗が続いたため、あと{}秒お待ちください",
                wait.as_secs() + 1
            ),
            wait.as_secs() + 1,
        )),
        Knocked::Crowded => Err(Refused::Busy(
            "ただいま混み合っています。少し待ってから、もう一度サインインしてください".to_owned(),
            5,
        )),
        Knocked::Unreadable => Err(Refused::Busy(UNREADABLE.to_owned(), 60)),
        Knocked::Wrong
        | Knocked::WrongKey
        | Knocked::Stranger
        | Knocked::OwnFactor
        | Knocked::NoProvider
        | Knocked::NotByProvider => Err(Refused::SignInFailed),
    }
}

/// Signs out.
pub(super) async fn end(
    State(doors): State<Doors>,
    Caller(who): Caller,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    belongs(&headers, &who)?;
    let cookie = sign_in::leave(&doors.app, &who)?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}

/// Rights as words that stay.
pub(super) fn right(act: Act) -> &'static str {
    match act {
        Act::See => "see",
        Act::Acknowledge => "acknowledge",
        Act::Prepare => "prepare",
        Act::Decline => "decline",
        Act::LetOut => "let_out",
        Act::TakeDeviceOut => "take_device_out",
        Act::ReadRecord => "read_record",
        Act::ExportRecord => "export_record",
        Act::ManageAccounts => "manage_accounts",
        Act::Report => "report",
        Act::Shelters => "shelters",
    }
}

fn of(app: &App, officer: &Officer, csrf: &str) -> Value {
    let rights: Vec<&str> = Act::ALL
        .into_iter()
        .filter(|act| officer.role.may(*act))
        .map(right)
        .collect();
    let asked_for = !app.config.officers.without_second_factor;
    json!({
        "user": officer.name, "display": officer.display, "role": officer.role.word(), "role_ja": officer.role.spoken(),
        "second_factor": officer.second_factor, "rights": rights, "csrf": csrf, "idle_max_min": app.config.web.idle_max_min,
        "needs_second_factor": asked_for && officer.role.may(Act::LetOut) && !officer.second_factor,
    })
}
