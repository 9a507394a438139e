//! Recomputing advice: from a recording through the bare engine, or from a record to see whether it gives the
//! same advice again.

use std::sync::Arc;

use hinan_models::History;
use hinan_sensors::Reading;
use hinan_sensors::official;
use hinan_sensors::official::series::StationSeries;
use jiff::Timestamp;
use serde::Serialize;

use crate::demo::report::{self, Firsts};
use crate::distrust;
use crate::engine::{Engine, Reference};
use crate::model_use;
use crate::outlook::ModelSet;
use crate::recommend::Recommendation;
use crate::recommend::core::PROGRAM;
use crate::store::{StoreError, View};
use crate::town::TownError;

/// Before every reading; the calendar's own beginning is beyond what the record counts in.
const BEGINNING: Timestamp = Timestamp::UNIX_EPOCH;

/// One step of a replayed recording.
#[derive(Serialize)]
pub struct Step {
    /// Moment of the event.
    pub as_of: Timestamp,
    /// What was advised.
    #[serde(serialize_with = "each")]
    pub recommendations: Vec<Arc<Recommendation>>,
}

fn each<S: serde::Serializer>(all: &[Arc<Recommendation>], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(all.iter().map(AsRef::as_ref))
}

/// Replays a recording hour by hour: all readings of a row, then the advice.
///
/// # Errors
/// When the town's gauges cannot form a history.
pub fn recording(
    reference: &Reference,
    storm: &History,
    from: Timestamp,
    to: Timestamp,
    mut each: impl FnMut(&Step),
) -> Result<Firsts, hinan_models::HistoryError> {
    let mut engine = Engine::new(reference.clone());
    let mut firsts = Firsts::new();
    for row in 0..storm.len() {
        let at = storm.time(row);
        if at > to {
            break;
        }
        for (column, gauge) in storm.gauges().iter().enumerate() {
            if let (Some(level_m), Ok(station)) = (storm.level(row, column), gauge.parse()) {
                engine.take(&Reading {
                    station,
                    at,
                    level_m,
                    sequence: None,
                });
            }
        }
        if at < from {
            continue;
        }
        let advice = engine.evaluate(at)?;
        for proposal in &advice.proposals {
            report::note(&mut firsts, at, proposal);
        }
        each(&Step {
            as_of: at,
            recommendations: advice.recommendations,
        });
    }
    Ok(firsts)
}

/// Of differing evaluations so many are named.
const NAMED_MAX: usize = 5;

/// What recomputing a record found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Recomputed {
    /// How many evaluations the record has.
    pub evaluations: usize,
    /// So many give the same advice again.
    pub same: usize,
    /// So many were worked out by another program, or with other criteria, settings or geodata: they are gone through and not
    /// compared.
    pub earlier: usize,
    /// So many give other advice.
    pub differ: usize,
    /// The first of these: place in the record, from 1, and moment of the event.
    pub first: Vec<(usize, Timestamp)>,
}

/// Recomputes every evaluation of a record from its readings. `models` gives the models of files that forecast then, by gauge
/// and digest. Goes on past what differs, and past what another program or other settings worked out.
///
/// # Errors
/// The record's, the engine's, or that of a model file which is not there any more.
pub fn record(
    reference: &Reference,
    view: &View<'_>,
    models: impl Fn(&model_use::Files) -> Result<Option<ModelSet>, TownError>,
) -> Result<Recomputed, RecomputeError> {
    let mut readings = Vec::new();
    view.each_level_since(BEGINNING, |stored| readings.push(stored))?;
    let evaluations = view.evaluations()?;
    let told = view.told_by_evaluations()?;
    let mut distrusted = distrust::history(view)?;
    let mut used = model_use::history(view)?;
    let mut engine = Engine::new(reference.clone());
    let grounds = grounds(view, &engine)?;
    let mut next_ground = grounds.iter().peekable();
    let mut next = readings.iter().peekable();
    let mut found = Recomputed {
        evaluations: evaluations.len(),
        ..Recomputed::default()
    };
    for (index, (evaluated, told)) in evaluations.iter().zip(told).enumerate() {
        // Rain and levels do not touch one another before somebody asks: their order among each other is free.
        while let Some((_, ground)) = next_ground.next_if(|(seq, _)| *seq <= evaluated.upto_seq) {
            engine.hear_again(ground);
        }
        while let Some(stored) = next.next_if(|stored| stored.seq <= evaluated.upto_seq) {
            distrust::before_reading(&mut distrusted, stored.seq, &mut engine);
            if stored.historic {
                engine.take_historic(&stored.reading);
            } else {
                engine.take(&stored.reading);
            }
        }
        let number = i64::try_from(index + 1).unwrap_or(i64::MAX);
        distrust::before_evaluation(&mut distrusted, number, &mut engine);
        if let Some(files) = model_use::before_evaluation(&mut used, number) {
            engine.use_models(models(&files)?.map(Arc::new));
        }
        // A start goes on from what was written down last, which may be older than the last evaluation.
        if let Some(resumed) = evaluated.resumed {
            let stood = view.stood_at(resumed)?;
            engine.remember(stood.advice, evaluated.as_of);
            engine.remember_facilities(stood.facilities);
        }
        let again = engine.evaluate_told(evaluated.as_of, told)?.digest();
        let is_ours = evaluated.program == PROGRAM
            && evaluated.basis.as_ref() == Some(reference.core.basis());
        if !is_ours {
            found.earlier += 1;
        } else if again == evaluated.digest {
            found.same += 1;
        } else {
            found.differ += 1;
            if found.first.len() < NAMED_MAX {
                found.first.push((index + 1, evaluated.as_of));
            }
        }
    }
    Ok(found)
}

/// What evaluations rest on beside levels, by its place in the order of arrival.
fn grounds(view: &View<'_>, engine: &Engine) -> Result<Vec<(i64, StationSeries)>, StoreError> {
    let mut grounds = Vec::new();
    view.each_official_ground(|stored| {
        match official::decode(Some(&stored.topic), &stored.bytes) {
            Ok(message) => grounds.extend(engine.grounds(&message).map(|ground| (stored.seq, ground))),
            Err(why) => tracing::warn!(seq = stored.seq, %why, "stored official information is not understood"),
        }
    })?;
    Ok(grounds)
}

/// Why a record cannot be recomputed.
#[derive(Debug, thiserror::Error)]
pub enum RecomputeError {
    /// The record.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The engine.
    #[error("models: {0}")]
    History(#[from] hinan_models::HistoryError),
    /// Its models.
    #[error("{0}")]
    Models(#[from] TownError),
}
