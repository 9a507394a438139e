//! Devices (観測機器) that were enrolled, as the embedded broker's door knows them: who may speak, as whom, how much.
//!
//! The record decides. This is a copy for the door, which is asked by thousands of devices at once; it is read anew
//! whenever the record says that something changed, also by another process.

pub mod access_files;
mod device;
pub mod steps;
mod verifier;

use std::collections::BTreeMap;
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
}

impl Devices {
    /// The devices as they were read last.
    #[must_use]
    pub fn list(&self) -> Arc<List> {
        Arc::clone(&self.list.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the devices if the record has changed. Returns the names of those that were in use and are not any
    /// more.
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
            let devices = view.devices()?;
            let by_name = devices.into_iter().map(|d| (d.name.clone(), d)).collect();
            Ok(Some(List { version, by_name }))
        })?;
        let Some(fresh) = fresh else {
            return Ok(Vec::new());
        };
        let barred = fresh
            .by_name
            .values()
            .filter(|device| !device.state.in_use())
            .filter(|device| {
                before
                    .get(&device.name)
                    .is_none_or(|known| known.state.in_use())
            })
            .map(|device| device.name.clone())
            .collect();
        *self.list.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(fresh);
        Ok(barred)
    }
}

impl List {
    /// The device of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Device> {
        self.by_name.get(name)
    }

    /// The device that owns the certificate with this SHA-256, hexadecimal.
    #[must_use]
    pub fn with_certificate(&self, sha256: &str) -> Option<&Device> {
        self.by_name
            .values()
            .find(|device| device.certificate.as_deref() == Some(sha256))
    }

    /// All devices, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Device> {
        self.by_name.values()
    }

    /// Whether readings must not be believed: they come from a device that is not in use, or, where a broker elsewhere
    /// does not say from whom they come, from a station that only such devices speak for.
    #[must_use]
    pub fn distrusts(&self, device: Option<&str>, station: &str) -> Option<&Device> {
        if let Some(device) = device.and_then(|name| self.get(name)) {
            return (!device.state.in_use()).then_some(device);
        }
        if device.is_some() {
            return None;
        }
        let mut speaking = self.iter().filter(|device| device.speaks_for(station));
        let first = speaking.next()?;
        (!first.state.in_use() && speaking.all(|other| !other.state.in_use())).then_some(first)
    }
}
