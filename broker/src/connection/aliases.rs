//! Topic aliases: numbers that stand for topics, for as long as one connection lasts.

use std::collections::BTreeMap;

use crate::codec::Alias;

/// The client's: it says which number stands for which topic.
pub(super) struct Incoming {
    most: u16,
    topics: BTreeMap<u16, String>,
}

impl Incoming {
    pub(super) fn of(most: u16) -> Self {
        Self {
            most,
            topics: BTreeMap::new(),
        }
    }

    /// The topic of a publish that names a topic, an alias, or both. `None` if the alias is not one that we keep.
    pub(super) fn topic(&mut self, topic: String, alias: Option<u16>) -> Option<String> {
        let Some(alias) = alias else {
            return Some(topic);
        };
        if alias == 0 || alias > self.most {
            return None;
        }
        if topic.is_empty() {
            return self.topics.get(&alias).cloned();
        }
        self.topics.insert(alias, topic.clone());
        Some(topic)
    }
}

/// Ours: the first topics get a number, until the client keeps no more.
pub(super) struct Outgoing {
    most: u16,
    numbers: BTreeMap<String, u16>,
}

impl Outgoing {
    pub(super) fn of(most: u16) -> Self {
        Self {
            most,
            numbers: BTreeMap::new(),
        }
    }

    pub(super) fn alias(&mut self, topic: &str) -> Option<Alias> {
        if let Some(&number) = self.numbers.get(topic) {
            return Some(Alias {
                number,
                known: true,
            });
        }
        let number = u16::try_from(self.numbers.len() + 1).ok()?;
        if number > self.most {
            return None;
        }
        self.numbers.insert(topic.to_owned(), number);
        Some(Alias {
            number,
            known: false,
        })
    }

    /// The message did not go out: a number given with it is not known to the client.
    pub(super) fn unsent(&mut self, topic: &str, alias: Option<Alias>) {
        if alias.is_some_and(|alias| !alias.known) {
            self.numbers.remove(topic);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_stands_for_the_last_topic_it_was_sent_with() {
        let mut incoming = Incoming::of(2);
        assert_eq!(incoming.topic(String::new(), Some(1)), None, "not told yet");
        assert_eq!(incoming.topic("a".into(), Some(1)), Some("a".into()));
        assert_eq!(incoming.topic(String::new(), Some(1)), Some("a".into()));
        assert_eq!(incoming.topic("b".into(), Some(1)), Some("b".into()));
        assert_eq!(incoming.topic(String::new(), Some(1)), Some("b".into()));
        for number in [0, 3] {
            assert_eq!(incoming.topic("a".into(), Some(number)), None);
        }
        assert_eq!(incoming.topic("c".into(), None), Some("c".into()));
    }

    #[test]
    fn the_first_topics_get_numbers_and_the_others_their_names() {
        let mut outgoing = Outgoing::of(1);
        let alias = |number, known| Some(Alias { number, known });
        let first = outgoing.alias("a");
        assert_eq!(first, alias(1, false));
        outgoing.unsent("a", first);
        assert_eq!(
            outgoing.alias("a"),
            alias(1, false),
            "the client never got it"
        );
        assert_eq!(outgoing.alias("b"), None);
        assert_eq!(outgoing.alias("a"), alias(1, true));
    }
}
