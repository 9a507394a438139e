//! What is believed of one event, before and after people were counted.

mod arrivals;
mod counts;
#[cfg(test)]
mod given;

use super::arrive::Arrivals;
use super::call::{Call, Upstairs};
use super::line::Z95;
use super::persons::{PublicShelter, Split, UnderOrder};
use super::rates::rate;

pub use counts::{LiveCount, LiveError};

/// What is believed of one event: rates of leaving and of coming to shelters, and the pace of arrival.
///
/// Fixed until counts come; [`Self::updated`] gives a new belief and leaves the old one as it was.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EventRates {
    /// Logit of the rate of leaving: centre and spread.
    leaving: (f64, f64),
    /// Logit of the rate of coming to a public shelter: centre and spread.
    shelter: (f64, f64),
    /// Between the two.
    correlation: f64,
    /// When they come.
    arrivals: Arrivals,
    /// Covariance of the shelter logit with the logarithm of the half time; 0 before counts come.
    with_pace: f64,
    /// Minutes of the last count, and the most ever counted; none before counts come.
    counted: Option<(f64, u64)>,
}

/// A rate with its doubt: 5 %, 50 % and 95 % quantiles, each 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateRange {
    /// Not reached with a chance of 5 %.
    pub low: f64,
    /// As likely above as below.
    pub likely: f64,
    /// Exceeded with a chance of 5 %.
    pub high: f64,
}

/// How many will come. Each of the three is a whole whose sums hold; they are the cases of few, likely and many people in
/// the public shelters (5, 50 and 95 %).
///
/// It has no order and leads to no level: see the head of the module.
#[derive(Clone, Copy, Debug)]
pub struct Demand {
    /// What was or would be ordered.
    pub call: Call,
    /// Few come: 5 %.
    pub low: Split,
    /// As likely more as fewer.
    pub likely: Split,
    /// Many come: 95 %. Plan shelters on this side.
    pub high: Split,
}

/// Shape of the arrivals' own scatter: all of them together are as uncertain as a gamma of this shape (± 32 %), however often
/// they are counted. **Assumed.**
const GAMMA_SHAPE: f64 = 10.0;
/// Spread between the units of one town, in logits. **Assumed**: neighbouring Naganuma and Toyono lay 2 logits apart.
const UNIT_SPREAD: f64 = 0.7;
/// Logit of the share that goes upstairs, and its spread: 2.6 % in Suzaka in 2019, the only figure there is.
const UPSTAIRS_LOGIT: f64 = -3.62;
impl EventRates {
    pub(super) fn new(leaving: (f64, f64), shelter: (f64, f64), correlation: f64) -> Self {
        Self {
            leaving,
            shelter,
            correlation,
            arrivals: Arrivals::default(),
            with_pace: 0.0,
            counted: None,
        }
    }

    /// Rate of coming to a public shelter.
    #[must_use]
    pub fn shelter_range(&self) -> RateRange {
        RateRange::of(self.shelter)
    }

    /// Rate of leaving home.
    #[must_use]
    pub fn leaving_range(&self) -> RateRange {
        RateRange::of(self.leaving)
    }

    /// When they come.
    #[must_use]
    pub fn arrivals(&self) -> Arrivals {
        self.arrivals
    }

    /// How many of one whole area do what.
    #[must_use]
    pub fn demand(&self, call: Call, upstairs: Upstairs) -> Demand {
        let split = |z| self.split(call, upstairs, z, 0.0);
        Demand {
            call,
            low: split(-Z95),
            likely: split(0.0),
            high: split(Z95),
        }
    }

    /// The same for one of the units of the area, which differ among themselves. The highs of all units together are more
    /// than the high of the area: not all units are high at once.
    #[must_use]
    pub fn demand_of_unit(&self, call: Call, upstairs: Upstairs) -> Demand {
        let split = |z| self.split(call, upstairs, z, UNIT_SPREAD);
        Demand {
            call,
            low: split(-Z95),
            likely: split(0.0),
            high: split(Z95),
        }
    }

    /// People **still to come** to the shelters if many come: the high of the area less those who are inside, shared out to
    /// its units in proportion to their people. These are the figures to look for free places with; those inside have one.
    ///
    /// They add up to high − inside exactly, and not to more, as the highs of the units would. What is left by rounding goes
    /// to the largest remainders, the earlier unit first. `inside` is 0 before anybody was counted.
    #[must_use]
    pub fn still_to_come(&self, units: &[UnderOrder], inside: PublicShelter) -> Vec<PublicShelter> {
        let all: u128 = units.iter().map(|unit| u128::from(unit.persons())).sum();
        if all == 0 {
            return vec![PublicShelter::new(0); units.len()];
        }
        let area = UnderOrder::new(u64::try_from(all).unwrap_or(u64::MAX));
        let high = self.shelter_range().high;
        let high = Split::of_rates(area, high, high, 0.0)
            .public_shelter()
            .persons();
        let whole = u128::from(high.saturating_sub(inside.persons()));
        let share = |unit: &UnderOrder| {
            let product = whole * u128::from(unit.persons());
            (product / all, product % all)
        };
        let mut persons: Vec<u128> = units.iter().map(|unit| share(unit).0).collect();
        let mut order: Vec<usize> = (0..units.len()).collect();
        order.sort_by_key(|n| (std::cmp::Reverse(share(&units[*n]).1), *n));
        let given: u128 = persons.iter().sum();
        let left = usize::try_from(whole - given).unwrap_or(usize::MAX);
        for n in order.into_iter().take(left) {
            persons[n] += 1;
        }
        let count = |persons: u128| PublicShelter::new(u64::try_from(persons).unwrap_or(u64::MAX));
        persons.into_iter().map(count).collect()
    }

    fn split(&self, call: Call, upstairs: Upstairs, z: f64, unit_spread: f64) -> Split {
        let at = |(centre, spread): (f64, f64)| rate(centre + z * spread.hypot(unit_spread));
        let up = match upstairs {
            Upstairs::Allowed => rate(UPSTAIRS_LOGIT),
            Upstairs::Never => 0.0,
        };
        Split::of_rates(call.under_order, at(self.leaving), at(self.shelter), up)
    }
}

impl RateRange {
    fn of((centre, spread): (f64, f64)) -> Self {
        Self {
            low: rate(centre - Z95 * spread),
            likely: rate(centre),
            high: rate(centre + Z95 * spread),
        }
    }

    /// High by low: how many times more the high is.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        self.high / self.low
    }
}

fn slope(f: impl Fn(f64) -> f64, at: f64) -> f64 {
    const STEP: f64 = 1e-4;
    (f(at + STEP) - f(at - STEP)) / (2.0 * STEP)
}

/// Populations are far below 2⁵³, so no digit is lost.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts of people are far below 2⁵³"
)]
fn count(persons: u64) -> f64 {
    persons as f64
}

#[cfg(test)]
mod tests {
    use super::given::{TOWN, typhoon};
    use crate::demand::{Call, CallLevel, PublicShelter, UnderOrder, Upstairs};

    #[test]
    fn those_inside_are_not_looked_for_a_place_again() {
        let rates = typhoon();
        let units: Vec<UnderOrder> = [7, 0, 1_203, 911, 40_000].map(UnderOrder::new).to_vec();
        let all = units.iter().map(|unit| unit.persons()).sum();
        let call = Call {
            level: CallLevel::EveryoneLeaves,
            under_order: UnderOrder::new(all),
        };
        let high = rates
            .demand(call, Upstairs::Never)
            .high
            .public_shelter()
            .persons();
        let persons = |inside| -> Vec<u64> {
            let shared = rates.still_to_come(&units, PublicShelter::new(inside));
            shared.iter().map(|n| n.persons()).collect()
        };
        let before = persons(0);
        assert_eq!(before.iter().sum::<u64>(), high);
        assert_eq!(before[1], 0);
        assert!(
            before
                .iter()
                .zip(&units)
                .all(|(come, unit)| *come <= unit.persons())
        );
        assert_eq!(persons(400).iter().sum::<u64>(), high - 400);
        assert_eq!(
            persons(high + 1).iter().sum::<u64>(),
            0,
            "more came than thought: nobody is owed a place twice"
        );
        assert_eq!(
            rates.still_to_come(&[UnderOrder::new(0)], PublicShelter::new(0))[0].persons(),
            0
        );
    }

    #[test]
    fn nobody_is_counted_upstairs_where_that_is_no_way_to_be_safe() {
        let call = Call {
            level: CallLevel::EveryoneLeaves,
            under_order: TOWN,
        };
        let demand = typhoon().demand(call, Upstairs::Never);
        assert_eq!(demand.high.upstairs().persons(), 0);
        assert!(
            typhoon()
                .demand(call, Upstairs::Allowed)
                .likely
                .upstairs()
                .persons()
                > 1_000
        );
    }
}
