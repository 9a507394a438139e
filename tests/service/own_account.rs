//! An officer's own account: which passwords it takes, what its officer learns of it, and which of their sessions are open.

use std::sync::Arc;

use hinan::approve::officer::Role;
use hinan::desk::attention;
use hinan::realm::Realm;
use hinan::second_factor::step_at;
use hinan_dashboard::form;
use hinan_town::{Answer, Officer, StatusCode, Town, TownPlan, eventually, fields, password_of};
use jiff::SignedDuration;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::HINAN;
use crate::hall::{Hall, officer, reference};

const ACCOUNT: &str = "/plain/account";
const YOURS: &str = "あなたのアカウント";

async fn town() -> Town {
    TownPlan::of(HINAN)
        .with_officer("tanaka", "duty_officer")
        .with_officer("mori", "viewer")
        .with_officer("sato", "approver")
        .opens()
        .await
        .unwrap()
}

fn record(town: &Town) -> Connection {
    let db = Connection::open(town.data_dir().join("hinan.sqlite3")).unwrap();
    db.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
    db
}

/// Particulars of the entries of this kind about this account.
fn entries(town: &Town, action: &str, subject: &str) -> Vec<Value> {
    let db = record(town);
    let mut statement = db
        .prepare("SELECT detail FROM audit WHERE action = ?1 AND subject = ?2 ORDER BY seq")
        .unwrap();
    let rows = statement.query_map([action, subject], |row| row.get::<_, String>(0));
    rows.unwrap()
        .map(|row| serde_json::from_str(&row.unwrap()).unwrap())
        .collect()
}

/// Sends the form of the account page.
async fn sends(officer: &Officer, more: &[(&str, &str)]) -> Answer {
    let csrf = fields(&officer.opens(ACCOUNT).await.text)[form::CSRF].clone();
    let mut all = vec![(form::CSRF, csrf.as_str())];
    all.extend(more);
    officer.posts(ACCOUNT, &all).await
}

async fn changes_password(officer: &Officer, old: &str, new: &str) -> Answer {
    let form = [
        (form::STEP, "password"),
        (form::PASSWORD, old),
        ("new_password", new),
        ("new_again", new),
    ];
    sends(officer, &form).await
}

/// 2.1.4 (and 2.1.3, 2.1.9): spaces at both ends and within, kana, kanji, emoji of several code points, and every sign of a keyboard.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_can_be_typed_is_a_password_to_the_last_sign() {
    let mut town = town().await;
    let tanaka = town.officer("tanaka").await;
    let keyboard = "~!a@Z#q$0%^&*Q(9)_+ |}{m\":?>7<,./;'X[]\\=-`";
    let mut old = password_of("tanaka");
    for new in [
        "  カササギ が ひなたで 昼寝する  ",
        "🐈‍⬛🌧️🏔️🍙🚲🎐🦉🪁🧦🪴🥁🛶",
        keyboard,
    ] {
        let changed = changes_password(&tanaka, &old, new).await;
        assert_eq!(
            changed.to.as_deref(),
            Some("/plain/signin"),
            "{new}: {}",
            changed.text
        );
        let inside = new.trim().replace(' ', "");
        let shorter: String = new.chars().take(new.chars().count() - 1).collect();
        for other in [old.as_str(), new.trim(), &inside, &shorter] {
            if other != new {
                let refused = tanaka.tries_to_sign_in(other).await;
                assert_eq!(
                    refused.status,
                    StatusCode::UNAUTHORIZED,
                    "{other:?} for {new:?}"
                );
            }
        }
        let entered = tanaka.tries_to_sign_in(new).await;
        assert_eq!(entered.to.as_deref(), Some("/plain/"), "{new}");
        let program = Officer::nobody(&town.address(), "tanaka");
        let body = json!({ "user": "tanaka", "password": new });
        let (status, said) = program.sends_with("/api/v1/session", &body, &[]).await;
        assert_eq!(status, StatusCode::CREATED, "{said}");
        old = new.to_owned();
    }
    town.closes().await;
}

/// 2.1.8, 2.1.12: without a script on the page.
#[tokio::test(flavor = "multi_thread")]
async fn an_officer_measures_a_new_password_and_may_see_what_they_type() {
    let mut town = town().await;
    let tanaka = town.officer("tanaka").await;
    let marks = async |new: &str| {
        let form = [(form::STEP, "measure"), ("new_password", new)];
        let said = sends(&tanaka, &form).await;
        assert_eq!(said.status, StatusCode::OK);
        assert!(
            !new.is_empty() && !said.text.contains(new),
            "it is not repeated"
        );
        assert!(said.text.contains("パスワードはまだ替わっていません"));
        let (_, rest) = said.text.split_once("強さ / Strength: ").unwrap();
        let (said, _) = rest.split_once("</p>").unwrap();
        let taken = said.contains("使えます");
        assert_ne!(taken, said.contains("使えません"), "{said}");
        (said.matches('■').count(), taken)
    };
    assert_eq!(marks("みじかい").await, (0, false));
    assert_eq!(marks("password1234").await, (1, false));
    let (some, taken) = marks("k7mp-q2x9").await;
    assert!(!taken && some == 0, "shorter than the rule");
    let (strong, taken) = marks("雨の夜に傘を三本持つ猫と歩く").await;
    assert!(taken && strong >= 3, "{strong}");
    // What is said is what happens.
    for (new, taken) in [
        ("password1234", false),
        ("雨の夜に傘を三本持つ猫と歩く", true),
    ] {
        let changed = changes_password(&tanaka, &password_of("tanaka"), new).await;
        assert_eq!(changed.to.is_some(), taken, "{new}");
    }
    let entered = tanaka
        .tries_to_sign_in("雨の夜に傘を三本持つ猫と歩く")
        .await;
    assert_eq!(entered.to.as_deref(), Some("/plain/"));

    let kinds = |page: &str| -> Vec<String> {
        let tags = page
            .split("<input")
            .skip(1)
            .filter_map(|rest| rest.split_once('>'));
        tags.filter(|(tag, _)| tag.contains("-password\""))
            .map(|(tag, _)| {
                assert!(
                    tag.contains("spellcheck=\"false\""),
                    "no checker reads it: {tag}"
                );
                let (_, rest) = tag.split_once(" type=\"").unwrap();
                rest.split('"').next().unwrap().to_owned()
            })
            .collect()
    };
    let masked = tanaka.opens(ACCOUNT).await.text;
    assert_eq!(kinds(&masked), ["password"; 3]);
    assert!(
        masked.contains("href=\"/plain/account?show=1\""),
        "it is offered"
    );
    let (_, headers, shown) = tanaka.asks("/plain/account?show=1", &[]).await;
    assert_eq!(kinds(&String::from_utf8(shown).unwrap()), ["text"; 3]);
    assert!(!headers["content-security-policy"].contains("script-src"));
    town.closes().await;
}

/// 2.1.10: nothing about a password grows old.
#[tokio::test(flavor = "multi_thread")]
async fn a_password_of_twenty_years_ago_opens_its_account_and_nothing_asks_for_another() {
    let Hall {
        app, home: _home, ..
    } = Hall::opens(&reference(), Realm::Actual);
    let app = Arc::new(app);
    let password = password_of("kimura");
    let hash = hinan::password::hash(&password).unwrap();
    let kimura = officer("kimura", Role::DutyOfficer, false);
    app.store
        .write(|tx| tx.put_officer(&kimura, &hash))
        .unwrap();
    let (base, _doors) = Hall::opens_its_doors(&app).await;
    let first = Officer::nobody(&base, "kimura");
    assert_eq!(
        first.tries_to_sign_in(&password).await.to.as_deref(),
        Some("/plain/")
    );

    let later = app.clock.now() + SignedDuration::from_hours(20 * 365 * 24);
    app.clock.set(later, 1.0);
    for who in [first, Officer::nobody(&base, "kimura")] {
        let entered = who.tries_to_sign_in(&password).await;
        assert_eq!(
            entered.to.as_deref(),
            Some("/plain/"),
            "{}",
            entered.heading()
        );
        assert_eq!(who.opens("/plain/inbox").await.status, StatusCode::OK);
        let account = who.opens(ACCOUNT).await.text;
        for word in ["有効期限", "古いパスワード", "替えるまで"] {
            assert!(!account.contains(word), "{word}: {account}");
        }
    }
    // Nor is one refused for having been used before.
    let who = Officer::nobody(&base, "kimura");
    who.tries_to_sign_in(&password).await;
    let other = "雨の夜に傘を三本持つ猫と歩く";
    for (old, new) in [(password.as_str(), other), (other, password.as_str())] {
        let changed = changes_password(&who, old, new).await;
        assert_eq!(
            changed.to.as_deref(),
            Some("/plain/signin"),
            "{}",
            changed.text
        );
        assert_eq!(
            who.tries_to_sign_in(new).await.to.as_deref(),
            Some("/plain/")
        );
    }
}

/// 2.1.11: every field says to browsers and password managers what it is, and nothing on the page stands in their way.
#[tokio::test(flavor = "multi_thread")]
async fn fields_of_passwords_and_codes_are_named_for_password_managers_and_take_what_is_pasted() {
    let mut first_run = TownPlan::of(HINAN).opens().await.unwrap();
    let said = eventually("the link is printed", || async {
        let said = first_run.said();
        let link = said
            .split_whitespace()
            .find(|word| word.contains("/plain/first-run/"));
        link.map(str::to_owned)
    })
    .await;
    let (_, link) = said.split_once("/plain/").unwrap();
    let nobody = Officer::nobody(&first_run.address(), "nobody");
    let first = nobody.opens(&format!("/plain/{link}")).await.text;
    first_run.closes().await;

    let mut town = TownPlan::of(HINAN)
        .with("officers.passkey_origin", "https://bosai.example.lg.jp")
        .with_officer("tanaka", "duty_officer")
        .opens()
        .await
        .unwrap();
    let tanaka = town.officer("tanaka").await;
    let sign_in = Officer::nobody(&town.address(), "x")
        .opens("/plain/signin")
        .await
        .text;
    let account = tanaka.opens(ACCOUNT).await.text;
    let enrolling = sends(&tanaka, &[(form::STEP, "make")]).await.text;
    let script = tanaka.opens("/account.js").await.text;

    let complete = |page: &str, name: &str| -> Vec<String> {
        let tags = page
            .split("<input")
            .skip(1)
            .filter_map(|rest| rest.split_once('>'));
        tags.filter(|(tag, _)| tag.contains(&format!("name=\"{name}\"")))
            .map(|(tag, _)| {
                let (_, rest) = tag.split_once("autocomplete=\"").expect(tag);
                rest.split('"').next().unwrap().to_owned()
            })
            .collect()
    };
    assert_eq!(complete(&sign_in, form::USER), ["username"]);
    assert_eq!(complete(&sign_in, form::PASSWORD), ["current-password"]);
    assert_eq!(complete(&sign_in, form::CODE), ["one-time-code"]);
    assert_eq!(complete(&account, form::PASSWORD), ["current-password"]);
    assert_eq!(complete(&account, "new_password"), ["new-password"]);
    assert_eq!(complete(&account, "new_again"), ["new-password"]);
    assert_eq!(complete(&enrolling, form::CODE), ["one-time-code"]);
    assert_eq!(complete(&first, form::USER), ["username"]);
    assert_eq!(complete(&first, form::PASSWORD), ["new-password"]);
    for page in [&sign_in, &account, &enrolling, &first] {
        let (_, body) = page.split_once("</style>").unwrap();
        for hindrance in [
            "onpaste", "oncopy", "ondrop", "oninput", "onkey", "readonly", "inert",
        ] {
            assert!(!body.contains(hindrance), "{hindrance}");
        }
    }
    // The one script of these pages listens to one button.
    assert!(!script.contains("paste") && !script.contains("preventDefault"));
    assert_eq!(script.matches("addEventListener").count(), 1);
    assert!(script.contains("addEventListener(\"click\""));
    town.closes().await;
}

/// Whoever asks for accounts at the door learns none: a name that exists and one that does not get the same answer, one with a second
/// factor too, and the same wait.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_exists_and_one_that_does_not_are_told_the_same() {
    let mut town = town().await;
    // What differs by itself: the name that is repeated, and the time of day.
    let told = |answer: &Answer, name: &str| {
        let text = answer.text.replace(name, "NAME");
        let text: String = text.chars().filter(|sign| !sign.is_ascii_digit()).collect();
        (answer.status, answer.to.clone(), text)
    };
    let mut ends = Vec::new();
    for (name, password) in [
        ("tanaka", "wrong"),
        ("sato", "wrong"),
        ("nobody-of-that-name", "wrong"),
    ] {
        let visitor = Officer::nobody(&town.address(), name);
        let mut answers = Vec::new();
        for _ in 0..6 {
            answers.push(told(&visitor.tries_to_sign_in(password).await, name));
        }
        let statuses: Vec<StatusCode> = answers.iter().map(|(status, ..)| *status).collect();
        let mut expected = vec![StatusCode::UNAUTHORIZED; 5];
        expected.push(StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(statuses, expected, "{name}");
        ends.push(answers);
    }
    assert!(ends.windows(2).all(|two| two[0] == two[1]), "{ends:#?}");
    town.closes().await;

    let mut town = self::town().await;
    let right_without_code = Officer::nobody(&town.address(), "sato");
    let unknown = Officer::nobody(&town.address(), "nobody-here");
    let (one, other) = (
        right_without_code
            .tries_to_sign_in(&password_of("sato"))
            .await,
        unknown.tries_to_sign_in(&password_of("sato")).await,
    );
    assert_eq!(told(&one, "sato"), told(&other, "nobody-here"));
    let mut said = Vec::new();
    for name in ["tanaka", "sato", "nobody-here"] {
        let body = json!({ "user": name, "password": "wrong", "code": "000000" });
        let program = Officer::nobody(&town.address(), name);
        said.push(program.sends_with("/api/v1/session", &body, &[]).await);
    }
    assert_eq!(said[0].0, StatusCode::UNAUTHORIZED);
    assert!(said.windows(2).all(|two| two[0] == two[1]), "{said:?}");
    town.closes().await;
}

/// 2.8.5.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_was_used_is_refused_noted_as_such_and_told_to_its_officer_alone() {
    let mut town = town().await;
    let code = town.codes.next("sato").await;
    let sato = Officer::nobody(&town.address(), "sato");
    let entered = sato
        .tries_to_sign_in_with(&password_of("sato"), &code)
        .await;
    assert_eq!(entered.to.as_deref(), Some("/plain/"));
    assert!(!sato.opens("/plain/").await.text.contains(YOURS));

    let thief = Officer::nobody(&town.address(), "sato");
    let wrong = thief
        .tries_to_sign_in_with(&password_of("sato"), "000000")
        .await;
    // Without the password nobody learns whether a code was right, and nothing is noted of it.
    thief.tries_to_sign_in_with("not the password", &code).await;
    let again = thief
        .tries_to_sign_in_with(&password_of("sato"), &code)
        .await;
    assert_eq!(again.status, StatusCode::UNAUTHORIZED);
    let sentence = "ユーザー名、パスワード、確認コードのどれかが違います";
    assert!(wrong.text.contains(sentence) && again.text.contains(sentence));

    let refused = eventually("all three are on record", || async {
        let all = entries(&town, "sign_in_refused", "sato");
        (all.len() == 3).then_some(all)
    })
    .await;
    assert_eq!(
        refused
            .iter()
            .filter(|one| one["code"] == "used before")
            .count(),
        1,
        "{refused:?}"
    );
    let noted = |line: &&str| line.contains("a code that had been used was typed again");
    let log = town.log();
    let lines: Vec<&str> = log.lines().filter(noted).collect();
    assert_eq!(lines.len(), 1, "{log}");
    assert!(lines[0].contains("\"officer\":\"sato\"") && !lines[0].contains(&code));
    let told = "一度使われた確認コードで、サインインが試されました";
    assert!(sato.opens("/plain/").await.text.contains(told));
    let status = sato.reads_json("/api/v1/status").await;
    assert!(status["standing"].to_string().contains(told), "{status}");
    assert!(
        !town
            .officer("mori")
            .await
            .opens("/plain/")
            .await
            .text
            .contains(told)
    );
    let audit = sato.opens("/plain/audit").await.text;
    assert!(audit.contains("サインインできず sato(一度使われた確認コード)"));
    town.closes().await;
}

/// 2.2.3 (and 2.5.5).
#[tokio::test(flavor = "multi_thread")]
async fn an_officer_reads_on_their_own_pages_what_was_changed_about_their_account_and_when_they_signed_in()
 {
    let mut town = town().await;
    let (tanaka, mori) = (town.officer("tanaka").await, town.officer("mori").await);
    assert!(!tanaka.opens("/plain/").await.text.contains(YOURS));
    let new = "雨の夜に傘を三本持つ猫と歩く";
    changes_password(&tanaka, &password_of("tanaka"), new).await;
    assert_eq!(
        tanaka.tries_to_sign_in(new).await.to.as_deref(),
        Some("/plain/")
    );
    for path in ["/plain/", "/plain/inbox", ACCOUNT] {
        let page = tanaka.opens(path).await.text;
        assert!(
            page.contains(YOURS) && page.contains("パスワードが変更されました"),
            "{path}"
        );
    }
    let made = sends(&tanaka, &[(form::STEP, "make")]).await.text;
    let (_, rest) = made.split_once("secret=").unwrap();
    let secret: String = rest
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect();
    let secret = hinan_town::secret_of(&secret);
    let code = secret.code(step_at(hinan::clock::wall().as_second()));
    let added = sends(&tanaka, &[(form::STEP, "confirm"), (form::CODE, &code)]).await;
    assert_eq!(added.to.as_deref(), Some(ACCOUNT));
    let page = tanaka.opens("/plain/").await.text;
    assert!(page.contains("2要素目(確認コード)が登録されました"));
    assert!(page.contains("心当たりがなければ、すぐ管理者へ連絡してください"));
    assert!(
        !mori.opens("/plain/").await.text.contains(YOURS),
        "nobody else's business"
    );

    // When they signed in, and by what: whoever was there before is seen.
    let account = tanaka.opens(ACCOUNT).await.text;
    let (_, rest) = account.split_once("最近のサインイン").unwrap();
    let (signed_in, _) = rest.split_once("</div>").unwrap();
    assert_eq!(signed_in.matches("(パスワード)").count(), 2, "{signed_in}");
    town.closes().await;
}

#[test]
fn what_was_changed_about_an_account_is_said_for_a_day_and_what_came_with_it_is_not() {
    let hall = Hall::opens(&reference(), Realm::Actual);
    let says = |actor: &str, action: &str| {
        let noted = hall.app.store.write(|tx| {
            tx.audit(
                hall.app.clock.now(),
                actor,
                action,
                "duty",
                &json!({ "passkey": "鍵" }),
            )
        });
        noted.unwrap();
    };
    let told = |name: &str| attention::standing(&hall.app, &Hall::person(name)).unwrap();
    says("console", "officer_added");
    says("console", "second_factor_added");
    assert!(
        told("duty").is_empty(),
        "the console made it with the account"
    );
    hall.seconds_pass(61);
    says("console", "second_factor_added");
    says("duty", "passkey_removed");
    let lines = told("duty");
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].contains("2要素目") && lines[1].contains("パスキー「鍵」が外されました"));
    assert!(told("ando").is_empty());
    hall.seconds_pass(24 * 3600 - 60);
    assert_eq!(told("duty").len(), 2);
    hall.seconds_pass(120);
    assert!(told("duty").is_empty(), "a day later");
}

#[test]
fn a_change_of_an_account_that_cannot_be_read_is_told_as_one_that_cannot() {
    let hall = Hall::opens(&reference(), Realm::Actual);
    let told = || attention::standing(&hall.app, &Hall::person("duty")).unwrap();
    let noted = hall.app.store.write(|tx| {
        let (now, detail) = (hall.app.clock.now(), json!({ "passkey": "鍵" }));
        tx.audit(now, "duty", "passkey_removed", "duty", &detail)
    });
    noted.unwrap();
    assert!(told().concat().contains("パスキー「鍵」が外されました"));
    // Somebody who has the file makes it illegible.
    let db = Connection::open(hall.home.path().join("hinan.sqlite3")).unwrap();
    db.execute_batch("DROP TRIGGER audit_stays").unwrap();
    let changed = db.execute(
        "UPDATE audit SET detail = '{' WHERE action = 'passkey_removed'",
        [],
    );
    assert_eq!(changed.unwrap(), 1);
    let lines = told().concat();
    assert!(
        lines.contains(YOURS) && lines.contains("記録の詳細を読めません"),
        "{lines}"
    );
    assert!(lines.contains("the detail of this entry cannot be read"));
    assert!(!lines.contains("パスキー「"), "{lines}");
}

/// 3.3.4.
#[tokio::test(flavor = "multi_thread")]
async fn an_officer_sees_their_open_sessions_and_ends_one_or_all_others_just_after_signing_in() {
    let mut town = town().await;
    let mut desks = Vec::new();
    for _ in 0..4 {
        desks.push(town.officer("tanaka").await);
    }
    let mori = (town.officer("mori").await, town.officer("mori").await);
    let own = desks.pop().unwrap();
    let choices = |page: &str| -> Vec<String> {
        let all = page.split("name=\"session\" value=\"").skip(1);
        all.map(|rest| rest.split('"').next().unwrap().to_owned())
            .collect()
    };
    let open = async || {
        let mut open = Vec::new();
        for desk in &desks {
            open.push(desk.opens("/plain/").await.status == StatusCode::OK);
        }
        open.into_iter().filter(|open| *open).count()
    };
    let page = own.opens(ACCOUNT).await.text;
    assert_eq!(page.matches("<td>この画面</td>").count(), 1);
    assert_eq!(page.matches("<td>ほかの場所</td>").count(), 3);
    let offered = choices(&page);
    assert_eq!(offered.len(), 3);
    // Nothing on the page opens a session, nor is it what the record keeps of one.
    let db = record(&town);
    let kept: Vec<String> = db
        .prepare("SELECT token FROM session")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert!(kept.iter().all(|token| !page.contains(token)));

    // Not by a page of somebody else, not those of somebody else, not one that is not there.
    let end_one = |which: &str| {
        vec![
            (form::STEP, "end_session".to_owned()),
            ("session", which.to_owned()),
        ]
    };
    let without_token = own.posts(ACCOUNT, &end_one(&offered[0])).await;
    assert_eq!(without_token.status, StatusCode::FORBIDDEN);
    let of_mori = choices(&mori.0.opens(ACCOUNT).await.text);
    for which in [of_mori[0].as_str(), "", "0"] {
        let form = [(form::STEP, "end_session"), ("session", which)];
        let refused = sends(&own, &form).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{which}");
    }
    assert_eq!(mori.1.opens("/plain/").await.status, StatusCode::OK);
    assert_eq!(open().await, 3);

    let form = [
        (form::STEP, "end_session"),
        ("session", offered[0].as_str()),
    ];
    assert_eq!(sends(&own, &form).await.to.as_deref(), Some(ACCOUNT));
    assert_eq!(open().await, 2, "one has ended");

    // A desk that was left open ends nobody's sessions elsewhere: that takes a sign-in of just now.
    let set_back = |minutes: i64| {
        let ms = minutes * 60_000;
        let back = "UPDATE session SET begun_ms = begun_ms - ?1 WHERE officer = 'tanaka'";
        db.execute(back, [ms]).unwrap();
    };
    set_back(11);
    let page = own.opens(ACCOUNT).await.text;
    assert!(choices(&page).is_empty() && page.contains("サインインし直してください"));
    assert_eq!(
        page.matches("<td>ほかの場所</td>").count(),
        2,
        "seen all the same"
    );
    for step in ["end_session", "end_others"] {
        let form = [(form::STEP, step), ("session", offered[1].as_str())];
        assert_eq!(
            sends(&own, &form).await.status,
            StatusCode::FORBIDDEN,
            "{step}"
        );
    }
    assert_eq!(open().await, 2);
    assert_eq!(
        own.tries_to_sign_in(&password_of("tanaka"))
            .await
            .to
            .as_deref(),
        Some("/plain/")
    );
    let ended = sends(&own, &[(form::STEP, "end_others")]).await;
    assert_eq!(ended.to.as_deref(), Some(ACCOUNT), "{}", ended.heading());
    assert_eq!(open().await, 0);
    assert_eq!(
        own.opens("/plain/").await.status,
        StatusCode::OK,
        "this one stays"
    );
    assert_eq!(mori.1.opens("/plain/").await.status, StatusCode::OK);
    let noted = entries(&town, "sessions_ended", "tanaka");
    assert_eq!(noted, [json!({ "count": 1 }), json!({ "count": 2 })]);
    assert!(
        own.opens("/plain/")
            .await
            .text
            .contains("ほかのサインイン2件が終わりました")
    );
    town.closes().await;
}

/// An exercise of 3.3.4 at the edge: a session that ended for idleness is not shown as open.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_has_ended_by_itself_is_not_shown_as_open() {
    let mut town = town().await;
    let _left = town.officer("tanaka").await;
    let long_ago = hinan::clock::wall().as_millisecond() - 24 * 3_600_000;
    record(&town)
        .execute(
            "UPDATE session SET seen_ms = ?1 WHERE officer = 'tanaka'",
            [long_ago],
        )
        .unwrap();
    let own = town.officer("tanaka").await;
    let page = own.opens(ACCOUNT).await.text;
    assert_eq!(page.matches("<td>ほかの場所</td>").count(), 0, "{page}");
    assert_eq!(page.matches("<td>この画面</td>").count(), 1);
    town.closes().await;
}
