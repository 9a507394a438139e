//! What people tell: reports from the field, words of the shelter desk. They count for the advice at once and stay in the record.

use hinan_dashboard::form;
use hinan_town::{FLOOD_HOUR, Officer, StatusCode, Town, TownPlan, eventually};
use serde_json::Value;

use crate::HINAN;

async fn town() -> Option<Town> {
    TownPlan::of(HINAN)
        .with_officer("sato", "approver")
        .with_officer("mori", "viewer")
        .with_officer("hayashi", "shelter_desk")
        .opens()
        .await
}

/// The anti-forgery token of a page's form.
async fn token(officer: &Officer, path: &str) -> String {
    let page = officer.opens(path).await.text;
    let at = page.find("name=\"csrf\" value=\"").unwrap() + "name=\"csrf\" value=\"".len();
    page[at..].split('"').next().unwrap().to_owned()
}

async fn json(officer: &Officer, path: &str) -> Value {
    let answer = officer.opens(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
    serde_json::from_str(&answer.text).unwrap()
}

async fn recommendations(officer: &Officer) -> Vec<Value> {
    let list = json(officer, "/api/v1/recommendations").await;
    list["recommendations"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_breach_that_somebody_saw_asks_for_level_5_at_once_and_is_closed_with_a_reason() {
    let Some(mut town) = town().await else {
        return;
    };
    let (sato, mori) = (town.officer("sato").await, town.officer("mori").await);
    assert!(recommendations(&sato).await.is_empty());
    let csrf = token(&sato, "/plain/reports").await;
    let breach = |csrf: &str, kind: &str, river: &str| {
        [
            (form::CSRF, csrf.to_owned()),
            (form::STEP, "report".to_owned()),
            ("kind", kind.to_owned()),
            ("river", river.to_owned()),
            ("source", "水防団".to_owned()),
            ("ago_min", "１０".to_owned()),
        ]
    };
    // Whoever only reads tells nothing; a breach of nowhere is not taken for one everywhere.
    let by_mori = token(&mori, "/plain/").await;
    let refused = mori
        .posts("/plain/reports", &breach(&by_mori, "breach", "札内川"))
        .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    for (kind, river, why) in [
        ("breach", "", "川か地区を選んでください"),
        ("dragon", "札内川", "何を見たか"),
        ("breach", "テムズ川", "川の名前ではありません"),
    ] {
        let refused = sato
            .posts("/plain/reports", &breach(&csrf, kind, river))
            .await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text.contains(why), "{kind}: {}", refused.text);
    }
    let taken = sato
        .posts("/plain/reports", &breach(&csrf, "breach", "札内川"))
        .await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.text);

    let one = eventually("level 5 is proposed for the river", || async {
        let all = recommendations(&sato).await;
        all.into_iter()
            .find(|one| one["level"] == 5 && one["river"] == "札内川")
    })
    .await;
    let met = one["urgent"]["findings"].as_array().unwrap();
    assert!(
        met.iter()
            .any(|finding| finding["condition"]["id"] == "fr5-occurred"
                && finding["answer"] == "met"),
        "{one}"
    );
    assert!(one["people"].is_null(), "level 5 sends nobody anywhere");

    let close = [
        (form::CSRF, csrf.clone()),
        (form::STEP, "close".to_owned()),
        ("number", "1".to_owned()),
        (form::REASON_TEXT, "誤報だった".to_owned()),
    ];
    let closed = sato.posts("/plain/reports", &close).await;
    assert_eq!(closed.status, StatusCode::SEE_OTHER, "{}", closed.text);
    let twice = sato.posts("/plain/reports", &close).await;
    assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY);
    // Advice does not fall by itself: it stands, and says that its grounds are gone.
    let stands = eventually("the grounds are gone", || async {
        let all = recommendations(&sato).await;
        all.into_iter().find(|one| {
            let counter = one["counter"].as_array().unwrap();
            one["level"] == 5
                && counter.iter().any(|line| {
                    line.as_str()
                        .unwrap()
                        .contains("根拠の条件を満たしていません")
                })
        })
    })
    .await;
    assert_eq!(stands["id"], one["id"]);
    let audit = sato.opens("/plain/audit").await.text;
    assert!(
        audit.contains("現地の報告 report-1 決壊") && audit.contains("誤報だった"),
        "{audit}"
    );
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shelter_desk_says_how_a_shelter_is_and_a_closed_one_is_not_named() {
    let Some(mut town) = town().await else {
        return;
    };
    town.storm_reaches(FLOOD_HOUR).await;
    let (sato, hayashi) = (town.officer("sato").await, town.officer("hayashi").await);
    let shelters = json(&sato, "/api/v1/shelters").await;
    let all = shelters["shelters"].as_array().unwrap();
    assert!(all.iter().all(|one| one["state"] == "not_reported"));
    // With nothing reported nobody has a place, and that is said with the people.
    assert!(!shelters["without_place"].as_array().unwrap().is_empty());
    let range = &shelters["people"]["all"]["public_shelter"];
    assert!(range[0].as_u64() < range[2].as_u64(), "{shelters}");

    // The list says nothing of its size; the desk does, and then it is one to open: the nearest to those who are called.
    let all = recommendations(&sato).await;
    let id = all[0]["id"].as_str().unwrap();
    let detail = json(&sato, &format!("/api/v1/recommendations/{id}/detail")).await;
    let near = detail["shelters"].as_array().unwrap();
    let first = near[0]["id"].as_str().unwrap().to_owned();
    let path = format!("/plain/shelters/{first}");
    let csrf = token(&hayashi, &path).await;
    let say = |state: &str, inside: &str, places: &str| {
        [
            (form::CSRF, csrf.clone()),
            (form::STEP, "say".to_owned()),
            ("state", state.to_owned()),
            ("inside", inside.to_owned()),
            ("places", places.to_owned()),
        ]
    };
    let wrong = hayashi.posts(&path, &say("open", "たくさん", "")).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let said = hayashi.posts(&path, &say("closed", "", "３００")).await;
    assert_eq!(said.status, StatusCode::SEE_OTHER, "{}", said.text);
    eventually("it is one to open", || async {
        let shelters = json(&sato, "/api/v1/shelters").await;
        let open = shelters["to_open"].as_array().unwrap().clone();
        open.iter()
            .any(|one| one["id"] == first.as_str())
            .then_some(())
    })
    .await;
    let said = hayashi.posts(&path, &say("open", "１２", "")).await;
    assert_eq!(said.status, StatusCode::SEE_OTHER, "{}", said.text);
    let open = eventually("people are sent there", || async {
        let shelters = json(&sato, "/api/v1/shelters").await;
        let one = shelters["shelters"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["id"] == first.as_str())
            .cloned()?;
        (one["planned"].as_u64() > Some(0)).then_some(one)
    })
    .await;
    assert_eq!(
        (&open["state"], &open["occupancy"], &open["free"]),
        (&"open".into(), &12.into(), &288.into())
    );
    assert!(open["fill"]["percent_now"].is_u64(), "{open}");
    // The page without script tells the later hours with the figures that programs read.
    eventually("the page tells the later hours", || async {
        let shelters = json(&sato, "/api/v1/shelters").await;
        let hours = shelters["plans"][0]["hours"].as_array()?.clone();
        let page = sato.opens("/plain/shelters").await.text;
        let told = |hour: &Value| {
            let (within_h, placed) = (&hour["within_h"], &hour["placed"]);
            page.contains(&format!("+{within_h}時間("))
                && page.contains(&format!("行き先のある人{placed}人"))
        };
        let within_h: Vec<u64> = hours
            .iter()
            .filter_map(|hour| hour["within_h"].as_u64())
            .collect();
        (within_h == [1, 3, 6] && hours.iter().all(told)).then_some(())
    })
    .await;

    // A closed one is named by no recommendation and gets nobody.
    hayashi.posts(&path, &say("closed", "", "")).await;
    eventually("nobody is sent there", || async {
        let all = recommendations(&sato).await;
        all.iter()
            .all(|one| {
                let sent = one["shelters"].as_array().unwrap();
                sent.iter().all(|district| {
                    let to = district["to"].as_array().unwrap();
                    to.iter().all(|to| to["shelter"] != first.as_str())
                })
            })
            .then_some(())
    })
    .await;
    let name = open["name"].as_str().unwrap();
    for one in recommendations(&sato).await {
        let id = one["id"].as_str().unwrap();
        let page = sato.opens(&format!("/plain/r/{id}")).await.text;
        assert!(page.contains("地区ごとの避難のしかた"), "{page}");
        let detail = json(&sato, &format!("/api/v1/recommendations/{id}")).await;
        assert_eq!(
            detail["units"].as_array().unwrap().len(),
            detail["districts"].as_array().unwrap().len()
        );
        assert!(
            !page.contains(&format!("<th scope=\"row\">{name}</th>")),
            "{name}"
        );
    }
    let unknown = sato.opens("/api/v1/recommendations/r-nothing").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_criteria_that_apply_are_in_the_record_from_the_first_start_and_only_their_changes_after_it()
 {
    let Some(mut town) = town().await else {
        return;
    };
    let sato = town.officer("sato").await;
    let audit = sato.opens("/plain/audit").await.text;
    assert!(audit.contains("判断基準 国の標準的な判断基準"), "{audit}");
    town.closes().await;
    town.starts().await;
    let sato = town.officer("sato").await;
    let audit = sato.opens("/plain/audit").await.text;
    assert_eq!(audit.matches("判断基準 国の標準的").count(), 1, "{audit}");
    assert_eq!(audit.matches("推奨の設定").count(), 1, "{audit}");
    town.closes().await;
}
