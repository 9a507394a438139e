//! The delivering loops: one per channel, so that a hanging channel never stops another.
//!
//! A loop takes no hint about what changed. It reads what is owed, notes that it begins, sends, records. Sending twice is
//! harmless: the bytes and their identifier stay the same. Oldest first, and MQTT strictly in order; elsewhere a notice that a
//! receiver cannot digest rests and is tried again while those behind it go. An order that was lifted, cancelled or replaced before it
//! left does not leave any more, whatever it waited for; what ended it does.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::json;
use tokio::sync::watch;

use super::channel::area_mail::AreaMailChannel;
use super::channel::l_alert::LAlertChannel;
use super::channel::mail::MailChannel;
use super::channel::mqtt::MqttChannel;
use super::channel::webhook::WebhookChannel;
use super::outbox::{Attempt, ChannelName};
use super::publication::Publication;
use super::retained::Clearing;
use crate::app::App;
use crate::approve::facts::{Facts, Kind};
use crate::clock::monotonic;
use crate::store::outbox::{DeliveryState, OVERTAKEN, StoredDelivery};
use crate::store::{StoreError, Tx, View};

const BATCH: u32 = 500;
/// Notices looked at back from one that has arrived. What lies further back expired long ago.
const CHAIN_MAX: usize = 1000;
/// Looks without being called, in case a call was missed.
const LOOKS_EVERY: Duration = Duration::from_secs(30);
/// What an attempt in flight is given when the service stops.
const STOPS_WITHIN: Duration = Duration::from_secs(2);

/// How a loop waits. Chance is an argument: the same seed, the same pauses.
#[derive(Clone, Debug)]
pub struct Pace {
    /// An attempt that takes longer is broken off.
    pub attempt_max: Duration,
    /// The first pause after a failure.
    pub pause_first: Duration,
    /// The longest.
    pub pause_max: Duration,
    /// Where the jitter comes from.
    pub jitter_seed: u64,
}

impl Pace {
    /// The pause after so many failures in a row: doubling, between half and all of it.
    #[must_use]
    pub fn pause(&self, failures: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(failures.saturating_sub(1).min(16));
        let full = self.pause_first.saturating_mul(doubled).min(self.pause_max);
        full.mul_f64(0.5 + 0.5 * unit(self.jitter_seed.wrapping_add(u64::from(failures))))
    }
}

/// A number from 0 to 1 from a seed (SplitMix64).
fn unit(seed: u64) -> f64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    // 53 bits fit a float exactly.
    (((z ^ (z >> 31)) >> 11) as f64) / ((1_u64 << 53) as f64)
}

/// A channel that is ready to take notices. It can be handed only a [`Publication`].
pub enum Channel {
    /// Our own public page, feeds and CAP documents: they show what is marked delivered here.
    Feed,
    /// MQTT messages.
    Mqtt(MqttChannel),
    /// A program of others.
    Webhook(WebhookChannel),
    /// A distribution list.
    Mail(MailChannel),
    /// Text for telephones.
    AreaMail(AreaMailChannel),
    /// Report for L-Alert.
    LAlert(LAlertChannel),
}

impl Channel {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> ChannelName {
        match self {
            Self::Feed => ChannelName::Feed,
            Self::Mqtt(_) => ChannelName::Mqtt,
            Self::Webhook(channel) => ChannelName::Webhook(channel.name().to_owned()),
            Self::Mail(_) => ChannelName::Mail,
            Self::AreaMail(_) => ChannelName::AreaMail,
            Self::LAlert(_) => ChannelName::LAlert,
        }
    }

    async fn send(&self, publication: &Publication) -> Attempt {
        match self {
            Self::Feed => Attempt::Delivered {
                receipt: "公開ページに掲載".to_owned(),
            },
            Self::Mqtt(channel) => channel.send(publication).await,
            Self::Webhook(channel) => channel.send(publication).await,
            Self::Mail(channel) => channel.send(publication).await,
            Self::AreaMail(channel) => channel.send(publication).await,
            Self::LAlert(channel) => channel.send(publication).await,
        }
    }
}

/// Delivers until told to stop.
///
/// # Errors
/// When the record cannot be read or written: publishing blindly is worse than stopping. A record that another program holds for a
/// while is tried again.
pub async fn run(
    app: Arc<App>,
    channel: Channel,
    pace: Pace,
    mut stop: watch::Receiver<bool>,
) -> Result<(), StoreError> {
    let mut worker = Worker {
        name: channel.name(),
        // What retains a state must be told in order; elsewhere a notice that cannot be digested holds up no other.
        strict: matches!(channel, Channel::Mqtt(_)),
        clearing: matches!(channel, Channel::Mqtt(_)).then(Clearing::new),
        resting: BTreeMap::new(),
        app: &app,
        channel,
        pace,
    };
    let mut busy = 0;
    loop {
        // Registered before reading, so that a promise made in between is not slept through.
        let ring = app.owed.notified();
        tokio::pin!(ring);
        ring.as_mut().enable();
        let wait = match worker.round(&mut stop).await {
            Ok(Some(wait)) => {
                busy = 0;
                wait
            }
            Ok(None) => return Ok(()),
            Err(error) if error.is_busy() => {
                busy += 1;
                metrics::counter!("hinan_deliveries_held_up_total").increment(1);
                tracing::warn!(%error, channel = worker.name.word(), "the record is held by another program; tried again");
                worker.pace.pause(busy)
            }
            Err(error) => return Err(error),
        };
        tokio::select! {
            () = &mut ring => {}
            () = tokio::time::sleep(wait) => {}
            // Not `changed`: an attempt that ended just after the word came has heard it already, and would wait here for good.
            _ = stop.wait_for(|stop| *stop) => return Ok(()),
        }
    }
}

struct Worker<'a> {
    app: &'a App,
    channel: Channel,
    name: ChannelName,
    pace: Pace,
    strict: bool,
    clearing: Option<Clearing>,
    resting: BTreeMap<i64, Resting>,
}

impl Worker<'_> {
    /// Goes through what is owed once. How long to rest afterwards, or nothing when told to stop.
    async fn round(
        &mut self,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<Option<Duration>, StoreError> {
        let (app, name) = (self.app, &self.name);
        let owed = app.store.read(|view| view.owed(name, BATCH))?;
        metrics::gauge!("hinan_deliveries_owed", "channel" => name.word()).set(owed.len() as f64);
        self.resting
            .retain(|id, _| owed.iter().any(|delivery| delivery.id == *id));
        let hurried = app.hurried(owed.iter().map(|delivery| delivery.id));
        for delivery in &owed {
            if *stop.borrow() {
                return Ok(None);
            }
            let rests = self
                .resting
                .get(&delivery.id)
                .is_some_and(|rest| rest.until > monotonic());
            // Where one follows the other strictly, hurrying one is hurrying the first.
            let is_hurried = hurried.contains(&delivery.id) || (self.strict && !hurried.is_empty());
            if rests && !is_hurried {
                if self.strict {
                    break;
                }
                continue;
            }
            let others_wait = owed.last().is_some_and(|last| last.id != delivery.id);
            let is_in_the_way = self.strict && others_wait;
            let (attempt, facts) = tokio::select! {
                attempt = attempt(app, &self.channel, delivery, is_in_the_way, &self.pace) => attempt?,
                () = stopped(stop) => return Ok(None),
            };
            if record(app, name, delivery, &attempt)? {
                self.resting.remove(&delivery.id);
                if let (Some(clearing), Some(facts)) = (&mut self.clearing, &facts) {
                    clearing.told(facts);
                }
                continue;
            }
            let failures = self
                .resting
                .get(&delivery.id)
                .map_or(0, |rest| rest.failures)
                + 1;
            let until = monotonic() + self.pace.pause(failures);
            self.resting
                .insert(delivery.id, Resting { failures, until });
            if self.strict {
                break;
            }
        }
        if self.resting.is_empty() && owed.len() == BATCH as usize {
            return Ok(Some(Duration::ZERO));
        }
        let next = self.resting.values().map(|rest| rest.until).min();
        let mut wait = next.map_or(LOOKS_EVERY, |until| {
            until.saturating_duration_since(monotonic())
        });
        if let (Some(clearing), Channel::Mqtt(mqtt)) = (&mut self.clearing, &self.channel) {
            tokio::select! {
                looked = clearing.look(app, mqtt, &self.pace) => looked?,
                () = stopped(stop) => return Ok(None),
            }
            wait = wait.min(clearing.wait(app));
        }
        Ok(Some(wait))
    }
}

/// A delivery that failed and waits for its next attempt.
struct Resting {
    failures: u32,
    until: Instant,
}

/// Until the service is told to stop, and a moment longer: what is in flight is given that moment.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
    tokio::time::sleep(STOPS_WITHIN).await;
}

async fn attempt(
    app: &App,
    channel: &Channel,
    delivery: &StoredDelivery,
    is_in_the_way: bool,
    pace: &Pace,
) -> Result<(Attempt, Option<Facts>), StoreError> {
    let read = app.store.read(|view| {
        let publication = view.publication(&delivery.notice)?;
        Ok((publication, view.at_approval(&delivery.notice)?))
    });
    let (publication, at_approval) = match read {
        Ok((Some(publication), at_approval)) => (publication, at_approval),
        Ok((None, _)) => {
            let why = "記録に発表がありません".to_owned();
            return Ok((Attempt::GiveUp { why }, None));
        }
        Err(StoreError::Sql(error)) => return Err(error.into()),
        // One row that is not believed is not sent, and stops no other.
        Err(why) => {
            tracing::error!(notice = %delivery.notice, %why, "not believed, not sent");
            let why = format!("記録が承認された内容と一致しないため送りません: {why}");
            return Ok((Attempt::GiveUp { why }, None));
        }
    };
    let facts = publication.facts().clone();
    // The record refuses such a text when it is made; whoever has changed the record meets this here.
    if facts.realm != app.config.service.realm {
        let why = format!(
            "この発表は{}のもので、このサービスは{}です。送りません",
            facts.realm, app.config.service.realm
        );
        return Ok((Attempt::GiveUp { why }, None));
    }
    let now = app.clock.now();
    let signed_by = at_approval.signed_by.as_deref();
    if let Err(why) = app.dispatch.leaves_signed(&publication, signed_by) {
        // An order in force that waits for the right key is still an order in force; but it must not stand in the way of the next
        // where one follows the other.
        let waits = facts.expires > now && !is_in_the_way;
        let attempt = if waits {
            Attempt::TryAgain { why }
        } else {
            Attempt::GiveUp { why }
        };
        return Ok((attempt, None));
    }
    if matches!(channel, Channel::Feed) {
        return Ok((channel.send(&publication).await, Some(facts)));
    }
    if facts.expires <= now {
        let why = format!(
            "失効({})後のため送りません",
            crate::clock::spoken(facts.expires)
        );
        return Ok((Attempt::GiveUp { why }, None));
    }
    let word = channel.name().word();
    // Looked at in the very transaction in which the attempt begins: whoever ended the order has ended it before, or ends it after.
    let ended = app.store.write(|tx| {
        if let Some(why) = no_longer_holds(&tx.view(), delivery, &facts)? {
            return Ok(Some(why));
        }
        if delivery
            .lease
            .as_ref()
            .is_some_and(|lease| *lease != app.run)
        {
            // Begun by a run of the service that was cut off: it may have arrived. It goes again under the same identifier.
            tx.audit(
                now,
                "system",
                "delivery_cut_off",
                &delivery.notice,
                &json!({ "channel": word, "attempt": delivery.attempts }),
            )?;
        }
        tx.begin_attempt(delivery.id, &app.run, now)?;
        Ok(None)
    })?;
    if let Some(why) = ended {
        return Ok((Attempt::GiveUp { why }, None));
    }
    let attempt = match tokio::time::timeout(pace.attempt_max, channel.send(&publication)).await {
        Ok(attempt) => attempt,
        Err(_) => Attempt::TryAgain {
            why: format!("{}秒以内に応答がありません", pace.attempt_max.as_secs_f64()),
        },
    };
    Ok((attempt, Some(facts)))
}

/// Why an order must not leave: a later notice has lifted, cancelled or replaced it. That one is owed here, too, and says what holds.
/// Nothing when it may leave, and for what ends an order: whoever has had the order must hear of its end.
fn no_longer_holds(
    view: &View<'_>,
    delivery: &StoredDelivery,
    facts: &Facts,
) -> Result<Option<String>, StoreError> {
    if facts.kind != Kind::Issue || view.is_unended(&delivery.notice)? {
        return Ok(None);
    }
    let by = view.ended_by(&delivery.notice)?.unwrap_or_default();
    let began = delivery.attempts > 0 || delivery.lease.is_some();
    let unsure = if began {
        "。前の試みで届いていないとは言い切れません"
    } else {
        ""
    };
    Ok(Some(format!(
        "{OVERTAKEN} {by} が承認されたため送りません{unsure}"
    )))
}

/// Records an attempt. Says whether the next one in line may go.
fn record(
    app: &App,
    name: &ChannelName,
    delivery: &StoredDelivery,
    attempt: &Attempt,
) -> Result<bool, StoreError> {
    let (now, word) = (app.clock.now(), name.word());
    app.store.write(|tx| {
        tx.record_attempt(delivery.id, attempt, now)?;
        if matches!(attempt, Attempt::Delivered { .. }) {
            overtaken(tx, &word, delivery, now)?;
        }
        let (action, said) = match attempt {
            Attempt::Delivered { receipt } => ("delivered", receipt),
            Attempt::GiveUp { why } => ("delivery_given_up", why),
            Attempt::TryAgain { .. } => return Ok(()),
        };
        let detail = json!({ "channel": word, "receipt": said, "digest": delivery.digest, "attempt": delivery.attempts + 1 });
        tx.audit(now, "system", action, &delivery.notice, &detail)
            .map(drop)
    })?;
    let (outcome, goes_on) = match attempt {
        Attempt::Delivered { receipt } => {
            if *name == ChannelName::Feed {
                app.shelf.changed();
            }
            tracing::info!(notice = %delivery.notice, channel = word, receipt, "notice delivered");
            ("delivered", true)
        }
        Attempt::TryAgain { why } => {
            tracing::warn!(notice = %delivery.notice, channel = word, why, "delivery failed, will try again");
            ("failed", false)
        }
        Attempt::GiveUp { why } => {
            tracing::warn!(notice = %delivery.notice, channel = word, why, "delivery given up");
            ("given_up", true)
        }
    };
    metrics::counter!("hinan_deliveries_total", "channel" => word, "outcome" => outcome)
        .increment(1);
    Ok(goes_on)
}

/// What a delivered notice replaced, and what that had replaced before, must not come after it where it is still owed here: it would
/// say what no longer holds.
fn overtaken(
    tx: &Tx<'_>,
    channel: &str,
    delivery: &StoredDelivery,
    now: Timestamp,
) -> Result<(), StoreError> {
    let view = tx.view();
    let (mut next, mut seen) = (vec![delivery.notice.clone()], BTreeSet::new());
    while let Some(id) = next.pop() {
        if seen.len() >= CHAIN_MAX || !seen.insert(id.clone()) {
            continue;
        }
        let Some(notice) = view.notice(&id)? else {
            continue;
        };
        for replaced in &notice.content().facts().replaces {
            let owed = view.deliveries(replaced.id.as_str())?;
            let here = owed.iter().find(|one| one.channel.word() == channel);
            let over = here.is_none_or(|one| {
                matches!(one.state, DeliveryState::Delivered | DeliveryState::GivenUp)
            });
            if let Some(waiting) = here.filter(|_| !over) {
                let why = format!("{OVERTAKEN} {} が先に届きました", delivery.notice);
                tx.record_attempt(waiting.id, &Attempt::GiveUp { why: why.clone() }, now)?;
                let detail =
                    json!({ "channel": channel, "receipt": why, "digest": waiting.digest });
                tx.audit(now, "system", "delivery_given_up", &waiting.notice, &detail)?;
            }
            // One that arrived has given up what was before it already.
            let arrived = here.is_some_and(|one| one.state == DeliveryState::Delivered);
            if !arrived {
                next.push(replaced.id.to_string());
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_to_their_limit_with_a_jitter_that_the_seed_decides() {
        let pace = |seed| Pace {
            attempt_max: Duration::from_secs(10),
            pause_first: Duration::from_millis(500),
            pause_max: Duration::from_secs(30),
            jitter_seed: seed,
        };
        for failures in 1..40_u32 {
            let full = Duration::from_millis(500_u64 << failures.min(20).saturating_sub(1))
                .min(Duration::from_secs(30));
            let pause = pace(7).pause(failures);
            assert!(
                pause >= full / 2 && pause <= full,
                "{failures}: {pause:?} of {full:?}"
            );
            assert_eq!(
                pause,
                pace(7).pause(failures),
                "the same seed, the same pause"
            );
        }
        assert_ne!(pace(7).pause(3), pace(8).pause(3));
    }
}
