use super::line::{Line, LineError, Row, Z95};
use crate::score::count_f64;
use jiff::Timestamp;

/// How a count of people goes on over the next days, once shelters have filled (在所者数の推移).
///
/// The logarithm of the count drifts: ln(later + ½) − ln(now + ½) = drift · days + scatter, whose variance is
/// σ² · days · (1 + noise / (now + ½)), so that small counts jump more. Drift and σ have a normal–inverse-gamma belief: the
/// prior comes from other events and is held no more firmly than twenty counts, then the running event's own counts of all
/// its places teach it, in closed form. The answer is Student's t in logarithms.
#[derive(Clone, Debug)]
pub struct OccupancyModel {
    line: Line,
    noise: f64,
}

/// Counts of one place, or of a whole town.
#[derive(Clone, Debug, PartialEq)]
pub struct CountSeries {
    name: String,
    counts: Vec<(Timestamp, u32)>,
}

/// A number of people with its doubt: 5 %, 50 % and 95 %.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PersonsRange {
    /// Not reached with a chance of 5 %.
    pub low: f64,
    /// As likely above as below.
    pub likely: f64,
    /// Exceeded with a chance of 5 %.
    pub high: f64,
}

/// Why counts make no series, or a question has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OccupancyError {
    /// Two counts of one moment, or out of order.
    #[error("`{name}`: the count of {at} does not stand after the one before it")]
    Order {
        /// The series.
        name: String,
        /// The count.
        at: Timestamp,
    },
    /// Too far ahead.
    #[error("{days} days ahead; above 0 and at most {MAX_DAYS_AHEAD} are answered")]
    Ahead {
        /// As asked.
        days: f64,
    },
    /// The fit failed.
    #[error(transparent)]
    Fit(#[from] LineError),
}

/// Longest gap between two counts that teaches a drift, days.
pub const MAX_GAP_DAYS: f64 = 7.0;
/// Furthest question, days.
const MAX_DAYS_AHEAD: f64 = 14.0;
/// Before any event was seen: drift per day with its spread, scatter per root of a day, worth in counts. **Assumed.**
const DRIFT: (f64, f64) = (-0.03, 0.05);
const SCATTER: f64 = 0.15;
const WORTH: f64 = 6.0;
/// What other events are worth, in counts one day apart.
const OTHERS_WORTH: f64 = 20.0;
/// Noises of small counts that are tried.
const NOISES: [f64; 6] = [0.0, 2.0, 5.0, 10.0, 20.0, 50.0];

impl CountSeries {
    /// Counts of one place in the order of time.
    ///
    /// # Errors
    /// [`OccupancyError::Order`]: times that do not rise.
    pub fn new(
        name: impl Into<String>,
        counts: Vec<(Timestamp, u32)>,
    ) -> Result<Self, OccupancyError> {
        let name = name.into();
        if let Some(pair) = counts.windows(2).find(|pair| pair[0].0 >= pair[1].0) {
            return Err(OccupancyError::Order {
                name,
                at: pair[1].0,
            });
        }
        Ok(Self { name, counts })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The counts, oldest first.
    #[must_use]
    pub fn counts(&self) -> &[(Timestamp, u32)] {
        &self.counts
    }

    /// What it was until a moment, with it.
    fn until(&self, moment: Timestamp) -> &[(Timestamp, u32)] {
        let end = self.counts.partition_point(|(at, _)| *at <= moment);
        &self.counts[..end]
    }
}

impl PersonsRange {
    /// Whether a count lies in it.
    #[must_use]
    pub fn holds(&self, persons: f64) -> bool {
        self.low <= persons && persons <= self.high
    }
}

impl OccupancyModel {
    /// Before any event was seen.
    #[must_use]
    pub fn prior() -> Self {
        Self {
            line: Line::prior([DRIFT], SCATTER, WORTH),
            noise: 10.0,
        }
    }

    /// From whole events of the past, as a prior for another one.
    ///
    /// # Errors
    /// [`OccupancyError::Fit`]: the fit failed, which counts do not cause.
    pub fn of_events(events: &[&[CountSeries]]) -> Result<Self, OccupancyError> {
        let pairs: Vec<Pair> = events
            .iter()
            .flat_map(|event| event.iter())
            .flat_map(|one| pairs(&one.counts))
            .collect();
        if pairs.is_empty() {
            return Ok(Self::prior());
        }
        let noise = noise_of(&pairs);
        let before = Self {
            noise,
            ..Self::prior()
        };
        let line = before.line.learn(&before.rows(&pairs))?;
        Ok(Self {
            line: line.worth(OTHERS_WORTH, 1.0),
            noise,
        })
    }

    /// After what one event showed until a moment, all its places together.
    ///
    /// # Errors
    /// [`OccupancyError::Fit`]: the fit failed, which counts do not cause.
    pub fn updated(&self, event: &[CountSeries], until: Timestamp) -> Result<Self, OccupancyError> {
        let pairs: Vec<Pair> = event
            .iter()
            .flat_map(|one| pairs(one.until(until)))
            .collect();
        Ok(Self {
            line: self.line.learn(&self.rows(&pairs))?,
            noise: self.noise,
        })
    }

    /// How many will be there after so many days, if so many are there now.
    ///
    /// # Errors
    /// [`OccupancyError::Ahead`]: not above 0, or more than 14 days.
    pub fn ahead(&self, now: u32, days: f64) -> Result<PersonsRange, OccupancyError> {
        if !(days > 0.0 && days <= MAX_DAYS_AHEAD) {
            return Err(OccupancyError::Ahead { days });
        }
        let held = f64::from(now) + 0.5;
        let student = self.line.predict([days], days * (1.0 + self.noise / held));
        let persons = |z: f64| (held.ln() + student.quantile(z)).exp() - 0.5;
        Ok(PersonsRange {
            low: persons(-Z95).max(0.0).floor(),
            likely: persons(0.0).max(0.0),
            high: persons(Z95).ceil(),
        })
    }

    /// Drift per day and its spread, in logarithms.
    #[must_use]
    pub fn drift_per_day(&self) -> (f64, f64) {
        (self.line.weights()[0], self.line.weight_spread(0))
    }

    fn rows(&self, pairs: &[Pair]) -> Vec<Row<1>> {
        let row = |pair: &Pair| Row {
            x: [pair.days],
            y: pair.change,
            variance: pair.days * (1.0 + self.noise / pair.held),
            weight: 1.0,
        };
        pairs.iter().map(row).collect()
    }
}

/// Two counts, one after the other.
struct Pair {
    days: f64,
    change: f64,
    held: f64,
}

fn pairs(counts: &[(Timestamp, u32)]) -> Vec<Pair> {
    let pair = |two: &[(Timestamp, u32)]| {
        let days = two[1].0.duration_since(two[0].0).as_secs_f64() / 86_400.0;
        let held = f64::from(two[0].1) + 0.5;
        Pair {
            days,
            change: ((f64::from(two[1].1) + 0.5) / held).ln(),
            held,
        }
    };
    counts
        .windows(2)
        .map(pair)
        .filter(|pair| pair.days > 0.0 && pair.days <= MAX_GAP_DAYS)
        .collect()
}

/// The noise of small counts under which the changes are most likely, at the best drift and σ of each.
fn noise_of(pairs: &[Pair]) -> f64 {
    let misfit = |noise: f64| {
        let variance = |pair: &Pair| pair.days * (1.0 + noise / pair.held);
        let over = pairs
            .iter()
            .map(|p| p.days * p.change / variance(p))
            .sum::<f64>();
        let drift = over
            / pairs
                .iter()
                .map(|p| p.days * p.days / variance(p))
                .sum::<f64>();
        let squares = pairs
            .iter()
            .map(|p| (p.change - drift * p.days).powi(2) / variance(p))
            .sum::<f64>();
        let n = count_f64(pairs.len());
        n * (squares / n).max(1e-12).ln() + pairs.iter().map(|p| variance(p).ln()).sum::<f64>()
    };
    NOISES
        .into_iter()
        .min_by(|a, b| misfit(*a).total_cmp(&misfit(*b)))
        .unwrap_or(NOISES[0])
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{CountSeries, OccupancyError, OccupancyModel};
    use jiff::{SignedDuration, Timestamp};

    fn start() -> Timestamp {
        "2024-01-09T09:00:00Z".parse().unwrap()
    }

    fn falling(name: &str, from: f64, per_day: f64, days: u32) -> CountSeries {
        let counts = (0..days).map(|day| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a test's counts"
            )]
            let persons = (from * (per_day * f64::from(day)).exp()).round() as u32;
            (
                start() + SignedDuration::from_hours(24 * i64::from(day)),
                persons,
            )
        });
        CountSeries::new(name, counts.collect()).unwrap()
    }

    #[test]
    fn the_own_counts_overrule_what_other_events_taught() {
        let past = [
            falling("a", 400.0, -0.04, 60),
            falling("b", 300.0, -0.04, 60),
        ];
        let prior = OccupancyModel::of_events(&[&past]).unwrap();
        assert!(
            (prior.drift_per_day().0 + 0.04).abs() < 0.005,
            "{:?}",
            prior.drift_per_day()
        );
        let now = [
            falling("c", 9000.0, -0.15, 41),
            falling("d", 8000.0, -0.15, 41),
        ];
        let day = |day: i64| start() + SignedDuration::from_hours(24 * day);
        let after = prior.updated(&now, day(10)).unwrap().drift_per_day().0;
        assert!(
            (-0.11..-0.08).contains(&after),
            "half way when both weigh the same: {after}"
        );
        let after = prior.updated(&now, day(40)).unwrap();
        assert!(
            after.drift_per_day().0 < -0.12,
            "{:?}",
            after.drift_per_day()
        );
        let early = prior.updated(&now, start()).unwrap();
        assert_eq!(
            early.drift_per_day(),
            prior.drift_per_day(),
            "what comes later is not known"
        );
    }

    #[test]
    fn the_range_widens_with_the_days_and_for_few_people() {
        let model = OccupancyModel::prior();
        let wide = |now, days| {
            let range = model.ahead(now, days).unwrap();
            (range.high + 0.5) / (range.low + 0.5)
        };
        assert!(wide(200, 7.0) > wide(200, 1.0));
        assert!(wide(10, 1.0) > wide(500, 1.0));
        assert!(model.ahead(200, 1.0).unwrap().holds(200.0));
    }

    #[test]
    fn an_empty_place_stays_possible_and_nothing_is_negative() {
        let range = OccupancyModel::prior().ahead(0, 1.0).unwrap();
        assert!(range.low.abs() < 1e-12 && range.likely >= 0.0 && range.high >= range.likely);
    }

    #[test]
    fn counts_out_of_order_and_questions_too_far_ahead_are_refused() {
        let twice = vec![(start(), 3), (start(), 4)];
        let error = CountSeries::new("体育館", twice).unwrap_err();
        assert!(matches!(error, OccupancyError::Order { .. }), "{error}");
        for days in [0.0, -1.0, 15.0, f64::NAN] {
            assert!(matches!(
                OccupancyModel::prior().ahead(5, days),
                Err(OccupancyError::Ahead { .. })
            ));
        }
    }
}
