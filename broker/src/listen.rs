//! The broker as its owner sees it: started on a listener, asked for its numbers, stopped.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::{JoinError, JoinHandle, JoinSet};
use tracing::{error, info, warn};

use crate::connection::Connection;
use crate::counts::{Counts, PerMinute, Tally};
use crate::door::Doorkeeper;
use crate::handshake;
use crate::retained::Retained;
use crate::router::Router;
use crate::settings::{Settings, SettingsError};
use crate::sink::Inbound;
use crate::topic::{self, TopicError};

/// The kernel asks a silent peer after a minute whether it is still there. This finds dead peers that
/// connected without keep-alive.
const PROBE_AFTER: Duration = Duration::from_secs(60);
/// Log lines a minute about closed connections. Two devices that share one identifier and take it from each
/// other in a loop do not fill the log.
const FAULT_LINES: u32 = 60;
/// Between two tries to accept when the system has no more sockets.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A running broker. Dropped without [`stop`](Self::stop), it closes everything at once.
pub struct Broker {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: watch::Sender<bool>,
    listening: JoinHandle<()>,
}

/// What all connections need.
pub(crate) struct Shared {
    pub(crate) settings: Arc<Settings>,
    pub(crate) doorkeeper: Arc<dyn Doorkeeper>,
    /// How many may be asked about at once.
    pub(crate) admissions: Semaphore,
    pub(crate) sink_filter: String,
    pub(crate) sink: mpsc::Sender<Inbound>,
    pub(crate) router: Arc<Router>,
    pub(crate) tally: Arc<Tally>,
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
    /// The sink filter is not a topic filter.
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
    /// Starts to accept connections on `listener`. Publishes that match `sink_filter` go to `sink` and are
    /// acknowledged by its receipts; `retained` are the messages retained by an earlier run.
    ///
    /// # Errors
    /// Settings, a filter or a topic that cannot be accepted, or a listener without an address.
    pub async fn start(
        listener: TcpListener,
        settings: Settings,
        doorkeeper: Arc<dyn Doorkeeper>,
        sink_filter: String,
        sink: mpsc::Sender<Inbound>,
        retained: Vec<Retained>,
    ) -> Result<Self, NotStarted> {
        settings.check()?;
        if let Err(why) = topic::check_filter(&sink_filter, settings.topic_max_bytes) {
            return Err(NotStarted::SinkFilter {
                filter: sink_filter,
                why,
            });
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
            sink_filter,
            sink,
            router,
            tally,
            refused: PerMinute::lines(1),
            faults: PerMinute::lines(FAULT_LINES),
            last_connection: AtomicU64::new(0),
        });
        let (stop, stopping) = watch::channel(false);
        let listening = tokio::spawn(listen(listener, Arc::clone(&shared), stopping));
        info!(%address, sink_filter = shared.sink_filter, "broker listens");
        Ok(Self {
            address,
            shared,
            stop,
            listening,
        })
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

    /// Accepts nobody any more and reads nothing more, waits up to `stop_max_s` for commits and
    /// acknowledgements of what was read, then closes all connections. Wills are not published. When this
    /// returns, the sink's sender is dropped.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        if let Err(error) = self.listening.await {
            warn!(%error, "the broker did not end cleanly");
        }
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

async fn listen(listener: TcpListener, shared: Arc<Shared>, mut stop: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    let full = PerMinute::lines(1);
    let failed = PerMinute::lines(1);
    loop {
        tokio::select! {
            _ = stop.changed() => break,
            Some(ended) = connections.join_next(), if !connections.is_empty() => note(ended),
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) if connections.len() >= shared.settings.connections_max => {
                    drop(stream);
                    shared.tally.refused_for_limit.one();
                    if full.now() {
                        warn!(connections_max = shared.settings.connections_max,
                            refused = shared.tally.refused_for_limit.get(),
                            "too many connections: socket closed (this line at most once a minute)");
                    }
                }
                Ok((stream, address)) => {
                    connections.spawn(serve(stream, address, Arc::clone(&shared), stop.clone()));
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
    mut stream: TcpStream,
    address: SocketAddr,
    shared: Arc<Shared>,
    mut stop: watch::Receiver<bool>,
) {
    let _open = Open::new(Arc::clone(&shared.tally));
    let number = shared.last_connection.fetch_add(1, Ordering::Relaxed) + 1;
    let probes = TcpKeepalive::new().with_time(PROBE_AFTER);
    if let Err(error) = stream
        .set_nodelay(true)
        .and_then(|()| SockRef::from(&stream).set_tcp_keepalive(&probes))
    {
        warn!(%address, %error, "socket options were not accepted");
    }
    let admitted = tokio::select! {
        admitted = handshake::admit(&mut stream, address, number, &shared) => admitted,
        _ = stop.changed() => None,
    };
    if let Some(admitted) = admitted {
        Connection::new(admitted, number, address, shared)
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
