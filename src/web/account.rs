//! GET and POST /plain/account: an officer's own account: its password and its second factor.

use axum::extract::{RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use hinan_dashboard::view::{SlipField, SlipForm, SlipText, SlipView};
use hinan_dashboard::{form, page};
use serde_json::json;

use super::guard::{Knock, Standing};
use super::hashing::in_turn;
use super::own_sessions::{self, END_ONE, END_OTHERS};
use super::posted::{Fields, Posted};
use super::refusal::Refusal;
use super::router::Doors;
use super::sign_in::{PAGE, Way, session_cookie};
use super::who::SignedIn;
use super::{frame, passkeys};
use crate::approve::officer::Act;
use crate::clock::{monotonic, wall};
use crate::desk::Declined;
use crate::digest::Digest;
use crate::second_factor::Secret;
use crate::store::audit::Entry;
use crate::store::officers::Shown;
use crate::store::particulars::UNREADABLE;
use crate::{chance, password};

/// The step that makes a secret, and the one that confirms it by a code.
const MAKE: &str = "make";
const CONFIRM: &str = "confirm";
/// The step that changes the password, and its fields.
const PASSWORD: &str = "password";
const NEW_PASSWORD: &str = "new_password";
const NEW_AGAIN: &str = "new_again";
/// The step that only says how strong the new password would be.
const MEASURE: &str = "measure";
/// What the address ends with where somebody wants to see what they type.
const SHOWN: &str = "show=1";

/// Sign-ins that the page shows, newest first.
const SIGN_INS_SHOWN: u32 = 5;

/// What is said where somebody whom only the provider of single sign-on knows would add a factor: on a shared desk they may be anybody
/// whom its page still remembers, and a factor is for good.
pub(super) const PASSWORD_FIRST: &str = "シングルサインオンだけのサインインでは、2要素目を登録できません。いったんサインアウトし、パスワードでサインインし直してください";

/// The page.
pub(super) async fn page(
    State(doors): State<Doors>,
    RawQuery(asked): RawQuery,
    who: SignedIn,
) -> Result<Html<String>, Refusal> {
    let mut view = view(&doors, &who, None, None)?;
    if asked.is_some_and(|asked| asked.split('&').any(|one| one == SHOWN)) {
        show_what_is_typed(&mut view);
    }
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
    if fields.text(form::STEP) == PASSWORD {
        return match change_password(&doors, &who, &fields).await? {
            Ok(left) => Ok(left),
            Err(error) => {
                let view = view(&doors, &who, None, Some(error))?;
                let page = Html(page::slip(&frame::officers(app, &who, None)?, &view));
                Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
            }
        };
    }
    if fields.text(form::STEP) == MEASURE {
        let new = fields.text(NEW_PASSWORD).to_owned();
        let said = in_turn(&doors, move || measured(&new)).await;
        let mut view = view(&doors, &who, None, None)?;
        view.lead.insert(0, said);
        let page = Html(page::slip(&frame::officers(app, &who, None)?, &view));
        return Ok(page.into_response());
    }
    // Whoever else knows the password must not act with it.
    let own_first = || {
        let why = "先に、自分のパスワードに替えてください".to_owned();
        Refusal::from(Declined::NotAuthorised(why))
    };
    let is_given = app.store.read(|view| view.password_by(&name))?.is_some();
    if let step @ (END_ONE | END_OTHERS) = fields.text(form::STEP) {
        if is_given && !who.officer.second_factor {
            return Err(own_first());
        }
        own_sessions::end(app, &who, step, &fields)?;
        return Ok(Redirect::to("/plain/account").into_response());
    }
    if who.is_by_provider_alone() {
        return Err(Declined::NotAuthorised(PASSWORD_FIRST.to_owned()).into());
    }
    // Nor may they add a factor of their own to it.
    if is_given {
        return Err(own_first());
    }
    let (factor, keys) = app
        .store
        .read(|view| Ok((view.second_factor(&name)?, view.passkeys_of(&name)?)))?;
    if !keys.is_empty() && !who.officer.second_factor {
        let why = "パスキーでサインインしてから登録してください".to_owned();
        return Err(Declined::NotAuthorised(why).into());
    }
    if factor.is_some() {
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
                let sealed = app.vault.seal(&name, &secret)?;
                let (token, csrf) = (chance::token(), chance::token());
                let digest = Digest::of(token.as_bytes());
                app.store.write(|tx| {
                    tx.put_second_factor(&name, &sealed, step, wall())?;
                    // Other sessions of the account have shown no second factor: they end. So does this one, under its old
                    // name: what may do more gets a new one.
                    tx.end_sessions_of(&name)?;
                    tx.put_session(&digest, &name, &csrf, Shown::SecondFactor, wall())?;
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
                let cookie = [(header::SET_COOKIE, session_cookie(app, &token))];
                return Ok((cookie, Redirect::to("/plain/account")).into_response());
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
    let view = view(&doors, &who, Some(&secret), error)?;
    let page = Html(page::slip(&frame::officers(app, &who, None)?, &view));
    Ok((status, page).into_response())
}

/// Changes the password and ends every session of the account: whoever sits at another browser signs in with the new one.
async fn change_password(
    doors: &Doors,
    who: &SignedIn,
    fields: &Fields,
) -> Result<Result<Response, String>, Refusal> {
    let (app, name) = (&doors.app, who.officer.name.clone());
    let (old, new) = (
        fields.text(form::PASSWORD).to_owned(),
        fields.text(NEW_PASSWORD).to_owned(),
    );
    if new != fields.text(NEW_AGAIN) {
        return Ok(Err(
            "新しいパスワードが、2回とも同じではありません".to_owned()
        ));
    }
    if new == old {
        return Ok(Err("新しいパスワードが、いまのものと同じです".to_owned()));
    }
    // A session that was left open must not become a place to guess at.
    let knock = Knock {
        account: name.clone(),
        place: who.token.to_string(),
        standing: Standing::KnownBrowser,
    };
    if let Err(wait) = doors.attempts.begin(&knock, monotonic()) {
        return Ok(Err(format!(
            "失敗が続いたため、あと{}秒お待ちください",
            wait.as_secs() + 1
        )));
    }
    let stored = app.store.read(|view| view.officer(&name))?;
    let (_, hash) = stored.ok_or(Refusal::SignedOut)?;
    let checked = in_turn(doors, move || {
        password::matches(&old, Some(&hash)).then(|| password::hash(&new))
    })
    .await;
    let hash = match checked {
        None => return Ok(Err("いまのパスワードが違います".to_owned())),
        Some(Err(why)) => {
            doors.attempts.succeeded(&knock);
            return Ok(Err(why.to_string()));
        }
        Some(Ok(hash)) => hash,
    };
    doors.attempts.succeeded(&knock);
    app.store.write(|tx| {
        tx.put_password(&name, &hash, "")?;
        tx.end_sessions_of(&name)?;
        tx.audit(
            app.clock.now(),
            &name,
            "password_changed",
            &name,
            &json!({}),
        )
    })?;
    Ok(Ok(Redirect::to("/plain/signin").into_response()))
}

/// When somebody signed in to this account, and by what.
fn sign_in(entry: &Entry) -> String {
    // Entries of earlier versions do not say by what; that differs from one that cannot be read.
    let by = entry.particulars().map_or(UNREADABLE, |detail| {
        let by = detail.all["by"].as_str().and_then(Way::from_word);
        by.map_or("記録なし", Way::spoken)
    });
    format!("{}({by})", crate::clock::spoken(entry.at))
}

fn password_form() -> SlipForm {
    let text = |name: &str, label: &str, kind| SlipField::Text {
        name: name.to_owned(),
        label: label.to_owned(),
        kind,
        value: String::new(),
    };
    SlipForm {
        post_to: "/plain/account".to_owned(),
        legend: "パスワードを替える / Change the password".to_owned(),
        fields: vec![
            text(form::PASSWORD, "いまのパスワード", SlipText::Password),
            text(
                NEW_PASSWORD,
                "新しいパスワード(12文字以上)",
                SlipText::NewPassword,
            ),
            text(
                NEW_AGAIN,
                "新しいパスワードをもう一度",
                SlipText::NewPassword,
            ),
        ],
        buttons: vec![
            [PASSWORD.to_owned(), "替えて、サインインし直す".to_owned()],
            [
                MEASURE.to_owned(),
                "新しいパスワードの強さだけを確かめる".to_owned(),
            ],
        ],
    }
}

/// How strong a new password would be, in words.
fn measured(new: &str) -> String {
    let words = match password::strength(new) {
        Err(why) => format!("使えません。{why}"),
        Ok(strength) => {
            let (marks, words) = match strength.tries_log10 {
                _ if !strength.is_enough => (
                    1,
                    "使えません。推測されやすいものです。関係のない言葉をいくつか並べてください",
                ),
                tries if tries < 10.0 => (2, "使えます。もう1語足すと、強くなります"),
                tries if tries < 14.0 => (3, "使えます。強いものです"),
                _ => (4, "使えます。とても強いものです"),
            };
            format!(
                "{}{} 推測には、よく使われる言葉や日付をすべて知る人でも、およそ10の{:.0}乗回かかります。{words}",
                "■".repeat(marks),
                "□".repeat(4 - marks),
                strength.tries_log10
            )
        }
    };
    format!("新しいパスワードの強さ / Strength: {words}。パスワードはまだ替わっていません。")
}

/// Shows passwords as they are typed. Nothing runs on the page for it.
fn show_what_is_typed(view: &mut SlipView) {
    for field in view.forms.iter_mut().flat_map(|form| &mut form.fields) {
        if let SlipField::Text { kind, .. } = field {
            *kind = match *kind {
                SlipText::Password => SlipText::PasswordShown,
                SlipText::NewPassword => SlipText::NewPasswordShown,
                other => other,
            };
        }
    }
}

fn view(
    doors: &Doors,
    who: &SignedIn,
    secret: Option<&Secret>,
    error: Option<String>,
) -> Result<SlipView, Refusal> {
    let (app, officer) = (&doors.app, &who.officer);
    let now = app.clock.now();
    let (signed_in, factor, grants, given_by, keys) = app.store.read(|view| {
        Ok((
            view.last_of(&officer.name, ["signed_in"; 2], SIGN_INS_SHOWN)?,
            view.second_factor(&officer.name)?,
            view.grants()?,
            view.password_by(&officer.name)?,
            view.passkeys_of(&officer.name)?,
        ))
    })?;
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
            [
                "最近のサインイン".to_owned(),
                signed_in
                    .iter()
                    .rev()
                    .map(sign_in)
                    .collect::<Vec<_>>()
                    .join("、"),
            ],
        ],
        ..SlipView::default()
    };
    if officer.role.may(Act::ManageAccounts) {
        view.links
            .push(["/plain/officers".to_owned(), "アカウントの管理".to_owned()]);
    }
    view.links
        .push(["/plain/succession".to_owned(), "職務代理の順序".to_owned()]);
    view.links.push([
        format!("/plain/account?{SHOWN}"),
        "パスワードを見ながら入力する / Show what is typed".to_owned(),
    ]);
    if let Some(fingerprint) = app.certificate_fingerprint() {
        let label = "このサービスの証明書(SHA-256)".to_owned();
        view.facts.push([label, fingerprint.to_owned()]);
    }
    if let Some(by) = given_by {
        view.lead.push(format!(
            "いまのパスワードは{by}が作りました。自分で選んだものに替えるまで、発表の承認も、2要素目の登録もできません。"
        ));
        view.forms.push(password_form());
        return Ok(view);
    }
    view.table = own_sessions::table(app, who)?;
    if own_sessions::wants_sign_in(app, who)? {
        view.lead.push(format!("{}。", own_sessions::SIGN_IN_ANEW));
        view.links
            .push([PAGE.to_owned(), "サインインし直す".to_owned()]);
    }
    let ending = own_sessions::ending(app, who)?;
    for key in &keys {
        let words = format!(
            "{}({}に登録)",
            key.label,
            crate::clock::spoken(key.added_at)
        );
        view.facts.push(["パスキー".to_owned(), words]);
    }
    if who.is_by_provider_alone() {
        view.lead.push(format!("{PASSWORD_FIRST}。"));
        view.forms.push(password_form());
        view.forms.extend(ending);
        return Ok(view);
    }
    if secret.is_none() {
        view.forms.push(password_form());
        view.forms.extend(ending);
        // Whoever has a factor adds and removes keys only after showing it.
        if officer.second_factor || (factor.is_none() && keys.is_empty()) {
            view.passkey = passkeys::register_ask(doors, officer, &keys);
        }
        if officer.second_factor && !keys.is_empty() {
            view.forms.push(passkeys::removing(&keys));
        }
    }
    if factor.is_some() {
        return Ok(view);
    }
    let post_to = "/plain/account".to_owned();
    // What is missing comes first.
    view.forms.insert(0, match secret {
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
