//! GET /api/v1/official: what agencies say that holds now, each with its telegram, its time and whether it is stale.

use axum::Json;
use axum::extract::State;
use hinan_sensors::official::View;
use hinan_sensors::official::lanes::Ahead;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::Refused;
use super::caller::Caller;
use crate::official::{ahead, for_town};
use crate::web::router::Doors;

/// Drills that arrived in this time are counted.
const DRILLS_OF: SignedDuration = SignedDuration::from_hours(24);

#[derive(Serialize)]
pub(in crate::web) struct Official {
    /// What holds for the town. Of warnings per municipality only those for the town itself.
    #[serde(flatten)]
    view: View,
    /// What is expected over the next hours, per area of the town.
    ahead: Vec<Ahead>,
    drills: Drills,
}

/// 訓練 and 試験: counted, never shown.
#[derive(Serialize)]
struct Drills {
    /// Within the last 24 hours.
    received: u64,
    last_received_at: Option<Timestamp>,
}

/// What holds.
pub(in crate::web) async fn view(
    State(doors): State<Doors>,
    _: Caller,
) -> Result<Json<Official>, Refused> {
    let app = &doors.app;
    let now = app.clock.now();
    let (received, last_received_at) = app
        .store
        .read(|view| view.official_drills_since(now.saturating_sub(DRILLS_OF).unwrap_or(now)))?;
    let picture = app.picture();
    Ok(Json(Official {
        view: for_town(&picture.official, &app.town().code, now),
        ahead: ahead(&picture.official, &app.town().code, now),
        drills: Drills {
            received,
            last_received_at,
        },
    }))
}
