//! Who may say what at the embedded broker. A device that was enrolled signs in with its own secret or certificate and
//! speaks as itself; only the service speaks for the town.

use std::sync::Arc;

use hinan_broker::{Certificate, Denied, Doorkeeper, Fault, Grant, Misdeed, Rate, Visitor};
use hinan_sensors::Stations;
use hinan_sensors::connect::Secret;
use tokio::sync::mpsc;

use crate::clock::wall;
use crate::config::{Config, DevicesPublish, DevicesRule};
use crate::devices::{Device, Devices, List};

/// Account of the service's own publisher at the embedded broker.
pub const PUBLISHER: &str = "hinan-publisher";

/// Decides for each client at its sign-in.
pub struct TownDoor {
    stations: Arc<Stations>,
    devices: Arc<Devices>,
    rule: DevicesRule,
    readings: String,
    alerts: String,
    own_alerts: String,
    devices_publish: DevicesPublish,
    topics: Vec<String>,
    publisher_secret: String,
    login: Option<(String, Secret)>,
    heard: mpsc::Sender<Misbehaved>,
}

/// What a client did at the broker and should not have done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misbehaved {
    /// The device, or the client identifier of one that is not known.
    pub who: String,
    /// What it did.
    pub what: What,
}

/// See [`Misbehaved`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// It published where it may not.
    NotGranted {
        /// The topic.
        topic: String,
    },
    /// It published more at once than it may.
    PayloadTooLong {
        /// What it sent.
        bytes: usize,
        /// What it may.
        max_bytes: usize,
    },
    /// It sent more than its rate for so long without a rest, and was disconnected.
    Excess {
        /// For how long, seconds.
        for_s: u64,
    },
}

impl TownDoor {
    /// A door for this town. Only whoever knows `publisher_secret` may publish notices; with a `login`, devices that
    /// are not enrolled, and readers, must know it. Misdeeds are told to `heard`, as far as it has room.
    #[must_use]
    pub fn new(
        config: &Config,
        stations: Arc<Stations>,
        devices: Arc<Devices>,
        publisher_secret: String,
        login: Option<(String, Secret)>,
        heard: mpsc::Sender<Misbehaved>,
    ) -> Self {
        Self {
            stations,
            devices,
            rule: config.broker.devices,
            readings: config.sensors.topic_prefix.clone(),
            alerts: config.publish.topic_prefix.clone(),
            own_alerts: format!(
                "{}/{}/#",
                config.publish.topic_prefix,
                config.service.realm.word()
            ),
            devices_publish: config.sensors.devices_publish,
            topics: config.topics(),
            publisher_secret,
            login,
            heard,
        }
    }

    /// What a device that was enrolled may do.
    fn as_device(&self, device: &Device, client_id: &str) -> Result<Grant, Denied> {
        if !device.state.in_use() {
            return Err(Denied::NotAuthorized);
        }
        // Another identifier could keep another device out: sessions belong to identifiers.
        let own = client_id.is_empty()
            || client_id == device.name
            || client_id
                .strip_prefix(&device.name)
                .is_some_and(|rest| rest.starts_with(':'));
        if !own {
            return Err(Denied::BadClientId);
        }
        let readings = device
            .stations
            .iter()
            .map(|station| format!("{}/{station}", self.readings));
        let limits = device.limits;
        let messages_per_s = f64::from(limits.messages_per_min) / 60.0;
        Ok(Grant {
            publish: readings.chain(device.topics.iter().cloned()).collect(),
            subscribe: vec![self.all_alerts()],
            device: Some(device.name.clone()),
            rate: Some(Rate {
                messages_per_s,
                burst: limits.burst,
                bytes_per_s: messages_per_s * f64::from(limits.payload_max_bytes),
            }),
            payload_max_bytes: usize::try_from(limits.payload_max_bytes).ok(),
        })
    }

    /// What somebody may do whom we only know by what it calls itself.
    fn as_anybody(&self, list: &List, who: &Visitor<'_>) -> Result<Grant, Denied> {
        self.check_login(who)?;
        let name = who.client_id;
        // Sessions belong to identifiers: under that of a device one could keep it out and throw away what waits for it.
        let of = name.split(':').next().unwrap_or_default();
        match list.get(of) {
            Some(device) if !device.state.in_use() => return Err(Denied::NotAuthorized),
            // It has a secret, and this client does not know it.
            Some(_) => return Err(Denied::BadCredentials),
            None => {}
        }
        let reader = Grant {
            subscribe: vec![self.all_alerts()],
            ..Grant::default()
        };
        if self.rule == DevicesRule::Enrolled {
            return Ok(reader);
        }
        let publish = match self.devices_publish {
            DevicesPublish::Any => self.topics.clone(),
            DevicesPublish::Own if self.is_free(list, name) => {
                vec![format!("{}/{name}", self.readings)]
            }
            DevicesPublish::Own => Vec::new(),
        };
        Ok(Grant {
            device: (self.stations.get(name).is_some()).then(|| name.to_owned()),
            publish,
            ..reader
        })
    }

    /// Whether a station is the town's and no device was enrolled for it.
    fn is_free(&self, list: &List, station: &str) -> bool {
        self.stations.get(station).is_some() && !list.is_enrolled(station)
    }

    fn check_login(&self, who: &Visitor<'_>) -> Result<(), Denied> {
        match &self.login {
            Some((name, secret)) => {
                let known = who.username == Some(name)
                    && who
                        .password
                        .is_some_and(|password| same(password, secret.reveal().as_bytes()));
                known.then_some(()).ok_or(Denied::BadCredentials)
            }
            // Somebody who names itself wants to be somebody.
            None if self.rule == DevicesRule::Enrolled && who.username.is_some() => {
                Err(Denied::BadCredentials)
            }
            None => Ok(()),
        }
    }

    fn all_alerts(&self) -> String {
        format!("{}/#", self.alerts)
    }
}

impl Doorkeeper for TownDoor {
    fn admit(&self, who: &Visitor<'_>) -> Result<Grant, Denied> {
        if who.username == Some(PUBLISHER) {
            let right = who
                .password
                .is_some_and(|password| same(password, self.publisher_secret.as_bytes()));
            return if right {
                Ok(Grant {
                    // Of its own realm only: a drill has no right to speak where the live service does, nor the other way round.
                    publish: vec![self.own_alerts.clone()],
                    ..Grant::default()
                })
            } else {
                Err(Denied::BadCredentials)
            };
        }
        let list = self.devices.list();
        match recognised(&list, who)? {
            Some(device) => self.as_device(device, who.client_id),
            None => self.as_anybody(&list, who),
        }
    }

    fn noted(&self, fault: &Fault<'_>) {
        let what = match fault.misdeed {
            Misdeed::NotGranted { topic } => What::NotGranted {
                topic: topic.to_owned(),
            },
            Misdeed::PayloadTooLong { bytes, max_bytes } => {
                What::PayloadTooLong { bytes, max_bytes }
            }
            Misdeed::Excess { for_s } => What::Excess { for_s },
        };
        let who = fault.device.unwrap_or(fault.client_id).to_owned();
        if self.heard.try_send(Misbehaved { who, what }).is_err() {
            metrics::counter!("hinan_misdeeds_not_noted_total").increment(1);
        }
    }
}

/// The device that a visitor proves to be; `None` if it does not claim to be one.
fn recognised<'a>(list: &'a List, who: &Visitor<'_>) -> Result<Option<&'a Device>, Denied> {
    if let Some(device) = who
        .certificate
        .and_then(|certificate| by_certificate(list, certificate))
    {
        // A user name beside the certificate must not say something else.
        return match who.username {
            Some(name) if name != device.name => Err(Denied::BadCredentials),
            _ => Ok(Some(device)),
        };
    }
    let Some(device) = who.username.and_then(|name| list.get(name)) else {
        return Ok(None);
    };
    let secret = who.password.unwrap_or_default();
    if device.recognises(secret, wall()) {
        Ok(Some(device))
    } else {
        Err(Denied::BadCredentials)
    }
}

/// This very certificate, or that of a device by its common name, unless another one was enrolled for it.
fn by_certificate<'a>(list: &'a List, certificate: &Certificate) -> Option<&'a Device> {
    let sha256 = hex::encode(certificate.sha256);
    list.with_certificate(&sha256).or_else(|| {
        let device = list.get(certificate.common_name.as_deref()?)?;
        device.certificate.is_none().then_some(device)
    })
}

/// Compares without telling by its duration how much was right.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differs, (x, y)| differs | (x ^ y)) == 0
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::realm::Realm;

    fn granted(realm: Realm, secret: &str) -> Result<Grant, Denied> {
        let mut config = Config::defaults();
        config.service.realm = realm;
        let (heard, _misdeeds) = mpsc::channel(1);
        let door = TownDoor::new(
            &config,
            Arc::new(Stations::default()),
            Arc::new(Devices::default()),
            "right".to_owned(),
            None,
            heard,
        );
        door.admit(&Visitor {
            client_id: "hinan",
            username: Some(PUBLISHER),
            password: Some(secret.as_bytes()),
            certificate: None,
            address: "127.0.0.1:1883".parse().unwrap(),
        })
    }

    #[test]
    fn even_with_the_right_secret_the_publisher_speaks_in_its_own_realm_only() {
        for realm in [Realm::Actual, Realm::Exercise] {
            let may = granted(realm, "right").unwrap();
            assert_eq!(may.publish, [format!("hinan/v1/alerts/{realm}/#")]);
            assert!(granted(realm, "wrong").is_err());
        }
    }
}
