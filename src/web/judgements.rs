//! GET and POST /plain/judgements: an officer asks for an order of their own accord (職員の判断), or takes that back. What is stated
//! waits in the inbox; nothing here publishes.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use hinan_dashboard::view::{SlipField, SlipForm, SlipTable, SlipText, SlipView};
use hinan_dashboard::{form, page};
use hinan_recommend::Mode;

use super::areas;
use super::frame;
use super::posted::{Fields, Posted};
use super::refusal::Refusal;
use super::router::Doors;
use super::who::SignedIn;
use crate::app::App;
use crate::approve::officer::{Act, Officer};
use crate::clock::spoken;
use crate::desk::Declined;
use crate::desk::judge::{self, Stated};
use crate::recommend::cause;
use crate::recommend::judgement::Judgement;
use crate::recommend::level::OrderLevel;

const STATE: &str = "state";
const WITHDRAW: &str = "withdraw";
/// A field of this form only.
const NUMBER: &str = "number";
/// The ways that an officer chooses from; level 5 has its own.
const WAYS: [(Mode, &str); 2] = [(Mode::Leave, "leave"), (Mode::UpperFloor, "upper_floor")];

/// The page.
pub(super) async fn page(
    State(doors): State<Doors>,
    who: SignedIn,
) -> Result<Html<String>, Refusal> {
    let view = view(&doors.app, &who.officer, None, &Fields::default())?;
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
    let words = fields.text(form::REASON_TEXT);
    let done = match fields.text(form::STEP) {
        STATE => stated(app, &who.officer, &fields).map(|id| format!("/plain/r/{id}")),
        WITHDRAW => judge::withdraw(app, &who.officer, fields.text(NUMBER).trim(), words)
            .map(|()| "/plain/inbox".to_owned()),
        _ => Err(Declined::Incomplete(
            "何をするかを選んでください".to_owned(),
        )),
    };
    match done {
        Ok(to) => Ok(Redirect::to(&to).into_response()),
        Err(Declined::Incomplete(why) | Declined::NoLongerOpen(why)) => {
            let view = view(app, &who.officer, Some(why), &fields)?;
            let page = Html(page::slip(&frame::officers(app, &who, None)?, &view));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(other) => Err(other.into()),
    }
}

fn stated(app: &App, officer: &Officer, fields: &Fields) -> Result<String, Declined> {
    let level = fields.text(form::LEVEL).parse().ok();
    let level = level
        .and_then(OrderLevel::from_number)
        .ok_or_else(|| Declined::Incomplete("レベルを選んでください(3〜5)".to_owned()))?;
    let way = match fields.text(form::WAY) {
        "" => None,
        typed => {
            let known = WAYS.iter().find(|(_, word)| *word == typed);
            let (way, _) = known
                .ok_or_else(|| Declined::Incomplete("避難のしかたを選んでください".to_owned()))?;
            Some(*way)
        }
    };
    let units = areas::named(app, fields.text(form::AREAS))?;
    let stated = Stated {
        about: fields.text(form::ABOUT),
        level,
        units: &units,
        way,
        words: fields.text(form::REASON_TEXT),
        valid_h: areas::hours(fields.text(form::VALID_H))?,
    };
    judge::state(app, officer, &stated)
}

fn view(
    app: &App,
    officer: &Officer,
    error: Option<String>,
    filled: &Fields,
) -> Result<SlipView, Refusal> {
    let open = app.store.read(|view| view.open_judgements())?;
    let may = officer.role.may(Act::Prepare);
    Ok(SlipView {
        title: "推奨によらない発令案(職員の判断)".to_owned(),
        title_en: "An officer's own judgement".to_owned(),
        lead: vec![
            "システムの推奨がなくても、首長・職員の判断で発令案を出せます。出した案は「判断待ち」に入り、ほかと同じ確認と承認を経なければ発表されません。".to_owned(),
            "案を出した人だけでは発表できません。別の承認者の承認が必要です。理由は記録に残りますが、住民には発表されません。住民の氏名・電話番号は書かないでください。".to_owned(),
            "推奨や発令中のものより低いレベルの案は出せません。解除には解除の手順があります。".to_owned(),
        ],
        error,
        table: SlipTable {
            caption: "判断を待っている職員の判断".to_owned(),
            head: ["番号", "何について", "レベル", "地区", "理由", "出した人", "時刻"]
                .map(str::to_owned)
                .to_vec(),
            rows: open.iter().map(|one| row(app, one)).collect(),
        },
        forms: if may { forms(app, &open, filled) } else { Vec::new() },
        links: vec![["/plain/inbox".to_owned(), "判断待ちへ戻る".to_owned()]],
        ..SlipView::default()
    })
}

fn row(app: &App, of: &Judgement) -> Vec<String> {
    let names: Vec<&str> = of
        .units
        .iter()
        .map(|id| {
            let district = app.town().district(id);
            district.map_or(id.as_str(), |district| district.name.as_str())
        })
        .collect();
    vec![
        of.id.clone(),
        cause::place(&of.about),
        of.level.to_string(),
        names.join("・"),
        of.words.clone(),
        of.display.clone(),
        spoken(of.at),
    ]
}

fn choice(name: &str, value: &str, label: &str) -> SlipField {
    SlipField::Choice {
        name: name.to_owned(),
        value: value.to_owned(),
        label: label.to_owned(),
    }
}

fn text(name: &str, label: &str, kind: SlipText, value: &str) -> SlipField {
    SlipField::Text {
        name: name.to_owned(),
        label: label.to_owned(),
        kind,
        value: value.to_owned(),
    }
}

fn forms(app: &App, open: &[Judgement], filled: &Fields) -> Vec<SlipForm> {
    let publish = &app.config.publish;
    let again = |name: &str| filled.text(name).to_owned();
    let mut fields: Vec<SlipField> = cause::all(app.town())
        .iter()
        .map(|(about, about_en)| {
            let label = format!("{} {}", cause::place(about), cause::place_en(about_en));
            choice(form::ABOUT, about, &label)
        })
        .collect();
    fields.extend(
        OrderLevel::ALL
            .iter()
            .map(|level| choice(form::LEVEL, &level.number().to_string(), &level.to_string())),
    );
    fields.extend(WAYS.map(|(way, word)| {
        let label = format!("避難のしかた: {}(レベル3・4で、選べるとき)", way.japanese());
        choice(form::WAY, word, &label)
    }));
    fields.push(text(
        form::AREAS,
        "対象地区の名前(いくつもあるときは読点で区切る。町全体なら「全地区」) Areas",
        SlipText::Words,
        &again(form::AREAS),
    ));
    fields.push(text(
        form::VALID_H,
        &format!(
            "有効期間(時間。1〜{}。空なら{}時間) Valid for hours",
            publish.expires_max_h, publish.expires_after_h
        ),
        SlipText::Digits,
        &again(form::VALID_H),
    ));
    fields.push(text(
        form::REASON_TEXT,
        "理由(自分の言葉で) Reason in your own words",
        SlipText::Words,
        &again(form::REASON_TEXT),
    ));
    let mut forms = vec![SlipForm {
        post_to: "/plain/judgements".to_owned(),
        legend: "発令案を出す(発表はされません) State it; nothing is published".to_owned(),
        fields,
        buttons: vec![[STATE.to_owned(), "判断待ちに入れる".to_owned()]],
    }];
    if !open.is_empty() {
        let mut fields: Vec<SlipField> = open
            .iter()
            .map(|one| {
                let label = format!(
                    "{} {}({})",
                    cause::place(&one.about),
                    one.level,
                    one.display
                );
                choice(NUMBER, &one.id, &label)
            })
            .collect();
        fields.push(text(
            form::REASON_TEXT,
            "取り下げる理由 Reason",
            SlipText::Words,
            "",
        ));
        forms.push(SlipForm {
            post_to: "/plain/judgements".to_owned(),
            legend: "発令案を取り下げる Withdraw".to_owned(),
            fields,
            buttons: vec![[WITHDRAW.to_owned(), "取り下げる".to_owned()]],
        });
    }
    forms
}
