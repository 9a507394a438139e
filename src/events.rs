//! What just happened, for whoever listens: a short log that any number of listeners follow at their own pace.
//!
//! - The log is bounded. A listener that falls behind it, or comes back too late, is told what it missed and reads on from
//!   the oldest that is kept; the state itself is always in the API.
//! - Events tell of what is committed, after the commit. They are not the record.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hinan_sensors::StationId;
use hinan_sensors::quality::Flag;
use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::watch;

/// Events kept for those who come back. A nation that reports in one second fits twice.
const KEPT_MAX: usize = 10_000;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A reading was stored.
    Reading {
        /// Station id.
        station: StationId,
        /// Name of the quantity with its unit.
        quantity: Cow<'static, str>,
        /// The device's own time.
        at: Timestamp,
        /// In the unit of the quantity.
        value: f64,
        /// What quality control says (QARTOD).
        #[serde(serialize_with = "qartod")]
        flag: Flag,
        /// When it arrived.
        received_at: Timestamp,
    },
    /// A station's state changed.
    Health {
        /// Station id.
        station: StationId,
        /// The new state, a stable word.
        state: &'static str,
        /// The state before; none for a station of which nothing was shown before.
        before: Option<&'static str>,
        /// In Japanese.
        ja: String,
        /// In English.
        en: String,
        /// Moment of the event.
        at: Timestamp,
    },
    /// Official information arrived.
    Official {
        /// Type of the telegram or kind of the message.
        kind: String,
        /// Who wrote it.
        office: String,
        /// Its title.
        title: String,
        /// Official time of issue.
        issued_at: Option<Timestamp>,
        /// What became of it, a stable word.
        outcome: String,
        /// Whether something became more serious by it.
        rings: bool,
        /// When it arrived.
        received_at: Timestamp,
    },
    /// Information of others arrived: alerts, earthquakes, data, observations, forecasts. It is shown, and rings nothing.
    External {
        /// Kind of the message.
        kind: String,
        /// What became of it, a stable word.
        outcome: &'static str,
        /// When it arrived.
        received_at: Timestamp,
    },
    /// The advice was worked out anew: figures may have moved.
    Picture {
        /// Moment that it is for.
        as_of: Timestamp,
        /// Moment of the event.
        at: Timestamp,
    },
    /// Something became of a recommendation.
    Recommendation {
        /// Its id.
        id: String,
        /// What, a stable word.
        what: &'static str,
        /// Account name, or `system`.
        by: String,
        /// Moment of the event.
        at: Timestamp,
        /// Its level, where it is new.
        level: Option<u8>,
        /// Its river, where it is new.
        river: Option<String>,
    },
    /// Something became of a text on its way to publication. Never what it says: the second person must not see that first.
    Decision {
        /// The text's id.
        text: String,
        /// What, a stable word.
        what: &'static str,
        /// Account name.
        by: String,
        /// Moment of the event.
        at: Timestamp,
        /// The recommendation that it answers.
        recommendation: Option<String>,
    },
    /// A notice left, or was looked at a second time.
    Notice {
        /// Its id.
        id: String,
        /// What, a stable word.
        what: &'static str,
        /// Account name.
        by: String,
        /// Moment of the event.
        at: Timestamp,
    },
    /// Something became of a delivery.
    Delivery {
        /// The notice.
        notice: String,
        /// The channel.
        channel: String,
        /// What, a stable word.
        what: &'static str,
        /// Receipt or fault, in words.
        note: String,
        /// Moment of the event.
        at: Timestamp,
    },
    /// A feed fell late or came back.
    Feed {
        /// Its name.
        id: String,
        /// Whether it is late.
        late: bool,
        /// Moment of the event.
        at: Timestamp,
    },
    /// Somebody opened a recommendation.
    Presence {
        /// Its id.
        recommendation: String,
        /// Everybody who has it open, by the names that officers read.
        present: Vec<String>,
        /// Moment of the event.
        at: Timestamp,
    },
    /// An officer wrote something down.
    Note {
        /// Number of the entry in the record.
        seq: i64,
        /// What, a stable word.
        what: &'static str,
        /// Account name.
        by: String,
        /// Moment of the event.
        at: Timestamp,
    },
    /// A device was enrolled, put out of use, taken back or revoked.
    Device {
        /// Its name.
        name: String,
        /// What, a stable word.
        what: &'static str,
        /// Account name.
        by: String,
        /// Moment of the event.
        at: Timestamp,
    },
    /// The way to a broker was lost or found.
    Link {
        /// Its name.
        broker: String,
        /// Whether it is up.
        up: bool,
        /// Moment of the event.
        at: Timestamp,
    },
}

impl Event {
    /// Its kind, as listeners choose.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Reading { .. } => "reading",
            Self::Health { .. } => "health",
            Self::Official { .. } => "official",
            Self::External { .. } => "external",
            Self::Picture { .. } => "picture",
            Self::Recommendation { .. } => "recommendation",
            Self::Decision { .. } => "decision",
            Self::Notice { .. } => "notice",
            Self::Delivery { .. } => "delivery",
            Self::Feed { .. } => "feed",
            Self::Presence { .. } => "presence",
            Self::Note { .. } => "note",
            Self::Device { .. } => "device",
            Self::Link { .. } => "link",
        }
    }

    /// The station it is about, if it is about one.
    #[must_use]
    pub fn station(&self) -> Option<&str> {
        match self {
            Self::Reading { station, .. } | Self::Health { station, .. } => Some(station.as_str()),
            _ => None,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's own shape")]
fn qartod<S: serde::Serializer>(flag: &Flag, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_u8(flag.qartod())
}

/// The log.
pub struct Events {
    log: Mutex<Log>,
    newest: watch::Sender<u64>,
    /// Names this run of the service: numbers start anew with each.
    run: String,
    kept_max: usize,
}

#[derive(Default)]
struct Log {
    events: VecDeque<Event>,
    /// Number of the first that is kept; numbers begin at 1.
    first: u64,
}

/// What a listener reads next.
#[derive(Clone, Debug, PartialEq)]
pub struct Following {
    /// Events that it can never read any more.
    pub missed: u64,
    /// The next ones, with their numbers.
    pub events: Vec<(u64, Event)>,
}

impl Events {
    /// An empty log of the run with this name.
    #[must_use]
    pub fn new(run: &str) -> Self {
        Self::keeping(run, KEPT_MAX)
    }

    fn keeping(run: &str, kept_max: usize) -> Self {
        Self {
            log: Mutex::new(Log {
                events: VecDeque::new(),
                first: 1,
            }),
            newest: watch::Sender::new(0),
            run: run.to_owned(),
            kept_max,
        }
    }

    /// Notes what happened, in order.
    pub fn note(&self, events: impl IntoIterator<Item = Event>) {
        let mut log = self.lock();
        for event in events {
            if log.events.len() == self.kept_max {
                log.events.pop_front();
                log.first += 1;
            }
            log.events.push_back(event);
        }
        // Under the lock: of two who note at once the later must not be overtaken by the earlier, and what can be read has a number
        // that is ours.
        let newest = log.first + log.events.len() as u64 - 1;
        self.newest.send_if_modified(|number| {
            let changed = *number != newest;
            *number = newest;
            changed
        });
    }

    /// Tells when there is more to read; the number of the newest event.
    #[must_use]
    pub fn follow(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    /// At most `max` events after number `after`.
    #[must_use]
    pub fn after(&self, after: u64, max: usize) -> Following {
        let log = self.lock();
        let next = (after + 1).max(log.first);
        let skip = usize::try_from(next - log.first).unwrap_or(usize::MAX);
        Following {
            missed: next - (after + 1),
            events: (next..)
                .zip(log.events.iter().skip(skip).take(max).cloned())
                .collect(),
        }
    }

    /// The name under which a listener may come back: `{run}-{number}`.
    #[must_use]
    pub fn name(&self, number: u64) -> String {
        format!("{}-{number}", self.run)
    }

    /// The number of a name that this run gave; `None` for a name of another run, or for no name of ours.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<u64> {
        let number = name
            .strip_prefix(&self.run)?
            .strip_prefix('-')?
            .parse()
            .ok()?;
        // A number we have not given yet is not ours either.
        (number <= *self.newest.borrow()).then_some(number)
    }

    fn lock(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(n: u64) -> Event {
        Event::Link {
            broker: n.to_string(),
            up: true,
            at: Timestamp::UNIX_EPOCH,
        }
    }

    fn numbers(following: &Following) -> Vec<u64> {
        following.events.iter().map(|(number, _)| *number).collect()
    }

    #[test]
    fn a_listener_that_comes_back_reads_on_where_it_was() {
        let events = Events::keeping("a", 5);
        events.note((1..=4).map(link));
        let first = events.after(0, 3);
        assert_eq!((first.missed, numbers(&first)), (0, vec![1, 2, 3]));
        let name = events.name(3);
        assert_eq!(events.number(&name), Some(3));
        let rest = events.after(3, 10);
        assert_eq!((rest.missed, numbers(&rest)), (0, vec![4]));
        assert_eq!(rest.events[0].1, link(4));
        assert_eq!(events.after(4, 10).events, []);
    }

    #[test]
    fn a_listener_that_comes_too_late_is_told_how_much_it_missed() {
        let events = Events::keeping("a", 5);
        events.note((1..=12).map(link));
        let rest = events.after(2, 10);
        assert_eq!((rest.missed, numbers(&rest)), (5, vec![8, 9, 10, 11, 12]));
    }

    #[test]
    fn a_name_of_another_run_or_of_nobody_is_not_believed() {
        let events = Events::keeping("a", 5);
        events.note([link(1)]);
        for other in ["b-1", "a-2", "a1", "a-", "a-x", "", "a--1"] {
            assert_eq!(events.number(other), None, "{other}");
        }
    }

    #[test]
    fn whoever_read_an_event_may_come_back_to_it_however_many_note_at_once() {
        let events = Events::new("a");
        let listens_and_notes = || {
            let mut after = 0;
            for n in 0..5_000 {
                events.note([link(n)]);
                for (number, _) in events.after(after, 100).events {
                    after = number;
                }
                let name = events.name(after);
                assert_eq!(events.number(&name), Some(after), "{name} is ours");
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(listens_and_notes);
            }
        });
        assert_eq!(*events.follow().borrow(), 20_000);
    }

    #[tokio::test]
    async fn whoever_waits_is_woken_by_the_next_event() {
        let events = Events::new("a");
        let mut more = events.follow();
        events.note([link(1)]);
        assert!(more.changed().await.is_ok());
        assert_eq!(*more.borrow(), 1);
    }
}
