//! A judgement by the programs' JSON and by the plain page, from the statement to the count of people, and the record replayed.

use std::path::Path;

use hinan::desk::judge::UNITS_MAX;
use hinan_dashboard::form;
use hinan_town::{StatusCode, TownPlan, eventually, fields, ran};
use serde_json::{Value, json};

use super::{RIVER, WORDS};
use crate::HINAN;

#[tokio::test(flavor = "multi_thread")]
async fn by_json_and_by_a_plain_page_a_judgement_is_stated_decided_or_withdrawn_and_the_record_replays()
 {
    let mut town = TownPlan::of(HINAN)
        .with("models.enabled", false)
        .with_two_persons()
        .with_officer("tanaka", "duty_officer")
        .with_officer("sato", "approver")
        .with_officer("mori", "viewer")
        .opens()
        .await
        .unwrap();
    let (tanaka, sato, mori) = (
        town.officer("tanaka").await,
        town.officer("sato").await,
        town.officer("mori").await,
    );
    let needs = tanaka.reads_json("/api/v1/judgements").await;
    assert_eq!(
        (&needs["may"], &needs["limits"]["areas_max"]),
        (&json!(true), &json!(UNITS_MAX))
    );
    let about = |name: &str| {
        let mut causes = needs["causes"].as_array().unwrap().iter();
        causes.find(|one| one["about"] == name).unwrap().clone()
    };
    assert_eq!(about(RIVER)["ways"], json!(["leave", "upper_floor"]));
    assert_eq!(about("土砂災害")["ways"], json!(["leave"]));
    let areas: Vec<String> = needs["areas"].as_array().unwrap()[..2]
        .iter()
        .map(|one| one["id"].as_str().unwrap().to_owned())
        .collect();
    let counted = format!(
        "/api/v1/recount?about={RIVER}&level=4&areas={}",
        areas.join(",")
    );
    let counted = mori.reads_json(&counted).await;
    assert_eq!(
        (
            counted["areas"].as_array().unwrap().len(),
            &counted["barred"]
        ),
        (2, &Value::Null)
    );
    for wrong in [
        "about=x&level=4&areas=a",
        "about=札内川&level=2&areas=a",
        "about=札内川&level=4&areas=nowhere",
    ] {
        let (status, why) = mori.gets_json(&format!("/api/v1/recount?{wrong}")).await;
        assert_eq!(
            (status, &why["code"]),
            (StatusCode::BAD_REQUEST, &json!("bad_question")),
            "{wrong}"
        );
    }

    // Who may not is refused; what is wrong is named.
    let asked = json!({ "about": RIVER, "level": 4, "areas": areas, "way": "upper_floor", "words": WORDS, "valid_h": 6 });
    let (status, why) = mori.sends("/api/v1/judgements", &asked).await;
    assert_eq!(
        (status, &why["code"]),
        (StatusCode::FORBIDDEN, &json!("not_authorised"))
    );
    let many: Vec<String> = (0..=UNITS_MAX).map(|n| format!("u{n}")).collect();
    let wrong = json!({ "about": RIVER, "level": 2, "areas": many, "way": "fly", "words": "長".repeat(501), "valid_h": 99, "more": 1 });
    let (status, why) = tanaka.sends("/api/v1/judgements", &wrong).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{why}");
    let told: Vec<&str> = why["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["field"].as_str().unwrap())
        .collect();
    assert_eq!(told, ["level", "areas", "way", "words", "valid_h", "more"]);

    // Stated: it is in the inbox at once, as what it is.
    let (status, stated) = tanaka.sends("/api/v1/judgements", &asked).await;
    assert_eq!(status, StatusCode::CREATED, "{stated}");
    let id = stated["recommendation"].as_str().unwrap().to_owned();
    let own = &stated["item"]["own_judgement"];
    assert_eq!(
        (&own["words"], &own["mine"], &own["way"]),
        (&json!(WORDS), &json!(true), &json!("upper_floor"))
    );
    let detail = sato
        .reads_json(&format!("/api/v1/recommendations/{id}/detail"))
        .await;
    assert_eq!(detail["own_judgement"]["mine"], false);
    assert_eq!(detail["evidence"].as_array().unwrap().len(), 1);
    assert_eq!(detail["evidence"][0]["source"], "職員の判断");
    assert!(!detail["counter_evidence"].as_array().unwrap().is_empty());
    let sheet = tanaka
        .reads_json(&format!("/api/v1/recommendations/{id}/sheet"))
        .await;
    assert_eq!(sheet["reasons"][0]["code"], "judgement");
    let page = sato.opens(&format!("/plain/r/{id}")).await;
    assert!(
        page.text.contains("職員の判断による発令案")
            && !page.text.contains("システムの推奨(判断は"),
        "{}",
        page.text
    );

    // A whole room reads the wall: not what an officer wrote, which may name people.
    for path in ["/api/v1/wall", "/api/v1/situation"] {
        let said = mori.reads_json(path).await;
        let headline = said["headline"].to_string();
        assert!(
            headline.contains("職員の判断") && !headline.contains("佐藤"),
            "{path}: {headline}"
        );
    }

    // The same gate, with other areas than were asked for and another time.
    let path = format!("/api/v1/recommendations/{id}/text");
    let fewer = json!({ "level": 4, "substance": sheet["substance"], "areas": [areas[0]], "valid_h": 3,
        "reason": { "code": "judgement", "words": "" } });
    let (status, why) = tanaka.sends(&path, &fewer).await;
    assert_eq!(
        (status, &why["errors"][0]["field"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("reason.words"))
    );
    let fewer = json!({ "level": 4, "substance": sheet["substance"], "areas": [areas[0]], "valid_h": 3,
        "reason": { "code": "own", "words": "亀裂は片側だけ" } });
    let (status, shown) = tanaka.sends(&path, &fewer).await;
    assert_eq!(status, StatusCode::CREATED, "{shown}");
    assert_eq!(shown["approving"], "first_of_two");
    assert_eq!(
        (
            &shown["edited"]["dropped"][0]["id"],
            &shown["edited"]["valid_h"]
        ),
        (&json!(areas[1]), &json!(3))
    );
    let draft = shown["id"].as_str().unwrap();
    let approval = json!({ "digest": shown["digest"], "check": "1" });
    let (status, done) = tanaka
        .sends(&format!("/api/v1/texts/{draft}/approve"), &approval)
        .await;
    assert_eq!(
        (status, &done["outcome"]),
        (StatusCode::OK, &json!("waits_for_second"))
    );
    let choice = json!({ "choice": "4", "check": "1" });
    let (status, agreed) = sato
        .sends(&format!("/api/v1/texts/{draft}/choice"), &choice)
        .await;
    assert_eq!(
        (status, &agreed["agrees"]),
        (StatusCode::OK, &json!(true)),
        "{agreed}"
    );
    let (status, done) = sato
        .sends(
            &format!("/api/v1/texts/{draft}/second"),
            &json!({ "digest": shown["digest"] }),
        )
        .await;
    assert_eq!(status, StatusCode::OK, "{done}");
    let notice = done["notice"].as_str().unwrap().to_owned();
    eventually("the order is out", || async {
        (town.resident().notices().await == [notice.clone()]).then_some(())
    })
    .await;
    let mut texts = shown["texts"].as_array().unwrap().iter();
    let cap = texts.find(|text| text["kind"] == "cap").unwrap()["body"]
        .as_str()
        .unwrap();
    assert_eq!(
        crate::gate::unsigned(&town.resident().cap(&notice).await.bytes),
        cap.as_bytes()
    );
    assert!(!cap.contains("亀裂"), "reasons are for officers");

    // Without a script: stated on a page, wrong input told there, withdrawn there.
    let page = sato.opens("/plain/judgements").await;
    assert_eq!(page.status, StatusCode::OK);
    let csrf = fields(&page.text)[form::CSRF].clone();
    let names: Vec<&str> = needs["areas"].as_array().unwrap()[..2]
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    let typed = |areas: &str, hours: &str| {
        [
            (form::CSRF, csrf.clone()),
            (form::ABOUT, "土砂災害".to_owned()),
            (form::LEVEL, "4".to_owned()),
            (form::AREAS, areas.to_owned()),
            (form::VALID_H, hours.to_owned()),
            (
                form::REASON_TEXT,
                "裏山の斜面から水が噴き出している".to_owned(),
            ),
            (form::STEP, "state".to_owned()),
        ]
    };
    let refused = sato
        .posts("/plain/judgements", &typed("存在しない地区", "６"))
        .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused
            .text
            .contains("存在しない地区: この名前の地区はありません"),
        "{}",
        refused.text
    );
    let taken = sato
        .posts("/plain/judgements", &typed(&names.join("、"), "６"))
        .await;
    let to = taken
        .to
        .clone()
        .unwrap_or_else(|| panic!("{}", taken.heading()));
    let second_id = to.strip_prefix("/plain/r/").unwrap().to_owned();
    assert!(sato.inbox().await.contains(&second_id));
    // An evaluation with it is in the record before it is gone.
    town.thinks().await;
    let withdraw = [
        (form::CSRF, csrf.as_str()),
        ("number", second_id.as_str()),
        (form::REASON_TEXT, "消防が確認し、異常なし"),
        (form::STEP, "withdraw"),
    ];
    let done = sato.posts("/plain/judgements", &withdraw).await;
    assert_eq!(
        done.to.as_deref(),
        Some("/plain/inbox"),
        "{}",
        done.heading()
    );
    assert!(!sato.inbox().await.contains(&second_id));
    let detail = tanaka
        .reads_json(&format!("/api/v1/recommendations/{second_id}/detail"))
        .await;
    assert_eq!(detail["own_judgement"]["withdrawn"], true);
    let (status, _) = tanaka
        .sends(
            &format!("/api/v1/judgements/{second_id}/withdraw"),
            &json!({ "words": "もう一度" }),
        )
        .await;
    assert_eq!(status, StatusCode::CONFLICT);
    let (status, _) = tanaka
        .sends(
            "/api/v1/judgements/r-none/withdraw",
            &json!({ "words": "ない" }),
        )
        .await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    town.thinks().await;

    // The record gives the same advice again, to the byte.
    town.closes().await;
    let data = town.data_dir().display().to_string();
    let config = town.config();
    let arguments: [&str; 5] = ["replay", "--config", &config, "--data-dir", &data];
    let again = ran(Path::new(HINAN), &arguments, "");
    assert!(
        again.status.success(),
        "{}\n{}",
        String::from_utf8_lossy(&again.stdout),
        String::from_utf8_lossy(&again.stderr)
    );
    let verified = ran(Path::new(HINAN), &["verify", "--data-dir", &data], "");
    assert!(
        verified.status.success(),
        "{}",
        String::from_utf8_lossy(&verified.stdout)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_count_names_the_places_that_the_text_will_name_and_no_other() {
    let mut town = TownPlan::of(HINAN)
        .with("models.enabled", false)
        .with_two_persons()
        .with_officer("sato", "approver")
        .opens()
        .await
        .unwrap();
    let sato = town.officer("sato").await;
    let needs = sato.reads_json("/api/v1/judgements").await;
    let areas: Vec<String> = needs["areas"].as_array().unwrap()[..2]
        .iter()
        .map(|one| one["id"].as_str().unwrap().to_owned())
        .collect();
    let question = |level: u8| {
        format!(
            "/api/v1/recount?about={RIVER}&level={level}&areas={}",
            areas.join(",")
        )
    };
    // Nobody has said that a door is open: none is named.
    assert_eq!(sato.reads_json(&question(4)).await["shelters"], json!([]));

    let list = sato.reads_json("/api/v1/shelters").await;
    for one in list["shelters"].as_array().unwrap() {
        let path = format!("/api/v1/shelters/{}", one["id"].as_str().unwrap());
        let (status, said) = sato.sends(&path, &json!({ "state": "open" })).await;
        assert_eq!(status, StatusCode::CREATED, "{said}");
    }
    let names = eventually("open places are counted", || async {
        let counted = sato.reads_json(&question(4)).await;
        let named = counted["shelters"].as_array().unwrap().iter();
        let names: Vec<String> = named
            .map(|one| one["name"].as_str().unwrap().to_owned())
            .collect();
        (!names.is_empty()).then_some(names)
    })
    .await;
    assert_eq!(sato.reads_json(&question(5)).await["shelters"], json!([]));

    let asked = json!({ "about": RIVER, "level": 4, "areas": areas, "way": "leave", "words": WORDS, "valid_h": 6 });
    let (status, stated) = sato.sends("/api/v1/judgements", &asked).await;
    assert_eq!(status, StatusCode::CREATED, "{stated}");
    let id = stated["recommendation"].as_str().unwrap();
    let sheet = sato
        .reads_json(&format!("/api/v1/recommendations/{id}/sheet"))
        .await;
    let words = json!({ "level": 4, "substance": sheet["substance"], "reason": { "code": "judgement", "words": "" } });
    let (status, shown) = sato
        .sends(&format!("/api/v1/recommendations/{id}/text"), &words)
        .await;
    assert_eq!(status, StatusCode::CREATED, "{shown}");
    let texts = shown["texts"].to_string();
    for shelter in list["shelters"].as_array().unwrap() {
        let name = shelter["name"].as_str().unwrap();
        assert_eq!(
            texts.contains(name),
            names.iter().any(|named| named == name),
            "{name}: counted {names:?}"
        );
    }
    town.closes().await;
}
