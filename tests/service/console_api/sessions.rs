//! Sessions of the console: how they begin and end, and what keeps one alive.

use hinan_town::{OBIHIRO, Officer, StatusCode, password_of};
use rusqlite::Connection;
use serde_json::json;

use super::{item, town};

#[tokio::test(flavor = "multi_thread")]
async fn a_session_of_the_console_begins_and_ends_by_json_and_a_drill_has_another() {
    let mut town = town().await;
    let tanaka = Officer::nobody(&town.address(), "tanaka");
    let (status, why, cookies) = tanaka.signs_in_by_json("guessed").await;
    assert_eq!(
        (status, &why["code"]),
        (StatusCode::UNAUTHORIZED, &json!("wrong"))
    );
    assert!(cookies.is_empty() && !why.to_string().contains("guessed"));
    let (status, who, cookies) = tanaka.signs_in_by_json(&password_of("tanaka")).await;
    assert_eq!(status, StatusCode::CREATED, "{who}");
    assert_eq!(who["role"], "duty_officer");
    let status_bar = tanaka.reads_json("/api/v1/status").await;
    assert_eq!(status_bar["realm"], "actual");
    assert_eq!(
        status_bar["gauges"]["all"],
        status_bar["gauges"]["all"].as_u64().unwrap()
    );

    // The same bytes have the same name, and are not sent twice.
    let (_, headers, _) = tanaka.asks("/api/v1/admin/rules", &[]).await;
    let tag = headers.get("etag").unwrap().clone();
    let (status, _, bytes) = tanaka
        .asks("/api/v1/admin/rules", &[("if-none-match", &tag)])
        .await;
    assert_eq!((status, bytes.len()), (StatusCode::NOT_MODIFIED, 0));

    // A cookie of the drill, with the very token of this session, opens nothing here.
    let token = cookies
        .iter()
        .find_map(|cookie| cookie.strip_prefix("hinan_actual="))
        .unwrap();
    let nobody = Officer::nobody(&town.address(), "nobody");
    for (name, opens) in [("hinan_exercise", false), ("hinan_actual", true)] {
        let cookie = format!("{name}={token}");
        let (status, _, _) = nobody.asks("/api/v1/status", &[("cookie", &cookie)]).await;
        assert_eq!(status == StatusCode::OK, opens, "{name}");
    }
    let gone = tanaka.signs_out_by_json().await;
    assert_eq!(gone, StatusCode::NO_CONTENT);
    let (status, _) = tanaka.gets_json("/api/v1/session").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_may_say_that_it_is_one_wherever_it_asks_and_keeps_no_session_alive() {
    let mut town = town().await;
    let tanaka = town.officer("tanaka").await;
    let item = item(&tanaka, "十勝川").await;
    let id = item["id"].as_str().unwrap();
    for path in [
        "session",
        "status",
        "situation",
        "wall",
        "inbox",
        "notices",
        "alarms",
        "timeline",
        "timeline.csv",
        "shelters",
        "devices",
        "audit",
        "audit/verify",
        "handover",
        "admin/rules",
        "stations",
        "extents",
        "official",
        "external",
        "quarantine",
        "recommendations",
    ] {
        let answer = tanaka.opens(&format!("/api/v1/{path}?auto=1")).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
    }
    for path in [
        "notices?limit=5&auto=1".to_owned(),
        format!("recommendations/{id}/detail?auto=1"),
        format!("recommendations/{id}/sheet?auto=1"),
        format!("stations/{OBIHIRO}?auto=1"),
        format!("stations/{OBIHIRO}/chart?auto=1"),
        format!("stations/{OBIHIRO}/readings?auto=1"),
    ] {
        let answer = tanaka.opens(&format!("/api/v1/{path}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
    }
    // A long time after the last click: what is no click does not put it off, and a click does.
    let record = town.data_dir().join("hinan.sqlite3");
    let left = || {
        let record = Connection::open(&record).unwrap();
        record
            .execute(
                "UPDATE session SET seen_ms = seen_ms - 600000 WHERE officer = 'tanaka'",
                [],
            )
            .unwrap();
        let seen = "SELECT max(seen_ms) FROM session WHERE officer = 'tanaka'";
        record
            .query_row(seen, [], |row| row.get::<_, i64>(0))
            .unwrap()
    };
    let seen = || {
        let record = Connection::open(&record).unwrap();
        let seen = "SELECT max(seen_ms) FROM session WHERE officer = 'tanaka'";
        record
            .query_row(seen, [], |row| row.get::<_, i64>(0))
            .unwrap()
    };
    let token = tanaka.token().await;
    let before = left();
    let heartbeat = format!("/api/v1/recommendations/{id}/presence");
    let (status, _) = tanaka
        .sends_with(&heartbeat, &json!({}), &[("x-csrf-token", &token)])
        .await;
    assert_eq!(status, StatusCode::OK);
    for path in ["/api/v1/inbox?auto=1", "/api/v1/wall", "/api/v1/status"] {
        assert_eq!(tanaka.opens(path).await.status, StatusCode::OK);
    }
    assert_eq!(seen(), before, "an unattended desk closes");
    assert_eq!(tanaka.opens("/api/v1/inbox").await.status, StatusCode::OK);
    assert!(seen() > before, "a click is a click");
    town.closes().await;
}
