//! GET /api/v1/status: where this is, what time it is there, and what does not work.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::caller::Caller;
use super::shapes::text;
use super::{Refused, outside};
use crate::app::{App, Link};
use crate::desk::attention;
use crate::freshness;
use crate::outlook::Voice;
use crate::realm::Realm;
use crate::web::router::Doors;

/// The status bar.
pub(super) async fn show(
    State(doors): State<Doors>,
    Caller(who): Caller,
) -> Result<Json<Value>, Refused> {
    let app = &doors.app;
    let picture = app.picture();
    let gauges = &picture.advice.outlook.gauges;
    let working = gauges.values().filter(|g| g.voice == Voice::Live).count();
    let (undecided, waiting) = app
        .store
        .read(|view| Ok((view.open_items()?.len(), view.waiting_for_second()?.len())))?;
    let mut standing = app.warnings();
    standing.extend(attention::standing(app, &who.officer)?);
    let brokers: Value = app
        .links()
        .into_iter()
        .map(|(name, link)| match link {
            Link::Up { since } => json!({ "name": name, "up": true, "since": since, "why": null }),
            Link::Down { since, why } => {
                json!({ "name": name, "up": false, "since": since, "why": why })
            }
        })
        .collect();
    let now = app.clock.now();
    Ok(Json(json!({
        "town": { "code": app.town().code, "name": app.town().name, "name_en": app.town().name_en },
        "realm": app.config.service.realm.word(), "mode": mode(app),
        "replay": app.replay.as_ref().map(|replay| json!({ "event": replay.event, "event_en": replay.event_en })),
        "server_time": now, "speed": app.clock.speed(), "as_of": picture.advice.outlook.as_of,
        "version": { "binary": env!("CARGO_PKG_VERSION"), "bundle": hinan_dashboard::console::digest() },
        "gauges": { "working": working, "all": gauges.len() },
        "feeds": feeds(app), "brokers": brokers,
        "outside": outside::line(app),
        "models_on": picture.advice.outlook.models_on, "record": { "writable": app.store.is_writable() },
        "undecided": undecided, "waiting_for_second": waiting, "standing": standing,
    })))
}

/// Live, drill, or a recorded event.
pub(super) fn mode(app: &App) -> &'static str {
    match (&app.replay, app.config.service.realm) {
        (Some(_), _) => "demo",
        (None, Realm::Actual) => "live",
        (None, Realm::Exercise) => "drill",
    }
}

/// Each feed with its age.
fn feeds(app: &App) -> Value {
    let all = freshness::feeds(app);
    all.iter()
        .map(|feed| {
            let name = match feed.id {
                "gauges" => text("水位計", "Gauges"),
                "official" => text("気象庁など", "Agencies"),
                "cap" => text("他機関の警報(CAP)", "Alerts of others (CAP)"),
                "p2p" => text("地震・津波の速報", "Earthquakes and tsunami"),
                "observations" => text("観測所の雨", "Rain at stations"),
                "forecasts" => text("府県の天気予報", "Forecasts of offices"),
                other => text(other, other),
            };
            json!({ "id": feed.id, "name": name, "heard_at": feed.heard_at, "late": feed.is_late(),
                    "age_min": feed.age_min(), "limit_min": feed.limit_min })
        })
        .collect()
}
