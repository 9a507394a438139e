//! Outlook and policy in, recommendations with reasons out. The core is the crate `hinan_recommend`; here it is asked in its
//! words, and its answers become what officers decide on.
//!
//! Deliberately absent: clocks, stores, sockets, locks. The same question gets the same answer, byte for byte.
//! A recommendation is advice to officers; nothing in this module can publish.

pub mod core;
pub mod counter;
pub mod docket;
pub mod earlier;
pub mod hold;
pub mod level;
pub mod proposal;
pub mod translate;

use hinan_gis::Town;
use hinan_recommend::{Answer, Finding, Memory, Orders, UnitAdvice};
use serde::{Deserialize, Serialize};

use crate::outlook::Outlook;

use self::core::Core;
use self::counter::Counter;
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
    /// Conditions of this level that hold.
    pub met: Vec<Finding>,
    /// What speaks against it.
    pub counter: Vec<Counter>,
    /// The core's whole answer: every condition, deadlines, the way to be safe.
    pub advice: UnitAdvice,
}

/// What we would advise if asked now: for each district the highest level that any of its rivers asks for.
/// An unmet or unknown condition never raises a level.
#[must_use]
pub fn recommend(outlook: &Outlook, town: &Town, core: &Core) -> Vec<Recommendation> {
    let asked = translate::outlook(outlook, core);
    // What stood before is the engine's to hold, and what is in force the docket's.
    let (advice, _) = hinan_recommend::recommend(
        &core.town,
        &asked,
        &core.policy,
        &Orders::none(),
        &Memory::empty(),
    );
    let units = advice.units.into_values();
    let mut found: Vec<Recommendation> = units
        .filter_map(|unit| in_our_words(outlook, town, &unit))
        .collect();
    // In the town's order.
    found.sort_by_cached_key(|one| {
        town.districts
            .iter()
            .position(|district| district.id == one.district)
    });
    found
}

fn in_our_words(outlook: &Outlook, town: &Town, advice: &UnitAdvice) -> Option<Recommendation> {
    let district = town.district(advice.unit.as_str())?;
    let river = advice.river.clone()?;
    let reach = district.reaches.iter().find(|reach| reach.river == river)?;
    let met: Vec<Finding> = advice
        .findings
        .iter()
        .filter(|finding| finding.answer == Answer::Met && finding.condition.level == advice.level)
        .cloned()
        .collect();
    let gauge = advice
        .gauge
        .as_ref()
        .and_then(|id| outlook.gauges.get(id.as_str()));
    Some(Recommendation {
        district: district.id.clone(),
        river,
        river_en: reach.river_en.clone(),
        level: level::ordered(advice.level),
        gauge: gauge.map_or_else(String::new, |gauge| gauge.id.clone()),
        people_in_zone: reach.people_in_zone,
        counter: gauge.map_or_else(Vec::new, |gauge| counter::against(outlook, gauge, &met)),
        met,
        advice: advice.clone(),
    })
}
