//! The record and its witnesses at a start: a tail that was cut together with its checkpoints, a damaged line, a key that others can
//! read. Each is told on every page, and none keeps the service from starting.

use std::path::Path;

use hinan::checkpoint::{self, Place};
use hinan::store::{Store, View};
use hinan_town::{Town, TownPlan, eventually, ran};

use crate::HINAN;
use crate::record::{open, verify, without_rules};

async fn town_that_copies_to(elsewhere: &Path) -> Town {
    let mut town = TownPlan::of(HINAN)
        .with("audit.copy_to", elsewhere.display().to_string())
        .with_officer("sato", "auditor")
        .opens()
        .await
        .unwrap();
    let sato = town.officer("sato").await;
    eventually("the newest entry is signed", || async {
        let answer = sato.opens("/plain/audit/checkpoint.json").await;
        serde_json::from_str::<checkpoint::Checkpoint>(&answer.text).ok()
    })
    .await;
    town.closes().await;
    town
}

/// Cuts entries off that no row of a decision hangs on, and puts the rules back as they were.
fn cut_tail(dir: &Path) {
    let rules: Vec<String> = {
        let db = open(dir);
        let mut statement = db
            .prepare("SELECT sql FROM sqlite_schema WHERE type = 'trigger'")
            .unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let db = without_rules(dir);
    db.execute_batch(
        "DELETE FROM audit WHERE seq > (SELECT max(seq) FROM audit WHERE action = 'sealed')",
    )
    .unwrap();
    for rule in rules {
        db.execute_batch(&rule).unwrap();
    }
}

async fn warned(town: &Town) -> String {
    let sato = town.officer("sato").await;
    sato.opens("/plain/").await.text
}

fn record_of(dir: &Path) -> String {
    Store::look(dir, |view: &View<'_>| view.record_id()).unwrap()
}

/// What a folder keeps of this record.
fn copies(elsewhere: &Path, dir: &Path) -> Place {
    Place::copies(elsewhere, &record_of(dir))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tail_cut_together_with_its_checkpoints_is_told_at_the_next_start() {
    let elsewhere = tempfile::tempdir().unwrap();
    let mut town = town_that_copies_to(elsewhere.path()).await;
    let dir = town.data_dir();
    let before = checkpoint::kept(&copies(elsewhere.path(), &dir)).unwrap();
    let signed = before.iter().map(|one| one.entries).max().unwrap();
    cut_tail(&dir);
    std::fs::remove_file(dir.join(checkpoint::FILE)).unwrap();
    town.starts().await;
    let sato = town.officer("sato").await;
    eventually("the copy in another house knows", || async {
        let page = sato.opens("/plain/").await.text;
        (page.contains("its tail was cut off") && page.contains(&format!("with {signed} entries")))
            .then_some(())
    })
    .await;
    town.power_fails();

    // Without the copy the missing checkpoints speak, once there is a key that has signed.
    std::fs::remove_file(dir.join(checkpoint::FILE)).unwrap();
    checkpoint::set_aside(&copies(elsewhere.path(), &dir)).unwrap();
    town.starts().await;
    assert!(warned(&town).await.contains("no checkpoint of it is kept"));
    town.power_fails();

    // And a key that is not the one of before.
    std::fs::remove_file(checkpoint::key_path(&dir)).unwrap();
    town.starts().await;
    let page = warned(&town).await;
    assert!(page.contains("is not here any more") || page.contains("another key"));
    town.power_fails();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_checkpoint_and_a_key_that_others_can_read_keep_no_service_from_starting() {
    use std::os::unix::fs::PermissionsExt as _;
    let elsewhere = tempfile::tempdir().unwrap();
    let mut town = town_that_copies_to(elsewhere.path()).await;
    let dir = town.data_dir();
    let file = dir.join(checkpoint::FILE);
    let whole = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("not a checkpoint\n{whole}")).unwrap();
    town.starts().await;
    assert!(warned(&town).await.contains("検認点の記録が壊れています"));
    town.power_fails();
    assert!(
        dir.join("checkpoints.jsonl.aside-1").exists(),
        "nothing is lost"
    );
    assert!(
        checkpoint::kept(&Place::beside(&dir)).unwrap().len() >= whole.lines().count(),
        "what could be read goes on counting"
    );

    let key = checkpoint::key_path(&dir);
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o640)).unwrap();
    town.starts().await;
    let page = warned(&town).await;
    assert!(page.contains("mode 640") && page.contains("a new one made"));
    town.power_fails();
    assert!(dir.join("audit.key.aside-1").exists());
}

/// The line to the other house is down, and its share answers nobody: neither the start nor the checkpoints here may wait for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_of_copies_that_hangs_holds_up_neither_the_start_nor_the_checkpoints_here_nor_the_end()
 {
    let elsewhere = tempfile::tempdir().unwrap();
    // Whoever opens it waits for somebody who writes into it, for good.
    let made = std::process::Command::new("mkfifo")
        .arg(elsewhere.path().join(checkpoint::FILE))
        .status();
    assert!(made.unwrap().success());
    let mut town = town_that_copies_to(elsewhere.path()).await;
    let dir = town.data_dir();
    let kept = checkpoint::kept(&Place::beside(&dir)).unwrap();
    assert!(!kept.is_empty(), "checkpoints are kept here");
    verify(&dir).unwrap();
    town.starts().await;
    town.closes().await;
    assert!(checkpoint::kept(&Place::beside(&dir)).unwrap().len() > kept.len());
}

/// Each exercise has a new record, and the folder of copies stays the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_record_beside_the_copies_of_another_is_accused_of_nothing_and_says_once_that_it_met_them()
 {
    let elsewhere = tempfile::tempdir().unwrap();
    let first = town_that_copies_to(elsewhere.path()).await;
    let mut second = town_that_copies_to(elsewhere.path()).await;
    let (one, other) = (record_of(&first.data_dir()), record_of(&second.data_dir()));
    assert_ne!(one, other);
    for dir in [first.data_dir(), second.data_dir()] {
        assert!(
            !checkpoint::kept(&copies(elsewhere.path(), &dir))
                .unwrap()
                .is_empty()
        );
        verify(&dir).unwrap();
    }
    let met = || {
        let db = open(&second.data_dir());
        let asked = "SELECT count(*) FROM audit WHERE action = 'other_record_met' AND subject = ?1";
        db.query_row(asked, [&one], |row| row.get::<_, i64>(0))
            .unwrap()
    };
    assert_eq!(met(), 1);
    second.starts().await;
    let page = warned(&second).await;
    assert!(!page.contains("検認点と合いません"), "{page}");
    assert!(!page.contains("別の記録"), "it was told at the first start");
    second.closes().await;
    let db = open(&second.data_dir());
    let asked =
        "SELECT count(*) FROM audit WHERE action IN ('other_record_met', 'audit_contradicted')";
    assert_eq!(
        db.query_row(asked, [], |row| row.get::<_, i64>(0)).unwrap(),
        1
    );
}

/// Last night's backup is put back: it is shorter than what was signed since. Somebody answers for it once.
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_was_put_back_is_told_until_somebody_answers_for_it_and_what_is_cut_later_is_told_again()
 {
    let elsewhere = tempfile::tempdir().unwrap();
    let mut town = town_that_copies_to(elsewhere.path()).await;
    let dir = town.data_dir();
    let backup = dir.with_file_name("backup.sqlite3");
    let db = open(&dir);
    db.execute("VACUUM INTO ?1", [backup.to_str().unwrap()])
        .unwrap();
    drop(db);
    town.starts().await;
    warned(&town).await;
    town.closes().await;
    // What was accused is in the log: from here on the service is not asked for a clean one.
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(dir.join(format!("hinan.sqlite3{end}")));
    }
    std::fs::copy(&backup, dir.join("hinan.sqlite3")).unwrap();
    town.starts().await;
    assert!(warned(&town).await.contains("検認点と合いません"));
    town.power_fails();
    assert!(verify(&dir).is_err());
    let path = |path: &Path| path.display().to_string();
    let accept = |because: &str| {
        let (dir, copies) = (path(&dir), path(elsewhere.path()));
        let words = [
            "audit",
            "accept",
            "--data-dir",
            &dir,
            "--copies",
            &copies,
            "--because",
            because,
        ];
        ran(Path::new(HINAN), &words, "")
    };
    assert!(!accept(" ").status.success(), "a reason is wanted");
    let accepted = accept("11月27日3時、前夜の控えに戻した。山田");
    assert!(accepted.status.success(), "{accepted:?}");
    let said = verify(&dir).unwrap();
    assert!(said.contains("were set aside by an entry"), "{said}");
    let nothing = accept("もう一度");
    assert!(
        !nothing.status.success(),
        "there is nothing more to answer for"
    );
    town.starts().await;
    assert!(!warned(&town).await.contains("検認点と合いません"));
    town.power_fails();
    verify(&dir).unwrap();

    // What is cut off after that is told as ever.
    cut_tail(&dir);
    assert!(verify(&dir).unwrap_err().contains("its tail was cut off"));
}

/// The power fails between the first checkpoint of a new key and the entry that names it: the next start finds nothing to accuse.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_signs_before_the_record_names_it_and_a_place_that_cannot_be_written_stops_no_start()
 {
    let mut town = TownPlan::of(HINAN)
        .with_officer("sato", "auditor")
        .opens()
        .await
        .unwrap();
    town.closes().await;
    let dir = town.data_dir();
    let config = town.config();
    std::fs::remove_file(checkpoint::key_path(&dir)).unwrap();
    std::fs::remove_file(dir.join(checkpoint::FILE)).unwrap();
    let db = open(&dir);
    db.execute_batch(
        "CREATE TRIGGER power BEFORE INSERT ON audit WHEN NEW.action = 'audit_key' \
         BEGIN SELECT RAISE(ABORT, 'the power fails'); END",
    )
    .unwrap();
    let cut_off = ran(Path::new(HINAN), &["serve", "--config", &config], "");
    assert!(String::from_utf8_lossy(&cut_off.stderr).contains("the power fails"));
    assert!(
        !checkpoint::kept(&Place::beside(&dir)).unwrap().is_empty(),
        "it has signed"
    );
    db.execute_batch("DROP TRIGGER power").unwrap();
    drop(db);

    // And where nothing can be written, the service says so and goes on.
    std::fs::remove_file(checkpoint::key_path(&dir)).unwrap();
    std::fs::remove_file(dir.join(checkpoint::FILE)).unwrap();
    let nowhere = dir.join("not-mounted/checkpoints.jsonl");
    std::os::unix::fs::symlink(nowhere, dir.join(checkpoint::FILE)).unwrap();
    town.starts().await;
    warned(&town).await;
    std::fs::remove_file(dir.join(checkpoint::FILE)).unwrap();
    eventually("it signs as soon as it can", || async {
        warned(&town).await;
        let kept = checkpoint::kept(&Place::beside(&dir)).unwrap();
        (!kept.is_empty()).then_some(())
    })
    .await;
    town.power_fails();
}
