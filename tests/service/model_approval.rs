//! 予測モデルの承認: a model forecasts only after an administrator has approved exactly its bytes, with its card before their eyes. A
//! running service follows, and the record can be recomputed with the models of then.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Output;

use hinan::config::Config;
use hinan_models::{FloodModel, Hyper, ModelCard, ModelFile, Question, Unit};
use hinan_town::{FLOOD_HOUR, OBIHIRO, Officer, Town, TownPlan, eventually, password_of, ran};
use serde_json::Value;

use crate::HINAN;
use crate::town_reference::plain;

/// A model of 帯広 in a file, and the digest that names it.
fn made(dir: &Path, seed: u64) -> (PathBuf, String) {
    let history = hinan::town::history(&Config::defaults()).unwrap().unwrap();
    let site = plain().town.gauge(OBIHIRO).unwrap();
    let question = Question {
        case: hinan::outlook::case(site),
        name: site.name.clone(),
        unit: Unit::Metre,
        threshold: None,
        perfect_rain: false,
    };
    let recipe = Hyper {
        seed,
        ..Hyper::default()
    };
    let model = FloodModel::new(recipe.clone()).unwrap();
    let file = ModelFile {
        card: ModelCard::of(
            &question,
            &history,
            &recipe,
            ("CC BY-SA 2.0 JP", "国土交通省"),
            None,
        ),
        model: model.fit(&history, &question.case).unwrap(),
    };
    let bytes = file.to_bytes().unwrap();
    let path = dir.join(format!("{OBIHIRO}-{seed}.hinan-model"));
    std::fs::write(&path, &bytes).unwrap();
    (path, ModelFile::digest_of(&bytes).unwrap())
}

struct Decision<'d> {
    step: &'d str,
    digest: &'d str,
    officer: &'d str,
    password: &'d str,
}

fn decides(town: &Town, decision: &Decision<'_>) -> Output {
    let Decision {
        step,
        digest,
        officer,
        password,
    } = decision;
    let config = town.config();
    let arguments = [
        "models",
        "--config",
        &config,
        step,
        digest,
        "--officer",
        officer,
        "--reason",
        "カードを確認した",
    ];
    ran(Path::new(HINAN), &arguments, password)
}

fn refused(town: &Town, decision: &Decision<'_>) -> String {
    let told = decides(town, decision);
    assert!(!told.status.success(), "{told:?}");
    String::from_utf8(told.stderr).unwrap()
}

/// Whether a model answers for the districts that 帯広 decides for, as programs are told.
async fn forecasts_by_model(officer: &Officer) -> bool {
    let answer = officer.opens("/api/v1/outlook/districts").await;
    let told: Value = serde_json::from_str(&answer.text).unwrap();
    let of_obihiro: Vec<bool> = told["districts"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|district| district["source"]["gauge"] == OBIHIRO)
        .map(|district| district["source"]["model"].as_bool().unwrap())
        .collect();
    assert!(!of_obihiro.is_empty(), "{}", answer.text);
    of_obihiro.iter().all(|by_model| *by_model)
}

async fn town_with_models(dir: &Path) -> Town {
    TownPlan::of(HINAN)
        .with("models.enabled", true)
        .with("models.dir", dir.display().to_string())
        .with_officer("kato", "administrator")
        .with_officer("sato", "approver")
        .with_officer("mori", "viewer")
        .opens()
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_service_follows_an_approval_and_its_withdrawal_and_the_record_can_be_recomputed()
{
    let dir = tempfile::tempdir().unwrap();
    let (_, digest) = made(dir.path(), 7);
    let mut town = town_with_models(dir.path()).await;
    town.storm_reaches(FLOOD_HOUR).await;
    let mori = town.officer("mori").await;
    let listed = ran(
        Path::new(HINAN),
        &["models", "--config", &town.config()],
        "",
    );
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(
        listed.contains(&digest) && listed.contains("未承認"),
        "{listed}"
    );
    assert!(
        !forecasts_by_model(&mori).await,
        "nobody approved the model"
    );

    let of = |step| Decision {
        step,
        digest: &digest,
        officer: "kato",
        password: "the secret of kato",
    };
    let told = decides(&town, &of("--approve"));
    assert!(told.status.success(), "{told:?}");
    eventually("the running service uses the model", || async {
        forecasts_by_model(&mori).await.then_some(())
    })
    .await;
    let told = decides(&town, &of("--withdraw"));
    assert!(told.status.success(), "{told:?}");
    eventually("it uses the model no longer", || async {
        (!forecasts_by_model(&mori).await).then_some(())
    })
    .await;
    assert!(decides(&town, &of("--approve")).status.success());
    eventually("it uses the model again", || async {
        forecasts_by_model(&mori).await.then_some(())
    })
    .await;
    let page = mori.opens("/plain/").await;
    assert!(page.text.contains("浸水の見込み"), "{}", page.text);

    town.closes().await;
    town.starts().await;
    let mori = town.officer("mori").await;
    assert!(
        forecasts_by_model(&mori).await,
        "from the start on what was approved forecasts"
    );
    town.closes().await;
    let data = town.data_dir().display().to_string();
    let again = || {
        ran(
            Path::new(HINAN),
            &["replay", "--config", &town.config(), "--data-dir", &data],
            "",
        )
    };
    let same = again();
    assert!(same.status.success(), "{same:?}");
    // Without the file that forecast then it is not pretended that nothing changed.
    std::fs::remove_file(
        std::fs::read_dir(dir.path())
            .unwrap()
            .next()
            .unwrap()
            .unwrap()
            .path(),
    )
    .unwrap();
    let gone = again();
    assert!(!gone.status.success());
    let why = String::from_utf8(gone.stderr).unwrap();
    assert!(why.contains(&digest), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_is_refused_that_nobody_may_approve_or_that_is_not_what_it_says() {
    let dir = tempfile::tempdir().unwrap();
    let (path, digest) = made(dir.path(), 7);
    let mut town = town_with_models(dir.path()).await;
    town.storm_reaches(FLOOD_HOUR).await;
    let mori = town.officer("mori").await;

    let by = |officer: &'static str, password| Decision {
        step: "--approve",
        digest: &digest,
        officer,
        password,
    };
    let why = refused(&town, &by("nobody", "the secret of nobody"));
    assert!(why.contains("account or password"), "{why}");
    let why = refused(&town, &by("kato", "the secret of sato"));
    assert!(why.contains("account or password"), "{why}");
    for (officer, password) in [
        ("sato", "the secret of sato"),
        ("mori", "the secret of mori"),
    ] {
        let why = refused(&town, &by(officer, password));
        assert!(
            why.contains("only an administrator") && why.contains(officer),
            "{why}"
        );
    }
    assert_eq!(password_of("kato"), "the secret of kato");

    let whole = std::fs::read(&path).unwrap();
    let tampered = {
        let mut bytes = whole.clone();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        bytes
    };
    let of_another_version = {
        let mut bytes = whole.clone();
        bytes[8] = 2;
        bytes
    };
    for (bytes, what) in [
        (tampered, "changed or damaged"),
        (of_another_version, "format version 2 is not accepted"),
    ] {
        std::fs::write(&path, bytes).unwrap();
        let told = decides(&town, &by("kato", "the secret of kato"));
        assert!(!told.status.success(), "{told:?}");
        let said = String::from_utf8(told.stdout).unwrap();
        assert!(said.contains(what), "{said}");
        let why = String::from_utf8(told.stderr).unwrap();
        assert!(why.contains("no model in"), "{why}");
    }
    std::fs::write(&path, &whole).unwrap();

    // Whoever opens the record with another program meets the same rule.
    let db = rusqlite::Connection::open(town.data_dir().join("hinan.sqlite3")).unwrap();
    let by_approver = db.execute(
        "INSERT INTO model_decision (gauge, digest, card, decision, officer, reason, at_ms) \
         VALUES (?1, ?2, ?3, 'approved', 'sato', 'x', 1)",
        (OBIHIRO, &digest, format!("{{\"gauge\":\"{OBIHIRO}\"}}")),
    );
    let why = by_approver.unwrap_err().to_string();
    assert!(why.contains("only an administrator"), "{why}");
    drop(db);

    town.thinks().await;
    assert!(!forecasts_by_model(&mori).await, "nothing was approved");
    town.closes().await;
}

#[test]
fn an_approval_holds_for_the_bytes_that_were_approved_and_for_no_others() {
    let dir = tempfile::tempdir().unwrap();
    let (first, approved) = made(dir.path(), 7);
    let of = |digest: &str| BTreeMap::from([(OBIHIRO.to_owned(), digest.to_owned())]);
    let used = |digest: &str| {
        let models = hinan::artifacts::approved(dir.path(), &of(digest)).unwrap();
        models.into_keys().collect::<Vec<_>>()
    };
    assert_eq!(used(&approved), [OBIHIRO]);
    // A challenger of the same gauge waits beside the champion, and takes its place only by a decision of its own.
    let (second, challenger) = made(dir.path(), 8);
    assert_ne!(approved, challenger);
    assert_eq!(used(&approved), [OBIHIRO]);
    assert_eq!(used(&challenger), [OBIHIRO]);
    assert_eq!(used(&"0".repeat(64)), [""; 0]);
    std::fs::copy(second, first).unwrap();
    assert_eq!(
        used(&approved),
        [""; 0],
        "what was approved is not there any more"
    );
}
