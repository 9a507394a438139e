//! The question the dashboard and every notice ask most: which flood zones touch one house?
//!
//! Budget for `index`: 5 µs a house, so that 200,000 houses are answered in a second by one core. The plain loop over all
//! outlines stands beside it to show what the tree is worth.

use std::hint::black_box;
use std::io::Error;

use criterion::{Criterion, criterion_group, criterion_main};
use geo::Point;
use hinan_gis::{DepthRank, HazardZone, Town};

/// Houses asked about, spread over the flooded plain by a fixed rule.
const HOUSES: u32 = 1_000;

fn zones_at_one_house_in_obihiro(c: &mut Criterion) {
    let town = obihiro().expect("the demo town lies in config/obihiro and loads");
    let zones: Vec<HazardZone> = town
        .zones()
        .iter()
        .map(|zone| zone.to_hazard_zone())
        .collect();
    let mut group = c.benchmark_group("zones_at_one_house_in_obihiro");
    let mut next = houses().cycle();
    group.bench_function("index", |b| {
        b.iter(|| {
            next.next()
                .and_then(|house| town.zones().rank_at(black_box(house)))
        });
    });
    let mut next = houses().cycle();
    group.bench_function("plain_loop", |b| {
        b.iter(|| {
            next.next()
                .and_then(|house| rank_by_loop(&zones, black_box(house)))
        });
    });
    group.finish();
}

fn rank_by_loop(zones: &[HazardZone], house: Point<f64>) -> Option<DepthRank> {
    zones
        .iter()
        .filter(|zone| zone.touches(house))
        .map(|zone| zone.rank)
        .max()
}

/// Places between 143.10-143.24 east and 42.86-42.95 north, by the golden ratio and its square root.
fn houses() -> impl Iterator<Item = Point<f64>> + Clone {
    (0..HOUSES).map(f64::from).map(|n| {
        let (x, y) = (
            (n * 0.618_033_988_75).fract(),
            (n * 0.786_151_377_76).fract(),
        );
        Point::new(143.10 + 0.14 * x, 42.86 + 0.09 * y)
    })
}

fn obihiro() -> Result<Town, Error> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../config/obihiro/");
    let text = std::fs::read_to_string(format!("{folder}town.toml"))?;
    let map = std::fs::read(format!("{folder}map.json.gz"))?;
    Town::load(&text, &map).map_err(Error::other)
}

criterion_group!(benches, zones_at_one_house_in_obihiro);
criterion_main!(benches);
