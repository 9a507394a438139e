//! Starts the parts in the order of the story, and stops them in that order, waiting for each to finish what it
//! holds. Only this file starts tasks.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use hinan_broker::Broker;
use hinan_notice::document::json::areas_after;
use hinan_notice::send::mqtt::messages;
use hinan_sensors::connect::{self, LinkState, Secret, Tally};
use hinan_sensors::official;
use jiff::Timestamp;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::apart;
use crate::app::{App, Link, Picture, Replayed};
use crate::arrivals::{Ack, Arrivals, Message, arrivals};
use crate::brokers::{self, MAIN, Way};
use crate::chance;
use crate::clock::{EventClock, wall};
use crate::config::{Config, Signing};
use crate::desk::attention;
use crate::distrust;
use crate::door::{PUBLISHER, TownDoor};
use crate::engine::{Engine, Reference};
use crate::forget;
use crate::intake::Intake;
use crate::model_use;
use crate::noted;
use crate::own_certificate;
use crate::publish::channel::area_mail::AreaMailChannel;
use crate::publish::channel::l_alert::LAlertChannel;
use crate::publish::channel::mail::{MailChannel, MailTarget};
use crate::publish::channel::mqtt::{MqttChannel, MqttTarget};
use crate::publish::channel::webhook::WebhookChannel;
use crate::publish::deliver::{self, Channel, Pace};
use crate::publish::dispatch::Dispatch;
use crate::publish::outbox::ChannelName;
use crate::recommend::briefed::Briefed;
use crate::store::Store;
use crate::store::notices::live;
use crate::tell;
use crate::tend;
use crate::vault::Vault;
use crate::web;
use crate::witness;

/// Packets that wait for the intake. Beyond it the broker waits: nothing is dropped.
const ARRIVALS_MAX: usize = 4096;
/// Packets on the way from the embedded broker to where their bytes are counted: a few only, for they are not.
const HANDED_OVER_MAX: usize = 4;
/// Misdeeds of clients that wait to be noted. What does not fit is counted.
const MISDEEDS_MAX: usize = 1024;
/// Readings of this time before the newest, and official information of this time before now, are fed to the engine again at a start.
pub(crate) const RESTORED: jiff::SignedDuration = jiff::SignedDuration::from_hours(7 * 24);
/// Rounds of upkeep, five seconds each, between two looks for official information that is too old: an hour.
const FORGET_EVERY: u32 = 720;
/// No order that was approved before this time can hold: `publish.expires_after_h` allows 48 hours.
const HELD: jiff::SignedDuration = jiff::SignedDuration::from_hours(49);
/// How often the counts of the embedded broker are shown anew.
const COUNTED_EVERY: std::time::Duration = std::time::Duration::from_secs(1);

/// Listeners that were opened before anything else, so that a taken port is known at once.
pub struct Doorways {
    /// For the embedded broker's TLS side, if it has one.
    pub mqtt_tls: Option<TcpListener>,
    /// For the embedded broker; none when the broker is elsewhere.
    pub mqtt: Option<TcpListener>,
    /// For officers and residents.
    pub web: TcpListener,
}

/// A service with all its parts running.
pub struct Running {
    /// What its parts share.
    pub app: Arc<App>,
    tasks: JoinSet<anyhow::Result<()>>,
    intake: JoinSet<anyhow::Result<()>>,
    doors: JoinSet<anyhow::Result<()>>,
    stop_doors: watch::Sender<bool>,
    stop_intake: watch::Sender<bool>,
    stop_delivery: watch::Sender<bool>,
    broker: JoinSet<anyhow::Result<()>>,
    stop_witness: watch::Sender<bool>,
    witness: JoinSet<anyhow::Result<()>>,
}

/// Starts everything.
///
/// # Errors
/// What cannot start, with the reason.
pub async fn start(
    mut config: Config,
    clock: EventClock,
    reference: Reference,
    doorways: Doorways,
    replay: Option<Replayed>,
) -> anyhow::Result<Running> {
    apart::check_here(&config)?;
    let metrics = recorder();
    let store = Store::open(
        &config.service.data_dir,
        config.service.realm,
        &reference.town.code,
    )?;
    // What was asked for while no service ran. The engine reads it back with the readings.
    let marked_up_to = store.read(|view| view.last_seq())?;
    store.write(|tx| distrust::mark_pending(tx, marked_up_to).map(drop))?;
    let (mut engine, last_seq, resumed) = restored(&store, &reference, clock.now())?;
    engine.tell(store.read(|view| view.told(clock.now()))?);
    let newest = store.read(|view| {
        view.newest_since(
            clock
                .now()
                .saturating_sub(RESTORED)
                .unwrap_or(Timestamp::MIN),
        )
    })?;
    let advice = engine.preview(clock.now())?;
    let first = Picture {
        advice,
        situation: engine.situation().clone(),
        official: engine.official().clone(),
        external: engine.external().clone(),
    };
    let new_key = own_signing_key(&mut config)?;
    let dispatch = Dispatch::of(&config.publish)?;
    let app = Arc::new(App::new(
        config, clock, store, reference, first, replay, dispatch,
    ));
    if let Some(warning) = new_key {
        app.warn(warning);
    }
    app.newest.restore(newest);
    open_vault(&app)?;
    let detail = json!({ "version": env!("CARGO_PKG_VERSION"), "realm": app.config.service.realm });
    app.store.write(|tx| {
        tx.audit(
            app.clock.now(),
            "system",
            "service_started",
            &app.town().code,
            &detail,
        )
    })?;

    note_rules(&app)?;
    note_models(&app)?;
    noted::criteria(&app)?;
    noted::settings(&app)?;
    if app.config.officers.without_second_factor {
        app.warn("この再現・訓練では、2要素目(確認コード)なしで承認できます。本番では必ず必要です。 No second factor is asked for here.".to_owned());
    }
    let witness = witness::begin(&app)?;
    tracing::info!(
        key = witness.public_key(),
        "the audit is signed by this key"
    );

    if let Some(why) = hinan_dashboard::console::absent() {
        tracing::warn!(why, "the officers' console was not built into this program");
    }
    let (stop_doors, doors_stop) = watch::channel(false);
    let (stop_witness, witness_stop) = watch::channel(false);
    let (stop_intake, intake_stop) = watch::channel(false);
    let (stop_delivery, delivery_stop) = watch::channel(false);
    let (arrivals, arrived) = arrivals(ARRIVALS_MAX, app.config.sensors.waiting_max_bytes);
    let (mut tasks, mut intake_tasks, mut doors) = (JoinSet::new(), JoinSet::new(), JoinSet::new());

    let intake = Intake::new(Arc::clone(&app), engine, (last_seq, resumed));
    intake_tasks.spawn(async move {
        intake
            .run(arrived, intake_stop)
            .await
            .context("the intake stopped")
    });

    // The door is asked as soon as it is open: it must know everybody.
    app.devices.refresh(&app.store)?;
    let mut tended = JoinSet::new();
    let (mut at_ours, mut broker) = (None, None);
    if let Some(listener) = doorways.mqtt {
        let secret = chance::token();
        let mut ours = embedded(&app, listener, &secret, arrivals.clone(), &mut doors).await?;
        if let (Some(listener), Some(files)) = (doorways.mqtt_tls, tend::tls(&app.config.broker)) {
            ours.also_listen_tls(listener, files)
                .context("broker.tls_listen")?;
        }
        broker = Some(ours);
        at_ours = Some((PUBLISHER.to_owned(), Secret::new(&secret)));
    }
    let (tending, stop) = (Arc::clone(&app), doors_stop.clone());
    tended.spawn(async move { tend::tend(tending, broker, stop).await });
    let (following, stop) = (Arc::clone(&app), doors_stop.clone());
    doors.spawn(async move {
        model_use::follow(following, stop)
            .await
            .context("approvals of models could not be followed")
    });
    for way in brokers::ways(&app.config)? {
        remote(&app, way, arrivals.clone(), &mut doors, &doors_stop);
    }
    drop(arrivals);

    let target = target(&app, at_ours)?;
    for channel in channels(&app.config, target)? {
        let (app, stop) = (Arc::clone(&app), delivery_stop.clone());
        let pace = pace(&app.config);
        tasks.spawn(async move {
            deliver::run(app, channel, pace, stop)
                .await
                .context("a delivering loop stopped")
        });
    }

    let web_tls = web_tls(&app)?;
    let provider = crate::oidc::Provider::of(&app.config.oidc)?;
    let web_doors = web::Doors::new(Arc::clone(&app), metrics, doors_stop).with_provider(provider);
    doors.spawn(async move {
        web::serve(doorways.web, web_tls, web_doors)
            .await
            .context("the web server stopped")
    });
    let mut witnessed = JoinSet::new();
    if let Some(copier) = witness.copier() {
        // Not a task: a share that hangs would hold up the end of the program, too.
        let app = Arc::clone(&app);
        std::thread::Builder::new()
            .name("copies".to_owned())
            .spawn(move || copier.run(&app))?;
    }
    let witnessing = witness::watch(Arc::clone(&app), witness, witness_stop);
    witnessed.spawn(async move { witnessing.await.context("the audit could not be signed") });
    tasks.spawn(tell::tell(Arc::clone(&app), delivery_stop.clone()));
    tasks.spawn(upkeep(Arc::clone(&app), delivery_stop));
    // Drawn before the first officer asks; who asks earlier waits for it.
    let drawing = Arc::clone(&app);
    tokio::task::spawn_blocking(move || {
        drawing.maps.atlas(&drawing.reference);
    });
    app.set_ready();
    Ok(Running {
        app,
        tasks,
        intake: intake_tasks,
        doors,
        stop_doors,
        stop_intake,
        stop_delivery,
        broker: tended,
        stop_witness,
        witness: witnessed,
    })
}

impl Running {
    /// Waits until somebody asks to stop (Ctrl-C, SIGTERM, or `other`), or until a part fails.
    ///
    /// # Errors
    /// The part that failed, with its reason.
    pub async fn until_stopped(&mut self, other: impl Future<Output = ()>) -> anyhow::Result<()> {
        let mut terminate =
            tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            _ = tokio::signal::ctrl_c() => Ok(()),
            _ = terminate.recv() => Ok(()),
            () = other => Ok(()),
            Some(ended) = self.tasks.join_next() => ended?,
            Some(ended) = self.intake.join_next() => ended?,
            Some(ended) = self.doors.join_next() => ended?,
            Some(ended) = self.witness.join_next() => ended?,
        }
    }

    /// Stops the parts in the order of the story; each finishes what it holds.
    ///
    /// # Errors
    /// The first part that could not end well.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        let _ = self.stop_doors.send(true);
        while let Some(ended) = self.broker.join_next().await {
            ended??;
        }
        let _ = self.stop_intake.send(true);
        while let Some(ended) = self.intake.join_next().await {
            ended??;
        }
        let _ = self.stop_delivery.send(true);
        while let Some(ended) = self.tasks.join_next().await {
            ended??;
        }
        // Browsers keep connections open; they are given a moment, not a veto.
        let doors = async {
            while let Some(ended) = self.doors.join_next().await {
                ended??;
            }
            anyhow::Ok(())
        };
        if let Ok(ended) = tokio::time::timeout(std::time::Duration::from_secs(3), doors).await {
            ended?;
        }
        // Last of all: the record has grown until now.
        let _ = self.stop_witness.send(true);
        while let Some(ended) = self.witness.join_next().await {
            ended??;
        }
        Ok(())
    }
}

/// Keeps the counters' memory small even when nobody asks for them, and the record as long as was configured.
async fn upkeep(app: Arc<App>, mut stop: watch::Receiver<bool>) -> anyhow::Result<()> {
    let handle = recorder();
    let mut rounds = 0_u32;
    while !*stop.borrow() {
        handle.run_upkeep();
        // What cannot be passed on now is passed on in a moment: warning people does not end because of it.
        if let Err(error) = tokio::task::block_in_place(|| attention::pass_on(&app)) {
            tracing::error!(%error, "advice that nobody saw could not be passed on");
        }
        if rounds.is_multiple_of(FORGET_EVERY) {
            // What cannot be trimmed today is trimmed tomorrow; that is no reason to stop.
            if let Err(error) = tokio::task::block_in_place(|| forget::official(&app)) {
                tracing::error!(%error, "old official information could not be trimmed");
            }
        }
        rounds = rounds.wrapping_add(1);
        tokio::select! {
            () = tokio::time::sleep(std::time::Duration::from_secs(5)) => {}
            told = stop.changed() => if told.is_err() { break },
        }
    }
    Ok(())
}

/// Opens the key to second factors, and encrypts what an earlier version kept in the clear. Without it nobody gets in who has a
/// second factor: that is said, and everything else starts.
fn open_vault(app: &App) -> anyhow::Result<()> {
    match Vault::of_record(&app.config.service.data_dir, &app.store) {
        Ok(vault) => {
            let lost = vault.not_opened(&app.store)?;
            if !lost.is_empty() {
                let names = lost.join(", ");
                tracing::error!(names, "second factors were sealed with another key");
                app.warn(format!(
                    "2要素目の鍵が違うため、次の職員はサインインできません: {names}。second-factor.key をバックアップから戻すか、コンソールの hinan officer --totp で登録し直してください"
                ));
            }
            let sealed = vault.seal_clear(&app.store)?;
            if sealed > 0 {
                tracing::info!(sealed, "second factors were encrypted");
            }
            app.vault.keep(vault);
        }
        Err(why) => {
            tracing::error!(%why, "second factors cannot be read: nobody who has one can sign in");
            app.warn(format!(
                "2要素目の鍵を読めないため、2要素目のある職員はサインインできません。管理者へ連絡してください: {why}"
            ));
        }
    }
    Ok(())
}

/// Which model files forecast from the start on. Models that are fitted at the start come from no file, and nothing is noted.
fn note_models(app: &App) -> anyhow::Result<()> {
    let settings = &app.config.models;
    if settings.enabled && !settings.dir.as_os_str().is_empty() {
        let (models, now) = (app.reference.models.as_deref(), app.clock.now());
        let town = &app.town().code;
        app.store
            .write(|tx| model_use::note(tx, models, (town, now)))?;
    }
    Ok(())
}

/// The town's table of who must approve what is part of the record: a change of it is noted at the start that brings it.
fn note_rules(app: &App) -> anyhow::Result<()> {
    let rules = serde_json::to_value(app.config.approve.rules())?;
    let before = noted::last(app, "approval_rules")?.map(|before| before["rules"].clone());
    if before.as_ref() != Some(&rules) {
        let detail = json!({ "rules": rules, "before": before });
        app.store.write(|tx| {
            tx.audit(
                app.clock.now(),
                "console",
                "approval_rules",
                &app.town().code,
                &detail,
            )
        })?;
    }
    Ok(())
}

/// The engine with its memory of the readings that still matter.
///
/// # Errors
/// The record's.
pub fn restored(
    store: &Store,
    reference: &Reference,
    now: Timestamp,
) -> anyhow::Result<(Engine, i64, i64)> {
    let mut engine = Engine::new(reference.clone());
    let (mut readings, mut heard) = (0_u64, 0_u64);
    let heard_since = now.saturating_sub(RESTORED).unwrap_or(now);
    let (stood, last_seq) = store.read(|view| {
        let mut distrusted = distrust::history(view)?;
        if let Some(newest) = view.newest_reading()? {
            view.each_level_since(newest - RESTORED, |stored| {
                distrust::before_reading(&mut distrusted, stored.seq, &mut engine);
                if stored.historic {
                    engine.take_historic(&stored.reading);
                } else {
                    engine.take(&stored.reading);
                }
                readings += 1;
            })?;
        }
        distrust::before_reading(&mut distrusted, i64::MAX, &mut engine);
        view.each_official_since(heard_since, |stored| {
            match official::decode(Some(&stored.topic), &stored.bytes) {
                Ok(message) => {
                    engine.hear(&message, stored.received_at);
                    heard += 1;
                }
                // An older version could read it; what it said is in its record.
                Err(why) => tracing::warn!(seq = stored.seq, %why, "stored official information is not understood"),
            }
        })?;
        Ok((view.last_stood()?, view.last_seq()?))
    })?;
    engine.remember(stood.advice, now);
    engine.remember_facilities(stood.facilities);
    let given = store.read(|view| view.evening_briefings(&reference.town.code))?;
    engine.remember_briefed(Briefed::of(now, given));
    if readings + heard > 0 {
        tracing::info!(readings, official = heard, "restored what was known");
    }
    Ok((engine, last_seq, stood.evaluation))
}

async fn embedded(
    app: &Arc<App>,
    listener: TcpListener,
    secret: &str,
    arrivals: Arrivals,
    doors: &mut JoinSet<anyhow::Result<()>>,
) -> anyhow::Result<Broker> {
    let (heard, misdeeds) = mpsc::channel(MISDEEDS_MAX);
    let door = TownDoor::new(
        &app.config,
        Arc::clone(&app.reference.stations),
        Arc::clone(&app.devices),
        secret.to_owned(),
        brokers::login(&app.config)?,
        heard,
    );
    doors.spawn(tend::remember(Arc::clone(app), misdeeds));
    let settings = hinan_broker::Settings {
        packet_max_bytes: app.config.broker.packet_max_bytes,
        excess_max_s: app.config.broker.excess_max_s,
        ..hinan_broker::Settings::default()
    };
    let filters = app.config.waited_for();
    let (sink, mut inbound) = mpsc::channel::<hinan_broker::Inbound>(HANDED_OVER_MAX);
    let retained = retained(app)?;
    let broker = Broker::start(listener, settings, Arc::new(door), filters, sink, retained).await?;
    app.set_link(
        MAIN,
        Link::Up {
            since: app.clock.now(),
        },
    );
    doors.spawn(async move {
        while let Some(inbound) = inbound.recv().await {
            let (message, receipt) = inbound.split();
            let message = Message {
                topic: message.topic,
                payload: message.payload,
                cut_from_bytes: None,
                // What a device sends us with the retain flag is live, not old state.
                retained: false,
                device: message.device,
                ack: Ack::Embedded(receipt),
            };
            if arrivals.send(message).await.is_err() {
                break;
            }
        }
        Ok(())
    });
    Ok(broker)
}

/// Names the key that the service makes itself, where it signs with that. What officers must be told of it, if anything.
fn own_signing_key(config: &mut Config) -> anyhow::Result<Option<String>> {
    let publish = &mut config.publish;
    if publish.sign != Signing::Own {
        return Ok(None);
    }
    let made = own_certificate::for_signing(&config.service.data_dir, &publish.sender, wall())?;
    let fingerprint = own_certificate::fingerprint(&made.certificate)?;
    tracing::info!(%fingerprint, certificate = %made.certificate.display(), "documents are signed with a key of our own");
    publish.sign_key_file = made.key;
    publish.sign_certificate_file = made.certificate;
    Ok(made.instead_of.map(|why| {
        tracing::error!(why, %fingerprint, "the own signing key was set aside, and another one made");
        format!(
            "発表に付ける署名の鍵を作り直しました(元のものは使えませんでした: {why})。受信側に新しい証明書を渡してください。指紋: {fingerprint}"
        )
    }))
}

/// TLS of the pages: with the town's certificate, or one of the service's own making.
fn web_tls(app: &App) -> anyhow::Result<Option<tokio_rustls::TlsAcceptor>> {
    let config = &app.config.web;
    if !config.has_tls() {
        return Ok(None);
    }
    let (certificate, key) = if config.self_signed {
        let host = reqwest::Url::parse(&app.config.publish.public_url).ok();
        let host = host.as_ref().and_then(|url| url.host_str());
        let made = own_certificate::at(&app.config.service.data_dir, host, wall())?;
        if let Some(why) = made.instead_of {
            let new = own_certificate::fingerprint(&made.certificate)?;
            tracing::error!(why, fingerprint = %new, "the own certificate was set aside, and another one made");
            app.warn(format!(
                "この画面の証明書を作り直しました(元のものは使えませんでした: {why})。ブラウザーに表示される指紋が次のものと同じか確かめてから進んでください: {new}"
            ));
        }
        (made.certificate, made.key)
    } else {
        (config.tls_certificate.clone(), config.tls_key.clone())
    };
    app.set_certificate_fingerprint(own_certificate::fingerprint(&certificate)?);
    Ok(Some(web::acceptor(&certificate, &key)?))
}

/// The channels that this town has, each with its worker to come.
fn channels(config: &Config, target: MqttTarget) -> anyhow::Result<Vec<Channel>> {
    let publish = &config.publish;
    crate::bridge::install_tls();
    let mut channels = vec![Channel::Feed, Channel::Mqtt(MqttChannel::new(target))];
    for one in &publish.webhook {
        let key = format!("publish.webhook {}", one.name);
        let secret = std::env::var(&one.secret_env).with_context(|| {
            format!(
                "{key}: the environment variable {} (secret_env) is not set",
                one.secret_env
            )
        })?;
        let channel =
            WebhookChannel::new(&one.name, &one.url, Secret::new(&secret)).with_context(|| key)?;
        channels.push(Channel::Webhook(channel));
    }
    let mail = &publish.mail;
    if !mail.host.is_empty() {
        let authorities_pem = if mail.ca_file.as_os_str().is_empty() {
            Vec::new()
        } else {
            std::fs::read(&mail.ca_file)
                .with_context(|| format!("publish.mail.ca_file: {}", mail.ca_file.display()))?
        };
        let target = MailTarget {
            host: mail.host.clone(),
            port: mail.port,
            tls: mail.tls,
            authorities_pem,
            credentials: brokers::secret(
                "publish.mail",
                &mail.username,
                &mail.password_variable(),
            )?,
            from: mail.from.clone(),
            to: mail.to.clone(),
            timeout: std::time::Duration::from_secs(publish.attempt_max_s),
        };
        channels.push(Channel::Mail(
            MailChannel::new(&target).context("publish.mail")?,
        ));
    }
    let (area_mail, l_alert) = (&publish.area_mail.dir, &publish.l_alert.dir);
    for (key, dir) in [
        ("publish.area_mail.dir", area_mail),
        ("publish.l_alert.dir", l_alert),
    ] {
        anyhow::ensure!(
            dir.as_os_str().is_empty() || dir.is_dir(),
            "{key} is {}, which is not a folder; make or mount it, or leave the key empty",
            dir.display()
        );
    }
    if !area_mail.as_os_str().is_empty() {
        channels.push(Channel::AreaMail(AreaMailChannel::new(area_mail.clone())));
    }
    if !l_alert.as_os_str().is_empty() {
        channels.push(Channel::LAlert(LAlertChannel::new(l_alert.clone())));
    }
    Ok(channels)
}

fn pace(config: &Config) -> Pace {
    Pace {
        attempt_max: std::time::Duration::from_secs(config.publish.attempt_max_s),
        pause_first: std::time::Duration::from_millis(500),
        pause_max: std::time::Duration::from_secs(config.publish.retry_max_s),
        jitter_seed: u64::from_le_bytes(chance::bytes()),
    }
}

/// What a broker that forgets must be told again: the notices that hold, and the state of their areas.
fn retained(app: &App) -> anyhow::Result<Vec<hinan_broker::Retained>> {
    let published = app
        .store
        .read(|view| view.published(&ChannelName::Mqtt, app.clock.now() - HELD, 10_000))?;
    let delivered: Vec<_> = published.iter().map(|one| one.notice().clone()).collect();
    let base = format!(
        "{}/{}/{}",
        app.config.publish.topic_prefix,
        app.config.service.realm,
        app.town().code
    );
    let in_force = live(delivered, app.clock.now());
    let facts_list: Vec<_> = in_force
        .iter()
        .map(|notice| notice.content().facts())
        .collect();
    // Of an area in several orders the state is the same whichever order it is asked with.
    let mut kept = BTreeMap::new();
    for (notice, facts) in in_force.iter().zip(&facts_list) {
        let document = published
            .iter()
            .find(|one| one.notice().id() == notice.id())
            .map(crate::publish::publication::Publication::document_text)
            .unwrap_or_default();
        for message in messages(facts, document, &areas_after(facts, &[], &facts_list)) {
            if message.retain && !message.payload.is_empty() {
                kept.insert(message.topic, message.payload);
            }
        }
    }
    Ok(kept
        .into_iter()
        .map(|(topic, payload)| hinan_broker::Retained {
            topic: format!("{base}/{topic}"),
            payload: payload.into_bytes().into(),
        })
        .collect())
}

/// Where approved notices go, and as whom.
fn target(app: &App, at_ours: Option<(String, Secret)>) -> anyhow::Result<MqttTarget> {
    let config = &app.config;
    let chosen = config
        .broker
        .remote
        .iter()
        .find(|remote| remote.name == config.publish.broker);
    let base = format!(
        "{}/{}/{}",
        config.publish.topic_prefix,
        config.service.realm,
        app.town().code
    );
    let packet_max_bytes = config.broker.packet_max_bytes;
    Ok(match chosen {
        Some(remote) => MqttTarget {
            host: remote.host.clone(),
            port: remote.port,
            client_id: format!("{}-publisher", brokers::client_id(config, remote)),
            tls: brokers::tls(remote)?,
            credentials: brokers::remote_login(remote)?,
            packet_max_bytes,
            base,
        },
        None => MqttTarget {
            host: config.broker.host.clone(),
            port: config.broker.port,
            client_id: format!(
                "{}-{}-publisher",
                config.broker.client_id, config.service.realm
            ),
            tls: None,
            credentials: match at_ours {
                Some(own) => Some(own),
                None => brokers::login(config)?,
            },
            packet_max_bytes,
            base,
        },
    })
}

/// Starts the way to one broker elsewhere: the connection, what it hands over, and how it is.
fn remote(
    app: &Arc<App>,
    way: Way,
    arrivals: Arrivals,
    doors: &mut JoinSet<anyhow::Result<()>>,
    stop: &watch::Receiver<bool>,
) {
    let Way { name, connection } = way;
    let (deliveries, mut delivered) = mpsc::channel::<connect::Delivery>(ARRIVALS_MAX);
    let (status, mut state) = watch::channel(LinkState::Connecting);
    let tally = Arc::new(Tally::default());
    let clock = Arc::clone(app);
    let surroundings = connect::Surroundings {
        clock: Box::new(move || clock.clock.now()),
        jitter_seed: u64::from_le_bytes(chance::bytes()),
        tally: Arc::clone(&tally),
    };
    let stopped = stop.clone();
    let ended = format!("the way to the broker {name} ended");
    doors.spawn(async move {
        connect::run(connection, deliveries, stopped, status, surroundings)
            .await
            .context(ended)
    });
    doors.spawn(async move {
        while let Some(delivery) = delivered.recv().await {
            let message = Message {
                topic: delivery.topic,
                payload: delivery.payload.into(),
                cut_from_bytes: delivery.cut_from_bytes,
                retained: delivery.retained,
                device: None,
                ack: Ack::Remote(delivery.receipt),
            };
            if arrivals.send(message).await.is_err() {
                break;
            }
        }
        Ok(())
    });
    let app = Arc::clone(app);
    doors.spawn(async move {
        loop {
            let now = app.clock.now();
            let link = match &*state.borrow_and_update() {
                LinkState::Connected { .. } => Link::Up { since: now },
                LinkState::Connecting => Link::Down {
                    since: now,
                    why: "接続しています".to_owned(),
                },
                LinkState::Down { why, .. } => Link::Down {
                    since: now,
                    why: why.clone(),
                },
            };
            let up = matches!(link, Link::Up { .. });
            app.set_link(&name, link);
            brokers::show(&name, &tally, up);
            tokio::select! {
                changed = state.changed() => if changed.is_err() { return Ok(()) },
                () = tokio::time::sleep(COUNTED_EVERY) => {}
            }
        }
    });
}

/// The recorder of counters; one per process, whoever asks first.
fn recorder() -> PrometheusHandle {
    static HANDLE: std::sync::OnceLock<PrometheusHandle> = std::sync::OnceLock::new();
    HANDLE
        .get_or_init(|| {
            let recorder = PrometheusBuilder::new().build_recorder();
            let handle = recorder.handle();
            if metrics::set_global_recorder(recorder).is_err() {
                tracing::warn!(
                    "another recorder of metrics is installed; /metrics will stay empty"
                );
            }
            handle
        })
        .clone()
}

/// Opens a port, with an error that tells what to do when it is taken.
///
/// # Errors
/// Names the key, the address and what to do.
pub async fn open(key: &str, address: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("{key} is {address}, which cannot be opened (is another service running there?); choose another port")
    })
}

/// Begins the log. Faults of the program are told to it, too.
pub fn log(style: crate::config::LogStyle, default: &str) {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let begun = match style {
        crate::config::LogStyle::Pretty => subscriber.compact().try_init(),
        crate::config::LogStyle::Json => subscriber.json().flatten_event(true).try_init(),
    };
    if let Err(error) = begun {
        tracing::debug!(%error, "the log had begun already");
    }
    crate::fault::tell_the_log();
}

/// Whether a data directory holds a record already.
#[must_use]
pub fn has_record(dir: &Path) -> bool {
    dir.join("hinan.sqlite3").exists()
}
