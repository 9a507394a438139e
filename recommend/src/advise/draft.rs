//! What an officer is asked: one question per hazard, river and level.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::complement::{Asking, Complement};
use super::cover::{Candidate, Choice, cover};
use super::examine::Examined;
use super::past::Past;
use super::{ByUnit, UnitAdvice};
use crate::criteria::{Answer, Test, TestResult};
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
pub(super) type Cause = (Hazard, Option<String>, OrderLevel);

/// A draft, and what is likely enough to be ordered by it.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    draft: Arc<Draft>,
    least: Option<f64>,
}

impl Kept {
    pub(super) fn draft(&self) -> Arc<Draft> {
        Arc::clone(&self.draft)
    }
}

/// What drafts are made from.
pub(super) struct Drafting<'a> {
    pub(super) town: &'a Town,
    pub(super) outlook: &'a Outlook,
    pub(super) policy: &'a Policy,
    pub(super) units: &'a ByUnit,
    /// What was examined of each unit, in the town's order.
    pub(super) examined: &'a [&'a [Arc<Examined>]],
}

impl Drafting<'_> {
    /// All questions.
    pub(super) fn all(&self) -> BTreeMap<Cause, Kept> {
        self.members()
            .into_iter()
            .map(|(cause, members)| {
                let draft = self.one(&cause, &members);
                (cause, draft)
            })
            .collect()
    }

    /// All questions, where nothing changed but the units at these places of the town.
    pub(super) fn after(
        &self,
        past: &Past,
        changed: &(impl Iterator<Item = usize> + Clone),
    ) -> BTreeMap<Cause, Kept> {
        let mut touched: BTreeSet<Cause> = BTreeSet::new();
        for place in changed.clone() {
            let unit = &self.town.units()[place].id;
            let first = (unit.clone(), Hazard::ALL[0]);
            for units in [past.units.as_ref(), self.units] {
                let own = units.range(first.clone()..);
                let own = own.take_while(|((of, _), _)| of == unit);
                touched.extend(own.map(|(_, advice)| cause(advice)));
            }
        }
        self.members()
            .into_iter()
            .map(|(cause, members)| {
                let kept = past.drafts.get(&cause);
                let draft = match kept.filter(|_| !touched.contains(&cause)) {
                    Some(kept) => self.with_complement(&cause, kept, changed.clone()),
                    None => self.one(&cause, &members),
                };
                (cause, draft)
            })
            .collect()
    }

    fn members(&self) -> BTreeMap<Cause, Vec<&Arc<UnitAdvice>>> {
        type Borrowed<'a> = (Hazard, Option<&'a str>, OrderLevel);
        let mut members: BTreeMap<Borrowed<'_>, Vec<&Arc<UnitAdvice>>> = BTreeMap::new();
        for advice in self.units.values() {
            let cause = (advice.hazard(), advice.river.as_deref(), advice.level);
            members.entry(cause).or_default().push(advice);
        }
        members
            .into_iter()
            .map(|((hazard, river, level), of)| ((hazard, river.map(str::to_owned), level), of))
            .collect()
    }

    /// The same draft beside units that changed and are not in it.
    fn with_complement(
        &self,
        (hazard, _, level): &Cause,
        kept: &Kept,
        changed: impl Iterator<Item = usize>,
    ) -> Kept {
        let asking = Asking {
            units: self.units,
            examined: self.examined,
            hazard: *hazard,
            level: *level,
            least: kept.least,
        };
        let whys = changed.map(|place| {
            let unit = &self.town.units()[place].id;
            (unit.clone(), asking.why(place, unit))
        });
        match kept.draft.complement.with(whys) {
            None => kept.clone(),
            Some(complement) => Kept {
                draft: Arc::new(Draft {
                    complement,
                    ..kept.draft.as_ref().clone()
                }),
                least: kept.least,
            },
        }
    }

    fn one(&self, (hazard, river, level): &Cause, members: &[&Arc<UnitAdvice>]) -> Kept {
        let (town, policy) = (self.town, self.policy);
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
            .filter_map(|advice| Some((*advice, advice.deadlines.of(*level)?)))
            .reduce(|first, other| {
                if other.1.decide_by < first.1.decide_by {
                    other
                } else {
                    first
                }
            })
            .map(|(advice, deadline)| (advice.unit.clone(), deadline.clone()));
        let asking = Asking {
            units: self.units,
            examined: self.examined,
            hazard: *hazard,
            level: *level,
            least: None,
        };
        let (complement, least) = asking.of(town, &choice.chosen);
        let draft = Draft {
            hazard: *hazard,
            river: river.clone(),
            level: *level,
            as_of: self.outlook.as_of,
            gauge: members.first().and_then(|advice| advice.gauge.clone()),
            names: names(town, &choice.chosen, policy.area.group_share),
            complement,
            deadline,
            must_leave: chosen.iter().fold(0, |sum, advice| {
                advice.action.must_leave.saturating_add(sum)
            }),
            may_stay: chosen.iter().map(|advice| advice.action.may_stay).sum(),
            choice,
        };
        Kept {
            draft: Arc::new(draft),
            least,
        }
    }
}

fn cause(advice: &UnitAdvice) -> Cause {
    (advice.hazard(), advice.river.clone(), advice.level)
}

fn candidate<'a>(town: &'a Town, advice: &'a UnitAdvice) -> Option<Candidate<'a>> {
    let unit = town.unit(&advice.unit)?;
    let mut exposures = unit
        .exposures
        .iter()
        .filter(|exposure| exposure.hazard() == advice.hazard());
    // Where no map of collapse zones is loaded, somebody may live in one.
    let may_collapse = exposures.any(|exposure| exposure.people_in_collapse_zone != Some(0));
    let reported = || {
        advice
            .met()
            .any(|finding| holds_by_report(&finding.condition.all, &finding.tests))
    };
    Some(Candidate {
        unit: &advice.unit,
        people: unit.people,
        at_risk: advice.people_at_risk,
        must: may_collapse || reported(),
    })
}

fn holds_by_report(tests: &[Test], results: &[TestResult]) -> bool {
    tests.iter().zip(results).any(|(test, result)| match test {
        Test::AnyOf { tests } | Test::AllOf { tests } => holds_by_report(tests, &result.inner),
        _ => matches!(test, Test::Report { .. }) && result.answer == Answer::Met,
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
