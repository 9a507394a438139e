//! From the outlook of the service to the words of the core.

use std::collections::BTreeMap;
use std::sync::Arc;

use hinan_gis::ReferenceLevels;
use hinan_models::{GaugeForecast, Method};
use hinan_recommend::{
    Asked, Exposure, Finding, Forecast, Gauge, Held, Lead, Mark, Marks, Observed, Place, SourceId,
    Sun, Tier, Unit, UnitId, evaluate,
};
use hinan_sensors::quality::Flag;
use jiff::Timestamp;

use super::core::{Core, site_hazard};
use super::proposal::ProposedShelter;
use super::told::{ShelterState, Told};
use crate::outlook::{GaugeOutlook, Outlook, Voice};

/// So long a rise is assumed to go on at a gauge that is not heard any more, hours; as `hinan_sensors` assumes it.
const GOES_ON_FOR_H: f64 = 3.0;

/// What the core is asked with: the gauges that decide for somebody.
#[must_use]
pub fn outlook(from: &Outlook, told: &Told, core: &Core) -> hinan_recommend::Outlook {
    let translated = |id: &SourceId| {
        let mut gauge = gauge(from.gauges.get(id.as_str())?, from);
        gauge.upstream = core.upstream.get(id).cloned();
        Some((id.clone(), Arc::new(gauge)))
    };
    hinan_recommend::Outlook {
        gauges: core.sources.iter().filter_map(translated).collect(),
        official: told.official.clone(),
        rain: told.rain.clone(),
        reports: told.reports.clone(),
        opening_min: opened(told, core, from.as_of),
        ..hinan_recommend::Outlook::empty(from.as_of)
    }
}

/// Districts that wait for no shelter to open: for each of their hazards one of the nearest usable places is reported open and takes
/// people.
fn opened(told: &Told, core: &Core, as_of: Timestamp) -> BTreeMap<UnitId, f64> {
    let open = |place: &ProposedShelter| {
        told.shelter(&place.id, as_of)
            .is_some_and(|word| word.state == ShelterState::Open && !word.is_full(None))
    };
    let has_open = |unit: &&Unit| {
        !unit.exposures.is_empty()
            && unit.exposures.iter().all(|exposure| {
                site_hazard(exposure.hazard())
                    .is_some_and(|hazard| core.near(unit.id.as_str(), hazard).iter().any(open))
            })
    };
    let units = core.town.units().iter().filter(has_open);
    units.map(|unit| (unit.id.clone(), 0.0)).collect()
}

/// Every condition for rivers, asked of one gauge alone: what it says for whoever lives along its river.
#[must_use]
pub fn examine(from: &Outlook, gauge_of: &GaugeOutlook, core: &Core) -> Vec<Finding> {
    let id = SourceId::new(gauge_of.id.as_str());
    let translated = gauge(gauge_of, from);
    let mut asked = hinan_recommend::Outlook::empty(from.as_of);
    let translated = Arc::new(translated);
    asked.gauges.insert(id.clone(), Arc::clone(&translated));
    let exposure = Exposure {
        kind: core.kind_of(&gauge_of.river),
        people_at_risk: 1,
        ..Exposure::along(gauge_of.river.clone(), vec![id.clone()])
    };
    let unit = Unit {
        id: UnitId::new(gauge_of.id.as_str()),
        name: gauge_of.name.clone(),
        name_en: gauge_of.name_en.clone(),
        people: 1,
        exposures: Vec::new(),
        travel_min: None,
    };
    let place: Place = core.town.place();
    evaluate(&Asked {
        outlook: &asked,
        criteria: &core.policy.criteria,
        unit: &unit,
        exposure: &exposure,
        gauge: Some((&id, &translated)),
        deadlines: None,
        sun: Sun::at(place, from.as_of),
        unheard: &core.policy.unheard,
    })
}

fn gauge(from: &GaugeOutlook, outlook: &Outlook) -> Gauge {
    Gauge {
        name: from.name.clone(),
        name_en: from.name_en.clone(),
        river: from.river.clone(),
        marks: named(&from.marks),
        observed: from.observed.map(|observed| Observed {
            at: observed.at,
            level_m: observed.level_m,
            doubted: observed.flag >= Flag::Suspect,
        }),
        voice: match from.voice {
            Voice::Live => hinan_recommend::Voice::Live,
            Voice::Late { for_min } => hinan_recommend::Voice::Late { for_min },
            Voice::Silent { for_min } => hinan_recommend::Voice::Silent { for_min },
            Voice::NeverHeard => hinan_recommend::Voice::NeverHeard,
        },
        held: held(from),
        rise_m_per_h: from.rise_m_per_h,
        forecast: outlook
            .models_on
            .then(|| forecast(&from.forecast))
            .flatten(),
        upstream: None,
    }
}

/// Named levels of a gauge of the town.
pub(super) fn marks(levels: &ReferenceLevels) -> Marks {
    named(&crate::outlook::Marks::from(levels))
}

fn named(of: &crate::outlook::Marks) -> Marks {
    let known = [
        (Mark::Standby, of.standby_m),
        (Mark::Caution, of.caution_m),
        (Mark::EvacuationJudgement, of.evacuation_judgement_m),
        (Mark::Danger, of.danger_m),
        (Mark::DesignHighWater, of.design_high_water_m),
        (Mark::OverflowStart, of.overflow_start_m),
    ];
    Marks::new(
        known
            .into_iter()
            .filter_map(|(mark, level_m)| Some((mark, level_m?))),
    )
}

/// Where the device's health keeps nothing, the last level stands, and no rise is known.
fn held(from: &GaugeOutlook) -> Option<Held> {
    if !from.is_held() {
        return None;
    }
    let kept = from.health.as_ref().and_then(|health| health.held);
    match (kept, from.observed) {
        (Some(kept), observed) => Some(Held {
            last_m: observed.map_or(kept.level_m, |observed| observed.level_m.max(kept.level_m)),
            at: kept.at,
            rise_m_per_h: kept.trend_m_per_h,
            goes_on_for_h: GOES_ON_FOR_H,
        }),
        (None, Some(observed)) => Some(Held {
            last_m: observed.level_m,
            at: observed.at,
            rise_m_per_h: None,
            goes_on_for_h: GOES_ON_FOR_H,
        }),
        (None, None) => None,
    }
}

fn forecast(from: &GaugeForecast) -> Option<Forecast> {
    let by_model = from.leads.iter().any(|lead| lead.method == Method::Model);
    let tier = match from.tier {
        hinan_models::Tier::NoInformation => return None,
        hinan_models::Tier::Full if by_model => Tier::Model,
        hinan_models::Tier::UpstreamPartly | hinan_models::Tier::OwnOnly if by_model => {
            Tier::ModelPartly
        }
        hinan_models::Tier::RateOfRise => Tier::Rate,
        _ => Tier::Persistence,
    };
    Some(Forecast {
        made_at: from.as_of,
        tier,
        leads: from
            .leads
            .iter()
            .map(|lead| Lead {
                lead_h: lead.lead_h,
                median_m: lead.median_m,
                quantiles: lead.quantiles.iter().map(|q| (q.p, q.level_m)).collect(),
                rate_of_rise_m: lead.rate_of_rise_m,
                by_model: lead.method == Method::Model,
                outside_training: lead.outside_training,
            })
            .collect(),
    })
}
