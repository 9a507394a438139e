//! /api/v1/texts/{id}/second and …/choice: the second person. First their own choice, unseen by what the first chose; then, if both
//! think the same, the very bytes the first approved.

use axum::Json;
use axum::extract::State;
use hinan_dashboard::view::Approving;
use serde_json::{Value, json};

use super::at::At;
use super::body::Sent;
use super::caller::Caller;
use super::detail::NO_COUNTER_EVIDENCE;
use super::texts::{moved, published, waiting};
use super::{Refused, inbox, shapes, shown};
use crate::approve::rule::Choice;
use crate::desk;
use crate::desk::second::Chosen;
use crate::web::router::Doors;
use crate::web::second::{choices, grounds};

/// What the second person reads before choosing: nothing of what the first chose.
pub(super) async fn show(
    State(doors): State<Doors>,
    Caller(who): Caller,
    At(id): At<String>,
) -> Result<Json<Value>, Refused> {
    let app = &doors.app;
    let waiting = waiting(app, &id)?;
    desk::still_waits(&waiting.draft)?;
    let facts = waiting.notice.content().facts();
    let (speaks_for, against) = grounds(app, &waiting)?;
    let (by, chosen) = app.store.read(|view| {
        Ok((
            inbox::display(view, waiting.notice.state().by())?,
            view.choice_of(&id, &who.officer.name)?,
        ))
    })?;
    let choices: Value = choices(facts.kind)
        .into_iter()
        .map(|choice| json!({ "code": choice.word(), "text": choice_text(choice) }))
        .collect();
    Ok(Json(json!({
        "text": id, "by": by, "own": waiting.notice.state().by() == who.officer.name, "river": facts.river,
        "place": crate::web::inbox::place(crate::recommend::cause::of_facts(facts)),
        "areas": facts.districts.iter().map(|d| d.name.as_str()).collect::<Vec<_>>(),
        "evidence": shapes::evidence(&speaks_for), "counter_evidence": shapes::evidence(&against),
        "no_counter_evidence": NO_COUNTER_EVIDENCE, "detail_of": waiting.draft.proposal, "choices": choices,
        "check": shapes::check(), "chosen": chosen.map(Choice::word),
    })))
}

/// The second person's choice. It cannot be made twice.
pub(super) async fn choose(
    State(doors): State<Doors>,
    At(id): At<String>,
    Sent { who, mut body }: Sent,
) -> Result<Json<Value>, Refused> {
    let app = &doors.app;
    let waiting = waiting(app, &id)?;
    let facts = waiting.notice.content().facts();
    let known: Vec<&str> = choices(facts.kind).into_iter().map(Choice::word).collect();
    let choice = body.word("choice", &known).and_then(Choice::from_word);
    let checked = body.check("check", facts.districts.len());
    let (choice, ()) = body.end(choice.zip(checked))?;
    let chosen = desk::second::choose(app, &who.officer, &id, choice)
        .map_err(|why| moved(app, &who, waiting.draft.proposal.as_deref(), why))?;
    let by = app
        .store
        .read(|view| inbox::display(view, waiting.notice.state().by()))?;
    Ok(Json(match chosen {
        Chosen::Agrees => json!({
            "agrees": true,
            "first": { "by": by, "choice": Choice::of(facts).word(), "reason": waiting.draft.reason },
            "shown": shown::shown(app, &waiting.draft, Approving::SecondOfTwo)?,
        }),
        Chosen::Differs { first, second } => json!({
            "agrees": false, "first": { "by": by, "choice": first.word() }, "second": second.word(),
            "text": shapes::text(
                format!("2人の判断が違います(1人目: {}、2人目: {})。何も発表していません。推奨は、2人とももう一度判断できます",
                    first.spoken(), second.spoken()),
                format!("The two differ (first: {}, second: {}). Nothing was published; both may decide again",
                    english(first), english(second)),
            ),
        }),
    }))
}

/// The second person approves exactly what the first approved.
pub(super) async fn approve(
    State(doors): State<Doors>,
    At(id): At<String>,
    Sent { who, mut body }: Sent,
) -> Result<Json<Value>, Refused> {
    let app = &doors.app;
    let digest = body.digest("digest");
    let digest = body.end(digest)?;
    let proposal = super::texts::draft(app, &id)?.proposal;
    let notice = desk::second::approve(app, &who.officer, &id, &digest)
        .map_err(|why| moved(app, &who, proposal.as_deref(), why))?;
    Ok(Json(published(&notice)))
}

fn choice_text(choice: Choice) -> Value {
    shapes::text(choice.spoken(), english(choice))
}

fn english(choice: Choice) -> String {
    match choice {
        Choice::Issue(level) => crate::web::lines::level_en(level),
        Choice::Lift => "Lift".to_owned(),
        Choice::Cancel => "Cancel".to_owned(),
        Choice::NotNow => "Nothing now".to_owned(),
    }
}
