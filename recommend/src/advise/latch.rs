//! Escalate only: what was advised stands until it is lifted, or until nobody decided on it and its grounds are long and surely gone.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::counter::{self, Counter};
use super::examine::Examined;
use super::facility::{FacilityAdvice, Key};
use super::{Advice, Orders, UnitAdvice};
use crate::action::action;
use crate::criteria::{Answer, Finding, Test};
use crate::deadline::Sun;
use crate::hazard::Hazard;
use crate::id::UnitId;
use crate::level::OrderLevel;
use crate::outlook::Outlook;
use crate::policy::{LatchSettings, Policy};
use crate::town::Town;

/// What must be remembered from one moment to the next.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// Advice that stands.
    pub(super) standing: BTreeMap<(UnitId, Hazard), Standing>,
    /// What was examined last, in the town's order.
    pub(super) examined: Vec<Arc<Examined>>,
    /// What facilities were told last.
    pub(super) facilities: BTreeMap<Key, FacilityAdvice>,
}

impl Memory {
    /// Nothing was advised yet.
    pub fn empty() -> Self {
        Self::default()
    }

    /// From advice that was written down, after a restart.
    pub fn of(advice: &Advice) -> Self {
        let facilities = advice.facilities.iter().map(|of| (of.key(), of.clone()));
        let facilities = facilities.collect();
        let advice = advice.units.values().map(Arc::clone);
        let keyed = advice
            .into_iter()
            .map(|advice| ((advice.unit.clone(), advice.hazard()), Standing { advice }));
        Self {
            standing: keyed.collect(),
            examined: Vec::new(),
            facilities,
        }
    }

    /// Everything that was examined last, in the town's order.
    pub fn examined(&self) -> &[Arc<Examined>] {
        &self.examined
    }
}

/// Advice that stands for one unit and hazard.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    /// The advice, as last renewed.
    pub(super) advice: Arc<UnitAdvice>,
}

impl UnitAdvice {
    /// Whether its grounds hold now, within the hysteresis in level and time.
    pub fn is_supported(&self, as_of: Timestamp, settings: &LatchSettings) -> bool {
        minutes(self.supported_at, as_of) <= settings.hysteresis_min
    }
}

pub(super) fn latch(
    town: &Town,
    outlook: &Outlook,
    policy: &Policy,
    orders: &Orders,
    before: &Memory,
    sun: Sun,
    examined: &[Arc<Examined>],
) -> BTreeMap<(UnitId, Hazard), Standing> {
    let mut by_key: BTreeMap<(UnitId, Hazard), Vec<&Arc<Examined>>> = BTreeMap::new();
    for one in examined {
        by_key
            .entry((one.unit.clone(), one.kind.hazard()))
            .or_default()
            .push(one);
    }
    let now = Now {
        town,
        outlook,
        policy,
        orders,
        sun,
    };
    // What stands and is not examined any more, because a district lost its threat or its people, stands all the same.
    for key in before.standing.keys() {
        by_key.entry(key.clone()).or_default();
    }
    by_key
        .into_iter()
        .filter_map(|(key, of)| {
            let lifted_at = orders.lifted_at(&key);
            let order = orders.in_force().get(&key);
            let stood = before
                .standing
                .get(&key)
                .map(|standing| &standing.advice)
                .filter(|advice| lifted_at.is_none_or(|at| at < advice.since))
                // Officers who issued less since then have decided.
                .filter(|advice| {
                    order.is_none_or(|order| {
                        order.level >= advice.level || order.issued_at < advice.since
                    })
                });
            let advice = now.one(&key, &of, stood)?;
            Some((key, Standing { advice }))
        })
        .collect()
}

struct Now<'a> {
    town: &'a Town,
    outlook: &'a Outlook,
    policy: &'a Policy,
    orders: &'a Orders,
    sun: Sun,
}

impl Now<'_> {
    fn one(
        &self,
        key: &(UnitId, Hazard),
        examined: &[&Arc<Examined>],
        stood: Option<&Arc<UnitAdvice>>,
    ) -> Option<Arc<UnitAdvice>> {
        // The first of equals stays: exposures stand in the order of people concerned.
        let best = examined.iter().copied().reduce(|best, other| {
            if other.asked > best.asked {
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
                    .in_force()
                    .get(key)
                    .is_some_and(|order| order.level >= stood.level);
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
            findings: of.findings.clone(),
            counter: counter::against(self.outlook, of, level),
            deadlines: of.deadlines.clone(),
            action: action(
                self.outlook,
                exposure,
                level,
                &of.deadlines,
                self.sun,
                settings,
            ),
            since,
            supported_at: self.outlook.as_of,
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
        held.deadlines = of.deadlines.clone();
        if let Some(exposure) = self
            .town
            .unit(&of.unit)
            .and_then(|unit| unit.exposures.get(of.exposure))
        {
            held.action = action(
                self.outlook,
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
