//! Makes the files of a demo town from open data and the hand-written rules beside them.
//!
//! ```text
//! cargo run -p hinan-gis --bin town-from-sources -- --gis DIR --hydrology DIR --out DIR
//! ```
//!
//! `--out` holds `rules.toml`; the same rules and sources give the same bytes. The last step loads what was written, so a
//! town that the service would refuse is never left behind without a word.

mod assemble;
mod blocks;
mod cells;
mod levels;
mod people;
mod rivers;
mod rules;
mod sources;
mod units;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use hinan_gis::Town;

/// Why nothing was made, in a sentence.
type Failure = Box<dyn std::error::Error>;

const USAGE: &str = "usage: town-from-sources --gis DIR --hydrology DIR --out DIR";

fn main() -> ExitCode {
    match folders(std::env::args().skip(1)).and_then(|folders| make(&folders)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

struct Folders {
    gis: PathBuf,
    hydrology: PathBuf,
    out: PathBuf,
}

fn folders(mut words: impl Iterator<Item = String>) -> Result<Folders, Failure> {
    let (mut gis, mut hydrology, mut out) = (None, None, None);
    while let Some(word) = words.next() {
        let folder = match word.as_str() {
            "--gis" => &mut gis,
            "--hydrology" => &mut hydrology,
            "--out" => &mut out,
            _ => return Err(format!("{word} is not known; {USAGE}").into()),
        };
        *folder =
            Some(PathBuf::from(words.next().ok_or_else(|| {
                format!("{word} lacks its folder; {USAGE}")
            })?));
    }
    match (gis, hydrology, out) {
        (Some(gis), Some(hydrology), Some(out)) => Ok(Folders {
            gis,
            hydrology,
            out,
        }),
        _ => Err(USAGE.into()),
    }
}

fn make(folders: &Folders) -> Result<(), Failure> {
    let rules = rules::read(&folders.out.join("rules.toml"))?;
    let sources = sources::read(&folders.gis, &folders.hydrology)?;
    let (town, map) = assemble::assemble(&rules, &sources)?;
    let town_toml = format!("{HEADER}{}", town.write()?);
    let map_gz = map.pack()?;
    let loaded = Town::load(&town_toml, &map_gz)?;
    write(&folders.out.join("town.toml"), town_toml.as_bytes())?;
    write(&folders.out.join("map.json.gz"), &map_gz)?;
    for (from, to) in [
        ("series.csv.gz", "levels-2016-08.csv.gz"),
        ("typhoon10.csv.gz", "typhoon10.csv.gz"),
    ] {
        write(
            &folders.out.join(to),
            &levels::levels_only(&folders.hydrology.join(from))?,
        )?;
    }
    report(&loaded)?;
    Ok(())
}

const HEADER: &str = "\
# The demo town as the service reads it. Made by town-from-sources from rules.toml and open data; see README.md.
# Levels are metres in the gauge's own datum. A level that no source states is absent; do not invent one.

";

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    std::fs::write(path, bytes)
        .map_err(|why| format!("{} cannot be written: {why}", path.display()).into())
}

/// What was made, as a table for the person who ran the command.
fn report(town: &Town) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    let people: u32 = town.districts.iter().map(|district| district.people).sum();
    writeln!(
        out,
        "{} zones, {} shelters, {} gauges",
        town.zones().len(),
        town.shelters.len(),
        town.gauges.len()
    )?;
    writeln!(out, "{} districts, {people} people", town.districts.len())?;
    for district in &town.districts {
        let reaches: Vec<String> = district
            .reaches
            .iter()
            .map(|reach| format!("{} {}", reach.river, reach.people_in_zone))
            .collect();
        let (name, people, ranks) = (&district.name, district.people, district.people_by_rank);
        writeln!(
            out,
            "{name} | {people} | {ranks:?} | {}",
            reaches.join(", ")
        )?;
    }
    Ok(())
}
