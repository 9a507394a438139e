//! GET and POST /plain/second/{draft}: the second person. First their own choice, unseen by what the first chose; then,
//! if both think the same, the very bytes the first approved.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use hinan_dashboard::view::{
    Approving, Evidence, SlipField, SlipForm, SlipList, SlipText, SlipView,
};
use hinan_dashboard::{form, page};

use super::posted::Posted;
use super::refusal::Refusal;
use super::router::Doors;
use super::who::SignedIn;
use super::{decide, end_notice, english, frame, inbox};
use crate::app::App;
use crate::approve::authority::NotAuthorised;
use crate::approve::facts::Kind;
use crate::approve::rule::Choice;
use crate::desk::second::Chosen;
use crate::desk::{self, Declined};
use crate::digest::Digest;
use crate::recommend::level::OrderLevel;
use crate::store::StoreError;
use crate::store::approvals::StoredFirst;

/// The page: nothing on it tells what the first person chose.
pub(super) async fn page(
    State(doors): State<Doors>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let app = &doors.app;
    let (waiting, chosen) = look(app, &who, &id)?;
    if waiting.notice.state().by() == who.officer.name {
        return Ok(Redirect::to(&format!("/plain/first/{id}")).into_response());
    }
    let facts = waiting.notice.content().facts();
    if chosen == Some(Choice::of(facts)) {
        return Ok(confirm(app, &who, &id, &waiting)?.into_response());
    }
    Ok(Html(page::slip(
        &frame::officers(app, &who, None)?,
        &ask(app, &id, &waiting, None)?,
    ))
    .into_response())
}

/// The answer.
pub(super) async fn handler(
    State(doors): State<Doors>,
    Path(id): Path<String>,
    Posted { who, fields }: Posted,
) -> Result<Response, Refusal> {
    let app = &doors.app;
    match fields.text(form::STEP) {
        form::STEP_APPROVE => {
            let read =
                Digest::try_from(fields.text(form::DIGEST).to_owned()).map_err(Refusal::BadForm)?;
            let notice = desk::second::approve(app, &who.officer, &id, &read)?;
            return Ok(Redirect::to(&format!("/plain/n/{notice}")).into_response());
        }
        form::STEP_BACK => return Ok(Redirect::to("/plain/inbox").into_response()),
        _ => {}
    }
    let (waiting, _) = look(app, &who, &id)?;
    let count = waiting.notice.content().facts().districts.len().to_string();
    let error = match Choice::from_word(fields.text(form::CHOICE)) {
        None => "どうすべきかを選んでください".to_owned(),
        Some(_) if decide::half_width(fields.text(form::CHECK)) != count => {
            "対象地区の数と合いません。地区を確かめて、数を入力してください".to_owned()
        }
        Some(choice) => match desk::second::choose(app, &who.officer, &id, choice)? {
            Chosen::Agrees => return Ok(confirm(app, &who, &id, &waiting)?.into_response()),
            Chosen::Differs { first, second } => {
                let why = NotAuthorised::Differs {
                    first: first.spoken(),
                    second: second.spoken(),
                };
                return Err(Declined::Changed(why.to_string()).into());
            }
        },
    };
    let view = ask(app, &id, &waiting, Some(error))?;
    let page = Html(page::slip(&frame::officers(app, &who, None)?, &view));
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

fn look(app: &App, who: &SignedIn, id: &str) -> Result<(StoredFirst, Option<Choice>), Refusal> {
    let found = app.store.read(|view| {
        Ok((
            view.first_approved(id)?,
            view.choice_of(id, &who.officer.name)?,
        ))
    })?;
    let (Some(waiting), chosen) = found else {
        return Err(Refusal::Unknown);
    };
    desk::still_waits(&waiting.draft)?;
    Ok((waiting, chosen))
}

/// Evidence and counter-evidence first, the same size; then the question.
fn ask(
    app: &App,
    id: &str,
    waiting: &StoredFirst,
    error: Option<String>,
) -> Result<SlipView, Refusal> {
    let facts = waiting.notice.content().facts();
    let by = app
        .store
        .read(|view| view.officer(waiting.notice.state().by()))?
        .map_or_else(String::new, |(officer, _)| officer.display);
    let (speaks_for, against) = grounds(app, waiting)?;
    let words = |all: Vec<Evidence>| all.into_iter().map(|line| line.text).collect();
    let (speaks_for, against) = (words(speaks_for), words(against));
    let choices = choices(facts.kind);
    let mut fields: Vec<SlipField> = choices
        .into_iter()
        .map(|choice| SlipField::Choice {
            name: form::CHOICE.to_owned(),
            value: choice.word().to_owned(),
            label: choice.spoken(),
        })
        .collect();
    fields.push(SlipField::Text {
        name: form::CHECK.to_owned(),
        label: "対象地区は、何地区ですか(数字だけ。全角でもかまいません)".to_owned(),
        kind: SlipText::Digits,
        value: String::new(),
    });
    let list = |title: &str, title_en: &str, lines, none: &str| SlipList {
        title: title.to_owned(),
        title_en: title_en.to_owned(),
        lines,
        none: none.to_owned(),
    };
    Ok(SlipView {
        title: format!("2人目の判断 {}", inbox::place(crate::recommend::cause::of_facts(facts))),
        title_en: "The second person decides".to_owned(),
        lead: vec![
            format!("{by}が1人目として承認しました。何を選んだかは、あなたが選ぶまで表示されません。"),
            "同じ判断なら、1人目が承認した文面を確かめて発表します。違えば何も発表されず、2人に違いが示されます。選べるのは一度だけです。"
                .to_owned(),
        ],
        error,
        facts: vec![[
            format!("対象地区({})", facts.districts.len()),
            facts
                .districts
                .iter()
                .map(|d| d.name.as_str())
                .collect::<Vec<_>>()
                .join("、"),
        ]],
        lists: vec![
            list("根拠", "Evidence", speaks_for, "満たされた条件はありません。"),
            list("反対の根拠", "Counter-evidence", against, "反対の根拠は知られていません。"),
        ],
        forms: vec![SlipForm {
            post_to: format!("/plain/second/{id}"),
            legend: "どうすべきですか / What should be done?".to_owned(),
            fields,
            buttons: vec![["choose".to_owned(), "選ぶ(まだ発表されません)".to_owned()]],
        }],
        links: vec![["/plain/inbox".to_owned(), "選ばずに戻る".to_owned()]],
        ..SlipView::default()
    })
}

/// What speaks for it and what against, without a word of what the first chose.
///
/// # Errors
/// The record's.
pub(super) fn grounds(
    app: &App,
    waiting: &StoredFirst,
) -> Result<(Vec<Evidence>, Vec<Evidence>), StoreError> {
    // A correction rests on what the order rested on that it corrects.
    let stored = app.store.read(|view| {
        let draft = &waiting.draft;
        let proposal = match (&draft.proposal, &draft.prepared_for) {
            (Some(proposal), _) => Some(proposal.clone()),
            (None, Some(order)) if waiting.notice.content().facts().kind == Kind::Issue => {
                view.draft(order.as_str())?.and_then(|first| first.proposal)
            }
            (None, _) => None,
        };
        match proposal {
            Some(proposal) => view.proposal(&proposal),
            None => Ok(None),
        }
    })?;
    Ok(match &stored {
        Some(stored) => english::grounds(app, &stored.proposal),
        None => {
            let (met, lacks) = end_notice::lifting(
                app,
                crate::recommend::cause::of_facts(waiting.notice.content().facts()),
            );
            let at = app.picture().advice.outlook.as_of;
            let line = |text: String| Evidence {
                text,
                en: None,
                source: "観測・予測".to_owned(),
                at,
            };
            (
                met.into_iter().map(line).collect(),
                lacks.into_iter().map(line).collect(),
            )
        }
    })
}

/// What the second person may choose.
pub(super) fn choices(kind: Kind) -> Vec<Choice> {
    if kind == Kind::Issue {
        let levels = OrderLevel::ALL.map(Choice::Issue).into_iter();
        levels.chain([Choice::NotNow]).collect()
    } else {
        vec![Choice::Lift, Choice::Cancel, Choice::NotNow]
    }
}

fn confirm(
    app: &App,
    who: &SignedIn,
    id: &str,
    waiting: &StoredFirst,
) -> Result<Html<String>, Refusal> {
    let mut view = decide::of_draft(app, &waiting.draft, Approving::SecondOfTwo)?;
    view.post_to = format!("/plain/second/{id}");
    view.back_to = "/plain/inbox".to_owned();
    view.cautions
        .push("2人の判断は同じです。文面を確かめて、承認すると発表されます".to_owned());
    Ok(Html(page::confirm(
        &frame::officers(app, who, None)?,
        &view,
    )))
}
