//! The two clocks of the service.
//!
//! Event time decides: everything that is recorded, compared or published carries a time of [`EventClock`].
//! In live service this is the wall clock; in a replay it runs on the recorded event's own time, faster.
//! Timeouts that protect people and machines (sessions, back-off) run on real time, never on event time.

use std::sync::RwLock;
use std::time::{Duration, Instant};

pub use hinan_notice::when::{japan, spoken, spoken_en};
use jiff::Timestamp;

/// The clock of the event: where "now" comes from.
pub struct EventClock(RwLock<Pace>);

#[derive(Clone, Copy)]
enum Pace {
    /// The event is the present.
    Present,
    /// The event is recorded; its time runs `speed` times as fast as ours, from `event` on.
    Recorded {
        event: Timestamp,
        since: Instant,
        speed: f64,
    },
}

impl EventClock {
    /// The present, as the machine tells it.
    #[must_use]
    pub fn present() -> Self {
        Self(RwLock::new(Pace::Present))
    }

    /// A recorded event that starts at `event` and runs `speed` times as fast as real time.
    #[must_use]
    pub fn recorded(event: Timestamp, speed: f64) -> Self {
        Self(RwLock::new(Pace::Recorded {
            event,
            since: monotonic(),
            speed,
        }))
    }

    /// What time it is in the event, in whole milliseconds: what the record keeps is what was decided with.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let now = match *self
            .0
            .read()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
        {
            Pace::Present => wall(),
            Pace::Recorded {
                event,
                since,
                speed,
            } => {
                let passed = monotonic().duration_since(since).as_secs_f64() * speed;
                event
                    .checked_add(Duration::try_from_secs_f64(passed).unwrap_or(Duration::ZERO))
                    .unwrap_or(event)
            }
        };
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }

    /// How many seconds of the event pass in one real second.
    #[must_use]
    pub fn speed(&self) -> f64 {
        match *self
            .0
            .read()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
        {
            Pace::Present => 1.0,
            Pace::Recorded { speed, .. } => speed,
        }
    }

    /// Sets a recorded clock to `event` and to a new speed. The present cannot be set: this does nothing to it.
    pub fn set(&self, event: Timestamp, speed: f64) {
        let mut pace = self
            .0
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if matches!(*pace, Pace::Recorded { .. }) {
            *pace = Pace::Recorded {
                event,
                since: monotonic(),
                speed,
            };
        }
    }

    /// How long to wait, in real time, until the event has reached `at`; zero when it has.
    #[must_use]
    pub fn until(&self, at: Timestamp) -> Duration {
        let left = at.duration_since(self.now()).as_secs_f64() / self.speed();
        Duration::try_from_secs_f64(left.max(0.0)).unwrap_or(Duration::ZERO)
    }
}

/// Real time, for sessions and log lines only.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where the wall clock is read"
)]
pub fn wall() -> Timestamp {
    Timestamp::now()
}

/// Real time that never jumps, for pacing and timeouts.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where the monotonic clock is read"
)]
pub fn monotonic() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recorded_event_starts_at_its_own_time_and_the_present_cannot_be_moved() {
        let at: Timestamp = "2016-08-30T12:00:00Z".parse().expect("a time");
        let clock = EventClock::recorded(at, 60.0);
        assert!(clock.now() >= at && clock.now() < at + jiff::SignedDuration::from_secs(600));
        let present = EventClock::present();
        present.set(at, 60.0);
        assert!(present.now() > at + jiff::SignedDuration::from_hours(24));
    }
}
