//! Rain at stations (AMeDAS) and rain that is expected, as series.
//!
//! A value counts only with quality 0. 欠測, a value of another quality and a value that is not there are different from
//! zero, and from each other. The website's JSON is undocumented: a changed shape is an error, never "no rain".

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::refusal::Refusal;
use super::xml::cut;

const STATIONS_MAX: usize = 5000;
const STEPS_MAX: usize = 20_000;

/// Observations of stations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StationSeries {
    /// In the order of station and time.
    pub readings: Vec<StationReading>,
}

/// What one station observed at one time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StationReading {
    /// Five digits; empty when the document does not say whose it is (a file of one station).
    pub station: String,
    /// 府県番号 and 観測所番号 where the document gives them.
    pub numbers: Option<(u32, u32)>,
    /// When.
    pub at: Timestamp,
    /// Rain of the last 10 minutes, mm.
    pub rain_10min_mm: StationValue,
    /// Rain of the last hour, mm.
    pub rain_1h_mm: StationValue,
    /// Rain of the last 3 hours, mm.
    pub rain_3h_mm: StationValue,
    /// Rain of the last 24 hours, mm.
    pub rain_24h_mm: StationValue,
    /// Temperature, °C.
    pub temperature_c: StationValue,
    /// Wind, m/s.
    pub wind_m_per_s: StationValue,
    /// Gust, m/s.
    pub gust_m_per_s: StationValue,
    /// Depth of snow, cm.
    pub snow_cm: StationValue,
}

/// A value with its quality.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum StationValue {
    /// Quality 0: usable.
    Good {
        /// The value.
        value: f64,
    },
    /// There is a value, but its quality is not 0, or not known. Shown, not used.
    Doubtful {
        /// The value.
        value: f64,
        /// Its quality; `None`: the document says null.
        quality: Option<u8>,
    },
    /// 欠測: no value.
    Missing {
        /// The quality that says so.
        quality: Option<u8>,
    },
    /// The station does not measure this.
    NotMeasured,
}

impl StationValue {
    /// The value, if it may be used.
    #[must_use]
    pub fn usable(&self) -> Option<f64> {
        match self {
            Self::Good { value } => Some(*value),
            _ => None,
        }
    }
}

/// A station of the table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StationPlace {
    /// Five digits.
    pub station: String,
    /// Name.
    pub name: String,
    /// Latitude, degrees.
    pub lat: f64,
    /// Longitude, degrees.
    pub lon: f64,
    /// Height above sea level, metres.
    pub height_m: f64,
}

/// Precipitation that is expected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RainForecast {
    /// Office.
    pub office: String,
    /// Time of issue.
    pub report_at: Timestamp,
    /// Steps, in the order of the document.
    pub steps: Vec<ForecastStep>,
}

/// What is expected in one area from one time on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForecastStep {
    /// Code of the area.
    pub area: String,
    /// Its name.
    pub area_name: String,
    /// From when.
    pub from: Timestamp,
    /// Probability of precipitation, percent; `None` when there is none.
    pub probability_percent: Option<u8>,
    /// 天気コード.
    pub weather_code: Option<u16>,
    /// In words.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub weather: String,
}

const OBSERVATION: &str = "station observations (AMeDAS)";
const TABLE: &str = "a table of stations (AMeDAS)";
const FORECAST: &str = "a forecast of the agency's website";

/// Keys whose presence says that an object is an observation.
const MEASURED: [&str; 5] = [
    "precipitation10m",
    "precipitation1h",
    "temp",
    "wind",
    "snow",
];

/// Whether JSON looks like observations.
pub(crate) fn looks_like_observations(json: &Value) -> bool {
    let Some(map) = json.as_object() else {
        return false;
    };
    map.iter().next().is_some_and(|(key, value)| {
        key.bytes().all(|byte| byte.is_ascii_digit())
            && (is_observation(value)
                || value
                    .as_object()
                    .and_then(|inner| inner.values().next())
                    .is_some_and(is_observation))
    })
}

/// Whether JSON looks like a table of stations.
pub(crate) fn looks_like_table(json: &Value) -> bool {
    json.as_object()
        .and_then(|map| map.values().next())
        .is_some_and(|value| value.get("kjName").is_some() && value.get("lat").is_some())
}

/// Whether JSON looks like a forecast.
pub(crate) fn looks_like_forecast(json: &Value) -> bool {
    json.get(0).is_some_and(|first| {
        first.get("timeSeries").is_some() && first.get("reportDatetime").is_some()
    })
}

fn is_observation(value: &Value) -> bool {
    MEASURED.iter().any(|key| value.get(key).is_some())
}

/// Reads observations: `{time: values}` of one station, `{station: values}` of one time, or `{station: {time: values}}`.
///
/// `name` tells the station of the first form and the time of the second: `11016/20221003_15.json`, `20221003150000.json`.
pub(crate) fn read_observations(
    name: Option<&str>,
    json: &Value,
) -> Result<StationSeries, Refusal> {
    let map = object(json, OBSERVATION, "the document")?;
    if map.len() > STEPS_MAX {
        return Err(Refusal::TooMany {
            what: "observations",
            max: STEPS_MAX,
        });
    }
    let mut readings = Vec::new();
    for (key, value) in map {
        match (key.len(), is_observation(value)) {
            (14, true) => {
                let station = name.and_then(|name| digits(name, 5)).unwrap_or("");
                readings.push(reading(station, at(key)?, value)?);
            }
            (5, true) => {
                let time = name
                    .and_then(|name| digits(name, 14))
                    .ok_or(Refusal::Missing {
                        what: "the time in the document's name (like 20221003150000.json)",
                    })?;
                readings.push(reading(key, at(time)?, value)?);
            }
            (5, false) => {
                for (time, value) in object(value, OBSERVATION, key)? {
                    readings.push(reading(key, at(time)?, value)?);
                }
            }
            _ => {
                return Err(wrong(
                    OBSERVATION,
                    &format!(
                        "key {:?} is neither a time (14 digits) nor a station (5)",
                        cut(key, 40)
                    ),
                ));
            }
        }
        if readings.len() > STEPS_MAX {
            return Err(Refusal::TooMany {
                what: "observations",
                max: STEPS_MAX,
            });
        }
    }
    readings.sort_by(|a, b| (&a.station, a.at).cmp(&(&b.station, b.at)));
    Ok(StationSeries { readings })
}

fn reading(station: &str, at: Timestamp, json: &Value) -> Result<StationReading, Refusal> {
    let map = object(json, OBSERVATION, station)?;
    let number = |key: &str| {
        map.get(key)
            .and_then(Value::as_u64)
            .and_then(|number| u32::try_from(number).ok())
    };
    Ok(StationReading {
        station: station.to_owned(),
        numbers: number("prefNumber").zip(number("observationNumber")),
        at,
        rain_10min_mm: value(map, "precipitation10m")?,
        rain_1h_mm: value(map, "precipitation1h")?,
        rain_3h_mm: value(map, "precipitation3h")?,
        rain_24h_mm: value(map, "precipitation24h")?,
        temperature_c: value(map, "temp")?,
        wind_m_per_s: value(map, "wind")?,
        gust_m_per_s: value(map, "gust")?,
        snow_cm: value(map, "snow")?,
    })
}

/// `[value, quality]`.
fn value(map: &Map<String, Value>, key: &str) -> Result<StationValue, Refusal> {
    let Some(pair) = map.get(key) else {
        return Ok(StationValue::NotMeasured);
    };
    let wrong = || wrong(OBSERVATION, &format!("{key} is not [value, quality]"));
    let [value, quality] = pair.as_array().map(Vec::as_slice).ok_or_else(wrong)? else {
        return Err(wrong());
    };
    let quality = match quality {
        Value::Null => None,
        number => Some(
            number
                .as_u64()
                .and_then(|number| u8::try_from(number).ok())
                .ok_or_else(wrong)?,
        ),
    };
    match (value, quality) {
        (Value::Null, quality) => Ok(StationValue::Missing { quality }),
        (value, quality) => {
            let value = value.as_f64().filter(|v| v.is_finite()).ok_or_else(wrong)?;
            Ok(if quality == Some(0) {
                StationValue::Good { value }
            } else {
                StationValue::Doubtful { value, quality }
            })
        }
    }
}

/// Reads the table of stations.
pub(crate) fn read_table(json: &Value) -> Result<Vec<StationPlace>, Refusal> {
    let map = object(json, TABLE, "the document")?;
    if map.len() > STATIONS_MAX {
        return Err(Refusal::TooMany {
            what: "stations",
            max: STATIONS_MAX,
        });
    }
    map.iter()
        .map(|(station, row)| {
            // Degrees and minutes, not decimal degrees.
            let angle = |key: &str, max: f64| {
                let pair = row.get(key)?.as_array()?;
                let [degrees, minutes] = pair.as_slice() else {
                    return None;
                };
                let (degrees, minutes) = (degrees.as_f64()?, minutes.as_f64()?);
                let angle = degrees + (minutes / 60.0).copysign(degrees);
                ((0.0..60.0).contains(&minutes) && angle.abs() <= max).then_some(angle)
            };
            let place = || {
                Some(StationPlace {
                    station: cut(station, 10),
                    name: cut(row.get("kjName")?.as_str()?, 80),
                    lat: angle("lat", 90.0)?,
                    lon: angle("lon", 180.0)?,
                    height_m: row.get("alt")?.as_f64()?,
                })
            };
            place().ok_or_else(|| {
                wrong(
                    TABLE,
                    &format!(
                        "station {:?} lacks kjName, lat [deg, min], lon [deg, min] or alt",
                        cut(station, 10)
                    ),
                )
            })
        })
        .collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawForecast {
    publishing_office: String,
    report_datetime: Timestamp,
    time_series: Vec<RawSeries>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawSeries {
    time_defines: Vec<Timestamp>,
    areas: Vec<RawArea>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawArea {
    area: RawName,
    pops: Option<Vec<String>>,
    weather_codes: Option<Vec<String>>,
    weathers: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct RawName {
    name: String,
    code: String,
}

/// Reads forecasts: the next days, then the week.
pub(crate) fn read_forecast(json: Value) -> Result<Vec<RainForecast>, Refusal> {
    let raw: Vec<RawForecast> =
        serde_json::from_value(json).map_err(|why| Refusal::json(FORECAST, &why))?;
    raw.into_iter()
        .map(|raw| {
            let mut steps = Vec::new();
            for series in raw.time_series {
                for area in &series.areas {
                    step(&series.time_defines, area, &mut steps)?;
                }
            }
            Ok(RainForecast {
                office: cut(&raw.publishing_office, 80),
                report_at: raw.report_datetime,
                steps,
            })
        })
        .collect()
}

fn step(times: &[Timestamp], area: &RawArea, steps: &mut Vec<ForecastStep>) -> Result<(), Refusal> {
    let lists = [&area.pops, &area.weather_codes, &area.weathers];
    if lists.iter().all(|list| list.is_none()) {
        return Ok(());
    }
    if lists
        .iter()
        .any(|list| list.as_ref().is_some_and(|list| list.len() != times.len()))
    {
        return Err(wrong(
            FORECAST,
            &format!(
                "area {:?} has another number of values than there are times",
                cut(&area.area.code, 20)
            ),
        ));
    }
    for (n, from) in times.iter().enumerate() {
        if steps.len() >= STEPS_MAX {
            return Err(Refusal::TooMany {
                what: "steps of a forecast",
                max: STEPS_MAX,
            });
        }
        let at = |list: &Option<Vec<String>>| list.as_ref().map(|list| list[n].clone());
        let probability_percent = match at(&area.pops).as_deref() {
            None | Some("") => None,
            Some(text) => Some(
                text.parse()
                    .ok()
                    .filter(|percent| *percent <= 100)
                    .ok_or_else(|| wrong(FORECAST, "a probability is not 0 to 100"))?,
            ),
        };
        steps.push(ForecastStep {
            area: cut(&area.area.code, 20),
            area_name: cut(&area.area.name, 80),
            from: *from,
            probability_percent,
            weather_code: at(&area.weather_codes).and_then(|code| code.parse().ok()),
            weather: cut(&at(&area.weathers).unwrap_or_default(), 300),
        });
    }
    Ok(())
}

fn object<'v>(
    json: &'v Value,
    expected: &'static str,
    what: &str,
) -> Result<&'v Map<String, Value>, Refusal> {
    json.as_object()
        .ok_or_else(|| wrong(expected, &format!("{} is not an object", cut(what, 40))))
}

fn wrong(expected: &'static str, why: &str) -> Refusal {
    Refusal::WrongShape {
        expected,
        why: why.to_owned(),
    }
}

/// The first run of exactly so many digits in a name.
fn digits(name: &str, how_many: usize) -> Option<&str> {
    name.split(|c: char| !c.is_ascii_digit())
        .find(|run| run.len() == how_many)
}

/// `20221003150000`, Japan time.
fn at(text: &str) -> Result<Timestamp, Refusal> {
    let wrong = || {
        Refusal::unknown(
            "time of an observation",
            text,
            "14 digits like 20221003150000",
        )
    };
    if text.len() != 14 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong());
    }
    let iso = format!(
        "{}-{}-{}T{}:{}:{}",
        &text[..4],
        &text[4..6],
        &text[6..8],
        &text[8..10],
        &text[10..12],
        &text[12..]
    );
    let civil: DateTime = iso.parse().map_err(|_| wrong())?;
    japan(civil).ok_or_else(wrong)
}

/// A wall clock in Japan, which is nine hours ahead and has no summer time.
pub(crate) fn japan(civil: DateTime) -> Option<Timestamp> {
    TimeZone::fixed(Offset::constant(9))
        .to_timestamp(civil)
        .ok()
}

/// For how long an accumulated amount reaches back.
#[must_use]
pub fn accumulation(key: &str) -> Option<SignedDuration> {
    match key {
        "rain_10min_mm" => Some(SignedDuration::from_mins(10)),
        "rain_1h_mm" => Some(SignedDuration::from_hours(1)),
        "rain_3h_mm" => Some(SignedDuration::from_hours(3)),
        "rain_24h_mm" => Some(SignedDuration::from_hours(24)),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(name: &str, text: &str) -> Result<StationSeries, Refusal> {
        read_observations(Some(name), &serde_json::from_str(text).unwrap())
    }

    #[test]
    fn only_quality_zero_is_used_and_missing_is_not_zero() {
        let series = read(
            "11016/20221003.json",
            r#"{"20221003150000":{"precipitation10m":[0.5,0],"precipitation1h":[3.0,1],"snow":[null,5],"temp":[0,null]}}"#,
        )
        .unwrap();
        let reading = &series.readings[0];
        assert_eq!(reading.station, "11016");
        assert_eq!(reading.at.to_string(), "2022-10-03T06:00:00Z");
        assert_eq!(reading.rain_10min_mm.usable(), Some(0.5));
        assert_eq!(reading.rain_1h_mm.usable(), None);
        assert_eq!(reading.snow_cm, StationValue::Missing { quality: Some(5) });
        assert_eq!(
            reading.temperature_c,
            StationValue::Doubtful {
                value: 0.0,
                quality: None
            }
        );
        assert_eq!(reading.rain_3h_mm, StationValue::NotMeasured);
    }

    #[test]
    fn all_stations_of_one_time_are_read_from_the_documents_name() {
        let series = read(
            "data/map/20221003150000.json",
            r#"{"11016":{"temp":[1.0,0]},"11001":{"temp":[2.0,0]}}"#,
        )
        .unwrap();
        let stations: Vec<_> = series.readings.iter().map(|r| r.station.as_str()).collect();
        assert_eq!(stations, ["11001", "11016"]);
    }

    #[test]
    fn a_changed_shape_is_an_error_and_not_no_rain() {
        for text in [
            r#"{"20221003150000":{"precipitation10m":0.5}}"#,
            r#"{"20221003150000":{"precipitation10m":[0.5]}}"#,
            r#"{"20221003150000":{"precipitation10m":["0.5",0]}}"#,
            r#"{"20221003150000":{"temp":[1,-1]}}"#,
            r#"{"20221303150000":{"temp":[1,0]}}"#,
            r#"{"5":{"temp":[1,0]}}"#,
        ] {
            assert!(read("11016.json", text).is_err(), "{text}");
        }
    }

    #[test]
    fn stations_stand_at_degrees_and_minutes() {
        let table = read_table(&serde_json::json!({
            "11016": {"lat": [45, 24.9], "lon": [141, 40.7], "alt": 3, "kjName": "稚内"}
        }))
        .unwrap();
        assert!((table[0].lat - 45.415).abs() < 1e-9);
        assert!(
            read_table(&serde_json::json!({
                "11016": {"lat": [45, 60.0], "lon": [141, 40.7], "alt": 3, "kjName": "稚内"}
            }))
            .is_err()
        );
    }
}
