//! Decentlab, protocol 2: two-byte words, big-endian, in groups that the flags announce.
//!
//! `02`, device number, flags, then the words of each announced group. The battery is always the last group, and frames
//! with the battery alone are normal.

use std::fmt;

use super::bytes::Bytes;
use super::{Frame, labelled};
use crate::observation::{Measured, Observation, Problem, Quantity};
use crate::payload::Unreadable;

/// Models of Decentlab.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Decentlab {
    /// DL-CTD10: water depth, temperature and conductivity.
    Ctd10,
    /// DL-CWS: road surface and air.
    Cws,
    /// DL-DLR2-002: pulses, such as a flow meter's.
    Dlr2002,
    /// DL-MBX: ultrasonic distance.
    Mbx,
    /// DL-PR21: pressure between the two limits printed on it.
    Pr21 {
        /// Lower limit, bar.
        p_min_bar: f64,
        /// Upper limit, bar.
        p_max_bar: f64,
    },
    /// DL-PR26: the same.
    Pr26 {
        /// Lower limit, bar.
        p_min_bar: f64,
        /// Upper limit, bar.
        p_max_bar: f64,
    },
    /// DL-PR36: precise pressure, with the constant printed on it.
    Pr36 {
        /// Steps per bar.
        kp: f64,
    },
    /// DL-SDD: soil moisture at several depths.
    Sdd,
    /// DL-TBRG: a tipping-bucket rain gauge.
    Tbrg {
        /// Rain per tip, mm.
        resolution_mm: f64,
    },
}

impl Decentlab {
    /// The model of this name with these constants.
    pub(super) fn named(name: &str, given: &[(&str, f64)]) -> Result<Self, String> {
        let keys: &[&str] = match name {
            "pr21" | "pr26" => &["p_min_bar", "p_max_bar"],
            "pr36" => &["kp"],
            "tbrg" => &["resolution_mm"],
            "ctd10" | "cws" | "dlr2_002" | "mbx" | "sdd" => &[],
            _ => return Err("there is none of this name".to_owned()),
        };
        if let Some((key, _)) = given.iter().find(|(key, _)| !keys.contains(key)) {
            return Err(format!("it has no constant {key}"));
        }
        let constant = |key: &str| {
            let mut all = given.iter().filter(|(k, _)| *k == key);
            match (all.next(), all.next()) {
                (Some((_, value)), None) => Ok(*value),
                (None, _) => Err(format!(
                    "the constant {key}, printed on the device, is missing"
                )),
                _ => Err(format!("the constant {key} is given twice")),
            }
        };
        let above_zero = |key: &str| {
            constant(key).and_then(|value| {
                (value > 0.0)
                    .then_some(value)
                    .ok_or_else(|| format!("{key} must be above 0"))
            })
        };
        let limits = || {
            let (low, high) = (constant("p_min_bar")?, constant("p_max_bar")?);
            (low < high)
                .then_some((low, high))
                .ok_or_else(|| "p_max_bar must be above p_min_bar".to_owned())
        };
        Ok(match name {
            "ctd10" => Self::Ctd10,
            "cws" => Self::Cws,
            "dlr2_002" => Self::Dlr2002,
            "mbx" => Self::Mbx,
            "sdd" => Self::Sdd,
            "pr36" => Self::Pr36 {
                kp: above_zero("kp")?,
            },
            "tbrg" => Self::Tbrg {
                resolution_mm: above_zero("resolution_mm")?,
            },
            _ => {
                let (p_min_bar, p_max_bar) = limits()?;
                if name == "pr21" {
                    Self::Pr21 {
                        p_min_bar,
                        p_max_bar,
                    }
                } else {
                    Self::Pr26 {
                        p_min_bar,
                        p_max_bar,
                    }
                }
            }
        })
    }

    /// Words in each group that a flag can announce, the battery's not counted.
    const fn groups(self) -> &'static [usize] {
        match self {
            Self::Ctd10 | Self::Dlr2002 | Self::Tbrg { .. } => &[4],
            Self::Cws => &[6],
            Self::Mbx | Self::Pr21 { .. } | Self::Pr26 { .. } | Self::Pr36 { .. } => &[2],
            Self::Sdd => &[18, 18],
        }
    }

    /// What the words of a group say.
    fn observe(self, group: usize, words: &[u16]) -> Vec<Observation> {
        let word = |n: usize| words.get(n).copied().map_or(0.0, f64::from);
        let signed = |n: usize| word(n) - 32_768.0;
        // A count in two words, the lower first.
        let long = |n: usize| word(n) + word(n + 1) * 65_536.0;
        let other = |label: &str, number: f64| {
            labelled(
                label,
                Observation::new(Quantity::Other, Measured::Number(number)),
            )
        };
        let of = |label: &str, quantity: Quantity, number: f64| {
            labelled(label, Observation::new(quantity, Measured::Number(number)))
        };
        match self {
            Self::Ctd10 => {
                let depth_m = signed(0) / 1000.0;
                let freezing = word(3);
                let depth = if freezing == 0.0 {
                    Measured::Number(depth_m)
                } else {
                    Measured::Nothing {
                        problem: Problem::Frozen,
                        said: Some(depth_m),
                    }
                };
                vec![
                    labelled("Water depth", Observation::new(Quantity::WaterDepth, depth)),
                    of("Temperature", Quantity::Temperature, signed(1) / 10.0),
                    other("Electrical conductivity [µS⋅cm⁻¹]", word(2)),
                    other("Freezing flag", freezing),
                ]
            }
            Self::Cws => vec![
                of(
                    "Surface temperature",
                    Quantity::Temperature,
                    signed(0) / 100.0,
                ),
                of("Air temperature", Quantity::Temperature, signed(1) / 100.0),
                of("Air humidity", Quantity::Humidity, signed(2) / 100.0),
                of("Dew point", Quantity::Temperature, signed(3) / 100.0),
                other("Angle [°]", signed(4)),
                of(
                    "Sensor temperature",
                    Quantity::Temperature,
                    signed(5) / 100.0,
                ),
            ],
            Self::Dlr2002 => vec![
                other("Pulse count", word(0)),
                other("Pulse interval [s]", word(1)),
                other("Cumulative pulse count", long(2)),
            ],
            Self::Mbx => {
                let distance_m = word(0) / 1000.0;
                let measured = if words.get(1) == Some(&0) {
                    Measured::Nothing {
                        problem: Problem::NoValidSample,
                        said: Some(distance_m),
                    }
                } else {
                    Measured::Number(distance_m)
                };
                vec![
                    labelled(
                        "Distance",
                        Observation::new(Quantity::DistanceToWater, measured),
                    ),
                    other("Number of valid samples", word(1)),
                ]
            }
            Self::Pr21 {
                p_min_bar,
                p_max_bar,
            } => {
                let bar = (word(0) - 16_384.0) / 32_768.0 * (p_max_bar - p_min_bar) + p_min_bar;
                vec![
                    of("Pressure", Quantity::Pressure, bar * 1e5),
                    of(
                        "Temperature",
                        Quantity::Temperature,
                        (word(1) - 384.0) / 64_000.0 * 200.0 - 50.0,
                    ),
                ]
            }
            Self::Pr26 {
                p_min_bar,
                p_max_bar,
            } => {
                let bar = (word(0) - 16_384.0) / 32_768.0 * (p_max_bar - p_min_bar) + p_min_bar;
                vec![
                    of("Pressure", Quantity::Pressure, bar * 1e5),
                    of(
                        "Temperature",
                        Quantity::Temperature,
                        (word(1) - 384.0) * 0.003_125 - 50.0,
                    ),
                ]
            }
            Self::Pr36 { kp } => vec![
                of("Pressure", Quantity::Pressure, signed(0) / kp * 1e5),
                of("Temperature", Quantity::Temperature, signed(1) / 256.0),
            ],
            Self::Sdd => (0..6)
                .map(|n| {
                    let label = format!("Moisture at level {} [%]", 6 * group + n);
                    other(&label, signed(n) / 100.0)
                })
                .chain((0..6).map(|n| {
                    let label = format!("Temperature at level {}", 6 * group + n);
                    of(&label, Quantity::Temperature, signed(6 + n) / 100.0)
                }))
                .chain((0..6).map(|n| {
                    let label = format!("Salinity at level {}", 6 * group + n);
                    other(&label, word(12 + n) - 100.0)
                }))
                .collect(),
            Self::Tbrg { resolution_mm } => {
                let mut rain = of("Precipitation", Quantity::Rain, word(0) * resolution_mm);
                rain.over_s = words.get(1).copied().map(u32::from);
                vec![
                    rain,
                    of(
                        "Cumulative precipitation",
                        Quantity::RainTotal,
                        long(2) * resolution_mm,
                    ),
                ]
            }
        }
    }
}

impl fmt::Display for Decentlab {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ctd10 => f.write_str("decentlab_ctd10"),
            Self::Cws => f.write_str("decentlab_cws"),
            Self::Dlr2002 => f.write_str("decentlab_dlr2_002"),
            Self::Mbx => f.write_str("decentlab_mbx"),
            Self::Pr21 {
                p_min_bar,
                p_max_bar,
            } => write!(
                f,
                "decentlab_pr21(p_min_bar={p_min_bar},p_max_bar={p_max_bar})"
            ),
            Self::Pr26 {
                p_min_bar,
                p_max_bar,
            } => write!(
                f,
                "decentlab_pr26(p_min_bar={p_min_bar},p_max_bar={p_max_bar})"
            ),
            Self::Pr36 { kp } => write!(f, "decentlab_pr36(kp={kp})"),
            Self::Sdd => f.write_str("decentlab_sdd"),
            Self::Tbrg { resolution_mm } => {
                write!(f, "decentlab_tbrg(resolution_mm={resolution_mm})")
            }
        }
    }
}

/// Reads an uplink of a Decentlab device.
pub(super) fn read(model: Decentlab, frame: &[u8]) -> Result<Frame, Unreadable> {
    let mut bytes = Bytes::of(frame);
    let version = bytes.u8("the protocol's version")?;
    if version != 2 {
        return Err(Unreadable::WrongBytes(format!(
            "the protocol's version is {version}; accepted is 2"
        )));
    }
    let _device = bytes.u16_be("the device's number")?;
    let flags = bytes.u16_be("the flags")?;
    let groups = model.groups();
    let known = (1_u16 << (groups.len() + 1)) - 1;
    if flags & !known != 0 {
        return Err(Unreadable::WrongBytes(format!(
            "the flags are {flags:#06x}; a {model} has {} groups of words",
            groups.len() + 1
        )));
    }
    let mut observations = Vec::new();
    for (n, &length) in groups.iter().enumerate() {
        if flags & (1 << n) == 0 {
            continue;
        }
        let words = bytes
            .slice(2 * length, "a group of words")?
            .chunks_exact(2)
            .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
            .collect::<Vec<_>>();
        observations.extend(model.observe(n, &words));
    }
    if flags & (1 << groups.len()) != 0 {
        let millivolts = f64::from(bytes.u16_be("the battery")?);
        observations.push(Observation::new(
            Quantity::BatteryVoltage,
            Measured::Number(millivolts / 1000.0),
        ));
    }
    bytes.end("a Decentlab device")?;
    Ok(Frame::of(observations))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read_hex(model: Decentlab, frame: &[u8]) -> Vec<Observation> {
        read(model, frame).unwrap().observations
    }

    #[test]
    fn a_frame_with_the_battery_alone_is_normal() {
        let seen = read_hex(Decentlab::Mbx, &[2, 0, 1, 0, 2, 0x0b, 0xb8]);
        assert_eq!(seen.len(), 1);
        assert_eq!(seen[0].quantity, Quantity::BatteryVoltage);
        assert_eq!(seen[0].measured, Measured::Number(3.0));
    }

    #[test]
    fn no_valid_sample_is_no_distance() {
        let seen = read_hex(Decentlab::Mbx, &[2, 0, 1, 0, 1, 0x04, 0xd2, 0, 0]);
        assert!(matches!(
            seen[0].measured,
            Measured::Nothing {
                problem: Problem::NoValidSample,
                said: Some(_)
            }
        ));
    }

    #[test]
    fn a_probe_that_warns_of_ice_has_no_depth() {
        let frame = [2, 0, 1, 0, 1, 0x90, 0x88, 0x80, 0x00, 0, 0, 0, 1];
        assert!(matches!(
            read_hex(Decentlab::Ctd10, &frame)[0].measured,
            Measured::Nothing {
                problem: Problem::Frozen,
                ..
            }
        ));
    }

    #[test]
    fn pressure_may_be_negative() {
        let model = Decentlab::Pr36 { kp: 8192.0 };
        let seen = read_hex(model, &[2, 0, 1, 0, 1, 0x7f, 0xff, 0x80, 0]);
        assert_eq!(seen[0].measured, Measured::Number(-100_000.0 / 8192.0));
    }

    #[test]
    fn the_constants_printed_on_a_device_change_what_its_bytes_mean() {
        let frame = [2, 0, 1, 0, 1, 0x80, 0, 0x80, 0];
        let pascals = |p_min_bar, p_max_bar| {
            let model = Decentlab::Pr26 {
                p_min_bar,
                p_max_bar,
            };
            read_hex(model, &frame)[0].measured.number().unwrap()
        };
        assert!((pascals(0.0, 1.0) - 50_000.0).abs() < 1e-6);
        assert!((pascals(-1.0, 10.0) - 450_000.0).abs() < 1e-6);
    }

    #[test]
    fn rain_carries_the_time_over_which_it_fell() {
        let model = Decentlab::Tbrg { resolution_mm: 0.2 };
        let seen = read_hex(model, &[2, 0, 1, 0, 1, 0, 5, 0x02, 0x58, 0, 1, 0, 1]);
        assert_eq!(seen[0].over_s, Some(600));
        assert_eq!(seen[0].measured, Measured::Number(1.0));
        assert_eq!(seen[1].quantity, Quantity::RainTotal);
        assert!((seen[1].measured.number().unwrap() - 65_537.0 * 0.2).abs() < 1e-9);
    }

    #[test]
    fn frames_that_are_not_from_the_model_are_refused() {
        for (frame, why) in [
            (&[1, 0, 1, 0, 1, 0, 0, 0, 0][..], "version is 1"),
            (&[2, 0, 1, 0, 4, 0, 0], "flags"),
            (&[2, 0, 1, 0, 1, 0, 0, 0], "truncated"),
            (&[2, 0, 1, 0, 1, 0, 0, 0, 0, 9], "has 10 bytes"),
            (&[2, 0], "truncated"),
        ] {
            let refused = read(Decentlab::Mbx, frame).unwrap_err().to_string();
            assert!(refused.contains(why), "{refused}");
        }
    }
}
