//! `[official]`: official information.

use hinan_sensors::TopicFilter;
use serde::{Deserialize, Serialize};

use super::checks::within;
use super::{Broker, ConfigError};

/// `[official]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is explained in config/default.toml")]
pub struct Official {
    pub filter: Vec<TopicFilter>,
    pub payload_max_bytes: usize,
    pub keep_days: u32,
    pub keep_drills_days: u32,
}

impl Official {
    pub(super) fn check(&self, broker: &Broker) -> Result<(), ConfigError> {
        within(
            "official.payload_max_bytes",
            self.payload_max_bytes,
            1 << 16,
            broker.packet_max_bytes,
        )?;
        within("official.keep_days", self.keep_days, 30, 36_500)?;
        within(
            "official.keep_drills_days",
            self.keep_drills_days,
            30,
            36_500,
        )
    }
}
