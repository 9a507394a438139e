//! What a visitor may send along: a session counts in its cookie alone, nobody gives themselves a role or another name, and fields
//! are checked for kind, range and length before anything is done with them.

use std::collections::BTreeSet;

use hinan_dashboard::form;
use hinan_town::{Answer, FLOOD_HOUR, Officer, StatusCode, Town, TownPlan, fields, password_of};
use reqwest::redirect::Policy;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::HINAN;

async fn town() -> Town {
    let town = TownPlan::of(HINAN)
        .with_two_persons()
        .with_officer("tanaka", "duty_officer")
        .with_officer("sato", "approver")
        .with_officer("admin", "administrator")
        .opens()
        .await
        .unwrap();
    town.storm_reaches(FLOOD_HOUR).await;
    town
}

fn record(town: &Town) -> Connection {
    let db = Connection::open(town.data_dir().join("hinan.sqlite3")).unwrap();
    db.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
    db
}

fn rows(town: &Town, question: &str) -> Vec<String> {
    let db = record(town);
    let mut statement = db.prepare(question).unwrap();
    let rows = statement.query_map([], |row| row.get(0));
    rows.unwrap().map(Result::unwrap).collect()
}

/// Accounts with what they may do, and authorities: what rights rest on.
fn rights(town: &Town) -> Vec<String> {
    rows(
        town,
        "SELECT json_array(o.name, o.display, o.role, o.password_by, f.officer, (SELECT count(*) FROM authority a WHERE a.officer = o.name)) \
         FROM officer o LEFT JOIN second_factor f ON f.officer = o.name ORDER BY o.name",
    )
}

async fn sends(officer: &Officer, path: &str, more: &[(&str, &str)]) -> Answer {
    let csrf = fields(&officer.opens("/plain/account").await.text)[form::CSRF].clone();
    let mut all = vec![(form::CSRF, csrf.as_str())];
    all.extend(more);
    officer.posts(path, &all).await
}

/// Names and values, as a form sends them.
type Fields<'f> = Vec<(&'f str, &'f str)>;

/// 3.1.1, 3.2.3.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_counts_in_its_cookie_alone_and_stands_in_no_address_page_or_answer() {
    let mut town = TownPlan::of(HINAN)
        .with_officer("tanaka", "duty_officer")
        .opens()
        .await
        .unwrap();
    hinan::bridge::install_tls();
    // Without a jar for cookies: what goes along is what is written here.
    let http = reqwest::Client::builder()
        .redirect(Policy::none())
        .build()
        .unwrap();
    let base = town.address();
    let form = [
        (form::USER, "tanaka"),
        (form::PASSWORD, &password_of("tanaka")),
    ];
    let page = http
        .post(format!("{base}/plain/signin"))
        .form(&form)
        .send()
        .await
        .unwrap();
    let body = json!({ "user": "tanaka", "password": password_of("tanaka") });
    let program = http
        .post(format!("{base}/api/v1/session"))
        .json(&body)
        .send()
        .await
        .unwrap();
    let mut tokens = Vec::new();
    for answer in [page, program] {
        let cookies: Vec<String> = answer
            .headers()
            .get_all("set-cookie")
            .iter()
            .map(|value| value.to_str().unwrap().to_owned())
            .collect();
        let cookie = cookies
            .iter()
            .find(|cookie| cookie.starts_with("hinan_actual="))
            .unwrap();
        assert!(
            cookie.contains("; HttpOnly; SameSite=Strict"),
            "no script reads it: {cookie}"
        );
        let token = cookie["hinan_actual=".len()..][..64].to_owned();
        let others = answer
            .headers()
            .iter()
            .filter(|(name, _)| *name != "set-cookie");
        for (name, value) in others {
            assert!(!value.to_str().unwrap().contains(&token), "{name}");
        }
        assert!(!answer.text().await.unwrap().contains(&token));
        tokens.push(token);
    }
    let token = tokens[0].as_str();

    let addresses = [
        "/plain/",
        "/plain/account",
        "/plain/audit",
        "/api/v1/session",
        "/api/v1/status",
        "/api/v1/events",
    ];
    let asked = async |path: String, headers: Vec<(&str, String)>| {
        let mut request = http.get(format!("{base}{path}"));
        for (name, value) in headers {
            request = request.header(name, value);
        }
        request.send().await.unwrap()
    };
    let cookie = |name: &str| vec![("cookie", format!("{name}={token}"))];
    for address in addresses {
        let answer = asked(address.to_owned(), cookie("hinan_actual")).await;
        assert_eq!(
            answer.status(),
            StatusCode::OK,
            "{address}: the cookie opens it"
        );
        if address != "/api/v1/events" {
            let text = answer.text().await.unwrap();
            assert!(!text.contains(token), "{address} repeats the token");
        }
        let mut ways: Vec<(String, Vec<(&str, String)>)> = vec![
            (address.to_owned(), cookie("session")),
            (address.to_owned(), cookie("hinan_exercise")),
            (address.to_owned(), cookie("hinan_actual_browser")),
            (format!("{address};hinan_actual={token}"), Vec::new()),
            (format!("{address}/{token}"), Vec::new()),
            (format!("/{token}{address}"), Vec::new()),
        ];
        for name in [
            "hinan_actual",
            "session",
            "sid",
            "token",
            "access_token",
            "cookie",
        ] {
            ways.push((format!("{address}?{name}={token}"), Vec::new()));
        }
        for (name, value) in [
            ("authorization", format!("Bearer {token}")),
            ("authorization", format!("hinan_actual {token}")),
            ("hinan_actual", token.to_owned()),
            ("x-session-token", token.to_owned()),
            ("x-auth-token", token.to_owned()),
            ("x-csrf-token", token.to_owned()),
            ("cookie2", format!("hinan_actual={token}")),
            ("set-cookie", format!("hinan_actual={token}")),
        ] {
            ways.push((address.to_owned(), vec![(name, value)]));
        }
        for (path, headers) in ways {
            let said = format!("{path} {headers:?}");
            let answer = asked(path, headers).await;
            let to = answer
                .headers()
                .get("location")
                .map(|to| to.to_str().unwrap().to_owned());
            let shut = match answer.status() {
                StatusCode::SEE_OTHER => to.as_deref() == Some("/plain/signin"),
                status => matches!(
                    status,
                    StatusCode::UNAUTHORIZED | StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST
                ),
            };
            assert!(shut, "{said}: {} {to:?}", answer.status());
        }
    }
    // Nor in a form.
    let form = [
        ("hinan_actual", token),
        ("session", token),
        (form::STEP, "make"),
    ];
    let answer = http
        .post(format!("{base}/plain/account"))
        .form(&form)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.headers()["location"], "/plain/signin");
    assert!(!town.log().contains(token), "nor does the log have it");
    town.closes().await;
}

/// What somebody would send along who wants to be more, or somebody else.
const MORE: [(&str, &str); 14] = [
    ("role", "administrator"),
    ("officer", "sato"),
    ("actor", "sato"),
    ("by", "sato"),
    ("author", "sato"),
    ("approved_by", "sato"),
    ("reported_by", "sato"),
    ("second_factor", "true"),
    ("strong", "1"),
    ("realm", "exercise"),
    ("level_max", "5"),
    ("rights", "let_out"),
    ("needs", "one"),
    ("password_by", ""),
];

fn with<'f>(own: &[(&'f str, &'f str)]) -> Vec<(&'f str, &'f str)> {
    own.iter().copied().chain(MORE).collect()
}

/// 4.1.2, 5.1.2: in forms.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_sends_a_role_or_another_name_along_in_a_form_stays_who_they_are() {
    let mut town = town().await;
    let before = rights(&town);
    let tanaka = Officer::nobody(&town.address(), "tanaka");
    let password = password_of("tanaka");
    let signs_in = with(&[(form::USER, "tanaka"), (form::PASSWORD, &password)]);
    let entered = tanaka.posts("/plain/signin", &signs_in).await;
    assert_eq!(entered.to.as_deref(), Some("/plain/"));
    let session = tanaka.reads_json("/api/v1/session").await;
    assert_eq!(
        (
            &session["user"],
            &session["role"],
            &session["second_factor"]
        ),
        (&json!("tanaka"), &json!("duty_officer"), &json!(false))
    );
    let began = rows(&town, "SELECT CAST(max(seq) AS TEXT) FROM audit")[0].clone();

    let sheet = town.sheet_for(&tanaka, "十勝川").await;
    let shelter = tanaka.reads_json("/api/v1/shelters").await["shelters"][0]["id"].clone();
    let shelter = format!("/plain/shelters/{}", shelter.as_str().unwrap());
    let own = "雨の夜に傘を三本持つ猫と歩く";
    let seen = format!("/plain/r/{}/seen", sheet.recommendation);
    let forms: [(&str, Fields<'_>, &str); 5] = [
        (&seen, vec![], "seen"),
        (
            "/plain/reports",
            vec![
                (form::STEP, "report"),
                ("kind", "road-closed"),
                ("river", "十勝川"),
                ("source", "水防団"),
            ],
            "report_taken",
        ),
        (
            &shelter,
            vec![("state", "open"), ("inside", "12")],
            "shelter_told",
        ),
        ("/plain/account", vec![(form::STEP, "make")], ""),
        // Whose password: the session's, whatever name is sent.
        (
            "/plain/account",
            vec![
                (form::STEP, "password"),
                (form::USER, "sato"),
                (form::PASSWORD, &password),
                ("new_password", own),
                ("new_again", own),
            ],
            "password_changed",
        ),
    ];
    for (path, fields, action) in &forms {
        let done = sends(&tanaka, path, &with(fields)).await;
        assert!(
            matches!(done.status, StatusCode::SEE_OTHER | StatusCode::OK),
            "{path}: {} {}",
            done.status,
            done.heading()
        );
        if !action.is_empty() {
            let newest = format!(
                "SELECT actor FROM audit WHERE action = '{action}' ORDER BY seq DESC LIMIT 1"
            );
            assert_eq!(rows(&town, &newest), ["tanaka"], "{path}");
        }
    }
    assert_eq!(
        tanaka.tries_to_sign_in(own).await.to.as_deref(),
        Some("/plain/")
    );
    assert_eq!(rows(&town, "SELECT reported_by FROM report"), ["tanaka"]);
    assert_eq!(rows(&town, "SELECT officer FROM shelter_word"), ["tanaka"]);

    // A text of theirs stays theirs and needs two; the second person's click stays the second person's.
    let sheet = town.sheet_for(&tanaka, "十勝川").await;
    let mut confirmation = tanaka.decides(&sheet, 4, "氾濫危険水位に達した").await;
    for (name, value) in MORE {
        confirmation
            .fields
            .insert(name.to_owned(), value.to_owned());
    }
    let draft = tanaka.approves_first(&confirmation).await;
    let text = format!("SELECT author || ' ' || needs FROM draft WHERE id = '{draft}'");
    assert_eq!(rows(&town, &text), ["tanaka two"]);
    let as_second = with(&[
        (form::STEP, form::STEP_APPROVE),
        (form::DIGEST, confirmation.digest()),
    ]);
    let path = format!("/plain/second/{draft}");
    assert_eq!(
        sends(&tanaka, &path, &as_second).await.status,
        StatusCode::FORBIDDEN
    );
    let managing = with(&[
        (form::STEP, "add"),
        (form::USER, "ito"),
        ("display", "伊藤"),
    ]);
    let refused = sends(&tanaka, "/plain/officers", &managing).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(town.resident().notices().await.is_empty());

    // Who manages accounts makes one with the role that the form has for it, with a password to be replaced, and with nothing else.
    let admin = town.officer("admin").await;
    let adds = [
        (form::STEP, "add"),
        (form::USER, "ito"),
        ("display", "伊藤"),
        ("role", "viewer"),
        ("password_by", ""),
        ("second_factor", "true"),
        ("level_max", "5"),
        (form::PASSWORD, "a password of the administrator's choice"),
    ];
    assert_eq!(
        sends(&admin, "/plain/officers", &adds).await.status,
        StatusCode::OK
    );
    let ito = Officer::nobody(&town.address(), "ito");
    let refused = ito
        .tries_to_sign_in("a password of the administrator's choice")
        .await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    let after = rights(&town);
    let without = |name: &str| -> Vec<String> {
        let others = after
            .iter()
            .filter(|row| !row.contains(&format!("[\"{name}\"")));
        others.cloned().collect()
    };
    assert_eq!(without("ito"), before);
    let made = after.iter().find(|row| row.contains("[\"ito\"")).unwrap();
    let made: Value = serde_json::from_str(made).unwrap();
    assert_eq!(made, json!(["ito", "伊藤", "viewer", "admin", null, 0]));

    let actors = format!("SELECT DISTINCT actor FROM audit WHERE seq > {began}");
    let actors: BTreeSet<String> = rows(&town, &actors).into_iter().collect();
    assert!(
        !actors.contains("sato") && !actors.contains("administrator"),
        "{actors:?}"
    );
    let realms = rows(&town, "SELECT value FROM belonging WHERE key = 'realm'");
    assert_eq!(realms, ["actual"]);
    town.closes().await;
}

/// 4.1.2, 5.1.2: in JSON. Every address of the description that takes a body names what it does not know, or does nothing.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_sends_a_role_or_another_name_along_in_json_is_refused_by_the_name_of_the_field() {
    let mut town = town().await;
    let (tanaka, before) = (town.officer("tanaka").await, rights(&town));
    let more: Value = MORE
        .iter()
        .map(|(name, value)| ((*name).to_owned(), json!(value)))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let with = |own: &Value| {
        let mut all = own.as_object().unwrap().clone();
        all.extend(more.as_object().unwrap().clone());
        Value::Object(all)
    };
    let named = |why: &Value| -> BTreeSet<String> {
        let errors = why["errors"].as_array().cloned().unwrap_or_default();
        errors
            .iter()
            .filter_map(|error| Some(error["field"].as_str()?.to_owned()))
            .collect()
    };
    let all: BTreeSet<String> = MORE.iter().map(|(name, _)| (*name).to_owned()).collect();

    // Every address, of something that is not there.
    let described: Value = serde_json::from_str(include_str!("../../docs/openapi.json")).unwrap();
    let entries = || {
        rows(
            &town,
            "SELECT CAST(count(*) AS TEXT) FROM audit WHERE actor = 'tanaka' AND action NOT IN ('attempted', 'act_refused', \
        'approve_attempt', 'approve_refused', 'second_attempt', 'alone_attempt', 'judgement_attempt', 'judgement_refused')",
        )
    };
    let (noted, mut tried) = (entries(), 0);
    for (path, ways) in described["paths"].as_object().unwrap() {
        if ways.get("post").is_none() || path == "/api/v1/session" {
            continue;
        }
        let address: Vec<&str> = path
            .split('/')
            .map(|part| if part.starts_with('{') { "none" } else { part })
            .collect();
        let (status, why) = tanaka.sends(&address.join("/"), &more).await;
        assert!(status.is_client_error(), "{path}: {status} {why}");
        if status == StatusCode::UNPROCESSABLE_ENTITY {
            assert!(named(&why).is_superset(&all), "{path}: {why}");
        }
        tried += 1;
    }
    assert!(tried >= 18, "{tried} addresses");
    assert_eq!(entries(), noted, "nothing was done");

    // Bodies that are right without it.
    let inbox = tanaka.reads_json("/api/v1/inbox").await;
    let mut items = inbox["items"].as_array().unwrap().iter();
    let item = items.find(|item| item["river"] == "十勝川").unwrap();
    let id = item["id"].as_str().unwrap();
    let shelter = tanaka.reads_json("/api/v1/shelters").await["shelters"][0]["id"].clone();
    let reason = json!({ "code": "own", "words": "氾濫危険水位に達した" });
    let bodies = [
        (
            "/api/v1/notes".to_owned(),
            json!({ "from": "phone", "words": "樋門を閉じた" }),
        ),
        (
            format!("/api/v1/shelters/{}", shelter.as_str().unwrap()),
            json!({ "state": "open" }),
        ),
        (
            format!("/api/v1/recommendations/{id}/text"),
            json!({ "level": 4, "substance": item["substance"], "reason": reason }),
        ),
    ];
    for (path, body) in &bodies {
        let noted = entries();
        let (status, why) = tanaka.sends(path, &with(body)).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{path}: {why}");
        assert_eq!(
            named(&why),
            all,
            "{path}: each by its name and nothing else"
        );
        assert_eq!(entries(), noted, "{path}: nothing was done");
        let (status, done) = tanaka.sends(path, body).await;
        assert!(status.is_success(), "{path}: {done}");
    }
    let sessions = || rows(&town, "SELECT CAST(count(*) AS TEXT) FROM session");
    let open = sessions();
    let thief = Officer::nobody(&town.address(), "tanaka");
    let body = json!({ "user": "tanaka", "password": password_of("tanaka") });
    let (status, why) = thief.sends_with("/api/v1/session", &with(&body), &[]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{why}");
    assert_eq!((named(&why), sessions()), (all, open));
    assert!(!why.to_string().contains(&password_of("tanaka")));
    let session = tanaka.reads_json("/api/v1/session").await;
    assert_eq!(session["role"], "duty_officer");
    assert_eq!(rights(&town), before);
    town.closes().await;
}

/// 5.1.3, and 5.1.4 for forms.
#[tokio::test(flavor = "multi_thread")]
async fn fields_of_forms_and_questions_are_checked_for_kind_range_and_length_and_nothing_is_done() {
    let mut town = town().await;
    let (tanaka, admin) = (town.officer("tanaka").await, town.officer("admin").await);
    let sheet = town.sheet_for(&tanaka, "十勝川").await;
    let shelter = tanaka.reads_json("/api/v1/shelters").await["shelters"][0]["id"].clone();
    let shelter = format!("/plain/shelters/{}", shelter.as_str().unwrap());
    let long = "水".repeat(501);
    let report =
        |kind: &'static str, river: &'static str, source: &'static str, ago: &'static str| {
            vec![
                (form::STEP, "report"),
                ("kind", kind),
                ("river", river),
                ("source", source),
                ("ago_min", ago),
            ]
        };
    let account = |name: &'static str, display: &'static str, role: &'static str| {
        vec![
            (form::STEP, "add"),
            (form::USER, name),
            ("display", display),
            ("role", role),
        ]
    };
    let state = |state: &'static str, inside: &'static str, places: &'static str| {
        vec![("state", state), ("inside", inside), ("places", places)]
    };
    let (tanaka, admin, shelter, long) = (&tanaka, &admin, shelter.as_str(), long.as_str());
    let wrong: Vec<(&Officer, &str, Fields<'_>)> = vec![
        (tanaka, shelter, state("ajar", "", "")),
        (tanaka, shelter, state("", "", "")),
        (tanaka, shelter, state("open", "many", "")),
        (tanaka, shelter, state("open", "-1", "")),
        (tanaka, shelter, state("open", "1.5", "")),
        (tanaka, shelter, state("open", "100001", "")),
        (tanaka, shelter, state("open", "99999999999999999999", "")),
        (tanaka, shelter, state("open", "", "0")),
        (
            tanaka,
            shelter,
            vec![("state", "open"), (form::REASON_TEXT, long)],
        ),
        (
            tanaka,
            "/plain/reports",
            report("flying", "十勝川", "水防団", ""),
        ),
        (
            tanaka,
            "/plain/reports",
            report("overtopping", "ナイル川", "水防団", ""),
        ),
        (
            tanaka,
            "/plain/reports",
            report("overtopping", "十勝川", "", ""),
        ),
        (
            tanaka,
            "/plain/reports",
            report("overtopping", "十勝川", "水防団", "soon"),
        ),
        (
            tanaka,
            "/plain/reports",
            report("overtopping", "十勝川", "水防団", "4294967296"),
        ),
        (
            tanaka,
            "/plain/reports",
            report("overtopping", "十勝川", "水防団", "4294967295"),
        ),
        (
            tanaka,
            "/plain/reports",
            report("overtopping", "十勝川", "水防団", "2881"),
        ),
        (
            tanaka,
            "/plain/reports",
            vec![
                (form::STEP, "report"),
                ("kind", "overtopping"),
                ("river", "十勝川"),
                ("source", long),
            ],
        ),
        (
            tanaka,
            "/plain/reports",
            vec![
                (form::STEP, "close"),
                ("number", "first"),
                (form::REASON_TEXT, "済んだ"),
            ],
        ),
        (tanaka, "/plain/reports", vec![(form::STEP, "burn")]),
        (admin, "/plain/officers", account("a b", "伊藤", "viewer")),
        (
            admin,
            "/plain/officers",
            account("ito'--", "伊藤", "viewer"),
        ),
        (admin, "/plain/officers", account("", "伊藤", "viewer")),
        (admin, "/plain/officers", account("ito", "", "viewer")),
        (admin, "/plain/officers", account("ito", "伊藤", "king")),
        (
            admin,
            "/plain/officers",
            account("ito", "伊藤", "administrator"),
        ),
        (
            admin,
            "/plain/officers",
            vec![
                (form::STEP, "add"),
                (form::USER, "ito"),
                ("display", long),
                ("role", "viewer"),
            ],
        ),
    ];
    let done = || {
        rows(
            &town,
            "SELECT CAST((SELECT count(*) FROM report) + (SELECT count(*) FROM shelter_word) \
        + (SELECT count(*) FROM officer) + (SELECT count(*) FROM draft) AS TEXT)",
        )
    };
    let before = done();
    for (who, path, fields) in &wrong {
        let refused = sends(who, path, fields).await;
        assert_eq!(
            refused.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{path} {fields:?}: {}",
            refused.heading()
        );
        assert!(
            refused.text.contains("role=\"alert\""),
            "{path} {fields:?} says why"
        );
    }
    let path = format!("/plain/r/{}/decide", sheet.recommendation);
    for (name, value) in [
        (form::LEVEL, "9"),
        (form::LEVEL, "four"),
        (form::LEVEL, ""),
        (form::CHECK, "9999"),
        (form::AREAS, "ここにない地区"),
        (form::VALID_H, "0"),
        (form::VALID_H, "soon"),
        (form::REASON_TEXT, long),
        (form::REASON_TEXT, ""),
    ] {
        let mut all = sheet.fields.clone();
        for (field, right) in [
            (form::LEVEL, "4"),
            (form::REASON, form::REASON_OWN),
            (form::REASON_TEXT, "氾濫危険水位に達した"),
            (form::CHECK, &sheet.districts().to_string()),
        ] {
            all.insert(field.to_owned(), right.to_owned());
        }
        all.insert(name.to_owned(), value.to_owned());
        let all: Vec<(String, String)> = all.into_iter().collect();
        let refused = tanaka.posts(&path, &all).await;
        assert!(
            refused.status.is_client_error(),
            "{name}={value}: {}",
            refused.status
        );
    }
    // The form itself: too many fields.
    let many: Vec<(String, String)> = (0..40)
        .map(|n| (format!("field-{n}"), String::new()))
        .collect();
    let refused = tanaka.posts(shelter, &many).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(done(), before, "nothing was done");
    // Questions of programs.
    for question in [
        "notices?limit=0",
        "notices?limit=1001",
        "notices?limit=ten",
        "audit?limit=-1",
    ] {
        let (status, why) = tanaka.gets_json(&format!("/api/v1/{question}")).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{question}: {why}");
    }
    // What is right is taken, at the edge of its range.
    for fields in [state("open", "100000", "1"), state("full", "0", "100000")] {
        assert_eq!(
            sends(tanaka, shelter, &fields).await.to.as_deref(),
            Some("/plain/shelters")
        );
    }
    let edge = report("overtopping", "十勝川", "水防団", "2879");
    assert_eq!(
        sends(tanaka, "/plain/reports", &edge).await.to.as_deref(),
        Some("/plain/reports")
    );
    town.closes().await;
}
