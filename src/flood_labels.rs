//! Past floods of which somebody noted whether a district was under water (浸水の記録): a table of the town, from which the chance
//! of flooding is learnt where there are enough of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hinan_gis::Town;
use hinan_models::{Label, LabelError, LabelledZone};
use serde::Deserialize;
use thiserror::Error;

/// Longest table, bytes.
const BYTES_MAX: u64 = 16 << 20;
/// Most rows.
const ROWS_MAX: usize = 200_000;

/// Why a table of past floods cannot be used.
#[derive(Debug, Error)]
pub enum FloodLabelsError {
    /// The system cannot read it.
    #[error("{path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Too long.
    #[error("{path}: {found} {what}; at most {most} are accepted")]
    TooLong {
        /// The file.
        path: PathBuf,
        /// Bytes or rows.
        what: &'static str,
        /// How many there are.
        found: u64,
        /// How many are accepted.
        most: u64,
    },
    /// A row cannot be used.
    #[error("{path}, line {line}: {why}")]
    Row {
        /// The file.
        path: PathBuf,
        /// Counted from 1, the heading.
        line: u64,
        /// What is wrong and what is accepted.
        why: String,
    },
}

/// One row: `district,gauge,peak_m,flooded`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    district: String,
    gauge: String,
    peak_m: f64,
    flooded: bool,
}

/// Districts whose chance is learnt, and why that of others is not.
pub type Learnt = (Vec<LabelledZone>, Vec<LabelError>);

/// Reads the table and learns from it. A district with too few floods of either kind stays with the town's stages, and it is
/// said why.
///
/// # Errors
/// [`FloodLabelsError`] names file, line, value and what is accepted.
pub fn learnt(path: &Path, town: &Town) -> Result<Learnt, FloodLabelsError> {
    let unreadable = |source| FloodLabelsError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let bytes = std::fs::metadata(path).map_err(unreadable)?.len();
    let too_long = |what, found, most| FloodLabelsError::TooLong {
        path: path.to_owned(),
        what,
        found,
        most,
    };
    if bytes > BYTES_MAX {
        return Err(too_long("bytes", bytes, BYTES_MAX));
    }
    let text = std::fs::read(path).map_err(unreadable)?;
    let mut labels: BTreeMap<(String, String), Vec<Label>> = BTreeMap::new();
    let mut table = csv::Reader::from_reader(text.as_slice());
    for (place, row) in table.deserialize::<Row>().enumerate() {
        if place >= ROWS_MAX {
            return Err(too_long("rows or more", place as u64 + 1, ROWS_MAX as u64));
        }
        let line = place as u64 + 2;
        let wrong = |why: String| FloodLabelsError::Row {
            path: path.to_owned(),
            line,
            why,
        };
        let row = row.map_err(|why| {
            wrong(format!(
                "{why}; accepted are district, gauge, peak_m (metres) and flooded (true or false)"
            ))
        })?;
        if !town.districts.iter().any(|known| known.id == row.district) {
            return Err(wrong(format!(
                "district {:?} is not one of the town's",
                row.district
            )));
        }
        if town.gauge(&row.gauge).is_none() {
            return Err(wrong(format!(
                "gauge {:?} is not one of the town's",
                row.gauge
            )));
        }
        let of = labels.entry((row.district, row.gauge)).or_default();
        of.push(Label {
            peak_m: row.peak_m,
            flooded: row.flooded,
        });
    }
    let (mut zones, mut refused) = (Vec::new(), Vec::new());
    for ((district, gauge), labels) in labels {
        match LabelledZone::fit(&district, &gauge, &labels) {
            Ok(zone) => zones.push(zone),
            Err(why) => refused.push(why),
        }
    }
    Ok((zones, refused))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::demo::obihiro;

    fn town() -> Town {
        Town::load(obihiro::TOWN, obihiro::MAP).expect("it is built in")
    }

    fn asked(town: &Town, table: &str) -> Result<Learnt, FloodLabelsError> {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("floods.csv");
        std::fs::write(&path, table).expect("a file");
        learnt(&path, town)
    }

    /// Twenty floods of a metre more each; from the tenth on there was water, but for one.
    fn floods(district: &str, gauge: &str, rows: u32) -> String {
        let mut table = "district,gauge,peak_m,flooded\n".to_owned();
        for n in 0..rows {
            let flooded = n >= 10 && n != 12;
            writeln!(table, "{district},{gauge},{n}.0,{flooded}").expect("text grows");
        }
        table
    }

    #[test]
    fn a_district_with_enough_floods_is_learnt_and_one_with_few_stays_with_its_stage() {
        let town = town();
        let (district, gauge) = (&town.districts[0].id, &town.gauges[0].id);
        let (zones, refused) = asked(&town, &floods(district, gauge, 20)).expect("sound");
        assert!(refused.is_empty());
        let [zone] = &zones[..] else {
            panic!("one district, not {}", zones.len());
        };
        assert!(zone.probability_at(2.0) < 0.2 && zone.probability_at(18.0) > 0.8);
        let (zones, refused) = asked(&town, &floods(district, gauge, 12)).expect("sound");
        assert!(zones.is_empty());
        assert!(refused[0].to_string().contains(district), "{}", refused[0]);
    }

    #[test]
    fn what_cannot_be_used_is_named_with_its_line() {
        let town = town();
        let gauge = &town.gauges[0].id;
        let refusal = |table: &str| match asked(&town, table) {
            Ok(_) => panic!("taken: {table}"),
            Err(why) => why.to_string(),
        };
        let nowhere = refusal(&floods("nowhere", gauge, 1));
        assert!(
            nowhere.contains("line 2") && nowhere.contains("nowhere"),
            "{nowhere}"
        );
        let district = &town.districts[0].id;
        let maybe = refusal(&format!(
            "district,gauge,peak_m,flooded\n{district},{gauge},3.0,maybe\n"
        ));
        assert!(
            maybe.contains("line 2") && maybe.contains("true or false"),
            "{maybe}"
        );
        let unknown = refusal(&floods(district, "a", 1));
        assert!(unknown.contains("gauge \"a\""), "{unknown}");
    }
}
