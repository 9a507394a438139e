/// Bits of a question: eight of the feature, one of the shift, eight of the code.
pub(crate) const QUESTION_BITS: u32 = 17;
/// Codes of 256 features, each as it is and less one.
const CODES: usize = 512;

/// One row's codes, ready for everything that a place of a tree may ask: does the code of this feature, less the shift, lie
/// above this code? 1 when it does.
///
/// Half a kilobyte that stays in the first cache, whatever model passes through it. A table of all answers is twenty of them,
/// and working it out costs more than the comparisons it saves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answers([u8; CODES]);

impl Answers {
    /// For one row of codes, one per feature.
    pub(crate) fn of(codes: &[u8]) -> Self {
        let mut answers = [0; CODES];
        for (pair, &code) in answers.as_chunks_mut().0.iter_mut().zip(codes) {
            *pair = [code, code.wrapping_sub(1)];
        }
        Self(answers)
    }

    /// 0 or 1; what stands above the bits of the question is not looked at.
    // Both are cut to their bits.
    #[allow(clippy::cast_possible_truncation)]
    pub(crate) fn to(&self, question: u32) -> u32 {
        u32::from(self.0[(question >> 8) as usize % CODES] > question as u8)
    }

    /// The code of the feature that a question is about, less its shift; the question's own code is not looked at.
    pub(crate) fn code(&self, question: u32) -> u32 {
        self.0[(question >> 8) as usize % CODES].into()
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
    use super::{Answers, QUESTION_BITS, parts, question};
    use proptest::prelude::{any, prop_assert_eq, proptest};

    proptest! {
        #[test]
        fn an_answer_is_what_comparing_says(
            codes in proptest::collection::vec(any::<u8>(), 1..256), feature: proptest::sample::Index, shift in 0_u8..2,
            code: u8, above: u32,
        ) {
            let feature = feature.index(codes.len());
            let place = u8::try_from(feature).expect("at most 255");
            let asked = question(place, shift, code);
            prop_assert_eq!(parts(asked), (place, shift, code));
            let is_above = codes[feature].wrapping_sub(shift) > code;
            let answers = Answers::of(&codes);
            prop_assert_eq!(answers.to(asked), u32::from(is_above));
            prop_assert_eq!(answers.to(asked | above << QUESTION_BITS), u32::from(is_above));
        }
    }
}
