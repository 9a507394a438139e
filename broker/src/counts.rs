//! What the broker has done, in numbers.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use crate::clock;

/// Numbers since the start, but for the first five, which say how it is now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Connections open now, those still at the door included.
    pub connections: u64,
    /// Sessions now, connected and away.
    pub sessions: u64,
    /// Topic filters subscribed now.
    pub subscriptions: u64,
    /// Retained messages now.
    pub retained: u64,
    /// Sink publishes that wait for their commit now.
    pub uncommitted_now: u64,

    /// Clients that were let in.
    pub admitted: u64,
    /// Clients that the doorkeeper, an identifier that is not theirs, or a will that they may not leave kept out.
    pub denied: u64,
    /// Sockets closed because `connections_max` was reached, clients refused for `session_max`, and devices that owe
    /// too much to leave a will.
    pub refused_for_limit: u64,
    /// Connections taken over by a newer one with the same client identifier.
    pub taken_over: u64,
    /// Connections closed for silence longer than one and a half times their keep-alive.
    pub silent: u64,
    /// Connections closed because they took nothing of what we had to send.
    pub stalled: u64,
    /// Connections closed for a packet that is not MQTT.
    pub malformed: u64,
    /// Connections closed for a packet longer than `packet_max_bytes` (or a topic than `topic_max_bytes`).
    pub oversized: u64,

    /// Publishes received and granted, wills included, repetitions included.
    pub messages_in: u64,
    /// Publishes put on the way to subscribers, redeliveries included.
    pub messages_out: u64,
    /// Publishes that were not granted; each was answered 0x87 or closed its connection.
    pub publishes_refused: u64,
    /// Filters that were not granted or exceeded a limit; each was answered with a refusal.
    pub subscriptions_refused: u64,

    /// Publishes handed to the sink.
    pub sink_handed: u64,
    /// Of these, committed.
    pub sink_committed: u64,
    /// Of these, given back without commit: not acknowledged.
    pub sink_uncommitted: u64,

    /// QoS 1 messages refused because the queue of a connected subscriber was full.
    pub dropped_queue_full: u64,
    /// QoS 1 messages refused because the queue of a subscriber who is away was full.
    pub dropped_queue_full_away: u64,
    /// QoS 0 messages refused because the queue of a connected subscriber was full.
    pub dropped_queue_full_qos0: u64,
    /// QoS 0 messages still waiting when their subscriber's connection ended.
    pub dropped_qos0_at_close: u64,
    /// Messages held for sessions that ended: forgotten, replaced by a clean one, or no longer granted.
    pub dropped_with_session: u64,
    /// Messages delivered but not retained, because the retained store was full.
    pub dropped_retained_full: u64,
    /// Messages that expired before they could be sent.
    pub dropped_expired: u64,
    /// Messages longer than their subscriber takes (its maximum packet size).
    pub dropped_too_large: u64,
    /// Times that we stopped reading from a device because it had sent more than its rate.
    pub throttled: u64,
    /// Connections closed because their device sent more than its rate for too long.
    pub excess: u64,
    /// Publishes longer than their device may send; answered 0x97 or closed.
    pub payloads_refused: u64,
    /// Connections closed because their device was put out of use.
    pub expelled: u64,
    /// TLS handshakes that failed: no common version, or a certificate that is not accepted.
    pub tls_failed: u64,
    /// Wills that the sink did not take in time.
    pub dropped_wills: u64,
}

/// One number that any task may add to.
#[derive(Debug, Default)]
pub(crate) struct Tick(AtomicU64);

impl Tick {
    pub(crate) fn add(&self, many: usize) {
        self.0.fetch_add(many as u64, Ordering::Relaxed);
    }

    pub(crate) fn one(&self) {
        self.add(1);
    }

    pub(crate) fn less_one(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The numbers of [`Counts`] while they grow.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) connections: Tick,
    pub(crate) uncommitted_now: Tick,
    pub(crate) admitted: Tick,
    pub(crate) denied: Tick,
    pub(crate) refused_for_limit: Tick,
    pub(crate) taken_over: Tick,
    pub(crate) silent: Tick,
    pub(crate) stalled: Tick,
    pub(crate) malformed: Tick,
    pub(crate) oversized: Tick,
    pub(crate) messages_in: Tick,
    pub(crate) messages_out: Tick,
    pub(crate) publishes_refused: Tick,
    pub(crate) subscriptions_refused: Tick,
    pub(crate) sink_handed: Tick,
    pub(crate) sink_committed: Tick,
    pub(crate) sink_uncommitted: Tick,
    pub(crate) dropped_queue_full: Tick,
    pub(crate) dropped_queue_full_away: Tick,
    pub(crate) dropped_queue_full_qos0: Tick,
    pub(crate) dropped_qos0_at_close: Tick,
    pub(crate) dropped_with_session: Tick,
    pub(crate) dropped_retained_full: Tick,
    pub(crate) dropped_expired: Tick,
    pub(crate) dropped_too_large: Tick,
    pub(crate) throttled: Tick,
    pub(crate) excess: Tick,
    pub(crate) payloads_refused: Tick,
    pub(crate) expelled: Tick,
    pub(crate) tls_failed: Tick,
    pub(crate) dropped_wills: Tick,
}

impl Tally {
    /// The numbers now; those that the router knows (sessions, subscriptions, retained) are left at zero.
    pub(crate) fn counts(&self) -> Counts {
        Counts {
            connections: self.connections.get(),
            sessions: 0,
            subscriptions: 0,
            retained: 0,
            uncommitted_now: self.uncommitted_now.get(),
            admitted: self.admitted.get(),
            denied: self.denied.get(),
            refused_for_limit: self.refused_for_limit.get(),
            taken_over: self.taken_over.get(),
            silent: self.silent.get(),
            stalled: self.stalled.get(),
            malformed: self.malformed.get(),
            oversized: self.oversized.get(),
            messages_in: self.messages_in.get(),
            messages_out: self.messages_out.get(),
            publishes_refused: self.publishes_refused.get(),
            subscriptions_refused: self.subscriptions_refused.get(),
            sink_handed: self.sink_handed.get(),
            sink_committed: self.sink_committed.get(),
            sink_uncommitted: self.sink_uncommitted.get(),
            dropped_queue_full: self.dropped_queue_full.get(),
            dropped_queue_full_away: self.dropped_queue_full_away.get(),
            dropped_queue_full_qos0: self.dropped_queue_full_qos0.get(),
            dropped_qos0_at_close: self.dropped_qos0_at_close.get(),
            dropped_with_session: self.dropped_with_session.get(),
            dropped_retained_full: self.dropped_retained_full.get(),
            dropped_expired: self.dropped_expired.get(),
            dropped_too_large: self.dropped_too_large.get(),
            throttled: self.throttled.get(),
            excess: self.excess.get(),
            payloads_refused: self.payloads_refused.get(),
            expelled: self.expelled.get(),
            tls_failed: self.tls_failed.get(),
            dropped_wills: self.dropped_wills.get(),
        }
    }
}

/// Lets so many log lines through a minute, so that a flood of messages is not also a flood of lines.
#[derive(Debug)]
pub(crate) struct PerMinute {
    most: u32,
    /// When the minute began, and the lines in it.
    minute: Mutex<Option<(Instant, u32)>>,
}

impl PerMinute {
    pub(crate) fn lines(most: u32) -> Self {
        Self {
            most,
            minute: Mutex::default(),
        }
    }

    /// Whether a line may be written now.
    pub(crate) fn now(&self) -> bool {
        self.at(clock::now())
    }

    fn at(&self, now: Instant) -> bool {
        let mut minute = self
            .minute
            .lock()
            .expect("nothing panics while it holds this lock");
        let (began, lines) = match *minute {
            Some((began, lines)) if now.duration_since(began) < Duration::from_secs(60) => {
                (began, lines)
            }
            _ => (now, 0),
        };
        *minute = Some((began, lines.saturating_add(1)));
        lines < self.most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_has_its_lines_and_the_next_one_too() {
        let lines = PerMinute::lines(2);
        let begin = clock::now();
        let at = |seconds| lines.at(begin + Duration::from_secs(seconds));
        assert_eq!(
            [at(0), at(1), at(2), at(59), at(60), at(61), at(62)],
            [true, true, false, false, true, true, false]
        );
    }
}
