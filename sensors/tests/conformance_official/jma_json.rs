//! jma-json: observations, the table of stations and forecasts of the agency's website.

use hinan_sensors::official::series::StationValue;
use hinan_sensors::official::{OfficialMessage, decode};

use crate::samples::{Table, files, folder, name};

#[test]
fn observations_stations_and_forecasts_are_read_and_lookups_are_told_apart() {
    let Some(folder) = folder("jma-json") else {
        return;
    };
    let mut table = Table::default();
    for path in files(&folder) {
        let file = name(&path);
        let bytes = std::fs::read(&path).unwrap();
        match (file, decode(Some(file), &bytes)) {
            ("amedas01.json", Ok(OfficialMessage::Observations(series))) => {
                let reading = &series.readings[0];
                assert_eq!(reading.at.to_string(), "2022-10-03T06:00:00Z");
                assert_eq!(reading.numbers, Some((51, 106)));
                assert_eq!(reading.temperature_c.usable(), Some(26.2));
                assert_eq!(reading.rain_1h_mm.usable(), Some(0.0));
                assert_eq!(reading.snow_cm, StationValue::Missing { quality: Some(5) });
                table.accepted("observations");
            }
            ("amedas02.json", Ok(OfficialMessage::Observations(series))) => {
                assert_eq!(series.readings[0].temperature_c.usable(), Some(26.1));
                assert_eq!(series.readings[0].snow_cm, StationValue::NotMeasured);
                table.accepted("observations");
            }
            ("amedastable.json", Ok(OfficialMessage::Stations { stations })) => {
                assert_eq!(
                    stations.len(),
                    String::from_utf8_lossy(&bytes).matches("kjName").count()
                );
                let wakkanai = stations.iter().find(|s| s.station == "11016").unwrap();
                assert!((wakkanai.lat - 45.415).abs() < 1e-9);
                table.accepted("stations");
            }
            ("130000.json" | "230000.json", Ok(OfficialMessage::RainForecast { forecasts })) => {
                assert_eq!(forecasts.len(), 2, "{file}");
                let chances = forecasts
                    .iter()
                    .flat_map(|forecast| &forecast.steps)
                    .filter(|step| step.probability_percent.is_some())
                    .count();
                assert!(chances > 10, "{file}: {chances}");
                table.accepted("forecasts");
            }
            // Tables of area codes and monthly normals are no messages.
            (
                "area_2026.json"
                | "forecast_area.json"
                | "week_area.json"
                | "week_area05.json"
                | "week_area_name.json"
                | "P1M.json"
                | "INDEX.csv"
                | "README.md",
                Err(why),
            ) => {
                table.refused("lookups and descriptions", why.code());
            }
            (file, other) => panic!("{file}: {other:?}"),
        }
    }
    assert_eq!(table.print("jma-json"), (13, 5, 8));
}
