//! GET and POST /plain/account: an officer's own account, and its second factor.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use hinan_dashboard::view::{SlipField, SlipForm, SlipText, SlipView};
use hinan_dashboard::{form, page};
use serde_json::json;

use super::frame;
use super::posted::Posted;
use super::refusal::Refusal;
use super::router::Doors;
use super::who::SignedIn;
use crate::app::App;
use crate::approve::officer::Act;
use crate::chance;
use crate::clock::wall;
use crate::desk::Declined;
use crate::second_factor::Secret;

/// The step that makes a secret, and the one that confirms it by a code.
const MAKE: &str = "make";
const CONFIRM: &str = "confirm";

/// The page.
pub(super) async fn page(
    State(doors): State<Doors>,
    who: SignedIn,
) -> Result<Html<String>, Refusal> {
    let view = view(&doors.app, &who, None, None)?;
    Ok(Html(page::slip(
        &frame::officers(&doors.app, &who, None)?,
        &view,
    )))
}

/// The answer.
pub(super) async fn handler(
    State(doors): State<Doors>,
    Posted { who, fields }: Posted,
) -> Result<Response, Refusal> {
    let app = &doors.app;
    let name = who.officer.name.clone();
    if app.store.read(|view| view.second_factor(&name))?.is_some() {
        let why = "2要素目は登録済みです。替えるには、管理者に解除を頼んでください".to_owned();
        return Err(Declined::NoLongerOpen(why).into());
    }
    let (secret, error) = match fields.text(form::STEP) {
        MAKE => {
            let secret = Secret::new(chance::bytes());
            doors.enrolling.put(&name, secret.clone());
            (secret, None)
        }
        CONFIRM => {
            let Some(secret) = doors.enrolling.get(&name) else {
                return Ok(Redirect::to("/plain/account").into_response());
            };
            if let Some(step) = secret.step_of(fields.text(form::CODE), wall().as_second(), 0) {
                app.store.write(|tx| {
                    tx.put_second_factor(&name, &secret.to_hex(), step, wall())?;
                    // Other sessions of the account have shown no second factor: they end.
                    tx.end_other_sessions_of(&name, &who.token)?;
                    tx.strengthen_session(&who.token)?;
                    tx.audit(
                        app.clock.now(),
                        &name,
                        "second_factor_added",
                        &name,
                        &json!({}),
                    )?;
                    Ok(())
                })?;
                doors.enrolling.forget(&name);
                return Ok(Redirect::to("/plain/account").into_response());
            }
            let error = "確認コードが違います。アプリの6桁をもう一度入力してください".to_owned();
            (secret, Some(error))
        }
        _ => return Ok(Redirect::to("/plain/account").into_response()),
    };
    let status = if error.is_some() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    let view = view(app, &who, Some(&secret), error)?;
    let page = Html(page::slip(&frame::officers(app, &who, None)?, &view));
    Ok((status, page).into_response())
}

fn view(
    app: &App,
    who: &SignedIn,
    secret: Option<&Secret>,
    error: Option<String>,
) -> Result<SlipView, Refusal> {
    let officer = &who.officer;
    let now = app.clock.now();
    let (factor, grants) = app
        .store
        .read(|view| Ok((view.second_factor(&officer.name)?, view.grants()?)))?;
    let own = grants.iter().filter(|grant| grant.officer == officer.name);
    let authority: Vec<String> = own
        .map(|g| {
            let now = if (g.from..g.until).contains(&now) {
                ""
            } else {
                "(いまは期間外)"
            };
            format!(
                "{} {} {}まで 順位{}{now}",
                g.basis.spoken(),
                g.document,
                g.level_max,
                g.rank
            )
        })
        .collect();
    let mut view = SlipView {
        title: "アカウント".to_owned(),
        title_en: "Account".to_owned(),
        error,
        facts: vec![
            ["氏名・職".to_owned(), officer.display.clone()],
            ["役割".to_owned(), officer.role.spoken().to_owned()],
            [
                "発令権限".to_owned(),
                if authority.is_empty() {
                    "登録なし".to_owned()
                } else {
                    authority.join(" / ")
                },
            ],
            [
                "2要素目(確認コード)".to_owned(),
                match (&factor, officer.second_factor) {
                    (None, _) => "登録なし".to_owned(),
                    (Some(_), true) => "登録済み・このサインインで確認済み".to_owned(),
                    (Some(_), false) => "登録済み".to_owned(),
                },
            ],
        ],
        ..SlipView::default()
    };
    if officer.role.may(Act::ManageAccounts) {
        view.links
            .push(["/plain/officers".to_owned(), "アカウントの管理".to_owned()]);
    }
    if factor.is_some() {
        return Ok(view);
    }
    let post_to = "/plain/account".to_owned();
    view.forms.push(match secret {
        None => {
            view.lead.push("発表の承認には、2要素目が必要です。スマートフォンなどの認証アプリを用意してください。".to_owned());
            SlipForm {
                post_to,
                legend: "2要素目を登録する / Add a second factor".to_owned(),
                buttons: vec![[MAKE.to_owned(), "登録を始める".to_owned()]],
                ..SlipForm::default()
            }
        }
        Some(secret) => {
            view.facts.push(["秘密(アプリに入力)".to_owned(), secret.base32()]);
            view.facts.push(["アドレス".to_owned(), secret.address(&officer.name)]);
            view.lead.push("次の秘密を認証アプリに入力し、アプリが示す6桁を入力してください。この画面を離れると、秘密は二度と表示されません。".to_owned());
            SlipForm {
                post_to,
                legend: "アプリの6桁 / Code".to_owned(),
                fields: vec![SlipField::Text {
                    name: form::CODE.to_owned(),
                    label: "確認コード".to_owned(),
                    kind: SlipText::Code,
                    value: String::new(),
                }],
                buttons: vec![[CONFIRM.to_owned(), "確かめて登録する".to_owned()]],
            }
        }
    });
    Ok(view)
}
