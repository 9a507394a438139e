//! `[approve]` and `[publish]`: the human gate, and who sends what behind it.

use serde::{Deserialize, Serialize};

use super::checks::{refused, topic, within};
use super::{Broker, ConfigError};

/// `[approve]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is explained in config/default.toml")]
pub struct Approve {
    pub basis_age_max_min: u32,
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
        within("approve.basis_age_max_min", self.basis_age_max_min, 1, 120)
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
