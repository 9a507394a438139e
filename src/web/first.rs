//! GET and POST /plain/first/{draft}: the first person waits for the second, takes the approval back, or goes alone after
//! the waiting time. GET /plain/first/{draft}/alone: the full page before going alone.

use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use hinan_dashboard::view::{Approving, SlipForm, SlipView};
use hinan_dashboard::{form, page};

use super::both::Both;
use super::posted::Posted;
use super::refusal::Refusal;
use super::router::Doors;
use super::who::SignedIn;
use super::{both, decide, frame, inbox};
use crate::app::App;
use crate::approve::officer::{Act, Role};
use crate::desk::{self, Declined};
use crate::digest::Digest;
use crate::store::StoreError;
use crate::store::approvals::StoredFirst;

const REFRESH_S: u32 = 15;
/// The step that takes the approval back.
const WITHDRAW: &str = "withdraw";

/// Where it stands.
pub(super) async fn page(
    State(doors): State<Doors>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let app = &doors.app;
    let (waiting, published) = app
        .store
        .read(|view| Ok((view.first_approved(&id)?, view.notice(&id)?.is_some())))?;
    let waiting = waiting.ok_or(Refusal::Unknown)?;
    if published {
        return Ok(Redirect::to(&format!("/plain/n/{id}")).into_response());
    }
    let view = view(app, &who, &id, &waiting)?;
    let refresh = waiting.draft.waiting.then_some(REFRESH_S);
    Ok(Html(page::slip(&frame::officers(app, &who, refresh)?, &view)).into_response())
}

/// The full page before going alone: who is missing, and how long they were waited for.
pub(super) async fn alone(
    State(doors): State<Doors>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Html<String>, Refusal> {
    let app = &doors.app;
    let waiting = app.store.read(|view| view.first_approved(&id))?;
    let waiting = waiting.ok_or(Refusal::Unknown)?;
    // This page shows what the first person chose: the second must not see it before their own choice.
    if waiting.notice.state().by() != who.officer.name {
        let why = "この画面は、1人目の承認者だけが開けます".to_owned();
        return Err(Declined::NotAuthorised(why).into());
    }
    desk::still_waits(&waiting.draft)?;
    let mut view = decide::of_draft(app, &waiting.draft, Approving::Lone)?;
    view.post_to = format!("/plain/first/{id}");
    view.back_to = format!("/plain/first/{id}");
    let told = before_alone(waited_s(app, &waiting), &seconds(app, &who)?);
    view.cautions.splice(0..0, both::japanese(&told));
    Ok(Html(page::confirm(
        &frame::officers(app, &who, None)?,
        &view,
    )))
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
            let notice = desk::second::alone(app, &who.officer, &id, &read)?;
            Ok(Redirect::to(&format!("/plain/n/{notice}")).into_response())
        }
        WITHDRAW => {
            desk::second::withdraw(app, &who.officer, &id)?;
            Ok(Redirect::to("/plain/inbox").into_response())
        }
        form::STEP_BACK => Ok(Redirect::to(&format!("/plain/first/{id}")).into_response()),
        other => Err(Declined::Incomplete(format!("step={other}")).into()),
    }
}

/// How long the second person was waited for, in officers' seconds.
pub(super) fn waited_s(app: &App, waiting: &StoredFirst) -> i64 {
    let waited = app.clock.now().duration_since(waiting.notice.state().at());
    #[expect(
        clippy::cast_possible_truncation,
        reason = "seconds of a wait, in whole numbers"
    )]
    let seconds = (waited.as_secs_f64() / app.clock.speed()) as i64;
    seconds.max(0)
}

/// Who could be the second, by name.
fn missing(app: &App, who: &SignedIn) -> Result<String, Refusal> {
    let names = seconds(app, who)?;
    Ok(if names.is_empty() {
        "ほかに登録がありません".to_owned()
    } else {
        names.join("、")
    })
}

/// Everybody who could be the second, by name.
///
/// # Errors
/// The record's.
pub(super) fn seconds(app: &App, who: &SignedIn) -> Result<Vec<String>, StoreError> {
    let all = app.store.read(|view| view.officers())?;
    Ok(all
        .into_iter()
        .map(|(officer, _)| officer)
        .filter(|o| {
            o.role == Role::Approver && o.role.may(Act::LetOut) && o.name != who.officer.name
        })
        .map(|officer| officer.display)
        .collect())
}

fn view(app: &App, who: &SignedIn, id: &str, waiting: &StoredFirst) -> Result<SlipView, Refusal> {
    let facts = waiting.notice.content().facts();
    let own = waiting.notice.state().by() == who.officer.name;
    let wait_s = i64::from(app.config.approve.lone_after_min) * 60;
    let waited_s = waited_s(app, waiting);
    let mut view = SlipView {
        title: format!(
            "2人目の承認待ち {}",
            inbox::place(crate::recommend::cause::of_facts(facts))
        ),
        title_en: "Waiting for the second person".to_owned(),
        facts: vec![
            ["待った時間".to_owned(), format!("{waited_s}秒")],
            ["2人目になれる人".to_owned(), missing(app, who)?],
            [
                "照合値".to_owned(),
                waiting.notice.state().digest().to_string(),
            ],
        ],
        links: vec![["/plain/inbox".to_owned(), "判断待ちへ".to_owned()]],
        ..SlipView::default()
    };
    if !waiting.draft.waiting {
        view.lead = vec![
            "この承認は終わりました: 取り下げ、期限切れ、または2人の判断の違い。何も発表されていません。推奨から判断し直してください。"
                .to_owned(),
        ];
        return Ok(view);
    }
    view.lead = vec![
        "まだ発表されていません。2人目の承認者が同じ判断を選び、同じ文面を承認すると発表されます。"
            .to_owned(),
    ];
    if own {
        // The page shows itself anew; so it tells as well when there is nothing to wait for any more.
        let why = app.store.read(|record| desk::why_stale(app, record, id))?;
        view.error = why.map(|why| {
            let next = match (&why, &waiting.draft.proposal) {
                // Nothing is left to decide.
                (Declined::NoLongerOpen(_), _) => "取り下げてください",
                (_, Some(_)) => "取り下げて、推奨から判断し直してください",
                (_, None) => "取り下げて、発表の画面からやり直してください",
            };
            format!("この文面は、このままでは誰も承認できません: {why}。{next}")
        });
        view.forms.push(SlipForm {
            post_to: format!("/plain/first/{id}"),
            legend: "1人目の承認を取り下げる".to_owned(),
            fields: Vec::new(),
            buttons: vec![[
                WITHDRAW.to_owned(),
                "取り下げる(何も発表されません)".to_owned(),
            ]],
        });
        let may_be_alone = app
            .store
            .read(|view| desk::second::may_be_alone(view, facts))?;
        if !may_be_alone {
            view.lead
                .push("解除と、レベルを下げるか地区を除く訂正は、単独ではできません。".to_owned());
        } else if waited_s >= wait_s {
            let way = format!("/plain/first/{id}/alone");
            view.links
                .push([way, "2人目を待たずに単独で発令する画面へ".to_owned()]);
        } else {
            view.lead.push(format!(
                "あと{}秒たっても2人目が承認しないときは、単独で発令できます。",
                wait_s - waited_s
            ));
        }
    }
    Ok(view)
}

/// Said before one issues alone: who could have come, or that there is nobody else; and what follows from it.
pub(super) fn before_alone(waited_s: i64, could: &[String]) -> [Both; 2] {
    let (who, who_en) = if could.is_empty() {
        (
            "ほかに承認できる人は登録されていません".to_owned(),
            "Nobody else who may approve is registered".to_owned(),
        )
    } else {
        (
            format!("承認できるのは: {}", could.join("、")),
            format!("Those who may approve: {}", could.join(", ")),
        )
    };
    [
        Both::new(
            format!("2人目が{waited_s}秒たっても承認していません。{who}"),
            format!("For {waited_s} s the second has not approved. {who_en}"),
        ),
        Both::new(
            "単独で発令すると、全員に知らされ、記録に印が付き、後から別の承認者の確認が求められます",
            "If you issue alone everybody is told, the record is marked, and another approver must look at it afterwards",
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_alone_is_not_shown_an_empty_list() {
        let [alone, _] = before_alone(75, &[]);
        assert!(
            alone.ja.ends_with("ほかに承認できる人は登録されていません"),
            "{alone:?}"
        );
        let [two, _] = before_alone(75, &["部長".to_owned(), "課長".to_owned()]);
        assert!(two.ja.ends_with("承認できるのは: 部長、課長"), "{two:?}");
    }

    #[test]
    fn what_is_said_before_one_goes_alone_has_english() {
        let told = before_alone(75, &[]);
        for one in &told {
            let en = one.en.as_deref().expect("it has English");
            assert!(en.is_ascii() && !en.is_empty(), "{en}");
        }
        let waited = told[0].en.as_deref().expect("it has English");
        assert!(waited.contains("75 s"), "{waited}");
    }
}
