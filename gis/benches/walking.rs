//! How long do 500 units take to 200 shelters?
//!
//! Budget for `table`: 200 ms on a city, the network being loaded and prepared, on one processor: measured apart as well, and
//! the bench ends with a panic where it is missed. `weigh_and_table` is the same after the
//! water rose: every stretch is weighed again first. The peer is petgraph's Dijkstra on the same network and weights in
//! the same run, for 5 of the 200 shelters; both answers are compared before anything is timed.
//!
//! Networks: a synthetic city (see `city/`), and real files: any in `HINAN_SAMPLES` and the one named by `HINAN_OSM`.

#![expect(
    clippy::print_stdout,
    reason = "the networks are described beside the figures"
)]
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "seeds and shares"
)]

mod city;

use std::hint::black_box;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use geo::Point;
use hinan_gis::road::{
    RoadExposure, RoadGraph, RoadLimits, WalkConditions, WalkGroup, WalkNetwork, WalkSettings,
    Walker,
};
use petgraph::algo::dijkstra;
use petgraph::graph::{NodeIndex, UnGraph};

const UNITS: usize = 500;
const SHELTERS: usize = 200;
const PEER_SHELTERS: usize = 5;
const BUDGET: Duration = Duration::from_millis(200);

fn walking(c: &mut Criterion) {
    for (name, bytes) in networks() {
        let read =
            || RoadGraph::from_osm(&bytes, RoadLimits::default()).expect("the file is a map");
        let graph = read();
        describe(&name, &graph);
        let network = WalkNetwork::new(graph.clone(), WalkSettings::default());
        let (arcs, prepared_bytes) = network.prepared();
        println!(
            "{name}: prepared with {arcs} arcs in {:.1} MB",
            prepared_bytes as f64 / 1e6
        );
        let conditions = WalkConditions::calm(WalkGroup::Adults);
        let exposure = RoadExposure::none(network.graph());
        let walker = network.walker(conditions, &exposure);
        let (units, shelters) = (places(&network, UNITS, 1), places(&network, SHELTERS, 2));
        let peer = Peer::of(&walker, network.graph());
        compare(&network, &walker, &peer, &shelters);
        keep_budget(&name, &walker, &units, &shelters);

        let mut group = c.benchmark_group("walking");
        group.sample_size(10);
        group.bench_function(BenchmarkId::new("table", &name), |b| {
            b.iter(|| walker.table(black_box(&units), black_box(&shelters)));
        });
        group.bench_function(BenchmarkId::new("weigh_and_table", &name), |b| {
            b.iter(|| {
                network
                    .walker(conditions, black_box(&exposure))
                    .table(black_box(&units), black_box(&shelters))
            });
        });
        group.bench_function(BenchmarkId::new("petgraph_5_of_200_shelters", &name), |b| {
            let starts: Vec<u32> = shelters[..PEER_SHELTERS]
                .iter()
                .map(|place| junction(&network, *place))
                .collect();
            b.iter(|| {
                starts
                    .iter()
                    .map(|start| peer.from(black_box(*start)).len())
                    .sum::<usize>()
            });
        });
        group.bench_function(BenchmarkId::new("path_of_one_pair", &name), |b| {
            b.iter(|| {
                walker
                    .path(black_box(units[0]), black_box(shelters[0]))
                    .is_ok()
            });
        });
        group.bench_function(BenchmarkId::new("read_the_file", &name), |b| b.iter(read));
        group.bench_function(BenchmarkId::new("prepare", &name), |b| {
            b.iter(|| WalkNetwork::new(graph.clone(), WalkSettings::default()));
        });
        group.finish();
    }
}

/// The middle one of so many tables on one processor.
fn keep_budget(name: &str, walker: &Walker<'_>, units: &[Point<f64>], shelters: &[Point<f64>]) {
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    let one = one.expect("a pool of one thread can be made");
    let mut took: Vec<Duration> = (0..21)
        .map(|_| {
            let began = now();
            one.install(|| black_box(walker.table(units, shelters)));
            now() - began
        })
        .collect();
    took.sort_unstable();
    println!(
        "{name}: {UNITS} units x {SHELTERS} shelters on one processor: median {:.1?}, slowest {:.1?} of {}; budget {BUDGET:?}",
        took[took.len() / 2],
        took[took.len() - 1],
        took.len(),
    );
    assert!(
        took[took.len() / 2] < BUDGET,
        "{name}: the budget of {BUDGET:?} is missed"
    );
}

#[expect(clippy::disallowed_methods, reason = "a bench is about real time")]
fn now() -> Instant {
    Instant::now()
}

/// Real files first, then the synthetic city.
fn networks() -> Vec<(String, Vec<u8>)> {
    let mut paths: Vec<PathBuf> = std::env::var_os("HINAN_OSM")
        .map(PathBuf::from)
        .into_iter()
        .collect();
    if let Some(samples) = std::env::var_os("HINAN_SAMPLES") {
        let folder = PathBuf::from(samples).join("gis/formats/osm_xml");
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let mut found: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        found.retain(|path| path.to_string_lossy().ends_with(".osm.gz"));
        found.sort();
        paths.extend(found);
    }
    let mut networks: Vec<(String, Vec<u8>)> = paths
        .into_iter()
        .map(|path| {
            let name = path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            (name, std::fs::read(&path).expect("the file can be read"))
        })
        .collect();
    networks.push(("synthetic_city".to_owned(), city::xml().into_bytes()));
    networks
}

fn describe(name: &str, graph: &RoadGraph) {
    let count = graph.junction_count();
    let mut degrees = [0_usize; 5];
    for junction in 0..count as u32 {
        degrees[graph.arcs(junction).len().min(4)] += 1;
    }
    let mut lengths: Vec<f64> = graph.stretches().iter().map(|s| s.length_m()).collect();
    lengths.sort_by(f64::total_cmp);
    let at = |percent: usize| lengths[lengths.len() * percent / 100];
    let share = |degree: usize| degrees[degree] as f64 * 100.0 / count as f64;
    println!(
        "{name}: {count} junctions, {} stretches, {:.0} km; ways at a junction: 1 {:.0} %, 2 {:.0} %, 3 {:.0} %, 4+ {:.0} %; \
         length: 10 % {:.0} m, median {:.0} m, 90 % {:.0} m; largest part {:.0} % of the junctions",
        graph.stretches().len(),
        graph.length_km(),
        share(1),
        share(2),
        share(3),
        share(4),
        at(10),
        at(50),
        at(90),
        f64::from(graph.components().parts()[0].junctions) * 100.0 / count as f64,
    );
}

/// Places near junctions of the largest part, the same ones at every run.
fn places(network: &WalkNetwork, count: usize, salt: u64) -> Vec<Point<f64>> {
    let graph = network.graph();
    let largest = |junction: &u32| graph.components().part_of(*junction) == 0;
    let all: Vec<u32> = (0..graph.junction_count() as u32).filter(largest).collect();
    (0..count)
        .map(|n| {
            let part = city::share(n as i64, salt);
            graph.junction(all[(part * all.len() as f64) as usize % all.len()])
        })
        .collect()
}

fn junction(network: &WalkNetwork, place: Point<f64>) -> u32 {
    let count = network.graph().junction_count() as u32;
    (0..count)
        .find(|junction| network.graph().junction(*junction) == place)
        .expect("places are junctions")
}

struct Peer {
    graph: UnGraph<(), u64>,
}

impl Peer {
    fn of(walker: &Walker<'_>, graph: &RoadGraph) -> Self {
        let mut other = UnGraph::default();
        for _ in 0..graph.junction_count() {
            other.add_node(());
        }
        for (id, stretch) in (0_u32..).zip(graph.stretches()) {
            if let Some(time) = walker.passage().time_ms(id) {
                let [a, b] = stretch.ends.map(|end| NodeIndex::new(end as usize));
                other.add_edge(a, b, u64::from(time));
            }
        }
        Self { graph: other }
    }

    fn from(&self, junction: u32) -> impl ExactSizeIterator<Item = (NodeIndex, u64)> + use<> {
        dijkstra(
            &self.graph,
            NodeIndex::new(junction as usize),
            None,
            |edge| *edge.weight(),
        )
        .into_iter()
    }
}

/// The same times as petgraph, from every place to the first shelters.
fn compare(network: &WalkNetwork, walker: &Walker<'_>, peer: &Peer, shelters: &[Point<f64>]) {
    let graph = network.graph();
    let table = walker.table(shelters, &shelters[..PEER_SHELTERS]);
    let mut equal = 0;
    for (column, shelter) in shelters[..PEER_SHELTERS].iter().enumerate() {
        let times: std::collections::HashMap<NodeIndex, u64> =
            peer.from(junction(network, *shelter)).collect();
        for (row, from) in shelters.iter().enumerate() {
            let at = junction(network, *from);
            // A junction on another level may lie at the same place, and then snapping takes another one; or a place is
            // snapped a few millimetres from the end of a long stretch. Only places exactly at their junction are compared.
            let is_at_end = |place: Point<f64>, at: u32| {
                let snap = network.snapper().nearest(graph, place, |_, _| true);
                snap.is_some_and(|snap| {
                    let stretch = graph.stretches()[snap.stretch as usize];
                    let end = [0, stretch.length_mm]
                        .iter()
                        .position(|mm| *mm == snap.along_mm);
                    end.is_some_and(|end| stretch.ends[end] == at)
                })
            };
            if !is_at_end(*from, at) || !is_at_end(*shelter, junction(network, *shelter)) {
                continue;
            }
            let found = table
                .walk(row, column)
                .ok()
                .map(|walk| u64::from(walk.time_ms));
            let wanted = times.get(&NodeIndex::new(at as usize)).copied();
            let close = match (found, wanted) {
                (Some(found), Some(wanted)) => found >= wanted && found <= wanted + 2,
                (found, wanted) => found == wanted,
            };
            assert!(close, "{found:?} instead of {wanted:?}");
            equal += 1;
        }
    }
    assert!(equal > 100, "only {equal} times could be compared");
    println!("{equal} times equal petgraph's (legs of less than a millimetre may add 2 ms)");
}

criterion_group!(benches, walking);
criterion_main!(benches);
