//! One client's connection: one task that reads, decides and writes, and never waits for anything else.

mod aliases;
mod end;
mod publishing;

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc::OwnedPermit;
use tokio::sync::mpsc::error::SendError;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

use self::aliases::{Incoming, Outgoing};
use self::end::End;
use crate::clock;
use crate::codec::{self, Delivery, Goodbye, Packet, QoS, Reason, Reply, Subscribe, Version};
use crate::handshake::{Admitted, Origin};
use crate::late_will::{self, LateWill};
use crate::listen::Shared;
use crate::session::{Sending, ToSend};
use crate::sink::{Inbound, Line};
use crate::topic;

/// Read at once.
const READ_BYTES: usize = 8 << 10;
/// Deliveries are added to what waits for the socket up to here.
const DELIVER_BYTES: usize = 64 << 10;
/// A client that does not read its replies is not read from when they are more than this. Deliveries do not
/// count: two sides that both send something long and read nothing would wait for each other.
const REPLIES_MAX_BYTES: usize = 256 << 10;
/// Buffers larger than this are given back when they are empty.
const BUFFER_KEEP_BYTES: usize = 64 << 10;
/// How long a client has to take the reason for which it is disconnected.
const TELL_WITHIN: Duration = Duration::from_secs(1);
/// When nothing is due.
const FAR: Duration = Duration::from_secs(24 * 3_600);

/// An open connection with a session.
pub(crate) struct Connection {
    shared: Arc<Shared>,
    number: u64,
    address: SocketAddr,
    me: Admitted,
    line: Arc<Line>,
    /// Topic aliases of the client, and ours.
    incoming: Incoming,
    outgoing: Outgoing,
    /// For the socket.
    out: BytesMut,
    /// Something was written that the socket may hold back.
    unflushed: bool,
    /// A publish for which the sink has no room, and our place in its queue. We do not read meanwhile.
    blocked: Option<(Inbound, Turn)>,
    /// The session may have something to send.
    look: bool,
    heard: Instant,
    progress: Instant,
    /// The client has sent more than its rate: when we read on.
    throttled_until: Option<Instant>,
    /// A publish was not committed: when to close.
    pause_until: Option<Instant>,
    /// The broker stops: when to close at the latest.
    stop_until: Option<Instant>,
}

type Turn = Pin<Box<dyn Future<Output = Result<OwnedPermit<Inbound>, SendError<()>>> + Send>>;

impl Connection {
    pub(crate) fn new(me: Admitted, origin: &Origin, shared: Arc<Shared>) -> Self {
        let line = Line::new(
            Arc::clone(&shared.router),
            Arc::clone(&shared.tally),
            Arc::clone(&me.outbox),
            me.seat.session,
            origin.number,
        );
        let mut out = BytesMut::new();
        codec::encode(me.version, &me.welcome, &mut out);
        let now = clock::now();
        me.meter.came(now);
        Self {
            number: origin.number,
            address: origin.address,
            line,
            incoming: Incoming::of(shared.settings.topic_alias_max),
            outgoing: Outgoing::of(me.topic_alias_max),
            shared,
            me,
            out,
            unflushed: false,
            blocked: None,
            look: true,
            heard: now,
            progress: now,
            throttled_until: None,
            pause_until: None,
            stop_until: None,
        }
    }

    /// Serves the client until one side ends it; then its will is published, and last its seat given up.
    pub(crate) async fn serve<S>(mut self, mut stream: S, stop: watch::Receiver<bool>)
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let end = match self.talk(&mut stream, stop).await {
            Err(end) => end,
            Ok(never) => match never {},
        };
        self.me.meter.went();
        self.count_and_log(&end);
        self.tell(&mut stream, &end).await;
        drop(stream);
        // What the sink has not taken is not committed.
        self.blocked = None;
        if matches!(end, End::Expelled) {
            self.shared.router.set_expiry(self.me.seat.session, 0);
        }
        let due = match self.me.will.take() {
            Some(will) if end.wants_will() => {
                self.shared.router.keep_will(self.me.seat.session, will)
            }
            _ => None,
        };
        if let Some(will) = due {
            let late = LateWill {
                will,
                client_id: self.me.client_id.clone(),
                device: self.me.grant.device.clone(),
                session: self.me.seat.session,
            };
            late_will::publish_behind(&self.line, late, &self.shared).await;
        }
    }

    async fn talk<S>(
        &mut self,
        stream: &mut S,
        mut stop: watch::Receiver<bool>,
    ) -> Result<std::convert::Infallible, End>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let (mut reader, mut writer) = tokio::io::split(stream);
        let outbox = Arc::clone(&self.me.outbox);
        let timer = sleep_until(clock::now() + FAR);
        tokio::pin!(timer);
        loop {
            let now = clock::now();
            self.throttled_until = self.throttled_until.filter(|until| *until > now);
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
                written = put(&mut writer, &mut self.out), if !self.out.is_empty() || self.unflushed => {
                    match written? {
                        Put::Nothing => return Err(End::Closed),
                        Put::Some => self.unflushed = true,
                        Put::Flushed => self.unflushed = false,
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
        if mail.expelled {
            return Err(End::Expelled);
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
            let sizes = self.shared.settings.sizes();
            match codec::decode(&mut self.me.input, self.me.version, sizes)? {
                Some(packet) => {
                    self.charge(&packet)?;
                    self.handle(packet)?;
                }
                None => break,
            }
        }
        if self.me.input.is_empty() && self.me.input.capacity() > BUFFER_KEEP_BYTES {
            self.me.input = BytesMut::new();
        }
        Ok(())
    }

    /// Puts a packet on the account of the device. One that is overdrawn is handled all the same; then we do not
    /// read until it is even.
    fn charge(&mut self, packet: &Packet) -> Result<(), End> {
        let bytes = match packet {
            Packet::PubAck(_)
            | Packet::PubRec { .. }
            | Packet::PubRel(_)
            | Packet::PubComp(_)
            | Packet::Disconnect(_) => return Ok(()),
            Packet::Publish(publish) => {
                publish.topic.len() + publish.payload.len() + publish.passed_on.len()
            }
            _ => 0,
        };
        let now = clock::now();
        let price = self.me.meter.charge(bytes, now);
        let excess_max = Duration::from_secs(self.shared.settings.excess_max_s);
        if !excess_max.is_zero() && price.excess > excess_max {
            return Err(End::Excess {
                for_s: price.excess.as_secs(),
            });
        }
        if let Some(wait) = price.wait {
            self.shared.tally.throttled.one();
            self.throttled_until = Some(now + wait.min(FAR));
        }
        Ok(())
    }

    fn handle(&mut self, packet: Packet) -> Result<(), End> {
        let session = self.me.seat.session;
        match packet {
            Packet::Connect(_) => return Err(End::SecondConnect),
            Packet::Publish(publish) => self.publish(publish)?,
            Packet::PubAck(pkid) | Packet::PubComp(pkid) => {
                self.shared.router.acknowledged(session, pkid);
                self.look = true;
            }
            Packet::PubRec { pkid, accepted } => self.received(pkid, accepted),
            Packet::PubRel(pkid) => {
                let known = self.shared.router.release(session, pkid);
                self.reply(&Reply::PubComp(pkid, identifier(known)));
            }
            Packet::Subscribe(subscribe) => self.subscribe(subscribe)?,
            Packet::Unsubscribe { pkid, filters } => {
                let removed = self.shared.router.unsubscribe(session, &filters);
                self.reply(&Reply::UnsubAck { pkid, removed });
            }
            Packet::PingReq => self.reply(&Reply::PingResp),
            Packet::Disconnect(goodbye) => return Err(self.goodbye(goodbye)),
            Packet::Auth => return Err(End::Authentication),
        }
        Ok(())
    }

    /// The client has a QoS 2 message of ours, or does not want it.
    fn received(&mut self, pkid: u16, accepted: bool) {
        let session = self.me.seat.session;
        if accepted {
            let known = self.shared.router.received(session, pkid);
            self.reply(&Reply::PubRel(pkid, identifier(known)));
        } else {
            self.shared.router.acknowledged(session, pkid);
            self.look = true;
        }
    }

    fn goodbye(&mut self, goodbye: Goodbye) -> End {
        if let Some(asked_s) = goodbye.session_expiry_s {
            let longest = self.shared.settings.session_away_max_s;
            let expiry_s = asked_s.min(u32::try_from(longest).unwrap_or(u32::MAX));
            if !self
                .shared
                .router
                .set_expiry(self.me.seat.session, expiry_s)
            {
                return End::LastingAtGoodbye;
            }
        }
        if goodbye.with_will {
            End::DisconnectedWithWill
        } else {
            End::Disconnected
        }
    }

    fn subscribe(&mut self, subscribe: Subscribe) -> Result<(), End> {
        let Subscribe {
            pkid,
            identifier,
            filters,
        } = subscribe;
        let mut asked = Vec::with_capacity(filters.len());
        for (filter, options) in filters {
            match topic::check_filter(&filter, self.shared.settings.topic_max_bytes) {
                Ok(()) if options.no_local && topic::shared(&filter).0.is_some() => {
                    return Err(End::SharedNoLocal);
                }
                Ok(()) if self.me.grant.may_subscribe(&filter) => asked.push(Ok((filter, options))),
                Ok(()) => {
                    tracing::debug!(
                        client_id = self.me.client_id,
                        filter,
                        "subscription not granted"
                    );
                    asked.push(Err(Reason::NOT_AUTHORIZED));
                }
                Err(limit) if limit.is_limit() => asked.push(Err(Reason::QUOTA)),
                Err(_) if self.me.version == Version::V5 => asked.push(Err(Reason::FILTER)),
                Err(wrong) => return Err(wrong.into()),
            }
        }
        let session = self.me.seat.session;
        let now = clock::now();
        let granted = self
            .shared
            .router
            .subscribe(session, asked, identifier, now);
        self.reply(&Reply::SubAck { pkid, granted });
        self.look = true;
        Ok(())
    }

    /// Takes from the session what may be sent now, not more than the socket is likely to take soon.
    fn take_deliveries(&mut self) {
        while self.look && self.out.len() < DELIVER_BYTES && self.stop_until.is_none() {
            let room = DELIVER_BYTES - self.out.len();
            let now = clock::now();
            let taken = self.shared.router.take(self.me.seat.session, room, now);
            self.look = !taken.is_empty();
            for sending in taken {
                self.note_new_output();
                match sending {
                    ToSend::Release(pkid) => self.reply(&Reply::PubRel(pkid, Reason::SUCCESS)),
                    ToSend::Message(sending) => self.deliver(&sending, now),
                }
            }
        }
        if self.out.is_empty() && self.out.capacity() > BUFFER_KEEP_BYTES * 2 {
            self.out = BytesMut::new();
        }
    }

    fn deliver(&mut self, sending: &Sending, now: Instant) {
        let before = self.out.len();
        let message = &sending.message;
        let delivery = Delivery {
            topic: &message.topic,
            payload: &message.payload,
            qos: sending.qos,
            retain: sending.retain,
            dup: sending.dup,
            pkid: sending.pkid,
            expiry_s: message.left_s(now),
            identifiers: &sending.identifiers,
            passed_on: &message.passed_on,
            alias: self.outgoing.alias(&message.topic),
        };
        codec::encode_delivery(self.me.version, &delivery, &mut self.out);
        let bytes = self.out.len() - before;
        let too_large = self
            .me
            .packet_max_bytes
            .is_some_and(|most| bytes > usize::try_from(most).unwrap_or(usize::MAX));
        if too_large {
            // The standard: as if it had been sent and acknowledged.
            self.out.truncate(before);
            self.outgoing.unsent(&message.topic, delivery.alias);
            self.shared.tally.dropped_too_large.one();
            if sending.qos != QoS::AtMostOnce {
                self.shared
                    .router
                    .acknowledged(self.me.seat.session, sending.pkid);
            }
        } else {
            self.shared.tally.messages_out.one();
        }
    }

    fn reply(&mut self, reply: &Reply) {
        self.note_new_output();
        codec::encode(self.me.version, reply, &mut self.out);
    }

    /// Time in which the client takes nothing counts from when there is something to take.
    fn note_new_output(&mut self) {
        if self.out.is_empty() && !self.unflushed {
            self.progress = clock::now();
        }
    }

    fn may_read(&self) -> bool {
        let (waiting, bytes) = self.line.waiting();
        self.blocked.is_none()
            && self.throttled_until.is_none()
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
        (!self.out.is_empty() || self.unflushed)
            .then(|| self.progress + self.shared.settings.stall_max())
    }

    fn next_due(&self) -> Option<Instant> {
        [
            self.silent_at(),
            self.stalled_at(),
            self.throttled_until,
            self.pause_until,
            self.stop_until,
        ]
        .into_iter()
        .flatten()
        .min()
    }

    fn check_overdue(&self, now: Instant) -> Result<(), End> {
        let past = |due: Option<Instant>| due.is_some_and(|due| due <= now);
        let settled = self.out.is_empty()
            && !self.unflushed
            && self.blocked.is_none()
            && self.line.waiting().0 == 0;
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

    /// Sends what is due to the client before we close: acknowledgements, and in version 5 the reason. Waits a
    /// moment for it to take them: what it sent and we did not read would otherwise make the system throw our words
    /// away.
    async fn tell<S>(&mut self, stream: &mut S, end: &End)
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let Some(reason) = end.reason() else {
            return;
        };
        codec::encode(self.me.version, &Reply::Disconnect(reason), &mut self.out);
        let telling = async {
            stream.write_all(&self.out).await?;
            stream.shutdown().await?;
            // A newer connection waits for this one to be gone, and its client is likely not here to read.
            if !matches!(end, End::TakenOver) {
                let mut rest = [0; 4 << 10];
                while stream.read(&mut rest).await? > 0 {}
            }
            Ok::<(), std::io::Error>(())
        };
        if !matches!(timeout(TELL_WITHIN, telling).await, Ok(Ok(()))) {
            tracing::debug!(
                client_id = self.me.client_id,
                "client did not wait to be told"
            );
        }
    }
}

/// Whether an identifier is known, as a reason code.
fn identifier(known: bool) -> Reason {
    if known {
        Reason::SUCCESS
    } else {
        Reason::IDENTIFIER
    }
}

/// What one step of writing did.
enum Put {
    Nothing,
    Some,
    /// All is on its way: TLS keeps back what did not fit into the socket.
    Flushed,
}

async fn put<W: AsyncWrite + Unpin>(writer: &mut W, out: &mut BytesMut) -> std::io::Result<Put> {
    if out.is_empty() {
        writer.flush().await?;
        return Ok(Put::Flushed);
    }
    match writer.write_buf(out).await? {
        0 => Ok(Put::Nothing),
        _ => Ok(Put::Some),
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
