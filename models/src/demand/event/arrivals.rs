//! From a belief to how many will have come by when.

use super::{EventRates, GAMMA_SHAPE, count, slope};
use crate::demand::arrive::{ArrivalsAt, share};
use crate::demand::line::Z95;
use crate::demand::occupancy::PersonsRange;
use crate::demand::persons::UnderOrder;
use crate::demand::rates::rate;

impl EventRates {
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
}

/// Quantile of a gamma of this shape with mean 1 (Wilson and Hilferty 1931), never below 0.
fn gamma(z: f64, shape: f64) -> f64 {
    let root = 1.0 - 1.0 / (9.0 * shape) + z / (3.0 * shape.sqrt());
    root.max(0.0).powi(3)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::print_stdout)]
mod tests {
    use crate::demand::event::given::{TOWN, counted, typhoon};

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
}
