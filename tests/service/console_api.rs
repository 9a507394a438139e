//! The officers' console lives on JSON: every rule of the gate holds there as on the pages, whoever writes the requests by hand.

mod endings;
mod listeners;
mod not_issued;
mod refused;
mod sessions;
mod shift;
mod two_persons;

use hinan_town::{FLOOD_HOUR, Officer, StatusCode, Town, TownPlan};
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::HINAN;

/// A town of two persons with the flood before the door.
async fn town() -> Town {
    let town = TownPlan::of(HINAN)
        .with_two_persons()
        .with_officer("tanaka", "duty_officer")
        .with_officer("sato", "approver")
        .with_officer("mori", "viewer")
        .opens()
        .await
        .unwrap();
    town.storm_reaches(FLOOD_HOUR).await;
    town
}

/// What waits along a river, as the inbox has it.
async fn item(officer: &Officer, river: &str) -> Value {
    let inbox = officer.reads_json("/api/v1/inbox").await;
    let mut items = inbox["items"].as_array().unwrap().iter();
    let found = items.find(|item| item["river"] == river);
    found
        .unwrap_or_else(|| panic!("nothing along {river}: {inbox}"))
        .clone()
}

/// A program that prepares the text of a level, having read the item.
async fn prepares(officer: &Officer, item: &Value, level: u8) -> Value {
    let path = format!(
        "/api/v1/recommendations/{}/text",
        item["id"].as_str().unwrap()
    );
    let asked = json!({ "level": level, "substance": item["substance"],
        "reason": { "code": "own", "words": "氾濫危険水位に達した" } });
    let (status, shown) = officer.sends(&path, &asked).await;
    assert_eq!(status, StatusCode::CREATED, "{shown}");
    shown
}

fn number(shown: &Value) -> String {
    shown["areas"].as_array().unwrap().len().to_string()
}

fn approval(shown: &Value) -> Value {
    json!({ "digest": shown["digest"], "check": number(shown) })
}

/// Entries of the record with this word.
fn entries(town: &Town, action: &str) -> Vec<(String, String)> {
    let record = Connection::open(town.data_dir().join("hinan.sqlite3")).unwrap();
    let mut found = record
        .prepare("SELECT actor, detail FROM audit WHERE action = ?1 ORDER BY seq")
        .unwrap();
    let rows = found
        .query_map([action], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    rows.map(Result::unwrap).collect()
}
