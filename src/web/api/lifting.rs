//! GET /api/v1/lifting: what each order in force needs before it may be lifted. POST /api/v1/lifting: an officer confirms what no
//! instrument can say, or takes it back.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use hinan_recommend::{Answer, GateName};
use serde_json::{Value, json};

use super::Refused;
use super::body::Sent;
use super::caller::Caller;
use crate::app::App;
use crate::desk::{self, confirm};
use crate::recommend::confirmed::Confirmed;
use crate::web::router::Doors;

/// The list.
pub(in crate::web) async fn list(State(doors): State<Doors>, _: Caller) -> Json<Value> {
    Json(all(&doors.app))
}

fn all(app: &App) -> Value {
    let gates: Value = confirm::gates(app)
        .into_iter()
        .map(|one| {
            json!({
                "about": one.about, "gate": one.gate.name.code(), "words": one.gate.name.japanese(),
                "answer": match one.gate.answer {
                    Answer::Met => "met",
                    Answer::NotMet => "not_met",
                    Answer::Unknown => "unknown",
                },
                "why": one.gate.why, "for_officers": one.for_officers,
                "confirmed": one.confirmed.map(|word| {
                    let until = word.at.saturating_add(Confirmed::counts(word.gate)).ok();
                    json!({ "at": word.at, "by": word.by, "until": until })
                }),
            })
        })
        .collect();
    json!({ "as_of": app.picture().advice.outlook.as_of, "gates": gates })
}

/// What an officer found out.
pub(in crate::web) async fn say(
    State(doors): State<Doors>,
    Sent { who, mut body }: Sent,
) -> Result<(StatusCode, Json<Value>), Refused> {
    let app = &doors.app;
    let codes = GateName::FOR_OFFICERS.map(GateName::code);
    let about = body.text("about", 100);
    let gate = body.word("gate", &codes);
    let confirmed = body.flag("confirmed");
    let words = body.text("words", desk::REASON_MAX);
    let ((about, gate), (confirmed, words)) =
        body.end(about.zip(gate).zip(confirmed.zip(words)))?;
    let gate = GateName::FOR_OFFICERS
        .into_iter()
        .find(|one| one.code() == gate);
    // The word was just found among these.
    let gate = gate.ok_or_else(|| Refused::Unknown("there is no such gate".to_owned()))?;
    if confirmed {
        confirm::confirm(app, &who.officer, &about, gate, &words)?;
    } else {
        confirm::withdraw(app, &who.officer, &about, gate, &words)?;
    }
    Ok((
        StatusCode::CREATED,
        Json(json!({ "about": about, "gate": gate.code(), "confirmed": confirmed })),
    ))
}
