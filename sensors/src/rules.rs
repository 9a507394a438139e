//! Which topics carry readings, and in which format.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::payload::{Format, MESSAGE_MAX_BYTES};
use crate::topic::TopicRule;

/// Rules of one town.
const RULES_MAX: usize = 256;
/// Bytes of a filter.
const FILTER_MAX_BYTES: usize = 256;

/// The topics of a town: its own readings, then rules for everything else, of which the first that matches decides.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopicRules {
    /// Where our own devices publish: the topic names the gauge.
    pub readings: TopicRule,
    /// Where networks and gateways publish: the message names the device.
    pub formats: Vec<FormatRule>,
}

/// What is published under a filter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormatRule {
    /// The topics, as one subscribes to them: `v3/+/devices/+/up`.
    pub filter: TopicFilter,
    /// The format; recognised by the content when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// Largest message, bytes, from 64 to 65536.
    #[serde(default = "default_max_bytes")]
    pub payload_max_bytes: usize,
}

const fn default_max_bytes() -> usize {
    MESSAGE_MAX_BYTES
}

impl TopicRules {
    /// Checks all rules.
    ///
    /// # Errors
    /// An invalid prefix, more than 256 rules, a size that none has, or a filter given twice: the second could never
    /// decide.
    pub fn validate(&self) -> Result<(), InvalidTopicRules> {
        self.readings
            .validate()
            .map_err(|why| InvalidTopicRules(why.to_string()))?;
        if self.formats.len() > RULES_MAX {
            return Err(InvalidTopicRules(format!(
                "{} topic rules are given; at most {RULES_MAX} are accepted",
                self.formats.len()
            )));
        }
        for (n, rule) in self.formats.iter().enumerate() {
            if !(64..=MESSAGE_MAX_BYTES).contains(&rule.payload_max_bytes) {
                return Err(InvalidTopicRules(format!(
                    "topic rule {}: payload_max_bytes is {}; it must be from 64 to {MESSAGE_MAX_BYTES}",
                    rule.filter, rule.payload_max_bytes
                )));
            }
            if self.formats[..n]
                .iter()
                .any(|one| one.filter == rule.filter)
            {
                return Err(InvalidTopicRules(format!(
                    "topic rule {} is given twice; each filter must be used once",
                    rule.filter
                )));
            }
        }
        Ok(())
    }

    /// The filters to subscribe to.
    pub fn filters(&self) -> impl Iterator<Item = String> {
        std::iter::once(self.readings.filter()).chain(
            self.formats
                .iter()
                .map(|rule| rule.filter.as_str().to_owned()),
        )
    }

    /// The first rule that matches a topic.
    #[must_use]
    pub fn rule(&self, topic: &str) -> Option<&FormatRule> {
        self.formats.iter().find(|rule| rule.filter.matches(topic))
    }
}

/// Rules that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidTopicRules(pub String);

/// A topic filter of MQTT: levels joined by `/`, `+` for any one level, `#` at the end for any number of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TopicFilter(String);

impl TopicFilter {
    /// The filter as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a topic is among those of this filter. As in MQTT, wildcards at the front do not reach topics of the
    /// broker itself, which begin with `$`.
    #[must_use]
    pub fn matches(&self, topic: &str) -> bool {
        if topic.starts_with('$') && self.0.starts_with(['+', '#']) {
            return false;
        }
        let mut levels = topic.split('/');
        for wanted in self.0.split('/') {
            match (wanted, levels.next()) {
                ("#", _) | ("+", Some(_)) => {}
                (wanted, Some(level)) if wanted == level => {}
                _ => return false,
            }
            if wanted == "#" {
                return true;
            }
        }
        levels.next().is_none()
    }
}

impl FromStr for TopicFilter {
    type Err = InvalidTopicFilter;

    fn from_str(text: &str) -> Result<Self, InvalidTopicFilter> {
        let levels = text.split('/').count();
        let sound = (1..=FILTER_MAX_BYTES).contains(&text.len())
            && !text.contains(char::is_control)
            && text.split('/').enumerate().all(|(n, level)| match level {
                "+" => true,
                "#" => n + 1 == levels,
                _ => !level.contains(['+', '#']),
            });
        if sound {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidTopicFilter {
                given: text.chars().take(FILTER_MAX_BYTES).collect(),
            })
        }
    }
}

impl TryFrom<String> for TopicFilter {
    type Error = InvalidTopicFilter;

    fn try_from(text: String) -> Result<Self, InvalidTopicFilter> {
        text.parse()
    }
}

impl From<TopicFilter> for String {
    fn from(filter: TopicFilter) -> Self {
        filter.0
    }
}

impl fmt::Display for TopicFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that is no topic filter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "filter is {given:?}; it must be 1 to 256 bytes of levels joined by `/`, where a level is `+` or has none, and `#` is the last level"
)]
pub struct InvalidTopicFilter {
    /// What was given.
    pub given: String,
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn filter(text: &str) -> TopicFilter {
        text.parse().unwrap()
    }

    #[test]
    fn a_filter_matches_as_mqtt_says() {
        for (wanted, topic, matches) in [
            ("v3/+/devices/+/up", "v3/app@ttn/devices/dev1/up", true),
            ("v3/+/devices/+/up", "v3/app@ttn/devices/dev1/join", false),
            ("v3/+/devices/+/up", "v3/app@ttn/devices/dev1/up/x", false),
            ("application/#", "application/1/device/2/event/up", true),
            ("application/#", "application", true),
            ("application/#", "applications/1", false),
            ("#", "a/b", true),
            ("#", "$SYS/broker", false),
            ("+/broker", "$SYS/broker", false),
            ("$SYS/#", "$SYS/broker", true),
            ("+", "a", true),
            ("+", "a/b", false),
            ("a/+", "a", false),
            ("a/+", "a/", true),
        ] {
            assert_eq!(filter(wanted).matches(topic), matches, "{wanted} {topic}");
        }
    }

    #[test]
    fn what_is_no_filter_is_refused() {
        for bad in [
            "",
            "a/#/b",
            "a+/b",
            "a/b#",
            "#/a",
            "a\u{0}",
            &"a".repeat(257),
        ] {
            assert!(bad.parse::<TopicFilter>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_first_rule_that_matches_decides_and_none_may_stand_twice() {
        let rule = |text: &str, format| FormatRule {
            filter: filter(text),
            format,
            payload_max_bytes: 4096,
        };
        let mut rules = TopicRules {
            formats: vec![
                rule("v3/+/devices/+/up", Some(Format::TtsV3)),
                rule("v3/#", None),
            ],
            ..TopicRules::default()
        };
        assert_eq!(
            rules.rule("v3/a/devices/b/up").unwrap().format,
            Some(Format::TtsV3)
        );
        assert_eq!(rules.rule("v3/a").unwrap().format, None);
        assert_eq!(rules.rule("v4/a"), None);
        assert_eq!(
            rules.filters().collect::<Vec<_>>(),
            ["hinan/v1/readings/+", "v3/+/devices/+/up", "v3/#"]
        );
        assert_eq!(rules.validate(), Ok(()));
        rules.formats.push(rule("v3/#", None));
        assert!(
            rules
                .validate()
                .unwrap_err()
                .to_string()
                .contains("given twice")
        );
        rules.formats.pop();
        rules.formats[0].payload_max_bytes = 1 << 20;
        assert!(
            rules
                .validate()
                .unwrap_err()
                .to_string()
                .contains("from 64 to 65536")
        );
    }

    #[test]
    fn a_rule_is_described_in_a_few_keys() {
        let rule: FormatRule =
            serde_json::from_str(r#"{"filter":"senml/#","format":"senml_json"}"#).unwrap();
        assert_eq!(rule.payload_max_bytes, MESSAGE_MAX_BYTES);
        for bad in [
            r#"{"filter":"a/#/b"}"#,
            r#"{"filter":"a","format":"xml"}"#,
            r#"{"filter":"a","fromat":"senml_json"}"#,
        ] {
            assert!(serde_json::from_str::<FormatRule>(bad).is_err(), "{bad}");
        }
    }
}
