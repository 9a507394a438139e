//! The record and its witnesses at a start: a tail that was cut together with its checkpoints, a damaged line, a key that others can
//! read. Each is told on every page, and none keeps the service from starting.

use std::path::Path;

use hinan::checkpoint;
use hinan_town::{Town, TownPlan, eventually};

use crate::HINAN;
use crate::record::{open, without_rules};

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

#[tokio::test(flavor = "multi_thread")]
async fn a_tail_cut_together_with_its_checkpoints_is_told_at_the_next_start() {
    let elsewhere = tempfile::tempdir().unwrap();
    let mut town = town_that_copies_to(elsewhere.path()).await;
    let dir = town.data_dir();
    let before = checkpoint::kept(elsewhere.path()).unwrap();
    let signed = before.iter().map(|one| one.entries).max().unwrap();
    cut_tail(&dir);
    std::fs::remove_file(dir.join(checkpoint::FILE)).unwrap();
    town.starts().await;
    let page = warned(&town).await;
    assert!(
        page.contains("its tail was cut off") && page.contains(&format!("with {signed} entries")),
        "the copy in another house knows"
    );
    town.power_fails();

    // Without the copy the missing checkpoints speak, once there is a key that has signed.
    for place in [dir.as_path(), elsewhere.path()] {
        std::fs::remove_file(place.join(checkpoint::FILE)).unwrap();
    }
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
        checkpoint::kept(&dir).unwrap().len() >= whole.lines().count(),
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
