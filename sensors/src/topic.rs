//! Which topic belongs to which gauge.

use serde::{Deserialize, Serialize};

use crate::station::StationId;

/// Bytes of a prefix. MQTT allows 65 535 for a whole topic; nobody types that.
const PREFIX_MAX_BYTES: usize = 200;

/// Devices publish to `PREFIX/{station}`: one level below the prefix, named as the gauge.
///
/// The broker can then let each device publish to its own topic only, which is why the topic and not the payload
/// says whose reading it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TopicRule {
    /// What stands before the gauge, without a slash at either end: `hinan/v1/readings`.
    pub prefix: String,
}

impl Default for TopicRule {
    fn default() -> Self {
        Self {
            prefix: "hinan/v1/readings".to_owned(),
        }
    }
}

impl TopicRule {
    /// Checks the prefix.
    ///
    /// # Errors
    /// An empty or overlong prefix, an empty level, or a character that MQTT or a topic tree gives a meaning of its
    /// own (`+`, `#`, a leading `$`, controls).
    pub fn validate(&self) -> Result<(), InvalidTopicRule> {
        let special = |c: char| matches!(c, '+' | '#') || c.is_control();
        let sound = self.prefix.len() <= PREFIX_MAX_BYTES
            && !self.prefix.starts_with('$')
            && !self.prefix.contains(special)
            && self.prefix.split('/').all(|level| !level.is_empty());
        if sound {
            Ok(())
        } else {
            Err(InvalidTopicRule {
                prefix: self.prefix.chars().take(PREFIX_MAX_BYTES).collect(),
            })
        }
    }

    /// The filter to subscribe to: `hinan/v1/readings/+`.
    #[must_use]
    pub fn filter(&self) -> String {
        format!("{}/+", self.prefix)
    }

    /// The topic a gauge publishes to.
    #[must_use]
    pub fn topic(&self, station: &StationId) -> String {
        format!("{}/{station}", self.prefix)
    }

    /// The gauge's level of `topic`, if the topic is one level below the prefix. Not yet checked to be a gauge.
    #[must_use]
    pub fn station<'t>(&self, topic: &'t str) -> Option<&'t str> {
        topic
            .strip_prefix(self.prefix.as_str())?
            .strip_prefix('/')
            .filter(|level| !level.is_empty() && !level.contains('/'))
    }
}

/// A prefix that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "topic prefix is {prefix:?}; it must be 1 to 200 bytes of levels joined by `/`, without + # or control characters, not starting with $"
)]
pub struct InvalidTopicRule {
    /// What was given.
    pub prefix: String,
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_last_level_names_the_gauge_and_nothing_else_matches() {
        let rule = TopicRule::default();
        assert_eq!(rule.station("hinan/v1/readings/obihiro"), Some("obihiro"));
        for other in [
            "hinan/v1/readings",
            "hinan/v1/readings/",
            "hinan/v1/readings/a/b",
            "hinan/v1/readingsX/a",
            "x",
            "",
        ] {
            assert_eq!(rule.station(other), None, "{other}");
        }
    }

    #[test]
    fn a_gauges_topic_leads_back_to_the_gauge() {
        let rule = TopicRule::default();
        let id: StationId = "tokachi.obihiro-1".parse().unwrap();
        assert_eq!(rule.station(&rule.topic(&id)), Some(id.as_str()));
        assert_eq!(rule.filter(), "hinan/v1/readings/+");
    }

    #[test]
    fn a_prefix_with_wildcards_or_empty_levels_is_refused() {
        assert!(TopicRule::default().validate().is_ok());
        for bad in ["", "/a", "a/", "a//b", "a/+/b", "#", "$SYS/x", "a\0b"] {
            let rule = TopicRule {
                prefix: bad.to_owned(),
            };
            assert!(
                rule.validate()
                    .unwrap_err()
                    .to_string()
                    .contains("it must be"),
                "{bad:?}"
            );
        }
    }
}
