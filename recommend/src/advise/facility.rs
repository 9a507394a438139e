//! 要配慮者利用施設: their own, earlier deadlines, whatever the district's level is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::latch::Now;
use crate::deadline::{Arrival, Deadline, Expected, arrival, of_facility};
use crate::hazard::Hazard;
use crate::id::{FacilityId, SourceId, UnitId};
use crate::outlook::{Outlook, hours_between};
use crate::policy::Policy;
use crate::sheaves::Sheaves;
use crate::town::Exposure;

/// Advice for one facility and hazard: tell it by then.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FacilityAdvice {
    /// Which.
    pub facility: FacilityId,
    /// Unit it stands in.
    pub unit: UnitId,
    /// From what.
    pub hazard: Hazard,
    /// River, for rivers.
    pub river: Option<String>,
    /// Which of its exposures.
    #[serde(default)]
    pub exposure: usize,
    /// People to move.
    pub people: u32,
    /// The moment it was worked out for.
    pub as_of: Timestamp,
    /// When the hazard may be there; nothing when not within what can be foreseen, or nothing is known.
    pub arrival: Option<Arrival>,
    /// By when at the latest.
    pub deadline: Option<Deadline>,
    /// Whether anything is known of the hazard there. Where not, it is not safe.
    pub known: bool,
    /// Whether it must be told. Stands until its grounds are long and surely gone.
    pub due: bool,
    /// Since when without a break; nothing where nothing is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_since: Option<Timestamp>,
    /// When its grounds last held, or could not be ruled out; the moment itself where nothing is due.
    pub supported_at: Timestamp,
}

/// What one advice is kept under.
pub(super) type Key = (FacilityId, Hazard, Option<String>, usize);

impl FacilityAdvice {
    pub(super) fn key(&self) -> Key {
        let river = self.river.clone();
        (self.facility.clone(), self.hazard, river, self.exposure)
    }
}

/// What facilities were told last, by what each was told of.
pub(super) type Told = BTreeMap<Key, Arc<FacilityAdvice>>;

/// Advice for all facilities, in the town's order.
pub(super) fn all(now: &Now<'_>, before: &Told) -> Sheaves<Arc<FacilityAdvice>> {
    let slots = now.town.index().facilities.iter();
    let advise = |slot| {
        let past = |key: &Key| before.get(key).map(AsRef::as_ref);
        Arc::new(one(now, slot, past))
    };
    slots.map(|slot| advise(*slot)).collect()
}

/// The same where only these gauges say something else: facilities that none of them decides for keep what was said.
pub(super) fn after(
    now: &Now<'_>,
    before: &Sheaves<Arc<FacilityAdvice>>,
    changed: &BTreeSet<SourceId>,
) -> Sheaves<Arc<FacilityAdvice>> {
    let index = now.town.index();
    let slots = changed.iter().flat_map(|gauge| index.facilities_of(gauge));
    let slots: BTreeSet<usize> = slots.copied().collect();
    let mut found = before.clone();
    for slot in slots {
        let past = before.get(slot).map(AsRef::as_ref);
        let advice = one(now, index.facilities[slot], |_| past);
        found.set(slot, Arc::new(advice));
    }
    found
}

fn one<'b>(
    now: &Now<'_>,
    (facility, number): (usize, usize),
    before: impl FnOnce(&Key) -> Option<&'b FacilityAdvice>,
) -> FacilityAdvice {
    let Now {
        outlook,
        policy,
        sun,
        ..
    } = *now;
    let facility = &now.town.facilities()[facility];
    let as_of = outlook.as_of;
    let exposure = &facility.exposures[number];
    let expected = earliest(outlook, policy, exposure);
    let deadline = of_facility(outlook, facility, &expected, sun, &policy.deadline);
    let fresh = deadline
        .as_ref()
        .is_some_and(|deadline| is_due(deadline, as_of, policy));
    let known = expected.chance.is_some();
    let mut advice = FacilityAdvice {
        facility: facility.id.clone(),
        unit: facility.unit.clone(),
        hazard: exposure.hazard(),
        river: exposure.river.clone(),
        exposure: number,
        people: facility.people,
        as_of,
        arrival: expected.arrival.clone(),
        deadline,
        known,
        due: fresh,
        due_since: fresh.then_some(as_of),
        supported_at: as_of,
    };
    let past = before(&advice.key()).filter(|past| past.due);
    if let Some(past) = past {
        advice.due_since = past.due_since.or(advice.due_since);
    }
    if let Some(past) = past.filter(|_| !fresh) {
        advice.supported_at = if known { past.supported_at } else { as_of };
        let gone_h = hours_between(advice.supported_at, as_of);
        advice.due = gone_h <= policy.latch.expire_after_h;
        if !advice.due {
            advice.supported_at = as_of;
            advice.due_since = None;
        }
    }
    advice
}

fn is_due(deadline: &Deadline, as_of: Timestamp, policy: &Policy) -> bool {
    let margin_s = policy.deadline.facility_margin_min * 60.0;
    SignedDuration::try_from_secs_f64(margin_s)
        .ok()
        .and_then(|margin| deadline.decide_by.checked_sub(margin).ok())
        .is_some_and(|from| from <= as_of)
}

/// The first gauge that says when, as for a unit; what is known of none stays unknown.
fn earliest<'a>(outlook: &'a Outlook, policy: &Policy, exposure: &Exposure) -> Expected<'a> {
    let stale_min = policy.criteria.stale.forecast_min;
    let of_gauges = exposure
        .gauges
        .iter()
        .filter_map(|id| Some((id, outlook.gauges.get(id)?)));
    for (id, gauge) in of_gauges {
        let expected = arrival(
            outlook,
            exposure,
            Some((id, gauge)),
            stale_min,
            &policy.deadline,
        );
        if expected.arrival.is_some() || (expected.chance.is_some() && !gauge.is_held()) {
            return expected;
        }
    }
    arrival(outlook, exposure, None, stale_min, &policy.deadline)
}
