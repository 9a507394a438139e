//! Attenuated signal test: values that still move, but far too little.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Flag, Refused, median_interval_s, missing, refused, same_length};

const TEST: &str = "attenuated_signal_test";
/// The most readings a window holds when they are taken one by one.
const WINDOW_MAX: usize = 100_000;
/// The longest window, seconds: a hundred years.
const PERIOD_MAX_S: f64 = 3_155_760_000.0;

/// Suspect or fail when the standard deviation, or the range, of the last `test_period` seconds is below a threshold;
/// without a `test_period`, of the whole series. A window reaches back to, and not including, the reading exactly
/// `test_period` ago.
///
/// A range over a window with a missing value in it is not evaluated; a standard deviation skips missing values. Times
/// that go back are refused, like a negative `test_period`, which the reference takes for something.
///
/// ```
/// use hinan_sensors::quality::Flag::{Bad, Good, NotChecked, Suspect};
/// use hinan_sensors::quality::qartod::{AttenuatedSignal, CheckType};
/// let test = AttenuatedSignal {
///     suspect_threshold: 100.0,
///     fail_threshold: 10.0,
///     test_period: Some(1200.0),
///     min_obs: Some(2),
///     min_period: None,
///     check_type: CheckType::Range,
/// };
/// let times: Vec<_> = (0..5).map(|n| jiff::Timestamp::from_second(600 * n).unwrap()).collect();
/// let flags = test.flags(&[1.0, 2.0, 3.0, 100.0, 1000.0], &times);
/// assert_eq!(flags, Ok(vec![NotChecked, Bad, Bad, Suspect, Good]));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttenuatedSignal {
    /// Below this is suspect.
    pub suspect_threshold: f64,
    /// Below this fails.
    pub fail_threshold: f64,
    /// Length of the window, seconds. Left out, or 0: the whole series.
    #[serde(default)]
    pub test_period: Option<f64>,
    /// So many values must be in a window, or it is not evaluated.
    #[serde(default)]
    pub min_obs: Option<u32>,
    /// The same as a time, seconds, divided by the median step of the series. `min_obs` goes before it.
    #[serde(default)]
    pub min_period: Option<f64>,
    /// What must not be too small.
    #[serde(default)]
    pub check_type: CheckType,
}

/// What must not be too small.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckType {
    /// The standard deviation (of the population).
    #[default]
    Std,
    /// The distance from the lowest to the highest.
    Range,
}

impl AttenuatedSignal {
    /// One flag per value.
    ///
    /// # Errors
    /// Not as many times as values, times that go back, or a period that is no time.
    pub fn flags(&self, values: &[f64], times: &[Timestamp]) -> Result<Vec<Flag>, Refused> {
        same_length(TEST, "tinp", times.len(), values.len())?;
        let Some(period) = self.period()? else {
            let measure = self
                .check_type
                .of(values.iter().copied().filter(|&v| !missing(v)));
            return Ok(values.iter().map(|&v| self.flag(v, measure)).collect());
        };
        if let Some(pair) = times.windows(2).find(|pair| pair[1] < pair[0]) {
            return refused(
                TEST,
                "tinp",
                &format_args!("{} after {}", pair[1], pair[0]),
                "times in their order",
            );
        }
        let values_min = self.values_min(median_interval_s(times))?;
        let mut first = 0;
        let mut flags = Vec::with_capacity(values.len());
        for n in 0..values.len() {
            while times[n].duration_since(times[first]) >= period {
                first += 1;
            }
            let window = &values[first..=n];
            let known = window.iter().filter(|&&value| !missing(value)).count();
            let spoilt = self.check_type == CheckType::Range && known < window.len();
            let measure = if spoilt || known < values_min {
                None
            } else {
                self.check_type
                    .of(window.iter().copied().filter(|&v| !missing(v)))
            };
            flags.push(self.flag(values[n], measure));
        }
        Ok(flags)
    }

    fn flag(&self, value: f64, measure: Option<f64>) -> Flag {
        match measure {
            _ if missing(value) => Flag::Missing,
            None => Flag::NotChecked,
            Some(measure) if measure < self.fail_threshold => Flag::Bad,
            Some(measure) if measure < self.suspect_threshold => Flag::Suspect,
            Some(_) => Flag::Good,
        }
    }

    fn period(&self) -> Result<Option<SignedDuration>, Refused> {
        let Some(period_s) = self.test_period.filter(|&period_s| period_s != 0.0) else {
            return Ok(None);
        };
        if !(0.0..=PERIOD_MAX_S).contains(&period_s) {
            return refused(
                TEST,
                "test_period",
                &period_s,
                &format!("from 0 to {PERIOD_MAX_S} seconds"),
            );
        }
        Ok(Some(SignedDuration::from_secs_f64(period_s)))
    }

    /// How many values a window needs.
    fn values_min(&self, interval_s: Option<i64>) -> Result<usize, Refused> {
        match (self.min_obs, self.min_period) {
            (Some(min_obs), _) => Ok(min_obs as usize),
            (None, None) => Ok(1),
            (None, Some(_)) if interval_s.is_none() => Ok(1),
            (None, Some(min_period)) => {
                let Some(interval_s) = interval_s.filter(|&interval_s| interval_s > 0) else {
                    return refused(
                        TEST,
                        "min_period",
                        &min_period,
                        "left out where the median step of the series is less than a second",
                    );
                };
                if !(0.0..=PERIOD_MAX_S).contains(&min_period) {
                    return refused(
                        TEST,
                        "min_period",
                        &min_period,
                        &format!("from 0 to {PERIOD_MAX_S} seconds"),
                    );
                }
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_precision_loss,
                    clippy::cast_sign_loss,
                    reason = "cut on purpose; neither negative nor beyond the limit"
                )]
                let values = (min_period / interval_s as f64) as usize;
                Ok(values)
            }
        }
    }
}

impl CheckType {
    /// The measure of values that are all known; `None` of none.
    fn of(self, values: impl Iterator<Item = f64> + Clone) -> Option<f64> {
        values.clone().next()?;
        Some(match self {
            Self::Range => {
                let high = values.clone().fold(f64::NEG_INFINITY, f64::max);
                high - values.fold(f64::INFINITY, f64::min)
            }
            Self::Std => Moments::of_all(values).deviation(),
        })
    }
}

/// Count, mean and sum of squared distances from it, so that two heaps can be joined without losing digits.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Moments {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Moments {
    fn one(value: f64) -> Self {
        Self {
            count: 1.0,
            mean: value,
            squares: 0.0,
        }
    }

    /// In two passes: the plain definition.
    fn of_all(values: impl Iterator<Item = f64> + Clone) -> Self {
        let (count, sum) = values
            .clone()
            .fold((0.0, 0.0), |(count, sum), value| (count + 1.0, sum + value));
        let mean = sum / count;
        let squares = values.map(|value| (value - mean) * (value - mean)).sum();
        Self {
            count,
            mean,
            squares,
        }
    }

    fn and(self, other: Self) -> Self {
        let count = self.count + other.count;
        if count == 0.0 {
            return self;
        }
        let apart = other.mean - self.mean;
        Self {
            count,
            mean: self.mean + apart * (other.count / count),
            squares: self.squares
                + other.squares
                + apart * apart * (self.count * other.count / count),
        }
    }

    fn deviation(self) -> f64 {
        (self.squares / self.count).sqrt()
    }
}

/// [`AttenuatedSignal`] with a `test_period`, fed reading by reading. A `min_period` is divided by `interval_s`, because
/// the median step of the whole series is known only at its end; where the two agree the flags are the same, but for
/// the last digit of a standard deviation.
#[derive(Clone, Debug, PartialEq)]
pub struct AttenuatedSignalStream {
    test: AttenuatedSignal,
    period: SignedDuration,
    values_min: usize,
    window: Window,
    newest: Option<Timestamp>,
}

impl AttenuatedSignalStream {
    /// Nothing was seen yet.
    ///
    /// # Errors
    /// No `test_period` (a whole series is known only at its end), or a period that is no time.
    pub fn new(test: AttenuatedSignal, interval_s: u32) -> Result<Self, Refused> {
        let Some(period) = test.period()? else {
            return refused(
                TEST,
                "test_period",
                &"left out",
                "given where readings are taken one by one",
            );
        };
        Ok(Self {
            test,
            period,
            values_min: test.values_min(Some(i64::from(interval_s)))?,
            window: Window::default(),
            newest: None,
        })
    }

    /// Takes the next reading and gives its flag; one that goes back in time is not evaluated and changes nothing.
    /// Constant time on average. A window of more than 100 000 readings is not evaluated.
    pub fn take(&mut self, at: Timestamp, value: f64) -> Flag {
        if self.newest.is_some_and(|newest| at < newest) {
            return if missing(value) {
                Flag::Missing
            } else {
                Flag::NotChecked
            };
        }
        self.newest = Some(at);
        self.window.push(at, value);
        self.window
            .leave(|oldest| at.duration_since(oldest) >= self.period);
        let (known, spoilt) = (self.window.known, self.window.missing > 0);
        let measure = match self.test.check_type {
            _ if self.window.cut(at, self.period) || known == 0 || known < self.values_min => None,
            CheckType::Range if spoilt => None,
            CheckType::Range => self.window.range(),
            CheckType::Std => Some(self.window.moments().deviation()),
        };
        self.test.flag(value, measure)
    }
}

/// The readings of a window, so kept that one can come in, or the oldest go, without looking at the others.
///
/// Of the range those are kept that can still become lowest or highest. Moments cannot be taken away from a heap without
/// losing digits; so the window is two heaps. The older one was summed from its newest end, once, and gives its oldest
/// away; the newer one only grows.
#[derive(Clone, Debug, Default, PartialEq)]
struct Window {
    readings: VecDeque<(Timestamp, f64)>,
    lows: VecDeque<(Timestamp, f64)>,
    highs: VecDeque<(Timestamp, f64)>,
    /// For each reading of the older heap, oldest last: the moments from it to the newest of its heap.
    older: Vec<Moments>,
    newer: Moments,
    known: usize,
    missing: usize,
    /// When the newest reading was that had to go because the window was full.
    forgotten: Option<Timestamp>,
}

impl Window {
    fn push(&mut self, at: Timestamp, value: f64) {
        if self.readings.len() == WINDOW_MAX {
            self.forgotten = self.pop();
        }
        self.readings.push_back((at, value));
        if missing(value) {
            self.missing += 1;
            return;
        }
        self.known += 1;
        self.newer = self.newer.and(Moments::one(value));
        while self.lows.back().is_some_and(|&(_, low)| low >= value) {
            self.lows.pop_back();
        }
        self.lows.push_back((at, value));
        while self.highs.back().is_some_and(|&(_, high)| high <= value) {
            self.highs.pop_back();
        }
        self.highs.push_back((at, value));
    }

    fn leave(&mut self, over: impl Fn(Timestamp) -> bool) {
        while self.readings.front().is_some_and(|&(at, _)| over(at)) {
            self.pop();
        }
        for extremes in [&mut self.lows, &mut self.highs] {
            while extremes.front().is_some_and(|&(at, _)| over(at)) {
                extremes.pop_front();
            }
        }
    }

    fn pop(&mut self) -> Option<Timestamp> {
        if self.older.is_empty() {
            let mut sum = Moments::default();
            self.older = self
                .readings
                .iter()
                .rev()
                .map(|&(_, value)| {
                    if !missing(value) {
                        sum = Moments::one(value).and(sum);
                    }
                    sum
                })
                .collect();
            self.newer = Moments::default();
        }
        self.older.pop();
        let (at, value) = self.readings.pop_front()?;
        if missing(value) {
            self.missing -= 1;
        } else {
            self.known -= 1;
        }
        Some(at)
    }

    fn cut(&self, at: Timestamp, period: SignedDuration) -> bool {
        self.forgotten
            .is_some_and(|forgotten| at.duration_since(forgotten) < period)
    }

    fn range(&self) -> Option<f64> {
        Some(self.highs.front()?.1 - self.lows.front()?.1)
    }

    fn moments(&self) -> Moments {
        self.older
            .last()
            .copied()
            .unwrap_or_default()
            .and(self.newer)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::{prop, prop_assert_eq, proptest};

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    proptest! {
        #[test]
        fn fed_reading_by_reading_the_flags_are_those_of_the_whole_series(
            steps in prop::collection::vec((0_u8..3, prop::option::weighted(0.9, 0_u8..6)), 1..80),
            period in 1_u16..4000, min_obs in prop::option::of(0_u32..5), range: bool,
        ) {
            let mut second = 0;
            let mut times = Vec::new();
            let mut values = Vec::new();
            for (step, value) in steps {
                second += 300 * i64::from(step);
                times.push(at(second));
                values.push(value.map_or(f64::NAN, f64::from));
            }
            let test = AttenuatedSignal {
                // Off the grid of what small whole numbers can give, where the last digit would decide.
                suspect_threshold: 2.034_567,
                fail_threshold: 1.012_345,
                test_period: Some(f64::from(period)),
                min_obs,
                min_period: None,
                check_type: if range { CheckType::Range } else { CheckType::Std },
            };
            let mut stream = AttenuatedSignalStream::new(test, 300).unwrap();
            let found: Vec<Flag> =
                times.iter().zip(&values).map(|(&at, &value)| stream.take(at, value)).collect();
            prop_assert_eq!(found, test.flags(&values, &times).unwrap());
        }

        #[test]
        fn the_deviation_of_a_window_is_that_of_its_values_however_many_came_and_went(
            values in prop::collection::vec(-1e6_f64..1e6, 1..200), hold in 1_usize..40,
        ) {
            let mut window = Window::default();
            for (n, &value) in values.iter().enumerate() {
                window.push(at(i64::try_from(n).unwrap()), value);
                if n >= hold {
                    window.pop();
                }
                let plain = Moments::of_all(values[(n + 1).saturating_sub(hold)..=n].iter().copied());
                let found = window.moments().deviation();
                proptest::prop_assert!((found - plain.deviation()).abs() < 1e-6, "{found} {plain:?}");
            }
        }
    }

    #[test]
    fn a_gauge_that_never_moves_deviates_by_nothing_for_ever() {
        let mut window = Window::default();
        for second in 0..10_000 {
            window.push(at(second), 1.0942);
            window.leave(|oldest| second - oldest.as_second() >= 60);
            assert!(window.moments().deviation() < 1e-12);
            assert!(window.readings.len() <= 60);
        }
    }

    #[test]
    fn periods_that_are_no_time_and_times_that_go_back_are_refused() {
        let test = AttenuatedSignal {
            suspect_threshold: 1.0,
            fail_threshold: 0.5,
            test_period: Some(-5.0),
            min_obs: None,
            min_period: None,
            check_type: CheckType::Std,
        };
        assert_eq!(
            test.flags(&[], &[]).unwrap_err().to_string(),
            "attenuated_signal_test: test_period is -5; it must be from 0 to 3155760000 seconds"
        );
        let whole = AttenuatedSignal {
            test_period: None,
            ..test
        };
        assert!(AttenuatedSignalStream::new(whole, 600).is_err());
        let windowed = AttenuatedSignal {
            test_period: Some(60.0),
            ..test
        };
        assert_eq!(
            windowed
                .flags(&[1.0, 2.0], &[at(1), at(0)])
                .unwrap_err()
                .key,
            "tinp"
        );
    }
}
