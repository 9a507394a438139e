//! /api/v1/devices: who may speak, and taking a device out of use with what that will do shown before.

use axum::Json;
use axum::extract::State;
use hinan_dashboard::view::{DeviceRow, DeviceState};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::asking::Asking;
use super::at::At;
use super::body::Sent;
use super::caller::Caller;
use super::{Refused, Wrong};
use crate::approve::officer::Act;
use crate::desk;
use crate::devices::steps::{self, By};
use crate::web::router::Doors;
use crate::web::{audit, devices};

/// The list.
pub(super) async fn list(State(doors): State<Doors>, Caller(who): Caller) -> Json<Value> {
    let app = &doors.app;
    let rows: Value = devices::rows(app).iter().map(row).collect();
    let may_bar = who.officer.role.may(Act::TakeDeviceOut);
    Json(json!({ "rule": devices::rule(app), "may_bar": may_bar, "rows": rows }))
}

/// One device, with what was done to it and what that did.
pub(super) async fn show(
    State(doors): State<Doors>,
    _: Caller,
    At(name): At<String>,
) -> Result<Json<Value>, Refused> {
    one(&doors, &name).map(Json)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    since: Option<Timestamp>,
}

/// What taking it out of use would do.
pub(super) async fn would(
    State(doors): State<Doors>,
    _: Caller,
    At(name): At<String>,
    Asking(asked): Asking<Asked>,
) -> Result<Json<Value>, Refused> {
    let app = &doors.app;
    known(&doors, &name)?;
    let now = app.clock.now();
    let since = asked.since.unwrap_or(now);
    if since > now {
        return Err(Refused::BadQuestion(format!(
            "since is {since}; it must not be after {now}"
        )));
    }
    let effects = devices::will_do(app, &name, since)?;
    Ok(Json(
        json!({ "name": name, "since": since, "effects": effects }),
    ))
}

/// Takes it out of use.
pub(super) async fn out(
    State(doors): State<Doors>,
    At(name): At<String>,
    Sent { who, mut body }: Sent,
) -> Result<Json<Value>, Refused> {
    let app = &doors.app;
    known(&doors, &name)?;
    let now = app.clock.now();
    let reason = body.text("reason", steps::REASON_MAX_CHARS);
    let since = body.past("since", now);
    let (reason, since) = body.end(reason.zip(since))?;
    desk::may(&who.officer, Act::TakeDeviceOut)?;
    let by = By {
        actor: &who.officer.name,
        at: now,
    };
    steps::bar(&app.store, &name, since, reason.trim(), by).map_err(|why| match why {
        steps::Refused::Store(error) => Refused::Store(error),
        steps::Refused::State { .. } => Refused::NoLongerOpen(why.to_string(), None),
        steps::Refused::Unknown(_) | steps::Refused::Known(_) | steps::Refused::Value(_) => {
            Refused::WrongInput(vec![Wrong {
                field: String::new(),
                value: None,
                accepted: "what the devices' register takes".to_owned(),
                ja: why.to_string(),
            }])
        }
    })?;
    app.devices.changed.notify_one();
    app.devices.refresh(&app.store)?;
    one(&doors, &name).map(Json)
}

fn known(doors: &Doors, name: &str) -> Result<(), Refused> {
    devices::known(&doors.app, name).map_err(|_| {
        Refused::Unknown("there is no such device; /api/v1/devices lists them".to_owned())
    })
}

fn one(doors: &Doors, name: &str) -> Result<Value, Refused> {
    let app = &doors.app;
    known(doors, name)?;
    let (distrusts, entries) = app
        .store
        .read(|view| Ok((view.distrusts()?, view.audit_of(name)?)))?;
    let mut value = row(&devices::row(app, &app.devices.list(), name));
    value["effects"] = json!(devices::done(app, name, &distrusts));
    value["events"] = entries
        .iter()
        .rev()
        .filter(|entry| entry.action.starts_with("device_"))
        .map(|entry| json!({ "at": entry.at, "who": audit::actor(entry), "text": audit::words(entry) }))
        .collect();
    Ok(value)
}

fn row(of: &DeviceRow) -> Value {
    let (state, barred) = match &of.state {
        DeviceState::InUse => ("in_use", None),
        DeviceState::NotEnrolled => ("not_enrolled", None),
        DeviceState::OutOfUse { at, by, reason } => ("out_of_use", Some((at, by, reason))),
        DeviceState::Revoked { at, by, reason } => ("revoked", Some((at, by, reason))),
    };
    json!({
        "name": of.name, "state": state, "at": barred.map(|(at, ..)| at), "by": barred.map(|(_, by, _)| by),
        "reason": barred.map(|(.., reason)| reason), "speaks_for": of.speaks_for, "heard_at": of.heard_at,
        "connections": of.connections, "messages": of.messages, "refused": of.refused, "throttled": of.throttled,
    })
}
