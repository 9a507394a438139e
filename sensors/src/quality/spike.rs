//! Spike: a single value that jumps out and comes back.
//!
//! We use QARTOD's differential form: a spike is a value whose neighbours lie on the same side of it, and its height is
//! the smaller of the two jumps. The other form (distance from the mean of the neighbours) also marks the neighbours of
//! a spike and the steep foot of a flood; ours marks neither.

use super::settings::SpikeLimits;
use super::verdict::Flag;

/// Judges a level between its neighbours: bad when it stands out by more than `high_m`, suspect by more than `low_m`.
/// A rise that stays is never a spike, however steep.
///
/// ```
/// use hinan_sensors::quality::{Flag, SpikeLimits, spike};
/// let limits = SpikeLimits { low_m: 0.5, high_m: Some(1.0) };
/// assert_eq!(spike(6.0, 8.0, 6.0, &limits), Flag::Bad);      // out by 2.0 and back
/// assert_eq!(spike(6.0, 6.75, 6.0, &limits), Flag::Suspect); // out by 0.75 and back
/// assert_eq!(spike(6.0, 9.0, 12.0, &limits), Flag::Good);    // a flood
/// ```
#[must_use]
pub fn spike(before_m: f64, level_m: f64, after_m: f64, limits: &SpikeLimits) -> Flag {
    let out = level_m - before_m;
    let back = level_m - after_m;
    let same_side = (out > 0.0 && back > 0.0) || (out < 0.0 && back < 0.0);
    let height_m = if same_side {
        out.abs().min(back.abs())
    } else {
        0.0
    };
    if limits.high_m.is_some_and(|high_m| height_m > high_m) {
        Flag::Bad
    } else if height_m > limits.low_m {
        Flag::Suspect
    } else {
        Flag::Good
    }
}

/// Judges the newest level, whose second neighbour is still to come. After a small jump it cannot become a spike and is
/// good; after a large one it may be a spike or a flash flood, and is suspect until the next reading tells. Never bad:
/// one side is not enough to take a level away from those who decide.
///
/// ```
/// use hinan_sensors::quality::{Flag, SpikeLimits, spike_so_far};
/// let limits = SpikeLimits { low_m: 0.5, high_m: Some(1.0) };
/// assert_eq!(spike_so_far(6.0, 6.4, &limits), Flag::Good);
/// assert_eq!(spike_so_far(6.0, 60.0, &limits), Flag::Suspect);
/// ```
#[must_use]
pub fn spike_so_far(before_m: f64, level_m: f64, limits: &SpikeLimits) -> Flag {
    if (level_m - before_m).abs() > limits.low_m {
        Flag::Suspect
    } else {
        Flag::Good
    }
}
