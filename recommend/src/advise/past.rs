//! What the last answer was made from, and its parts, so that the next one is made anew only where something changed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::draft::{Cause, Kept};
use super::facility::FacilityAdvice;
use super::latch::{Now, Standing};
use super::lift::{Asked, LiftAdvice};
use super::overall::Overall;
use super::{ByUnit, Orders};
use crate::criteria::Kind;
use crate::id::SourceId;
use crate::outlook::{Gauge, Outlook};
use crate::policy::Policy;
use crate::sheaves::Sheaves;

/// The last answer, with what it was made from. It is compared, not trusted: whoever asks need not know what changed.
#[derive(Clone, Debug)]
pub(super) struct Past {
    pub(super) basis: Arc<Basis>,
    gauges: BTreeMap<SourceId, Arc<Gauge>>,
    pub(super) units: ByUnit,
    /// What stands for units that the town does not have.
    pub(super) elsewhere: Arc<Standing>,
    pub(super) drafts: BTreeMap<Cause, Kept>,
    pub(super) lifts: Sheaves<Arc<LiftAdvice>>,
    pub(super) facilities: Sheaves<Arc<FacilityAdvice>>,
    pub(super) overall: Overall,
}

/// What an answer consists of, beside what it was made from.
pub(super) struct Parts {
    pub(super) units: ByUnit,
    pub(super) drafts: BTreeMap<Cause, Kept>,
    pub(super) lifts: Sheaves<Arc<LiftAdvice>>,
    pub(super) facilities: Sheaves<Arc<FacilityAdvice>>,
    pub(super) overall: Overall,
}

/// What does not change from one reading to the next.
#[derive(Debug)]
pub(super) struct Basis {
    town: String,
    policy: Policy,
    orders: Orders,
    /// What is told, without gauges.
    told: Outlook,
    /// What may be lifted.
    pub(super) lifts: Asked,
    /// Gauges that conditions name themselves, with the kinds of threat for which they do.
    named: Vec<(SourceId, Kind)>,
}

impl Basis {
    pub(super) fn of(now: &Now<'_>) -> Self {
        let named = now.policy.criteria.named_gauges();
        Self {
            town: now.town.digest().to_owned(),
            policy: now.policy.clone(),
            orders: now.orders.clone(),
            told: Outlook {
                gauges: BTreeMap::new(),
                ..now.outlook.clone()
            },
            lifts: Asked::of(now.town, now.orders),
            named: named
                .map(|(gauge, condition)| (SourceId::new(gauge), condition.kind))
                .collect(),
        }
    }

    /// Kinds of threat for which every unit asks one of these gauges, because a condition names it.
    pub(super) fn named_by(&self, gauges: &BTreeSet<SourceId>) -> BTreeSet<Kind> {
        let named = self.named.iter();
        let named = named.filter(|(gauge, _)| gauges.contains(gauge));
        named.map(|(_, kind)| *kind).collect()
    }
}

impl Past {
    pub(super) fn of(
        now: &Now<'_>,
        basis: Arc<Basis>,
        elsewhere: Arc<Standing>,
        parts: Parts,
    ) -> Self {
        Self {
            basis,
            gauges: now.outlook.gauges.clone(),
            units: parts.units,
            elsewhere,
            drafts: parts.drafts,
            lifts: parts.lifts,
            facilities: parts.facilities,
            overall: parts.overall,
        }
    }

    /// The gauges that say something else than then, where nothing else changed: not the town, what it decided beforehand, what is
    /// ordered, the moment, or anything that is told. Nothing otherwise.
    pub(super) fn changed(&self, now: &Now<'_>) -> Option<BTreeSet<SourceId>> {
        let basis = &self.basis;
        let same = basis.town == now.town.digest()
            && basis.told.is_same_but_gauges(now.outlook)
            && basis.orders == *now.orders
            && basis.policy.is_same(now.policy);
        same.then(|| differing(&self.gauges, &now.outlook.gauges))
    }
}

fn differing(
    then: &BTreeMap<SourceId, Arc<Gauge>>,
    now: &BTreeMap<SourceId, Arc<Gauge>>,
) -> BTreeSet<SourceId> {
    let same = |gauge: &Arc<Gauge>, then: &Arc<Gauge>| Arc::ptr_eq(gauge, then) || gauge == then;
    let new = now
        .iter()
        .filter(|(id, gauge)| !then.get(*id).is_some_and(|then| same(gauge, then)));
    let gone = then.iter().filter(|(id, _)| !now.contains_key(*id));
    new.chain(gone).map(|(id, _)| id.clone()).collect()
}
