//! What the broker remembers for one client: its filters, what waits for it, what it has not acknowledged.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::codec::QoS;
use crate::door::Grant;
use crate::outbox::Outbox;
use crate::router::Message;
use crate::settings::Settings;

/// QoS 1 messages sent and not yet acknowledged, for one client.
const IN_FLIGHT_MAX: usize = 100;

/// One client's state, connected or away.
pub(crate) struct Session {
    pub(crate) client_id: String,
    /// The user name that began it. Nobody else may resume it.
    pub(crate) owner: Option<String>,
    /// Whether it outlives its connection.
    pub(crate) lasting: bool,
    pub(crate) filters: BTreeMap<String, QoS>,
    pub(crate) presence: Presence,
    /// QoS 2 publishes of the client, by packet identifier, until it releases them.
    pub(crate) exact: BTreeMap<u16, Exact>,
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
    Away { since: Instant },
}

/// The connection of a session.
pub(crate) struct Here {
    pub(crate) connection: u64,
    pub(crate) outbox: Arc<Outbox>,
    /// Loses its sender when the connection has left.
    pub(crate) gone: watch::Receiver<()>,
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
    retained: bool,
}

struct InFlight {
    pkid: u16,
    held: Held,
    /// Sent on this connection. Otherwise it is a repetition, to be sent before anything new.
    sent: bool,
}

/// What became of a message offered to a session.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Offered {
    Waiting,
    Full,
    /// QoS 0 for a client who is away: it asked for no more.
    NotForAway,
}

/// A message to be sent now.
pub(crate) struct ToSend {
    pub(crate) message: Arc<Message>,
    pub(crate) qos: QoS,
    pub(crate) retained: bool,
    pub(crate) dup: bool,
    pub(crate) pkid: u16,
}

impl Session {
    pub(crate) fn new(client_id: String, owner: Option<String>, lasting: bool, here: Here) -> Self {
        Self {
            client_id,
            owner,
            lasting,
            filters: BTreeMap::new(),
            presence: Presence::Here(here),
            exact: BTreeMap::new(),
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
        qos: QoS,
        settings: &Settings,
    ) -> Offered {
        let qos = at_most(message.qos, qos);
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
            retained: false,
        });
        self.ring();
        Offered::Waiting
    }

    /// Queues a retained message for a new subscription, at the place where the subscription was made.
    pub(crate) fn offer_retained(&mut self, message: &Arc<Message>, qos: QoS) {
        let qos = at_most(message.qos, qos);
        self.queue.push_back(Held {
            message: Arc::clone(message),
            qos,
            retained: true,
        });
        self.ring();
    }

    pub(crate) fn retained_waiting(&self) -> usize {
        self.queue.len() - self.live_waiting
    }

    /// Takes what may be sent now, in order: first what an earlier connection did not acknowledge, then
    /// new messages as far as the window of unacknowledged ones is open. Stops after about `bytes`.
    pub(crate) fn take(&mut self, bytes: usize) -> Vec<ToSend> {
        let mut taken = Vec::new();
        let mut size = 0;
        for flying in self.in_flight.iter_mut().filter(|flying| !flying.sent) {
            if size >= bytes {
                return taken;
            }
            flying.sent = true;
            size += flying.held.message.bytes();
            taken.push(flying.held.to_send(flying.pkid, true));
        }
        while size < bytes
            && let Some(next) = self.queue.front()
        {
            if next.qos != QoS::AtMostOnce && self.in_flight.len() >= IN_FLIGHT_MAX {
                break;
            }
            let Some(held) = self.queue.pop_front() else {
                break;
            };
            if !held.retained {
                self.live_waiting -= 1;
            }
            size += held.message.bytes();
            if held.qos == QoS::AtMostOnce {
                self.live_bytes -= held.live_bytes();
                taken.push(held.to_send(0, false));
            } else {
                let pkid = self.free_pkid();
                taken.push(held.to_send(pkid, false));
                self.in_flight.push_back(InFlight {
                    pkid,
                    held,
                    sent: true,
                });
            }
        }
        taken
    }

    /// The client has the message. An identifier that is not in flight is ignored: the acknowledgement of
    /// a repetition may come twice.
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

    /// Notes that the client is away. Returns how many QoS 0 messages could not be sent any more.
    pub(crate) fn leave(&mut self, now: Instant) -> usize {
        self.presence = Presence::Away { since: now };
        self.in_flight
            .iter_mut()
            .for_each(|flying| flying.sent = false);
        self.keep_waiting(|held| held.qos != QoS::AtMostOnce)
    }

    /// Notes that the client is back, and forgets what it may not read any more. Returns how many messages
    /// that were, and the filters.
    pub(crate) fn come_back(&mut self, here: Here, grant: &Grant) -> (usize, Vec<String>) {
        self.presence = Presence::Here(here);
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
        self.live_waiting = self.queue.iter().filter(|held| !held.retained).count();
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

impl Held {
    /// Retained messages are shared with the store and have a limit there.
    fn live_bytes(&self) -> usize {
        if self.retained {
            0
        } else {
            self.message.bytes()
        }
    }

    fn to_send(&self, pkid: u16, dup: bool) -> ToSend {
        ToSend {
            message: Arc::clone(&self.message),
            qos: self.qos,
            retained: self.retained,
            dup,
            pkid,
        }
    }
}

/// The lower of the two, and never QoS 2, which we do not send.
fn at_most(published: QoS, subscribed: QoS) -> QoS {
    if published == QoS::AtMostOnce || subscribed == QoS::AtMostOnce {
        QoS::AtMostOnce
    } else {
        QoS::AtLeastOnce
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;
    use bytes::Bytes;

    const ALL: usize = usize::MAX;

    fn here() -> Here {
        Here {
            connection: 1,
            outbox: Arc::default(),
            gone: watch::channel(()).1,
        }
    }

    fn session() -> Session {
        Session::new("gauge".into(), None, true, here())
    }

    fn message(payload: impl Into<Bytes>, qos: QoS) -> Arc<Message> {
        Arc::new(Message {
            topic: "t".into(),
            payload: payload.into(),
            qos,
        })
    }

    fn offer(session: &mut Session, payload: impl Into<Bytes>, qos: QoS) -> Offered {
        session.offer(
            &message(payload, qos),
            QoS::AtLeastOnce,
            &Settings::default(),
        )
    }

    fn shown(sent: &[ToSend]) -> Vec<(String, u16, bool)> {
        let text = |sent: &ToSend| String::from_utf8_lossy(&sent.message.payload).into_owned();
        sent.iter()
            .map(|sent| (text(sent), sent.pkid, sent.dup))
            .collect()
    }

    #[tokio::test]
    async fn what_was_not_acknowledged_comes_again_in_order_before_anything_new() {
        let mut session = session();
        for payload in ["a", "b", "c"] {
            offer(&mut session, payload, QoS::AtLeastOnce);
        }
        assert_eq!(session.take(ALL).len(), 3);
        session.acknowledged(2);
        session.leave(clock::now());
        offer(&mut session, "d", QoS::AtLeastOnce);
        session.presence = Presence::Here(here());
        assert_eq!(
            shown(&session.take(ALL)),
            [
                ("a".into(), 1, true),
                ("c".into(), 3, true),
                ("d".into(), 4, false)
            ]
        );
        assert!(session.take(ALL).is_empty());
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
            .map(|text| {
                session.offer(
                    &message(text, QoS::AtLeastOnce),
                    QoS::AtLeastOnce,
                    &settings,
                )
            })
            .collect();
        assert_eq!(
            outcomes,
            [Offered::Waiting, Offered::Waiting, Offered::Full]
        );
        assert_eq!(
            shown(&session.take(ALL)),
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
                QoS::AtLeastOnce,
                &settings,
            )
        };
        assert_eq!(offer(&mut session), Offered::Waiting);
        assert_eq!(offer(&mut session), Offered::Full);
        assert_eq!(session.take(ALL).len(), 1);
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
        assert_eq!(session.take(ALL).len(), IN_FLIGHT_MAX);
        assert!(session.take(ALL).is_empty());
        session.acknowledged(7);
        assert_eq!(shown(&session.take(ALL)), [("x".into(), 101, false)]);
    }

    #[test]
    fn packet_identifiers_begin_again_at_1_and_skip_those_in_use() {
        let mut session = session();
        session.last_pkid = 65_534;
        for _ in 0..2 {
            offer(&mut session, "x", QoS::AtLeastOnce);
        }
        assert_eq!(
            session
                .take(ALL)
                .iter()
                .map(|sent| sent.pkid)
                .collect::<Vec<_>>(),
            [65_535, 1]
        );
        session.last_pkid = 65_534;
        offer(&mut session, "y", QoS::AtLeastOnce);
        assert_eq!(shown(&session.take(ALL)), [("y".into(), 2, false)]);
    }

    #[test]
    fn a_grant_that_shrank_takes_its_filters_and_messages_with_it() {
        let mut session = session();
        session.filters.insert("t".into(), QoS::AtLeastOnce);
        offer(&mut session, "in flight", QoS::AtLeastOnce);
        session.take(ALL);
        offer(&mut session, "waiting", QoS::AtLeastOnce);
        let grant = Grant {
            publish: vec![],
            subscribe: vec!["other".into()],
        };
        assert_eq!(session.come_back(here(), &grant), (2, vec!["t".to_owned()]));
        assert_eq!((session.held(), session.live_bytes), (0, 0));
    }
}
