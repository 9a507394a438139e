//! How long from an officer's click until every consumer in the house has acknowledged, while 10,000 notices an hour leave?
//!
//! Budget: p99 below 2 s, and no queue that grows. The whole service runs: record, audit, seals, checkpoints, its own broker, web
//! server. Consumers: a program that is called (webhook), a subscriber of the embedded broker, the feed; and a mail server
//! where there is aiosmtpd. Beside it, in the same run: the limit, how long one small transaction of SQLite takes on the same
//! disk with the same fsync.
//!
//! On two cores: from the click until every channel has acknowledged, 348 times, median 80 ms, p99 142 ms, slowest 161 ms; the click itself
//! 21, 63 and 97 ms; at most one notice on its way; the limit, one transaction, median 0.12 ms.

#![expect(clippy::print_stdout, reason = "the figures are its result")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use hinan::app::App;
use hinan::approve::authority::{Basis, Grant};
use hinan::approve::officer::{Officer, Role};
use hinan::clock::{EventClock, monotonic};
use hinan::config::{Config, WebhookConfig};
use hinan::desk::{self, Outcome, Reason};
use hinan::publish::channel::mail::MailTls;
use hinan::realm::Realm;
use hinan::recommend::level::OrderLevel;
use hinan::recommend::proposal::{ConcernedDistrict, Proposal, ProposalKey};
use hinan::run::{self, Doorways};
use hinan::store::outbox::DeliveryState;
use hinan_town::{Listener, eventually, free_port};
use jiff::Timestamp;
use tokio::net::TcpListener;

/// 10,000 an hour.
const PER_S: f64 = 10_000.0 / 3600.0;
const LASTS: Duration = Duration::from_secs(125);
const BUDGET: Duration = Duration::from_secs(2);
/// Orders are renewed in turn, so that each replaces the one before it.
const RIVERS: usize = 20;
const SECRET_VARIABLE: &str = "HINAN_EXERCISE_BENCH_WEBHOOK_SECRET";
const REASON: Reason<'static> = Reason {
    code: "own",
    words: "現地と電話で確認した",
};

fn main() {
    // Secrets stand in the environment, and a program does not change its own.
    if std::env::var_os(SECRET_VARIABLE).is_none() {
        let own = std::env::current_exe().expect("this program has a path");
        let status = Command::new(own)
            .env(SECRET_VARIABLE, "a secret that both sides know")
            .status()
            .expect("this program starts again");
        std::process::exit(status.code().unwrap_or(1));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    limit();
    runtime.block_on(at_ten_thousand_an_hour());
}

fn limit() {
    let home = tempfile::tempdir().expect("a folder");
    let db = rusqlite::Connection::open(home.path().join("raw.sqlite3")).expect("a database");
    db.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE row (id INTEGER PRIMARY KEY, text TEXT) STRICT;",
    )
    .expect("a table");
    let mut took: Vec<Duration> = (0..500)
        .map(|_| {
            let began = monotonic();
            db.execute("INSERT INTO row (text) VALUES ('approved')", [])
                .expect("a row");
            monotonic().duration_since(began)
        })
        .collect();
    let all: Duration = took.iter().sum();
    told(
        "limit: one transaction of SQLite, one row, one fsync",
        &mut took,
    );
    println!(
        "  that is {:.0} transactions a second; {PER_S:.2} notices a second are asked for",
        took.len() as f64 / all.as_secs_f64()
    );
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rank lies between zero and the last index"
)]
fn told(what: &str, took: &mut [Duration]) -> Duration {
    took.sort();
    let at = |share: f64| took[((took.len() - 1) as f64 * share).round() as usize];
    println!(
        "  {what:64} {:6} times, median {:9.2?}, p99 {:9.2?}, slowest {:9.2?}",
        took.len(),
        at(0.5),
        at(0.99),
        at(1.0)
    );
    at(0.99)
}

async fn at_ten_thousand_an_hour() {
    let home = tempfile::tempdir().expect("a folder");
    let hook = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let hook_port = hook.local_addr().expect("an address").port();
    let called = Router::new().route("/", post(|| async { StatusCode::OK }));
    tokio::spawn(async move { axum::serve(hook, called).await });
    let mail = MailServer::starts().await;
    let (mqtt, web) = (
        run::open("broker.port", "127.0.0.1:0"),
        run::open("web.listen", "127.0.0.1:0"),
    );
    let (mqtt, web) = (mqtt.await.expect("a port"), web.await.expect("a port"));
    let mut config = Config::defaults();
    config.service.realm = Realm::Exercise;
    config.service.data_dir = home.path().join("data");
    config.models.enabled = false;
    config.officers.without_second_factor = true;
    config.broker.port = mqtt.local_addr().expect("an address").port();
    config.web.listen = web.local_addr().expect("an address").to_string();
    config.publish.webhook = vec![WebhookConfig {
        name: "program".to_owned(),
        url: format!("http://127.0.0.1:{hook_port}/"),
        secret_env: SECRET_VARIABLE.to_owned(),
        realm: Realm::Exercise,
    }];
    if let Some(mail) = &mail {
        config.publish.mail.host = "127.0.0.1".to_owned();
        config.publish.mail.port = mail.port;
        config.publish.mail.tls = MailTls::None;
        config.publish.mail.from = "bosai@example.lg.jp".to_owned();
        config.publish.mail.to = vec!["list@example.lg.jp".to_owned()];
        config.publish.mail.realm = Realm::Exercise;
    }
    config.check().expect("a sound configuration");
    let mqtt_port = config.broker.port;
    let reference = hinan::town::load(&config).expect("the built-in town loads");
    let doorways = Doorways {
        mqtt: Some(mqtt),
        mqtt_tls: None,
        web,
    };
    let running = run::start(config, EventClock::present(), reference, doorways, None)
        .await
        .expect("the service starts");
    let app = Arc::clone(&running.app);
    let ears = Listener::to(mqtt_port, "bus-stop", "hinan/v1/alerts/exercise/#").await;
    let officer = approver(&app);
    let channels = app.dispatch.channels().len();
    println!(
        "{PER_S:.2} notices a second for {LASTS:?}, each to {channels} channels: {}",
        app.dispatch
            .channels()
            .iter()
            .map(|channel| channel.word())
            .collect::<Vec<_>>()
            .join(", ")
    );

    let began = monotonic();
    let (mut clicked, mut clicks, mut acknowledged) = (BTreeMap::new(), Vec::new(), Vec::new());
    let (mut owed_early, mut owed_late) = (0, 0);
    let mut n = 0_u32;
    while monotonic().duration_since(began) < LASTS || !clicked.is_empty() {
        let due = Duration::from_secs_f64(f64::from(n) / PER_S);
        let passed = monotonic().duration_since(began);
        if passed < LASTS && passed >= due {
            let proposal = proposed(&app, n as usize);
            let draft = desk::prepare_issue(
                &app,
                &officer,
                &proposal.0,
                OrderLevel::ElderlyEvacuation,
                REASON,
                &proposal.1.substance(),
            )
            .expect("a text");
            let at = monotonic();
            let id = draft.notice.id().as_str().to_owned();
            let outcome = desk::approve(&app, &officer, &id, &draft.notice.content().digest());
            assert!(matches!(outcome, Ok(Outcome::Published(_))), "{outcome:?}");
            clicks.push(monotonic().duration_since(at));
            clicked.insert(id, at);
            n += 1;
        }
        acknowledged.extend(arrived(&app, &mut clicked));
        let owed = clicked.len();
        if passed < LASTS / 2 {
            owed_early = owed_early.max(owed);
        } else {
            owed_late = owed_late.max(owed);
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let heard = ears.heard();
    let events = heard
        .iter()
        .filter(|one| one.topic.ends_with("/events/issue"));
    assert_eq!(events.count(), n as usize, "the subscriber heard each once");
    told(
        "the click itself: checks, audit, seals, outbox, one commit",
        &mut clicks,
    );
    let p99 = told(
        "from the click until every channel has acknowledged, on record",
        &mut acknowledged,
    );
    println!(
        "  most notices on their way: {owed_early} in the first half, {owed_late} in the second"
    );
    running.stop().await.expect("it ends well");
    assert_eq!(acknowledged.len(), n as usize);
    assert!(p99 < BUDGET, "p99 {p99:?}; the budget is {BUDGET:?}");
    assert!(
        owed_late <= owed_early + 3,
        "the queue grows: {owed_early} in the first half, {owed_late} in the second"
    );
    println!("every budget was kept");
}

/// Takes out what every channel has acknowledged; how long each took.
fn arrived(app: &App, clicked: &mut BTreeMap<String, Instant>) -> Vec<Duration> {
    let mut took = Vec::new();
    clicked.retain(|id, at| {
        let owed = app
            .store
            .read(|view| view.deliveries(id))
            .expect("the record");
        assert!(
            owed.iter().all(|d| d.state != DeliveryState::GivenUp),
            "{owed:?}"
        );
        let all = owed.iter().all(|d| d.state == DeliveryState::Delivered);
        if all {
            took.push(monotonic().duration_since(*at));
        }
        !all
    });
    took
}

fn approver(app: &App) -> Officer {
    let officer = Officer {
        name: "sato".to_owned(),
        display: "佐藤 危機管理監".to_owned(),
        role: Role::Approver,
        second_factor: true,
    };
    let grant = Grant {
        id: 0,
        officer: officer.name.clone(),
        basis: Basis::Delegated,
        document: "避難情報発令規則第3条".to_owned(),
        condition: String::new(),
        level_max: OrderLevel::EmergencySafety,
        rank: 1,
        from: Timestamp::UNIX_EPOCH,
        until: "2100-01-01T00:00:00Z".parse().expect("a time"),
    };
    app.store
        .write(|tx| {
            tx.put_officer(&officer, "no password opens this")?;
            tx.put_grant(&grant, "console", app.clock.now())
        })
        .expect("the record takes an account");
    officer
}

/// A recommendation for the next river in turn, for a unit of its own.
fn proposed(app: &App, n: usize) -> (String, Proposal) {
    let (now, river) = (app.clock.now(), n % RIVERS);
    let district = &app.town().districts[river];
    let proposal = Proposal {
        key: ProposalKey {
            river: format!("川{river}"),
            level: OrderLevel::ElderlyEvacuation,
            judgement: None,
        },
        river_en: format!("River {river}"),
        as_of: now,
        gauge: "301081281107050".to_owned(),
        districts: vec![ConcernedDistrict {
            id: district.id.clone(),
            name: district.name.clone(),
            name_en: district.name_en.clone().unwrap_or_default(),
            people_in_zone: 100,
        }],
        met: Vec::new(),
        counter: Vec::new(),
        shelters: Vec::new(),
        reach_between: None,
        urgent: None,
        supported_at: None,
        beside: Vec::new(),
        names: Vec::new(),
        left_out: Vec::new(),
        ways: Vec::new(),
        waiting: Vec::new(),
        people: None,
        grounds: Vec::new(),
        examined_then: Vec::new(),
        derivation: None,
        judgement: None,
    };
    let id = format!("r-bench-{n}");
    app.store
        .write(|tx| tx.open_proposal(&id, &proposal, now))
        .expect("the record takes a proposal");
    (id, proposal)
}

/// A mail server of others. Ends with its owner.
struct MailServer {
    process: Child,
    port: u16,
}

const SERVER: &str = "\
import sys, time
from aiosmtpd.controller import Controller
class Take:
    async def handle_DATA(self, server, session, envelope):
        return '250 2.0.0 taken'
Controller(Take(), hostname='127.0.0.1', port=int(sys.argv[1])).start()
time.sleep(3600)
";

impl MailServer {
    async fn starts() -> Option<Self> {
        let home = PathBuf::from(std::env::var_os("HOME").unwrap_or_default());
        let python = std::env::var("HINAN_PYTHON_NOTICE").unwrap_or_else(|_| {
            home.join(".cache/hinan/tools/python-notice/bin/python")
                .display()
                .to_string()
        });
        let has = Command::new(&python)
            .args(["-c", "import aiosmtpd"])
            .stderr(Stdio::null())
            .status();
        if !has.is_ok_and(|status| status.success()) {
            println!("  no aiosmtpd for {python}: without mail");
            return None;
        }
        let port = free_port();
        let process = Command::new(&python)
            .args(["-c", SERVER, &port.to_string()])
            .stdout(Stdio::null())
            .spawn()
            .expect("python starts");
        eventually("the mail server listens", || async {
            tokio::net::TcpStream::connect(("127.0.0.1", port))
                .await
                .ok()
                .map(drop)
        })
        .await;
        Some(Self { process, port })
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
