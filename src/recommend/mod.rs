//! Outlook and policy in, recommendations with reasons out. The core is the crate `hinan_recommend`; here it is asked in its
//! words, and its answers become what officers decide on.
//!
//! Deliberately absent: clocks, stores, sockets, locks. The same question gets the same answer, byte for byte.
//! A recommendation is advice to officers; nothing in this module can publish.

pub mod agency;
pub mod briefed;
pub mod cause;
pub mod complete;
pub mod confirmed;
pub mod core;
pub mod counter;
pub mod docket;
pub mod earlier;
pub mod inputs;
pub mod level;
pub mod plan;
pub mod proposal;
pub mod rain;
pub mod refuge;
pub mod told;
pub mod translate;

use std::sync::Arc;

use hinan_gis::Town;
use hinan_recommend::{Answer, Finding, Memory, Test, UnitAdvice};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::outlook::Outlook;

use self::core::Core;
use self::counter::Counter;
use self::level::OrderLevel;
use self::told::Told;

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
    /// Conditions of this level that hold.
    pub met: Vec<Finding>,
    /// What speaks against it.
    pub counter: Vec<Counter>,
    /// The core's whole answer: every condition, deadlines, the way to be safe.
    pub advice: UnitAdvice,
}

/// What the core says at one moment, in its words and in ours, and what to remember.
pub struct Advised {
    /// For each district the highest level that any of its rivers asks for, in the town's order.
    pub recommendations: Vec<Recommendation>,
    /// The whole answer.
    pub core: hinan_recommend::Advice,
    /// For the next time: advice rises at once and does not fall by itself.
    pub memory: Memory,
}

/// What we advise at a moment, with what was told and what stood before. An unmet or unknown condition never raises a level.
#[must_use]
pub fn advise(
    outlook: &Outlook,
    told: &Told,
    before: &Memory,
    town: &Town,
    core: &Core,
) -> Advised {
    let asked = translate::outlook(outlook, told, core);
    let mut orders = told.core_orders();
    confirmed::confirm(told, &mut orders, outlook.as_of);
    let (advice, memory) =
        hinan_recommend::recommend(&core.town, &asked, &core.policy, &orders, before);
    Advised {
        recommendations: in_the_towns_order(outlook, town, &advice),
        core: advice,
        memory,
    }
}

/// What we would advise if nothing stood before and nothing were told.
#[must_use]
pub fn recommend(outlook: &Outlook, town: &Town, core: &Core) -> Vec<Recommendation> {
    advise(outlook, &Told::default(), &Memory::empty(), town, core).recommendations
}

/// What stands, from advice that was written down.
#[must_use]
pub fn remembered(recommendations: &[Recommendation], as_of: Timestamp) -> Memory {
    let units = recommendations.iter().map(|one| {
        let advice = one.advice.clone();
        let key = (advice.unit.clone(), advice.hazard());
        (key, Arc::new(advice))
    });
    Memory::of(&hinan_recommend::Advice {
        as_of,
        units: units.collect(),
        drafts: Vec::new(),
        facilities: Vec::new(),
        lifts: Vec::new(),
        briefings: Vec::new(),
        postures: Vec::new(),
        unknown: Vec::new(),
    })
}

fn in_the_towns_order(
    outlook: &Outlook,
    town: &Town,
    advice: &hinan_recommend::Advice,
) -> Vec<Recommendation> {
    let units = advice.units.values();
    let mut found: Vec<Recommendation> = units
        .filter_map(|unit| in_our_words(outlook, town, unit))
        .collect();
    // In the town's order.
    found.sort_by_cached_key(|one| {
        town.districts
            .iter()
            .position(|district| district.id == one.district)
    });
    found
}

/// The gauge that the advice speaks by: the deciding one, unless only a level of another gauge, named by the criteria, brought it.
fn speaking<'a>(met: &'a [Finding], advice: &'a UnitAdvice) -> Option<&'a str> {
    let holds = || {
        met.iter()
            .flat_map(Finding::leaves)
            .filter(|(_, result)| result.answer == Answer::Met)
    };
    let by_name = holds().find_map(|(test, _)| match test {
        Test::LevelAt { gauge, .. } => Some(gauge.as_str()),
        _ => None,
    });
    let by_own = holds().any(|(test, _)| {
        matches!(
            test,
            Test::GaugeAt { .. }
                | Test::Forecast { .. }
                | Test::Rise { .. }
                | Test::Deadline { .. }
        )
    });
    let own = advice.gauge.as_ref().map(hinan_recommend::SourceId::as_str);
    if by_own { own } else { by_name.or(own) }
}

fn in_our_words(outlook: &Outlook, town: &Town, advice: &UnitAdvice) -> Option<Recommendation> {
    let district = town.district(advice.unit.as_str())?;
    let (river, river_en, people_in_zone) = match &advice.river {
        Some(river) => {
            let reach = district
                .reaches
                .iter()
                .find(|reach| reach.river == *river)?;
            // People of the mesh can be more than those counted in the district; nobody more than live there is told of.
            let people = reach.people_in_zone.min(district.people.max(1));
            (river.clone(), reach.river_en.clone(), people)
        }
        None => {
            let (about, about_en) = cause::without_river(advice)?;
            (about.to_owned(), about_en.to_owned(), advice.people_at_risk)
        }
    };
    let met: Vec<Finding> = advice
        .findings
        .iter()
        .filter(|finding| finding.answer == Answer::Met && finding.condition.level == advice.level)
        .cloned()
        .collect();
    let gauge = speaking(&met, advice).and_then(|id| outlook.gauges.get(id));
    Some(Recommendation {
        district: district.id.clone(),
        river,
        river_en,
        level: level::ordered(advice.level),
        gauge: gauge.map_or_else(String::new, |gauge| gauge.id.clone()),
        people_in_zone,
        counter: counter::of_the_core(advice)
            .chain(
                gauge
                    .into_iter()
                    .flat_map(|gauge| counter::against(outlook, gauge, &met)),
            )
            .collect(),
        met,
        advice: advice.clone(),
    })
}
