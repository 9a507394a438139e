//! Single sign-on at the pages: what a session that begins by it may do, and what a browser brings along.

use std::path::Path;

use hinan_dashboard::form;
use hinan_town::{Officer, StatusCode, Town, TownPlan, fields, password_of};
use rusqlite::Connection;
use serde_json::{Value, json};

use super::liar::{Liar, Lie, asked, once, twice};
use super::{
    NO_ACCOUNT, NOT_PROVEN, OWN_FACTOR, at_console, audited, binds, is_in, is_refused, planned,
    sends, with_config,
};
use crate::HINAN;

/// A town where the provider's second factor counts.
async fn town(liar: &Liar, home: &Path) -> Town {
    planned(TownPlan::of(HINAN), &liar.issuer, home)
        .with("oidc.second_factor", "mfa")
        .with(
            "officers.passkey_origin",
            "https://bosai.example.lg.jp:8443",
        )
        .with_officer("sato", "viewer")
        .with_officer("ueda", "approver")
        .with_officer("admin", "administrator")
        .with_officer("admin2", "administrator")
        .opens()
        .await
        .unwrap()
}

fn nobody(town: &Town) -> Officer {
    Officer::nobody(&town.address(), "somebody")
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_a_factor_shows_one_whichever_way_they_come() {
    let (liar, home) = (Liar::opens().await, tempfile::tempdir().unwrap());
    let mut town = town(&liar, home.path()).await;
    binds(&town, "ueda", "person-3");
    let ueda = nobody(&town);
    is_refused(&liar.signs_in(&ueda, "person-3", once).await, OWN_FACTOR);
    // Nor does one count that may be of another day.
    let undated = |lie| twice(lie).but("auth_time", Value::Null);
    is_refused(&liar.signs_in(&ueda, "person-3", undated).await, OWN_FACTOR);

    is_in(&liar.signs_in(&ueda, "person-3", twice).await, "/plain/");
    let account = ueda.opens("/plain/account").await.text;
    assert!(account.contains("このサインインで確認済み"), "{account}");
    let entries = audited(&town, "signed_in");
    let (actor, _, detail) = entries.last().unwrap();
    assert_eq!(actor, "ueda");
    assert_eq!(detail["by"], "single sign-on with a second factor");
    assert_eq!(detail["second_factor"], true);

    // Refusals are on record, and nobody fills it with them.
    for _ in 0..3 {
        is_refused(
            &liar.signs_in(&nobody(&town), "person-3", once).await,
            OWN_FACTOR,
        );
    }
    let waits = liar.signs_in(&nobody(&town), "person-3", once).await;
    assert_eq!(waits.status, StatusCode::TOO_MANY_REQUESTS);
    let refused = audited(&town, "sign_in_refused");
    assert_eq!(refused.len(), 5, "{refused:?}");
    assert!(
        refused
            .iter()
            .all(|(by, of, _)| by == "somebody" && of == "ueda")
    );
    // The wait is for that way in alone.
    town.officer("ueda").await;
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_of_somebody_else_is_replaced_first_unless_a_second_factor_has_shown_who_it_is()
{
    let (liar, home) = (Liar::opens().await, tempfile::tempdir().unwrap());
    let mut town = town(&liar, home.path()).await;
    assert!(at_console(&town, &["--name", "sato", "--generate"]).0);
    binds(&town, "sato", "person-1");
    let sato = nobody(&town);
    is_in(
        &liar.signs_in(&sato, "person-1", once).await,
        "/plain/account",
    );
    let inbox = sato.opens("/plain/inbox").await;
    assert_eq!(inbox.status, StatusCode::FORBIDDEN, "{}", inbox.heading());
    is_in(&liar.signs_in(&sato, "person-1", twice).await, "/plain/");
    assert_eq!(sato.opens("/plain/inbox").await.status, StatusCode::OK);
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_only_the_provider_knows_adds_no_factor_of_their_own() {
    let (liar, home) = (Liar::opens().await, tempfile::tempdir().unwrap());
    let mut town = town(&liar, home.path()).await;
    binds(&town, "sato", "person-1");
    let sato = nobody(&town);
    is_in(&liar.signs_in(&sato, "person-1", once).await, "/plain/");
    let words = "シングルサインオンだけのサインインでは、2要素目を登録できません";
    let (makes, asks) = ("登録を始める", "data-act=\"create\"");
    let page = sato.opens("/plain/account").await.text;
    assert!(page.contains(words) && !page.contains(makes) && !page.contains(asks));
    let code = sends(&sato, "/plain/account", &[(form::STEP, "make")]).await;
    let key = [("question", "any"), ("answer", "any")];
    let key = sends(&sato, "/plain/account/passkey", &key).await;
    for refused in [code, key] {
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        assert!(refused.heading().contains(words), "{}", refused.heading());
    }
    // Who shows the password does, and who showed the provider two things.
    let by_password = town.officer("sato").await;
    let page = by_password.opens("/plain/account").await.text;
    assert!(!page.contains(words) && page.contains(makes) && page.contains(asks));
    is_in(&liar.signs_in(&sato, "person-1", twice).await, "/plain/");
    let made = sends(&sato, "/plain/account", &[(form::STEP, "make")]).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.heading());
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_takes_lost_factors_away_takes_the_binding_away_with_them() {
    let (liar, home) = (Liar::opens().await, tempfile::tempdir().unwrap());
    let mut town = town(&liar, home.path()).await;
    binds(&town, "sato", "person-1");
    binds(&town, "ueda", "person-3");
    let (one, two) = (town.officer("admin").await, town.officer("admin2").await);
    let list = one.opens("/plain/officers").await.text;
    assert_eq!(
        list.matches("<td>あり</td>").count(),
        3 + 2,
        "factors and bindings: {list}"
    );

    // An account without a factor of its own, by one administrator.
    let reset = |name| [(form::STEP, "reset_factor"), (form::USER, name)];
    let done = sends(&one, "/plain/officers", &reset("sato")).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    is_refused(
        &liar.signs_in(&nobody(&town), "person-1", once).await,
        NO_ACCOUNT,
    );
    let again = sends(&one, "/plain/officers", &reset("sato")).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        again
            .text
            .contains("2要素目もシングルサインオンの結び付けもありません")
    );

    // An approver's, by two.
    let asked = sends(&one, "/plain/officers", &reset("ueda")).await;
    assert_eq!(asked.status, StatusCode::OK, "{}", asked.text);
    is_in(
        &liar.signs_in(&nobody(&town), "person-3", twice).await,
        "/plain/",
    );
    let number = asked
        .text
        .split_once("name=\"recovery\" value=\"")
        .and_then(|(_, rest)| rest.split_once('"'))
        .expect("a request that waits")
        .0;
    let confirms = [(form::STEP, "confirm"), ("recovery", number)];
    let done = sends(&two, "/plain/officers", &confirms).await;
    assert!(done.text.contains("2要素目を解除しました"), "{}", done.text);
    is_refused(
        &liar.signs_in(&nobody(&town), "person-3", twice).await,
        NO_ACCOUNT,
    );
    let unbound = audited(&town, "subject_unbound");
    let whose: Vec<(&str, &str)> = unbound
        .iter()
        .map(|(by, of, _)| (by.as_str(), of.as_str()))
        .collect();
    assert_eq!(whose, [("admin", "sato"), ("admin2", "ueda")]);

    // The same at the console; who is bound anew in the same breath is bound to the new name alone.
    binds(&town, "sato", "person-1");
    assert!(at_console(&town, &["--name", "sato", "--reset-factor"]).0);
    is_refused(
        &liar.signs_in(&nobody(&town), "person-1", once).await,
        NO_ACCOUNT,
    );
    binds(&town, "sato", "person-1");
    let anew = ["--name", "sato", "--reset-factor", "--subject", "person-9"];
    assert!(at_console(&town, &anew).0);
    is_refused(
        &liar.signs_in(&nobody(&town), "person-1", once).await,
        NO_ACCOUNT,
    );
    is_in(
        &liar.signs_in(&nobody(&town), "person-9", once).await,
        "/plain/",
    );
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_says_for_a_day_who_was_bound_and_a_name_counts_at_its_own_provider_only() {
    let (liar, home) = (Liar::opens().await, tempfile::tempdir().unwrap());
    let mut town = town(&liar, home.path()).await;
    let said = |name: &str| {
        format!(
            "{name}のアカウントが、24時間以内にシングルサインオンに結び付けられました(コンソール)"
        )
    };
    // Whoever is new had no way in before that anybody could have opened beside it.
    let new = [
        "--name",
        "noda",
        "--role",
        "viewer",
        "--generate",
        "--subject",
        "person-5",
    ];
    assert!(at_console(&town, &new).0);
    let admin = town.officer("admin").await;
    let desk = admin.opens("/plain/").await.text;
    assert!(!desk.contains("結び付けられました"), "{desk}");

    // Another provider, which has somebody of the same name.
    let config = std::fs::read_to_string(town.config()).unwrap();
    let other = home.path().join("other.toml");
    let elsewhere = config.replace(&liar.issuer, "https://id.example.lg.jp");
    assert_ne!(elsewhere, config);
    std::fs::write(&other, elsewhere).unwrap();
    let other = other.display().to_string();
    let (done, words) = with_config(&other, &["--name", "sato", "--subject", "person-1"]);
    assert!(done, "{words}");
    is_refused(
        &liar.signs_in(&nobody(&town), "person-1", once).await,
        NO_ACCOUNT,
    );
    // What else a provider knows of somebody binds nobody.
    let named = |lie: Lie| {
        let lie = lie.but("email", json!("sato@example.lg.jp"));
        let lie = lie.but("email_verified", json!(true));
        lie.but("preferred_username", json!("sato"))
    };
    is_refused(
        &liar.signs_in(&nobody(&town), "person-7", named).await,
        NO_ACCOUNT,
    );
    let list = admin.opens("/plain/officers").await.text;
    assert!(
        list.contains("あり(別の提供元。いまは使えません)"),
        "{list}"
    );
    let desk = admin.opens("/plain/").await.text;
    assert!(desk.contains(&said("sato")), "{desk}");
    // Nobody but the console binds, not even for another to confirm.
    let db = Connection::open(town.data_dir().join("hinan.sqlite3")).unwrap();
    let asked = "INSERT INTO recovery (officer, what, asked_by, asked_ms) VALUES ('sato', 'subject', 'admin', 0)";
    let refused = db.execute(asked, []).unwrap_err().to_string();
    assert!(refused.contains("CHECK constraint failed"), "{refused}");
    drop(db);
    let bound = audited(&town, "subject_bound");
    let (by, of, detail) = bound.last().unwrap();
    assert_eq!((by.as_str(), of.as_str()), ("console", "sato"));
    assert_eq!(detail["issuer"], "https://id.example.lg.jp");
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_begins_on_our_own_page_and_ends_the_session_that_its_browser_had() {
    let (liar, home) = (Liar::opens().await, tempfile::tempdir().unwrap());
    let mut town = town(&liar, home.path()).await;
    binds(&town, "sato", "person-1");
    let sato = town.officer("sato").await;
    let begin = "/plain/signin/oidc/begin";
    for site in ["cross-site", "same-site"] {
        let (status, headers, _) = sato.asks(begin, &[("sec-fetch-site", site)]).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{site}");
        assert!(!headers.contains_key("set-cookie"), "{site}");
    }
    let (status, _, _) = sato.asks(begin, &[("sec-fetch-site", "none")]).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let (status, headers, _) = sato.asks(begin, &[("sec-fetch-site", "same-origin")]).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let (cookie, flags) = headers["set-cookie"].split_once("; ").unwrap();
    assert_eq!(
        flags,
        "Path=/plain/signin/oidc; HttpOnly; SameSite=Lax; Max-Age=300"
    );
    assert!(cookie.starts_with("hinan_actual_oidc="), "{cookie}");

    // Back from another site, the browser shows this cookie and not the session's.
    let address = &headers["location"];
    liar.tells(liar.truth(address, "person-1"));
    let state = asked(address, "state");
    let back = format!("/plain/signin/oidc?code=any&state={state}");
    let (status, headers, page) = nobody(&town).asks(&back, &[("cookie", cookie)]).await;
    assert_eq!(status, StatusCode::OK, "{}", String::from_utf8_lossy(&page));
    assert_eq!(
        headers["set-cookie"],
        "hinan_actual_oidc=; Path=/plain/signin/oidc; HttpOnly; SameSite=Lax; Max-Age=0",
        "what was begun is forgotten"
    );
    let desk = sato.opens("/plain/").await;
    assert_eq!(
        desk.to.as_deref(),
        Some("/plain/signin"),
        "the old session is open"
    );
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_anybody_made_uses_up_no_sign_in_that_was_begun() {
    let (liar, home) = (Liar::opens().await, tempfile::tempdir().unwrap());
    let mut town = town(&liar, home.path()).await;
    binds(&town, "sato", "person-1");
    let sato = nobody(&town);
    let back = liar.sends_back(&sato, "person-1", once).await;
    let page = "/plain/signin/oidc";
    for made_up in [
        page.to_owned(),
        format!("{page}?error=access_denied"),
        format!("{page}?code=any&state="),
        back.replacen("state=", "state=0", 1),
    ] {
        let (status, headers, text) = sato.asks(&made_up, &[]).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{made_up}");
        assert!(String::from_utf8_lossy(&text).contains(NOT_PROVEN));
        assert!(!headers.contains_key("set-cookie"), "{made_up}");
    }
    for doubled in ["code=other", "state=other", "error=&error=x"] {
        let answer = sato.opens(&format!("{back}&{doubled}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{doubled}");
    }
    is_in(&sato.opens(&back).await, "/plain/");
    is_refused(&sato.opens(&back).await, NOT_PROVEN);

    // What does belong to it uses it up, whatever it says.
    for no in [
        "error=access_denied",
        "code=",
        &format!("code={}", "x".repeat(4097)),
    ] {
        let back = liar.sends_back(&sato, "person-1", once).await;
        let state = back.split_once("state=").unwrap().1;
        is_refused(
            &sato.opens(&format!("{page}?{no}&state={state}")).await,
            NOT_PROVEN,
        );
        is_refused(&sato.opens(&back).await, NOT_PROVEN);
    }
    // The page to sign in with stays what it was.
    let form = fields(&sato.opens("/plain/signin").await.text);
    assert!(form.contains_key(form::PASSWORD));
    let entered = Officer::nobody(&town.address(), "sato")
        .tries_to_sign_in(&password_of("sato"))
        .await;
    assert_eq!(entered.to.as_deref(), Some("/plain/"));
    town.closes().await;
}
