//! Hold: a gauge that falls silent, or cannot be believed any more, does not end the advice that rested on it. What happened
//! since is unknown.

use std::collections::BTreeMap;

use super::Recommendation;
use super::counter::unheard;
use crate::outlook::Outlook;

/// Adds to `advice` what was advised before on a gauge that is not heard now, unless as much or more is advised.
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
            .filter(|gauge| gauge.is_held())
        else {
            continue;
        };
        let lower = by_district
            .get(&past.district)
            .is_none_or(|now| now.level < past.level);
        if lower {
            let mut held = past.clone();
            held.counter.retain(|counter| !counter.is_of_silence());
            if let Some(counter) = unheard(outlook, gauge) {
                held.counter.insert(0, counter);
            }
            by_district.insert(held.district.clone(), held);
        }
    }
    by_district.into_values().collect()
}
