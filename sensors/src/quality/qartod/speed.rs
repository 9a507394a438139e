//! Speed test (ARGO): faster from place to place than the platform can move.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::location::RangeMethod;
use super::{Flag, Refused, missing, same_length, whole_seconds};

const TEST: &str = "speed_test";

/// Suspect or fail when the platform came from its last place faster than a threshold, measured on the ellipsoid. The
/// first place is not evaluated; a place that is missing a coordinate, and the one after it, is missing.
///
/// ```
/// use hinan_sensors::quality::Flag::{Bad, Good, NotChecked};
/// use hinan_sensors::quality::qartod::Speed;
/// let times = ["2016-08-30T00:00:00Z", "2016-08-30T01:00:00Z", "2016-08-30T02:00:00Z"];
/// let times = times.map(|time| time.parse().unwrap());
/// let test = Speed { suspect_threshold: 1.0, fail_threshold: 3.0 };
/// let flags = test.flags(&[-71.05; 3], &[41.01, 41.02, 43.0], &times);
/// assert_eq!(flags, Ok(vec![NotChecked, Good, Bad]));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Speed {
    /// Faster than this is suspect, metres per second.
    pub suspect_threshold: f64,
    /// Faster than this fails, metres per second.
    pub fail_threshold: f64,
}

impl Speed {
    /// One flag per place, degrees.
    ///
    /// # Errors
    /// Not as many latitudes or times as longitudes.
    pub fn flags(
        &self,
        longitudes: &[f64],
        latitudes: &[f64],
        times: &[Timestamp],
    ) -> Result<Vec<Flag>, Refused> {
        same_length(TEST, "lat", latitudes.len(), longitudes.len())?;
        same_length(TEST, "tinp", times.len(), longitudes.len())?;
        let place = |n: usize| (longitudes[n], latitudes[n]);
        let flag = |n: usize| {
            let Some(before) = n.checked_sub(1) else {
                return Flag::NotChecked;
            };
            let distance_m = RangeMethod::Wgs84.distance_m(place(before), place(n));
            if missing(distance_m) {
                return Flag::Missing;
            }
            #[expect(
                clippy::cast_precision_loss,
                reason = "seconds between places are far below 2^53"
            )]
            let apart_s = whole_seconds(times[before], times[n]) as f64;
            let speed_m_per_s = (distance_m / apart_s).abs();
            if speed_m_per_s > self.fail_threshold {
                Flag::Bad
            } else if speed_m_per_s > self.suspect_threshold {
                Flag::Suspect
            } else {
                Flag::Good
            }
        };
        Ok((0..longitudes.len()).map(flag).collect())
    }
}
