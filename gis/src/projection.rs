//! From degrees to metres, on the ellipsoid of JGD2011 (GRS 80).
//!
//! Both answers are for one municipality: over 50 km the plane is off by at most about half a percent at its rim, and the
//! distance by far less than the position of a house. Surveying needs the plane rectangular zones instead.

use geo::{Coord, Point};

const EQUATORIAL_RADIUS_M: f64 = 6_378_137.0;
const FLATTENING: f64 = 1.0 / 298.257_222_101;

/// Straight-line distance in metres between two places given in degrees.
#[must_use]
pub fn distance_m(from: Point<f64>, to: Point<f64>) -> f64 {
    let plane = LocalPlane::at(Point::new(from.x(), f64::midpoint(from.y(), to.y())));
    let (a, b) = (plane.metres(from.into()), plane.metres(to.into()));
    (a.x - b.x).hypot(a.y - b.y)
}

/// A flat map around one place: x metres east of it, y metres south of it, as screens count.
#[derive(Clone, Copy, Debug)]
pub struct LocalPlane {
    origin: Coord<f64>,
    metres_per_degree_east: f64,
    metres_per_degree_north: f64,
}

impl LocalPlane {
    /// The plane whose zero is `origin` and whose scale is right along its parallel.
    #[must_use]
    pub fn at(origin: Point<f64>) -> Self {
        Self::with_scale_of(origin, origin.y())
    }

    /// The plane whose zero is `origin` and whose scale is right at another latitude, such as the middle of the map.
    #[must_use]
    pub fn with_scale_of(origin: Point<f64>, latitude: f64) -> Self {
        let e2 = FLATTENING * (2.0 - FLATTENING);
        let latitude = latitude.to_radians();
        let w = (1.0 - e2 * latitude.sin().powi(2)).sqrt();
        let meridian_radius_m = EQUATORIAL_RADIUS_M * (1.0 - e2) / w.powi(3);
        let parallel_radius_m = EQUATORIAL_RADIUS_M / w * latitude.cos();
        Self {
            origin: origin.into(),
            metres_per_degree_east: parallel_radius_m.to_radians(),
            metres_per_degree_north: meridian_radius_m.to_radians(),
        }
    }

    /// Degrees to metres east and south of the origin.
    #[must_use]
    pub fn metres(&self, place: Coord<f64>) -> Coord<f64> {
        Coord {
            x: (place.x - self.origin.x) * self.metres_per_degree_east,
            y: (self.origin.y - place.y) * self.metres_per_degree_north,
        }
    }

    /// How long a degree is to the east and to the north.
    pub(crate) fn metres_per_degree(&self) -> [f64; 2] {
        [self.metres_per_degree_east, self.metres_per_degree_north]
    }

    /// Metres east and south of the origin back to degrees.
    #[must_use]
    pub fn degrees(&self, metres: Coord<f64>) -> Coord<f64> {
        Coord {
            x: self.origin.x + metres.x / self.metres_per_degree_east,
            y: self.origin.y - metres.y / self.metres_per_degree_north,
        }
    }
}

#[cfg(test)]
mod tests {
    use geo::{Coord, Distance, Geodesic, Point};
    use proptest::prelude::{prop_assert, proptest};

    use super::{LocalPlane, distance_m};

    proptest! {
        /// The oracle is the geodesic on the ellipsoid.
        #[test]
        fn a_distance_within_a_town_is_right_to_a_part_in_ten_thousand(
            x in 123.0..153.0_f64, y in 24.0..45.0_f64, dx in -0.3..0.3_f64, dy in -0.3..0.3_f64,
        ) {
            let (a, b) = (Point::new(x, y), Point::new(x + dx, y + dy));
            let exact_m = Geodesic.distance(a, b);
            prop_assert!((distance_m(a, b) - exact_m).abs() <= 0.01 + exact_m * 1e-4);
        }

        #[test]
        fn what_goes_onto_the_plane_comes_back(x in 143.0..143.5_f64, y in 42.6..43.2_f64) {
            let plane = LocalPlane::at(Point::new(143.1, 42.95));
            let back = plane.degrees(plane.metres(Coord { x, y }));
            prop_assert!((back.x - x).abs() < 1e-9 && (back.y - y).abs() < 1e-9);
        }
    }

    #[test]
    fn south_is_down_and_east_is_right() {
        let plane = LocalPlane::at(Point::new(143.0, 43.0));
        let south_east = plane.metres(Coord { x: 143.1, y: 42.9 });
        assert!(south_east.x > 0.0 && south_east.y > 0.0);
    }
}
