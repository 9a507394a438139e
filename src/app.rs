//! What the parts of a running service share. One task writes the picture; everyone else reads a finished one.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use hinan_gis::{Sketch, Town};
use jiff::Timestamp;
use tokio::sync::Notify;

use crate::clock::EventClock;
use crate::config::Config;
use crate::engine::{Advice, Reference};
use crate::situation::Situation;
use crate::store::Store;

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
    /// Rings when something is owed to a channel.
    pub owed: Notify,
    /// What is special about a replayed event; none in live service.
    pub replay: Option<Replayed>,
    /// Event time at the start.
    pub began: Timestamp,
    picture: RwLock<Arc<Picture>>,
    link: RwLock<Link>,
    ready: AtomicBool,
}

/// The finished picture of one evaluation.
pub struct Picture {
    /// What the core says.
    pub advice: Advice,
    /// What it knew.
    pub situation: Situation,
}

/// The way to the broker.
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

/// A recorded event that is replayed as if live.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// Name of the event.
    pub event: String,
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
    ) -> Self {
        let began = clock.now();
        let sketch = reference.town.sketch(80.0);
        Self {
            config,
            clock,
            store,
            reference,
            sketch,
            owed: Notify::new(),
            replay,
            began,
            picture: RwLock::new(Arc::new(first)),
            link: RwLock::new(Link::Down {
                since: began,
                why: "まだ接続していません".to_owned(),
            }),
            ready: AtomicBool::new(false),
        }
    }

    /// The municipality.
    #[must_use]
    pub fn town(&self) -> &Town {
        &self.reference.town
    }

    /// The latest finished picture.
    #[must_use]
    pub fn picture(&self) -> Arc<Picture> {
        Arc::clone(&self.picture.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Swaps the picture whole. Only the intake does this.
    pub(crate) fn show(&self, picture: Picture) {
        *self.picture.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(picture);
    }

    /// The way to the broker.
    #[must_use]
    pub fn link(&self) -> Link {
        self.link
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Notes how the way to the broker is.
    pub(crate) fn set_link(&self, link: Link) {
        *self.link.write().unwrap_or_else(PoisonError::into_inner) = link;
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
