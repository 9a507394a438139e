//! Location bounds test: inside or outside a drawn area.

use serde::{Deserialize, Serialize};

use super::{Flag, Refused, missing, refused, same_length, sorted};

const TEST: &str = "location_bounds_test";

/// Fails places outside the shape, or inside it. A place exactly on the outline is not inside. A place without both
/// coordinates is missing.
///
/// ```
/// use hinan_sensors::quality::Flag::{Bad, Good, Missing};
/// use hinan_sensors::quality::qartod::{FlagArea, LocationBounds, Shape};
/// let shape = Shape::Polygon(vec![[0.0, 0.0], [10.0, 0.0], [10.0, 10.0]]);
/// let test = LocationBounds { shape, flag_area: FlagArea::Outside };
/// let flags = test.flags(&[0.0, 5.0, 9.0, f64::NAN], &[5.0, 0.0, 1.0, 1.0]);
/// assert_eq!(flags, Ok(vec![Bad, Bad, Good, Missing]));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocationBounds {
    /// The area.
    pub shape: Shape,
    /// Which side of its outline fails.
    #[serde(default)]
    pub flag_area: FlagArea,
}

/// An area in degrees.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Shape {
    /// West, south, east, north.
    Box([f64; 4]),
    /// The corners (longitude, latitude) of an outline that closes itself.
    Polygon(Vec<[f64; 2]>),
}

/// Which side fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FlagArea {
    /// Places outside the shape, or on its outline.
    #[default]
    Outside,
    /// Places inside the shape.
    Inside,
}

impl LocationBounds {
    /// One flag per place, degrees.
    ///
    /// # Errors
    /// Not as many latitudes as longitudes, or an outline of fewer than three corners.
    pub fn flags(&self, longitudes: &[f64], latitudes: &[f64]) -> Result<Vec<Flag>, Refused> {
        same_length(TEST, "lat", latitudes.len(), longitudes.len())?;
        let corners = self.shape.corners();
        if corners.len() < 3 {
            return refused(
                TEST,
                "shape",
                &format_args!("{} corners", corners.len()),
                "at least 3 corners",
            );
        }
        let flag = |(&lon, &lat): (&f64, &f64)| {
            if missing(lon) || missing(lat) {
                return Flag::Missing;
            }
            let fails = match self.flag_area {
                FlagArea::Outside => !inside(&corners, lon, lat),
                FlagArea::Inside => inside(&corners, lon, lat),
            };
            if fails { Flag::Bad } else { Flag::Good }
        };
        Ok(longitudes.iter().zip(latitudes).map(flag).collect())
    }
}

impl Shape {
    fn corners(&self) -> Vec<[f64; 2]> {
        match self {
            Self::Polygon(corners) => corners.clone(),
            Self::Box([a, b, c, d]) => {
                let ([west, east], [south, north]) = (sorted([*a, *c]), sorted([*b, *d]));
                vec![[west, south], [east, south], [east, north], [west, north]]
            }
        }
    }
}

/// Whether a place lies strictly inside: a ray to the east crosses the outline an odd number of times.
fn inside(corners: &[[f64; 2]], lon: f64, lat: f64) -> bool {
    let mut inside = false;
    let ends = corners.iter().cycle().skip(1);
    for (&[x1, y1], &[x2, y2]) in corners.iter().zip(ends) {
        let aside = (x2 - x1) * (lat - y1) - (y2 - y1) * (lon - x1);
        let between = |a: f64, b: f64, v: f64| a.min(b) <= v && v <= a.max(b);
        if aside == 0.0 && between(x1, x2, lon) && between(y1, y2, lat) {
            return false;
        }
        // Each edge owns its lower end only, so that a corner on the ray is counted once.
        if (y1 > lat) != (y2 > lat) && (aside < 0.0) == (y2 < y1) {
            inside = !inside;
        }
    }
    inside
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inside_holds_for_outlines_drawn_either_way_and_for_corners_on_the_ray() {
        let mut diamond = vec![[0.0, -2.0], [2.0, 0.0], [0.0, 2.0], [-2.0, 0.0]];
        for _ in 0..2 {
            assert!(inside(&diamond, 0.0, 0.0));
            assert!(inside(&diamond, -1.5, 0.0));
            for (lon, lat) in [
                (-3.0, 0.0),
                (3.0, 0.0),
                (1.5, 1.5),
                (-1.5, -1.5),
                (0.0, 2.5),
            ] {
                assert!(!inside(&diamond, lon, lat), "{lon} {lat}");
            }
            assert!(!inside(&diamond, 1.0, 1.0), "on the outline");
            assert!(!inside(&diamond, 2.0, 0.0), "on a corner");
            diamond.reverse();
        }
    }

    #[test]
    fn a_box_may_be_given_from_any_corner() {
        let test = |shape| LocationBounds {
            shape: Shape::Box(shape),
            flag_area: FlagArea::Inside,
        };
        let flags = Ok(vec![Flag::Bad, Flag::Good]);
        assert_eq!(
            test([0.0, 0.0, 2.0, 2.0]).flags(&[1.0, 3.0], &[1.0, 1.0]),
            flags
        );
        assert_eq!(
            test([2.0, 2.0, 0.0, 0.0]).flags(&[1.0, 3.0], &[1.0, 1.0]),
            flags
        );
    }
}
