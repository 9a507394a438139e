//! What residents see costs the same whether ten or ten thousand ask, and no crowd of newer messages pushes an order out of sight.

use hinan::approve::facts::Kind;
use hinan::realm::Realm;
use hinan::recommend::level::OrderLevel;
use hinan_town::{FLOOD_HOUR, StatusCode, TownPlan, eventually};

use crate::HINAN;
use crate::hall::{Hall, reference};

#[test]
fn an_order_in_force_stays_in_sight_however_many_newer_messages_there_are() {
    let mut hall = Hall::opens(&reference(), Realm::Actual);
    let order = hall.two_issue("十勝川", OrderLevel::EvacuationOrder);
    let order = order.notice.id().as_str().to_owned();
    let ando = Hall::person("ando");
    for n in 0..300 {
        let proposal = hall.recommends(&format!("川{n}"), OrderLevel::ElderlyEvacuation);
        let draft = hall
            .prepares(&ando, &proposal, OrderLevel::ElderlyEvacuation)
            .unwrap();
        hall.approves(&ando, &draft).unwrap();
        let issued = draft.notice.id().as_str();
        let cancel = hall.ends(&ando, issued, Kind::Cancel).unwrap();
        hall.approves(&ando, &cancel).unwrap();
    }
    hall.delivers();
    let (app, now) = (&hall.app, hall.now());
    let current = app.shelf.current(&app.store, now).unwrap();
    assert_eq!(current.all.len(), 601);
    assert!(current.holds(&order) && current.find(&order).is_some());
    let in_force = current
        .all
        .iter()
        .filter(|one| current.holds(one.notice().id().as_str()));
    assert_eq!(in_force.count(), 1);
    // It ends by itself, without anything being delivered.
    hall.seconds_pass(13 * 3600);
    let later = app.shelf.current(&app.store, hall.now()).unwrap();
    assert!(!later.holds(&order) && later.find(&order).is_some());
}

#[test]
fn a_page_is_made_once_for_a_crowd_and_anew_when_something_was_delivered() {
    let mut hall = Hall::opens(&reference(), Realm::Actual);
    let made = std::cell::Cell::new(0);
    let asks = |hall: &Hall| {
        let now = hall.now();
        let current = hall.app.shelf.current(&hall.app.store, now).unwrap();
        let page = current.page("/", now, || {
            made.set(made.get() + 1);
            Ok::<_, String>(current.all.len().to_string().into_bytes())
        });
        String::from_utf8(page.unwrap().bytes.clone()).unwrap()
    };
    for _ in 0..100 {
        assert_eq!(asks(&hall), "0");
    }
    assert_eq!(made.get(), 1);
    hall.two_issue("十勝川", OrderLevel::EvacuationOrder);
    assert_eq!(asks(&hall), "0", "approved and not delivered yet");
    hall.delivers();
    hall.app.shelf.changed();
    for _ in 0..100 {
        assert_eq!(asks(&hall), "1");
    }
    assert_eq!(made.get(), 2);
    // A page says when it was made: after ten seconds it is made again.
    hall.seconds_pass(11);
    assert_eq!(asks(&hall), "1");
    assert_eq!(made.get(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_the_public_page_already_is_sent_nothing_again() {
    let mut town = TownPlan::of(HINAN)
        .with_officer("sato", "approver")
        .opens()
        .await
        .unwrap();
    town.storm_reaches(FLOOD_HOUR).await;
    let sato = town.officer("sato").await;
    // Asked before: what is kept of this must not hide what comes.
    let resident = town.resident();
    assert!(
        resident
            .home()
            .await
            .contains("発令中の避難情報はありません")
    );
    let sheet = town.sheet_for(&sato, "十勝川").await;
    let districts = sheet.districts();
    let id = sato
        .lets_out(&sato.decides(&sheet, 4, "氾濫危険水位に達した").await)
        .await;
    eventually("the order is on the page", || async {
        resident.home().await.contains(&id).then_some(())
    })
    .await;
    for path in [
        "/",
        &format!("/n/{id}"),
        "/feed.atom",
        "/alerts.json",
        &format!("/cap/{id}.xml"),
    ] {
        // The page may be made anew between two looks: once in ten seconds.
        eventually(&format!("{path} is known"), || async {
            let (status, headers, bytes) = sato.asks(path, &[]).await;
            assert_eq!(status, StatusCode::OK, "{path}");
            assert!(!bytes.is_empty());
            let tag = headers["etag"].clone();
            let (again, _, bytes) = sato.asks(path, &[("if-none-match", &tag)]).await;
            (again == StatusCode::NOT_MODIFIED && bytes.is_empty()).then_some(())
        })
        .await;
    }
    // And when it ends, the page says so though it was kept finished.
    let cancel = sato.ends(&id, "cancel", districts, "誤って発表した").await;
    sato.lets_out(&cancel).await;
    eventually("the page says that it was wrong", || async {
        resident.home().await.contains("取消").then_some(())
    })
    .await;
    town.closes().await;
}
