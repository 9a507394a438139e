//! Two persons by JSON: the second blind, the very bytes of the first, and what the first is told while they wait.

use hinan_town::{StatusCode, eventually};
use serde_json::{Value, json};

use super::{approval, entries, item, number, prepares, town};

fn text_of<'v>(shown: &'v Value, kind: &str) -> &'v str {
    let mut texts = shown["texts"].as_array().unwrap().iter();
    let found = texts.find(|text| text["kind"] == kind);
    found.unwrap()["body"].as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_leaves_by_json_with_two_persons_and_the_second_blind() {
    let mut town = town().await;
    let (tanaka, sato) = (town.officer("tanaka").await, town.officer("sato").await);
    let item = item(&tanaka, "十勝川").await;
    let id = item["id"].as_str().unwrap();

    // The sheet has nothing chosen, and each reason, level and text in words.
    let sheet = tanaka
        .reads_json(&format!("/api/v1/recommendations/{id}/sheet"))
        .await;
    assert_eq!(sheet["levels"].as_array().unwrap().len(), 3);
    assert!(!sheet["reasons"].as_array().unwrap().is_empty(), "{sheet}");
    let detail = tanaka
        .reads_json(&format!("/api/v1/recommendations/{id}/detail"))
        .await;
    for part in ["evidence", "counter_evidence", "charts", "would_change"] {
        assert!(
            !detail[part].as_array().unwrap().is_empty(),
            "{part}: {detail}"
        );
    }
    // What would change it is said in English too, line by line.
    let english = detail["would_change_en"].as_array().unwrap();
    let japanese = detail["would_change"].as_array().unwrap();
    assert_eq!(english.len(), japanese.len(), "{detail}");
    for line in english {
        let is_english = line.as_str().is_some_and(str::is_ascii);
        assert!(is_english, "{line}");
    }

    // The text is made; the wrong number, or another digest, approves nothing.
    let secret_reason = "一人目だけが知っている理由";
    let path = format!("/api/v1/recommendations/{id}/text");
    let asked = json!({ "level": 4, "substance": item["substance"], "reason": { "code": "own", "words": secret_reason } });
    let (status, shown) = tanaka.sends(&path, &asked).await;
    assert_eq!(status, StatusCode::CREATED, "{shown}");
    assert_eq!(shown["approving"], "first_of_two");
    let draft = shown["id"].as_str().unwrap();
    let approve = format!("/api/v1/texts/{draft}/approve");
    let (status, why) = tanaka
        .sends(
            &approve,
            &json!({ "digest": shown["digest"], "check": "999" }),
        )
        .await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(why["errors"][0]["field"], "check");
    assert_eq!(why["errors"][0]["value"], "999");
    let other = json!({ "digest": "0".repeat(64), "check": number(&shown) });
    let (status, why) = tanaka.sends(&approve, &other).await;
    assert_eq!(status, StatusCode::PRECONDITION_FAILED, "{why}");
    let (status, done) = tanaka.sends(&approve, &approval(&shown)).await;
    assert_eq!(status, StatusCode::OK, "{done}");
    assert_eq!(
        done,
        json!({ "outcome": "waits_for_second", "text": draft })
    );
    assert!(
        town.resident().notices().await.is_empty(),
        "the first lets nothing out"
    );

    // Nothing that the second may read tells what the first chose.
    for path in [
        "/api/v1/inbox".to_owned(),
        format!("/api/v1/texts/{draft}"),
        format!("/api/v1/texts/{draft}/second"),
        "/api/v1/alarms".to_owned(),
        "/api/v1/timeline".to_owned(),
        "/api/v1/audit".to_owned(),
        "/api/v1/handover".to_owned(),
    ] {
        let said = sato.reads_json(&path).await.to_string();
        assert!(!said.contains(secret_reason), "{path} tells the reason");
        assert!(
            !said.contains(shown["digest"].as_str().unwrap()),
            "{path} tells which text"
        );
    }
    let (status, _) = sato
        .gets_json(&format!("/api/v1/texts/{draft}/alone"))
        .await;
    assert_eq!(status, StatusCode::FORBIDDEN);

    // The same account cannot be the second; the second cannot approve before choosing; the first not alone before the time.
    let second = format!("/api/v1/texts/{draft}/second");
    let digest = json!({ "digest": shown["digest"] });
    let refused_before = entries(&town, "approve_refused").len();
    let (status, why) = tanaka.sends(&second, &digest).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{why}");
    assert_eq!(why["code"], "not_authorised");
    let refused = entries(&town, "approve_refused");
    assert_eq!(
        refused.len(),
        refused_before + 1,
        "the attempt is on record"
    );
    assert_eq!(refused.last().unwrap().0, "tanaka");
    let choice = format!("/api/v1/texts/{draft}/choice");
    let (status, _) = tanaka
        .sends(&choice, &json!({ "choice": "4", "check": number(&shown) }))
        .await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let (status, why) = sato.sends(&second, &digest).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{why}");
    let alone = format!("/api/v1/texts/{draft}/alone");
    let (status, _) = tanaka.sends(&alone, &approval(&shown)).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "too early to go alone");
    assert!(town.resident().notices().await.is_empty());

    // The same choice: the very bytes of the first, and out.
    let (status, agreed) = sato
        .sends(&choice, &json!({ "choice": "4", "check": number(&shown) }))
        .await;
    assert_eq!(status, StatusCode::OK, "{agreed}");
    assert_eq!(agreed["agrees"], true);
    assert_eq!(agreed["first"]["reason"], secret_reason);
    assert_eq!(text_of(&agreed["shown"], "cap"), text_of(&shown, "cap"));
    let (status, done) = sato.sends(&second, &digest).await;
    assert_eq!(status, StatusCode::OK, "{done}");
    let notice = done["notice"].as_str().unwrap().to_owned();
    eventually("the order is out", || async {
        (town.resident().notices().await == [notice.clone()]).then_some(())
    })
    .await;
    assert_eq!(
        crate::gate::unsigned(&town.resident().cap(&notice).await.bytes),
        text_of(&shown, "cap").as_bytes(),
        "what was read is what left"
    );
    let board = sato.reads_json("/api/v1/notices").await;
    assert_eq!(board["rows"][0]["id"], notice.as_str());
    assert_eq!(board["rows"][0]["state"], "in_force");
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_for_the_second_is_told_when_there_is_nothing_to_wait_for_any_more() {
    let mut town = town().await;
    let (tanaka, sato) = (town.officer("tanaka").await, town.officer("sato").await);
    let item = item(&tanaka, "十勝川").await;
    let shown = prepares(&tanaka, &item, 4).await;
    let draft = shown["id"].as_str().unwrap();
    let path = format!("/api/v1/texts/{draft}");
    let (status, done) = tanaka
        .sends(&format!("{path}/approve"), &approval(&shown))
        .await;
    assert_eq!(status, StatusCode::OK, "{done}");
    let waiting = tanaka.reads_json(&path).await;
    assert_eq!(waiting["state"], "waiting");
    assert_eq!(waiting["substance"], item["substance"]);
    assert_eq!(waiting["why_stale"], Value::Null, "{waiting}");

    // The recommendation is declined by somebody else: the text still waits, and can never leave.
    let id = item["id"].as_str().unwrap();
    let body = json!({ "reason": { "code": "wait", "words": "" }, "substance": item["substance"] });
    let (status, declined) = sato
        .sends(&format!("/api/v1/recommendations/{id}/decline"), &body)
        .await;
    assert_eq!(status, StatusCode::OK, "{declined}");
    let waiting = tanaka.reads_json(&path).await;
    assert_eq!(waiting["state"], "waiting");
    let why = &waiting["why_stale"];
    let words = why["ja"].as_str().unwrap();
    assert!(words.contains("すでにsatoが判断しました"), "{why}");
    let english = why["en"].as_str().unwrap();
    assert!(english.contains("not open any more"), "{why}");
    let plain = tanaka.opens(&format!("/plain/first/{draft}")).await;
    assert!(
        plain.text.contains("このままでは誰も承認できません") && plain.text.contains(words),
        "{}",
        plain.text
    );

    // What was found about the text is for its author alone.
    let other = sato.reads_json(&path).await;
    for hidden in ["why_stale", "substance", "shown"] {
        assert_eq!(other[hidden], Value::Null, "{hidden}");
    }
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_texts_on_the_way_the_second_person_reads_neither_reason() {
    let mut town = town().await;
    let (tanaka, sato) = (town.officer("tanaka").await, town.officer("sato").await);
    let item = item(&tanaka, "十勝川").await;
    let path = format!(
        "/api/v1/recommendations/{}/text",
        item["id"].as_str().unwrap()
    );
    let mut texts = Vec::new();
    for (level, words) in [(3, "最初の文面の理由"), (4, "二つ目の文面の理由")] {
        let asked = json!({ "level": level, "substance": item["substance"], "reason": { "code": "own", "words": words } });
        let (status, shown) = tanaka.sends(&path, &asked).await;
        assert_eq!(status, StatusCode::CREATED, "{shown}");
        texts.push(shown);
    }
    let proposed = item["level_text"]["ja"].as_str().unwrap();
    let other = &texts[usize::from(item["level"] == 3)];
    let cautions = other["cautions"].to_string();
    assert!(
        cautions.contains(&format!("システムの推奨は{proposed}です")),
        "{cautions}"
    );
    let in_english = other["cautions_en"].as_array().unwrap();
    assert_eq!(
        in_english.len(),
        other["cautions"].as_array().unwrap().len()
    );
    let proposed_en = item["level_text"]["en"].as_str().unwrap();
    let wanted =
        format!("Another level is chosen here: what the system recommends is {proposed_en}");
    assert!(in_english.contains(&json!(wanted)), "{other}");
    let unread = || async {
        for path in ["/api/v1/timeline", "/api/v1/audit", "/plain/audit"] {
            let said = sato.opens(path).await.text;
            assert!(
                said.contains("伏せます"),
                "{path} says that there is something"
            );
            for reason in ["最初の文面の理由", "二つ目の文面の理由"] {
                assert!(!said.contains(reason), "{path} tells {reason}");
            }
        }
    };
    // Between reading and the first approval, and between the first and the second.
    unread().await;
    let draft = texts[1]["id"].as_str().unwrap();
    let (status, _) = tanaka
        .sends(
            &format!("/api/v1/texts/{draft}/approve"),
            &approval(&texts[1]),
        )
        .await;
    assert_eq!(status, StatusCode::OK);
    unread().await;
    let own = tanaka.reads_json("/api/v1/timeline").await.to_string();
    assert!(own.contains("最初の文面の理由"), "their own they may read");

    // The first cannot silence what calls the second; the second can.
    let alarm = format!("/api/v1/alarms/second-{draft}/acknowledge");
    let (status, why) = tanaka.sends(&alarm, &json!({})).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{why}");
    let (status, heard) = sato.sends(&alarm, &json!({})).await;
    assert_eq!(status, StatusCode::OK, "{heard}");
    assert!(heard["acknowledged"]["by"].is_string());
    town.closes().await;
}
