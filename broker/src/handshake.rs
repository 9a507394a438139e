//! From an open socket to a session: CONNECT, the door, CONNACK.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tracing::{debug, warn};

use crate::clock;
use crate::codec::{self, Broken, Connect, ConnectCode, Packet, Reply, Will};
use crate::door::{Denied, Grant, Visitor};
use crate::listen::Shared;
use crate::outbox::Outbox;
use crate::router::{Arrival, Joined, Router};
use crate::session::Here;
use crate::topic::{self, TopicError};

/// The longest legal CONNECT: five fields of 64 KiB. A stranger cannot make us hold more.
const CONNECT_MAX_BYTES: usize = 12 + 5 * 65_537;
/// How often a newcomer steps back for another newcomer with the same client identifier.
const TAKE_OVERS_MAX: usize = 8;
/// How long a newcomer waits for the older connection to be gone.
const GONE_WITHIN: Duration = Duration::from_secs(10);

/// A client with a session. `input` may hold packets that came behind its CONNECT.
pub(crate) struct Admitted {
    pub(crate) client_id: String,
    pub(crate) keep_alive: Option<Duration>,
    pub(crate) will: Option<Will>,
    pub(crate) grant: Grant,
    pub(crate) seat: Seat,
    pub(crate) session_present: bool,
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) input: BytesMut,
}

/// The place of a connection in its session. It is left when this is dropped, whatever ends the connection.
pub(crate) struct Seat {
    pub(crate) session: u64,
    router: Arc<Router>,
    /// Dropped after the session was left, which is what a newer connection waits for.
    _gone: watch::Sender<()>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.router.leave(self.session, clock::now());
    }
}

/// Reads the CONNECT and lets the client in, or tells it why not.
pub(crate) async fn admit(
    stream: &mut TcpStream,
    address: SocketAddr,
    connection: u64,
    shared: &Arc<Shared>,
) -> Option<Admitted> {
    let mut input = BytesMut::with_capacity(1_024);
    let patience = shared.settings.connect_timeout();
    let connect = match timeout(patience, read_connect(stream, &mut input, shared)).await {
        Ok(Ok(connect)) => connect,
        Ok(Err(refusal)) => {
            refuse(stream, address, "", refusal, shared).await;
            return None;
        }
        Err(_) => {
            refuse(stream, address, "", Refusal::Slow, shared).await;
            return None;
        }
    };
    let client_id = connect.client_id.clone();
    match enter(connect, address, connection, shared).await {
        Ok(mut admitted) => {
            admitted.input = input;
            shared.tally.admitted.one();
            debug!(client_id, %address, session_present = admitted.session_present, "client connected");
            Some(admitted)
        }
        Err(refusal) => {
            refuse(stream, address, &client_id, refusal, shared).await;
            None
        }
    }
}

/// Why a client does not get a session.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("closed before its CONNECT was complete")]
    Closed,
    #[error("no complete CONNECT in time")]
    Slow,
    #[error("the first packet is not a CONNECT")]
    NotConnect,
    #[error(transparent)]
    Broken(#[from] Broken),
    #[error("empty client identifier with a lasting session")]
    Nameless,
    #[error("client identifier of {bytes} bytes: at most {max_bytes} are accepted")]
    LongName { bytes: usize, max_bytes: usize },
    #[error("will: {0}")]
    WillTopic(TopicError),
    #[error("will on {0:?}, which is not granted")]
    WillNotGranted(String),
    #[error(transparent)]
    Denied(#[from] Denied),
    #[error("the doorkeeper failed")]
    NoDoorkeeper,
    #[error("the session of this client identifier belongs to another user name")]
    NotYours,
    #[error("the older connection of this client identifier does not end")]
    OlderStays,
    #[error("no room for another lasting session")]
    Full,
}

impl Refusal {
    /// What the client is told; `None` if it did not speak well enough to be answered.
    fn code(&self) -> Option<ConnectCode> {
        Some(match self {
            Self::Closed | Self::Slow | Self::NotConnect | Self::WillTopic(_) => return None,
            Self::Broken(Broken::Version(_)) => ConnectCode::RefusedProtocolVersion,
            Self::Broken(_) => return None,
            Self::Nameless | Self::LongName { .. } | Self::NotYours => ConnectCode::BadClientId,
            Self::Denied(Denied::BadClientId) => ConnectCode::BadClientId,
            Self::Denied(Denied::BadCredentials) => ConnectCode::BadUserNamePassword,
            Self::Denied(Denied::NotAuthorized) | Self::WillNotGranted(_) => {
                ConnectCode::NotAuthorized
            }
            Self::Denied(Denied::Unavailable)
            | Self::NoDoorkeeper
            | Self::OlderStays
            | Self::Full => ConnectCode::ServiceUnavailable,
        })
    }
}

async fn read_connect(
    stream: &mut TcpStream,
    input: &mut BytesMut,
    shared: &Shared,
) -> Result<Connect, Refusal> {
    let max_bytes = CONNECT_MAX_BYTES.min(shared.settings.packet_max_bytes);
    loop {
        if !codec::begins_with_connect(input) {
            return Err(Refusal::NotConnect);
        }
        match codec::decode(input, max_bytes)? {
            Some(Packet::Connect(connect)) => return Ok(connect),
            Some(_) => return Err(Refusal::NotConnect),
            None => {}
        }
        match stream.read_buf(input).await {
            Ok(0) | Err(_) => return Err(Refusal::Closed),
            Ok(_) => {}
        }
    }
}

async fn enter(
    connect: Connect,
    address: SocketAddr,
    connection: u64,
    shared: &Arc<Shared>,
) -> Result<Admitted, Refusal> {
    let Connect {
        client_id,
        clean_session,
        keep_alive_s,
        will,
        username,
        password,
    } = connect;
    let max_bytes = shared.settings.client_id_max_bytes;
    if client_id.is_empty() && !clean_session {
        return Err(Refusal::Nameless);
    }
    if client_id.len() > max_bytes {
        return Err(Refusal::LongName {
            bytes: client_id.len(),
            max_bytes,
        });
    }
    if let Some(will) = &will {
        topic::check_name(&will.topic, shared.settings.topic_max_bytes)
            .map_err(Refusal::WillTopic)?;
    }
    let asked = (client_id.clone(), username.clone(), password);
    let grant = ask_doorkeeper(asked, address, shared).await?;
    if let Some(will) = &will
        && !grant.may_publish(&will.topic)
    {
        return Err(Refusal::WillNotGranted(will.topic.clone()));
    }
    let (gone, gone_too) = watch::channel(());
    let outbox = Arc::<Outbox>::default();
    let arrival = Arrival {
        // No client can send U+0000, so a name that we give never meets one that was chosen.
        client_id: if client_id.is_empty() {
            format!("\0{connection}")
        } else {
            client_id.clone()
        },
        owner: username,
        clean: clean_session,
        here: Here {
            connection,
            outbox: Arc::clone(&outbox),
            gone: gone_too,
        },
    };
    let (session, session_present) = join(arrival, &grant, shared).await?;
    let seat = Seat {
        session,
        router: Arc::clone(&shared.router),
        _gone: gone,
    };
    // One and a half times what the client announced, as the standard says; 0 is no limit.
    let keep_alive =
        (keep_alive_s > 0).then(|| Duration::from_millis(u64::from(keep_alive_s) * 1_500));
    let input = BytesMut::new();
    Ok(Admitted {
        client_id,
        keep_alive,
        will,
        grant,
        seat,
        session_present,
        outbox,
        input,
    })
}

async fn ask_doorkeeper(
    (client_id, username, password): (String, Option<String>, Option<Bytes>),
    address: SocketAddr,
    shared: &Arc<Shared>,
) -> Result<Grant, Refusal> {
    let _turn = shared
        .admissions
        .acquire()
        .await
        .map_err(|_| Refusal::NoDoorkeeper)?;
    let doorkeeper = Arc::clone(&shared.doorkeeper);
    let asked = tokio::task::spawn_blocking(move || {
        doorkeeper.admit(&Visitor {
            client_id: &client_id,
            username: username.as_deref(),
            password: password.as_deref(),
            address,
        })
    });
    Ok(asked.await.map_err(|_| Refusal::NoDoorkeeper)??)
}

async fn join(
    mut arrival: Arrival,
    grant: &Grant,
    shared: &Shared,
) -> Result<(u64, bool), Refusal> {
    for _ in 0..TAKE_OVERS_MAX {
        match shared.router.join(arrival, grant, clock::now()) {
            Joined::In { session, present } => return Ok((session, present)),
            Joined::NotYours => return Err(Refusal::NotYours),
            Joined::Full => return Err(Refusal::Full),
            Joined::After(mut gone, again) => {
                arrival = again;
                // Its will must be out before we are in: the newer connection has the last word.
                if timeout(GONE_WITHIN, gone.changed()).await.is_err() {
                    return Err(Refusal::OlderStays);
                }
            }
        }
    }
    Err(Refusal::OlderStays)
}

async fn refuse(
    stream: &mut TcpStream,
    address: SocketAddr,
    client_id: &str,
    refusal: Refusal,
    shared: &Shared,
) {
    match &refusal {
        Refusal::Closed => {}
        Refusal::Slow | Refusal::NotConnect | Refusal::WillTopic(_) => shared.tally.malformed.one(),
        Refusal::Broken(Broken::Oversized { .. }) => shared.tally.oversized.one(),
        Refusal::Broken(_) => shared.tally.malformed.one(),
        Refusal::Full | Refusal::OlderStays => shared.tally.refused_for_limit.one(),
        _ => shared.tally.denied.one(),
    }
    debug!(client_id, %address, "client not let in: {refusal}");
    // Strangers can knock as often as they like; they do not fill the log.
    if !matches!(refusal, Refusal::Closed) && shared.refused.now() {
        warn!(client_id, %address, "client not let in: {refusal} (this line at most once a minute)");
    }
    if let Some(code) = refusal.code() {
        let mut out = BytesMut::new();
        codec::encode(
            &Reply::ConnAck {
                session_present: false,
                code,
            },
            &mut out,
        );
        let told = timeout(shared.settings.connect_timeout(), async {
            stream.write_all(&out).await?;
            stream.shutdown().await
        });
        if !matches!(told.await, Ok(Ok(()))) {
            debug!(client_id, %address, "client was gone before it could be told");
        }
    }
}
