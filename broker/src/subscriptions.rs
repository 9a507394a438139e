//! Who subscribed to what, as a tree of topic levels.

use std::collections::BTreeMap;

use crate::codec::QoS;

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
    subscribers: BTreeMap<u64, QoS>,
}

impl Subscriptions {
    /// Adds or replaces the subscription of `session` to the well-formed `filter`.
    pub(crate) fn add(&mut self, filter: &str, session: u64, qos: QoS) {
        let mut node = &mut self.root;
        for level in filter.split('/') {
            node = node.children.entry(level.to_owned()).or_default();
        }
        if node.subscribers.insert(session, qos).is_none() {
            self.count += 1;
        }
    }

    pub(crate) fn remove(&mut self, filter: &str, session: u64) {
        let levels: Vec<&str> = filter.split('/').collect();
        if self.root.remove(&levels, session) {
            self.count -= 1;
        }
    }

    /// Each session subscribed to `topic`, once, with the highest QoS of its filters.
    pub(crate) fn of(&self, topic: &str) -> BTreeMap<u64, QoS> {
        let levels: Vec<&str> = topic.split('/').collect();
        let mut found = BTreeMap::new();
        self.root
            .collect(&levels, !topic.starts_with('$'), &mut found);
        found
    }

    pub(crate) fn len(&self) -> usize {
        self.count
    }
}

impl Node {
    fn collect(&self, levels: &[&str], wild: bool, found: &mut BTreeMap<u64, QoS>) {
        if wild && let Some(rest) = self.children.get("#") {
            rest.add_to(found);
        }
        let Some((level, below)) = levels.split_first() else {
            self.add_to(found);
            return;
        };
        if let Some(child) = self.children.get(*level) {
            child.collect(below, true, found);
        }
        if wild && let Some(child) = self.children.get("+") {
            child.collect(below, true, found);
        }
    }

    fn add_to(&self, found: &mut BTreeMap<u64, QoS>) {
        for (session, qos) in &self.subscribers {
            let best = found.entry(*session).or_insert(*qos);
            if *best < *qos {
                *best = *qos;
            }
        }
    }

    /// Whether there was such a subscription. Branches that became empty are cut off.
    fn remove(&mut self, levels: &[&str], session: u64) -> bool {
        let Some((level, below)) = levels.split_first() else {
            return self.subscribers.remove(&session).is_some();
        };
        let Some(child) = self.children.get_mut(*level) else {
            return false;
        };
        let removed = child.remove(below, session);
        if child.children.is_empty() && child.subscribers.is_empty() {
            self.children.remove(*level);
        }
        removed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topic;
    use proptest::prelude::{prop, prop_assert_eq, proptest};

    #[test]
    fn overlapping_filters_give_one_copy_with_the_highest_qos() {
        let mut subscriptions = Subscriptions::default();
        subscriptions.add("a/#", 7, QoS::AtMostOnce);
        subscriptions.add("a/+", 7, QoS::AtLeastOnce);
        subscriptions.add("#", 8, QoS::AtMostOnce);
        assert_eq!(
            subscriptions.of("a/b"),
            BTreeMap::from([(7, QoS::AtLeastOnce), (8, QoS::AtMostOnce)])
        );
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
            let mut plain = BTreeMap::new();
            for (session, filter) in (0_u64..).zip(&filters) {
                tree.add(filter, session, QoS::AtMostOnce);
                plain.insert(session, *filter);
            }
            for session in removed.into_iter().filter(|session| *session < filters.len()) {
                tree.remove(filters[session], session as u64);
                plain.remove(&(session as u64));
            }
            let expected: Vec<u64> =
                plain.iter().filter(|(_, filter)| topic::matches(filter, topic)).map(|(session, _)| *session).collect();
            prop_assert_eq!(tree.of(topic).into_keys().collect::<Vec<_>>(), expected);
            prop_assert_eq!(tree.len(), plain.len());
        }
    }
}
