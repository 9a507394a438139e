//! Density inversion test: water that lies on lighter water.

use serde::{Deserialize, Serialize};

use super::{Flag, Refused, missing, same_length};

const TEST: &str = "density_inversion_test";

/// Marks both values of a pair whose density falls with depth by more than a threshold (thresholds are negative: -0.03
/// allows a fall of 0.03). A value that is missing, or has no depth, is missing, and so is the one after it.
///
/// ```
/// use hinan_sensors::quality::Flag::{Bad, Good, Suspect};
/// use hinan_sensors::quality::qartod::DensityInversion;
/// let test = DensityInversion { suspect_threshold: Some(-0.01), fail_threshold: Some(-0.03) };
/// let flags = test.flags(&[1024.0, 1023.98, 1025.0, 1024.9], &[1.0, 2.0, 3.0, 4.0]);
/// assert_eq!(flags, Ok(vec![Suspect, Suspect, Bad, Bad]));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DensityInversion {
    /// A change with depth below this is suspect.
    #[serde(default)]
    pub suspect_threshold: Option<f64>,
    /// A change with depth below this fails.
    #[serde(default)]
    pub fail_threshold: Option<f64>,
}

impl DensityInversion {
    /// One flag per density at its depth.
    ///
    /// # Errors
    /// Not as many depths as densities.
    pub fn flags(&self, densities: &[f64], depths: &[f64]) -> Result<Vec<Flag>, Refused> {
        same_length(TEST, "zinp", depths.len(), densities.len())?;
        if densities.len() == 1 {
            return Ok(vec![Flag::NotChecked]);
        }
        let mut flags = vec![Flag::Good; densities.len()];
        let mut mark = |threshold: Option<f64>, flag: Flag| {
            let Some(threshold) = threshold else { return };
            for n in 1..densities.len() {
                let change = sign(depths[n] - depths[n - 1]) * (densities[n] - densities[n - 1]);
                if change < threshold {
                    flags[n - 1] = flag;
                    flags[n] = flag;
                }
            }
        };
        mark(self.suspect_threshold, Flag::Suspect);
        mark(self.fail_threshold, Flag::Bad);
        for n in (0..densities.len()).filter(|&n| missing(densities[n]) || missing(depths[n])) {
            flags[n] = Flag::Missing;
            if let Some(next) = flags.get_mut(n + 1) {
                *next = Flag::Missing;
            }
        }
        Ok(flags)
    }
}

/// -1, 0 or 1; nothing where there is no number.
fn sign(value: f64) -> f64 {
    if value == 0.0 { 0.0 } else { value.signum() }
}
