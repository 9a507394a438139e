//! Accounts and their keys, as officers and administrators meet them over the pages: codes, guessing, the first administrator, lost keys.

use std::path::Path;

use hinan::second_factor::{Secret, step_at};
use hinan_dashboard::form;
use hinan_town::{Officer, StatusCode, TownPlan, eventually, fields, password_of, ran};
use rusqlite::Connection;

use crate::HINAN;

#[tokio::test(flavor = "multi_thread")]
async fn a_code_works_once_and_without_one_an_approver_gets_in_nowhere() {
    let mut town = TownPlan::of(HINAN)
        .with_officer("sato", "approver")
        .opens()
        .await
        .unwrap();
    let nobody = Officer::nobody(&town.address(), "sato");
    assert_eq!(
        nobody.tries_to_sign_in(&password_of("sato")).await.status,
        StatusCode::UNAUTHORIZED
    );
    let wrong = nobody
        .tries_to_sign_in_with(&password_of("sato"), "000000")
        .await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert!(
        !wrong.text.contains("コードが違います"),
        "it does not tell which part was wrong"
    );
    let code = town.codes.next("sato").await;
    let first = nobody
        .tries_to_sign_in_with(&password_of("sato"), &code)
        .await;
    assert_eq!(first.to.as_deref(), Some("/plain/"));
    let thief = Officer::nobody(&town.address(), "sato");
    let replayed = thief
        .tries_to_sign_in_with(&password_of("sato"), &code)
        .await;
    assert_eq!(
        replayed.status,
        StatusCode::UNAUTHORIZED,
        "a code works once"
    );
    // And every one that was refused is on record, with the account that was tried.
    let record = Connection::open(town.data_dir().join("hinan.sqlite3")).unwrap();
    eventually("the refusals are on record", || async {
        let count =
            "SELECT count(*) FROM audit WHERE action = 'sign_in_refused' AND subject = 'sato'";
        let noted: i64 = record.query_row(count, [], |row| row.get(0)).unwrap();
        (noted >= 2).then_some(())
    })
    .await;
    drop(record);
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_guesses_elsewhere_keeps_no_approver_out_of_their_own_browser() {
    let mut town = TownPlan::of(HINAN)
        .with_officer("sato", "approver")
        .opens()
        .await
        .unwrap();
    // The approver's own browser has been used before; then somebody keeps guessing from another.
    let sato = town.officer("sato").await;
    let thief = Officer::nobody(&town.address(), "sato");
    for _ in 0..7 {
        let _ = thief.tries_to_sign_in("not the password").await;
    }
    assert_eq!(
        thief.tries_to_sign_in("not the password").await.status,
        StatusCode::TOO_MANY_REQUESTS
    );
    let code = town.codes.next("sato").await;
    let again = sato
        .tries_to_sign_in_with(&password_of("sato"), &code)
        .await;
    assert_eq!(again.to.as_deref(), Some("/plain/"), "{}", again.status);
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_administrator_comes_by_a_link_that_works_once_and_helps_whoever_lost_a_key() {
    let mut town = TownPlan::of(HINAN).opens().await.unwrap();
    let said = eventually("the link is printed", || async {
        let said = town.said();
        said.split_whitespace()
            .find(|w| w.contains("/plain/first-run/"))
            .map(str::to_owned)
    })
    .await;
    let path = said
        .split_once("/plain/")
        .map(|(_, rest)| format!("/plain/{rest}"))
        .unwrap();
    let admin = Officer::nobody(&town.address(), "admin");
    let wrong = admin.opens("/plain/first-run/0123").await;
    assert_eq!(wrong.status, StatusCode::NOT_FOUND);
    assert_eq!(admin.opens(&path).await.status, StatusCode::OK);
    let form_of = |password: &str| {
        vec![
            (form::USER.to_owned(), "admin".to_owned()),
            ("display".to_owned(), "総務課 管理者".to_owned()),
            (form::PASSWORD.to_owned(), password.to_owned()),
        ]
    };
    assert_eq!(
        admin.posts(&path, &form_of("short")).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let made = admin.posts(&path, &form_of(&password_of("admin"))).await;
    assert_eq!(made.to.as_deref(), Some("/plain/signin"));
    assert_eq!(
        admin.opens(&path).await.status,
        StatusCode::NOT_FOUND,
        "it works once"
    );

    // The administrator signs in and adds a second factor; before that, accounts cannot be changed.
    assert_eq!(
        admin
            .tries_to_sign_in(&password_of("admin"))
            .await
            .to
            .as_deref(),
        Some("/plain/")
    );
    let post = |officer: Officer, path: &'static str, more: Vec<(String, String)>| async move {
        let mut all = vec![(
            form::CSRF.to_owned(),
            fields(&officer.opens("/plain/account").await.text)[form::CSRF].clone(),
        )];
        all.extend(more);
        officer.posts(path, &all).await
    };
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let add = vec![
        pair(form::STEP, "add"),
        pair(form::USER, "ito"),
        pair("display", "伊藤 部長"),
        pair("role", "approver"),
    ];
    assert_eq!(
        post(admin.clone(), "/plain/officers", add.clone())
            .await
            .status,
        StatusCode::FORBIDDEN
    );
    let shown = post(
        admin.clone(),
        "/plain/account",
        vec![pair(form::STEP, "make")],
    )
    .await;
    let secret = secret_in(&shown.text);
    let wrong = post(
        admin.clone(),
        "/plain/account",
        vec![pair(form::STEP, "confirm"), pair(form::CODE, "000000")],
    )
    .await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let code = secret.code(step_at(hinan::clock::wall().as_second()));
    let right = post(
        admin.clone(),
        "/plain/account",
        vec![pair(form::STEP, "confirm"), pair(form::CODE, &code)],
    )
    .await;
    assert_eq!(right.to.as_deref(), Some("/plain/account"));
    let added = post(admin.clone(), "/plain/officers", add).await;
    assert_eq!(added.status, StatusCode::OK);
    let (_, rest) = added
        .text
        .split_once("一度だけ表示するパスワード: ")
        .unwrap();
    let password: String = rest.chars().take(14).collect();

    // A password that the administrator knows opens the account page, and no second factor can be added to it.
    let ito = Officer::nobody(&town.address(), "ito");
    assert_eq!(
        ito.tries_to_sign_in(&password).await.to.as_deref(),
        Some("/plain/account")
    );
    let refused = post(
        ito.clone(),
        "/plain/account",
        vec![pair(form::STEP, "make")],
    )
    .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let changes = |old: &str, new: &str, again: &str| {
        vec![
            pair(form::STEP, "password"),
            pair(form::PASSWORD, old),
            pair("new_password", new),
            pair("new_again", again),
        ]
    };
    let own = password_of("ito");
    for (old, new, again, why) in [
        (
            "not this one",
            own.as_str(),
            own.as_str(),
            "いまのパスワードが違います",
        ),
        (&password, "short", "short", "12文字以上"),
        (
            &password,
            &own,
            "another one again",
            "2回とも同じではありません",
        ),
        (&password, &password, &password, "いまのものと同じ"),
    ] {
        let refused = post(ito.clone(), "/plain/account", changes(old, new, again)).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text.contains(why), "{why}");
    }
    let changed = post(
        ito.clone(),
        "/plain/account",
        changes(&password, &own, &own),
    )
    .await;
    assert_eq!(changed.to.as_deref(), Some("/plain/signin"));
    assert_eq!(
        ito.opens("/plain/inbox").await.to.as_deref(),
        Some("/plain/signin"),
        "every session ends with the old password"
    );
    assert_eq!(
        ito.tries_to_sign_in(&password).await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        ito.tries_to_sign_in(&own).await.to.as_deref(),
        Some("/plain/account"),
        "led to the second factor"
    );
    let shown = post(
        ito.clone(),
        "/plain/account",
        vec![pair(form::STEP, "make")],
    )
    .await;
    let secret = secret_in(&shown.text);
    let code = secret.code(step_at(hinan::clock::wall().as_second()));
    post(
        ito.clone(),
        "/plain/account",
        vec![pair(form::STEP, "confirm"), pair(form::CODE, &code)],
    )
    .await;
    assert!(
        ito.opens("/plain/account")
            .await
            .text
            .contains("このサインインで確認済み")
    );
    // The secret is nowhere in the record as it is.
    let record = std::fs::read(town.data_dir().join("hinan.sqlite3")).unwrap();
    let wal = std::fs::read(town.data_dir().join("hinan.sqlite3-wal")).unwrap_or_default();
    let hex = secret.to_hex();
    for bytes in [&record, &wal] {
        assert!(!bytes.windows(hex.len()).any(|w| w == hex.as_bytes()));
    }

    // Nobody resets their own factor; an approver's takes two administrators, and the page makes no second one.
    let reset = |name: &str| vec![pair(form::STEP, "reset_factor"), pair(form::USER, name)];
    let own_factor = post(admin.clone(), "/plain/officers", reset("admin")).await;
    assert_eq!(own_factor.status, StatusCode::UNPROCESSABLE_ENTITY);
    let second_self = vec![
        pair(form::STEP, "add"),
        pair(form::USER, "admin2"),
        pair("display", "管理者2"),
        pair("role", "administrator"),
    ];
    let refused = post(admin.clone(), "/plain/officers", second_self).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let asked = post(admin.clone(), "/plain/officers", reset("ito")).await;
    assert_eq!(asked.status, StatusCode::OK);
    assert!(asked.text.contains("別の管理者の確認が必要です"));
    assert_eq!(
        ito.opens("/plain/inbox").await.status,
        StatusCode::OK,
        "nothing has changed yet"
    );
    let number = fields_value(&asked.text, "recovery");
    let confirm = vec![pair(form::STEP, "confirm"), pair("recovery", &number)];
    let alone = post(admin.clone(), "/plain/officers", confirm.clone()).await;
    assert_eq!(alone.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(alone.text.contains("別の管理者に頼んでください"));
    // The console makes one, beside the running service.
    let config = town.config();
    let arguments = [
        "officer",
        "--config",
        &config,
        "--name",
        "kanri",
        "--role",
        "administrator",
        "--totp",
    ];
    let added = ran(Path::new(HINAN), &arguments, &password_of("kanri"));
    assert!(added.status.success(), "{added:?}");
    let said = String::from_utf8_lossy(&added.stdout).into_owned();
    let code = secret_in(&said).code(step_at(hinan::clock::wall().as_second()));
    let kanri = Officer::nobody(&town.address(), "kanri");
    let signed_in = kanri
        .tries_to_sign_in_with(&password_of("kanri"), &code)
        .await;
    assert_eq!(signed_in.to.as_deref(), Some("/plain/"));
    let done = post(kanri.clone(), "/plain/officers", confirm.clone()).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    assert_eq!(
        ito.opens("/plain/inbox").await.to.as_deref(),
        Some("/plain/signin"),
        "the session has ended"
    );
    let twice = post(kanri.clone(), "/plain/officers", confirm).await;
    assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY);
    let audit = admin.opens("/plain/audit").await.text;
    assert!(
        audit.contains("ito の2要素目を解除") && audit.contains("ito の2要素目の再発行を申し出")
    );
    // Everybody reads of it for a day.
    assert!(
        admin
            .opens("/plain/")
            .await
            .text
            .contains("伊藤 部長の2要素目が、24時間以内に再発行されました")
    );
    // A busy officer's session ends, too.
    let db = Connection::open(town.data_dir().join("hinan.sqlite3")).unwrap();
    db.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
    let long_ago = hinan::clock::wall().as_millisecond() - 12 * 3_600_000 - 1000;
    db.execute(
        "UPDATE session SET begun_ms = ?1 WHERE officer = 'kanri'",
        [long_ago],
    )
    .unwrap();
    assert_eq!(
        kanri.opens("/plain/").await.to.as_deref(),
        Some("/plain/signin")
    );
    town.closes().await;
}

/// The value of the first choice of this name on a page.
fn fields_value(page: &str, name: &str) -> String {
    let (_, rest) = page
        .split_once(&format!("name=\"{name}\" value=\""))
        .unwrap();
    rest.split('"').next().unwrap().to_owned()
}

fn secret_in(page: &str) -> Secret {
    let (_, rest) = page.split_once("secret=").unwrap();
    let text: String = rest
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric())
        .collect();
    hinan_town::secret_of(&text)
}

/// The machine died, and the record was put back without the key that lies apart from it.
#[tokio::test(flavor = "multi_thread")]
async fn without_the_key_to_second_factors_the_service_says_so_and_makes_no_other() {
    let mut town = TownPlan::of(HINAN)
        .with_officer("sato", "approver")
        .with_officer("mori", "viewer")
        .opens()
        .await
        .unwrap();
    let key = town.data_dir().join("second-factor.key");
    let kept = std::fs::read(&key).unwrap();
    town.power_fails();
    std::fs::remove_file(&key).unwrap();
    town.starts().await;
    let sato = Officer::nobody(&town.address(), "sato");
    let code = town.codes.next("sato").await;
    for _ in 0..7 {
        // It is not the officer's fault, so no try is counted.
        let refused = sato
            .tries_to_sign_in_with(&password_of("sato"), &code)
            .await;
        assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(
            refused.text.contains("second-factor.key"),
            "it names what is missing"
        );
    }
    let mori = town.officer("mori").await;
    let page = mori.opens("/plain/").await;
    assert!(
        page.text.contains("2要素目の鍵を読めない"),
        "the pages say so"
    );
    assert!(!key.exists(), "another key opens nothing");
    // A console does not make one either.
    let arguments = [
        "officer",
        "--config",
        &town.config(),
        "--name",
        "sato",
        "--totp",
    ];
    let refused = ran(Path::new(HINAN), &arguments, "");
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(
        !refused.status.success() && said.contains("it is missing"),
        "{said}"
    );
    assert!(!key.exists());

    town.power_fails();
    std::fs::write(&key, kept).unwrap();
    let only_ours = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&key, only_ours).unwrap();
    town.starts().await;
    let sato = Officer::nobody(&town.address(), "sato");
    let code = town.codes.next("sato").await;
    let entered = sato
        .tries_to_sign_in_with(&password_of("sato"), &code)
        .await;
    assert_eq!(
        entered.to.as_deref(),
        Some("/plain/"),
        "{}",
        entered.heading()
    );
    // Its log is not clean, as it must be.
    assert!(town.log().contains("second factors cannot be read"));
}
