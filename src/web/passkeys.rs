//! POST /plain/signin/passkey and /plain/account/passkey, GET /account.js: passkeys. The script asks the browser for the key and
//! fills in a form; it decides nothing, and every other page works without one.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hinan_dashboard::form;
use hinan_dashboard::view::{PasskeyAsk, SlipField, SlipForm};
use ring::hmac;
use serde_json::json;

use super::guard::{Knock, Standing};
use super::posted::{self, Fields, Posted};
use super::refusal::Refusal;
use super::router::Doors;
use super::sign_in::{Knocked, Way};
use super::tls::Visitor;
use super::{account, guard, sign_in};
use crate::app::App;
use crate::approve::officer::Officer;
use crate::chance;
use crate::clock::{monotonic, spoken, wall};
use crate::desk::Declined;
use crate::digest::Digest;
use crate::passkey::{self, Party, Question, Refused, Signature};
use crate::store::officers::Shown;
use crate::store::passkeys::{StoredPasskey, name_of};

/// How long an officer has between the page and the finger. The script asks for a new question before.
const ANSWERED_WITHIN: Duration = Duration::from_secs(5 * 60);
/// Keys of one account.
const KEYS_MAX: usize = 10;
/// Longest name of a key, characters.
const LABEL_MAX: usize = 60;
/// Questions that were answered, remembered so that no answer counts twice. Beyond it answers are refused.
const ANSWERED_MAX: usize = 10_000;
/// Fields of these forms only.
const QUESTION: &str = "question";
const ANSWER: &str = "answer";
const LABEL: &str = "label";
const KEY: &str = "key";
/// The step that takes a key away.
const REMOVE: &str = "remove";
/// What a question is for.
const TO_SIGN_IN: &str = "sign in";

/// The script of the two pages that use passkeys.
pub(super) async fn script() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, include_str!("account.js")).into_response()
}

/// Questions that this run of the service asks browsers. They carry their own proof, so that asking costs no memory; an answer
/// counts once.
pub(super) struct Questions {
    key: hmac::Key,
    began: Instant,
    answered: Mutex<BTreeMap<String, Instant>>,
}

impl Questions {
    pub(super) fn new() -> Self {
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, &chance::bytes::<32>()),
            began: monotonic(),
            answered: Mutex::default(),
        }
    }

    /// What was kept of a question, sealed for this purpose: when it was asked, the state, and a proof of both.
    pub(super) fn sealed(&self, purpose: &str, kept: &[u8], now: Instant) -> String {
        let asked_s = now.saturating_duration_since(self.began).as_secs();
        let mut bytes = asked_s.to_be_bytes().to_vec();
        bytes.extend(kept);
        let proof = hmac::sign(&self.key, &message(purpose, &bytes));
        bytes.extend(proof.as_ref());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// What was kept, if this is a question of ours for this purpose that is not too old. It may have been answered before.
    pub(super) fn read(&self, purpose: &str, sealed: &str, now: Instant) -> Option<Vec<u8>> {
        let bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (said, proof) = bytes.split_at_checked(bytes.len().checked_sub(32)?)?;
        hmac::verify(&self.key, &message(purpose, said), proof).ok()?;
        let (asked_s, kept) = said.split_first_chunk()?;
        let asked = self.began + Duration::from_secs(u64::from_be_bytes(*asked_s));
        let in_time = now.saturating_duration_since(asked) <= ANSWERED_WITHIN;
        in_time.then(|| kept.to_vec())
    }

    /// The same, if it was not answered before. Then it is answered now.
    pub(super) fn opened(&self, purpose: &str, sealed: &str, now: Instant) -> Option<Vec<u8>> {
        let kept = self.read(purpose, sealed, now)?;
        let mut answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        if answered.len() >= ANSWERED_MAX {
            answered.retain(|_, at| now.saturating_duration_since(*at) <= ANSWERED_WITHIN);
        }
        if answered.len() >= ANSWERED_MAX || answered.insert(sealed.to_owned(), now).is_some() {
            return None;
        }
        Some(kept)
    }
}

fn message(purpose: &str, bytes: &[u8]) -> Vec<u8> {
    [purpose.as_bytes(), &[0], bytes].concat()
}

/// Us, where passkeys are in use.
pub(super) fn party(app: &App) -> Option<Party> {
    Party::at(
        &app.config.officers.passkey_origin,
        app.config.service.realm,
    )
}

/// What the sign-in page asks a browser, where passkeys are in use.
pub(super) fn sign_in_ask(doors: &Doors) -> Option<PasskeyAsk> {
    let party = party(&doors.app)?;
    let question = said(passkey::ask_for_any(&party))?;
    Some(PasskeyAsk {
        post_to: "/plain/signin/passkey".to_owned(),
        act: "get".to_owned(),
        question: doors
            .questions
            .sealed(TO_SIGN_IN, &question.kept, monotonic()),
        options: question.options,
        label: String::new(),
        button: "パスキーでサインインする / Sign in with a passkey".to_owned(),
    })
}

/// What the account page asks a browser for one more key.
pub(super) fn register_ask(
    doors: &Doors,
    officer: &Officer,
    known: &[StoredPasskey],
) -> Option<PasskeyAsk> {
    let party = party(&doors.app)?;
    if known.len() >= KEYS_MAX {
        return None;
    }
    let ids: Vec<Vec<u8>> = known.iter().map(|known| known.key.id.clone()).collect();
    let question = said(passkey::ask_for_new(
        &party,
        &officer.name,
        &officer.display,
        &ids,
    ))?;
    Some(PasskeyAsk {
        post_to: "/plain/account/passkey".to_owned(),
        act: "create".to_owned(),
        question: doors
            .questions
            .sealed(&to_add_to(&officer.name), &question.kept, monotonic()),
        options: question.options,
        label: "この鍵の呼び名(例: 私のスマートフォン)".to_owned(),
        button: "パスキーを登録する / Add a passkey".to_owned(),
    })
}

/// The form that takes a key of one's own away.
pub(super) fn removing(keys: &[StoredPasskey]) -> SlipForm {
    SlipForm {
        post_to: "/plain/account/passkey".to_owned(),
        legend: "パスキーを外す / Remove a passkey".to_owned(),
        fields: keys
            .iter()
            .map(|known| SlipField::Choice {
                name: KEY.to_owned(),
                value: name_of(&known.key.id),
                label: known.label.clone(),
            })
            .collect(),
        buttons: vec![[REMOVE.to_owned(), "外す".to_owned()]],
    }
}

fn to_add_to(account: &str) -> String {
    format!("add to {account}")
}

/// The page goes without where nothing can be asked; the log says why.
fn said(asked: Result<Question, Refused>) -> Option<Question> {
    asked
        .inspect_err(|why| tracing::error!(%why, "no passkey can be asked for"))
        .ok()
}

/// Signs in with a passkey: something that is carried, and a finger or a PIN.
pub(super) async fn enter(
    State(doors): State<Doors>,
    ConnectInfo(Visitor(from)): ConnectInfo<Visitor>,
    request: Request,
) -> Result<Response, Refusal> {
    let before = sign_in::before(&doors.app, request.headers());
    let from = sign_in::visitor(&doors.app, from.ip(), request.headers());
    let fields = posted::fields(request, &doors).await?;
    let knocked = knock(&doors, guard::network(from), &fields, before.as_slice())?;
    if matches!(knocked, Knocked::WrongKey) {
        metrics::counter!("hinan_sign_ins_refused_total").increment(1);
    }
    Ok(sign_in::answer(&doors, String::new(), knocked))
}

fn knock(
    doors: &Doors,
    place: String,
    fields: &Fields,
    before: &[Digest],
) -> Result<Knocked, Refusal> {
    let app = &doors.app;
    let party = party(app).ok_or(Refusal::Unknown)?;
    let kept = doors
        .questions
        .opened(TO_SIGN_IN, fields.text(QUESTION), monotonic());
    let Some(kept) = kept else {
        tracing::warn!("a passkey answered a question that is not ours, too old or answered");
        return Ok(Knocked::WrongKey);
    };
    let signature = match Signature::read(fields.text(ANSWER)) {
        Ok(signature) => signature,
        Err(why) => {
            tracing::warn!(%why, "a passkey was refused");
            return Ok(Knocked::WrongKey);
        }
    };
    let Some(known) = app.store.read(|view| view.passkey(&signature.key()))? else {
        tracing::warn!("a passkey that is not known was refused");
        return Ok(Knocked::WrongKey);
    };
    // Nobody guesses a signature; the wait is for whoever would fill the record with refusals.
    let door = Knock {
        account: format!("passkey of {}", known.officer),
        place,
        standing: Standing::KnownBrowser,
    };
    if let Err(wait) = doors.attempts.begin(&door, monotonic()) {
        return Ok(Knocked::Wait(wait));
    }
    let checked = signature
        .by(&party, &kept, &known.officer, &known.key)
        .map_err(|why| why.to_string());
    // Of two signatures at the same time one counts.
    let used = match checked {
        Ok(state) => {
            let (id, old) = (known.key.id.as_slice(), known.key.state);
            let used = app
                .store
                .write(|tx| tx.use_passkey(id, old, state, wall()))?;
            used.then_some(())
                .ok_or_else(|| "it signed twice at once".to_owned())
        }
        Err(why) => Err(why),
    };
    if let Err(why) = used {
        tracing::warn!(why, officer = known.officer, "a passkey was refused");
        let detail = json!({ "passkey": known.label, "why": why });
        let now = app.clock.now();
        app.store
            .write(|tx| tx.audit(now, "somebody", "sign_in_refused", &known.officer, &detail))?;
        return Ok(Knocked::WrongKey);
    }
    doors.attempts.succeeded(&door);
    let stored = app.store.read(|view| view.officer(&known.officer))?;
    let (officer, _) = stored.ok_or(Refusal::Unknown)?;
    Ok(sign_in::enter(
        app,
        officer,
        Way::Passkey,
        before,
        sign_in::PAGE,
    )?)
}

/// Adds a passkey to the officer's own account, or removes one.
pub(super) async fn add(
    State(doors): State<Doors>,
    Posted { who, fields }: Posted,
) -> Result<Response, Refusal> {
    let app = &doors.app;
    let name = who.officer.name.as_str();
    let (given_by, factor, known) = app.store.read(|view| {
        Ok((
            view.password_by(name)?,
            view.second_factor(name)?.is_some(),
            view.passkeys_of(name)?,
        ))
    })?;
    if who.is_by_provider_alone() {
        return Err(Declined::NotAuthorised(account::PASSWORD_FIRST.to_owned()).into());
    }
    // Whoever has a factor shows it first: a password alone must not add another way in, nor take one away.
    let has_one = factor || !known.is_empty();
    if (given_by.is_some() || has_one) && !who.officer.second_factor {
        let why = "パスキーの登録と取り外しは、自分のパスワードに替え、2要素目を確かめたサインインで行ってください";
        return Err(Declined::NotAuthorised(why.to_owned()).into());
    }
    if fields.text(form::STEP) == REMOVE {
        return remove(app, name, &known, fields.text(KEY));
    }
    let party = party(app).ok_or(Refusal::Unknown)?;
    if known.len() >= KEYS_MAX {
        let why = format!("パスキーは1人{KEYS_MAX}個までです。使わないものを外してください");
        return Err(Declined::Incomplete(why).into());
    }
    let label: String = fields.text(LABEL).trim().chars().take(LABEL_MAX).collect();
    let kept = doors
        .questions
        .opened(&to_add_to(name), fields.text(QUESTION), monotonic());
    let made = match kept {
        Some(kept) => passkey::registered(&party, &kept, fields.text(ANSWER)),
        None => Err(Refused::Kept("the question, or it was answered before")),
    };
    let made = match made {
        Ok(made) => made,
        Err(why) => {
            tracing::warn!(%why, officer = name, "a new passkey was refused");
            let why = "パスキーを登録できませんでした。アカウントの画面からもう一度始めてください";
            return Err(Declined::Incomplete(why.to_owned()).into());
        }
    };
    if app.store.read(|view| view.passkey(&made.id))?.is_some() {
        let why = "このパスキーは、すでに登録されています".to_owned();
        return Err(Declined::NoLongerOpen(why).into());
    }
    let known = StoredPasskey {
        officer: name.to_owned(),
        key: made,
        label: if label.is_empty() {
            format!("{}に登録した鍵", spoken(wall()))
        } else {
            label
        },
        added_at: wall(),
    };
    let (token, now) = (chance::token(), app.clock.now());
    app.store.write(|tx| {
        tx.put_passkey(&known)?;
        // As with a code: other sessions have shown nothing, and what may do more gets a new name.
        tx.end_sessions_of(name)?;
        let (digest, csrf) = (Digest::of(token.as_bytes()), chance::token());
        tx.put_session(&digest, name, &csrf, Shown::SecondFactor, wall())?;
        let detail = json!({ "passkey": known.label });
        tx.audit(now, name, "passkey_added", name, &detail)
    })?;
    let cookie = [(header::SET_COOKIE, sign_in::session_cookie(app, &token))];
    Ok((cookie, Redirect::to("/plain/account")).into_response())
}

fn remove(app: &App, name: &str, known: &[StoredPasskey], key: &str) -> Result<Response, Refusal> {
    let one = known.iter().find(|known| name_of(&known.key.id) == key);
    let one = one.ok_or(Declined::Unknown("パスキー"))?;
    let now = app.clock.now();
    app.store.write(|tx| {
        tx.drop_passkey(name, &one.key.id)?;
        let detail = json!({ "passkey": one.label });
        tx.audit(now, name, "passkey_removed", name, &detail)
    })?;
    Ok(Redirect::to("/plain/account").into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_answered_once_in_time_for_its_purpose_and_unaltered() {
        let questions = Questions::new();
        let now = questions.began + Duration::from_secs(3600);
        let sealed = questions.sealed("sign in", b"state", now);
        assert_eq!(questions.opened("add to sato", &sealed, now), None);
        assert_eq!(Questions::new().opened("sign in", &sealed, now), None);
        let mut bytes = URL_SAFE_NO_PAD.decode(&sealed).expect("ours");
        bytes[8] ^= 1;
        let altered = URL_SAFE_NO_PAD.encode(&bytes);
        assert_eq!(questions.opened("sign in", &altered, now), None);
        for broken in ["", "?", "AAAA", &"A".repeat(43)] {
            assert_eq!(questions.opened("sign in", broken, now), None, "{broken}");
        }
        let late = now + ANSWERED_WITHIN + Duration::from_secs(2);
        assert_eq!(questions.opened("sign in", &sealed, late), None);
        for _ in 0..2 {
            let kept = questions.read("sign in", &sealed, now);
            assert_eq!(
                kept.as_deref(),
                Some(&b"state"[..]),
                "reading answers nothing"
            );
        }
        let kept = questions.opened("sign in", &sealed, now + ANSWERED_WITHIN);
        assert_eq!(kept.as_deref(), Some(&b"state"[..]));
        assert_eq!(questions.opened("sign in", &sealed, now), None, "again");
    }

    #[test]
    fn a_flood_of_answers_is_refused_and_over_after_a_while() {
        let questions = Questions::new();
        let now = questions.began;
        let ask = |at: Instant| {
            let state = chance::bytes::<16>();
            questions.opened("sign in", &questions.sealed("sign in", &state, at), at)
        };
        for _ in 0..ANSWERED_MAX {
            assert!(ask(now).is_some());
        }
        assert!(ask(now).is_none());
        assert!(ask(now + ANSWERED_WITHIN + Duration::from_secs(1)).is_some());
    }
}
