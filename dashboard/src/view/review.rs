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
    /// One row per river and level, in order of time.
    pub rows: Vec<ReviewRow>,
    /// What the towns did that no row above can be held against, in order of time.
    pub also_done: Vec<ReviewEvent>,
    /// What the water did, such as breaches, in order of time.
    pub happened: Vec<ReviewEvent>,
    /// Counts: hits, misses, false alarms and the like.
    pub facts: Vec<ReviewFact>,
    /// What the service could not have known, each in one sentence.
    pub could_not_know: Vec<String>,
    /// Where the record of what was really done comes from.
    pub sources: Vec<String>,
}

/// One river and one level.
#[derive(Clone, Debug)]
pub struct ReviewRow {
    /// Where.
    pub place: String,
    /// The level in question.
    pub level: AlertLevel,
    /// What the service first proposed; `None` when it proposed nothing.
    pub service: Option<ReviewSide>,
    /// What the town really did that can be held against it; `None` when no record was found.
    pub town: Option<ReviewSide>,
}

/// Something on record.
#[derive(Clone, Debug)]
pub struct ReviewEvent {
    /// When.
    pub at: Timestamp,
    /// Where, with the municipality.
    pub place: String,
    /// What, in the words of its time.
    pub what: String,
}

/// One side of a row.
#[derive(Clone, Debug)]
pub struct ReviewSide {
    /// When.
    pub at: Timestamp,
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
