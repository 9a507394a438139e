//! GET /plain/facilities: 要配慮者利用施設, each with its own and earlier deadline, and bigger names for several districts.

use axum::extract::State;
use axum::response::Html;
use hinan_dashboard::page;
use hinan_dashboard::view::{SlipList, SlipTable, SlipView};
use hinan_recommend::FacilityAdvice;

use super::frame;
use super::refusal::Refusal;
use super::router::Doors;
use super::who::SignedIn;
use crate::app::App;
use crate::clock::spoken;
use crate::recommend::plan::PlannedFacility;

const REFRESH_S: u32 = 30;

/// The page.
pub(super) async fn page(
    State(doors): State<Doors>,
    who: SignedIn,
) -> Result<Html<String>, Refusal> {
    let app = &doors.app;
    let picture = app.picture();
    let advice = &picture.advice;
    let plan = &app.reference.core.plan;
    let due = advice
        .core
        .facilities
        .iter()
        .filter(|one| one.due)
        .map(|one| format!("{}: {}", name(app, one), words(one)));
    let sources = plan
        .facilities
        .iter()
        .map(|planned| format!("{}: {}", planned.facility.name, planned.source));
    let view = SlipView {
        title: "要配慮者利用施設".to_owned(),
        title_en: "Facilities with people who need time".to_owned(),
        lead: vec![format!(
            "{}時点。施設には、地区のレベルとは別に、施設ごとの避難にかかる時間から判断の期限があります。期限が近い施設には、地区への発令を待たずに知らせてください。",
            spoken(advice.outlook.as_of)
        )],
        lists: vec![
            SlipList {
                title: "いま知らせる施設".to_owned(),
                title_en: "To be told now".to_owned(),
                lines: due.collect(),
                none: "期限が来ている施設はありません(分からない施設は表を見てください)。"
                    .to_owned(),
            },
            SlipList {
                title: "出どころ".to_owned(),
                title_en: "Whose word".to_owned(),
                lines: sources.collect(),
                none: "町の避難計画(plan.toml)に施設はありません。".to_owned(),
            },
            SlipList {
                title: "いくつもの地区をまとめる名前".to_owned(),
                title_en: "Bigger names".to_owned(),
                lines: plan
                    .groups
                    .iter()
                    .map(|group| {
                        let names: Vec<String> = group
                            .units
                            .iter()
                            .map(|unit| {
                                let known = app.town().district(unit.as_str());
                                known.map_or_else(|| unit.to_string(), |one| one.name.clone())
                            })
                            .collect();
                        format!("{}: {}", group.name, names.join("・"))
                    })
                    .collect(),
                none: "町の避難計画(plan.toml)に、まとめる名前はありません。".to_owned(),
            },
        ],
        table: SlipTable {
            caption: "施設ごとの判断の期限".to_owned(),
            head: [
                "施設",
                "地区",
                "災害",
                "人数",
                "避難にかかる時間(遅いとき)",
                "判断の期限",
                "状態",
            ]
            .map(str::to_owned)
            .to_vec(),
            rows: advice
                .core
                .facilities
                .iter()
                .map(|one| row(app, one))
                .collect(),
        },
        links: vec![["/plain/inputs".to_owned(), "判断の入力".to_owned()]],
        ..SlipView::default()
    };
    Ok(Html(page::slip(
        &frame::officers(app, &who, Some(REFRESH_S))?,
        &view,
    )))
}

/// How one stands, in words.
pub(super) fn words(of: &FacilityAdvice) -> String {
    match (&of.deadline, of.due, of.known) {
        (Some(deadline), true, _) => format!(
            "いま知らせる(判断の期限 {}、{})",
            spoken(deadline.decide_by),
            deadline.named()
        ),
        (None, true, _) => "いま知らせる(根拠はいま外れている)".to_owned(),
        (_, false, false) => "分からない(水位・予測・公的情報がなく、安全とはいえない)".to_owned(),
        (Some(_), false, true) => "期限までまだある".to_owned(),
        (None, false, true) => "見通しの時間内に災害は及ばない".to_owned(),
    }
}

/// Its name in the town's plan.
pub(super) fn name(app: &App, of: &FacilityAdvice) -> String {
    planned(app, of).map_or_else(
        || of.facility.to_string(),
        |planned| planned.facility.name.clone(),
    )
}

/// Its name in English, where the town gives one.
pub(super) fn name_en<'a>(app: &'a App, of: &FacilityAdvice) -> Option<&'a str> {
    planned(app, of)?.name_en.as_deref()
}

fn planned<'a>(app: &'a App, of: &FacilityAdvice) -> Option<&'a PlannedFacility> {
    let facilities = &app.reference.core.plan.facilities;
    facilities
        .iter()
        .find(|planned| planned.facility.id == of.facility)
}

fn row(app: &App, of: &FacilityAdvice) -> Vec<String> {
    let facilities = &app.reference.core.plan.facilities;
    let lead = facilities
        .iter()
        .find(|planned| planned.facility.id == of.facility)
        .map_or_else(String::new, |planned| {
            format!("{:.0}分", planned.facility.lead_min.slow_min)
        });
    vec![
        name(app, of),
        app.town()
            .district(of.unit.as_str())
            .map_or_else(|| of.unit.to_string(), |district| district.name.clone()),
        of.river
            .clone()
            .unwrap_or_else(|| of.hazard.japanese().to_owned()),
        format!("{}人", of.people),
        lead,
        of.deadline
            .as_ref()
            .map_or_else(|| "—".to_owned(), |deadline| spoken(deadline.decide_by)),
        words(of),
    ]
}
