//! Every address under `/api/v1/`, with what all of them have in common.

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::middleware::from_fn;
use axum::routing::{any, get, post};
use tower_http::set_header::SetResponseHeaderLayer;

use super::{
    Refused, admin, alarms, audit, deciding, detail, devices, districts, ending, events, extents,
    external, handover, inbox, inputs, judgements, lifting, notes, notices, official, openapi,
    quarantine, recommendations, recount, schema, second, session, sheet, shelters, situation,
    stations, status, tag, texts, timeline, wall,
};
use crate::web::router::Doors;

/// The doors for programs.
pub(in crate::web) fn routes() -> Router<Doors> {
    let never_stored = SetResponseHeaderLayer::if_not_present(
        header::CACHE_CONTROL,
        HeaderValue::from_static("no-store"),
    );
    seeing()
        .merge(deciding_routes())
        .route("/api", any(not_found))
        .route("/api/{*rest}", any(not_found))
        .method_not_allowed_fallback(no_such_method)
        .layer(from_fn(tag::tag))
        .layer(never_stored)
        .route("/schema/{file}", get(schema::file))
}

fn seeing() -> Router<Doors> {
    Router::new()
        .route("/api/v1/status", get(status::show))
        .route("/api/v1/situation", get(situation::show))
        .route("/api/v1/inbox", get(inbox::show))
        .route("/api/v1/recommendations", get(recommendations::list))
        .route("/api/v1/recommendations/{id}", get(recommendations::one))
        .route("/api/v1/outlook/districts", get(districts::list))
        .route("/api/v1/recommendations/{id}/detail", get(detail::show))
        .route("/api/v1/recommendations/{id}/sheet", get(sheet::show))
        .route("/api/v1/notices", get(notices::list))
        .route("/api/v1/notices/{id}", get(notices::show))
        .route("/api/v1/alarms", get(alarms::list))
        .route("/api/v1/wall", get(wall::show))
        .route("/api/v1/timeline", get(timeline::list))
        .route("/api/v1/timeline.csv", get(timeline::csv))
        .route("/api/v1/shelters", get(shelters::list))
        .route("/api/v1/inputs", get(inputs::list))
        .route("/api/v1/facilities", get(inputs::facilities))
        .route("/api/v1/recount", get(recount::show))
        .route("/api/v1/devices", get(devices::list))
        .route("/api/v1/devices/{name}", get(devices::show))
        .route("/api/v1/audit", get(audit::list))
        .route("/api/v1/audit/verify", get(audit::verify))
        .route("/api/v1/handover", get(handover::show))
        .route("/api/v1/admin/officers", get(admin::officers))
        .route("/api/v1/admin/rules", get(admin::rules))
        .route("/api/v1/stations", get(stations::list))
        .route("/api/v1/stations/{id}", get(stations::one))
        .route("/api/v1/stations/{id}/chart", get(situation::chart))
        .route("/api/v1/stations/{id}/readings", get(stations::readings))
        .route("/api/v1/extents", get(extents::list))
        .route("/api/v1/official", get(official::view))
        .route("/api/v1/external", get(external::view))
        .route("/api/v1/quarantine", get(quarantine::list))
        .route("/api/v1/events", get(events::stream))
        .route("/api/v1/openapi.json", get(openapi::document))
}

fn deciding_routes() -> Router<Doors> {
    Router::new()
        .route(
            "/api/v1/session",
            get(session::show).post(session::begin).delete(session::end),
        )
        .route(
            "/api/v1/recommendations/{id}/presence",
            post(detail::presence),
        )
        .route("/api/v1/recommendations/{id}/seen", post(detail::seen))
        .route("/api/v1/recommendations/{id}/text", post(deciding::text))
        .route(
            "/api/v1/recommendations/{id}/decline",
            post(deciding::decline),
        )
        .route(
            "/api/v1/recommendations/{id}/defer",
            post(deciding::put_off),
        )
        .route(
            "/api/v1/judgements",
            get(judgements::show).post(judgements::state),
        )
        .route(
            "/api/v1/judgements/{id}/withdraw",
            post(judgements::withdraw),
        )
        .route("/api/v1/texts/{id}", get(texts::show))
        .route("/api/v1/texts/{id}/approve", post(texts::approve))
        .route("/api/v1/texts/{id}/withdraw", post(texts::withdraw))
        .route(
            "/api/v1/texts/{id}/alone",
            get(texts::before_alone).post(texts::alone),
        )
        .route(
            "/api/v1/texts/{id}/second",
            get(second::show).post(second::approve),
        )
        .route("/api/v1/texts/{id}/choice", post(second::choose))
        .route("/api/v1/notices/{id}/end", post(ending::end))
        .route("/api/v1/notices/{id}/prepared", post(ending::prepared))
        .route("/api/v1/notices/{id}/review", post(ending::review))
        .route(
            "/api/v1/notices/{id}/channels/{channel}/retry",
            post(ending::retry),
        )
        .route(
            "/api/v1/alarms/{key}/acknowledge",
            post(alarms::acknowledge),
        )
        .route("/api/v1/alarms/mute", post(alarms::mute))
        .route("/api/v1/notes", post(notes::write))
        .route("/api/v1/shelters/{id}", post(shelters::say))
        .route("/api/v1/lifting", get(lifting::list).post(lifting::say))
        .route(
            "/api/v1/devices/{name}/out",
            get(devices::would).post(devices::out),
        )
        .route("/api/v1/handover/signature", post(handover::sign))
}

/// An address under `/api` that leads nowhere.
async fn not_found() -> Refused {
    Refused::Unknown("there is no such address; docs/api.md lists them".to_owned())
}

async fn no_such_method() -> Refused {
    Refused::NoSuchMethod
}
