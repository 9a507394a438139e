//! Loose rings, as Shapefiles have them, put in order: which is an outer ring and which a hole of it.

use geo::Coord;

use super::ring::{Ring, Side};
use super::{Step, steps};

/// Most rings of one feature; every pair of boxes is looked at.
pub(crate) const RINGS_MAX: usize = 50_000;

/// Polygons of an outer ring and its holes, out of loose rings.
#[derive(Debug, PartialEq)]
pub(crate) struct Nested {
    pub(crate) polygons: Vec<Vec<Vec<Coord<f64>>>>,
    /// Where the first ring begins whose place made it a hole or an island, against its winding.
    pub(crate) unclear: Option<Coord<f64>>,
}

/// A ring inside an odd number of others is a hole if it winds against the ring around it. One that winds like it is a
/// part that is drawn over the other, unless all rings of the feature wind alike: such a file does not tell holes by
/// winding, and the place alone decides. Nothing where there are more rings than can be looked at.
pub(crate) fn nested(rings: Vec<Vec<Coord<f64>>>) -> Option<Nested> {
    if rings.len() > RINGS_MAX {
        return None;
    }
    if rings.len() <= 1 {
        return Some(Nested {
            polygons: rings.into_iter().map(|ring| vec![ring]).collect(),
            unclear: None,
        });
    }
    let on_lattice: Vec<Ring> = rings
        .iter()
        .map(|ring| Ring::new(ring.iter().map(|at| steps(*at)).collect()))
        .collect();
    // Larger ones first, so that a ring's container stands before it.
    let mut order: Vec<usize> = (0..rings.len()).collect();
    order.sort_by_key(|n| {
        (
            std::cmp::Reverse(on_lattice[*n].twice_area.unsigned_abs()),
            *n,
        )
    });
    let mut containers: Vec<Option<usize>> = vec![None; rings.len()];
    let winds = |ring: usize| on_lattice[ring].twice_area > 0;
    let tells = (1..rings.len()).any(|ring| winds(ring) != winds(0));
    let mut holes = vec![false; rings.len()];
    let mut unclear: Option<usize> = None;
    for (place, ring) in order.iter().enumerate() {
        let inside = |other: &&usize| lies_in(&on_lattice[*ring], &on_lattice[**other]);
        // The smallest that contains it is the last in the order.
        let Some(container) = order[..place].iter().rev().find(inside).copied() else {
            continue;
        };
        let alike = winds(*ring) == winds(container);
        // What lies in a hole is an island.
        if !holes[container] {
            holes[*ring] = !(tells && alike);
            containers[*ring] = Some(container);
        }
        if alike && (holes[container] || holes[*ring]) {
            unclear = Some(unclear.map_or(*ring, |first| first.min(*ring)));
        }
    }
    let unclear = unclear.and_then(|ring| rings[ring].first().copied());
    let is_hole = |ring: usize| holes[ring];
    let mut polygons = Vec::new();
    let mut place_of = vec![0; rings.len()];
    let mut rings: Vec<Option<Vec<Coord<f64>>>> = rings.into_iter().map(Some).collect();
    for ring in (0..rings.len()).filter(|ring| !is_hole(*ring)) {
        place_of[ring] = polygons.len();
        polygons.push(vec![rings[ring].take()?]);
    }
    for ring in (0..rings.len()).filter(|ring| is_hole(*ring)) {
        polygons[place_of[containers[ring]?]].push(rings[ring].take()?);
    }
    Some(Nested { polygons, unclear })
}

/// By the first of its points that is not on the line of the other.
fn lies_in(ring: &Ring, other: &Ring) -> bool {
    let boxed = |at: &Step| other.box_holds(*at);
    boxed(&ring.min)
        && boxed(&ring.max)
        && ring
            .points
            .iter()
            .map(|at| other.side(*at))
            .find(|side| *side != Side::OnLine)
            == Some(Side::Inside)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use geo::Coord;

    use super::nested;

    fn square(x: f64, size: f64) -> Vec<Coord<f64>> {
        [(0., 0.), (1., 0.), (1., 1.), (0., 1.), (0., 0.)]
            .map(|(a, b)| Coord {
                x: x + a * size,
                y: 36.0 + x - 140.0 + b * size,
            })
            .to_vec()
    }

    #[test]
    fn an_island_in_a_lake_on_an_island_is_sorted_out_whatever_the_order_and_winding() {
        let (land, lake, island, away) = (
            square(140.0, 0.9),
            square(140.1, 0.5),
            square(140.2, 0.1),
            square(142.0, 0.3),
        );
        let first = island[0];
        let polygons = nested(vec![
            island.clone(),
            away.clone(),
            lake.clone(),
            land.clone(),
        ])
        .unwrap();
        assert_eq!(
            polygons.polygons,
            [vec![island], vec![away], vec![land, lake]]
        );
        assert_eq!(polygons.unclear, Some(first), "all wind alike");
    }

    #[test]
    fn a_ring_that_winds_like_the_one_around_it_is_a_part_where_another_tells_holes_by_winding() {
        let (land, again, other) = (square(140.0, 0.9), square(140.1, 0.5), square(142.0, 0.9));
        let mut lake = square(142.1, 0.5);
        lake.reverse();
        let nested = nested(vec![
            land.clone(),
            again.clone(),
            other.clone(),
            lake.clone(),
        ])
        .unwrap();
        assert_eq!(nested.unclear, None, "that parts overlap is told by itself");
        assert_eq!(
            nested.polygons,
            [vec![land], vec![again], vec![other, lake]]
        );
    }

    #[test]
    fn one_ring_and_none_are_themselves() {
        assert_eq!(
            nested(vec![]).unwrap().polygons,
            Vec::<Vec<Vec<Coord<f64>>>>::new()
        );
        assert_eq!(nested(vec![square(140.0, 1.0)]).unwrap().polygons.len(), 1);
    }
}
