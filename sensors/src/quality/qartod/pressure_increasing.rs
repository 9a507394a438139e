//! Pressure increasing test (ARGO): a profile that goes one way.

use super::Flag;

/// Suspect where the pressure does not go on in the direction of the whole profile, down or up.
///
/// ```
/// use hinan_sensors::quality::Flag::{Good, Suspect};
/// use hinan_sensors::quality::qartod::pressure_increasing;
/// assert_eq!(pressure_increasing(&[0.0, 2.0, 2.0, 3.0]), [Good, Good, Suspect, Good]);
/// assert_eq!(pressure_increasing(&[20.0, 14.2, 4.0]), [Good, Good, Good]);
/// ```
#[must_use]
pub fn pressure_increasing(pressures: &[f64]) -> Vec<Flag> {
    let steps: Vec<f64> = pressures.windows(2).map(|pair| pair[1] - pair[0]).collect();
    // The sign of the sum is the sign of the mean.
    let upwards = steps.iter().sum::<f64>() < 0.0;
    let flag = |step: &f64| {
        let onwards = if upwards { -step } else { *step };
        if onwards <= 0.0 {
            Flag::Suspect
        } else {
            Flag::Good
        }
    };
    let first = (!pressures.is_empty()).then_some(Flag::Good);
    first.into_iter().chain(steps.iter().map(flag)).collect()
}
