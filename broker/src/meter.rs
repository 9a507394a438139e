//! How much a device sends, and whether that is more than it may.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::time::Instant;

use crate::door::Rate;

/// What a device has done since the broker started, all its connections together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Activity {
    /// Connections open now.
    pub connections: u64,
    /// Publishes received and granted.
    pub messages: u64,
    /// Bytes of their topics and payloads.
    pub bytes: u64,
    /// Publishes refused: not granted, or too long.
    pub refused: u64,
    /// Times that it was made to wait for its rate.
    pub throttled: u64,
    /// Time since it was last heard.
    pub silent_for: Option<Duration>,
}

/// One device's account. Shared by its connections, and kept when they close: connecting again is no new burst.
#[derive(Default)]
pub(crate) struct Meter {
    account: Mutex<Account>,
}

#[derive(Default)]
struct Account {
    activity: Activity,
    heard: Option<Instant>,
    bucket: Option<Bucket>,
}

/// Tokens, which a packet takes and time brings back. It may be overdrawn by one packet, however long.
struct Bucket {
    rate: Rate,
    messages: f64,
    bytes: f64,
    at: Instant,
    /// When it was overdrawn and has not been half full since.
    excess_since: Option<Instant>,
}

/// What a packet costs its sender.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Price {
    /// Not to be read from for so long.
    pub(crate) wait: Option<Duration>,
    /// For how long it has been sending too much.
    pub(crate) excess: Duration,
}

impl Meter {
    /// Sets what the device may send now; what it has overdrawn stays overdrawn.
    pub(crate) fn allow(&self, rate: Option<Rate>, now: Instant) {
        let mut account = self.lock();
        account.bucket = match (account.bucket.take(), rate) {
            (_, None) => None,
            (Some(bucket), Some(rate)) => Some(Bucket {
                messages: bucket.messages.min(f64::from(rate.burst)),
                bytes: bucket.bytes.min(byte_burst(&rate)),
                rate,
                ..bucket
            }),
            (None, Some(rate)) => Some(Bucket {
                messages: f64::from(rate.burst),
                bytes: byte_burst(&rate),
                rate,
                at: now,
                excess_since: None,
            }),
        };
    }

    pub(crate) fn charge(&self, bytes: usize, now: Instant) -> Price {
        let mut account = self.lock();
        account.heard = Some(now);
        let Some(bucket) = &mut account.bucket else {
            return Price::default();
        };
        let price = bucket.charge(bytes, now);
        if price.wait.is_some() {
            account.activity.throttled += 1;
        }
        price
    }

    /// Charges who owes for at most `longest`, and says for how long it owed before; nothing is charged otherwise.
    ///
    /// # Errors
    /// For how long it owes.
    pub(crate) fn charge_within(
        &self,
        bytes: usize,
        now: Instant,
        longest: Duration,
    ) -> Result<Option<Duration>, Duration> {
        let mut account = self.lock();
        let Account {
            activity,
            heard,
            bucket,
        } = &mut *account;
        *heard = Some(now);
        let Some(bucket) = bucket else {
            return Ok(None);
        };
        bucket.fill(now);
        let owed = bucket.owes();
        activity.throttled += u64::from(owed.is_some());
        match owed {
            Some(owed) if owed > longest => Err(owed),
            _ => {
                bucket.charge(bytes, now);
                Ok(owed)
            }
        }
    }

    pub(crate) fn took(&self, bytes: usize) {
        let activity = &mut self.lock().activity;
        activity.messages += 1;
        activity.bytes += bytes as u64;
    }

    pub(crate) fn refused(&self) {
        self.lock().activity.refused += 1;
    }

    pub(crate) fn came(&self, now: Instant) {
        let mut account = self.lock();
        account.activity.connections += 1;
        account.heard = Some(now);
    }

    pub(crate) fn went(&self) {
        let activity = &mut self.lock().activity;
        activity.connections = activity.connections.saturating_sub(1);
    }

    fn activity(&self, now: Instant) -> Activity {
        let account = self.lock();
        Activity {
            silent_for: account
                .heard
                .map(|heard| now.saturating_duration_since(heard)),
            ..account.activity.clone()
        }
    }

    fn lock(&self) -> MutexGuard<'_, Account> {
        self.account
            .lock()
            .expect("nothing panics while it holds this lock")
    }
}

impl Bucket {
    /// Adds what time has brought.
    fn fill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.at = self.at.max(now);
        let burst = f64::from(self.rate.burst);
        let byte_burst = byte_burst(&self.rate);
        self.messages = burst.min(self.messages + passed * self.rate.messages_per_s);
        self.bytes = byte_burst.min(self.bytes + passed * self.rate.bytes_per_s);
        if self.messages * 2.0 >= burst && self.bytes * 2.0 >= byte_burst {
            self.excess_since = None; // it has rested
        }
    }

    /// For how long it is overdrawn.
    fn owes(&self) -> Option<Duration> {
        let owed =
            (-self.messages / self.rate.messages_per_s).max(-self.bytes / self.rate.bytes_per_s);
        if owed > 0.0 {
            Duration::try_from_secs_f64(owed).ok()
        } else {
            None
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a packet has fewer bytes than a float counts exactly"
    )]
    fn charge(&mut self, bytes: usize, now: Instant) -> Price {
        self.fill(now);
        self.messages -= 1.0;
        self.bytes -= bytes as f64;
        let wait = self.owes();
        if wait.is_some() {
            self.excess_since.get_or_insert(now);
        }
        let excess = self
            .excess_since
            .map(|since| now.saturating_duration_since(since))
            .unwrap_or_default();
        Price { wait, excess }
    }
}

fn byte_burst(rate: &Rate) -> f64 {
    rate.bytes_per_s * (f64::from(rate.burst) / rate.messages_per_s)
}

/// The accounts of all devices that the doorkeeper has named.
#[derive(Default)]
pub(crate) struct Meters {
    by_device: Mutex<BTreeMap<String, Arc<Meter>>>,
}

impl Meters {
    /// The account of `device`; one of its own for somebody who is no device.
    pub(crate) fn of(&self, device: Option<&str>) -> Arc<Meter> {
        match device {
            None => Arc::default(),
            Some(device) => Arc::clone(self.lock().entry(device.to_owned()).or_default()),
        }
    }

    pub(crate) fn all(&self, now: Instant) -> BTreeMap<String, Activity> {
        self.lock()
            .iter()
            .map(|(device, meter)| (device.clone(), meter.activity(now)))
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Meter>>> {
        self.by_device
            .lock()
            .expect("nothing panics while it holds this lock")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    const RATE: Rate = Rate {
        messages_per_s: 2.0,
        burst: 4,
        bytes_per_s: 100.0,
    };

    fn meter(begin: Instant) -> Meter {
        let meter = Meter::default();
        meter.allow(Some(RATE), begin);
        meter
    }

    fn seconds(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    #[test]
    fn a_burst_is_free_and_what_is_beyond_it_waits_for_its_rate() {
        let begin = clock::now();
        let meter = meter(begin);
        for _ in 0..4 {
            assert_eq!(meter.charge(1, begin), Price::default());
        }
        assert_eq!(meter.charge(1, begin).wait, Some(seconds(0.5)));
        assert_eq!(meter.charge(1, begin).wait, Some(seconds(1.0)));
        assert_eq!(meter.charge(1, begin + seconds(10.0)).wait, None);
    }

    #[test]
    fn long_payloads_wait_for_the_bytes() {
        let begin = clock::now();
        let meter = meter(begin);
        assert_eq!(meter.charge(500, begin).wait, Some(seconds(3.0)));
    }

    #[test]
    fn a_new_connection_is_no_new_burst() {
        let begin = clock::now();
        let meter = meter(begin);
        for _ in 0..5 {
            meter.charge(1, begin);
        }
        meter.allow(Some(RATE), begin);
        assert_eq!(meter.charge(1, begin).wait, Some(seconds(1.0)));
    }

    #[test]
    fn who_would_wait_too_long_is_not_charged() {
        let begin = clock::now();
        let meter = meter(begin);
        let longest = seconds(1.0);
        let charged = |at| meter.charge_within(1, at, longest);
        for _ in 0..5 {
            assert_eq!(charged(begin), Ok(None), "overdrawn by one at most");
        }
        assert_eq!(charged(begin), Ok(Some(seconds(0.5))));
        assert_eq!(charged(begin), Ok(Some(seconds(1.0))));
        for _ in 0..100 {
            assert_eq!(charged(begin), Err(seconds(1.5)));
        }
        assert_eq!(charged(begin + seconds(0.5)), Ok(Some(seconds(1.0))));
        assert_eq!(
            meter.charge(1, begin + seconds(0.5)).wait,
            Some(seconds(2.0))
        );
        assert_eq!(meter.activity(begin).throttled, 104);
    }

    #[test]
    fn who_has_rested_is_let_in_whatever_it_brings() {
        let begin = clock::now();
        let meter = meter(begin);
        assert_eq!(meter.charge_within(10_000, begin, seconds(1.0)), Ok(None));
        let owed = meter.charge_within(1, begin, seconds(1.0));
        assert_eq!(owed, Err(seconds(98.0)));
    }

    #[test]
    fn excess_lasts_until_the_device_has_rested() {
        let begin = clock::now();
        let meter = meter(begin);
        for _ in 0..5 {
            meter.charge(1, begin);
        }
        let mut at = begin;
        for _ in 0..20 {
            at += seconds(0.5);
            meter.charge(1, at);
        }
        assert_eq!(meter.charge(1, at).excess, seconds(10.0));
        // Three seconds fill six tokens: more than half.
        assert_eq!(meter.charge(1, at + seconds(3.0)), Price::default());
    }
}
