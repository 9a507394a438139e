//! Dragino LDDS75: an ultrasonic sensor above the water.
//!
//! Eight bytes, big-endian: battery (millivolts, the two highest bits are flags), distance (mm), interrupt flag,
//! temperature of an optional probe (tenths of a degree), whether the ultrasonic part answers. It measures 280 to
//! 7500 mm; 0 is sent when the part does not answer and 20 mm for anything closer than 280 mm.

use super::bytes::Bytes;
use super::{Frame, labelled, seen};
use crate::observation::{Measured, Observation, Problem, Quantity};
use crate::payload::Unreadable;

const NEAREST_MM: u16 = 280;
const FARTHEST_MM: u16 = 7500;
/// The port on which the device tells its settings.
const STATUS_PORT: u8 = 5;

/// Reads an uplink of an LDDS75.
pub(super) fn ldds75(port: Option<u8>, frame: &[u8]) -> Result<Frame, Unreadable> {
    if port == Some(STATUS_PORT) {
        return Err(Unreadable::NotTelemetry {
            event: "device status".to_owned(),
        });
    }
    let mut bytes = Bytes::of(frame);
    let battery_mv = bytes.u16_be("the battery")? & 0x3fff;
    let distance_mm = bytes.u16_be("the distance")?;
    let _interrupt = bytes.u8("the interrupt flag")?;
    let tenths = bytes.i16_be("the temperature")?;
    let answers = bytes.u8("the sensor flag")? != 0;
    bytes.end("an LDDS75")?;
    let mut observations = vec![
        distance(distance_mm, answers),
        seen(Quantity::BatteryVoltage, f64::from(battery_mv) / 1000.0),
    ];
    // Outside what a DS18B20 can measure there is no probe.
    if (-550..=1250).contains(&tenths) {
        observations.push(labelled(
            "probe",
            seen(Quantity::Temperature, f64::from(tenths) / 10.0),
        ));
    }
    Ok(Frame::of(observations))
}

fn distance(mm: u16, answers: bool) -> Observation {
    let metres = f64::from(mm) / 1000.0;
    let problem = if !answers || mm == 0 {
        Some(Problem::NoSensor)
    } else if mm < NEAREST_MM {
        Some(Problem::TooClose)
    } else if mm > FARTHEST_MM {
        Some(Problem::OutOfRange)
    } else {
        None
    };
    let measured = problem.map_or(Measured::Number(metres), |problem| Measured::Nothing {
        problem,
        said: Some(metres),
    });
    Observation::new(Quantity::DistanceToWater, measured)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(frame: &[u8]) -> Vec<Observation> {
        ldds75(Some(2), frame).unwrap().observations
    }

    fn problem(frame: &[u8]) -> Problem {
        match read(frame)[0].measured {
            Measured::Nothing { problem, .. } => problem,
            ref other => panic!("{other:?}"),
        }
    }

    #[test]
    fn battery_distance_and_temperature_are_read_from_the_bytes() {
        // 0x4BE4 & 0x3FFF = 3044 mV, 2100 mm, no interrupt, -2.5 °C, the sensor answers
        let seen = read(&[0x4b, 0xe4, 0x08, 0x34, 0, 0xff, 0xe7, 1]);
        let values: Vec<_> = seen
            .iter()
            .map(|o| (o.quantity, o.measured.number().unwrap()))
            .collect();
        assert_eq!(
            values,
            [
                (Quantity::DistanceToWater, 2.1),
                (Quantity::BatteryVoltage, 3.044),
                (Quantity::Temperature, -2.5)
            ]
        );
    }

    #[test]
    fn codes_for_no_measurement_are_not_distances() {
        assert_eq!(problem(&[0x0b, 0xe4, 0, 0, 0, 0, 0, 1]), Problem::NoSensor);
        assert_eq!(
            problem(&[0x0b, 0xe4, 0x08, 0x34, 0, 0, 0, 0]),
            Problem::NoSensor
        );
        assert_eq!(
            problem(&[0x0b, 0xe4, 0, 0x14, 0, 0, 0, 1]),
            Problem::TooClose
        );
        assert_eq!(
            problem(&[0x0b, 0xe4, 0xff, 0xff, 0, 0, 0, 1]),
            Problem::OutOfRange
        );
    }

    #[test]
    fn a_probe_that_is_not_there_has_no_temperature() {
        assert_eq!(read(&[0x0b, 0xe4, 8, 0x34, 0, 0x7f, 0xff, 1]).len(), 2);
    }

    #[test]
    fn a_frame_of_another_length_is_refused() {
        for length in [1, 7, 9, 11] {
            let refused = ldds75(Some(2), &vec![1; length]).unwrap_err();
            assert_eq!(refused.code(), "wrong_bytes");
        }
        assert_eq!(
            ldds75(Some(5), &[1; 8]).unwrap_err().code(),
            "not_telemetry"
        );
    }
}
