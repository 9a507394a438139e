//! Which messages of a network were here already: a network may deliver one uplink twice, by two ways or days later.

use hinan_sensors::observation::DedupKey;
use sha2::{Digest as _, Sha256};

use super::{StoreError, Tx};

/// Keys that are remembered. A town of 4,000 LoRaWAN gauges that report every ten minutes fills this in a night; a
/// network repeats within minutes.
const KEPT_MAX: i64 = 100_000;

impl Tx<'_> {
    /// Remembers the key of a message; false when it is remembered already.
    ///
    /// # Errors
    /// The database's.
    pub fn is_new_uplink(&self, key: &DedupKey) -> Result<bool, StoreError> {
        let digest = Sha256::digest(key.as_str().as_bytes());
        // Half of a digest: among so few keys two never meet by chance.
        let short = digest.get(..16).unwrap_or(&digest);
        let added = self
            .0
            .prepare_cached("INSERT INTO uplink (key) VALUES (?1) ON CONFLICT (key) DO NOTHING")?
            .execute([short])?;
        if added == 1 {
            self.0
                .prepare_cached("DELETE FROM uplink WHERE id <= ?1")?
                .execute([self.0.last_insert_rowid() - KEPT_MAX])?;
        }
        Ok(added == 1)
    }
}
