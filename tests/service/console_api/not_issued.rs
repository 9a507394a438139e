//! A recommendation that is declined or put off by JSON.

use hinan_town::StatusCode;
use serde_json::json;

use super::{entries, item, prepares, town};

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_decide_in_the_same_second_one_wins_and_the_other_learns_who() {
    let mut town = town().await;
    let (tanaka, sato) = (town.officer("tanaka").await, town.officer("sato").await);
    let item = item(&tanaka, "十勝川").await;
    let id = item["id"].as_str().unwrap();
    let path = format!("/api/v1/recommendations/{id}/decline");
    let body = json!({ "reason": { "code": "wait", "words": "" }, "substance": item["substance"] });
    let (one, other) = tokio::join!(tanaka.sends(&path, &body), sato.sends(&path, &body));
    let statuses = [one.0, other.0];
    assert!(statuses.contains(&StatusCode::OK), "{one:?} {other:?}");
    let lost = if one.0 == StatusCode::OK {
        &other
    } else {
        &one
    };
    assert_eq!(lost.0, StatusCode::CONFLICT, "{one:?} {other:?}");
    assert_eq!(lost.1["code"], "no_longer_open");
    assert_eq!(lost.1["now"]["state"]["kind"], "declined");
    assert_eq!(
        entries(&town, "declined").len(),
        1,
        "exactly one decision is stored"
    );
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_put_off_stays_open_rests_and_calls_again() {
    let mut town = town().await;
    let (tanaka, sato) = (town.officer("tanaka").await, town.officer("sato").await);
    let item = item(&tanaka, "十勝川").await;
    let id = item["id"].as_str().unwrap();
    let path = format!("/api/v1/recommendations/{id}/defer");
    let asked = json!({ "minutes": 15, "reason": { "code": "wait", "words": "" }, "substance": item["substance"] });
    let (status, _) = tanaka.sends(&path, &asked).await;
    assert_eq!(
        status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "ten, twenty or thirty"
    );
    let asked = json!({ "minutes": 10, "reason": { "code": "wait", "words": "" }, "substance": item["substance"] });
    let (status, done) = tanaka.sends(&path, &asked).await;
    assert_eq!(status, StatusCode::OK, "{done}");
    assert_eq!(done["state"]["kind"], "deferred");
    assert!(done["state"]["until"].is_string());
    let alarms = sato.reads_json("/api/v1/alarms").await;
    let key = format!("rec-{id}");
    let alarm = alarms["alarms"]
        .as_array()
        .unwrap()
        .iter()
        .find(|alarm| alarm["key"] == key.as_str())
        .unwrap()
        .clone();
    assert!(
        alarm["rests_until"].is_string() && alarm["acknowledged"]["by"].is_string(),
        "{alarm}"
    );
    // It is still there to be decided, by anybody.
    let shown = prepares(&sato, &item, 4).await;
    assert_eq!(shown["action"], "issue");
    town.closes().await;
}
