use super::Trial;
use crate::score::skill;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How often floods are drawn anew.
const DRAWS: usize = 1000;

/// A figure and where it would mostly lie if other floods of the same kind had come: nine times in ten.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interval {
    /// On the floods there were.
    pub value: f64,
    /// 5 % of the draws lie below.
    pub low: f64,
    /// 5 % of the draws lie above.
    pub high: f64,
}

/// What one flood, or one month of quiet water, adds.
#[derive(Clone, Copy, Debug, Default)]
struct Part {
    error: f64,
    persistence: f64,
    covered: f64,
    rows: f64,
}

/// Skill against persistence over all trials, floods drawn with replacement.
pub fn skill_interval(trials: &[Trial], seed: u64) -> Option<Interval> {
    interval(&parts(trials, false), seed, |p| {
        skill(p.error, p.persistence)
    })
}

/// Share of observations inside the 5–95 % interval in floods, floods drawn with replacement.
pub fn flood_coverage_interval(trials: &[Trial], seed: u64) -> Option<Interval> {
    interval(&parts(trials, true), seed, |p| p.covered / p.rows)
}

/// By flood; water between floods by month.
fn parts(trials: &[Trial], floods_only: bool) -> Vec<Part> {
    let mut parts: BTreeMap<(usize, i64), Part> = BTreeMap::new();
    for trial in trials {
        let key = match trial.flood {
            Some(flood) => (1 + flood, 0),
            None if floods_only => continue,
            None => {
                let day = Offset::UTC.to_datetime(trial.issued).date();
                (0, i64::from(day.year()) * 12 + i64::from(day.month()))
            }
        };
        let part = parts.entry(key).or_default();
        part.error += (trial.observed_m - trial.median_m).powi(2);
        part.persistence += (trial.observed_m - trial.now_m).powi(2);
        let inside = (trial.quantile_m(0.05)..=trial.quantile_m(0.95)).contains(&trial.observed_m);
        part.covered += if inside { 1.0 } else { 0.0 };
        part.rows += 1.0;
    }
    parts.into_values().collect()
}

fn interval(parts: &[Part], seed: u64, of: impl Fn(Part) -> f64) -> Option<Interval> {
    if parts.is_empty() {
        return None;
    }
    let sum = |picked: &mut dyn Iterator<Item = usize>| {
        picked.fold(Part::default(), |sum, place| {
            let part = parts[place];
            Part {
                error: sum.error + part.error,
                persistence: sum.persistence + part.persistence,
                covered: sum.covered + part.covered,
                rows: sum.rows + part.rows,
            }
        })
    };
    let mut chance = Chance(seed);
    let mut draws: Vec<f64> = (0..DRAWS)
        .map(|_| of(sum(&mut (0..parts.len()).map(|_| chance.below(parts.len())))))
        .filter(|value| value.is_finite())
        .collect();
    draws.sort_unstable_by(f64::total_cmp);
    if draws.is_empty() {
        return None;
    }
    // The outermost twentieths of 1,000 draws.
    let edge = draws.len() / 20;
    Some(Interval {
        value: of(sum(&mut (0..parts.len()))),
        low: draws[edge],
        high: draws[draws.len() - 1 - edge],
    })
}

/// SplitMix64: the same seed draws the same floods on every machine.
struct Chance(u64);

impl Chance {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let high = (u128::from(z ^ (z >> 31)) * count as u128) >> 64;
        usize::try_from(high).expect("less than `count`")
    }
}

#[cfg(test)]
mod tests {
    use super::{Part, interval};
    use crate::score::skill;

    #[test]
    fn one_bad_flood_among_ten_makes_the_interval_wide_and_the_same_seed_the_same() {
        let mut parts = vec![
            Part {
                error: 1.0,
                persistence: 10.0,
                covered: 9.0,
                rows: 10.0,
            };
            9
        ];
        parts.push(Part {
            error: 30.0,
            persistence: 10.0,
            covered: 0.0,
            rows: 10.0,
        });
        let of = |p: Part| skill(p.error, p.persistence);
        let found = interval(&parts, 7, of).expect("there are floods");
        assert!((found.value - 0.61).abs() < 1e-9);
        assert!(found.low < 0.35 && found.high > 0.85, "{found:?}");
        assert_eq!(Some(found), interval(&parts, 7, of));
    }
}
