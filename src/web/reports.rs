//! GET and POST /plain/reports: what people saw (漏水・越水・決壊など), typed in, and closed when it is over.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use hinan_dashboard::view::{SlipField, SlipForm, SlipTable, SlipText, SlipView};
use hinan_dashboard::{form, page};
use hinan_recommend::{Report, ReportKind, UnitId};
use jiff::SignedDuration;

use super::areas;
use super::frame;
use super::posted::{Fields, Posted};
use super::refusal::Refusal;
use super::router::Doors;
use super::who::SignedIn;
use crate::app::App;
use crate::approve::officer::{Act, Officer};
use crate::clock::spoken;
use crate::desk::{self, Declined};
use crate::store::reports::StoredReport;

const REPORT: &str = "report";
const CLOSE: &str = "close";
/// Fields of these forms only.
const KIND: &str = "kind";
const RIVER: &str = "river";
const SOURCE: &str = "source";
const AGO: &str = "ago_min";
const NUMBER: &str = "number";
/// Reports on the page.
const SHOWN: u32 = 60;

/// The page.
pub(super) async fn page(
    State(doors): State<Doors>,
    who: SignedIn,
) -> Result<Html<String>, Refusal> {
    let view = view(&doors.app, &who.officer, None)?;
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
    let done = match fields.text(form::STEP) {
        REPORT => read(app, &fields).and_then(|report| {
            desk::told::report(app, &who.officer, report, fields.text(form::REASON_TEXT)).map(drop)
        }),
        CLOSE => match fields.text(NUMBER).trim().parse() {
            Ok(id) => {
                desk::told::close_report(app, &who.officer, id, fields.text(form::REASON_TEXT))
            }
            Err(_) => Err(Declined::Incomplete(
                "報告の番号を数字で入力してください".to_owned(),
            )),
        },
        _ => Err(Declined::Incomplete(
            "何をするかを選んでください".to_owned(),
        )),
    };
    match done {
        Ok(()) => Ok(Redirect::to("/plain/reports").into_response()),
        Err(Declined::Incomplete(why) | Declined::NoLongerOpen(why)) => {
            let view = view(app, &who.officer, Some(why))?;
            let page = Html(page::slip(&frame::officers(app, &who, None)?, &view));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(other) => Err(other.into()),
    }
}

/// A report from the fields of the form.
pub(super) fn read(app: &App, fields: &Fields) -> Result<Report, Declined> {
    let incomplete = |why: String| Err(Declined::Incomplete(why));
    let Some(kind) = ReportKind::ALL
        .into_iter()
        .find(|kind| kind.code() == fields.text(KIND))
    else {
        return incomplete("何を見たかを選んでください".to_owned());
    };
    let ago = super::decide::half_width(fields.text(AGO));
    let ago_min: i64 = match ago.as_str() {
        "" => 0,
        digits => match digits.parse::<u32>() {
            Ok(minutes) => i64::from(minutes),
            Err(_) => return incomplete(format!("何分前かを数字で入力してください({digits})")),
        },
    };
    let units: BTreeSet<UnitId> = areas::named(app, fields.text(form::AREAS))?
        .iter()
        .map(|id| UnitId::new(id.as_str()))
        .collect();
    let river = fields.text(RIVER).trim();
    let at = app
        .clock
        .now()
        .checked_sub(SignedDuration::from_mins(ago_min));
    let Ok(at) = at else {
        return incomplete(format!("{ago_min}分前は、遠すぎます"));
    };
    Ok(Report {
        kind,
        at,
        source: fields.text(SOURCE).to_owned(),
        river: (!river.is_empty()).then(|| river.to_owned()),
        units,
    })
}

fn view(app: &App, officer: &Officer, error: Option<String>) -> Result<SlipView, Refusal> {
    let reports = app.store.read(|view| view.reports(SHOWN))?;
    let may = officer.role.may(Act::Report);
    let rows = reports.iter().map(|report| row(app, report)).collect();
    Ok(SlipView {
        title: "現地の報告".to_owned(),
        title_en: "Reports from the field".to_owned(),
        lead: vec![
            "漏水・越水・決壊など、人が見たことを記録します。記録するとすぐに推奨の根拠になり、閉じるまで続きます。住民の氏名・電話番号は書かないでください。".to_owned(),
        ],
        error,
        table: SlipTable {
            caption: "報告(新しい順)".to_owned(),
            head: ["番号", "見たもの", "見た時刻", "場所", "出どころ", "補足", "状態"]
                .map(str::to_owned)
                .to_vec(),
            rows,
        },
        forms: if may { forms(app) } else { Vec::new() },
        ..SlipView::default()
    })
}

fn row(app: &App, stored: &StoredReport) -> Vec<String> {
    let report = &stored.new.report;
    let names: Vec<String> = report
        .units
        .iter()
        .map(|unit| {
            app.town()
                .district(unit.as_str())
                .map_or_else(|| unit.to_string(), |district| district.name.clone())
        })
        .collect();
    let place = match (&report.river, names.is_empty()) {
        (Some(river), true) => format!("{river}沿い"),
        (Some(river), false) => format!("{river} {}", names.join("・")),
        (None, true) => "町の全体".to_owned(),
        (None, false) => names.join("・"),
    };
    let state = match &stored.closed {
        None => format!("継続({} 記録)", stored.new.by),
        Some((at, by, because)) => format!("{} {by}が閉じた: {because}", spoken(*at)),
    };
    vec![
        stored.id.to_string(),
        report.kind.japanese().to_owned(),
        spoken(report.at),
        place,
        report.source.clone(),
        stored.new.words.clone(),
        state,
    ]
}

fn text(name: &str, label: &str, kind: SlipText) -> SlipField {
    SlipField::Text {
        name: name.to_owned(),
        label: label.to_owned(),
        kind,
        value: String::new(),
    }
}

fn choice(name: &str, value: &str, label: &str) -> SlipField {
    SlipField::Choice {
        name: name.to_owned(),
        value: value.to_owned(),
        label: label.to_owned(),
    }
}

fn forms(app: &App) -> Vec<SlipForm> {
    let mut fields: Vec<SlipField> = ReportKind::ALL
        .into_iter()
        .map(|kind| choice(KIND, kind.code(), kind.japanese()))
        .collect();
    fields.push(choice(RIVER, "", "川ではない・分からない"));
    fields.extend(
        app.town()
            .rivers
            .iter()
            .map(|river| choice(RIVER, &river.name, &format!("{}沿い", river.name))),
    );
    fields.push(text(
        form::AREAS,
        "地区の名前(いくつもあるときは読点で区切る。空ならその川沿いの全地区) Areas",
        SlipText::Words,
    ));
    fields.push(text(
        SOURCE,
        "出どころ(水防団・消防・町会など。個人名は書かない) Source",
        SlipText::Words,
    ));
    fields.push(text(
        AGO,
        "何分前に見たか(空なら、いま) Minutes ago",
        SlipText::Digits,
    ));
    fields.push(text(form::REASON_TEXT, "補足 Remarks", SlipText::Words));
    vec![
        SlipForm {
            post_to: "/plain/reports".to_owned(),
            legend: "報告を記録する".to_owned(),
            fields,
            buttons: vec![[REPORT.to_owned(), "記録する".to_owned()]],
        },
        SlipForm {
            post_to: "/plain/reports".to_owned(),
            legend: "報告を閉じる(もう当てはまらないとき)".to_owned(),
            fields: vec![
                text(NUMBER, "報告の番号 Number", SlipText::Digits),
                text(form::REASON_TEXT, "理由 Reason", SlipText::Words),
            ],
            buttons: vec![[CLOSE.to_owned(), "閉じる".to_owned()]],
        },
    ]
}
