//! Hold: a gauge that falls silent does not end the advice that rested on it. What happened since is unknown.

use std::collections::BTreeMap;

use super::Recommendation;
use super::counter::Counter;
use crate::outlook::{Outlook, Voice};

/// Adds to `advice` what was advised before on a gauge that is silent now, unless as much or more is advised.
#[must_use]
pub fn hold(
    advice: Vec<Recommendation>,
    before: &[Recommendation],
    outlook: &Outlook,
) -> Vec<Recommendation> {
    let mut by_district: BTreeMap<String, Recommendation> = advice
        .into_iter()
        .map(|r| (r.district.clone(), r))
        .collect();
    for past in before {
        let Some(gauge) = outlook
            .gauges
            .get(&past.gauge)
            .filter(|gauge| gauge.is_silent())
        else {
            continue;
        };
        let lower = by_district
            .get(&past.district)
            .is_none_or(|now| now.level < past.level);
        if lower {
            let mut held = past.clone();
            held.counter
                .retain(|counter| !matches!(counter, Counter::Quiet { .. }));
            if let Voice::Silent { for_min } = gauge.voice {
                held.counter.insert(
                    0,
                    Counter::Quiet {
                        gauge: gauge.name.clone(),
                        for_min,
                    },
                );
            }
            by_district.insert(held.district.clone(), held);
        }
    }
    by_district.into_values().collect()
}
