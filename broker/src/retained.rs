//! The last retained message of each topic.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::Bound;
use std::sync::Arc;

use bytes::Bytes;
use tokio::time::Instant;

use crate::router::Message;
use crate::topic;

/// A retained message as it is restored at start, and read out to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retained {
    /// Topic name, without wildcards.
    pub topic: String,
    /// The message, not empty: an empty one means that nothing is retained.
    pub payload: Bytes,
}

/// All retained messages, by topic.
#[derive(Default)]
pub(crate) struct Store {
    messages: BTreeMap<String, Arc<Message>>,
    bytes: usize,
}

impl Store {
    /// Keeps `message` as the last one of its topic; an empty payload clears the topic.
    /// False if it does not fit, even without those that have expired; then what was kept before stays cleared,
    /// so that nobody reads a message as the last one that is not.
    pub(crate) fn keep(
        &mut self,
        message: &Arc<Message>,
        max: usize,
        max_bytes: usize,
        now: Instant,
    ) -> bool {
        let full = self.messages.len() >= max || self.bytes + message.bytes() > max_bytes;
        if full && !message.payload.is_empty() {
            self.forget_expired(now);
        }
        let known = self.messages.len();
        match self.messages.entry(message.topic.clone()) {
            Entry::Occupied(mut old) => {
                self.bytes -= old.get().bytes();
                if message.payload.is_empty() {
                    old.remove();
                    return true;
                }
                if self.bytes + message.bytes() > max_bytes {
                    old.remove();
                    return false;
                }
                old.insert(Arc::clone(message));
            }
            Entry::Vacant(_) if message.payload.is_empty() => return true,
            Entry::Vacant(_) if known >= max || self.bytes + message.bytes() > max_bytes => {
                return false;
            }
            Entry::Vacant(new) => {
                new.insert(Arc::clone(message));
            }
        }
        self.bytes += message.bytes();
        true
    }

    fn forget_expired(&mut self, now: Instant) {
        let bytes = &mut self.bytes;
        self.messages.retain(|_, message| {
            let keep = !message.is_expired(now);
            if !keep {
                *bytes -= message.bytes();
            }
            keep
        });
    }

    /// The retained messages that belong to `filter` and have not expired, by topic.
    pub(crate) fn matching<'a>(
        &'a self,
        filter: &'a str,
        now: Instant,
    ) -> impl Iterator<Item = &'a Arc<Message>> {
        // Topics that can match share the beginning of the filter; `a/#` also matches `a`.
        let literal = filter
            .find(['+', '#'])
            .map_or(filter, |wild| &filter[..wild]);
        let beginning = literal.strip_suffix('/').unwrap_or(literal);
        self.messages
            .range::<str, _>((Bound::Included(beginning), Bound::Unbounded))
            .take_while(move |(name, _)| name.starts_with(beginning))
            .filter(move |(name, message)| topic::matches(filter, name) && !message.is_expired(now))
            .map(|(_, message)| message)
    }

    pub(crate) fn all(&self, now: Instant) -> impl Iterator<Item = &Arc<Message>> {
        self.messages
            .values()
            .filter(move |message| !message.is_expired(now))
    }

    pub(crate) fn len(&self) -> usize {
        self.messages.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;
    use crate::codec::QoS;

    fn message(topic: &str, payload: &'static str) -> Arc<Message> {
        Arc::new(Message::plain(
            topic,
            Bytes::from(payload),
            QoS::AtLeastOnce,
        ))
    }

    fn topics(store: &Store, filter: &str) -> Vec<String> {
        store
            .matching(filter, clock::now())
            .map(|message| message.topic.clone())
            .collect()
    }

    #[test]
    fn the_last_message_is_kept_and_an_empty_one_clears() {
        let mut store = Store::default();
        assert!(store.keep(&message("a", "one"), 1, 100, clock::now()));
        assert!(store.keep(&message("a", "three"), 1, 100, clock::now()));
        assert_eq!(
            store
                .matching("a", clock::now())
                .next()
                .map(|kept| kept.payload.clone()),
            Some("three".into())
        );
        assert!(!store.keep(&message("b", "no room"), 1, 100, clock::now()));
        assert!(store.keep(&message("a", ""), 1, 100, clock::now()));
        assert_eq!((store.len(), store.bytes), (0, 0));
        assert!(store.keep(&message("b", "room now"), 1, 100, clock::now()));
    }

    #[test]
    fn a_message_that_does_not_fit_leaves_no_older_one_behind() {
        let mut store = Store::default();
        assert!(store.keep(&message("a", "short"), 9, 10, clock::now()));
        assert!(!store.keep(&message("a", "far too long"), 9, 10, clock::now()));
        assert_eq!((store.len(), store.bytes), (0, 0));
    }

    #[test]
    fn filters_find_their_topics_whatever_they_begin_with() {
        let mut store = Store::default();
        for topic in ["a", "a/b", "a/b/c", "ab", "b/b", "$SYS/x"] {
            assert!(store.keep(&message(topic, "x"), 9, 100, clock::now()));
        }
        assert_eq!(topics(&store, "a/#"), ["a", "a/b", "a/b/c"]);
        assert_eq!(topics(&store, "+/b"), ["a/b", "b/b"]);
        assert_eq!(topics(&store, "#"), ["a", "a/b", "a/b/c", "ab", "b/b"]);
        assert_eq!(topics(&store, "$SYS/#"), ["$SYS/x"]);
        assert_eq!(topics(&store, "a"), ["a"]);
    }

    #[test]
    fn what_has_expired_is_not_found_and_makes_room() {
        let now = clock::now();
        let mut store = Store::default();
        let mut short = Message::plain("a", "old".into(), QoS::AtMostOnce);
        short.expires = Some(now);
        assert!(store.keep(&Arc::new(short), 1, 100, now));
        assert_eq!((topics(&store, "#"), store.len()), (vec![], 1));
        assert!(store.keep(&message("b", "new"), 1, 100, now));
        assert_eq!(
            (topics(&store, "#"), store.bytes),
            (vec!["b".to_owned()], 4)
        );
    }
}
