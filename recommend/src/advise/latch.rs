//! Escalate only: what was advised stands until it is lifted, or until nobody decided on it and its grounds are long and surely gone.
//!
//! Each river of a unit has a latch of its own. Of several that ask for a level the highest speaks, and of equals the one whose
//! deadline comes first; the others stay beneath it and speak when it ends.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::counter::{self, Counter};
use super::examine::Examined;
use super::facility::{self, FacilityAdvice};
use super::orders::Cause;
use super::past::Past;
use super::{Advice, Orders, UnitAdvice};
use crate::action::action;
use crate::criteria::{Answer, Finding, Test};
use crate::deadline::{Deadlines, Sun};
use crate::hazard::Hazard;
use crate::id::UnitId;
use crate::level::OrderLevel;
use crate::outlook::Outlook;
use crate::policy::Policy;
use crate::town::Town;

/// Advice that stands, by what it stands for.
pub(super) type Standing = BTreeMap<Cause, Arc<UnitAdvice>>;

/// What must be remembered from one moment to the next.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// Advice that was written down, each river for itself; nothing where the last answer is known whole.
    written: Arc<Standing>,
    /// What facilities were told then.
    told: Arc<facility::Told>,
    /// The last answer with all its parts; nothing after a restart.
    pub(super) past: Option<Past>,
}

impl Memory {
    /// Nothing was advised yet.
    pub fn empty() -> Self {
        Self::default()
    }

    /// From advice that was written down, after a restart.
    pub fn of(advice: &Advice) -> Self {
        let facilities = advice.facilities.iter();
        let told = facilities.map(|of| (of.key(), Arc::clone(of))).collect();
        let mut standing = Standing::new();
        for spoke in advice.units.values() {
            for beneath in &spoke.beneath {
                standing.insert(beneath.cause(), Arc::clone(beneath));
            }
            standing.insert(spoke.cause(), alone(spoke));
        }
        Self {
            written: Arc::new(standing),
            told: Arc::new(told),
            past: None,
        }
    }

    /// The same with what facilities were told when the advice was written down.
    #[must_use]
    pub fn telling(mut self, facilities: impl IntoIterator<Item = Arc<FacilityAdvice>>) -> Self {
        let told = facilities.into_iter().map(|of| (of.key(), of));
        self.told = Arc::new(told.collect());
        self
    }

    pub(super) fn after(past: Past) -> Self {
        Self {
            past: Some(past),
            ..Self::default()
        }
    }

    /// Everything that was examined last, in the town's order.
    pub fn examined(&self) -> Vec<Arc<Examined>> {
        let past = self.past.iter();
        past.flat_map(|past| past.units.units().iter())
            .flat_map(|unit| unit.examined.iter().cloned())
            .collect()
    }

    /// Advice that stands, each river for itself.
    pub(super) fn standing(&self) -> Standing {
        let Some(past) = &self.past else {
            return self.written.as_ref().clone();
        };
        let units = past.units.units().iter();
        let own = units.flat_map(|unit| unit.standing.iter().cloned());
        let elsewhere = past.elsewhere.iter();
        own.chain(elsewhere.map(|(cause, advice)| (cause.clone(), Arc::clone(advice))))
            .collect()
    }

    /// What facilities were told last.
    pub(super) fn told(&self) -> facility::Told {
        match &self.past {
            None => self.told.as_ref().clone(),
            Some(past) => {
                let facilities = past.facilities.iter();
                facilities.map(|of| (of.key(), Arc::clone(of))).collect()
            }
        }
    }
}

/// Advice without what stands beneath it.
fn alone(advice: &Arc<UnitAdvice>) -> Arc<UnitAdvice> {
    if advice.beneath.is_empty() {
        return Arc::clone(advice);
    }
    Arc::new(UnitAdvice {
        beneath: Vec::new(),
        ..advice.as_ref().clone()
    })
}

impl UnitAdvice {
    /// What it stands for.
    pub(super) fn cause(&self) -> Cause {
        Cause {
            unit: self.unit.clone(),
            hazard: self.hazard(),
            river: self.river.as_deref().map(Arc::from),
        }
    }
}

impl Examined {
    fn cause(&self) -> Cause {
        Cause {
            unit: self.unit.clone(),
            hazard: self.kind.hazard(),
            river: self.river.as_deref().map(Arc::from),
        }
    }
}

/// What is known at one moment, what was decided beforehand, and what is ordered.
#[derive(Clone, Copy)]
pub(super) struct Now<'a> {
    pub(super) town: &'a Town,
    pub(super) outlook: &'a Outlook,
    pub(super) policy: &'a Policy,
    pub(super) orders: &'a Orders,
    pub(super) sun: Sun,
}

impl<'a> Now<'a> {
    pub(super) fn of(
        town: &'a Town,
        outlook: &'a Outlook,
        policy: &'a Policy,
        orders: &'a Orders,
    ) -> Self {
        Self {
            town,
            outlook,
            policy,
            orders,
            sun: Sun::at(town.place(), outlook.as_of),
        }
    }

    /// What stands now of what was examined and of what stood before, both of one unit; sorted.
    pub(super) fn latch(
        &self,
        before: &[(Cause, Arc<UnitAdvice>)],
        examined: &[Arc<Examined>],
    ) -> Vec<(Cause, Arc<UnitAdvice>)> {
        let mut by_cause: BTreeMap<Cause, Vec<&Arc<Examined>>> = BTreeMap::new();
        for one in examined {
            by_cause.entry(one.cause()).or_default().push(one);
        }
        // What stands and is not examined any more, because a district lost its threat or its people, stands all the same.
        for (cause, _) in before {
            by_cause.entry(cause.clone()).or_default();
        }
        by_cause
            .into_iter()
            .filter_map(|(cause, of)| {
                let stood = before.iter().find(|(stood, _)| *stood == cause);
                let advice = self.one(&cause, &of, stood.map(|(_, advice)| advice))?;
                Some((cause, advice))
            })
            .collect()
    }

    fn one(
        &self,
        cause: &Cause,
        examined: &[&Arc<Examined>],
        stood: Option<&Arc<UnitAdvice>>,
    ) -> Option<Arc<UnitAdvice>> {
        let lifted_at = self.orders.lifted_at(cause);
        let stood = stood
            .filter(|advice| lifted_at.is_none_or(|at| at < advice.since))
            // Officers who issued less since then have decided.
            .filter(|advice| {
                self.orders
                    .concerning(cause)
                    .all(|order| order.level >= advice.level || order.issued_at < advice.since)
            });
        // The first of equals stays: exposures stand in the order of people concerned.
        let best = examined.iter().copied().reduce(|best, other| {
            let sooner = || is_sooner(other.asked, &other.deadlines, &best.deadlines);
            if other.asked > best.asked || (other.asked == best.asked && sooner()) {
                other
            } else {
                best
            }
        });
        let Some(best) = best else {
            return stood.map(unexamined);
        };
        let as_of = self.outlook.as_of;
        match (best.asked, stood) {
            (Some(level), None) => self.advise(best, level, as_of),
            (Some(level), Some(stood)) if level > stood.level => self.advise(best, level, as_of),
            (Some(level), Some(stood)) if level == stood.level => {
                self.advise(best, level, stood.since)
            }
            (None, None) => None,
            (asked, Some(stood)) => {
                let still = examined.iter().any(|one| self.still_near(one, stood));
                let supported_at = if still { as_of } else { stood.supported_at };
                let decided = self
                    .orders
                    .concerning(cause)
                    .any(|order| order.level >= stood.level);
                let gone_h = minutes(supported_at, as_of) / 60.0;
                if !decided && gone_h > self.policy.latch.expire_after_h {
                    return asked.and_then(|level| self.advise(best, level, as_of));
                }
                let same = examined
                    .iter()
                    .copied()
                    .find(|one| one.kind == stood.kind && one.river == stood.river);
                Some(self.hold(same.unwrap_or(best), stood, supported_at))
            }
        }
    }

    /// Advice on today's grounds.
    fn advise(
        &self,
        of: &Examined,
        level: OrderLevel,
        since: Timestamp,
    ) -> Option<Arc<UnitAdvice>> {
        let unit = self.town.unit(&of.unit)?;
        let exposure = unit.exposures.get(of.exposure)?;
        let settings = &self.policy.action;
        Some(Arc::new(UnitAdvice {
            unit: of.unit.clone(),
            kind: of.kind,
            river: of.river.clone(),
            level,
            gauge: of.gauge.clone(),
            people_at_risk: exposure.people_at_risk,
            findings: Arc::clone(&of.findings),
            counter: counter::against(self.outlook, of, level),
            deadlines: Arc::clone(&of.deadlines),
            action: action(
                self.outlook,
                &of.unit,
                exposure,
                level,
                &of.deadlines,
                self.sun,
                settings,
            ),
            since,
            supported_at: self.outlook.as_of,
            beneath: Vec::new(),
        }))
    }

    /// Advice whose grounds do not all hold now: the grounds it was given on stay with it, and what is seen now speaks against it.
    fn hold(&self, of: &Examined, stood: &UnitAdvice, supported_at: Timestamp) -> Arc<UnitAdvice> {
        let mut held = stood.clone();
        held.supported_at = supported_at;
        held.counter = counter::against(self.outlook, of, stood.level);
        held.counter.insert(
            0,
            Counter::GroundsGone {
                held_until: supported_at,
            },
        );
        held.deadlines = Arc::clone(&of.deadlines);
        if let Some(exposure) = self
            .town
            .unit(&of.unit)
            .and_then(|unit| unit.exposures.get(of.exposure))
        {
            held.action = action(
                self.outlook,
                &of.unit,
                exposure,
                stood.level,
                &of.deadlines,
                self.sun,
                &self.policy.action,
            );
        }
        Arc::new(held)
    }

    /// Whether a condition that brought the level is unknown now, or only just not met: what fell silent is not gone.
    fn still_near(&self, now: &Examined, stood: &UnitAdvice) -> bool {
        let brought: Vec<&str> = stood
            .met()
            .map(|finding| finding.condition.id.as_str())
            .collect();
        now.findings
            .iter()
            .filter(|finding| brought.contains(&finding.condition.id.as_str()))
            .any(|finding| self.is_near(finding))
    }

    fn is_near(&self, finding: &Finding) -> bool {
        finding.answer != Answer::NotMet
            || finding
                .leaves()
                .filter(|(_, result)| result.answer == Answer::NotMet)
                .all(|(test, result)| {
                    let level = matches!(test, Test::GaugeAt { .. } | Test::LevelAt { .. });
                    let near = |value: f64, threshold: f64| {
                        value >= threshold - self.policy.latch.hysteresis_m
                    };
                    level
                        && result
                            .seen
                            .value
                            .zip(result.seen.threshold)
                            .is_some_and(|(value, threshold)| near(value, threshold))
                })
    }
}

/// Of each hazard of one unit the advice that speaks: the highest, of equals the one whose deadline comes first, of those the one that
/// concerns most people. The others are written beneath it. What stands is sorted, and so is what speaks.
pub(super) fn speaking(standing: &[(Cause, Arc<UnitAdvice>)]) -> Vec<(Hazard, Arc<UnitAdvice>)> {
    standing
        .chunk_by(|(cause, _), (next, _)| cause.unit == next.unit && cause.hazard == next.hazard)
        .filter_map(|of| {
            let (cause, _) = of.first()?;
            let all = of.iter().map(|(_, advice)| advice).collect();
            Some((cause.hazard, first_of(all)))
        })
        .collect()
}

/// What stands for one unit, sorted.
pub(super) fn of_unit(standing: &Standing, unit: &UnitId) -> Vec<(Cause, Arc<UnitAdvice>)> {
    // The first hazard and no river come before all others of the unit.
    let first = Cause::of_hazard(unit.clone(), Hazard::ALL[0]);
    standing
        .range(first..)
        .take_while(|(cause, _)| cause.unit == *unit)
        .map(|(cause, advice)| (cause.clone(), Arc::clone(advice)))
        .collect()
}

fn first_of(mut all: Vec<&Arc<UnitAdvice>>) -> Arc<UnitAdvice> {
    // Stable: of what is equal in everything the order of causes stays.
    all.sort_by_key(|advice| {
        let decide_by = advice.deadlines.of(advice.level).map(|of| of.decide_by);
        (
            Reverse(advice.level),
            decide_by.is_none(),
            decide_by,
            Reverse(advice.people_at_risk),
        )
    });
    let (best, beneath) = all
        .split_first()
        .expect("who speaks is one of those that stand");
    if beneath.is_empty() {
        return Arc::clone(best);
    }
    Arc::new(UnitAdvice {
        beneath: beneath.iter().copied().map(Arc::clone).collect(),
        ..best.as_ref().clone()
    })
}

/// Of two that ask for the same level: whether the first one's deadline comes earlier.
fn is_sooner(level: Option<OrderLevel>, one: &Deadlines, other: &Deadlines) -> bool {
    let Some(level) = level else {
        return false;
    };
    let by = |of: &Deadlines| of.of(level).map(|deadline| deadline.decide_by);
    match (by(one), by(other)) {
        (Some(one), Some(other)) => one < other,
        (one, other) => one.is_some() && other.is_none(),
    }
}

/// Advice for what is not examined any more.
fn unexamined(stood: &Arc<UnitAdvice>) -> Arc<UnitAdvice> {
    let mut held = UnitAdvice::clone(stood);
    if !held.counter.contains(&Counter::NotExamined) {
        held.counter.insert(0, Counter::NotExamined);
    }
    Arc::new(held)
}

fn minutes(from: Timestamp, to: Timestamp) -> f64 {
    let between: SignedDuration = to.duration_since(from);
    between.as_secs_f64() / 60.0
}
