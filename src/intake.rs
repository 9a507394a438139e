//! The intake: from an arrived packet to a committed reading, an acknowledgement and a new picture.
//!
//! Invariants
//! - A packet is acknowledged after its reading, or its quarantine entry, is durable. Never before.
//! - This is the one task that owns the engine and writes the picture.
//! - When the record cannot be written nothing is acknowledged and the service stops: the broker still owns
//!   the packets.

use std::sync::Arc;
use std::time::Duration;

use hinan_sensors::quality::Flag;
use hinan_sensors::{Devices, Known, Limits, Packet, Reading, TopicRule, TopicRules, decide};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use crate::app::{App, Picture};
use crate::arrivals::{Arrival, Message};
use crate::chance;
use crate::clock::monotonic;
use crate::engine::{Advice, Engine};
use crate::recommend::docket::{Change, changes};
use crate::store::evaluations::Evaluated;
use crate::store::notices::in_force;
use crate::store::proposals::ProposalState;
use crate::store::readings::{Kept, LEVEL, Value};
use crate::store::{StoreError, Tx, quarantine};

/// After a new reading the advice follows within this time.
const FOLLOW_UP: Duration = Duration::from_millis(100);

/// This long before an order expires it is proposed anew.
const RENEW_BEFORE: SignedDuration = SignedDuration::from_mins(60);

/// Why the intake stopped by itself.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// The record cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The town's gauges cannot form a history.
    #[error("models: {0}")]
    History(#[from] hinan_models::HistoryError),
}

/// What the intake works with.
pub struct Intake {
    app: Arc<App>,
    engine: Engine,
    topics: TopicRules,
    devices: Devices,
    limits: Limits,
    next_seq: i64,
}

impl Intake {
    /// An intake that goes on after reading number `last_seq`.
    #[must_use]
    pub fn new(app: Arc<App>, engine: Engine, last_seq: i64) -> Self {
        let sensors = &app.config.sensors;
        let topics = TopicRules {
            readings: TopicRule {
                prefix: sensors.topic_prefix.clone(),
            },
            formats: Vec::new(),
        };
        let limits = Limits {
            payload_max_bytes: sensors.payload_max_bytes,
            future_max_s: sensors.future_max_s,
            ..Limits::default()
        };
        Self {
            app,
            engine,
            topics,
            devices: Devices::default(),
            limits,
            next_seq: last_seq + 1,
        }
    }

    /// Works until told to stop; then commits and acknowledges what has arrived.
    ///
    /// # Errors
    /// [`IntakeError`]; the service must stop then.
    pub async fn run(
        mut self,
        mut arrivals: mpsc::Receiver<Arrival>,
        mut stop: watch::Receiver<bool>,
    ) -> Result<(), IntakeError> {
        let every = Duration::from_secs(u64::from(self.app.config.recommend.every_s));
        let real = |every: Duration, speed: f64| every.div_f64(speed).max(FOLLOW_UP);
        let mut due: Instant = Instant::from_std(monotonic()) + FOLLOW_UP;
        loop {
            tokio::select! {
                biased;
                _ = stop.changed() => {
                    while let Ok(first) = arrivals.try_recv() {
                        let batch = self.gather(first, &mut arrivals).await;
                        tokio::task::block_in_place(|| self.commit(batch))?;
                    }
                    return Ok(());
                }
                () = tokio::time::sleep_until(due) => {
                    tokio::task::block_in_place(|| self.evaluate())?;
                    due = Instant::from_std(monotonic()) + real(every, self.app.clock.speed());
                }
                Some(first) = arrivals.recv() => {
                    let batch = self.gather(first, &mut arrivals).await;
                    let news = tokio::task::block_in_place(|| self.commit(batch))?;
                    if news {
                        due = due.min(Instant::from_std(monotonic()) + FOLLOW_UP);
                    }
                }
            }
        }
    }

    /// Packets that arrive close together are committed together: one fsync for many.
    async fn gather(&self, first: Arrival, arrivals: &mut mpsc::Receiver<Arrival>) -> Vec<Arrival> {
        let sensors = &self.app.config.sensors;
        let until =
            Instant::from_std(monotonic()) + Duration::from_millis(sensors.commit_within_ms);
        let mut batch = vec![first];
        while batch.len() < sensors.commit_max_readings {
            match tokio::time::timeout_at(until, arrivals.recv()).await {
                Ok(Some(arrival)) => batch.push(arrival),
                Ok(None) | Err(_) => break,
            }
        }
        batch
    }

    /// Commits a batch and acknowledges it. Says whether there is anything new to think about.
    fn commit(&mut self, batch: Vec<Arrival>) -> Result<bool, StoreError> {
        let app = Arc::clone(&self.app);
        let received_at = app.clock.now();
        let (news, next_seq) = app.store.write(|tx| {
            let (mut news, mut seq) = (false, self.next_seq);
            for message in batch.iter().map(|arrival| &arrival.message) {
                let packet = Packet {
                    topic: &message.topic,
                    payload: &message.payload,
                    retained: message.retained,
                    received_at,
                };
                let known = Known {
                    stations: &app.reference.stations,
                    devices: &self.devices,
                    topics: &self.topics,
                    limits: &self.limits,
                };
                let decided = decide(&packet, &known);
                for reading in decided.readings.into_iter().chain(decided.history) {
                    let reading = as_recorded(reading);
                    let kept = keep(tx, &mut self.engine, &reading, message, received_at, seq)?;
                    if kept == Kept::New {
                        news = true;
                        seq += 1;
                    }
                }
                for refusal in decided.refused {
                    let (code, reason) = quarantine::words(&refusal);
                    tx.quarantine(&message.topic, &message.payload, received_at, code, &reason)?;
                    metrics::counter!("hinan_quarantined_total", "reason" => code).increment(1);
                }
            }
            if news {
                tx.put_last_seq(seq - 1)?;
            }
            let forgotten = tx.trim_quarantine(app.config.sensors.quarantine_keep)?;
            metrics::counter!("hinan_quarantine_forgotten_total").increment(forgotten as u64);
            Ok((news, seq))
        })?;
        self.next_seq = next_seq;
        metrics::counter!("hinan_packets_total").increment(batch.len() as u64);
        for arrival in batch {
            arrival.message.ack.committed();
        }
        Ok(news)
    }

    /// Works out the advice for now, records it, and shows the new picture.
    fn evaluate(&mut self) -> Result<(), IntakeError> {
        let began = monotonic();
        let now = self.app.clock.now();
        let advice = self.engine.evaluate(now)?;
        record(&self.app, &advice, self.next_seq - 1, now)?;
        let open = advice.proposals.len();
        self.app.show(Picture {
            advice,
            situation: self.engine.situation().clone(),
        });
        metrics::histogram!("hinan_evaluation_seconds")
            .record(monotonic().duration_since(began).as_secs_f64());
        #[expect(clippy::cast_precision_loss, reason = "a handful of proposals")]
        metrics::gauge!("hinan_proposals").set(open as f64);
        Ok(())
    }
}

fn keep(
    tx: &Tx<'_>,
    engine: &mut Engine,
    reading: &Reading,
    message: &Message,
    received_at: Timestamp,
    seq: i64,
) -> Result<Kept, StoreError> {
    let series = tx.series_number(&reading.station, LEVEL)?;
    let kept = tx.compare_reading(series, reading.at, reading.level_m)?;
    match kept {
        Kept::New => {
            let judged = engine.take(reading);
            let flag = judged.map_or(Flag::NotChecked, |judged| judged.flag);
            let new = Value {
                at: reading.at,
                value: reading.level_m,
                flag,
                received_at,
                seq,
            };
            tx.put_reading(series, &new)?;
            if let Some((at, flag)) = judged.and_then(|judged| judged.revised) {
                tx.revise_flag(series, at, flag)?;
                metrics::counter!("hinan_flags_revised_total", "flag" => flag.qartod().to_string())
                    .increment(1);
            }
            metrics::counter!("hinan_readings_total", "flag" => flag.qartod().to_string())
                .increment(1);
        }
        Kept::Duplicate => metrics::counter!("hinan_duplicates_total").increment(1),
        Kept::Conflict => {
            let reason = "another level is already stored for this station and time; the first one stands. \
                          A correction needs its own time";
            tx.quarantine(
                &message.topic,
                &message.payload,
                received_at,
                "conflict",
                reason,
            )?;
            metrics::counter!("hinan_quarantined_total", "reason" => "conflict").increment(1);
        }
    }
    Ok(kept)
}

/// The record keeps whole milliseconds and no minus zero, and the engine must know what the record will give back after
/// a restart.
fn as_recorded(mut reading: Reading) -> Reading {
    reading.at = Timestamp::from_millisecond(reading.at.as_millisecond()).unwrap_or(reading.at);
    reading.level_m += 0.0;
    reading
}

/// Records an evaluation and what it changes on the docket, in one transaction.
fn record(app: &App, advice: &Advice, upto_seq: i64, now: Timestamp) -> Result<(), StoreError> {
    let policy = &app.config.recommend;
    app.store.write(|tx| {
        let view = tx.view();
        let open = view.open_items()?;
        // An order about to expire is asked again while its grounds hold: it must not lapse unseen.
        let soon = now + RENEW_BEFORE;
        let orders: Vec<_> = view.live_notices(soon)?.iter().map(in_force).collect();
        let reopen_after = SignedDuration::from_mins(i64::from(policy.reopen_after_min));
        let declined = view.declined_since(now - reopen_after)?;
        for change in changes(&open, &advice.proposals, &orders, &declined, now, policy) {
            match change {
                Change::Open(proposal) => {
                    let id = format!("r-{}", chance::unique().simple());
                    tx.open_proposal(&id, &proposal, now)?;
                    let detail = json!({ "river": proposal.key.river, "level": proposal.key.level,
                        "districts": proposal.districts.len(), "people_in_zone": proposal.people_in_zone(),
                        "substance": proposal.substance(), "as_of": proposal.as_of });
                    tx.audit(now, "system", "proposed", &id, &detail)?;
                    tracing::info!(proposal = id, river = proposal.key.river, level = %proposal.key.level,
                        districts = proposal.districts.len(), as_of = %now, "a decision is proposed");
                }
                Change::Renew { id, proposal } => tx.renew_proposal(&id, &proposal, now)?,
                Change::Supersede { id } => {
                    tx.close_proposal(&id, ProposalState::Superseded, None)?;
                    tx.audit(now, "system", "superseded", &id, &json!({}))?;
                }
                Change::Expire { id } => {
                    tx.close_proposal(&id, ProposalState::Expired, None)?;
                    tx.audit(now, "system", "expired", &id, &json!({}))?;
                }
            }
        }
        let evaluated = Evaluated {
            as_of: now,
            upto_seq,
            digest: advice.digest(),
            recommendations: advice.recommendations.len(),
        };
        let age_max = f64::from(app.config.approve.basis_age_max_min) * 60.0 * app.clock.speed();
        let age_max = SignedDuration::try_from_secs_f64(age_max).unwrap_or(SignedDuration::MAX);
        tx.drop_old_drafts(now.saturating_sub(age_max).unwrap_or(Timestamp::MIN))?;
        tx.put_evaluation(&evaluated, &advice.recommendations)
    })
}
