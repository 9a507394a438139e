//! GET /api/v1/stations, /api/v1/stations/{id}, /api/v1/stations/{id}/readings: how each station is, and what it said.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use hinan_sensors::StationId;
use hinan_sensors::observation::Quantity;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Refused;
use super::asking::Asking;
use super::caller::Caller;
use crate::app::App;
use crate::newest::Standing;
use crate::outlook::{GaugeOutlook, Marks};
use crate::station_state::{self, StationState};
use crate::store::readings::{LEVEL, Past};
use crate::web::router::Doors;

/// Readings of one answer.
const READINGS_MAX: u32 = 10_000;
/// The longest span of one question. Readings lie in the record by their time.
const SPAN_MAX: SignedDuration = SignedDuration::from_hours(7 * 24);
/// The span when none is asked for.
const SPAN: SignedDuration = SignedDuration::from_hours(24);

#[derive(Serialize)]
pub(in crate::web) struct List {
    /// Moment of the event.
    as_of: Timestamp,
    stations: Vec<Station>,
}

#[derive(Serialize)]
pub(in crate::web) struct Station {
    id: String,
    name: String,
    name_en: String,
    river: String,
    river_en: String,
    /// Longitude and latitude, degrees.
    at: Option<[f64; 2]>,
    /// How its device is.
    health: StationState,
    /// Newest usable level.
    level: Option<Level>,
    rise_m_per_h: Option<f64>,
    /// 基準水位, metres in the gauge's own datum.
    marks_m: Marks,
    cadence_s: u32,
    /// Newest of everything it measures, by the quantity's name.
    newest: BTreeMap<String, Standing>,
}

#[derive(Serialize)]
struct Level {
    at: Timestamp,
    level_m: f64,
    /// QARTOD.
    flag: u8,
}

/// Every station.
pub(in crate::web) async fn list(State(doors): State<Doors>, _: Caller) -> Json<List> {
    let app = &doors.app;
    let picture = app.picture();
    let outlook = &picture.advice.outlook;
    Json(List {
        as_of: outlook.as_of,
        stations: outlook
            .gauges
            .values()
            .map(|gauge| station(app, gauge, outlook.as_of))
            .collect(),
    })
}

/// One station.
pub(in crate::web) async fn one(
    State(doors): State<Doors>,
    _: Caller,
    Path(id): Path<String>,
) -> Result<Json<Station>, Refused> {
    let picture = doors.app.picture();
    let outlook = &picture.advice.outlook;
    let gauge = outlook.gauges.get(&id);
    let gauge = gauge.ok_or_else(|| unknown(&id))?;
    Ok(Json(station(&doors.app, gauge, outlook.as_of)))
}

fn station(app: &App, gauge: &GaugeOutlook, as_of: Timestamp) -> Station {
    let listed = app.reference.stations.get(&gauge.id);
    Station {
        id: gauge.id.clone(),
        name: gauge.name.clone(),
        name_en: gauge.name_en.clone(),
        river: gauge.river.clone(),
        river_en: gauge.river_en.clone(),
        at: app
            .town()
            .gauge(&gauge.id)
            .map(|site| [site.at.x(), site.at.y()]),
        health: station_state::of(gauge, as_of),
        level: gauge.observed.map(|observed| Level {
            at: observed.at,
            level_m: observed.level_m,
            flag: observed.flag.qartod(),
        }),
        rise_m_per_h: gauge.rise_m_per_h,
        marks_m: gauge.marks,
        cadence_s: listed.map_or(app.config.sensors.cadence_s, |station| station.cadence_s),
        newest: app.newest.of(&gauge.id),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct Asked {
    quantity: Option<String>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

#[derive(Serialize)]
pub(in crate::web) struct Readings {
    station: String,
    quantity: String,
    from: Timestamp,
    to: Timestamp,
    /// Where the next question has to begin when not all fitted into this answer.
    next_from: Option<Timestamp>,
    readings: Vec<Past>,
}

/// What a station said, oldest first.
pub(in crate::web) async fn readings(
    State(doors): State<Doors>,
    _: Caller,
    Path(id): Path<String>,
    Asking(asked): Asking<Asked>,
) -> Result<Json<Readings>, Refused> {
    let app = &doors.app;
    let station: StationId = match app.reference.stations.get(&id) {
        Some(station) => station.id.clone(),
        None => return Err(unknown(&id)),
    };
    let quantity = asked.quantity.unwrap_or_else(|| LEVEL.to_owned());
    // A device may have several of a kind; their names follow after a slash, as `newest` lists them.
    let kind = quantity.split('/').next().unwrap_or_default();
    if !Quantity::ALL.iter().any(|known| known.name() == kind) {
        let known: Vec<&str> = Quantity::ALL.iter().map(|q| q.name()).collect();
        return Err(Refused::BadQuestion(format!(
            "quantity is {:?}; accepted are {}",
            quantity.chars().take(40).collect::<String>(),
            known.join(", ")
        )));
    }
    let to = asked.to.unwrap_or_else(|| app.clock.now());
    let from = asked
        .from
        .unwrap_or_else(|| to.saturating_sub(SPAN).unwrap_or(to));
    let span = to.duration_since(from);
    if span.is_negative() || span > SPAN_MAX {
        return Err(Refused::BadQuestion(format!(
            "from is {from} and to is {to}; accepted is a span of at most 168 hours"
        )));
    }
    let mut readings = app
        .store
        .read(|view| view.past(&station, &quantity, from, to, READINGS_MAX + 1))?;
    let next_from = readings.get(READINGS_MAX as usize).map(|next| next.at);
    readings.truncate(READINGS_MAX as usize);
    Ok(Json(Readings {
        station: id,
        quantity,
        from,
        to,
        next_from,
        readings,
    }))
}

pub(super) fn unknown(id: &str) -> Refused {
    let id: String = id.chars().take(64).collect();
    Refused::Unknown(format!(
        "there is no station {id:?}; /api/v1/stations lists them"
    ))
}
