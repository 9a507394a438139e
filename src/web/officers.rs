//! GET and POST /plain/officers: accounts, by an administrator. GET and POST /plain/first-run/{token}: the first
//! administrator, by a link that the console prints once.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use hinan_dashboard::view::{SlipField, SlipForm, SlipTable, SlipText, SlipView};
use hinan_dashboard::{form, page};
use jiff::SignedDuration;
use serde_json::json;

use super::frame;
use super::hashing::in_turn;
use super::posted::{self, Posted};
use super::refusal::Refusal;
use super::router::Doors;
use super::who::SignedIn;
use crate::app::App;
use crate::approve::officer::{Act, Officer, Role};
use crate::clock::wall;
use crate::desk::{self, Declined};
use crate::store::recoveries::Lost;
use crate::{chance, password};

const ADD: &str = "add";
const RESET_PASSWORD: &str = "reset_password";
const RESET_FACTOR: &str = "reset_factor";
/// The step that does what another administrator asked for.
const CONFIRM: &str = "confirm";
/// Fields of these forms only.
const DISPLAY: &str = "display";
const ROLE: &str = "role";
const RECOVERY: &str = "recovery";
/// How long a request waits for a second administrator.
const ASKED_FOR: SignedDuration = SignedDuration::from_hours(24);

/// All accounts.
pub(super) async fn page(
    State(doors): State<Doors>,
    who: SignedIn,
) -> Result<Html<String>, Refusal> {
    desk::may(&who.officer, Act::ManageAccounts)?;
    let view = view(&doors.app, None, None)?;
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
    desk::may(&who.officer, Act::ManageAccounts)?;
    if !who.officer.second_factor && !app.config.officers.without_second_factor {
        let why = "アカウントの管理には2要素目が必要です。「アカウント」の画面で登録してください"
            .to_owned();
        return Err(Declined::NotAuthorised(why).into());
    }
    let name = fields.text(form::USER).trim().to_owned();
    let known = app.store.read(|view| view.officer(&name))?;
    let now = app.clock.now();
    let by = who.officer.name.as_str();
    let done: Result<String, String> = match (fields.text(form::STEP), known) {
        (ADD, Some(_)) => Err(format!("{name}は、すでに登録されています")),
        (ADD, None) => {
            let role = Role::from_word(fields.text(ROLE));
            let display = fields.text(DISPLAY).trim().to_owned();
            match role {
                _ if !crate::approve::officer::is_account_name(&name) => {
                    Err("利用者名は、英数字・点・ハイフン1〜40字です".to_owned())
                }
                _ if !(1..=60).contains(&display.chars().count()) => {
                    Err("氏名・職は、1〜60字で入力してください".to_owned())
                }
                None => Err("役割を選んでください".to_owned()),
                // One administrator must not be able to become two.
                Some(Role::Administrator) => Err(
                    "管理者は、コンソールの hinan officer --role administrator で登録してください"
                        .to_owned(),
                ),
                Some(role) => {
                    let secret = chance::spoken_password();
                    let hash = hashed(&doors, &secret).await?;
                    let officer = Officer {
                        name: name.clone(),
                        display,
                        role,
                        second_factor: false,
                    };
                    app.store.write(|tx| {
                        tx.put_account(&officer, &hash, by)?;
                        tx.audit(now, by, "officer_added", &name, &json!({ "role": role }))?;
                        Ok(())
                    })?;
                    Ok(format!(
                        "{name}を登録しました。一度だけ表示するパスワード: {secret}"
                    ))
                }
            }
        }
        (RESET_PASSWORD, Some((officer, _))) => ask(&doors, &who, &officer, Lost::Password).await?,
        (RESET_FACTOR, Some(_)) if name == who.officer.name => {
            Err("自分の2要素目は、自分では解除できません。別の管理者に頼んでください".to_owned())
        }
        (RESET_FACTOR, Some((officer, _))) => {
            ask(&doors, &who, &officer, Lost::SecondFactor).await?
        }
        (CONFIRM, _) => confirm(&doors, &who, fields.text(RECOVERY)).await?,
        (_, None) => Err(format!("{name}という利用者はいません")),
        (_, Some(_)) => Err("何をするかを選んでください".to_owned()),
    };
    let (status, said, error) = match done {
        Ok(said) => (StatusCode::OK, Some(said), None),
        Err(error) => (StatusCode::UNPROCESSABLE_ENTITY, None, Some(error)),
    };
    let view = view(app, said, error)?;
    let page = Html(page::slip(&frame::officers(app, &who, None)?, &view));
    Ok((status, page).into_response())
}

/// Whether giving the keys of this account back takes two persons: whoever held them could approve, or manage accounts.
fn takes_two(officer: &Officer) -> bool {
    matches!(officer.role, Role::Approver | Role::Administrator)
}

/// Gives a key back, or asks a second administrator to. What is said to the administrator, or why not.
async fn ask(
    doors: &Doors,
    who: &SignedIn,
    officer: &Officer,
    lost: Lost,
) -> Result<Result<String, String>, Refusal> {
    let app = &doors.app;
    let (name, by) = (officer.name.as_str(), who.officer.name.as_str());
    let (has_factor, waiting) = app.store.read(|view| {
        Ok((
            view.second_factor(name)?.is_some()
                || !view.passkeys_of(name)?.is_empty()
                || view.bound_officers()?.contains_key(name),
            view.recoveries_waiting(wall() - ASKED_FOR)?,
        ))
    })?;
    if lost == Lost::SecondFactor && !has_factor {
        return Ok(Err(format!(
            "{name}には、2要素目もシングルサインオンの結び付けもありません"
        )));
    }
    if !takes_two(officer) {
        return give_back(doors, officer, lost, by, None).await;
    }
    if waiting
        .iter()
        .any(|one| one.officer == name && one.what == lost)
    {
        return Ok(Err(format!(
            "{name}の{}の再発行は、すでに別の管理者の確認を待っています",
            lost.spoken()
        )));
    }
    app.store.write(|tx| {
        tx.put_recovery(name, lost, by, wall(), false)?;
        let detail = json!({ "what": lost.word() });
        tx.audit(app.clock.now(), by, "recovery_asked", name, &detail)
    })?;
    Ok(Ok(format!(
        "{name}は{}です。{}の再発行には、別の管理者の確認が必要です。その管理者がこの画面で確認するか、コンソールの hinan officer で登録し直してください。まだ何も変わっていません",
        officer.role.spoken(),
        lost.spoken()
    )))
}

/// The second administrator does what the first asked for.
async fn confirm(
    doors: &Doors,
    who: &SignedIn,
    number: &str,
) -> Result<Result<String, String>, Refusal> {
    let app = &doors.app;
    let by = who.officer.name.as_str();
    let since = wall() - ASKED_FOR;
    let found = match number.parse() {
        Ok(id) => app.store.read(|view| view.recovery(id))?,
        Err(_) => None,
    };
    let Some(asked) = found.filter(|one| one.done_by.is_none() && one.asked_at >= since) else {
        return Ok(Err(
            "確認を待っている再発行の申し出から選んでください".to_owned()
        ));
    };
    if asked.asked_by == by || asked.officer == by {
        return Ok(Err(
            "申し出た管理者と本人は、確認できません。別の管理者に頼んでください".to_owned(),
        ));
    }
    let stored = app.store.read(|view| view.officer(&asked.officer))?;
    let (officer, _) = stored.ok_or(Refusal::Unknown)?;
    give_back(doors, &officer, asked.what, by, Some(asked.id)).await
}

/// Makes a new password, or takes the second factor away, and with it the binding to single sign-on, which may stand for one: who had
/// them may not be who asks. The account's sessions end.
async fn give_back(
    doors: &Doors,
    officer: &Officer,
    lost: Lost,
    by: &str,
    asked: Option<i64>,
) -> Result<Result<String, String>, Refusal> {
    let (app, name) = (&doors.app, officer.name.as_str());
    let secret = chance::spoken_password();
    let hash = match lost {
        Lost::Password => Some(hashed(doors, &secret).await?),
        Lost::SecondFactor | Lost::Binding => None,
    };
    let done = app.store.write(|tx| {
        match asked {
            Some(id) if !tx.confirm_recovery(id, by, wall())? => return Ok(false),
            Some(_) => {}
            None => tx.put_recovery(name, lost, by, wall(), true)?,
        }
        let action = match &hash {
            Some(hash) => {
                tx.put_password(name, hash, by)?;
                "password_reset"
            }
            None => {
                tx.drop_second_factor(name)?;
                tx.drop_passkeys_of(name)?;
                if let Some(issuer) = tx.drop_subject(name)? {
                    let detail = json!({ "issuer": issuer });
                    tx.audit(app.clock.now(), by, "subject_unbound", name, &detail)?;
                }
                "second_factor_reset"
            }
        };
        tx.end_sessions_of(name)?;
        tx.audit(
            app.clock.now(),
            by,
            action,
            name,
            &json!({ "asked": asked }),
        )?;
        Ok(true)
    })?;
    Ok(match (done, lost) {
        (false, _) => Err("この申し出は、すでに処理されました".to_owned()),
        (true, Lost::Password) => Ok(format!(
            "{name}のパスワードを替えました。一度だけ表示します: {secret}"
        )),
        (true, Lost::SecondFactor | Lost::Binding) => Ok(format!(
            "{name}の2要素目を解除しました。シングルサインオンの結び付けも残っていません。次に、パスワードでサインインして登録し直します"
        )),
    })
}

async fn hashed(doors: &Doors, secret: &str) -> Result<String, Refusal> {
    let secret = secret.to_owned();
    in_turn(doors, move || password::hash(&secret))
        .await
        .map_err(|error| Refusal::Declined(Declined::Incomplete(error.to_string())))
}

fn text(name: &str, label: &str, kind: SlipText) -> SlipField {
    SlipField::Text {
        name: name.to_owned(),
        label: label.to_owned(),
        kind,
        value: String::new(),
    }
}

fn view(app: &App, said: Option<String>, error: Option<String>) -> Result<SlipView, Refusal> {
    let (officers, bound, grants, waiting) = app.store.read(|view| {
        Ok((
            view.officers()?,
            view.bound_officers()?,
            view.grants()?,
            view.recoveries_waiting(wall() - ASKED_FOR)?,
        ))
    })?;
    let mut asked: Vec<SlipField> = Vec::new();
    for one in &waiting {
        asked.push(SlipField::Choice {
            name: RECOVERY.to_owned(),
            value: one.id.to_string(),
            label: format!(
                "{}の{}({}が申し出、{})",
                one.officer,
                one.what.spoken(),
                one.asked_by,
                crate::clock::spoken(one.asked_at)
            ),
        });
    }
    let rows = officers
        .into_iter()
        .map(|(officer, factor)| {
            let own: Vec<String> = grants
                .iter()
                .filter(|grant| grant.officer == officer.name)
                .map(|g| format!("{}・{}・順位{}", g.basis.spoken(), g.document, g.rank))
                .collect();
            let bound = match bound.get(&officer.name) {
                None => "なし",
                Some(issuer) if *issuer == app.config.oidc.issuer => "あり",
                Some(_) => "あり(別の提供元。いまは使えません)",
            };
            vec![
                officer.name,
                officer.display,
                officer.role.spoken().to_owned(),
                if factor { "あり" } else { "なし" }.to_owned(),
                bound.to_owned(),
                own.join(" / "),
            ]
        })
        .collect();
    let mut roles: Vec<SlipField> = Role::ALL
        .into_iter()
        .filter(|role| *role != Role::Administrator)
        .map(|role| SlipField::Choice {
            name: ROLE.to_owned(),
            value: role.word().to_owned(),
            label: role.spoken().to_owned(),
        })
        .collect();
    let mut add = vec![
        text(form::USER, "利用者名", SlipText::Words),
        text(DISPLAY, "氏名・職", SlipText::Words),
    ];
    add.append(&mut roles);
    let confirming = (!asked.is_empty()).then(|| SlipForm {
        post_to: "/plain/officers".to_owned(),
        legend: "確認を待っている再発行 / Waiting for a second administrator".to_owned(),
        fields: asked,
        buttons: vec![[CONFIRM.to_owned(), "本人を確かめたので行う".to_owned()]],
    });
    Ok(SlipView {
        title: "アカウントの管理".to_owned(),
        title_en: "Accounts".to_owned(),
        lead: said.into_iter().collect(),
        error,
        table: SlipTable {
            caption: "登録されている職員".to_owned(),
            head: [
                "利用者名",
                "氏名・職",
                "役割",
                "2要素目",
                "シングルサインオン",
                "発令権限",
            ]
            .map(str::to_owned)
            .to_vec(),
            rows,
        },
        forms: vec![
            SlipForm {
                post_to: "/plain/officers".to_owned(),
                legend: "職員を加える / Add".to_owned(),
                fields: add,
                buttons: vec![[ADD.to_owned(), "加える".to_owned()]],
            },
            SlipForm {
                post_to: "/plain/officers".to_owned(),
                legend: "鍵をなくした職員 / Recovery".to_owned(),
                fields: vec![text(form::USER, "利用者名", SlipText::Words)],
                buttons: vec![
                    [RESET_PASSWORD.to_owned(), "パスワードを替える".to_owned()],
                    [
                        RESET_FACTOR.to_owned(),
                        "2要素目とシングルサインオンを解除する".to_owned(),
                    ],
                ],
            },
        ]
        .into_iter()
        .chain(confirming)
        .collect(),
        ..SlipView::default()
    })
}

/// The page of the link on the console.
pub(super) async fn first_run(
    State(doors): State<Doors>,
    Path(token): Path<String>,
) -> Result<Html<String>, Refusal> {
    if !doors.app.is_first_run(&token) {
        return Err(Refusal::Unknown);
    }
    Ok(Html(page::slip(
        &frame::signed_out(&doors.app),
        &first(&token, None),
    )))
}

/// Makes the first administrator. The link is dead afterwards.
pub(super) async fn first_run_done(
    State(doors): State<Doors>,
    Path(token): Path<String>,
    request: axum::extract::Request,
) -> Result<Response, Refusal> {
    let app = &doors.app;
    if !app.is_first_run(&token) {
        return Err(Refusal::Unknown);
    }
    let fields = posted::fields(request, &doors).await?;
    let (name, display) = (
        fields.text(form::USER).trim().to_owned(),
        fields.text(DISPLAY).trim().to_owned(),
    );
    let hash = hashed(&doors, fields.text(form::PASSWORD)).await;
    let error = match &hash {
        Err(_) => Some("パスワードは12文字以上、256バイトまでです".to_owned()),
        Ok(_) if !crate::approve::officer::is_account_name(&name) => {
            Some("利用者名は、英数字・点・ハイフン1〜40字です".to_owned())
        }
        Ok(_) if !(1..=60).contains(&display.chars().count()) => {
            Some("氏名・職は、1〜60字で入力してください".to_owned())
        }
        Ok(_) => None,
    };
    if let Some(error) = error {
        let page = page::slip(&frame::signed_out(app), &first(&token, Some(error)));
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response());
    }
    let hash = hash?;
    if !app.end_first_run(&token) {
        return Err(Refusal::Unknown);
    }
    let officer = Officer {
        name: name.clone(),
        display,
        role: Role::Administrator,
        second_factor: false,
    };
    app.store.write(|tx| {
        tx.put_officer(&officer, &hash)?;
        let detail = json!({ "role": officer.role, "by": "one-time link" });
        tx.audit(app.clock.now(), "console", "officer_added", &name, &detail)
    })?;
    Ok(Redirect::to("/plain/signin").into_response())
}

fn first(token: &str, error: Option<String>) -> SlipView {
    SlipView {
        title: "最初の管理者".to_owned(),
        title_en: "First administrator".to_owned(),
        lead: vec![
            "このアドレスは一度だけ使えます。管理者は職員を登録しますが、発表の判断はできません。"
                .to_owned(),
        ],
        error,
        forms: vec![SlipForm {
            post_to: format!("/plain/first-run/{token}"),
            legend: "管理者を登録する".to_owned(),
            fields: vec![
                text(form::USER, "利用者名(英数字)", SlipText::OwnName),
                text(DISPLAY, "氏名・職", SlipText::Words),
                text(
                    form::PASSWORD,
                    "パスワード(12文字以上)",
                    SlipText::NewPassword,
                ),
            ],
            buttons: vec![["add".to_owned(), "登録する".to_owned()]],
        }],
        ..SlipView::default()
    }
}
