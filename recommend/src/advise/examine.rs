//! Examines one unit: every threat, the gauge that decides, what the criteria say, by when.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::latch::Now;
use crate::criteria::{Alike, Answer, Asked, Finding, Kind, Test};
use crate::deadline::{Briefing, Deadlines, arrival, briefing, deadlines};
use crate::id::{SourceId, UnitId};
use crate::index::about;
use crate::level::OrderLevel;
use crate::outlook::Gauge;
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
    pub findings: Arc<Vec<Arc<Finding>>>,
    /// By when.
    pub deadlines: Arc<Deadlines>,
    /// The chance that the coming night asks for a decision; shared by all that ask the same gauge.
    pub briefing: Option<Arc<Briefing>>,
}

/// Examines units at one moment.
pub(super) struct Examining<'a> {
    now: Now<'a>,
    alike: Alike<'a>,
    /// The coming night, worked out once for whoever is threatened by the same and asks the same gauge.
    nights: BTreeMap<Night<'a>, Option<Arc<Briefing>>>,
}

/// What is threatened by, and the gauge that is asked.
type Night<'a> = (Kind, &'a str, Option<&'a SourceId>);

impl<'a> Examining<'a> {
    pub(super) fn of(now: Now<'a>) -> Self {
        Self {
            now,
            alike: Alike::default(),
            nights: BTreeMap::new(),
        }
    }

    /// All threats of one unit, in its order.
    pub(super) fn unit(&mut self, unit: &'a Unit) -> Vec<Arc<Examined>> {
        let exposures = unit.exposures.iter().enumerate();
        exposures
            .map(|(number, exposure)| Arc::new(self.deciding(unit, (number, exposure))))
            .collect()
    }

    /// The first gauge that can answer anything decides. A silent one answers only what it holds and assumes, so the next one is
    /// asked too and may ask for more.
    fn deciding(&mut self, unit: &'a Unit, exposure: (usize, &'a Exposure)) -> Examined {
        let gauges = &exposure.1.gauges;
        let outlook = self.now.outlook;
        let known = gauges
            .iter()
            .enumerate()
            .filter_map(|(n, id)| Some((n, id, outlook.gauges.get(id)?)));
        let mut best: Option<Examined> = None;
        let mut gauges_asked = gauges.len();
        for (n, id, gauge) in known {
            let one = self.ask(unit, exposure, Some((id, gauge)));
            let speaks = one.findings.iter().any(|of| of_gauge_is_known(of));
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
        let found = best.unwrap_or_else(|| self.ask(unit, exposure, None));
        Examined {
            gauges_asked,
            ..found
        }
    }

    fn ask(
        &mut self,
        unit: &'a Unit,
        (number, exposure): (usize, &'a Exposure),
        gauge: Option<(&'a SourceId, &'a Gauge)>,
    ) -> Examined {
        let Now {
            outlook,
            policy,
            sun,
            ..
        } = self.now;
        let stale_min = policy.criteria.stale.forecast_min;
        let expected = arrival(outlook, exposure, gauge, stale_min, &policy.deadline);
        let deadlines = deadlines(outlook, unit, exposure, &expected, sun, &policy.deadline);
        let asked = Asked {
            outlook,
            criteria: &policy.criteria,
            unit,
            exposure,
            gauge,
            deadlines: Some(&deadlines),
            sun,
            unheard: &policy.unheard,
        };
        let id = gauge.map(|(id, _)| id);
        let findings = self.alike.evaluate(&asked, exposure, id);
        let asked = findings
            .iter()
            .filter(|finding| finding.answer == Answer::Met)
            .map(|finding| finding.condition.level)
            .max();
        let night = (exposure.kind, about(exposure), id);
        let briefing = if exposure.people_at_risk > 0 {
            let known = self.nights.entry(night);
            known
                .or_insert_with(|| {
                    let (kind, about, _) = night;
                    briefing(about, outlook, kind, gauge, stale_min, &policy.deadline).map(Arc::new)
                })
                .clone()
        } else {
            None
        };
        Examined {
            unit: unit.id.clone(),
            exposure: number,
            kind: exposure.kind,
            river: exposure.river.clone(),
            asked,
            nothing_known: exposure.people_at_risk > 0 && !findings.iter().any(|of| is_known(of)),
            gauge: id.cloned(),
            gauges_asked: 0,
            findings: Arc::new(findings),
            deadlines: Arc::new(deadlines),
            briefing,
        }
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
