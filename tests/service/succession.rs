//! 大島 2013: a warning came at 18:05, nobody read it until midnight, and who could decide was away. Here it goes on to the next
//! in the order of succession, hop by hop, and the record says why whoever decided was competent.

use std::path::Path;

use hinan::desk::{attention, second};
use hinan::realm::Realm;
use hinan::recommend::level::OrderLevel;
use hinan::store::audit::Entry;

use hinan_town::{FLOOD_HOUR, StatusCode, TownPlan, ran};

use crate::HINAN;
use crate::hall::{Hall, reference};

fn entries(hall: &Hall, action: &str) -> Vec<Entry> {
    let all = hall
        .app
        .store
        .read(|view| view.audit_after(0, 10_000))
        .unwrap();
    all.into_iter()
        .filter(|entry| entry.action == action)
        .collect()
}

fn passed_on_to(hall: &Hall) -> Vec<String> {
    let detail = |entry: Entry| serde_json::from_str::<serde_json::Value>(&entry.detail).unwrap();
    entries(hall, "passed_on")
        .into_iter()
        .map(|entry| detail(entry)["to"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn oshima_what_nobody_has_seen_goes_to_the_next_in_the_order_of_succession() {
    let mut hall = Hall::opens(&reference(), Realm::Actual);
    let unseen = hall.recommends("大川", OrderLevel::EvacuationOrder);
    for (seconds, hops) in [(50, 0), (11, 1), (120, 2), (120, 3), (3600, 3)] {
        hall.seconds_pass(seconds);
        while attention::pass_on(&hall.app).unwrap() > 0 {}
        assert_eq!(passed_on_to(&hall).len(), hops);
    }
    assert_eq!(passed_on_to(&hall), ["ando", "baba", "chiba"]);
    let standing = attention::standing(&hall.app, &Hall::person("viewer")).unwrap();
    assert!(
        standing
            .iter()
            .any(|line| line.contains("まだだれも確認していません")),
        "{standing:?}"
    );

    // Whoever has seen it stops that, for everybody.
    attention::acknowledge(&hall.app, &Hall::person("duty"), &unseen).unwrap();
    assert!(
        attention::standing(&hall.app, &Hall::person("viewer"))
            .unwrap()
            .is_empty()
    );
    let seen = hall.recommends("元町川", OrderLevel::EvacuationOrder);
    attention::acknowledge(&hall.app, &Hall::person("duty"), &seen).unwrap();
    hall.seconds_pass(3600);
    assert_eq!(attention::pass_on(&hall.app).unwrap(), 0);
    assert!(attention::acknowledge(&hall.app, &Hall::person("viewer"), &seen).is_err());
}

#[test]
fn the_record_says_why_whoever_decided_was_competent_and_flags_who_went_alone() {
    let mut hall = Hall::opens(&reference(), Realm::Actual);
    hall.two_issue("十勝川", OrderLevel::EvacuationOrder);
    let ando = Hall::person("ando");
    let proposal = hall.recommends("札内川", OrderLevel::EvacuationOrder);
    let draft = hall
        .prepares(&ando, &proposal, OrderLevel::EvacuationOrder)
        .unwrap();
    hall.approves(&ando, &draft).unwrap();
    let (id, read) = (draft.notice.id().as_str(), draft.notice.content().digest());
    hall.seconds_pass(290);
    assert!(
        second::alone(&hall.app, &ando, id, &read).is_err(),
        "ten seconds too early"
    );
    hall.seconds_pass(11);
    second::alone(&hall.app, &ando, id, &read).unwrap();
    let approved: Vec<serde_json::Value> = entries(&hall, "approved")
        .iter()
        .map(|entry| serde_json::from_str(&entry.detail).unwrap())
        .collect();
    assert_eq!(approved.len(), 2);
    for detail in &approved {
        assert_eq!(detail["authority"]["basis"], "delegated");
        assert_eq!(detail["authority"]["document"], "避難情報発令規則第3条");
        assert_eq!(detail["reason_code"], "own");
    }
    assert_eq!(approved[0]["how"]["two"]["first"], "duty");
    assert_eq!(
        (&approved[1]["how"], &approved[1]["flagged"]),
        (&"lone".into(), &true.into())
    );
    // Everybody is told, and a review is wanted until another approver gives it.
    let told = attention::standing(&hall.app, &Hall::person("viewer")).unwrap();
    assert!(
        told.iter().any(|line| line.contains("1人で発表しました")),
        "{told:?}"
    );
    assert!(
        attention::review(&hall.app, &ando, id, true, "").is_err(),
        "not one's own"
    );
    attention::review(&hall.app, &Hall::person("baba"), id, true, "").unwrap();
    assert!(
        attention::review(&hall.app, &Hall::person("baba"), id, true, "").is_err(),
        "once"
    );
    assert!(
        attention::standing(&hall.app, &Hall::person("viewer"))
            .unwrap()
            .is_empty()
    );
    // An authority that was revoked lets nothing out any more.
    let now = hall.now();
    hall.app
        .store
        .write(|tx| tx.revoke_grants_of("ando", "console", now))
        .unwrap();
    let other = hall.recommends("帯広川", OrderLevel::ElderlyEvacuation);
    let draft = hall
        .prepares(&ando, &other, OrderLevel::ElderlyEvacuation)
        .unwrap();
    let refused = hall.approves(&ando, &draft).err().unwrap().to_string();
    assert!(refused.contains("発令する権限"), "{refused}");
}

/// The mayor is prevented at night: the deputy gets an authority while the service runs, without a new password, and it holds
/// from the next click; revoked, it holds no more.
#[tokio::test(flavor = "multi_thread")]
async fn an_authority_is_given_and_taken_beside_the_running_service() {
    let mut town = TownPlan::of(HINAN)
        .with_officer("deputy", "approver")
        .with_officer("clerk", "viewer")
        .opens()
        .await
        .unwrap();
    town.storm_reaches(FLOOD_HOUR).await;
    let config = town.config();
    let authority = |arguments: &[&str]| {
        let mut all = vec!["authority", arguments[0], "--config", config.as_str()];
        all.extend(&arguments[1..]);
        let output = ran(Path::new(HINAN), &all, "");
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(said).unwrap())
    };
    assert!(authority(&["revoke", "--name", "deputy"]).0);
    let deputy = town.officer("deputy").await;
    let sheet = town.sheet_for(&deputy, "十勝川").await;
    let confirmation = deputy.decides(&sheet, 4, "氾濫危険水位に達した").await;
    let refused = deputy.approves(&confirmation).await;
    assert_eq!(
        refused.status,
        StatusCode::FORBIDDEN,
        "{}",
        refused.heading()
    );

    for (arguments, why) in [
        (
            vec!["grant", "--name", "clerk", "--basis", "acting"],
            "an authority needs an approver",
        ),
        (
            vec!["grant", "--name", "nobody"],
            "there is no such account",
        ),
        (
            vec!["grant", "--name", "deputy", "--basis", "pre_authorised"],
            "--condition is empty",
        ),
        (
            vec!["revoke", "--name", "deputy", "--number", "99"],
            "has no such authority",
        ),
    ] {
        let (done, said) = authority(&arguments);
        assert!(!done && said.contains(why), "{said}");
    }
    let grant = [
        "grant",
        "--name",
        "deputy",
        "--basis",
        "acting",
        "--document",
        "職務代理規程第2条",
        "--rank",
        "2",
    ];
    let (done, said) = authority(&grant);
    assert!(done, "{said}");
    let listed = authority(&["list"]).1;
    assert!(
        listed.contains("順位2") && listed.contains("職務代理規程第2条"),
        "{listed}"
    );
    let page = deputy.opens("/plain/succession").await;
    assert!(page.text.contains("職務代理規程第2条") && page.text.contains("有効"));
    let notice = deputy.lets_out(&confirmation).await;
    let number = listed.split('番').next().unwrap().trim();
    let (done, said) = authority(&["revoke", "--name", "deputy", "--number", number]);
    assert!(done, "{said}");
    let ends = deputy
        .ends(&notice, "cancel", sheet.districts(), "観測所を確認した")
        .await;
    assert_eq!(deputy.approves(&ends).await.status, StatusCode::FORBIDDEN);
    town.closes().await;
}

/// The deputy acts for the mayor until tomorrow, up to level 3, second in the order; the telephone with the codes is lost at
/// night. What gives the codes back touches neither password nor authority, name or office.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_gets_a_lost_key_back_by_the_console_keeps_the_authority_that_they_had() {
    let mut town = TownPlan::of(HINAN).opens().await.unwrap();
    let config = town.config();
    let console = |arguments: &[&str], typed: &str| {
        let mut all = vec!["officer", "--config", config.as_str(), "--name", "deputy"];
        all.extend(arguments);
        let output = ran(Path::new(HINAN), &all, typed);
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(said).unwrap())
    };
    let stored = || {
        let db = rusqlite::Connection::open(town.data_dir().join("hinan.sqlite3")).unwrap();
        let row = |sql: &str| -> String { db.query_row(sql, [], |row| row.get(0)).unwrap() };
        let account = row(
            "SELECT display || role || password || password_by FROM officer WHERE name = 'deputy'",
        );
        let grants = row(
            "SELECT group_concat(basis || document || level_max || rank || until_ms || coalesce(revoked_ms, '')) \
             FROM authority WHERE officer = 'deputy'",
        );
        (account, grants)
    };
    let (refused, said) = console(&[], "a password of some length");
    assert!(!refused && said.contains("--role is missing"), "{said}");
    let acting = [
        "--role",
        "approver",
        "--display",
        "山田 副市長",
        "--totp",
        "--basis",
        "acting",
        "--document",
        "職務代理規程第2条",
        "--level-max",
        "3",
        "--rank",
        "2",
        "--until",
        "2030-01-01T00:00:00Z",
    ];
    let (added, said) = console(&acting, "a password of some length");
    assert!(added, "{said}");
    let before = stored();
    assert!(before.1.contains("acting職務代理規程第2条32"), "{before:?}");

    let (done, said) = console(&["--reset-factor", "--totp"], "");
    assert!(done && said.contains("secret="), "{said}");
    assert_eq!(stored(), before);
    // The new codes open the account, with the password of before.
    let secret = said
        .split_once("secret=")
        .unwrap()
        .1
        .split('&')
        .next()
        .unwrap();
    let code = hinan_town::secret_of(secret).code(hinan::second_factor::step_at(
        hinan::clock::wall().as_second(),
    ));
    let deputy = hinan_town::Officer::nobody(&town.address(), "deputy");
    let entered = deputy
        .tries_to_sign_in_with("a password of some length", &code)
        .await;
    assert_eq!(
        entered.to.as_deref(),
        Some("/plain/"),
        "{}",
        entered.heading()
    );

    // The password alone, and the office alone.
    let (done, said) = console(&["--generate"], "");
    assert!(done, "{said}");
    let after = stored();
    assert_eq!(after.1, before.1);
    assert!(after.0.starts_with("山田 副市長approver") && after.0.ends_with("console"));
    let (done, _) = console(&["--display", "山田 市長職務代理者"], "");
    assert!(done && stored().0.starts_with("山田 市長職務代理者approver"));
    assert_eq!(stored().1, before.1);
    // Nothing asked for, nothing done; another role takes the authority with it.
    let (done, said) = console(&[], "");
    assert!(!done && said.contains("nothing is to change"), "{said}");
    let (done, said) = console(&["--role", "viewer", "--rank", "1"], "");
    assert!(!done && said.contains("needs an approver"), "{said}");
    assert_eq!(stored().1, before.1);
    let (done, _) = console(&["--role", "viewer"], "");
    assert!(done);
    assert_ne!(stored().1, before.1, "revoked");
    town.closes().await;
}
