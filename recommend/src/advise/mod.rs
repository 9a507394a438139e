//! The core: outlook, policy and order state in, advice with reasons out.

mod complement;
mod counter;
mod cover;
mod draft;
mod examine;
mod facility;
mod latch;
mod lift;
mod orders;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::complement::{Complement, LeftOut, Uncovered, check_coverage, complement};
pub use self::counter::Counter;
pub use self::cover::{Candidate, Choice, cover};
pub use self::draft::{Draft, Names};
pub use self::examine::Examined;
pub use self::facility::FacilityAdvice;
pub use self::latch::Memory;
pub use self::lift::{Gate, GateName, LiftAdvice};
pub use self::orders::{Order, Orders};

use crate::action::Action;
use crate::criteria::{Answer, Finding, Kind, Posture};
use crate::deadline::{Briefing, Deadlines, Sun};
use crate::hazard::Hazard;
use crate::id::{SourceId, UnitId};
use crate::level::OrderLevel;
use crate::outlook::Outlook;
use crate::policy::Policy;
use crate::town::Town;

/// Advice by unit and hazard.
pub type ByUnit = BTreeMap<(UnitId, Hazard), Arc<UnitAdvice>>;

/// Advice for one unit and one hazard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UnitAdvice {
    /// The unit.
    pub unit: UnitId,
    /// What threatens it.
    pub kind: Kind,
    /// River, for rivers.
    pub river: Option<String>,
    /// Level to issue.
    pub level: OrderLevel,
    /// The gauge that decides.
    pub gauge: Option<SourceId>,
    /// People whose home would be in the water or the slide.
    pub people_at_risk: u32,
    /// Every condition of this kind that was examined, met or not.
    pub findings: Vec<Finding>,
    /// What speaks against it.
    pub counter: Vec<Counter>,
    /// By when at the latest.
    pub deadlines: Deadlines,
    /// How to be safe.
    pub action: Action,
    /// When this level was first asked for.
    pub since: Timestamp,
    /// When its grounds last held, within the hysteresis.
    pub supported_at: Timestamp,
}

impl UnitAdvice {
    /// The hazard in the law's word.
    pub fn hazard(&self) -> Hazard {
        self.kind.hazard()
    }

    /// Conditions of this level that hold.
    pub fn met(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| {
            finding.answer == Answer::Met && finding.condition.level == self.level
        })
    }

    /// What would raise it: conditions of higher levels, with what is known of each.
    pub fn would_raise(&self) -> Vec<String> {
        self.findings
            .iter()
            .filter(|finding| finding.condition.level > self.level && finding.answer != Answer::Met)
            .filter(|finding| finding.is_watched())
            .map(|finding| {
                format!(
                    "{}と、警戒レベル{} {}に上がります",
                    finding.open_tests().join("、かつ"),
                    finding.condition.level.number(),
                    finding.condition.level.name()
                )
            })
            .collect()
    }
}

impl UnitAdvice {
    /// Conditions of higher levels that nobody can answer here: no calm is to be read from them.
    pub fn not_watched(&self) -> Vec<String> {
        self.findings
            .iter()
            .filter(|finding| finding.condition.level > self.level && !finding.is_watched())
            .map(|finding| {
                let of: Vec<&str> = finding.unheard().iter().map(|one| one.japanese()).collect();
                format!(
                    "警戒レベル{}の「{}」は、{}がこのシステムでは分からないため、判断できません",
                    finding.condition.level.number(),
                    finding.condition.words,
                    of.join("・")
                )
            })
            .collect()
    }
}

/// Everything that is advised at one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Advice {
    /// The moment of the event.
    pub as_of: Timestamp,
    /// By unit and hazard.
    #[serde(with = "by_unit")]
    pub units: ByUnit,
    /// As officers decide: one per hazard, river and level.
    pub drafts: Vec<Draft>,
    /// For facilities, with deadlines of their own.
    pub facilities: Vec<FacilityAdvice>,
    /// For each order in force, whether it may be lifted and what is missing.
    pub lifts: Vec<LiftAdvice>,
    /// The coming night, one per river or hazard.
    pub briefings: Vec<Briefing>,
    /// What else to do, such as opening shelters after an earthquake.
    pub postures: Vec<Posture>,
    /// Units where nothing can be said about something that threatens them: never calm.
    pub unknown: Vec<(UnitId, Kind)>,
}

mod by_unit {
    use super::{Arc, ByUnit, Deserialize, UnitAdvice};
    use serde::{Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(units: &ByUnit, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(units.values().map(AsRef::as_ref))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<ByUnit, D::Error> {
        let list: Vec<UnitAdvice> = Vec::deserialize(from)?;
        let keyed = list
            .into_iter()
            .map(|advice| ((advice.unit.clone(), advice.hazard()), Arc::new(advice)));
        Ok(keyed.collect())
    }
}

/// What we would advise if asked now. No clock, no store, no network: the same question gets the same answer, byte for byte.
///
/// `before` is what was remembered last; the answer carries what to remember next.
pub fn recommend(
    town: &Town,
    outlook: &Outlook,
    policy: &Policy,
    orders: &Orders,
    before: &Memory,
) -> (Advice, Memory) {
    let sun = Sun::at(town.place(), outlook.as_of);
    let examined: Vec<Arc<Examined>> = town
        .units()
        .iter()
        .flat_map(|unit| examine::unit(outlook, policy, unit, sun))
        .map(Arc::new)
        .collect();
    conclude(town, outlook, policy, orders, before, sun, examined)
}

/// The same after one source said something new: only units it decides for are examined again, the others keep what was found
/// before. The moment must be the one of `last`, or so little later that nothing else grew old; [`recommend`] is asked at
/// least as often as words grow stale.
pub fn recommend_after(
    town: &Town,
    outlook: &Outlook,
    policy: &Policy,
    orders: &Orders,
    before: &Memory,
    changed: &SourceId,
) -> (Advice, Memory) {
    let exposures: usize = town.units().iter().map(|unit| unit.exposures.len()).sum();
    if before.examined.len() != exposures {
        return recommend(town, outlook, policy, orders, before);
    }
    let sun = Sun::at(town.place(), outlook.as_of);
    let mut examined = before.examined.clone();
    // A condition that names a gauge itself asks it for every unit of its kind.
    let kinds: BTreeSet<Kind> = policy
        .criteria
        .named_gauges()
        .filter(|(gauge, _)| *gauge == changed.as_str())
        .map(|(_, condition)| condition.kind)
        .collect();
    let by_name = town.units().iter().filter(|unit| {
        unit.exposures
            .iter()
            .any(|exposure| kinds.contains(&exposure.kind))
    });
    for unit in town.units_of(changed).chain(by_name) {
        let place = town.position(&unit.id);
        let first = examined.partition_point(|held| town.position(&held.unit) < place);
        for (at, fresh) in examine::unit(outlook, policy, unit, sun).enumerate() {
            if let Some(held) = examined.get_mut(first + at) {
                *held = Arc::new(fresh);
            }
        }
    }
    conclude(town, outlook, policy, orders, before, sun, examined)
}

fn conclude(
    town: &Town,
    outlook: &Outlook,
    policy: &Policy,
    orders: &Orders,
    before: &Memory,
    sun: Sun,
    examined: Vec<Arc<Examined>>,
) -> (Advice, Memory) {
    let standing = latch::latch(town, outlook, policy, orders, before, sun, &examined);
    let units: ByUnit = standing
        .iter()
        .map(|(key, of)| (key.clone(), Arc::clone(&of.advice)))
        .collect();
    let unknown = examined
        .iter()
        .filter(|one| one.asked.is_none() && one.nothing_known)
        .map(|one| (one.unit.clone(), one.kind))
        .collect();
    let advice = Advice {
        as_of: outlook.as_of,
        drafts: draft::drafts(town, outlook, policy, &units, &examined),
        facilities: facility::advise(town, outlook, policy, sun, before),
        lifts: lift::advise(town, outlook, policy, orders),
        briefings: examine::briefings(&examined),
        postures: policy
            .criteria
            .postures
            .iter()
            .filter(|posture| {
                crate::criteria::posture_answer(outlook, policy, posture) == Answer::Met
            })
            .map(|posture| posture.as_ref().clone())
            .collect(),
        unknown,
        units,
    };
    let memory = Memory {
        facilities: advice
            .facilities
            .iter()
            .map(|of| (of.key(), of.clone()))
            .collect(),
        standing,
        examined,
    };
    (advice, memory)
}
