//! The recent readings of one station, packed and shared: a nation's four days must fit in memory, once for the picture
//! that officers see and, as far as they differ from it, once where new readings arrive.

use std::collections::VecDeque;
use std::sync::Arc;

use hinan_sensors::quality::{Doubts, Flag};
use jiff::{SignedDuration, Timestamp};

use super::Observed;

/// Readings of one piece. What a new reading has to copy, when a picture holds the piece, is at most this.
const PIECE: usize = 64;

/// Readings, oldest first, no two of one time, in pieces that copies share until one of them changes.
#[derive(Clone)]
pub(super) struct Past {
    /// None is empty.
    pieces: VecDeque<Arc<Vec<Packed>>>,
    /// What is older is forgotten, even where its piece is still there.
    oldest_ns: i64,
}

impl Default for Past {
    fn default() -> Self {
        Self {
            pieces: VecDeque::new(),
            oldest_ns: i64::MIN,
        }
    }
}

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
            at: time(self.at_ns),
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

fn time(at_ns: i64) -> Timestamp {
    const SECOND_NS: i64 = 1_000_000_000;
    let rest = i32::try_from(at_ns.rem_euclid(SECOND_NS)).expect("less than a second");
    Timestamp::new(at_ns.div_euclid(SECOND_NS), rest).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Where a reading stands, or would stand: its piece and its place in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    piece: usize,
    within: usize,
}

impl Past {
    /// Where a reading of this time stands, or would stand.
    pub(super) fn place(&self, at: Timestamp) -> Result<Place, Place> {
        let at_ns = ns(at);
        // The piece that ends with this time or later; what is newer than everything goes to the last one.
        let piece = self.pieces.partition_point(|piece| ends(piece) < at_ns);
        let (piece, found) = match self.pieces.get(piece) {
            Some(readings) => (
                piece,
                readings.binary_search_by_key(&at_ns, |packed| packed.at_ns),
            ),
            None => {
                let last = self.pieces.len().saturating_sub(1);
                (last, Err(self.pieces.back().map_or(0, |piece| piece.len())))
            }
        };
        let known = at_ns >= self.oldest_ns;
        match found {
            Ok(within) if known => Ok(Place { piece, within }),
            Ok(within) | Err(within) => Err(Place { piece, within }),
        }
    }

    /// Puts a reading where [`Past::place`] said. What is older than all that is kept is forgotten at once.
    pub(super) fn insert(&mut self, place: Place, observed: &Observed) {
        let packed = Packed::of(observed);
        if packed.at_ns < self.oldest_ns {
            return;
        }
        let is_last = place.piece + 1 >= self.pieces.len();
        match self.pieces.get_mut(place.piece) {
            Some(piece) if piece.len() < PIECE => {
                Arc::make_mut(piece).insert(place.within, packed);
            }
            // The usual case of a full piece: the newest reading begins the next one.
            Some(piece) if is_last && place.within == piece.len() => {
                self.pieces.push_back(Arc::new(vec![packed]));
            }
            Some(piece) => {
                let first = Arc::make_mut(piece);
                first.insert(place.within, packed);
                let second = first.split_off(first.len() / 2);
                self.pieces.insert(place.piece + 1, Arc::new(second));
            }
            None => self.pieces.push_back(Arc::new(vec![packed])),
        }
    }

    /// Gives the reading at this place another verdict.
    pub(super) fn revise(&mut self, place: Place, flag: Flag, doubts: Doubts) {
        if let Some(piece) = self.pieces.get_mut(place.piece)
            && let Some(packed) = Arc::make_mut(piece).get_mut(place.within)
        {
            packed.flag = flag;
            packed.doubts = doubts;
        }
    }

    /// Forgets what is older than this before the newest.
    pub(super) fn keep(&mut self, keep: SignedDuration) {
        let Some(newest) = self.pieces.back() else {
            return;
        };
        let keep_ns = i64::try_from(keep.as_nanos()).unwrap_or(i64::MAX);
        let oldest_ns = ends(newest).saturating_sub(keep_ns);
        self.oldest_ns = self.oldest_ns.max(oldest_ns);
        while self
            .pieces
            .front()
            .is_some_and(|piece| ends(piece) < self.oldest_ns)
        {
            self.pieces.pop_front();
        }
    }

    /// Whether no reading is later than this.
    pub(super) fn is_all_before(&self, as_of: Timestamp) -> bool {
        self.pieces
            .back()
            .is_none_or(|piece| ends(piece) <= ns(as_of))
    }

    /// Readings up to this time, oldest first.
    pub(super) fn until(&self, as_of: Timestamp) -> impl DoubleEndedIterator<Item = Observed> {
        self.span(self.oldest_ns, ns(as_of))
    }

    /// Readings of a span of time, both ends included, oldest first.
    pub(super) fn between(
        &self,
        from: Timestamp,
        to: Timestamp,
    ) -> impl DoubleEndedIterator<Item = Observed> {
        self.span(ns(from).max(self.oldest_ns), ns(to))
    }

    fn span(&self, from: i64, to: i64) -> impl DoubleEndedIterator<Item = Observed> {
        let first = self.pieces.partition_point(|piece| ends(piece) < from);
        let end = self.pieces.partition_point(|piece| begins(piece) <= to);
        self.pieces
            .range(first..end.max(first))
            .flat_map(move |piece| {
                let first = piece.partition_point(|packed| packed.at_ns < from);
                let end = piece.partition_point(|packed| packed.at_ns <= to);
                piece.get(first..end).unwrap_or_default().iter()
            })
            .map(Packed::observed)
    }
}

fn begins(piece: &[Packed]) -> i64 {
    piece.first().map_or(i64::MIN, |packed| packed.at_ns)
}

fn ends(piece: &[Packed]) -> i64 {
    piece.last().map_or(i64::MIN, |packed| packed.at_ns)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::{ProptestConfig, prop, prop_assert, prop_assert_eq, proptest};

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
        past.keep(SignedDuration::from_hours(1));
        assert_eq!(past.until(Timestamp::MAX).count(), 2);
        assert!(size_of::<Packed>() <= 24);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]

        /// Pieces change nothing: the same readings in any order are what a plain ordered map of them is.
        #[test]
        fn in_whatever_order_they_come_they_stand_as_in_a_plain_map(
            seconds in prop::collection::vec(0_i64..2000, 0..300),
            keep_s in 100_i64..3000,
            from in -100_i64..2100,
            length in -10_i64..2100,
        ) {
            let at = |second: i64| Timestamp::from_second(second).expect("a time");
            let keep = SignedDuration::from_secs(keep_s);
            let (mut past, mut plain) = (Past::default(), BTreeMap::new());
            for (n, second) in seconds.into_iter().enumerate() {
                let observed = Observed {
                    at: at(second),
                    level_m: f64::from(u32::try_from(n).expect("few")),
                    flag: Flag::Good,
                    doubts: Doubts::default(),
                };
                let before = past.clone();
                let count = before.until(Timestamp::MAX).count();
                match past.place(observed.at) {
                    Err(place) => {
                        prop_assert!(!plain.contains_key(&observed.at));
                        past.insert(place, &observed);
                        past.keep(keep);
                        plain.insert(observed.at, observed);
                        let newest = *plain.last_key_value().expect("one at least").0;
                        plain.retain(|at, _| newest.duration_since(*at) <= keep);
                    }
                    Ok(_) => prop_assert!(plain.contains_key(&observed.at)),
                }
                prop_assert_eq!(before.until(Timestamp::MAX).count(), count, "a copy stays as it was");
            }
            let all: Vec<Observed> = past.until(Timestamp::MAX).collect();
            prop_assert_eq!(&all, &plain.values().copied().collect::<Vec<_>>());
            let to = from + length;
            let within: Vec<Observed> = past.between(at(from), at(to)).collect();
            let expected: Vec<Observed> = plain
                .values()
                .filter(|o| o.at >= at(from) && o.at <= at(to))
                .copied()
                .collect();
            prop_assert_eq!(within, expected);
            let backwards: Vec<Observed> = past.until(at(to)).rev().collect();
            let mut expected: Vec<Observed> = plain.values().filter(|o| o.at <= at(to)).copied().collect();
            expected.reverse();
            prop_assert_eq!(backwards, expected);
        }
    }
}
