//! What stays out of answers and logs, and what every entry holds: logs have no words of people, failures say nothing of the inside,
//! no folder is listed, and who did what and when can be followed in one time.

use hinan_dashboard::form;
use hinan_town::{FLOOD_HOUR, Officer, StatusCode, Town, TownPlan, fields, password_of};
use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::HINAN;

async fn sends(officer: &Officer, path: &str, more: &[(&str, &str)]) -> hinan_town::Answer {
    let csrf = fields(&officer.opens("/plain/account").await.text)[form::CSRF].clone();
    let mut all = vec![(form::CSRF, csrf.as_str())];
    all.extend(more);
    officer.posts(path, &all).await
}

async fn town_in(zone: &str) -> Town {
    let town = TownPlan::of(HINAN)
        .with_environment("TZ", zone)
        .with_officer("tanaka", "duty_officer")
        .with_officer("sato", "approver")
        .with_officer("auditor", "auditor")
        .opens()
        .await
        .unwrap();
    town.storm_reaches(FLOOD_HOUR).await;
    town
}

/// 7.1.1, 7.1.2: what people write, by whichever way, is in the record and not in the log.
#[tokio::test(flavor = "multi_thread")]
async fn what_people_write_reaches_the_record_and_never_the_log() {
    let mut town = town_in("UTC").await;
    let (tanaka, sato) = (town.officer("tanaka").await, town.officer("sato").await);
    let secret = "山田花子さん(090-1234-5678)が屋根の上で待つ";
    let named = |n: usize| format!("{secret}その{n}");
    let words: Vec<String> = (0..9).map(named).collect();
    let shelter = tanaka.reads_json("/api/v1/shelters").await["shelters"][0]["id"].clone();
    let shelter = format!("/plain/shelters/{}", shelter.as_str().unwrap());
    let report = [
        (form::STEP, "report"),
        ("kind", "road-closed"),
        ("river", "十勝川"),
        ("source", words[0].as_str()),
        (form::REASON_TEXT, words[1].as_str()),
    ];
    let said = sends(&tanaka, "/plain/reports", &report).await;
    assert_eq!(
        said.to.as_deref(),
        Some("/plain/reports"),
        "{}",
        said.heading()
    );
    let said = sends(
        &tanaka,
        &shelter,
        &[("state", "open"), (form::REASON_TEXT, words[2].as_str())],
    )
    .await;
    assert_eq!(said.to.as_deref(), Some("/plain/shelters"));
    let note = json!({ "from": "phone", "words": words[3] });
    let (status, said) = tanaka.sends("/api/v1/notes", &note).await;
    assert_eq!(status, StatusCode::CREATED, "{said}");
    let sheet = town.sheet_for(&sato, "十勝川").await;
    let confirmation = sato.decides(&sheet, 4, &words[5]).await;
    sato.lets_out(&confirmation).await;
    let inbox = tanaka.reads_json("/api/v1/inbox").await;
    let mut items = inbox["items"].as_array().unwrap().iter();
    let other = items
        .find(|item| item["river"] != "十勝川")
        .expect("another river");
    let defer = json!({ "minutes": 10, "substance": other["substance"], "reason": { "code": "own", "words": words[4] } });
    let other = other["id"].as_str().unwrap();
    let path = format!("/api/v1/recommendations/{other}/defer");
    let (status, said) = tanaka.sends(&path, &defer).await;
    assert!(status.is_success(), "{said}");
    let said = sato.declines(other, &words[6]).await;
    assert!(!said.status.is_server_error(), "{}", said.heading());
    // What is refused is not repeated there either; nor are names, passwords and codes that were typed at the door.
    let visitor = Officer::nobody(&town.address(), &words[7]);
    let refused = visitor.tries_to_sign_in_with(&words[8], "424242").await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    let refused = sends(
        &tanaka,
        "/plain/reports",
        &[(form::STEP, words[7].as_str()), ("kind", words[8].as_str())],
    )
    .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let (status, _) = tanaka
        .sends(
            "/api/v1/notes",
            &json!({ "from": words[7], "words": words[8] }),
        )
        .await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    for path in [
        format!("/plain/r/{secret}"),
        format!("/nowhere?who={secret}"),
    ] {
        assert_eq!(tanaka.opens(&path).await.status, StatusCode::NOT_FOUND);
    }
    town.thinks().await;
    let record = town.data_dir().join("hinan.sqlite3");
    let record = Connection::open(record).unwrap();
    let kept = |words: &String| -> i64 {
        let count = "SELECT count(*) FROM audit WHERE instr(detail, ?1) > 0";
        record.query_row(count, [words], |row| row.get(0)).unwrap()
    };
    for words in &words[..6] {
        assert!(kept(words) > 0, "{words} is on record");
    }
    let log = town.log();
    assert!(log.contains("signed in"), "the log is that of these acts");
    let typed = [
        "山田",
        "花子",
        "090-1234",
        "屋根",
        "%E5%B1%B1",
        "\\u5c71",
        "424242",
        &password_of("tanaka"),
        &password_of("sato"),
    ];
    for word in typed {
        assert!(!log.contains(word), "{word} is in the log");
    }
    town.closes().await;
}

/// 7.1.3, 7.1.4, 7.3.4: wherever the machine believes to be.
#[tokio::test(flavor = "multi_thread")]
async fn every_entry_and_every_line_of_the_log_says_who_what_and_when_in_utc() {
    for zone in ["Asia/Tokyo", "America/St_Johns"] {
        let began = hinan::clock::wall();
        let mut town = town_in(zone).await;
        let (tanaka, sato) = (town.officer("tanaka").await, town.officer("sato").await);
        Officer::nobody(&town.address(), "tanaka")
            .tries_to_sign_in("wrong")
            .await;
        let sheet = town.sheet_for(&sato, "十勝川").await;
        sato.lets_out(&sato.decides(&sheet, 4, "氾濫危険水位に達した").await)
            .await;
        let refused = sends(
            &tanaka,
            "/plain/n/none/review",
            &[(form::STEP, form::REVIEW_AGREES)],
        )
        .await;
        assert_eq!(
            refused.status,
            StatusCode::FORBIDDEN,
            "{}",
            refused.heading()
        );
        sends(&tanaka, "/plain/signout", &[]).await;
        let auditor = town.officer("auditor").await;
        let copy = auditor.opens("/plain/audit/entries.jsonl").await;
        assert_eq!(copy.status, StatusCode::OK);
        let ended = hinan::clock::wall();
        let entries: Vec<Value> = copy
            .text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let mut last = Timestamp::MIN;
        for (number, entry) in (1..).zip(&entries) {
            assert_eq!(entry["seq"], number, "in order, none missing");
            for what in ["actor", "action"] {
                assert!(!entry[what].as_str().unwrap().is_empty(), "{what}: {entry}");
            }
            assert!(entry["subject"].is_string(), "to what: {entry}");
            let said = entry["at"].as_str().unwrap();
            assert!(said.ends_with('Z'), "{zone}: {said}");
            let at: Timestamp = said.parse().unwrap();
            // A seal has the time of what it seals: the first is of rows that no time belongs to.
            if entry["action"] == "sealed" {
                continue;
            }
            // Of two who write at the same moment either may be first.
            assert!(at + SignedDuration::from_secs(10) >= last, "{entry}");
            assert!(
                (began - SignedDuration::from_secs(1)..=ended).contains(&at),
                "{zone}: {entry}"
            );
            last = at;
        }
        let by = |actor: &str, action: &str| {
            entries
                .iter()
                .any(|e| e["actor"] == actor && e["action"] == action)
        };
        for (actor, action) in [
            ("console", "officer_added"),
            ("tanaka", "signed_in"),
            ("somebody", "sign_in_refused"),
            ("sato", "approve_attempt"),
            ("sato", "approved"),
            ("tanaka", "attempted"),
            ("tanaka", "act_refused"),
            ("tanaka", "signed_out"),
        ] {
            assert!(by(actor, action), "{actor} {action}");
        }
        town.closes().await;
        for line in town.log().lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            let said = line["timestamp"].as_str().unwrap();
            let at: Timestamp = said.parse().unwrap();
            assert!(said.ends_with('Z') && at >= began, "{zone}: {said}");
            assert!(
                line["level"].is_string() && line["target"].is_string(),
                "{line}"
            );
        }
    }
}

/// 7.4.1: the record fails under the service, and whoever stands at the door learns that, and nothing of why.
#[tokio::test(flavor = "multi_thread")]
async fn when_the_record_fails_pages_and_programs_are_told_so_and_the_log_alone_says_why() {
    let mut town = TownPlan::of(HINAN)
        .with_officer("tanaka", "duty_officer")
        .opens()
        .await
        .unwrap();
    let tanaka = town.officer("tanaka").await;
    let record = Connection::open(town.data_dir().join("hinan.sqlite3")).unwrap();
    record
        .busy_timeout(std::time::Duration::from_secs(5))
        .unwrap();
    record.execute_batch("DROP TABLE known_browser").unwrap();
    let data_dir = town.data_dir().display().to_string();
    let inside = [
        "no such table",
        "known_browser",
        "sqlite",
        "SQL",
        "INSERT",
        "rusqlite",
        ".rs:",
        "/tmp",
        "panicked",
        data_dir.as_str(),
    ];
    let visitor = Officer::nobody(&town.address(), "tanaka");
    let page = visitor.tries_to_sign_in(&password_of("tanaka")).await;
    assert_eq!(page.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(
        page.text
            .contains("記録を読み書きできません。発表は行われていません")
    );
    let (_, body) = page.text.split_once("<main").unwrap();
    let body_json = json!({ "user": "tanaka", "password": password_of("tanaka") });
    let (status, problem) = visitor.sends_with("/api/v1/session", &body_json, &[]).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(problem["code"], "record");
    for word in inside {
        assert!(!body.contains(word), "{word}: {body}");
        assert!(!problem.to_string().contains(word), "{word}: {problem}");
    }
    assert_eq!(
        visitor.opens("/plain/").await.to.as_deref(),
        Some("/plain/signin"),
        "nobody is in by it"
    );
    assert_eq!(
        tanaka.opens("/plain/").await.status,
        StatusCode::OK,
        "others go on"
    );
    // The operator reads why.
    let log = town.log();
    assert!(
        log.contains("the record failed while serving a page") && log.contains("no such table"),
        "{log}"
    );
    town.power_fails();
}

/// 4.3.2.
#[tokio::test(flavor = "multi_thread")]
async fn no_folder_is_listed_and_no_file_is_served_that_is_not_a_page() {
    let mut town = TownPlan::of(HINAN)
        .with_officer("tanaka", "duty_officer")
        .opens()
        .await
        .unwrap();
    let tanaka = town.officer("tanaka").await;
    let files = [
        ".git/HEAD",
        ".git/config",
        ".svn/entries",
        ".DS_Store",
        "Thumbs.db",
        ".env",
        "Cargo.toml",
        "town.toml",
        "hinan.sqlite3",
        "second-factor.key",
        "..%2f..%2fetc%2fpasswd",
        "%2e%2e/%2e%2e/etc/passwd",
        "....//etc/passwd",
        "..\\..\\etc\\passwd",
        "",
    ];
    for folder in [
        "/",
        "/console/",
        "/console/assets/",
        "/plain/",
        "/plain/layers/",
        "/plain/tiles/",
        "/schema/",
        "/cap/",
        "/data/",
        "/api/v1/",
    ] {
        for file in files {
            let path = format!("{folder}{file}");
            // The addresses of pages themselves.
            if matches!(path.as_str(), "/" | "/console/" | "/plain/") {
                continue;
            }
            let answer = tanaka.opens(&path).await;
            // A program without the console says so at all of its addresses.
            let shut = matches!(
                answer.status,
                StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST | StatusCode::SERVICE_UNAVAILABLE
            );
            assert!(shut, "{path}: {}", answer.status);
            for word in [
                "Index of",
                "root:x:",
                "[core]",
                "ref: refs",
                "SQLite format",
                "Parent Directory",
            ] {
                assert!(!answer.text.contains(word), "{path} shows {word}");
            }
        }
    }
    town.closes().await;
}
