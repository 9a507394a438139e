//! A bridge's sign of life: that it runs, and when each of its feeds was last read in full.
//!
//! A quiet evening has no telegrams for hours. Without this, calm could not be told from a dead line.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::refusal::Refusal;

/// Feeds of one bridge.
const FEEDS_MAX: usize = 64;

/// What a bridge says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignOfLife {
    /// Which bridge: `jma`.
    pub bridge: String,
    /// When it said so.
    pub alive_at: Timestamp,
    /// Its feeds.
    pub feeds: BTreeMap<String, FeedLife>,
}

/// How one feed is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedLife {
    /// When it was last read in full.
    pub ok_at: Option<Timestamp>,
    /// Failures in a row since then.
    pub failures: u32,
    /// Why the last one failed.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub why: String,
}

impl SignOfLife {
    /// Until when everything the agency said is known: the feed that was read least lately decides. `None`: one of them
    /// was never read.
    #[must_use]
    pub fn heard_at(&self) -> Option<Timestamp> {
        let mut heard = Some(self.alive_at).filter(|_| !self.feeds.is_empty());
        for feed in self.feeds.values() {
            heard = heard.min(feed.ok_at);
        }
        heard
    }
}

/// Whether JSON looks like one.
pub(crate) fn looks_like(json: &serde_json::Value) -> bool {
    json.get("bridge").is_some() && json.get("alive_at").is_some()
}

/// Reads one.
pub(crate) fn read(json: serde_json::Value) -> Result<SignOfLife, Refusal> {
    let life: SignOfLife = serde_json::from_value(json)
        .map_err(|why| Refusal::json("a bridge's sign of life", &why))?;
    if life.feeds.len() > FEEDS_MAX {
        return Err(Refusal::TooMany {
            what: "feeds",
            max: FEEDS_MAX,
        });
    }
    Ok(life)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_feed_that_was_read_least_lately_decides() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut life = SignOfLife {
            bridge: "jma".to_owned(),
            alive_at: at(100),
            feeds: BTreeMap::new(),
        };
        assert_eq!(
            life.heard_at(),
            None,
            "a bridge without feeds hears nothing"
        );
        let feed = |ok_at| FeedLife {
            ok_at,
            ..FeedLife::default()
        };
        life.feeds.insert("a".to_owned(), feed(Some(at(90))));
        life.feeds.insert("b".to_owned(), feed(Some(at(40))));
        assert_eq!(life.heard_at(), Some(at(40)));
        life.feeds.insert("c".to_owned(), feed(None));
        assert_eq!(life.heard_at(), None);
    }
}
