//! A proposal beside everything else that is advised: the smallest set of districts, bigger names, what is left out, people.

use std::collections::BTreeMap;
use std::sync::Arc;

use hinan_gis::Town;
use hinan_recommend::{LeftOut, UnitAdvice, UnitId, Waiting, action_words};

use super::Recommendation;
use super::cause;
use super::core::Core;
use super::level::{OrderLevel, advised};
use super::proposal::{LeftOutDistrict, Proposal, UnitWay};
use super::refuge::{Refuge, key};

/// Completes proposals of one moment.
#[must_use]
pub fn complete(
    proposals: Vec<Proposal>,
    recommendations: &[Arc<Recommendation>],
    advice: &hinan_recommend::Advice,
    refuge: &Refuge,
    (town, core): (&Town, &Core),
) -> Vec<Proposal> {
    let mut asked: BTreeMap<&str, OrderLevel> = BTreeMap::new();
    for one in recommendations {
        let level = asked.entry(one.district.as_str()).or_insert(one.level);
        *level = (*level).max(one.level);
    }
    proposals
        .into_iter()
        .map(|mut proposal| {
            let (river, level) = (proposal.key.river.clone(), proposal.key.level);
            let members: Vec<&UnitAdvice> = recommendations
                .iter()
                .filter(|one| one.river == river && one.level == level)
                .map(|one| one.advice.as_ref())
                .collect();
            proposal.supported_at = members.iter().map(|of| of.supported_at).max();
            proposal.ways = members.iter().map(|of| way(town, core, of)).collect();
            proposal.waiting = waiting(&members, advised(level));
            proposal.people = refuge.demand.get(&key(&river, level)).cloned();
            let draft = advice.drafts.iter().find(|draft| {
                draft.hazard == cause::hazard(&river)
                    && draft.river.as_deref() == cause::is_river(&river).then_some(river.as_str())
                    && draft.level == advised(level)
            });
            let Some(draft) = draft else {
                return proposal;
            };
            let (beside, districts) = proposal
                .districts
                .drain(..)
                .partition(|district| draft.choice.beside.contains(district.id.as_str()));
            proposal.districts = districts;
            proposal.beside = beside;
            let names = draft.names.iter();
            proposal.names = names.map(|names| names.as_ref().clone()).collect();
            proposal.left_out = draft
                .complement
                .iter()
                .filter(|(unit, why)| {
                    let said = matches!(
                        why,
                        LeftOut::AsMuchAdvised | LeftOut::AsLikely | LeftOut::NothingKnown
                    );
                    // What another proposal asks for at this level or above is not left out.
                    let by_sibling = asked
                        .get(unit.as_str())
                        .is_some_and(|other| *other >= level);
                    said && !by_sibling && !draft.choice.beside.contains(*unit)
                })
                .map(|(unit, why)| LeftOutDistrict {
                    id: unit.to_string(),
                    name: name(town, core, unit),
                    why,
                })
                .collect();
            proposal
        })
        .collect()
}

/// The rows of the member whose deadline comes first, with the people of all members who would come too late.
fn waiting(members: &[&UnitAdvice], level: hinan_recommend::OrderLevel) -> Vec<Waiting> {
    let first = members
        .iter()
        .filter_map(|of| Some((of.deadlines.of(level)?.decide_by, *of)))
        .min_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.unit.cmp(&b.1.unit)));
    let Some((_, first)) = first else {
        return Vec::new();
    };
    first
        .deadlines
        .waiting_of(level)
        .iter()
        .map(|row| {
            let people = members.iter().try_fold(0.0, |sum, of| {
                let rows = of.deadlines.waiting_of(level).iter();
                let mut same = rows.filter(|other| other.wait_min == row.wait_min);
                Some(sum + same.next()?.people_too_late?)
            });
            Waiting {
                people_too_late: people,
                ..row.clone()
            }
        })
        .collect()
}

pub(super) fn name(town: &Town, core: &Core, unit: &UnitId) -> String {
    core.place(unit.as_str())
        .and_then(|place| town.districts.get(place))
        .map_or_else(|| unit.to_string(), |district| district.name.clone())
}

pub(super) fn way(town: &Town, core: &Core, of: &UnitAdvice) -> UnitWay {
    let deadline = of.deadlines.of(of.level);
    UnitWay {
        id: of.unit.to_string(),
        name: name(town, core, &of.unit),
        mode: of.action.mode,
        words: action_words(of.level, of.hazard(), &of.action),
        why: of.action.why.clone(),
        must_leave: of.action.must_leave,
        may_stay: of.action.may_stay,
        decide_by: deadline.map(|deadline| deadline.decide_by),
        because: deadline.map(hinan_recommend::Deadline::named),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recommend::made::{Along, advised as made};

    #[test]
    fn what_waiting_costs_is_told_of_the_people_of_all_districts() {
        let all = made(&[Along {
            gauge: "yakage",
            level_m: 5.6,
            rise_m_per_h: 1.2,
            districts: &[("kita", 300), ("minami", 500)],
        }]);
        let members: Vec<&UnitAdvice> = all.iter().map(|one| one.advice.as_ref()).collect();
        let level = members[0].level;
        let rows = waiting(&members, level);
        let of = |n: usize| {
            let own = members[n].deadlines.waiting_of(level);
            own.last()
                .and_then(|row| row.people_too_late)
                .expect("it is worked out")
        };
        let told = rows
            .last()
            .and_then(|row| row.people_too_late)
            .expect("it is told");
        assert!(of(0) > 0.0 && of(1) > 0.0);
        assert!((told - of(0) - of(1)).abs() < 1e-9, "{told}");
    }
}
