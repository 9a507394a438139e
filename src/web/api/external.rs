//! GET /api/v1/external: what others say: alerts, earthquakes, stations, forecasts, data. Information only.

use axum::Json;
use axum::extract::State;
use hinan_sensors::official::ExternalView;

use super::Refused;
use super::caller::Caller;
use crate::official::of_others;
use crate::web::router::Doors;

/// What holds or is new enough to be shown.
pub(in crate::web) async fn view(
    State(doors): State<Doors>,
    _: Caller,
) -> Result<Json<ExternalView>, Refused> {
    let app = &doors.app;
    let external = &app.picture().external;
    Ok(Json(of_others(
        external,
        &app.config.publish.sender,
        app.clock.now(),
    )))
}
