//! VEGA VEGAPULS Air: radar above the water.
//!
//! The first byte says which of several packets it is. All that carry a distance give it as a 4-byte float with a
//! unit byte (the codes of HART); which other parts a packet has, and in which order, is in [`PACKETS`]. The float
//! 7fffffff, and any other that is no number, is "nothing measured".

use super::bytes::Bytes;
use super::{Frame, labelled, seen};
use crate::observation::{Measured, Observation, Problem, Quantity};
use crate::payload::Unreadable;

/// Parts of a packet behind its number, in this order: NAMUR state, distance with unit, per cent and scaled values,
/// remaining power, position, detailed state, temperature with unit, inclination.
struct Parts {
    state: bool,
    scaled: bool,
    position: bool,
    detail: bool,
}

const fn parts(state: bool, scaled: bool, position: bool, detail: bool) -> Parts {
    Parts {
        state,
        scaled,
        position,
        detail,
    }
}

/// The packets of the present firmware that carry a distance, by number.
const PACKETS: [(u8, Parts); 9] = [
    (8, parts(false, false, false, false)),
    (9, parts(false, false, true, false)),
    (10, parts(true, false, false, true)),
    (11, parts(true, false, true, true)),
    (12, parts(false, true, false, false)),
    (13, parts(false, true, true, false)),
    (14, parts(true, true, false, true)),
    (15, parts(true, true, true, true)),
    (18, parts(false, false, false, false)),
];

/// Reads an uplink of a VEGAPULS Air.
pub(super) fn read(frame: &[u8]) -> Result<Frame, Unreadable> {
    let mut bytes = Bytes::of(frame);
    let packet = bytes.u8("the packet's number")?;
    let mut observations = match packet {
        2..=5 => old(&mut bytes, packet)?,
        6 | 7 | 16 | 17 | 20..=26 => {
            return Err(Unreadable::NotTelemetry {
                event: format!("packet {packet} (device information)"),
            });
        }
        // Like 8, with its state and without a temperature.
        19 => variable(
            &mut bytes,
            &Parts {
                state: true,
                ..parts(false, false, false, false)
            },
            false,
        )?,
        _ => {
            let Some((_, parts)) = PACKETS.iter().find(|(number, _)| *number == packet) else {
                return Err(Unreadable::WrongBytes(format!(
                    "the packet's number is {packet}; a VEGAPULS Air sends 2 to 26"
                )));
            };
            variable(&mut bytes, parts, true)?
        }
    };
    observations.push(inclination(&mut bytes)?);
    bytes.end("a VEGAPULS Air")?;
    Ok(Frame::of(observations))
}

/// Packets of the first firmware. The temperature is in degrees Celsius.
fn old(bytes: &mut Bytes<'_>, packet: u8) -> Result<Vec<Observation>, Unreadable> {
    let state = state(bytes)?;
    let distance = distance(bytes)?;
    let power = power(bytes)?;
    let temperature = temperature(bytes.i16_be("the temperature")?, CELSIUS)?;
    if matches!(packet, 3 | 5) {
        bytes.array::<8>("the position")?;
    }
    if matches!(packet, 4 | 5) {
        bytes.array::<4>("the detailed state")?;
    }
    Ok([distance, power]
        .into_iter()
        .chain(temperature)
        .chain([state])
        .collect())
}

fn variable(
    bytes: &mut Bytes<'_>,
    parts: &Parts,
    with_temperature: bool,
) -> Result<Vec<Observation>, Unreadable> {
    let state = parts.state.then(|| state(bytes)).transpose()?;
    let mut seen = vec![distance(bytes)?];
    if parts.scaled {
        bytes.array::<9>("the scaled values")?;
    }
    seen.push(power(bytes)?);
    if parts.position {
        bytes.array::<8>("the position")?;
    }
    if parts.detail {
        bytes.array::<4>("the detailed state")?;
    }
    if with_temperature {
        let tenths = bytes.i16_be("the temperature")?;
        let unit = bytes.u8("the temperature's unit")?;
        seen.extend(temperature(tenths, unit)?);
    }
    seen.extend(state);
    Ok(seen)
}

fn distance(bytes: &mut Bytes<'_>) -> Result<Observation, Unreadable> {
    let number = bytes.array("the distance").map(f32::from_be_bytes)?;
    let unit = bytes.u8("the distance's unit")?;
    // The float as it is written, not its expansion: 1.274386, not 1.2743860483169556.
    let number: f64 = number.to_string().parse().unwrap_or(f64::NAN);
    let metres = match unit {
        44 => number * 0.3048,
        45 => number,
        47 => number * 0.0254,
        48 => number / 100.0,
        49 => number / 1000.0,
        _ => {
            return Err(Unreadable::WrongBytes(format!(
                "the distance's unit is {unit}; accepted are 44 (feet), 45 (m), 47 (inches), 48 (cm), 49 (mm)"
            )));
        }
    };
    let measured = if !metres.is_finite() {
        Measured::Nothing {
            problem: Problem::NotANumber,
            said: None,
        }
    } else if metres < 0.0 {
        Measured::Nothing {
            problem: Problem::OutOfRange,
            said: Some(metres),
        }
    } else {
        Measured::Number(metres)
    };
    Ok(Observation::new(Quantity::DistanceToWater, measured))
}

const CELSIUS: u8 = 32;
const FAHRENHEIT: u8 = 33;

/// None when the device has none: -3276.8 stands for it.
fn temperature(tenths: i16, unit: u8) -> Result<Option<Observation>, Unreadable> {
    if tenths == i16::MIN {
        return Ok(None);
    }
    let number = f64::from(tenths) / 10.0;
    let celsius = match unit {
        CELSIUS => number,
        FAHRENHEIT => (number - 32.0) * 5.0 / 9.0,
        _ => {
            return Err(Unreadable::WrongBytes(format!(
                "the temperature's unit is {unit}; accepted are 32 (°C) and 33 (°F)"
            )));
        }
    };
    Ok(Some(seen(Quantity::Temperature, celsius)))
}

fn power(bytes: &mut Bytes<'_>) -> Result<Observation, Unreadable> {
    let percent = bytes.u8("the remaining power")?;
    Ok(seen(Quantity::BatteryCharge, f64::from(percent)))
}

fn state(bytes: &mut Bytes<'_>) -> Result<Observation, Unreadable> {
    let state = bytes.u8("the NAMUR state")?;
    Ok(labelled(
        "NAMUR state",
        seen(Quantity::Other, f64::from(state)),
    ))
}

fn inclination(bytes: &mut Bytes<'_>) -> Result<Observation, Unreadable> {
    let degrees = bytes.u8("the inclination")?;
    Ok(labelled(
        "inclination [deg]",
        seen(Quantity::Other, f64::from(degrees)),
    ))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn frame(distance: f32, unit: u8) -> Vec<u8> {
        [
            &[8][..],
            &distance.to_be_bytes(),
            &[unit, 50, 0x00, 0xd2, 32, 3],
        ]
        .concat()
    }

    fn metres(distance: f32, unit: u8) -> f64 {
        let frame = read(&frame(distance, unit)).unwrap();
        frame.observations[0].measured.number().unwrap()
    }

    #[test]
    fn a_unit_byte_decides_what_the_number_is() {
        for (number, unit, expected) in [
            (10.0, 44, 3.048),
            (1.27439, 45, 1.27439),
            (100.0, 47, 2.54),
            (250.0, 48, 2.5),
            (2500.0, 49, 2.5),
        ] {
            assert!((metres(number, unit) - expected).abs() < 1e-12, "{unit}");
        }
        let refused = read(&frame(1.0, 46)).unwrap_err().to_string();
        assert!(refused.contains("unit is 46"), "{refused}");
    }

    #[test]
    fn no_number_is_no_measurement_and_not_zero() {
        for distance in [f32::from_bits(0x7fff_ffff), f32::NAN, f32::INFINITY] {
            let frame = read(&frame(distance, 45)).unwrap();
            assert!(
                matches!(
                    frame.observations[0].measured,
                    Measured::Nothing {
                        problem: Problem::NotANumber,
                        said: None
                    }
                ),
                "{distance}"
            );
        }
    }

    #[test]
    fn fahrenheit_becomes_celsius() {
        let mut fahrenheit = frame(1.0, 45);
        fahrenheit.splice(7..10, [0x02, 0xa8, 33]); // 68.0 °F
        let read = read(&fahrenheit).unwrap();
        assert!((read.observations[2].measured.number().unwrap() - 20.0).abs() < 1e-9);
    }

    #[test]
    fn every_packet_is_read_to_its_last_byte_or_refused() {
        for packet in 0..=255_u8 {
            for length in 0..48 {
                let mut bytes = vec![0x40_u8; length + 1];
                bytes[0] = packet;
                // 0x40 is the code of no unit, so nothing of this can be a distance.
                assert!(read(&bytes).is_err(), "{packet} {length}");
            }
        }
        let read_9 = [&frame(1.0, 45)[..7], &[0; 8], &[0x00, 0xd2, 32, 3]].concat();
        let mut position = read_9;
        position[0] = 9;
        assert_eq!(read(&position).unwrap().observations.len(), 4);
        assert!(
            read(&position[..18])
                .unwrap_err()
                .to_string()
                .contains("truncated")
        );
        position.push(0);
        assert!(
            read(&position)
                .unwrap_err()
                .to_string()
                .contains("this frame")
        );
    }

    #[test]
    fn device_information_is_no_measurement() {
        assert_eq!(read(&[17, 1, 2]).unwrap_err().code(), "not_telemetry");
        assert_eq!(read(&[27, 1, 2]).unwrap_err().code(), "wrong_bytes");
    }
}
