/// Seeded chance: SplitMix64. The same seed gives the same numbers on every machine.
#[derive(Clone, Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A stream of its own for one purpose, so that what one part draws never moves what another part gets.
    pub(crate) fn branch(&self, purpose: u64) -> Self {
        let mut branch = Self(self.0 ^ purpose.wrapping_mul(0xA24B_AED4_963E_E407));
        branch.next_u64();
        branch
    }

    pub(crate) fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A whole number below `bound`, which must not be 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        // The high half of a product: even enough for bounds far below 2⁶⁴, and without a loop.
        let wide = u128::from(self.next_u64()) * bound as u128;
        usize::try_from(wide >> 64).expect("the high half is below the bound, which is a usize")
    }

    /// `count` of `0..of` without repetition, rising; all of them when `count` is not smaller.
    pub(crate) fn choose(&mut self, count: usize, of: usize) -> Vec<usize> {
        let mut left_to_take = count.min(of);
        let mut chosen = Vec::with_capacity(left_to_take);
        for place in 0..of {
            if left_to_take == 0 {
                break;
            }
            if self.below(of - place) < left_to_take {
                chosen.push(place);
                left_to_take -= 1;
            }
        }
        chosen
    }
}
