//! From what a sensor measures to a water level above the gauge's zero.

use crate::device::Device;
use crate::observation::Quantity;

/// Standard gravity, m/s².
const GRAVITY: f64 = 9.806_65;

/// Why a measurement is not a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoLevel {
    /// It is something else: rain, a temperature, a battery.
    Otherwise,
    /// It would be, if it were known where the sensor hangs or lies.
    NoMountingHeight,
}

/// The water level of a measurement, metres above the gauge's zero.
///
/// A sensor above the water measures down to it, so the level rises when its number falls. A sensor in the water
/// measures up to the surface, in metres or by the pressure of the water on it.
pub(crate) fn level_m(
    quantity: Quantity,
    value: f64,
    device: Option<&Device>,
) -> Result<f64, NoLevel> {
    let height_m = device.and_then(|device| device.mounting_height_m);
    let density = device.and_then(|device| device.density_kg_per_m3);
    match (quantity, density) {
        (Quantity::WaterLevel, _) => Ok(value),
        (Quantity::DistanceToWater, _) => height_m
            .map(|height_m| height_m - value)
            .ok_or(NoLevel::NoMountingHeight),
        (Quantity::WaterDepth, _) => height_m
            .map(|height_m| height_m + value)
            .ok_or(NoLevel::NoMountingHeight),
        (Quantity::Pressure, Some(density)) => height_m
            .map(|height_m| height_m + value / (density * GRAVITY))
            .ok_or(NoLevel::NoMountingHeight),
        _ => Err(NoLevel::Otherwise),
    }
}

/// Whether a measurement of this kind is meant to be the level of its device's gauge.
pub(crate) fn is_level(quantity: Quantity, device: Option<&Device>) -> bool {
    level_m(quantity, 0.0, device) != Err(NoLevel::Otherwise)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn device(mounting_height_m: f64) -> Device {
        Device {
            mounting_height_m: Some(mounting_height_m),
            density_kg_per_m3: Some(1000.0),
            ..Device::new("a".parse().unwrap(), "b".parse().unwrap())
        }
    }

    #[test]
    fn rising_water_is_a_falling_distance() {
        let device = device(5.0);
        let level = |distance| level_m(Quantity::DistanceToWater, distance, Some(&device)).unwrap();
        assert!((level(3.2) - 1.8).abs() < 1e-12);
        assert!(level(1.0) > level(3.2));
    }

    #[test]
    fn a_probe_in_the_water_is_added_to() {
        let device = device(-0.5);
        let level = |quantity, value| level_m(quantity, value, Some(&device)).unwrap();
        assert!((level(Quantity::WaterDepth, 2.0) - 1.5).abs() < 1e-12);
        assert!((level(Quantity::Pressure, 9806.65) - 0.5).abs() < 1e-12);
        // A probe out of the water: the pressure may be a little below that of the air.
        assert!(level(Quantity::Pressure, -98.0665) < -0.5);
    }

    #[test]
    fn without_a_mounting_height_a_distance_is_no_level_and_is_not_taken_for_one() {
        let unknown = Device::new("a".parse().unwrap(), "b".parse().unwrap());
        for device in [None, Some(&unknown)] {
            for quantity in [Quantity::DistanceToWater, Quantity::WaterDepth] {
                assert_eq!(
                    level_m(quantity, 1.0, device),
                    Err(NoLevel::NoMountingHeight)
                );
            }
            assert_eq!(
                level_m(Quantity::Pressure, 1.0, device),
                Err(NoLevel::Otherwise)
            );
            assert_eq!(
                level_m(Quantity::Rain, 1.0, device),
                Err(NoLevel::Otherwise)
            );
            assert_eq!(level_m(Quantity::WaterLevel, 1.0, device), Ok(1.0));
        }
    }
}
