//! Every recorded call of the reference: the same flags, or refused where it refuses.
//!
//! A recorded call is read as a file of settings would be: the settings of a test are deserialised under the names the
//! reference gives them. So a setting of the wrong type, missing or unknown is refused there, and a contradiction by
//! the test itself.

use std::collections::BTreeMap;

use hinan_sensors::quality::Flag;
use hinan_sensors::quality::qartod::{
    AttenuatedSignal, Climatology, DataReception, DensityInversion, FlatLine, GrossRange,
    ImpossibleDate, Location, LocationBounds, Moment, PercentileRange, RateOfChange, Speed, Spike,
    Syntax, TimeGap, ValidRange, compare, pressure_increasing,
};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::samples;

#[test]
fn every_recorded_call_gives_the_recorded_flags_or_is_refused_as_recorded() {
    let Some(recorded) = samples::json("qartod_vectors.json") else {
        return;
    };
    let mut table: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    let mut wrong = Vec::new();
    for call in recorded["vectors"].as_array().unwrap() {
        let function = call["function"].as_str().unwrap();
        let ours = answer(function, call["args"].as_object().unwrap());
        let [flagged, refused, points] = table.entry(function).or_default();
        match (&ours, call.get("flags")) {
            (Ok(ours), Some(flags)) => {
                let theirs: Vec<Flag> = list(flags).unwrap().iter().map(samples::flag).collect();
                *flagged += 1;
                *points += theirs.len();
                if *ours != theirs {
                    wrong.push(format!("{}: {ours:?}, not {theirs:?}", call["id"]));
                }
            }
            (Err(why), None) => {
                *refused += 1;
                eprintln!("{} {}: {why}", call["id"], call["raises"]);
            }
            (ours, _) => wrong.push(format!("{} of {function}: {ours:?}", call["id"])),
        }
    }
    eprintln!("{:26}  flagged  refused  points", "function");
    let mut all = [0; 3];
    for (function, counts) in &table {
        eprintln!(
            "{function:26} {:8} {:8} {:7}",
            counts[0], counts[1], counts[2]
        );
        all = [0, 1, 2].map(|n| all[n] + counts[n]);
    }
    eprintln!("{:26} {:8} {:8} {:7}", "all", all[0], all[1], all[2]);
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(all[..2], [85, 13], "98 calls are recorded");
}

/// What our test of this name says to a recorded call.
fn answer(function: &str, args: &Map<String, Value>) -> Result<Vec<Flag>, String> {
    let mut call = Call(args.clone());
    // The recorder's sign for an argument that was left out.
    call.0.remove("$err");
    match function {
        "gross_range_test" => {
            let values = call.numbers("inp")?;
            call.settings::<GrossRange>()?.flags(&values).map_err(text)
        }
        "climatology_test" => {
            let (values, depths) = (call.numbers("inp")?, call.numbers("zinp")?);
            let times = call.times("tinp")?;
            let members = args["config"]["$climatology_members"].clone();
            let test: Climatology = serde_json::from_value(members).map_err(text)?;
            test.flags(&values, &times, &depths).map_err(text)
        }
        "spike_test" => {
            let values = call.numbers("inp")?;
            Ok(call.settings::<Spike>()?.flags(&values))
        }
        "rate_of_change_test" => {
            let (values, times) = (call.numbers("inp")?, call.times("tinp")?);
            let test = call.settings::<RateOfChange>()?;
            test.flags(&values, &times).map_err(text)
        }
        "flat_line_test" => {
            let (values, times) = (call.numbers("inp")?, call.times("tinp")?);
            let test = call.settings::<FlatLine>()?;
            test.flags(&values, &times).map_err(text)
        }
        "attenuated_signal_test" => {
            let (values, times) = (call.numbers("inp")?, call.times("tinp")?);
            let test = call.settings::<AttenuatedSignal>()?;
            test.flags(&values, &times).map_err(text)
        }
        "density_inversion_test" => {
            let (values, depths) = (call.numbers("inp")?, call.numbers("zinp")?);
            let test = call.settings::<DensityInversion>()?;
            test.flags(&values, &depths).map_err(text)
        }
        "percentile_range_test" => {
            let values = call.numbers("inp")?;
            let test = call.settings::<PercentileRange>()?;
            test.flags(&values).map_err(text)
        }
        "location_test" => {
            let (lon, lat) = (call.numbers("lon")?, call.numbers("lat")?);
            let test = call.settings::<Location>()?;
            test.flags(&lon, &lat).map_err(text)
        }
        "location_bounds_test" => {
            let (lon, lat) = (call.numbers("lon")?, call.numbers("lat")?);
            if let Some(drawn) = args["shape"].get("$wkt") {
                call.0
                    .insert("shape".to_owned(), outline(drawn.as_str().unwrap()));
            }
            let test = call.settings::<LocationBounds>()?;
            test.flags(&lon, &lat).map_err(text)
        }
        "speed_test" => {
            let (lon, lat) = (call.numbers("lon")?, call.numbers("lat")?);
            let times = call.times("tinp")?;
            let test = call.settings::<Speed>()?;
            test.flags(&lon, &lat, &times).map_err(text)
        }
        "time_gap_test" => {
            let times = call.some_times("tinp")?;
            call.settings::<TimeGap>()?.flags(&times).map_err(text)
        }
        "data_reception_test" => {
            let times = call.some_times("tinp")?;
            let test = call.settings::<DataReception>()?;
            test.flags(&times, Timestamp::UNIX_EPOCH).map_err(text)
        }
        "impossible_date_test" => {
            let times = call.some_times("tinp")?;
            let test = call.settings::<ImpossibleDate>()?;
            Ok(test.flags(&times, Timestamp::UNIX_EPOCH))
        }
        "syntax_test" => {
            let lines = call.0.remove("inp").unwrap();
            let lines: Vec<&str> = list(&lines)?.iter().filter_map(Value::as_str).collect();
            Ok(call.settings::<Syntax>()?.flags(&lines))
        }
        "pressure_increasing_test" => Ok(pressure_increasing(&call.numbers("inp")?)),
        "valid_range_test" => {
            let times = call.some_times("inp");
            let test = call.settings::<ValidRange<Moment>>()?;
            let times: Vec<_> = times?.into_iter().map(|at| at.map(Moment)).collect();
            Ok(test.flags(&times))
        }
        "qartod_compare" => {
            let tests: Vec<Vec<Flag>> = list(&args["vectors"])?
                .iter()
                .map(|flags| list(flags).unwrap().iter().map(samples::flag).collect())
                .collect();
            let tests: Vec<&[Flag]> = tests.iter().map(Vec::as_slice).collect();
            compare(&tests).map_err(text)
        }
        other => panic!("the reference has a test we do not know: {other}"),
    }
}

struct Call(Map<String, Value>);

impl Call {
    /// The arguments that are not taken out as data are the settings.
    fn settings<T: DeserializeOwned>(&mut self) -> Result<T, String> {
        serde_json::from_value(Value::Object(self.0.clone())).map_err(text)
    }

    fn taken(&mut self, key: &str) -> Result<Vec<Value>, String> {
        let value = self.0.remove(key).ok_or(format!("{key} is missing"))?;
        match value {
            Value::Array(values) => Ok(values),
            single => Ok(vec![single]),
        }
    }

    fn numbers(&mut self, key: &str) -> Result<Vec<f64>, String> {
        let number = |value: &Value| match value {
            Value::Null => Ok(f64::NAN),
            Value::Object(nan) if nan.contains_key("$nan") => Ok(f64::NAN),
            value => value.as_f64().ok_or(format!("{key}: {value} is no number")),
        };
        self.taken(key)?.iter().map(number).collect()
    }

    fn some_times(&mut self, key: &str) -> Result<Vec<Option<Timestamp>>, String> {
        let time = |value: &Value| match value {
            Value::Null => Ok(None),
            Value::Number(seconds) => {
                let at = Timestamp::from_second(seconds.as_i64().unwrap());
                at.map(Some).map_err(text)
            }
            value => {
                let moment: Moment = serde_json::from_value(value.clone()).map_err(text)?;
                Ok(Some(moment.0))
            }
        };
        self.taken(key)?.iter().map(time).collect()
    }

    fn times(&mut self, key: &str) -> Result<Vec<Timestamp>, String> {
        let times = self.some_times(key)?;
        times
            .into_iter()
            .map(|at| at.ok_or("no time".to_owned()))
            .collect()
    }
}

fn list(value: &Value) -> Result<&Vec<Value>, String> {
    value.as_array().ok_or(format!("{value} is no list"))
}

fn text(why: impl std::fmt::Display) -> String {
    why.to_string()
}

/// The corners of `POLYGON ((x y, x y, …))`.
fn outline(wkt: &str) -> Value {
    let corners = wkt
        .strip_prefix("POLYGON ((")
        .unwrap()
        .strip_suffix("))")
        .unwrap();
    let corner = |corner: &str| -> Vec<f64> {
        corner
            .split_whitespace()
            .map(|number| number.parse().unwrap())
            .collect()
    };
    json!(corners.split(',').map(corner).collect::<Vec<_>>())
}
