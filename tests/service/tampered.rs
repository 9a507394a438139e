//! The record in the hands of somebody who has the file, and takes the rules away first: every byte of a decision counts,
//! and so does every entry of the tail.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use hinan::approve::rule::Choice;
use hinan::checkpoint;
use hinan::passkey::Key;
use hinan::realm::Realm;
use hinan::recommend::told::{ShelterState, ShelterWord};
use hinan::store::approvals::Review;
use hinan::store::audit::Chain;
use hinan::store::passkeys::StoredPasskey;
use hinan::store::recoveries::Lost;
use hinan::store::reports::NewReport;
use hinan::store::{COVERED, Store, View};
use hinan::vault::Vault;
use hinan_recommend::{Report, ReportKind};
use hinan_town::{TownPlan, ran};
use rusqlite::Connection;
use rusqlite::types::Value;

use crate::HINAN;
use crate::record::{copy, open, town_with_one_order, verify, without_rules};

#[tokio::test(flavor = "multi_thread")]
async fn altering_one_byte_of_a_decision_or_cutting_the_tail_is_detected() {
    let town = town_with_one_order().await;
    the_export_can_be_checked_line_by_line(&town.data_dir());
    every_table_has_a_row(&town.data_dir());
    verify(&town.data_dir()).unwrap();
    let (columns, decisions): (Vec<_>, Vec<_>) = COVERED
        .into_iter()
        .partition(|(table, _)| *table != "model_decision");
    every_column_of_every_row_counts(&copy(&town, "columns"), &columns);
    let forward = brought_forward(&town.data_dir().with_file_name("forward"));
    every_column_of_every_row_counts(&forward, &decisions);
    every_byte_of_their_pages_counts(&copy(&town, "bytes"));
    an_added_or_removed_row_is_found(&copy(&town, "rows"));
    taking_the_rules_away_and_starting_again_seals_nothing_anew(&copy(&town, "laundered"));
    what_another_program_writes_is_not_sealed_as_ours(&copy(&town, "foreign"));
    a_cut_tail_is_found(&copy(&town, "tail"));
    a_tail_cut_together_with_its_checkpoints_is_found_by_a_copy(&copy(&town, "both"));
}

/// Rows of the tables that one order does not touch: a second choice, a second look, a key given back.
fn every_table_has_a_row(dir: &Path) {
    let db = open(dir);
    let one = |sql: &str| -> String { db.query_row(sql, [], |row| row.get(0)).unwrap() };
    let shown = one("SELECT id FROM draft WHERE state = 'shown' LIMIT 1");
    let notice = one("SELECT id FROM notice LIMIT 1");
    drop(db);
    let store = Store::open(dir, Realm::Actual, "012076").unwrap();
    let at = hinan::clock::wall();
    store
        .write(|tx| {
            tx.put_choice(&shown, "tanaka", Choice::NotNow, at)?;
            tx.put_report(&NewReport {
                report: Report {
                    kind: ReportKind::Overtopping,
                    at,
                    source: "水防団".to_owned(),
                    river: Some("札内川".to_owned()),
                    units: BTreeSet::new(),
                },
                words: String::new(),
                reported_at: at,
                by: "tanaka".to_owned(),
            })?;
            let word = ShelterWord {
                state: ShelterState::Open,
                occupancy: Some(12),
                places: None,
                at,
                by: "tanaka".to_owned(),
                note: String::new(),
            };
            tx.put_shelter_word("E0120700001", &word)?;
            let review = Review {
                officer: "tanaka".to_owned(),
                agrees: true,
                words: "異議なし".to_owned(),
                at,
            };
            assert!(tx.put_review(&notice, &review)?);
            tx.put_subject("tanaka", "https://id.example.lg.jp", "t-1", at)?;
            tx.put_passkey(&StoredPasskey {
                officer: "tanaka".to_owned(),
                key: Key {
                    id: vec![7; 16],
                    public: vec![7; 36],
                    state: [7; 7],
                },
                label: "当直の鍵".to_owned(),
                added_at: at,
            })?;
            tx.put_recovery("tanaka", Lost::Password, "console", at, true)
        })
        .unwrap();
}

/// A record as version 7 left it, with a decision about a model, a text on screen and a second factor in the clear, brought
/// forward to the version of today.
fn brought_forward(dir: &Path) -> PathBuf {
    std::fs::create_dir(dir).unwrap();
    let db = Connection::open(dir.join("hinan.sqlite3")).unwrap();
    for step in [
        include_str!("../../src/store/schema/1.sql"),
        include_str!("../../src/store/schema/2.sql"),
        include_str!("../../src/store/schema/3.sql"),
        include_str!("../../src/store/schema/4.sql"),
        include_str!("../../src/store/schema/5.sql"),
        include_str!("../../src/store/schema/6.sql"),
        include_str!("../../src/store/schema/7.sql"),
    ] {
        db.execute_batch(step).unwrap();
    }
    let [digest, lift, waits, order, ended, end] =
        ["0", "1", "2", "3", "4", "5"].map(|n| n.repeat(64));
    let facts = |kind: &str, replaces: &str| {
        format!(
            r#"{{"realm": "actual", "kind": "{kind}", "level": "evacuation_order", "expires": "2016-08-31T06:00:00Z", "replaces": [{replaces}]}}"#
        )
    };
    let (order_facts, ended_facts) = (facts("issue", ""), facts("issue", ""));
    let end_facts = facts("cancel", r#"{"id": "jp-ended"}"#);
    db.execute_batch(&format!(
        "PRAGMA user_version = 7;
         INSERT INTO about VALUES ('realm', 'actual'), ('town', '012076');
         INSERT INTO officer VALUES ('sato', 'sato', 'approver', 'x');
         INSERT INTO second_factor VALUES ('sato', '{}', 7, 0);
         INSERT INTO officer VALUES ('tanaka', 'tanaka', 'duty_officer', 'x');
         INSERT INTO session (token, officer, csrf, seen_ms) VALUES ('t', 'sato', 'c', 0);
         INSERT INTO authority (officer, basis, document, condition, level_max, rank, from_ms, until_ms, granted_by, granted_ms)
           VALUES ('sato', 'delegated', 'd', '', 5, 1, 0, 4102444800000, 'console', 0);
         INSERT INTO draft (id, author, reason, prepared_ms, facts, document, digest, state)
           VALUES ('jp-1', 'sato', 'r', 0, '{{\"realm\": \"actual\"}}', x'00', '{digest}', 'shown');
         INSERT INTO draft (id, author, reason, prepared_ms, facts, document, digest, state, needs, choice) VALUES
           ('jp-lift', 'tanaka', 'r', 0, '{{\"realm\": \"actual\"}}', x'01', '{lift}', 'shown', 'two', 'lift'),
           ('jp-waits', 'tanaka', 'r', 0, '{{\"realm\": \"actual\"}}', x'02', '{waits}', 'shown', 'two', '4'),
           ('jp-order', 'sato', 'r', 0, '{order_facts}', x'03', '{order}', 'approved', 'one', '4'),
           ('jp-ended', 'sato', 'r', 0, '{ended_facts}', x'04', '{ended}', 'approved', 'one', '4'),
           ('jp-end', 'sato', 'r', 0, '{end_facts}', x'05', '{end}', 'approved', 'one', 'cancel');
         INSERT INTO approval (draft, place, officer, digest, at_ms) VALUES
           ('jp-lift', 'first', 'tanaka', '{lift}', 1), ('jp-waits', 'first', 'tanaka', '{waits}', 1),
           ('jp-order', 'first', 'sato', '{order}', 1), ('jp-ended', 'first', 'sato', '{ended}', 1),
           ('jp-end', 'first', 'sato', '{end}', 1);
         INSERT INTO notice (id, facts, document, digest, approved_by, approved_ms, how, authority)
           SELECT id, facts, document, digest, author, 1, 'one', 1 FROM draft WHERE state = 'approved';
         INSERT INTO publication SELECT id, digest, document, NULL, '[]', '{{}}' FROM notice;
         INSERT INTO model_decision (gauge, digest, card, decision, officer, reason, at_ms)
           VALUES ('g', '{digest}', '{{}}', 'approved', 'sato', 'r', 0);",
        "07".repeat(20)
    ))
    .unwrap();
    drop(db);
    let store = Store::open(dir, Realm::Actual, "012076").unwrap();
    let vault = Vault::open(dir).unwrap();
    assert_eq!(vault.seal_clear(&store).unwrap(), 1);
    assert_eq!(vault.seal_clear(&store).unwrap(), 0, "once");
    let factor = store.read(|view| view.second_factor("sato")).unwrap();
    let factor = factor.unwrap();
    assert_eq!(factor.last_step, 7);
    let secret = vault.open_secret("sato", &factor.sealed_hex).unwrap();
    assert_eq!(secret.to_hex(), "07".repeat(20));
    nothing_in_it_says(dir, &"07".repeat(20));
    drop(store);
    nothing_in_it_says(dir, &"07".repeat(20));
    let db = open(dir);
    let all = |sql: &str| -> Vec<String> {
        let mut statement = db.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    };
    assert_eq!(
        all("SELECT id FROM draft WHERE state = 'dropped' ORDER BY id"),
        ["jp-1", "jp-lift"],
        "what was shown under other rules is prepared anew"
    );
    // An order whose first approval was given before the upgrade goes on waiting for its second.
    assert_eq!(
        all("SELECT d.id FROM draft d JOIN approval a ON a.draft = d.id WHERE d.state = 'shown'"),
        ["jp-waits"]
    );
    assert_eq!(all("SELECT notice FROM in_force"), ["jp-order"]);
    assert_eq!(
        all("SELECT notice FROM publication ORDER BY notice").len(),
        3
    );
    assert_eq!(
        all("SELECT token FROM session WHERE begun_ms > 0"),
        [""; 0],
        "sessions of before have ended"
    );
    assert_eq!(
        all("SELECT value FROM belonging WHERE key = 'record'")[0].len(),
        32
    );
    let refused = db.execute_batch("UPDATE belonging SET value = 'exercise' WHERE key = 'realm'");
    assert!(
        refused.unwrap_err().to_string().contains("belongs to"),
        "a record belongs to one realm for good"
    );
    let clear = format!(
        "INSERT INTO second_factor VALUES ('eve', '{}', 0, 0)",
        "07".repeat(20)
    );
    assert!(
        db.execute_batch(&clear)
            .unwrap_err()
            .to_string()
            .contains("kept encrypted")
    );
    dir.to_owned()
}

/// Not one file of the directory has these words in it: not in a free page, not in the journal.
fn nothing_in_it_says(dir: &Path, words: &str) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let found = bytes
            .windows(words.len())
            .any(|part| part == words.as_bytes());
        assert!(!found, "{} still holds it", path.display());
    }
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

fn every_column_of_every_row_counts(dir: &Path, tables: &[(&str, &str)]) {
    let db = without_rules(dir);
    // Checks of columns would refuse some of the changes; somebody with the file is not refused.
    db.pragma_update(None, "ignore_check_constraints", true)
        .unwrap();
    let mut turned_columns = 0;
    for (table, key) in tables {
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
            let id_after = if column == *key {
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
        tables.len()
    );
    assert!(
        turned_columns >= 4 * tables.len(),
        "only {turned_columns} columns were altered"
    );
}

/// All rows that the chain covers, and the chain, as SQLite reads them; what cannot be read says so.
fn dump(dir: &Path) -> Result<Vec<Vec<Value>>, String> {
    let db = Connection::open(dir.join("hinan.sqlite3")).map_err(|e| e.to_string())?;
    let mut all = Vec::new();
    for (table, key) in COVERED.into_iter().chain([("audit", "seq")]) {
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
    let tables = COVERED.map(|(table, _)| format!("'{table}'")).join(", ");
    let pages: Vec<(u32, String)> = db
        .prepare(&format!(
            "SELECT pageno, name || ' ' || pagetype FROM dbstat WHERE name IN ({tables}, 'audit')"
        ))
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
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
        let (page, of) = &pages[usize::try_from(offset / page_size).unwrap()];
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
                "byte {place} of the file, {} of a page of {of}, was altered, unseen: {:?}",
                offset % page_size,
                dump(dir).err()
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
    db.execute_batch("INSERT INTO officer VALUES ('eve', 'eve', 'approver', 'x', '')")
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
    drop(Store::open(dir, Realm::Actual, "012076").unwrap());
    let why = verify(dir).unwrap_err();
    assert!(
        why.contains("rules that note changes were taken away"),
        "{why}"
    );
    let altered = Store::look(dir, |view: &View<'_>| view.first_changed_row()).unwrap();
    assert!(
        altered
            .as_deref()
            .is_some_and(|why| why.contains("delivery") && why.contains("was changed")),
        "{altered:?}"
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
    let store = Store::open(dir, Realm::Actual, "012076").unwrap();
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
    let store = Store::open(dir, Realm::Actual, "012076").unwrap();
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
    let record = Store::look(dir, |view: &View<'_>| view.record_id()).unwrap();
    let of = checkpoint::Of {
        record: &record,
        town: "012076",
        realm: Realm::Actual,
    };
    let signed = signer.sign(of, head, at);
    checkpoint::append(&checkpoint::Place::beside(dir), &signed).unwrap();
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
    let why = verify(dir).unwrap_err();
    assert!(why.contains("no checkpoint of it is kept"), "{why}");
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
        "hinan checkpoint 2",
        checkpoint["town"],
        checkpoint["realm"],
        checkpoint["record"],
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

/// The digest of the row of an officer, as docs/audit.md says how a stranger works it out.
fn digest_by_hand(table: &str, columns: &[(&str, &str)]) -> String {
    use sha2::Digest as _;
    let mut bytes = Vec::new();
    let mut part = |kind: u8, text: &str| {
        bytes.push(kind);
        bytes.extend((text.len() as u64).to_be_bytes());
        bytes.extend(text.as_bytes());
    };
    part(b'T', table);
    for (name, value) in columns {
        part(b'C', name);
        part(b't', value);
    }
    hex::encode(sha2::Sha256::digest(&bytes))
}

/// A record of version 10 that says by its chain who is a duty officer.
fn of_version_10(dir: &Path) {
    std::fs::create_dir(dir).unwrap();
    let db = Connection::open(dir.join("hinan.sqlite3")).unwrap();
    for step in [
        include_str!("../../src/store/schema/1.sql"),
        include_str!("../../src/store/schema/2.sql"),
        include_str!("../../src/store/schema/3.sql"),
        include_str!("../../src/store/schema/4.sql"),
        include_str!("../../src/store/schema/5.sql"),
        include_str!("../../src/store/schema/6.sql"),
        include_str!("../../src/store/schema/7.sql"),
        include_str!("../../src/store/schema/8.sql"),
        include_str!("../../src/store/schema/9.sql"),
        include_str!("../../src/store/schema/10.sql"),
    ] {
        db.execute_batch(step).unwrap();
    }
    db.execute_batch(
        "PRAGMA user_version = 10;
         INSERT INTO belonging VALUES ('realm', 'actual'), ('town', '012076');
         INSERT INTO officer VALUES ('tanaka', '田中', 'duty_officer', 'x', '');",
    )
    .unwrap();
    let columns = [
        ("name", "tanaka"),
        ("display", "田中"),
        ("role", "duty_officer"),
        ("password", "x"),
        ("password_by", ""),
    ];
    let digest = digest_by_hand("officer", &columns);
    let detail = format!(r#"{{"rows":[["officer","tanaka","{digest}"]]}}"#);
    let previous = hinan::digest::Digest::of(b"hinan audit").to_string();
    let text = serde_json::json!([1, 0, "system", "sealed", "1", detail, previous]).to_string();
    let hash = hinan::digest::Digest::of(text.as_bytes()).to_string();
    db.execute(
        "INSERT INTO audit VALUES (1, 0, 'system', 'sealed', '1', ?1, ?2, ?3)",
        [&detail, &previous, &hash],
    )
    .unwrap();
}

#[test]
fn a_row_that_was_altered_before_an_upgrade_is_named_by_it_and_not_sealed_as_genuine() {
    let home = tempfile::tempdir().unwrap();
    let [sound, altered, added] = ["sound", "altered", "added"].map(|name| home.path().join(name));
    for dir in [&sound, &altered, &added] {
        of_version_10(dir);
    }
    without_rules_of(&altered, "UPDATE officer SET role = 'approver'");
    without_rules_of(
        &added,
        "INSERT INTO officer VALUES ('eve', 'eve', 'approver', 'x', '')",
    );
    for dir in [&sound, &altered, &added] {
        drop(Store::open(dir, Realm::Actual, "012076").unwrap());
    }
    assert!(is_whole(&sound), "{:?}", chain(&sound));
    for (dir, who) in [(&altered, "officer tanaka"), (&added, "officer eve")] {
        let Ok(Chain::Broken { why, .. }) = chain(dir) else {
            panic!("{who} was sealed as it stood: {:?}", chain(dir));
        };
        assert!(why.contains(who), "{why}");
    }
}

fn without_rules_of(dir: &Path, sql: &str) {
    let db = without_rules(dir);
    db.execute_batch(sql).unwrap();
}

#[test]
fn a_record_that_does_not_say_any_more_what_it_belongs_to_is_opened_by_nobody() {
    let home = tempfile::tempdir().unwrap();
    drop(Store::open(home.path(), Realm::Exercise, "012076").unwrap());
    without_rules_of(home.path(), "DELETE FROM belonging WHERE key = 'realm'");
    for realm in [Realm::Actual, Realm::Exercise] {
        let refused = Store::open(home.path(), realm, "012076");
        let why = refused.err().expect("it is refused").to_string();
        assert!(why.contains("which realm it belongs to"), "{why}");
    }
}

#[test]
fn an_order_that_another_program_hid_from_the_list_stands_in_the_way_again_and_it_is_told() {
    use crate::hall::{Hall, reference};
    use hinan::recommend::level::OrderLevel;
    let reference = reference();
    let mut hall = Hall::opens(&reference, Realm::Actual);
    let order = hall.two_issue("十勝川", OrderLevel::EvacuationOrder);
    let live = |hall: &Hall| {
        let live = hall.app.store.read(|view| view.live_notices(hall.now()));
        live.unwrap().len()
    };
    let db = open(hall.home.path());
    db.execute_batch("DELETE FROM in_force").unwrap();
    drop(db);
    assert_eq!(live(&hall), 0, "it is hidden");
    hall.starts_again(&reference);
    assert_eq!(live(&hall), 1, "until the next start");
    let Ok(Chain::Broken { why, .. }) = chain(hall.home.path()) else {
        panic!("and it is told for good");
    };
    assert!(
        why.contains("in_force") || why.contains(order.notice.id().as_str()),
        "{why}"
    );
}
