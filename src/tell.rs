//! Tells listeners what was decided, published, delivered and noted.
//!
//! It reads the record as it grows, so that nothing is told before it is committed, whoever committed it: an officer at a page, a
//! program, the service itself or the command line.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::watch;

use crate::app::{App, Pulse};
use crate::clock::monotonic;
use crate::events::Event;
use crate::freshness;
use crate::outlook::Voice;
use crate::recommend::level::OrderLevel;
use crate::store::StoreError;
use crate::store::audit::Entry;
use crate::store::outbox::DeliveryState;

/// How often the record is looked at.
const LOOKS_EVERY: Duration = Duration::from_millis(100);
/// How often deliveries, feeds and counts are looked at.
const COUNTS_EVERY: Duration = Duration::from_secs(1);
/// Entries told of at a time.
const TOLD_MAX: u32 = 500;
/// Deliveries of one channel that are watched; what is behind them is told of when it comes up.
const WATCHED_MAX: u32 = 200;

/// Who tells, and what is known already.
pub(crate) struct Teller {
    app: Arc<App>,
    seq: i64,
    as_of: Timestamp,
    /// Attempts of deliveries that are owed.
    attempts: BTreeMap<i64, u32>,
    late: BTreeMap<&'static str, bool>,
}

impl Teller {
    /// Knows the record and the picture as they are now, and will tell of all that comes after. Made before anybody can listen and
    /// anything can come, so that nothing comes between.
    ///
    /// # Errors
    /// The record's.
    pub(crate) fn of(app: &Arc<App>) -> Result<Self, StoreError> {
        Ok(Self {
            seq: app.store.read(|view| view.audit_len())?,
            as_of: app.picture().advice.outlook.as_of,
            app: Arc::clone(app),
            attempts: BTreeMap::new(),
            late: BTreeMap::new(),
        })
    }

    /// Tells until told to stop. What cannot be read now is told a moment later: telling stops nothing.
    ///
    /// # Errors
    /// None; the signature is that of the service's other tasks.
    pub(crate) async fn tell(mut self, mut stop: watch::Receiver<bool>) -> anyhow::Result<()> {
        let mut counted = monotonic();
        self.try_counts();
        while !*stop.borrow() {
            self.try_entries();
            self.picture();
            if monotonic().duration_since(counted) >= COUNTS_EVERY {
                counted = monotonic();
                self.try_counts();
            }
            tokio::select! {
                () = tokio::time::sleep(LOOKS_EVERY) => {}
                told = stop.changed() => if told.is_err() { break },
            }
        }
        Ok(())
    }

    fn try_entries(&mut self) {
        if let Err(error) = tokio::task::block_in_place(|| self.entries()) {
            tracing::error!(%error, "what was decided could not be told to listeners yet");
        }
    }

    fn try_counts(&mut self) {
        if let Err(error) = tokio::task::block_in_place(|| self.counts()) {
            // An old number beside a new time would be believed.
            self.app.set_pulse(None);
            tracing::error!(%error, "what is owed could not be counted for listeners yet");
        }
    }

    /// New entries of the record.
    fn entries(&mut self) -> Result<(), StoreError> {
        loop {
            let after = self.seq;
            let entries = self
                .app
                .store
                .read(|view| view.audit_after(after, TOLD_MAX))?;
            let Some(last) = entries.last() else {
                return Ok(());
            };
            self.seq = last.seq;
            self.app.events.note(entries.iter().flat_map(events));
        }
    }

    /// A new picture.
    fn picture(&mut self) {
        let as_of = self.app.picture().advice.outlook.as_of;
        if as_of != self.as_of {
            self.as_of = as_of;
            let at = self.app.clock.now();
            self.app.events.note([Event::Picture { as_of, at }]);
        }
    }

    /// Deliveries that failed and are tried again, feeds that fell late, and what the status bar counts.
    fn counts(&mut self) -> Result<(), StoreError> {
        let app = Arc::clone(&self.app);
        let mut owed = Vec::new();
        for channel in app.dispatch.channels() {
            owed.extend(app.store.read(|view| view.owed(channel, WATCHED_MAX))?);
        }
        let mut events = Vec::new();
        let mut attempts = BTreeMap::new();
        for delivery in owed {
            let before = self.attempts.get(&delivery.id).copied().unwrap_or(0);
            attempts.insert(delivery.id, delivery.attempts);
            if delivery.state == DeliveryState::Retrying && delivery.attempts > before {
                events.push(Event::Delivery {
                    notice: delivery.notice,
                    channel: delivery.channel.word(),
                    what: "retrying",
                    note: delivery.note,
                    at: delivery.changed_at,
                });
            }
        }
        self.attempts = attempts;
        let at = app.clock.now();
        for feed in freshness::feeds(&app) {
            let late = feed.is_late();
            let before = self.late.insert(feed.id, late).unwrap_or(false);
            if before != late {
                let id = feed.id.to_owned();
                events.push(Event::Feed { id, late, at });
            }
        }
        app.events.note(events);
        let (undecided, waiting_for_second) = app
            .store
            .read(|view| Ok((view.open_items()?.len(), view.waiting_for_second()?.len())))?;
        let gauges = &app.picture().advice.outlook.gauges;
        app.set_pulse(Some(Pulse {
            undecided,
            waiting_for_second,
            working: gauges.values().filter(|g| g.voice == Voice::Live).count(),
            gauges: gauges.len(),
        }));
        Ok(())
    }
}

/// What listeners are told of an entry; nothing of most. That it happened is told also where its particulars cannot be read.
fn events(entry: &Entry) -> Vec<Event> {
    let detail = match entry.particulars() {
        Ok(detail) => detail.all,
        Err(error) => {
            tracing::error!(%error, action = entry.action, "listeners are told without what the entry says");
            Value::Null
        }
    };
    let (by, at, subject) = (entry.actor.clone(), entry.at, entry.subject.clone());
    let text = |key: &str| detail[key].as_str().map(str::to_owned);
    let recommendation = |what| Event::Recommendation {
        id: subject.clone(),
        what,
        by: by.clone(),
        at,
        level: (what == "proposed")
            .then(|| serde_json::from_value::<OrderLevel>(detail["level"].clone()).ok())
            .flatten()
            .map(OrderLevel::number),
        river: text("river").filter(|_| what == "proposed"),
    };
    let decision = |what| Event::Decision {
        text: subject.clone(),
        what,
        by: by.clone(),
        at,
        recommendation: text("proposal"),
    };
    let delivery = |what| Event::Delivery {
        notice: subject.clone(),
        channel: text("channel").unwrap_or_default(),
        what,
        note: text("receipt").unwrap_or_default(),
        at,
    };
    let note = |what| Event::Note {
        seq: entry.seq,
        what,
        by: by.clone(),
        at,
    };
    let device = |what| Event::Device {
        name: subject.clone(),
        what,
        by: by.clone(),
        at,
    };
    let one = match entry.action.as_str() {
        "proposed" | "judgement_stated" => recommendation("proposed"),
        "superseded" => recommendation("superseded"),
        "expired" => recommendation("expired"),
        "seen" => recommendation("seen"),
        "passed_on" if detail["waits_for"] == "second" => decision("passed_on"),
        "passed_on" => recommendation("passed_on"),
        "deferred" => recommendation("deferred"),
        "declined" | "judgement_withdrawn" => recommendation("declined"),
        "first_approved" => decision("first_approved"),
        "first_withdrawn" => decision("first_withdrawn"),
        "second_agrees" => decision("second_agrees"),
        "second_differs" => decision("second_differs"),
        "approve_refused" => decision("refused"),
        "approved" => {
            let what = if detail["flagged"] == true {
                "published_alone"
            } else {
                "published"
            };
            let mut all = vec![
                decision(what),
                Event::Notice {
                    id: subject.clone(),
                    what: "published",
                    by: by.clone(),
                    at,
                },
            ];
            all.extend(text("proposal").map(|id| Event::Recommendation {
                id,
                what: "decided",
                by: by.clone(),
                at,
                level: None,
                river: None,
            }));
            return all;
        }
        "reviewed" => Event::Notice {
            id: subject.clone(),
            what: "reviewed",
            by: by.clone(),
            at,
        },
        "delivered" => delivery("delivered"),
        "delivery_given_up" => delivery("given_up"),
        "delivery_cut_off" => delivery("cut_off"),
        "delivery_retry_asked" | "delivery_ordered_again" => delivery("retry_asked"),
        "note" => note("note"),
        "handover_signed" => note("handover"),
        "alarm_muted" => note("alarm_muted"),
        "alarm_acknowledged" => note("alarm_acknowledged"),
        "device_enrolled" => device("enrolled"),
        "device_out_of_use" => device("out_of_use"),
        "device_in_use" => device("in_use"),
        "device_revoked" => device("revoked"),
        _ => return Vec::new(),
    };
    vec![one]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;

    fn entry(action: &str, detail: &str) -> Entry {
        Entry {
            seq: 7,
            at: Timestamp::UNIX_EPOCH,
            actor: "sato".to_owned(),
            action: action.to_owned(),
            subject: "jp-012076-1".to_owned(),
            detail: detail.to_owned(),
            previous: Digest::of(b""),
            hash: Digest::of(b""),
        }
    }

    #[test]
    fn a_first_approval_is_told_without_a_word_of_what_was_chosen() {
        let told = events(&entry(
            "first_approved",
            r#"{"digest":"d","proposal":"r-1","reason_code":"danger_reached","level":"evacuation_order"}"#,
        ));
        let [event] = told.as_slice() else {
            panic!("{told:?}")
        };
        let json = serde_json::to_string(event).expect("an event is JSON");
        assert!(
            json.contains("r-1") && json.contains("first_approved"),
            "{json}"
        );
        for secret in ["danger_reached", "evacuation_order", "level", "reason"] {
            assert!(!json.contains(secret), "{secret}: {json}");
        }
    }

    #[test]
    fn a_publication_is_told_as_a_decision_a_notice_and_a_decided_recommendation() {
        let told = events(&entry("approved", r#"{"flagged":true,"proposal":"r-1"}"#));
        let kinds: Vec<&str> = told.iter().map(Event::kind).collect();
        assert_eq!(kinds, ["decision", "notice", "recommendation"]);
        assert!(matches!(
            told[0],
            Event::Decision {
                what: "published_alone",
                ..
            }
        ));
        assert_eq!(events(&entry("sealed", "{}")), []);
    }
}
