//! Starts the parts in the order of the story, and stops them in that order, waiting for each to finish what it
//! holds. Only this file and those in `run/` start tasks.

mod channels;
mod memory;
mod own_keys;
mod ways;

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use hinan_sensors::connect::Secret;
use jiff::Timestamp;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use self::channels::{channels, pace, target};
use self::memory::RESTORED;
pub use self::memory::restored;
use self::own_keys::{open_vault, own_signing_key, web_tls};
use self::ways::{embedded, remote};
use crate::app::{App, Picture, Replayed};
use crate::arrivals::arrivals;
use crate::brokers;
use crate::clock::EventClock;
use crate::config::Config;
use crate::desk::attention;
use crate::door::PUBLISHER;
use crate::engine::Reference;
use crate::intake::Intake;
use crate::publish::deliver;
use crate::publish::dispatch::Dispatch;
use crate::stop_signal::StopSignal;
use crate::store::Store;
use crate::tell::Teller;
use crate::{apart, chance, distrust, forget, model_use, noted, tend, web, witness};

/// Packets that wait for the intake. Beyond it the broker waits: nothing is dropped.
const ARRIVALS_MAX: usize = 4096;
/// Rounds of upkeep, five seconds each, between two looks for official information that is too old: an hour.
const FORGET_EVERY: u32 = 720;

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

    let teller = Teller::of(&app)?;
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
    tasks.spawn(teller.tell(delivery_stop.clone()));
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
    /// Waits until somebody asks to stop (`signal` or `other`), or until a part fails.
    ///
    /// # Errors
    /// The part that failed, with its reason.
    pub async fn until_stopped(
        &mut self,
        signal: &mut StopSignal,
        other: impl Future<Output = ()>,
    ) -> anyhow::Result<()> {
        tokio::select! {
            () = signal.asked() => Ok(()),
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
