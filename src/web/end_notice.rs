//! GET and POST /plain/n/{id}/cancel: lifting an order that is over, or cancelling one that was wrong.
//! Both pass the same gate as an order.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use hinan_dashboard::view::{
    CheckNumber, ConfirmView, EndNoticeView, Ending, FieldErrors, Filled, ReasonChoice,
};
use hinan_dashboard::{form, page};
use hinan_recommend::{Answer, Gate, GateName};

use super::posted::Posted;
use super::refusal::Refusal;
use super::router::Doors;
use super::who::SignedIn;
use super::{approve_notice, cautions, decide, frame, published};
use crate::app::App;
use crate::approve::facts::Kind;
use crate::approve::notice::{Approved, Notice};
use crate::desk::{self, lifting};
use crate::digest::Digest;
use crate::engine::Advice;
use crate::store::drafts::StoredDraft;

/// Why a notice is ended, by code.
pub(super) const REASONS: [(&str, &str); 3] = [
    (
        desk::LIFT_REASON,
        "水位が下がり、上流でも下がっていることを確認した",
    ),
    (desk::CANCEL_REASONS[0], "誤って発表した"),
    (desk::CANCEL_REASONS[1], "対象地区を誤った"),
];

/// How the officer came here.
#[derive(serde::Deserialize)]
pub(super) struct Asked {
    ending: Option<String>,
}

/// The form.
pub(super) async fn page(
    State(doors): State<Doors>,
    who: SignedIn,
    Path(id): Path<String>,
    Query(Asked { ending: asked }): Query<Asked>,
) -> Result<Html<String>, Refusal> {
    let app = &doors.app;
    let notice = app
        .store
        .read(|view| view.notice(&id))?
        .ok_or(Refusal::Unknown)?;
    // From a published row, a cancellation is one click away and needs no typing but the number.
    let (ending, mut filled) = match asked.as_deref() {
        Some("cancel") => (
            Some(Ending::Cancel),
            Filled {
                reason: Some("wrong".to_owned()),
                ..Filled::default()
            },
        ),
        _ => (None, Filled::default()),
    };
    let mut frame = frame::officers(app, &who, None)?;
    let kept = doors
        .kept
        .take(&who.officer.name, &format!("/plain/n/{id}/cancel"));
    if let Some(kept) = kept {
        frame.notices.push(decide::KEPT.to_owned());
        filled = decide::filled(&kept);
    }
    let view = view(app, &notice, ending, filled, FieldErrors::default())?;
    Ok(Html(page::end_notice(&frame, &view)))
}

/// The answer.
pub(super) async fn handler(
    State(doors): State<Doors>,
    Path(id): Path<String>,
    Posted { who, fields }: Posted,
) -> Result<Response, Refusal> {
    let app = &doors.app;
    match fields.text(form::STEP) {
        form::STEP_APPROVE => return approve_notice::approve(app, &who, &fields),
        form::STEP_BACK => {
            return Ok(Redirect::to(&format!("/plain/n/{id}/cancel")).into_response());
        }
        _ => {}
    }
    let notice = app
        .store
        .read(|view| view.notice(&id))?
        .ok_or(Refusal::Unknown)?;
    let reason = fields.reason(|value| {
        REASONS
            .iter()
            .find(|(known, _)| *known == value)
            .map(|(_, words)| *words)
    });
    let ending = match fields.text(form::ENDING) {
        "lift" => Some(Ending::Lift),
        "cancel" => Some(Ending::Cancel),
        _ => None,
    };
    let mut errors = FieldErrors::default();
    if ending.is_none() {
        errors.level = Some("解除か取消かを選んでください".to_owned());
    }
    if reason.is_empty() {
        errors.reason = Some("理由を選ぶか、書いてください".to_owned());
    }
    if decide::half_width(fields.text(form::CHECK))
        != notice.content().facts().districts.len().to_string()
    {
        errors.check = Some("対象地区の数と合いません".to_owned());
    }
    let filled = decide::filled(&fields);
    if let (Some(ending), None, None) = (ending, &errors.reason, &errors.check) {
        let kind = match ending {
            Ending::Lift => Kind::Lift,
            Ending::Cancel => Kind::Cancel,
        };
        let reason = desk::Reason {
            code: fields.reason_code(),
            words: &reason,
        };
        // A form without a digest was made by no page of ours; it stands for grounds that nobody saw.
        let read =
            Digest::try_from(fields.text(form::DIGEST).to_owned()).map_err(Refusal::BadForm)?;
        match desk::prepare_end(app, &who.officer, &id, kind, reason, &read) {
            Ok(draft) => {
                let view = confirm(app, &id, &draft, filled)?;
                return Ok(
                    Html(page::confirm(&frame::officers(app, &who, None)?, &view)).into_response(),
                );
            }
            Err(desk::Declined::Incomplete(why) | desk::Declined::NoLongerOpen(why)) => {
                errors.form = Some(why);
            }
            Err(other) => return Err(other.into()),
        }
    }
    let view = view(app, &notice, ending, filled, errors)?;
    let page = Html(page::end_notice(&frame::officers(app, &who, None)?, &view));
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

fn view(
    app: &App,
    notice: &Notice<Approved>,
    ending: Option<Ending>,
    filled: Filled,
    errors: FieldErrors,
) -> Result<EndNoticeView, Refusal> {
    let now = app.clock.now();
    let river = crate::recommend::cause::of_facts(notice.content().facts());
    let (row, grounds) = app.store.read(|view| {
        Ok((
            published::row(app, view, notice, &view.notices(1000)?, now)?,
            lifting::substance(app, view, river)?,
        ))
    })?;
    let (lift_met, lift_lacks) = lifting(app, river);
    Ok(EndNoticeView {
        also_in_force: cautions::also_in_force(app, notice.content().facts())?,
        row,
        lift_lacks,
        lift_met,
        reasons: REASONS
            .iter()
            .map(|(value, words)| ReasonChoice {
                value: (*value).to_owned(),
                text: (*words).to_owned(),
            })
            .collect(),
        check: CheckNumber {
            question: "この発表の対象地区は、何地区ですか".to_owned(),
            hint: "数字だけ。全角でもかまいません".to_owned(),
        },
        digest: grounds.to_string(),
        ending,
        filled,
        errors,
    })
}

/// What speaks for lifting and what is missing, in words.
pub(super) fn lifting(app: &App, river: &str) -> (Vec<String>, Vec<String>) {
    let (met, lacks): (Vec<_>, Vec<_>) = lifting::grounds(app, river)
        .into_iter()
        .partition(|ground| ground.met);
    let lines = |grounds: Vec<lifting::Ground>| grounds.into_iter().map(|g| g.line);
    let by_telephone = "上流のダム操作と、堤防の巡視の結果は、このシステムでは確認できません。電話で確かめ、「解除の条件」(/plain/lifting)に記録してください";
    let (open, shut) = gates(&app.picture().advice, river);
    (
        lines(met).chain(open).collect(),
        lines(lacks)
            .chain(shut)
            .chain([by_telephone.to_owned()])
            .collect(),
    )
}

/// What lifting needs, over all districts in an order for the river: a gate is open when it is for every one of them, and one of
/// which nothing is known is shut.
fn gates(advice: &Advice, river: &str) -> (Vec<String>, Vec<String>) {
    let ordered: BTreeSet<&str> = advice
        .told
        .orders
        .iter()
        .filter(|order| order.river == river)
        .map(|order| order.unit.as_str())
        .collect();
    let mut by_name: BTreeMap<GateName, Option<&Gate>> = BTreeMap::new();
    let lifts = advice.core.lifts.iter();
    for gate in lifts
        .filter(|lift| ordered.contains(lift.unit.as_str()))
        .filter(|lift| lift.river.as_deref().is_none_or(|of| of == river))
        .flat_map(|lift| &lift.gates)
    {
        let shut = by_name.entry(gate.name).or_default();
        if gate.answer != Answer::Met && shut.is_none() {
            *shut = Some(gate);
        }
    }
    let (mut met, mut lacks) = (Vec::new(), Vec::new());
    for (name, shut) in by_name {
        match shut {
            None => met.push(name.japanese().to_owned()),
            Some(gate) => lacks.push(format!(
                "{}: {}({})",
                name.japanese(),
                gate.answer.japanese(),
                gate.why
            )),
        }
    }
    (met, lacks)
}

fn confirm(
    app: &App,
    id: &str,
    draft: &StoredDraft,
    filled: Filled,
) -> Result<ConfirmView, Refusal> {
    let mut view = decide::of_draft(app, draft, decide::approving(draft))?;
    view.filled = filled;
    view.post_to = format!("/plain/n/{id}/cancel");
    view.back_to = format!("/plain/n/{id}/cancel");
    Ok(view)
}
