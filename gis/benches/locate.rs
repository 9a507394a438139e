//! How long does `hinan locate` think about 100,000 places of a city of 1.5 million?
//!
//! Budget: 2 s on one processor, with five shelters each, along roads and without; the bench ends with a panic where it is
//! missed. The limit beside it is the question for the flood zones alone: no answer can be faster.
//!
//! Kawasaki from the folder named by `HINAN_SAMPLES`, imported as `hinan import` does, with the streets of the synthetic
//! city of `city/`, because no map of its roads is at hand. Places are seeded and lie in the box of the municipality.

#![expect(clippy::print_stdout, reason = "the figures are its result")]
#![expect(clippy::cast_precision_loss, reason = "a hundred thousand places")]

mod city;

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use geo::{BoundingRect as _, Point};
use hinan_gis::import::{Imported, Settings, Source, import};
use hinan_gis::road::{RoadGraph, RoadLimits, WalkConditions, WalkGroup, WalkSettings};
use hinan_gis::{
    Bundle, Hazard, Layer, LayerKind, LocateSettings, Located, Locator, OutlineIndex, ROADS,
};

const PLACES: usize = 100_000;
const BUDGET: Duration = Duration::from_secs(2);

fn main() {
    let Some(samples) = std::env::var_os("HINAN_SAMPLES") else {
        println!("skipped: no samples");
        return;
    };
    let folder = PathBuf::from(samples).join("gis/kawasaki");
    let files = [
        (LayerKind::Boundary, "municipality_n03.geojson"),
        (LayerKind::FloodMax, "flood_depth_max_primary_10m.fgb.gz"),
        (LayerKind::FloodMax, "flood_depth_max_others_10m.fgb.gz"),
        (
            LayerKind::ShelterEmergency,
            "shelters_emergency_gsi.geojson",
        ),
    ];
    let layers: Vec<Layer> = files
        .into_iter()
        .map(|(kind, file)| layer(&folder, kind, file))
        .collect();
    let places = places(&layers[0]);
    let zones = layers[1].features.iter().filter_map(|f| f.shape.area());
    let index = OutlineIndex::build(zones.flat_map(|area| area.iter().cloned()));
    let alone = timed(|| {
        for place in &places {
            black_box(index.at(*place).count());
        }
    });
    println!(
        "flood zones alone: {alone:.1?} for {PLACES} places, {:.2} us each",
        alone.as_secs_f64() * 1e6 / PLACES as f64
    );
    let bundle = Bundle::new(None, layers, Vec::new());
    let streets = RoadGraph::from_osm(city::xml().as_bytes(), RoadLimits::default())
        .expect("the synthetic city is a map");
    let with_roads = bundle.clone().with_part(ROADS, streets.to_bytes());
    let mut missed = false;
    for (name, bundle) in [("straight lines", bundle), ("roads", with_roads)] {
        let began = now();
        let locator = Locator::of_bundle(&bundle, settings()).expect("the bundle is sound");
        let loaded = now() - began;
        let mut ways = 0_usize;
        let took = timed(|| {
            let found = places.iter().map(|at| locator.locate(*at));
            ways = found.map(|found| with_a_way(&found)).sum();
        });
        println!(
            "{name}: ready in {loaded:.0?}; {took:.2?} for {PLACES} places, {:.1} us each ({:.0} times the zones alone), {ways} shelters with a time; budget {BUDGET:?}",
            took.as_secs_f64() * 1e6 / PLACES as f64,
            took.as_secs_f64() / alone.as_secs_f64(),
        );
        missed |= took >= BUDGET;
    }
    assert!(!missed, "the budget of {BUDGET:?} is missed");
}

fn settings() -> LocateSettings {
    LocateSettings {
        hazard: Hazard::Flood,
        shelters: 5,
        walking: WalkSettings::default(),
        conditions: WalkConditions::calm(WalkGroup::Adults),
    }
}

fn with_a_way(found: &Located<'_>) -> usize {
    found
        .shelters
        .iter()
        .filter(|there| there.walk.is_ok())
        .count()
}

fn layer(folder: &Path, kind: LayerKind, file: &str) -> Layer {
    let source = Source {
        name: file.to_owned(),
        bytes: std::fs::read(folder.join(file)).expect("the sample can be read"),
        beside: Vec::new(),
    };
    let settings = Settings {
        kind: Some(kind),
        ..Settings::default()
    };
    match import(&source, &settings, &mut |_| {}) {
        Ok((Imported::Layer(layer), _)) => layer,
        Ok(_) => panic!("{file} is no layer"),
        Err(why) => panic!("{why}"),
    }
}

/// Seeded places in the box of the municipality.
fn places(border: &Layer) -> Vec<Point<f64>> {
    let boxes = border
        .features
        .iter()
        .filter_map(|feature| feature.shape.area()?.bounding_rect());
    let (low, high) = boxes.fold(([f64::MAX; 2], [f64::MIN; 2]), |(low, high), rect| {
        (
            [low[0].min(rect.min().x), low[1].min(rect.min().y)],
            [high[0].max(rect.max().x), high[1].max(rect.max().y)],
        )
    });
    (0_i64..)
        .take(PLACES)
        .map(|n| {
            let along =
                |axis: usize| low[axis] + (high[axis] - low[axis]) * city::share(n, axis as u64);
            Point::new(along(0), along(1))
        })
        .collect()
}

/// The best of three runs.
fn timed(mut work: impl FnMut()) -> Duration {
    let mut best = Duration::MAX;
    for _ in 0..3 {
        let began = now();
        work();
        best = best.min(now() - began);
    }
    best
}

#[expect(clippy::disallowed_methods, reason = "a bench is about real time")]
fn now() -> Instant {
    Instant::now()
}
