//! Towns and outlooks made by hand.
#![allow(
    dead_code,
    reason = "shared by stories and benches, none of which uses all of it"
)]

use std::collections::BTreeMap;
use std::sync::Arc;

use hinan_recommend::{
    Advice, Exposure, Forecast, Gauge, Held, Kind, Lead, Mark, Marks, Memory, Observed, OrderLevel,
    Orders, Outlook, Place, Policy, SourceId, Tier, Town, Unit, UnitId, Voice, recommend,
};
use jiff::{SignedDuration, Timestamp};

pub(crate) const KURASHIKI: Place = Place {
    lat: 34.63,
    lon: 133.68,
};

/// A time in Japan.
pub(crate) fn japan(time: &str) -> Timestamp {
    format!("{time}:00+09:00").parse().expect("a time")
}

pub(crate) fn minutes(from: Timestamp, minutes: i64) -> Timestamp {
    from + SignedDuration::from_mins(minutes)
}

pub(crate) fn hours_between(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64() / 3600.0
}

/// Caution 4.0, judgement 5.0, danger 5.5, overflow 8.0 metres.
pub(crate) fn marks() -> Marks {
    Marks::new([
        (Mark::Standby, 3.0),
        (Mark::Caution, 4.0),
        (Mark::EvacuationJudgement, 5.0),
        (Mark::Danger, 5.5),
        (Mark::OverflowStart, 8.0),
    ])
}

/// A gauge that speaks.
pub(crate) fn gauge(at: Timestamp, level_m: f64, rise_m_per_h: f64) -> Gauge {
    Gauge {
        name: "矢掛".to_owned(),
        name_en: "Yakage".to_owned(),
        river: "小川".to_owned(),
        marks: marks(),
        observed: Some(Observed {
            at,
            level_m,
            doubted: false,
        }),
        voice: Voice::Live,
        held: None,
        rise_m_per_h: Some(rise_m_per_h),
        forecast: None,
        upstream: Some(Vec::new()),
    }
}

/// The same after it fell silent.
pub(crate) fn silent(mut gauge: Gauge, now: Timestamp) -> Gauge {
    let observed = gauge.observed.expect("it spoke before");
    gauge.voice = Voice::Silent {
        for_min: now.duration_since(observed.at).as_mins(),
    };
    gauge.held = Some(Held {
        last_m: observed.level_m,
        at: observed.at,
        rise_m_per_h: gauge.rise_m_per_h,
        goes_on_for_h: 3.0,
    });
    gauge.forecast = None;
    gauge
}

/// The same while one report is overdue: a rise is assumed to go on from its last word.
pub(crate) fn late(gauge: Gauge, now: Timestamp) -> Gauge {
    let spoke = gauge.forecast.clone();
    let mut late = silent(gauge, now);
    if let Voice::Silent { for_min } = late.voice {
        late.voice = Voice::Late { for_min };
    }
    late.forecast = spoke;
    late
}

/// A forecast whose middle is `middle_m` by hours ahead, with a doubt that grows with the square root of the lead.
pub(crate) fn forecast(
    made_at: Timestamp,
    doubt_m: f64,
    middle_m: impl Fn(f64) -> f64,
) -> Forecast {
    let leads = [1u32, 2, 3, 6]
        .into_iter()
        .map(|lead_h| {
            let hours = f64::from(lead_h);
            let middle = middle_m(hours);
            let width = doubt_m * hours.sqrt();
            Lead {
                lead_h,
                median_m: middle,
                quantiles: [
                    (0.05, -1.64),
                    (0.1, -1.28),
                    (0.25, -0.67),
                    (0.5, 0.0),
                    (0.75, 0.67),
                    (0.9, 1.28),
                    (0.95, 1.64),
                ]
                .map(|(p, z)| (p, middle + z * width))
                .to_vec(),
                rate_of_rise_m: middle,
                by_model: true,
                outside_training: false,
            }
        })
        .collect();
    Forecast {
        made_at,
        tier: Tier::Model,
        leads,
    }
}

/// A gauge that rises, with a forecast that it goes on straight.
pub(crate) fn rising(now: Timestamp, level_m: f64, rise_m_per_h: f64, doubt_m: f64) -> Gauge {
    let mut one = gauge(now, level_m, rise_m_per_h);
    let middle_m = |ahead| level_m + rise_m_per_h * ahead;
    one.forecast = Some(forecast(now, doubt_m, middle_m));
    one
}

/// Along a river, with a gauge that decides.
pub(crate) fn exposure(gauge: &str, people_at_risk: u32) -> Exposure {
    Exposure {
        kind: Kind::ForecastRiver,
        river: Some("小川".to_owned()),
        gauges: vec![SourceId::from(gauge)],
        rain: Vec::new(),
        people_at_risk,
        people_in_collapse_zone: Some(0),
        depth_max_m: Some(2.0),
        people_with_dry_room: Some(people_at_risk),
        isolation_h: Some(24.0),
        arrives_at: vec![Mark::OverflowStart, Mark::DesignHighWater],
        lag_min: 0.0,
        tsunami_from: None,
        road_cut_m: None,
    }
}

pub(crate) fn unit(id: &str, people: u32, exposures: Vec<Exposure>) -> Unit {
    Unit {
        id: UnitId::from(id),
        name: format!("{id}地区"),
        name_en: id.to_owned(),
        people,
        exposures,
        travel_min: None,
    }
}

pub(crate) fn town(units: Vec<Unit>) -> Town {
    Town::new("真備", KURASHIKI, units, Vec::new(), Vec::new()).expect("a sound town")
}

pub(crate) fn outlook(
    as_of: Timestamp,
    gauges: impl IntoIterator<Item = (&'static str, Gauge)>,
) -> Outlook {
    Outlook {
        gauges: gauges
            .into_iter()
            .map(|(id, gauge)| (SourceId::from(id), Arc::new(gauge)))
            .collect::<BTreeMap<_, _>>(),
        ..Outlook::empty(as_of)
    }
}

/// A town of one unit along the river of the gauge of Yakage.
pub(crate) fn one_unit(id: &str, people: u32, people_at_risk: u32) -> Town {
    town(vec![unit(
        id,
        people,
        vec![exposure("yakage", people_at_risk)],
    )])
}

/// What is advised by the national criteria where nothing is ordered and nothing was advised before.
pub(crate) fn ask(town: &Town, outlook: &Outlook) -> (Advice, Memory) {
    ask_by(town, outlook, &Policy::national())
}

/// The same by criteria of one's own.
pub(crate) fn ask_by(town: &Town, outlook: &Outlook, policy: &Policy) -> (Advice, Memory) {
    recommend(town, outlook, policy, &Orders::none(), &Memory::empty())
}

/// The highest level that is advised for a unit.
pub(crate) fn level(advice: &Advice, unit: &str) -> Option<OrderLevel> {
    advice
        .units
        .values()
        .filter(|advice| advice.unit.as_str() == unit)
        .map(|advice| advice.level)
        .max()
}

pub(crate) fn nothing_remembered() -> Memory {
    Memory::empty()
}
