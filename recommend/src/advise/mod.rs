//! The core: outlook, policy and order state in, advice with reasons out.

mod by_unit;
mod complement;
mod counter;
mod cover;
mod draft;
mod examine;
mod facility;
mod latch;
mod lift;
mod of_unit;
mod orders;
mod overall;
mod past;

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::by_unit::ByUnit;
pub use self::complement::{Complement, LeftOut, Uncovered, check_coverage, complement};
pub use self::counter::Counter;
pub use self::cover::Choice;
pub use self::draft::{Draft, Names};
pub use self::examine::Examined;
pub use self::facility::FacilityAdvice;
pub use self::latch::Memory;
pub use self::lift::{Gate, GateName, LiftAdvice};
pub use self::orders::{Cause, Order, Orders};

use self::draft::Drafting;
use self::examine::Examining;
use self::latch::{Now, Standing};
use self::of_unit::OfUnit;
use self::overall::Overall;
use self::past::{Basis, Parts, Past};
use crate::action::Action;
use crate::criteria::{Answer, Finding, Kind, Posture};
use crate::deadline::{Briefing, Deadlines};
use crate::hazard::Hazard;
use crate::id::{SourceId, UnitId};
use crate::level::OrderLevel;
use crate::outlook::Outlook;
use crate::policy::Policy;
use crate::sheaves::Sheaves;
use crate::town::Town;

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
    #[serde(with = "crate::shared::lists")]
    pub findings: Arc<Vec<Arc<Finding>>>,
    /// What speaks against it.
    pub counter: Vec<Counter>,
    /// By when at the latest.
    #[serde(with = "crate::shared")]
    pub deadlines: Arc<Deadlines>,
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
        self.findings
            .iter()
            .map(AsRef::as_ref)
            .filter(|finding: &&Finding| {
                finding.answer == Answer::Met && finding.condition.level == self.level
            })
    }

    /// Whether its grounds hold at this moment, within the hysteresis, or cannot be looked at; otherwise it only stands from before.
    pub fn holds_at(&self, as_of: Timestamp) -> bool {
        self.supported_at >= as_of
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
    pub fn unanswerable(&self) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .map(AsRef::as_ref)
            .filter(|finding: &&Finding| {
                finding.condition.level > self.level && !finding.is_watched()
            })
    }

    /// The same in words, in the same order.
    pub fn not_watched(&self) -> Vec<String> {
        self.unanswerable()
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
    pub units: ByUnit,
    /// As officers decide: one per hazard, river and level.
    #[serde(with = "crate::shared::list")]
    pub drafts: Vec<Arc<Draft>>,
    /// For facilities, with deadlines of their own.
    pub facilities: Sheaves<Arc<FacilityAdvice>>,
    /// For each order in force, whether it may be lifted and what is missing.
    pub lifts: Sheaves<Arc<LiftAdvice>>,
    /// The coming night, one per river or hazard.
    pub briefings: Vec<Briefing>,
    /// What else to do, such as opening shelters after an earthquake.
    pub postures: Vec<Posture>,
    /// Units where nothing can be said about something that threatens them: never calm.
    #[serde(with = "crate::shared")]
    pub unknown: Arc<Vec<(UnitId, Kind)>>,
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
    let now = Now::of(town, outlook, policy, orders);
    let stood = before.standing();
    let mut examining = Examining::of(now);
    let units = town.units().iter().enumerate();
    let units: Sheaves<Arc<OfUnit>> = units
        .map(|(place, unit)| {
            let own = latch::of_unit(&stood, &unit.id);
            Arc::new(of_unit(&now, &mut examining, place, &own))
        })
        .collect();
    let elsewhere = elsewhere(&now, stood);
    let spoken = latch::speaking(&elsewhere);
    let spoken = spoken
        .into_iter()
        .map(|(hazard, advice)| ((advice.unit.clone(), hazard), advice));
    let overall = Overall::of(town.index(), &units);
    let units = ByUnit::of(town.index(), units, spoken.collect());
    let drafts = Drafting {
        town,
        outlook,
        policy,
        units: &units,
    }
    .all();
    let basis = Basis::of(&now);
    let parts = Parts {
        units,
        drafts,
        lifts: lift::all(&now, &basis.lifts),
        facilities: facility::all(&now, &before.told()),
        overall,
    };
    let elsewhere: Standing = elsewhere.into_iter().collect();
    conclude(
        &now,
        Past::of(&now, Arc::new(basis), Arc::new(elsewhere), parts),
    )
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
    let now = Now::of(town, outlook, policy, orders);
    let known = before.past.as_ref();
    let known = known.and_then(|past| Some((past, past.changed(&now)?)));
    let Some((past, changed)) = known else {
        return recommend(town, outlook, policy, orders, before);
    };
    let mut examining = Examining::of(now);
    let mut units = past.units.clone();
    let concerned = concerned(town, past, &changed);
    for place in &concerned {
        let own = &past.units.units()[*place].standing;
        let unit = of_unit(&now, &mut examining, *place, own);
        units.set(*place, Arc::new(unit));
    }
    let drafts = Drafting {
        town,
        outlook,
        policy,
        units: &units,
    }
    .after(past, &concerned);
    let parts = Parts {
        drafts,
        lifts: lift::after(&now, &past.basis.lifts, &past.lifts, &changed),
        facilities: facility::after(&now, &past.facilities, &changed),
        overall: past.overall.after(town.index(), units.units(), &concerned),
        units,
    };
    let (basis, elsewhere) = (Arc::clone(&past.basis), Arc::clone(&past.elsewhere));
    conclude(&now, Past::of(&now, basis, elsewhere, parts))
}

/// Everything about the unit at a place, after what stood for it.
fn of_unit<'a>(
    now: &Now<'a>,
    examining: &mut Examining<'a>,
    place: usize,
    stood: &[(Cause, Arc<UnitAdvice>)],
) -> OfUnit {
    let unit = &now.town.units()[place];
    let examined = examining.unit(unit);
    let standing = now.latch(stood, &examined);
    let speaking = latch::speaking(&standing);
    let rank = now.town.index().ranks[place];
    OfUnit::of(
        (unit, rank),
        now.outlook.as_of,
        examined,
        standing,
        speaking,
    )
}

/// What stands for units that the town does not have any more; sorted.
fn elsewhere(now: &Now<'_>, stood: Standing) -> Vec<(Cause, Arc<UnitAdvice>)> {
    let gone = |(cause, _): &(Cause, _)| now.town.unit(&cause.unit).is_none();
    let stood: Vec<_> = stood.into_iter().filter(gone).collect();
    now.latch(&stood, &[])
}

/// Places of units that one of these gauges was or would be asked for, in the town's order.
fn concerned(town: &Town, past: &Past, changed: &BTreeSet<SourceId>) -> Vec<usize> {
    let index = town.index();
    let asks = |place: &usize| {
        let exposures = town.units()[*place].exposures.iter();
        exposures
            .zip(&past.units.units()[*place].examined)
            .any(|(exposure, examined)| {
                let asked = &exposure.gauges[..examined.gauges_asked];
                asked.iter().any(|gauge| changed.contains(gauge))
            })
    };
    let own = changed.iter().flat_map(|gauge| index.units_of(gauge));
    let mut found: BTreeSet<usize> = own.copied().filter(asks).collect();
    // A condition that names a gauge itself asks it for every unit of its kind.
    let kinds = past.basis.named_by(changed);
    if !kinds.is_empty() {
        let units = town.units().iter().enumerate();
        let named = units.filter(|(_, unit)| {
            let mut exposures = unit.exposures.iter();
            exposures.any(|exposure| kinds.contains(&exposure.kind))
        });
        found.extend(named.map(|(place, _)| place));
    }
    found.into_iter().collect()
}

fn conclude(now: &Now<'_>, past: Past) -> (Advice, Memory) {
    let postures = now.policy.criteria.postures.iter();
    let advice = Advice {
        as_of: now.outlook.as_of,
        units: past.units.clone(),
        drafts: past.drafts.values().map(draft::Kept::draft).collect(),
        facilities: past.facilities.clone(),
        lifts: past.lifts.clone(),
        briefings: past.overall.briefings.clone(),
        postures: postures
            .filter(|posture| {
                crate::criteria::posture_answer(now.outlook, now.policy, posture) == Answer::Met
            })
            .map(|posture| posture.as_ref().clone())
            .collect(),
        unknown: Arc::clone(&past.overall.unknown),
    };
    (advice, Memory::after(past))
}
