use super::allocate::{AllocateError, Plan, Question, allocate};
use super::ways::Ways;
use crate::{ShelterId, UnitId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What the water of one hour leaves of ways and sites.
#[derive(Clone, Copy, Debug)]
pub struct Hour<'a> {
    /// Minutes ahead.
    pub minutes: u32,
    /// Ways that are still open then.
    pub ways: &'a Ways,
    /// Shelters that are wet then.
    pub wet: &'a BTreeSet<ShelterId>,
}

/// Plans for one hour after the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Course {
    /// Minutes ahead and the plan for those who set out then.
    pub plans: Vec<(u32, Plan)>,
    /// Units whose shelters are others than in the hour before.
    pub moved: Vec<Moved>,
    /// Last of the minutes at which everybody of the unit still has a place; none when not even at the first.
    pub last_with_place_min: BTreeMap<UnitId, Option<u32>>,
}

/// A unit that goes elsewhere from an hour on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// From when.
    pub minutes: u32,
    /// The unit.
    pub unit: UnitId,
    /// Where it went before.
    pub from: BTreeSet<ShelterId>,
    /// Where it goes from then on; empty when nobody has a place any more.
    pub to: BTreeSet<ShelterId>,
}

/// Plans again for the water of each hour: what happens to the plan if people set out then. `question` gives everything but
/// ways and water. Hours are taken in the order of their minutes.
///
/// # Errors
/// [`AllocateError`], as of [`allocate`].
pub fn follow_hours(question: &Question<'_>, hours: &[Hour<'_>]) -> Result<Course, AllocateError> {
    let mut order: Vec<&Hour<'_>> = hours.iter().collect();
    order.sort_by_key(|hour| hour.minutes);
    let mut course = Course {
        plans: Vec::with_capacity(hours.len()),
        moved: Vec::new(),
        last_with_place_min: question
            .units
            .iter()
            .map(|unit| (unit.id.clone(), None))
            .collect(),
    };
    let mut cut_off: BTreeSet<UnitId> = BTreeSet::new();
    for hour in order {
        let plan = allocate(&Question {
            ways: hour.ways,
            wet: hour.wet,
            ..*question
        })?;
        cut_off.extend(plan.without_place.keys().cloned());
        for (unit, last) in &mut course.last_with_place_min {
            if !cut_off.contains(unit) {
                *last = Some(hour.minutes);
            }
        }
        if let Some((_, before)) = course.plans.last() {
            for unit in question.units {
                let (from, to) = (shelters_of(before, &unit.id), shelters_of(&plan, &unit.id));
                if from != to {
                    course.moved.push(Moved {
                        minutes: hour.minutes,
                        unit: unit.id.clone(),
                        from,
                        to,
                    });
                }
            }
        }
        course.plans.push((hour.minutes, plan));
    }
    course
        .moved
        .sort_by(|a, b| (a.minutes, &a.unit).cmp(&(b.minutes, &b.unit)));
    Ok(course)
}

fn shelters_of(plan: &Plan, unit: &UnitId) -> BTreeSet<ShelterId> {
    let assigned = plan.assigned.get(unit).into_iter().flatten();
    assigned.map(|to| to.shelter.clone()).collect()
}
