//! From metres on a plane to longitude and latitude, and back.

use geo::Coord;
use proj4rs::Proj;
use proj4rs::transform::transform;

use super::{Crs, Datum};

/// Origins of the plane rectangular zones 1 to 19 (平成14年国土交通省告示第9号), latitude and longitude in minutes.
const ORIGINS_MIN: [(f64, f64); 19] = [
    (1980.0, 7770.0),
    (1980.0, 7860.0),
    (2160.0, 7930.0),
    (1980.0, 8010.0),
    (2160.0, 8060.0),
    (2160.0, 8160.0),
    (2160.0, 8230.0),
    (2160.0, 8310.0),
    (2160.0, 8390.0),
    (2400.0, 8450.0),
    (2640.0, 8415.0),
    (2640.0, 8535.0),
    (2640.0, 8655.0),
    (1560.0, 8520.0),
    (1560.0, 7650.0),
    (1560.0, 7440.0),
    (1560.0, 7860.0),
    (1200.0, 8160.0),
    (1560.0, 9240.0),
];

/// The way between one coordinate system and longitude and latitude of JGD2011.
#[derive(Debug)]
pub struct Projector {
    /// Nothing where the numbers already are longitude and latitude.
    plane: Option<Plane>,
}

#[derive(Debug)]
struct Plane {
    plane: Proj,
    degrees: Proj,
}

impl Projector {
    /// Prepares the way from and to this system.
    ///
    /// # Errors
    /// Only if the projection library refuses a definition of ours.
    pub fn new(crs: Crs) -> Result<Self, String> {
        let ellipsoid = match crs.datum() {
            Datum::Jgd2000 | Datum::Jgd2011 => "GRS80",
            Datum::Wgs84 => "WGS84",
        };
        let definition = match crs {
            Crs::Geographic(_) => return Ok(Self { plane: None }),
            Crs::PlaneRectangular(_, zone) => {
                let (lat, lon) = origin_degrees(zone).ok_or_else(|| {
                    format!("plane rectangular zone is {zone}; accepted: 1 to 19")
                })?;
                format!(
                    "+proj=etmerc +lat_0={lat} +lon_0={lon} +k=0.9999 +x_0=0 +y_0=0 +ellps={ellipsoid} +units=m +no_defs"
                )
            }
            Crs::Utm(_, zone) => {
                let lon = 6.0 * f64::from(zone) - 183.0;
                format!(
                    "+proj=etmerc +lat_0=0 +lon_0={lon} +k=0.9996 +x_0=500000 +y_0=0 +ellps={ellipsoid} +units=m +no_defs"
                )
            }
        };
        // Both sides are on one ellipsoid and no datum is named, so that no shift can be made or silently left out.
        let degrees = format!("+proj=longlat +ellps={ellipsoid} +no_defs");
        let read = |text: &str| Proj::from_proj_string(text).map_err(|why| why.to_string());
        Ok(Self {
            plane: Some(Plane {
                plane: read(&definition)?,
                degrees: read(&degrees)?,
            }),
        })
    }

    /// Longitude and latitude in degrees of a pair with the east first. Nothing where the system has no such place.
    #[must_use]
    pub fn to_degrees(&self, east_north: Coord<f64>) -> Option<Coord<f64>> {
        let Some(plane) = &self.plane else {
            return finite(east_north);
        };
        let mut place = (finite(east_north)?.x, east_north.y, 0.0);
        transform(&plane.plane, &plane.degrees, &mut place).ok()?;
        finite(Coord {
            x: place.0.to_degrees(),
            y: place.1.to_degrees(),
        })
    }

    /// The pair with the east first of a longitude and latitude in degrees. Nothing where the system has no such place.
    #[must_use]
    pub fn from_degrees(&self, lon_lat: Coord<f64>) -> Option<Coord<f64>> {
        let Some(plane) = &self.plane else {
            return finite(lon_lat);
        };
        let lon_lat = finite(lon_lat)?;
        let mut place = (lon_lat.x.to_radians(), lon_lat.y.to_radians(), 0.0);
        transform(&plane.degrees, &plane.plane, &mut place).ok()?;
        finite(Coord {
            x: place.0,
            y: place.1,
        })
    }
}

/// Latitude and longitude of the origin of a plane rectangular zone, degrees.
pub(super) fn origin_degrees(zone: u8) -> Option<(f64, f64)> {
    let (lat, lon) = ORIGINS_MIN.get(usize::from(zone).checked_sub(1)?)?;
    Some((lat / 60.0, lon / 60.0))
}

fn finite(pair: Coord<f64>) -> Option<Coord<f64>> {
    (pair.x.is_finite() && pair.y.is_finite()).then_some(pair)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use geo::{Coord, coord};
    use proptest::prelude::{prop_assert, proptest};

    use super::Projector;
    use crate::crs::{Crs, Datum};

    #[test]
    fn north_of_the_origin_x_of_the_law_grows_and_y_stays() {
        let zone9 = Projector::new(Crs::PlaneRectangular(Datum::Jgd2011, 9)).unwrap();
        let north = zone9
            .from_degrees(coord! {x: 139.0 + 50.0 / 60.0, y: 36.1})
            .unwrap();
        assert!(
            north.x.abs() < 1e-6 && (north.y - 11_094.0).abs() < 10.0,
            "{north:?}"
        );
    }

    #[test]
    fn what_is_no_number_has_no_place() {
        let zone9 = Projector::new(Crs::PlaneRectangular(Datum::Jgd2011, 9)).unwrap();
        assert_eq!(
            zone9.to_degrees(Coord {
                x: f64::NAN,
                y: 0.0
            }),
            None
        );
        assert_eq!(
            zone9.from_degrees(Coord {
                x: 139.0,
                y: f64::INFINITY
            }),
            None
        );
    }

    proptest! {
        #[test]
        fn a_place_comes_back_to_a_tenth_of_a_millimetre(zone in 1..=19_u8, dx in -1.5..1.5_f64, dy in -3.0..3.0_f64) {
            let projector = Projector::new(Crs::PlaneRectangular(Datum::Jgd2011, zone)).unwrap();
            let origin = projector.to_degrees(Coord { x: 0.0, y: 0.0 }).unwrap();
            let place = Coord { x: origin.x + dx, y: origin.y + dy };
            let back = projector.to_degrees(projector.from_degrees(place).unwrap()).unwrap();
            prop_assert!((back.x - place.x).abs() < 1e-9 && (back.y - place.y).abs() < 1e-9);
        }

        #[test]
        fn any_numbers_give_a_place_or_nothing(x in proptest::num::f64::ANY, y in proptest::num::f64::ANY) {
            for crs in [Crs::PlaneRectangular(Datum::Jgd2000, 7), Crs::Utm(Datum::Wgs84, 54)] {
                let projector = Projector::new(crs).unwrap();
                for found in [projector.to_degrees(Coord { x, y }), projector.from_degrees(Coord { x, y })].into_iter().flatten() {
                    prop_assert!(found.x.is_finite() && found.y.is_finite());
                }
            }
        }
    }
}
