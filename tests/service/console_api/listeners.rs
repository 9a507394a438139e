//! Whoever listens hears what was decided, and the timeline has it.

use hinan_town::StatusCode;
use serde_json::{Value, json};

use super::{approval, item, prepares, town};

fn parsed(data: &str) -> Value {
    serde_json::from_str(data).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn listeners_hear_what_was_decided_in_order_and_nothing_of_what_was_chosen() {
    let mut town = town().await;
    let (tanaka, sato) = (town.officer("tanaka").await, town.officer("sato").await);
    let item = item(&tanaka, "十勝川").await;
    let mut ear = sato
        .listens(
            "/api/v1/events?kinds=recommendation,decision,notice,note",
            None,
        )
        .await;
    let shown = prepares(&tanaka, &item, 4).await;
    let draft = shown["id"].as_str().unwrap();
    let (status, _) = tanaka
        .sends(&format!("/api/v1/texts/{draft}/approve"), &approval(&shown))
        .await;
    assert_eq!(status, StatusCode::OK);
    let (status, note) = tanaka
        .sends(
            "/api/v1/notes",
            &json!({ "from": "phone", "words": "消防から: 堤防に漏水" }),
        )
        .await;
    assert_eq!(status, StatusCode::CREATED, "{note}");
    let first = ear.hears().await;
    let said = parsed(&first.data);
    assert_eq!(
        (first.kind.as_str(), &said["what"]),
        ("decision", &json!("first_approved"))
    );
    assert_eq!(said["text"], draft);
    assert!(said.get("level").is_none(), "{said}");
    let second = ear.hears().await;
    assert_eq!(
        (second.kind.as_str(), &parsed(&second.data)["what"]),
        ("note", &json!("note"))
    );

    // Whoever comes back with the name of the last one reads on where it was.
    let mut again = sato
        .listens(
            "/api/v1/events?kinds=recommendation,decision,notice,note",
            Some(&first.id),
        )
        .await;
    assert_eq!(again.hears().await, second, "missed, replayed, not doubled");
    let mut tick = sato.listens("/api/v1/events?kinds=status", None).await;
    let told = tick.hears().await;
    assert_eq!(told.kind, "status");
    assert!(
        !told.id.is_empty(),
        "whoever hears nothing but the time can come back, too"
    );
    assert!(parsed(&told.data)["server_time"].is_string());

    // The note is in the timeline, in JSON and as a table with as many rows.
    let line = sato.reads_json("/api/v1/timeline?kind=note").await;
    assert_eq!(line["total"], 1, "{line}");
    let (_, headers, table) = sato.asks("/api/v1/timeline.csv?kind=note", &[]).await;
    assert!(headers["content-type"].starts_with("text/csv"));
    let table = String::from_utf8(table).unwrap();
    assert!(
        table.starts_with('\u{feff}') && table.contains("堤防に漏水"),
        "{table}"
    );
    assert_eq!(table.lines().count(), 2, "a heading and a row");
    town.closes().await;
}
