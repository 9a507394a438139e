//! From the approval to the receipt of every consumer that is well, at 10,000 notices an hour, while one consumer hangs.
//!
//! The real service in this process: its embedded broker, its record on disk, five programs that are called, the files for
//! telephones and L-Alert. Limits: 99 of 100 within 2 s, and the queue of the consumers that are well does not grow.
//! `HINAN_PUBLISH_NOTICES` says how many (default 300), `HINAN_PUBLISH_PER_HOUR` how fast (default 10,000).

#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Router;
use axum::routing::post;
use hinan::approve::facts::{Certainty, Facts, Hazard, Kind, NoticeDistrict};
use hinan::approve::notice::{Approved, Draft, Notice, NoticeId, Row};
use hinan::approve::officer::{Officer, Role};
use hinan::clock::{EventClock, monotonic};
use hinan::config::{Config, WebhookConfig};
use hinan::publish::outbox::{ChannelName, Delivery};
use hinan::realm::Realm;
use hinan::recommend::level::OrderLevel;
use hinan::run::{self, Doorways};
use hinan::store::drafts::StoredDraft;
use hinan::store::outbox::DeliveryState;
use jiff::{SignedDuration, Timestamp};
use tokio::net::TcpListener;

const WELL: usize = 4;

fn asked(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

async fn consumer(hangs: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    let answer = move || async move {
        if hangs {
            std::future::pending::<()>().await;
        }
        "taken"
    };
    tokio::spawn(async move {
        axum::serve(listener, Router::new().route("/", post(answer)))
            .await
            .expect("it serves");
    });
    url
}

fn facts(n: u64, town_code: &str, sent: Timestamp) -> Facts {
    let districts = (0..12_u32).map(|d| {
        let west = 143.1 + f64::from(d) * 0.01;
        NoticeDistrict {
            id: format!("d{d}"),
            name: format!("第{d}町内"),
            kana: None,
            name_en: format!("District {d}"),
            rings: vec![vec![
                [west, 42.9],
                [west + 0.01, 42.9],
                [west + 0.01, 42.91],
                [west, 42.91],
                [west, 42.9],
            ]],
        }
    });
    let level = OrderLevel::ALL[usize::try_from(n % 2).expect("0 or 1")];
    Facts {
        id: NoticeId::try_from(format!("jp-{town_code}-bench-{n}")).expect("a valid id"),
        realm: Realm::Exercise,
        kind: Kind::Issue,
        town_code: town_code.to_owned(),
        town: "川上町".to_owned(),
        town_en: "Kawakami".to_owned(),
        level,
        hazard: Hazard::Flood,
        river: format!("第{n}川"),
        river_en: format!("River {n}"),
        districts: districts.collect(),
        people_in_zone: 1000,
        shelters: Vec::new(),
        ground: "水位は3.20 mです。".to_owned(),
        ground_en: "The river stood at 3.20 m.".to_owned(),
        certainty: Certainty::Observed,
        replaces: Vec::new(),
        sent,
        expires: sent + SignedDuration::from_hours(12),
        sender: "bosai@example.lg.jp".to_owned(),
        sender_name: "川上町".to_owned(),
        public_url: "http://127.0.0.1:8080".to_owned(),
        note: String::new(),
    }
}

#[tokio::main]
async fn main() {
    let home = tempfile::tempdir().expect("a folder");
    let (notices, per_hour) = (
        asked("HINAN_PUBLISH_NOTICES", 300),
        asked("HINAN_PUBLISH_PER_HOUR", 10_000),
    );
    let mut config = Config::defaults();
    config.service.realm = Realm::Exercise;
    config.service.data_dir = home.path().join("data");
    config.models.enabled = false;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    config.broker.port = listener.local_addr().expect("an address").port();
    for n in 0..=WELL {
        config.publish.webhook.push(WebhookConfig {
            name: if n == WELL {
                "hanging".to_owned()
            } else {
                format!("well-{n}")
            },
            url: consumer(n == WELL).await,
            // Any variable that is there: what a bench signs with is no secret.
            secret_env: "PATH".to_owned(),
            realm: Realm::Exercise,
        });
    }
    config.publish.area_mail.dir = home.path().join("telephones");
    config.publish.l_alert.dir = home.path().join("l-alert");
    let reference = hinan::town::load(&config).expect("the built-in town loads");
    let code = reference.town.code.clone();
    let doorways = Doorways {
        mqtt_tls: None,
        mqtt: Some(listener),
        web: TcpListener::bind("127.0.0.1:0").await.expect("a port"),
    };
    let running = run::start(config, EventClock::present(), reference, doorways, None)
        .await
        .expect("it starts");
    let app = std::sync::Arc::clone(&running.app);
    let officer = Officer {
        name: "bench".to_owned(),
        display: "bench".to_owned(),
        role: Role::Approver,
    };
    app.store
        .write(|tx| tx.put_officer(&officer, "no password"))
        .expect("an account");

    let pace = Duration::from_secs_f64(3600.0 / per_hour as f64);
    let well: Vec<ChannelName> = app
        .dispatch
        .channels()
        .iter()
        .filter(|channel| **channel != ChannelName::Webhook("hanging".to_owned()))
        .cloned()
        .collect();
    let (began, mut longest_queue, mut queue_at_half) = (monotonic(), 0, 0);
    let queue = || -> usize {
        let owed = |channel: &ChannelName| {
            app.store
                .read(|view| view.owed(channel, 10_000))
                .expect("a record")
                .len()
        };
        well.iter().map(owed).sum()
    };
    for n in 0..notices {
        let due = pace * u32::try_from(n).expect("a small number");
        tokio::time::sleep(due.saturating_sub(monotonic().duration_since(began))).await;
        approve(
            &app,
            facts(
                n,
                &code,
                Timestamp::from_second(app.clock.now().as_second()).expect("a time"),
            ),
            &officer,
        );
        if n % 10 == 9 {
            // What was approved a moment ago is on its way; what is older is a queue.
            let now = queue();
            longest_queue = longest_queue.max(now);
            if n == notices / 2 / 10 * 10 + 9 {
                queue_at_half = now;
            }
        }
    }
    let took = monotonic().duration_since(began);
    let at_the_end = queue();
    tokio::time::sleep(Duration::from_secs(3)).await;
    let after = queue();

    let mut latencies: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for n in 0..notices {
        let id = format!("jp-{code}-bench-{n}");
        let (approved, deliveries) = app
            .store
            .read(|view| {
                Ok((
                    view.notice(&id)?.expect("it was approved").state().at(),
                    view.deliveries(&id)?,
                ))
            })
            .expect("a record");
        let mut last = 0;
        for one in deliveries.iter().filter(|one| well.contains(&one.channel)) {
            assert_eq!(
                one.state,
                DeliveryState::Delivered,
                "{id} at {}",
                one.channel.word()
            );
            let ms = one.changed_at.as_millisecond() - approved.as_millisecond();
            last = last.max(ms);
            latencies.entry(one.channel.word()).or_default().push(ms);
        }
        latencies
            .entry("all that are well".to_owned())
            .or_default()
            .push(last);
    }
    let rate = notices as f64 / took.as_secs_f64() * 3600.0;
    println!(
        "{notices} notices at {rate:.0} an hour, {} channels, one of them hanging",
        well.len() + 1
    );
    for (channel, mut ms) in latencies {
        ms.sort_unstable();
        let at = |share: f64| ms[((ms.len() - 1) as f64 * share).round() as usize];
        println!(
            "  {channel:20} p50 {:5} ms   p99 {:5} ms   longest {:5} ms",
            at(0.5),
            at(0.99),
            at(1.0)
        );
        if channel == "all that are well" {
            println!(
                "  limit                               p99  2000 ms   {}",
                if at(0.99) < 2000 { "kept" } else { "MISSED" }
            );
        }
    }
    println!(
        "  queue of the consumers that are well: {queue_at_half} at half time, longest {longest_queue}, {at_the_end} at the end, {after} three seconds later"
    );
    running.stop().await.expect("it stops");
}

/// What the desk does in one transaction, without a person: this measures what comes after.
fn approve(app: &hinan::app::App, facts: Facts, officer: &Officer) {
    let now = app.clock.now();
    let texts = app.dispatch.texts(&facts);
    let draft: Notice<Draft> = Notice::draft(facts.clone(), &texts).expect("sound facts");
    let row = Row {
        facts,
        document: draft.content().document().to_vec(),
        approved_by: officer.name.clone(),
        approved_at: now,
        digest: draft.content().digest(),
    };
    let approved: Notice<Approved> = Notice::<Approved>::load(row).expect("it fits");
    let stored = StoredDraft {
        notice: draft,
        proposal: None,
        substance: None,
        author: officer.name.clone(),
        reason: "bench".to_owned(),
        prepared_at: now,
        waiting: true,
    };
    app.store
        .write(|tx| {
            tx.put_draft(&stored)?;
            let earlier = tx.view().notices(200)?;
            let publication = app
                .dispatch
                .prepare(&approved, &earlier, now)
                .expect("it can leave");
            tx.settle_draft(approved.id().as_str(), true)?;
            tx.put_notice(&approved)?;
            tx.put_publication(&publication)?;
            for channel in app.dispatch.channels() {
                tx.enqueue(&Delivery::of(&approved, channel.clone()), now)?;
            }
            Ok(())
        })
        .expect("a record");
    app.owed.notify_waiters();
}
