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
mod past;

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
pub use self::orders::{Cause, Order, Orders};

use self::draft::Drafting;
use self::latch::{Now, Standing};
use self::past::{Basis, Past};
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
    #[serde(with = "crate::shared")]
    pub findings: Arc<Vec<Finding>>,
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
    /// What stands for other rivers of the same unit and does not speak, highest level and earliest deadline first. Whoever decides
    /// on this one has not decided on them.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        with = "crate::shared::list"
    )]
    pub beneath: Vec<Arc<UnitAdvice>>,
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
    pub units: Arc<ByUnit>,
    /// As officers decide: one per hazard, river and level.
    #[serde(with = "crate::shared::list")]
    pub drafts: Vec<Arc<Draft>>,
    /// For facilities, with deadlines of their own.
    #[serde(with = "crate::shared::list")]
    pub facilities: Vec<Arc<FacilityAdvice>>,
    /// For each order in force, whether it may be lifted and what is missing.
    #[serde(with = "crate::shared::list")]
    pub lifts: Vec<Arc<LiftAdvice>>,
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

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Arc<ByUnit>, D::Error> {
        let list: Vec<UnitAdvice> = Vec::deserialize(from)?;
        let keyed = list
            .into_iter()
            .map(|advice| ((advice.unit.clone(), advice.hazard()), Arc::new(advice)));
        Ok(Arc::new(keyed.collect()))
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
    let now = Now {
        town,
        outlook,
        policy,
        orders,
        sun,
    };
    let examined: Vec<Arc<Examined>> = town
        .units()
        .iter()
        .flat_map(|unit| examine::unit(outlook, policy, unit, sun))
        .map(Arc::new)
        .collect();
    let standing = now.latch(&before.standing, &examined);
    let units = latch::speaking(&standing);
    let drafts = Drafting {
        town,
        outlook,
        policy,
        units: &units,
        examined: &complement::by_unit(town, &examined),
    }
    .all();
    let past = Past {
        basis: Arc::new(Basis::of(town, policy, orders)),
        outlook: Arc::new(outlook.clone()),
        units: Arc::new(units),
        drafts,
        lifts: lift::advise(town, outlook, policy, orders, None),
        facilities: facility::advise(town, outlook, policy, sun, &before.facilities, None),
    };
    conclude(outlook, policy, standing, examined, past)
}

/// The same answer to the same question, byte for byte, sooner: where nothing but gauges changed since the last answer, and the
/// moment is the same, only what they concern is worked out anew. What changed is found by comparing with what is remembered; where
/// more did, the answer is worked out whole.
pub fn recommend_after(
    town: &Town,
    outlook: &Outlook,
    policy: &Policy,
    orders: &Orders,
    before: &Memory,
) -> (Advice, Memory) {
    let known = before.past.as_ref();
    let known = known.and_then(|past| Some((past, past.changed(town, outlook, policy, orders)?)));
    let Some((past, changed)) = known else {
        return recommend(town, outlook, policy, orders, before);
    };
    let sun = Sun::at(town.place(), outlook.as_of);
    let now = Now {
        town,
        outlook,
        policy,
        orders,
        sun,
    };
    let mut examined = before.examined.clone();
    let mut standing = before.standing.clone();
    let mut units = past.units.as_ref().clone();
    let concerned = concerned(town, policy, before, &changed);
    for &(place, first) in &concerned {
        let unit = &town.units()[place];
        let fresh: Vec<Arc<Examined>> = examine::unit(outlook, policy, unit, sun)
            .map(Arc::new)
            .collect();
        let own: Standing = latch::of_unit(&before.standing, &unit.id)
            .map(|(cause, advice)| (cause.clone(), Arc::clone(advice)))
            .collect();
        for cause in own.keys() {
            standing.remove(cause);
            units.remove(&(cause.unit.clone(), cause.hazard));
        }
        let own = now.latch(&own, &fresh);
        units.extend(latch::speaking(&own));
        standing.extend(own);
        for (held, fresh) in examined[first..].iter_mut().zip(fresh) {
            *held = fresh;
        }
    }
    let drafts = Drafting {
        town,
        outlook,
        policy,
        units: &units,
        examined: &complement::by_unit(town, &examined),
    }
    .after(past, &concerned.iter().map(|(place, _)| *place));
    let lifts = Some((&changed, past.lifts.as_slice()));
    let facilities = Some((&changed, past.facilities.as_slice()));
    let past = Past {
        basis: Arc::clone(&past.basis),
        outlook: Arc::new(outlook.clone()),
        drafts,
        lifts: lift::advise(town, outlook, policy, orders, lifts),
        facilities: facility::advise(town, outlook, policy, sun, &before.facilities, facilities),
        units: Arc::new(units),
    };
    conclude(outlook, policy, standing, examined, past)
}

/// Units that one of these gauges was or would be asked for, by their place in the town, each with the place of its first exposure
/// among all that were examined.
fn concerned(
    town: &Town,
    policy: &Policy,
    before: &Memory,
    changed: &BTreeSet<SourceId>,
) -> Vec<(usize, usize)> {
    // A condition that names a gauge itself asks it for every unit of its kind.
    let kinds: BTreeSet<Kind> = policy
        .criteria
        .named_gauges()
        .filter(|(gauge, _)| changed.contains(*gauge))
        .map(|(_, condition)| condition.kind)
        .collect();
    let mut first = 0;
    let mut found = Vec::new();
    for (place, unit) in town.units().iter().enumerate() {
        let own = first..first + unit.exposures.len();
        let asks = unit.exposures.iter().zip(&before.examined[own.clone()]);
        let concerns = asks.into_iter().any(|(exposure, examined)| {
            let asked = &exposure.gauges[..examined.gauges_asked];
            kinds.contains(&exposure.kind) || asked.iter().any(|gauge| changed.contains(gauge))
        });
        if concerns {
            found.push((place, first));
        }
        first = own.end;
    }
    found
}

fn conclude(
    outlook: &Outlook,
    policy: &Policy,
    standing: Standing,
    examined: Vec<Arc<Examined>>,
    past: Past,
) -> (Advice, Memory) {
    let unknown = examined
        .iter()
        .filter(|one| one.asked.is_none() && one.nothing_known)
        .map(|one| (one.unit.clone(), one.kind))
        .collect();
    let advice = Advice {
        as_of: outlook.as_of,
        units: Arc::clone(&past.units),
        drafts: past.drafts.values().map(draft::Kept::draft).collect(),
        facilities: past.facilities.clone(),
        lifts: past.lifts.clone(),
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
    };
    let memory = Memory {
        facilities: past
            .facilities
            .iter()
            .map(|of| (of.key(), Arc::clone(of)))
            .collect(),
        standing,
        examined,
        past: Some(past),
    };
    (advice, memory)
}
