//! GET /api/v1/situation: one sentence, what is dangerous, what changed, what is in force, what is broken, the gauges.
//! GET /api/v1/stations/{id}/chart: the hydrograph of one gauge.

use axum::Json;
use axum::extract::State;
use hinan_dashboard::view::{
    ConcernPanel, DangerKind, ExternalGroup, OfficialBoard, OfficialItem, Situation,
};
use serde_json::{Value, json};

use super::Refused;
use super::at::At;
use super::caller::Caller;
use super::shapes::{self, number, text};
use crate::app::App;
use crate::web::map;
use crate::web::router::Doors;
use crate::web::situation::{CHARTS_MAX, Known, deciding, ranked, view};

/// The situation.
pub(super) async fn show(State(doors): State<Doors>, _: Caller) -> Result<Json<Value>, Refused> {
    let app = &doors.app;
    let picture = app.picture();
    let known = Known::of(app)?;
    let seen = view(app, &picture, &known);
    let ranked = ranked(&picture);
    let charts: Value = ranked
        .iter()
        .filter(|gauge| deciding(app, gauge))
        .take(CHARTS_MAX)
        .map(|gauge| shapes::chart(app, &picture, gauge))
        .collect();
    let gauges: Value = ranked
        .iter()
        .map(|gauge| shapes::gauge(app, gauge, deciding(app, gauge)))
        .collect();
    let mut value = said(&seen);
    value["areas"] = areas(app, &known);
    value["charts"] = charts;
    value["gauges"] = gauges;
    Ok(Json(value))
}

/// One hydrograph.
pub(super) async fn chart(
    State(doors): State<Doors>,
    _: Caller,
    At(id): At<String>,
) -> Result<Json<Value>, Refused> {
    let picture = doors.app.picture();
    let gauge = picture.advice.outlook.gauges.get(&id);
    let gauge = gauge.ok_or_else(|| super::stations::unknown(&id))?;
    Ok(Json(shapes::chart(&doors.app, &picture, gauge)))
}

/// Its words and figures.
pub(super) fn said(seen: &Situation) -> Value {
    let dangers = seen.dangers.iter().map(|one| {
        let kind = match one.kind {
            DangerKind::Measured => "measured",
            DangerKind::Forecast => "forecast",
            DangerKind::Official => "official",
        };
        json!({ "level": number(one.level), "kind": kind, "place": one.place, "what": one.what,
                "from": one.when.as_ref().map(|span| span.from), "to": one.when.as_ref().and_then(|span| span.to),
                "as_of": one.as_of, "people": one.people })
    });
    let in_force = seen.said.iter().map(|one| {
        json!({ "id": one.id, "level": number(one.level), "place": one.place, "areas": one.districts, "at": one.at,
                "delivery": one.delivery, "partly_failed": one.partly_failed })
    });
    json!({
        "as_of": seen.as_of,
        "headline": { "level": number(seen.headline.level), "text": text(&seen.headline.sentence, &seen.headline.english),
                      "detail": seen.headline.detail, "detail_en": seen.headline.detail_en },
        "dangers": dangers.collect::<Value>(),
        "changes": seen.changes.iter().map(|one| json!({ "at": one.at, "text": one.sentence })).collect::<Value>(),
        "in_force": in_force.collect::<Value>(),
        "broken": seen.broken.iter().map(|one| json!({ "text": one.sentence, "since": one.since })).collect::<Value>(),
        "official": official(&seen.official),
        "external": seen.external.iter().map(external).collect::<Value>(),
        "concern": concern(&seen.concern),
    })
}

fn official(board: &OfficialBoard) -> Value {
    let item = |one: &OfficialItem| {
        json!({ "name": one.name, "place": one.place, "since": one.since, "source": one.source,
                "issued_at": one.issued_at, "stale": one.stale, "note": one.note })
    };
    json!({ "heard_at": board.heard_at, "stale": board.stale, "items": board.items.iter().map(item).collect::<Value>(),
            "left_out": board.left_out, "ahead": board.ahead.iter().map(item).collect::<Value>(), "drills": board.drills })
}

fn external(group: &ExternalGroup) -> Value {
    let items = group.items.iter().map(|one| {
        json!({ "name": one.name, "text": one.text, "source": one.source, "at": one.at, "until": one.until,
                "stale": one.stale, "note": one.note })
    });
    json!({ "title": text(&group.title, &group.title_en), "heard_at": group.heard_at, "items": items.collect::<Value>(),
            "left_out": group.left_out })
}

fn concern(panel: &ConcernPanel) -> Value {
    let rows = panel.rows.iter().map(|row| {
        let cases = row.cases.iter().map(|one| {
            json!({ "label": one.label, "level_m": one.level_m, "areas": one.districts, "people_low": one.people_low,
                    "people_high": one.people_high, "may_be_more": one.may_be_more })
        });
        let areas = row.districts.iter().map(|one| {
            json!({ "name": one.name, "depth_from": one.depth_from, "people_low": one.people_low,
                    "people_high": one.people_high, "zones": one.zones, "shelters": one.shelters,
                    "facilities": one.facilities, "from": one.from })
        });
        json!({ "gauge": row.gauge, "river": row.river, "assumption": row.assumption,
                "cases": cases.collect::<Value>(), "areas": areas.collect::<Value>() })
    });
    json!({ "ahead_h": panel.ahead_h, "asked": panel.asked, "rows": rows.collect::<Value>(), "unknown": panel.unknown })
}

/// Every unit of the town, with the highest level proposed and in force.
pub(super) fn areas(app: &App, known: &Known) -> Value {
    let proposed = map::proposed(known.open.iter().map(|stored| &stored.proposal));
    let in_force = known.in_force();
    let of = |district: &hinan_gis::District| {
        json!({
            "id": district.id, "name": district.name,
            "name_en": district.name_en.as_ref().unwrap_or(&district.name),
            "label": [district.label.x(), district.label.y()],
            "in_force": in_force.get(&district.id).map(|level| level.number()),
            "proposed": proposed.get(&district.id).map(|level| level.number()),
            "people": district.people, "people_in_zone": district.people_in_zone(), "approximate": district.approximate,
        })
    };
    app.town().districts.iter().map(of).collect()
}
