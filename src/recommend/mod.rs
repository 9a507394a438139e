//! Outlook and policy in, recommendations with reasons out.
//!
//! Deliberately absent: clocks, stores, sockets, locks. The same question gets the same answer, byte for byte.
//! A recommendation is advice to officers; nothing in this module can publish.

pub mod counter;
pub mod criterion;
pub mod docket;
pub mod examine;
pub mod hold;
pub mod level;
pub mod proposal;

use hinan_gis::{District, Reach, Town};
use serde::{Deserialize, Serialize};

use crate::config::Recommend;
use crate::outlook::{GaugeOutlook, Outlook};

use self::counter::Counter;
use self::criterion::{Answer, Criterion};
use self::level::OrderLevel;

/// Advice for one issuing unit (発令単位).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recommendation {
    /// District id.
    pub district: String,
    /// River that asks for it.
    pub river: String,
    /// River in English.
    pub river_en: String,
    /// Level to issue.
    pub level: OrderLevel,
    /// Deciding gauge.
    pub gauge: String,
    /// People in the flood zone of this river, an estimate.
    pub people_in_zone: u32,
    /// Conditions of this level or above that hold.
    pub met: Vec<Criterion>,
    /// Every condition that was examined.
    pub examined: Vec<Criterion>,
    /// What speaks against it.
    pub counter: Vec<Counter>,
}

/// What we would advise if asked now: for each district the highest level that any of its rivers asks for.
/// An unmet or unknown condition never raises a level.
#[must_use]
pub fn recommend(outlook: &Outlook, town: &Town, policy: &Recommend) -> Vec<Recommendation> {
    town.districts
        .iter()
        .filter_map(|district| for_district(outlook, district, policy))
        .collect()
}

fn for_district(
    outlook: &Outlook,
    district: &District,
    policy: &Recommend,
) -> Option<Recommendation> {
    district
        .reaches
        .iter()
        .filter_map(|reach| for_reach(outlook, district, reach, policy))
        // The first of equals stays: reaches stand in the order of people concerned.
        .reduce(|best, other| {
            if other.level > best.level {
                other
            } else {
                best
            }
        })
}

fn for_reach(
    outlook: &Outlook,
    district: &District,
    reach: &Reach,
    policy: &Recommend,
) -> Option<Recommendation> {
    let (gauge, examined, level) = deciding(outlook, reach, policy)?;
    let met: Vec<Criterion> = examined
        .iter()
        .filter(|c| c.answer == Answer::Met && c.rule.level() == level)
        .cloned()
        .collect();
    let counter = counter::against(outlook, gauge, &met.iter().collect::<Vec<_>>());
    Some(Recommendation {
        district: district.id.clone(),
        river: reach.river.clone(),
        river_en: reach.river_en.clone(),
        level,
        gauge: gauge.id.clone(),
        people_in_zone: reach.people_in_zone,
        met,
        examined,
        counter,
    })
}

/// The first gauge of the reach that can answer anything decides. A silent one answers only what it holds and assumes, so
/// the next one is asked too and may ask for more. When none can answer there is nothing to advise on, and the
/// situation page says which gauges are missing.
fn deciding<'a>(
    outlook: &'a Outlook,
    reach: &Reach,
    policy: &Recommend,
) -> Option<(&'a GaugeOutlook, Vec<Criterion>, OrderLevel)> {
    let mut best: Option<(&GaugeOutlook, Vec<Criterion>, OrderLevel)> = None;
    for gauge in reach.gauges.iter().filter_map(|id| outlook.gauges.get(id)) {
        let examined = examine::examine(outlook, gauge, policy);
        let speaks = examined.iter().any(|c| c.answer != Answer::Unknown);
        let asked = examined
            .iter()
            .filter(|c| c.answer == Answer::Met)
            .map(|c| c.rule.level())
            .max();
        if let Some(level) = asked
            && best.as_ref().is_none_or(|(_, _, held)| level > *held)
        {
            best = Some((gauge, examined, level));
        }
        if speaks && !gauge.is_held() {
            break;
        }
    }
    best
}
