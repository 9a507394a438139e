/// Bits of a question: eight of the feature, one of the shift, eight of the code.
pub(crate) const QUESTION_BITS: u32 = 17;
/// Questions about one feature.
const OF_FEATURE: usize = 512;
/// Questions about one feature with the same shift.
const OF_SHIFT: usize = 256;

/// One row's answers to everything that a place of a tree may ask: does the code of this feature, less the shift, lie above
/// this code? 1 when it does.
///
/// They are worked out once and looked up by every tree of every lead; looking up costs less than comparing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answers(Vec<u8>);

impl Answers {
    /// For one row of codes, one per feature.
    pub(crate) fn of(codes: &[u8]) -> Self {
        let mut answers = vec![0; OF_FEATURE * codes.len().max(1)];
        for (&code, of_feature) in codes.iter().zip(answers.chunks_exact_mut(OF_FEATURE)) {
            let (plain, shifted) = of_feature.split_at_mut(OF_SHIFT);
            plain[..usize::from(code)].fill(1);
            shifted[..usize::from(code.wrapping_sub(1))].fill(1);
        }
        Self(answers)
    }

    /// 0 or 1.
    pub(crate) fn to(&self, question: u32) -> usize {
        usize::from(self.0[question as usize])
    }
}

/// The number of a question.
pub(crate) fn question(feature: u8, shift: u8, code: u8) -> u32 {
    u32::from(feature) << 9 | u32::from(shift & 1) << 8 | u32::from(code)
}

/// Feature, shift and code of a question.
pub(crate) fn parts(question: u32) -> (u8, u8, u8) {
    // Each is cut to its bits.
    #[allow(clippy::cast_possible_truncation)]
    let byte = |bits: u32| (bits & 0xff) as u8;
    (byte(question >> 9), byte(question >> 8 & 1), byte(question))
}

#[cfg(test)]
mod tests {
    use super::{Answers, parts, question};
    use proptest::prelude::{any, prop_assert_eq, proptest};

    proptest! {
        #[test]
        fn an_answer_is_what_comparing_says(codes: [u8; 3], feature in 0_u8..3, shift in 0_u8..2, code in any::<u8>()) {
            let asked = question(feature, shift, code);
            prop_assert_eq!(parts(asked), (feature, shift, code));
            let above = codes[usize::from(feature)].wrapping_sub(shift) > code;
            prop_assert_eq!(Answers::of(&codes).to(asked), usize::from(above));
        }
    }
}
