use super::{FieldErrors, Filled, NoticeRow, ReasonChoice};

/// Lifting or cancelling a notice in force.
#[derive(Clone, Debug)]
pub struct EndNoticeView {
    /// The notice in question.
    pub row: NoticeRow,
    /// What lifting still lacks (river falling, crest passed upstream ...), each in one sentence.
    pub lift_lacks: Vec<String>,
    /// What speaks for lifting, each in one sentence.
    pub lift_met: Vec<String>,
    /// Orders that go on for some of these districts afterwards, each in one phrase.
    pub also_in_force: Vec<String>,
    /// Reasons to choose from; own words are always possible.
    pub reasons: Vec<ReasonChoice>,
    /// The number the officer must type.
    pub check: super::CheckNumber,
    /// Digest of the notice shown; sent back with the form.
    pub digest: String,
    /// Which ending was chosen when a first attempt was refused.
    pub ending: Option<Ending>,
    /// What the officer had already typed.
    pub filled: Filled,
    /// What was wrong with a first attempt; `level` is used for the ending.
    pub errors: FieldErrors,
}

/// How a notice ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// 解除: the danger is over.
    Lift,
    /// 取消: it was issued in error.
    Cancel,
}
