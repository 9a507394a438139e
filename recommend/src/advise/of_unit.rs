//! Everything about one unit at one moment.

use std::sync::Arc;

use jiff::Timestamp;

use super::UnitAdvice;
use super::examine::Examined;
use super::orders::Cause;
use crate::criteria::{Answer, Test, TestResult};
use crate::hazard::Hazard;
use crate::town::Unit;

/// Everything about one unit at one moment: as a whole it stands while nothing new concerns it.
#[derive(Debug)]
pub(super) struct OfUnit {
    /// All its threats, in its order.
    pub(super) examined: Vec<Arc<Examined>>,
    /// What stands, each river for itself, sorted.
    pub(super) standing: Vec<(Cause, Arc<UnitAdvice>)>,
    /// Of each hazard what speaks, sorted.
    pub(super) speaking: Vec<Spoken>,
    /// What is known of each hazard that threatens it.
    pub(super) threats: Vec<Threat>,
}

/// Advice that speaks, and what a question to officers needs of it.
#[derive(Debug)]
pub(super) struct Spoken {
    pub(super) hazard: Hazard,
    pub(super) advice: Arc<UnitAdvice>,
    pub(super) member: Member,
}

/// A unit as one of those that a question is about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Member {
    /// Its rank among the names of the town.
    pub(super) rank: usize,
    /// Residents.
    pub(super) people: u32,
    /// Who would be in the water or the slide.
    pub(super) at_risk: u32,
    /// Whether it must be named whatever it costs: somebody may live in a house-collapse zone, or somebody saw something there.
    pub(super) must: bool,
    /// Who must leave whatever the way is.
    pub(super) must_leave: u32,
    /// Who may stay on a safe floor.
    pub(super) may_stay: u32,
    /// The deadline of the level that is advised.
    pub(super) decide_by: Option<Timestamp>,
    /// The highest chance of this hazard, where the grounds of the advice hold now. What only stands from before says nothing of
    /// how likely is likely enough.
    pub(super) enough: Option<f64>,
}

/// What is known of one hazard in one unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Threat {
    pub(super) hazard: Hazard,
    /// The highest chance that it comes within what can be foreseen.
    pub(super) chance: Option<f64>,
    /// Whether nothing is known of any of its exposures.
    pub(super) nothing_known: bool,
}

impl OfUnit {
    pub(super) fn of(
        (unit, rank): (&Unit, usize),
        as_of: Timestamp,
        examined: Vec<Arc<Examined>>,
        standing: Vec<(Cause, Arc<UnitAdvice>)>,
        speaking: Vec<(Hazard, Arc<UnitAdvice>)>,
    ) -> Self {
        let threats = threats(&examined);
        let speaking = speaking
            .into_iter()
            .map(|(hazard, advice)| Spoken {
                member: member((unit, rank), as_of, &advice, &threats),
                hazard,
                advice,
            })
            .collect();
        Self {
            examined,
            standing,
            speaking,
            threats,
        }
    }

    /// What is advised for a hazard.
    pub(super) fn advice(&self, hazard: Hazard) -> Option<&Arc<UnitAdvice>> {
        let mut speaking = self.speaking.iter();
        let spoken = speaking.find(|spoken| spoken.hazard == hazard)?;
        Some(&spoken.advice)
    }

    /// What is known of a hazard; nothing where it does not threaten the unit.
    pub(super) fn threat(&self, hazard: Hazard) -> Option<&Threat> {
        self.threats.iter().find(|threat| threat.hazard == hazard)
    }
}

/// What is known of each hazard among these, in the order in which they come.
pub(super) fn threats(examined: &[Arc<Examined>]) -> Vec<Threat> {
    let mut found: Vec<Threat> = Vec::with_capacity(1);
    for one in examined {
        let (hazard, chance) = (one.kind.hazard(), one.deadlines.chance);
        let known = found.iter_mut().find(|threat| threat.hazard == hazard);
        match known {
            Some(threat) => {
                threat.nothing_known &= one.nothing_known;
                threat.chance = match (threat.chance, chance) {
                    (Some(a), Some(b)) => Some(a.max(b)),
                    (a, b) => a.or(b),
                };
            }
            None => found.push(Threat {
                hazard,
                chance,
                nothing_known: one.nothing_known,
            }),
        }
    }
    found
}

fn member(
    (unit, rank): (&Unit, usize),
    as_of: Timestamp,
    advice: &UnitAdvice,
    threats: &[Threat],
) -> Member {
    let hazard = advice.hazard();
    let mut exposures = unit
        .exposures
        .iter()
        .filter(|exposure| exposure.hazard() == hazard);
    // Where no map of collapse zones is loaded, somebody may live in one.
    let may_collapse = exposures.any(|exposure| exposure.people_in_collapse_zone != Some(0));
    let reported = || {
        advice
            .met()
            .any(|finding| holds_by_report(&finding.condition.all, &finding.tests))
    };
    let mut known = threats.iter().filter(|threat| threat.hazard == hazard);
    Member {
        rank,
        people: unit.people,
        at_risk: advice.people_at_risk,
        must: may_collapse || reported(),
        must_leave: advice.action.must_leave,
        may_stay: advice.action.may_stay,
        decide_by: advice.deadlines.of(advice.level).map(|of| of.decide_by),
        enough: known
            .next()
            .and_then(|threat| threat.chance)
            .filter(|_| advice.holds_at(as_of)),
    }
}

fn holds_by_report(tests: &[Test], results: &[TestResult]) -> bool {
    tests.iter().zip(results).any(|(test, result)| match test {
        Test::AnyOf { tests } | Test::AllOf { tests } => holds_by_report(tests, &result.inner),
        _ => matches!(test, Test::Report { .. }) && result.answer == Answer::Met,
    })
}
