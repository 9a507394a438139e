//! Shapes of CAP. Latitude comes first; GeoJSON has it the other way round.

use serde::{Deserialize, Serialize};

use crate::official::value::number;

const POINTS_MAX: usize = 20_000;
/// Rings with more points are not looked at for crossings: the look takes the square of their number.
const CROSSING_POINTS_MAX: usize = 600;

/// A point, degrees.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LatLon {
    /// Latitude, north positive.
    pub lat: f64,
    /// Longitude, east positive.
    pub lon: f64,
}

/// A circle. Radius 0 is a point.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Circle {
    /// Its centre.
    pub centre: LatLon,
    /// Its radius, kilometres.
    pub radius_km: f64,
}

/// Reads `lat,lon lat,lon …`: at least four points, the last being the first. Returned counter-clockwise.
pub(crate) fn polygon(text: &str) -> Result<Vec<LatLon>, String> {
    let mut ring = Vec::new();
    for pair in text.split_whitespace() {
        if ring.len() >= POINTS_MAX {
            return Err(format!("more than {POINTS_MAX} points"));
        }
        let point = point(pair).ok_or_else(|| {
            let pair: String = pair.chars().take(40).collect();
            format!("{pair:?} is no latitude,longitude in degrees")
        })?;
        ring.push(point);
    }
    if ring.len() < 4 {
        return Err(format!("{} points; at least 4 are needed", ring.len()));
    }
    if ring.first() != ring.last() {
        return Err("it is not closed: the last point must be the first".to_owned());
    }
    if doubled_area(&ring) < 0.0 {
        ring.reverse();
    }
    Ok(ring)
}

/// Reads `lat,lon radius`.
pub(crate) fn circle(text: &str) -> Option<Circle> {
    let mut parts = text.split_whitespace();
    let centre = point(parts.next()?)?;
    let radius_km = number(parts.next()?).filter(|radius| *radius >= 0.0)?;
    parts
        .next()
        .is_none()
        .then_some(Circle { centre, radius_km })
}

fn point(pair: &str) -> Option<LatLon> {
    let (lat, lon) = pair.split_once(',')?;
    let (lat, lon) = (number(lat)?, number(lon)?);
    ((-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&lon))
        .then_some(LatLon { lat, lon })
}

/// Twice the area in square degrees; positive when the ring runs counter-clockwise.
fn doubled_area(ring: &[LatLon]) -> f64 {
    ring.windows(2)
        .map(|pair| pair[0].lon * pair[1].lat - pair[1].lon * pair[0].lat)
        .sum()
}

/// Whether two sides of a ring cross that are no neighbours.
pub(crate) fn crosses_itself(ring: &[LatLon]) -> bool {
    let sides = ring.len() - 1;
    if ring.len() > CROSSING_POINTS_MAX {
        return false;
    }
    (0..sides).any(|a| {
        (a + 2..sides)
            .filter(|b| !(a == 0 && *b == sides - 1))
            .any(|b| cross(ring[a], ring[a + 1], ring[b], ring[b + 1]))
    })
}

fn cross(a: LatLon, b: LatLon, c: LatLon, d: LatLon) -> bool {
    let side = |p: LatLon, q: LatLon, r: LatLon| {
        (q.lon - p.lon) * (r.lat - p.lat) - (q.lat - p.lat) * (r.lon - p.lon)
    };
    side(a, b, c) * side(a, b, d) < 0.0 && side(c, d, a) * side(c, d, b) < 0.0
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_runs_counter_clockwise_whichever_way_it_was_sent() {
        let one = polygon("35,139 35,140 36,140 36,139 35,139").unwrap();
        let mut other = polygon("35,139 36,139 36,140 35,140 35,139").unwrap();
        assert!(doubled_area(&one) > 0.0);
        assert!(doubled_area(&other) > 0.0);
        other.sort_by(|a, b| a.lat.total_cmp(&b.lat).then(a.lon.total_cmp(&b.lon)));
        assert_eq!(other.len(), one.len());
    }

    #[test]
    fn open_small_wild_and_wordy_rings_are_refused() {
        for text in [
            "1,2 3,4 5,6 1,3",
            "1,2 3,4 1,2",
            "91,2 3,4 5,6 91,2",
            "1,181 3,4 5,6 1,181",
            "1,NaN 3,4 5,6 1,NaN",
            "1 2 3 4",
        ] {
            assert!(polygon(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_bow_tie_crosses_itself_and_a_square_does_not() {
        assert!(crosses_itself(&polygon("0,0 1,1 1,0 0,1 0,0").unwrap()));
        assert!(!crosses_itself(&polygon("0,0 0,1 1,1 1,0 0,0").unwrap()));
    }

    #[test]
    fn a_circle_of_radius_zero_is_a_point() {
        assert!(circle("35,139 0").is_some());
        assert!(circle("35,139 -1").is_none());
        assert!(circle("35,139").is_none());
        assert!(circle("35,139 1 2").is_none());
    }
}
