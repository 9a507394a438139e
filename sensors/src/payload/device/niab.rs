//! NIAB Mk2: an ultrasonic sensor above the water.
//!
//! Four bytes: battery (0 to 255 for 0 to 100 %), temperature (whole degrees, signed), distance (mm, big-endian);
//! 0xffff is a read error, and with it the whole frame is refused, as its maker's reader does. That a negative
//! temperature is two's complement is our reading; no frame with one is at hand.

use super::bytes::Bytes;
use super::{Frame, seen};
use crate::observation::Quantity;
use crate::payload::Unreadable;

/// Reads an uplink of a NIAB Mk2.
pub(super) fn read(frame: &[u8]) -> Result<Frame, Unreadable> {
    let mut bytes = Bytes::of(frame);
    let battery = bytes.u8("the battery")?;
    let [temperature] = bytes.array::<1>("the temperature")?.map(u8::cast_signed);
    let distance_mm = bytes.u16_be("the distance")?;
    bytes.end("a NIAB Mk2")?;
    if distance_mm == 0xffff {
        return Err(Unreadable::WrongBytes(
            "the sensor could not read: the distance is the code 0xffff".to_owned(),
        ));
    }
    Ok(Frame::of(vec![
        seen(Quantity::DistanceToWater, f64::from(distance_mm) / 1000.0),
        seen(Quantity::Temperature, f64::from(temperature)),
        // Whole per cents, as the device's own display shows them.
        seen(
            Quantity::BatteryCharge,
            f64::from(u16::from(battery) * 100 / 255),
        ),
    ]))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn four_bytes_are_read() {
        let seen = read(&[0xff, 0xfe, 0x0b, 0xb8]).unwrap().observations;
        let values: Vec<_> = seen.iter().map(|o| o.measured.number().unwrap()).collect();
        assert_eq!(values, [3.0, -2.0, 100.0]);
    }

    #[test]
    fn a_read_error_and_a_truncated_frame_are_refused() {
        let why = |frame: &[u8]| read(frame).unwrap_err().to_string();
        assert!(why(&[0xcc, 0x0f, 0xff, 0xff]).contains("0xffff"));
        assert!(why(&[0xcc, 0x0f]).contains("truncated"));
        assert!(why(&[0xcc, 0x0f, 0, 1, 0]).contains("has 4"));
    }
}
