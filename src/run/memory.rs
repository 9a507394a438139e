//! What the engine knew before the service was started anew: the readings that still matter, official information, the advice that stood.

use hinan_sensors::official;
use jiff::Timestamp;

use crate::distrust;
use crate::engine::{Engine, Reference};
use crate::recommend::briefed::Briefed;
use crate::store::Store;

/// Readings of this time before the newest, and official information of this time before now, are fed to the engine again at a start.
pub(super) const RESTORED: jiff::SignedDuration = jiff::SignedDuration::from_hours(7 * 24);

/// The engine with its memory of the readings that still matter.
///
/// # Errors
/// The record's.
pub fn restored(
    store: &Store,
    reference: &Reference,
    now: Timestamp,
) -> anyhow::Result<(Engine, i64, i64)> {
    let mut engine = Engine::new(reference.clone());
    let (mut readings, mut heard) = (0_u64, 0_u64);
    let heard_since = now.saturating_sub(RESTORED).unwrap_or(now);
    let (stood, last_seq) = store.read(|view| {
        let mut distrusted = distrust::history(view)?;
        if let Some(newest) = view.newest_reading()? {
            view.each_level_since(newest - RESTORED, |stored| {
                distrust::before_reading(&mut distrusted, stored.seq, &mut engine);
                if stored.historic {
                    engine.take_historic(&stored.reading);
                } else {
                    engine.take(&stored.reading);
                }
                readings += 1;
            })?;
        }
        distrust::before_reading(&mut distrusted, i64::MAX, &mut engine);
        view.each_official_since(heard_since, |stored| {
            match official::decode(Some(&stored.topic), &stored.bytes) {
                Ok(message) => {
                    engine.hear(&message, stored.received_at);
                    heard += 1;
                }
                // An older version could read it; what it said is in its record.
                Err(why) => tracing::warn!(seq = stored.seq, %why, "stored official information is not understood"),
            }
        })?;
        Ok((view.last_stood()?, view.last_seq()?))
    })?;
    engine.remember(stood.advice, now);
    engine.remember_facilities(stood.facilities);
    let given = store.read(|view| view.evening_briefings(&reference.town.code))?;
    engine.remember_briefed(Briefed::of(now, given));
    if readings + heard > 0 {
        tracing::info!(readings, official = heard, "restored what was known");
    }
    Ok((engine, last_seq, stood.evaluation))
}
