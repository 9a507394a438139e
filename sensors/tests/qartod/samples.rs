//! Where the recorded calls and the real gauge lie, and how they are written.

use std::path::PathBuf;

use hinan_sensors::quality::Flag;
use jiff::Timestamp;
use serde_json::Value;

/// The folder of the reference's samples, or `None`, said aloud, where there is none.
pub(crate) fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("HINAN_SAMPLES").map(PathBuf::from);
    let found = folder.and_then(|folder| {
        ["qartod", "protocols/qartod"]
            .into_iter()
            .map(|below| folder.join(below))
            .find(|folder| folder.is_dir())
    });
    if found.is_none() {
        eprintln!("skipped: no samples");
    }
    found
}

pub(crate) fn json(name: &str) -> Option<Value> {
    let text = std::fs::read_to_string(folder()?.join(name)).unwrap();
    Some(serde_json::from_str(&text).unwrap())
}

pub(crate) fn flag(number: &Value) -> Flag {
    let number = u8::try_from(number.as_u64().unwrap()).unwrap();
    Flag::from_qartod(number).unwrap()
}

/// One row of the real gauge with the flags of the reference, by the name of its test.
pub(crate) struct Row {
    pub(crate) at: Timestamp,
    pub(crate) level_m: f64,
    flags: Vec<(String, Flag)>,
}

impl Row {
    pub(crate) fn flag(&self, test: &str) -> Flag {
        self.flags.iter().find(|(name, _)| name == test).unwrap().1
    }
}

pub(crate) fn gauge() -> Option<Vec<Row>> {
    let mut reader = csv::Reader::from_path(folder()?.join("series_water_level.csv")).unwrap();
    let headers = reader.headers().unwrap().clone();
    assert_eq!((&headers[0], &headers[1]), ("time", "value"));
    let row = |record: csv::StringRecord| Row {
        at: record[0].parse().unwrap(),
        level_m: record[1].parse().unwrap(),
        flags: headers
            .iter()
            .zip(&record)
            .skip(2)
            .map(|(name, flag)| {
                let flag = Flag::from_qartod(flag.parse().unwrap()).unwrap();
                (name.to_owned(), flag)
            })
            .collect(),
    };
    Some(
        reader
            .records()
            .map(|record| row(record.unwrap()))
            .collect(),
    )
}
