//! 計算の元: what the advice for one unit was worked out from. With it anybody can work it out again by hand.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::settings::DeadlineSettings;
use super::sun::Sun;
use super::terms::{self, Term};
use crate::action::ActionSettings;
use crate::advise::UnitAdvice;
use crate::criteria::{Answer, Test};
use crate::id::SourceId;
use crate::level::{JmaLevel, OrderLevel};
use crate::outlook::{Gauge, Outlook, Told};
use crate::policy::Policy;
use crate::town::{Exposure, Place, Town};

/// What the advice for one unit was worked out from: the inputs of that moment, not those of today.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Workings {
    /// Residents of the unit.
    pub people: u32,
    /// What threatens it.
    pub exposure: Exposure,
    /// Every gauge that was asked, with its forecast.
    pub gauges: BTreeMap<SourceId, Gauge>,
    /// Which model made each forecast: the digest of its file, or of the data it was fitted on. Nothing where none did.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub models: BTreeMap<SourceId, String>,
    /// Where the sun is asked for.
    pub place: Place,
    /// Sunrise and sunset there.
    pub sun: Sun,
    /// When the storm begins, and whether that is assumed.
    pub storm: Option<(Timestamp, bool)>,
    /// What is expected between dusk and dawn of this hazard.
    pub overnight: Option<Told<JmaLevel>>,
    /// Parts of the time an order of level 4 needs, by day.
    pub everybody: Vec<Term>,
    /// Those of level 3.
    pub elderly: Vec<Term>,
    /// How long things take.
    pub deadline: DeadlineSettings,
    /// When staying can be borne.
    pub action: ActionSettings,
}

impl Workings {
    /// Of advice for a unit of this town. Nothing for one that the town does not have, or does not threaten, any more.
    pub fn of(
        town: &Town,
        outlook: &Outlook,
        policy: &Policy,
        advice: &UnitAdvice,
    ) -> Option<Self> {
        let unit = town.unit(&advice.unit)?;
        let mut exposures = unit.exposures.iter();
        let exposure = exposures.find(|of| of.kind == advice.kind && of.river == advice.river)?;
        let named = advice
            .findings
            .iter()
            .flat_map(|finding| finding.leaves())
            .filter(|(_, result)| result.answer != Answer::Unknown)
            .filter_map(|(test, _)| match test {
                Test::LevelAt { gauge, .. } => Some(SourceId::new(gauge.as_str())),
                _ => None,
            });
        let arrival = advice.deadlines.arrival.as_ref();
        let asked = advice
            .gauge
            .iter()
            .chain(arrival.and_then(|arrival| arrival.gauge.as_ref()))
            .cloned();
        let gauges = asked.chain(named).filter_map(|id| {
            let gauge = outlook.gauges.get(&id)?;
            Some((id, gauge.as_ref().clone()))
        });
        let official = &outlook.official;
        let storm = official.storm_begins(outlook.as_of);
        let needs = |level| terms::of_unit(outlook, unit, level, &policy.deadline);
        Some(Self {
            people: unit.people,
            exposure: exposure.clone(),
            gauges: gauges.collect(),
            models: BTreeMap::new(),
            place: town.place(),
            sun: Sun::at(town.place(), outlook.as_of),
            storm: storm.map(|at| (at, official.storm_is_assumed(outlook.as_of))),
            overnight: super::evening::product(exposure.kind)
                .and_then(|product| official.overnight.get(&product))
                .cloned(),
            everybody: needs(OrderLevel::EvacuationOrder),
            elderly: needs(OrderLevel::ElderlyEvacuation),
            deadline: policy.deadline,
            action: policy.action,
        })
    }

    /// Parts of the time an order of a level needs, by day; nothing for level 5.
    pub fn terms(&self, level: OrderLevel) -> &[Term] {
        match level {
            OrderLevel::ElderlyEvacuation => &self.elderly,
            OrderLevel::EvacuationOrder => &self.everybody,
            OrderLevel::EmergencySafety => &[],
        }
    }
}
