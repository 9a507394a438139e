//! A sentence for officers in both languages.

/// Japanese, which is what is recorded, and the English beside it, where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Both {
    /// For everybody.
    pub(super) ja: String,
    /// For whoever reads the console in English; without it the Japanese is shown, marked as such.
    pub(super) en: Option<String>,
}

impl Both {
    pub(super) fn new(ja: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            ja: ja.into(),
            en: Some(en.into()),
        }
    }
}

/// The Japanese ones, in their order.
pub(super) fn japanese(all: &[Both]) -> Vec<String> {
    all.iter().map(|one| one.ja.clone()).collect()
}
