use jiff::Timestamp;

use super::AlertLevel;

/// What the service proposed when, beside what the towns really did.
#[derive(Clone, Debug)]
pub struct ReviewView {
    /// Name of the event, such as `2016年8月 台風第10号`.
    pub event: String,
    /// Begin of the period that was replayed.
    pub from: Timestamp,
    /// End of the period that was replayed, or the present moment of a running replay.
    pub to: Timestamp,
    /// One row per place, in order of time.
    pub rows: Vec<ReviewRow>,
    /// Counts: hits, misses, false alarms and the like.
    pub facts: Vec<ReviewFact>,
    /// What the service could not have known, each in one sentence.
    pub could_not_know: Vec<String>,
    /// Where the record of what was really done comes from.
    pub sources: Vec<String>,
}

/// One place.
#[derive(Clone, Debug)]
pub struct ReviewRow {
    /// Where.
    pub place: String,
    /// What the service first proposed; `None` when it proposed nothing.
    pub service: Option<ReviewSide>,
    /// What the town really did; `None` when no record was found.
    pub town: Option<ReviewSide>,
    /// What happened there, such as a breach, with its time in words.
    pub happened: Option<String>,
}

/// One side of a row.
#[derive(Clone, Debug)]
pub struct ReviewSide {
    /// When.
    pub at: Timestamp,
    /// The level it was, or corresponds to.
    pub level: Option<AlertLevel>,
    /// What, in the words of its time.
    pub what: String,
}

/// A count with its name.
#[derive(Clone, Debug)]
pub struct ReviewFact {
    /// The name.
    pub name: String,
    /// The count or duration, in words.
    pub value: String,
    /// What it is counted over.
    pub basis: String,
}
