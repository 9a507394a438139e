//! What an officer is asked: one question per hazard, river and level.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::complement::{Complement, complement};
use super::cover::{Candidate, Choice, cover};
use super::examine::Examined;
use super::{ByUnit, UnitAdvice};
use crate::criteria::{Answer, Test};
use crate::deadline::Deadline;
use crate::hazard::Hazard;
use crate::id::{SourceId, UnitId};
use crate::level::OrderLevel;
use crate::outlook::Outlook;
use crate::policy::Policy;
use crate::town::Town;

/// One question to the officers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// Hazard.
    pub hazard: Hazard,
    /// River, for rivers.
    pub river: Option<String>,
    /// Level to issue.
    pub level: OrderLevel,
    /// The moment of the event.
    pub as_of: Timestamp,
    /// The gauge that decides for most.
    pub gauge: Option<SourceId>,
    /// The smallest set that holds the people at risk, and the price of widening it.
    pub choice: Choice,
    /// How it may be said with fewer names.
    pub names: Vec<Names>,
    /// What it leaves out.
    pub complement: Complement,
    /// The earliest deadline among its units, and whose.
    pub deadline: Option<(UnitId, Deadline)>,
    /// People who must leave whatever way is chosen.
    pub must_leave: u32,
    /// People who may stay on a safe floor.
    pub may_stay: u32,
}

/// A bigger name for several units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    /// The bigger name.
    pub name: String,
    /// Chosen units in it.
    pub concerned: BTreeSet<UnitId>,
    /// Units that the bigger name would order besides, without being asked for.
    pub besides: BTreeSet<UnitId>,
    /// People living in these.
    pub people_besides: u32,
}

/// What makes two units one question.
type Cause<'a> = (Hazard, Option<&'a str>, OrderLevel);

pub(super) fn drafts(
    town: &Town,
    outlook: &Outlook,
    policy: &Policy,
    units: &ByUnit,
    examined: &[Arc<Examined>],
) -> Vec<Draft> {
    let mut by_cause: BTreeMap<Cause<'_>, Vec<&Arc<UnitAdvice>>> = BTreeMap::new();
    for advice in units.values() {
        by_cause
            .entry((advice.hazard(), advice.river.as_deref(), advice.level))
            .or_default()
            .push(advice);
    }
    by_cause
        .into_iter()
        .map(|((hazard, river, level), members)| {
            let candidates: Vec<Candidate<'_>> = members
                .iter()
                .filter_map(|advice| candidate(town, advice))
                .collect();
            let choice = cover(&candidates, &policy.area);
            let chosen: Vec<&&Arc<UnitAdvice>> = members
                .iter()
                .filter(|advice| choice.chosen.contains(&advice.unit))
                .collect();
            let deadline = chosen
                .iter()
                .filter_map(|advice| {
                    Some((advice.unit.clone(), advice.deadlines.of(level)?.clone()))
                })
                .reduce(|first, other| {
                    if other.1.decide_by < first.1.decide_by {
                        other
                    } else {
                        first
                    }
                });
            Draft {
                hazard,
                river: river.map(str::to_owned),
                level,
                as_of: outlook.as_of,
                gauge: members.first().and_then(|advice| advice.gauge.clone()),
                names: names(town, &choice.chosen, policy.area.group_share),
                complement: complement(town, units, examined, &choice.chosen, hazard, level),
                deadline,
                must_leave: chosen.iter().fold(0, |sum, advice| {
                    advice.action.must_leave.saturating_add(sum)
                }),
                may_stay: chosen.iter().map(|advice| advice.action.may_stay).sum(),
                choice,
            }
        })
        .collect()
}

fn candidate<'a>(town: &'a Town, advice: &'a UnitAdvice) -> Option<Candidate<'a>> {
    let unit = town.unit(&advice.unit)?;
    let mut exposures = unit
        .exposures
        .iter()
        .filter(|exposure| exposure.hazard() == advice.hazard());
    // Where no map of collapse zones is loaded, somebody may live in one.
    let may_collapse = exposures.any(|exposure| exposure.people_in_collapse_zone != Some(0));
    let reported = advice.met().any(|finding| {
        finding.leaves().any(|(test, result)| {
            matches!(test, Test::Report { .. }) && result.answer == Answer::Met
        })
    });
    Some(Candidate {
        unit: &advice.unit,
        people: unit.people,
        at_risk: advice.people_at_risk,
        must: may_collapse || reported,
    })
}

/// Bigger names, the one with most chosen units first; each unit is named once.
fn names(town: &Town, chosen: &BTreeSet<UnitId>, share: f64) -> Vec<Names> {
    let mut left = chosen.clone();
    let mut found = Vec::new();
    let mut groups: Vec<(usize, &crate::town::Group)> = town
        .groups()
        .iter()
        .map(|group| (group.units.intersection(chosen).count(), group))
        .collect();
    groups.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.name.cmp(&b.1.name)));
    for (_, group) in groups {
        let concerned: BTreeSet<UnitId> = group.units.intersection(&left).cloned().collect();
        // Counted in units: towns have far fewer than a float can count.
        #[expect(clippy::cast_precision_loss, reason = "counts of units of one group")]
        let enough = concerned.len() as f64 > group.units.len() as f64 * share;
        if concerned.len() < 2 || !enough {
            continue;
        }
        let besides: BTreeSet<UnitId> = group.units.difference(chosen).cloned().collect();
        left.retain(|unit| !concerned.contains(unit));
        found.push(Names {
            name: group.name.clone(),
            people_besides: besides
                .iter()
                .filter_map(|unit| town.unit(unit))
                .map(|unit| unit.people)
                .sum(),
            concerned,
            besides,
        });
    }
    found
}
