//! The officers' console lives on JSON: every rule of the gate holds there as on the pages, whoever writes the requests by hand.

use hinan_town::{
    FLOOD_HOUR, OBIHIRO, Officer, StatusCode, Town, TownPlan, eventually, password_of,
};
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::HINAN;

/// A town of two persons with the flood before the door.
async fn town() -> Town {
    let town = TownPlan::of(HINAN)
        .with_two_persons()
        .with_officer("tanaka", "duty_officer")
        .with_officer("sato", "approver")
        .with_officer("mori", "viewer")
        .opens()
        .await
        .unwrap();
    town.storm_reaches(FLOOD_HOUR).await;
    town
}

/// What waits along a river, as the inbox has it.
async fn item(officer: &Officer, river: &str) -> Value {
    let inbox = officer.reads_json("/api/v1/inbox").await;
    let mut items = inbox["items"].as_array().unwrap().iter();
    let found = items.find(|item| item["river"] == river);
    found
        .unwrap_or_else(|| panic!("nothing along {river}: {inbox}"))
        .clone()
}

/// A program that prepares the text of a level, having read the item.
async fn prepares(officer: &Officer, item: &Value, level: u8) -> Value {
    let path = format!(
        "/api/v1/recommendations/{}/text",
        item["id"].as_str().unwrap()
    );
    let asked = json!({ "level": level, "substance": item["substance"],
        "reason": { "code": "own", "words": "氾濫危険水位に達した" } });
    let (status, shown) = officer.sends(&path, &asked).await;
    assert_eq!(status, StatusCode::CREATED, "{shown}");
    shown
}

fn number(shown: &Value) -> String {
    shown["areas"].as_array().unwrap().len().to_string()
}

fn approval(shown: &Value) -> Value {
    json!({ "digest": shown["digest"], "check": number(shown) })
}

fn text_of<'v>(shown: &'v Value, kind: &str) -> &'v str {
    let mut texts = shown["texts"].as_array().unwrap().iter();
    let found = texts.find(|text| text["kind"] == kind);
    found.unwrap()["body"].as_str().unwrap()
}

fn parsed(data: &str) -> Value {
    serde_json::from_str(data).unwrap()
}

/// Entries of the record with this word.
fn entries(town: &Town, action: &str) -> Vec<(String, String)> {
    let record = Connection::open(town.data_dir().join("hinan.sqlite3")).unwrap();
    let mut found = record
        .prepare("SELECT actor, detail FROM audit WHERE action = ?1 ORDER BY seq")
        .unwrap();
    let rows = found
        .query_map([action], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    rows.map(Result::unwrap).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_leaves_by_json_with_two_persons_and_the_second_blind() {
    let mut town = town().await;
    let (tanaka, sato) = (town.officer("tanaka").await, town.officer("sato").await);
    let item = item(&tanaka, "十勝川").await;
    let id = item["id"].as_str().unwrap();

    // The sheet has nothing chosen, and each reason, level and text in words.
    let sheet = tanaka
        .reads_json(&format!("/api/v1/recommendations/{id}/sheet"))
        .await;
    assert_eq!(sheet["levels"].as_array().unwrap().len(), 3);
    assert!(!sheet["reasons"].as_array().unwrap().is_empty(), "{sheet}");
    let detail = tanaka
        .reads_json(&format!("/api/v1/recommendations/{id}/detail"))
        .await;
    for part in ["evidence", "counter_evidence", "charts", "would_change"] {
        assert!(
            !detail[part].as_array().unwrap().is_empty(),
            "{part}: {detail}"
        );
    }
    // What would change it is said in English too, line by line.
    let english = detail["would_change_en"].as_array().unwrap();
    let japanese = detail["would_change"].as_array().unwrap();
    assert_eq!(english.len(), japanese.len(), "{detail}");
    for line in english {
        let is_english = line.as_str().is_some_and(str::is_ascii);
        assert!(is_english, "{line}");
    }

    // The text is made; the wrong number, or another digest, approves nothing.
    let secret_reason = "一人目だけが知っている理由";
    let path = format!("/api/v1/recommendations/{id}/text");
    let asked = json!({ "level": 4, "substance": item["substance"], "reason": { "code": "own", "words": secret_reason } });
    let (status, shown) = tanaka.sends(&path, &asked).await;
    assert_eq!(status, StatusCode::CREATED, "{shown}");
    assert_eq!(shown["approving"], "first_of_two");
    let draft = shown["id"].as_str().unwrap();
    let approve = format!("/api/v1/texts/{draft}/approve");
    let (status, why) = tanaka
        .sends(
            &approve,
            &json!({ "digest": shown["digest"], "check": "999" }),
        )
        .await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(why["errors"][0]["field"], "check");
    assert_eq!(why["errors"][0]["value"], "999");
    let other = json!({ "digest": "0".repeat(64), "check": number(&shown) });
    let (status, why) = tanaka.sends(&approve, &other).await;
    assert_eq!(status, StatusCode::PRECONDITION_FAILED, "{why}");
    let (status, done) = tanaka.sends(&approve, &approval(&shown)).await;
    assert_eq!(status, StatusCode::OK, "{done}");
    assert_eq!(
        done,
        json!({ "outcome": "waits_for_second", "text": draft })
    );
    assert!(
        town.resident().notices().await.is_empty(),
        "the first lets nothing out"
    );

    // Nothing that the second may read tells what the first chose.
    for path in [
        "/api/v1/inbox".to_owned(),
        format!("/api/v1/texts/{draft}"),
        format!("/api/v1/texts/{draft}/second"),
        "/api/v1/alarms".to_owned(),
        "/api/v1/timeline".to_owned(),
        "/api/v1/audit".to_owned(),
        "/api/v1/handover".to_owned(),
    ] {
        let said = sato.reads_json(&path).await.to_string();
        assert!(!said.contains(secret_reason), "{path} tells the reason");
        assert!(
            !said.contains(shown["digest"].as_str().unwrap()),
            "{path} tells which text"
        );
    }
    let (status, _) = sato
        .gets_json(&format!("/api/v1/texts/{draft}/alone"))
        .await;
    assert_eq!(status, StatusCode::FORBIDDEN);

    // The same account cannot be the second; the second cannot approve before choosing; the first not alone before the time.
    let second = format!("/api/v1/texts/{draft}/second");
    let digest = json!({ "digest": shown["digest"] });
    let refused_before = entries(&town, "approve_refused").len();
    let (status, why) = tanaka.sends(&second, &digest).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{why}");
    assert_eq!(why["code"], "not_authorised");
    let refused = entries(&town, "approve_refused");
    assert_eq!(
        refused.len(),
        refused_before + 1,
        "the attempt is on record"
    );
    assert_eq!(refused.last().unwrap().0, "tanaka");
    let choice = format!("/api/v1/texts/{draft}/choice");
    let (status, _) = tanaka
        .sends(&choice, &json!({ "choice": "4", "check": number(&shown) }))
        .await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let (status, why) = sato.sends(&second, &digest).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{why}");
    let alone = format!("/api/v1/texts/{draft}/alone");
    let (status, _) = tanaka.sends(&alone, &approval(&shown)).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "too early to go alone");
    assert!(town.resident().notices().await.is_empty());

    // The same choice: the very bytes of the first, and out.
    let (status, agreed) = sato
        .sends(&choice, &json!({ "choice": "4", "check": number(&shown) }))
        .await;
    assert_eq!(status, StatusCode::OK, "{agreed}");
    assert_eq!(agreed["agrees"], true);
    assert_eq!(agreed["first"]["reason"], secret_reason);
    assert_eq!(text_of(&agreed["shown"], "cap"), text_of(&shown, "cap"));
    let (status, done) = sato.sends(&second, &digest).await;
    assert_eq!(status, StatusCode::OK, "{done}");
    let notice = done["notice"].as_str().unwrap().to_owned();
    eventually("the order is out", || async {
        (town.resident().notices().await == [notice.clone()]).then_some(())
    })
    .await;
    assert_eq!(
        crate::gate::unsigned(&town.resident().cap(&notice).await.bytes),
        text_of(&shown, "cap").as_bytes(),
        "what was read is what left"
    );
    let board = sato.reads_json("/api/v1/notices").await;
    assert_eq!(board["rows"][0]["id"], notice.as_str());
    assert_eq!(board["rows"][0]["state"], "in_force");
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_not_decide_gets_nothing_done_by_json_either() {
    let mut town = town().await;
    let (tanaka, mori) = (town.officer("tanaka").await, town.officer("mori").await);
    let item = item(&tanaka, "十勝川").await;
    let id = item["id"].as_str().unwrap();
    let shown = prepares(&tanaka, &item, 4).await;
    let draft = shown["id"].as_str().unwrap();
    let reason = json!({ "code": "wait", "words": "" });
    let devices = mori.reads_json("/api/v1/devices").await;
    assert_eq!(devices["may_bar"], false);
    let asked = json!({ "level": 4, "substance": item["substance"], "reason": { "code": "own", "words": "理由" } });
    let all = [
        (format!("/api/v1/recommendations/{id}/seen"), json!({})),
        (format!("/api/v1/recommendations/{id}/text"), asked.clone()),
        (
            format!("/api/v1/recommendations/{id}/decline"),
            json!({ "reason": reason, "substance": item["substance"] }),
        ),
        (
            format!("/api/v1/recommendations/{id}/defer"),
            json!({ "minutes": 10, "reason": reason, "substance": item["substance"] }),
        ),
        (format!("/api/v1/texts/{draft}/approve"), approval(&shown)),
        (format!("/api/v1/texts/{draft}/alone"), approval(&shown)),
        (
            "/api/v1/notes".to_owned(),
            json!({ "from": "phone", "words": "メモ" }),
        ),
        ("/api/v1/alarms/mute".to_owned(), json!({ "minutes": 10 })),
        (format!("/api/v1/alarms/rec-{id}/acknowledge"), json!({})),
    ];
    for (path, body) in &all {
        let (status, why) = mori.sends(path, body).await;
        assert!(
            matches!(
                status,
                StatusCode::FORBIDDEN | StatusCode::PRECONDITION_FAILED | StatusCode::CONFLICT
            ),
            "{path}: {status} {why}"
        );
    }
    for path in [
        "/api/v1/audit",
        "/api/v1/audit/verify",
        "/api/v1/admin/officers",
    ] {
        let (status, why) = mori.gets_json(path).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{path}: {why}");
    }

    // Without the session's token, from another site, or with a form: nothing either. The token of another session is none.
    let path = format!("/api/v1/recommendations/{id}/text");
    let (status, why) = tanaka.sends_with(&path, &asked, &[]).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{why}");
    assert_eq!(why["code"], "forged");
    let others = mori.token().await;
    let (status, _) = tanaka
        .sends_with(&path, &asked, &[("x-csrf-token", &others)])
        .await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let own = tanaka.token().await;
    let (status, why) = tanaka
        .sends_with(
            &path,
            &asked,
            &[("x-csrf-token", &own), ("origin", "https://evil.example")],
        )
        .await;
    assert_eq!(
        (status, &why["code"]),
        (StatusCode::FORBIDDEN, &json!("forged"))
    );
    let form = tanaka
        .posts_from(&path, &[("level", "4")], &[("x-csrf-token", &own)])
        .await;
    assert_eq!(form.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);

    // A name for nothing is unknown, a method for nothing is named, all as problems.
    let nobody = Officer::nobody(&town.address(), "nobody");
    for (who, path, status) in [
        (&nobody, "/api/v1/status", StatusCode::UNAUTHORIZED),
        (
            &tanaka,
            "/api/v1/recommendations/r-0/detail",
            StatusCode::NOT_FOUND,
        ),
        (&tanaka, "/api/v1/notices/jp-0", StatusCode::NOT_FOUND),
        (&tanaka, "/api/v1/notes", StatusCode::METHOD_NOT_ALLOWED),
        (&tanaka, "/api/v2", StatusCode::NOT_FOUND),
        (
            &tanaka,
            "/api/v1/timeline?kind=gossip",
            StatusCode::BAD_REQUEST,
        ),
    ] {
        let (got, headers, bytes) = who.asks(path, &[]).await;
        assert_eq!(got, status, "{path}");
        assert_eq!(
            headers.get("content-type").map(String::as_str),
            Some("application/problem+json"),
            "{path}"
        );
        let problem: Value = serde_json::from_slice(&bytes).unwrap();
        assert!(
            problem["detail_ja"].is_string() && problem["code"].is_string(),
            "{problem}"
        );
    }
    assert!(town.resident().notices().await.is_empty());
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_body_is_told_member_by_member() {
    let mut town = town().await;
    let tanaka = town.officer("tanaka").await;
    let item = item(&tanaka, "十勝川").await;
    let path = format!(
        "/api/v1/recommendations/{}/text",
        item["id"].as_str().unwrap()
    );
    let asked = json!({ "level": 2, "reason": { "code": "because", "words": 7 }, "extra": true });
    let (status, why) = tanaka.sends(&path, &asked).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let fields: Vec<&str> = why["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["field"].as_str().unwrap())
        .collect();
    assert_eq!(
        fields,
        ["level", "reason.code", "reason.words", "substance", "extra"]
    );
    for one in why["errors"].as_array().unwrap() {
        assert!(!one["accepted"].as_str().unwrap().is_empty(), "{one}");
    }
    // Another level than the one recommended wants words of the officer's own; an adopted line alone does not do.
    let other = if item["level"] == 3 { 4 } else { 3 };
    let adopted = json!({ "level": other, "substance": item["substance"], "reason": { "code": "0", "words": "" } });
    let (status, why) = tanaka.sends(&path, &adopted).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{why}");
    assert_eq!(why["errors"][0]["field"], "reason.words");
    // What was read is stale: 412 with the item as it is.
    let stale = json!({ "level": item["level"], "substance": "0".repeat(64), "reason": { "code": "0", "words": "" } });
    let (status, why) = tanaka.sends(&path, &stale).await;
    assert_eq!(status, StatusCode::PRECONDITION_FAILED, "{why}");
    assert_eq!(why["now"]["substance"], item["substance"]);
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_decide_in_the_same_second_one_wins_and_the_other_learns_who() {
    let mut town = town().await;
    let (tanaka, sato) = (town.officer("tanaka").await, town.officer("sato").await);
    let item = item(&tanaka, "十勝川").await;
    let id = item["id"].as_str().unwrap();
    let path = format!("/api/v1/recommendations/{id}/decline");
    let body = json!({ "reason": { "code": "wait", "words": "" }, "substance": item["substance"] });
    let (one, other) = tokio::join!(tanaka.sends(&path, &body), sato.sends(&path, &body));
    let statuses = [one.0, other.0];
    assert!(statuses.contains(&StatusCode::OK), "{one:?} {other:?}");
    let lost = if one.0 == StatusCode::OK {
        &other
    } else {
        &one
    };
    assert_eq!(lost.0, StatusCode::CONFLICT, "{one:?} {other:?}");
    assert_eq!(lost.1["code"], "no_longer_open");
    assert_eq!(lost.1["now"]["state"]["kind"], "declined");
    assert_eq!(
        entries(&town, "declined").len(),
        1,
        "exactly one decision is stored"
    );
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_for_the_second_is_told_when_there_is_nothing_to_wait_for_any_more() {
    let mut town = town().await;
    let (tanaka, sato) = (town.officer("tanaka").await, town.officer("sato").await);
    let item = item(&tanaka, "十勝川").await;
    let shown = prepares(&tanaka, &item, 4).await;
    let draft = shown["id"].as_str().unwrap();
    let path = format!("/api/v1/texts/{draft}");
    let (status, done) = tanaka
        .sends(&format!("{path}/approve"), &approval(&shown))
        .await;
    assert_eq!(status, StatusCode::OK, "{done}");
    let waiting = tanaka.reads_json(&path).await;
    assert_eq!(waiting["state"], "waiting");
    assert_eq!(waiting["substance"], item["substance"]);
    assert_eq!(waiting["why_stale"], Value::Null, "{waiting}");

    // The recommendation is declined by somebody else: the text still waits, and can never leave.
    let id = item["id"].as_str().unwrap();
    let body = json!({ "reason": { "code": "wait", "words": "" }, "substance": item["substance"] });
    let (status, declined) = sato
        .sends(&format!("/api/v1/recommendations/{id}/decline"), &body)
        .await;
    assert_eq!(status, StatusCode::OK, "{declined}");
    let waiting = tanaka.reads_json(&path).await;
    assert_eq!(waiting["state"], "waiting");
    let why = &waiting["why_stale"];
    let words = why["ja"].as_str().unwrap();
    assert!(words.contains("すでにsatoが判断しました"), "{why}");
    let english = why["en"].as_str().unwrap();
    assert!(english.contains("not open any more"), "{why}");
    let plain = tanaka.opens(&format!("/plain/first/{draft}")).await;
    assert!(
        plain.text.contains("このままでは誰も承認できません") && plain.text.contains(words),
        "{}",
        plain.text
    );

    // What was found about the text is for its author alone.
    let other = sato.reads_json(&path).await;
    for hidden in ["why_stale", "substance", "shown"] {
        assert_eq!(other[hidden], Value::Null, "{hidden}");
    }
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_put_off_stays_open_rests_and_calls_again() {
    let mut town = town().await;
    let (tanaka, sato) = (town.officer("tanaka").await, town.officer("sato").await);
    let item = item(&tanaka, "十勝川").await;
    let id = item["id"].as_str().unwrap();
    let path = format!("/api/v1/recommendations/{id}/defer");
    let asked = json!({ "minutes": 15, "reason": { "code": "wait", "words": "" }, "substance": item["substance"] });
    let (status, _) = tanaka.sends(&path, &asked).await;
    assert_eq!(
        status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "ten, twenty or thirty"
    );
    let asked = json!({ "minutes": 10, "reason": { "code": "wait", "words": "" }, "substance": item["substance"] });
    let (status, done) = tanaka.sends(&path, &asked).await;
    assert_eq!(status, StatusCode::OK, "{done}");
    assert_eq!(done["state"]["kind"], "deferred");
    assert!(done["state"]["until"].is_string());
    let alarms = sato.reads_json("/api/v1/alarms").await;
    let key = format!("rec-{id}");
    let alarm = alarms["alarms"]
        .as_array()
        .unwrap()
        .iter()
        .find(|alarm| alarm["key"] == key.as_str())
        .unwrap()
        .clone();
    assert!(
        alarm["rests_until"].is_string() && alarm["acknowledged"]["by"].is_string(),
        "{alarm}"
    );
    // It is still there to be decided, by anybody.
    let shown = prepares(&sato, &item, 4).await;
    assert_eq!(shown["action"], "issue");
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_of_the_console_begins_and_ends_by_json_and_a_drill_has_another() {
    let mut town = town().await;
    let tanaka = Officer::nobody(&town.address(), "tanaka");
    let (status, why, cookies) = tanaka.signs_in_by_json("guessed").await;
    assert_eq!(
        (status, &why["code"]),
        (StatusCode::UNAUTHORIZED, &json!("wrong"))
    );
    assert!(cookies.is_empty() && !why.to_string().contains("guessed"));
    let (status, who, cookies) = tanaka.signs_in_by_json(&password_of("tanaka")).await;
    assert_eq!(status, StatusCode::CREATED, "{who}");
    assert_eq!(who["role"], "duty_officer");
    let status_bar = tanaka.reads_json("/api/v1/status").await;
    assert_eq!(status_bar["realm"], "actual");
    assert_eq!(
        status_bar["gauges"]["all"],
        status_bar["gauges"]["all"].as_u64().unwrap()
    );

    // The same bytes have the same name, and are not sent twice.
    let (_, headers, _) = tanaka.asks("/api/v1/admin/rules", &[]).await;
    let tag = headers.get("etag").unwrap().clone();
    let (status, _, bytes) = tanaka
        .asks("/api/v1/admin/rules", &[("if-none-match", &tag)])
        .await;
    assert_eq!((status, bytes.len()), (StatusCode::NOT_MODIFIED, 0));

    // A cookie of the drill, with the very token of this session, opens nothing here.
    let token = cookies
        .iter()
        .find_map(|cookie| cookie.strip_prefix("hinan_actual="))
        .unwrap();
    let nobody = Officer::nobody(&town.address(), "nobody");
    for (name, opens) in [("hinan_exercise", false), ("hinan_actual", true)] {
        let cookie = format!("{name}={token}");
        let (status, _, _) = nobody.asks("/api/v1/status", &[("cookie", &cookie)]).await;
        assert_eq!(status == StatusCode::OK, opens, "{name}");
    }
    let gone = tanaka.signs_out_by_json().await;
    assert_eq!(gone, StatusCode::NO_CONTENT);
    let (status, _) = tanaka.gets_json("/api/v1/session").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn listeners_hear_what_was_decided_in_order_and_nothing_of_what_was_chosen() {
    let mut town = town().await;
    let (tanaka, sato) = (town.officer("tanaka").await, town.officer("sato").await);
    let item = item(&tanaka, "十勝川").await;
    let mut ear = sato
        .listens(
            "/api/v1/events?kinds=recommendation,decision,notice,note",
            None,
        )
        .await;
    let shown = prepares(&tanaka, &item, 4).await;
    let draft = shown["id"].as_str().unwrap();
    let (status, _) = tanaka
        .sends(&format!("/api/v1/texts/{draft}/approve"), &approval(&shown))
        .await;
    assert_eq!(status, StatusCode::OK);
    let (status, note) = tanaka
        .sends(
            "/api/v1/notes",
            &json!({ "from": "phone", "words": "消防から: 堤防に漏水" }),
        )
        .await;
    assert_eq!(status, StatusCode::CREATED, "{note}");
    let first = ear.hears().await;
    let said = parsed(&first.data);
    assert_eq!(
        (first.kind.as_str(), &said["what"]),
        ("decision", &json!("first_approved"))
    );
    assert_eq!(said["text"], draft);
    assert!(said.get("level").is_none(), "{said}");
    let second = ear.hears().await;
    assert_eq!(
        (second.kind.as_str(), &parsed(&second.data)["what"]),
        ("note", &json!("note"))
    );

    // Whoever comes back with the name of the last one reads on where it was.
    let mut again = sato
        .listens(
            "/api/v1/events?kinds=recommendation,decision,notice,note",
            Some(&first.id),
        )
        .await;
    assert_eq!(again.hears().await, second, "missed, replayed, not doubled");
    let mut tick = sato.listens("/api/v1/events?kinds=status", None).await;
    let told = tick.hears().await;
    assert_eq!(told.kind, "status");
    assert!(
        !told.id.is_empty(),
        "whoever hears nothing but the time can come back, too"
    );
    assert!(parsed(&told.data)["server_time"].is_string());

    // The note is in the timeline, in JSON and as a table with as many rows.
    let line = sato.reads_json("/api/v1/timeline?kind=note").await;
    assert_eq!(line["total"], 1, "{line}");
    let (_, headers, table) = sato.asks("/api/v1/timeline.csv?kind=note", &[]).await;
    assert!(headers["content-type"].starts_with("text/csv"));
    let table = String::from_utf8(table).unwrap();
    assert!(
        table.starts_with('\u{feff}') && table.contains("堤防に漏水"),
        "{table}"
    );
    assert_eq!(table.lines().count(), 2, "a heading and a row");
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_texts_on_the_way_the_second_person_reads_neither_reason() {
    let mut town = town().await;
    let (tanaka, sato) = (town.officer("tanaka").await, town.officer("sato").await);
    let item = item(&tanaka, "十勝川").await;
    let path = format!(
        "/api/v1/recommendations/{}/text",
        item["id"].as_str().unwrap()
    );
    let mut texts = Vec::new();
    for (level, words) in [(3, "最初の文面の理由"), (4, "二つ目の文面の理由")] {
        let asked = json!({ "level": level, "substance": item["substance"], "reason": { "code": "own", "words": words } });
        let (status, shown) = tanaka.sends(&path, &asked).await;
        assert_eq!(status, StatusCode::CREATED, "{shown}");
        texts.push(shown);
    }
    let proposed = item["level_text"]["ja"].as_str().unwrap();
    let other = &texts[usize::from(item["level"] == 3)];
    let cautions = other["cautions"].to_string();
    assert!(
        cautions.contains(&format!("システムの推奨は{proposed}です")),
        "{cautions}"
    );
    let in_english = other["cautions_en"].as_array().unwrap();
    assert_eq!(
        in_english.len(),
        other["cautions"].as_array().unwrap().len()
    );
    let proposed_en = item["level_text"]["en"].as_str().unwrap();
    let wanted =
        format!("Another level is chosen here: what the system recommends is {proposed_en}");
    assert!(in_english.contains(&json!(wanted)), "{other}");
    let unread = || async {
        for path in ["/api/v1/timeline", "/api/v1/audit", "/plain/audit"] {
            let said = sato.opens(path).await.text;
            assert!(
                said.contains("伏せます"),
                "{path} says that there is something"
            );
            for reason in ["最初の文面の理由", "二つ目の文面の理由"] {
                assert!(!said.contains(reason), "{path} tells {reason}");
            }
        }
    };
    // Between reading and the first approval, and between the first and the second.
    unread().await;
    let draft = texts[1]["id"].as_str().unwrap();
    let (status, _) = tanaka
        .sends(
            &format!("/api/v1/texts/{draft}/approve"),
            &approval(&texts[1]),
        )
        .await;
    assert_eq!(status, StatusCode::OK);
    unread().await;
    let own = tanaka.reads_json("/api/v1/timeline").await.to_string();
    assert!(own.contains("最初の文面の理由"), "their own they may read");

    // The first cannot silence what calls the second; the second can.
    let alarm = format!("/api/v1/alarms/second-{draft}/acknowledge");
    let (status, why) = tanaka.sends(&alarm, &json!({})).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{why}");
    let (status, heard) = sato.sends(&alarm, &json!({})).await;
    assert_eq!(status, StatusCode::OK, "{heard}");
    assert!(heard["acknowledged"]["by"].is_string());
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_may_say_that_it_is_one_wherever_it_asks_and_keeps_no_session_alive() {
    let mut town = town().await;
    let tanaka = town.officer("tanaka").await;
    let item = item(&tanaka, "十勝川").await;
    let id = item["id"].as_str().unwrap();
    for path in [
        "session",
        "status",
        "situation",
        "wall",
        "inbox",
        "notices",
        "alarms",
        "timeline",
        "timeline.csv",
        "shelters",
        "devices",
        "audit",
        "audit/verify",
        "handover",
        "admin/rules",
        "stations",
        "extents",
        "official",
        "external",
        "quarantine",
        "recommendations",
    ] {
        let answer = tanaka.opens(&format!("/api/v1/{path}?auto=1")).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
    }
    for path in [
        "notices?limit=5&auto=1".to_owned(),
        format!("recommendations/{id}/detail?auto=1"),
        format!("recommendations/{id}/sheet?auto=1"),
        format!("stations/{OBIHIRO}?auto=1"),
        format!("stations/{OBIHIRO}/chart?auto=1"),
        format!("stations/{OBIHIRO}/readings?auto=1"),
    ] {
        let answer = tanaka.opens(&format!("/api/v1/{path}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
    }
    // A long time after the last click: what is no click does not put it off, and a click does.
    let record = town.data_dir().join("hinan.sqlite3");
    let left = || {
        let record = Connection::open(&record).unwrap();
        record
            .execute(
                "UPDATE session SET seen_ms = seen_ms - 600000 WHERE officer = 'tanaka'",
                [],
            )
            .unwrap();
        let seen = "SELECT max(seen_ms) FROM session WHERE officer = 'tanaka'";
        record
            .query_row(seen, [], |row| row.get::<_, i64>(0))
            .unwrap()
    };
    let seen = || {
        let record = Connection::open(&record).unwrap();
        let seen = "SELECT max(seen_ms) FROM session WHERE officer = 'tanaka'";
        record
            .query_row(seen, [], |row| row.get::<_, i64>(0))
            .unwrap()
    };
    let token = tanaka.token().await;
    let before = left();
    let heartbeat = format!("/api/v1/recommendations/{id}/presence");
    let (status, _) = tanaka
        .sends_with(&heartbeat, &json!({}), &[("x-csrf-token", &token)])
        .await;
    assert_eq!(status, StatusCode::OK);
    for path in ["/api/v1/inbox?auto=1", "/api/v1/wall", "/api/v1/status"] {
        assert_eq!(tanaka.opens(path).await.status, StatusCode::OK);
    }
    assert_eq!(seen(), before, "an unattended desk closes");
    assert_eq!(tanaka.opens("/api/v1/inbox").await.status, StatusCode::OK);
    assert!(seen() > before, "a click is a click");
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_is_lifted_by_two_and_not_cancelled_by_one() {
    let mut town = town().await;
    let (tanaka, sato) = (town.officer("tanaka").await, town.officer("sato").await);
    let item = item(&tanaka, "十勝川").await;
    let shown = prepares(&tanaka, &item, 4).await;
    let draft = shown["id"].as_str().unwrap();
    let steps = [
        (&tanaka, "approve", approval(&shown)),
        (
            &sato,
            "choice",
            json!({ "choice": "4", "check": number(&shown) }),
        ),
        (&sato, "second", json!({ "digest": shown["digest"] })),
    ];
    for (who, step, body) in &steps {
        let (status, done) = who
            .sends(&format!("/api/v1/texts/{draft}/{step}"), body)
            .await;
        assert_eq!(status, StatusCode::OK, "{step}: {done}");
    }
    let end = format!("/api/v1/notices/{draft}/end");
    for (ending, code) in [
        ("cancel", "over"),
        ("lift", "wrong"),
        ("lift", "other_area"),
    ] {
        let notice = sato.reads_json(&format!("/api/v1/notices/{draft}")).await;
        let grounds = &notice["lifting"]["grounds"];
        let asked = json!({ "ending": ending, "grounds": grounds, "reason": { "code": code, "words": "" } });
        let (status, why) = sato.sends(&end, &asked).await;
        assert_eq!(
            status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{ending} {code}: {why}"
        );
    }
    // A lift rests on what was on screen: without it, or with something else, there is nothing to read.
    let lift = |grounds: Value| json!({ "ending": "lift", "grounds": grounds, "reason": { "code": "over", "words": "" } });
    let (status, _) = sato.sends(&end, &lift(Value::Null)).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let (status, why) = sato.sends(&end, &lift(json!("0".repeat(64)))).await;
    assert_eq!(status, StatusCode::PRECONDITION_FAILED, "{why}");
    // What was wrong is cancelled by one, at once.
    let cancel = json!({ "ending": "cancel", "reason": { "code": "wrong", "words": "" } });
    let (status, shown) = sato.sends(&end, &cancel).await;
    assert_eq!(status, StatusCode::CREATED, "{shown}");
    assert_eq!(
        (&shown["action"], &shown["needs"]),
        (&json!("cancel"), &json!("one"))
    );
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shift_is_signed_for_what_was_read_and_not_for_what_came_since() {
    let mut town = town().await;
    let (tanaka, sato) = (town.officer("tanaka").await, town.officer("sato").await);
    let page = tanaka.reads_json("/api/v1/handover").await;
    assert!(!page["open"].as_array().unwrap().is_empty());
    let (status, _) = sato
        .sends(
            "/api/v1/notes",
            &json!({ "from": "patrol", "words": "樋門を閉じた" }),
        )
        .await;
    assert_eq!(status, StatusCode::CREATED);
    let sign = |digest: &Value| json!({ "side": "leaving", "digest": digest });
    let (status, why) = tanaka
        .sends("/api/v1/handover/signature", &sign(&page["digest"]))
        .await;
    assert_eq!(status, StatusCode::PRECONDITION_FAILED, "{why}");
    let page = tanaka.reads_json("/api/v1/handover").await;
    assert_eq!(page["notes"].as_array().unwrap().len(), 1);
    let (status, signed) = tanaka
        .sends("/api/v1/handover/signature", &sign(&page["digest"]))
        .await;
    assert_eq!(status, StatusCode::CREATED, "{signed}");
    let arriving = json!({ "side": "arriving", "digest": page["digest"] });
    let (status, why) = tanaka.sends("/api/v1/handover/signature", &arriving).await;
    assert_eq!(
        status,
        StatusCode::FORBIDDEN,
        "one hand does not give to itself: {why}"
    );
    let (status, signed) = sato.sends("/api/v1/handover/signature", &arriving).await;
    assert_eq!(status, StatusCode::CREATED, "{signed}");
    let verified = sato.reads_json("/api/v1/audit/verify").await;
    assert_eq!(verified["whole"], true, "{verified}");
    town.closes().await;
}
