//! What was wrong is put right at once: when an order goes out, its correction and its cancellation stand ready, looked at by the
//! same checks; one click, the number and the approvals that are wanted let one of them out.

use hinan::approve::facts::Kind;
use hinan::approve::rule::{Choice, Needs};
use hinan::desk::beforehand::{self, Remedy};
use hinan::desk::{self, Declined, Outcome, second};
use hinan::realm::Realm;
use hinan::recommend::level::OrderLevel;
use hinan::store::drafts::StoredDraft;
use hinan_town::{FLOOD_HOUR, StatusCode, TownPlan, eventually};
use rusqlite::Connection;
use serde_json::json;

use crate::HINAN;
use crate::hall::{Hall, proposal, reference};

const LEVEL_3: OrderLevel = OrderLevel::ElderlyEvacuation;
const LEVEL_4: OrderLevel = OrderLevel::EvacuationOrder;

fn stands_ready(hall: &Hall, order: &str, remedy: Remedy) -> Option<StoredDraft> {
    let ready = hall.app.store.read(|view| view.prepared_for(order));
    let mut ready = ready.unwrap().into_iter();
    ready.find(|draft| Remedy::of(draft.notice.content().facts()) == remedy)
}

fn id_of(draft: &StoredDraft) -> &str {
    draft.notice.id().as_str()
}

#[test]
fn an_order_goes_out_with_its_cancellation_ready_and_whoever_opens_it_lets_it_out_alone() {
    let mut hall = Hall::opens(&reference(), Realm::Actual);
    let order = hall.two_issue("十勝川", LEVEL_4);
    let cancel = stands_ready(&hall, id_of(&order), Remedy::Cancel).expect("it stands ready");
    let correction = stands_ready(&hall, id_of(&order), Remedy::Correct).expect("so does this");
    assert_eq!(cancel.needs, Needs::One);
    let story = hall.app.store.read(|view| view.audit_of(id_of(&order)));
    let entry = story
        .unwrap()
        .into_iter()
        .find(|entry| entry.action == "prepared_beforehand")
        .expect("the record says so");
    assert!(
        entry.detail.contains(id_of(&cancel)) && entry.detail.contains(id_of(&correction)),
        "{}",
        entry.detail
    );
    hall.delivers();
    let before = hall.reached_outside();
    // Nobody lets out what they did not have on screen, whoever made it.
    let baba = Hall::person("baba");
    for who in [&baba, &Hall::person("ando")] {
        let refused = hall.approves(who, &cancel).err().unwrap();
        assert!(matches!(refused, Declined::Changed(_)), "{refused}");
    }
    let opened = beforehand::open(&hall.app, &baba, id_of(&order), Remedy::Cancel).unwrap();
    assert_eq!(
        opened.notice, cancel.notice,
        "the very text that stood ready"
    );
    assert!(matches!(
        hall.approves(&baba, &opened),
        Ok(Outcome::Published(_))
    ));
    hall.delivers();
    assert!(hall.reached_outside() > before);
    let live = hall.app.store.read(|view| view.live_notices(hall.now()));
    assert!(live.unwrap().is_empty(), "it has ended");
    // With the order its other remedy is over.
    assert!(stands_ready(&hall, id_of(&order), Remedy::Correct).is_none());
    let refused = beforehand::open(&hall.app, &baba, id_of(&order), Remedy::Correct);
    assert!(matches!(refused, Err(Declined::NoLongerOpen(_))));
    // A lift, a cancellation and who only looks have none.
    let refused = beforehand::open(&hall.app, &baba, id_of(&cancel), Remedy::Cancel);
    assert!(matches!(refused, Err(Declined::NoLongerOpen(_))));
    let viewer = Hall::person("viewer");
    let refused = beforehand::open(&hall.app, &viewer, id_of(&order), Remedy::Cancel);
    assert!(matches!(refused, Err(Declined::NotAuthorised(_))));
}

/// A receiver that was away when B took the place of A still shows A. What ends B must name A, too, or A stands there until it expires.
#[test]
fn what_ends_a_chain_names_every_link_that_a_receiver_may_still_show() {
    let mut hall = Hall::opens(&reference(), Realm::Actual);
    let ando = Hall::person("ando");
    let a = hall.recommends("十勝川", LEVEL_3);
    let a = hall.prepares(&ando, &a, LEVEL_3).unwrap();
    hall.approves(&ando, &a).unwrap();
    hall.seconds_pass(6 * 3600);
    let b = hall.two_issue("十勝川", LEVEL_4);
    hall.seconds_pass(3600);
    let c = hall.two_issue("十勝川", LEVEL_4);
    let named = |draft: &StoredDraft| {
        let document = String::from_utf8_lossy(draft.notice.content().document()).into_owned();
        let line = document.split("<references>").nth(1).unwrap();
        let line = line.split("</references>").next().unwrap().to_owned();
        [&a, &b, &c].map(|one| line.contains(id_of(one)))
    };
    assert_eq!(named(&c), [true, true, false]);
    // The one that stood ready, one that is prepared by hand, and a lift.
    let ready = stands_ready(&hall, id_of(&c), Remedy::Cancel).unwrap();
    let cancel = hall.ends(&ando, id_of(&c), Kind::Cancel).unwrap();
    let lift = hall.ends(&ando, id_of(&c), Kind::Lift).unwrap();
    for end in [&ready, &cancel, &lift] {
        assert_eq!(named(end), [true, true, true]);
    }
    // A has expired: no receiver shows it any more.
    hall.seconds_pass(5 * 3600 + 60);
    let cancel = hall.ends(&ando, id_of(&c), Kind::Cancel).unwrap();
    assert_eq!(named(&cancel), [false, true, true]);
    // And what it says to programs by other formats is what it ended itself.
    let facts = cancel.notice.content().facts();
    assert_eq!(facts.replaces.len(), 1);
    assert!(matches!(
        hall.approves(&ando, &cancel),
        Ok(Outcome::Published(_))
    ));
}

#[test]
fn what_stood_ready_for_too_long_is_stale_as_every_text_and_is_written_anew_when_it_is_opened() {
    let mut hall = Hall::opens(&reference(), Realm::Actual);
    let order = hall.two_issue("十勝川", LEVEL_4);
    let ando = Hall::person("ando");
    let old = beforehand::open(&hall.app, &ando, id_of(&order), Remedy::Cancel).unwrap();
    hall.seconds_pass(601);
    let ready = hall
        .app
        .store
        .read(|view| beforehand::ready(&hall.app, view, id_of(&order)))
        .unwrap();
    assert_eq!(ready.len(), 2);
    assert!(ready.iter().all(|(_, why_not)| why_not.is_some()));
    assert!(matches!(
        hall.approves(&ando, &old),
        Err(Declined::Changed(_))
    ));
    let anew = beforehand::open(&hall.app, &ando, id_of(&order), Remedy::Cancel).unwrap();
    assert_ne!(id_of(&anew), id_of(&old));
    assert!(matches!(
        hall.approves(&ando, &anew),
        Ok(Outcome::Published(_))
    ));
}

#[test]
fn a_correction_that_lowers_the_level_takes_two_persons_and_the_place_of_the_order() {
    let mut hall = Hall::opens(&reference(), Realm::Actual);
    // Level 3 was advised, level 4 went out.
    let advised = hall.recommends("十勝川", LEVEL_3);
    let (duty, ando) = (Hall::person("duty"), Hall::person("ando"));
    let order = hall.prepares(&duty, &advised, LEVEL_4).unwrap();
    hall.approves(&duty, &order).unwrap();
    let read = order.notice.content().digest();
    second::choose(&hall.app, &ando, id_of(&order), Choice::Issue(LEVEL_4)).unwrap();
    second::approve(&hall.app, &ando, id_of(&order), &read).unwrap();

    let correction = beforehand::open(&hall.app, &ando, id_of(&order), Remedy::Correct).unwrap();
    let facts = correction.notice.content().facts().clone();
    assert_eq!((facts.level, facts.kind), (LEVEL_3, Kind::Issue));
    assert!(facts.is_correction_of(order.notice.id()));
    assert_eq!(
        correction.needs,
        Needs::Two,
        "lowering is never one person's"
    );
    let text = String::from_utf8_lossy(correction.notice.content().document()).into_owned();
    assert!(text.contains("【訂正】") && text.contains("<msgType>Update</msgType>"));
    assert!(text.contains("[CORRECTION]") && text.contains(id_of(&order)));
    assert!(matches!(
        hall.approves(&ando, &correction),
        Ok(Outcome::WaitsForSecond(_))
    ));
    hall.seconds_pass(301);
    let alone = correction.notice.content().digest();
    let alone = second::alone(&hall.app, &ando, id_of(&correction), &alone);
    assert!(
        matches!(alone, Err(Declined::NotAuthorised(_))),
        "{alone:?}"
    );
    let baba = Hall::person("baba");
    second::choose(&hall.app, &baba, id_of(&correction), Choice::Issue(LEVEL_3)).unwrap();
    let read = correction.notice.content().digest();
    second::approve(&hall.app, &baba, id_of(&correction), &read).unwrap();
    let live = hall.app.store.read(|view| view.live_notices(hall.now()));
    let live: Vec<String> = live.unwrap().iter().map(|n| n.id().to_string()).collect();
    assert_eq!(live, [id_of(&correction)]);
    hall.delivers();
}

#[test]
fn a_correction_that_leaves_a_district_out_names_it_and_clears_it_and_holds_only_while_the_order_does()
 {
    let mut hall = Hall::opens(&reference(), Realm::Actual);
    let order = hall.two_issue("十勝川", LEVEL_4);
    let facts = order.notice.content().facts();
    let (kept, wrong) = (facts.districts[0].clone(), facts.districts[1].clone());
    // What is advised now names one district less.
    let mut less = proposal("十勝川", LEVEL_4, hall.now());
    less.districts.retain(|district| district.id == kept.id);
    hall.recommends_this(&less);
    let ando = Hall::person("ando");
    // What stood ready said the same again; what is advised meanwhile makes another text.
    hall.seconds_pass(601);
    let correction = beforehand::open(&hall.app, &ando, id_of(&order), Remedy::Correct).unwrap();
    let said = correction.notice.content().facts();
    assert_eq!(said.districts.len(), 1);
    let left_out = &said.corrects.as_ref().unwrap().left_out;
    assert_eq!(left_out.len(), 1);
    assert_eq!(left_out[0].id, wrong.id);
    assert_eq!(correction.needs, Needs::Two);
    let text = String::from_utf8_lossy(correction.notice.content().document()).into_owned();
    assert!(text.contains(&format!("誤りだった地区: {}", wrong.name)));
    hall.approves(&ando, &correction).unwrap();
    let baba = Hall::person("baba");
    second::choose(&hall.app, &baba, id_of(&correction), Choice::Issue(LEVEL_4)).unwrap();
    let read = correction.notice.content().digest();
    second::approve(&hall.app, &baba, id_of(&correction), &read).unwrap();
    let left = hall
        .app
        .store
        .read(|view| view.publication(id_of(&correction)));
    let left = left.unwrap().unwrap();
    let level = |id: &str| {
        let mut areas = left.parts().areas.iter();
        areas.find(|area| area.area == id).unwrap().level
    };
    assert_eq!((level(&kept.id), level(&wrong.id)), (Some(4), None));

    // An order that was lifted meanwhile is not corrected any more.
    let order = hall.two_issue("札内川", LEVEL_4);
    let correction = beforehand::open(&hall.app, &ando, id_of(&order), Remedy::Correct).unwrap();
    let cancel = hall.ends(&baba, id_of(&order), Kind::Cancel).unwrap();
    hall.approves(&baba, &cancel).unwrap();
    assert!(hall.approves(&ando, &correction).is_err());
}

#[test]
fn whoever_lifts_or_cancels_reads_what_goes_on_for_the_same_districts() {
    let mut hall = Hall::opens(&reference(), Realm::Actual);
    let one = hall.two_issue("十勝川", LEVEL_4);
    let ends = |hall: &Hall| {
        let cancel = hall
            .ends(&Hall::person("ando"), id_of(&one), Kind::Cancel)
            .unwrap();
        let facts = cancel.notice.content().facts().clone();
        let now = hall.now();
        let others = hall
            .app
            .store
            .read(|view| desk::ending::also_in_force(view, &facts, now))
            .unwrap();
        others
            .iter()
            .map(|n| n.id().to_string())
            .collect::<Vec<_>>()
    };
    assert!(ends(&hall).is_empty());
    // Another river, one district the same; and a third that has nothing to do with it.
    let mut other = proposal("札内川", LEVEL_3, hall.now());
    other.districts[0]
        .id
        .clone_from(&one.notice.content().facts().districts[0].id);
    let other = hall.recommends_this(&other);
    let ando = Hall::person("ando");
    let draft = hall.prepares(&ando, &other, LEVEL_3).unwrap();
    hall.approves(&ando, &draft).unwrap();
    assert_eq!(ends(&hall), [id_of(&draft)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn from_the_published_row_it_is_one_click_and_the_number_on_pages_and_by_json() {
    let mut town = TownPlan::of(HINAN)
        .with_officer("sato", "approver")
        .with_officer("ueda", "approver")
        .opens()
        .await
        .unwrap();
    town.storm_reaches(FLOOD_HOUR).await;
    let (sato, ueda) = (town.officer("sato").await, town.officer("ueda").await);
    let mut orders = Vec::new();
    for river in ["十勝川", "帯広川"] {
        let sheet = town.sheet_for(&sato, river).await;
        orders.push(
            sato.lets_out(&sato.decides(&sheet, 4, "氾濫危険水位に達した").await)
                .await,
        );
    }
    // On the pages, by somebody else than who let it out.
    let order = &orders[0];
    let list = ueda.opens("/plain/published").await.text;
    let to = format!("/plain/n/{order}/prepared");
    assert!(list.contains(&to), "the row leads there");
    let fields = |page: &str| hinan_town::fields(page);
    let csrf = fields(&list)["csrf"].clone();
    let page = ueda
        .posts(&to, &[("csrf", csrf.as_str()), ("remedy", "cancel")])
        .await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    assert!(page.text.contains("取消") && page.text.contains("誤って発表した"));
    let shown = fields(&page.text);
    let answer = |number: &str| {
        [
            ("csrf", csrf.clone()),
            ("digest", shown["digest"].clone()),
            ("check", number.to_owned()),
            ("step", "approve".to_owned()),
        ]
    };
    let refused = ueda.posts(&to, &answer("99")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("合いません"));
    let notice = ueda.reads_json(&format!("/api/v1/notices/{order}")).await;
    let areas = notice["areas"].as_array().unwrap().len().to_string();
    let done = ueda.posts(&to, &answer(&areas)).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    let resident = town.resident();
    eventually("residents read that it was wrong", || async {
        let page = resident.gets(&format!("/n/{order}")).await.text();
        page.contains("取消").then_some(())
    })
    .await;

    // By JSON the other one.
    let order = &orders[1];
    let notice = ueda.reads_json(&format!("/api/v1/notices/{order}")).await;
    let ready = notice["prepared"].as_array().unwrap();
    assert_eq!(ready.len(), 2, "{notice}");
    assert!(
        ready.iter().all(|one| one["why_stale"].is_null()),
        "{ready:?}"
    );
    let path = format!("/api/v1/notices/{order}/prepared");
    let (status, why) = ueda.sends(&path, &json!({ "remedy": "lift" })).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{why}");
    let (status, shown) = ueda.sends(&path, &json!({ "remedy": "cancel" })).await;
    assert_eq!(status, StatusCode::CREATED, "{shown}");
    assert_eq!(shown["prepared_for"], json!(order));
    assert!(shown["also_in_force"].is_array());
    let text = shown["id"].as_str().unwrap();
    let asked = json!({ "digest": shown["digest"], "check": shown["areas"].as_array().unwrap().len().to_string() });
    let (status, done) = ueda
        .sends(&format!("/api/v1/texts/{text}/approve"), &asked)
        .await;
    assert_eq!(status, StatusCode::OK, "{done}");
    assert_eq!(done["outcome"], "published");
    let record = Connection::open(town.data_dir().join("hinan.sqlite3")).unwrap();
    let prepared: i64 = record
        .query_row(
            "SELECT count(*) FROM audit WHERE action = 'prepared_beforehand'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(prepared, 2, "one entry for each order that went out");
    town.closes().await;
}

/// The correction that stood ready may be read by everybody until a first person has approved it. From then on it says what that person
/// wants: the second must choose without having read it.
#[tokio::test(flavor = "multi_thread")]
async fn a_correction_that_a_first_person_has_approved_is_not_read_by_the_second_before_they_choose()
 {
    let mut town = TownPlan::of(HINAN)
        .with_two_persons()
        .with_officer("sato", "approver")
        .with_officer("ueda", "approver")
        .opens()
        .await
        .unwrap();
    town.storm_reaches(FLOOD_HOUR).await;
    let (sato, ueda) = (town.officer("sato").await, town.officer("ueda").await);
    let sheet = town.sheet_for(&sato, "十勝川").await;
    let confirmation = sato.decides(&sheet, 4, "氾濫危険水位に達した").await;
    let order = sato.approves_first(&confirmation).await;
    let order = ueda.completes(&order, "4", sheet.districts()).await;
    let path = format!("/api/v1/notices/{order}/prepared");
    let (status, shown) = ueda.sends(&path, &json!({ "remedy": "correct" })).await;
    assert_eq!(status, StatusCode::CREATED, "{shown}");
    let text = format!("/api/v1/texts/{}", shown["id"].as_str().unwrap());
    let read = async |who: &hinan_town::Officer| who.reads_json(&text).await["shown"].clone();
    assert!(!read(&sato).await.is_null(), "it is nobody's judgement yet");
    let asked = json!({ "digest": shown["digest"], "check": shown["areas"].as_array().unwrap().len().to_string() });
    let (status, done) = ueda.sends(&format!("{text}/approve"), &asked).await;
    assert_eq!(status, StatusCode::OK, "{done}");
    assert_eq!(done["outcome"], "waits_for_second");
    // Ueda let it pass first; Sato could be the second.
    assert!(read(&sato).await.is_null(), "the second has not chosen");
    assert!(!read(&ueda).await.is_null());
    town.closes().await;
}
