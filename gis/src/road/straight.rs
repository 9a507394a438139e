//! Where no roads are loaded: the straight line, lengthened (直線距離×迂回係数).

use geo::Point;

use super::walker::{Walk, WalkBasis, WalkTable};
use super::walking::{WalkConditions, WalkSettings};
use crate::projection::distance_m;

/// Times from straight lines. Every result is marked as [`WalkBasis::StraightLine`].
#[derive(Clone, Copy, Debug)]
pub struct StraightLine {
    settings: WalkSettings,
    conditions: WalkConditions,
}

impl StraightLine {
    /// For a group under these conditions. The settings must have been checked.
    #[must_use]
    pub fn new(settings: WalkSettings, conditions: WalkConditions) -> Self {
        Self {
            settings,
            conditions,
        }
    }

    /// Straight line × detour factor ÷ speed.
    #[must_use]
    pub fn walk(&self, from: Point<f64>, shelter: Point<f64>) -> Walk {
        let way_m = distance_m(from, shelter) * self.settings.detour_factor;
        let time_ms = way_m / self.settings.speed_m_per_s(self.conditions) * 1_000.0;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a time is not negative; the cast stops at the largest number"
        )]
        let time_ms = time_ms.ceil() as u32;
        Walk {
            time_ms,
            shunned_ms: 0,
            basis: WalkBasis::StraightLine,
        }
    }

    /// The same for all units and shelters.
    #[must_use]
    pub fn table(&self, units: &[Point<f64>], shelters: &[Point<f64>]) -> WalkTable {
        let row = |unit: &Point<f64>| {
            let unit = *unit;
            shelters
                .iter()
                .map(move |shelter| Ok(self.walk(unit, *shelter)))
        };
        WalkTable::new(shelters.len(), units.iter().flat_map(row).collect())
    }
}

#[cfg(test)]
mod tests {
    use geo::Point;

    use super::StraightLine;
    use crate::road::{WalkBasis, WalkConditions, WalkGroup, WalkSettings};

    #[test]
    fn a_kilometre_in_a_straight_line_takes_an_adult_1300_seconds_and_says_what_it_rests_on() {
        let straight = StraightLine::new(
            WalkSettings::default(),
            WalkConditions::calm(WalkGroup::Adults),
        );
        // A thousandth of a degree of latitude is 111 m here.
        let walk = straight.walk(Point::new(143.2, 42.9), Point::new(143.2, 42.909));
        assert_eq!(walk.basis, WalkBasis::StraightLine);
        assert!(
            (walk.minutes() - 1_299.8 / 60.0).abs() < 0.1,
            "{}",
            walk.minutes()
        );
    }
}
