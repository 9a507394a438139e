//! Recommendations made by hand, for tests: one river, one gauge or two, as many districts as wanted.

use std::sync::Arc;

use hinan_recommend::{
    Exposure, Forecast, Gauge, Kind, Lead, Mark, Marks, Memory, Observed, Orders, Outlook, Place,
    Policy, SourceId, Tier, Town, Unit, UnitId, Voice,
};
use jiff::Timestamp;

use super::Recommendation;
use super::level::ordered;

/// A gauge and the districts it decides for, with the people at risk in each.
pub(crate) struct Along<'a> {
    pub(crate) gauge: &'a str,
    pub(crate) level_m: f64,
    pub(crate) rise_m_per_h: f64,
    pub(crate) districts: &'a [(&'a str, u32)],
}

/// Noon in Japan.
pub(crate) fn noon() -> Timestamp {
    "2018-07-06T12:00:00+09:00".parse().expect("a time")
}

/// What the national model advises: caution 4.0, judgement 5.0, danger 5.5, overflow 8.0 metres at every gauge.
pub(crate) fn advised(along: &[Along<'_>]) -> Vec<Arc<Recommendation>> {
    let mut outlook = Outlook::empty(noon());
    let mut units = Vec::new();
    for of in along {
        let id = SourceId::new(of.gauge);
        outlook.gauges.insert(id, Arc::new(gauge(of)));
        units.extend(
            of.districts
                .iter()
                .map(|(id, people)| unit(id, *people, of.gauge)),
        );
    }
    let place = Place {
        lat: 34.6,
        lon: 133.7,
    };
    let town = Town::new("町", place, units, Vec::new(), Vec::new()).expect("a sound town");
    let policy = Policy::national();
    let (advice, _) =
        hinan_recommend::recommend(&town, &outlook, &policy, &Orders::none(), &Memory::empty());
    advice
        .units
        .values()
        .map(|advice| {
            Arc::new(Recommendation {
                district: advice.unit.to_string(),
                river: "小川".to_owned(),
                river_en: "Ogawa".to_owned(),
                level: ordered(advice.level),
                gauge: advice
                    .gauge
                    .as_ref()
                    .map_or_else(String::new, ToString::to_string),
                people_in_zone: advice.people_at_risk,
                met: advice.met().cloned().collect(),
                counter: Vec::new(),
                advice: Arc::clone(advice),
            })
        })
        .collect()
}

fn gauge(of: &Along<'_>) -> Gauge {
    let lead = |lead_h: u32| {
        let middle = of.level_m + of.rise_m_per_h * f64::from(lead_h);
        Lead {
            lead_h,
            median_m: middle,
            quantiles: [(0.05, -0.02), (0.5, 0.0), (0.95, 0.02)]
                .map(|(p, by)| (p, middle + by))
                .to_vec(),
            rate_of_rise_m: middle,
            by_model: true,
            outside_training: false,
        }
    };
    Gauge {
        name: of.gauge.to_owned(),
        name_en: of.gauge.to_owned(),
        river: "小川".to_owned(),
        marks: Marks::new([
            (Mark::Caution, 4.0),
            (Mark::EvacuationJudgement, 5.0),
            (Mark::Danger, 5.5),
            (Mark::OverflowStart, 8.0),
        ]),
        observed: Some(Observed {
            at: noon(),
            level_m: of.level_m,
            doubted: false,
        }),
        voice: Voice::Live,
        held: None,
        rise_m_per_h: Some(of.rise_m_per_h),
        forecast: Some(Forecast {
            made_at: noon(),
            tier: Tier::Model,
            leads: [1, 2, 3, 6].map(lead).to_vec(),
        }),
        upstream: None,
    }
}

fn unit(id: &str, people_at_risk: u32, gauge: &str) -> Unit {
    let exposure = Exposure {
        kind: Kind::ForecastRiver,
        river: Some("小川".to_owned()),
        gauges: vec![SourceId::new(gauge)],
        rain: Vec::new(),
        people_at_risk,
        people_in_collapse_zone: None,
        depth_max_m: Some(2.0),
        people_with_dry_room: None,
        isolation_h: None,
        arrives_at: vec![Mark::OverflowStart],
        lag_min: 0.0,
        tsunami_from: None,
        road_cut_m: None,
    };
    Unit {
        id: UnitId::new(id),
        name: id.to_owned(),
        name_en: id.to_owned(),
        people: people_at_risk.max(1) * 2,
        exposures: vec![exposure],
        travel_min: None,
    }
}
