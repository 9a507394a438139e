//! One client's connection: one task that reads, decides and writes, and never waits for anything else.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc::OwnedPermit;
use tokio::sync::mpsc::error::{SendError, TrySendError};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};
use tracing::{debug, warn};

use crate::clock;
use crate::codec::{self, Broken, ConnectCode, Delivery, Packet, Publish, QoS, Reply, Will};
use crate::handshake::Admitted;
use crate::listen::Shared;
use crate::router::{Message, Novelty};
use crate::sink::{Answer, Inbound, Line};
use crate::topic::{self, TopicError};

/// Read at once.
const READ_BYTES: usize = 8 << 10;
/// Deliveries are added to what waits for the socket up to here.
const DELIVER_BYTES: usize = 64 << 10;
/// A client that does not read its replies is not read from when they are more than this. Deliveries do not
/// count: two sides that both send something long and read nothing would wait for each other.
const REPLIES_MAX_BYTES: usize = 256 << 10;
/// Buffers larger than this are given back when they are empty.
const BUFFER_KEEP_BYTES: usize = 64 << 10;
/// How long the sink may take for a will.
const WILL_WITHIN: Duration = Duration::from_secs(5);
/// When nothing is due.
const FAR: Duration = Duration::from_secs(24 * 3_600);

/// An open connection with a session.
pub(crate) struct Connection {
    shared: Arc<Shared>,
    number: u64,
    address: SocketAddr,
    me: Admitted,
    line: Arc<Line>,
    /// For the socket.
    out: BytesMut,
    /// A publish for which the sink has no room, and our place in its queue. We do not read meanwhile.
    blocked: Option<(Inbound, Turn)>,
    /// The session may have something to send.
    look: bool,
    heard: Instant,
    progress: Instant,
    /// A publish was not committed: when to close.
    pause_until: Option<Instant>,
    /// The broker stops: when to close at the latest.
    stop_until: Option<Instant>,
}

type Turn = Pin<Box<dyn Future<Output = Result<OwnedPermit<Inbound>, SendError<()>>> + Send>>;

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
enum End {
    #[error("client disconnected")]
    Disconnected,
    #[error("client closed the socket without DISCONNECT")]
    Closed,
    #[error("socket failed: {0}")]
    Socket(#[from] io::Error),
    #[error("{0}")]
    Broken(#[from] Broken),
    #[error("{0}")]
    Topic(#[from] TopicError),
    #[error("second CONNECT")]
    SecondConnect,
    #[error("publish on {0:?} is not granted")]
    NotGranted(String),
    #[error("silent for longer than its keep-alive allows")]
    Silent,
    #[error("takes nothing of what waits for it")]
    Stalled,
    #[error("taken over by a newer connection with the same client identifier")]
    TakenOver,
    #[error("a publish could not be committed: closed, so that it is sent again")]
    Uncommitted,
    #[error("the broker stops")]
    Stopped,
}

impl Connection {
    pub(crate) fn new(me: Admitted, number: u64, address: SocketAddr, shared: Arc<Shared>) -> Self {
        let line = Line::new(
            Arc::clone(&shared.router),
            Arc::clone(&shared.tally),
            Arc::clone(&me.outbox),
            me.seat.session,
            number,
        );
        let mut out = BytesMut::new();
        let session_present = me.session_present;
        codec::encode(
            &Reply::ConnAck {
                session_present,
                code: ConnectCode::Success,
            },
            &mut out,
        );
        let now = clock::now();
        Self {
            shared,
            number,
            address,
            me,
            line,
            out,
            blocked: None,
            look: true,
            heard: now,
            progress: now,
            pause_until: None,
            stop_until: None,
        }
    }

    /// Serves the client until one side ends it; then its will is published, and last its seat given up.
    pub(crate) async fn serve(mut self, mut stream: TcpStream, stop: watch::Receiver<bool>) {
        let end = match self.talk(&mut stream, stop).await {
            Err(end) => end,
            Ok(never) => match never {},
        };
        drop(stream);
        self.count_and_log(&end);
        // What the sink has not taken is not committed.
        self.blocked = None;
        if !matches!(end, End::Disconnected | End::Stopped)
            && let Some(will) = self.me.will.take()
        {
            self.publish_will(will).await;
        }
    }

    async fn talk(
        &mut self,
        stream: &mut TcpStream,
        mut stop: watch::Receiver<bool>,
    ) -> Result<std::convert::Infallible, End> {
        let (mut reader, mut writer) = stream.split();
        let outbox = Arc::clone(&self.me.outbox);
        let timer = sleep_until(clock::now() + FAR);
        tokio::pin!(timer);
        loop {
            let now = clock::now();
            self.take_mail()?;
            self.handle_input()?;
            self.take_deliveries();
            self.check_overdue(now)?;
            let reading = self.may_read();
            if !reading {
                self.heard = now; // silence while we do not listen is not the client's
            }
            let due = self.next_due().unwrap_or(now + FAR);
            if timer.is_elapsed() || timer.deadline() > due {
                timer.as_mut().reset(due);
            }
            self.me.input.reserve(if reading { READ_BYTES } else { 0 });
            let stopping = self.stop_until.is_some();
            tokio::select! {
                read = reader.read_buf(&mut self.me.input), if reading => {
                    if read? == 0 {
                        return Err(End::Closed);
                    }
                    self.heard = clock::now();
                }
                written = writer.write_buf(&mut self.out), if !self.out.is_empty() => {
                    if written? == 0 {
                        return Err(End::Closed);
                    }
                    self.progress = clock::now();
                }
                () = outbox.rung() => self.look = true,
                turn = take_turn(&mut self.blocked), if self.blocked.is_some() => self.unblock(turn),
                changed = stop.changed(), if !stopping => {
                    // A broker that was dropped instead of stopped does not wait for anybody.
                    let patience = if changed.is_ok() { self.shared.settings.stop_max() } else { Duration::ZERO };
                    self.stop_until = Some(clock::now() + patience);
                }
                () = &mut timer => {}
            }
        }
    }

    fn take_mail(&mut self) -> Result<(), End> {
        let mail = self.me.outbox.take();
        for reply in &mail.replies {
            self.reply(reply);
        }
        if mail.taken_over {
            return Err(End::TakenOver);
        }
        if mail.uncommitted && self.pause_until.is_none() {
            self.pause_until = Some(clock::now() + self.shared.settings.uncommitted_pause());
        }
        Ok(())
    }

    /// Handles the packets that have come, as far as we may read on.
    fn handle_input(&mut self) -> Result<(), End> {
        while self.may_read() {
            match codec::decode(&mut self.me.input, self.shared.settings.packet_max_bytes)? {
                Some(packet) => self.handle(packet)?,
                None => break,
            }
        }
        if self.me.input.is_empty() && self.me.input.capacity() > BUFFER_KEEP_BYTES {
            self.me.input = BytesMut::new();
        }
        Ok(())
    }

    fn handle(&mut self, packet: Packet) -> Result<(), End> {
        let session = self.me.seat.session;
        match packet {
            Packet::Connect(_) => return Err(End::SecondConnect),
            Packet::Publish(publish) => self.publish(publish)?,
            Packet::PubAck(pkid) => {
                self.shared.router.acknowledged(session, pkid);
                self.look = true;
            }
            Packet::PubRel(pkid) => {
                self.shared.router.release(session, pkid);
                self.reply(&Reply::PubComp(pkid));
            }
            Packet::Unasked => {}
            Packet::Subscribe { pkid, filters } => self.subscribe(pkid, filters)?,
            Packet::Unsubscribe { pkid, filters } => {
                self.shared.router.unsubscribe(session, &filters);
                self.reply(&Reply::UnsubAck(pkid));
            }
            Packet::PingReq => self.reply(&Reply::PingResp),
            Packet::Disconnect => return Err(End::Disconnected),
        }
        Ok(())
    }

    fn publish(&mut self, publish: Publish) -> Result<(), End> {
        let Publish {
            topic,
            payload,
            qos,
            retain,
            pkid,
        } = publish;
        topic::check_name(&topic, self.shared.settings.topic_max_bytes)?;
        if !self.me.grant.may_publish(&topic) {
            return Err(End::NotGranted(topic));
        }
        self.shared.tally.messages_in.one();
        let answer = match qos {
            QoS::AtMostOnce => Answer::Nothing,
            QoS::AtLeastOnce => Answer::PubAck(pkid),
            QoS::ExactlyOnce => {
                match self
                    .shared
                    .router
                    .begin_exact(self.me.seat.session, self.number, pkid)
                {
                    Novelty::New => Answer::PubRec(pkid),
                    Novelty::Pending => return Ok(()),
                    Novelty::Received => {
                        self.reply(&Reply::PubRec(pkid));
                        return Ok(());
                    }
                }
            }
        };
        let message = Arc::new(Message {
            topic,
            payload,
            qos,
        });
        if !topic::matches(&self.shared.sink_filter, &message.topic) {
            self.line.pass(message, retain, answer);
            return self.take_mail(); // answered before the packets behind it
        }
        let inbound = self.inbound(&message, retain, answer);
        match self.shared.sink.try_send(inbound) {
            Ok(()) => {}
            Err(TrySendError::Full(inbound)) => {
                let turn = Box::pin(self.shared.sink.clone().reserve_owned());
                self.blocked = Some((inbound, turn));
            }
            // The service is going: the receipt is dropped and nothing acknowledged.
            Err(TrySendError::Closed(inbound)) => drop(inbound),
        }
        Ok(())
    }

    fn inbound(&self, message: &Arc<Message>, retain: bool, answer: Answer) -> Inbound {
        let receipt = self.line.wait(Arc::clone(message), retain, answer);
        Inbound::new(message, retain, self.me.client_id.clone(), receipt)
    }

    /// The sink has room for what was blocked, or has gone.
    fn unblock(&mut self, turn: Result<OwnedPermit<Inbound>, SendError<()>>) {
        let Some((inbound, _)) = self.blocked.take() else {
            return;
        };
        match turn {
            Ok(permit) => drop(permit.send(inbound)),
            Err(_) => drop(inbound),
        }
    }

    fn subscribe(&mut self, pkid: u16, filters: Vec<(String, QoS)>) -> Result<(), End> {
        let mut asked = Vec::with_capacity(filters.len());
        for (filter, qos) in filters {
            match topic::check_filter(&filter, self.shared.settings.topic_max_bytes) {
                Ok(()) if self.me.grant.may_subscribe(&filter) => asked.push(Some((filter, qos))),
                Ok(()) => {
                    debug!(
                        client_id = self.me.client_id,
                        filter, "subscription not granted"
                    );
                    asked.push(None);
                }
                Err(limit) if limit.is_limit() => asked.push(None),
                Err(wrong) => return Err(wrong.into()),
            }
        }
        let granted = self.shared.router.subscribe(self.me.seat.session, asked);
        self.reply(&Reply::SubAck { pkid, granted });
        self.look = true;
        Ok(())
    }

    /// Takes from the session what may be sent now, not more than the socket is likely to take soon.
    fn take_deliveries(&mut self) {
        while self.look && self.out.len() < DELIVER_BYTES && self.stop_until.is_none() {
            let taken = self
                .shared
                .router
                .take(self.me.seat.session, DELIVER_BYTES - self.out.len());
            self.look = !taken.is_empty();
            for sent in &taken {
                self.note_new_output();
                let delivery = Delivery {
                    topic: &sent.message.topic,
                    payload: &sent.message.payload,
                    qos: sent.qos,
                    retain: sent.retained,
                    dup: sent.dup,
                    pkid: sent.pkid,
                };
                codec::encode_delivery(&delivery, &mut self.out);
            }
        }
        if self.out.is_empty() && self.out.capacity() > BUFFER_KEEP_BYTES * 2 {
            self.out = BytesMut::new();
        }
    }

    fn reply(&mut self, reply: &Reply) {
        self.note_new_output();
        codec::encode(reply, &mut self.out);
    }

    /// Time in which the client takes nothing counts from when there is something to take.
    fn note_new_output(&mut self) {
        if self.out.is_empty() {
            self.progress = clock::now();
        }
    }

    fn may_read(&self) -> bool {
        let (waiting, bytes) = self.line.waiting();
        self.blocked.is_none()
            && self.pause_until.is_none()
            && self.stop_until.is_none()
            && self.out.len()
                < DELIVER_BYTES + self.shared.settings.packet_max_bytes + REPLIES_MAX_BYTES
            && waiting < self.shared.settings.unacked_max
            && bytes < self.shared.settings.packet_max_bytes
    }

    fn silent_at(&self) -> Option<Instant> {
        self.me.keep_alive.map(|keep_alive| self.heard + keep_alive)
    }

    fn stalled_at(&self) -> Option<Instant> {
        (!self.out.is_empty()).then(|| self.progress + self.shared.settings.stall_max())
    }

    fn next_due(&self) -> Option<Instant> {
        [
            self.silent_at(),
            self.stalled_at(),
            self.pause_until,
            self.stop_until,
        ]
        .into_iter()
        .flatten()
        .min()
    }

    fn check_overdue(&self, now: Instant) -> Result<(), End> {
        let past = |due: Option<Instant>| due.is_some_and(|due| due <= now);
        let settled = self.out.is_empty() && self.blocked.is_none() && self.line.waiting().0 == 0;
        if self.stop_until.is_some() && (settled || past(self.stop_until)) {
            return Err(End::Stopped);
        }
        if past(self.pause_until) {
            return Err(End::Uncommitted);
        }
        if past(self.stalled_at()) {
            return Err(End::Stalled);
        }
        if past(self.silent_at()) && self.may_read() {
            return Err(End::Silent);
        }
        Ok(())
    }

    /// A will is a publish of the client like any other, but nobody is left to be told of it.
    async fn publish_will(&mut self, will: Will) {
        let message = Arc::new(Message {
            topic: will.topic,
            payload: will.payload,
            qos: will.qos,
        });
        self.shared.tally.messages_in.one();
        if !topic::matches(&self.shared.sink_filter, &message.topic) {
            self.line.pass(message, will.retain, Answer::Nothing);
            return;
        }
        let inbound = self.inbound(&message, will.retain, Answer::Nothing);
        let sink: &mpsc::Sender<Inbound> = &self.shared.sink;
        if let Err(left) = sink.send_timeout(inbound, WILL_WITHIN).await {
            self.shared.tally.dropped_wills.one();
            let inbound = left.into_inner();
            warn!(
                client_id = inbound.client_id,
                topic = inbound.topic,
                "the sink did not take a will"
            );
        }
    }

    fn count_and_log(&self, end: &End) {
        let tally = &self.shared.tally;
        let client_id = &self.me.client_id;
        let address = self.address;
        match end {
            End::Disconnected | End::Closed | End::Socket(_) | End::Stopped => {}
            End::Broken(Broken::Oversized { .. }) => tally.oversized.one(),
            End::Topic(limit) if limit.is_limit() => tally.oversized.one(),
            End::Broken(_) | End::Topic(_) | End::SecondConnect => tally.malformed.one(),
            End::NotGranted(_) => tally.publishes_refused.one(),
            End::Silent => tally.silent.one(),
            End::Stalled => tally.stalled.one(),
            End::TakenOver => tally.taken_over.one(),
            End::Uncommitted => {} // counted with its receipt
        }
        match end {
            End::Disconnected | End::Closed | End::Socket(_) | End::Stopped => {
                debug!(client_id, %address, "connection ended: {end}");
            }
            _ if self.shared.faults.now() => warn!(client_id, %address, "connection ended: {end}"),
            _ => debug!(client_id, %address, "connection ended: {end}"),
        }
    }
}

/// Waits for our place in the queue of the sink. Without a blocked publish it is never asked.
async fn take_turn(
    blocked: &mut Option<(Inbound, Turn)>,
) -> Result<OwnedPermit<Inbound>, SendError<()>> {
    match blocked {
        Some((_, turn)) => turn.await,
        None => std::future::pending().await,
    }
}
