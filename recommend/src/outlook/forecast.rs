//! A forecast of one gauge with its doubt, and the two questions it is asked.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::gauge::{after_hours, hours_between};

/// How a statement about the future was made, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// The fitted model with everything it wants.
    Model,
    /// The fitted model with part of what it wants.
    ModelPartly,
    /// An official forecast.
    Official,
    /// Going on at the present rate.
    Rate,
    /// What is assumed of a gauge that fell silent.
    Assumed,
    /// The last level stays.
    Persistence,
}

impl Tier {
    /// In the officers' words.
    pub fn japanese(self) -> &'static str {
        match self {
            Self::Model => "予測モデル",
            Self::ModelPartly => "予測モデル(一部の入力なし)",
            Self::Official => "公式の予測",
            Self::Rate => "いまの上昇の延長",
            Self::Assumed => "途絶した水位計についての仮定",
            Self::Persistence => "水位の据え置き",
        }
    }
}

/// What may come at one gauge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    /// The moment it was made for.
    pub made_at: Timestamp,
    /// How it was made.
    pub tier: Tier,
    /// Shortest first.
    pub leads: Vec<Lead>,
}

/// The level at one lead time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lead {
    /// Hours after `made_at`.
    pub lead_h: u32,
    /// As likely above as below, metres.
    pub median_m: f64,
    /// Chance to stay at or below, and that level in metres: rising in the first, never falling in the second.
    pub quantiles: Vec<(f64, f64)>,
    /// The level if it goes on rising as in the last hour, metres.
    pub rate_of_rise_m: f64,
    /// Whether a fitted model made it.
    pub by_model: bool,
    /// Whether it lies outside what the model was fitted on.
    pub outside_training: bool,
}

/// Nothing is told surer than this: the tails of a forecast are assumed, not known.
const SURE: (f64, f64) = (0.001, 0.999);

impl Forecast {
    /// The chance that `level_m` is reached within `lead_h` hours: 1 when it is there already, else the largest of the
    /// leads until then. Nothing when no lead lies so near.
    pub fn chance_within(&self, now_m: Option<f64>, level_m: f64, lead_h: u32) -> Option<f64> {
        if now_m.is_some_and(|now_m| now_m >= level_m) && !self.leads.is_empty() {
            return Some(1.0);
        }
        self.leads
            .iter()
            .filter(|lead| lead.lead_h <= lead_h)
            .map(|lead| lead.chance_at_or_above(level_m))
            .reduce(f64::max)
    }

    /// When the chance that `level_m` was reached comes to `chance`. Between leads the quantiles are joined by straight
    /// lines, from the level of now. Nothing when it does not within the leads.
    pub fn arrival(&self, now_m: f64, level_m: f64, chance: f64) -> Option<Timestamp> {
        if now_m >= level_m {
            return Some(self.made_at);
        }
        let mut before = (0.0, now_m);
        for lead in &self.leads {
            let there = (f64::from(lead.lead_h), lead.quantile_m(1.0 - chance));
            if there.1 >= level_m {
                let share = ((level_m - before.1) / (there.1 - before.1)).clamp(0.0, 1.0);
                return after_hours(self.made_at, before.0 + share * (there.0 - before.0));
            }
            before = there;
        }
        None
    }

    /// The chance that `level_m` is reached until `when`, by the same lines as [`arrival`](Self::arrival). Nothing beyond
    /// the last lead: what comes after is not known.
    pub fn chance_until(&self, now_m: f64, level_m: f64, when: Timestamp) -> Option<f64> {
        if now_m >= level_m {
            return Some(1.0);
        }
        let hours = hours_between(self.made_at, when);
        if hours <= 0.0 {
            return Some(0.0);
        }
        let last = self.leads.last()?;
        if hours > f64::from(last.lead_h) + 1e-9 {
            return None;
        }
        // Paths do not cross: those that arrived by then stand above the level at a lead until then, or at the moment itself.
        let mut chance: f64 = 0.0;
        let mut before: Option<&Lead> = None;
        for lead in &self.leads {
            let before_h = before.map_or(0.0, |before| f64::from(before.lead_h));
            let share = (hours - before_h) / (f64::from(lead.lead_h) - before_h);
            if share < 1.0 {
                let between = match before {
                    Some(before) => before.chance_on_the_way(lead, share, level_m),
                    None => lead.chance_at_or_above(now_m + (level_m - now_m) / share),
                };
                chance = chance.max(between);
                break;
            }
            chance = chance.max(lead.chance_at_or_above(level_m));
            before = Some(lead);
        }
        Some(if chance < SURE.0 {
            0.0
        } else {
            chance.min(SURE.1)
        })
    }

    /// The moment of its last lead.
    pub fn ends_at(&self) -> Option<Timestamp> {
        let last = self.leads.last()?;
        after_hours(self.made_at, f64::from(last.lead_h))
    }
}

impl Lead {
    /// Chance that the level is at or above `level_m`. Linear between the quantiles; beyond the outermost ones it fades
    /// exponentially, losing nine tenths over the distance from there to the median.
    pub fn chance_at_or_above(&self, level_m: f64) -> f64 {
        let (Some(&lowest), Some(&highest)) = (self.quantiles.first(), self.quantiles.last())
        else {
            return if self.median_m >= level_m { 1.0 } else { 0.0 };
        };
        if level_m > highest.1 {
            return (1.0 - highest.0) * (-(level_m - highest.1) / self.fade_m(highest.1)).exp();
        }
        if level_m <= lowest.1 {
            return 1.0 - lowest.0 * (-(lowest.1 - level_m) / self.fade_m(lowest.1)).exp();
        }
        let above = self.quantiles.partition_point(|q| q.1 < level_m);
        let (low, high) = (self.quantiles[above - 1], self.quantiles[above]);
        let share = (level_m - low.1) / (high.1 - low.1);
        1.0 - (low.0 + share * (high.0 - low.0))
    }

    /// The level that is not exceeded with chance `p`, metres: the inverse of
    /// [`chance_at_or_above`](Self::chance_at_or_above). `p` is held between 0.001 and 0.999.
    pub fn quantile_m(&self, p: f64) -> f64 {
        let p = p.clamp(SURE.0, SURE.1);
        let (Some(&lowest), Some(&highest)) = (self.quantiles.first(), self.quantiles.last())
        else {
            return self.median_m;
        };
        if p > highest.0 {
            return highest.1 - self.fade_m(highest.1) * ((1.0 - p) / (1.0 - highest.0)).ln();
        }
        if p < lowest.0 {
            return lowest.1 + self.fade_m(lowest.1) * (p / lowest.0).ln();
        }
        let above = self.quantiles.partition_point(|q| q.0 < p);
        let high = self.quantiles[above];
        let Some(low) = above.checked_sub(1).map(|i| self.quantiles[i]) else {
            return high.1;
        };
        low.1 + (p - low.0) / (high.0 - low.0) * (high.1 - low.1)
    }

    /// Chance that the level is at or above `level_m` at a share of the way, 0 to 1, from this lead to a later one. Between two leads
    /// the level of each chance goes in a straight line, so that it is again one of quantiles that fade at both ends.
    fn chance_on_the_way(&self, later: &Self, share: f64, level_m: f64) -> f64 {
        let mut pairs = self.quantiles.iter().zip(&later.quantiles);
        let same = self.quantiles.len() == later.quantiles.len();
        if !same || pairs.any(|(a, b)| a.0.total_cmp(&b.0).is_ne()) {
            return self.chance_by_halving(later, share, level_m);
        }
        let mix = |a: f64, b: f64| a + share * (b - a);
        let at = |n: usize| {
            let (a, b) = (self.quantiles[n], later.quantiles[n]);
            (a.0, mix(a.1, b.1))
        };
        let Some(last) = self.quantiles.len().checked_sub(1) else {
            let median_m = mix(self.median_m, later.median_m);
            return if median_m >= level_m { 1.0 } else { 0.0 };
        };
        let fade_m = |n: usize| {
            let (a, b) = (self.quantiles[n], later.quantiles[n]);
            mix(self.fade_m(a.1), later.fade_m(b.1))
        };
        let (lowest, highest) = (at(0), at(last));
        if level_m > highest.1 {
            return (1.0 - highest.0) * (-(level_m - highest.1) / fade_m(last)).exp();
        }
        if level_m <= lowest.1 {
            return 1.0 - lowest.0 * (-(lowest.1 - level_m) / fade_m(0)).exp();
        }
        let mut low = lowest;
        for high in (1..=last).map(at) {
            if high.1 >= level_m {
                let part = (level_m - low.1) / (high.1 - low.1);
                return 1.0 - (low.0 + part * (high.0 - low.0));
            }
            low = high;
        }
        1.0 - highest.0
    }

    /// The same where the two leads give other quantiles.
    fn chance_by_halving(&self, later: &Self, share: f64, level_m: f64) -> f64 {
        let reaches = |chance: f64| {
            let (a, b) = (
                self.quantile_m(1.0 - chance),
                later.quantile_m(1.0 - chance),
            );
            a + share * (b - a) >= level_m
        };
        let (mut low, mut high) = SURE;
        if !reaches(low) {
            return 0.0;
        }
        if reaches(high) {
            return high;
        }
        for _ in 0..20 {
            let middle = f64::midpoint(low, high);
            if reaches(middle) {
                low = middle;
            } else {
                high = middle;
            }
        }
        low
    }

    fn fade_m(&self, outermost_m: f64) -> f64 {
        // A millimetre keeps an interval of no width from dividing by zero.
        ((outermost_m - self.median_m).abs() / std::f64::consts::LN_10).max(0.001)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forecast() -> Forecast {
        let lead = |lead_h, middle: f64| Lead {
            lead_h,
            median_m: middle,
            quantiles: vec![(0.1, middle - 0.5), (0.5, middle), (0.9, middle + 0.5)],
            rate_of_rise_m: middle,
            by_model: true,
            outside_training: false,
        };
        Forecast {
            made_at: Timestamp::UNIX_EPOCH,
            tier: Tier::Model,
            leads: vec![lead(1, 2.0), lead(2, 3.0), lead(3, 4.0)],
        }
    }

    fn hours(hours: f64) -> Timestamp {
        after_hours(Timestamp::UNIX_EPOCH, hours).expect("a time")
    }

    #[test]
    fn the_early_quantile_arrives_before_the_middle_one() {
        let forecast = forecast();
        assert_eq!(forecast.arrival(1.0, 3.0, 0.5), Some(hours(2.0)));
        assert_eq!(forecast.arrival(1.0, 3.0, 0.1), Some(hours(1.5)));
        assert_eq!(forecast.arrival(3.0, 3.0, 0.1), Some(hours(0.0)));
        assert_eq!(forecast.arrival(1.0, 9.0, 0.1), None);
    }

    #[test]
    fn the_chance_until_a_moment_is_the_inverse_of_the_arrival() {
        let forecast = forecast();
        for chance in [0.1, 0.3, 0.5, 0.9] {
            let at = forecast.arrival(1.0, 3.0, chance).expect("arrives");
            let back = forecast.chance_until(1.0, 3.0, at).expect("known");
            assert!(
                (back - chance).abs() < 0.001,
                "{chance} came back as {back}"
            );
        }
        assert_eq!(forecast.chance_until(1.0, 3.0, hours(7.0)), None);
    }

    #[test]
    fn the_chance_on_the_way_between_two_leads_is_that_found_by_halving() {
        let forecast = forecast();
        let mut other = forecast.clone();
        // Another grid of chances: the two leads are not of one shape any more, and halving answers.
        other.leads[1].quantiles.insert(1, (0.3, 2.75));
        for minutes in [10, 70, 90, 119, 150, 179] {
            let when = hours(f64::from(minutes) / 60.0);
            for level_m in [2.1, 2.6, 3.0, 3.3, 4.9] {
                let ask = |of: &Forecast| of.chance_until(1.5, level_m, when).expect("known");
                let (exact, halved) = (ask(&forecast), ask(&other));
                assert!(
                    (exact - halved).abs() < 1e-5,
                    "{minutes} min, {level_m} m: {exact} and {halved}"
                );
            }
        }
    }

    #[test]
    fn the_chance_of_a_level_and_the_level_of_a_chance_agree() {
        let lead = &forecast().leads[1];
        for p in [0.02, 0.1, 0.4, 0.5, 0.8, 0.95] {
            assert!((1.0 - lead.chance_at_or_above(lead.quantile_m(p)) - p).abs() < 1e-9);
        }
    }
}
