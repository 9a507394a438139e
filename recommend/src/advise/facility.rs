//! 要配慮者利用施設: their own, earlier deadlines, whatever the district's level is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::deadline::{Arrival, Deadline, Expected, Sun, arrival, of_facility};
use crate::hazard::Hazard;
use crate::id::{FacilityId, SourceId, UnitId};
use crate::outlook::{Outlook, hours_between};
use crate::policy::Policy;
use crate::town::{Exposure, Facility, Town};

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
    /// When the hazard may be there; nothing when not within what can be foreseen, or nothing is known.
    pub arrival: Option<Arrival>,
    /// By when at the latest.
    pub deadline: Option<Deadline>,
    /// Whether anything is known of the hazard there. Where not, it is not safe.
    pub known: bool,
    /// Whether it must be told. Stands until its grounds are long and surely gone.
    pub due: bool,
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

/// Advice for all facilities, in the town's order. Where `changed` names gauges, only those asked by one of them are asked anew; the
/// others keep what was said.
pub(super) fn advise(
    town: &Town,
    outlook: &Outlook,
    policy: &Policy,
    sun: Sun,
    before: &Told,
    changed: Option<(&BTreeSet<SourceId>, &[Arc<FacilityAdvice>])>,
) -> Vec<Arc<FacilityAdvice>> {
    let mut kept = changed.map_or(&[][..], |(_, before)| before).iter();
    let mut found = Vec::new();
    for facility in town.facilities() {
        for (number, exposure) in facility.exposures.iter().enumerate() {
            // The town is the same, so that its facilities stand in the same order.
            let same = kept.next();
            let asked = |changed: &BTreeSet<SourceId>| {
                exposure.gauges.iter().any(|gauge| changed.contains(gauge))
            };
            found.push(match (changed, same) {
                (Some((changed, _)), Some(same)) if !asked(changed) => Arc::clone(same),
                _ => {
                    let expected = earliest(outlook, policy, exposure);
                    let at = (facility, number);
                    Arc::new(one(outlook, policy, sun, at, &expected, before))
                }
            });
        }
    }
    found
}

fn one(
    outlook: &Outlook,
    policy: &Policy,
    sun: Sun,
    (facility, number): (&Facility, usize),
    expected: &Expected<'_>,
    before: &Told,
) -> FacilityAdvice {
    let as_of = outlook.as_of;
    let exposure = &facility.exposures[number];
    let deadline = of_facility(outlook, facility, expected, sun, &policy.deadline);
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
        arrival: expected.arrival.clone(),
        deadline,
        known,
        due: fresh,
        supported_at: as_of,
    };
    if let Some(past) = before.get(&advice.key()).filter(|past| past.due && !fresh) {
        advice.supported_at = if known { past.supported_at } else { as_of };
        let gone_h = hours_between(advice.supported_at, as_of);
        advice.due = gone_h <= policy.latch.expire_after_h;
        if !advice.due {
            advice.supported_at = as_of;
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
