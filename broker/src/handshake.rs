//! From an open socket to a session: CONNECT, the door, CONNACK.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;
use tokio::time::timeout;
use tracing::{debug, warn};

use crate::clock;
use crate::codec::{self, About, Broken, Connect, FOREVER_S, Packet, Reason, Reply, Version, Will};
use crate::door::{Certificate, Denied, Grant, Visitor};
use crate::late_will;
use crate::listen::Shared;
use crate::meter::Meter;
use crate::outbox::Outbox;
use crate::router::{Arrival, Joined, Router};
use crate::session::Here;
use crate::topic::{self, TopicError};

/// The longest CONNECT: five fields of 64 KiB, and properties. A stranger cannot make us hold more.
const CONNECT_MAX_BYTES: usize = 12 + 5 * 65_537 + 2 * (64 << 10);
/// How often a newcomer steps back for another newcomer with the same client identifier.
const TAKE_OVERS_MAX: usize = 8;
/// How long a newcomer waits for the older connection to be gone.
const GONE_WITHIN: Duration = Duration::from_secs(10);

/// How long a device that has sent more than its rate waits at the door. A client's patience is a few seconds.
const OWES_MAX: Duration = Duration::from_secs(2);

/// Where a connection comes from.
pub(crate) struct Origin {
    pub(crate) address: SocketAddr,
    /// Counts connections from 1.
    pub(crate) number: u64,
    pub(crate) certificate: Option<Certificate>,
}

/// A client with a session. `input` may hold packets that came behind its CONNECT.
pub(crate) struct Admitted {
    pub(crate) version: Version,
    pub(crate) client_id: String,
    pub(crate) keep_alive: Option<Duration>,
    pub(crate) will: Option<Will>,
    pub(crate) grant: Grant,
    pub(crate) meter: Arc<Meter>,
    pub(crate) seat: Seat,
    /// The CONNACK to be sent.
    pub(crate) welcome: Reply,
    /// Longest packet that the client takes, whole.
    pub(crate) packet_max_bytes: Option<u32>,
    /// Topic aliases that it keeps for us.
    pub(crate) topic_alias_max: u16,
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
pub(crate) async fn admit<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    origin: &Origin,
    shared: &Arc<Shared>,
) -> Option<Admitted> {
    let mut input = BytesMut::with_capacity(1_024);
    let patience = shared.settings.connect_timeout();
    let address = origin.address;
    let stranger = Stranger {
        address,
        version: Version::V4,
        client_id: "",
    };
    let connect = match timeout(patience, read_connect(stream, &mut input, shared)).await {
        Ok(Ok(connect)) => connect,
        Ok(Err(refusal)) => {
            let version = match refusal {
                Refusal::Broken(Broken::Connect(_)) => Version::V5,
                _ => Version::V4,
            };
            refuse(
                stream,
                Stranger {
                    version,
                    ..stranger
                },
                refusal,
                shared,
            )
            .await;
            return None;
        }
        Err(_) => {
            refuse(stream, stranger, Refusal::Slow, shared).await;
            return None;
        }
    };
    let (client_id, version) = (connect.client_id.clone(), connect.version);
    match enter(*connect, origin, shared).await {
        Ok(mut admitted) => {
            admitted.input = input;
            shared.tally.admitted.one();
            debug!(client_id = admitted.client_id, %address, ?version, welcome = ?admitted.welcome, "client connected");
            Some(admitted)
        }
        Err(refusal) => {
            let stranger = Stranger {
                address,
                version,
                client_id: &client_id,
            };
            refuse(stream, stranger, refusal, shared).await;
            None
        }
    }
}

/// Somebody who is not let in.
struct Stranger<'a> {
    address: SocketAddr,
    version: Version,
    client_id: &'a str,
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
    #[error("will of {bytes} bytes: at most {max_bytes} are accepted of this device")]
    LongWill { bytes: usize, max_bytes: usize },
    #[error("the device has sent more than its rate: a will may be left in {for_ms} ms")]
    Overdrawn { for_ms: u128 },
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
    #[error("enhanced authentication is not offered")]
    Authentication,
}

impl Refusal {
    /// What the client is told; `None` if it did not speak well enough to be answered.
    fn reason(&self, version: Version) -> Option<Reason> {
        Some(match self {
            Self::Closed | Self::Slow | Self::NotConnect => return None,
            Self::WillTopic(_) if version == Version::V4 => return None,
            Self::WillTopic(_) => Reason::TOPIC_NAME,
            // Of the two words that 3.1.1 has, the other one says: try again.
            Self::LongWill { .. } if version == Version::V4 => Reason::NOT_AUTHORIZED,
            Self::LongWill { .. } => Reason::QUOTA,
            Self::Overdrawn { .. } => Reason::CONNECTION_RATE,
            Self::Broken(Broken::Version(_)) => Reason::VERSION,
            Self::Broken(Broken::Connect(why)) => match **why {
                Broken::Oversized { .. } => Reason::TOO_LARGE,
                Broken::Protocol(_) => Reason::PROTOCOL_ERROR,
                _ => Reason::MALFORMED,
            },
            Self::Broken(_) => return None,
            Self::Nameless | Self::LongName { .. } | Self::NotYours => Reason::CLIENT_ID,
            Self::Denied(Denied::BadClientId) => Reason::CLIENT_ID,
            Self::Denied(Denied::BadCredentials) => Reason::CREDENTIALS,
            Self::Denied(Denied::NotAuthorized) | Self::WillNotGranted(_) => Reason::NOT_AUTHORIZED,
            Self::Authentication => Reason::AUTHENTICATION_METHOD,
            Self::Denied(Denied::Unavailable) | Self::NoDoorkeeper | Self::OlderStays => {
                Reason::UNAVAILABLE
            }
            Self::Full => Reason::QUOTA,
        })
    }
}

async fn read_connect<S: AsyncRead + Unpin>(
    stream: &mut S,
    input: &mut BytesMut,
    shared: &Shared,
) -> Result<Box<Connect>, Refusal> {
    let mut sizes = shared.settings.sizes();
    sizes.packet_max_bytes = sizes.packet_max_bytes.min(CONNECT_MAX_BYTES);
    loop {
        if !codec::begins_with_connect(input) {
            return Err(Refusal::NotConnect);
        }
        match codec::decode(input, Version::V4, sizes)? {
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
    mut connect: Connect,
    origin: &Origin,
    shared: &Arc<Shared>,
) -> Result<Admitted, Refusal> {
    check(&connect, shared)?;
    let will = connect.will.take();
    let mut paid = false;
    // A device that is put out of use while it is at the door must not slip in behind the list that was read.
    let (grant, meter, seat, present, outbox, about) = loop {
        let expulsions = shared.expulsions();
        let grant = ask_doorkeeper(&connect, origin, shared).await?;
        let meter = shared.meters.of(grant.device.as_deref());
        meter.allow(grant.rate, clock::now());
        if let Some(will) = &will {
            may_leave(will, &grant)?;
            if !paid {
                pay_for(will, &meter, shared).await?;
                paid = true;
            }
        }
        let (arrival, gone, about) = arrive(&connect, &grant, origin, shared);
        let outbox = Arc::clone(&arrival.here.outbox);
        let (session, present) = join(arrival, &grant, shared).await?;
        let seat = Seat {
            session,
            router: Arc::clone(&shared.router),
            _gone: gone,
        };
        if expulsions == shared.expulsions() {
            break (grant, meter, seat, present, outbox, about);
        }
    };
    // Its own session may have ended just now: what that one left to be said comes before what is said anew. The
    // wills of others are the sweeper's: nobody waits for them here.
    for late in shared.router.late_wills_of(&connect.client_id) {
        late_will::publish(late, shared).await;
    }
    // One and a half times what was agreed, as the standard says; 0 is no limit.
    let keep_alive_s = about.keep_alive_s.unwrap_or(connect.keep_alive_s);
    let keep_alive =
        (keep_alive_s > 0).then(|| Duration::from_millis(u64::from(keep_alive_s) * 1_500));
    Ok(Admitted {
        version: connect.version,
        // A name that we gave is not the client's: the service sees that there was none.
        client_id: connect.client_id,
        keep_alive,
        will,
        grant,
        meter,
        seat,
        welcome: Reply::ConnAck {
            session_present: present,
            reason: Reason::SUCCESS,
            about,
        },
        packet_max_bytes: connect.packet_max_bytes,
        topic_alias_max: connect.topic_alias_max.min(shared.settings.topic_alias_max),
        outbox,
        input: BytesMut::new(),
    })
}

/// A will is a publish like any other: the limits of the device are its limits.
fn may_leave(will: &Will, grant: &Grant) -> Result<(), Refusal> {
    if !grant.may_publish(&will.topic) {
        return Err(Refusal::WillNotGranted(will.topic.clone()));
    }
    let bytes = will.payload.len();
    match grant.payload_max_bytes {
        Some(max_bytes) if bytes > max_bytes => Err(Refusal::LongWill { bytes, max_bytes }),
        _ => Ok(()),
    }
}

/// Nobody can be made to wait when a will is due, so it is paid for here: otherwise a device that comes and goes would
/// say as much as it likes. Who owes waits at the door; who owes much is sent away, and owes no more than before.
async fn pay_for(will: &Will, meter: &Meter, shared: &Shared) -> Result<(), Refusal> {
    let bytes = will.topic.len() + will.payload.len() + will.passed_on.len();
    let owed = meter.charge_within(bytes, clock::now(), OWES_MAX);
    if owed != Ok(None) {
        shared.tally.throttled.one();
    }
    match owed {
        Ok(None) => {}
        Ok(Some(owed)) => tokio::time::sleep(owed).await,
        Err(owed) => {
            return Err(Refusal::Overdrawn {
                for_ms: owed.as_millis(),
            });
        }
    }
    Ok(())
}

/// What can be said without asking the doorkeeper.
fn check(connect: &Connect, shared: &Shared) -> Result<(), Refusal> {
    let max_bytes = shared.settings.client_id_max_bytes;
    let bytes = connect.client_id.len();
    if connect.version == Version::V4 && bytes == 0 && !connect.clean_start {
        return Err(Refusal::Nameless);
    }
    if bytes > max_bytes {
        return Err(Refusal::LongName { bytes, max_bytes });
    }
    if connect.wants_authentication {
        return Err(Refusal::Authentication);
    }
    if let Some(will) = &connect.will {
        topic::check_name(&will.topic, shared.settings.topic_max_bytes)
            .map_err(Refusal::WillTopic)?;
    }
    Ok(())
}

/// The client as the router sees it, and what it is told about us.
fn arrive(
    connect: &Connect,
    grant: &Grant,
    origin: &Origin,
    shared: &Shared,
) -> (Arrival, watch::Sender<()>, About) {
    let settings = &shared.settings;
    let mut about = About::default();
    let mut client_id = connect.client_id.clone();
    let mut expiry_s = connect.session_expiry_s;
    if connect.version == Version::V5 {
        if client_id.is_empty() {
            client_id = free_name(origin.number, shared);
            about.assigned_client_id = Some(client_id.clone());
        }
        let longest = u32::try_from(settings.session_away_max_s).unwrap_or(FOREVER_S);
        if expiry_s > longest {
            expiry_s = longest;
            about.session_expiry_s = Some(longest);
        }
        let longest = settings.keep_alive_max_s;
        if longest > 0 && (connect.keep_alive_s == 0 || connect.keep_alive_s > longest) {
            about.keep_alive_s = Some(longest);
        }
        about.receive_max = u16::try_from(settings.unacked_max)
            .ok()
            .filter(|most| *most < u16::MAX);
        about.packet_max_bytes = u32::try_from(settings.packet_max_bytes).ok();
        about.topic_alias_max = settings.topic_alias_max;
    } else if client_id.is_empty() {
        // No client can send U+0000, so a name that we give never meets one that was chosen.
        client_id = format!("\0{}", origin.number);
    }
    let (gone, gone_too) = watch::channel(());
    let arrival = Arrival {
        client_id,
        owner: connect.username.clone(),
        device: grant.device.clone(),
        clean: connect.clean_start,
        expiry_s,
        here: Here {
            connection: origin.number,
            outbox: Arc::<Outbox>::default(),
            gone: gone_too,
            receive_max: connect.receive_max,
        },
    };
    (arrival, gone, about)
}

/// A client identifier that nobody uses.
fn free_name(connection: u64, shared: &Shared) -> String {
    let mut name = format!("assigned-{connection}");
    while shared.router.knows(&name) {
        name.push('+');
    }
    name
}

async fn ask_doorkeeper(
    connect: &Connect,
    origin: &Origin,
    shared: &Arc<Shared>,
) -> Result<Grant, Refusal> {
    let _turn = shared
        .admissions
        .acquire()
        .await
        .map_err(|_| Refusal::NoDoorkeeper)?;
    let doorkeeper = Arc::clone(&shared.doorkeeper);
    let client_id = connect.client_id.clone();
    let username = connect.username.clone();
    let password: Option<Bytes> = connect.password.clone();
    let certificate = origin.certificate.clone();
    let address = origin.address;
    let asked = tokio::task::spawn_blocking(move || {
        doorkeeper.admit(&Visitor {
            client_id: &client_id,
            username: username.as_deref(),
            password: password.as_deref(),
            certificate: certificate.as_ref(),
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

async fn refuse<S: AsyncWrite + Unpin>(
    stream: &mut S,
    stranger: Stranger<'_>,
    refusal: Refusal,
    shared: &Shared,
) {
    let Stranger {
        address,
        version,
        client_id,
    } = stranger;
    match &refusal {
        Refusal::Closed => {}
        Refusal::Slow | Refusal::NotConnect | Refusal::WillTopic(_) => shared.tally.malformed.one(),
        Refusal::Broken(Broken::Oversized { .. }) => shared.tally.oversized.one(),
        Refusal::Broken(_) => shared.tally.malformed.one(),
        Refusal::Full | Refusal::OlderStays | Refusal::Overdrawn { .. } => {
            shared.tally.refused_for_limit.one();
        }
        _ => shared.tally.denied.one(),
    }
    debug!(client_id, %address, "client not let in: {refusal}");
    // Strangers can knock as often as they like; they do not fill the log.
    if !matches!(refusal, Refusal::Closed) && shared.refused.now() {
        warn!(client_id, %address, "client not let in: {refusal} (this line at most once a minute)");
    }
    if let Some(reason) = refusal.reason(version) {
        let mut out = BytesMut::new();
        codec::encode(
            version,
            &Reply::ConnAck {
                session_present: false,
                reason,
                about: About::default(),
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
