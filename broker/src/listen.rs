//! The broker as its owner sees it: started on a listener, asked for its numbers, stopped.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::{JoinError, JoinHandle, JoinSet};
use tracing::{error, info, warn};

use crate::clock;
use crate::connection::Connection;
use crate::counts::{Counts, PerMinute, Tally};
use crate::door::Doorkeeper;
use crate::handshake::{self, Origin};
use crate::late_will;
use crate::meter::{Activity, Meters};
use crate::retained::Retained;
use crate::router::Router;
use crate::settings::{Settings, SettingsError};
use crate::sink::Inbound;
use crate::tls::{Tls, TlsDoor, TlsError};
use crate::topic::{self, TopicError};

/// The kernel asks a silent peer after a minute whether it is still there. This finds dead peers that
/// connected without keep-alive.
const PROBE_AFTER: Duration = Duration::from_secs(60);
/// Log lines a minute about closed connections. Two devices that share one identifier and take it from each
/// other in a loop do not fill the log.
const FAULT_LINES: u32 = 60;
/// How exactly session expiry and will delay, which are seconds, are kept.
const SWEEP_EVERY: Duration = Duration::from_millis(200);
/// Between two tries to accept when the system has no more sockets.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A running broker. Dropped without [`stop`](Self::stop), it closes everything at once.
pub struct Broker {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: watch::Sender<bool>,
    listening: Vec<JoinHandle<()>>,
    sweeping: JoinHandle<()>,
    tls: Option<Arc<TlsDoor>>,
}

/// What all connections need.
pub(crate) struct Shared {
    pub(crate) settings: Arc<Settings>,
    pub(crate) doorkeeper: Arc<dyn Doorkeeper>,
    /// How many may be asked about at once.
    pub(crate) admissions: Semaphore,
    pub(crate) sink_filters: Vec<String>,
    pub(crate) sink: mpsc::Sender<Inbound>,
    pub(crate) router: Arc<Router>,
    pub(crate) tally: Arc<Tally>,
    /// What each device sends.
    pub(crate) meters: Meters,
    /// How often a device was put out of use.
    expulsions: AtomicU64,
    /// Log lines about visitors who were not let in.
    pub(crate) refused: PerMinute,
    /// Log lines about connections that were closed for a fault.
    pub(crate) faults: PerMinute,
    last_connection: AtomicU64,
}

/// Why the broker did not start.
#[derive(Debug, thiserror::Error)]
pub enum NotStarted {
    /// A limit outside its range.
    #[error("broker settings: {0}")]
    Settings(#[from] SettingsError),
    /// A sink filter is not a topic filter.
    #[error("sink filter {filter:?}: {why}")]
    SinkFilter {
        /// The filter as given.
        filter: String,
        /// What is wrong with it.
        why: TopicError,
    },
    /// A retained message to be restored has no proper topic name.
    #[error("retained message on {topic:?}: {why}")]
    Retained {
        /// The topic as given.
        topic: String,
        /// What is wrong with it.
        why: TopicError,
    },
    /// The listener has no address.
    #[error("listener: {0}")]
    Listener(#[from] std::io::Error),
}

impl Broker {
    /// Starts to accept connections on `listener`. Publishes that match one of `sink_filters` go to `sink` and are
    /// acknowledged by its receipts; `retained` are the messages retained by an earlier run.
    ///
    /// # Errors
    /// Settings, a filter or a topic that cannot be accepted, or a listener without an address.
    pub async fn start(
        listener: TcpListener,
        settings: Settings,
        doorkeeper: Arc<dyn Doorkeeper>,
        sink_filters: Vec<String>,
        sink: mpsc::Sender<Inbound>,
        retained: Vec<Retained>,
    ) -> Result<Self, NotStarted> {
        settings.check()?;
        for filter in &sink_filters {
            if let Err(why) = topic::check_filter(filter, settings.topic_max_bytes) {
                return Err(NotStarted::SinkFilter {
                    filter: filter.clone(),
                    why,
                });
            }
        }
        let address = listener.local_addr()?;
        let settings = Arc::new(settings);
        let tally = Arc::<Tally>::default();
        let router = Arc::new(Router::new(Arc::clone(&settings), Arc::clone(&tally)));
        restore(retained, &router, &settings)?;
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let shared = Arc::new(Shared {
            settings,
            doorkeeper,
            admissions: Semaphore::new(processors),
            sink_filters,
            sink,
            router,
            tally,
            meters: Meters::default(),
            expulsions: AtomicU64::new(0),
            refused: PerMinute::lines(1),
            faults: PerMinute::lines(FAULT_LINES),
            last_connection: AtomicU64::new(0),
        });
        let (stop, stopping) = watch::channel(false);
        let sweeping = tokio::spawn(sweep(Arc::clone(&shared), stopping.clone()));
        let plain = listen(listener, Arc::clone(&shared), None, stopping);
        info!(%address, sink_filters = ?shared.sink_filters, "broker listens");
        Ok(Self {
            address,
            shared,
            stop,
            listening: vec![tokio::spawn(plain)],
            sweeping,
            tls: None,
        })
    }

    /// Serves TLS on a port of its own, beside the first one. Everything else is shared. Returns its address.
    ///
    /// # Errors
    /// Files that cannot be used, by name, or a listener without an address.
    pub fn also_listen_tls(
        &mut self,
        listener: TcpListener,
        files: Tls,
    ) -> Result<SocketAddr, TlsError> {
        let address = listener.local_addr().map_err(TlsError::Listener)?;
        let door = Arc::new(TlsDoor::open(files)?);
        let shared = Arc::clone(&self.shared);
        let listening = listen(
            listener,
            shared,
            Some(Arc::clone(&door)),
            self.stop.subscribe(),
        );
        self.listening.push(tokio::spawn(listening));
        self.tls = Some(door);
        info!(%address, "broker listens for TLS");
        Ok(address)
    }

    /// Reads the files of TLS again, for connections to come.
    ///
    /// # Errors
    /// Files that cannot be used, by name; what was in use stays in use.
    pub fn reload_tls(&self) -> Result<(), TlsError> {
        self.tls.as_ref().ok_or(TlsError::NotOpen)?.reload()
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it has done so far.
    pub fn counts(&self) -> Counts {
        self.shared.router.counts()
    }

    /// The retained messages now, by topic, to be given to the next start.
    pub fn retained(&self) -> Vec<Retained> {
        self.shared.router.retained()
    }

    /// What each device has done so far, by the name that the doorkeeper gave it.
    pub fn devices(&self) -> BTreeMap<String, Activity> {
        self.shared.meters.all(clock::now())
    }

    /// Closes the connections of a device at once, and forgets its sessions, its wills and what waits for it. The
    /// doorkeeper must know before that it is not to be let in again. Says how many connections were open.
    ///
    /// What was read from the device before may still reach the sink.
    pub fn expel(&self, device: &str) -> usize {
        self.shared.expulsions.fetch_add(1, Ordering::SeqCst);
        self.shared.router.expel(device)
    }

    /// Accepts nobody any more and reads nothing more, waits up to `stop_max_s` for commits and
    /// acknowledgements of what was read, then closes all connections. Wills are not published. When this
    /// returns, the sink's sender is dropped.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        for task in self.listening.into_iter().chain([self.sweeping]) {
            if let Err(error) = task.await {
                warn!(%error, "the broker did not end cleanly");
            }
        }
    }
}

impl Shared {
    /// Whether a publish on this topic waits for the sink.
    pub(crate) fn is_for_sink(&self, published: &str) -> bool {
        self.sink_filters
            .iter()
            .any(|filter| topic::matches(filter, published))
    }

    /// Changes whenever a device is put out of use.
    pub(crate) fn expulsions(&self) -> u64 {
        self.expulsions.load(Ordering::SeqCst)
    }
}

fn restore(
    retained: Vec<Retained>,
    router: &Router,
    settings: &Settings,
) -> Result<(), NotStarted> {
    for message in retained {
        if let Err(why) = topic::check_name(&message.topic, settings.topic_max_bytes) {
            return Err(NotStarted::Retained {
                topic: message.topic,
                why,
            });
        }
        let name = message.topic.clone();
        if !router.restore(message) {
            warn!(
                topic = name,
                "retained message not restored: retained_max or retained_max_bytes is reached"
            );
        }
    }
    Ok(())
}

/// Ends sessions whose time is over and publishes wills whose delay has passed.
async fn sweep(shared: Arc<Shared>, mut stop: watch::Receiver<bool>) {
    let mut wills = JoinSet::new();
    loop {
        tokio::select! {
            _ = stop.changed() => break,
            Some(ended) = wills.join_next(), if !wills.is_empty() => note(ended),
            () = tokio::time::sleep(SWEEP_EVERY) => {
                for late in shared.router.sweep(clock::now()) {
                    let shared = Arc::clone(&shared);
                    wills.spawn(async move { late_will::publish(late, &shared).await });
                }
            }
        }
    }
    while let Some(ended) = wills.join_next().await {
        note(ended);
    }
}

async fn listen(
    listener: TcpListener,
    shared: Arc<Shared>,
    tls: Option<Arc<TlsDoor>>,
    mut stop: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    let full = PerMinute::lines(1);
    let failed = PerMinute::lines(1);
    loop {
        tokio::select! {
            _ = stop.changed() => break,
            Some(ended) = connections.join_next(), if !connections.is_empty() => note(ended),
            accepted = listener.accept() => match accepted {
                // Those at the TLS port count, too.
                Ok((stream, _)) if shared.tally.connections.get() >= shared.settings.connections_max as u64 => {
                    drop(stream);
                    shared.tally.refused_for_limit.one();
                    if full.now() {
                        warn!(connections_max = shared.settings.connections_max,
                            refused = shared.tally.refused_for_limit.get(),
                            "too many connections: socket closed (this line at most once a minute)");
                    }
                }
                Ok((stream, address)) => {
                    let open = Open::new(Arc::clone(&shared.tally));
                    let served = serve(stream, address, Arc::clone(&shared), tls.clone(), stop.clone());
                    connections.spawn(async move {
                        served.await;
                        drop(open);
                    });
                }
                Err(error) => {
                    if failed.now() {
                        warn!(%error, "a connection could not be accepted (this line at most once a minute)");
                    }
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    while let Some(ended) = connections.join_next().await {
        note(ended);
    }
}

fn note(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        error!(%error, "a connection ended by a fault of the broker; the others go on");
    }
}

async fn serve(
    stream: TcpStream,
    address: SocketAddr,
    shared: Arc<Shared>,
    tls: Option<Arc<TlsDoor>>,
    mut stop: watch::Receiver<bool>,
) {
    let number = shared.last_connection.fetch_add(1, Ordering::Relaxed) + 1;
    let probes = TcpKeepalive::new().with_time(PROBE_AFTER);
    if let Err(error) = stream
        .set_nodelay(true)
        .and_then(|()| SockRef::from(&stream).set_tcp_keepalive(&probes))
    {
        warn!(%address, %error, "socket options were not accepted");
    }
    let mut origin = Origin {
        address,
        number,
        certificate: None,
    };
    let Some(tls) = tls else {
        converse(stream, origin, shared, stop).await;
        return;
    };
    let accepted = tokio::select! {
        accepted = tls.accept(stream, shared.settings.connect_timeout()) => accepted,
        _ = stop.changed() => return,
    };
    match accepted {
        Ok((stream, certificate)) => {
            origin.certificate = certificate;
            converse(stream, origin, shared, stop).await;
        }
        Err(why) => {
            shared.tally.tls_failed.one();
            if shared.refused.now() {
                warn!(%address, "TLS handshake failed: {why} (this line at most once a minute)");
            }
        }
    }
}

async fn converse<S>(
    mut stream: S,
    origin: Origin,
    shared: Arc<Shared>,
    mut stop: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let admitted = tokio::select! {
        admitted = handshake::admit(&mut stream, &origin, &shared) => admitted,
        _ = stop.changed() => None,
    };
    if let Some(admitted) = admitted {
        Connection::new(admitted, &origin, shared)
            .serve(stream, stop)
            .await;
    }
}

/// Counts a connection as open for as long as it lives.
struct Open(Arc<Tally>);

impl Open {
    fn new(tally: Arc<Tally>) -> Self {
        tally.connections.one();
        Self(tally)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.connections.less_one();
    }
}
