//! Many places in the order in which what they need stands in memory.

use geo::{Coord, Point};

use super::grid::Grid;

/// A place that is asked about.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Asked {
    order: u32,
    /// Its position among those that were given.
    pub(super) number: u32,
    pub(super) place: Coord<f64>,
}

/// One part for each row of the first grid.
const PARTS: usize = 256;

/// Places by [`Grid::order`]; at the same place in their own order. First they are dealt out to the rows of the grid, from
/// front to back, then each row is sorted by itself, which the near memory has room for: sorting all of them at once would
/// go through the far memory again and again. At most 2^32 places.
pub(super) fn ordered(grid: &Grid, places: &[Point<f64>]) -> Vec<Asked> {
    let order = |place: &Point<f64>| grid.order(Coord::from(*place));
    let part = |order: u32| (order >> 24) as usize;
    let mut ends = [0_usize; PARTS];
    for place in places {
        ends[part(order(place))] += 1;
    }
    let mut free = [0_usize; PARTS];
    for n in 1..PARTS {
        free[n] = free[n - 1] + ends[n - 1];
    }
    let mut asked = vec![Asked::default(); places.len()];
    for (number, place) in (0_u32..).zip(places) {
        let order = order(place);
        let slot = &mut free[part(order)];
        asked[*slot] = Asked {
            order,
            number,
            place: Coord::from(*place),
        };
        *slot += 1;
    }
    let mut rest = asked.as_mut_slice();
    for count in ends {
        let (row, after) = rest.split_at_mut(count);
        row.sort_unstable_by_key(|asked| u64::from(asked.order) << 32 | u64::from(asked.number));
        rest = after;
    }
    asked
}

#[cfg(test)]
mod tests {
    use geo::Point;
    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

    use super::{Grid, ordered};

    proptest! {
        #[test]
        fn every_place_comes_once_and_neighbours_together(
            places in proptest::collection::vec((-1.0..11.0_f64, -1.0..11.0_f64), 0..300),
        ) {
            let grid = Grid::over([0.0, 0.0], [10.0, 10.0], 5, 256);
            let places: Vec<Point<f64>> = places.into_iter().map(Point::from).collect();
            let asked = ordered(&grid, &places);
            prop_assert!(asked.is_sorted_by_key(|one| (one.order, one.number)));
            for one in &asked {
                prop_assert_eq!(Point(one.place), places[one.number as usize]);
            }
            let mut numbers: Vec<u32> = asked.iter().map(|one| one.number).collect();
            numbers.sort_unstable();
            numbers.dedup();
            prop_assert_eq!(numbers.len(), places.len());
        }
    }
}
