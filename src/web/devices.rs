//! GET /plain/devices: who may speak. GET and POST /plain/devices/{name}/out: an officer takes a device out of use, in
//! two steps. GET /plain/devices/{name}: what came of it.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use hinan_broker::Activity;
use hinan_dashboard::view::{
    DeviceRow, DeviceState, DeviceStep, DeviceView, DevicesView, FieldErrors,
};
use hinan_dashboard::{form, page};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

use super::posted::Posted;
use super::refusal::Refusal;
use super::router::Doors;
use super::who::SignedIn;
use super::{audit, frame};
use crate::app::App;
use crate::config::DevicesRule;
use crate::desk::Declined;
use crate::devices::steps::{self, By};
use crate::devices::{Device, List, State as InRecord, check_name};
use crate::store::devices::Distrust;

/// How a moment is typed.
const TYPED: &str = "%Y-%m-%d %H:%M";

/// The list.
pub(super) async fn list(
    State(doors): State<Doors>,
    who: SignedIn,
) -> Result<Html<String>, Refusal> {
    let app = &doors.app;
    let view = DevicesView {
        rule_ja: rule(app).to_owned(),
        rows: rows(app),
        may_bar: who
            .officer
            .role
            .may(crate::approve::officer::Act::TakeDeviceOut),
    };
    let frame = frame::officers(app, &who, Some(15))?;
    Ok(Html(page::devices(&frame, &view)))
}

/// Every device that was enrolled or has spoken, by name.
pub(super) fn rows(app: &App) -> Vec<DeviceRow> {
    let devices = app.devices.list();
    let mut rows: BTreeMap<String, DeviceRow> = devices
        .iter()
        .map(|device| (device.name.clone(), row(app, &devices, &device.name)))
        .collect();
    for name in app.spoken().keys() {
        rows.entry(name.clone())
            .or_insert_with(|| row(app, &devices, name));
    }
    rows.into_values().collect()
}

/// Who may speak at all.
pub(super) fn rule(app: &App) -> &'static str {
    match (app.config.broker.embedded, app.config.broker.devices) {
        (false, _) => "町のブローカーが通信を許す相手を決めています。",
        (true, DevicesRule::Open) => "局名を名乗れば誰でも話せます(機器が登録された局を除く)。",
        (true, DevicesRule::Enrolled) => "登録した機器だけが話せます。",
    }
}

/// One device.
pub(super) async fn one(
    State(doors): State<Doors>,
    who: SignedIn,
    Path(name): Path<String>,
) -> Result<Html<String>, Refusal> {
    let app = &doors.app;
    known(app, &name)?;
    let distrusts = app.store.read(|view| view.distrusts())?;
    let effects = done(app, &name, &distrusts);
    show(app, &who, &name, DeviceStep::Shown { effects })
}

/// The form.
pub(super) async fn form(
    State(doors): State<Doors>,
    who: SignedIn,
    Path(name): Path<String>,
) -> Result<Html<String>, Refusal> {
    let app = &doors.app;
    known(app, &name)?;
    let step = DeviceStep::Form {
        reason: String::new(),
        since: typed(app.clock.now()),
        errors: FieldErrors::default(),
    };
    show(app, &who, &name, step)
}

/// The answer: first what it will do, then it is done.
pub(super) async fn handler(
    State(doors): State<Doors>,
    Path(name): Path<String>,
    Posted { who, fields }: Posted,
) -> Result<Response, Refusal> {
    let app = &doors.app;
    known(app, &name)?;
    if !who
        .officer
        .role
        .may(crate::approve::officer::Act::TakeDeviceOut)
    {
        let why = "機器の使用を停止する権限がありません".to_owned();
        return Err(Declined::NotAuthorised(why).into());
    }
    if fields.text(form::STEP) == form::STEP_BACK {
        return Ok(Redirect::to("/plain/devices").into_response());
    }
    let reason = fields.text(form::REASON_TEXT).trim().to_owned();
    let since_text = fields.text(form::SINCE).trim().to_owned();
    let now = app.clock.now();
    let mut errors = FieldErrors::default();
    if !(1..=steps::REASON_MAX_CHARS).contains(&reason.chars().count()) {
        errors.reason = Some(format!(
            "理由を{}文字までで書いてください",
            steps::REASON_MAX_CHARS
        ));
    }
    let since = moment(&since_text);
    match since {
        Some(since) if since <= now => {}
        _ => {
            errors.check = Some(format!(
                "{} のように、いままでの時刻を書いてください",
                typed(now)
            ));
        }
    }
    let (Some(since), None, None) = (since, &errors.reason, &errors.check) else {
        return refused(app, &who, &name, (reason, since_text, errors));
    };
    if fields.text(form::STEP) != form::STEP_APPROVE {
        let effects = will_do(app, &name, since)?;
        let step = DeviceStep::Confirm {
            reason,
            since,
            since_text,
            effects,
        };
        return Ok(show(app, &who, &name, step)?.into_response());
    }
    let by = By {
        actor: &who.officer.name,
        at: now,
    };
    match steps::bar(&app.store, &name, since, &reason, by) {
        Ok(()) => {
            app.devices.changed.notify_one();
            Ok(Redirect::to(&format!("/plain/devices/{name}")).into_response())
        }
        Err(steps::Refused::Store(error)) => Err(error.into()),
        Err(other) => {
            errors.form = Some(other.to_string());
            refused(app, &who, &name, (reason, since_text, errors))
        }
    }
}

fn refused(
    app: &App,
    who: &SignedIn,
    name: &str,
    (reason, since, errors): (String, String, FieldErrors),
) -> Result<Response, Refusal> {
    let step = DeviceStep::Form {
        reason,
        since,
        errors,
    };
    let page = show(app, who, name, step)?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

fn show(app: &App, who: &SignedIn, name: &str, step: DeviceStep) -> Result<Html<String>, Refusal> {
    let entries = app.store.read(|view| view.audit_of(name))?;
    let view = DeviceView {
        row: row(app, &app.devices.list(), name),
        step,
        events: entries
            .iter()
            .rev()
            .filter(|entry| entry.action.starts_with("device_"))
            .map(|entry| {
                let words = audit::words(entry);
                (entry.at, format!("{} {words}", audit::actor(entry)))
            })
            .collect(),
    };
    // What is being typed is not reloaded away; what has been done is seen to take effect.
    let refresh_s = matches!(view.step, DeviceStep::Shown { .. }).then_some(15);
    let frame = frame::officers(app, who, refresh_s)?;
    Ok(Html(page::device(&frame, &view)))
}

/// A device that was enrolled or has spoken.
pub(super) fn known(app: &App, name: &str) -> Result<(), Refusal> {
    let known = app.devices.list().get(name).is_some() || app.spoken().contains_key(name);
    if known && check_name(name).is_ok() {
        Ok(())
    } else {
        Err(Refusal::Unknown)
    }
}

/// A device as it is.
pub(super) fn row(app: &App, list: &List, name: &str) -> DeviceRow {
    let device = list.get(name);
    let spoken = app.spoken();
    let activity = spoken.get(name).cloned().unwrap_or_default();
    let now = app.clock.now();
    let Activity {
        connections,
        messages,
        refused,
        throttled,
        silent_for,
        ..
    } = activity;
    DeviceRow {
        name: name.to_owned(),
        state: device.map_or(DeviceState::NotEnrolled, state),
        speaks_for: device.map_or_else(
            || name.to_owned(),
            |device| {
                let all: Vec<&str> = device
                    .stations
                    .iter()
                    .chain(&device.topics)
                    .map(String::as_str)
                    .collect();
                all.join("、")
            },
        ),
        // Silence is real time; in a replay the event runs faster.
        heard_at: silent_for
            .and_then(|silent| {
                jiff::SignedDuration::try_from(silent.mul_f64(app.clock.speed())).ok()
            })
            .and_then(|silent| now.checked_sub(silent).ok()),
        connections,
        messages,
        refused,
        throttled,
    }
}

fn state(device: &Device) -> DeviceState {
    match &device.state {
        InRecord::InUse => DeviceState::InUse,
        InRecord::OutOfUse(barred) => DeviceState::OutOfUse {
            at: barred.at,
            by: barred.by.clone(),
            reason: barred.reason.clone(),
        },
        InRecord::Revoked(barred) => DeviceState::Revoked {
            at: barred.at,
            by: barred.by.clone(),
            reason: barred.reason.clone(),
        },
    }
}

/// What taking it out of use will do.
pub(super) fn will_do(app: &App, name: &str, since: Timestamp) -> Result<Vec<String>, Refusal> {
    let list = app.devices.list();
    let stations = match list.get(name) {
        Some(device) => device.stations.clone(),
        None => vec![name.to_owned()],
    };
    let open = app.spoken().get(name).map_or(0, |a| a.connections);
    let mut effects = vec![
        format!("開いている接続({open}本)を切り、以後の接続を断ります"),
        "これから届く値は隔離し、判断に使いません".to_owned(),
    ];
    for station in stations {
        let asked = Distrust {
            id: 0,
            device: name.to_owned(),
            station: station.clone(),
            since,
            asked_at: since,
            done: None,
        };
        let levels = app
            .store
            .read(|view| view.distrusted(&asked, i64::MAX))?
            .len();
        effects.push(format!(
            "{station}: 保存済みの水位{levels}件を異常として扱い、判断に使いません(値は消しません)"
        ));
        let others = list
            .iter()
            .filter(|other| other.name != name && other.state.in_use())
            .filter(|other| other.speaks_for(&station))
            .count();
        if others == 0 {
            effects.push(format!(
                "{station}: 話す機器がなくなります。新しい水位は届きません"
            ));
        }
    }
    Ok(effects)
}

/// What taking it out of use did.
pub(super) fn done(app: &App, name: &str, distrusts: &[Distrust]) -> Vec<String> {
    let list = app.devices.list();
    let Some(device) = list.get(name).filter(|device| !device.state.in_use()) else {
        return Vec::new();
    };
    let open = app.spoken().get(name).map_or(0, |a| a.connections);
    let mut effects = vec![if open == 0 {
        "接続は切れています。新しい接続は断ります".to_owned()
    } else {
        format!("接続が{open}本残っています。切断を続けています")
    }];
    for distrust in distrusts.iter().filter(|d| d.device == device.name) {
        let since = typed(distrust.since);
        effects.push(match distrust.done {
            Some(marked) => format!(
                "{}: {since}以降の値{}件を異常としました",
                distrust.station, marked.readings
            ),
            None => format!("{}: {since}以降の値を異常としています", distrust.station),
        });
    }
    effects
}

/// Japan is nine hours ahead, summer and winter.
fn typed(at: Timestamp) -> String {
    jst().to_datetime(at).strftime(TYPED).to_string()
}

fn moment(text: &str) -> Option<Timestamp> {
    let civil = DateTime::strptime(TYPED, text).ok()?;
    jst().to_timestamp(civil).ok()
}

fn jst() -> Offset {
    Offset::constant(9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_typed_as_it_is_shown_in_japan() {
        let at: Timestamp = "2026-07-03T18:00:00Z".parse().expect("a time");
        assert_eq!(typed(at), "2026-07-04 03:00");
        assert_eq!(moment("2026-07-04 03:00"), Some(at));
        for wrong in ["", "2026-07-04", "昨日", "2026-13-04 03:00"] {
            assert_eq!(moment(wrong), None, "{wrong}");
        }
    }
}
