use jiff::Timestamp;

/// The record: what happened, in order, chained by hashes.
#[derive(Clone, Debug)]
pub struct AuditView {
    /// Newest first.
    pub rows: Vec<AuditRow>,
    /// The result of the last walk over the whole chain.
    pub check: ChainCheck,
    /// Link to older entries, if any.
    pub older: Option<String>,
    /// Link to newer entries, if any.
    pub newer: Option<String>,
}

/// One entry.
#[derive(Clone, Debug)]
pub struct AuditRow {
    /// Number in the chain.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Who or which part of the service.
    pub who: String,
    /// What, in one sentence.
    pub what: String,
    /// The entry's hash, hexadecimal; the first twelve digits are shown.
    pub hash: String,
}

/// The result of a walk over the chain.
#[derive(Clone, Debug)]
pub enum ChainCheck {
    /// Every entry fits the one before.
    Whole {
        /// Number of entries.
        entries: u64,
        /// When it was checked.
        at: Timestamp,
    },
    /// An entry does not fit.
    Broken {
        /// The first entry that does not fit.
        seq: u64,
        /// When it was checked.
        at: Timestamp,
    },
    /// Not checked since the service started.
    NotYet,
}
