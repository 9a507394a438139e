//! The one place where publishes meet subscriptions.
//!
//! All sessions, subscriptions and retained messages stand behind one lock, held for microseconds and never
//! across a wait. Sockets are elsewhere: a connection is rung when something waits for it.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;
use tokio::time::Instant;
use tracing::{info, warn};

use crate::clock;
use crate::codec::{Handling, Options, QoS, Reason, Reply, Will};
use crate::counts::{Counts, PerMinute, Tally};
use crate::door::Grant;
use crate::late_will::LateWill;
use crate::retained::{Retained, Store};
use crate::session::{Exact, Here, Offered, Presence, Session, ToSend};
use crate::settings::Settings;
use crate::subscriptions::{Subscription, Subscriptions};
use crate::topic;

/// A published message, shared by everybody it is meant for.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) topic: String,
    pub(crate) payload: Bytes,
    pub(crate) qos: QoS,
    /// After this it is not sent any more.
    pub(crate) expires: Option<Instant>,
    /// Properties of version 5 for those who understand them, encoded.
    pub(crate) passed_on: Bytes,
}

impl Message {
    /// A message as 3.1.1 knows them.
    pub(crate) fn plain(topic: &str, payload: Bytes, qos: QoS) -> Self {
        Self {
            topic: topic.to_owned(),
            payload,
            qos,
            expires: None,
            passed_on: Bytes::new(),
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.topic.len() + self.payload.len() + self.passed_on.len()
    }

    /// When a message expires that came now with this interval.
    pub(crate) fn expiry(interval_s: Option<u32>, now: Instant) -> Option<Instant> {
        interval_s.map(|seconds| now + Duration::from_secs(u64::from(seconds)))
    }

    pub(crate) fn is_expired(&self, now: Instant) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }

    /// What is left of its interval, whole seconds, rounded up: it came with seconds, too.
    pub(crate) fn left_s(&self, now: Instant) -> Option<u32> {
        self.expires.map(|expires| {
            let left = expires.saturating_duration_since(now);
            let up = u64::from(left.subsec_nanos() > 0);
            u32::try_from(left.as_secs() + up).unwrap_or(u32::MAX)
        })
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
    /// When something is due in a session that is away: its will, or its end.
    due: BTreeSet<(Instant, u64)>,
    /// Wills of sessions that ended before their delay had passed.
    late: Vec<LateWill>,
    subscriptions: Subscriptions,
    retained: Store,
}

/// A client that has passed the door.
pub(crate) struct Arrival {
    pub(crate) client_id: String,
    pub(crate) owner: Option<String>,
    pub(crate) device: Option<String>,
    pub(crate) clean: bool,
    /// How long its session is to outlive the connection, seconds.
    pub(crate) expiry_s: u32,
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
            let ended = session.ends_at().is_some_and(|ends| ends <= now);
            if !arrival.clean && !ended {
                self.resume(&mut state, key, arrival, grant);
                return Joined::In {
                    session: key,
                    present: true,
                };
            }
            self.forget(&mut state, key);
        }
        if arrival.expiry_s > 0 && !self.room(&mut state, now) {
            return Joined::Full;
        }
        state.last_session += 1;
        let key = state.last_session;
        state.lasting += usize::from(arrival.expiry_s > 0);
        state.by_client_id.insert(arrival.client_id.clone(), key);
        let session = Session::new(
            arrival.client_id,
            arrival.owner,
            arrival.device,
            arrival.expiry_s,
            arrival.here,
        );
        state.sessions.insert(key, session);
        Joined::In {
            session: key,
            present: false,
        }
    }

    fn resume(&self, state: &mut State, key: u64, arrival: Arrival, grant: &Grant) {
        let State {
            sessions,
            subscriptions,
            due,
            lasting,
            ..
        } = state;
        let Some(session) = sessions.get_mut(&key) else {
            return;
        };
        if let Presence::Away { due: Some(at), .. } = session.presence {
            due.remove(&(at, key));
        }
        *lasting -= usize::from(session.lasting());
        session.expiry_s = arrival.expiry_s;
        session.device = arrival.device;
        *lasting += usize::from(session.lasting());
        let (forgotten, lost) = session.come_back(arrival.here, grant);
        self.tally.dropped_with_session.add(forgotten);
        for filter in &lost {
            subscriptions.remove(filter, key);
        }
        if !lost.is_empty() {
            info!(client_id = arrival.client_id, filters = ?lost, messages = forgotten,
                "no longer granted: filters and their waiting messages forgotten");
        }
    }

    /// Whether there is a session of this client identifier.
    pub(crate) fn knows(&self, client_id: &str) -> bool {
        self.lock().by_client_id.contains_key(client_id)
    }

    /// Changes how long the session outlives its connection. A session that would end with it cannot be made
    /// lasting: false.
    pub(crate) fn set_expiry(&self, session: u64, expiry_s: u32) -> bool {
        let mut state = self.lock();
        let Some(found) = state.sessions.get_mut(&session) else {
            return true;
        };
        if !found.lasting() {
            return expiry_s == 0;
        }
        found.expiry_s = expiry_s;
        state.lasting -= usize::from(expiry_s == 0);
        true
    }

    /// Keeps a will until its delay has passed or its session ends. Gives it back if it is due now.
    pub(crate) fn keep_will(&self, session: u64, will: Will) -> Option<Will> {
        let mut state = self.lock();
        match state.sessions.get_mut(&session) {
            Some(found) if found.lasting() && will.delay_s > 0 => {
                found.will = Some(will);
                None
            }
            _ => Some(will),
        }
    }

    /// Notes that the connection of `session` is closed.
    pub(crate) fn leave(&self, session: u64, now: Instant) {
        let mut state = self.lock();
        match state.sessions.get_mut(&session) {
            Some(found) if found.lasting() => {
                self.tally.dropped_qos0_at_close.add(found.leave(now));
                if let Presence::Away { due: Some(at), .. } = found.presence {
                    state.due.insert((at, session));
                }
            }
            Some(_) => self.forget(&mut state, session),
            None => {}
        }
    }

    /// Ends the sessions whose time is over. Returns the wills that are due now.
    pub(crate) fn sweep(&self, now: Instant) -> Vec<LateWill> {
        let mut state = self.lock();
        while let Some(&(at, key)) = state.due.first()
            && at <= now
        {
            state.due.pop_first();
            let Some(session) = state.sessions.get_mut(&key) else {
                continue;
            };
            let ends = session.ends_at();
            if ends.is_some_and(|ends| ends <= now) {
                self.forget(&mut state, key);
                continue;
            }
            let will = session.will.take();
            let (client_id, device) = (session.client_id.clone(), session.device.clone());
            if let Presence::Away { due, .. } = &mut session.presence {
                *due = ends;
            }
            state.due.extend(ends.map(|ends| (ends, key)));
            state.late.extend(will.map(|will| LateWill {
                will,
                client_id,
                device,
                session: key,
            }));
        }
        std::mem::take(&mut state.late)
    }

    /// The wills of ended sessions of this client identifier that are not said yet.
    pub(crate) fn late_wills_of(&self, client_id: &str) -> Vec<LateWill> {
        let mut state = self.lock();
        state
            .late
            .extract_if(.., |late| late.client_id == client_id)
            .collect()
    }

    /// Closes the connections of `device` and forgets its sessions, wills and waiting messages. Says how many
    /// connections were told to close.
    pub(crate) fn expel(&self, device: &str) -> usize {
        let mut state = self.lock();
        let theirs = |session: &Session| session.device.as_deref() == Some(device);
        let keys: Vec<u64> = state
            .sessions
            .iter()
            .filter(|(_, session)| theirs(session))
            .map(|(key, _)| *key)
            .collect();
        let mut told = 0;
        for key in keys {
            let Some(session) = state.sessions.get_mut(&key) else {
                continue;
            };
            match &session.presence {
                Presence::Here(here) => {
                    here.outbox.expel();
                    told += 1;
                }
                Presence::Away { .. } => {
                    session.will = None;
                    self.forget(&mut state, key);
                }
            }
        }
        told
    }

    /// Adds the granted filters (the others were refused already) and queues what is retained for them. Returns
    /// what the SUBACK says.
    pub(crate) fn subscribe(
        &self,
        session: u64,
        filters: Vec<Result<(String, Options), Reason>>,
        identifier: Option<u32>,
        now: Instant,
    ) -> Vec<Result<QoS, Reason>> {
        let mut state = self.lock();
        let State {
            sessions,
            subscriptions,
            retained,
            ..
        } = &mut *state;
        let Some(found) = sessions.get_mut(&session) else {
            return vec![Err(Reason::UNSPECIFIED); filters.len()];
        };
        let mut asking = Vec::new();
        let mut codes = Vec::with_capacity(filters.len());
        for asked in filters {
            let (filter, options) = match asked {
                Ok(asked) => asked,
                Err(refused) => {
                    codes.push(Err(refused));
                    continue;
                }
            };
            let known = found.filters.contains_key(&filter);
            // Somebody who subscribes over and over without reading must not fill the memory.
            let crowded = found.retained_waiting() > self.settings.retained_max;
            if crowded || (!known && found.filters.len() >= self.settings.subscriptions_max) {
                codes.push(Err(Reason::QUOTA));
                continue;
            }
            let subscription = Subscription {
                options,
                identifier,
            };
            subscriptions.add(&filter, session, subscription);
            found.filters.insert(filter.clone(), subscription);
            codes.push(Ok(options.qos));
            let wants_retained = match options.retained {
                Handling::Send => true,
                Handling::SendIfNew => !known,
                Handling::Keep => false,
            };
            if wants_retained && topic::shared(&filter).0.is_none() {
                asking.push((filter, options.qos));
            }
        }
        // Sent once for each SUBSCRIBE packet, however many of its filters match.
        let mut to_send: BTreeMap<&str, (&Arc<Message>, QoS)> = BTreeMap::new();
        for (filter, qos) in &asking {
            for message in retained.matching(filter, now) {
                let best = to_send.entry(&message.topic).or_insert((message, *qos));
                best.1 = best.1.max(*qos);
            }
        }
        for (message, qos) in to_send.into_values() {
            found.offer_retained(message, qos, identifier.into_iter().collect());
        }
        self.tally
            .subscriptions_refused
            .add(codes.iter().filter(|code| code.is_err()).count());
        codes
    }

    /// Says for each filter whether there was such a subscription.
    pub(crate) fn unsubscribe(&self, session: u64, filters: &[String]) -> Vec<bool> {
        let mut state = self.lock();
        let State {
            sessions,
            subscriptions,
            ..
        } = &mut *state;
        let Some(found) = sessions.get_mut(&session) else {
            return vec![false; filters.len()];
        };
        filters
            .iter()
            .map(|filter| {
                let known = found.filters.remove(filter).is_some();
                if known {
                    subscriptions.remove(filter, session);
                }
                known
            })
            .collect()
    }

    /// Gives `message`, published by session `from`, to everybody who subscribed to it, and keeps it if it is to
    /// be retained.
    pub(crate) fn publish(&self, message: &Arc<Message>, retain: bool, from: u64) {
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
                clock::now(),
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
        let is_here = |session| sessions.get(&session).is_some_and(|found| !found.is_away());
        let interested = subscriptions.of(&message.topic, from, &is_here);
        for (session, matched) in interested.own.into_iter().chain(interested.shared) {
            let Some(found) = sessions.get_mut(&session) else {
                continue;
            };
            let qos = matched.qos;
            if found.offer(message, retain, matched, &self.settings) == Offered::Full {
                self.count_full(found, message, qos);
            }
        }
    }

    /// Takes what may be sent to `session` now, about `bytes` of it.
    pub(crate) fn take(&self, session: u64, bytes: usize, now: Instant) -> Vec<ToSend> {
        let (taken, expired) = self
            .lock()
            .sessions
            .get_mut(&session)
            .map(|found| found.take(bytes, now))
            .unwrap_or_default();
        self.tally.dropped_expired.add(expired);
        taken
    }

    /// The client is done with one of our messages.
    pub(crate) fn acknowledged(&self, session: u64, pkid: u16) {
        if let Some(found) = self.lock().sessions.get_mut(&session) {
            found.acknowledged(pkid);
        }
    }

    /// The client has one of our QoS 2 messages. Says whether we know of it.
    pub(crate) fn received(&self, session: u64, pkid: u16) -> bool {
        self.lock()
            .sessions
            .get_mut(&session)
            .is_some_and(|found| found.received(pkid))
    }

    /// QoS 2 publishes of the client that it has not released.
    pub(crate) fn unreleased(&self, session: u64) -> usize {
        self.lock()
            .sessions
            .get(&session)
            .map_or(0, |found| found.exact.len())
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
            here.outbox.reply(Reply::PubRec(pkid, Reason::SUCCESS));
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

    /// The client has our PUBREC and will not repeat the publish. Says whether we know of it.
    pub(crate) fn release(&self, session: u64, pkid: u16) -> bool {
        self.lock()
            .sessions
            .get_mut(&session)
            .is_some_and(|found| found.exact.remove(&pkid).is_some())
    }

    /// Keeps a message of an earlier run.
    pub(crate) fn restore(&self, retained: Retained) -> bool {
        let message = Message::plain(&retained.topic, retained.payload, QoS::AtLeastOnce);
        let kept = self.lock().retained.keep(
            &Arc::new(message),
            self.settings.retained_max,
            self.settings.retained_max_bytes,
            clock::now(),
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
        self.lock().retained.all(clock::now()).map(read).collect()
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
            Presence::Away { since, .. } => {
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
        self.tally.dropped_with_session.add(session.held());
        state.by_client_id.remove(&session.client_id);
        state.lasting -= usize::from(session.lasting());
        if let Presence::Away { due: Some(at), .. } = session.presence {
            state.due.remove(&(at, key));
        }
        for filter in session.filters.keys() {
            state.subscriptions.remove(filter, key);
        }
        // Its end is the end of the delay.
        state.late.extend(session.will.map(|will| LateWill {
            will,
            client_id: session.client_id,
            device: session.device,
            session: key,
        }));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .expect("nothing panics while it holds this lock")
    }
}
