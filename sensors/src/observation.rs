//! The normalised observation: what every payload is read into, whatever the device speaks.
//!
//! Units are converted once, where a payload is read. From here on a length is in metres, rain in millimetres, a pressure
//! in pascals, a temperature in degrees Celsius and a time in UTC.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Characters in a device's name. The longest in use are names of SenML with a URN inside.
pub const DEVICE_NAME_MAX_CHARS: usize = 128;

/// One thing a device said. A message may carry several.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// Which device said it, as far as the message names one. Where it does not, the topic does.
    pub device: Option<DeviceName>,
    /// When it was measured, by the device's own clock.
    pub at: Option<Timestamp>,
    /// When the network took it over. Stands in for `at` where the device has no clock, as most LoRaWAN sensors.
    pub sent_at: Option<Timestamp>,
    /// What was measured, and by its name in which unit.
    pub quantity: Quantity,
    /// What the device calls it, where it has several of a kind or a kind of its own: `Temperature at level 3`.
    pub label: Option<Box<str>>,
    /// The measured value, or why there is none.
    pub measured: Measured,
    /// Over which time a [`Quantity::Rain`] fell, seconds.
    pub over_s: Option<u32>,
    /// The device's running number, or the frame counter of its network session.
    pub sequence: Option<u64>,
    /// The device itself says that this is an old record which it had kept: it belongs to its own time and never alarms.
    pub historic: bool,
}

impl Observation {
    /// An observation that says nothing yet about its device and times.
    #[must_use]
    pub fn new(quantity: Quantity, measured: Measured) -> Self {
        Self {
            device: None,
            at: None,
            sent_at: None,
            quantity,
            label: None,
            measured,
            over_s: None,
            sequence: None,
            historic: false,
        }
    }

    /// When it was measured as well as anyone knows: the device's time, else the network's, else `received_at`.
    #[must_use]
    pub fn time_or(&self, received_at: Timestamp) -> Timestamp {
        self.at.or(self.sent_at).unwrap_or(received_at)
    }
}

/// What was measured. Its text carries the unit and never changes: for files, filters and configurations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Quantity {
    /// 水位: the water's height above the gauge's zero.
    #[serde(rename = "water_level_m")]
    WaterLevel,
    /// From a sensor above the water down to it. **Rising water is a falling number.**
    #[serde(rename = "distance_to_water_m")]
    DistanceToWater,
    /// From a sensor in the water up to its surface.
    #[serde(rename = "water_depth_m")]
    WaterDepth,
    /// Pressure on a probe, relative or absolute as the probe measures. May be negative.
    #[serde(rename = "pressure_pa")]
    Pressure,
    /// 気圧: of the air.
    #[serde(rename = "air_pressure_pa")]
    AirPressure,
    /// 雨量: rain that fell within `over_s`.
    #[serde(rename = "rain_mm")]
    Rain,
    /// 積算雨量: a counter of all rain since the device was set up. Falls back to 0.
    #[serde(rename = "rain_total_mm")]
    RainTotal,
    /// 降水強度: how hard it rains.
    #[serde(rename = "rain_rate_mm_per_h")]
    RainRate,
    /// 気温・水温: of whatever the label says.
    #[serde(rename = "temperature_c")]
    Temperature,
    /// 湿度: relative.
    #[serde(rename = "humidity_percent")]
    Humidity,
    /// 風速.
    #[serde(rename = "wind_speed_m_per_s")]
    WindSpeed,
    /// 風向: where the wind comes from, clockwise from north.
    #[serde(rename = "wind_direction_deg")]
    WindDirection,
    /// 電池電圧.
    #[serde(rename = "battery_v")]
    BatteryVoltage,
    /// 電池残量.
    #[serde(rename = "battery_percent")]
    BatteryCharge,
    /// A length whose meaning only the town's configuration knows: a bare number of metres.
    #[serde(rename = "length_m")]
    Length,
    /// Something else, in the unit that the label ends with if it has any.
    #[serde(rename = "other")]
    Other,
    /// The message has neither a unit nor a name for its number: the town's configuration must say what it is.
    #[serde(rename = "unstated")]
    Unstated,
}

impl Quantity {
    /// Every quantity, in the order above.
    pub const ALL: [Self; 17] = [
        Self::WaterLevel,
        Self::DistanceToWater,
        Self::WaterDepth,
        Self::Pressure,
        Self::AirPressure,
        Self::Rain,
        Self::RainTotal,
        Self::RainRate,
        Self::Temperature,
        Self::Humidity,
        Self::WindSpeed,
        Self::WindDirection,
        Self::BatteryVoltage,
        Self::BatteryCharge,
        Self::Length,
        Self::Other,
        Self::Unstated,
    ];

    /// The name with its unit: `distance_to_water_m`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::WaterLevel => "water_level_m",
            Self::DistanceToWater => "distance_to_water_m",
            Self::WaterDepth => "water_depth_m",
            Self::Pressure => "pressure_pa",
            Self::AirPressure => "air_pressure_pa",
            Self::Rain => "rain_mm",
            Self::RainTotal => "rain_total_mm",
            Self::RainRate => "rain_rate_mm_per_h",
            Self::Temperature => "temperature_c",
            Self::Humidity => "humidity_percent",
            Self::WindSpeed => "wind_speed_m_per_s",
            Self::WindDirection => "wind_direction_deg",
            Self::BatteryVoltage => "battery_v",
            Self::BatteryCharge => "battery_percent",
            Self::Length => "length_m",
            Self::Other => "other",
            Self::Unstated => "unstated",
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A value, or why there is none.
#[derive(Clone, Debug, PartialEq)]
pub enum Measured {
    /// A number in the unit of its quantity. Finite.
    Number(f64),
    /// A word: a state of the device.
    Text(Box<str>),
    /// A yes or no.
    Truth(bool),
    /// Raw bytes.
    Bytes(Box<[u8]>),
    /// The device itself says that it measured nothing. Never a zero.
    Nothing {
        /// Why.
        problem: Problem,
        /// The number it sent all the same, if it sent a finite one: to be shown, never to be used.
        said: Option<f64>,
    },
}

impl Measured {
    /// The number, if there is one that may be used.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }
}

/// Why a device says that it measured nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Problem {
    /// 傾き: the sensor no longer looks straight down.
    Tilted,
    /// 読み取り不能: the sensor could not read, or sent the code for it.
    ReadError,
    /// 非数: the device sent "not a number" or infinity.
    NotANumber,
    /// 有効な測定なし: none of the samples it took was valid.
    NoValidSample,
    /// センサー未接続: the sensing part does not answer.
    NoSensor,
    /// 近すぎ: the water is closer than the sensor can measure.
    TooClose,
    /// 範囲外: a number that the device cannot measure.
    OutOfRange,
    /// 凍結: the device warns that its water is frozen.
    Frozen,
}

impl Problem {
    /// A short name that never changes.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Tilted => "tilted",
            Self::ReadError => "read_error",
            Self::NotANumber => "not_a_number",
            Self::NoValidSample => "no_valid_sample",
            Self::NoSensor => "no_sensor",
            Self::TooClose => "too_close",
            Self::OutOfRange => "out_of_range",
            Self::Frozen => "frozen",
        }
    }
}

/// As a half sentence: "the sensor is tilted".
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tilted => "the sensor is tilted",
            Self::ReadError => "the sensor could not read",
            Self::NotANumber => "the device sent the code for no number",
            Self::NoValidSample => "none of its samples was valid",
            Self::NoSensor => "the sensing part does not answer",
            Self::TooClose => "the water is closer than the sensor can measure",
            Self::OutOfRange => "the number is outside what the device can measure",
            Self::Frozen => "the device warns that the water is frozen",
        })
    }
}

/// The name by which a device speaks: a DevEUI in small letters, a name of SenML, a data stream of SensorThings.
///
/// 1 to 128 printable characters without spaces. A DevEUI (16 hexadecimal digits) is folded to small letters, because
/// networks write it both ways.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DeviceName(Box<str>);

impl DeviceName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for DeviceName {
    type Err = InvalidDeviceName;

    fn from_str(text: &str) -> Result<Self, InvalidDeviceName> {
        let length = text.chars().take(DEVICE_NAME_MAX_CHARS + 1).count();
        let plain = |c: char| !c.is_control() && !c.is_whitespace();
        if !(1..=DEVICE_NAME_MAX_CHARS).contains(&length) || !text.chars().all(plain) {
            return Err(InvalidDeviceName {
                given: text.chars().take(DEVICE_NAME_MAX_CHARS + 1).collect(),
            });
        }
        let is_eui = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        Ok(Self(if is_eui {
            text.to_ascii_lowercase().into()
        } else {
            text.into()
        }))
    }
}

impl TryFrom<String> for DeviceName {
    type Error = InvalidDeviceName;

    fn try_from(text: String) -> Result<Self, InvalidDeviceName> {
        text.parse()
    }
}

impl From<DeviceName> for String {
    fn from(name: DeviceName) -> Self {
        name.0.into()
    }
}

impl fmt::Display for DeviceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// So that devices can be looked up by text.
impl std::borrow::Borrow<str> for DeviceName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// A text that cannot name a device.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "device name is {given:?}; it must be 1 to 128 printable characters without spaces, such as a DevEUI"
)]
pub struct InvalidDeviceName {
    /// What was given, cut after 129 characters.
    pub given: String,
}

/// What tells one message from its repetition: a network may deliver an uplink twice, by two ways or after a restart.
/// Two messages with the same key are one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DedupKey(Box<str>);

impl DedupKey {
    /// A key of the parts that a network promises to be the same for the same message, and only then.
    pub(crate) fn of(parts: &[&str]) -> Self {
        Self(parts.join("\u{1f}").into())
    }

    /// The key as text. Compare it, do not read it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_deveui_is_one_device_however_a_network_writes_it() {
        let names = ["0004A30B001C0530", "0004a30b001c0530"].map(|text| text.parse::<DeviceName>());
        assert_eq!(names[0], names[1]);
        assert_eq!(
            "urn:dev:OW:1".parse::<DeviceName>().unwrap().as_str(),
            "urn:dev:OW:1"
        );
    }

    #[test]
    fn a_name_with_spaces_or_without_end_is_refused() {
        for bad in ["", "a b", "a\u{0}", "a\n", &"x".repeat(129)] {
            assert!(bad.parse::<DeviceName>().is_err(), "{bad:?}");
        }
        assert!("帯広-1".parse::<DeviceName>().is_ok());
    }

    #[test]
    fn a_quantity_is_written_as_its_name_with_its_unit() {
        for quantity in Quantity::ALL {
            assert_eq!(
                serde_json::to_string(&quantity).unwrap(),
                format!("\"{}\"", quantity.name())
            );
        }
    }

    #[test]
    fn the_devices_own_time_goes_before_the_networks_and_that_before_ours() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut seen = Observation::new(Quantity::WaterLevel, Measured::Number(1.0));
        assert_eq!(seen.time_or(at(3)), at(3));
        seen.sent_at = Some(at(2));
        assert_eq!(seen.time_or(at(3)), at(2));
        seen.at = Some(at(1));
        assert_eq!(seen.time_or(at(3)), at(1));
    }

    #[test]
    fn a_problem_is_written_as_its_code() {
        for problem in [
            Problem::Tilted,
            Problem::ReadError,
            Problem::NotANumber,
            Problem::NoValidSample,
            Problem::NoSensor,
            Problem::TooClose,
            Problem::OutOfRange,
            Problem::Frozen,
        ] {
            assert_eq!(
                serde_json::to_string(&problem).unwrap(),
                format!("\"{}\"", problem.code())
            );
        }
    }
}
