//! Readings that an officer does not believe any more: marked in the record, forgotten by the engine, and followed by a
//! replay at the same place in the story.

use std::collections::{BTreeSet, VecDeque};

use hinan_sensors::StationId;
use jiff::Timestamp;

use crate::engine::Engine;
use crate::store::devices::Distrust;
use crate::store::{StoreError, Tx, View};

/// Levels of one station that are not believed, as far as they had arrived.
pub(crate) struct Disbelieved {
    station: StationId,
    times: BTreeSet<Timestamp>,
    upto_seq: i64,
    after_evaluation: i64,
}

impl Disbelieved {
    pub(crate) fn tell(&self, engine: &mut Engine) {
        engine.distrust(&self.station, &self.times);
    }
}

/// Marks what was asked for and has not been marked yet.
pub(crate) fn mark_pending(tx: &Tx<'_>, upto_seq: i64) -> Result<Vec<Disbelieved>, StoreError> {
    let mut marked = Vec::new();
    for distrust in tx.view().distrusts()? {
        if distrust.done.is_some() {
            continue;
        }
        let times = tx.mark_distrusted(&distrust, upto_seq)?;
        tracing::warn!(
            device = distrust.device,
            station = distrust.station,
            since = %distrust.since,
            levels = times.len(),
            "readings of a device out of use are marked as bad"
        );
        marked.extend(disbelieved(&distrust, times, upto_seq, 0));
    }
    Ok(marked)
}

/// What was not believed in the course of a record, in its order.
pub(crate) fn history(view: &View<'_>) -> Result<VecDeque<Disbelieved>, StoreError> {
    let mut all = VecDeque::new();
    for distrust in view.distrusts()? {
        if let Some(done) = distrust.done {
            let times = view.distrusted(&distrust, done.upto_seq)?;
            all.extend(disbelieved(
                &distrust,
                times,
                done.upto_seq,
                done.after_evaluation,
            ));
        }
    }
    Ok(all)
}

/// Tells the engine what was not believed before a reading with this place in the order of arrival came.
pub(crate) fn before_reading(history: &mut VecDeque<Disbelieved>, seq: i64, engine: &mut Engine) {
    while let Some(next) = history.pop_front_if(|next| next.upto_seq < seq) {
        next.tell(engine);
    }
}

/// Tells the engine what was not believed before evaluation `number`.
pub(crate) fn before_evaluation(
    history: &mut VecDeque<Disbelieved>,
    number: i64,
    engine: &mut Engine,
) {
    while let Some(next) = history.pop_front_if(|next| next.after_evaluation < number) {
        next.tell(engine);
    }
}

fn disbelieved(
    distrust: &Distrust,
    times: Vec<Timestamp>,
    upto_seq: i64,
    after_evaluation: i64,
) -> Option<Disbelieved> {
    Some(Disbelieved {
        station: distrust.station.parse().ok()?,
        times: times.into_iter().collect(),
        upto_seq,
        after_evaluation,
    })
}
