//! Who subscribed to what, as a tree of topic levels.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::Bound;

use crate::codec::{Options, QoS};
use crate::topic;

/// What a session asked for with one filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Subscription {
    pub(crate) options: Options,
    /// Sent with what this filter brings.
    pub(crate) identifier: Option<u32>,
}

/// How a session gets one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Match {
    pub(crate) qos: QoS,
    /// With the retain flag as it was published.
    pub(crate) as_published: bool,
    pub(crate) identifiers: Vec<u32>,
}

/// Who gets one message.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// Each session once, with the highest QoS of its filters.
    pub(crate) own: BTreeMap<u64, Match>,
    /// The one member of each group whose turn it is.
    pub(crate) shared: Vec<(u64, Match)>,
}

/// All subscriptions. Finding those of one topic costs by its levels, not by the number of subscriptions.
#[derive(Default)]
pub(crate) struct Subscriptions {
    root: Node,
    count: usize,
}

/// `+` and `#` are children like any other: a topic name cannot contain them.
#[derive(Default)]
struct Node {
    children: BTreeMap<String, Node>,
    subscribers: BTreeMap<u64, Subscription>,
    groups: BTreeMap<String, Group>,
}

/// Subscribers that share the messages of a filter.
#[derive(Default)]
struct Group {
    members: BTreeMap<u64, Subscription>,
    /// Who had the last message.
    last: Cell<u64>,
}

/// For whom a message is looked up.
struct Asked<'a> {
    from: u64,
    is_here: &'a dyn Fn(u64) -> bool,
}

impl Subscriptions {
    /// Adds or replaces the subscription of `session` to the well-formed `filter`.
    pub(crate) fn add(&mut self, filter: &str, session: u64, subscription: Subscription) {
        let (group, filter) = topic::shared(filter);
        let mut node = &mut self.root;
        for level in filter.split('/') {
            node = node.children.entry(level.to_owned()).or_default();
        }
        let subscribers = match group {
            None => &mut node.subscribers,
            Some(group) => &mut node.groups.entry(group.to_owned()).or_default().members,
        };
        if subscribers.insert(session, subscription).is_none() {
            self.count += 1;
        }
    }

    pub(crate) fn remove(&mut self, filter: &str, session: u64) {
        let (group, filter) = topic::shared(filter);
        let levels: Vec<&str> = filter.split('/').collect();
        if self.root.remove(&levels, group, session) {
            self.count -= 1;
        }
    }

    /// Who gets a message on `topic` that session `from` published. Of a group it is the next member that
    /// `is_here`, or the next one if none is.
    pub(crate) fn of(&self, topic: &str, from: u64, is_here: &dyn Fn(u64) -> bool) -> Found {
        let levels: Vec<&str> = topic.split('/').collect();
        let mut found = Found::default();
        let asked = Asked { from, is_here };
        self.root
            .collect(&levels, !topic.starts_with('$'), &asked, &mut found);
        found
    }

    pub(crate) fn len(&self) -> usize {
        self.count
    }
}

impl Node {
    fn collect(&self, levels: &[&str], wild: bool, asked: &Asked<'_>, found: &mut Found) {
        if wild && let Some(rest) = self.children.get("#") {
            rest.add_to(asked, found);
        }
        let Some((level, below)) = levels.split_first() else {
            self.add_to(asked, found);
            return;
        };
        if let Some(child) = self.children.get(*level) {
            child.collect(below, true, asked, found);
        }
        if wild && let Some(child) = self.children.get("+") {
            child.collect(below, true, asked, found);
        }
    }

    fn add_to(&self, asked: &Asked<'_>, found: &mut Found) {
        for (session, subscription) in &self.subscribers {
            if subscription.options.no_local && *session == asked.from {
                continue;
            }
            found
                .own
                .entry(*session)
                .or_insert_with(Match::nothing)
                .widen(*subscription);
        }
        for group in self.groups.values() {
            if let Some((session, subscription)) = group.next(asked) {
                let mut matched = Match::nothing();
                matched.widen(subscription);
                found.shared.push((session, matched));
            }
        }
    }

    /// Whether there was such a subscription. Branches that became empty are cut off.
    fn remove(&mut self, levels: &[&str], group: Option<&str>, session: u64) -> bool {
        let Some((level, below)) = levels.split_first() else {
            let Some(name) = group else {
                return self.subscribers.remove(&session).is_some();
            };
            let Some(group) = self.groups.get_mut(name) else {
                return false;
            };
            let removed = group.members.remove(&session).is_some();
            if group.members.is_empty() {
                self.groups.remove(name);
            }
            return removed;
        };
        let Some(child) = self.children.get_mut(*level) else {
            return false;
        };
        let removed = child.remove(below, group, session);
        if child.children.is_empty() && child.subscribers.is_empty() && child.groups.is_empty() {
            self.children.remove(*level);
        }
        removed
    }
}

impl Group {
    fn next(&self, asked: &Asked<'_>) -> Option<(u64, Subscription)> {
        let after = (Bound::Excluded(self.last.get()), Bound::Unbounded);
        let in_turn = || self.members.range(after).chain(&self.members);
        let (session, subscription) = in_turn()
            .find(|(session, _)| (asked.is_here)(**session))
            .or_else(|| in_turn().next())?;
        self.last.set(*session);
        Some((*session, *subscription))
    }
}

impl Match {
    fn nothing() -> Self {
        Self {
            qos: QoS::AtMostOnce,
            as_published: false,
            identifiers: Vec::new(),
        }
    }

    fn widen(&mut self, by: Subscription) {
        self.qos = self.qos.max(by.options.qos);
        self.as_published |= by.options.as_published;
        self.identifiers.extend(by.identifier);
    }
}

#[cfg(test)]
pub(crate) fn plain(qos: QoS) -> Subscription {
    Subscription {
        options: Options {
            qos,
            no_local: false,
            as_published: false,
            retained: crate::codec::Handling::Send,
        },
        identifier: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{prop, prop_assert_eq, proptest};

    fn qos_of(found: &Found) -> BTreeMap<u64, QoS> {
        found
            .own
            .iter()
            .map(|(session, matched)| (*session, matched.qos))
            .collect()
    }

    #[test]
    fn overlapping_filters_give_one_copy_with_the_highest_qos_and_all_identifiers() {
        let mut subscriptions = Subscriptions::default();
        let numbered = |qos, identifier| Subscription {
            identifier: Some(identifier),
            ..plain(qos)
        };
        subscriptions.add("a/#", 7, numbered(QoS::AtMostOnce, 1));
        subscriptions.add("a/+", 7, numbered(QoS::AtLeastOnce, 2));
        subscriptions.add("#", 8, plain(QoS::ExactlyOnce));
        let found = subscriptions.of("a/b", 0, &|_| true);
        assert_eq!(
            qos_of(&found),
            BTreeMap::from([(7, QoS::AtLeastOnce), (8, QoS::ExactlyOnce)])
        );
        assert_eq!(found.own[&7].identifiers, [1, 2]);
    }

    #[test]
    fn who_does_not_want_to_hear_itself_still_hears_others() {
        let mut subscriptions = Subscriptions::default();
        let mut deaf = plain(QoS::AtMostOnce);
        deaf.options.no_local = true;
        subscriptions.add("a", 7, deaf);
        assert_eq!(subscriptions.of("a", 7, &|_| true), Found::default());
        assert_eq!(subscriptions.of("a", 8, &|_| true).own.len(), 1);
    }

    #[test]
    fn a_group_takes_turns_and_passes_over_the_absent() {
        let mut subscriptions = Subscriptions::default();
        for session in [1, 2, 3] {
            subscriptions.add("$share/g/a/+", session, plain(QoS::AtLeastOnce));
        }
        subscriptions.add("$share/other/a/b", 9, plain(QoS::AtMostOnce));
        let turn = |is_here: &dyn Fn(u64) -> bool| {
            let mut sessions: Vec<u64> = subscriptions
                .of("a/b", 1, is_here)
                .shared
                .iter()
                .map(|(session, _)| *session)
                .collect();
            sessions.sort_unstable();
            sessions
        };
        let all = |_: u64| true;
        assert_eq!([turn(&all), turn(&all)], [[1, 9], [2, 9]]);
        assert_eq!(turn(&|session| session != 3), [1, 9]);
        assert_eq!(turn(&|_| false), [2, 9]);
        for session in [1, 2, 3] {
            subscriptions.remove("$share/g/a/+", session);
        }
        subscriptions.remove("$share/other/a/b", 9);
        assert_eq!(subscriptions.len(), 0);
        assert!(subscriptions.root.children.is_empty());
    }

    proptest! {
        #[test]
        fn the_tree_finds_what_a_plain_loop_finds(
            filters in prop::collection::vec(prop::sample::select(vec![
                "#", "+", "a", "a/#", "a/+", "a/b", "+/b", "+/+", "/", "/+", "$x/#", "$x/+", "+/#", "a/+/c", "a/b/#",
            ]), 0..12),
            removed in prop::collection::vec(0_usize..12, 0..4),
            topic in prop::sample::select(vec!["a", "a/b", "a/b/c", "/", "", "/b", "$x", "$x/b", "b/b", "a/"]),
        ) {
            let mut tree = Subscriptions::default();
            let mut loops = BTreeMap::new();
            for (session, filter) in (0_u64..).zip(&filters) {
                tree.add(filter, session, plain(QoS::AtMostOnce));
                loops.insert(session, *filter);
            }
            for session in removed.into_iter().filter(|session| *session < filters.len()) {
                tree.remove(filters[session], session as u64);
                loops.remove(&(session as u64));
            }
            let expected: Vec<u64> =
                loops.iter().filter(|(_, filter)| topic::matches(filter, topic)).map(|(session, _)| *session).collect();
            prop_assert_eq!(tree.of(topic, 99, &|_| true).own.into_keys().collect::<Vec<_>>(), expected);
            prop_assert_eq!(tree.len(), loops.len());
        }
    }
}
