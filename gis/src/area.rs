//! Areas on the ellipsoid, exact for outlines drawn in an equal-area projection.

use geo::{LineString, MultiPolygon};

const EQUATORIAL_RADIUS_M: f64 = 6_378_137.0;
const FLATTENING: f64 = 1.0 / 298.257_222_101;

/// Area in square metres of outlines given in degrees, holes taken out.
#[must_use]
pub fn area_m2(area: &MultiPolygon<f64>) -> f64 {
    area.iter()
        .map(|polygon| {
            let holes: f64 = polygon.interiors().iter().map(ring_m2).sum();
            (ring_m2(polygon.exterior()) - holes).max(0.0)
        })
        .sum()
}

fn ring_m2(ring: &LineString<f64>) -> f64 {
    let Some(first) = ring.0.first() else {
        return 0.0;
    };
    // From the first point, so that large numbers do not cancel.
    let base = strip_m2(first.y);
    let twice: f64 = ring
        .lines()
        .map(|line| {
            let (from, to) = (strip_m2(line.start.y) - base, strip_m2(line.end.y) - base);
            (line.end.x - line.start.x) * (from + to)
        })
        .sum();
    (twice / 2.0).abs()
}

/// Area in square metres between the equator and a latitude, one degree of longitude wide.
fn strip_m2(latitude: f64) -> f64 {
    let e2 = FLATTENING * (2.0 - FLATTENING);
    let e = e2.sqrt();
    let sin = latitude.to_radians().sin();
    let polar_radius_m = EQUATORIAL_RADIUS_M * (1.0 - FLATTENING);
    let s = sin / (1.0 - e2 * sin * sin) + (e * sin).atanh() / e;
    (polar_radius_m * polar_radius_m / 2.0 * s).to_radians()
}

#[cfg(test)]
mod tests {
    use geo::{GeodesicArea, MultiPolygon, polygon};
    use proptest::prelude::{prop_assert, proptest};

    use super::area_m2;

    proptest! {
        /// The oracle is the geodesic area.
        #[test]
        fn an_area_within_a_town_is_right_to_a_part_in_ten_thousand(
            x in 123.0..153.0_f64, y in 24.0..45.0_f64, w in 0.0005..0.01_f64, shape in 0.3..3.0_f64,
        ) {
            let h = w * shape;
            let outline = polygon![
                exterior: [(x: x, y: y), (x: x + w, y: y + h / 9.0), (x: x + w, y: y + h), (x: x, y: y + h / 2.0)],
                interiors: [[(x: x + w / 4.0, y: y + h / 4.0), (x: x + w / 3.0, y: y + h / 3.0), (x: x + w / 3.0, y: y + h / 4.0)]],
            ];
            let exact_m2 = outline.geodesic_area_unsigned();
            let found_m2 = area_m2(&MultiPolygon::new(vec![outline]));
            prop_assert!((found_m2 - exact_m2).abs() <= 0.01 + exact_m2 * 1e-4, "{found_m2} {exact_m2}");
        }
    }
}
