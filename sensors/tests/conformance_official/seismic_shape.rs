//! Our telegrams, written in the reference's shape, so that they can be compared.
//!
//! Differences of the reference from the telegram, each on purpose there:
//! - Until 2021 `issue.time` is the official time of issue, later the time of sending.
//! - Its time of an earthquake is when it was felt (`ArrivalTime`), not when it began; of a flash report, which has neither,
//!   the time it speaks of.
//! - The mark `＊` of stations that are not the agency's is left out.
//! - The short form of a full report lists areas from intensity 3 on; the headline does so too.
//! - A detailed name of a far place, where there is one, stands for the coarse one.
//! - What is below an advisory is left out of a tsunami's list.
//! - `comments` exists from 2023 on.

use hinan_sensors::official::jma::early_warning::EarlyWarning;
use hinan_sensors::official::jma::earthquake::{Earthquake, EarthquakeReport};
use hinan_sensors::official::jma::tsunami::{TsunamiForecast, TsunamiReport};
use hinan_sensors::official::value::Intensity;
use hinan_sensors::official::{Class, Content, Envelope, InfoType, Live, Telegram};
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use serde_json::{Value, json};

/// Which version of the reference made the output.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Era {
    Of2021,
    Later,
}

/// What the reference makes of a telegram: one object, or two for a full report.
pub(crate) fn shapes(telegram: &Telegram<Live>, era: Era) -> Vec<Value> {
    let envelope = &telegram.envelope;
    let issued = time(match era {
        Era::Of2021 => envelope.report_at,
        Era::Later => envelope.sent_at,
    });
    match &telegram.content {
        Content::Earthquake(report) => kinds(&envelope.telegram_type, report)
            .into_iter()
            .map(|kind| quake(report, kind, &issued, envelope, era))
            .collect(),
        Content::Tsunami(report) => vec![tsunami(report, &issued)],
        Content::EarlyWarning(warning) => {
            vec![early_warning(
                warning,
                &issued,
                &envelope.event_id,
                &envelope.serial,
            )]
        }
        other => panic!("{other:?}"),
    }
}

fn kinds(telegram_type: &str, report: &EarthquakeReport) -> Vec<&'static str> {
    match telegram_type {
        "VXSE51" => vec!["ScalePrompt"],
        "VXSE52" => vec!["Destination"],
        _ if report.far => vec!["Foreign"],
        _ => vec!["ScaleAndDestination", "DetailScale"],
    }
}

fn quake(
    report: &EarthquakeReport,
    kind: &str,
    issued: &str,
    envelope: &Envelope,
    era: Era,
) -> Value {
    let (info_type, target_at) = (envelope.info_type, envelope.target_at);
    let first = report.earthquakes.first();
    let at = first.and_then(|quake| quake.arrival_at).or(target_at);
    let areas = report.prefectures.iter().flat_map(|pref| {
        pref.areas
            .iter()
            .map(move |area| (&pref.prefecture.name, area))
    });
    let points: Vec<Value> = match kind {
        "DetailScale" => areas
            .flat_map(|(pref, area)| {
                area.cities
                    .iter()
                    .flat_map(|city| &city.stations)
                    .map(move |station| {
                        json!({"pref": pref, "addr": station.station.name.trim_end_matches('＊'),
                               "scale": scale(station.intensity), "isArea": false})
                    })
            })
            .collect(),
        _ => areas
            .filter(|(_, area)| area.max >= Some(Intensity::I3))
            .map(|(pref, area)| {
                json!({"pref": pref, "addr": area.area.name, "scale": scale(area.max), "isArea": true})
            })
            .collect(),
    };
    let mut json = json!({
        "expire": null,
        "issue": {
            "source": "気象庁",
            "time": issued,
            "type": kind,
            "correct": if info_type == InfoType::Issue { "None" } else { "Unknown" },
        },
        "earthquake": {
            "time": at.map(time),
            "hypocenter": hypocentre(first),
            "maxScale": scale(report.max_intensity),
            "domesticTsunami": domestic(report),
            "foreignTsunami": "Unknown",
        },
        "points": points,
    });
    if era == Era::Later {
        json["comments"] = json!({"freeFormComment": report.free_comment});
    }
    json
}

fn hypocentre(quake: Option<&Earthquake>) -> Value {
    let Some(quake) = quake else {
        return json!({"name": "", "latitude": -200, "longitude": -200, "depth": -1, "magnitude": -1});
    };
    let name = if quake.detailed_name.is_empty() {
        &quake.hypocentre.name
    } else {
        &quake.detailed_name
    };
    json!({
        "name": name,
        "latitude": quake.place.map_or(-200.0, |place| place.lat),
        "longitude": quake.place.map_or(-200.0, |place| place.lon),
        "depth": quake.place.and_then(|place| place.depth_km()).unwrap_or(-1.0),
        "magnitude": quake.magnitude.as_ref().and_then(|m| m.value).unwrap_or(-1.0),
    })
}

fn domestic(report: &EarthquakeReport) -> &'static str {
    let has = |code: &str| {
        report
            .comments
            .iter()
            .any(|comment| comment.code.split_whitespace().any(|one| one == code))
    };
    if has("0215") || has("0230") {
        "None"
    } else if has("0217") || has("0229") {
        "Checking"
    } else {
        "Unknown"
    }
}

fn tsunami(report: &TsunamiReport, issued: &str) -> Value {
    let warned: Vec<&TsunamiForecast> = report
        .forecasts
        .iter()
        .filter(|forecast| forecast.grade.class > Class::None)
        .collect();
    json!({
        "expire": null,
        "issue": {"source": "気象庁", "time": issued, "type": "Focus"},
        "cancelled": warned.is_empty(),
        "areas": warned
            .into_iter()
            .map(|forecast| {
                json!({
                    "name": forecast.area.name,
                    "grade": match forecast.grade.class {
                        Class::Special => "MajorWarning",
                        Class::Warning => "Warning",
                        Class::Advisory => "Watch",
                        _ => "Unknown",
                    },
                    "immediate": forecast.first_condition == "ただちに津波来襲と予測",
                    "firstHeight": {"arrivalTime": forecast.first_at.map(time)},
                    "maxHeight": {
                        "description": forecast.height.as_ref().map(|height| &height.description),
                        "value": forecast.height.as_ref().and_then(|height| height.value),
                    },
                })
            })
            .collect::<Vec<_>>(),
    })
}

fn early_warning(warning: &EarlyWarning, issued: &str, event: &str, serial: &str) -> Value {
    let quake = warning.earthquake.as_ref().unwrap();
    let mut hypocentre = hypocentre(Some(quake));
    hypocentre["reduceName"] = json!(quake.short_name);
    json!({
        "earthquake": {
            "originTime": quake.origin_at.map(time),
            "arrivalTime": quake.arrival_at.map(time),
            "condition": quake.condition,
            "hypocenter": hypocentre,
        },
        "issue": {"time": issued, "eventId": event, "serial": serial},
        "cancelled": false,
        "areas": warning
            .areas
            .iter()
            .map(|area| {
                json!({
                    "pref": area.prefecture.name,
                    "name": area.area.name,
                    "scaleFrom": scale(area.from),
                    "scaleTo": if area.or_more { 99 } else { scale(area.to) },
                    "kindCode": area.kind_code,
                    "arrivalTime": area.arrives_at.map(time),
                })
            })
            .collect::<Vec<_>>(),
    })
}

fn scale(intensity: Option<Intensity>) -> i64 {
    match intensity {
        None => -1,
        Some(Intensity::I0) => 0,
        Some(Intensity::I1) => 10,
        Some(Intensity::I2) => 20,
        Some(Intensity::I3) => 30,
        Some(Intensity::I4) => 40,
        Some(Intensity::I5Lower) => 45,
        Some(Intensity::AtLeast5Lower) => 46,
        Some(Intensity::I5Upper) => 50,
        Some(Intensity::I6Lower) => 55,
        Some(Intensity::I6Upper) => 60,
        Some(Intensity::I7) => 70,
    }
}

fn time(at: Timestamp) -> String {
    at.to_zoned_datetime(TimeZone::fixed(Offset::constant(9)))
        .strftime("%Y/%m/%d %H:%M:%S")
        .to_string()
}
