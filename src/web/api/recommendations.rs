//! GET /api/v1/recommendations and /api/v1/recommendations/{id}: what waits for a decision, with its whole derivation.

use axum::Json;
use axum::extract::{Path, State};
use hinan_recommend::{Deadline, Names, UnitAdvice, Waiting, action_words};
use jiff::Timestamp;
use serde::Serialize;

use super::caller::Caller;
use super::{Refused, judgements};
use crate::app::App;
use crate::recommend::briefed::{self, Given};
use crate::recommend::cause;
use crate::recommend::proposal::{ConcernedDistrict, LeftOutDistrict, UnitWay};
use crate::recommend::refuge::{HazardPlan, People, SentTo};
use crate::store::StoreError;
use crate::store::proposals::StoredProposal;
use crate::web::router::Doors;
use crate::web::{both, changes, inbox, lines, unknown};

#[derive(Serialize)]
pub(in crate::web) struct List {
    /// The moment of the picture that goes with them.
    as_of: Timestamp,
    recommendations: Vec<Of>,
    /// 夕方の見通し: at 15:00, 18:00 and 21:00 of today, as far as they have passed.
    evening: Vec<Evening>,
    /// 判断できない地区: threatened districts of which nothing is known, with the kind of threat. Not calm.
    unknown: Vec<Unknown>,
}

#[derive(Serialize)]
struct Unknown {
    district: String,
    name: String,
    kind: &'static str,
}

#[derive(Serialize)]
struct Evening {
    /// In words, Japanese; that nothing can be said is said.
    words: Vec<String>,
    #[serde(flatten)]
    given: Given,
}

/// One recommendation for programs.
#[derive(Serialize)]
pub(in crate::web) struct Of {
    id: String,
    /// open, declined, issued, superseded or expired.
    state: &'static str,
    river: String,
    /// 3, 4 or 5.
    level: u8,
    level_name: &'static str,
    /// Moment of the event.
    as_of: Timestamp,
    first_at: Timestamp,
    /// When its grounds last held; before `as_of` it only stands from before.
    supported_at: Timestamp,
    /// District ids, the smallest set that holds the people at risk.
    districts: Vec<String>,
    people_in_zone: u32,
    /// Districts that qualify too and are not in that set.
    beside: Vec<ConcernedDistrict>,
    /// Bigger names for several districts.
    names: Vec<Names>,
    /// The latest useful moment to decide; nothing when none can be given.
    decide_by: Option<Timestamp>,
    /// The same with every term, for the district where it comes first.
    deadline: Option<Deadline>,
    /// What it costs to wait, shortest wait first.
    waiting: Vec<Waiting>,
    /// What people are told to do, in Japanese, for the district whose deadline comes first.
    action: Option<String>,
    /// The same for each district.
    units: Vec<UnitWay>,
    /// People as ranges: few, likely, many (5, 50, 95 %). Nothing for level 5.
    people: Option<People>,
    /// Where people of each district find a place: open shelters only.
    shelters: Vec<To>,
    /// Shelters to open so that more find a place.
    to_open: Vec<ToOpen>,
    /// The plan for its hazard: how many find a place now, and if they set out in 1, 3 and 6 hours.
    plan: Option<HazardPlan>,
    /// Districts at equal or higher risk, or of which nothing is known, that nothing reaches.
    left_out: Vec<LeftOutDistrict>,
    /// What speaks against it, in Japanese.
    counter: Vec<String>,
    /// What would change it, in Japanese.
    would_change: Vec<String>,
    /// The core's whole answer for the district whose deadline comes first: conditions, deadlines with their terms, what waiting
    /// costs, what speaks against.
    urgent: Option<Box<UnitAdvice>>,
    /// The officer's own judgement that it is, and no recommendation; nothing for recommendations.
    own_judgement: serde_json::Value,
}

#[derive(Serialize)]
struct To {
    district: String,
    to: Vec<SentTo>,
    /// People for whom no open shelter has a place, with why.
    without_place: Option<(u32, String)>,
}

#[derive(Serialize)]
struct ToOpen {
    shelter: String,
    name: String,
    people: u32,
}

/// Open recommendations.
pub(in crate::web) async fn list(
    State(doors): State<Doors>,
    Caller(who): Caller,
) -> Result<Json<List>, Refused> {
    let app = &doors.app;
    let open = inbox::by_urgency(app.store.read(|view| view.open_proposals())?);
    let picture = app.picture();
    Ok(Json(List {
        as_of: picture.advice.outlook.as_of,
        recommendations: open
            .into_iter()
            .map(|stored| of(app, stored, &who.officer.name))
            .collect::<Result<_, _>>()?,
        evening: picture
            .advice
            .briefed
            .given
            .iter()
            .map(|given| Evening {
                words: given.briefings.iter().map(briefed::words).collect(),
                given: given.clone(),
            })
            .collect(),
        unknown: unknown::districts(app)
            .into_iter()
            .map(|of| Unknown {
                district: of.id,
                name: of.name,
                kind: of.kind.japanese(),
            })
            .collect(),
    }))
}

/// One, whatever became of it.
pub(in crate::web) async fn one(
    State(doors): State<Doors>,
    Caller(who): Caller,
    Path(id): Path<String>,
) -> Result<Json<Of>, Refused> {
    let app = &doors.app;
    match app.store.read(|view| view.proposal(&id))? {
        Some(stored) => Ok(Json(of(app, stored, &who.officer.name)?)),
        None => Err(Refused::Unknown(format!("there is no recommendation {id}"))),
    }
}

fn of(app: &App, stored: StoredProposal, officer: &str) -> Result<Of, StoreError> {
    let own_judgement = app
        .store
        .read(|view| judgements::of(view, &stored, officer))?;
    let proposal = stored.proposal;
    let would_change = both::japanese(&changes::of(&proposal));
    let picture = app.picture();
    let refuge = &picture.advice.refuge;
    let shelters = proposal
        .districts
        .iter()
        .map(|district| To {
            district: district.id.clone(),
            to: refuge.to.get(&district.id).cloned().unwrap_or_default(),
            without_place: refuge.without_place.get(&district.id).cloned(),
        })
        .collect();
    let to_open = refuge
        .to_open
        .iter()
        .map(|(id, people)| ToOpen {
            shelter: id.clone(),
            name: app
                .town()
                .shelter(id)
                .map_or_else(String::new, |shelter| shelter.name.clone()),
            people: *people,
        })
        .collect();
    Ok(Of {
        id: stored.id,
        own_judgement,
        state: stored.state.word(),
        level: proposal.key.level.number(),
        level_name: proposal.key.level.name(),
        as_of: proposal.as_of,
        first_at: stored.first_at,
        supported_at: proposal.supported_at.unwrap_or(proposal.as_of),
        districts: proposal.districts.iter().map(|d| d.id.clone()).collect(),
        people_in_zone: proposal.people_in_zone(),
        decide_by: proposal.deadline().map(|deadline| deadline.decide_by),
        deadline: proposal.deadline().cloned(),
        waiting: proposal.waiting,
        action: proposal
            .urgent
            .as_ref()
            .map(|advice| action_words(advice.level, advice.hazard(), &advice.action)),
        counter: proposal
            .counter
            .iter()
            .map(|counter| lines::counter_evidence(counter, proposal.as_of).text)
            .collect(),
        would_change,
        shelters,
        to_open,
        plan: refuge
            .plans
            .iter()
            .find(|plan| plan.hazard == cause::hazard(&proposal.key.river))
            .cloned(),
        beside: proposal.beside,
        names: proposal.names,
        units: proposal.ways,
        people: proposal.people,
        left_out: proposal.left_out,
        river: proposal.key.river,
        urgent: proposal.urgent,
    })
}
