//! What the broker remembers for one client: its filters, what waits for it, what it has not acknowledged.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::codec::{FOREVER_S, QoS, Will};
use crate::door::Grant;
use crate::outbox::Outbox;
use crate::router::Message;
use crate::settings::Settings;
use crate::subscriptions::{Match, Subscription};

/// Messages above QoS 0 sent and not yet acknowledged, for one client. Its own receive maximum may be lower.
pub(crate) const IN_FLIGHT_MAX: usize = 100;

/// One client's state, connected or away.
pub(crate) struct Session {
    pub(crate) client_id: String,
    /// The user name that began it. Nobody else may resume it.
    pub(crate) owner: Option<String>,
    /// The device that the doorkeeper recognised.
    pub(crate) device: Option<String>,
    /// How long it outlives its connection, seconds; 0 = not at all.
    pub(crate) expiry_s: u32,
    pub(crate) filters: BTreeMap<String, Subscription>,
    pub(crate) presence: Presence,
    /// QoS 2 publishes of the client, by packet identifier, until it releases them.
    pub(crate) exact: BTreeMap<u16, Exact>,
    /// Published when the client stays away for too long.
    pub(crate) will: Option<Will>,
    /// Messages above QoS 0 that the client takes unacknowledged.
    window: usize,
    queue: VecDeque<Held>,
    in_flight: VecDeque<InFlight>,
    /// Messages in `queue` that came live; retained ones have a limit of their own.
    live_waiting: usize,
    /// Of live messages in `queue` and `in_flight`.
    live_bytes: usize,
    last_pkid: u16,
}

pub(crate) enum Presence {
    Here(Here),
    Away {
        since: Instant,
        /// When its will is due or it ends, whichever is first; `None` = nothing is due.
        due: Option<Instant>,
    },
}

/// The connection of a session.
pub(crate) struct Here {
    pub(crate) connection: u64,
    pub(crate) outbox: Arc<Outbox>,
    /// Loses its sender when the connection has left.
    pub(crate) gone: watch::Receiver<()>,
    /// What the client says it takes at once.
    pub(crate) receive_max: u16,
}

/// How far a QoS 2 publish of the client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exact {
    /// It waits for its commit; this connection asked for it last.
    Pending { connection: u64 },
    /// It has had its effect; repetitions have none.
    Received,
}

struct Held {
    message: Arc<Message>,
    qos: QoS,
    /// Sent with the retain flag.
    retain: bool,
    /// It came from the retained store.
    stored: bool,
    identifiers: Vec<u32>,
}

struct InFlight {
    pkid: u16,
    held: Held,
    stage: Stage,
    /// Sent on this connection. Otherwise it is a repetition, to be sent before anything new.
    sent: bool,
}

/// How far a message is that we sent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Published,
    /// QoS 2: the client has it, and is to let its identifier go.
    Released,
}

/// What became of a message offered to a session.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Offered {
    Waiting,
    Full,
    /// QoS 0 for a client who is away: it asked for no more.
    NotForAway,
}

/// What is to be sent now.
pub(crate) enum ToSend {
    Message(Sending),
    /// PUBREL of a QoS 2 message.
    Release(u16),
}

/// A message to be sent now.
pub(crate) struct Sending {
    pub(crate) message: Arc<Message>,
    pub(crate) qos: QoS,
    pub(crate) retain: bool,
    pub(crate) dup: bool,
    pub(crate) pkid: u16,
    pub(crate) identifiers: Vec<u32>,
}

impl Session {
    pub(crate) fn new(
        client_id: String,
        owner: Option<String>,
        device: Option<String>,
        expiry_s: u32,
        here: Here,
    ) -> Self {
        Self {
            client_id,
            owner,
            device,
            expiry_s,
            filters: BTreeMap::new(),
            exact: BTreeMap::new(),
            will: None,
            window: window(&here),
            presence: Presence::Here(here),
            queue: VecDeque::new(),
            in_flight: VecDeque::new(),
            live_waiting: 0,
            live_bytes: 0,
            last_pkid: 0,
        }
    }

    pub(crate) fn is_away(&self) -> bool {
        matches!(self.presence, Presence::Away { .. })
    }

    /// Whether it outlives its connection.
    pub(crate) fn lasting(&self) -> bool {
        self.expiry_s > 0
    }

    pub(crate) fn ring(&self) {
        if let Presence::Here(here) = &self.presence {
            here.outbox.ring();
        }
    }

    /// Queues a live message, or says that it does not fit. Nothing that waits is thrown out for it:
    /// which message is missing must not depend on who reads slowly.
    pub(crate) fn offer(
        &mut self,
        message: &Arc<Message>,
        retain: bool,
        matched: Match,
        settings: &Settings,
    ) -> Offered {
        let qos = message.qos.min(matched.qos);
        if qos == QoS::AtMostOnce && self.is_away() {
            return Offered::NotForAway;
        }
        let too_many_bytes =
            self.live_bytes > 0 && self.live_bytes + message.bytes() > settings.queue_max_bytes;
        if self.live_waiting >= settings.queue_max || too_many_bytes {
            return Offered::Full;
        }
        self.live_waiting += 1;
        self.live_bytes += message.bytes();
        self.queue.push_back(Held {
            message: Arc::clone(message),
            qos,
            retain: retain && matched.as_published,
            stored: false,
            identifiers: matched.identifiers,
        });
        self.ring();
        Offered::Waiting
    }

    /// Queues a retained message for a new subscription, at the place where the subscription was made.
    pub(crate) fn offer_retained(
        &mut self,
        message: &Arc<Message>,
        qos: QoS,
        identifiers: Vec<u32>,
    ) {
        self.queue.push_back(Held {
            message: Arc::clone(message),
            qos: message.qos.min(qos),
            retain: true,
            stored: true,
            identifiers,
        });
        self.ring();
    }

    pub(crate) fn retained_waiting(&self) -> usize {
        self.queue.len() - self.live_waiting
    }

    /// Takes what may be sent now, in order: first what an earlier connection did not acknowledge, then
    /// new messages, both as far as the window of unacknowledged ones is open. Stops after about `bytes`. Says also how
    /// many messages had expired.
    pub(crate) fn take(&mut self, bytes: usize, now: Instant) -> (Vec<ToSend>, usize) {
        let mut taken = Vec::new();
        let mut size = 0;
        // The window may be smaller than on the connection before.
        let mut under_way = self.in_flight.iter().filter(|flying| flying.sent).count();
        let mut held_back = false;
        for flying in self.in_flight.iter_mut().filter(|flying| !flying.sent) {
            if size >= bytes {
                return (taken, 0);
            }
            match flying.stage {
                Stage::Released => taken.push(ToSend::Release(flying.pkid)),
                Stage::Published if under_way >= self.window => {
                    held_back = true;
                    continue;
                }
                Stage::Published => {
                    under_way += 1;
                    size += flying.held.message.bytes();
                    taken.push(ToSend::Message(flying.held.to_send(flying.pkid, true)));
                }
            }
            flying.sent = true;
        }
        if held_back {
            return (taken, 0);
        }
        let mut expired = 0;
        while size < bytes
            && let Some(next) = self.queue.front()
        {
            let acknowledged = next.qos != QoS::AtMostOnce;
            if acknowledged && self.in_flight.len() >= self.window {
                break;
            }
            let Some(held) = self.queue.pop_front() else {
                break;
            };
            if !held.stored {
                self.live_waiting -= 1;
            }
            if held.message.is_expired(now) {
                self.live_bytes -= held.live_bytes();
                expired += 1;
                continue;
            }
            size += held.message.bytes();
            if acknowledged {
                let pkid = self.free_pkid();
                taken.push(ToSend::Message(held.to_send(pkid, false)));
                self.in_flight.push_back(InFlight {
                    pkid,
                    held,
                    stage: Stage::Published,
                    sent: true,
                });
            } else {
                self.live_bytes -= held.live_bytes();
                taken.push(ToSend::Message(held.to_send(0, false)));
            }
        }
        (taken, expired)
    }

    /// The client is done with the message. An identifier that is not in flight is ignored: the
    /// acknowledgement of a repetition may come twice.
    pub(crate) fn acknowledged(&mut self, pkid: u16) {
        if let Some(at) = self
            .in_flight
            .iter()
            .position(|flying| flying.sent && flying.pkid == pkid)
            && let Some(flying) = self.in_flight.remove(at)
        {
            self.live_bytes -= flying.held.live_bytes();
        }
    }

    /// The client has a QoS 2 message. Says whether we know it by this identifier.
    pub(crate) fn received(&mut self, pkid: u16) -> bool {
        let known = self
            .in_flight
            .iter_mut()
            .find(|flying| flying.pkid == pkid && flying.held.qos == QoS::ExactlyOnce);
        match known {
            Some(flying) => {
                flying.stage = Stage::Released;
                flying.sent = true;
                true
            }
            None => false,
        }
    }

    /// Notes that the client is away, and what is due if it stays away. Returns how many QoS 0 messages could not
    /// be sent any more.
    pub(crate) fn leave(&mut self, now: Instant) -> usize {
        let after = |seconds: u32| now + std::time::Duration::from_secs(u64::from(seconds));
        let ends = (self.expiry_s != FOREVER_S).then(|| after(self.expiry_s));
        let will = self.will.as_ref().map(|will| after(will.delay_s));
        self.presence = Presence::Away {
            since: now,
            due: [ends, will].into_iter().flatten().min(),
        };
        self.in_flight
            .iter_mut()
            .for_each(|flying| flying.sent = false);
        self.keep_waiting(|held| held.qos != QoS::AtMostOnce)
    }

    /// When a session that is away ends; `None` = it has no end, or the client is here.
    pub(crate) fn ends_at(&self) -> Option<Instant> {
        match self.presence {
            Presence::Away { since, .. } if self.expiry_s != FOREVER_S => {
                Some(since + std::time::Duration::from_secs(u64::from(self.expiry_s)))
            }
            _ => None,
        }
    }

    /// Notes that the client is back, and forgets what it may not read any more. Returns how many messages
    /// that were, and the filters.
    pub(crate) fn come_back(&mut self, here: Here, grant: &Grant) -> (usize, Vec<String>) {
        self.window = window(&here);
        self.presence = Presence::Here(here);
        self.will = None; // the client came back in time
        let lost: Vec<String> = self
            .filters
            .keys()
            .filter(|filter| !grant.may_subscribe(filter))
            .cloned()
            .collect();
        if lost.is_empty() {
            return (0, lost);
        }
        self.filters.retain(|filter, _| grant.may_subscribe(filter));
        let mut forgotten = self.keep_waiting(|held| grant.may_read(&held.message.topic));
        let bytes = &mut self.live_bytes;
        self.in_flight.retain(|flying| {
            let keep = grant.may_read(&flying.held.message.topic);
            if !keep {
                forgotten += 1;
                *bytes -= flying.held.live_bytes();
            }
            keep
        });
        (forgotten, lost)
    }

    /// Messages that end with the session.
    pub(crate) fn held(&self) -> usize {
        self.queue.len() + self.in_flight.len()
    }

    fn keep_waiting(&mut self, keep: impl Fn(&Held) -> bool) -> usize {
        let before = self.queue.len();
        self.queue.retain(keep);
        self.live_waiting = self.queue.iter().filter(|held| !held.stored).count();
        self.live_bytes = self.queue.iter().map(Held::live_bytes).sum::<usize>()
            + self
                .in_flight
                .iter()
                .map(|flying| flying.held.live_bytes())
                .sum::<usize>();
        before - self.queue.len()
    }

    /// The next identifier that no unacknowledged message uses; the window is far smaller than their number.
    fn free_pkid(&mut self) -> u16 {
        loop {
            self.last_pkid = self.last_pkid.checked_add(1).unwrap_or(1);
            if self
                .in_flight
                .iter()
                .all(|flying| flying.pkid != self.last_pkid)
            {
                return self.last_pkid;
            }
        }
    }
}

fn window(here: &Here) -> usize {
    IN_FLIGHT_MAX.min(usize::from(here.receive_max))
}

impl Held {
    /// Retained messages are shared with the store and have a limit there.
    fn live_bytes(&self) -> usize {
        if self.stored { 0 } else { self.message.bytes() }
    }

    fn to_send(&self, pkid: u16, dup: bool) -> Sending {
        Sending {
            message: Arc::clone(&self.message),
            qos: self.qos,
            retain: self.retain,
            dup,
            pkid,
            identifiers: self.identifiers.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;
    use crate::subscriptions::plain;
    use bytes::Bytes;

    const ALL: usize = usize::MAX;

    fn here() -> Here {
        Here {
            connection: 1,
            outbox: Arc::default(),
            gone: watch::channel(()).1,
            receive_max: u16::MAX,
        }
    }

    fn session() -> Session {
        Session::new("gauge".into(), None, None, FOREVER_S, here())
    }

    fn message(payload: impl Into<Bytes>, qos: QoS) -> Arc<Message> {
        Arc::new(Message::plain("t", payload.into(), qos))
    }

    fn once() -> Match {
        Match {
            qos: QoS::AtLeastOnce,
            as_published: false,
            identifiers: vec![],
        }
    }

    fn taken(session: &mut Session) -> Vec<ToSend> {
        session.take(ALL, clock::now()).0
    }

    fn offer(session: &mut Session, payload: impl Into<Bytes>, qos: QoS) -> Offered {
        session.offer(&message(payload, qos), false, once(), &Settings::default())
    }

    fn shown(sent: &[ToSend]) -> Vec<(String, u16, bool)> {
        sent.iter()
            .map(|sent| match sent {
                ToSend::Message(sent) => (
                    String::from_utf8_lossy(&sent.message.payload).into_owned(),
                    sent.pkid,
                    sent.dup,
                ),
                ToSend::Release(pkid) => ("release".into(), *pkid, false),
            })
            .collect()
    }

    #[tokio::test]
    async fn what_was_not_acknowledged_comes_again_in_order_before_anything_new() {
        let mut session = session();
        for payload in ["a", "b", "c"] {
            offer(&mut session, payload, QoS::AtLeastOnce);
        }
        assert_eq!(taken(&mut session).len(), 3);
        session.acknowledged(2);
        session.leave(clock::now());
        offer(&mut session, "d", QoS::AtLeastOnce);
        session.presence = Presence::Here(here());
        assert_eq!(
            shown(&taken(&mut session)),
            [
                ("a".into(), 1, true),
                ("c".into(), 3, true),
                ("d".into(), 4, false)
            ]
        );
        assert!(taken(&mut session).is_empty());
    }

    #[tokio::test]
    async fn qos_0_is_neither_kept_for_the_absent_nor_counted_as_in_flight() {
        let mut session = session();
        offer(&mut session, "lost", QoS::AtMostOnce);
        offer(&mut session, "kept", QoS::AtLeastOnce);
        assert_eq!(session.leave(clock::now()), 1);
        assert_eq!(
            offer(&mut session, "not now", QoS::AtMostOnce),
            Offered::NotForAway
        );
        assert_eq!((session.held(), session.live_waiting), (1, 1));
    }

    #[test]
    fn a_full_queue_refuses_the_newest_and_keeps_the_oldest() {
        let mut session = session();
        let settings = Settings {
            queue_max: 2,
            ..Settings::default()
        };
        let outcomes: Vec<Offered> = ["a", "b", "c"]
            .into_iter()
            .map(|text| session.offer(&message(text, QoS::AtLeastOnce), false, once(), &settings))
            .collect();
        assert_eq!(
            outcomes,
            [Offered::Waiting, Offered::Waiting, Offered::Full]
        );
        assert_eq!(
            shown(&taken(&mut session)),
            [("a".into(), 1, false), ("b".into(), 2, false)]
        );
    }

    #[test]
    fn bytes_held_are_limited_until_they_are_acknowledged() {
        let mut session = session();
        let settings = Settings {
            queue_max_bytes: 10,
            ..Settings::default()
        };
        let offer = |session: &mut Session| {
            session.offer(
                &message("12345", QoS::AtLeastOnce),
                false,
                once(),
                &settings,
            )
        };
        assert_eq!(offer(&mut session), Offered::Waiting);
        assert_eq!(offer(&mut session), Offered::Full);
        assert_eq!(taken(&mut session).len(), 1);
        assert_eq!(offer(&mut session), Offered::Full);
        session.acknowledged(1);
        assert_eq!(offer(&mut session), Offered::Waiting);
    }

    #[test]
    fn the_window_of_unacknowledged_messages_opens_one_by_one() {
        let mut session = session();
        for _ in 0..150 {
            offer(&mut session, "x", QoS::AtLeastOnce);
        }
        assert_eq!(taken(&mut session).len(), IN_FLIGHT_MAX);
        assert!(taken(&mut session).is_empty());
        session.acknowledged(7);
        assert_eq!(shown(&taken(&mut session)), [("x".into(), 101, false)]);
    }

    #[test]
    fn packet_identifiers_begin_again_at_1_and_skip_those_in_use() {
        let mut session = session();
        session.last_pkid = 65_534;
        for _ in 0..2 {
            offer(&mut session, "x", QoS::AtLeastOnce);
        }
        let pkids: Vec<u16> = shown(&taken(&mut session))
            .iter()
            .map(|sent| sent.1)
            .collect();
        assert_eq!(pkids, [65_535, 1]);
        session.last_pkid = 65_534;
        offer(&mut session, "y", QoS::AtLeastOnce);
        assert_eq!(shown(&taken(&mut session)), [("y".into(), 2, false)]);
    }

    #[test]
    fn a_grant_that_shrank_takes_its_filters_and_messages_with_it() {
        let mut session = session();
        session.filters.insert("t".into(), plain(QoS::AtLeastOnce));
        offer(&mut session, "in flight", QoS::AtLeastOnce);
        taken(&mut session);
        offer(&mut session, "waiting", QoS::AtLeastOnce);
        let grant = Grant {
            subscribe: vec!["other".into()],
            ..Grant::default()
        };
        assert_eq!(session.come_back(here(), &grant), (2, vec!["t".to_owned()]));
        assert_eq!((session.held(), session.live_bytes), (0, 0));
    }

    #[tokio::test]
    async fn a_qos_2_message_is_released_once_the_client_has_it_also_across_connections() {
        let mut session = session();
        let twice = Match {
            qos: QoS::ExactlyOnce,
            ..once()
        };
        for text in ["a", "b"] {
            let message = message(text, QoS::ExactlyOnce);
            session.offer(&message, false, twice.clone(), &Settings::default());
        }
        assert_eq!(taken(&mut session).len(), 2);
        assert!(session.received(1));
        assert!(!session.received(9), "never sent");
        session.leave(clock::now());
        session.presence = Presence::Here(here());
        assert_eq!(
            shown(&taken(&mut session)),
            [("release".into(), 1, false), ("b".into(), 2, true)]
        );
        session.acknowledged(1);
        assert_eq!(session.held(), 1);
    }

    #[test]
    fn repetitions_hold_to_what_the_client_takes_now_and_releases_do_not_wait_for_them() {
        let mut session = session();
        let twice = Match {
            qos: QoS::ExactlyOnce,
            ..once()
        };
        for text in ["a", "b", "c"] {
            let message = message(text, QoS::ExactlyOnce);
            session.offer(&message, false, twice.clone(), &Settings::default());
        }
        assert_eq!(taken(&mut session).len(), 3);
        session.received(3);
        session.leave(clock::now());
        let small = Here {
            receive_max: 1,
            ..here()
        };
        let everything = Grant {
            subscribe: vec!["#".into()],
            ..Grant::default()
        };
        session.come_back(small, &everything);
        offer(&mut session, "d", QoS::AtMostOnce);
        assert_eq!(
            shown(&taken(&mut session)),
            [("a".into(), 1, true), ("release".into(), 3, false)]
        );
        assert!(
            taken(&mut session).is_empty(),
            "nothing new before what is repeated"
        );
        session.acknowledged(3);
        assert!(taken(&mut session).is_empty());
        session.received(1);
        assert!(
            taken(&mut session).is_empty(),
            "it is not done with the first"
        );
        session.acknowledged(1);
        assert_eq!(
            shown(&taken(&mut session)),
            [("b".into(), 2, true), ("d".into(), 0, false)]
        );
    }

    #[tokio::test]
    async fn an_expired_message_is_not_sent_and_not_held() {
        let mut session = session();
        let now = clock::now();
        let mut short = Message::plain("t", "old".into(), QoS::AtLeastOnce);
        short.expires = Some(now);
        session.offer(&Arc::new(short), false, once(), &Settings::default());
        offer(&mut session, "new", QoS::AtLeastOnce);
        let (sent, expired) = session.take(ALL, now);
        assert_eq!((shown(&sent), expired), (vec![("new".into(), 1, false)], 1));
        session.acknowledged(1);
        assert_eq!((session.held(), session.live_bytes), (0, 0));
    }

    #[test]
    fn a_client_that_takes_one_at_a_time_gets_one_at_a_time() {
        let mut session = Session::new(
            "small".into(),
            None,
            None,
            0,
            Here {
                receive_max: 1,
                ..here()
            },
        );
        for text in ["a", "b"] {
            offer(&mut session, text, QoS::AtLeastOnce);
        }
        assert_eq!(shown(&taken(&mut session)), [("a".into(), 1, false)]);
        session.acknowledged(1);
        assert_eq!(shown(&taken(&mut session)), [("b".into(), 2, false)]);
    }
}
