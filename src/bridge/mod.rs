//! `hinan bridge jma`: the public Atom feeds of the Japan Meteorological Agency, carried to an MQTT broker.
//!
//! Invariants
//! - A telegram is remembered as published only after the broker's acknowledgement, on disk. A crash between the two leads to
//!   a repetition, which receivers know by its content; never to a gap.
//! - A feed is asked with the `ETag` of its last answer only when everything in that answer was dealt with.
//! - Each feed has a task, a back-off and a count of its own: one that fails stops no other.
//! - A short feed that no longer reaches back to what is known has a gap behind it: then its long feed is read.
//! - Bytes are limited before they are kept, and only telegrams are published. Addresses outside of the feed's own host are
//!   not fetched.

mod fetch;
mod memory;
mod plan;
mod publisher;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use hinan_sensors::connect::{Secret, Tls};
use hinan_sensors::official::life::{FeedLife, SignOfLife};
use hinan_sensors::official::{Kind, OfficialMessage, Refusal, decode, feed, recognise};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use tokio::sync::{Mutex, watch};
use tokio::task::JoinSet;

pub use self::fetch::install_tls;
use self::fetch::{Answer, Fetcher, Unfetched};
use self::memory::{Memory, Outcome};
use self::plan::{Wanted, long_feed_of, plan};
use self::publisher::Publisher;
use crate::{chance, clock};

/// The four high-frequency feeds of the agency.
pub const FEEDS: [&str; 4] = [
    "https://www.data.jma.go.jp/developer/xml/feed/regular.xml",
    "https://www.data.jma.go.jp/developer/xml/feed/extra.xml",
    "https://www.data.jma.go.jp/developer/xml/feed/eqvol.xml",
    "https://www.data.jma.go.jp/developer/xml/feed/other.xml",
];

/// Attempts at one telegram before it is given up.
const ATTEMPTS_MAX: u32 = 5;
/// Telegrams of one feed in one round; the rest waits for the next.
const ROUND_MAX: usize = 2000;
/// The longest wait after failures.
const WAIT_MAX: Duration = Duration::from_secs(900);
/// How often the sign of life is renewed.
const LIFE_EVERY: SignedDuration = SignedDuration::from_mins(5);

/// What the bridge is told.
#[derive(Clone)]
pub struct Settings {
    /// High-frequency feeds.
    pub feeds: Vec<String>,
    /// How often each is asked.
    pub interval: Duration,
    /// How far back a first start, or a gap, is filled.
    pub backlog: SignedDuration,
    /// Only types that begin with one of these; empty: all.
    pub types: Vec<String>,
    /// Only these offices, as the feed names them, and those whose name begins with 気象庁; empty: all.
    pub offices: Vec<String>,
    /// Where to publish.
    pub broker: Target,
    /// `{topic}/{TYPE}/{file}`.
    pub topic: String,
    /// Where memory is kept.
    pub data_dir: PathBuf,
    /// How long one answer may take.
    pub timeout: Duration,
    /// Authorities that are trusted for https, PEM.
    pub authorities: Vec<u8>,
}

/// A broker.
#[derive(Clone)]
pub struct Target {
    /// Host.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Sign-in.
    pub login: Option<(String, Secret)>,
    /// TLS, if the broker speaks it.
    pub tls: Option<Tls>,
}

/// How one feed is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FeedState {
    /// When it was last read in full.
    pub ok_at: Option<Timestamp>,
    /// Failures in a row.
    pub failures: u32,
    /// Why the last one failed.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// Telegrams published since the start.
    pub published: u64,
    /// Telegrams that were no telegrams, or too large, since the start.
    pub refused: u64,
    /// Telegrams that vanished before they could be fetched, or could not be fetched at all, since the start.
    pub lost: u64,
    /// How often the long feed had to be read because of a gap.
    pub gaps: u64,
}

/// A bridge, ready to run.
pub struct Bridge {
    settings: Settings,
    fetcher: Fetcher,
    memory: StdMutex<Memory>,
    publisher: Mutex<Publisher>,
    states: StdMutex<BTreeMap<String, FeedState>>,
}

impl Bridge {
    /// Opens the memory and prepares the connections; nothing is asked yet.
    ///
    /// # Errors
    /// What cannot be opened, with its name.
    pub fn open(settings: Settings) -> anyhow::Result<Self> {
        let memory = Memory::open(&settings.data_dir).with_context(|| {
            format!(
                "{} を開けません / cannot be opened",
                settings.data_dir.display()
            )
        })?;
        let fetcher = Fetcher::new(settings.timeout, &settings.authorities)?;
        let publisher = Publisher::new(settings.broker.clone());
        let states = settings
            .feeds
            .iter()
            .map(|feed| (feed.clone(), FeedState::default()))
            .collect();
        Ok(Self {
            settings,
            fetcher,
            memory: StdMutex::new(memory),
            publisher: Mutex::new(publisher),
            states: StdMutex::new(states),
        })
    }

    /// How each feed is doing.
    #[must_use]
    pub fn states(&self) -> BTreeMap<String, FeedState> {
        self.states
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Asks every feed once, all at the same time. Says how many failed.
    ///
    /// # Errors
    /// Memory that cannot be written.
    pub async fn once(self: &Arc<Self>) -> anyhow::Result<usize> {
        let mut rounds = JoinSet::new();
        for feed in self.settings.feeds.clone() {
            let bridge = Arc::clone(self);
            rounds.spawn(async move { bridge.round(&feed).await });
        }
        let mut failed = 0;
        while let Some(round) = rounds.join_next().await {
            if !round?? {
                failed += 1;
            }
        }
        self.sign_of_life(None).await;
        Ok(failed)
    }

    /// Asks every feed again and again until told to stop.
    ///
    /// # Errors
    /// Memory that cannot be written.
    pub async fn run(self: &Arc<Self>, stop: watch::Receiver<bool>) -> anyhow::Result<()> {
        let mut feeds = JoinSet::new();
        for feed in self.settings.feeds.clone() {
            let (bridge, stop) = (Arc::clone(self), stop.clone());
            feeds.spawn(async move { bridge.follow(&feed, stop).await });
        }
        let mut last = None;
        loop {
            tokio::select! {
                ended = feeds.join_next() => match ended {
                    Some(ended) => ended??,
                    None => return Ok(()),
                },
                () = tokio::time::sleep(Duration::from_secs(20)) => last = self.sign_of_life(last).await,
            }
        }
    }

    async fn follow(&self, feed: &str, mut stop: watch::Receiver<bool>) -> anyhow::Result<()> {
        while !*stop.borrow() {
            self.round(feed).await?;
            let failures = self.states().get(feed).map_or(0, |state| state.failures);
            let wait = wait(self.settings.interval, failures);
            let wait = spread(wait, u16::from_le_bytes(chance::bytes()));
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                told = stop.changed() => if told.is_err() { break },
            }
        }
        Ok(())
    }

    /// One round of one feed. `false`: something failed and will be tried again.
    async fn round(&self, feed: &str) -> anyhow::Result<bool> {
        let outcome = self.try_round(feed).await;
        let at = clock::wall();
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        let state = states.entry(feed.to_owned()).or_default();
        match outcome {
            Ok(()) => {
                state.ok_at = Some(at);
                state.failures = 0;
                state.why.clear();
                Ok(true)
            }
            Err(Failed::Feed(why)) => {
                state.failures += 1;
                tracing::warn!(
                    feed,
                    failures = state.failures,
                    why,
                    "feed could not be read in full"
                );
                state.why = why;
                Ok(false)
            }
            Err(Failed::Memory(error)) => Err(error),
        }
    }

    async fn try_round(&self, feed: &str) -> Result<(), Failed> {
        let marks = self.memory(|memory| memory.marks(feed))?;
        let (bytes, marks) = match self.fetcher.feed(feed, &marks).await {
            Ok(Answer::NotModified) => return Ok(()),
            Ok(Answer::Body { bytes, marks }) => (bytes, marks),
            Err(why) => return Err(Failed::Feed(why.to_string())),
        };
        let short = feed::read(&bytes).map_err(|why| Failed::Feed(format!("{feed}: {why}")))?;
        let now = clock::wall();
        let since = now
            .checked_sub(self.settings.backlog)
            .unwrap_or(Timestamp::MIN);
        let reaches_back = self.memory(|memory| memory.reaches_back(feed, &short.entries))?;
        let mut entries = short.entries.clone();
        let mut failed = None;
        // It lists nothing that it listed before, whoever wrote it: there may be more behind it.
        if !reaches_back && !short.entries.is_empty() {
            match self.long_feed(feed).await {
                Ok(long) => entries.extend(long.into_iter().flatten()),
                // What the short feed says goes out all the same. The round is not full, so the next one looks behind it again.
                Err(Failed::Feed(why)) => failed = Some(why),
                Err(memory) => return Err(memory),
            }
            self.count(feed, |state| state.gaps += 1);
        }
        let known = self.memory(|memory| memory.known(&entries))?;
        let mut wanted = plan(entries, &known, since, &self.settings);
        let left = wanted.len().saturating_sub(ROUND_MAX);
        wanted.truncate(ROUND_MAX);
        if left > 0 {
            failed.get_or_insert(format!("{left} telegrams wait for the next round"));
        }
        for one in wanted {
            if let Err(why) = self.carry(feed, &one).await? {
                failed.get_or_insert(why);
            }
        }
        match failed {
            // Without the marks the feed is answered in full again, and what is missing is in it.
            Some(why) => Err(Failed::Feed(why)),
            None => self
                .memory(|memory| memory.set_marks(feed, &marks, &short.entries))
                .map_err(Failed::Memory),
        }
    }

    /// The long feed behind a short one; `None` when there is none by that name.
    async fn long_feed(&self, feed: &str) -> Result<Option<Vec<feed::Entry>>, Failed> {
        let Some(long) = long_feed_of(feed) else {
            return Ok(None);
        };
        match self.fetcher.feed(&long, &fetch::Marks::default()).await {
            Ok(Answer::Body { bytes, .. }) => feed::read(&bytes)
                .map(|read| Some(read.entries))
                .map_err(|why| Failed::Feed(format!("{long}: {why}"))),
            Ok(Answer::NotModified) | Err(Unfetched::Gone) => Ok(None),
            Err(why) => Err(Failed::Feed(format!("{long}: {why}"))),
        }
    }

    /// Fetches one telegram and publishes it. The inner error is tried again in the next round.
    async fn carry(&self, feed: &str, wanted: &Wanted) -> Result<Result<(), String>, Failed> {
        let id = &wanted.id;
        let bytes = match self.fetcher.telegram(&wanted.href).await {
            Ok(bytes) => bytes,
            Err(why) => {
                let given_up = self.memory(|memory| memory.missed(id, ATTEMPTS_MAX))?;
                if given_up || matches!(why, Unfetched::TooLarge { .. }) {
                    self.settle(feed, id, Outcome::Lost, &why.to_string())?;
                    return Ok(Ok(()));
                }
                return Ok(Err(format!("{}: {why}", wanted.href)));
            }
        };
        let read = decode(Some(&wanted.file), &bytes);
        let telegram_type = match &read {
            Ok(OfficialMessage::Telegram(telegram)) => telegram.envelope.telegram_type.as_str(),
            Ok(OfficialMessage::DrillTelegram(telegram)) => {
                telegram.envelope.telegram_type.as_str()
            }
            Ok(_) => {
                self.settle(
                    feed,
                    id,
                    Outcome::Refused,
                    "it is no telegram of the agency",
                )?;
                return Ok(Ok(()));
            }
            // A telegram that only says something we do not know goes on: whoever receives it puts it in quarantine, seen.
            Err(why) if is_whole_telegram(why, &bytes) => "",
            Err(why) => {
                // Cut on its way, perhaps: it is asked for again before it is given up.
                if self.memory(|memory| memory.missed(id, ATTEMPTS_MAX))? {
                    self.settle(feed, id, Outcome::Refused, &why.to_string())?;
                    return Ok(Ok(()));
                }
                return Ok(Err(format!("{}: {why}", wanted.href)));
            }
        };
        let topic = plan::topic(&self.settings.topic, telegram_type, &wanted.file);
        let sent = self.publisher.lock().await.publish(&topic, &bytes).await;
        if let Err(why) = sent {
            return Ok(Err(format!("broker: {why}")));
        }
        self.settle(feed, id, Outcome::Published, "")?;
        Ok(Ok(()))
    }

    fn settle(&self, feed: &str, id: &str, outcome: Outcome, why: &str) -> Result<(), Failed> {
        self.memory(|memory| memory.settle(id, outcome, clock::wall()))?;
        if outcome != Outcome::Published {
            tracing::warn!(feed, id, why, ?outcome, "telegram given up");
        }
        self.count(feed, |state| match outcome {
            Outcome::Published => state.published += 1,
            Outcome::Refused => state.refused += 1,
            Outcome::Lost => state.lost += 1,
        });
        Ok(())
    }

    fn count(&self, feed: &str, add: impl FnOnce(&mut FeedState)) {
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        add(states.entry(feed.to_owned()).or_default());
    }

    fn memory<T>(&self, work: impl FnOnce(&mut Memory) -> anyhow::Result<T>) -> anyhow::Result<T> {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        work(&mut memory)
    }

    /// Says that the bridge lives, and how each feed is doing, at most every five minutes: retained, so that silence of the
    /// bridge itself is seen.
    async fn sign_of_life(&self, last: Option<Timestamp>) -> Option<Timestamp> {
        let now = clock::wall();
        if last.is_some_and(|last| now.duration_since(last) < LIFE_EVERY) {
            return last;
        }
        let feeds = self.states().into_iter().map(|(feed, state)| {
            let life = FeedLife {
                ok_at: state.ok_at,
                failures: state.failures,
                why: state.why,
            };
            (feed, life)
        });
        let life = SignOfLife {
            bridge: "jma".to_owned(),
            alive_at: now,
            feeds: feeds.collect(),
        };
        let topic = format!("{}/bridge", self.settings.topic);
        let text =
            serde_json::to_vec(&life).expect("texts, numbers and times can be written as JSON");
        let sent = self
            .publisher
            .lock()
            .await
            .publish_retained(&topic, &text)
            .await;
        match sent {
            Ok(()) => Some(now),
            Err(why) => {
                tracing::warn!(why, "the sign of life could not be published");
                last
            }
        }
    }
}

/// Why a round ended early.
enum Failed {
    /// The feed, a telegram or the broker: tried again.
    Feed(String),
    /// Our own memory: nothing may go on without it.
    Memory(anyhow::Error),
}

impl From<anyhow::Error> for Failed {
    fn from(error: anyhow::Error) -> Self {
        Self::Memory(error)
    }
}

/// Whether bytes are a well-formed telegram of the agency in which something is unknown to us.
fn is_whole_telegram(why: &Refusal, bytes: &[u8]) -> bool {
    recognise(bytes) == Some(Kind::JmaXml)
        && matches!(
            why.code(),
            "unknown_value" | "missing" | "repeated" | "too_many"
        )
}

/// The interval, doubled with each failure, up to a quarter of an hour; never less than the interval.
fn wait(interval: Duration, failures: u32) -> Duration {
    let doubled = 1_u32 << failures.min(10);
    interval.saturating_mul(doubled).min(WAIT_MAX.max(interval))
}

/// Shortens a wait by up to a fifth, by chance, so that bridges do not all ask at the same second.
fn spread(wait: Duration, chance: u16) -> Duration {
    wait.saturating_sub(wait / 5 * u32::from(chance) / u32::from(u16::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_that_fails_is_asked_less_and_less_up_to_a_quarter_of_an_hour() {
        let minute = Duration::from_secs(60);
        let minutes = |failures| wait(minute, failures).as_secs() / 60;
        assert_eq!(
            [0, 1, 2, 3, 4, 5, 1000].map(minutes),
            [1, 2, 4, 8, 15, 15, 15]
        );
        let hour = 60 * minute;
        assert_eq!(
            wait(hour, 7),
            hour,
            "who asks rarely is not made to ask more often"
        );
    }

    #[test]
    fn a_wait_is_shortened_by_a_fifth_at_most() {
        let minute = Duration::from_secs(60);
        assert_eq!(spread(minute, 0), minute);
        assert_eq!(spread(minute, u16::MAX), Duration::from_secs(48));
    }
}
