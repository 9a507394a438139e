//! `[sensors]`: readings of devices, and who may send them.

use std::collections::BTreeMap;

use hinan_sensors::{Device, FormatRule, QualitySettings};
use serde::{Deserialize, Serialize};

use super::checks::{refused, topic, within};
use super::{Broker, ConfigError};

/// `[sensors]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is explained in config/default.toml")]
pub struct Sensors {
    pub topic_prefix: String,
    pub payload_max_bytes: usize,
    pub waiting_max_bytes: usize,
    pub future_max_s: i64,
    pub cadence_s: u32,
    pub commit_max_readings: usize,
    pub commit_within_ms: u64,
    pub quarantine_keep: i64,
    pub quality: QualitySettings,
    #[serde(default)]
    pub station: BTreeMap<String, QualitySettings>,
    #[serde(default)]
    pub source: Vec<FormatRule>,
    #[serde(default)]
    pub device: Vec<Device>,
    pub devices_publish: DevicesPublish,
}

/// Whom the embedded broker lets publish readings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DevicesPublish {
    /// A client publishes only as the station that its client id names.
    Own,
    /// A client may publish for any station: a gateway.
    Any,
}

impl Sensors {
    pub(super) fn check(&self, broker: &Broker) -> Result<(), ConfigError> {
        topic("sensors.topic_prefix", &self.topic_prefix)?;
        within(
            "sensors.payload_max_bytes",
            self.payload_max_bytes,
            64,
            65536,
        )?;
        within(
            "sensors.waiting_max_bytes",
            self.waiting_max_bytes,
            broker.packet_max_bytes,
            4 << 30,
        )?;
        within("sensors.future_max_s", self.future_max_s, 1, 3600)?;
        within("sensors.cadence_s", self.cadence_s, 10, 86400)?;
        within(
            "sensors.commit_max_readings",
            self.commit_max_readings,
            1,
            20000,
        )?;
        within("sensors.commit_within_ms", self.commit_within_ms, 1, 1000)?;
        within(
            "sensors.quarantine_keep",
            self.quarantine_keep,
            100,
            1_000_000,
        )?;
        self.quality.validate().or_else(|why| {
            refused(
                "sensors.quality",
                &why,
                "as explained in config/default.toml",
            )
        })?;
        for (station, quality) in &self.station {
            let key = format!("sensors.station.{station}");
            quality
                .validate()
                .or_else(|why| refused(&key, &why, "as explained in config/default.toml"))?;
        }
        Ok(())
    }
}
