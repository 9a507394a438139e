//! Sessions and what is typed: lines of the list in docs/security.md, each at the doors of the real service.

use std::path::Path;

use hinan_dashboard::form;
use hinan_town::{FLOOD_HOUR, Officer, StatusCode, Town, TownPlan, fields, password_of, ran};
use rusqlite::Connection;

use crate::HINAN;
use crate::two_persons::town_of_two_persons;

async fn town() -> Town {
    TownPlan::of(HINAN)
        .with_officer("tanaka", "duty_officer")
        .opens()
        .await
        .unwrap()
}

fn tokens(town: &Town) -> Vec<String> {
    let db = Connection::open(town.data_dir().join("hinan.sqlite3")).unwrap();
    let mut statement = db.prepare("SELECT token FROM session").unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sign_in_gets_a_new_token_and_ends_the_one_before() {
    let mut town = town().await;
    let tanaka = town.officer("tanaka").await;
    let first = tokens(&town);
    let again = tanaka.tries_to_sign_in(&password_of("tanaka")).await;
    assert_eq!(again.to.as_deref(), Some("/plain/"));
    let second = tokens(&town);
    assert_eq!((first.len(), second.len()), (1, 1));
    assert_ne!(first, second);
    assert_eq!(tanaka.opens("/plain/").await.status, StatusCode::OK);
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_of_a_drill_opens_nothing_in_the_live_service() {
    let mut live = town().await;
    let mut drill = TownPlan::of(HINAN)
        .in_a_drill()
        .with_officer("tanaka", "duty_officer")
        .opens()
        .await
        .unwrap();
    // The same browser: cookies do not know ports.
    let tanaka = drill.officer("tanaka").await;
    let (status, _, _) = tanaka.asks("/plain/", &[]).await;
    assert_eq!(status, StatusCode::OK);
    let in_live = tanaka.at(&live.address());
    assert_eq!(
        in_live.opens("/plain/").await.to.as_deref(),
        Some("/plain/signin")
    );
    let signed_in = in_live.tries_to_sign_in(&password_of("tanaka")).await;
    assert_eq!(signed_in.to.as_deref(), Some("/plain/"));
    // Signed in at both, and each knows its own.
    assert_eq!(in_live.opens("/plain/").await.status, StatusCode::OK);
    assert_eq!(tanaka.opens("/plain/").await.status, StatusCode::OK);
    live.closes().await;
    drill.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_sent_to_an_address_from_a_request() {
    let mut town = town().await;
    let evil = "https://evil.example/";
    let tanaka = Officer::nobody(&town.address(), "tanaka");
    for path in [
        format!("/plain/?next={evil}"),
        format!("/plain/signin?next={evil}&url={evil}&return_to=//evil.example"),
        format!("/plain//{evil}"),
        "//evil.example/plain/".to_owned(),
    ] {
        let answer = tanaka.opens(&path).await;
        assert!(
            answer
                .to
                .as_deref()
                .is_none_or(|to| to.starts_with("/plain")),
            "{path}: {:?}",
            answer.to
        );
    }
    let form = [
        (form::USER, "tanaka"),
        (form::PASSWORD, &password_of("tanaka")),
        ("next", evil),
        ("redirect", evil),
    ];
    let answer = tanaka
        .posts_from("/plain/signin?next=//evil.example", &form, &[])
        .await;
    assert_eq!(answer.to.as_deref(), Some("/plain/"));
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn text_that_looks_like_sql_is_text() {
    let mut town = town().await;
    let nobody = Officer::nobody(&town.address(), "tanaka' OR '1'='1");
    assert_eq!(
        nobody.tries_to_sign_in(&password_of("tanaka")).await.status,
        StatusCode::UNAUTHORIZED
    );
    let tanaka = town.officer("tanaka").await;
    for id in [
        "x' OR '1'='1",
        "x'; DROP TABLE notice; --",
        "%00",
        "\u{202e}",
    ] {
        for way in ["/plain/r/", "/plain/n/", "/n/", "/plain/devices/"] {
            let path = format!("{way}{}", id.replace(' ', "%20").replace('%', "%25"));
            assert_eq!(
                tanaka.opens(&path).await.status,
                StatusCode::NOT_FOUND,
                "{path}"
            );
        }
    }
    let db = Connection::open(town.data_dir().join("hinan.sqlite3")).unwrap();
    let there: i64 = db
        .query_row(
            "SELECT count(*) FROM sqlite_schema WHERE name = 'notice'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(there, 1);
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_cannot_change_the_shape_of_the_log() {
    let mut town = town().await;
    let tanaka = town.officer("tanaka").await;
    let csrf = fields(&tanaka.opens("/plain/account").await.text)[form::CSRF].clone();
    let forged = "x\n{\"level\":\"ERROR\",\"message\":\"forged\"}\r\n\u{1b}[31m";
    let answer = tanaka
        .posts(
            "/plain/signin",
            &[
                (form::USER, forged),
                (form::PASSWORD, forged),
                (form::CODE, forged),
            ],
        )
        .await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let answer = tanaka
        .posts(
            "/plain/r/none/decline",
            &[
                (form::CSRF, csrf.as_str()),
                (form::REASON, "own"),
                (form::REASON_TEXT, forged),
            ],
        )
        .await;
    assert!(answer.status.is_client_error());
    // A whole line that is not ours, or one that is not JSON, would show here; so would an error.
    for line in town.log().lines() {
        let entry: serde_json::Value = serde_json::from_str(line).expect("each line is one entry");
        assert_ne!(entry["message"], "forged");
    }
    town.closes().await;
}

/// 3.7.1: a session by the password alone, of somebody whose role would allow it.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_without_a_second_factor_approves_nothing_and_manages_nobody() {
    let mut town = TownPlan::of(HINAN)
        .with_officer("tanaka", "duty_officer")
        .opens()
        .await
        .unwrap();
    town.storm_reaches(FLOOD_HOUR).await;
    // Made at the console without a code: the role is there, the factor is not.
    for (name, role) in [("ueda", "approver"), ("kanri", "administrator")] {
        let arguments = [
            "officer",
            "--config",
            &town.config(),
            "--name",
            name,
            "--role",
            role,
        ];
        let added = ran(town.program(), &arguments, &password_of(name));
        assert!(added.status.success(), "{added:?}");
    }
    let ueda = Officer::nobody(&town.address(), "ueda");
    let entered = ueda.tries_to_sign_in(&password_of("ueda")).await;
    assert_eq!(
        entered.to.as_deref(),
        Some("/plain/account"),
        "led to where a factor is added"
    );
    let sheet = town.sheet_for(&ueda, "十勝川").await;
    let confirmation = ueda.decides(&sheet, 4, "氾濫危険水位に達した").await;
    let refused = ueda.approves(&confirmation).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.text.contains("2要素目"), "{}", refused.heading());
    assert!(town.resident().notices().await.is_empty());

    let kanri = Officer::nobody(&town.address(), "kanri");
    kanri.tries_to_sign_in(&password_of("kanri")).await;
    let csrf = fields(&kanri.opens("/plain/account").await.text)[form::CSRF].clone();
    for step in ["add", "reset_password", "reset_factor", "confirm"] {
        let managing = [
            (form::CSRF, csrf.as_str()),
            (form::STEP, step),
            (form::USER, "tanaka"),
            ("display", "別の名前"),
            ("role", "viewer"),
        ];
        let refused = kanri.posts("/plain/officers", &managing).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{step}");
        assert!(
            refused.text.contains("2要素目が必要です"),
            "{step}: {}",
            refused.heading()
        );
    }
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unattended_page_ends_its_session_and_what_was_typed_comes_back() {
    let mut town = TownPlan::of(HINAN)
        .with_officer("tanaka", "duty_officer")
        .opens()
        .await
        .unwrap();
    town.storm_reaches(FLOOD_HOUR).await;
    let tanaka = town.officer("tanaka").await;
    let db = Connection::open(town.data_dir().join("hinan.sqlite3")).unwrap();
    db.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
    let seen = || -> i64 {
        db.query_row(
            "SELECT seen_ms FROM session WHERE officer = 'tanaka'",
            [],
            |row| row.get(0),
        )
        .unwrap()
    };
    let set_back = |minutes: i64| {
        let at = hinan::clock::wall().as_millisecond() - minutes * 60_000;
        db.execute(
            "UPDATE session SET seen_ms = ?1 WHERE officer = 'tanaka'",
            [at],
        )
        .unwrap();
        at
    };
    // A page that loads itself again is no click; a click is.
    let at = set_back(10);
    let page = tanaka.opens("/plain/?auto=1").await;
    assert!(
        page.text.contains("url=?auto=1"),
        "the page loads itself so"
    );
    assert_eq!(seen(), at);
    tanaka.opens("/plain/").await;
    assert!(seen() > at);

    let sheet = town.sheet_for(&tanaka, "十勝川").await;
    set_back(24 * 60);
    let late = tanaka.fills_in(&sheet, 4, "長く考えて書いた理由").await;
    assert_eq!(late.to.as_deref(), Some("/plain/signin"));
    let back = tanaka.tries_to_sign_in(&password_of("tanaka")).await;
    assert_eq!(back.to.as_deref(), Some("/plain/"));
    let path = format!("/plain/r/{}/decide", sheet.recommendation);
    let page = tanaka.opens(&path).await;
    assert!(
        page.text.contains("長く考えて書いた理由"),
        "what was typed is there again"
    );
    assert!(
        !tanaka
            .opens(&path)
            .await
            .text
            .contains("長く考えて書いた理由"),
        "once"
    );
    town.closes().await;
}

/// An administrator makes a password for somebody and signs in with it: whoever the record names is not who sits there.
#[tokio::test(flavor = "multi_thread")]
async fn with_a_password_that_somebody_else_made_nothing_is_read_prepared_declined_or_approved() {
    let mut town = town_of_two_persons().await;
    let tanaka = town.officer("tanaka").await;
    let sheet = town.sheet_for(&tanaka, "十勝川").await;
    let confirmation = tanaka.decides(&sheet, 4, "氾濫危険水位に達した").await;
    let config = town.config();
    let arguments = [
        "officer",
        "--config",
        &config,
        "--name",
        "ito",
        "--role",
        "duty_officer",
        "--generate",
    ];
    let made = ran(Path::new(HINAN), &arguments, "");
    let said = String::from_utf8(made.stdout).unwrap();
    let password = said
        .split_once("shown once): ")
        .unwrap()
        .1
        .split_whitespace()
        .next()
        .unwrap();
    let ito = Officer::nobody(&town.address(), "ito");
    let entered = ito.tries_to_sign_in(password).await;
    assert_eq!(entered.to.as_deref(), Some("/plain/account"));
    let csrf = fields(&ito.opens("/plain/account").await.text)[form::CSRF].clone();
    let sheet_at = format!("/plain/r/{}", sheet.recommendation);
    for path in ["/plain/", "/plain/inbox", "/plain/audit", &sheet_at] {
        let refused = ito.opens(path).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
        assert!(refused.text.contains("自分のパスワードに替えて"), "{path}");
    }
    for path in [
        confirmation.post_to.as_str(),
        &format!("{sheet_at}/decide"),
        &format!("{sheet_at}/decline"),
        &format!("{sheet_at}/seen"),
    ] {
        let mut all = confirmation.fields.clone();
        all.insert(form::CSRF.to_owned(), csrf.clone());
        all.insert(form::REASON_TEXT.to_owned(), "管理者が代わりに".to_owned());
        let all: Vec<(String, String)> = all.into_iter().collect();
        assert_eq!(
            ito.posts(path, &all).await.status,
            StatusCode::FORBIDDEN,
            "{path}"
        );
    }
    let (status, _, body) = ito.asks("/api/v1/situation", &[]).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(
        String::from_utf8(body)
            .unwrap()
            .contains("自分のパスワードに")
    );
    assert_eq!(ito.asks("/api/v1/session", &[]).await.0, StatusCode::OK);

    // With a password of their own, the same person declines.
    let own = [
        (form::CSRF, csrf.as_str()),
        (form::STEP, "password"),
        (form::PASSWORD, password),
        ("new_password", "雨の夜に傘を三本持つ猫と歩く"),
        ("new_again", "雨の夜に傘を三本持つ猫と歩く"),
    ];
    assert_eq!(
        ito.posts("/plain/account", &own).await.to.as_deref(),
        Some("/plain/signin")
    );
    let entered = ito.tries_to_sign_in("雨の夜に傘を三本持つ猫と歩く").await;
    assert_eq!(
        entered.to.as_deref(),
        Some("/plain/"),
        "{}",
        entered.heading()
    );
    assert_eq!(ito.opens(&sheet_at).await.status, StatusCode::OK);
    town.closes().await;
}
