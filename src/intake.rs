//! The intake: from an arrived message to committed readings and official information, an acknowledgement and a new
//! picture.
//!
//! Invariants
//! - A message is acknowledged after everything in it, or its quarantine entry, is durable. Never before.
//! - Each observation of a message is judged on its own; a bad one does not cost its neighbours.
//! - No message can stop the intake: one that a decoder does not survive is put in quarantine like any other.
//! - This is the one task that owns the engine and writes the picture.
//! - When the record cannot be written nothing is acknowledged and the service stops: the broker still owns
//!   the packets.

mod message;
mod states;

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use self::message::{Heard, Rules, Taken};
use self::states::States;
use crate::app::{App, Picture};
use crate::arrivals::Arrival;
use crate::chance;
use crate::clock::monotonic;
use crate::distrust;
use crate::engine::{Advice, Engine};
use crate::events::Event;
use crate::model_use;
use crate::recommend::briefed::{self, Given};
use crate::recommend::core::PROGRAM;
use crate::recommend::docket::{Change, RENEW_BEFORE, changes};
use crate::store::StoreError;
use crate::store::evaluations::{Evaluated, Standing};
use crate::store::notices::in_force;
use crate::store::proposals::ProposalState;

/// When nothing has arrived for this long, what is there is committed: whoever fills a window of unacknowledged packets
/// waits for the acknowledgements before it sends more, and waiting for it would be waiting for nothing.
const QUIET: Duration = Duration::from_millis(1);

/// After news the advice follows within this time.
const FOLLOW_UP: Duration = Duration::from_millis(50);

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
    rules: Rules,
    next_seq: i64,
    /// How each station was when it was last told.
    states: States,
    /// How long the audit was when it was last asked what was told, and until when that stands if it does not grow.
    asked_at: Option<(i64, Timestamp)>,
    /// The evaluation that the service went on from, until it is written down.
    resumed: Option<i64>,
}

impl Intake {
    /// An intake that goes on after place `last_seq` in the order of arrival, from what stood at evaluation `resumed`.
    #[must_use]
    pub fn new(app: Arc<App>, engine: Engine, (last_seq, resumed): (i64, i64)) -> Self {
        let rules = Rules::of(&app.config, &app.reference);
        let states = States::shown_in(&app.picture().advice.outlook);
        Self {
            app,
            engine,
            rules,
            next_seq: last_seq + 1,
            states,
            asked_at: None,
            resumed: Some(resumed),
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
        let app = Arc::clone(&self.app);
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
                () = app.distrusted.notified() => {
                    tokio::task::block_in_place(|| self.distrust())?;
                    due = due.min(Instant::from_std(monotonic()) + FOLLOW_UP);
                }
                () = app.models.changed.notified() => {
                    due = due.min(Instant::from_std(monotonic()) + FOLLOW_UP);
                }
                () = app.told.notified() => {
                    due = due.min(Instant::from_std(monotonic()) + FOLLOW_UP);
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
            let more = sensors.commit_max_readings - batch.len();
            let quiet = Instant::from_std(monotonic()) + QUIET;
            let some = arrivals.recv_many(&mut batch, more);
            match tokio::time::timeout_at(until.min(quiet), some).await {
                Ok(1..) => {}
                Ok(0) | Err(_) => break,
            }
        }
        batch
    }

    /// Commits a batch and acknowledges it. Says whether there is anything new to think about.
    fn commit(&mut self, batch: Vec<Arrival>) -> Result<bool, StoreError> {
        let app = Arc::clone(&self.app);
        let received_at = app.clock.now();
        let enrolled = app.devices.list();
        let taken = app.store.write(|tx| {
            let mut taken = Taken::from(self.next_seq);
            for message in batch.iter().map(|arrival| &arrival.message) {
                let heard = Heard {
                    message,
                    received_at,
                    enrolled: &enrolled,
                };
                self.rules.take(tx, &mut self.engine, &heard, &mut taken)?;
            }
            if taken.next_seq > self.next_seq {
                tx.put_last_seq(taken.next_seq - 1)?;
            }
            if taken.quarantined > 0 {
                let forgotten = tx.trim_quarantine(app.config.sensors.quarantine_keep)?;
                metrics::counter!("hinan_quarantine_forgotten_total").increment(forgotten as u64);
            }
            Ok(taken)
        })?;
        let news = taken.next_seq > self.next_seq;
        self.next_seq = taken.next_seq;
        // Packets are counted after their outcomes: whoever reads the figures between finds no packet without one.
        taken.count();
        metrics::counter!("hinan_packets_total").increment(batch.len() as u64);
        for arrival in batch {
            arrival.message.ack.committed();
        }
        app.newest.note(taken.newest);
        app.events.note(taken.events);
        Ok(news)
    }

    /// Marks readings of devices that an officer took out of use, and lets the engine forget them.
    fn distrust(&mut self) -> Result<(), StoreError> {
        let upto_seq = self.next_seq - 1;
        let marked = self
            .app
            .store
            .write(|tx| distrust::mark_pending(tx, upto_seq))?;
        for disbelieved in &marked {
            disbelieved.tell(&mut self.engine);
        }
        Ok(())
    }

    /// Works out the advice for now, records it, and shows the new picture.
    fn evaluate(&mut self) -> Result<(), IntakeError> {
        let began = monotonic();
        let now = self.app.clock.now();
        if let Some(models) = self.app.models.taken() {
            let town = &self.app.town().code;
            self.app
                .store
                .write(|tx| model_use::note(tx, models.as_deref(), (town, now)))?;
            self.engine.use_models(models);
        }
        self.ask_what_was_told(now)?;
        let briefed = self.engine.briefed().given.last().cloned();
        let advice = self.engine.evaluate(now)?;
        record(&self.app, &advice, (self.next_seq - 1, self.resumed), now)?;
        self.resumed = None;
        brief(&self.app, &advice, briefed.as_ref(), now)?;
        let open = advice.proposals.len();
        let changed = self.states.changes(&advice.outlook);
        count_states(&changed);
        self.app.show(Picture {
            advice,
            situation: self.engine.situation().clone(),
            official: self.engine.official().clone(),
            external: self.engine.external().clone(),
        });
        // Told only when it can be looked up: whoever hears of a change and asks is shown it.
        self.app.events.note(changed);
        metrics::histogram!("hinan_evaluation_seconds")
            .record(monotonic().duration_since(began).as_secs_f64());
        #[expect(clippy::cast_precision_loss, reason = "a handful of proposals")]
        metrics::gauge!("hinan_proposals").set(open as f64);
        Ok(())
    }

    /// Everything that is told is in the audit, too: while that does not grow, and nothing of it ends, it stands as it was read.
    fn ask_what_was_told(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let asked_at = self.asked_at;
        let told = self.app.store.read(|view| {
            let long = view.audit_len()?;
            if asked_at.is_some_and(|(then, until)| then == long && now < until) {
                return Ok(None);
            }
            let told = view.told(now)?;
            let until = view.told_until(&told, now)?;
            Ok(Some((told, (long, until))))
        })?;
        if let Some((told, asked_at)) = told {
            self.engine.tell(told);
            self.asked_at = Some(asked_at);
        }
        Ok(())
    }
}

/// Counts the states that stations came into.
fn count_states(changed: &[Event]) {
    for change in changed {
        if let Event::Health { state, .. } = change {
            metrics::counter!("hinan_station_states_total", "state" => *state).increment(1);
        }
    }
}

/// Notes in the audit what the officers were told of the coming night, at each fixed hour once.
fn brief(
    app: &App,
    advice: &Advice,
    before: Option<&Given>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let newest = advice.briefed.given.last();
    let Some(new) = newest.filter(|new| Some(*new) != before) else {
        return Ok(());
    };
    let words: Vec<String> = new.briefings.iter().map(briefed::words).collect();
    let detail =
        json!({ "hour": new.hour, "as_of": new.as_of, "words": words, "briefings": new.briefings });
    app.store
        .write(|tx| tx.audit(now, "system", "evening_briefing", &app.town().code, &detail))?;
    Ok(())
}

/// Records an evaluation and what it changes on the docket, in one transaction.
fn record(
    app: &App,
    advice: &Advice,
    (upto_seq, resumed): (i64, Option<i64>),
    now: Timestamp,
) -> Result<(), StoreError> {
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
                Change::Renew { id, proposal } => {
                    // What only stands from before is as old as its grounds.
                    let supported_at = proposal.supported_at.unwrap_or(now);
                    tx.renew_proposal(&id, &proposal, supported_at)?;
                }
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
            program: PROGRAM,
            basis: Some(app.reference.core.basis().clone()),
            resumed,
        };
        let age_max = f64::from(app.config.approve.basis_age_max_min) * 60.0 * app.clock.speed();
        let age_max = SignedDuration::try_from_secs_f64(age_max).unwrap_or(SignedDuration::MAX);
        tx.drop_old_drafts(now.saturating_sub(age_max).unwrap_or(Timestamp::MIN))?;
        let stood = Standing {
            advice: &advice.recommendations,
            facilities: &advice.core.facilities,
            moment: advice.outlook.as_of,
        };
        tx.put_evaluation(&evaluated, stood, &advice.told)
    })
}
