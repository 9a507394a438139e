//! From places to times: legs, closures, groups, and what is said when there is no way.

use geo::Point;
use hinan_gis::DepthRank;
use hinan_gis::road::{
    Closure, Exposure, Gate, Light, NoWay, RoadExposure, RoadGraph, RoadLimits, WalkBasis,
    WalkConditions, WalkGroup, WalkNetwork, WalkSettings, Weather,
};

use crate::written::{ORIGIN_E7, Written};

const STREET: [(&str, &str); 1] = [("highway", "residential")];

fn network(map: &Written) -> WalkNetwork {
    let graph = RoadGraph::from_osm(map.xml().as_bytes(), RoadLimits::default()).unwrap();
    WalkNetwork::new(graph, WalkSettings::default())
}

/// So many metres east and north of the corner.
fn place(east_m: f64, north_m: f64) -> Point<f64> {
    let [lon, lat] = ORIGIN_E7.map(|e7| e7 as f64 / 1e7);
    Point::new(lon + east_m * 122.38e-7, lat + north_m * 90.02e-7)
}

fn seconds(
    network: &WalkNetwork,
    conditions: WalkConditions,
    from: Point<f64>,
    to: Point<f64>,
) -> f64 {
    let walker = network.walker(conditions, &RoadExposure::none(network.graph()));
    let walk = walker.table(&[from], &[to]).walk(0, 0).unwrap();
    assert_eq!(walk.basis, WalkBasis::Roads);
    f64::from(walk.time_ms) / 1_000.0
}

/// A street of 400 m with a detour of 600 m around its middle, which is a bridge and steps.
fn bridge_and_detour() -> Written {
    Written::default()
        .node(1, 0.0, 0.0, &[])
        .node(2, 100.0, 0.0, &[])
        .node(3, 200.0, 0.0, &[])
        .node(4, 300.0, 0.0, &[])
        .node(5, 100.0, 200.0, &[])
        .node(6, 200.0, 200.0, &[])
        .way(1, &[1, 2], &STREET)
        .way(2, &[2, 3], &[("highway", "steps"), ("bridge", "yes")])
        .way(3, &[3, 4], &STREET)
        .way(4, &[2, 5, 6, 3], &STREET)
}

#[test]
fn a_place_beside_the_middle_of_a_street_begins_there_and_not_at_its_corner() {
    let network = network(&bridge_and_detour());
    let calm = WalkConditions::calm(WalkGroup::Adults);
    // 20 m to the street at 30 m, 60 m along it, 10 m to the shelter: at 1 m/s.
    let time_s = seconds(&network, calm, place(30.0, 20.0), place(90.0, -10.0));
    assert!((time_s - 90.0).abs() < 0.3, "{time_s}");
}

#[test]
fn steps_take_twice_as_long_and_wheelchairs_go_around() {
    let network = network(&bridge_and_detour());
    let (from, to) = (place(50.0, 0.0), place(250.0, 0.0));
    let time_s = |group| seconds(&network, WalkConditions::calm(group), from, to);
    // 50 m, 100 m of steps at half speed, 50 m.
    assert!((time_s(WalkGroup::Adults) - 300.0).abs() < 0.5);
    // 50 + 500 + 50 m at half a metre per second.
    assert!((time_s(WalkGroup::Assisted) - 1_200.0).abs() < 1.0);
}

#[test]
fn night_and_rain_make_the_same_way_longer() {
    let network = network(&bridge_and_detour());
    let (from, to) = (place(10.0, 0.0), place(90.0, 0.0));
    let conditions = WalkConditions::flood(WalkGroup::Elderly, Light::Night, Weather::Rain);
    let time_s = seconds(&network, conditions, from, to);
    assert!((time_s - 80.0 / (0.8 * 0.8 * 0.9)).abs() < 0.5, "{time_s}");
}

#[test]
fn deep_water_closes_a_way_and_shallow_water_slows_it() {
    let network = network(&bridge_and_detour());
    let graph = network.graph();
    let (from, to) = (place(50.0, 0.0), place(250.0, 0.0));
    let settings = WalkSettings::default();
    // Water on the detour's northern side, so that people in wheelchairs meet it.
    let water = |water_m: f64| {
        RoadExposure::along(graph, move |at: Point<f64>| Exposure {
            rank: None,
            water_m: if at.y() > place(0.0, 150.0).y() {
                water_m
            } else {
                0.0
            },
        })
    };
    let conditions = WalkConditions::calm(WalkGroup::Assisted);
    let deep = network
        .walker(conditions, &water(0.21))
        .table(&[from], &[to]);
    assert_eq!(deep.walk(0, 0), Err(NoWay::CutOff));
    let shallow = network
        .walker(conditions, &water(0.1))
        .table(&[from], &[to]);
    let expected_s = (100.0 + 500.0 / (1.0 - 1.5 * 0.1)) / settings.assisted.speed_m_per_s;
    let time_s = f64::from(shallow.walk(0, 0).unwrap().time_ms) / 1_000.0;
    assert!((time_s - expected_s).abs() < 2.0, "{time_s} {expected_s}");
}

#[test]
fn a_penalty_changes_the_way_but_the_time_stays_the_real_one() {
    let map = Written::default()
        .node(1, 0.0, 0.0, &[])
        .node(2, 300.0, 0.0, &[])
        .node(3, 150.0, 130.0, &[])
        .way(1, &[1, 2], &STREET)
        .way(2, &[1, 3, 2], &STREET);
    let network = network(&map);
    let (west, east) = (place(20.0, 0.0).x(), place(280.0, 5.0));
    let in_zone = RoadExposure::along(network.graph(), |at: Point<f64>| Exposure {
        rank: DepthRank::new(u8::from(
            at.y() < east.y() && (west..east.x()).contains(&at.x()),
        )),
        water_m: 0.0,
    });
    let conditions = WalkConditions::calm(WalkGroup::Adults);
    let (from, to) = (place(0.0, 0.0), place(300.0, 0.0));
    let around = network.walker(conditions, &in_zone).path(from, to).unwrap();
    // Straight on 300 m through the zone count as 450 m; around it is 397 m, and that is what it takes.
    assert!((around.length_m - 397.0).abs() < 1.0, "{}", around.length_m);
    assert!((f64::from(around.walk.time_ms) / 1_000.0 - 397.0).abs() < 1.0);
}

#[test]
fn how_much_of_a_way_lies_in_a_zone_is_told_in_metres_and_not_where_water_hides_it() {
    let map = Written::default()
        .node(1, 0.0, 0.0, &[])
        .node(2, 100.0, 0.0, &[])
        .node(3, 200.0, 0.0, &[])
        .node(4, 300.0, 0.0, &[])
        .node(5, 100.0, -80.0, &[])
        .node(6, 200.0, -80.0, &[])
        .way(1, &[1, 2, 3, 4], &STREET)
        .way(2, &[2, 5], &STREET)
        .way(3, &[3, 6], &STREET);
    let network = network(&map);
    let (west, east) = (place(110.0, 0.0).x(), place(190.0, 0.0).x());
    let exposure = |water_m: f64| {
        RoadExposure::along(network.graph(), move |at: Point<f64>| {
            let inside = (west..east).contains(&at.x());
            Exposure {
                rank: DepthRank::new(u8::from(inside)),
                water_m: if inside { water_m } else { 0.0 },
            }
        })
    };
    let (from, to) = ([place(0.0, 0.0)], [place(300.0, 0.0), place(95.0, 0.0)]);
    let conditions = WalkConditions::calm(WalkGroup::Elderly);
    let dry = exposure(0.0);
    let walker = network.walker(conditions, &dry);
    let table = walker.table(&from, &to);
    let metres = |column| walker.in_zones_m(table.walk(0, column).unwrap());
    let through = metres(0).unwrap();
    assert!((through - 100.0).abs() < 1.0, "{through}");
    assert!(metres(1).unwrap() < 0.1, "short of the zone");
    let flooded = exposure(0.1);
    let wet = network.walker(conditions, &flooded);
    assert_eq!(
        wet.in_zones_m(wet.table(&from, &to).walk(0, 0).unwrap()),
        None
    );
}

#[test]
fn no_way_is_said_with_its_reason_and_never_as_a_number() {
    let map = bridge_and_detour()
        .node(7, 2_000.0, 0.0, &[])
        .node(8, 4_000.0, 0.0, &[])
        .way(5, &[7, 8], &STREET);
    let graph = RoadGraph::from_osm(map.xml().as_bytes(), RoadLimits::default()).unwrap();
    let mut settings = WalkSettings::default();
    settings.snap.island_m = 0.0;
    let network = WalkNetwork::new(graph, settings);
    let wet = RoadExposure::along(network.graph(), |at: Point<f64>| Exposure {
        rank: None,
        water_m: if at.x() < place(90.0, 0.0).x() {
            f64::NAN
        } else {
            0.0
        },
    });
    let walker = network.walker(WalkConditions::calm(WalkGroup::Adults), &wet);
    let units = [place(250.0, 0.0), place(50.0, 0.0), place(1_000.0, 0.0)];
    let shelters = [
        place(100.0, 200.0),
        place(3_000.0, 0.0),
        place(0.0, 2_000.0),
        place(10.0, 1.0),
    ];
    let table = walker.table(&units, &shelters);
    assert!(table.walk(0, 0).is_ok());
    assert_eq!(table.walk(0, 1), Err(NoWay::CutOff));
    assert_eq!(table.walk(0, 2), Err(NoWay::NoRoadAtShelter));
    assert_eq!(table.walk(0, 3), Err(NoWay::ShelterClosed(Closure::Water)));
    assert_eq!(table.walk(1, 0), Err(NoWay::StartClosed(Closure::Water)));
    assert_eq!(table.walk(2, 0), Err(NoWay::NoRoadAtStart));
    assert_eq!(table.nearest(0, 4).len(), 1);
    for (unit, from) in units.iter().enumerate() {
        for (shelter, to) in shelters.iter().enumerate() {
            let path = walker.path(*from, *to).map(|path| path.walk);
            assert_eq!(path, table.walk(unit, shelter));
        }
    }
}

#[test]
fn a_closed_bridge_is_closed_and_people_beside_an_underpass_start_from_another_way() {
    let map = Written::default()
        .node(1, 0.0, 0.0, &[])
        .node(2, 200.0, 0.0, &[])
        .node(3, 0.0, 60.0, &[])
        .node(4, 200.0, 60.0, &[])
        .way(1, &[1, 2], &[("highway", "footway"), ("tunnel", "yes")])
        .way(2, &[3, 4], &STREET)
        .way(3, &[1, 3], &STREET)
        .way(4, &[2, 4], &[("highway", "residential"), ("bridge", "yes")]);
    let network = network(&map);
    let flood = WalkConditions::flood(WalkGroup::Adults, Light::Day, Weather::Fair);
    // Beside the underpass, 5 m; the street above is 55 m off.
    let time_s = seconds(&network, flood, place(100.0, 5.0), place(150.0, 60.0));
    assert!((time_s - 105.0).abs() < 0.5, "{time_s}");
    let closed = WalkConditions {
        bridges: Gate::Closed,
        ..flood
    };
    let walker = network.walker(closed, &RoadExposure::none(network.graph()));
    // The only way on from here is the bridge; people at its foot begin on the street.
    let table = walker.table(&[place(205.0, 30.0)], &[place(150.0, 60.0)]);
    assert!(table.walk(0, 0).is_ok());
}

#[test]
fn an_island_in_a_courtyard_is_passed_over() {
    let map = bridge_and_detour()
        .node(7, 40.0, 30.0, &[])
        .node(8, 60.0, 30.0, &[])
        .way(5, &[7, 8], &[("highway", "path")]);
    let network = network(&map);
    let time_s = seconds(
        &network,
        WalkConditions::calm(WalkGroup::Adults),
        place(50.0, 30.0),
        place(90.0, 0.0),
    );
    assert!((time_s - 70.0).abs() < 0.3, "{time_s}");
}

#[test]
fn the_way_is_told_stretch_by_stretch_with_its_line_and_steps() {
    let network = network(&bridge_and_detour());
    let walker = network.walker(
        WalkConditions::calm(WalkGroup::Adults),
        &RoadExposure::none(network.graph()),
    );
    let (from, to) = (place(50.0, 10.0), place(250.0, -10.0));
    let path = walker.path(from, to).unwrap();
    assert_eq!(path.stretches, [0, 1, 2]);
    assert!((path.length_m - 220.0).abs() < 0.5, "{}", path.length_m);
    assert!((path.steps_m - 100.0).abs() < 0.5);
    assert!((path.bridge_m - 100.0).abs() < 0.5);
    assert_eq!(Point(path.line[0]), from);
    assert_eq!(path.line.last().copied().map(Point), Some(to));
    assert_eq!(path.line.len(), 6);
}
