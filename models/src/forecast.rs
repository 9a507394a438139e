use crate::score::SkillRecord;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How much a forecast could be built on, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// The gauge and every upstream gauge of its model reported.
    Full,
    /// Some upstream gauges of the model are silent, or the rain is not known: what is left is used.
    UpstreamPartly,
    /// No upstream gauge is usable: the gauge's own readings only.
    OwnOnly,
    /// Too few readings of the gauge for a model: the last level and how fast it rose.
    RateOfRise,
    /// No rate either, or the model fell behind persistence and was taken out of use: the last level only.
    Persistence,
    /// No reading in the last three hours: nothing can be said.
    NoInformation,
}

/// What one lead's median came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// The fitted model, which beat persistence on floods it had not seen.
    Model,
    /// The level stays (in a fitted model: because the model did not beat that).
    Persistence,
    /// The level goes on rising or falling, ever more slowly.
    RateOfRise,
}

/// One quantile of the level to come.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quantile {
    /// Probability that the level stays at or below `level_m`, 0 to 1.
    pub p: f64,
    /// Metres above the gauge's datum.
    pub level_m: f64,
}

/// What is expected of one gauge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GaugeForecast {
    /// The gauge.
    pub gauge: String,
    /// The time the forecast was made for; readings after it were not used.
    pub as_of: Timestamp,
    /// What the forecast could be built on.
    pub tier: Tier,
    /// Why this tier, in Japanese.
    #[serde(default)]
    pub why_ja: String,
    /// Why this tier, in English.
    #[serde(default)]
    pub why_en: String,
    /// Upstream gauges of the case that could not be used, in the order of the case.
    pub upstream_missing: Vec<String>,
    /// Last level, metres.
    pub level_now_m: Option<f64>,
    /// When that level was read.
    pub level_now_at: Option<Timestamp>,
    /// Rise over the last hour, metres per hour; negative when falling.
    pub rise_m_per_h: Option<f64>,
    /// One forecast per lead time, shortest first; empty only at [`Tier::NoInformation`].
    pub leads: Vec<LeadForecast>,
}

/// The level at one lead time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeadForecast {
    /// Hours after `as_of`.
    pub lead_h: u32,
    /// The moment that is forecast: `as_of` and `lead_h` later.
    pub at: Timestamp,
    /// Where the median comes from.
    pub method: Method,
    /// The level that is expected (the mean of what may come), metres: the one number with the least squared error.
    pub expected_m: f64,
    /// The middle of what may come, metres: as likely above as below.
    pub median_m: f64,
    /// Quantiles, rising in `p` and never falling in level: 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95.
    pub quantiles: Vec<Quantile>,
    /// The level if it stays, metres.
    pub persistence_m: f64,
    /// The level if it goes on rising as in the last hour, metres; the same as persistence when no rate is known.
    pub rate_of_rise_m: f64,
    /// True when levels or rises lie outside what the model was fitted on: the doubt is larger than the record says.
    pub outside_training: bool,
    /// Skill on left-out floods of exactly this gauge, lead and set of upstream gauges.
    pub record: Option<SkillRecord>,
}

impl GaugeForecast {
    /// Probability that the gauge reaches `level_m` within `lead_h` hours: 1 when it is there already,
    /// else the largest probability of the leads up to `lead_h`.
    ///
    /// NaN when there is nothing to say ([`Tier::NoInformation`], or no lead up to `lead_h`): silence is neither
    /// 0 nor 1. Look at [`GaugeForecast::tier`] first.
    pub fn probability_within(&self, lead_h: u32, level_m: f64) -> f64 {
        if self.leads.is_empty() {
            return f64::NAN;
        }
        if self.level_now_m.is_some_and(|now_m| now_m >= level_m) {
            return 1.0;
        }
        self.leads
            .iter()
            .filter(|lead| lead.lead_h <= lead_h)
            .map(|lead| lead.probability_at_or_above(level_m))
            .fold(f64::NAN, f64::max)
    }

    /// When the gauge may reach `level_m`: early = the 0.9 quantile does (one chance in ten),
    /// late = the median does (as likely as not), `None` in second place when it does not within the leads.
    ///
    /// `None` when not even the 0.9 quantile reaches it, or nothing is known. Both are the time of the last
    /// reading when the level is reached already. Between leads the levels are joined by straight lines.
    pub fn crossing_time_range(&self, level_m: f64) -> Option<(Timestamp, Option<Timestamp>)> {
        let now_m = self.level_now_m?;
        if now_m >= level_m {
            let at = self.level_now_at?;
            return Some((at, Some(at)));
        }
        let early = self.crossing_of(0.9, now_m, level_m)?;
        Some((early, self.crossing_of(0.5, now_m, level_m)))
    }

    fn crossing_of(&self, p: f64, now_m: f64, level_m: f64) -> Option<Timestamp> {
        let mut before = (self.as_of, now_m);
        for lead in &self.leads {
            let there_m = lead.quantile_m(p);
            if there_m >= level_m {
                let share = ((level_m - before.1) / (there_m - before.1)).clamp(0.0, 1.0);
                let between_s = lead.at.duration_since(before.0).as_secs_f64() * share;
                let after = SignedDuration::try_from_secs_f64(between_s.round()).ok()?;
                return before.0.checked_add(after).ok();
            }
            before = (lead.at, there_m);
        }
        None
    }
}

impl LeadForecast {
    /// Probability that the level at this lead is at or above `level_m`.
    ///
    /// Linear between the quantiles; beyond the outermost ones it fades exponentially, losing nine tenths
    /// over the distance from there to the median.
    pub fn probability_at_or_above(&self, level_m: f64) -> f64 {
        let (Some(lowest), Some(highest)) = (self.quantiles.first(), self.quantiles.last()) else {
            return if self.median_m >= level_m { 1.0 } else { 0.0 };
        };
        if level_m > highest.level_m {
            let fade = self.fade_m(highest);
            return (1.0 - highest.p) * (-(level_m - highest.level_m) / fade).exp();
        }
        if level_m <= lowest.level_m {
            let fade = self.fade_m(lowest);
            return 1.0 - lowest.p * (-(lowest.level_m - level_m) / fade).exp();
        }
        // The first quantile at or above the level; equal quantiles count as reached.
        let above = self.quantiles.partition_point(|q| q.level_m < level_m);
        let (low, high) = (&self.quantiles[above - 1], &self.quantiles[above]);
        let share = (level_m - low.level_m) / (high.level_m - low.level_m);
        1.0 - (low.p + share * (high.p - low.p))
    }

    /// Level that is not exceeded with probability `p`; the inverse of
    /// [`LeadForecast::probability_at_or_above`]. `p` is held between 0.001 and 0.999.
    pub fn quantile_m(&self, p: f64) -> f64 {
        let p = if p.is_nan() {
            0.5
        } else {
            p.clamp(0.001, 0.999)
        };
        let (Some(lowest), Some(highest)) = (self.quantiles.first(), self.quantiles.last()) else {
            return self.median_m;
        };
        if p > highest.p {
            return highest.level_m - self.fade_m(highest) * ((1.0 - p) / (1.0 - highest.p)).ln();
        }
        if p < lowest.p {
            return lowest.level_m + self.fade_m(lowest) * (p / lowest.p).ln();
        }
        let above = self.quantiles.partition_point(|q| q.p < p);
        let high = &self.quantiles[above];
        let Some(low) = above.checked_sub(1).map(|i| &self.quantiles[i]) else {
            return high.level_m;
        };
        low.level_m + (p - low.p) / (high.p - low.p) * (high.level_m - low.level_m)
    }

    fn fade_m(&self, outermost: &Quantile) -> f64 {
        // A millimetre keeps an interval of no width from dividing by zero.
        ((outermost.level_m - self.median_m).abs() / std::f64::consts::LN_10).max(0.001)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{GaugeForecast, LeadForecast, Method, Quantile, Tier};
    use jiff::{SignedDuration, Timestamp};
    use proptest::prelude::{prop, prop_assert, proptest};

    const P: [f64; 7] = [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95];

    fn lead(lead_h: u32, levels: [f64; 7]) -> LeadForecast {
        LeadForecast {
            lead_h,
            at: Timestamp::UNIX_EPOCH + SignedDuration::from_hours(i64::from(lead_h)),
            method: Method::Model,
            expected_m: levels[3],
            median_m: levels[3],
            quantiles: P
                .iter()
                .zip(levels)
                .map(|(&p, level_m)| Quantile { p, level_m })
                .collect(),
            persistence_m: 1.0,
            rate_of_rise_m: 1.0,
            outside_training: false,
            record: None,
        }
    }

    fn gauge(leads: Vec<LeadForecast>) -> GaugeForecast {
        GaugeForecast {
            gauge: "g".to_owned(),
            as_of: Timestamp::UNIX_EPOCH,
            tier: Tier::Full,
            why_ja: String::new(),
            why_en: String::new(),
            upstream_missing: vec![],
            level_now_m: Some(1.0),
            level_now_at: Some(Timestamp::UNIX_EPOCH),
            rise_m_per_h: Some(0.0),
            leads,
        }
    }

    #[test]
    fn the_probability_at_the_median_is_one_half() {
        let l = lead(1, [1.0, 1.1, 1.2, 1.4, 1.7, 2.0, 2.4]);
        assert!((l.probability_at_or_above(1.4) - 0.5).abs() < 1e-12);
        assert!((l.probability_at_or_above(2.4) - 0.05).abs() < 1e-12);
        assert!(
            (l.probability_at_or_above(3.4) - 0.005).abs() < 1e-12,
            "a median's distance beyond: a tenth"
        );
    }

    #[test]
    fn a_level_that_is_reached_already_has_probability_one() {
        let g = gauge(vec![lead(1, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7])]);
        assert!((g.probability_within(1, 0.9) - 1.0).abs() < 1e-12);
        assert_eq!(
            g.crossing_time_range(0.9),
            Some((Timestamp::UNIX_EPOCH, Some(Timestamp::UNIX_EPOCH)))
        );
    }

    #[test]
    fn silence_is_neither_calm_nor_alarm() {
        assert!(gauge(vec![]).probability_within(6, 0.5).is_nan());
    }

    #[test]
    fn the_crossing_is_found_between_the_leads() {
        let g = gauge(vec![
            lead(1, [1.0, 1.0, 1.0, 1.0, 1.0, 1.5, 1.6]),
            lead(2, [1.0, 1.0, 1.0, 1.4, 1.6, 2.5, 2.6]),
        ]);
        let (early, late) = g.crossing_time_range(2.0).unwrap();
        assert_eq!(early, Timestamp::UNIX_EPOCH + SignedDuration::from_mins(90));
        assert_eq!(late, None);
        let (_, late) = g.crossing_time_range(1.2).unwrap();
        assert_eq!(
            late,
            Some(Timestamp::UNIX_EPOCH + SignedDuration::from_mins(90))
        );
        assert_eq!(g.crossing_time_range(9.0), None);
    }

    proptest! {
        #[test]
        fn a_higher_level_is_never_more_likely(
            steps in prop::array::uniform7(0.0..0.5_f64), low in -3.0..6.0_f64, more in 0.0..3.0_f64
        ) {
            let mut level = 0.0;
            let l = lead(1, steps.map(|s| { level += s; level }));
            let (p, q) = (l.probability_at_or_above(low), l.probability_at_or_above(low + more));
            prop_assert!((0.0..=1.0).contains(&p) && q <= p + 1e-12, "{p} then {q}");
        }

        #[test]
        fn quantile_and_probability_undo_each_other(
            steps in prop::array::uniform7(0.01..0.5_f64), p in 0.002..0.998_f64
        ) {
            let mut level = 0.0;
            let l = lead(1, steps.map(|s| { level += s; level }));
            let back = 1.0 - l.probability_at_or_above(l.quantile_m(p));
            prop_assert!((back - p).abs() < 1e-9, "{p} came back as {back}");
        }
    }
}
