use super::arrive::{Arrivals, ArrivalsAt, share};
use super::call::{Call, Upstairs};
use super::line::Z95;
use super::occupancy::PersonsRange;
use super::persons::{PublicShelter, Split, UnderOrder};
use super::rates::rate;

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

/// People counted in all shelters of the area of one order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LiveCount {
    /// Since the order, above 0, at most a week.
    pub minutes_since_order: f64,
    /// In all its shelters together.
    pub persons: u64,
}

/// Why counts teach nothing.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LiveError {
    /// Counts of nobody.
    #[error(
        "nobody is under the order, so counts say nothing of a rate; at least 1 person is needed"
    )]
    NobodyUnderOrder,
    /// A time that cannot be.
    #[error(
        "count {number}: `minutes_since_order` is {minutes}; above 0 and at most {MINUTES_MAX} are accepted, each later than the one before"
    )]
    Time {
        /// From 0.
        number: usize,
        /// As given.
        minutes: f64,
    },
    /// A belief that has read counts already.
    #[error(
        "this belief has read counts already; give all counts of the event to the belief before any of them"
    )]
    AlreadyUpdated,
    /// More counts than are taken.
    #[error("{counts} counts; at most {COUNTS_MAX} are taken")]
    TooMany {
        /// How many.
        counts: usize,
    },
}

/// Longest time after an order that counts still speak of it: a week.
const MINUTES_MAX: f64 = 7.0 * 1_440.0;
/// Counts taken at once.
const COUNTS_MAX: usize = 10_000;
/// Shape of the arrivals' own scatter: all of them together are as uncertain as a gamma of this shape (± 32 %), however often
/// they are counted. **Assumed.**
const GAMMA_SHAPE: f64 = 10.0;
/// Spread between the units of one town, in logits. **Assumed**: neighbouring Naganuma and Toyono lay 2 logits apart.
const UNIT_SPREAD: f64 = 0.7;
/// Logit of the share that goes upstairs, and its spread: 2.6 % in Suzaka in 2019, the only figure there is.
const UPSTAIRS_LOGIT: f64 = -3.62;
/// Newton steps; five or six are usual.
const STEPS_MAX: usize = 60;

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

    /// How many will have come to the shelters by each of these minutes after the order: those already counted, and the
    /// growth from the last count on with its doubt.
    ///
    /// The doubt has two sources: rate and pace, and the scatter of the arrivals themselves, which is large while few are
    /// expected and has the shape of a gamma (quantiles by Wilson and Hilferty). Their deviations add up as squares.
    #[must_use]
    pub fn arrivals_at(&self, under_order: UnderOrder, minutes: &[f64]) -> Vec<ArrivalsAt> {
        let all = count(under_order.persons());
        let log_half = self.arrivals.log_half;
        let (from, had) = self
            .counted
            .map_or((0.0, 0.0), |(from, had)| (from, count(had)));
        let growth = |minutes: f64, log_half: f64| share(minutes, log_half) - share(from, log_half);
        let at = |minutes: f64| {
            let expected = all * rate(self.shelter.0) * growth(minutes, log_half);
            if minutes <= from || expected <= 0.0 {
                return PersonsRange {
                    low: had,
                    likely: had,
                    high: had,
                };
            }
            let by_rate = 1.0 - rate(self.shelter.0);
            let by_pace = slope(
                |log_half| growth(minutes, log_half).max(1e-12).ln(),
                log_half,
            );
            let variance = (by_rate * self.shelter.1).powi(2)
                + (by_pace * self.arrivals.spread).powi(2)
                + 2.0 * by_rate * by_pace * self.with_pace;
            let spread = variance.max(0.0).sqrt();
            let scatter = 1.0 / (GAMMA_SHAPE * growth(minutes, log_half)) + 1.0 / expected;
            let more = |z: f64| {
                let of_gamma = gamma(z, 1.0 / scatter);
                if of_gamma <= 0.0 {
                    return 0.0;
                }
                let middle = gamma(0.0, 1.0 / scatter).max(1e-3);
                let away = (of_gamma / middle).ln().hypot(z * spread).copysign(z);
                expected * middle * away.exp()
            };
            let quantile = |z: f64| (had + more(z)).min(all.max(had));
            PersonsRange {
                low: quantile(-Z95),
                likely: quantile(0.0),
                high: quantile(Z95),
            }
        };
        minutes
            .iter()
            .map(|&minutes| ArrivalsAt {
                minutes,
                persons: at(minutes),
            })
            .collect()
    }

    /// The belief after these counts, oldest first. Give all counts since the order, each time, to the belief before any of
    /// them.
    ///
    /// Rate and pace are learnt together: 150 people after one hour may be many coming slowly or few coming at once. What is
    /// counted are arrivals, so a count below an earlier one adds nothing: those who went home had come. The growth between
    /// two counts is negative binomial; its scatter does not shrink by counting often. The centre is the top of the
    /// posterior, found by Fisher's scoring in a fixed number of steps at most, the spread its curvature there.
    ///
    /// # Errors
    /// [`LiveError`]: nobody under the order, too many counts, times that do not rise, or a belief that has read counts
    /// before.
    pub fn updated(
        &self,
        under_order: UnderOrder,
        counts: &[LiveCount],
    ) -> Result<Self, LiveError> {
        if self.counted.is_some() {
            return Err(LiveError::AlreadyUpdated);
        }
        if under_order.persons() == 0 {
            return Err(LiveError::NobodyUnderOrder);
        }
        if counts.len() > COUNTS_MAX {
            return Err(LiveError::TooMany {
                counts: counts.len(),
            });
        }
        let mut last = 0.0;
        for (number, one) in counts.iter().enumerate() {
            let minutes = one.minutes_since_order;
            if !(minutes > last && minutes <= MINUTES_MAX) {
                return Err(LiveError::Time { number, minutes });
            }
            last = minutes;
        }
        let Some(most) = counts.iter().map(|one| one.persons).max() else {
            return Ok(*self);
        };
        let posterior = Posterior {
            before: self,
            all: count(under_order.persons()),
            growth: growth(counts),
            counted: Some((last, most)),
        };
        Ok(posterior.belief(posterior.top()))
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

/// Arrivals between two counts: from and to, minutes, and how many more.
struct Growth {
    from: f64,
    to: f64,
    persons: f64,
}

fn growth(counts: &[LiveCount]) -> Vec<Growth> {
    let (mut from, mut most) = (0.0, 0);
    let mut all = Vec::with_capacity(counts.len());
    for one in counts {
        let more = one.persons.saturating_sub(most);
        all.push(Growth {
            from,
            to: one.minutes_since_order,
            persons: count(more),
        });
        from = one.minutes_since_order;
        most = most.max(one.persons);
    }
    all
}

struct Posterior<'a> {
    before: &'a EventRates,
    all: f64,
    growth: Vec<Growth>,
    counted: Option<(f64, u64)>,
}

/// Logit of the shelter rate, logarithm of the half time.
type Place = [f64; 2];

impl Posterior<'_> {
    /// Expected growth, and the shape of its scatter at the pace believed before.
    fn expected(&self, growth: &Growth, place: Place) -> (f64, f64) {
        let between =
            |log_half| (share(growth.to, log_half) - share(growth.from, log_half)).max(1e-9);
        let expected = self.all * rate(place[0]) * between(place[1]);
        (
            expected.max(1e-9),
            GAMMA_SHAPE * between(self.before.arrivals.log_half),
        )
    }

    fn log(&self, place: Place) -> f64 {
        let away = self.away(place);
        let counts: f64 = self
            .growth
            .iter()
            .map(|growth| {
                let (mu, shape) = self.expected(growth, place);
                growth.persons * (mu / (mu + shape)).ln() + shape * (shape / (mu + shape)).ln()
            })
            .sum();
        counts - 0.5 * (away[0].powi(2) + away[1].powi(2))
    }

    /// How far from the belief before, in its spreads.
    fn away(&self, place: Place) -> [f64; 2] {
        let before = self.before;
        [
            (place[0] - before.shelter.0) / before.shelter.1,
            (place[1] - before.arrivals.log_half) / before.arrivals.spread,
        ]
    }

    /// Slope and expected curvature (as a precision) of the logarithm.
    fn slopes(&self, place: Place) -> ([f64; 2], [[f64; 2]; 2]) {
        let before = self.before;
        let prior = [
            1.0 / before.shelter.1.powi(2),
            1.0 / before.arrivals.spread.powi(2),
        ];
        let mut slope_at = [
            -(place[0] - before.shelter.0) * prior[0],
            -(place[1] - before.arrivals.log_half) * prior[1],
        ];
        let mut curve = [[prior[0], 0.0], [0.0, prior[1]]];
        for growth in &self.growth {
            let (mu, shape) = self.expected(growth, place);
            let by_pace = slope(
                |log_half| self.expected(growth, [place[0], log_half]).0.ln(),
                place[1],
            );
            let by = [1.0 - rate(place[0]), by_pace];
            let pull = shape * (growth.persons - mu) / (shape + mu);
            let firm = shape * mu / (shape + mu);
            for a in 0..2 {
                slope_at[a] += pull * by[a];
                for b in 0..2 {
                    curve[a][b] += firm * by[a] * by[b];
                }
            }
        }
        (slope_at, curve)
    }

    fn top(&self) -> Place {
        let mut place = [self.before.shelter.0, self.before.arrivals.log_half];
        let mut height = self.log(place);
        for _ in 0..STEPS_MAX {
            let (slope, curve) = self.slopes(place);
            let cover = inverse(curve);
            let step = [0, 1].map(|a| cover[a][0] * slope[0] + cover[a][1] * slope[1]);
            let mut length = 1.0;
            let next = loop {
                let next = [place[0] + length * step[0], place[1] + length * step[1]];
                let there = self.log(next);
                if there > height {
                    height = there;
                    break Some(next);
                }
                length *= 0.5;
                if length < 1e-6 {
                    break None;
                }
            };
            let Some(next) = next else { break };
            let moved = (next[0] - place[0]).abs().max((next[1] - place[1]).abs());
            place = next;
            if moved < 1e-10 {
                break;
            }
        }
        place
    }

    fn belief(&self, place: Place) -> EventRates {
        let before = self.before;
        let cover = inverse(self.slopes(place).1);
        let spread = cover[0][0].sqrt();
        // Leaving follows as far as the two go together.
        let pull = before.correlation * before.leaving.1 / before.shelter.1;
        let leaving = before.leaving.0 + pull * (place[0] - before.shelter.0);
        let own = before.leaving.1.powi(2) * (1.0 - before.correlation.powi(2));
        let leaving_variance = own + (pull * spread).powi(2);
        EventRates {
            leaving: (leaving, leaving_variance.sqrt()),
            shelter: (place[0], spread),
            correlation: (pull * spread / leaving_variance.sqrt()).clamp(-1.0, 1.0),
            arrivals: Arrivals {
                log_half: place[1],
                spread: cover[1][1].sqrt(),
            },
            with_pace: cover[0][1],
            counted: self.counted,
        }
    }
}

/// Quantile of a gamma of this shape with mean 1 (Wilson and Hilferty 1931), never below 0.
fn gamma(z: f64, shape: f64) -> f64 {
    let root = 1.0 - 1.0 / (9.0 * shape) + z / (3.0 * shape.sqrt());
    root.max(0.0).powi(3)
}

/// Of a positive definite matrix.
fn inverse(m: [[f64; 2]; 2]) -> [[f64; 2]; 2] {
    let det = m[0][0] * m[1][1] - m[0][1] * m[1][0];
    [
        [m[1][1] / det, -m[0][1] / det],
        [-m[1][0] / det, m[0][0] / det],
    ]
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
#[allow(clippy::unwrap_used, clippy::print_stdout)]
mod tests {
    use super::{EventRates, LiveCount, LiveError};
    use crate::demand::rates::logit;
    use crate::demand::{
        Call, CallLevel, Conditions, PublicShelter, RateModel, UnderOrder, Upstairs,
    };
    use proptest::prelude::{prop_assert, proptest};

    fn typhoon() -> EventRates {
        let conditions = Conditions {
            announced_days_ahead: true,
            ..Conditions::default()
        };
        RateModel::of_published()
            .unwrap()
            .rates(CallLevel::EveryoneLeaves, conditions)
    }

    fn counted(minutes: f64, persons: u64) -> LiveCount {
        LiveCount {
            minutes_since_order: minutes,
            persons,
        }
    }

    const TOWN: UnderOrder = UnderOrder::new(50_000);

    #[test]
    fn many_early_arrivals_raise_the_forecast_and_narrow_it() {
        let before = typhoon();
        let after = before
            .updated(TOWN, &[counted(60.0, 3_000), counted(120.0, 6_000)])
            .unwrap();
        assert!(after.shelter_range().likely > before.shelter_range().likely);
        assert!(after.shelter_range().ratio() < before.shelter_range().ratio());
        assert!(
            after.leaving_range().likely > before.leaving_range().likely,
            "leaving follows"
        );
    }

    #[test]
    fn empty_shelters_after_three_hours_lower_the_forecast_but_never_to_nothing() {
        let before = typhoon();
        let after = before.updated(TOWN, &[counted(180.0, 0)]).unwrap();
        assert!(after.shelter_range().likely < 0.3 * before.shelter_range().likely);
        let call = Call {
            level: CallLevel::EveryoneLeaves,
            under_order: TOWN,
        };
        let demand = after.demand(call, Upstairs::Allowed);
        assert!(
            demand.high.public_shelter().persons() > 50,
            "{:?}",
            demand.high
        );
    }

    #[test]
    fn after_twelve_hours_the_counted_rate_is_believed() {
        let after = typhoon().updated(TOWN, &[counted(720.0, 4_500)]).unwrap();
        let found = logit(after.shelter_range().likely);
        assert!((found - logit(0.09)).abs() < 0.25, "{found}");
        let range = after.shelter_range();
        assert!(range.low < 0.09 && range.high > 0.09, "{range:?}");
    }

    #[test]
    fn counting_every_minute_does_not_make_us_a_hundred_times_surer() {
        let before = typhoon();
        let every_minute: Vec<LiveCount> = (1..=180_u32)
            .map(|m| counted(f64::from(m), u64::from(m) * 10))
            .collect();
        let often = before.updated(TOWN, &every_minute).unwrap();
        let once = before.updated(TOWN, &[counted(180.0, 1_800)]).unwrap();
        assert!(often.shelter_range().ratio() > 0.4 * once.shelter_range().ratio());
        assert!(
            often.shelter_range().ratio() > 2.0,
            "{:?}",
            often.shelter_range()
        );
    }

    #[test]
    fn people_who_went_home_had_come() {
        let before = typhoon();
        let peak = [counted(120.0, 900), counted(240.0, 1_500)];
        let falling = [
            counted(120.0, 900),
            counted(240.0, 1_500),
            counted(300.0, 200),
        ];
        let (peak, falling) = (
            before.updated(TOWN, &peak).unwrap(),
            before.updated(TOWN, &falling).unwrap(),
        );
        assert!(falling.shelter_range().likely > 0.6 * peak.shelter_range().likely);
    }

    #[test]
    fn later_arrivals_are_forecast_from_earlier_ones() {
        let rates = typhoon().updated(TOWN, &[counted(60.0, 400)]).unwrap();
        let at = rates.arrivals_at(TOWN, &[0.0, 60.0, 120.0, 360.0]);
        assert!(
            (at[0].persons.high - 400.0).abs() < 1e-9,
            "no forecast of the past"
        );
        let none_yet = typhoon().arrivals_at(TOWN, &[0.0]);
        assert!(none_yet[0].persons.high.abs() < 1e-12);
        assert!(
            (at[1].persons.low - 400.0).abs() < 1e-9,
            "counted is counted: {:?}",
            at[1]
        );
        assert!(
            at.iter().skip(2).all(|at| at.persons.low >= 400.0),
            "they have come"
        );
        assert!(at[3].persons.likely > at[2].persons.likely && at[2].persons.likely > 400.0);
    }

    #[test]
    fn counts_that_cannot_be_are_refused_with_their_number() {
        let rates = typhoon();
        assert_eq!(
            rates.updated(UnderOrder::new(0), &[]),
            Err(LiveError::NobodyUnderOrder)
        );
        let backwards = rates.updated(TOWN, &[counted(60.0, 1), counted(60.0, 2)]);
        assert_eq!(
            backwards,
            Err(LiveError::Time {
                number: 1,
                minutes: 60.0
            })
        );
        let nan = rates.updated(TOWN, &[counted(f64::NAN, 1)]);
        assert!(matches!(nan, Err(LiveError::Time { number: 0, .. })));
        let many = vec![counted(1.0, 1); 10_001];
        assert_eq!(
            rates.updated(TOWN, &many),
            Err(LiveError::TooMany { counts: 10_001 })
        );
    }

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
    fn a_belief_is_not_taught_the_same_counts_twice() {
        let once = typhoon().updated(TOWN, &[counted(60.0, 100)]).unwrap();
        assert_eq!(
            once.updated(TOWN, &[counted(60.0, 100)]),
            Err(LiveError::AlreadyUpdated)
        );
    }

    /// Chance, seeded; normal by the sum of twelve, gamma by Marsaglia and Tsang.
    struct Dice(u64);

    impl Dice {
        fn uniform(&mut self) -> f64 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (f64::from(u32::try_from(self.0 >> 32).unwrap()) + 0.5) / 4_294_967_296.0
        }

        fn normal(&mut self) -> f64 {
            (-2.0 * self.uniform().ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
        }

        fn gamma(&mut self, shape: f64) -> f64 {
            if shape < 1.0 {
                let small = self.uniform().powf(1.0 / shape);
                return self.gamma(shape + 1.0) * small;
            }
            let d = shape - 1.0 / 3.0;
            loop {
                let x = self.normal();
                let v = (1.0 + x / (9.0 * d).sqrt()).powi(3);
                if v > 0.0 && self.uniform().ln() < 0.5 * x * x + d * (1.0 - v + v.ln()) {
                    return d * v;
                }
            }
        }
    }

    #[test]
    fn nights_drawn_from_the_model_arrive_within_its_ranges_nine_times_in_ten() {
        let before = typhoon();
        let mut dice = Dice(20_191_012);
        let (mut inside, mut below_high, mut of) = (0.0, 0.0, 0.0);
        for _ in 0..400 {
            let come = 50_000.0 * super::rate(before.shelter.0 + before.shelter.1 * dice.normal());
            let log_half = before.arrivals.log_half + before.arrivals.spread * dice.normal();
            let mut there = 0.0;
            let mut at = Vec::new();
            let mut from = 0.0;
            for minutes in [30.0, 60.0, 120.0, 240.0] {
                let between =
                    |log_half| super::share(minutes, log_half) - super::share(from, log_half);
                let shape = super::GAMMA_SHAPE * between(before.arrivals.log_half);
                there += come * between(log_half) * dice.gamma(shape) / shape;
                at.push(there);
                from = minutes;
            }
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a test's counts"
            )]
            let seen = at[0].round() as u64;
            let after = before.updated(TOWN, &[counted(30.0, seen)]).unwrap();
            let forecast = after.arrivals_at(TOWN, &[60.0, 120.0, 240.0]);
            for (forecast, came) in forecast.iter().zip(&at[1..]) {
                // The first count was rounded.
                inside += f64::from(u8::from(
                    forecast.persons.low <= came + 1.0 && *came <= forecast.persons.high + 1.0,
                ));
                below_high += f64::from(u8::from(*came <= forecast.persons.high + 1.0));
                of += 1.0;
            }
        }
        let (inside, below_high) = (inside / of, below_high / of);
        println!(
            "of {of} arrivals {inside:.3} lay within the range, {below_high:.3} not above its high"
        );
        assert!((0.82..=0.98).contains(&inside), "{inside}");
        assert!((0.90..=0.995).contains(&below_high), "{below_high}");
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

    proptest! {
        #[test]
        fn ranges_stay_in_order_and_the_belief_stays_finite(
            people in 1_u64..3_000_000, minutes in 1.0..2_000.0_f64, share in 0.0..1.2_f64, more in 0_u64..1_000,
        ) {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a test's counts")]
            let first = (people as f64 * share * 0.2) as u64;
            let counts = [counted(minutes, first), counted(minutes + 30.0, first + more)];
            let under_order = UnderOrder::new(people);
            let after = typhoon().updated(under_order, &counts).unwrap();
            for range in [after.shelter_range(), after.leaving_range()] {
                prop_assert!(range.low > 0.0 && range.low <= range.likely);
                prop_assert!(range.likely <= range.high && range.high < 1.0);
            }
            let call = Call { level: CallLevel::EveryoneLeaves, under_order };
            let demand = after.demand_of_unit(call, Upstairs::Allowed);
            for split in [demand.low, demand.likely, demand.high] {
                prop_assert!(split.under_order() == under_order);
            }
            prop_assert!(demand.low.public_shelter().persons() <= demand.high.public_shelter().persons());
            prop_assert!(after == typhoon().updated(under_order, &counts).unwrap(), "same counts, same belief");
        }
    }
}
