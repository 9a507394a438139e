//! The town in the words of the core: its issuing units and facilities with what threatens them.

use std::collections::BTreeMap;

use hinan_gis::{District, Reach, Town};
use hinan_recommend::{Exposure, Kind, Mark, SourceId, Unit, UnitId};

use crate::recommend::plan::{Homes, Plan, Threat};

/// The depth ranks of flood maps reach so far at their upper end, metres; the last has none.
const RANK_UP_TO_M: [f64; 5] = [0.5, 3.0, 5.0, 10.0, 20.0];

/// A quarter where nobody is counted may hold workers, guests or patients: where a river reaches it somebody is assumed to be there.
/// Others where nobody lives cannot be ordered and are left out.
pub(super) fn in_its_words(
    town: &Town,
    kinds: &BTreeMap<String, Kind>,
    plan: &Plan,
) -> Result<hinan_recommend::Town, hinan_recommend::TownError> {
    let units = town
        .districts
        .iter()
        .filter(|district| {
            district.people > 0
                || !district.reaches.is_empty()
                || plan.threats.contains_key(&district.id)
        })
        .map(|district| unit(district, kinds, plan))
        .collect();
    hinan_recommend::Town::new(
        town.name.clone(),
        middle(town),
        units,
        plan.groups.clone(),
        plan.facilities
            .iter()
            .map(|planned| {
                let mut facility = planned.facility.clone();
                for exposure in &mut facility.exposures {
                    let kind = exposure.river.as_ref().and_then(|river| kinds.get(river));
                    exposure.kind = kind.copied().unwrap_or(exposure.kind);
                }
                facility
            })
            .collect(),
    )
}

/// Where the sun is asked for: the middle of the districts' names on the map.
fn middle(town: &Town) -> hinan_recommend::Place {
    let labels = || town.districts.iter().map(|district| district.label);
    let number = f64::from(u32::try_from(town.districts.len().max(1)).unwrap_or(u32::MAX));
    hinan_recommend::Place {
        lat: labels().map(|at| at.y()).sum::<f64>() / number,
        lon: labels().map(|at| at.x()).sum::<f64>() / number,
    }
}

fn unit(district: &District, kinds: &BTreeMap<String, Kind>, plan: &Plan) -> Unit {
    Unit {
        id: UnitId::new(district.id.as_str()),
        name: district.name.clone(),
        name_en: district
            .name_en
            .clone()
            .unwrap_or_else(|| district.name.clone()),
        people: district.people.max(1),
        exposures: district
            .reaches
            .iter()
            .map(|reach| Exposure {
                rain: plan.rain_of(&district.id, Some(&reach.river)),
                ..exposure(district, reach, kinds, plan)
            })
            .chain(
                plan.threats
                    .get(&district.id)
                    .into_iter()
                    .flatten()
                    .map(|threat| threat_exposure(threat, plan.rain_of(&district.id, None))),
            )
            .collect(),
        travel_min: None,
    }
}

/// What the plan says of homes and ways. What it does not say is asked of the maps; what they do not say either stays unknown, and
/// nobody is told to stay.
fn exposure(
    district: &District,
    reach: &Reach,
    kinds: &BTreeMap<String, Kind>,
    plan: &Plan,
) -> Exposure {
    let homes = plan
        .homes
        .get(&(district.id.clone(), reach.river.clone()))
        .cloned();
    let Homes {
        people_in_collapse_zone,
        people_with_dry_room,
        isolation_h,
        road_cut_m,
        source: _,
    } = homes.unwrap_or_default();
    let deepest = district.people_by_rank[1..]
        .iter()
        .rposition(|people| *people > 0);
    let along = along(reach);
    Exposure {
        kind: kinds.get(&reach.river).copied().unwrap_or(along.kind),
        people_at_risk: reach.people_in_zone.min(district.people.max(1)),
        people_in_collapse_zone,
        depth_max_m: deepest.map(|rank| RANK_UP_TO_M.get(rank).copied().unwrap_or(50.0)),
        people_with_dry_room,
        isolation_h,
        road_cut_m,
        ..along
    }
}

/// The flood of a river where it reaches something.
fn along(reach: &Reach) -> Exposure {
    let gauges = reach.gauges.iter().map(|id| SourceId::new(id.as_str()));
    Exposure::along(reach.river.clone(), gauges.collect())
}

/// A threat besides rivers, as the town's plan says it.
pub(in crate::recommend) fn threat_exposure(threat: &Threat, rain: Vec<SourceId>) -> Exposure {
    Exposure {
        kind: threat.kind,
        river: None,
        gauges: threat.gauges.clone(),
        rain,
        people_at_risk: threat.people_at_risk,
        people_in_collapse_zone: None,
        depth_max_m: threat.depth_max_m,
        people_with_dry_room: None,
        isolation_h: None,
        arrives_at: vec![Mark::Danger],
        lag_min: 0.0,
        tsunami_from: threat.tsunami_from,
        road_cut_m: None,
    }
}

/// The flood of a river at a facility: everybody in it is at risk.
pub(in crate::recommend) fn facility_exposure(reach: &Reach, people: u32) -> Exposure {
    Exposure {
        people_at_risk: people,
        ..along(reach)
    }
}
