//! What notifications said before: the same one through several brokers, newer and older words on the same data.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Notification, NotificationKey, Rel};

/// What is known of the data that notifications spoke of. Bounded; no clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Notifications {
    data_max: usize,
    seen_max: usize,
    /// Keys of messages; the oldest is forgotten first.
    seen: BTreeSet<NotificationKey>,
    /// Newest word on each data, deletions too.
    data: BTreeMap<String, (Timestamp, Rel)>,
    /// The same by age.
    by_age: BTreeSet<(Timestamp, String)>,
}

/// What a notification means after those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notified {
    /// New data: use it or fetch it.
    New,
    /// It replaces data that is known.
    Replaces,
    /// The data is withdrawn.
    Deleted,
    /// The same message came before, through another broker.
    Duplicate,
    /// A newer word on the same data is known.
    Late,
}

impl Default for Notifications {
    /// The last 50,000 messages, 50,000 data.
    fn default() -> Self {
        Self {
            data_max: 50_000,
            seen_max: 50_000,
            seen: BTreeSet::new(),
            data: BTreeMap::new(),
            by_age: BTreeSet::new(),
        }
    }
}

impl Notifications {
    /// Nothing yet; at most so many messages and data are recognised again.
    #[must_use]
    pub fn keeping(max: usize) -> Self {
        Self {
            data_max: max,
            seen_max: max,
            ..Self::default()
        }
    }

    /// Takes a notification.
    pub fn take(&mut self, notification: &Notification) -> Notified {
        if !self.seen.insert(notification.key.clone()) {
            return Notified::Duplicate;
        }
        if self.seen.len() > self.seen_max {
            self.seen.pop_first();
        }
        let NotificationKey { pubtime, rel, .. } = notification.key;
        // A message without a data_id speaks of data nobody can name: it is new, always.
        if notification.data_id.is_empty() {
            return match rel {
                Rel::Deletion => Notified::Deleted,
                Rel::Canonical | Rel::Update => Notified::New,
            };
        }
        let known = self.data.get(&notification.data_id).copied();
        if let Some((newest, _)) = known
            && pubtime < newest
        {
            return Notified::Late;
        }
        let data_id = &notification.data_id;
        if let Some((before, _)) = self.data.insert(data_id.clone(), (pubtime, rel)) {
            self.by_age.remove(&(before, data_id.clone()));
        }
        self.by_age.insert((pubtime, data_id.clone()));
        while self.data.len() > self.data_max
            && let Some((_, oldest)) = self.by_age.pop_first()
        {
            self.data.remove(&oldest);
        }
        match (rel, known) {
            (Rel::Deletion, _) => Notified::Deleted,
            (_, Some((_, Rel::Canonical | Rel::Update))) => Notified::Replaces,
            _ => Notified::New,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::plain;
    use super::*;

    #[test]
    fn the_same_message_from_two_brokers_counts_once_but_a_deletion_may_reuse_its_id() {
        let mut known = Notifications::default();
        let first = plain("2026-01-01T00:00:00Z", "canonical");
        assert_eq!(known.take(&first), Notified::New);
        assert_eq!(known.take(&first), Notified::Duplicate);
        assert_eq!(
            known.take(&plain("2026-01-01T00:05:00Z", "update")),
            Notified::Replaces
        );
        assert_eq!(
            known.take(&plain("2026-01-01T00:03:00Z", "update")),
            Notified::Late
        );
        assert_eq!(
            known.take(&plain("2026-01-01T00:06:00Z", "deletion")),
            Notified::Deleted
        );
        assert_eq!(
            known.take(&plain("2026-01-01T00:07:00Z", "canonical")),
            Notified::New
        );
    }

    #[test]
    fn notifications_that_do_not_name_their_data_have_nothing_to_do_with_each_other() {
        let mut known = Notifications::default();
        let mut nameless = |pubtime: &str, rel: &str| {
            let mut one = plain(pubtime, rel);
            one.data_id.clear();
            known.take(&one)
        };
        assert_eq!(nameless("2026-01-01T00:00:00Z", "canonical"), Notified::New);
        assert_eq!(nameless("2026-01-01T00:05:00Z", "canonical"), Notified::New);
        assert_eq!(nameless("2026-01-01T00:02:00Z", "update"), Notified::New);
        assert_eq!(
            nameless("2026-01-01T00:06:00Z", "deletion"),
            Notified::Deleted
        );
        assert_eq!(nameless("2026-01-01T00:07:00Z", "canonical"), Notified::New);
        // The very same message is still the same.
        assert_eq!(
            nameless("2026-01-01T00:07:00Z", "canonical"),
            Notified::Duplicate
        );
    }

    #[test]
    fn a_memory_that_is_full_forgets_the_oldest_and_no_other() {
        let mut known = Notifications::keeping(2);
        let of = |data: &str, minute: u8| {
            let mut notification = plain(&format!("2026-01-01T00:{minute:02}:00Z"), "canonical");
            notification.data_id = data.to_owned();
            notification
        };
        for (data, minute) in [("a", 1), ("b", 2), ("a", 3), ("c", 4)] {
            known.take(&of(data, minute));
        }
        assert_eq!(
            known.take(&of("a", 5)),
            Notified::Replaces,
            "the newer word on it was kept"
        );
        assert_eq!(known.take(&of("b", 6)), Notified::New, "the oldest was not");
        assert_eq!((known.data.len(), known.by_age.len()), (2, 2));
    }
}
