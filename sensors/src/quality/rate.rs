//! Rate of change: faster than the river can.

use jiff::SignedDuration;

use super::settings::RateLimit;
use super::verdict::Flag;

/// Suspect when the level rose or fell faster than `suspect_m_per_h` between two readings. Never bad: a flash flood
/// does that. Two readings of the same moment, or in the wrong order, have no rate and are not checked.
///
/// ```
/// use hinan_sensors::quality::{Flag, RateLimit, rate};
/// use jiff::SignedDuration;
/// let limit = RateLimit { suspect_m_per_h: 2.0 };
/// let ten_minutes = SignedDuration::from_mins(10);
/// assert_eq!(rate(1.0, 1.3, ten_minutes, &limit), Flag::Good);    // 1.8 m/h
/// assert_eq!(rate(1.0, 1.4, ten_minutes, &limit), Flag::Suspect); // 2.4 m/h
/// assert_eq!(rate(1.4, 1.0, ten_minutes, &limit), Flag::Suspect);
/// assert_eq!(rate(1.0, 9.0, SignedDuration::ZERO, &limit), Flag::NotChecked);
/// ```
#[must_use]
pub fn rate(before_m: f64, level_m: f64, apart: SignedDuration, limit: &RateLimit) -> Flag {
    if !apart.is_positive() {
        return Flag::NotChecked;
    }
    let m_per_h = (level_m - before_m).abs() * 3600.0 / apart.as_secs_f64();
    if m_per_h > limit.suspect_m_per_h {
        Flag::Suspect
    } else {
        Flag::Good
    }
}
