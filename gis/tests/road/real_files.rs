//! Real OpenStreetMap files: the samples in the folder named by `HINAN_SAMPLES`, and any file named by `HINAN_OSM`.

use std::path::PathBuf;

use hinan_gis::projection::distance_m;
use hinan_gis::road::{
    RoadExposure, RoadGraph, RoadLimits, WalkConditions, WalkGroup, WalkNetwork, WalkSettings,
};

use crate::oracle::agrees_with_petgraph;

/// The files to read, or a word that there are none.
fn files() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::env::var_os("HINAN_OSM")
        .map(PathBuf::from)
        .into_iter()
        .collect();
    if let Some(samples) = std::env::var_os("HINAN_SAMPLES") {
        let folder = PathBuf::from(samples).join("gis/formats/osm_xml");
        let mut found: Vec<PathBuf> = std::fs::read_dir(&folder)
            .unwrap_or_else(|why| panic!("{}: {why}", folder.display()))
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.to_string_lossy().ends_with(".osm.gz"))
            .collect();
        found.sort();
        assert!(!found.is_empty(), "{} holds no .osm.gz", folder.display());
        files.extend(found);
    }
    if files.is_empty() {
        println!("skipped: no samples");
    }
    files
}

fn read(path: &PathBuf) -> RoadGraph {
    let bytes = std::fs::read(path).unwrap();
    RoadGraph::from_osm(&bytes, RoadLimits::default()).unwrap()
}

#[test]
fn the_samples_give_the_networks_that_their_ways_describe() {
    for path in files() {
        let graph = read(&path);
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let report = graph.report();
        println!(
            "{name}: {report:?}, {} junctions, {} stretches, {:.1} km, {} parts, the largest with {} junctions",
            graph.junction_count(),
            graph.stretches().len(),
            graph.length_km(),
            graph.components().parts().len(),
            graph.components().parts()[0].junctions,
        );
        match name.as_str() {
            "sapporo_hokudai_station.osm.gz" => assert_eq!(report.ways, 868),
            "tsukuba_aist.osm.gz" => assert_eq!(report.ways, 775),
            _ => assert!(report.ways > 0),
        }
        assert!(report.walkable > 0 && report.walkable <= report.ways);
        assert_eq!(RoadGraph::from_bytes(&graph.to_bytes()).unwrap(), graph);
    }
}

#[test]
fn every_time_on_a_real_network_is_dijkstras() {
    for path in files() {
        let network = WalkNetwork::new(read(&path), WalkSettings::default());
        let exposure = RoadExposure::none(network.graph());
        let every = network.graph().junction_count().div_ceil(250);
        let compared = agrees_with_petgraph(&network, &exposure, every);
        println!("{}: {compared} pairs equal", path.display());
        assert!(compared > 1_000);
    }
}

/// How much longer real ways are than the straight line, beside the assumed factor. Printed, not judged: these are two
/// university quarters.
#[test]
fn the_detour_of_real_ways_is_at_least_the_straight_line() {
    for path in files() {
        let network = WalkNetwork::new(read(&path), WalkSettings::default());
        let graph = network.graph();
        let walker = network.walker(
            WalkConditions::calm(WalkGroup::Adults),
            &RoadExposure::none(graph),
        );
        let junctions = u32::try_from(graph.junction_count()).unwrap();
        let places: Vec<_> = (0..junctions)
            .step_by(graph.junction_count().div_ceil(60))
            .map(|junction| graph.junction(junction))
            .collect();
        let mut factors: Vec<f64> = Vec::new();
        for from in &places {
            for to in &places {
                let straight_m = distance_m(*from, *to);
                if straight_m > 200.0
                    && let Ok(path) = walker.path(*from, *to)
                {
                    assert!(
                        path.length_m >= straight_m * 0.999,
                        "{} < {straight_m}",
                        path.length_m
                    );
                    factors.push(path.length_m / straight_m);
                }
            }
        }
        factors.sort_by(f64::total_cmp);
        let at = |part: usize| factors[factors.len() * part / 100];
        println!(
            "{}: detour factor over {} pairs: median {:.2}, 90 % below {:.2}; assumed {}",
            path.display(),
            factors.len(),
            at(50),
            at(90),
            network.settings().detour_factor
        );
    }
}
