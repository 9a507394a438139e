//! An officer's own open sessions, on the account page: what is open since when, and how it is ended.

use hinan_dashboard::view::{SlipField, SlipForm, SlipTable};
use serde_json::json;

use super::posted::Fields;
use super::refusal::Refusal;
use super::who::{SignedIn, is_open};
use crate::app::App;
use crate::clock::{spoken, wall};
use crate::desk::Declined;
use crate::desk::own_account::SESSIONS_ENDED;
use crate::digest::Digest;
use crate::store::StoreError;
use crate::store::officers::{Session, Shown};

/// The step that ends one session, and the one that ends all others.
pub(super) const END_ONE: &str = "end_session";
pub(super) const END_OTHERS: &str = "end_others";
/// Which one.
const SESSION: &str = "session";

/// What is said to whoever signed in too long ago: a desk that was left open must not throw its officer out elsewhere.
pub(super) const SIGN_IN_ANEW: &str =
    "ほかのサインインを終わらせるには、サインインし直してください。サインインから10分間、行えます";

/// The open sessions, this one first.
pub(super) fn table(app: &App, who: &SignedIn) -> Result<SlipTable, StoreError> {
    let row = |session: &Session, which: &str| {
        vec![
            spoken(session.begun_at),
            spoken(session.seen_at),
            shown(session.shown).to_owned(),
            which.to_owned(),
        ]
    };
    let (own, others) = open(app, who)?;
    let own = own.iter().map(|(_, session)| row(session, "この画面"));
    let others = others.iter().map(|(_, session)| row(session, "ほかの場所"));
    Ok(SlipTable {
        caption: "いま開いている、あなたのサインイン".to_owned(),
        head: ["始まり", "最後の操作", "確かめたもの", "場所"]
            .map(str::to_owned)
            .to_vec(),
        rows: own.chain(others).collect(),
    })
}

/// The form that ends others; none where there are none, or the sign-in is too long ago.
pub(super) fn ending(app: &App, who: &SignedIn) -> Result<Option<SlipForm>, StoreError> {
    let (_, others) = open(app, who)?;
    if others.is_empty() || !who.is_fresh() {
        return Ok(None);
    }
    let choice = |(token, session): &(Digest, Session)| SlipField::Choice {
        name: SESSION.to_owned(),
        value: name_of(token),
        label: format!(
            "{}に始まり、{}に最後に操作したもの({})",
            spoken(session.begun_at),
            spoken(session.seen_at),
            shown(session.shown)
        ),
    };
    Ok(Some(SlipForm {
        post_to: "/plain/account".to_owned(),
        legend: "ほかの場所のサインイン / Other sessions".to_owned(),
        fields: others.iter().map(choice).collect(),
        buttons: vec![
            [END_ONE.to_owned(), "選んだものを終わらせる".to_owned()],
            [END_OTHERS.to_owned(), "ほかをすべて終わらせる".to_owned()],
        ],
    }))
}

/// Whether there are others that cannot be ended now.
pub(super) fn wants_sign_in(app: &App, who: &SignedIn) -> Result<bool, StoreError> {
    Ok(!who.is_fresh() && !open(app, who)?.1.is_empty())
}

/// Ends the one that was chosen, or all others.
pub(super) fn end(app: &App, who: &SignedIn, step: &str, fields: &Fields) -> Result<(), Refusal> {
    if !who.is_fresh() {
        return Err(Declined::NotAuthorised(SIGN_IN_ANEW.to_owned()).into());
    }
    let name = who.officer.name.as_str();
    let (_, others) = open(app, who)?;
    let chosen = fields.text(SESSION);
    let one = others.iter().find(|(token, _)| name_of(token) == chosen);
    if step == END_ONE && one.is_none() {
        let why = "終わらせるサインインを選んでください。すでに終わったものは選べません".to_owned();
        return Err(Declined::Incomplete(why).into());
    }
    app.store.write(|tx| {
        let count = match one {
            Some((token, _)) if step == END_ONE => {
                tx.end_session(token)?;
                1
            }
            _ => tx.end_other_sessions(name, &who.token)?,
        };
        let detail = json!({ "count": count });
        tx.audit(app.clock.now(), name, SESSIONS_ENDED, name, &detail)
    })?;
    Ok(())
}

type Open = Vec<(Digest, Session)>;

/// The officer's open sessions: this one, and the others, newest click first.
fn open(app: &App, who: &SignedIn) -> Result<(Open, Open), StoreError> {
    let (all, now) = (
        app.store.read(|view| view.sessions_of(&who.officer.name))?,
        wall(),
    );
    let open = all
        .into_iter()
        .filter(|(_, session)| is_open(app, session, now));
    Ok(open.partition(|(token, _)| *token == who.token))
}

/// How a form names a session: nothing that is kept, nor anything that opens it.
fn name_of(token: &Digest) -> String {
    Digest::of(format!("session {token}").as_bytes()).to_string()
}

fn shown(shown: Shown) -> &'static str {
    match shown {
        Shown::Password => "パスワード",
        Shown::ByProvider => "シングルサインオン",
        Shown::SecondFactor => "2要素目",
    }
}
