//! The one place where publishes meet subscriptions.
//!
//! All sessions, subscriptions and retained messages stand behind one lock, held for microseconds and never
//! across a wait. Sockets are elsewhere: a connection is rung when something waits for it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use tokio::sync::watch;
use tokio::time::Instant;
use tracing::{info, warn};

use crate::codec::{QoS, Reply};
use crate::counts::{Counts, PerMinute, Tally};
use crate::door::Grant;
use crate::retained::{Retained, Store};
use crate::session::{Exact, Here, Offered, Presence, Session, ToSend};
use crate::settings::Settings;
use crate::subscriptions::Subscriptions;

/// A published message, shared by everybody it is meant for.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) topic: String,
    pub(crate) payload: Bytes,
    pub(crate) qos: QoS,
}

impl Message {
    pub(crate) fn bytes(&self) -> usize {
        self.topic.len() + self.payload.len()
    }
}

/// Sessions, subscriptions and retained messages.
pub(crate) struct Router {
    state: Mutex<State>,
    settings: Arc<Settings>,
    tally: Arc<Tally>,
    queue_full: PerMinute,
    retained_full: PerMinute,
}

#[derive(Default)]
struct State {
    sessions: BTreeMap<u64, Session>,
    by_client_id: BTreeMap<String, u64>,
    last_session: u64,
    lasting: usize,
    subscriptions: Subscriptions,
    retained: Store,
}

/// A client that has passed the door.
pub(crate) struct Arrival {
    pub(crate) client_id: String,
    pub(crate) owner: Option<String>,
    pub(crate) clean: bool,
    pub(crate) here: Here,
}

/// What became of an arrival.
pub(crate) enum Joined {
    In {
        session: u64,
        present: bool,
    },
    /// An older connection was asked to go; join again when it is gone.
    After(watch::Receiver<()>, Arrival),
    /// The session of this client identifier belongs to another user name.
    NotYours,
    /// No room for another lasting session.
    Full,
}

/// Whether a QoS 2 publish is to have an effect.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Novelty {
    New,
    /// It came before and waits for its commit; then it is answered.
    Pending,
    /// It came before and had its effect.
    Received,
}

impl Router {
    pub(crate) fn new(settings: Arc<Settings>, tally: Arc<Tally>) -> Self {
        Self {
            state: Mutex::default(),
            settings,
            tally,
            queue_full: PerMinute::lines(1),
            retained_full: PerMinute::lines(1),
        }
    }

    /// Begins or resumes the session of `arrival`. It has what `grant` still allows.
    pub(crate) fn join(&self, arrival: Arrival, grant: &Grant, now: Instant) -> Joined {
        let mut state = self.lock();
        if let Some(&key) = state.by_client_id.get(&arrival.client_id)
            && let Some(session) = state.sessions.get_mut(&key)
        {
            if session.owner != arrival.owner {
                return Joined::NotYours;
            }
            if let Presence::Here(old) = &session.presence {
                old.outbox.take_over();
                return Joined::After(old.gone.clone(), arrival);
            }
            if !arrival.clean {
                let (forgotten, lost) = session.come_back(arrival.here, grant);
                self.tally.dropped_with_session.add(forgotten);
                for filter in &lost {
                    state.subscriptions.remove(filter, key);
                }
                if !lost.is_empty() {
                    info!(client_id = arrival.client_id, filters = ?lost, messages = forgotten,
                        "no longer granted: filters and their waiting messages forgotten");
                }
                return Joined::In {
                    session: key,
                    present: true,
                };
            }
            self.forget(&mut state, key);
        }
        if !arrival.clean && !self.room(&mut state, now) {
            return Joined::Full;
        }
        state.last_session += 1;
        let key = state.last_session;
        state.lasting += usize::from(!arrival.clean);
        state.by_client_id.insert(arrival.client_id.clone(), key);
        let session = Session::new(
            arrival.client_id,
            arrival.owner,
            !arrival.clean,
            arrival.here,
        );
        state.sessions.insert(key, session);
        Joined::In {
            session: key,
            present: false,
        }
    }

    /// Notes that the connection of `session` is closed.
    pub(crate) fn leave(&self, session: u64, now: Instant) {
        let mut state = self.lock();
        match state.sessions.get_mut(&session) {
            Some(found) if found.lasting => self.tally.dropped_qos0_at_close.add(found.leave(now)),
            Some(_) => self.forget(&mut state, session),
            None => {}
        }
    }

    /// Adds the granted filters (`None` was refused already) and queues what is retained for them. Returns
    /// what the SUBACK says.
    pub(crate) fn subscribe(
        &self,
        session: u64,
        filters: Vec<Option<(String, QoS)>>,
    ) -> Vec<Option<QoS>> {
        let mut state = self.lock();
        let State {
            sessions,
            subscriptions,
            retained,
            ..
        } = &mut *state;
        let Some(found) = sessions.get_mut(&session) else {
            return vec![None; filters.len()];
        };
        // Sent once for each SUBSCRIBE packet, however many of its filters match.
        let mut to_send: BTreeMap<&str, (&Arc<Message>, QoS)> = BTreeMap::new();
        let mut accepted = Vec::new();
        let mut codes = Vec::with_capacity(filters.len());
        for (filter, qos) in filters.into_iter().map(Option::unzip) {
            let (Some(filter), Some(qos)) = (filter, qos) else {
                codes.push(None);
                continue;
            };
            let known = found.filters.contains_key(&filter);
            // Somebody who subscribes over and over without reading must not fill the memory.
            let crowded = found.retained_waiting() > self.settings.retained_max;
            if crowded || (!known && found.filters.len() >= self.settings.subscriptions_max) {
                codes.push(None);
                continue;
            }
            let qos = if qos == QoS::AtMostOnce {
                qos
            } else {
                QoS::AtLeastOnce
            };
            subscriptions.add(&filter, session, qos);
            found.filters.insert(filter.clone(), qos);
            codes.push(Some(qos));
            accepted.push((filter, qos));
        }
        for (filter, qos) in &accepted {
            for message in retained.matching(filter) {
                let best = to_send.entry(&message.topic).or_insert((message, *qos));
                if best.1 < *qos {
                    best.1 = *qos;
                }
            }
        }
        for (message, qos) in to_send.into_values() {
            found.offer_retained(message, qos);
        }
        self.tally
            .subscriptions_refused
            .add(codes.iter().filter(|code| code.is_none()).count());
        codes
    }

    pub(crate) fn unsubscribe(&self, session: u64, filters: &[String]) {
        let mut state = self.lock();
        let State {
            sessions,
            subscriptions,
            ..
        } = &mut *state;
        let Some(found) = sessions.get_mut(&session) else {
            return;
        };
        for filter in filters {
            if found.filters.remove(filter).is_some() {
                subscriptions.remove(filter, session);
            }
        }
    }

    /// Gives `message` to everybody who subscribed to it, and keeps it if it is to be retained.
    pub(crate) fn publish(&self, message: &Arc<Message>, retain: bool) {
        let mut state = self.lock();
        let State {
            sessions,
            subscriptions,
            retained,
            ..
        } = &mut *state;
        if retain
            && !retained.keep(
                message,
                self.settings.retained_max,
                self.settings.retained_max_bytes,
            )
        {
            self.tally.dropped_retained_full.one();
            if self.retained_full.now() {
                warn!(
                    topic = message.topic,
                    retained = retained.len(),
                    dropped = self.tally.dropped_retained_full.get(),
                    "retained store is full: message delivered but not retained (this line at most once a minute)"
                );
            }
        }
        for (session, qos) in subscriptions.of(&message.topic) {
            let Some(found) = sessions.get_mut(&session) else {
                continue;
            };
            if found.offer(message, qos, &self.settings) == Offered::Full {
                self.count_full(found, message, qos);
            }
        }
    }

    /// Takes what may be sent to `session` now, about `bytes` of it.
    pub(crate) fn take(&self, session: u64, bytes: usize) -> Vec<ToSend> {
        let taken = self
            .lock()
            .sessions
            .get_mut(&session)
            .map(|found| found.take(bytes))
            .unwrap_or_default();
        self.tally.messages_out.add(taken.len());
        taken
    }

    pub(crate) fn acknowledged(&self, session: u64, pkid: u16) {
        if let Some(found) = self.lock().sessions.get_mut(&session) {
            found.acknowledged(pkid);
        }
    }

    /// Notes a QoS 2 publish that `connection` received, and says whether it is the first time.
    pub(crate) fn begin_exact(&self, session: u64, connection: u64, pkid: u16) -> Novelty {
        let mut state = self.lock();
        let Some(found) = state.sessions.get_mut(&session) else {
            return Novelty::Received;
        };
        match found.exact.entry(pkid) {
            Entry::Vacant(new) => {
                new.insert(Exact::Pending { connection });
                Novelty::New
            }
            Entry::Occupied(mut known) => match known.get_mut() {
                Exact::Pending {
                    connection: asked_by,
                } => {
                    *asked_by = connection;
                    Novelty::Pending
                }
                Exact::Received => Novelty::Received,
            },
        }
    }

    /// A QoS 2 publish has had its effect: from now on repetitions have none. Answers the connection that
    /// asked last, if it is still there.
    pub(crate) fn exact_received(&self, session: u64, pkid: u16) {
        let mut state = self.lock();
        let Some(found) = state.sessions.get_mut(&session) else {
            return;
        };
        // A client that released what it was not told of may use the identifier for something else.
        let Some(state) = found.exact.get_mut(&pkid) else {
            return;
        };
        if let (Exact::Pending { connection }, Presence::Here(here)) = (*state, &found.presence)
            && here.connection == connection
        {
            here.outbox.reply(Reply::PubRec(pkid));
        }
        *state = Exact::Received;
    }

    /// A QoS 2 publish had no effect and may come again. If another connection than `connection` waits for
    /// its answer by now, that one has to make its client send it again.
    pub(crate) fn exact_failed(&self, session: u64, connection: u64, pkid: u16) {
        let mut state = self.lock();
        let Some(found) = state.sessions.get_mut(&session) else {
            return;
        };
        let before = found.exact.remove(&pkid);
        if let (
            Some(Exact::Pending {
                connection: asked_by,
            }),
            Presence::Here(here),
        ) = (before, &found.presence)
            && asked_by != connection
            && here.connection == asked_by
        {
            here.outbox.uncommitted();
        }
    }

    /// The client has our PUBREC and will not repeat the publish.
    pub(crate) fn release(&self, session: u64, pkid: u16) {
        if let Some(found) = self.lock().sessions.get_mut(&session) {
            found.exact.remove(&pkid);
        }
    }

    /// Keeps a message of an earlier run.
    pub(crate) fn restore(&self, retained: Retained) -> bool {
        let message = Message {
            topic: retained.topic,
            payload: retained.payload,
            qos: QoS::AtLeastOnce,
        };
        let kept = self.lock().retained.keep(
            &Arc::new(message),
            self.settings.retained_max,
            self.settings.retained_max_bytes,
        );
        if !kept {
            self.tally.dropped_retained_full.one();
        }
        kept
    }

    pub(crate) fn retained(&self) -> Vec<Retained> {
        let read = |message: &Arc<Message>| Retained {
            topic: message.topic.clone(),
            payload: message.payload.clone(),
        };
        self.lock().retained.all().map(read).collect()
    }

    pub(crate) fn counts(&self) -> Counts {
        let mut counts = self.tally.counts();
        let state = self.lock();
        counts.sessions = state.sessions.len() as u64;
        counts.subscriptions = state.subscriptions.len() as u64;
        counts.retained = state.retained.len() as u64;
        counts
    }

    fn count_full(&self, session: &Session, message: &Message, qos: QoS) {
        let dropped = match (message.qos, qos) {
            (QoS::AtMostOnce, _) | (_, QoS::AtMostOnce) => &self.tally.dropped_queue_full_qos0,
            _ if session.is_away() => &self.tally.dropped_queue_full_away,
            _ => &self.tally.dropped_queue_full,
        };
        dropped.one();
        if self.queue_full.now() {
            warn!(
                client_id = session.client_id,
                away = session.is_away(),
                topic = message.topic,
                refused = dropped.get(),
                queue_max = self.settings.queue_max,
                queue_max_bytes = self.settings.queue_max_bytes,
                "queue of a subscriber is full: newest message refused for it (this line at most once a minute)"
            );
        }
    }

    /// Makes room for one lasting session if there is none, by forgetting those away for too long.
    fn room(&self, state: &mut State, now: Instant) -> bool {
        if state.lasting < self.settings.session_max {
            return true;
        }
        let long_away = |session: &Session| match session.presence {
            Presence::Away { since } => {
                now.saturating_duration_since(since).as_secs() >= self.settings.session_away_max_s
            }
            Presence::Here(_) => false,
        };
        let old: Vec<u64> = state
            .sessions
            .iter()
            .filter(|(_, session)| long_away(session))
            .map(|(key, _)| *key)
            .collect();
        for key in old {
            self.forget(state, key);
        }
        state.lasting < self.settings.session_max
    }

    fn forget(&self, state: &mut State, key: u64) {
        let Some(session) = state.sessions.remove(&key) else {
            return;
        };
        state.by_client_id.remove(&session.client_id);
        state.lasting -= usize::from(session.lasting);
        for filter in session.filters.keys() {
            state.subscriptions.remove(filter, key);
        }
        self.tally.dropped_with_session.add(session.held());
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .expect("nothing panics while it holds this lock")
    }
}
