//! Milesight: channels, each with a number, a type and as many bytes as the type has, little-endian.
//!
//! Channel numbers rise within one set of measurements; where they start again, a new set begins (cellular models send
//! several at once). The lowest four bits are the channel, the high bit marks an alarm, which adds a byte. Models reuse
//! channels, so 05/00 is a water leak in one and the position in another: a set with a distance tells the position.
//! A channel we do not know has no known length, so reading ends there; what came before stands.

use super::bytes::Bytes;
use super::{Frame, labelled, seen};
use crate::observation::{Measured, Observation, Problem, Quantity};
use crate::payload::{Unreadable, time};

/// Models of Milesight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Milesight {
    /// Any of them: everything is read but the history, whose layout only the model tells.
    Any,
    /// EM300-MLD: a leak.
    Em300Mld,
    /// EM300-SLD: a leak, temperature and humidity.
    Em300Sld,
    /// EM310-UDL: distance and position.
    Em310Udl,
    /// EM400-TLD: distance, temperature and position. Also its cellular frames.
    Em400Tld,
    /// EM500-PP: pressure in a pipe.
    Em500Pp,
    /// EM500-SWL: depth of the water above the sensor.
    Em500Swl,
    /// EM500-UDL: distance.
    Em500Udl,
    /// WTS506: weather.
    Wts506,
}

impl Milesight {
    pub(super) const ALL: [Self; 9] = [
        Self::Any,
        Self::Em300Mld,
        Self::Em300Sld,
        Self::Em310Udl,
        Self::Em400Tld,
        Self::Em500Pp,
        Self::Em500Swl,
        Self::Em500Udl,
        Self::Wts506,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Any => "milesight",
            Self::Em300Mld => "milesight_em300_mld",
            Self::Em300Sld => "milesight_em300_sld",
            Self::Em310Udl => "milesight_em310_udl",
            Self::Em400Tld => "milesight_em400_tld",
            Self::Em500Pp => "milesight_em500_pp",
            Self::Em500Swl => "milesight_em500_swl",
            Self::Em500Udl => "milesight_em500_udl",
            Self::Wts506 => "milesight_wts506",
        }
    }
}

/// Reads an uplink of a Milesight device.
pub(super) fn read(model: Milesight, frame: &[u8]) -> Result<Frame, Unreadable> {
    let channels = match cellular(frame)? {
        Some(channels) => channels,
        None => frame,
    };
    let mut bytes = Bytes::of(channels);
    let mut read = Frame::default();
    let mut set = Set::default();
    while !bytes.is_empty() {
        if let Err(why) = channel(model, &mut bytes, &mut set, &mut read.observations) {
            read.refused = Some(why);
            break;
        }
    }
    set.close(&mut read.observations);
    if read.observations.is_empty()
        && let Some(why) = read.refused.take()
    {
        return Err(why);
    }
    Ok(read)
}

/// Cellular models wrap their channels: a start byte, their identity in text, the signal, the length. The identity is
/// not read: it is personal to a SIM card.
fn cellular(frame: &[u8]) -> Result<Option<&[u8]>, Unreadable> {
    const START: u8 = 2;
    const HEAD: usize = 86;
    if frame.first() != Some(&START) || frame.len() < HEAD {
        return Ok(None);
    }
    let mut bytes = Bytes::of(frame);
    bytes.slice(3, "the kind of frame")?;
    let _length = bytes.u16_be("the length")?;
    bytes.slice(4, "the frame's flags")?;
    let identity = bytes.slice(8 + 16 + 15 + 15 + 20, "the device's identity")?;
    if !identity.is_ascii() {
        return Ok(None);
    }
    bytes.u8("the signal")?;
    let length = bytes.u16_be("the length of the data")?;
    let channels = bytes.slice(length.into(), "the data")?;
    bytes.end("a cellular Milesight device")?;
    Ok(Some(channels))
}

/// Measurements that belong together.
#[derive(Default)]
struct Set {
    last: u8,
    from: usize,
    distance: bool,
    tilted: bool,
}

impl Set {
    /// What the position means for the distances of its set is known at its end.
    fn close(&mut self, observations: &mut [Observation]) {
        if self.tilted {
            for seen in observations.iter_mut().skip(self.from) {
                if seen.quantity == Quantity::DistanceToWater
                    && let Measured::Number(number) = seen.measured
                {
                    seen.measured = Measured::Nothing {
                        problem: Problem::Tilted,
                        said: Some(number),
                    };
                }
            }
        }
        *self = Self {
            from: observations.len(),
            ..Self::default()
        };
    }
}

fn channel(
    model: Milesight,
    bytes: &mut Bytes<'_>,
    set: &mut Set,
    seen_so_far: &mut Vec<Observation>,
) -> Result<(), Unreadable> {
    let at = bytes.taken();
    let [id, kind] = bytes.array::<2>("a channel")?;
    match (id, kind) {
        (0x20 | 0x21, 0xce) => {
            set.close(seen_so_far);
            let record = history(model, id, bytes)?;
            seen_so_far.extend(record);
            set.from = seen_so_far.len();
            return Ok(());
        }
        // What the device is: versions, serial number, power on. None of it is measured.
        (0xff, kind) => {
            let length = match kind {
                0x01 | 0x0b | 0x0f | 0xfe => 1,
                0x09 | 0x0a | 0xff => 2,
                0x16 => 8,
                0x1b => 5,
                _ => return Err(unknown(id, kind, at)),
            };
            bytes.slice(length, "a description of the device")?;
            return Ok(());
        }
        _ => {}
    }
    let number = id & 0x0f;
    if number <= set.last {
        set.close(seen_so_far);
    }
    set.last = number;
    let alarm = id & 0x80 != 0;
    let measured = match kind {
        0x75 if id == 0x01 => seen(Quantity::BatteryCharge, f64::from(bytes.u8("the battery")?)),
        0x67 => seen(
            Quantity::Temperature,
            f64::from(bytes.i16_le("the temperature")?) / 10.0,
        ),
        0x68 => seen(
            Quantity::Humidity,
            f64::from(bytes.u8("the humidity")?) / 2.0,
        ),
        0x82 => {
            set.distance = true;
            length(
                Quantity::DistanceToWater,
                bytes.u16_le("the distance")?,
                1000.0,
            )
        }
        0xe9 => {
            set.distance = true;
            let distance = length(
                Quantity::DistanceToWater,
                bytes.u16_le("the distance")?,
                1000.0,
            );
            bytes.u16_le("the change of the distance")?;
            distance
        }
        0x77 if id == 0x03 => length(Quantity::WaterDepth, bytes.u16_le("the depth")?, 100.0),
        0x7b => kilopascals(bytes.u16_le("the pressure")?),
        0x84 => labelled(
            "wind direction",
            seen(
                Quantity::WindDirection,
                f64::from(bytes.i16_le("the wind's direction")?) / 10.0,
            ),
        ),
        0x73 => seen(
            Quantity::AirPressure,
            f64::from(bytes.u16_le("the air pressure")?) * 10.0,
        ),
        0x92 => seen(
            Quantity::WindSpeed,
            f64::from(bytes.u16_le("the wind's speed")?) / 10.0,
        ),
        0x77 if id & 0x7f == 0x08 => {
            let total = seen(
                Quantity::RainTotal,
                f64::from(bytes.u16_le("the rain")?) / 100.0,
            );
            rain_counter(bytes, total, seen_so_far)?
        }
        0xec if id & 0x7f == 0x08 => {
            let total = seen(
                Quantity::RainTotal,
                f64::from(bytes.u32_le("the rain")?) / 100.0,
            );
            rain_counter(bytes, total, seen_so_far)?
        }
        0x00 => return state(model, id, bytes, set, seen_so_far),
        _ => return Err(unknown(id, kind, at)),
    };
    seen_so_far.push(measured);
    if alarm {
        let word = match bytes.u8("the alarm")? {
            0 => "threshold alarm release",
            1 => "threshold alarm",
            2 => "mutation alarm",
            _ => "unknown",
        };
        seen_so_far.push(labelled(
            "alarm",
            Observation::new(Quantity::Other, Measured::Text(word.into())),
        ));
    }
    Ok(())
}

fn unknown(id: u8, kind: u8, at: usize) -> Unreadable {
    Unreadable::WrongBytes(format!(
        "channel {id:02x} of type {kind:02x} at byte {at} is not known, and with it how long it is"
    ))
}

/// A switch of two states: the position where a distance is measured, a leak elsewhere.
fn state(
    model: Milesight,
    id: u8,
    bytes: &mut Bytes<'_>,
    set: &mut Set,
    seen: &mut Vec<Observation>,
) -> Result<(), Unreadable> {
    let on = bytes.u8("a state")? != 0;
    let measures_distance = set.distance
        || matches!(
            model,
            Milesight::Em310Udl | Milesight::Em400Tld | Milesight::Em500Udl
        );
    let (label, word) = if id == 0x88 {
        ("movement", if on { "device moved" } else { "normal" })
    } else if measures_distance {
        set.tilted |= on;
        ("position", if on { "tilt" } else { "normal" })
    } else {
        ("leakage", if on { "leak" } else { "normal" })
    };
    seen.push(labelled(
        label,
        Observation::new(Quantity::Other, Measured::Text(word.into())),
    ));
    Ok(())
}

/// Lengths of two bytes with two codes at the end of their range.
fn length(quantity: Quantity, raw: u16, per_metre: f64) -> Observation {
    Observation::new(quantity, or_code(raw, f64::from(raw) / per_metre))
}

fn kilopascals(raw: u16) -> Observation {
    Observation::new(Quantity::Pressure, or_code(raw, f64::from(raw) * 1000.0))
}

fn or_code(raw: u16, number: f64) -> Measured {
    let nothing = |problem| Measured::Nothing {
        problem,
        said: None,
    };
    match raw {
        0xffff => nothing(Problem::ReadError),
        0xfffd => nothing(Problem::OutOfRange),
        _ => Measured::Number(number),
    }
}

/// The total is followed by a counter of the buckets.
fn rain_counter(
    bytes: &mut Bytes<'_>,
    total: Observation,
    before: &mut Vec<Observation>,
) -> Result<Observation, Unreadable> {
    let counter = bytes.u8("the rain counter")?;
    before.push(total);
    Ok(labelled(
        "rain counter",
        seen(Quantity::Other, f64::from(counter)),
    ))
}

/// An old record with its own time: it is stored there, and alarms nobody.
fn history(
    model: Milesight,
    id: u8,
    bytes: &mut Bytes<'_>,
) -> Result<Vec<Observation>, Unreadable> {
    let clock = bytes.u32_le("the time of a record")?;
    let at = time::of_clock(clock);
    let mut seen_then = match model {
        Milesight::Em500Udl => vec![length(
            Quantity::DistanceToWater,
            bytes.u16_le("the distance of a record")?,
            1000.0,
        )],
        Milesight::Em500Swl => vec![length(
            Quantity::WaterDepth,
            bytes.u16_le("the depth of a record")?,
            100.0,
        )],
        Milesight::Em500Pp => vec![kilopascals(bytes.u16_le("the pressure of a record")?)],
        Milesight::Em300Mld | Milesight::Em300Sld => {
            let temperature = bytes.i16_le("the temperature of a record")?;
            let humidity = bytes.u8("the humidity of a record")?;
            let leak = bytes.u8("the leak of a record")? != 0;
            let mut seen_then = Vec::with_capacity(3);
            if model == Milesight::Em300Sld {
                seen_then.push(seen(Quantity::Temperature, f64::from(temperature) / 10.0));
                seen_then.push(seen(Quantity::Humidity, f64::from(humidity) / 2.0));
            }
            let word = if leak { "leak" } else { "normal" };
            seen_then.push(labelled(
                "leakage",
                Observation::new(Quantity::Other, Measured::Text(word.into())),
            ));
            seen_then
        }
        Milesight::Wts506 => {
            let mut seen_then = vec![
                seen(
                    Quantity::Temperature,
                    f64::from(bytes.i16_le("the temperature of a record")?) / 10.0,
                ),
                seen(
                    Quantity::Humidity,
                    f64::from(bytes.u8("the humidity of a record")?) / 2.0,
                ),
                seen(
                    Quantity::AirPressure,
                    f64::from(bytes.u16_le("the air pressure of a record")?) * 10.0,
                ),
                labelled(
                    "wind direction",
                    seen(
                        Quantity::WindDirection,
                        f64::from(bytes.i16_le("the wind's direction of a record")?) / 10.0,
                    ),
                ),
                seen(
                    Quantity::WindSpeed,
                    f64::from(bytes.u16_le("the wind's speed of a record")?) / 10.0,
                ),
            ];
            let hundredths = if id == 0x20 {
                bytes.u16_le("the rain of a record")?.into()
            } else {
                bytes.u32_le("the rain of a record")?
            };
            seen_then.push(seen(Quantity::RainTotal, f64::from(hundredths) / 100.0));
            seen_then
        }
        Milesight::Any | Milesight::Em310Udl | Milesight::Em400Tld => {
            return Err(Unreadable::WrongBytes(format!(
                "it has a record of its history, and how long that is depends on the model; give the device the profile of its model instead of {}",
                model.name()
            )));
        }
    };
    if at.is_none() {
        return Err(Unreadable::WrongBytes(format!(
            "a record of its history is from {clock} s after 1970: the device's clock was never set"
        )));
    }
    for seen in &mut seen_then {
        seen.at = at;
        seen.historic = true;
    }
    Ok(seen_then)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn distances(model: Milesight, frame: &[u8]) -> Vec<Measured> {
        read(model, frame)
            .unwrap()
            .observations
            .into_iter()
            .filter(|seen| seen.quantity == Quantity::DistanceToWater)
            .map(|seen| seen.measured)
            .collect()
    }

    #[test]
    fn a_tilted_sensor_has_measured_nothing_wherever_the_position_stands() {
        let nothing = Measured::Nothing {
            problem: Problem::Tilted,
            said: Some(2.116),
        };
        let tilted = [0x04, 0x82, 0x44, 0x08, 0x05, 0x00, 0x01];
        for model in [Milesight::Em400Tld, Milesight::Any] {
            assert_eq!(distances(model, &tilted), std::slice::from_ref(&nothing));
        }
        let upright = [0x04, 0x82, 0x44, 0x08, 0x05, 0x00, 0x00];
        assert_eq!(
            distances(Milesight::Em400Tld, &upright),
            [Measured::Number(2.116)]
        );
    }

    #[test]
    fn one_tilted_set_does_not_spoil_the_next() {
        let two = [
            0x04, 0x82, 0x44, 0x08, 0x05, 0x00, 0x01, 0x04, 0x82, 0x45, 0x08, 0x05, 0x00, 0x00,
        ];
        let seen = distances(Milesight::Em400Tld, &two);
        assert!(matches!(seen[0], Measured::Nothing { .. }));
        assert_eq!(seen[1], Measured::Number(2.117));
    }

    #[test]
    fn codes_for_no_measurement_are_not_lengths() {
        for (code, problem) in [(0xff, Problem::ReadError), (0xfd, Problem::OutOfRange)] {
            for (channel, model) in [(0x82, Milesight::Em500Udl), (0x77, Milesight::Em500Swl)] {
                let frame = read(model, &[0x03, channel, code, 0xff]).unwrap();
                assert_eq!(
                    frame.observations[0].measured,
                    Measured::Nothing {
                        problem,
                        said: None
                    }
                );
            }
        }
    }

    #[test]
    fn the_depth_of_a_submersible_is_in_centimetres() {
        let frame = read(
            Milesight::Em500Swl,
            &[0x01, 0x75, 0x64, 0x03, 0x77, 0x02, 0x00],
        )
        .unwrap();
        assert_eq!(frame.observations[1].quantity, Quantity::WaterDepth);
        assert_eq!(frame.observations[1].measured, Measured::Number(0.02));
    }

    #[test]
    fn a_record_of_the_history_belongs_to_its_own_time() {
        let frame = [0x20, 0xce, 0x9e, 0x74, 0x46, 0x63, 0xe8, 0x03];
        let seen = read(Milesight::Em500Udl, &frame).unwrap().observations;
        assert!(seen[0].historic);
        assert_eq!(seen[0].at.unwrap().to_string(), "2022-10-12T08:02:38Z");
        assert_eq!(seen[0].measured, Measured::Number(1.0));
        let why = read(Milesight::Any, &frame).unwrap_err().to_string();
        assert!(why.contains("profile of its model"), "{why}");
    }

    #[test]
    fn a_record_of_a_clock_that_was_never_set_is_refused_and_its_neighbours_stand() {
        let frame = [
            0x01, 0x75, 0x64, 0x20, 0xce, 0x10, 0x00, 0x00, 0x00, 0xe8, 0x03,
        ];
        let read = read(Milesight::Em500Udl, &frame).unwrap();
        assert_eq!(read.observations.len(), 1);
        assert!(read.refused.unwrap().to_string().contains("never set"));
    }

    #[test]
    fn frames_with_the_battery_or_an_alarm_alone_are_normal() {
        let battery = read(Milesight::Em500Udl, &[0x01, 0x75, 0x5c]).unwrap();
        assert_eq!(battery.observations.len(), 1);
        let alarm = read(Milesight::Em400Tld, &[0x84, 0x82, 0x41, 0x06, 0x01]).unwrap();
        assert_eq!(alarm.observations[0].measured, Measured::Number(1.601));
        assert_eq!(
            alarm.observations[1].measured,
            Measured::Text("threshold alarm".into())
        );
    }

    #[test]
    fn what_comes_before_a_channel_we_do_not_know_stands() {
        let frame = read(Milesight::Em500Udl, &[0x01, 0x75, 0x5c, 0x0c, 0x99, 1, 2]).unwrap();
        assert_eq!(frame.observations.len(), 1);
        let why = frame.refused.unwrap().to_string();
        assert!(why.contains("channel 0c of type 99 at byte 3"), "{why}");
        assert!(read(Milesight::Em500Udl, &[0x0c, 0x99, 1]).is_err());
        assert!(read(Milesight::Em500Udl, &[0x03, 0x82, 1]).is_err());
    }

    #[test]
    fn a_description_of_the_device_is_passed_over() {
        let frame = [
            0xff, 0x0b, 0xff, 0xff, 0x01, 0x01, 0xff, 0x09, 1, 0, 0x01, 0x75, 0x64,
        ];
        let read = read(Milesight::Em500Udl, &frame).unwrap();
        assert_eq!((read.observations.len(), read.refused), (1, None));
    }
}
