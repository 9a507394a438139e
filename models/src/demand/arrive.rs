use super::occupancy::PersonsRange;

/// When those who come arrive (参集曲線): the share that has arrived `minutes` after the order.
///
/// Share = 1 / (1 + (half / minutes)^steepness). **Assumed**, because no published count of a Japanese flood begins at the
/// opening: half arrive within two hours, in doubt by a factor of about 2.7 either way. It agrees with the little that is
/// known: in Miyazaki the first shelters were full about two hours after opening, and of those who left Naganuma 78 % had
/// gone before the breach.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arrivals {
    /// Natural logarithm of the minutes after which half have arrived.
    pub(super) log_half: f64,
    /// Its spread.
    pub(super) spread: f64,
}

/// People that will have come by some minute after the order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ArrivalsAt {
    /// Minutes after the order.
    pub minutes: f64,
    /// How many will have come, with doubt.
    pub persons: PersonsRange,
}

/// Half of those who come, minutes after the order.
const HALF_MIN: f64 = 120.0;
/// Spread of its logarithm.
const HALF_SPREAD: f64 = 0.6;
/// How suddenly they come.
const STEEPNESS: f64 = 1.5;

impl Default for Arrivals {
    fn default() -> Self {
        Self {
            log_half: HALF_MIN.ln(),
            spread: HALF_SPREAD,
        }
    }
}

impl Arrivals {
    /// Minutes after which half have arrived: earliest, likely and latest of a 90 % interval.
    #[must_use]
    pub fn half_min(&self) -> [f64; 3] {
        let z = super::line::Z95;
        [-z, 0.0, z].map(|z| (self.log_half + z * self.spread).exp())
    }
}

/// Share that has arrived, 0 to 1.
pub(super) fn share(minutes: f64, log_half: f64) -> f64 {
    if minutes <= 0.0 {
        return 0.0;
    }
    1.0 / (1.0 + (STEEPNESS * (log_half - minutes.ln())).exp())
}

#[cfg(test)]
mod tests {
    use super::{Arrivals, share};

    #[test]
    fn half_have_come_after_two_hours_and_most_after_six() {
        let log_half = Arrivals::default().log_half;
        assert!((share(120.0, log_half) - 0.5).abs() < 1e-12);
        assert!(share(360.0, log_half) > 0.8);
        assert!(share(0.0, log_half).abs() < 1e-12);
        let shares: Vec<f64> = (1..100)
            .map(|n| share(f64::from(n) * 10.0, log_half))
            .collect();
        assert!(shares.is_sorted(), "nobody leaves again in this curve");
    }
}
