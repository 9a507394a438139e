//! The way of a publish to the service and of its acknowledgement back.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use bytes::Bytes;

use crate::codec::{Reason, Reply};
use crate::counts::Tally;
use crate::outbox::Outbox;
use crate::router::{Message, Router};

/// A publish for the service. Take it apart with [`split`](Self::split); dropping it whole says that it
/// was not committed.
#[derive(Debug)]
pub struct Inbound {
    /// Topic name. The doorkeeper granted it to this client.
    pub topic: String,
    /// The message, as it came.
    pub payload: Bytes,
    /// The publisher asked for it to be retained (it is, after the commit).
    pub retained: bool,
    /// 0, 1 or 2, as published.
    pub qos: u8,
    /// Identifier of the publishing client; empty if it left the choice to the broker.
    pub client_id: String,
    /// The device that the doorkeeper recognised.
    pub device: Option<String>,
    receipt: Receipt,
}

/// An [`Inbound`] without its receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboundMessage {
    /// Topic name.
    pub topic: String,
    /// The message, as it came.
    pub payload: Bytes,
    /// The publisher asked for it to be retained.
    pub retained: bool,
    /// 0, 1 or 2, as published.
    pub qos: u8,
    /// Identifier of the publishing client.
    pub client_id: String,
    /// The device that the doorkeeper recognised.
    pub device: Option<String>,
}

impl Inbound {
    pub(crate) fn new(
        message: &Message,
        retained: bool,
        client_id: String,
        device: Option<String>,
        receipt: Receipt,
    ) -> Self {
        Self {
            topic: message.topic.clone(),
            payload: message.payload.clone(),
            retained,
            qos: message.qos as u8,
            client_id,
            device,
            receipt,
        }
    }

    /// The message to be stored, and the receipt to be given when it is.
    pub fn split(self) -> (InboundMessage, Receipt) {
        let Self {
            topic,
            payload,
            retained,
            qos,
            client_id,
            device,
            receipt,
        } = self;
        (
            InboundMessage {
                topic,
                payload,
                retained,
                qos,
                client_id,
                device,
            },
            receipt,
        )
    }
}

/// The promise that somebody will say whether a publish was committed. It has no time limit.
///
/// Dropped without [`committed`](Self::committed), the device gets no acknowledgement and its connection is
/// closed after a pause, because a client sends again only after it has connected again: a refusal by reason
/// code, which version 5 has, would tell it to forget the reading.
#[derive(Debug)]
#[must_use = "a receipt that is dropped says: not committed"]
pub struct Receipt {
    line: Arc<Line>,
    number: u64,
}

impl Receipt {
    /// The publish is durably stored: acknowledge it, and pass it on to subscribers.
    pub fn committed(self) {
        self.line.settle(self.number, Outcome::Committed);
    }
}

impl Drop for Receipt {
    fn drop(&mut self) {
        // After `committed` the number is settled already and this has no effect.
        self.line.settle(self.number, Outcome::Uncommitted);
    }
}

/// The publishes of one connection, in the order in which they came. They take effect and are acknowledged
/// in this order, as MQTT demands, in whatever order the sink commits.
pub(crate) struct Line {
    waiting: Mutex<Waiting>,
    router: Arc<Router>,
    tally: Arc<Tally>,
    outbox: Arc<Outbox>,
    session: u64,
    connection: u64,
}

#[derive(Default)]
struct Waiting {
    entries: VecDeque<Entry>,
    /// Number of the first entry.
    first: u64,
    bytes: usize,
}

struct Entry {
    fate: Fate,
    bytes: usize,
    for_sink: bool,
    outcome: Option<Outcome>,
}

/// What the publisher is told when its publish has taken effect.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer {
    Nothing,
    PubAck(u16),
    PubRec(u16),
}

/// What is to become of a publish in the line.
enum Fate {
    /// It takes effect, and is answered so.
    Pass(Arc<Message>, bool, Answer),
    /// It is refused, in its turn.
    Refuse(Reply),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Committed,
    Uncommitted,
}

impl Line {
    pub(crate) fn new(
        router: Arc<Router>,
        tally: Arc<Tally>,
        outbox: Arc<Outbox>,
        session: u64,
        connection: u64,
    ) -> Arc<Self> {
        Arc::new(Self {
            waiting: Mutex::default(),
            router,
            tally,
            outbox,
            session,
            connection,
        })
    }

    /// Adds a publish that needs no commit.
    pub(crate) fn pass(&self, message: Arc<Message>, retain: bool, answer: Answer) {
        let mut waiting = self.lock();
        waiting.add(Entry {
            bytes: message.bytes(),
            fate: Fate::Pass(message, retain, answer),
            for_sink: false,
            outcome: Some(Outcome::Committed),
        });
        self.advance(&mut waiting);
    }

    /// Answers a publish with a refusal, after those before it are answered.
    pub(crate) fn refuse(&self, reply: Reply) {
        let mut waiting = self.lock();
        waiting.add(Entry {
            bytes: 0,
            fate: Fate::Refuse(reply),
            for_sink: false,
            outcome: Some(Outcome::Committed),
        });
        self.advance(&mut waiting);
    }

    /// Adds a publish that waits for the receipt.
    pub(crate) fn wait(
        self: &Arc<Self>,
        message: Arc<Message>,
        retain: bool,
        answer: Answer,
    ) -> Receipt {
        self.tally.sink_handed.one();
        self.tally.uncommitted_now.one();
        let number = self.lock().add(Entry {
            bytes: message.bytes(),
            fate: Fate::Pass(message, retain, answer),
            for_sink: true,
            outcome: None,
        });
        Receipt {
            line: Arc::clone(self),
            number,
        }
    }

    /// How many publishes wait, and their bytes.
    pub(crate) fn waiting(&self) -> (usize, usize) {
        let waiting = self.lock();
        (waiting.entries.len(), waiting.bytes)
    }

    fn settle(&self, number: u64, outcome: Outcome) {
        let mut waiting = self.lock();
        let Some(at) = number
            .checked_sub(waiting.first)
            .and_then(|at| usize::try_from(at).ok())
        else {
            return;
        };
        match waiting.entries.get_mut(at) {
            Some(entry) if entry.outcome.is_none() => entry.outcome = Some(outcome),
            _ => return,
        }
        self.tally.uncommitted_now.less_one();
        match outcome {
            Outcome::Committed => self.tally.sink_committed.one(),
            Outcome::Uncommitted => self.tally.sink_uncommitted.one(),
        }
        self.advance(&mut waiting);
    }

    /// Lets every publish take effect before which none waits any more.
    fn advance(&self, waiting: &mut Waiting) {
        while let Some(outcome) = waiting.entries.front().and_then(|entry| entry.outcome) {
            let Some(entry) = waiting.entries.pop_front() else {
                return;
            };
            waiting.first += 1;
            waiting.bytes -= entry.bytes;
            match (entry.fate, outcome) {
                (Fate::Refuse(reply), _) => self.outbox.reply(reply),
                (Fate::Pass(message, retain, answer), Outcome::Committed) => {
                    self.effect(&message, retain, answer);
                }
                (Fate::Pass(_, _, answer), Outcome::Uncommitted) => self.no_effect(answer),
            }
            if entry.for_sink {
                self.outbox.ring(); // there may be room to read on
            }
        }
    }

    fn effect(&self, message: &Arc<Message>, retain: bool, answer: Answer) {
        self.router.publish(message, retain, self.session);
        match answer {
            Answer::Nothing => {}
            Answer::PubAck(pkid) => self.outbox.reply(Reply::PubAck(pkid, Reason::SUCCESS)),
            Answer::PubRec(pkid) => self.router.exact_received(self.session, pkid),
        }
    }

    fn no_effect(&self, answer: Answer) {
        match answer {
            Answer::Nothing => return, // nothing was promised, and nothing would come again
            Answer::PubAck(_) => {}
            Answer::PubRec(pkid) => self
                .router
                .exact_failed(self.session, self.connection, pkid),
        }
        self.outbox.uncommitted();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.waiting
            .lock()
            .expect("nothing panics while it holds this lock")
    }
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Line")
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

impl Waiting {
    fn add(&mut self, entry: Entry) -> u64 {
        self.bytes += entry.bytes;
        self.entries.push_back(entry);
        self.first + self.entries.len() as u64 - 1
    }
}
