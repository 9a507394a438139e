//! The record in the hands of somebody who has the file, and takes the rules away first: every byte of a decision counts,
//! and so does every entry of the tail.

use std::path::Path;

use hinan::checkpoint;
use hinan::store::audit::Chain;
use hinan::store::{Store, View};
use hinan_town::{TownPlan, ran};
use rusqlite::Connection;
use rusqlite::types::Value;

use crate::HINAN;
use crate::record::{copy, open, town_with_one_order, verify, without_rules};

/// Tables of decisions, notices, deliveries, drafts and proposals, and who decided.
const DECISIONS: [(&str, &str); 5] = [
    ("proposal", "id"),
    ("draft", "id"),
    ("notice", "id"),
    ("delivery", "id"),
    ("officer", "name"),
];

#[tokio::test(flavor = "multi_thread")]
async fn altering_one_byte_of_a_decision_or_cutting_the_tail_is_detected() {
    let town = town_with_one_order().await;
    verify(&town.data_dir()).unwrap();
    every_column_of_every_row_counts(&copy(&town, "columns"));
    every_byte_of_their_pages_counts(&copy(&town, "bytes"));
    an_added_or_removed_row_is_found(&copy(&town, "rows"));
    taking_the_rules_away_and_starting_again_seals_nothing_anew(&copy(&town, "laundered"));
    what_another_program_writes_is_not_sealed_as_ours(&copy(&town, "foreign"));
    a_cut_tail_is_found(&copy(&town, "tail"));
    a_tail_cut_together_with_its_checkpoints_is_found_by_a_copy(&copy(&town, "both"));
    the_export_can_be_checked_line_by_line(&town.data_dir());
}

fn chain(dir: &Path) -> Result<Chain, String> {
    Store::look(dir, |view: &View<'_>| view.verify_audit()).map_err(|error| error.to_string())
}

fn is_whole(dir: &Path) -> bool {
    matches!(chain(dir), Ok(Chain::Whole { .. }))
}

/// Another value of the same kind: one bit of one byte is turned.
fn turned(value: &Value) -> Option<Value> {
    Some(match value {
        Value::Integer(number) => Value::Integer(number ^ 1),
        Value::Real(number) => Value::Real(f64::from_bits(number.to_bits() ^ 1)),
        Value::Text(text) => {
            let mut bytes = text.clone().into_bytes();
            *bytes.last_mut()? ^= 1;
            Value::Text(String::from_utf8(bytes).ok()?)
        }
        Value::Blob(bytes) => {
            let mut bytes = bytes.clone();
            *bytes.first_mut()? ^= 1;
            Value::Blob(bytes)
        }
        Value::Null => Value::Integer(1),
    })
}

fn every_column_of_every_row_counts(dir: &Path) {
    let db = without_rules(dir);
    // Checks of columns would refuse some of the changes; somebody with the file is not refused.
    db.pragma_update(None, "ignore_check_constraints", true)
        .unwrap();
    let mut turned_columns = 0;
    for (table, key) in DECISIONS {
        let columns: Vec<String> = db
            .prepare(&format!("SELECT * FROM {table}"))
            .unwrap()
            .column_names()
            .into_iter()
            .map(str::to_owned)
            .collect();
        let rows: i64 = db
            .query_row(&format!("SELECT count(*) FROM {table}"), [], |row| {
                row.get(0)
            })
            .unwrap();
        assert!(rows > 0, "{table} has rows to alter");
        for column in columns {
            let (id, was): (Value, Value) = db
                .query_row(
                    &format!("SELECT {key}, {column} FROM {table} ORDER BY ({column} IS NULL), {key} LIMIT 1"),
                    [],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )
                .unwrap();
            let Some(other) = turned(&was) else { continue };
            let id_after = if column == key {
                other.clone()
            } else {
                id.clone()
            };
            let set = format!("UPDATE {table} SET {column} = ?1 WHERE {key} = ?2");
            // A column of another kind (NULL in a text column) takes a text.
            let other = match db.execute(&set, rusqlite::params![other, id]) {
                Ok(1) => other,
                _ => {
                    let text = Value::Text("x".to_owned());
                    assert_eq!(
                        db.execute(&set, rusqlite::params![text, id]),
                        Ok(1),
                        "{table}.{column}"
                    );
                    text
                }
            };
            assert!(
                !is_whole(dir),
                "{table}.{column}: {was:?} became {other:?}, unseen"
            );
            db.execute(&set, rusqlite::params![was, id_after]).unwrap();
            assert!(
                is_whole(dir),
                "{table}.{column} was put back: {:?}",
                chain(dir)
            );
            turned_columns += 1;
        }
    }
    eprintln!(
        "{turned_columns} columns of {} tables: each altered byte was found",
        DECISIONS.len()
    );
    assert!(
        turned_columns > 35,
        "only {turned_columns} columns were altered"
    );
}

/// All rows that the chain covers, and the chain, as SQLite reads them; what cannot be read says so.
fn dump(dir: &Path) -> Result<Vec<Vec<Value>>, String> {
    let db = Connection::open(dir.join("hinan.sqlite3")).map_err(|e| e.to_string())?;
    let mut all = Vec::new();
    for (table, key) in DECISIONS.into_iter().chain([("audit", "seq")]) {
        let mut statement = db
            .prepare(&format!("SELECT * FROM {table} NOT INDEXED ORDER BY {key}"))
            .map_err(|e| e.to_string())?;
        let width = statement.column_count();
        let mut rows = statement.query([]).map_err(|e| e.to_string())?;
        while let Some(row) = rows.next().map_err(|e| e.to_string())? {
            all.push(
                (0..width)
                    .map(|place| row.get::<_, Value>(place))
                    .collect::<Result<_, _>>()
                    .map_err(|e| e.to_string())?,
            );
        }
    }
    Ok(all)
}

fn every_byte_of_their_pages_counts(dir: &Path) {
    let file = dir.join("hinan.sqlite3");
    let db = open(dir);
    let _: i64 = db
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
        .unwrap();
    let _: String = db
        .query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0))
        .unwrap();
    let page_size: u32 = db
        .query_row("PRAGMA page_size", [], |row| row.get(0))
        .unwrap();
    let pages: Vec<u32> = db
        .prepare("SELECT pageno FROM dbstat WHERE name IN ('proposal', 'draft', 'notice', 'delivery', 'officer', 'audit')")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    drop(db);
    let whole = std::fs::read(&file).unwrap();
    let before = dump(dir).unwrap();
    let (mut altered, mut harmless) = (0, 0);
    let mut offset = 0;
    let page_size = u64::from(page_size);
    let bytes = pages.len() as u64 * page_size;
    while offset < bytes {
        let page = pages[usize::try_from(offset / page_size).unwrap()];
        let place = usize::try_from(u64::from(page - 1) * page_size + offset % page_size).unwrap();
        let mut other = whole.clone();
        other[place] ^= 0x04;
        std::fs::write(&file, &other).unwrap();
        if dump(dir).as_ref() == Ok(&before) {
            harmless += 1;
        } else {
            altered += 1;
            assert!(
                !is_whole(dir),
                "byte {place} of the file was altered, unseen"
            );
        }
        // A stride that shares no factor with the size of a page.
        offset += (1 + bytes / 400) | 1;
    }
    eprintln!(
        "{altered} bytes of the file that a row was read from were altered and found, {harmless} lay between rows"
    );
    assert!(altered > 100, "only {altered} altered bytes reached a row");
}

fn an_added_or_removed_row_is_found(dir: &Path) {
    let db = without_rules(dir);
    db.execute_batch("INSERT INTO officer VALUES ('eve', 'eve', 'approver', 'x')")
        .unwrap();
    let why = verify(dir).unwrap_err();
    assert!(why.contains("officer eve is in no entry"), "{why}");
    db.execute_batch("DELETE FROM officer WHERE name = 'eve'")
        .unwrap();
    verify(dir).unwrap();
    db.execute_batch("DELETE FROM delivery WHERE id = (SELECT max(id) FROM delivery)")
        .unwrap();
    let why = verify(dir).unwrap_err();
    assert!(why.contains("delivery") && why.contains("is gone"), "{why}");
}

fn taking_the_rules_away_and_starting_again_seals_nothing_anew(dir: &Path) {
    let db = without_rules(dir);
    db.execute_batch("UPDATE delivery SET note = 'never sent'")
        .unwrap();
    drop(db);
    // The rules come back with the next start; the seals stay those of before.
    drop(Store::open(dir, hinan::realm::Realm::Actual, "012076").unwrap());
    let why = verify(dir).unwrap_err();
    assert!(
        why.contains("delivery") && why.contains("was changed"),
        "{why}"
    );
}

/// The rules stay in place, so that they note the row: the next transaction of the service must not take it for its own.
fn what_another_program_writes_is_not_sealed_as_ours(dir: &Path) {
    let db = open(dir);
    db.execute_batch("UPDATE officer SET display = 'eve'")
        .unwrap();
    drop(db);
    let why = verify(dir).unwrap_err();
    assert!(why.contains("another program wrote officer"), "{why}");
    let store = Store::open(dir, hinan::realm::Realm::Actual, "012076").unwrap();
    let at = hinan::clock::wall();
    store
        .write(|tx| tx.audit(at, "tanaka", "signed_in", "tanaka", &serde_json::json!({})))
        .unwrap();
    drop(store);
    let why = verify(dir).unwrap_err();
    assert!(why.contains("another program wrote officer"), "{why}");
}

fn last(dir: &Path) -> i64 {
    open(dir)
        .query_row("SELECT max(seq) FROM audit", [], |row| row.get(0))
        .unwrap()
}

/// Writes and signs one more entry that no row of a decision hangs on, then cuts it off: nothing but a checkpoint remembers
/// it. Returns its number.
fn cut(dir: &Path) -> i64 {
    let store = Store::open(dir, hinan::realm::Realm::Actual, "012076").unwrap();
    let at = hinan::clock::wall();
    let head = store
        .write(|tx| {
            tx.audit(at, "eve", "signed_in", "eve", &serde_json::json!({}))?;
            tx.view().audit_head()
        })
        .unwrap();
    drop(store);
    let n = head.0;
    let signer = checkpoint::Signer::open(dir, || panic!("the service has made a key")).unwrap();
    let signed = signer.sign("012076", hinan::realm::Realm::Actual, head, at);
    checkpoint::append(dir, &signed).unwrap();
    verify(dir).unwrap();
    without_rules(dir)
        .execute("DELETE FROM audit WHERE seq = ?1", [n])
        .unwrap();
    n
}

fn a_cut_tail_is_found(dir: &Path) {
    let n = cut(dir);
    let why = verify(dir).unwrap_err();
    assert!(
        is_whole(dir),
        "the chain alone sees no cut tail: {:?}",
        chain(dir)
    );
    assert!(
        why.contains(&format!(
            "the audit ends at entry {}, its tail was cut off",
            n - 1
        )),
        "{why}"
    );
}

fn a_tail_cut_together_with_its_checkpoints_is_found_by_a_copy(dir: &Path) {
    cut(dir);
    let copied = dir.with_file_name("kept-elsewhere.jsonl");
    std::fs::rename(dir.join(checkpoint::FILE), &copied).unwrap();
    let said = verify(dir).unwrap();
    assert!(
        said.contains("no checkpoint: a cut tail would not show"),
        "{said}"
    );
    let arguments = |key: &str| {
        let mut all = vec![
            "audit",
            "verify",
            "--data-dir",
            dir.to_str().unwrap(),
            "--checkpoints",
            copied.to_str().unwrap(),
        ];
        if !key.is_empty() {
            all.extend(["--public-key", key]);
        }
        let output = ran(Path::new(HINAN), &all, "");
        assert!(!output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let why = arguments("");
    assert!(why.contains("its tail was cut off"), "{why}");
    let why = arguments(&"0".repeat(64));
    assert!(why.contains("signed by another key"), "{why}");
}

fn the_export_can_be_checked_line_by_line(dir: &Path) {
    let output = ran(
        Path::new(HINAN),
        &["audit", "export", "--data-dir", dir.to_str().unwrap()],
        "",
    );
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let (entries, end) = lines.split_at(lines.len() - 1);
    assert_eq!(entries.len() as i64, last(dir));
    for pair in entries.windows(2) {
        assert_eq!(pair[0]["hash"], pair[1]["previous"]);
    }
    // As docs/audit.md tells a stranger to do it, without our code: the signature by openssl.
    let checkpoint = &end[0]["checkpoint"];
    assert_eq!(checkpoint["entries"], entries.len());
    assert_eq!(checkpoint["head"], entries[entries.len() - 1]["hash"]);
    let message = serde_json::to_string(&serde_json::json!([
        "hinan checkpoint 1",
        checkpoint["town"],
        checkpoint["realm"],
        checkpoint["entries"],
        checkpoint["head"],
        checkpoint["at"],
        checkpoint["public_key"]
    ]))
    .unwrap();
    let home = tempfile::tempdir().unwrap();
    let path = |name: &str| home.path().join(name);
    let key = hex::decode(checkpoint["public_key"].as_str().unwrap()).unwrap();
    let der = [hex::decode("302a300506032b6570032100").unwrap(), key].concat();
    std::fs::write(path("key.der"), der).unwrap();
    std::fs::write(path("message"), message).unwrap();
    std::fs::write(
        path("signature"),
        hex::decode(checkpoint["signature"].as_str().unwrap()).unwrap(),
    )
    .unwrap();
    let checked = std::process::Command::new("openssl")
        .args([
            "pkeyutl",
            "-verify",
            "-pubin",
            "-keyform",
            "DER",
            "-inkey",
            "key.der",
            "-rawin",
            "-in",
            "message",
            "-sigfile",
            "signature",
        ])
        .current_dir(home.path())
        .output();
    match checked {
        Ok(output) => assert!(output.status.success(), "{output:?}"),
        Err(error) => eprintln!("skipped: no openssl ({error})"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_downloads_the_checkpoint_and_the_record_from_the_audit_page() {
    let mut town = TownPlan::of(HINAN)
        .with_officer("sato", "auditor")
        .opens()
        .await
        .unwrap();
    let sato = town.officer("sato").await;
    let page = sato.opens("/plain/audit").await;
    assert!(
        page.text.contains("/plain/audit/checkpoint.json"),
        "the page offers it"
    );
    let checkpoint = hinan_town::eventually("the newest entry is signed", || async {
        let answer = sato.opens("/plain/audit/checkpoint.json").await;
        serde_json::from_str::<checkpoint::Checkpoint>(&answer.text).ok()
    })
    .await;
    assert!(checkpoint.is_signed() && checkpoint.entries > 0);
    let record = sato.opens("/plain/audit/entries.jsonl").await;
    let entries = record.text.lines().count() as i64;
    assert!(entries >= checkpoint.entries);
    let nobody = hinan_town::Officer::nobody(&town.address(), "nobody");
    for path in ["/plain/audit/checkpoint.json", "/plain/audit/entries.jsonl"] {
        assert_eq!(
            nobody.opens(path).await.to.as_deref(),
            Some("/plain/signin"),
            "{path}"
        );
    }
    town.closes().await;
}
