//! GET /plain/succession: the order of succession (職務代理の順序) with legal basis and validity, to read only. It is set at the
//! console (`hinan authority`).

use axum::extract::State;
use axum::response::Html;
use hinan_dashboard::page;
use hinan_dashboard::view::{SlipTable, SlipView};

use super::frame;
use super::refusal::Refusal;
use super::router::Doors;
use super::who::SignedIn;
use crate::approve::officer::Act;
use crate::clock::spoken;
use crate::desk;

/// The page.
pub(super) async fn page(
    State(doors): State<Doors>,
    who: SignedIn,
) -> Result<Html<String>, Refusal> {
    desk::may(&who.officer, Act::See)?;
    let app = &doors.app;
    let now = app.clock.now();
    let (grants, officers) = app
        .store
        .read(|view| Ok((view.grants()?, view.officers()?)))?;
    let display = |account: &str| {
        let found = officers.iter().find(|(officer, _)| officer.name == account);
        found.map_or_else(
            || account.to_owned(),
            |(officer, _)| officer.display.clone(),
        )
    };
    let rows: Vec<Vec<String>> = grants
        .iter()
        .map(|g| {
            let holds = if now < g.from {
                "まだ期間前"
            } else if now >= g.until {
                "期間が過ぎた"
            } else {
                "有効"
            };
            vec![
                g.rank.to_string(),
                display(&g.officer),
                g.basis.spoken().to_owned(),
                g.document.clone(),
                if g.condition.is_empty() {
                    "なし".to_owned()
                } else {
                    g.condition.clone()
                },
                format!("{}まで", g.level_max),
                format!("{} 〜 {}", spoken(g.from), spoken(g.until)),
                holds.to_owned(),
            ]
        })
        .collect();
    let mut lead = vec![
        "推奨を確認する人がいないときは、この順に引き継がれます。発表の承認は、有効な権限が届くレベルまでです。".to_owned(),
        "登録と取消は、コンソールの hinan authority で行います。この画面では変えられません。".to_owned(),
    ];
    if rows.is_empty() {
        lead.push("発令権限の登録が1件もありません。いま、だれも発表できません。".to_owned());
    }
    let view = SlipView {
        title: "職務代理の順序と発令権限".to_owned(),
        title_en: "Order of succession".to_owned(),
        lead,
        table: SlipTable {
            caption: "発令権限(順位の順)".to_owned(),
            head: [
                "順位",
                "氏名・職",
                "根拠",
                "文書",
                "条件",
                "レベル",
                "期間",
                "いま",
            ]
            .map(str::to_owned)
            .to_vec(),
            rows,
        },
        links: vec![["/plain/account".to_owned(), "アカウントへ".to_owned()]],
        ..SlipView::default()
    };
    Ok(Html(page::slip(&frame::officers(app, &who, None)?, &view)))
}
