//! Loose rings, as Shapefiles have them, put in order: which is an outer ring and which a hole of it.

use geo::Coord;

use super::ring::{Ring, Side};
use super::{Step, steps};

/// Most rings of one feature; every pair of boxes is looked at.
pub(crate) const RINGS_MAX: usize = 50_000;

/// Polygons of outer ring and holes. A ring inside an odd number of others is a hole; winding is not asked, because files
/// have it wrong. Nothing where there are more rings than can be looked at.
pub(crate) fn nested(rings: Vec<Vec<Coord<f64>>>) -> Option<Vec<Vec<Vec<Coord<f64>>>>> {
    if rings.len() > RINGS_MAX {
        return None;
    }
    if rings.len() <= 1 {
        return Some(rings.into_iter().map(|ring| vec![ring]).collect());
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
    let mut depths = vec![0_usize; rings.len()];
    for (place, ring) in order.iter().enumerate() {
        let inside = |other: &&usize| lies_in(&on_lattice[*ring], &on_lattice[**other]);
        // The smallest that contains it is the last in the order.
        if let Some(container) = order[..place].iter().rev().find(inside) {
            containers[*ring] = Some(*container);
            depths[*ring] = depths[*container] + 1;
        }
    }
    let is_hole = |ring: usize| depths[ring] % 2 == 1;
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
    Some(polygons)
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
        let polygons = nested(vec![
            island.clone(),
            away.clone(),
            lake.clone(),
            land.clone(),
        ])
        .unwrap();
        assert_eq!(polygons, [vec![island], vec![away], vec![land, lake]]);
    }

    #[test]
    fn one_ring_and_none_are_themselves() {
        assert_eq!(nested(vec![]).unwrap(), Vec::<Vec<Vec<Coord<f64>>>>::new());
        assert_eq!(nested(vec![square(140.0, 1.0)]).unwrap().len(), 1);
    }
}
