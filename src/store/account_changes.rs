//! What happened to one account, for its officer: entries of the audit, found without reading the others.

use rusqlite::params;

use super::audit::Entry;
use super::{StoreError, View};

/// What its officer is told of. The index and the question have these words in common, or SQLite would read all entries.
const OF_ACCOUNT: &str = "(action IN ('password_changed', 'second_factor_added', 'passkey_added', 'passkey_removed', \
     'sessions_ended', 'officer_changed', 'subject_unbound') \
     OR (action = 'sign_in_refused' AND instr(detail, '\"used before\"') > 0))";
/// Entries handed out.
const MAX: u32 = 20;

/// The index of these entries.
pub(super) fn index() -> String {
    format!(
        "CREATE INDEX IF NOT EXISTS audit_of_account ON audit (subject, seq) WHERE {OF_ACCOUNT}"
    )
}

fn condition() -> String {
    format!("subject = ?1 AND {OF_ACCOUNT} ORDER BY seq DESC LIMIT ?2")
}

impl View<'_> {
    /// The newest entries about changes of an account and codes of it that were typed a second time, newest first; at most 20.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn account_changes(&self, officer: &str) -> Result<Vec<Entry>, StoreError> {
        self.entries(&condition(), params![officer, MAX])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::realm::Realm;
    use crate::store::Store;

    #[test]
    fn what_an_officer_is_told_of_their_account_reads_no_other_entries() {
        let home = tempfile::tempdir().expect("a folder");
        let store = Store::open(home.path(), Realm::Exercise, "012076").expect("a record");
        let plan: String = store
            .read(|view| {
                let asked = format!(
                    "EXPLAIN QUERY PLAN SELECT seq, detail FROM audit WHERE {}",
                    condition()
                );
                let mut statement = view.0.prepare(&asked)?;
                let rows = statement.query_map([1, 1], |row| row.get::<_, String>(3))?;
                let rows: Result<Vec<String>, _> = rows.collect();
                Ok(rows?.join("; "))
            })
            .expect("a plan");
        assert!(
            plan.contains("SEARCH") && plan.contains("audit_of_account"),
            "{plan}"
        );
    }
}
