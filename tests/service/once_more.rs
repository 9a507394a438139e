//! Deliveries in a row: what was overtaken never comes after what overtook it; what was given up is sent once more when an officer
//! wants it; what is owed when the town changes its key is not lost; what another program changed is not sent.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hinan::app::App;
use hinan::approve::facts::Kind;
use hinan::approve::rule::Choice;
use hinan::config::{Publish, Signing};
use hinan::desk::{Declined, again, attention, second};
use hinan::publish::channel::area_mail::AreaMailChannel;
use hinan::publish::channel::l_alert::LAlertChannel;
use hinan::publish::deliver::{self, Channel, Pace};
use hinan::publish::dispatch::Dispatch;
use hinan::publish::outbox::{Attempt, ChannelName};
use hinan::realm::Realm;
use hinan::recommend::level::OrderLevel;
use hinan::store::drafts::StoredDraft;
use hinan::store::outbox::{DeliveryState, StoredDelivery};
use hinan_town::eventually;
use rusqlite::Connection;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::channels::key;
use crate::hall::{Hall, proposal, reference};

const LEVEL_3: OrderLevel = OrderLevel::ElderlyEvacuation;
const LEVEL_4: OrderLevel = OrderLevel::EvacuationOrder;

/// A hall that sends texts for telephones into this folder.
fn hall_with(folder: &Path, change: impl FnOnce(&mut Publish)) -> Hall {
    let mut hall = Hall::opens(&reference(), Realm::Actual);
    hall.app.config.publish.area_mail.dir = folder.to_owned();
    hall.app.config.publish.sign = Signing::Off;
    change(&mut hall.app.config.publish);
    hall.app.dispatch = Dispatch::of(&hall.app.config.publish).unwrap();
    hall
}

/// Pauses so long that nothing rests to its end in a test.
fn patient() -> Pace {
    Pace {
        attempt_max: Duration::from_secs(5),
        pause_first: Duration::from_secs(600),
        pause_max: Duration::from_secs(600),
        jitter_seed: 7,
    }
}

/// The loop of one channel over a house that goes on.
struct Sending {
    stop: watch::Sender<bool>,
    running: JoinHandle<()>,
}

impl Sending {
    fn begins(app: &Arc<App>, folder: &Path) -> Self {
        let (stop, stopped) = watch::channel(false);
        let channel = Channel::AreaMail(AreaMailChannel::new(folder.to_owned()));
        let app = Arc::clone(app);
        let running = tokio::spawn(async move {
            deliver::run(app, channel, patient(), stopped)
                .await
                .unwrap();
        });
        Self { stop, running }
    }

    async fn ends(self) {
        self.stop.send(true).unwrap();
        self.running.await.unwrap();
    }
}

fn delivery(app: &App, notice: &str) -> StoredDelivery {
    let all = app.store.read(|view| view.deliveries(notice)).unwrap();
    let mut all = all.into_iter();
    all.find(|one| one.channel == ChannelName::AreaMail)
        .unwrap()
}

async fn becomes(app: &App, notice: &str, state: DeliveryState) -> StoredDelivery {
    eventually(&format!("{notice} is {state:?}"), || async {
        let found = delivery(app, notice);
        (found.state == state).then_some(found)
    })
    .await
}

fn id_of(draft: &StoredDraft) -> String {
    draft.notice.id().to_string()
}

/// A (level 3) waits; B (level 4) takes its place, fails and rests; the channel comes back; C lifts B.
#[tokio::test(flavor = "multi_thread")]
async fn of_three_in_a_row_the_two_that_wait_never_come_after_the_lift() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("share");
    let mut hall = hall_with(&folder, |_| {});
    let ando = Hall::person("ando");
    let advised = hall.recommends("十勝川", LEVEL_3);
    let a = hall.prepares(&ando, &advised, LEVEL_3).unwrap();
    hall.approves(&ando, &a).unwrap();
    let b = hall.two_issue("十勝川", LEVEL_4);
    assert_eq!(b.notice.content().facts().replaces.len(), 1, "B replaces A");
    let (a, b) = (id_of(&a), id_of(&b));
    let lift = hall.ends(&Hall::person("duty"), &b, Kind::Lift).unwrap();
    let Hall {
        app, home: record, ..
    } = hall;
    let app = Arc::new(app);
    let sending = Sending::begins(&app, &folder);
    becomes(&app, &a, DeliveryState::GivenUp).await;
    becomes(&app, &b, DeliveryState::Retrying).await;
    std::fs::create_dir(&folder).unwrap();
    let c = id_of(&lift);
    let read = lift.notice.content().digest();
    hinan::desk::approve(&app, &Hall::person("duty"), &c, &read).unwrap();
    second::choose(&app, &ando, &c, Choice::Lift).unwrap();
    second::approve(&app, &ando, &c, &read).unwrap();
    becomes(&app, &c, DeliveryState::Delivered).await;
    for id in [&a, &b] {
        let given_up = delivery(&app, id);
        assert_eq!(given_up.state, DeliveryState::GivenUp, "{id}");
        assert!(given_up.is_overtaken(), "{}", given_up.note);
        // And nobody can have it sent now.
        let refused = again::retry(&app, &ando, id, &ChannelName::AreaMail);
        assert!(
            matches!(refused, Err(Declined::NoLongerOpen(_))),
            "{refused:?}"
        );
    }
    let files: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(files, [format!("{c}.txt")], "only what holds has left");
    sending.ends().await;
    drop(record);
}

/// The same three, and the service is started again before the channel comes back: what rested has forgotten that it rests, and the
/// oldest is first in line. A cancelled order must ring no telephone after its cancellation was approved.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_replaced_or_cancelled_before_it_left_never_leaves_though_the_service_is_started_again()
 {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("share");
    let mut hall = hall_with(&folder, |_| {});
    let ando = Hall::person("ando");
    let advised = hall.recommends("十勝川", LEVEL_3);
    let a = hall.prepares(&ando, &advised, LEVEL_3).unwrap();
    hall.approves(&ando, &a).unwrap();
    let b = id_of(&hall.two_issue("十勝川", LEVEL_4));
    let a = id_of(&a);
    // One that was never tried: its channel had not come up when it was cancelled.
    let other = id_of(&hall.two_issue("札内川", LEVEL_4));
    let end = |hall: &Hall, order: &str| {
        let cancel = hall.ends(&ando, order, Kind::Cancel).unwrap();
        hall.approves(&ando, &cancel).unwrap();
        id_of(&cancel)
    };
    let other_end = end(&hall, &other);
    let Hall {
        app, home: record, ..
    } = hall;
    let app = Arc::new(app);
    let sending = Sending::begins(&app, &folder);
    // B was approved before the first attempt at A: A was overtaken already. The rest is as it was.
    becomes(&app, &b, DeliveryState::Retrying).await;
    becomes(&app, &other, DeliveryState::GivenUp).await;
    sending.ends().await;
    for id in [&a, &other] {
        let given_up = delivery(&app, id);
        assert_eq!(given_up.state, DeliveryState::GivenUp, "{id}: {given_up:?}");
        assert!(given_up.is_overtaken(), "{}", given_up.note);
    }
    assert!(
        delivery(&app, &other).note.contains(&other_end),
        "it names what ended it"
    );
    let (id, read) = {
        let lift =
            hinan::desk::beforehand::open(&app, &ando, &b, hinan::desk::beforehand::Remedy::Cancel)
                .unwrap();
        (id_of(&lift), lift.notice.content().digest())
    };
    hinan::desk::approve(&app, &ando, &id, &read).unwrap();
    // Started again, and the share is there.
    std::fs::create_dir(&folder).unwrap();
    let sending = Sending::begins(&app, &folder);
    for end in [&id, &other_end] {
        becomes(&app, end, DeliveryState::Delivered).await;
    }
    let b = delivery(&app, &b);
    assert_eq!(b.state, DeliveryState::GivenUp);
    assert!(
        b.note.contains("言い切れません"),
        "an attempt had begun: {}",
        b.note
    );
    let files: std::collections::BTreeSet<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    let told = [&id, &other_end].map(|end| format!("{end}.txt"));
    assert_eq!(files, told.into(), "only what holds has left");
    sending.ends().await;
    drop(record);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_given_up_is_ordered_once_more_with_the_same_bytes_and_noted() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("share");
    std::fs::create_dir(&folder).unwrap();
    let mut hall = hall_with(&folder, |_| {});
    let order = id_of(&hall.two_issue("十勝川", LEVEL_4));
    let Hall {
        app, home: record, ..
    } = hall;
    let app = Arc::new(app);
    let first = delivery(&app, &order);
    let why = "受け取りを断られました".to_owned();
    app.store
        .write(|tx| {
            tx.record_attempt(
                first.id,
                &Attempt::GiveUp { why: why.clone() },
                app.clock.now(),
            )
        })
        .unwrap();
    let sending = Sending::begins(&app, &folder);
    assert_eq!(delivery(&app, &order).state, DeliveryState::GivenUp);
    let viewer = Hall::person("viewer");
    let refused = again::retry(&app, &viewer, &order, &ChannelName::AreaMail);
    assert!(matches!(refused, Err(Declined::NotAuthorised(_))));
    let duty = Hall::person("duty");
    again::retry(&app, &duty, &order, &ChannelName::AreaMail).unwrap();
    let second = becomes(&app, &order, DeliveryState::Delivered).await;
    assert_ne!(second.id, first.id, "a new order");
    assert_eq!(second.digest, first.digest, "of the same bytes");
    assert!(folder.join(format!("{order}.txt")).exists());
    let story = app.store.read(|view| view.audit_of(&order)).unwrap();
    let noted = story
        .iter()
        .find(|entry| entry.action == "delivery_ordered_again")
        .expect("the record says who wanted it");
    assert_eq!(noted.actor, "duty");
    assert!(noted.detail.contains(&why) && noted.detail.contains("area_mail"));
    // What arrived is not sent again, and what has expired is not, either.
    let refused = again::retry(&app, &duty, &order, &ChannelName::AreaMail);
    assert!(matches!(refused, Err(Declined::NoLongerOpen(_))));
    let (feed, expires) = app
        .store
        .read(|view| {
            let all = view.deliveries(&order)?;
            let notice = view.notice(&order)?.unwrap();
            let feed = all.into_iter().find(|one| one.channel == ChannelName::Feed);
            Ok((feed.unwrap(), notice.content().facts().expires))
        })
        .unwrap();
    app.store
        .write(|tx| tx.record_attempt(feed.id, &Attempt::GiveUp { why }, app.clock.now()))
        .unwrap();
    app.clock.set(expires, 1.0);
    let refused = again::retry(&app, &duty, &order, &ChannelName::Feed)
        .err()
        .unwrap();
    assert!(refused.to_string().contains("失効"), "{refused}");
    sending.ends().await;
    drop(record);
}

#[test]
fn the_end_of_an_order_is_not_sent_once_more_after_a_new_order_for_the_same_place() {
    let mut hall = Hall::opens(&reference(), Realm::Actual);
    let order = hall.two_issue("十勝川", LEVEL_4);
    let ando = Hall::person("ando");
    let cancel = hall.ends(&ando, &id_of(&order), Kind::Cancel).unwrap();
    hall.approves(&ando, &cancel).unwrap();
    let cancel = id_of(&cancel);
    let owed = hall
        .app
        .store
        .read(|view| view.deliveries(&cancel))
        .unwrap();
    let why = "断られました".to_owned();
    hall.app
        .store
        .write(|tx| tx.record_attempt(owed[0].id, &Attempt::GiveUp { why }, hall.now()))
        .unwrap();
    hall.seconds_pass(60);
    hall.two_issue("十勝川", LEVEL_4);
    let refused = again::retry(&hall.app, &ando, &cancel, &owed[0].channel);
    let refused = refused.err().unwrap().to_string();
    assert!(refused.contains("別の発表"), "{refused}");
}

fn signing(folder: &Path) -> impl FnOnce(&mut Publish) {
    std::fs::create_dir_all(folder).unwrap();
    let (key, certificate) = key(folder);
    move |publish| {
        publish.sign = Signing::Required;
        publish.sign_key_file = key.into();
        publish.sign_certificate_file = certificate.into();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_is_owed_while_the_town_changes_its_key_is_not_given_up() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("share");
    let mut hall = hall_with(&folder, signing(&home.path().join("old")));
    let signed = id_of(&hall.two_issue("十勝川", LEVEL_4));
    // The certificate ends soon: a new key and certificate, and a restart.
    signing(&home.path().join("new"))(&mut hall.app.config.publish);
    hall.app.dispatch = Dispatch::of(&hall.app.config.publish).unwrap();
    std::fs::create_dir(&folder).unwrap();
    let Hall {
        app, home: record, ..
    } = hall;
    let app = Arc::new(app);
    let sending = Sending::begins(&app, &folder);
    becomes(&app, &signed, DeliveryState::Delivered).await;
    sending.ends().await;
    drop(record);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unsigned_order_waits_where_signing_became_required_and_says_why() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("share");
    std::fs::create_dir(&folder).unwrap();
    let mut hall = hall_with(&folder, |_| {});
    let unsigned = id_of(&hall.two_issue("十勝川", LEVEL_4));
    signing(&home.path().join("key"))(&mut hall.app.config.publish);
    hall.app.dispatch = Dispatch::of(&hall.app.config.publish).unwrap();
    let Hall {
        app, home: record, ..
    } = hall;
    let app = Arc::new(app);
    let sending = Sending::begins(&app, &folder);
    let waits = becomes(&app, &unsigned, DeliveryState::Retrying).await;
    assert!(waits.note.contains("署名"), "{}", waits.note);
    assert!(!folder.join(format!("{unsigned}.txt")).exists());
    sending.ends().await;
    drop(record);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_program_changed_is_not_sent_and_every_page_of_officers_says_so() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("share");
    std::fs::create_dir(&folder).unwrap();
    let mut hall = hall_with(&folder, |_| {});
    let order = id_of(&hall.two_issue("十勝川", LEVEL_4));
    let ando = Hall::person("ando");
    let says = |app: &App| {
        attention::standing(app, &Hall::person("ando"))
            .unwrap()
            .join("\n")
    };
    assert!(!says(&hall.app).contains("ほかのプログラム"));
    let db = Connection::open(hall.home.path().join("hinan.sqlite3")).unwrap();
    db.execute_batch("DROP TRIGGER publication_stays").unwrap();
    let changed = db.execute(
        "UPDATE publication SET areas = replace(areas, '\"level\":4', '\"level\":3')",
        [],
    );
    assert_eq!(changed.unwrap(), 1);
    drop(db);
    let Hall {
        app, home: record, ..
    } = hall;
    let app = Arc::new(app);
    let sending = Sending::begins(&app, &folder);
    let given_up = becomes(&app, &order, DeliveryState::GivenUp).await;
    assert!(
        given_up.note.contains("not what was made at the approval"),
        "{}",
        given_up.note
    );
    assert!(!folder.join(format!("{order}.txt")).exists());
    assert!(
        says(&app).contains("ほかのプログラムが書き込んだ跡"),
        "{}",
        says(&app)
    );
    sending.ends().await;
    drop((record, ando));
}

/// B (level 4) takes the place of A1 and A2. If the share goes away between the files, or the gateway looks in between, television must
/// not show that the order is over.
#[tokio::test(flavor = "multi_thread")]
async fn l_alert_is_told_the_new_order_before_the_end_of_those_that_it_replaces() {
    let folder = tempfile::tempdir().unwrap();
    let mut hall = Hall::opens(&reference(), Realm::Actual);
    let whole = proposal("十勝川", LEVEL_4, hall.now());
    let ando = Hall::person("ando");
    for district in &whole.districts {
        let mut part = proposal("十勝川", LEVEL_3, hall.now());
        part.districts.retain(|one| one.id == district.id);
        let advised = hall.recommends_this(&part);
        let draft = hall.prepares(&ando, &advised, LEVEL_3).unwrap();
        hall.approves(&ando, &draft).unwrap();
    }
    let b = id_of(&hall.two_issue("十勝川", LEVEL_4));
    let publication = hall
        .app
        .store
        .read(|view| view.publication(&b))
        .unwrap()
        .unwrap();
    assert_eq!(publication.parts().chain.ends.len(), 1);
    let channel = LAlertChannel::new(folder.path().to_owned());
    let says_it_is_over = || {
        let files = std::fs::read_dir(folder.path()).unwrap();
        files
            .map(|file| file.unwrap().path())
            .filter(|path| path.extension().is_some_and(|end| end == "xml"))
            .any(|path| std::fs::read_to_string(path).unwrap().contains("解除"))
    };
    // A folder where a file should be made: the write of this name fails.
    let in_the_way = |name: &str| folder.path().join(format!(".{name}.part"));
    for (blocked, own_is_there) in [
        (format!("{b}.xml"), false),
        (format!("{b}-end-1.xml"), true),
    ] {
        std::fs::create_dir(in_the_way(&blocked)).unwrap();
        let attempt = channel.send(&publication).await;
        assert!(matches!(attempt, Attempt::TryAgain { .. }), "{attempt:?}");
        assert_eq!(
            folder.path().join(format!("{b}.xml")).exists(),
            own_is_there
        );
        assert!(!says_it_is_over(), "{blocked} failed, and an end is told");
        std::fs::remove_dir(in_the_way(&blocked)).unwrap();
    }
    let attempt = channel.send(&publication).await;
    assert!(matches!(attempt, Attempt::Delivered { .. }), "{attempt:?}");
    assert!(says_it_is_over(), "the end follows");
}
