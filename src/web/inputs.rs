//! GET /plain/inputs: what the criteria ask for, what of it reaches this service, from whom and how old it is.

use axum::extract::State;
use axum::response::Html;
use hinan_dashboard::page;
use hinan_dashboard::view::{SlipList, SlipTable, SlipView};

use super::frame;
use super::refusal::Refusal;
use super::router::Doors;
use super::who::SignedIn;
use crate::clock::spoken;
use crate::recommend::inputs::{InputRow, rows};

const REFRESH_S: u32 = 30;

/// The page.
pub(super) async fn page(
    State(doors): State<Doors>,
    who: SignedIn,
) -> Result<Html<String>, Refusal> {
    let app = &doors.app;
    let picture = app.picture();
    let advice = &picture.advice;
    let core = &app.reference.core;
    let rows = rows(core, &advice.told, &advice.outlook);
    let never: Vec<String> = rows
        .iter()
        .filter(|row| !row.never_met.is_empty())
        .map(|row| format!("{}: {}", row.name, row.never_met.join("、")))
        .collect();
    let postures = advice.core.postures.iter().map(|posture| {
        let opens = if posture.opens_shelters {
            "(避難所の開設)"
        } else {
            ""
        };
        format!("{}{opens}", posture.words)
    });
    let view = SlipView {
        title: "判断の入力".to_owned(),
        title_en: "What advice is made from".to_owned(),
        lead: vec![
            format!("{}時点。判断基準「{}」が見ている情報です。", spoken(advice.outlook.as_of), core.policy.criteria.name),
            "「該当しない」といえるのは、新しい情報が届いているときだけです。古いもの・届いていないものは「不明」で、レベルを上げも下げもしません。".to_owned(),
        ],
        lists: vec![
            SlipList {
                title: "いま取るべき体制".to_owned(),
                title_en: "Postures".to_owned(),
                lines: postures.collect(),
                none: "判断基準の体制の条件に該当するものはありません。".to_owned(),
            },
            SlipList {
                title: "このシステムでは判断できない条件".to_owned(),
                title_en: "Never answered here".to_owned(),
                lines: never,
                none: "判断基準のすべての条件に、答えられる情報源があります。".to_owned(),
            },
        ],
        table: SlipTable {
            caption: "入力ごとの状態".to_owned(),
            head: ["情報", "状態", "最後に届いた時刻", "いまの内容(出どころ・時刻)", "使う条件"]
                .map(str::to_owned)
                .to_vec(),
            rows: rows.iter().map(row).collect(),
        },
        links: [
            ("/plain/lifting", "解除の条件と職員の確認"),
            ("/plain/facilities", "要配慮者利用施設と、地区をまとめる名前"),
            ("/plain/reports", "現地の報告"),
        ]
        .map(|(address, words)| [address.to_owned(), words.to_owned()])
        .to_vec(),
        ..SlipView::default()
    };
    Ok(Html(page::slip(
        &frame::officers(app, &who, Some(REFRESH_S))?,
        &view,
    )))
}

fn row(of: &InputRow) -> Vec<String> {
    vec![
        of.name.to_owned(),
        of.standing.japanese().to_owned(),
        of.heard_at.map_or_else(|| "—".to_owned(), spoken),
        if of.says.is_empty() {
            "—".to_owned()
        } else {
            of.says.join("、")
        },
        of.conditions.join(" "),
    ]
}
