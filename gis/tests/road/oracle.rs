//! Every time equals what petgraph's Dijkstra finds on the same whole numbers.

use geo::Point;
use hinan_gis::DepthRank;
use hinan_gis::road::{
    Exposure, RoadExposure, RoadGraph, RoadLimits, Snap, WalkConditions, WalkGroup, WalkNetwork,
    WalkSettings, Walker,
};
use petgraph::algo::dijkstra;
use petgraph::graph::{NodeIndex, UnGraph};
use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

use crate::written::{ORIGIN_E7, Written};

/// Cost and time of a way as petgraph adds them up.
type Pair = (u64, u64);

/// The same network for petgraph, with an extra node for every place.
struct Oracle {
    graph: UnGraph<(), (u32, u32)>,
}

impl Oracle {
    fn of(walker: &Walker<'_>, graph: &RoadGraph) -> Self {
        let mut other = UnGraph::default();
        for _ in 0..graph.junction_count() {
            other.add_node(());
        }
        for (id, stretch) in (0_u32..).zip(graph.stretches()) {
            let [a, b] = stretch.ends.map(|end| NodeIndex::new(end as usize));
            if let (Some(cost), Some(time)) =
                (walker.passage().cost_ms(id), walker.passage().time_ms(id))
            {
                other.add_edge(a, b, (cost, time));
            }
        }
        Self { graph: other }
    }

    /// Cost and time from one junction to all.
    fn from(&self, junction: u32) -> impl Fn(u32) -> Option<Pair> {
        // Compared by cost and then by time: the cost counts a million times a million.
        let found = dijkstra(
            &self.graph,
            NodeIndex::new(junction as usize),
            None,
            |edge| {
                let (cost, time) = *edge.weight();
                u128::from(cost) << 64 | u128::from(time)
            },
        );
        move |to| {
            let sum = *found.get(&NodeIndex::new(to as usize))?;
            Some((
                u64::try_from(sum >> 64).unwrap(),
                u64::try_from(sum & u128::from(u64::MAX)).unwrap(),
            ))
        }
    }
}

/// Compares the whole table with petgraph between junctions: places exactly on a junction have no leg, so the times are
/// those of the ways alone.
pub(crate) fn agrees_with_petgraph(
    network: &WalkNetwork,
    exposure: &RoadExposure,
    every: usize,
) -> usize {
    let graph = network.graph();
    let walker = network.walker(WalkConditions::calm(WalkGroup::Adults), exposure);
    let oracle = Oracle::of(&walker, graph);
    let snapped = |place: Point<f64>| -> Option<Snap> {
        network.snapper().nearest(graph, place, |_, _| true)
    };
    let on_junction: Vec<(u32, Point<f64>)> = (0..u32::try_from(graph.junction_count()).unwrap())
        .step_by(every)
        .map(|junction| (junction, graph.junction(junction)))
        .filter(|(junction, place)| {
            snapped(*place).is_some_and(|snap| {
                let stretch = graph.stretches()[snap.stretch as usize];
                let at = [0, stretch.length_mm];
                let end = at.iter().position(|mm| *mm == snap.along_mm);
                end.is_some_and(|end| stretch.ends[end] == *junction)
                    && stretch.ends[0] != stretch.ends[1]
                    && walker.passage().closure(snap.stretch).is_none()
            })
        })
        .collect();
    let places: Vec<Point<f64>> = on_junction.iter().map(|(_, place)| *place).collect();
    let table = walker.table(&places, &places);
    let mut compared = 0;
    for (row, (from, _)) in on_junction.iter().enumerate() {
        let expected = oracle.from(*from);
        for (column, (to, _)) in on_junction.iter().enumerate() {
            // A leg of less than a millimetre may count as one millisecond at either end.
            let found = table
                .walk(row, column)
                .ok()
                .map(|walk| u64::from(walk.time_ms));
            let wanted = expected(*to).map(|(_, time)| time);
            let same = match (found, wanted) {
                (Some(found), Some(wanted)) => found >= wanted && found <= wanted + 2,
                (found, wanted) => found.is_none() && wanted.is_none(),
            };
            assert!(same, "{from} to {to}: {found:?} instead of {wanted:?}");
            compared += 1;
        }
    }
    compared
}

/// Streets of a made-up town: a grid with gaps, bends, odd lengths and loose ends.
pub(crate) fn town(side: i64, gaps: &[bool], shifts: &[(f64, f64)]) -> Written {
    let mut map = Written::default();
    let shift = |n: i64| shifts[usize::try_from(n).unwrap() % shifts.len()];
    for y in 0..side {
        for x in 0..side {
            let id = y * side + x;
            let (dx, dy) = shift(id);
            map = map.node(id, x as f64 * 80.0 + dx, y as f64 * 80.0 + dy, &[]);
        }
    }
    let mut way = 0;
    for y in 0..side {
        for x in 0..side {
            let id = y * side + x;
            for (there, next) in [(x + 1 < side, id + 1), (y + 1 < side, id + side)] {
                way += 1;
                if there && !gaps[usize::try_from(way).unwrap() % gaps.len()] {
                    let kind = if way % 7 == 0 { "steps" } else { "residential" };
                    map = map.way(way, &[id, next], &[("highway", kind)]);
                }
            }
        }
    }
    map
}

proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(40))]

    #[test]
    fn every_time_of_a_made_up_town_is_dijkstras(
        side in 2..12_i64,
        gaps in proptest::collection::vec(proptest::bool::weighted(0.25), 1..60),
        shifts in proptest::collection::vec((-30.0..30.0_f64, -30.0..30.0_f64), 1..40),
        wet in proptest::collection::vec(0..5_u8, 1..30),
    ) {
        let map = town(side, &gaps, &shifts);
        let graph = RoadGraph::from_osm(map.xml().as_bytes(), RoadLimits::default()).unwrap();
        let mut settings = WalkSettings::default();
        settings.snap.island_m = 0.0;
        let network = WalkNetwork::new(graph, settings);
        // Cells of the town lie in a zone, in shallow or in deep water.
        let [lon, lat] = ORIGIN_E7.map(|e7| e7 as f64 / 1e7);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the remainder is neither negative nor large"
        )]
        let exposure = RoadExposure::along(network.graph(), |at| {
            let cell = ((at.x() - lon) / 0.0015).floor() + 7.0 * ((at.y() - lat) / 0.0011).floor();
            match wet[cell.rem_euclid(wet.len() as f64) as usize] {
                0 => Exposure { rank: DepthRank::new(2), water_m: 0.0 },
                1 => Exposure { rank: DepthRank::new(1), water_m: 0.15 },
                2 => Exposure { rank: None, water_m: 0.8 },
                _ => Exposure::default(),
            }
        });
        agrees_with_petgraph(&network, &exposure, 1);
    }

    /// The table and the way told stretch by stretch come from two methods of our own; they agree on any places.
    #[test]
    fn the_way_told_takes_the_time_of_the_table(
        gaps in proptest::collection::vec(proptest::bool::weighted(0.2), 1..60),
        places in proptest::collection::vec((-50.0..500.0_f64, -50.0..500.0_f64), 2..8),
    ) {
        let map = town(6, &gaps, &[(0.0, 0.0), (12.0, -20.0), (-25.0, 5.0)]);
        let graph = RoadGraph::from_osm(map.xml().as_bytes(), RoadLimits::default()).unwrap();
        let network = WalkNetwork::new(graph, WalkSettings::default());
        let walker = network.walker(
            WalkConditions::calm(WalkGroup::Elderly),
            &RoadExposure::none(network.graph()),
        );
        let [lon, lat] = ORIGIN_E7.map(|e7| e7 as f64 / 1e7);
        let places: Vec<Point<f64>> = places
            .iter()
            .map(|(east, north)| Point::new(lon + east * 122.38e-7, lat + north * 90.02e-7))
            .collect();
        let table = walker.table(&places, &places);
        for (row, from) in places.iter().enumerate() {
            for (column, to) in places.iter().enumerate() {
                let path = walker.path(*from, *to);
                prop_assert_eq!(path.as_ref().map(|p| p.walk).map_err(|w| *w), table.walk(row, column));
                if let Ok(path) = path {
                    let fastest_s = path.length_m / 0.8 - 0.1;
                    prop_assert!(f64::from(path.walk.time_ms) / 1_000.0 >= fastest_s);
                    let drawn_m: f64 = path
                        .line
                        .windows(2)
                        .map(|pair| hinan_gis::projection::distance_m(Point(pair[0]), Point(pair[1])))
                        .sum();
                    prop_assert!((drawn_m - path.length_m).abs() < 1.0 + path.length_m * 0.002,
                        "{} {}", drawn_m, path.length_m);
                }
            }
        }
    }
}
