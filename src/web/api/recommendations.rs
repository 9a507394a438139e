//! GET /api/v1/recommendations: what waits for a decision, with its whole derivation.

use axum::Json;
use axum::extract::State;
use hinan_recommend::{UnitAdvice, action_words};
use jiff::Timestamp;
use serde::Serialize;

use super::Refused;
use super::caller::Caller;
use crate::store::proposals::StoredProposal;
use crate::web::router::Doors;

#[derive(Serialize)]
pub(in crate::web) struct List {
    recommendations: Vec<Of>,
}

#[derive(Serialize)]
struct Of {
    id: String,
    river: String,
    /// 3, 4 or 5.
    level: u8,
    level_name: &'static str,
    /// Moment of the event.
    as_of: Timestamp,
    first_at: Timestamp,
    districts: Vec<String>,
    people_in_zone: u32,
    /// The latest useful moment to decide; nothing when none can be given.
    decide_by: Option<Timestamp>,
    /// What people are told to do, in Japanese.
    action: Option<String>,
    /// The core's whole answer for the district whose deadline comes first: conditions, deadlines with their terms, what waiting
    /// costs, what speaks against.
    urgent: Option<Box<UnitAdvice>>,
}

/// Open recommendations.
pub(in crate::web) async fn list(
    State(doors): State<Doors>,
    _: Caller,
) -> Result<Json<List>, Refused> {
    let open = doors.app.store.read(|view| view.open_proposals())?;
    Ok(Json(List {
        recommendations: open.into_iter().map(of).collect(),
    }))
}

fn of(stored: StoredProposal) -> Of {
    let proposal = stored.proposal;
    Of {
        id: stored.id,
        level: proposal.key.level.number(),
        level_name: proposal.key.level.name(),
        as_of: proposal.as_of,
        first_at: stored.first_at,
        districts: proposal.districts.iter().map(|d| d.id.clone()).collect(),
        people_in_zone: proposal.people_in_zone(),
        decide_by: proposal.deadline().map(|deadline| deadline.decide_by),
        action: proposal
            .urgent
            .as_ref()
            .map(|advice| action_words(advice.level, advice.hazard(), &advice.action)),
        river: proposal.key.river,
        urgent: proposal.urgent,
    }
}
