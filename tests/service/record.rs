//! The gate in the record itself: whoever opens the file with other software meets the same rules, and whoever
//! takes the rules away is found out.

use std::path::Path;

use hinan_town::{FLOOD_HOUR, Town, TownPlan, eventually, ran};
use rusqlite::Connection;

use crate::HINAN;

/// A closed town whose record holds one approved and delivered order, and one text that was only shown.
pub(crate) async fn town_with_one_order() -> Town {
    let mut town = TownPlan::of(HINAN)
        .with_officer("sato", "approver")
        .with_officer("tanaka", "duty_officer")
        .opens()
        .await
        .unwrap();
    let ears = town.listener("bus-stop", "actual").await;
    town.storm_reaches(FLOOD_HOUR).await;
    let sato = town.officer("sato").await;
    let sheet = town.sheet_for(&sato, "十勝川").await;
    let notice = sato
        .lets_out(&sato.decides(&sheet, 4, "氾濫危険水位に達した").await)
        .await;
    ears.hears(&notice).await;
    let sheet = town.sheet_for(&sato, "帯広川").await;
    sato.decides(&sheet, 4, "まだ承認しない").await;
    eventually("both channels have it", || async {
        let metrics = town.metrics().await;
        (hinan_town::count(&metrics, "hinan_deliveries_total", "delivered") > 1.5).then_some(())
    })
    .await;
    town.closes().await;
    town
}

/// A copy of the record to work on.
pub(crate) fn copy(town: &Town, name: &str) -> std::path::PathBuf {
    let to = town.data_dir().with_file_name(name);
    std::fs::create_dir(&to).unwrap();
    for file in std::fs::read_dir(town.data_dir()).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
    to
}

pub(crate) fn open(dir: &Path) -> Connection {
    let connection = Connection::open(dir.join("hinan.sqlite3")).unwrap();
    connection
        .pragma_update(None, "foreign_keys", true)
        .unwrap();
    connection
}

pub(crate) fn verify(dir: &Path) -> Result<String, String> {
    let output = ran(
        Path::new(HINAN),
        &["verify", "--data-dir", &dir.display().to_string()],
        "",
    );
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        Ok(text(&output.stdout))
    } else {
        Err(text(&output.stderr))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_record_refuses_what_the_gate_refuses_and_tells_when_it_was_forced() {
    let town = town_with_one_order().await;
    let whole = verify(&town.data_dir()).unwrap();
    assert!(
        whole.contains("audit whole") && whole.contains("1 件"),
        "{whole}"
    );
    other_software_is_refused(&copy(&town, "constraints"));
    a_changed_audit_is_found(&copy(&town, "audit"));
    a_forged_notice_is_found(&copy(&town, "forged"));
    a_notice_forged_with_its_digest_is_found(&copy(&town, "forged-whole"));
    a_notice_that_vanished_is_found(&copy(&town, "vanished"));
    a_service_does_not_start_on_a_forged_record(&town);
}

fn other_software_is_refused(dir: &Path) {
    let db = open(dir);
    let shown = "(SELECT id FROM draft WHERE state = 'shown' LIMIT 1)";
    let of_shown = |by: &str, document: &str| {
        format!(
            "INSERT INTO notice (id, facts, document, digest, approved_by, approved_ms) SELECT id, facts, {document}, digest, '{by}', 1 FROM draft WHERE id = {shown}"
        )
    };
    let digest = "0".repeat(64);
    let tries: Vec<(String, &str)> = vec![
        (
            format!("INSERT INTO notice (id, facts, document, digest, approved_by, approved_ms) VALUES ('jp-x', '{{}}', x'00', '{digest}', 'sato', 1)"),
            "a notice ",
        ),
        (of_shown("tanaka", "document"), "a notice "),
        (of_shown("", "document"), "a notice "),
        (of_shown("nobody", "document"), "a notice "),
        (of_shown("sato", "x'3c612f3e'"), "a notice "),
        ("UPDATE notice SET document = x'00'".to_owned(), "cannot be changed"),
        ("UPDATE notice SET approved_by = 'tanaka'".to_owned(), "cannot be changed"),
        ("DELETE FROM notice".to_owned(), "cannot be deleted"),
        (
            "INSERT OR REPLACE INTO notice (id, facts, document, digest, approved_by, approved_ms) SELECT id, facts, document, digest, approved_by, 1 FROM notice".to_owned(),
            "notice",
        ),
        ("UPDATE draft SET document = x'00'".to_owned(), "shown cannot be changed"),
        ("UPDATE draft SET reason = 'other'".to_owned(), "shown cannot be changed"),
        ("UPDATE audit SET actor = 'tanaka' WHERE seq = 1".to_owned(), "cannot be changed"),
        ("DELETE FROM audit WHERE seq = 1".to_owned(), "cannot be shortened"),
        ("DELETE FROM audit".to_owned(), "cannot be shortened"),
        (
            "INSERT OR REPLACE INTO audit SELECT seq, at_ms, 'tanaka', action, subject, detail, previous, hash \
             FROM audit WHERE seq = 1"
                .to_owned(),
            "follows the last one",
        ),
        ("UPDATE evaluation SET recommendations = 0".to_owned(), "cannot be changed"),
        (
            format!(
                "INSERT INTO delivery (notice, digest, channel, state, changed_ms) \
                 SELECT id, digest, 'feed', 'waiting', 1 FROM draft WHERE id = {shown}"
            ),
            "nothing is owed that is not ready to leave",
        ),
        (
            format!(
                "INSERT INTO delivery (notice, digest, channel, state, changed_ms) \
                 VALUES ('jp-x', '{digest}', 'feed', 'waiting', 1)"
            ),
            "nothing is owed that is not ready to leave",
        ),
        ("UPDATE delivery SET state = 'waiting'".to_owned(), "cannot be undone"),
        ("DELETE FROM delivery".to_owned(), "cannot be deleted"),
        (
            "INSERT OR REPLACE INTO delivery (notice, digest, channel, state, changed_ms) \
             SELECT notice, digest, channel, 'waiting', 1 FROM delivery"
                .to_owned(),
            "cannot be replaced",
        ),
    ];
    for (sql, expected) in &tries {
        let refused = db.execute_batch(sql).expect_err(sql).to_string();
        assert!(refused.contains(expected), "{sql}: {refused}");
    }
    drop(db);
    verify(dir).expect("nothing was changed");
}

/// Takes away the rules of a table, as somebody with the file can.
pub(crate) fn without_rules(dir: &Path) -> Connection {
    let db = open(dir);
    db.pragma_update(None, "foreign_keys", false).unwrap();
    let names: Vec<String> = db
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    for name in names {
        db.execute_batch(&format!("DROP TRIGGER {name}")).unwrap();
    }
    db
}

fn a_changed_audit_is_found(dir: &Path) {
    let db = without_rules(dir);
    db.execute(
        "UPDATE audit SET detail = replace(detail, '4', '5') WHERE action = 'approved'",
        [],
    )
    .unwrap();
    let seq: i64 = db
        .query_row(
            "SELECT seq FROM audit WHERE action = 'approved'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    drop(db);
    let why = verify(dir).unwrap_err();
    assert!(why.contains(&format!("broken at entry {seq}")), "{why}");
    let db = open(dir);
    db.execute("DELETE FROM audit WHERE seq = 3", []).unwrap();
    drop(db);
    let why = verify(dir).unwrap_err();
    assert!(
        why.contains("broken at entry 3: an entry is missing"),
        "{why}"
    );
}

fn a_forged_notice_is_found(dir: &Path) {
    let db = without_rules(dir);
    forge_document(&db);
    drop(db);
    let why = verify(dir).unwrap_err();
    assert!(
        why.contains("audit broken at entry")
            && why.contains("was changed after this entry sealed it"),
        "{why}"
    );
}

/// One byte of the approved document: the first 4 becomes a 5.
fn forge_document(db: &Connection) {
    let changed = db
        .execute(
            "UPDATE notice SET document = CAST(replace(CAST(document AS TEXT), 'Severe', 'Minor.') AS BLOB)",
            [],
        )
        .unwrap();
    assert_eq!(changed, 1);
}

/// Document, digest and draft changed together, as consistently as somebody without the chain can.
fn a_notice_forged_with_its_digest_is_found(dir: &Path) {
    let db = without_rules(dir);
    forge_document(&db);
    let document: Vec<u8> = db
        .query_row("SELECT document FROM notice", [], |row| row.get(0))
        .unwrap();
    let digest = hinan::digest::Digest::of(&document).to_string();
    let id: String = db
        .query_row("SELECT id FROM notice", [], |row| row.get(0))
        .unwrap();
    for table in ["notice", "draft"] {
        db.execute(
            &format!("UPDATE {table} SET document = ?1, digest = ?2 WHERE id = ?3"),
            rusqlite::params![document, digest, id],
        )
        .unwrap();
    }
    db.execute("UPDATE delivery SET digest = ?1", [&digest])
        .unwrap();
    drop(db);
    let why = verify(dir).unwrap_err();
    assert!(why.contains(&format!("{id} was changed")), "{why}");
}

fn a_notice_that_vanished_is_found(dir: &Path) {
    let db = without_rules(dir);
    db.execute_batch("DELETE FROM delivery; DELETE FROM notice")
        .unwrap();
    drop(db);
    let why = verify(dir).unwrap_err();
    assert!(why.contains(" is gone"), "{why}");
}

fn a_service_does_not_start_on_a_forged_record(town: &Town) {
    let db = without_rules(&town.data_dir());
    forge_document(&db);
    drop(db);
    let refused = ran(Path::new(HINAN), &["serve", "--config", &town.config()], "");
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success());
    assert!(said.contains("the stored document has digest"), "{said}");
}

/// Who must approve what is part of the record: whoever changes the table leaves an entry with the table before it.
#[tokio::test(flavor = "multi_thread")]
async fn a_changed_table_of_approvals_is_noted_at_the_start_that_brings_it_and_only_then() {
    let mut town = TownPlan::of(HINAN).opens().await.unwrap();
    let noted = |town: &Town| -> Vec<serde_json::Value> {
        let record = Connection::open(town.data_dir().join("hinan.sqlite3")).unwrap();
        let mut all = record
            .prepare("SELECT detail FROM audit WHERE action = 'approval_rules' ORDER BY seq")
            .unwrap();
        let rows = all.query_map([], |row| row.get::<_, String>(0)).unwrap();
        rows.map(|detail| serde_json::from_str(&detail.unwrap()).unwrap())
            .collect()
    };
    assert_eq!(noted(&town).len(), 1);
    town.closes().await;
    let config = std::fs::read_to_string(town.config()).unwrap();
    let changed = config.replace("level4 = \"one\"", "level4 = \"two\"");
    assert_ne!(config, changed);
    std::fs::write(town.config(), changed).unwrap();
    town.starts().await;
    town.closes().await;
    let all = noted(&town);
    assert_eq!(all.len(), 2);
    assert_eq!(all[1]["before"], all[0]["rules"]);
    assert_eq!(all[0]["rules"]["level4"], "one");
    assert_eq!(all[1]["rules"]["level4"], "two");
    town.starts().await;
    assert_eq!(noted(&town).len(), 2, "nothing changed");
    town.closes().await;
}
