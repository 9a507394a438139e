//! 外部回線: what is known of the line out of the town hall. Nothing asks the line itself; what comes over it is the witness.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::shapes::text;
use crate::app::{App, Link};
use crate::freshness::{self, Feed};

/// How it is, since when, and in words how that is known.
pub(super) fn line(app: &App) -> Value {
    let mut elsewhere = app.links();
    // The broker of [broker] stands in the house; those of others do not.
    elsewhere.remove(crate::brokers::MAIN);
    let agencies = freshness::feeds(app)
        .into_iter()
        .find(|feed| feed.id == "official");
    told(&elsewhere, agencies.as_ref())
}

/// Who was heard proves that the line is up. Only where every broker elsewhere is lost and the agencies are not heard either is it
/// called down; what nobody can tell is not said to be well.
fn told(elsewhere: &BTreeMap<String, Link>, agencies: Option<&Feed>) -> Value {
    let up = elsewhere.values().filter_map(|link| match link {
        Link::Up { since } => Some(*since),
        Link::Down { .. } => None,
    });
    let fresh = agencies
        .filter(|feed| !feed.is_late())
        .and_then(|feed| feed.heard_at);
    if let Some(since) = up.min() {
        return shaped(
            "up",
            Some(since),
            "外部のMQTTブローカーに接続しています",
            "A broker elsewhere is connected",
        );
    }
    if let Some(heard_at) = fresh {
        return shaped(
            "up",
            Some(heard_at),
            "気象庁などの情報が届いています",
            "Information of agencies is arriving",
        );
    }
    let lost = elsewhere.values().filter_map(|link| match link {
        Link::Down { since, .. } => Some(*since),
        Link::Up { .. } => None,
    });
    match lost.max() {
        Some(since) => shaped(
            "down",
            Some(since),
            "外部のMQTTブローカーに接続できず、気象庁などの情報も届いていません",
            "No broker elsewhere can be reached, and nothing arrives from agencies",
        ),
        None => shaped(
            "unknown",
            None,
            "外部から届くはずの情報がないため、外部回線の状態は分かりません",
            "Nothing is expected from outside: how the line is cannot be told",
        ),
    }
}

fn shaped(state: &str, since: Option<Timestamp>, ja: &str, en: &str) -> Value {
    json!({ "state": state, "since": since, "text": text(ja, en) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: u8) -> Timestamp {
        format!("2026-01-05T00:{minute:02}:00Z")
            .parse()
            .expect("a time")
    }

    fn lost(minute: u8) -> Link {
        Link::Down {
            since: at(minute),
            why: "接続が切れました".to_owned(),
        }
    }

    fn state(links: &[(&str, Link)], agencies: Option<&Feed>) -> (String, Value) {
        let links = links
            .iter()
            .map(|(name, link)| ((*name).to_owned(), link.clone()))
            .collect();
        let told = told(&links, agencies);
        (
            told["state"].as_str().expect("a word").to_owned(),
            told["since"].clone(),
        )
    }

    #[test]
    fn one_broker_elsewhere_that_is_connected_proves_the_line() {
        let links = [
            ("prefecture", lost(3)),
            ("vendor", Link::Up { since: at(1) }),
        ];
        assert_eq!(state(&links, None), ("up".to_owned(), json!(at(1))));
    }

    #[test]
    fn it_is_down_only_where_nothing_at_all_comes_over_it() {
        let links = [("prefecture", lost(3)), ("vendor", lost(7))];
        assert_eq!(
            state(&links, None),
            ("down".to_owned(), json!(at(7))),
            "since the last one was lost"
        );
        let heard = Feed::heard("official", at(9), 20, at(10));
        assert_eq!(
            state(&links, Some(&heard)).0,
            "up",
            "agencies are still heard"
        );
        let late = Feed::heard("official", at(9), 20, at(40));
        assert_eq!(state(&links, Some(&late)).0, "down");
    }

    #[test]
    fn who_expects_nothing_from_outside_is_not_told_that_it_is_well() {
        assert_eq!(state(&[], None), ("unknown".to_owned(), Value::Null));
        let late = Feed::heard("official", at(9), 20, at(40));
        assert_eq!(
            state(&[], Some(&late)).0,
            "unknown",
            "one late feed may be late by itself"
        );
    }
}
