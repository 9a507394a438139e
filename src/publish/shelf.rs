//! What residents and programs without an account see, finished. When telephones ring, thousands ask at once: the notices are read
//! and checked once after each change, and each page is written at most once in a few seconds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::outbox::ChannelName;
use super::publication::Publication;
use crate::approve::facts::Kind;
use crate::digest::Digest;
use crate::store::{Store, StoreError};

/// Ended notices stay on the page this long.
pub const ENDED_SHOWN: SignedDuration = SignedDuration::from_hours(72);
/// Longest life of an order, with an hour of grace: `publish.expires_after_h` allows 48.
const LIVE_MAX: SignedDuration = SignedDuration::from_hours(49);
/// A page says what time it was made at: older than this, in event time, it is made again.
const FRESH: SignedDuration = SignedDuration::from_secs(10);
/// Notices looked at; what is older than the newest so many is on no page, and the log says so.
const NOTICES_MAX: u32 = 10_000;
/// Pages kept finished.
const PAGES_MAX: usize = 1000;

/// A finished answer.
pub struct Finished {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its tag, with quotes.
    pub tag: String,
    made_at: Timestamp,
}

/// The notices that the public may want to see now, as they were at a moment.
pub struct Current {
    /// Everything that was delivered to the feed and is not too old: newest first.
    pub all: Vec<Arc<Publication>>,
    /// The orders in force among them.
    in_force: BTreeSet<String>,
    generation: u64,
    /// Until before when, in event time, nothing of it changes by itself.
    until: Timestamp,
    from: Timestamp,
    pages: Mutex<BTreeMap<String, Arc<Finished>>>,
}

impl Current {
    /// Whether this order is in force.
    #[must_use]
    pub fn holds(&self, id: &str) -> bool {
        self.in_force.contains(id)
    }

    /// One notice.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&Arc<Publication>> {
        self.all.iter().find(|one| one.notice().id().as_str() == id)
    }

    /// The page of this name, made when there is none that is fresh.
    ///
    /// # Errors
    /// What `make` says.
    pub fn page<E>(
        &self,
        name: &str,
        now: Timestamp,
        make: impl FnOnce() -> Result<Vec<u8>, E>,
    ) -> Result<Arc<Finished>, E> {
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(finished) = pages.get(name)
            && (SignedDuration::ZERO..FRESH).contains(&now.duration_since(finished.made_at))
        {
            return Ok(Arc::clone(finished));
        }
        // Made while others wait: they want the same.
        let bytes = make()?;
        let finished = Arc::new(Finished {
            tag: format!("\"{}\"", Digest::of(&bytes)),
            bytes,
            made_at: now,
        });
        if pages.len() >= PAGES_MAX {
            pages.clear();
        }
        pages.insert(name.to_owned(), Arc::clone(&finished));
        Ok(finished)
    }
}

/// The notices that are read and checked, and the pages made of them.
#[derive(Default)]
pub struct Shelf {
    generation: AtomicU64,
    current: Mutex<Option<Arc<Current>>>,
}

impl Shelf {
    /// Something was delivered to the feed.
    pub fn changed(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
    }

    /// What holds now, read anew when something was delivered or ended since. Only one at a time reads.
    ///
    /// # Errors
    /// The record's.
    pub fn current(&self, store: &Store, now: Timestamp) -> Result<Arc<Current>, StoreError> {
        let mut kept = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        // Asked before reading: what is delivered meanwhile makes the next one read again.
        let generation = self.generation.load(Ordering::Acquire);
        if let Some(current) = kept.as_ref()
            && current.generation == generation
            && (current.from..current.until).contains(&now)
        {
            return Ok(Arc::clone(current));
        }
        // What was checked once is not read again: an approved notice cannot change.
        let known: BTreeMap<String, Arc<Publication>> = kept
            .iter()
            .flat_map(|current| &current.all)
            .map(|one| (one.notice().id().to_string(), Arc::clone(one)))
            .collect();
        let since = now - LIVE_MAX - ENDED_SHOWN;
        let all = store.read(|view| {
            let ids = view.published_ids(&ChannelName::Feed, since, NOTICES_MAX)?;
            if ids.len() == NOTICES_MAX as usize {
                tracing::warn!(most = NOTICES_MAX, "older notices are on no public page");
            }
            let mut all = Vec::with_capacity(ids.len());
            for id in ids {
                match known.get(&id) {
                    Some(one) => all.push(Arc::clone(one)),
                    None => all.extend(view.believed(&id)?.map(Arc::new)),
                }
            }
            Ok(all)
        })?;
        let current = Arc::new(of(all, generation, now));
        *kept = Some(Arc::clone(&current));
        Ok(current)
    }
}

fn of(all: Vec<Arc<Publication>>, generation: u64, now: Timestamp) -> Current {
    let replaced: BTreeSet<&str> = all
        .iter()
        .flat_map(|one| one.facts().replaces.iter().map(|r| r.id.as_str()))
        .collect();
    let in_force = all
        .iter()
        .map(|one| one.facts())
        .filter(|facts| {
            let ended = replaced.contains(facts.id.as_str());
            facts.kind == Kind::Issue && facts.expires > now && !ended
        })
        .map(|facts| facts.id.to_string())
        .collect();
    let changes = all
        .iter()
        .map(|one| one.facts())
        .flat_map(|facts| [facts.expires, facts.sent + ENDED_SHOWN]);
    let until = changes.filter(|at| *at > now).min();
    Current {
        in_force,
        generation,
        until: until.unwrap_or(Timestamp::MAX),
        from: now,
        all,
        pages: Mutex::default(),
    }
}
