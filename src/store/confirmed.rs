//! What officers confirmed for a lifting: entries of the audit and nothing else.

use hinan_recommend::GateName;

use super::{StoreError, View};
use crate::recommend::confirmed::Confirmed;

/// Words of the entries.
pub(crate) const CONFIRMED: &str = "lift_gate_confirmed";
/// See [`CONFIRMED`].
pub(crate) const WITHDRAWN: &str = "lift_gate_withdrawn";
/// Entries looked back at for one river or hazard.
const LOOKED_AT: u32 = 50;

/// Under this subject confirmations of one river or hazard are found.
#[must_use]
pub fn subject(about: &str) -> String {
    format!("lifting/{about}")
}

impl View<'_> {
    /// The last word on each gate of one river or hazard, where it was not withdrawn.
    ///
    /// # Errors
    /// The database's.
    pub fn confirmed(&self, about: &str) -> Result<Vec<Confirmed>, StoreError> {
        let entries = self.last_of(&subject(about), [CONFIRMED, WITHDRAWN], LOOKED_AT)?;
        let mut found: Vec<Confirmed> = Vec::new();
        for entry in entries {
            // A word that cannot be read may have been the withdrawal.
            let detail = entry.particulars()?.all;
            let gate = GateName::FOR_OFFICERS
                .into_iter()
                .find(|gate| detail["gate"] == gate.code());
            let Some(gate) = gate else {
                continue;
            };
            found.retain(|known| known.gate != gate);
            if entry.action == CONFIRMED {
                found.push(Confirmed {
                    about: about.to_owned(),
                    gate,
                    at: entry.at,
                    by: entry.actor,
                });
            }
        }
        Ok(found)
    }
}
