//! A real gauge of ten months, with spikes and a sensor that froze: every flag the reference gives, test by test, over
//! the whole series and fed reading by reading.

use hinan_sensors::quality::Flag;
use hinan_sensors::quality::qartod::{
    AttenuatedSignal, AttenuatedSignalStream, FlatLine, FlatLineStream, GrossRange, Method,
    RateOfChange, RateOfChangeStream, Spike, SpikeStream,
};
use jiff::Timestamp;
use serde::de::DeserializeOwned;

use crate::samples::{self, Row};

#[test]
fn every_flag_of_a_real_gauge_is_the_references() {
    let (Some(rows), Some(described)) =
        (samples::gauge(), samples::json("series_water_level.json"))
    else {
        return;
    };
    let config = &described["config"];
    let times: Vec<Timestamp> = rows.iter().map(|row| row.at).collect();
    let levels_m: Vec<f64> = rows.iter().map(|row| row.level_m).collect();
    let mut compared = 0;
    let mut same = |test: &str, way: &str, ours: &[Flag]| {
        let theirs: Vec<Flag> = rows.iter().map(|row| row.flag(test)).collect();
        let differ = differences(&rows, ours, &theirs);
        assert!(differ.is_empty(), "{test}, {way}: {differ:#?}");
        compared += ours.len();
        eprintln!("{test:26} {way:20} {} flags the same", ours.len());
    };

    let range: GrossRange = read(&config["gross_range_test"]);
    same(
        "gross_range_test",
        "whole",
        &range.flags(&levels_m).unwrap(),
    );

    let average: Spike = read(&config["spike_test"]);
    same("spike_test", "whole", &average.flags(&levels_m));
    same(
        "spike_test",
        "reading by reading",
        &spikes(average, &levels_m),
    );
    let differential = Spike {
        method: Method::Differential,
        ..average
    };
    same(
        "spike_test_differential",
        "whole",
        &differential.flags(&levels_m),
    );
    same(
        "spike_test_differential",
        "reading by reading",
        &spikes(differential, &levels_m),
    );

    let rate: RateOfChange = read(&config["rate_of_change_test"]);
    same(
        "rate_of_change_test",
        "whole",
        &rate.flags(&levels_m, &times).unwrap(),
    );
    let mut stream = RateOfChangeStream::new(rate);
    let flags: Vec<Flag> = rows
        .iter()
        .map(|row| stream.take(row.at, row.level_m))
        .collect();
    same("rate_of_change_test", "reading by reading", &flags);

    let flat: FlatLine = read(&config["flat_line_test"]);
    same(
        "flat_line_test",
        "whole",
        &flat.flags(&levels_m, &times).unwrap(),
    );
    // An hour is the median of its steps, which go from a quarter of an hour to months.
    let mut stream = FlatLineStream::new(flat, 3600).unwrap();
    let flags: Vec<Flag> = levels_m
        .iter()
        .map(|&level_m| stream.take(level_m))
        .collect();
    same("flat_line_test", "reading by reading", &flags);

    let attenuated: AttenuatedSignal = read(&config["attenuated_signal_test"]);
    same(
        "attenuated_signal_test",
        "whole",
        &attenuated.flags(&levels_m, &times).unwrap(),
    );
    let mut stream = AttenuatedSignalStream::new(attenuated, 3600).unwrap();
    let flags: Vec<Flag> = rows
        .iter()
        .map(|row| stream.take(row.at, row.level_m))
        .collect();
    same("attenuated_signal_test", "reading by reading", &flags);

    eprintln!("{compared} flags compared");
}

fn read<T: DeserializeOwned>(config: &serde_json::Value) -> T {
    serde_json::from_value(config.clone()).unwrap()
}

fn spikes(test: Spike, levels_m: &[f64]) -> Vec<Flag> {
    let mut stream = SpikeStream::new(test);
    let mut flags: Vec<Flag> = Vec::new();
    for &level_m in levels_m {
        let (flag, completed) = stream.take(level_m);
        if let (Some(last), Some(completed)) = (flags.last_mut(), completed) {
            *last = completed;
        }
        flags.push(flag);
    }
    flags
}

fn differences(rows: &[Row], ours: &[Flag], theirs: &[Flag]) -> Vec<String> {
    assert_eq!(ours.len(), theirs.len());
    (0..ours.len())
        .filter(|&n| ours[n] != theirs[n])
        .map(|n| format!("{}: {:?}, not {:?}", rows[n].at, ours[n], theirs[n]))
        .collect()
}
