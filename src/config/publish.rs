//! `[approve]` and `[publish]`: the human gate, and who sends what behind it.

use serde::{Deserialize, Serialize};

use super::checks::{refused, topic, within};
use super::{Broker, ConfigError};
use crate::approve::rule::{Needs, Rules};
use crate::realm::Realm;

/// `[approve]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is explained in config/default.toml")]
pub struct Approve {
    pub basis_age_max_min: u32,
    pub level3: Needs,
    pub level4: Needs,
    pub level5: Needs,
    pub cancel: Needs,
    pub lone_after_min: u32,
    pub review_within_min: u32,
    pub escalate_after_s: Vec<u32>,
}

/// `[officers]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is explained in config/default.toml")]
pub struct Officers {
    pub without_second_factor: bool,
}

impl Officers {
    pub(super) fn check(&self, realm: Realm) -> Result<(), ConfigError> {
        if self.without_second_factor && realm == Realm::Actual {
            return refused(
                "officers.without_second_factor",
                &true,
                "false in the live service (service.realm = \"actual\"): it is for demos and drills only",
            );
        }
        Ok(())
    }
}

/// `[publish]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is explained in config/default.toml")]
pub struct Publish {
    pub sender: String,
    pub sender_name: String,
    pub expires_after_h: u32,
    pub broker: String,
    pub topic_prefix: String,
    pub public_url: String,
}

impl Approve {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        within("approve.basis_age_max_min", self.basis_age_max_min, 1, 120)?;
        within("approve.lone_after_min", self.lone_after_min, 1, 60)?;
        if self.lone_after_min >= self.basis_age_max_min {
            return refused(
                "approve.lone_after_min",
                &self.lone_after_min,
                &format!(
                    "less than approve.basis_age_max_min ({}): a text too old to be approved cannot be issued alone either",
                    self.basis_age_max_min
                ),
            );
        }
        within("approve.review_within_min", self.review_within_min, 1, 120)?;
        if self.cancel == Needs::OneThenReview {
            return refused("approve.cancel", &"one_then_review", "one or two");
        }
        let after = &self.escalate_after_s;
        let rising = after.windows(2).all(|pair| pair[0] < pair[1]);
        let fit = after.iter().all(|s| (10..=3600).contains(s));
        if !(1..=10).contains(&after.len()) || !rising || !fit {
            return refused(
                "approve.escalate_after_s",
                &format!("{after:?}"),
                "1 to 10 numbers from 10 to 3600, each larger than the one before",
            );
        }
        Ok(())
    }

    /// The town's table of who must approve what.
    #[must_use]
    pub fn rules(&self) -> Rules {
        Rules {
            level3: self.level3,
            level4: self.level4,
            level5: self.level5,
            cancel: self.cancel,
            lone_after_min: self.lone_after_min,
            review_within_min: self.review_within_min,
        }
    }
}

impl Publish {
    pub(super) fn check(&self, broker: &Broker) -> Result<(), ConfigError> {
        if !self.broker.is_empty()
            && !broker
                .remote
                .iter()
                .any(|remote| remote.name == self.broker)
        {
            return refused(
                "publish.broker",
                &self.broker,
                "empty (the broker of [broker]) or the name of a [[broker.remote]]",
            );
        }
        topic("publish.topic_prefix", &self.topic_prefix)?;
        within("publish.expires_after_h", self.expires_after_h, 1, 48)?;
        let url = &self.public_url;
        let web = url.starts_with("http://") || url.starts_with("https://");
        if !web
            || url
                .chars()
                .any(|c| c.is_whitespace() || c.is_control() || matches!(c, '"' | '<' | '>'))
        {
            return refused(
                "publish.public_url",
                url,
                "an address that begins with http:// or https://, without spaces",
            );
        }
        if self.sender.is_empty() || self.sender.contains([' ', ',', '<', '&']) {
            return refused(
                "publish.sender",
                &self.sender,
                "an address without spaces, commas, < or &",
            );
        }
        Ok(())
    }
}
