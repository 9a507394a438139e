//! What is refused by JSON: who may not, what is not the session's own, and what is wrong with a body.

use hinan_town::{Officer, StatusCode};
use serde_json::{Value, json};

use super::{approval, item, prepares, town};

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_not_decide_gets_nothing_done_by_json_either() {
    let mut town = town().await;
    let (tanaka, mori) = (town.officer("tanaka").await, town.officer("mori").await);
    let item = item(&tanaka, "十勝川").await;
    let id = item["id"].as_str().unwrap();
    let shown = prepares(&tanaka, &item, 4).await;
    let draft = shown["id"].as_str().unwrap();
    let reason = json!({ "code": "wait", "words": "" });
    let devices = mori.reads_json("/api/v1/devices").await;
    assert_eq!(devices["may_bar"], false);
    let asked = json!({ "level": 4, "substance": item["substance"], "reason": { "code": "own", "words": "理由" } });
    let all = [
        (format!("/api/v1/recommendations/{id}/seen"), json!({})),
        (format!("/api/v1/recommendations/{id}/text"), asked.clone()),
        (
            format!("/api/v1/recommendations/{id}/decline"),
            json!({ "reason": reason, "substance": item["substance"] }),
        ),
        (
            format!("/api/v1/recommendations/{id}/defer"),
            json!({ "minutes": 10, "reason": reason, "substance": item["substance"] }),
        ),
        (format!("/api/v1/texts/{draft}/approve"), approval(&shown)),
        (format!("/api/v1/texts/{draft}/alone"), approval(&shown)),
        (
            "/api/v1/notes".to_owned(),
            json!({ "from": "phone", "words": "メモ" }),
        ),
        ("/api/v1/alarms/mute".to_owned(), json!({ "minutes": 10 })),
        (format!("/api/v1/alarms/rec-{id}/acknowledge"), json!({})),
    ];
    for (path, body) in &all {
        let (status, why) = mori.sends(path, body).await;
        assert!(
            matches!(
                status,
                StatusCode::FORBIDDEN | StatusCode::PRECONDITION_FAILED | StatusCode::CONFLICT
            ),
            "{path}: {status} {why}"
        );
    }
    for path in [
        "/api/v1/audit",
        "/api/v1/audit/verify",
        "/api/v1/admin/officers",
    ] {
        let (status, why) = mori.gets_json(path).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{path}: {why}");
    }

    // Without the session's token, from another site, or with a form: nothing either. The token of another session is none.
    let path = format!("/api/v1/recommendations/{id}/text");
    let (status, why) = tanaka.sends_with(&path, &asked, &[]).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{why}");
    assert_eq!(why["code"], "forged");
    let others = mori.token().await;
    let (status, _) = tanaka
        .sends_with(&path, &asked, &[("x-csrf-token", &others)])
        .await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let own = tanaka.token().await;
    let (status, why) = tanaka
        .sends_with(
            &path,
            &asked,
            &[("x-csrf-token", &own), ("origin", "https://evil.example")],
        )
        .await;
    assert_eq!(
        (status, &why["code"]),
        (StatusCode::FORBIDDEN, &json!("forged"))
    );
    let form = tanaka
        .posts_from(&path, &[("level", "4")], &[("x-csrf-token", &own)])
        .await;
    assert_eq!(form.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);

    // A name for nothing is unknown, a method for nothing is named, all as problems.
    let nobody = Officer::nobody(&town.address(), "nobody");
    for (who, path, status) in [
        (&nobody, "/api/v1/status", StatusCode::UNAUTHORIZED),
        (
            &tanaka,
            "/api/v1/recommendations/r-0/detail",
            StatusCode::NOT_FOUND,
        ),
        (&tanaka, "/api/v1/notices/jp-0", StatusCode::NOT_FOUND),
        (&tanaka, "/api/v1/notes", StatusCode::METHOD_NOT_ALLOWED),
        (&tanaka, "/api/v2", StatusCode::NOT_FOUND),
        (
            &tanaka,
            "/api/v1/timeline?kind=gossip",
            StatusCode::BAD_REQUEST,
        ),
    ] {
        let (got, headers, bytes) = who.asks(path, &[]).await;
        assert_eq!(got, status, "{path}");
        assert_eq!(
            headers.get("content-type").map(String::as_str),
            Some("application/problem+json"),
            "{path}"
        );
        let problem: Value = serde_json::from_slice(&bytes).unwrap();
        assert!(
            problem["detail_ja"].is_string() && problem["code"].is_string(),
            "{problem}"
        );
    }
    assert!(town.resident().notices().await.is_empty());
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_body_is_told_member_by_member() {
    let mut town = town().await;
    let tanaka = town.officer("tanaka").await;
    let item = item(&tanaka, "十勝川").await;
    let path = format!(
        "/api/v1/recommendations/{}/text",
        item["id"].as_str().unwrap()
    );
    let asked = json!({ "level": 2, "reason": { "code": "because", "words": 7 }, "extra": true });
    let (status, why) = tanaka.sends(&path, &asked).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let fields: Vec<&str> = why["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["field"].as_str().unwrap())
        .collect();
    assert_eq!(
        fields,
        ["level", "reason.code", "reason.words", "substance", "extra"]
    );
    for one in why["errors"].as_array().unwrap() {
        assert!(!one["accepted"].as_str().unwrap().is_empty(), "{one}");
    }
    // Another level than the one recommended wants words of the officer's own; an adopted line alone does not do.
    let other = if item["level"] == 3 { 4 } else { 3 };
    let adopted = json!({ "level": other, "substance": item["substance"], "reason": { "code": "0", "words": "" } });
    let (status, why) = tanaka.sends(&path, &adopted).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{why}");
    assert_eq!(why["errors"][0]["field"], "reason.words");
    // What was read is stale: 412 with the item as it is.
    let stale = json!({ "level": item["level"], "substance": "0".repeat(64), "reason": { "code": "0", "words": "" } });
    let (status, why) = tanaka.sends(&path, &stale).await;
    assert_eq!(status, StatusCode::PRECONDITION_FAILED, "{why}");
    assert_eq!(why["now"]["substance"], item["substance"]);
    town.closes().await;
}
