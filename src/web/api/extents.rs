//! GET /api/v1/extents: what the levels at the gauges concern, now and as forecast.

use axum::Json;
use axum::extract::State;
use hinan_gis::{StageBasis, StageExtent, Town};
use jiff::Timestamp;
use serde::Serialize;

use super::caller::Caller;
use crate::concern::{AHEAD_H, Concern, Concerned};
use crate::web::router::Doors;

#[derive(Serialize)]
pub(in crate::web) struct List {
    /// Moment of the event.
    as_of: Timestamp,
    extents: Vec<Of>,
}

#[derive(Serialize)]
struct Of {
    gauge: String,
    gauge_name: String,
    river: String,
    /// `table`: the town's own; `assumed_from_ranks`: see the assumption.
    basis: &'static str,
    assumption_ja: Option<String>,
    assumption: Option<String>,
    now: Option<Case>,
    /// Whether the level of now is assumed, because the gauge cannot be believed to speak for the river as it is.
    now_is_assumed: bool,
    ahead: Option<Ahead>,
}

/// At the highest level within so many hours.
#[derive(Serialize)]
struct Ahead {
    within_h: u32,
    /// Stays below with a chance of one in ten.
    low: Case,
    median: Case,
    /// Stays below with a chance of nine in ten.
    high: Case,
}

#[derive(Serialize)]
struct Case {
    level_m: f64,
    may_be_more: bool,
    people: People,
    districts: Vec<District>,
}

#[derive(Serialize)]
struct People {
    low: u32,
    high: u32,
}

#[derive(Serialize)]
struct District {
    id: String,
    name: String,
    depth_rank_min: u8,
    people: People,
    /// Numbers in the theme `zones`.
    zones: Vec<usize>,
    /// Identifiers of shelters that stand in these zones.
    shelters: Vec<String>,
    facilities: Vec<String>,
}

/// Every gauge that decides for a river.
pub(in crate::web) async fn list(State(doors): State<Doors>, _: Caller) -> Json<List> {
    let app = &doors.app;
    let picture = app.picture();
    let outlook = &picture.advice.outlook;
    let (concern, town) = (&*app.reference.concern, app.town());
    Json(List {
        as_of: outlook.as_of,
        extents: concern
            .at(town, outlook)
            .iter()
            .map(|one| of(concern, town, one))
            .collect(),
    })
}

fn of(concern: &Concern, town: &Town, one: &Concerned<'_>) -> Of {
    let said = one.table.basis.assumption();
    let case = |extent: &StageExtent| case(concern, town, extent);
    Of {
        gauge: one.gauge.id.clone(),
        gauge_name: one.gauge.name.clone(),
        river: one.table.river.clone(),
        basis: match one.table.basis {
            StageBasis::Table => "table",
            StageBasis::AssumedFromRanks(_) => "assumed_from_ranks",
        },
        assumption_ja: said.as_ref().map(|said| said.ja.clone()),
        assumption: said.map(|said| said.en),
        now: one.now.as_ref().map(|now| case(&now.extent)),
        now_is_assumed: one.now.as_ref().is_some_and(|now| now.assumed),
        ahead: one.ahead.as_ref().map(|ahead| Ahead {
            within_h: AHEAD_H,
            low: case(&ahead.low),
            median: case(&ahead.median),
            high: case(&ahead.high),
        }),
    }
}

fn case(concern: &Concern, town: &Town, extent: &StageExtent) -> Case {
    let districts = extent.districts.iter().map(|found| {
        let district = &town.districts[found.district];
        District {
            id: district.id.clone(),
            name: district.name.clone(),
            depth_rank_min: found.rank_min.get(),
            people: People {
                low: found.people.low,
                high: found.people.high,
            },
            // The theme counts from 1.
            zones: found.zones.iter().map(|zone| zone + 1).collect(),
            shelters: found
                .shelters
                .iter()
                .map(|shelter| town.shelters[*shelter].id.clone())
                .collect(),
            facilities: found
                .facilities
                .iter()
                .filter_map(|number| concern.facility(*number))
                .map(str::to_owned)
                .collect(),
        }
    });
    Case {
        level_m: extent.level_m,
        may_be_more: extent.may_be_more,
        people: People {
            low: extent.people.low,
            high: extent.people.high,
        },
        districts: districts.collect(),
    }
}
