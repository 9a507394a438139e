use super::{FieldErrors, Filled, InboxItem, ReasonChoice};

/// Declining a recommendation.
#[derive(Clone, Debug)]
pub struct DeclineView {
    /// The recommendation in question.
    pub item: InboxItem,
    /// Reasons to choose from; own words are always possible.
    pub reasons: Vec<ReasonChoice>,
    /// Digest of the recommendation shown; sent back with the form.
    pub digest: String,
    /// What the officer had already typed when a first attempt was refused.
    pub filled: Filled,
    /// What was wrong with a first attempt.
    pub errors: FieldErrors,
}
