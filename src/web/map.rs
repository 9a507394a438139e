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

/// The large drawing shows where at least this part of the people concerned live.
const MOST_PEOPLE: f64 = 0.92;
/// Free metres around the outermost districts shown.
const MARGIN_M: f64 = 900.0;
/// A drawing that shows more than this part of the whole needs no overview beside it.
const LARGE_ENOUGH: f64 = 0.7;

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
    let whole = Bounds {
        west_m: 0.0,
        south_m: -f64::from(sketch.height_m),
        east_m: f64::from(sketch.width_m),
        north_m: 0.0,
    };
    let homes: Vec<Home> = sketch
        .districts
        .iter()
        .map(|district| Home {
            at: point(&district.label),
            people: town
                .district(&district.id)
                .map_or(0, |d| u64::from(d.people_in_zone())),
            concerned: proposed.contains_key(&district.id) || in_force.contains_key(&district.id),
        })
        .collect();
    let bounds = around_most(&homes).map_or(whole, |bounds| within(bounds, whole));
    MapView {
        overview: (area(bounds) < LARGE_ENOUGH * area(whole)).then_some(whole),
        bounds,
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
        caution: Some("地区の境は公式の発令区域ではなく、近似です。".to_owned()),
        notes: town.notes.iter().map(|note| note.ja.clone()).collect(),
        as_of: outlook.as_of,
    }
}

/// Where a district's people live.
struct Home {
    at: [f64; 2],
    people: u64,
    concerned: bool,
}

/// The smallest frame we find that holds most of the people concerned, or of all people in the flood zone while nobody
/// is concerned. Outlying districts are left out one by one, the one that saves most area for its people first.
fn around_most(homes: &[Home]) -> Option<Bounds> {
    let any = homes.iter().any(|home| home.concerned);
    let mut kept: Vec<&Home> = homes
        .iter()
        .filter(|home| home.people > 0 && (home.concerned || !any))
        .collect();
    let all: u64 = kept.iter().map(|home| home.people).sum();
    #[expect(clippy::cast_precision_loss, reason = "people of one town")]
    let share = |people: u64| people as f64 / all as f64;
    loop {
        let bounds = around(&kept)?;
        let people: u64 = kept.iter().map(|home| home.people).sum();
        let saved = |place: usize| {
            let mut others = kept.clone();
            let left_out = others.remove(place);
            let area_saved = around(&others).map_or(0.0, |fewer| area(bounds) - area(fewer));
            (area_saved / share(left_out.people), place)
        };
        let best = (0..kept.len())
            .filter(|place| share(people - kept[*place].people) >= MOST_PEOPLE)
            .map(saved)
            .max_by(|one, other| one.0.total_cmp(&other.0));
        match best {
            Some((gain, place)) if gain > 0.0 => {
                kept.remove(place);
            }
            _ => return Some(bounds),
        }
    }
}

fn around(homes: &[&Home]) -> Option<Bounds> {
    let first = homes.first()?.at;
    let mut bounds = Bounds {
        west_m: first[0],
        south_m: first[1],
        east_m: first[0],
        north_m: first[1],
    };
    for home in homes {
        bounds.west_m = bounds.west_m.min(home.at[0]);
        bounds.east_m = bounds.east_m.max(home.at[0]);
        bounds.south_m = bounds.south_m.min(home.at[1]);
        bounds.north_m = bounds.north_m.max(home.at[1]);
    }
    Some(Bounds {
        west_m: bounds.west_m - MARGIN_M,
        south_m: bounds.south_m - MARGIN_M,
        east_m: bounds.east_m + MARGIN_M,
        north_m: bounds.north_m + MARGIN_M,
    })
}

/// A frame that looks no further than the whole.
fn within(bounds: Bounds, whole: Bounds) -> Bounds {
    Bounds {
        west_m: bounds.west_m.max(whole.west_m),
        south_m: bounds.south_m.max(whole.south_m),
        east_m: bounds.east_m.min(whole.east_m),
        north_m: bounds.north_m.min(whole.north_m),
    }
}

fn area(bounds: Bounds) -> f64 {
    (bounds.east_m - bounds.west_m) * (bounds.north_m - bounds.south_m)
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

#[cfg(test)]
mod tests {
    use super::{Home, area, around_most};

    fn home(east_m: f64, north_m: f64, people: u64, concerned: bool) -> Home {
        Home {
            at: [east_m, north_m],
            people,
            concerned,
        }
    }

    #[test]
    fn a_hamlet_far_away_does_not_make_the_town_small() {
        let mut homes: Vec<Home> = (0..20)
            .map(|place| home(f64::from(place) * 400.0, 0.0, 1_000, false))
            .collect();
        homes.push(home(0.0, -20_000.0, 300, false));
        let bounds = around_most(&homes).expect("there are homes");
        assert!(bounds.south_m > -1_000.0, "{bounds:?}");
        assert!(area(bounds) > 0.0);
    }

    #[test]
    fn the_frame_follows_the_districts_concerned() {
        let homes = [
            home(0.0, 0.0, 30_000, false),
            home(0.0, -20_000.0, 300, true),
        ];
        let bounds = around_most(&homes).expect("there are homes");
        assert!(bounds.north_m < -10_000.0, "{bounds:?}");
    }

    #[test]
    fn a_town_without_people_in_a_zone_has_no_frame() {
        assert!(around_most(&[home(0.0, 0.0, 0, true)]).is_none());
    }
}
