//! 徒歩の時間: how long the slowest who walk by themselves take from each district to each shelter, and how much of it lies in the flood
//! zone.

use std::fmt::Write as _;

use hinan_gis::Town;
use hinan_gis::road::{
    NoWay, RoadExposure, RoadGraph, StraightLine, WalkConditions, WalkGroup, WalkNetwork,
    WalkSettings,
};
use hinan_recommend::shelters::{Way, Ways};

/// All ways of a town, and what they rest on.
pub(super) struct Walks {
    /// By district and shelter, in the town's order.
    pub(super) ways: Ways,
    /// In Japanese.
    pub(super) basis: String,
}

impl Walks {
    /// Straight lines lengthened by a detour factor.
    pub(super) fn straight(town: &Town) -> Self {
        let settings = WalkSettings::default();
        let walk = StraightLine::new(settings, slowest());
        let mut ways = room(town);
        if ways.size() == (town.districts.len(), town.shelters.len()) {
            for (row, district) in town.districts.iter().enumerate() {
                for (column, shelter) in town.shelters.iter().enumerate() {
                    ways.set(
                        row,
                        column,
                        way(walk.walk(district.label, shelter.at).time_ms),
                    );
                }
            }
        }
        let basis = format!(
            "徒歩の時間は直線距離×{:.1}による推定(道路・橋・浸水は考慮していない)",
            settings.detour_factor
        );
        Self { ways, basis }
    }

    /// Along the roads. A way inside a hazard zone counts as longer when ways are compared; the time stays the real one. A district with
    /// no road beside it keeps its straight lines, and that is said.
    pub(super) fn on_roads(town: &Town, roads: &RoadGraph) -> Self {
        let settings = WalkSettings::default();
        let mut ways = room(town);
        if ways.size() != (town.districts.len(), town.shelters.len()) {
            let basis = "徒歩の時間は計算していません".to_owned();
            return Self { ways, basis };
        }
        let exposure = RoadExposure::in_zones(roads, town.zones());
        let network = WalkNetwork::new(roads.clone(), settings);
        let straight = StraightLine::new(settings, slowest());
        let from: Vec<_> = town.districts.iter().map(|one| one.label).collect();
        let to: Vec<_> = town.shelters.iter().map(|one| one.at).collect();
        let walker = network.walker(slowest(), &exposure);
        let table = walker.table(&from, &to);
        let mut beside_no_road = 0_usize;
        for (row, start) in from.iter().enumerate() {
            let no_road = matches!(table.row(row).first(), Some(Err(NoWay::NoRoadAtStart)));
            beside_no_road += usize::from(no_road);
            for (column, walk) in table.row(row).iter().enumerate() {
                match walk {
                    Ok(walk) => {
                        let way = Way {
                            water_m: metres(walker.in_zones_m(*walk)),
                            ..way(walk.time_ms)
                        };
                        ways.set(row, column, way);
                    }
                    Err(_) if no_road => {
                        let walk = straight.walk(*start, to[column]);
                        ways.set(row, column, way(walk.time_ms));
                    }
                    // Where the roads are known and none leads there, there is no way.
                    Err(_) => {}
                }
            }
        }
        let mut basis = format!(
            "徒歩の時間は道路網による(浸水想定区域の中の道は{:.1}倍の長さとみなして避け、その長さを水の中を歩く長さとして数える。いまの浸水は考慮していない)",
            settings.zone_penalty
        );
        if beside_no_road > 0 {
            // Writing to a String never fails.
            let _ = write!(
                basis,
                "。{beside_no_road}地区は代表点の近くに歩ける道がなく、直線距離×{:.1}による推定",
                settings.detour_factor
            );
        }
        Self { ways, basis }
    }
}

/// How long those who walk well take, as a part of what the slowest take, of whom the ways are.
pub(super) fn well_by_slowest() -> f64 {
    let settings = WalkSettings::default();
    let well = WalkConditions::calm(WalkGroup::Adults);
    settings.speed_m_per_s(slowest()) / settings.speed_m_per_s(well)
}

fn slowest() -> WalkConditions {
    WalkConditions::calm(WalkGroup::Elderly)
}

fn way(time_ms: u32) -> Way {
    Way {
        walk_s: time_ms.div_ceil(1000),
        water_m: 0,
    }
}

/// Whole metres, rounded up. Where nobody can tell, none are counted.
fn metres(metres: Option<f64>) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a length is not negative; the cast stops at the largest number"
    )]
    let whole = metres.unwrap_or(0.0).ceil() as u32;
    whole
}

fn room(town: &Town) -> Ways {
    Ways::none(town.districts.len(), town.shelters.len()).unwrap_or_else(|_| empty())
}

/// A town with more ways than are planned at once gets no plan, and its page says so.
fn empty() -> Ways {
    Ways::none(0, 0).expect("no ways at all are fewer than the most that are planned")
}

#[cfg(test)]
mod tests {
    use hinan_gis::Hazard;
    use hinan_gis::road::RoadLimits;

    use super::*;
    use crate::config::Config;

    /// One road, bent, from the middle of a district to a shelter.
    fn one_road(from: (f64, f64), to: (f64, f64)) -> RoadGraph {
        let bend = (from.0 + 0.02, from.1);
        let node = |id: u32, (lon, lat): (f64, f64)| {
            format!("<node id=\"{id}\" lat=\"{lat}\" lon=\"{lon}\" version=\"1\"/>")
        };
        let file = format!(
            "<osm version=\"0.6\">{}{}{}<way id=\"1\" version=\"1\"><nd ref=\"1\"/><nd ref=\"2\"/><nd ref=\"3\"/>\
             <tag k=\"highway\" v=\"residential\"/></way></osm>",
            node(1, from),
            node(2, bend),
            node(3, to)
        );
        RoadGraph::from_osm(file.as_bytes(), RoadLimits::default()).expect("a file of one road")
    }

    #[test]
    fn people_walk_along_the_roads_that_are_there_and_elsewhere_the_straight_line_is_told_with_its_factor()
     {
        let town = crate::town::town(&Config::defaults()).expect("the built-in town loads");
        let row = town
            .districts
            .iter()
            .position(|one| one.id == "inada")
            .expect("it is in the town");
        let from = town.districts[row].label;
        let (near, _) = town.nearest_usable_shelters(from, Hazard::Flood, 1)[0];
        let column = town
            .shelters
            .iter()
            .position(|one| one.id == near.id)
            .expect("it is in the list");
        let straight = Walks::straight(&town);
        assert!(
            straight.basis.contains("直線距離×1.3"),
            "{}",
            straight.basis
        );
        let roads = one_road((from.x(), from.y()), (near.at.x(), near.at.y()));
        let walked = Walks::on_roads(&town, &roads);
        let by_line = straight
            .ways
            .get(row, column)
            .expect("a line leads anywhere");
        let by_road = walked.ways.get(row, column).expect("the road leads there");
        assert!(
            by_road.walk_s > by_line.walk_s,
            "the road is bent: {by_road:?} {by_line:?}"
        );
        // The road is one stretch, which touches the flood zone: all of it counts as walked in water. Of a line nobody can tell.
        let exposure = RoadExposure::in_zones(&roads, town.zones());
        assert!(exposure.stretches()[0].rank.is_some(), "it is in the zone");
        let speed = WalkSettings::default().speed_m_per_s(slowest());
        let long_m = f64::from(by_road.walk_s) * speed;
        assert!(
            (f64::from(by_road.water_m) - long_m).abs() < 10.0,
            "{by_road:?} {long_m}"
        );
        assert_eq!(by_line.water_m, 0);
        // Where the road begins and none leads on, there is no way; who has no road at all keeps the line, and that is said.
        let others = (0..town.shelters.len()).filter(|at| walked.ways.get(row, *at).is_some());
        assert!(others.count() < town.shelters.len());
        let far = town
            .districts
            .iter()
            .position(|one| one.id == "iwanai")
            .expect("it is in the town");
        assert_eq!(walked.ways.get(far, column), straight.ways.get(far, column));
        assert!(
            walked.basis.contains("道路網") && walked.basis.contains("直線距離×1.3"),
            "{}",
            walked.basis
        );
    }
}
