//! The map of the town as plain outlines in metres.

use std::collections::BTreeMap;

use hinan_dashboard::view::{
    AlertLevel, Bounds, DepthRank, DistrictOutline, DistrictState, GaugePin, MapPolygon, MapView,
    ShelterPin,
};

use super::lines;
use crate::app::{App, Picture};
use crate::outlook::Voice;
use crate::recommend::level::OrderLevel;
use crate::recommend::proposal::Proposal;

/// Levels by district id.
pub(super) type ByDistrict = BTreeMap<String, OrderLevel>;

/// The highest level proposed for each district by open items.
pub(super) fn proposed<'a>(open: impl IntoIterator<Item = &'a Proposal>) -> ByDistrict {
    let mut by_district = ByDistrict::new();
    for proposal in open {
        for district in &proposal.districts {
            let level = by_district
                .entry(district.id.clone())
                .or_insert(proposal.key.level);
            *level = (*level).max(proposal.key.level);
        }
    }
    by_district
}

/// Draws the town with what is proposed and what is in force.
pub(super) fn view(
    app: &App,
    picture: &Picture,
    proposed: &ByDistrict,
    in_force: &ByDistrict,
) -> MapView {
    let sketch = &app.sketch;
    let town = app.town();
    let outlook = &picture.advice.outlook;
    MapView {
        bounds: Bounds {
            west_m: 0.0,
            south_m: -f64::from(sketch.height_m),
            east_m: f64::from(sketch.width_m),
            north_m: 0.0,
        },
        depth: sketch
            .depth
            .iter()
            .map(|depth| MapPolygon {
                rings: rings(&depth.rings),
                class: rank(depth.rank.get()),
            })
            .collect(),
        depth_source: "洪水浸水想定区域(想定最大規模): 国土数値情報(国土交通省)を加工".to_owned(),
        border: rings(&sketch.outline),
        rivers: sketch
            .rivers
            .iter()
            .map(|river| river.points.iter().map(point).collect())
            .collect(),
        districts: sketch
            .districts
            .iter()
            .map(|area| {
                let district = town.district(&area.id);
                DistrictOutline {
                    name: district.map_or_else(|| area.id.clone(), |d| d.name.clone()),
                    rings: rings(&area.rings),
                    label_point: point(&area.label),
                    state: state(proposed.get(&area.id), in_force.get(&area.id)),
                    people: district.map(|d| u64::from(d.people_in_zone())),
                }
            })
            .collect(),
        gauges: sketch
            .gauges
            .iter()
            .filter_map(|pin| {
                let gauge = outlook.gauges.get(&pin.id)?;
                let level = gauge.observed.map_or(AlertLevel::Normal, |observed| {
                    let reached = gauge
                        .marks
                        .named()
                        .into_iter()
                        .rfind(|(_, m)| observed.level_m >= *m);
                    reached.map_or(AlertLevel::Normal, |(name, _)| {
                        lines::mark_level(name).unwrap_or(AlertLevel::Five)
                    })
                });
                Some(GaugePin {
                    name: gauge.name.clone(),
                    point: point(&pin.at),
                    level,
                    heard: matches!(gauge.voice, Voice::Live | Voice::Late { .. }),
                    named: gauge.marks.caution_m.is_some(),
                })
            })
            .collect(),
        shelters: sketch
            .shelters
            .iter()
            .filter_map(|pin| {
                let shelter = town.shelter(&pin.id)?;
                Some(ShelterPin {
                    name: shelter.name.clone(),
                    point: point(&pin.at),
                    usable: pin.ready,
                })
            })
            .collect(),
        note: (!town.notes.is_empty()).then(|| {
            town.notes
                .iter()
                .map(|n| n.ja.as_str())
                .collect::<Vec<_>>()
                .join(" ")
        }),
        as_of: outlook.as_of,
    }
}

fn state(proposed: Option<&OrderLevel>, in_force: Option<&OrderLevel>) -> DistrictState {
    match (proposed, in_force) {
        (None, None) => DistrictState::Calm,
        (Some(proposed), None) => DistrictState::Proposed(lines::level(*proposed)),
        (Some(proposed), Some(in_force)) if proposed > in_force => DistrictState::Raise {
            in_force: lines::level(*in_force),
            proposed: lines::level(*proposed),
        },
        (_, Some(in_force)) => DistrictState::InForce(lines::level(*in_force)),
    }
}

fn rank(rank: u8) -> DepthRank {
    match rank {
        0 | 1 => DepthRank::UnderHalf,
        2 => DepthRank::HalfToThree,
        3 => DepthRank::ThreeToFive,
        4 => DepthRank::FiveToTen,
        5 => DepthRank::TenToTwenty,
        _ => DepthRank::TwentyAndMore,
    }
}

fn rings(rings: &[Vec<[i32; 2]>]) -> Vec<Vec<[f64; 2]>> {
    rings
        .iter()
        .map(|ring| ring.iter().map(point).collect())
        .collect()
}

/// The drawing counts south; the page counts north.
fn point(at: &[i32; 2]) -> [f64; 2] {
    [f64::from(at[0]), -f64::from(at[1])]
}
