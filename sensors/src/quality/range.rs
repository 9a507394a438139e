//! Gross range: what the sensor can report, and what is usual.

use super::settings::Span;
use super::verdict::Flag;

/// Bad outside what the sensor can physically report; suspect outside what is usual at this gauge, where a person
/// should look. Both ends of a span belong to it. A level that is no number is missing.
///
/// ```
/// use hinan_sensors::quality::{Flag, Span, range};
/// let sensor = Span { low: -1.0, high: 20.0 };
/// let usual = Span { low: 0.2, high: 6.0 };
/// assert_eq!(range(6.0, Some(&sensor), Some(&usual)), Flag::Good);
/// assert_eq!(range(6.1, Some(&sensor), Some(&usual)), Flag::Suspect);
/// assert_eq!(range(-9999.0, Some(&sensor), Some(&usual)), Flag::Bad);
/// assert_eq!(range(f64::NAN, Some(&sensor), Some(&usual)), Flag::Missing);
/// assert_eq!(range(6.1, None, None), Flag::NotChecked);
/// ```
#[must_use]
pub fn range(level_m: f64, sensor: Option<&Span>, usual: Option<&Span>) -> Flag {
    if !level_m.is_finite() {
        return Flag::Missing;
    }
    let outside = |span: Option<&Span>| span.is_some_and(|span| !span.contains(level_m));
    if outside(sensor) {
        Flag::Bad
    } else if outside(usual) {
        Flag::Suspect
    } else if sensor.is_none() && usual.is_none() {
        Flag::NotChecked
    } else {
        Flag::Good
    }
}
