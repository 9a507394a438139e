//! Examines one unit: every threat, the gauge that decides, what the criteria say, by when.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::criteria::{Answer, Asked, Finding, Kind, Test, evaluate};
use crate::deadline::{Briefing, Deadlines, Sun, arrival, briefing, deadlines};
use crate::id::{SourceId, UnitId};
use crate::level::OrderLevel;
use crate::outlook::{Gauge, Outlook};
use crate::policy::Policy;
use crate::town::{Exposure, Unit};

/// One threat to one unit, examined.
#[derive(Clone, Debug, PartialEq)]
pub struct Examined {
    /// The unit.
    pub unit: UnitId,
    /// Which of its exposures.
    pub exposure: usize,
    /// Of which kind.
    pub kind: Kind,
    /// River, for rivers.
    pub river: Option<String>,
    /// The highest level that a met condition asks for.
    pub asked: Option<OrderLevel>,
    /// Whether no condition could be answered from anything but missing reports: nothing is known here.
    pub nothing_known: bool,
    /// The gauge that decides.
    pub gauge: Option<SourceId>,
    /// So many of its gauges were asked, or looked for in vain; the others could not change the answer.
    pub gauges_asked: usize,
    /// Every condition.
    pub findings: Arc<Vec<Finding>>,
    /// By when.
    pub deadlines: Deadlines,
    /// The chance that the coming night asks for a decision.
    pub briefing: Option<Briefing>,
}

/// All threats of one unit, in its order.
pub(super) fn unit<'a>(
    outlook: &'a Outlook,
    policy: &'a Policy,
    unit: &'a Unit,
    sun: Sun,
) -> impl Iterator<Item = Examined> + 'a {
    unit.exposures
        .iter()
        .enumerate()
        .map(move |(number, exposure)| deciding(outlook, policy, unit, number, exposure, sun))
}

/// The first gauge that can answer anything decides. A silent one answers only what it holds and assumes, so the next one is asked
/// too and may ask for more.
fn deciding(
    outlook: &Outlook,
    policy: &Policy,
    unit: &Unit,
    number: usize,
    exposure: &Exposure,
    sun: Sun,
) -> Examined {
    let known = exposure
        .gauges
        .iter()
        .enumerate()
        .filter_map(|(n, id)| Some((n, id, outlook.gauges.get(id)?)));
    let mut best: Option<Examined> = None;
    let mut gauges_asked = exposure.gauges.len();
    for (n, id, gauge) in known {
        let one = ask(
            outlook,
            policy,
            unit,
            number,
            exposure,
            Some((id, gauge)),
            sun,
        );
        let speaks = one.findings.iter().any(of_gauge_is_known);
        let better = best.as_ref().is_none_or(|best| {
            one.asked > best.asked
                || (best.nothing_known && !one.nothing_known && one.asked >= best.asked)
        });
        if better {
            best = Some(one);
        }
        if speaks && !gauge.is_held() {
            gauges_asked = n + 1;
            break;
        }
    }
    let found = best.unwrap_or_else(|| ask(outlook, policy, unit, number, exposure, None, sun));
    Examined {
        gauges_asked,
        ..found
    }
}

/// Whether a test of the gauge could be answered.
fn of_gauge_is_known(finding: &Finding) -> bool {
    finding.leaves().any(|(test, result)| {
        result.answer != Answer::Unknown
            // How fast it rises says nothing without a level to reach.
            && matches!(test, Test::GaugeAt { .. } | Test::Forecast { .. })
    })
}

/// Whether anything but the lack of a report could be answered.
fn is_known(finding: &Finding) -> bool {
    finding.leaves().any(|(test, result)| {
        result.answer == Answer::Met
            || (result.answer == Answer::NotMet
                && !matches!(test, Test::Report { .. } | Test::Night { .. }))
    })
}

fn ask(
    outlook: &Outlook,
    policy: &Policy,
    unit: &Unit,
    number: usize,
    exposure: &Exposure,
    gauge: Option<(&SourceId, &Gauge)>,
    sun: Sun,
) -> Examined {
    let stale_min = policy.criteria.stale.forecast_min;
    let expected = arrival(outlook, exposure, gauge, stale_min, &policy.deadline);
    let deadlines = deadlines(outlook, unit, exposure, &expected, sun, &policy.deadline);
    let findings = evaluate(&Asked {
        outlook,
        criteria: &policy.criteria,
        unit,
        exposure,
        gauge,
        deadlines: Some(&deadlines),
        sun,
        unheard: &policy.unheard,
    });
    let asked = findings
        .iter()
        .filter(|finding| finding.answer == Answer::Met)
        .map(|finding| finding.condition.level)
        .max();
    let about = exposure
        .river
        .clone()
        .unwrap_or_else(|| exposure.kind.japanese().to_owned());
    let needs_min = deadlines
        .everybody
        .as_ref()
        .map_or_else(|| usual_min(policy), |of| of.needs_min);
    let briefing = (exposure.people_at_risk > 0)
        .then(|| briefing(about, outlook.as_of, &expected, needs_min))
        .flatten();
    Examined {
        unit: unit.id.clone(),
        exposure: number,
        kind: exposure.kind,
        river: exposure.river.clone(),
        asked,
        nothing_known: exposure.people_at_risk > 0 && !findings.iter().any(is_known),
        gauge: gauge.map(|(id, _)| id.clone()),
        gauges_asked: 0,
        findings: Arc::new(findings),
        deadlines,
        briefing,
    }
}

/// What an order usually needs, where no deadline says it for this unit.
fn usual_min(policy: &Policy) -> f64 {
    let d = &policy.deadline;
    [
        d.approval,
        d.dissemination,
        d.preparation,
        d.travel,
        d.opening,
    ]
    .iter()
    .map(|span| span.slow_min)
    .sum()
}

/// The night, one line per river or hazard: the unit with the highest chance speaks for it.
pub(super) fn briefings(examined: &[Arc<Examined>]) -> Vec<Briefing> {
    let mut by_name: BTreeMap<&str, &Briefing> = BTreeMap::new();
    for briefing in examined.iter().filter_map(|one| one.briefing.as_ref()) {
        let best = by_name.entry(&briefing.about).or_insert(briefing);
        if briefing.chance > best.chance {
            *best = briefing;
        }
    }
    by_name.into_values().cloned().collect()
}
