//! People of each unit: the census cells spread evenly over their fine cells inside the city.

use std::collections::BTreeMap;

use geo::{BoundingRect, Intersects, Point};
use hinan_gis::ZoneIndex;
use hinan_gis::projection::LocalPlane;

use crate::Failure;
use crate::cells::{FINE_PER_CENSUS, Fine};
use crate::rivers::{Course, nearest};
use crate::sources::{CensusCell, Sources};
use crate::units::Units;

/// People of one unit, not yet whole numbers.
#[derive(Clone, Default)]
pub(crate) struct Counted {
    pub(crate) people: f64,
    pub(crate) households: f64,
    pub(crate) by_rank: [f64; 7],
    pub(crate) by_river: BTreeMap<usize, f64>,
    weighted: (f64, f64),
}

impl Counted {
    /// Where its people live on average; nothing where nobody does.
    pub(crate) fn middle(&self) -> Option<Point<f64>> {
        (self.people > 0.0)
            .then(|| Point::new(self.weighted.0 / self.people, self.weighted.1 / self.people))
    }

    fn add(&mut self, at: Point<f64>, people: f64, households: f64) {
        self.people += people;
        self.households += households;
        self.weighted.0 += at.x() * people;
        self.weighted.1 += at.y() * people;
    }
}

pub(crate) fn counted(
    sources: &Sources,
    units: &Units,
    zones: &ZoneIndex,
    courses: &[Course],
    plane: &LocalPlane,
) -> Result<Vec<Counted>, Failure> {
    let mut counted = vec![Counted::default(); units.outlines.len()];
    for census in sources.census.iter().filter(|cell| cell.share_inside > 0.0) {
        let cells = cells_inside(census, sources);
        let share: f64 = census.share_inside / cells.iter().map(|_| 1.0).sum::<f64>();
        for cell in cells {
            let at = cell.centre();
            let unit = units
                .of(cell.eighth())
                .ok_or_else(|| format!("{cell:?} lies in no unit"))?;
            let (people, households) = (census.people * share, census.households * share);
            counted[unit].add(at, people, households);
            let rank = zones.rank_at(at).map_or(0, |rank| usize::from(rank.get()));
            counted[unit].by_rank[rank] += people;
            if rank > 0
                && let Some(river) = nearest(courses, plane, at)
            {
                *counted[unit].by_river.entry(river).or_default() += people;
            }
        }
    }
    Ok(counted)
}

/// The fine cells of a census cell whose centre is in the city. A census cell that only scrapes the border may have none;
/// then its few people are spread over all that lie in the city's box.
fn cells_inside(census: &CensusCell, sources: &Sources) -> Vec<Fine> {
    let Fine(column, row) = Fine::with_corner(census.south_west);
    let cells = (0..FINE_PER_CENSUS)
        .flat_map(|dy| (0..FINE_PER_CENSUS).map(move |dx| Fine(column + dx, row + dy)));
    let all: Vec<Fine> = cells.collect();
    let inside: Vec<Fine> = all
        .iter()
        .copied()
        .filter(|cell| sources.border.intersects(&cell.centre()))
        .collect();
    if !inside.is_empty() {
        return inside;
    }
    let bounds = sources.border.bounding_rect();
    all.into_iter()
        .filter(|cell| bounds.is_some_and(|bounds| bounds.intersects(&cell.centre())))
        .collect()
}

/// Whole numbers that add up to `total` and are as near as can be to their shares: the largest remainders are rounded up.
pub(crate) fn whole(shares: &[f64], total: u32) -> Vec<u32> {
    let sum: f64 = shares.iter().sum();
    let scale = if sum > 0.0 {
        f64::from(total) / sum
    } else {
        0.0
    };
    let mut parts: Vec<u32> = shares.iter().map(|share| floor(share * scale)).collect();
    let mut order: Vec<usize> = (0..shares.len()).collect();
    let remainder = |n: usize| shares[n] * scale - (shares[n] * scale).floor();
    order.sort_by(|a, b| remainder(*b).total_cmp(&remainder(*a)).then(a.cmp(b)));
    let missing = total.saturating_sub(parts.iter().sum());
    for n in order.into_iter().cycle().take(missing as usize) {
        parts[n] += 1;
    }
    parts
}

/// A count that is not negative, rounded to the nearest person.
pub(crate) fn nearest_whole(count: f64) -> u32 {
    floor(count + 0.5)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts of people of one town"
)]
fn floor(count: f64) -> u32 {
    count.max(0.0).floor() as u32
}

#[cfg(test)]
mod tests {
    use super::whole;

    #[test]
    fn whole_parts_add_up_and_the_largest_remainders_are_rounded_up() {
        assert_eq!(whole(&[1.5, 2.4, 3.1], 7), [2, 2, 3]);
        assert_eq!(whole(&[0.2, 0.2, 0.2, 0.4], 1), [0, 0, 0, 1]);
        assert_eq!(whole(&[0.0, 0.0], 0), [0, 0]);
    }
}
