//! GET and POST /plain/signin, POST /plain/signout: who is at the desk.

use std::net::IpAddr;
use std::time::Duration;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, Html, IntoResponse, Redirect, Response};
use hinan_dashboard::view::SignInView;
use hinan_dashboard::{form, page};
use jiff::SignedDuration;
use serde_json::json;

use super::guard::{Knock, Standing};
use super::hashing::beside;
use super::posted::{self, Posted};
use super::refusal::Refusal;
use super::router::Doors;
use super::tls::Visitor;
use super::who::{SignedIn, cookie, cookie_name};
use super::{frame, guard, passkeys};
use crate::app::App;
use crate::approve::officer::{Act, Officer};
use crate::clock::{monotonic, wall};
use crate::desk::own_account::{CODE, REFUSED, USED_BEFORE};
use crate::digest::Digest;
use crate::store::StoreError;
use crate::store::officers::Shown;
use crate::{chance, password};

/// Address of the page.
pub(super) const PAGE: &str = "/plain/signin";
/// Longest account name, bytes.
const NAME_MAX: usize = 40;
/// How long the record remembers whose session it was that has ended.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24);
/// Longest wait for a turn at the password check.
const TURN_WITHIN: Duration = Duration::from_secs(10);

/// The form.
pub(super) async fn page(State(doors): State<Doors>) -> Html<String> {
    Html(shown(&doors, String::new(), None))
}

/// The answer.
pub(super) async fn handler(
    State(doors): State<Doors>,
    ConnectInfo(Visitor(from)): ConnectInfo<Visitor>,
    request: Request,
) -> Result<Response, Refusal> {
    let browser = browser(&doors.app, request.headers());
    let before = before(&doors.app, request.headers());
    let from = visitor(&doors.app, from.ip(), request.headers());
    let fields = posted::fields(request, &doors).await?;
    let typed = Typed {
        name: fields.text(form::USER).trim().to_owned(),
        password: fields.text(form::PASSWORD).to_owned(),
        code: fields.text(form::CODE).to_owned(),
    };
    let (name, known) = (typed.name.clone(), Known { browser, before });
    let knocked = knock(&doors, from, known, typed, PAGE).await?;
    Ok(answer(&doors, name, knocked))
}

/// What the page answers to whoever knocked. `name` is what they called themselves; empty where they did not.
pub(super) fn answer(doors: &Doors, name: String, knocked: Knocked) -> Response {
    let app = &doors.app;
    let again = |status: StatusCode, name: String, error: &str| {
        (status, Html(shown(doors, name, Some(error.to_owned())))).into_response()
    };
    match knocked {
        Knocked::Entered {
            officer,
            cookies,
            wants_own_password,
            ..
        } => {
            // A role that approves needs a second factor: it is led to where it can be added.
            // So is whoever has not chosen a password of their own yet.
            let weak = officer.role.may(Act::LetOut)
                && !officer.second_factor
                && !app.config.officers.without_second_factor;
            let next = if weak || wants_own_password {
                "/plain/account"
            } else {
                "/plain/"
            };
            let cookies = AppendHeaders(cookies.map(|cookie| (header::SET_COOKIE, cookie)));
            (cookies, Redirect::to(next)).into_response()
        }
        Knocked::Wait(wait) => {
            let error = format!(
                "失敗が続いたため、あと{}秒お待ちください",
                wait.as_secs() + 1
            );
            again(StatusCode::TOO_MANY_REQUESTS, name, &error)
        }
        Knocked::Crowded => again(
            StatusCode::SERVICE_UNAVAILABLE,
            String::new(),
            "ただいま混み合っています。少し待ってから、もう一度サインインしてください",
        ),
        Knocked::Unreadable => again(StatusCode::SERVICE_UNAVAILABLE, String::new(), UNREADABLE),
        Knocked::Wrong => again(
            StatusCode::UNAUTHORIZED,
            name,
            "ユーザー名、パスワード、確認コードのどれかが違います",
        ),
        Knocked::Stranger => again(
            StatusCode::UNAUTHORIZED,
            name,
            "このシングルサインオンの利用者は、どの職員のアカウントにも結び付けられていません。管理者に頼んでください",
        ),
        Knocked::OwnFactor => again(
            StatusCode::UNAUTHORIZED,
            name,
            "このアカウントには2要素目が登録されています。シングルサインオンではなく、パスキーか、パスワードと確認コードでサインインしてください",
        ),
        Knocked::NoProvider => again(
            StatusCode::SERVICE_UNAVAILABLE,
            name,
            "シングルサインオンに接続できません。パスワードでサインインしてください",
        ),
        Knocked::NotByProvider => again(
            StatusCode::UNAUTHORIZED,
            name,
            "シングルサインオンの結果を確かめられませんでした。もう一度始めるか、パスワードでサインインしてください",
        ),
        Knocked::WrongKey => again(
            StatusCode::UNAUTHORIZED,
            name,
            "このパスキーではサインインできません。もう一度試すか、パスワードを使ってください",
        ),
    }
}

/// What somebody typed at the door.
pub(super) struct Typed {
    /// Account name.
    pub(super) name: String,
    /// Password.
    pub(super) password: String,
    /// Code of the second factor; empty when none was typed.
    pub(super) code: String,
}

/// What a browser brings along.
pub(super) struct Known {
    /// By what it is known again.
    pub(super) browser: Option<Digest>,
    /// The session that it had before.
    pub(super) before: Option<Digest>,
}

/// What came of knocking.
pub(super) enum Knocked {
    /// They are in.
    Entered {
        /// Who, with whether this session has shown a second factor.
        officer: Officer,
        /// Whether their password is one that somebody else made and knows.
        wants_own_password: bool,
        /// The session's anti-forgery token.
        csrf: String,
        /// The session's cookie, and the one by which the browser is known again.
        cookies: [String; 2],
    },
    /// Too many failures: wait so long.
    Wait(Duration),
    /// Too many knock at the same time.
    Crowded,
    /// The account has a second factor that cannot be read: its key is lost or another one.
    Unreadable,
    /// Name, password or code is wrong.
    Wrong,
    /// The provider of single sign-on knows somebody to whom no account is bound.
    Stranger,
    /// The account has a factor of its own, and the provider did not ask for a second one that counts.
    OwnFactor,
    /// The provider cannot be reached.
    NoProvider,
    /// What came back from the provider does not hold.
    NotByProvider,
    /// The passkey is not known, or what it signed breaks a rule.
    WrongKey,
}

/// What is said where a second factor cannot be read.
pub(super) const UNREADABLE: &str =
    "2要素目の鍵(second-factor.key)を読めないため、サインインできません。管理者へ連絡してください";

/// The cookie by which a browser is known again, as its digest.
pub(super) fn browser(app: &App, headers: &HeaderMap) -> Option<Digest> {
    cookie(headers, &browser_cookie(app)).map(|token| Digest::of(token.as_bytes()))
}

/// Where somebody comes from, by the servers that the town has put in front.
pub(super) fn visitor(app: &App, socket: IpAddr, headers: &HeaderMap) -> IpAddr {
    guard::visitor(socket, headers, &app.config.web.trusted_proxies)
}

/// The session that a browser had before, as its digest.
pub(super) fn before(app: &App, headers: &HeaderMap) -> Option<Digest> {
    cookie(headers, &cookie_name(app)).map(|token| Digest::of(token.as_bytes()))
}

/// Lets somebody in who types what is right. The one way to a session, whichever door is knocked at; `door` is its address.
///
/// # Errors
/// The record's.
pub(super) async fn knock(
    doors: &Doors,
    from: IpAddr,
    Known { browser, before }: Known,
    typed: Typed,
    door: &str,
) -> Result<Knocked, Refusal> {
    let app = &doors.app;
    let Typed {
        name,
        password: typed,
        code,
    } = typed;
    let (account, known) = if name.len() <= NAME_MAX {
        app.store.read(|view| {
            let known = match &browser {
                Some(browser) => view.knows_browser(browser, &name)?,
                None => false,
            };
            Ok((view.officer(&name)?, known))
        })?
    } else {
        (None, false)
    };
    let (place, standing) = match (&browser, &account) {
        (Some(browser), Some(_)) if known => (browser.to_string(), Standing::KnownBrowser),
        (_, Some(_)) => (guard::network(from), Standing::Account),
        (_, None) => (guard::network(from), Standing::Nobody),
    };
    let knock = Knock {
        account: name.chars().take(NAME_MAX + 1).collect(),
        place,
        standing,
    };
    if let Err(wait) = doors.attempts.begin(&knock, monotonic()) {
        return Ok(Knocked::Wait(wait));
    }
    let exists = account.is_some();
    let hash = account.as_ref().map(|(_, hash)| hash.clone());
    // A crowd at the door must not take the memory of the house.
    let turn = tokio::time::timeout(TURN_WITHIN, doors.hashing.acquire()).await;
    let Ok(Ok(_turn)) = turn else {
        doors.attempts.not_made(&knock);
        return Ok(Knocked::Crowded);
    };
    let right = beside(move || password::matches(&typed, hash.as_deref())).await;
    let shown = if right {
        second_factor(app, &name, &code)?
    } else {
        Factor::Wrong
    };
    if shown == Factor::Unreadable {
        // Not the officer's fault: it does not count, and says what to do.
        doors.attempts.not_made(&knock);
        return Ok(Knocked::Unreadable);
    }
    let strong = shown == Factor::Shown;
    let right = strong || shown == Factor::None;
    if right {
        doors.attempts.succeeded(&knock);
    }
    let now = app.clock.now();
    let Some((officer, _)) = account.filter(|_| right) else {
        metrics::counter!("hinan_sign_ins_refused_total").increment(1);
        // A guessed account is worth an entry; made-up names are only counted. Nobody waits for it: the time of the answer
        // must not tell which names exist.
        if exists {
            let (app, name) = (app.clone(), name.clone());
            // Somebody has read a code over a shoulder, or its officer was too quick: the officer is told, whoever types is not.
            let detail = if shown == Factor::UsedBefore {
                tracing::warn!(officer = name, "a code that had been used was typed again");
                json!({ CODE: USED_BEFORE })
            } else {
                json!({})
            };
            drop(tokio::task::spawn_blocking(move || {
                let noted = app
                    .store
                    .write(|tx| tx.audit(now, "somebody", REFUSED, &name, &detail));
                if let Err(error) = noted {
                    tracing::error!(%error, name, "a refused sign-in could not be noted");
                }
            }));
        }
        return Ok(Knocked::Wrong);
    };
    let way = if strong { Way::Code } else { Way::Password };
    Ok(enter(app, officer, way, before.as_slice(), door)?)
}

/// By what somebody showed who they are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// A password alone.
    Password,
    /// A password and a code.
    Code,
    /// A key that is carried and verified its officer.
    Passkey,
    /// The town's provider of single sign-on says so.
    Provider,
    /// The same, and it asked for a second factor.
    ProviderTwice,
}

impl Way {
    const ALL: [Self; 5] = [
        Self::Password,
        Self::Code,
        Self::Passkey,
        Self::Provider,
        Self::ProviderTwice,
    ];

    /// The way with this word.
    pub(super) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.word() == word)
    }

    /// As officers read it.
    pub(super) fn spoken(self) -> &'static str {
        match self {
            Self::Password => "パスワード",
            Self::Code => "パスワードと確認コード",
            Self::Passkey => "パスキー",
            Self::Provider => "シングルサインオン",
            Self::ProviderTwice => "シングルサインオンと2要素目",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Code => "password and code",
            Self::Passkey => "passkey",
            Self::Provider => "single sign-on",
            Self::ProviderTwice => "single sign-on with a second factor",
        }
    }
}

/// Begins the session of an officer who has shown who they are, and ends those that their browser had `before`.
///
/// # Errors
/// The record's.
pub(super) fn enter(
    app: &App,
    officer: Officer,
    way: Way,
    before: &[Digest],
    door: &str,
) -> Result<Knocked, StoreError> {
    // A new name for the session each time; the browser gets one of its own, which opens nothing.
    let (token, csrf, remembered) = (chance::token(), chance::token(), chance::token());
    // With a password that somebody else made and knows, one can choose another, no more. A passkey is the officer's own.
    let given_by = app.store.read(|view| view.password_by(&officer.name))?;
    let by_itself = matches!(way, Way::Passkey | Way::ProviderTwice);
    let wants_own_password = given_by.is_some() && !by_itself;
    let strong = by_itself || (way == Way::Code && !wants_own_password);
    let shown = match way {
        _ if strong => Shown::SecondFactor,
        Way::Provider => Shown::ByProvider,
        _ => Shown::Password,
    };
    let idle_max = SignedDuration::from_mins(i64::from(app.config.web.idle_max_min));
    app.store.write(|tx| {
        // Ended ones are remembered for a while: what was typed in them is kept for their officer.
        tx.end_idle_sessions(wall() - idle_max - REMEMBERED)?;
        // Whoever signs in again does not leave an open session behind.
        for before in before {
            tx.end_session(before)?;
        }
        tx.put_session(
            &Digest::of(token.as_bytes()),
            &officer.name,
            &csrf,
            shown,
            wall(),
        )?;
        tx.put_browser(&Digest::of(remembered.as_bytes()), &officer.name, wall())?;
        tx.audit(
            app.clock.now(),
            &officer.name,
            "signed_in",
            &officer.name,
            &json!({ "role": officer.role, "second_factor": strong, "by": way.word() }),
        )?;
        Ok(())
    })?;
    tracing::info!(officer = %officer.name, by = way.word(), "signed in");
    let cookie = session_cookie(app, &token);
    let browser = format!(
        "{}={remembered}; Path={door}; HttpOnly; SameSite=Strict; Max-Age=31536000{}",
        browser_cookie(app),
        secure(app)
    );
    Ok(Knocked::Entered {
        officer: Officer {
            second_factor: strong,
            ..officer
        },
        wants_own_password,
        csrf,
        cookies: [cookie, browser],
    })
}

/// The cookie of a session.
pub(super) fn session_cookie(app: &App, token: &str) -> String {
    format!(
        "{}={token}; Path=/; HttpOnly; SameSite=Strict{}",
        cookie_name(app),
        secure(app)
    )
}

/// Over TLS, cookies never travel in the clear.
pub(super) fn secure(app: &App) -> &'static str {
    if app.config.web.is_encrypted() {
        "; Secure"
    } else {
        ""
    }
}

/// Name of the cookie by which a browser is known again.
fn browser_cookie(app: &App) -> String {
    format!("hinan_{}_browser", app.config.service.realm)
}

/// What came of the second factor.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Factor {
    /// The account has none.
    None,
    /// The code is right and was not used before.
    Shown,
    /// The code is wrong.
    Wrong,
    /// The code is right and was used: a code works once.
    UsedBefore,
    /// The factor cannot be read.
    Unreadable,
}

/// Looks at the code, if the account has a second factor, and uses it up.
fn second_factor(app: &App, name: &str, typed: &str) -> Result<Factor, Refusal> {
    let Some(factor) = app.store.read(|view| view.second_factor(name))? else {
        return Ok(Factor::None);
    };
    let secret = match app.vault.open(name, &factor.sealed_hex) {
        Ok(secret) => secret,
        Err(why) => {
            tracing::error!(%why, "a second factor cannot be read");
            return Ok(Factor::Unreadable);
        }
    };
    let now_s = wall().as_second();
    let Some(step) = secret.step_of(typed, now_s, factor.last_step) else {
        let right_once = secret.step_of(typed, now_s, i64::MIN).is_some();
        return Ok(if right_once {
            Factor::UsedBefore
        } else {
            Factor::Wrong
        });
    };
    // Of two who type it at the same moment one is in.
    let unused = app.store.write(|tx| tx.use_step(name, step))?;
    Ok(if unused {
        Factor::Shown
    } else {
        Factor::UsedBefore
    })
}

/// Ends the session.
pub(super) async fn out(
    State(doors): State<Doors>,
    Posted { who, .. }: Posted,
) -> Result<Response, Refusal> {
    let cookie = leave(&doors.app, &who)?;
    Ok((
        [(header::SET_COOKIE, cookie)],
        Redirect::to("/plain/signin"),
    )
        .into_response())
}

/// Ends a session; says the cookie that makes the browser forget it.
///
/// # Errors
/// The record's.
pub(super) fn leave(app: &App, who: &SignedIn) -> Result<String, StoreError> {
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
    Ok(format!(
        "{}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0{}",
        cookie_name(app),
        secure(app)
    ))
}

fn shown(doors: &Doors, user: String, error: Option<String>) -> String {
    let app = &doors.app;
    let view = SignInView {
        passkey: passkeys::sign_in_ask(doors),
        single_sign_on: doors.provider.is_some(),
        user,
        error,
        demo_accounts: Vec::new(),
    };
    page::sign_in(&frame::signed_out(app), &view)
}
