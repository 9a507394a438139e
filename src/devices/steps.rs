//! What may be done with a device, each as one transaction with its entry in the audit. The console and the officers'
//! page come through here.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use thiserror::Error;

use super::{Barred, Device, Limits, State, Verifier, check_name};
use crate::store::{Store, StoreError, Tx};

/// Longest reason, characters.
pub const REASON_MAX_CHARS: usize = 400;
/// Longest time that a secret stays valid after a new one was made.
pub const GRACE_MAX: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Devices, at most.
pub const DEVICES_MAX: usize = 100_000;
/// Stations and topics of one device, at most.
const TOPICS_MAX: usize = 1_000;

/// Why a step was not taken.
#[derive(Debug, Error)]
pub enum Refused {
    /// No device of this name.
    #[error(
        "登録されていない機器です / no device {0} is enrolled; `hinan devices list` names them"
    )]
    Unknown(String),
    /// It is there already.
    #[error(
        "登録済みです / device {0} is enrolled already; `hinan devices rotate` gives it a new secret"
    )]
    Known(String),
    /// A value that is not accepted, with what would be.
    #[error("{0}")]
    Value(String),
    /// The step does not fit its state.
    #[error("{name} は{state}です / {name} is {state}: {why}")]
    State {
        /// The device.
        name: String,
        /// Its state in words.
        state: &'static str,
        /// What can be done.
        why: &'static str,
    },
    /// The record cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Who does it and when.
#[derive(Clone, Copy)]
pub struct By<'a> {
    /// Account, or `console`.
    pub actor: &'a str,
    /// Moment, as the audit has it.
    pub at: Timestamp,
}

/// A device to be enrolled.
#[derive(Clone, Debug, Default)]
pub struct Enrolment {
    /// See [`Device::name`].
    pub name: String,
    /// See [`Device::stations`].
    pub stations: Vec<String>,
    /// See [`Device::topics`].
    pub topics: Vec<String>,
    /// See [`Device::limits`].
    pub limits: Limits,
    /// See [`Device::certificate`].
    pub certificate: Option<String>,
}

/// Enrols a device and returns its secret: the only moment at which anybody sees it.
///
/// # Errors
/// [`Refused`]
pub fn enrol(store: &Store, asked: &Enrolment, by: By<'_>) -> Result<String, Refused> {
    check(asked)?;
    let (secret, verifier) = Verifier::fresh();
    change(store, |tx| {
        let view = tx.view();
        if view.device(&asked.name)?.is_some() {
            return Ok(Err(Refused::Known(asked.name.clone())));
        }
        if view.devices_count()? >= DEVICES_MAX as u64 {
            return Ok(Err(Refused::Value(format!(
                "{DEVICES_MAX} devices are enrolled; no more are accepted"
            ))));
        }
        tx.put_device(&fresh(asked, Some(verifier), by))?;
        let detail = json!({ "stations": asked.stations, "topics": asked.topics, "limits": asked.limits,
            "certificate": asked.certificate });
        tx.audit(by.at, by.actor, "device_enrolled", &asked.name, &detail)?;
        Ok(Ok(secret))
    })
}

fn fresh(asked: &Enrolment, verifier: Option<Verifier>, by: By<'_>) -> Device {
    Device {
        name: asked.name.clone(),
        stations: asked.stations.clone(),
        topics: asked.topics.clone(),
        limits: asked.limits,
        certificate: asked.certificate.clone(),
        rotated_at: verifier.is_some().then_some(by.at),
        verifier,
        before: None,
        state: State::InUse,
        enrolled_at: by.at,
        enrolled_by: by.actor.to_owned(),
    }
}

/// Gives a device a new secret; the old one stays valid for `grace`. A device that is out of use gets no grace, and
/// stays out of use.
///
/// # Errors
/// [`Refused`]
pub fn rotate(
    store: &Store,
    name: &str,
    grace: SignedDuration,
    by: By<'_>,
) -> Result<String, Refused> {
    if grace.is_negative() || grace > GRACE_MAX {
        return Err(Refused::Value(format!(
            "the grace time is {grace:#}; it must be from 0 to {} days",
            GRACE_MAX.as_hours() / 24
        )));
    }
    let (secret, verifier) = Verifier::fresh();
    step(store, name, |tx, mut device| {
        if let State::Revoked(_) = device.state {
            return Ok(Err(Refused::State {
                name: device.name,
                state: "失効 revoked",
                why: "enrol it under a new name",
            }));
        }
        let grace = if device.state.in_use() {
            grace
        } else {
            SignedDuration::ZERO
        };
        device.before = match device.verifier.take() {
            Some(old) if !grace.is_zero() => Some((old, by.at + grace)),
            _ => None,
        };
        device.verifier = Some(verifier);
        device.rotated_at = Some(by.at);
        let detail = json!({ "grace_s": grace.as_secs() });
        tx.put_device(&device)?;
        tx.audit(by.at, by.actor, "device_rotated", name, &detail)?;
        Ok(Ok(secret))
    })
}

/// Takes a device out of use, at once. Its readings are not believed from `since` on; what was stored of them is
/// marked as bad by the service. A device that was never enrolled but speaks, as an open broker lets it, is noted down
/// with the stations of the same name.
///
/// # Errors
/// [`Refused`]
pub fn bar(
    store: &Store,
    name: &str,
    since: Timestamp,
    reason: &str,
    by: By<'_>,
) -> Result<(), Refused> {
    let reason = reason_of(reason)?;
    if since > by.at {
        return Err(Refused::Value(format!(
            "since is {since}; it must not be later than now, {}",
            by.at
        )));
    }
    check_name(name).map_err(Refused::Value)?;
    change(store, |tx| {
        let view = tx.view();
        let device = match view.device(name)? {
            Some(device) => device,
            None => {
                let asked = Enrolment {
                    name: name.to_owned(),
                    stations: vec![name.to_owned()],
                    ..Enrolment::default()
                };
                fresh(&asked, None, by)
            }
        };
        if !device.state.in_use() {
            return Ok(Err(Refused::State {
                name: device.name,
                state: device.state.spoken(),
                why: "it is not in use; nothing was changed",
            }));
        }
        let device = Device {
            before: None,
            state: State::OutOfUse(Barred {
                at: by.at,
                by: by.actor.to_owned(),
                reason: reason.clone(),
            }),
            ..device
        };
        tx.put_device(&device)?;
        for station in &device.stations {
            tx.ask_to_distrust(&device.name, station, since, by.at)?;
        }
        let detail = json!({ "reason": reason, "since": since, "stations": device.stations });
        tx.audit(by.at, by.actor, "device_out_of_use", name, &detail)?;
        Ok(Ok(()))
    })
}

/// Puts a device back into use. Its secret may be known to others, so it gets a new one, which is returned.
///
/// # Errors
/// [`Refused`]
pub fn restore(store: &Store, name: &str, reason: &str, by: By<'_>) -> Result<String, Refused> {
    let reason = reason_of(reason)?;
    let (secret, verifier) = Verifier::fresh();
    step(store, name, |tx, mut device| {
        let State::OutOfUse(_) = device.state else {
            return Ok(Err(Refused::State {
                state: device.state.spoken(),
                name: device.name,
                why: "only a device that was put out of use comes back",
            }));
        };
        device.state = State::InUse;
        device.before = None;
        device.verifier = Some(verifier);
        device.rotated_at = Some(by.at);
        tx.put_device(&device)?;
        tx.audit(
            by.at,
            by.actor,
            "device_in_use",
            name,
            &json!({ "reason": reason }),
        )?;
        Ok(Ok(secret))
    })
}

/// Ends a device for good. Its readings so far are believed.
///
/// # Errors
/// [`Refused`]
pub fn revoke(store: &Store, name: &str, reason: &str, by: By<'_>) -> Result<(), Refused> {
    let reason = reason_of(reason)?;
    step(store, name, |tx, mut device| {
        if let State::Revoked(_) = device.state {
            return Ok(Err(Refused::State {
                name: device.name,
                state: "失効 revoked",
                why: "nothing was changed",
            }));
        }
        device.before = None;
        device.verifier = None;
        device.certificate = None;
        device.state = State::Revoked(Barred {
            at: by.at,
            by: by.actor.to_owned(),
            reason: reason.clone(),
        });
        tx.put_device(&device)?;
        tx.audit(
            by.at,
            by.actor,
            "device_revoked",
            name,
            &json!({ "reason": reason }),
        )?;
        Ok(Ok(()))
    })
}

fn step<T>(
    store: &Store,
    name: &str,
    f: impl FnOnce(&Tx<'_>, Device) -> Result<Result<T, Refused>, StoreError>,
) -> Result<T, Refused> {
    change(store, |tx| match tx.view().device(name)? {
        Some(device) => f(tx, device),
        None => Ok(Err(Refused::Unknown(name.to_owned()))),
    })
}

/// A refusal writes nothing, so that its transaction may end like any other.
fn change<T>(
    store: &Store,
    f: impl FnOnce(&Tx<'_>) -> Result<Result<T, Refused>, StoreError>,
) -> Result<T, Refused> {
    store.write(f)?
}

fn reason_of(reason: &str) -> Result<String, Refused> {
    let reason = reason.trim();
    if (1..=REASON_MAX_CHARS).contains(&reason.chars().count()) {
        Ok(reason.to_owned())
    } else {
        Err(Refused::Value(format!(
            "理由を書いてください / a reason of 1 to {REASON_MAX_CHARS} characters is needed"
        )))
    }
}

fn check(asked: &Enrolment) -> Result<(), Refused> {
    let value = Refused::Value;
    check_name(&asked.name).map_err(value)?;
    asked.limits.check().map_err(value)?;
    if asked.stations.len() + asked.topics.len() > TOPICS_MAX {
        return Err(Refused::Value(format!(
            "{} stations and topics; at most {TOPICS_MAX} are accepted",
            asked.stations.len() + asked.topics.len()
        )));
    }
    if asked.stations.is_empty() && asked.topics.is_empty() {
        return Err(Refused::Value(
            "a device needs a station (--station) or a topic (--topic) to speak for".to_owned(),
        ));
    }
    for station in &asked.stations {
        station
            .parse::<hinan_sensors::StationId>()
            .map_err(|why| Refused::Value(format!("--station {station:?}: {why}")))?;
    }
    for topic in &asked.topics {
        let bad = !rumqttc::valid_filter(topic)
            || topic.starts_with(['$', '+', '#'])
            || topic.chars().any(|c| c.is_control() || c.is_whitespace())
            || topic.len() > 1_024;
        if bad {
            return Err(Refused::Value(format!(
                "--topic {topic:?}; it must be an MQTT topic filter that begins with a name, without spaces, such as v3/+/devices/+/up"
            )));
        }
    }
    if let Some(certificate) = &asked.certificate {
        let hex = certificate.len() == 64
            && certificate
                .bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if !hex {
            return Err(Refused::Value(format!(
                "--certificate {certificate:?}; it must be the SHA-256 of the certificate, 64 digits 0-9 a-f, as \
                 `openssl x509 -in FILE -outform DER | sha256sum` prints it"
            )));
        }
    }
    Ok(())
}
