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
pub mod derivation;
pub mod docket;
pub mod earlier;
mod homes;
pub mod inputs;
pub mod judgement;
pub mod level;
mod line;
#[cfg(test)]
pub(crate) mod made;
mod noted;
pub mod plan;
pub mod proposal;
pub mod rain;
pub mod refuge;
pub mod told;
pub mod translate;

use std::collections::BTreeMap;
use std::sync::Arc;

use hinan_gis::{District, Town};
use hinan_recommend::{Answer, Finding, Memory, Orders, Sheaves, Test, UnitAdvice};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::digest::Digest;
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
    #[serde(with = "shared")]
    pub advice: Arc<UnitAdvice>,
}

/// What many hold is written out as if each held its own.
mod shared {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<T: Serialize, S: Serializer>(
        shared: &Arc<T>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        shared.as_ref().serialize(to)
    }

    pub(super) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Arc<T>, D::Error> {
        T::deserialize(from).map(Arc::new)
    }
}

/// A recommendation with its digest: neither is made anew while nothing about it changed.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The recommendation.
    pub recommendation: Arc<Recommendation>,
    /// SHA-256 of it as JSON.
    pub digest: Digest,
}

/// What the core says at one moment, in its words and in ours, and what to remember.
pub struct Advised {
    /// For each district the highest level that any of its rivers asks for, in the town's order.
    pub recommendations: Vec<Kept>,
    /// The whole answer.
    pub core: hinan_recommend::Advice,
    /// For the next time: advice rises at once and does not fall by itself.
    pub memory: Memory,
    /// What was ordered, in the core's words.
    pub orders: Orders,
    /// What the core was asked with.
    pub asked: hinan_recommend::Outlook,
}

/// What was advised a moment ago, and from what.
#[derive(Clone, Copy)]
pub struct Before<'b> {
    /// What it was made from.
    pub outlook: &'b Outlook,
    /// What was advised.
    pub recommendations: &'b [Kept],
    /// What was ordered, and is still: nothing new was told.
    pub orders: &'b Orders,
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
    let orders = orders(outlook, told);
    let (advice, memory) =
        hinan_recommend::recommend(&core.town, &asked, &core.policy, &orders, before);
    Advised {
        recommendations: in_the_towns_order(outlook, (town, core), &advice, None),
        core: advice,
        memory,
        orders,
        asked,
    }
}

/// The same answer, byte for byte, sooner: what nothing new concerns is taken from a moment ago, when the same was told.
#[must_use]
pub fn advise_after(
    outlook: &Outlook,
    told: &Told,
    memory: &Memory,
    (town, core): (&Town, &Core),
    before: Before<'_>,
) -> Advised {
    let asked = translate::outlook(outlook, told, core);
    let (advice, memory) =
        hinan_recommend::recommend_after(&core.town, &asked, &core.policy, before.orders, memory);
    Advised {
        recommendations: in_the_towns_order(outlook, (town, core), &advice, Some(before)),
        core: advice,
        memory,
        orders: before.orders.clone(),
        asked,
    }
}

/// Orders in force, with what officers confirmed for lifting them.
fn orders(outlook: &Outlook, told: &Told) -> Orders {
    let mut orders = told.core_orders();
    confirmed::confirm(told, &mut orders, outlook.as_of);
    orders
}

/// What we would advise if nothing stood before and nothing were told.
#[must_use]
pub fn recommend(outlook: &Outlook, town: &Town, core: &Core) -> Vec<Arc<Recommendation>> {
    advise(outlook, &Told::default(), &Memory::empty(), town, core)
        .recommendations
        .into_iter()
        .map(|kept| kept.recommendation)
        .collect()
}

/// What stands, from advice that was written down.
#[must_use]
pub fn remembered(recommendations: &[Arc<Recommendation>], as_of: Timestamp) -> Memory {
    let units = recommendations.iter().map(|one| Arc::clone(&one.advice));
    Memory::of(&hinan_recommend::Advice {
        as_of,
        units: units.collect(),
        drafts: Vec::new(),
        facilities: Sheaves::default(),
        lifts: Sheaves::default(),
        briefings: Vec::new(),
        postures: Vec::new(),
        unknown: Arc::default(),
    })
}

fn in_the_towns_order(
    outlook: &Outlook,
    (town, core): (&Town, &Core),
    advice: &hinan_recommend::Advice,
    before: Option<Before<'_>>,
) -> Vec<Kept> {
    let known: BTreeMap<&str, &Kept> = before
        .iter()
        .flat_map(|before| before.recommendations)
        .map(|kept| (kept.recommendation.district.as_str(), kept))
        .collect();
    let mut found: Vec<(usize, Kept)> = advice
        .units
        .values()
        .filter_map(|unit| {
            let place = core.place(unit.unit.as_str())?;
            let same = known.get(unit.unit.as_str()).copied();
            if let (Some(same), Some(before)) = (same, before)
                && is_same(&same.recommendation, unit, before.outlook, outlook)
            {
                return Some((place, same.clone()));
            }
            let recommendation = in_our_words(outlook, town.districts.get(place)?, unit)?;
            let digest = Digest::of_json(&recommendation);
            let recommendation = Arc::new(recommendation);
            Some((
                place,
                Kept {
                    recommendation,
                    digest,
                },
            ))
        })
        .collect();
    found.sort_by_key(|(place, _)| *place);
    found.into_iter().map(|(_, kept)| kept).collect()
}

/// Whether neither the advice nor the gauge it speaks by says anything else than it did.
fn is_same(
    known: &Recommendation,
    advice: &Arc<UnitAdvice>,
    then: &Outlook,
    now: &Outlook,
) -> bool {
    Arc::ptr_eq(&known.advice, advice)
        && then.as_of == now.as_of
        && then.gauges.get(&known.gauge) == now.gauges.get(&known.gauge)
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

fn in_our_words(
    outlook: &Outlook,
    district: &District,
    advice: &Arc<UnitAdvice>,
) -> Option<Recommendation> {
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
    let met: Vec<Finding> = advice.met().cloned().collect();
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
        advice: Arc::clone(advice),
    })
}
