//! Location test: on the globe, and not too far from the place before.

use geographiclib_rs::{Geodesic, InverseGeodesic};
use serde::{Deserialize, Serialize};

use super::{Flag, Refused, missing, refused, same_length};

const TEST: &str = "location_test";
/// The sphere that `haversine` measures on, metres.
const SPHERE_M: f64 = 6_371_000.0;

/// Fails places that are not on the globe or that have only one of longitude and latitude; suspect, where `range_max` is
/// given, when the place is farther than that from the one before. A place without both is missing.
///
/// After a missing place the reference, measuring by `haversine`, calls the missing place and the next one suspect (it
/// reads the number under a mask); measuring by `wgs84` it does not. We never do.
///
/// ```
/// use hinan_sensors::quality::Flag::{Bad, Good, Suspect};
/// use hinan_sensors::quality::qartod::{Location, RangeMethod};
/// let test = Location { range_max: Some(5000.0), range_method: RangeMethod::Wgs84 };
/// let flags = test.flags(&[143.20, 143.21, 143.35, 193.0], &[42.92; 4]);
/// assert_eq!(flags, Ok(vec![Good, Good, Suspect, Bad]));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Location {
    /// Farther than this from the place before is suspect, metres.
    #[serde(default)]
    pub range_max: Option<f64>,
    /// How distance is measured.
    #[serde(default)]
    pub range_method: RangeMethod,
}

/// How distance is measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RangeMethod {
    /// On a sphere: fast, wrong by up to half a per cent.
    #[default]
    Haversine,
    /// On the ellipsoid.
    Wgs84,
}

impl Location {
    /// One flag per place, degrees.
    ///
    /// # Errors
    /// Not as many latitudes as longitudes, or a `range_max` that is no distance.
    pub fn flags(&self, longitudes: &[f64], latitudes: &[f64]) -> Result<Vec<Flag>, Refused> {
        same_length(TEST, "lat", latitudes.len(), longitudes.len())?;
        if let Some(range_max) = self.range_max.filter(|range| range.is_nan()) {
            return refused(TEST, "range_max", &range_max, "a distance in metres");
        }
        let flag = |n: usize| {
            let (lon, lat) = (longitudes[n], latitudes[n]);
            match (missing(lon), missing(lat)) {
                (true, true) => return Flag::Missing,
                (false, false) => {}
                _ => return Flag::Bad,
            }
            if lat.abs() > 90.0 || lon.abs() > 180.0 {
                return Flag::Bad;
            }
            let before = n.checked_sub(1).map(|n| (longitudes[n], latitudes[n]));
            let far = self
                .range_max
                .zip(before)
                .is_some_and(|(range_max, before)| {
                    self.range_method.distance_m(before, (lon, lat)) > range_max
                });
            if far { Flag::Suspect } else { Flag::Good }
        };
        Ok((0..longitudes.len()).map(flag).collect())
    }
}

impl RangeMethod {
    /// Metres between two places (longitude, latitude); NaN where one is missing.
    pub(super) fn distance_m(self, from: (f64, f64), to: (f64, f64)) -> f64 {
        if [from.0, from.1, to.0, to.1].into_iter().any(missing) {
            return f64::NAN;
        }
        match self {
            Self::Wgs84 => Geodesic::wgs84().inverse(from.1, from.0, to.1, to.0),
            Self::Haversine => {
                let half = |a: f64, b: f64| ((b - a).to_radians() / 2.0).sin().powi(2);
                let cosines = from.1.to_radians().cos() * to.1.to_radians().cos();
                let a = half(from.1, to.1) + cosines * half(from.0, to.0);
                SPHERE_M * 2.0 * a.sqrt().atan2((1.0 - a).sqrt())
            }
        }
    }
}
