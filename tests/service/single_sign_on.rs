//! Single sign-on: a provider of others (oidc-provider) on loopback, and one of our own that lies.

mod answers;
mod desks;
mod keys;
mod liar;
mod lines;
mod peer;
mod provider;

use std::path::{Path, PathBuf};

use hinan::config::oidc::{Counts, Oidc};
use hinan_dashboard::form;
use hinan_town::{Answer, Officer, StatusCode, Town, TownPlan, fields, ran};
use rusqlite::Connection;

use crate::HINAN;

/// Under which address people reach the pages; nobody answers there, the tests carry what is sent to it to their towns.
const PAGES: &str = "http://localhost:1";
const SECRET: &str = "the secret of the town hall and its provider";
const NOT_PROVEN: &str = "シングルサインオンの結果を確かめられませんでした";
const NO_ACCOUNT: &str = "どの職員のアカウントにも結び付けられていません";
const OWN_FACTOR: &str = "このアカウントには2要素目が登録されています";
const DOWN: &str = "シングルサインオンに接続できません。パスワードでサインインしてください";

/// A file that only we can read, with the secret.
fn secret_in(home: &Path) -> PathBuf {
    let file = home.join("oidc.secret");
    std::fs::write(&file, SECRET).unwrap();
    let only_ours = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&file, only_ours).unwrap();
    file
}

/// The configuration of a town with this provider.
fn settings(issuer: &str, home: &Path) -> Oidc {
    Oidc {
        issuer: issuer.to_owned(),
        client_id: "hinan".to_owned(),
        client_secret_file: secret_in(home),
        redirect_url: format!("{PAGES}/plain/signin/oidc"),
        second_factor: Counts::Mfa,
    }
}

/// A town with this provider, to be opened.
fn planned(plan: TownPlan, issuer: &str, home: &Path) -> TownPlan {
    plan.with("oidc.issuer", issuer)
        .with("oidc.client_id", "hinan")
        .with(
            "oidc.client_secret_file",
            secret_in(home).display().to_string(),
        )
        .with("oidc.redirect_url", format!("{PAGES}/plain/signin/oidc"))
}

/// What an administrator does at the console of a town: whether it was done, and what was said.
fn at_console(town: &Town, arguments: &[&str]) -> (bool, String) {
    with_config(&town.config(), arguments)
}

fn with_config(config: &str, arguments: &[&str]) -> (bool, String) {
    let mut all = vec!["officer", "--config", config];
    all.extend(arguments);
    let done = ran(Path::new(HINAN), &all, "");
    let said = [done.stdout, done.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    (done.status.success(), said)
}

fn binds(town: &Town, name: &str, subject: &str) {
    let (done, said) = at_console(town, &["--name", name, "--subject", subject]);
    assert!(done, "{said}");
}

#[track_caller]
fn is_refused(answer: &Answer, words: &str) {
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{}", answer.text);
    assert!(answer.text.contains(words), "{words}: {}", answer.text);
}

/// Signed in, and sent on by a page of ours to this one.
#[track_caller]
fn is_in(answer: &Answer, next: &str) {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let link = format!("href=\"{next}\"");
    assert!(answer.text.contains(&link), "{next}: {}", answer.text);
}

/// Sends a form with the token of the session.
async fn sends(officer: &Officer, path: &str, more: &[(&str, &str)]) -> Answer {
    let page = officer.opens("/plain/account").await;
    let mut all = vec![(
        form::CSRF.to_owned(),
        fields(&page.text)[form::CSRF].clone(),
    )];
    all.extend(
        more.iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    );
    officer.posts(path, &all).await
}

/// Entries of the audit of a kind: actor, subject and particulars.
fn audited(town: &Town, action: &str) -> Vec<(String, String, serde_json::Value)> {
    let db = Connection::open(town.data_dir().join("hinan.sqlite3")).unwrap();
    db.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
    let mut statement = db
        .prepare("SELECT actor, subject, detail FROM audit WHERE action = ?1 ORDER BY seq")
        .unwrap();
    let rows = statement.query_map([action], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?))
    });
    rows.unwrap()
        .map(|row| {
            let (actor, subject, detail) = row.unwrap();
            (actor, subject, serde_json::from_str(&detail).unwrap())
        })
        .collect()
}
