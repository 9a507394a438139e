//! The end of an order by JSON.

use hinan_town::StatusCode;
use serde_json::{Value, json};

use super::{approval, item, number, prepares, town};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_is_lifted_by_two_and_not_cancelled_by_one() {
    let mut town = town().await;
    let (tanaka, sato) = (town.officer("tanaka").await, town.officer("sato").await);
    let item = item(&tanaka, "十勝川").await;
    let shown = prepares(&tanaka, &item, 4).await;
    let draft = shown["id"].as_str().unwrap();
    let steps = [
        (&tanaka, "approve", approval(&shown)),
        (
            &sato,
            "choice",
            json!({ "choice": "4", "check": number(&shown) }),
        ),
        (&sato, "second", json!({ "digest": shown["digest"] })),
    ];
    for (who, step, body) in &steps {
        let (status, done) = who
            .sends(&format!("/api/v1/texts/{draft}/{step}"), body)
            .await;
        assert_eq!(status, StatusCode::OK, "{step}: {done}");
    }
    let end = format!("/api/v1/notices/{draft}/end");
    for (ending, code) in [
        ("cancel", "over"),
        ("lift", "wrong"),
        ("lift", "other_area"),
    ] {
        let notice = sato.reads_json(&format!("/api/v1/notices/{draft}")).await;
        let grounds = &notice["lifting"]["grounds"];
        let asked = json!({ "ending": ending, "grounds": grounds, "reason": { "code": code, "words": "" } });
        let (status, why) = sato.sends(&end, &asked).await;
        assert_eq!(
            status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{ending} {code}: {why}"
        );
    }
    // A lift rests on what was on screen: without it, or with something else, there is nothing to read.
    let lift = |grounds: Value| json!({ "ending": "lift", "grounds": grounds, "reason": { "code": "over", "words": "" } });
    let (status, _) = sato.sends(&end, &lift(Value::Null)).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let (status, why) = sato.sends(&end, &lift(json!("0".repeat(64)))).await;
    assert_eq!(status, StatusCode::PRECONDITION_FAILED, "{why}");
    // What was wrong is cancelled by one, at once.
    let cancel = json!({ "ending": "cancel", "reason": { "code": "wrong", "words": "" } });
    let (status, shown) = sato.sends(&end, &cancel).await;
    assert_eq!(status, StatusCode::CREATED, "{shown}");
    assert_eq!(
        (&shown["action"], &shown["needs"]),
        (&json!("cancel"), &json!("one"))
    );
    town.closes().await;
}
