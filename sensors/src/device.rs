//! Devices of a town that do not name their gauge themselves: which gauge each one is, how its bytes are read, and how
//! its numbers become a water level.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::observation::{DeviceName, Quantity};
use crate::payload::{Profile, Unit};
use crate::station::{StationId, Stations};

/// Devices in one town; a longer list is a mistake in a file.
const DEVICES_MAX: usize = 20_000;
/// Heights and depths beyond this are mistakes in a unit, metres.
const HEIGHT_MAX_M: f64 = 10_000.0;
/// Characters in the name of a field.
const FIELD_MAX_CHARS: usize = 64;

/// One device, as a town's configuration describes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Device {
    /// The name by which it speaks: a DevEUI, a name of SenML, `Datastreams(7)`.
    pub name: DeviceName,
    /// The gauge it is.
    pub station: StationId,
    /// How its bytes are read, for a device that sends bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
    /// Height of the sensor above the gauge's zero, metres. Above the water: level = height - distance. In the water:
    /// level = height + depth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mounting_height_m: Option<f64>,
    /// What its number is, where the message does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measures: Option<Quantity>,
    /// The unit of its number, where the message does not say; the unit of `measures` when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Which of its numbers that is, where it sends several without saying: the label of the observation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Density of the water above a probe that measures relative pressure, kg/m³: 1000 for fresh water. Left out, a
    /// pressure is not turned into a depth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub density_kg_per_m3: Option<f64>,
}

impl Device {
    /// A device that is a gauge and says everything else itself.
    #[must_use]
    pub fn new(name: DeviceName, station: StationId) -> Self {
        Self {
            name,
            station,
            profile: None,
            mounting_height_m: None,
            measures: None,
            unit: None,
            field: None,
            density_kg_per_m3: None,
        }
    }

    /// Checks what a file may get wrong.
    ///
    /// # Errors
    /// A height or density that none has, a unit we do not know or that `measures` cannot have, a unit without
    /// `measures`, or a field without it.
    pub fn validate(&self) -> Result<(), InvalidDevice> {
        let wrong = |key: &'static str, given: String, accepted: &'static str| {
            Err(InvalidDevice::Key {
                device: self.name.clone(),
                key,
                given,
                accepted,
            })
        };
        if let Some(height) = self.mounting_height_m
            && !(-HEIGHT_MAX_M..=HEIGHT_MAX_M).contains(&height)
        {
            return wrong(
                "mounting_height_m",
                height.to_string(),
                "metres above the gauge's zero, from -10000 to 10000",
            );
        }
        if let Some(density) = self.density_kg_per_m3
            && !(500.0..=2000.0).contains(&density)
        {
            return wrong("density_kg_per_m3", density.to_string(), "from 500 to 2000");
        }
        if let Some(unit) = &self.unit {
            let fits = match (Unit::named(unit), self.measures) {
                (Some(unit), Some(quantity)) => unit.fits(quantity),
                _ => false,
            };
            if !fits {
                return wrong(
                    "unit",
                    unit.clone(),
                    "a unit of `measures`, such as m, cm, mm, ft, kPa, bar, Cel, %RH, V, m/s, deg, mm/h",
                );
            }
        }
        if matches!(
            self.measures,
            Some(Quantity::Other | Quantity::Unstated | Quantity::Length)
        ) {
            return wrong(
                "measures",
                self.measures.map(|q| q.to_string()).unwrap_or_default(),
                "what is measured, such as water_level_m or distance_to_water_m",
            );
        }
        if let Some(field) = &self.field {
            let length = field.chars().count();
            if self.measures.is_none() || !(1..=FIELD_MAX_CHARS).contains(&length) {
                return wrong(
                    "field",
                    field.chars().take(FIELD_MAX_CHARS).collect(),
                    "the label of a number, 1 to 64 characters, together with `measures`",
                );
            }
        }
        Ok(())
    }

    /// The unit of a bare number.
    pub(crate) fn unit(&self) -> Option<Unit> {
        self.unit.as_deref().and_then(Unit::named)
    }
}

/// All devices of a town, by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Devices(BTreeMap<DeviceName, Device>);

impl Devices {
    /// Takes the devices of a town.
    ///
    /// # Errors
    /// An invalid device, a name used twice, a gauge that is not in the list, or more than 20 000 devices.
    pub fn new(
        devices: impl IntoIterator<Item = Device>,
        stations: &Stations,
    ) -> Result<Self, InvalidDevice> {
        let mut by_name = BTreeMap::new();
        for device in devices {
            device.validate()?;
            if stations.get(device.station.as_str()).is_none() {
                return Err(InvalidDevice::Station {
                    device: device.name,
                    station: device.station,
                });
            }
            if by_name.len() == DEVICES_MAX {
                return Err(InvalidDevice::TooMany);
            }
            if let Some(twin) = by_name.insert(device.name.clone(), device) {
                return Err(InvalidDevice::Twice { device: twin.name });
            }
        }
        Ok(Self(by_name))
    }

    /// The device with this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Device> {
        self.0.get(name)
    }

    /// All devices, in the order of their names.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Device> {
        self.0.values()
    }

    /// The only device of a gauge; `None` when it has none or several.
    pub(crate) fn only_one_of(&self, station: &StationId) -> Option<&Device> {
        let mut of_station = self.0.values().filter(|d| d.station == *station);
        of_station.next().filter(|_| of_station.next().is_none())
    }
}

/// Why a device cannot be used as it is described.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum InvalidDevice {
    /// A key has a value it cannot have.
    #[error("device {device}: {key} is {given:?}; it must be {accepted}")]
    Key {
        /// The device.
        device: DeviceName,
        /// The key.
        key: &'static str,
        /// What was given.
        given: String,
        /// What is accepted.
        accepted: &'static str,
    },
    /// Its gauge is not in the list.
    #[error("device {device}: station is {station}; it must be one of the town's stations")]
    Station {
        /// The device.
        device: DeviceName,
        /// What was given.
        station: StationId,
    },
    /// Two devices share a name.
    #[error("device {device} is listed twice; each name must be used once")]
    Twice {
        /// The name.
        device: DeviceName,
    },
    /// The list is too long.
    #[error("more than 20000 devices are listed; at most 20000 are accepted")]
    TooMany,
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::station::Station;

    fn stations() -> Stations {
        Stations::new([Station {
            id: "obihiro".parse().unwrap(),
            name: "帯広".to_owned(),
            quality: crate::QualitySettings::default(),
            cadence_s: 600,
        }])
        .unwrap()
    }

    fn device(json: &str) -> Result<Device, String> {
        let device: Device = serde_json::from_str(json).map_err(|error| error.to_string())?;
        device.validate().map_err(|error| error.to_string())?;
        Ok(device)
    }

    fn refused(more: &str, text: &str) {
        let json = format!(r#"{{"name":"a","station":"obihiro",{more}}}"#);
        let why = device(&json).unwrap_err();
        assert!(why.contains(text), "{more}: {why}");
    }

    #[test]
    fn a_device_is_described_in_a_few_keys() {
        let read = device(
            r#"{"name":"A84041FFFF000001","station":"obihiro","profile":"dragino_ldds75","mounting_height_m":5.2}"#,
        )
        .unwrap();
        assert_eq!(read.name.as_str(), "a84041ffff000001");
        assert_eq!(read.profile, Some(Profile::DraginoLdds75));
    }

    #[test]
    fn what_a_file_may_get_wrong_is_named_with_what_is_accepted() {
        refused(r#""mounting_height_m":1e9"#, "from -10000 to 10000");
        refused(r#""density_kg_per_m3":1"#, "from 500 to 2000");
        refused(r#""unit":"cm""#, "a unit of `measures`");
        refused(
            r#""measures":"water_level_m","unit":"furlong""#,
            "such as m, cm",
        );
        refused(
            r#""measures":"water_level_m","unit":"Cel""#,
            "a unit of `measures`",
        );
        refused(r#""measures":"length_m""#, "distance_to_water_m");
        refused(r#""measures":"level""#, "unknown variant");
        refused(r#""field":"distance""#, "together with `measures`");
        refused(r#""profile":"milesight_em999""#, "accepted are");
        refused(r#""mounting_hight_m":1"#, "unknown field");
    }

    #[test]
    fn each_name_is_used_once_and_belongs_to_a_known_gauge() {
        let new = |name: &str, station: &str| {
            Device::new(name.parse().unwrap(), station.parse().unwrap())
        };
        let twice = Devices::new([new("a", "obihiro"), new("a", "obihiro")], &stations());
        assert!(twice.unwrap_err().to_string().contains("listed twice"));
        // The same DevEUI in capitals is the same device.
        let twice = Devices::new(
            [
                new("0004A30B001C0530", "obihiro"),
                new("0004a30b001c0530", "obihiro"),
            ],
            &stations(),
        );
        assert!(twice.is_err());
        let elsewhere = Devices::new([new("a", "elsewhere")], &stations());
        assert!(
            elsewhere
                .unwrap_err()
                .to_string()
                .contains("town's stations")
        );
    }
}
