//! GET and POST /plain/lifting: what each order in force still needs before it may be lifted, and what officers confirm of it.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use hinan_dashboard::view::{SlipField, SlipForm, SlipTable, SlipText, SlipView};
use hinan_dashboard::{form, page};
use hinan_recommend::GateName;

use super::frame;
use super::posted::Posted;
use super::refusal::Refusal;
use super::router::Doors;
use super::who::SignedIn;
use crate::app::App;
use crate::approve::officer::{Act, Officer};
use crate::clock::spoken;
use crate::desk::Declined;
use crate::desk::confirm::{self, GateNow};

const CONFIRM: &str = "confirm";
const WITHDRAW: &str = "withdraw";
/// Fields of this form only.
const ABOUT: &str = "about";
const GATE: &str = "gate";

/// The page.
pub(super) async fn page(
    State(doors): State<Doors>,
    who: SignedIn,
) -> Result<Html<String>, Refusal> {
    let view = view(&doors.app, &who.officer, None);
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
    let (about, words) = (fields.text(ABOUT).trim(), fields.text(form::REASON_TEXT));
    let gate = GateName::FOR_OFFICERS
        .into_iter()
        .find(|gate| gate.code() == fields.text(GATE))
        .ok_or_else(|| Declined::Incomplete("何を確認したかを選んでください".to_owned()));
    let done = match fields.text(form::STEP) {
        CONFIRM => gate.and_then(|gate| confirm::confirm(app, &who.officer, about, gate, words)),
        WITHDRAW => gate.and_then(|gate| confirm::withdraw(app, &who.officer, about, gate, words)),
        _ => Err(Declined::Incomplete(
            "何をするかを選んでください".to_owned(),
        )),
    };
    match done {
        Ok(()) => Ok(Redirect::to("/plain/lifting").into_response()),
        Err(Declined::Incomplete(why) | Declined::NoLongerOpen(why)) => {
            let view = view(app, &who.officer, Some(why));
            let page = Html(page::slip(&frame::officers(app, &who, None)?, &view));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(other) => Err(other.into()),
    }
}

fn view(app: &App, officer: &Officer, error: Option<String>) -> SlipView {
    let gates = confirm::gates(app);
    let may = officer.role.may(Act::Report);
    SlipView {
        title: "解除の条件".to_owned(),
        title_en: "Before lifting".to_owned(),
        lead: vec![
            "発令中のものについて、解除に必要な条件です。すべてが「該当」になるまで解除は提案されません。雨がやむことは条件ではありません。".to_owned(),
            "計器で分からない条件(上流の山・ダムの放流・現地)は、電話や巡視で確かめて記録できます。ダムは3時間、ほかは6時間たつと不明に戻ります。".to_owned(),
        ],
        error,
        table: SlipTable {
            caption: "解除の条件(発令中の川・災害ごと)".to_owned(),
            head: ["川・災害", "条件", "いま", "根拠", "職員の確認"]
                .map(str::to_owned)
                .to_vec(),
            rows: gates.iter().map(row).collect(),
        },
        forms: if may { forms(&gates) } else { Vec::new() },
        ..SlipView::default()
    }
}

fn row(of: &GateNow) -> Vec<String> {
    vec![
        of.about.clone(),
        of.gate.name.japanese().to_owned(),
        of.gate.answer.japanese().to_owned(),
        of.gate.why.clone(),
        of.confirmed.as_ref().map_or_else(
            || {
                if of.for_officers {
                    "確認が必要".to_owned()
                } else {
                    String::new()
                }
            },
            |one| format!("{} {}", spoken(one.at), one.by),
        ),
    ]
}

fn forms(gates: &[GateNow]) -> Vec<SlipForm> {
    let mut abouts: Vec<&str> = gates.iter().map(|one| one.about.as_str()).collect();
    abouts.dedup();
    if abouts.is_empty() {
        return Vec::new();
    }
    let choice = |name: &str, value: &str, label: &str| SlipField::Choice {
        name: name.to_owned(),
        value: value.to_owned(),
        label: label.to_owned(),
    };
    let mut fields: Vec<SlipField> = abouts
        .iter()
        .map(|about| choice(ABOUT, about, about))
        .collect();
    fields.extend(
        GateName::FOR_OFFICERS
            .into_iter()
            .map(|gate| choice(GATE, gate.code(), gate.japanese())),
    );
    fields.push(SlipField::Text {
        name: form::REASON_TEXT.to_owned(),
        label: "誰に・どうやって確かめたか How it was found out".to_owned(),
        kind: SlipText::Words,
        value: String::new(),
    });
    vec![SlipForm {
        post_to: "/plain/lifting".to_owned(),
        legend: "確認を記録する、または取り消す".to_owned(),
        fields,
        buttons: vec![
            [CONFIRM.to_owned(), "確認した".to_owned()],
            [WITHDRAW.to_owned(), "確認を取り消す".to_owned()],
        ],
    }]
}
