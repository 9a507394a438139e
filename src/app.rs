//! What the parts of a running service share. One task writes the picture; everyone else reads a finished one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use hinan_gis::{Sketch, Town};
use hinan_sensors::official::{External, Lanes, Live};
use jiff::Timestamp;
use tokio::sync::Notify;

use crate::brokers::MAIN;
use crate::chance;
use crate::checkpoint::Checkpoint;
use crate::clock::EventClock;
use crate::config::Config;
use crate::devices::Devices;
use crate::digest::Digest;
use crate::engine::{Advice, Reference};
use crate::events::{Event, Events};
use crate::maps::Maps;
use crate::model_use::ModelsInUse;
use crate::newest::NewestValues;
use crate::presence::Presence;
use crate::publish::dispatch::Dispatch;
use crate::publish::shelf::Shelf;
use crate::situation::Situation;
use crate::store::Store;
use crate::vault::Keeper;

/// Deliveries that officers want tried at once, at most; the oldest give way.
const HURRIED_MAX: usize = 1000;

/// The running service.
pub struct App {
    /// As checked at the start.
    pub config: Config,
    /// Event time.
    pub clock: EventClock,
    /// The record.
    pub store: Store,
    /// Town, stations, models, criteria.
    pub reference: Reference,
    /// The town's simplified outlines for maps, made once.
    pub sketch: Sketch,
    /// The town's maps for browsers.
    pub maps: Maps,
    /// What notices leave with.
    pub dispatch: Dispatch,
    /// The key to second factors.
    pub vault: Keeper,
    /// What residents see, finished.
    pub shelf: Shelf,
    /// Name of this run of the service: attempts of an earlier one are known by it.
    pub run: String,
    /// Rings when something is owed to a channel.
    pub owed: Notify,
    /// What is special about a replayed event; none in live service.
    pub replay: Option<Replayed>,
    /// Event time at the start.
    pub began: Timestamp,
    /// What just happened, for whoever listens.
    pub events: Events,
    /// The newest of everything that is measured.
    pub newest: NewestValues,
    /// Who may speak at our own broker.
    pub devices: Arc<Devices>,
    /// Which model files forecast.
    pub models: ModelsInUse,
    /// Rings when readings are not believed any more and must be marked.
    pub distrusted: Notify,
    /// Rings when officers told something that the advice rests on.
    pub told: Notify,
    neighbours: OnceLock<BTreeMap<String, Vec<String>>>,
    spoken: RwLock<Spoken>,
    picture: RwLock<Arc<Picture>>,
    links: RwLock<BTreeMap<String, Link>>,
    ready: AtomicBool,
    checkpoint: RwLock<Option<Checkpoint>>,
    warnings: RwLock<Vec<String>>,
    first_run: RwLock<Option<String>>,
    certificate: OnceLock<String>,
    presence: Presence,
    hurried: Mutex<BTreeSet<i64>>,
    pulse: RwLock<Option<Pulse>>,
}

/// What the status bar counts, as it was a moment ago.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pulse {
    /// Recommendations that wait for a decision.
    pub undecided: usize,
    /// Texts that wait for a second person.
    pub waiting_for_second: usize,
    /// Gauges that report as agreed.
    pub working: usize,
    /// All gauges.
    pub gauges: usize,
}

/// What devices have sent, by name.
pub type Spoken = Arc<BTreeMap<String, hinan_broker::Activity>>;

/// The finished picture of one evaluation.
pub struct Picture {
    /// What the core says.
    pub advice: Advice,
    /// What it knew.
    pub situation: Situation,
    /// What agencies said.
    pub official: Arc<Lanes<Live>>,
    /// What others said.
    pub external: Arc<External>,
}

/// The way to one broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// Connected.
    Up {
        /// Event time.
        since: Timestamp,
    },
    /// Not connected.
    Down {
        /// Event time.
        since: Timestamp,
        /// In words.
        why: String,
    },
}

impl Link {
    /// Before the first word of it.
    fn unknown(since: Timestamp) -> Self {
        Self::Down {
            since,
            why: "まだ接続していません".to_owned(),
        }
    }
}

/// A recorded event that is replayed as if live.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// Name of the event.
    pub event: String,
    /// The same in English.
    pub event_en: String,
    /// What the towns really did: the timeline file.
    pub timeline: String,
}

impl App {
    /// Puts the parts together around a first picture.
    #[must_use]
    pub fn new(
        config: Config,
        clock: EventClock,
        store: Store,
        reference: Reference,
        first: Picture,
        replay: Option<Replayed>,
        dispatch: Dispatch,
    ) -> Self {
        let began = clock.now();
        let sketch = reference.town.sketch(80.0);
        let models = ModelsInUse::from_the_start(reference.models.as_deref());
        Self {
            config,
            clock,
            store,
            reference,
            sketch,
            maps: Maps::default(),
            dispatch,
            vault: Keeper::default(),
            shelf: Shelf::default(),
            run: hex::encode(chance::bytes::<8>()),
            owed: Notify::new(),
            devices: Arc::default(),
            models,
            distrusted: Notify::new(),
            told: Notify::new(),
            neighbours: OnceLock::new(),
            spoken: RwLock::default(),
            replay,
            began,
            events: Events::new(&hex::encode(chance::bytes::<6>())),
            newest: NewestValues::default(),
            picture: RwLock::new(Arc::new(first)),
            links: RwLock::default(),
            ready: AtomicBool::new(false),
            checkpoint: RwLock::default(),
            warnings: RwLock::default(),
            first_run: RwLock::default(),
            certificate: OnceLock::new(),
            presence: Presence::default(),
            hurried: Mutex::default(),
            pulse: RwLock::default(),
        }
    }

    /// The municipality.
    #[must_use]
    pub fn town(&self) -> &Town {
        &self.reference.town
    }

    /// Which issuing units lie beside which; worked out when it is first asked for.
    #[must_use]
    pub fn neighbours(&self) -> &BTreeMap<String, Vec<String>> {
        self.neighbours
            .get_or_init(|| crate::publish::examine::neighbours(self.town()))
    }

    /// The latest finished picture.
    #[must_use]
    pub fn picture(&self) -> Arc<Picture> {
        Arc::clone(&self.picture.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Swaps the picture whole. In the service only the intake does this.
    pub fn show(&self, picture: Picture) {
        *self.picture.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(picture);
    }

    /// The ways to all brokers, by their names.
    #[must_use]
    pub fn links(&self) -> BTreeMap<String, Link> {
        self.links
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The way to the broker that gets approved notices.
    #[must_use]
    pub fn publishing_link(&self) -> Link {
        let name = match self.config.publish.broker.as_str() {
            "" => MAIN,
            named => named,
        };
        self.links()
            .remove(name)
            .unwrap_or_else(|| Link::unknown(self.began))
    }

    /// The worst of the ways: the first that is down, else the one that is up for the shortest time.
    #[must_use]
    pub fn worst_link(&self) -> (String, Link) {
        let links = self.links();
        let worst = links.into_iter().max_by_key(|(_, link)| match link {
            Link::Down { since, .. } => (true, std::cmp::Reverse(*since), *since),
            Link::Up { since } => (false, std::cmp::Reverse(Timestamp::MAX), *since),
        });
        worst.unwrap_or_else(|| (MAIN.to_owned(), Link::unknown(self.began)))
    }

    /// Notes how the way to a broker is. A repeated failure keeps the time of the first, and a way that stays up its own.
    pub(crate) fn set_link(&self, name: &str, link: Link) {
        let mut links = self.links.write().unwrap_or_else(PoisonError::into_inner);
        let was_up = links.get(name).map(|link| matches!(link, Link::Up { .. }));
        let link = match (links.get(name), link) {
            (Some(Link::Up { since }), Link::Up { .. }) => Link::Up { since: *since },
            (Some(Link::Down { since, .. }), Link::Down { why, .. }) => {
                Link::Down { since: *since, why }
            }
            (_, link) => link,
        };
        let up = matches!(link, Link::Up { .. });
        links.insert(name.to_owned(), link);
        drop(links);
        if was_up != Some(up) {
            self.events.note([Event::Link {
                broker: name.to_owned(),
                up,
                at: self.clock.now(),
            }]);
        }
    }

    /// What devices have sent to our own broker since the start, as it was a moment ago.
    #[must_use]
    pub fn spoken(&self) -> Spoken {
        self.spoken
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn set_spoken(&self, spoken: Spoken) {
        *self.spoken.write().unwrap_or_else(PoisonError::into_inner) = spoken;
    }

    /// How the audit stood when it was signed last.
    #[must_use]
    pub fn checkpoint(&self) -> Option<Checkpoint> {
        self.checkpoint
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn set_checkpoint(&self, checkpoint: Checkpoint) {
        *self
            .checkpoint
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Some(checkpoint);
    }

    /// Sentences that stand on every page of officers until the service is started again.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        self.warnings
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn warn(&self, sentence: String) {
        self.warnings
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .push(sentence);
    }

    /// SHA-256 of the certificate that the pages are served with, as browsers show it; none without TLS here.
    #[must_use]
    pub fn certificate_fingerprint(&self) -> Option<&str> {
        self.certificate.get().map(String::as_str)
    }

    pub(crate) fn set_certificate_fingerprint(&self, fingerprint: String) {
        if self.certificate.set(fingerprint).is_err() {
            tracing::warn!("the certificate was set twice; the first stays");
        }
    }

    /// Makes the secret of the link by which the first administrator registers. It works once, in this run only.
    #[must_use]
    pub fn begin_first_run(&self) -> String {
        let token = chance::token();
        *self
            .first_run
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Some(token.clone());
        token
    }

    /// Whether this is the secret of that link, and it was not used yet.
    #[must_use]
    pub fn is_first_run(&self, token: &str) -> bool {
        let first_run = self
            .first_run
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        first_run.as_deref().map(|t| Digest::of(t.as_bytes())) == Some(Digest::of(token.as_bytes()))
    }

    /// Uses the link up. Says whether it still worked: the first to use it wins.
    pub(crate) fn end_first_run(&self, token: &str) -> bool {
        let mut first_run = self
            .first_run
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let works = first_run.as_deref() == Some(token);
        if works {
            *first_run = None;
        }
        works
    }

    /// Who has which item open.
    #[must_use]
    pub fn presence(&self) -> &Presence {
        &self.presence
    }

    /// What the status bar counts; nothing when it could not be counted just now.
    #[must_use]
    pub fn pulse(&self) -> Option<Pulse> {
        *self.pulse.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_pulse(&self, pulse: Option<Pulse>) {
        *self.pulse.write().unwrap_or_else(PoisonError::into_inner) = pulse;
    }

    /// An officer wants this delivery tried now, however long it was to rest. The oldest wishes give way.
    pub(crate) fn hurry(&self, delivery: i64) {
        let mut hurried = self.hurried.lock().unwrap_or_else(PoisonError::into_inner);
        if hurried.len() >= HURRIED_MAX {
            hurried.pop_first();
        }
        hurried.insert(delivery);
    }

    /// Which of these somebody wanted; said once.
    pub(crate) fn hurried(&self, deliveries: impl Iterator<Item = i64>) -> BTreeSet<i64> {
        let mut hurried = self.hurried.lock().unwrap_or_else(PoisonError::into_inner);
        deliveries.filter(|id| hurried.remove(id)).collect()
    }

    /// Whether all parts have started.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Acquire)
    }

    pub(crate) fn set_ready(&self) {
        self.ready.store(true, Ordering::Release);
    }
}
