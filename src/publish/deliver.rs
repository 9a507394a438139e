//! The delivering loops: one per channel, so that a hanging channel never stops another.
//!
//! A loop takes no hint about what changed. It reads what is owed, sends, records. Sending twice is harmless:
//! the bytes and their identifier stay the same.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::watch;

use super::channel::mqtt::MqttChannel;
use super::outbox::{Attempt, ChannelName};
use crate::app::App;
use crate::approve::notice::{Approved, Notice};
use crate::store::{StoreError, outbox::StoredDelivery};

const BATCH: u32 = 50;
const PAUSE: Duration = Duration::from_millis(500);
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// A channel that is ready to take notices.
pub enum Channel {
    /// Our own public page, feed and CAP documents: they show what is marked delivered here.
    Feed,
    /// Retained MQTT messages.
    Mqtt(MqttChannel),
}

impl Channel {
    fn name(&self) -> ChannelName {
        match self {
            Self::Feed => ChannelName::Feed,
            Self::Mqtt(_) => ChannelName::Mqtt,
        }
    }

    async fn send(&self, notice: &Notice<Approved>) -> Attempt {
        match self {
            Self::Feed => Attempt::Delivered {
                receipt: "公開ページに掲載".to_owned(),
            },
            Self::Mqtt(channel) => channel.send(notice).await,
        }
    }
}

/// Delivers until told to stop; then finishes what it holds.
///
/// # Errors
/// When the record cannot be read or written: publishing blindly is worse than stopping.
pub async fn run(
    app: Arc<App>,
    channel: Channel,
    mut stop: watch::Receiver<bool>,
) -> Result<(), StoreError> {
    let name = channel.name();
    let mut pause = PAUSE;
    loop {
        // Registered before reading, so that a promise made in between is not slept through.
        let ring = app.owed.notified();
        tokio::pin!(ring);
        ring.as_mut().enable();
        let owed = app.store.read(|view| view.owed(name, BATCH))?;
        let mut failed = false;
        for delivery in &owed {
            // In order: a notice must not overtake the one it replaces.
            failed = !deliver(&app, &channel, delivery).await?;
            if failed {
                break;
            }
            if *stop.borrow() {
                return Ok(());
            }
        }
        pause = if failed {
            (pause * 2).min(PAUSE_MAX)
        } else {
            PAUSE
        };
        let more = owed.len() == BATCH as usize && !failed;
        if more {
            continue;
        }
        tokio::select! {
            () = &mut ring, if !failed => {}
            () = tokio::time::sleep(if failed { pause } else { PAUSE_MAX }) => {}
            _ = stop.changed() => return Ok(()),
        }
    }
}

async fn deliver(
    app: &App,
    channel: &Channel,
    delivery: &StoredDelivery,
) -> Result<bool, StoreError> {
    let notice = app
        .store
        .read(|view| view.notice(&delivery.notice))?
        .ok_or_else(|| StoreError::Damaged {
            what: delivery.notice.clone(),
            why: "owed, but not there".to_owned(),
        })?;
    let attempt = channel.send(&notice).await;
    let now = app.clock.now();
    let name = channel.name();
    app.store.write(|tx| {
        tx.record_attempt(delivery.id, &attempt, now)?;
        if let Attempt::Delivered { receipt } = &attempt {
            let detail = json!({ "channel": name.word(), "receipt": receipt, "digest": notice.state().digest(),
                                 "attempt": delivery.attempts + 1 });
            tx.audit(now, "system", "delivered", &delivery.notice, &detail)?;
        }
        Ok(())
    })?;
    match attempt {
        Attempt::Delivered { receipt } => {
            metrics::counter!("hinan_deliveries_total", "channel" => name.word(), "outcome" => "delivered")
                .increment(1);
            tracing::info!(notice = %delivery.notice, channel = name.word(), receipt, "notice delivered");
            Ok(true)
        }
        Attempt::TryAgain { why } => {
            metrics::counter!("hinan_deliveries_total", "channel" => name.word(), "outcome" => "failed").increment(1);
            tracing::warn!(notice = %delivery.notice, channel = name.word(), why, "delivery failed, will try again");
            Ok(false)
        }
    }
}
