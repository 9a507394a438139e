//! How long to wait before the next attempt.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(30);

/// Twice as long each time, up to half a minute, shortened by chance to as little as half, so that services which lost
/// the broker at the same moment do not all come back at the same moment. The same seed gives the same waits.
pub(super) struct Backoff {
    longest_next: Duration,
    chance: u64,
}

impl Backoff {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            longest_next: FIRST,
            chance: seed,
        }
    }

    /// The last connection was worth having.
    pub(super) fn start_over(&mut self) {
        self.longest_next = FIRST;
    }

    pub(super) fn next_wait(&mut self) -> Duration {
        let longest = self.longest_next;
        self.longest_next = (longest * 2).min(LONGEST);
        // 0 to 1023 parts of 2048 are taken off.
        let off = u32::try_from(self.draw() >> 54).expect("ten bits are left");
        longest - longest / 2048 * off
    }

    /// SplitMix64: more than good enough to spread reconnects.
    fn draw(&mut self) -> u64 {
        self.chance = self.chance.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.chance;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_half_a_minute_and_stay_within_half_of_their_length() {
        for seed in 0..500 {
            let mut backoff = Backoff::new(seed);
            for longest_ms in [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000] {
                let longest = Duration::from_millis(longest_ms);
                let wait = backoff.next_wait();
                assert!(
                    wait <= longest && wait >= longest / 2,
                    "{wait:?} of {longest:?}"
                );
            }
            backoff.start_over();
            assert!(backoff.next_wait() <= FIRST);
        }
    }

    #[test]
    fn services_with_different_seeds_come_back_at_different_times() {
        let first_waits: std::collections::BTreeSet<_> = (0..100)
            .map(|seed| Backoff::new(seed).next_wait())
            .collect();
        assert!(first_waits.len() > 80, "{}", first_waits.len());
        assert_eq!(Backoff::new(7).next_wait(), Backoff::new(7).next_wait());
    }
}
