use super::Trial;
use crate::score::count_f64;
use serde::{Deserialize, Serialize};

/// Edges of the classes of forecast probability.
const EDGES: [f64; 10] = [0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 1.0];

/// Whether what was said to happen with 30 % happens in 30 % (信頼度).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reliability {
    /// Mean squared difference of probability and outcome (0 or 1).
    pub brier: f64,
    /// The same if always the share of onsets were said.
    pub brier_climate: f64,
    /// Classes of probability, lowest first; empty ones are left out.
    pub bins: Vec<ReliabilityBin>,
}

/// Forecasts whose probability lies in one class.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReliabilityBin {
    /// Lower edge.
    pub from: f64,
    /// Upper edge.
    pub to: f64,
    /// Forecasts.
    pub count: usize,
    /// Mean of what was said.
    pub said: f64,
    /// Share in which it happened.
    pub happened: f64,
}

impl Reliability {
    /// Of the forecasts made below the level; `None` without one.
    pub(crate) fn of(trials: &[Trial], level_m: f64) -> Option<Self> {
        let cases: Vec<(f64, f64)> = trials
            .iter()
            .filter(|t| t.now_m < level_m)
            .filter_map(|t| {
                let happened = if t.observed_m >= level_m { 1.0 } else { 0.0 };
                t.probability.map(|said| (said, happened))
            })
            .collect();
        if cases.is_empty() {
            return None;
        }
        let n = count_f64(cases.len());
        let climate = cases.iter().map(|(_, happened)| happened).sum::<f64>() / n;
        let brier = |said: &dyn Fn(f64) -> f64| {
            cases
                .iter()
                .map(|(p, h)| (said(*p) - h).powi(2))
                .sum::<f64>()
                / n
        };
        let bins = EDGES
            .windows(2)
            .filter_map(|edge| {
                let top = edge[1] >= 1.0;
                let inside: Vec<&(f64, f64)> = cases
                    .iter()
                    .filter(|(p, _)| *p >= edge[0] && (*p < edge[1] || top))
                    .collect();
                let count = inside.len();
                (count > 0).then(|| ReliabilityBin {
                    from: edge[0],
                    to: edge[1],
                    count,
                    said: inside.iter().map(|(p, _)| p).sum::<f64>() / count_f64(count),
                    happened: inside.iter().map(|(_, h)| h).sum::<f64>() / count_f64(count),
                })
            })
            .collect();
        Some(Self {
            brier: brier(&|p| p),
            brier_climate: brier(&|_| climate),
            bins,
        })
    }
}
