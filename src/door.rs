//! Who may say what at the embedded broker: a device speaks as the station that its client id names, and only
//! the service speaks for the town. One login is shared by all devices; secrets of their own are not there yet.

use std::sync::Arc;

use hinan_broker::{Denied, Doorkeeper, Grant, Visitor};
use hinan_sensors::Stations;
use hinan_sensors::connect::Secret;

use crate::config::{Config, DevicesPublish};

/// Account of the service's own publisher at the embedded broker.
pub const PUBLISHER: &str = "hinan-publisher";

/// Decides for each client at its sign-in.
pub struct TownDoor {
    stations: Arc<Stations>,
    readings: String,
    alerts: String,
    devices_publish: DevicesPublish,
    topics: Vec<String>,
    publisher_secret: String,
    login: Option<(String, Secret)>,
}

impl TownDoor {
    /// A door for this town. Only whoever knows `publisher_secret` may publish notices; with a `login`, devices
    /// and readers must know it, too.
    #[must_use]
    pub fn new(
        config: &Config,
        stations: Arc<Stations>,
        publisher_secret: String,
        login: Option<(String, Secret)>,
    ) -> Self {
        Self {
            stations,
            readings: config.sensors.topic_prefix.clone(),
            alerts: config.publish.topic_prefix.clone(),
            devices_publish: config.sensors.devices_publish,
            topics: config.topics(),
            publisher_secret,
            login,
        }
    }
}

impl Doorkeeper for TownDoor {
    fn admit(&self, who: &Visitor<'_>) -> Result<Grant, Denied> {
        let alerts = format!("{}/#", self.alerts);
        if who.username == Some(PUBLISHER) {
            let right = who
                .password
                .is_some_and(|password| same(password, self.publisher_secret.as_bytes()));
            return if right {
                Ok(Grant {
                    publish: vec![alerts],
                    ..Grant::default()
                })
            } else {
                Err(Denied::BadCredentials)
            };
        }
        if let Some((name, secret)) = &self.login {
            let known = who.username == Some(name)
                && who
                    .password
                    .is_some_and(|password| same(password, secret.reveal().as_bytes()));
            if !known {
                return Err(Denied::BadCredentials);
            }
        }
        let publish = match self.devices_publish {
            DevicesPublish::Any => self.topics.clone(),
            DevicesPublish::Own if self.stations.get(who.client_id).is_some() => {
                vec![format!("{}/{}", self.readings, who.client_id)]
            }
            DevicesPublish::Own => Vec::new(),
        };
        Ok(Grant {
            publish,
            subscribe: vec![alerts],
            ..Grant::default()
        })
    }
}

/// Compares without telling by its duration how much was right.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differs, (x, y)| differs | (x ^ y)) == 0
}
