//! How fast are zones found at a place, beside GEOS on the same machine in the same run?
//!
//! Budgets: at least five times the lookups of GEOS a second, p99 of one call below 20 µs, all Japan packed within ten
//! seconds, and from ten thousand to a million zones a cost that grows no faster than the logarithm. What is missed is said
//! at the end, and the bench panics.
//!
//! Needs `HINAN_SAMPLES` and a Python with shapely (see `tests/index/geos.rs`); says so and stops where one is missing.
//! The places are seeded: each lies in the box of a zone drawn by chance, so nearly every one has to be decided by an
//! outline. GEOS is asked for all places in one call in two ways (see `tests/index/geos.py`), the faster of which is compared
//! with ours for all places at once; with two threads; and place by place, where Python's own time is part of the figure.
//! One thread is measured by its time on the processor, two and the time to build by the clock.
#![allow(clippy::print_stdout, missing_docs)]
#![expect(clippy::disallowed_methods, reason = "a bench measures real time")]

#[path = "../tests/index/geos.rs"]
#[allow(dead_code)]
mod geos;
#[path = "../tests/index/samples.rs"]
#[allow(dead_code)]
mod samples;

use std::hint::black_box;
use std::io::Error;
use std::time::{Duration, Instant};

use geo::{MapCoords as _, Point, Polygon};
use hinan_gis::OutlineIndex;
use samples::Chance;

const PLACES: usize = 400_000;
const SECONDS: f64 = 2.0;
const SIZES: [usize; 5] = [10_000, 30_000, 100_000, 300_000, 1_000_000];
const TIMES_GEOS_MIN: f64 = 5.0;
const P99_US_MAX: f64 = 20.0;
const BUILD_S_MAX: f64 = 10.0;
const TOWNS: [&str; 4] = ["obihiro", "kurashiki", "kawasaki", "noto"];

fn main() -> Result<(), Error> {
    // `cargo test` and `cargo bench --no-run` call the binary, too; only a bench has this argument.
    if !std::env::args().any(|arg| arg == "--bench") {
        return Ok(());
    }
    let Some(folder) = samples::folder() else {
        println!("skipped: no samples");
        return Ok(());
    };
    let Some(python) = geos::python() else {
        println!("skipped: no shapely");
        return Ok(());
    };
    // `cargo bench --bench against_geos -- japan` measures one row only.
    let only: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with("--"))
        .collect();
    let wanted =
        |name: &str| only.is_empty() || only.iter().any(|one| name.starts_with(one.as_str()));
    let japan = shapes(&folder.join("national/flood_depth_max_japan_lvl11.fgb.gz"))?;
    println!(
        "{:<15} {:>8} | {:>7} {:>6} {:>9} {:>9} {:>9} {:>6} {:>6} {:>7} | {:>7} {:>6} {:>9} {:>9} {:>9} {:>8} {:>6} | {:>5} {:>5} {:>5}",
        "",
        "zones",
        "build s",
        "B/zone",
        "calls/s",
        "batch/s",
        "2 cores/s",
        "p50 us",
        "p99 us",
        "max us",
        "build s",
        "B/zone",
        "batch/s",
        "predic./s",
        "2 thrds/s",
        "calls/s",
        "p99 us",
        "batch",
        "2 c.",
        "calls",
    );
    let mut missed = Vec::new();
    for town in TOWNS.into_iter().filter(|town| wanted(town)) {
        let zones = shapes(&folder.join(format!("{town}/flood_depth_max_primary_10m.fgb.gz")))?;
        let row = beside_geos(town, &zones, &python)?;
        missed.extend(row.missed(town));
    }
    if wanted("japan") {
        let row = beside_geos("japan", &japan, &python)?;
        missed.extend(row.missed("japan"));
        if row.build_s >= BUILD_S_MAX {
            missed.push(format!("japan: built in {:.2} s", row.build_s));
        }
    }
    println!(
        "\nThe same from few zones to many, equally dense: {PATCHES} patches of Japan; a million with a second Japan beside the first"
    );
    println!(
        "one wait for the memory, by following a chain: {:.0} ns in 1 MiB, {:.0} ns in 512 MiB",
        wait_ns(1 << 20),
        wait_ns(1 << 29)
    );
    let sorted = by_place(japan);
    let mut first: Option<Row> = None;
    for zones in SIZES {
        if wanted(&zones.to_string()) {
            let name = format!("{zones} zones");
            let some = patches(&sorted, zones);
            let mut row = beside_geos(&name, &some, &python)?;
            missed.extend(row.missed(&name));
            row.dense_per_s = dense(&some);
            let few = *first.get_or_insert(row);
            let allowed = row.zones.ln() / few.zones.ln();
            let growth = few.dense_per_s / row.dense_per_s;
            println!(
                "{:<15} {:.0} a second in one batch of {DENSE} places for each zone. A place costs, beside {:.0} zones: in that batch {growth:.2} times as much; one by one {:.2}; GEOS in one batch {:.2}, \
                 with its predicate {:.2}, one by one {:.2}; log n grows {allowed:.2} times; {:.2} zones at a place, before {:.2}",
                "",
                row.dense_per_s,
                few.zones,
                few.single_per_s / row.single_per_s,
                few.geos_per_s[0] / row.geos_per_s[0],
                few.geos_per_s[1] / row.geos_per_s[1],
                few.geos_per_s[2] / row.geos_per_s[2],
                row.answers_each,
                few.answers_each,
            );
            if growth > allowed {
                missed.push(format!("{name}: a place costs {growth:.2} times as much"));
            }
        }
    }
    assert!(missed.is_empty(), "missed: {}", missed.join("; "));
    println!("every budget was kept");
    Ok(())
}

/// Japan in parts, each with all of its zones: with zones drawn one by one by chance the few would lie apart from each other,
/// and a place would have fewer lines around it.
const PATCHES: usize = 20;

/// In an order that keeps neighbours together.
fn by_place(mut zones: Vec<Polygon<f64>>) -> Vec<Polygon<f64>> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a ten-thousandth of a degree, in Japan"
    )]
    let key = |zone: &Polygon<f64>| {
        let at = zone.exterior().0[0];
        let (x, y) = ((at.x * 1e4) as u64, (at.y * 1e4) as u64);
        (0..24).fold(0_u64, |key, bit| {
            key | (x >> bit & 1) << (2 * bit) | (y >> bit & 1) << (2 * bit + 1)
        })
    };
    zones.sort_by_cached_key(key);
    zones
}

/// So many zones in runs evenly along the order; with more than there are, all of them and a second Japan east of the first.
fn patches(sorted: &[Polygon<f64>], count: usize) -> Vec<Polygon<f64>> {
    let from_first = count.min(sorted.len());
    let mut some: Vec<Polygon<f64>> = (0..PATCHES)
        .flat_map(|patch| {
            let begin = patch * sorted.len() / PATCHES;
            let each = (patch + 1) * from_first / PATCHES - patch * from_first / PATCHES;
            sorted[begin..begin + each].iter().cloned()
        })
        .collect();
    some.extend(
        sorted
            .iter()
            .take(count - from_first)
            .map(|zone| zone.map_coords(|c| geo::coord! { x: c.x + 32.0, y: c.y })),
    );
    // The order in a file tells nothing.
    let mut chance = Chance(5);
    for n in (1..some.len()).rev() {
        some.swap(n, chance.below(n + 1));
    }
    some
}

/// How long it takes to read a word whose place is only known from the word before, all over so many bytes of memory.
fn wait_ns(bytes: usize) -> f64 {
    const LINE: usize = 16;
    const STEPS: u32 = 2_000_000;
    let lines = bytes / 64;
    let mut order: Vec<u32> = (0_u32..).take(lines).collect();
    let mut chance = Chance(7);
    // One round through all of them (Sattolo).
    for n in (1..lines).rev() {
        order.swap(n, chance.below(n));
    }
    let mut memory = vec![0_u32; lines * LINE];
    for (line, next) in order.iter().enumerate() {
        memory[line * LINE] = *next;
    }
    let mut at = 0_usize;
    let start = Instant::now();
    for _ in 0..STEPS {
        at = memory[at * LINE] as usize;
    }
    black_box(at);
    start.elapsed().as_secs_f64() * 1e9 / f64::from(STEPS)
}

/// Places for each zone where the growth of the cost is measured. With the same number of places for all, a small index
/// would be asked forty times about each zone and stay in the nearest cache: the growth would be that of caches.
const DENSE: usize = 8;

/// Answers a second in one batch of so many places for each zone.
fn dense(zones: &[Polygon<f64>]) -> f64 {
    let mut chance = Chance(2019);
    let places: Vec<Point<f64>> = (0..zones.len() * DENSE)
        .map(|_| chance.near_a_zone(zones))
        .collect();
    let index = OutlineIndex::build(zones.iter().cloned());
    #[expect(clippy::cast_precision_loss, reason = "some million places")]
    let share = places.len() as f64 / PLACES as f64;
    per_second(|| at_once(&index, &places)) * share
}

/// What is held against the budgets.
#[derive(Clone, Copy)]
struct Row {
    zones: f64,
    build_s: f64,
    times_geos: f64,
    p99_us: f64,
    single_per_s: f64,
    dense_per_s: f64,
    /// All at once, with the tree's own predicate, and one by one.
    geos_per_s: [f64; 3],
    answers_each: f64,
}

impl Row {
    fn missed(&self, name: &str) -> Vec<String> {
        let mut missed = Vec::new();
        if self.times_geos < TIMES_GEOS_MIN {
            missed.push(format!("{name}: {:.1} times GEOS", self.times_geos));
        }
        if self.p99_us >= P99_US_MAX {
            missed.push(format!("{name}: p99 {:.1} us", self.p99_us));
        }
        missed
    }
}

fn shapes(path: &std::path::Path) -> Result<Vec<Polygon<f64>>, Error> {
    Ok(samples::zones(path)?
        .into_iter()
        .map(|zone| zone.shape)
        .collect())
}

fn beside_geos(name: &str, zones: &[Polygon<f64>], python: &std::path::Path) -> Result<Row, Error> {
    let mut chance = Chance(2016);
    let places: Vec<Point<f64>> = (0..PLACES).map(|_| chance.near_a_zone(zones)).collect();
    let build_s = (0..2)
        .map(|_| {
            let copy = zones.to_vec();
            let start = Instant::now();
            black_box(OutlineIndex::build(copy));
            start.elapsed().as_secs_f64()
        })
        .fold(f64::MAX, f64::min);
    let index = OutlineIndex::build(zones.iter().cloned());
    let bytes: usize = index.bytes().iter().sum();
    let answers: usize = places.iter().map(|place| index.at(*place).count()).sum();
    let single = per_second(|| places.iter().map(|place| index.at(*place).count()).sum());
    let one = per_second(|| at_once(&index, &places));
    let two = per_second_by_the_clock(|| {
        std::thread::scope(|scope| {
            let halves: Vec<_> = places
                .chunks(PLACES / 2)
                .map(|half| scope.spawn(|| at_once(&index, half)))
                .collect();
            halves
                .into_iter()
                .map(|half| half.join().unwrap_or_default())
                .sum()
        })
    });
    let mut took: Vec<Duration> = places
        .iter()
        .map(|place| {
            let start = Instant::now();
            black_box(index.at(*place).count());
            start.elapsed()
        })
        .collect();
    took.sort_unstable();
    let us = |at: usize| took[at].as_secs_f64() * 1e6;

    let questions = geos::Questions::write(&name.replace(' ', "-"), zones, &places)?;
    let said = questions.ask(python, &["times", &SECONDS.to_string()])?;
    let number = |key: &str| said[key].as_f64().unwrap_or(f64::NAN);
    assert_eq!(
        said["answers"].as_u64(),
        Some(answers as u64),
        "GEOS answers otherwise"
    );
    let fastest = number("tree_then_prepared_per_s").max(number("tree_with_predicate_per_s"));
    #[expect(clippy::cast_precision_loss, reason = "a count of zones")]
    let each = |bytes: f64| bytes / zones.len() as f64;
    #[expect(clippy::cast_precision_loss, reason = "bytes of memory")]
    let own_bytes = each(bytes as f64);
    println!(
        "{name:<15} {:>8} | {build_s:>7.2} {own_bytes:>6.0} {single:>9.0} {one:>9.0} {two:>9.0} {:>6.2} {:>6.2} {:>7.1} | {:>7.2} {:>6.0} {:>9.0} {:>9.0} {:>9.0} {:>8.0} {:>6.1} | {:>5.1} {:>5.1} {:>5.1}",
        zones.len(),
        us(PLACES / 2),
        us(PLACES / 100 * 99),
        us(PLACES - 1),
        number("build_s") + number("made_s"),
        each(number("bytes")),
        number("tree_then_prepared_per_s"),
        number("tree_with_predicate_per_s"),
        number("two_threads_per_s"),
        number("one_call_per_s"),
        number("one_call_p99_us"),
        one / fastest,
        two / number("two_threads_per_s").max(fastest),
        single / number("one_call_per_s"),
    );
    #[expect(clippy::cast_precision_loss, reason = "counts below 2^53")]
    let (count, answers_each) = (zones.len() as f64, answers as f64 / PLACES as f64);
    Ok(Row {
        zones: count,
        build_s,
        times_geos: one / fastest,
        p99_us: us(PLACES / 100 * 99),
        single_per_s: single,
        dense_per_s: one,
        geos_per_s: [
            number("tree_then_prepared_per_s"),
            number("tree_with_predicate_per_s"),
            number("one_call_per_s"),
        ],
        answers_each,
    })
}

fn at_once(index: &OutlineIndex, places: &[Point<f64>]) -> usize {
    let mut answers = 0;
    index.at_each(places, |_, found| answers += found.count());
    answers
}

/// Answers a second of the best run, by the time that this thread was on a processor, so that other work on the machine does
/// not count. As many runs as fit into the time, at least two.
fn per_second(ask: impl Fn() -> usize) -> f64 {
    let begun = Instant::now();
    let mut best = Duration::MAX;
    let mut runs = 0;
    while runs < 2 || begun.elapsed().as_secs_f64() < SECONDS {
        let start = on_processor();
        black_box(ask());
        best = best.min(on_processor().saturating_sub(start));
        runs += 1;
    }
    per_second_in(best)
}

/// The same by the clock, for several threads.
fn per_second_by_the_clock(ask: impl Fn() -> usize) -> f64 {
    let begun = Instant::now();
    let mut best = Duration::MAX;
    let mut runs = 0;
    while runs < 2 || begun.elapsed().as_secs_f64() < SECONDS {
        let start = Instant::now();
        black_box(ask());
        best = best.min(start.elapsed());
        runs += 1;
    }
    per_second_in(best)
}

fn per_second_in(best: Duration) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "some hundred thousand places")]
    let places = PLACES as f64;
    places / best.as_secs_f64()
}

/// How long this thread has been on a processor, as Linux counts it, to within a tick of a few milliseconds.
fn on_processor() -> Duration {
    let said = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = said.split(' ').next().and_then(|first| first.parse().ok());
    Duration::from_nanos(nanoseconds.expect("Linux tells each thread its time on a processor"))
}
