//! What the record says against itself, and what somebody has answered for.

use jiff::Timestamp;
use serde::Deserialize;

use super::audit::Entry;
use super::seal::CONTRADICTED;
use super::{StoreError, View};

/// The word of an entry by which somebody answers for what contradicts the record until then (了承): a backup was put back.
pub(crate) const ACCEPTED: &str = "audit_accepted";
/// Both kinds are found under this subject.
pub(crate) const RECORD: &str = "record";
/// Times that somebody answered, looked at; the newest.
const ANSWERS_MAX: u32 = 1000;

impl View<'_> {
    /// The newest entry that says that another program wrote to the record, while nobody has answered for it.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn accusation(&self) -> Result<Option<Entry>, StoreError> {
        let last = self.last_of(RECORD, [CONTRADICTED, ACCEPTED], 1)?.pop();
        Ok(last.filter(|entry| entry.action == CONTRADICTED))
    }

    /// Until when, in real time, checkpoints that contradict the record were answered for: those signed later were not.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn accepted_up_to(&self) -> Result<Option<Timestamp>, StoreError> {
        #[derive(Deserialize)]
        struct Detail {
            up_to: Option<Timestamp>,
        }
        let mut newest = None;
        for entry in self.last_of(RECORD, [ACCEPTED; 2], ANSWERS_MAX)? {
            let detail: Detail = super::json(&format!("audit entry {}", entry.seq), &entry.detail)?;
            newest = newest.max(detail.up_to);
        }
        Ok(newest)
    }
}
