//! How long does it take to fit one gauge on eight years of hours, and to forecast it, beside LightGBM and scikit-learn
//! on the same machine in the same run?
//!
//! Budget: the fit within a few tens of seconds on two cores. Ours fits four leads, each five members with every flood
//! left out once, blends, doubts and fallbacks; the peers fit one plain model per lead (and five quantiles with
//! LightGBM), without any validation. Their features are made in Python and are not part of their time.
//!
//! Forecasting is timed with one model that is asked again and again, and with [`COPIES`] of it in memory one by one, each asked
//! in turn, as a country of gauges with eight years each would be: then the model has to come from memory every time.
//!
//! Needs a Python with lightgbm and scikit-learn, named by `HINAN_PYTHON`; says so and goes on with ours alone where it
//! is missing. The water is the synthetic basin with seeded storms. `against_lightgbm.py` does the peers' part.
#![allow(clippy::print_stdout, missing_docs)]
#![expect(clippy::disallowed_methods, reason = "a bench measures real time")]

#[path = "../tests/basin/mod.rs"]
mod basin;

use std::hint::black_box;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Instant;

use basin::{Noise, Storm, basin, bridge};
use hinan_models::{FittedFloodModel, FloodModel, History, Hyper};
use jiff::{SignedDuration, Timestamp};

const HOURS: u32 = 8 * 8766;
const FORECASTS: u32 = 5_000;
const COPIES: usize = 60;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // `cargo test` and `cargo bench --no-run` call the binary, too; only a bench has this argument.
    if !std::env::args().any(|arg| arg == "--bench") {
        return Ok(());
    }
    let water = basin(HOURS, &storms(), 7);
    let case = bridge();
    let recipe = FloodModel::new(Hyper::default())?;
    let start = Instant::now();
    let model = recipe.fit(&water, &case)?;
    let fit_s = start.elapsed().as_secs_f64();
    let at = |hour: u32| Timestamp::UNIX_EPOCH + SignedDuration::from_hours(i64::from(hour));
    let start = Instant::now();
    for hour in HOURS - FORECASTS..HOURS {
        black_box(model.predict(&water, at(hour)));
    }
    let each_us = start.elapsed().as_secs_f64() * 1e6 / f64::from(FORECASTS);
    // Written and read: a clone would share its trees.
    let written = serde_json::to_value(&model)?;
    let copies = (0..COPIES).map(|_| serde_json::from_value(written.clone()));
    let copies: Vec<FittedFloodModel> = copies.collect::<Result<_, _>>()?;
    let start = Instant::now();
    for (hour, model) in (HOURS - FORECASTS..HOURS).zip(copies.iter().cycle()) {
        black_box(model.predict(&water, at(hour)));
    }
    let apart_us = start.elapsed().as_secs_f64() * 1e6 / f64::from(FORECASTS);
    println!(
        "ours: {} rows, {} floods, all members and validation: fit {fit_s:.1} s; one forecast of 4 leads and 7 quantiles {each_us:.1} us, {apart_us:.1} us where every gauge has a model of its own in memory (10,000 gauges on one core: {:.0} and {:.0} ms); model {} kB",
        water.len(),
        model.card().floods.len(),
        each_us * 10.0,
        apart_us * 10.0,
        model.bytes() / 1000
    );
    let Some(python) = std::env::var_os("HINAN_PYTHON") else {
        println!("skipped the peers: HINAN_PYTHON names no Python with lightgbm and scikit-learn");
        return Ok(());
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/against_lightgbm.py");
    let table = std::env::temp_dir().join(format!("hinan-levels-{}.csv", std::process::id()));
    write_csv(&water, std::fs::File::create(&table)?)?;
    let peers = Command::new(python)
        .arg(script)
        .arg(&table)
        .stdout(Stdio::piped())
        .spawn()
        .and_then(std::process::Child::wait_with_output);
    std::fs::remove_file(&table)?;
    let peers = peers?;
    let said = String::from_utf8(peers.stdout)?;
    for line in said.lines() {
        let Some((name, figures)) = line.split_once('\t') else {
            continue;
        };
        let mut figures = figures.split('\t').map(str::parse::<f64>);
        let mut figure = || figures.next().and_then(Result::ok);
        let (Some(peer_fit_s), Some(peer_us), Some(table_ms), Some(kilobytes)) =
            (figure(), figure(), figure(), figure())
        else {
            println!("{line}");
            continue;
        };
        println!(
            "{name}: fit {peer_fit_s:.1} s ({:.2} of ours); one row at a time {peer_us:.0} us ({:.0} times ours); 10,000 rows by one model as a table on one core {table_ms:.0} ms ({:.1} times ours); models {kilobytes:.0} kB",
            peer_fit_s / fit_s,
            peer_us / each_us,
            table_ms / (each_us * 10.0)
        );
    }
    if peers.status.success() {
        Ok(())
    } else {
        Err(format!("the peers ended with {}", peers.status).into())
    }
}

/// A storm every few days, most of them small.
fn storms() -> Vec<Storm> {
    let mut noise = Noise(2016);
    let mut storms = Vec::new();
    let mut at = 60.0;
    while at < f64::from(HOURS) {
        let size = 0.2 + 1.5 * (0.5 + 0.5 * noise.next()).powi(3);
        // Hours of eight years, so it fits.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        storms.push((at as u32, size));
        at += 90.0 + 60.0 * noise.next();
    }
    storms
}

fn write_csv(water: &History, to: impl std::io::Write) -> std::io::Result<()> {
    let mut to = std::io::BufWriter::new(to);
    for row in 0..water.len() {
        let cells: Vec<String> = (0..3)
            .map(|gauge| {
                water
                    .level(row, gauge)
                    .map_or(String::new(), |level_m| level_m.to_string())
            })
            .collect();
        writeln!(to, "{}", cells.join(","))?;
    }
    to.flush()
}
