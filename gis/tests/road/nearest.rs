//! The nearest shelters of a place are those that the whole table has first.

use geo::Point;
use hinan_gis::road::{
    NearestOnFoot, NoWay, RoadExposure, RoadGraph, RoadLimits, Walk, WalkConditions, WalkGroup,
    WalkNetwork, WalkSettings,
};
use proptest::prelude::{prop_assert_eq, proptest};

use crate::oracle::town;
use crate::written::{ORIGIN_E7, Written};

fn place(east_m: f64, north_m: f64) -> Point<f64> {
    let [lon, lat] = ORIGIN_E7.map(|e7| e7 as f64 / 1e7);
    Point::new(lon + east_m * 122.38e-7, lat + north_m * 90.02e-7)
}

fn graph(map: &Written) -> RoadGraph {
    RoadGraph::from_osm(map.xml().as_bytes(), RoadLimits::default()).unwrap()
}

proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(60))]

    /// On a town with gaps, where some shelters are cut off and several share a street or a place.
    #[test]
    fn for_any_place_and_any_number_of_them(
        gaps in proptest::collection::vec(proptest::bool::weighted(0.35), 1..60),
        shelters in proptest::collection::vec((-50.0..500.0_f64, -50.0..500.0_f64), 0..9),
        places in proptest::collection::vec((-50.0..500.0_f64, -50.0..500.0_f64), 1..9),
        n in 0..6_usize,
    ) {
        let map = town(6, &gaps, &[(0.0, 0.0), (12.0, -20.0), (-25.0, 5.0)]);
        let mut settings = WalkSettings::default();
        settings.snap.island_m = 0.0;
        let conditions = WalkConditions::calm(WalkGroup::Assisted);
        let mut at: Vec<Point<f64>> = shelters.iter().map(|(x, y)| place(*x, *y)).collect();
        // A second shelter at the place of the first: the building and its ground.
        at.extend(at.first().copied());
        let roads = graph(&map);
        let dry = RoadExposure::none(&roads);
        let nearest = NearestOnFoot::new(roads.clone(), &settings, conditions, &dry, &at, n);
        let network = WalkNetwork::new(roads, settings);
        let walker = network.walker(conditions, &dry);
        let places: Vec<Point<f64>> = places.iter().map(|(x, y)| place(*x, *y)).collect();
        let table = walker.table(&places, &at);
        for (row, from) in places.iter().enumerate() {
            let found: Result<Vec<(usize, Walk)>, NoWay> = nearest.of(*from);
            match found {
                Ok(found) => {
                    prop_assert_eq!(&found, &table.nearest(row, n));
                    if found.len() < n {
                        for (shelter, way) in table.row(row).iter().enumerate() {
                            prop_assert_eq!(way.is_err().then(|| nearest.why_not(shelter)), way.err());
                        }
                    }
                }
                Err(why) => prop_assert_eq!(table.row(row).iter().find(|way| **way != Err(why)), None),
            }
        }
    }
}

#[test]
fn a_shelter_beyond_the_river_is_not_the_nearest_although_it_is_nearer_in_a_straight_line() {
    let street = [("highway", "residential")];
    // Two banks 60 m apart, joined by a bridge a kilometre away.
    let map = Written::default()
        .node(1, 0.0, 0.0, &[])
        .node(2, 1_000.0, 0.0, &[])
        .node(3, 1_000.0, 60.0, &[])
        .node(4, 0.0, 60.0, &[])
        .way(1, &[1, 2], &street)
        .way(2, &[2, 3], &[("highway", "residential"), ("bridge", "yes")])
        .way(3, &[3, 4], &street);
    let roads = graph(&map);
    let dry = RoadExposure::none(&roads);
    let (beyond, near_side) = (place(0.0, 60.0), place(400.0, 0.0));
    let nearest = NearestOnFoot::new(
        roads,
        &WalkSettings::default(),
        WalkConditions::calm(WalkGroup::Adults),
        &dry,
        &[beyond, near_side],
        2,
    );
    let found = nearest.of(place(0.0, 0.0)).unwrap();
    let seconds: Vec<(usize, u32)> = found
        .iter()
        .map(|(shelter, walk)| (*shelter, walk.time_ms.div_ceil(1_000)))
        .collect();
    assert_eq!(seconds, [(1, 400), (0, 2_060)]);
}
