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
        /// From this moment of the event on it runs at this speed.
        then: Option<(Timestamp, f64)>,
    },
}

impl Pace {
    /// What time it is in the event, and how fast that passes.
    fn read(self) -> (Timestamp, f64) {
        let Self::Recorded {
            event,
            since,
            speed,
            then,
        } = self
        else {
            return (wall(), 1.0);
        };
        let passed_s = monotonic().duration_since(since).as_secs_f64();
        match then {
            Some((from, slower)) if passed_s >= seconds(event, from) / speed => {
                let since_s = passed_s - seconds(event, from) / speed;
                (later(from, since_s * slower), slower)
            }
            _ => (later(event, passed_s * speed), speed),
        }
    }
}

fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64()
}

fn later(at: Timestamp, by_s: f64) -> Timestamp {
    at.checked_add(Duration::try_from_secs_f64(by_s).unwrap_or(Duration::ZERO))
        .unwrap_or(at)
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
            then: None,
        }))
    }

    /// What time it is in the event, in whole milliseconds: what the record keeps is what was decided with.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let (now, _) = self.pace().read();
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }

    /// How many seconds of the event pass in one real second.
    #[must_use]
    pub fn speed(&self) -> f64 {
        self.pace().read().1
    }

    /// Sets a recorded clock to `event` and to a new speed. The present cannot be set: this does nothing to it.
    pub fn set(&self, event: Timestamp, speed: f64) {
        self.put(event, speed, None);
    }

    /// The same, with a change of speed that is due at `then`. It happens by itself: whoever had to be awake to do it would be late on a
    /// busy machine, and each second of the fast hours is hours of the event.
    pub fn set_until(&self, event: Timestamp, speed: f64, then: (Timestamp, f64)) {
        self.put(event, speed, Some(then));
    }

    fn put(&self, event: Timestamp, speed: f64, then: Option<(Timestamp, f64)>) {
        let mut pace = self
            .0
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if matches!(*pace, Pace::Recorded { .. }) {
            *pace = Pace::Recorded {
                event,
                since: monotonic(),
                speed,
                then,
            };
        }
    }

    fn pace(&self) -> Pace {
        *self
            .0
            .read()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// How long to wait, in real time, until the event has reached `at`; zero when it has.
    #[must_use]
    pub fn until(&self, at: Timestamp) -> Duration {
        let pace = self.pace();
        let (now, speed) = pace.read();
        let left_s = match pace {
            Pace::Recorded {
                then: Some((from, slower)),
                ..
            } if now < from && from < at => seconds(now, from) / speed + seconds(from, at) / slower,
            _ => seconds(now, at) / speed,
        };
        Duration::try_from_secs_f64(left_s.max(0.0)).unwrap_or(Duration::ZERO)
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

    #[test]
    fn the_fast_hours_end_by_themselves_and_waiting_knows_of_it() {
        let begin: Timestamp = "2016-08-30T01:15:00Z".parse().expect("a time");
        let hours = |n| begin + jiff::SignedDuration::from_hours(n);
        let clock = EventClock::recorded(begin, 1.0);
        clock.set_until(begin, 7200.0, (begin, 20.0));
        assert!((clock.speed() - 20.0).abs() < f64::EPSILON);
        clock.set_until(begin, 7200.0, (hours(100), 20.0));
        assert!((clock.speed() - 7200.0).abs() < f64::EPSILON);
        // Fifty seconds for a hundred hours, and three minutes for the one after them.
        let wait = clock.until(hours(101)).as_secs_f64();
        assert!((220.0..=230.0).contains(&wait), "{wait}");
        clock.set(begin, 20.0);
        assert!((clock.speed() - 20.0).abs() < f64::EPSILON);
    }
}
