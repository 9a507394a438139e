//! Seats of one session among those who listen to events: a browser with many tabs, or a program in a loop, must not take the room's.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::digest::Digest;

/// Streams of one session at a time.
const OF_ONE_SESSION: usize = 8;

/// Who sits, by session.
#[derive(Clone, Default)]
pub(super) struct Seats(Arc<Mutex<BTreeMap<Digest, usize>>>);

/// A seat that is taken; it is free again when this goes.
pub(super) struct Seat {
    seats: Seats,
    session: Digest,
}

impl Seats {
    /// Takes a seat, if the session has one left.
    pub(super) fn sit(&self, session: &Digest) -> Option<Seat> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = taken.entry(session.clone()).or_insert(0);
        if *own >= OF_ONE_SESSION {
            return None;
        }
        *own += 1;
        Some(Seat {
            seats: self.clone(),
            session: session.clone(),
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = taken.get_mut(&self.session) {
            *own -= 1;
            if *own == 0 {
                taken.remove(&self.session);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_has_eight_seats_and_gets_them_back() {
        let (seats, one, other) = (Seats::default(), Digest::of(b"1"), Digest::of(b"2"));
        let mut taken: Vec<Seat> = (0..8).filter_map(|_| seats.sit(&one)).collect();
        assert_eq!(taken.len(), 8);
        assert!(seats.sit(&one).is_none());
        assert!(seats.sit(&other).is_some(), "the room is not blind");
        taken.pop();
        assert!(seats.sit(&one).is_some());
    }
}
