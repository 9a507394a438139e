//! From counts at the shelters to a new belief.

use super::{EventRates, GAMMA_SHAPE, count, slope};
use crate::demand::arrive::{Arrivals, share};
use crate::demand::persons::UnderOrder;
use crate::demand::rates::rate;

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
/// Newton steps; five or six are usual.
const STEPS_MAX: usize = 60;

impl EventRates {
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

/// Of a positive definite matrix.
fn inverse(m: [[f64; 2]; 2]) -> [[f64; 2]; 2] {
    let det = m[0][0] * m[1][1] - m[0][1] * m[1][0];
    [
        [m[1][1] / det, -m[0][1] / det],
        [-m[1][0] / det, m[0][0] / det],
    ]
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{LiveCount, LiveError};
    use crate::demand::event::given::{TOWN, counted, typhoon};
    use crate::demand::rates::logit;
    use crate::demand::{Call, CallLevel, UnderOrder, Upstairs};
    use proptest::prelude::{prop_assert, proptest};

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
    fn a_belief_is_not_taught_the_same_counts_twice() {
        let once = typhoon().updated(TOWN, &[counted(60.0, 100)]).unwrap();
        assert_eq!(
            once.updated(TOWN, &[counted(60.0, 100)]),
            Err(LiveError::AlreadyUpdated)
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
