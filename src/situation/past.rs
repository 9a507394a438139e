//! The recent readings of one station, packed: a nation's four days must fit in memory twice, once in the picture that
//! officers see and once where new readings arrive.

use std::collections::VecDeque;
use std::ops::Bound;

use hinan_sensors::quality::{Doubts, Flag};
use jiff::Timestamp;

use super::Observed;

/// Room is made for this many more readings at a time. Doubling would waste up to half of a nation's memory.
const ROOM: usize = 32;

/// Readings, oldest first, no two of one time. A flat queue and not a tree: it is copied whole when a picture holds it.
#[derive(Clone, Default)]
pub(super) struct Past(VecDeque<Packed>);

/// An [`Observed`] in 24 bytes instead of 32.
#[derive(Clone, Copy)]
struct Packed {
    /// Nanoseconds since 1970: the years 1678 to 2261.
    at_ns: i64,
    level_m: f64,
    flag: Flag,
    doubts: Doubts,
}

impl Packed {
    fn of(observed: &Observed) -> Self {
        Self {
            at_ns: ns(observed.at),
            level_m: observed.level_m,
            flag: observed.flag,
            doubts: observed.doubts,
        }
    }

    fn observed(&self) -> Observed {
        Observed {
            at: Timestamp::from_nanosecond(self.at_ns.into()).unwrap_or(Timestamp::UNIX_EPOCH),
            level_m: self.level_m,
            flag: self.flag,
            doubts: self.doubts,
        }
    }
}

/// Ends of the calendar, as in "whenever", are held at the ends of what is counted.
fn ns(at: Timestamp) -> i64 {
    let ns = at.as_nanosecond();
    i64::try_from(ns).unwrap_or(if ns < 0 { i64::MIN } else { i64::MAX })
}

impl Past {
    /// Where a reading of this time stands, or would stand.
    pub(super) fn place(&self, at: Timestamp) -> Result<usize, usize> {
        let at_ns = ns(at);
        // Nearly every reading is the newest.
        match self.0.back() {
            Some(newest) if newest.at_ns < at_ns => Err(self.0.len()),
            _ => self.0.binary_search_by_key(&at_ns, |packed| packed.at_ns),
        }
    }

    /// Puts a reading where [`Past::place`] said.
    pub(super) fn insert(&mut self, place: usize, observed: &Observed) {
        if self.0.len() == self.0.capacity() {
            self.0.reserve_exact(ROOM);
        }
        self.0.insert(place, Packed::of(observed));
    }

    /// Gives the reading at this place another verdict.
    pub(super) fn revise(&mut self, place: usize, flag: Flag, doubts: Doubts) {
        if let Some(packed) = self.0.get_mut(place) {
            packed.flag = flag;
            packed.doubts = doubts;
        }
    }

    /// Forgets what is older than this before the newest.
    pub(super) fn keep(&mut self, keep: jiff::SignedDuration) {
        let Some(newest) = self.0.back() else {
            return;
        };
        let keep_ns = i64::try_from(keep.as_nanos()).unwrap_or(i64::MAX);
        let oldest = newest.at_ns.saturating_sub(keep_ns);
        while self.0.front().is_some_and(|first| first.at_ns < oldest) {
            self.0.pop_front();
        }
    }

    /// Readings up to this time, oldest first.
    pub(super) fn until(&self, as_of: Timestamp) -> impl DoubleEndedIterator<Item = Observed> {
        let as_of = ns(as_of);
        let end = self.0.partition_point(|packed| packed.at_ns <= as_of);
        self.0.range(..end).map(Packed::observed)
    }

    /// Readings of a span of time, both ends included, oldest first.
    pub(super) fn between(
        &self,
        from: Timestamp,
        to: Timestamp,
    ) -> impl DoubleEndedIterator<Item = Observed> {
        let (from, to) = (ns(from), ns(to));
        let first = self.0.partition_point(|packed| packed.at_ns < from);
        let end = self.0.partition_point(|packed| packed.at_ns <= to);
        self.0
            .range((Bound::Included(first), Bound::Excluded(end.max(first))))
            .map(Packed::observed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observed(at: &str) -> Observed {
        Observed {
            at: at.parse().expect("a time"),
            level_m: 1.25,
            flag: Flag::Suspect,
            doubts: Doubts::default(),
        }
    }

    #[test]
    fn what_is_packed_comes_out_as_it_went_in_and_in_order() {
        let mut past = Past::default();
        let times = [
            "2016-08-30T09:00:00.123456789Z",
            "2016-08-30T08:00:00Z",
            "2016-08-30T10:00:00Z",
        ];
        for at in times {
            let observed = observed(at);
            let place = past.place(observed.at).expect_err("it is new");
            past.insert(place, &observed);
        }
        assert!(
            past.place(observed(times[1]).at).is_ok(),
            "known by its time"
        );
        let all: Vec<Observed> = past.until(Timestamp::MAX).collect();
        assert_eq!(all, [1, 0, 2].map(|n| observed(times[n])));
        let within: Vec<Observed> = past.between(all[0].at, all[1].at).collect();
        assert_eq!(within, all[..2]);
        assert_eq!(past.between(Timestamp::MAX, Timestamp::MIN).count(), 0);
        past.keep(jiff::SignedDuration::from_hours(1));
        assert_eq!(past.until(Timestamp::MAX).count(), 2);
        assert!(size_of::<Packed>() <= 24);
    }
}
