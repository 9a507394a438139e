//! What a broker retains of orders that have expired and that nobody lifted: it is cleared, so that a display which connects six
//! weeks later does not show them.

use std::collections::BTreeSet;
use std::time::Duration;

use hinan_notice::document::json::areas_after;
use hinan_notice::send::mqtt::{Message, cleared};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::channel::mqtt::MqttChannel;
use super::deliver::Pace;
use super::outbox::ChannelName;
use super::publication::Publication;
use crate::app::App;
use crate::approve::facts::{Facts, Kind};
use crate::store::{StoreError, View};

/// The word of the entry that says that it was done.
const CLEARED: &str = "retained_cleared";
/// What expired longer ago was cleared then, or its broker was away for a week.
const LOOKED_AT: SignedDuration = SignedDuration::from_hours((7 * 24) + 72);
const NOTICES_MAX: u32 = 10_000;

/// When to look next, in event time.
pub(super) struct Clearing {
    next: Timestamp,
    failures: u32,
}

impl Clearing {
    /// Looks at once: an order may have expired while no service ran.
    pub(super) fn new() -> Self {
        Self {
            next: Timestamp::MIN,
            failures: 0,
        }
    }

    /// A notice was told to the broker: it expires some day.
    pub(super) fn told(&mut self, facts: &Facts) {
        self.next = self.next.min(facts.expires);
    }

    /// How long until the next look.
    pub(super) fn wait(&self, app: &App) -> Duration {
        let left = self.next.duration_since(app.clock.now()).as_secs_f64() / app.clock.speed();
        Duration::try_from_secs_f64(left.max(0.0)).unwrap_or(Duration::MAX)
    }

    /// Clears what has expired, if it is time to look.
    ///
    /// # Errors
    /// The record's. A broker that is away is no error: it is told again in a while.
    pub(super) async fn look(
        &mut self,
        app: &App,
        channel: &MqttChannel,
        pace: &Pace,
    ) -> Result<(), StoreError> {
        let now = app.clock.now();
        if now < self.next {
            return Ok(());
        }
        let (due, next) = app.store.read(|view| expired(view, now))?;
        // Until all of it is done, there is something to do: whatever breaks this off, it is looked at again soon.
        self.next = now;
        for (id, messages) in due {
            match tokio::time::timeout(pace.attempt_max, channel.say(&messages)).await {
                Ok(Ok(())) => {
                    self.failures = 0;
                    app.store.write(|tx| {
                        let detail = json!({ "topics": messages.len() });
                        tx.audit(app.clock.now(), "system", CLEARED, &id, &detail)
                    })?;
                    tracing::info!(
                        notice = id,
                        "what a broker retained of an expired notice was cleared"
                    );
                }
                failed => {
                    let why = match failed {
                        Ok(Err(why)) => why,
                        _ => "no answer in time".to_owned(),
                    };
                    tracing::warn!(
                        notice = id,
                        why,
                        "an expired notice is still retained; it will be cleared again"
                    );
                    self.failures += 1;
                    let pause = pace.pause(self.failures).as_secs_f64() * app.clock.speed();
                    let pause = SignedDuration::try_from_secs_f64(pause)
                        .unwrap_or(SignedDuration::from_secs(30));
                    self.next = now + pause;
                    return Ok(());
                }
            }
        }
        self.next = next;
        Ok(())
    }
}

/// Messages still to be sent, by the notice that they are about.
type Due = Vec<(String, Vec<Message>)>;

/// Delivered notices that have expired, that no later delivered one has ended and that were not cleared yet; and when the next one
/// expires.
fn expired(view: &View<'_>, now: Timestamp) -> Result<(Due, Timestamp), StoreError> {
    let published = view.published(&ChannelName::Mqtt, now - LOOKED_AT, NOTICES_MAX)?;
    let all: Vec<&Facts> = published.iter().map(Publication::facts).collect();
    let ended: BTreeSet<&str> = all
        .iter()
        .flat_map(|facts| facts.replaces.iter().map(|r| r.id.as_str()))
        .collect();
    let (over, coming): (Vec<&Facts>, Vec<&Facts>) = all
        .into_iter()
        .filter(|facts| !ended.contains(facts.id.as_str()))
        .partition(|facts| facts.expires <= now);
    let next = coming.iter().map(|facts| facts.expires).min();
    let live: Vec<&Facts> = coming
        .into_iter()
        .filter(|facts| facts.kind == Kind::Issue)
        .collect();
    let mut due = Vec::new();
    // Oldest first.
    for facts in over.into_iter().rev() {
        let id = facts.id.to_string();
        if view.audit_of(&id)?.iter().any(|e| e.action == CLEARED) {
            continue;
        }
        due.push((id, cleared(facts, &areas_after(facts, &[], &live))));
    }
    Ok((due, next.unwrap_or(Timestamp::MAX)))
}
