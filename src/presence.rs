//! Presence (対応中): who has which item open just now, so that nobody does the same twice without knowing.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Somebody who has not been heard for so long is gone.
const GONE_AFTER: Duration = Duration::from_secs(120);
/// Openings remembered; the oldest give way.
const MAX: usize = 1000;

/// By item and officer, when they last opened it.
#[derive(Default)]
pub struct Presence(Mutex<BTreeMap<(String, String), Instant>>);

impl Presence {
    /// `officer` has `item` open now. Says who else has, by account name.
    #[must_use]
    pub fn opened(&self, item: &str, officer: &str, now: Instant) -> Vec<String> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, seen| now.duration_since(*seen) < GONE_AFTER);
        if open.len() >= MAX {
            let oldest = open.iter().min_by_key(|(_, seen)| **seen);
            if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
                open.remove(&oldest);
            }
        }
        open.insert((item.to_owned(), officer.to_owned()), now);
        Self::others(&open, item, officer)
    }

    /// Who has `item` open now, by account name.
    #[must_use]
    pub fn at(&self, item: &str, now: Instant) -> Vec<String> {
        let open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let here = open
            .iter()
            .filter(|((at, _), seen)| at == item && now.duration_since(**seen) < GONE_AFTER);
        here.map(|((_, who), _)| who.clone()).collect()
    }

    fn others(
        open: &BTreeMap<(String, String), Instant>,
        item: &str,
        officer: &str,
    ) -> Vec<String> {
        let others = open.keys().filter(|(at, who)| at == item && who != officer);
        others.map(|(_, who)| who.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_officers_at_one_item_learn_of_each_other_until_one_is_gone() {
        let presence = Presence::default();
        let start = crate::clock::monotonic();
        assert!(presence.opened("r-1", "sato", start).is_empty());
        assert_eq!(presence.opened("r-1", "suzuki", start), ["sato"]);
        assert!(presence.opened("r-2", "suzuki", start).is_empty());
        let later = start + GONE_AFTER;
        assert!(presence.opened("r-1", "suzuki", later).is_empty());
        assert_eq!(presence.at("r-1", later), ["suzuki"]);
    }
}
