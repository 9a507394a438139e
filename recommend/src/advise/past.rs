//! What the last answer was made from, so that the next one is made anew only where something changed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::draft::{Cause, Kept};
use super::facility::FacilityAdvice;
use super::lift::LiftAdvice;
use super::{ByUnit, Orders};
use crate::id::SourceId;
use crate::outlook::Outlook;
use crate::policy::Policy;
use crate::town::Town;

/// The last answer, with what it was made from. It is compared, not trusted: whoever asks need not know what changed.
#[derive(Clone, Debug)]
pub(super) struct Past {
    pub(super) basis: Arc<Basis>,
    pub(super) outlook: Arc<Outlook>,
    pub(super) units: Arc<ByUnit>,
    pub(super) drafts: BTreeMap<Cause, Kept>,
    pub(super) lifts: Vec<Arc<LiftAdvice>>,
    pub(super) facilities: Vec<Arc<FacilityAdvice>>,
}

/// What seldom changes.
#[derive(Debug)]
pub(super) struct Basis {
    town: String,
    policy: Policy,
    orders: Orders,
}

impl Basis {
    pub(super) fn of(town: &Town, policy: &Policy, orders: &Orders) -> Self {
        Self {
            town: town.digest().to_owned(),
            policy: policy.clone(),
            orders: orders.clone(),
        }
    }
}

impl Past {
    /// The gauges that say something else than then, where nothing else changed: not the town, what it decided beforehand, what is
    /// ordered, the moment, or anything that is told. Nothing otherwise.
    pub(super) fn changed(
        &self,
        town: &Town,
        outlook: &Outlook,
        policy: &Policy,
        orders: &Orders,
    ) -> Option<BTreeSet<SourceId>> {
        let basis = &self.basis;
        let same = basis.town == town.digest()
            && self.outlook.is_same_but_gauges(outlook)
            && basis.orders == *orders
            && basis.policy.is_same(policy);
        same.then(|| differing(&self.outlook, outlook))
    }
}

fn differing(then: &Outlook, now: &Outlook) -> BTreeSet<SourceId> {
    let new = now
        .gauges
        .iter()
        .filter(|(id, gauge)| then.gauges.get(*id) != Some(gauge));
    let gone = then
        .gauges
        .iter()
        .filter(|(id, _)| !now.gauges.contains_key(*id));
    new.chain(gone).map(|(id, _)| id.clone()).collect()
}
