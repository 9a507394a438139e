//! Six weeks stale: an order that nobody lifted must not stand on displays for good. What a broker retains of it is cleared when it
//! expires. And a record that another program holds for a while stops no delivery.

use std::sync::Arc;
use std::time::Duration;

use hinan::approve::rule::Choice;
use hinan::desk::beforehand::{self, Remedy};
use hinan::desk::second;
use hinan::publish::channel::mqtt::{MqttChannel, MqttTarget};
use hinan::publish::deliver::{self, Channel, Pace};
use hinan::realm::Realm;
use hinan::recommend::level::OrderLevel;
use hinan::store::drafts::StoredDraft;
use hinan_town::{Listener, Mosquitto, Resident, eventually};
use jiff::SignedDuration;
use tokio::sync::watch;

use crate::hall::{Hall, reference};

fn pace() -> Pace {
    Pace {
        attempt_max: Duration::from_secs(5),
        pause_first: Duration::from_millis(100),
        pause_max: Duration::from_secs(1),
        jitter_seed: 7,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn six_weeks_stale_what_a_broker_retains_of_an_order_ends_with_it_though_nobody_lifts_it() {
    let Some(mosquitto) = Mosquitto::start().await else {
        return;
    };
    let mut hall = Hall::opens(&reference(), Realm::Actual);
    let order = hall.two_issue("十勝川", OrderLevel::EvacuationOrder);
    let facts = order.notice.content().facts().clone();
    let Hall { app, home, .. } = hall;
    let app = Arc::new(app);
    let (stop, stopped) = watch::channel(false);
    let channel = channel_to(&mosquitto);
    let running = tokio::spawn(deliver::run(Arc::clone(&app), channel, pace(), stopped));
    let retained = |when: &'static str| async move {
        Listener::to(mosquitto.port, when, "hinan/v1/alerts/actual/#").await
    };
    let ears = retained("before").await;
    ears.hears(facts.id.as_str()).await;

    // Half a day later: nobody has lifted it.
    app.clock
        .set(facts.expires + SignedDuration::from_secs(1), 1.0);
    app.owed.notify_waiters();
    eventually("it was cleared", || async {
        let entries = app
            .store
            .read(|view| view.audit_of(facts.id.as_str()))
            .unwrap();
        entries
            .iter()
            .any(|entry| entry.action == "retained_cleared")
            .then_some(())
    })
    .await;
    // A display that connects six weeks later finds no document, and areas in which nothing holds.
    let late = retained("late").await;
    let area = &facts.districts[0].id;
    let state = eventually("the state of an area", || async {
        late.retained(&format!("/areas/{area}"))
    })
    .await;
    let state: serde_json::Value = serde_json::from_slice(&state).unwrap();
    assert!(
        state["level"].is_null() && state["notice"].is_null(),
        "{state}"
    );
    assert_eq!(late.retained(&format!("/{}", facts.id)), None);
    stop.send(true).unwrap();
    running.await.unwrap().unwrap();
    drop(home);
}

/// Every document of ours names the page of its notice: whoever opens it six weeks later must not read there what to do and where to go.
#[tokio::test(flavor = "multi_thread")]
async fn six_weeks_stale_the_page_of_an_order_says_that_it_is_over_and_tells_nobody_what_to_do() {
    let mut hall = Hall::opens(&reference(), Realm::Actual);
    const DO: &str = "<h3>すること</h3>";
    let level_3 = OrderLevel::ElderlyEvacuation;
    let ando = Hall::person("ando");
    let id = |draft: &StoredDraft| draft.notice.id().to_string();
    // One that nobody lifts, one that a higher one replaces, one that was wrong and is corrected.
    let left = hall.two_issue("札内川", OrderLevel::EvacuationOrder);
    let advised = hall.recommends("十勝川", level_3);
    let first = hall.prepares(&ando, &advised, level_3).unwrap();
    hall.approves(&ando, &first).unwrap();
    let second = hall.two_issue("十勝川", OrderLevel::EvacuationOrder);
    let correction = beforehand::open(&hall.app, &ando, &id(&second), Remedy::Correct).unwrap();
    let read = correction.notice.content().digest();
    hall.approves(&Hall::person("ando"), &correction).unwrap();
    if hall
        .app
        .store
        .read(|view| view.notice(&id(&correction)))
        .unwrap()
        .is_none()
    {
        let baba = Hall::person("baba");
        let choice = Choice::Issue(correction.notice.content().facts().level);
        second::choose(&hall.app, &baba, &id(&correction), choice).unwrap();
        second::approve(&hall.app, &baba, &id(&correction), &read).unwrap();
    }
    hall.delivers();
    let expires = left.notice.content().facts().expires;
    let Hall { app, home, .. } = hall;
    let app = Arc::new(app);
    let (base, doors) = Hall::opens_its_doors(&app).await;
    let resident = Resident::at(&base);
    let page = async |of: &StoredDraft| resident.gets(&format!("/n/{}", id(of))).await.text();
    assert!(page(&left).await.contains(DO), "it is in force");
    for (over, word, next) in [
        (&first, "置き換え済み", &second),
        (&second, "訂正済み", &correction),
    ] {
        let page = page(over).await;
        assert!(page.contains(word) && page.contains(&id(next)), "{page}");
        assert!(!page.contains(DO), "{page}");
    }
    // Six weeks later it is read from the record, and an hour after it ended from memory.
    for after in [
        SignedDuration::from_hours(1),
        SignedDuration::from_hours(6 * 7 * 24),
    ] {
        app.clock.set(expires + after, 1.0);
        let page = page(&left).await;
        assert!(
            page.contains("失効") && page.contains("解除の発表ではありません"),
            "{page}"
        );
        assert!(
            !page.contains(DO) && !page.contains("<h3>避難場所"),
            "{page}"
        );
    }
    // On the page of all it does not vanish unsaid, and the officers' board does not say that something took its place.
    app.clock.set(expires + SignedDuration::from_hours(1), 1.0);
    let home_page = resident.home().await;
    assert!(
        home_page.contains(&id(&left)) && home_page.contains("失効"),
        "{home_page}"
    );
    doors.send(true).unwrap();
    drop(home);
}

fn channel_to(mosquitto: &Mosquitto) -> Channel {
    Channel::Mqtt(MqttChannel::new(MqttTarget {
        host: "127.0.0.1".to_owned(),
        port: mosquitto.port,
        client_id: "town".to_owned(),
        tls: None,
        credentials: None,
        packet_max_bytes: 1 << 20,
        base: "hinan/v1/alerts/actual/012076".to_owned(),
    }))
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_that_expire_while_the_record_is_held_both_are_cleared_when_it_is_free() {
    let Some(mosquitto) = Mosquitto::start().await else {
        return;
    };
    let mut hall = Hall::opens(&reference(), Realm::Actual);
    let orders = ["十勝川", "札内川"].map(|river| {
        let order = hall.two_issue(river, OrderLevel::EvacuationOrder);
        order.notice.content().facts().clone()
    });
    let Hall { app, home, .. } = hall;
    let app = Arc::new(app);
    let (stop, stopped) = watch::channel(false);
    let channel = channel_to(&mosquitto);
    let running = tokio::spawn(deliver::run(Arc::clone(&app), channel, pace(), stopped));
    let has = |id: &str, action: &str| {
        let entries = app.store.read(|view| view.audit_of(id)).unwrap();
        entries.iter().any(|entry| entry.action == action)
    };
    let both = |action: &'static str| orders.iter().all(|facts| has(facts.id.as_str(), action));
    eventually("both are retained", || async {
        both("delivered").then_some(())
    })
    .await;
    let other = rusqlite::Connection::open(home.path().join("hinan.sqlite3")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    app.clock
        .set(orders[0].expires + SignedDuration::from_secs(1), 1.0);
    app.owed.notify_waiters();
    // Longer than the service waits for the record in one go: what it has cleared at the broker it cannot write down.
    tokio::time::sleep(Duration::from_secs(7)).await;
    assert!(
        !orders
            .iter()
            .any(|facts| has(facts.id.as_str(), "retained_cleared"))
    );
    other.execute_batch("ROLLBACK").unwrap();
    eventually("both are cleared", || async {
        both("retained_cleared").then_some(())
    })
    .await;
    stop.send(true).unwrap();
    running.await.unwrap().unwrap();
    drop(home);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_another_program_holds_for_a_while_stops_no_delivery() {
    let mut hall = Hall::opens(&reference(), Realm::Actual);
    let order = hall.two_issue("十勝川", OrderLevel::EvacuationOrder);
    let id = order.notice.id().as_str().to_owned();
    let Hall { app, home, .. } = hall;
    let app = Arc::new(app);
    let other = rusqlite::Connection::open(home.path().join("hinan.sqlite3")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (stop, stopped) = watch::channel(false);
    let running = tokio::spawn(deliver::run(
        Arc::clone(&app),
        Channel::Feed,
        pace(),
        stopped,
    ));
    // Longer than the service waits for the record in one go.
    tokio::time::sleep(Duration::from_secs(7)).await;
    assert!(!running.is_finished(), "the loop goes on");
    other.execute_batch("ROLLBACK").unwrap();
    eventually("it is delivered all the same", || async {
        let owed = app.store.read(|view| view.deliveries(&id)).unwrap();
        owed.iter()
            .any(|d| d.state == hinan::store::outbox::DeliveryState::Delivered)
            .then_some(())
    })
    .await;
    stop.send(true).unwrap();
    running.await.unwrap().unwrap();
}
