//! What a way costs: compared by cost, told by time.

/// Cost and time of a way in whole milliseconds, the cost in the upper half, so that ways are compared by their cost and,
/// at the same cost, by their time; and so that adding ways adds both.
///
/// Whole numbers: sums do not depend on their order, and two programs that look for the shortest way find the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Weight(u64);

impl Weight {
    /// Nothing.
    pub(crate) const ZERO: Self = Self(0);
    /// No way. Also whatever costs twelve days or more: two of these can be added without overflow.
    pub(crate) const CLOSED: Self = Self(1 << 62);

    /// Time and the cost it counts as; a cost below the time counts as the time.
    pub(crate) fn of(time_ms: f64, penalty: f64) -> Self {
        let cost_ms = (time_ms * penalty.max(1.0)).ceil();
        // Written so that what is not a number is closed too.
        if !(cost_ms >= 0.0 && cost_ms < f64::from(1 << 30)) {
            return Self::CLOSED;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "from 0 to 2^30, checked above"
        )]
        Self((cost_ms as u64) << 32 | time_ms.ceil() as u64)
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        Self((self.0 + other.0).min(Self::CLOSED.0))
    }

    /// The cheaper of itself and of two others together, the second of which is not closed.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "it must become part of what is compiled for each processor"
    )]
    pub(crate) fn or_over(self, one: Self, other: Self) -> Self {
        // None is more than 2^62 and the last is less, so the sum is below 2^63, where numbers with a sign are compared faster.
        debug_assert!(!other.is_closed());
        let together = one.0.wrapping_add(other.0).cast_signed();
        Self(self.0.cast_signed().min(together).cast_unsigned())
    }

    pub(crate) fn is_closed(self) -> bool {
        self >= Self::CLOSED
    }

    /// The same part of cost and time, rounded down. `part` of `whole`, both in any one unit.
    pub(crate) fn part(self, part: u32, whole: u32) -> Self {
        if self.is_closed() || whole == 0 {
            return if self.is_closed() { self } else { Self::ZERO };
        }
        let of = |number: u64| number * u64::from(part.min(whole)) / u64::from(whole);
        Self(of(self.0 >> 32) << 32 | of(self.0 & 0xffff_ffff))
    }

    /// What is left of it after a part of it. Never below nothing.
    pub(crate) fn less(self, part: Self) -> Self {
        if self.is_closed() {
            return self;
        }
        let (cost, time) = (self.0 >> 32, self.0 & 0xffff_ffff);
        let left = (
            cost.saturating_sub(part.0 >> 32),
            time.saturating_sub(part.0 & 0xffff_ffff),
        );
        Self(left.0 << 32 | left.1)
    }

    /// The time, milliseconds; nothing where there is no way.
    pub(crate) fn time_ms(self) -> Option<u32> {
        #[expect(clippy::cast_possible_truncation, reason = "the lower half")]
        (!self.is_closed()).then_some(self.0 as u32)
    }

    /// The cost, milliseconds; nothing where there is no way.
    pub(crate) fn cost_ms(self) -> Option<u32> {
        (!self.is_closed()).then_some((self.0 >> 32) as u32)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

    use super::Weight;

    proptest! {
        #[test]
        fn adding_ways_adds_their_times_and_costs(a in 0.0..1e8_f64, b in 0.0..1e8_f64, p in 1.0..5.0_f64) {
            let (a, b) = (Weight::of(a, p), Weight::of(b, 1.0));
            let sum = a.plus(b);
            let plus = |x: Option<u32>, y: Option<u32>| x.zip(y).map(|(x, y)| x + y);
            prop_assert_eq!(sum.time_ms(), plus(a.time_ms(), b.time_ms()));
            prop_assert_eq!(sum.cost_ms(), plus(a.cost_ms(), b.cost_ms()));
        }

        #[test]
        fn two_parts_of_a_way_make_the_whole(time in 0.0..1e8_f64, part in 0_u32..1000) {
            let whole = Weight::of(time, 1.5);
            let one = whole.part(part, 1000);
            prop_assert_eq!(one.plus(whole.less(one)), whole);
            prop_assert!(one <= whole);
        }
    }

    #[test]
    fn the_cheaper_of_two_ways_is_taken_and_a_closed_one_never_becomes_cheaper() {
        let (short, long) = (Weight::of(5.0, 1.0), Weight::of(9.0, 1.0));
        assert_eq!(
            long.or_over(short, Weight::of(3.0, 1.0)),
            short.plus(Weight::of(3.0, 1.0))
        );
        assert_eq!(short.or_over(long, short), short);
        let longest = Weight(Weight::CLOSED.0 - 1);
        assert_eq!(
            Weight::CLOSED.or_over(Weight::CLOSED, longest),
            Weight::CLOSED
        );
        assert_eq!(Weight::CLOSED.or_over(longest, longest), Weight::CLOSED);
        assert_eq!(long.or_over(Weight::CLOSED, short), long);
    }

    #[test]
    fn no_way_stays_no_way_whatever_is_added() {
        let closed = Weight::CLOSED
            .plus(Weight::CLOSED)
            .plus(Weight::of(5.0, 1.0));
        assert!(closed.is_closed());
        assert_eq!(closed.time_ms(), None);
        assert!(Weight::of(f64::NAN, 1.0).is_closed());
        assert!(Weight::of(f64::INFINITY, 1.0).is_closed());
        assert!(Weight::of(-1.0, 1.0).is_closed());
        assert!(Weight::of(2e9, 1.0).is_closed());
        assert!(Weight::CLOSED.part(1, 2).is_closed());
    }

    #[test]
    fn the_cheaper_way_comes_first_and_at_the_same_cost_the_quicker() {
        assert!(Weight::of(100.0, 1.0) < Weight::of(80.0, 2.0));
        assert!(Weight::of(80.0, 2.0) < Weight::of(160.0, 1.0));
    }
}
