//! GET /api/v1/outlook/districts: 浸水の見込み, the chance that each district is under water.

use axum::Json;
use axum::extract::State;
use hinan_gis::Town;
use hinan_models::{Tier, Words};
use jiff::Timestamp;
use serde::Serialize;

use super::caller::Caller;
use crate::outlook::{Flooding, Reached, flooding};
use crate::station_state;
use crate::web::router::Doors;

#[derive(Serialize)]
pub(in crate::web) struct List {
    /// Moment of the event.
    as_of: Timestamp,
    districts: Vec<District>,
    /// What no chance here knows of.
    limits: Limits,
}

#[derive(Serialize)]
struct Limits {
    ja: &'static str,
    en: &'static str,
}

const LIMITS: Limits = Limits {
    ja: "水位がその地区の段階に達する見込みです。実際の浸水ではなく、避難情報でもありません。",
    en: "Chances that the river reaches the stage of the district. Not water that stands there, and not an order.",
};

#[derive(Serialize)]
struct District {
    id: String,
    name: String,
    river: String,
    /// From this level of the gauge on, metres in its own datum.
    level_m: f64,
    /// `no`, `measured`, `assumed` or `unknown`: whether the level is there already.
    reached: &'static str,
    /// By lead; empty when nothing can be said, which is not calm.
    chances: Vec<Chance>,
    /// When the level may be reached.
    crossing: Option<Crossing>,
    source: Source,
    quality: Quality,
    card: Card,
}

#[derive(Serialize)]
struct Chance {
    within_h: u32,
    chance: f64,
    low: f64,
    high: f64,
}

#[derive(Serialize)]
struct Crossing {
    /// With one chance in ten.
    early: Timestamp,
    /// As likely as not; `null` when not within the leads.
    late: Option<Timestamp>,
}

#[derive(Serialize)]
struct Source {
    gauge: String,
    gauge_name: String,
    /// What the forecast could be built on.
    tier: Tier,
    /// Whether a fitted model answers at some lead.
    model: bool,
    /// When the level it starts from was read.
    level_at: Option<Timestamp>,
}

#[derive(Serialize)]
struct Quality {
    /// QARTOD, of the newest level.
    flag: Option<u8>,
    /// How the device is, as `/api/v1/stations` says it.
    state: &'static str,
    /// Levels lie outside what the model was taught.
    outside_training: bool,
}

#[derive(Serialize)]
struct Card {
    /// `stage_table` or `labels`: past floods of which somebody noted whether the district was under water.
    basis: &'static str,
    labels: usize,
    flooded: usize,
    words: Vec<Words>,
}

/// Every district that some gauge concerns.
pub(in crate::web) async fn list(State(doors): State<Doors>, _: Caller) -> Json<List> {
    let app = &doors.app;
    let picture = app.picture();
    let outlook = &picture.advice.outlook;
    let town = app.town();
    let all = flooding(&app.reference.concern, town, outlook);
    Json(List {
        as_of: outlook.as_of,
        districts: all
            .into_iter()
            .map(|one| district(town, one, outlook.as_of))
            .collect(),
        limits: LIMITS,
    })
}

fn district(town: &Town, one: Flooding<'_>, as_of: Timestamp) -> District {
    let (gauge, forecast) = (one.gauge, &one.gauge.forecast);
    let by_model = |lead: &hinan_models::LeadForecast| lead.method == hinan_models::Method::Model;
    District {
        id: town.districts[one.district].id.clone(),
        name: town.districts[one.district].name.clone(),
        river: one.river.to_owned(),
        level_m: one.level_m,
        reached: match one.reached {
            Reached::No => "no",
            Reached::Measured => "measured",
            Reached::Assumed => "assumed",
            Reached::Unknown => "unknown",
        },
        chances: one
            .chances
            .iter()
            .map(|chance| Chance {
                within_h: chance.within_h,
                chance: chance.chance,
                low: chance.low,
                high: chance.high,
            })
            .collect(),
        crossing: one.crossing.map(|(early, late)| Crossing { early, late }),
        source: Source {
            gauge: gauge.id.clone(),
            gauge_name: gauge.name.clone(),
            tier: forecast.tier,
            model: forecast.leads.iter().any(by_model),
            level_at: forecast.level_now_at,
        },
        quality: Quality {
            flag: gauge.observed.map(|observed| observed.flag.qartod()),
            state: station_state::of(gauge, as_of).state,
            outside_training: forecast.leads.iter().any(|lead| lead.outside_training),
        },
        card: Card {
            basis: if one.card.labels == 0 {
                "stage_table"
            } else {
                "labels"
            },
            labels: one.card.labels,
            flooded: one.card.flooded,
            words: one.card.words,
        },
    }
}
