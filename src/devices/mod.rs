//! Devices (観測機器) that were enrolled, as the embedded broker's door knows them: who may speak, as whom, how much.
//!
//! The record decides. This is a copy for the door, which is asked by thousands of devices at once; it is read anew
//! whenever the record says that something changed, also by another process.

pub mod access_files;
mod device;
pub mod steps;
mod verifier;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::Notify;

pub use device::{Barred, Device, Limits, NAME_MAX_CHARS, State, check_name};
pub use verifier::Verifier;

use crate::store::{Store, StoreError};

/// The enrolled devices.
#[derive(Default)]
pub struct Devices {
    list: RwLock<Arc<List>>,
    /// Rings when somebody changed the record and does not want to wait for the next look at it.
    pub changed: Notify,
}

/// The devices at one moment.
#[derive(Default)]
pub struct List {
    version: i64,
    by_name: BTreeMap<String, Device>,
    /// Name by SHA-256 of its certificate.
    by_certificate: BTreeMap<String, String>,
    /// Stations that a device in use speaks for.
    spoken_for: BTreeSet<String>,
    /// Stations that only devices out of use speak for, with one of those.
    silenced: BTreeMap<String, String>,
}

impl Devices {
    /// The devices as they were read last.
    #[must_use]
    pub fn list(&self) -> Arc<List> {
        Arc::clone(&self.list.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the devices if the record has changed. Returns the names of those whose connections must end: they were
    /// in use and are not any more, or their secret was replaced without a grace time.
    ///
    /// # Errors
    /// The record's.
    pub fn refresh(&self, store: &Store) -> Result<Vec<String>, StoreError> {
        let before = self.list();
        let fresh = store.read(|view| {
            let version = view.devices_version()?;
            if version == before.version {
                return Ok(None);
            }
            Ok(Some(List::of(version, view.devices()?)))
        })?;
        let Some(fresh) = fresh else {
            return Ok(Vec::new());
        };
        let ends = |device: &&Device| {
            let before = before.get(&device.name);
            if !device.state.in_use() {
                return before.is_none_or(|known| known.state.in_use());
            }
            before.is_some_and(|known| known.verifier != device.verifier && device.before.is_none())
        };
        let ended = fresh
            .iter()
            .filter(ends)
            .map(|device| device.name.clone())
            .collect();
        *self.list.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(fresh);
        Ok(ended)
    }
}

impl List {
    /// The device of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Device> {
        self.by_name.get(name)
    }

    fn of(version: i64, devices: Vec<Device>) -> Self {
        let mut list = Self {
            version,
            ..Self::default()
        };
        for device in devices {
            if let Some(sha256) = &device.certificate {
                list.by_certificate
                    .insert(sha256.clone(), device.name.clone());
            }
            for station in &device.stations {
                if device.state.in_use() {
                    list.spoken_for.insert(station.clone());
                } else {
                    list.silenced.insert(station.clone(), device.name.clone());
                }
            }
            list.by_name.insert(device.name.clone(), device);
        }
        list.silenced
            .retain(|station, _| !list.spoken_for.contains(station));
        list
    }

    /// The device that owns the certificate with this SHA-256, hexadecimal.
    #[must_use]
    pub fn with_certificate(&self, sha256: &str) -> Option<&Device> {
        self.get(self.by_certificate.get(sha256)?)
    }

    /// Whether a device was enrolled for this station. One that was put out of use does not leave its station to anybody.
    #[must_use]
    pub fn is_enrolled(&self, station: &str) -> bool {
        self.spoken_for.contains(station) || self.silenced.contains_key(station)
    }

    /// All devices, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Device> {
        self.by_name.values()
    }

    /// Whether readings must not be believed: they come from a device that is not in use, or, where nobody whom we know says
    /// that they are from it, from a station that only such devices speak for.
    #[must_use]
    pub fn distrusts(&self, device: Option<&str>, station: &str) -> Option<&Device> {
        match device.and_then(|name| self.get(name)) {
            Some(device) => (!device.state.in_use()).then_some(device),
            None => self.get(self.silenced.get(station)?),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn device(name: &str, station: &str, state: State) -> Device {
        Device {
            name: name.to_owned(),
            stations: vec![station.to_owned()],
            topics: Vec::new(),
            limits: Limits::default(),
            certificate: None,
            verifier: None,
            before: None,
            state,
            enrolled_at: Timestamp::UNIX_EPOCH,
            enrolled_by: "console".to_owned(),
            rotated_at: None,
        }
    }

    fn stolen() -> State {
        State::OutOfUse(Barred {
            at: Timestamp::UNIX_EPOCH,
            by: "sato".to_owned(),
            reason: "stolen".to_owned(),
        })
    }

    #[test]
    fn a_station_is_silenced_when_nobody_in_use_is_left_to_speak_for_it() {
        let list = List::of(
            1,
            vec![
                device("a", "north", stolen()),
                device("b", "north", State::InUse),
                device("c", "south", stolen()),
            ],
        );
        let distrusts = |device, station| list.distrusts(device, station).map(|d| d.name.as_str());
        assert_eq!(distrusts(Some("a"), "north"), Some("a"));
        assert_eq!(distrusts(Some("b"), "north"), None);
        assert_eq!(distrusts(Some("stranger"), "north"), None);
        // A broker elsewhere does not say who spoke.
        assert_eq!(distrusts(None, "north"), None);
        assert_eq!(distrusts(None, "south"), Some("c"));
        assert_eq!(distrusts(None, "west"), None);
        // Who only calls itself by the name of the station is nobody we know.
        assert_eq!(distrusts(Some("south"), "south"), Some("c"));
        assert!(
            list.is_enrolled("north") && list.is_enrolled("south") && !list.is_enrolled("west")
        );
    }
}
