//! Seals (封印): the audit carries the digest of every row that a decision rests on, so that a row cannot be changed,
//! added or removed without breaking the chain.
//!
//! Triggers note which rows a transaction touched; at its end one entry names them with their digests, as they stand
//! then. Rows of every column count, whatever columns there are: whoever adds one has nothing to do here.

use std::collections::BTreeMap;

use rusqlite::types::ValueRef;
use rusqlite::{OptionalExtension as _, Row, params};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::audit::{Chain, Entry};
use super::{StoreError, Tx, View, instant};
use crate::digest::Digest;

/// Covered tables and their keys: what decisions rest on, who may make them, and what the record belongs to.
pub const COVERED: [(&str, &str); 19] = [
    ("belonging", "key"),
    ("proposal", "id"),
    ("draft", "id"),
    ("notice", "id"),
    ("publication", "notice"),
    ("delivery", "id"),
    ("model_decision", "id"),
    ("officer", "name"),
    ("second_factor", "officer"),
    ("authority", "id"),
    ("approval", "id"),
    ("second_choice", "id"),
    ("review", "notice"),
    ("recovery", "id"),
    ("passkey", "id"),
    ("subject", "officer"),
    ("in_force", "notice"),
    ("report", "id"),
    ("shelter_word", "id"),
];
/// The word of an entry that seals.
pub(crate) const SEALED: &str = "sealed";
/// Rows named in one entry.
const ROWS_MAX: u32 = 200;
/// The word of an entry that says that the record is not what was written.
pub(crate) const CONTRADICTED: &str = "audit_contradicted";

/// What the chain says of covered rows: by table and key, the entry that sealed it last and the digest; none when the
/// row was sealed as removed.
#[derive(Default)]
pub(super) struct Seals(BTreeMap<(String, String), (i64, Option<String>)>);

/// A row that is not as it was sealed.
pub(super) struct Altered {
    /// The entry that says otherwise; zero when none speaks of the row.
    pub(super) at: i64,
    /// In words.
    pub(super) why: String,
}

impl Seals {
    /// Takes over what an entry seals. An entry of another kind changes nothing.
    pub(super) fn note(&mut self, entry: &Entry) -> Result<(), StoreError> {
        if entry.action != SEALED {
            return Ok(());
        }
        #[derive(serde::Deserialize)]
        struct Detail {
            rows: Vec<(String, String, Option<String>)>,
        }
        let detail: Detail = super::json(&format!("audit entry {}", entry.seq), &entry.detail)?;
        for (table, key, digest) in detail.rows {
            self.0.insert((table, key), (entry.seq, digest));
        }
        Ok(())
    }
}

impl Tx<'_> {
    /// Makes the triggers that note touched rows. Rows that no entry speaks of yet are noted now; when the record was
    /// just brought to another version (`reshaped`), all are, because their columns may be others.
    pub(super) fn cover(&self, reshaped: bool) -> Result<(), StoreError> {
        let mut made = false;
        for (table, key) in COVERED {
            for (name, event, rows) in [
                ("new", "INSERT", &["NEW"][..]),
                ("changed", "UPDATE", &["NEW", "OLD"][..]),
                ("gone", "DELETE", &["OLD"][..]),
            ] {
                let trigger = format!("seal_{table}_{name}");
                let there: Option<i64> = self
                    .0
                    .query_row(
                        "SELECT 1 FROM sqlite_schema WHERE type = 'trigger' AND name = ?1",
                        [&trigger],
                        |row| row.get(0),
                    )
                    .optional()?;
                if there.is_some() {
                    continue;
                }
                made = true;
                let notes: String = rows
                    .iter()
                    .map(|row| {
                        format!(
                            "INSERT INTO unsealed SELECT '{table}', CAST({row}.{key} AS TEXT) WHERE NOT EXISTS \
                             (SELECT 1 FROM unsealed WHERE tbl = '{table}' AND key = CAST({row}.{key} AS TEXT)); "
                        )
                    })
                    .collect();
                self.0.execute_batch(&format!(
                    "CREATE TRIGGER {trigger} AFTER {event} ON {table} BEGIN {notes}END"
                ))?;
            }
        }
        if !made && !reshaped {
            return Ok(());
        }
        if !reshaped {
            // Only a new version makes these rules. Whoever took them away could have written anything unnoted.
            self.accuse_of("the rules that note changes were taken away")?;
        }
        let seals = if reshaped {
            Seals::default()
        } else {
            // A record that accuses somebody keeps its seals all the same.
            self.view().walked(false)?.1
        };
        for (table, key) in COVERED {
            let keys: Vec<String> = {
                let mut statement = self
                    .0
                    .prepare(&format!("SELECT CAST({key} AS TEXT) FROM {table}"))?;
                let keys = statement.query_map([], |row| row.get(0))?;
                keys.collect::<Result<_, _>>()?
            };
            // A row that was sealed before stays held against its seal: whoever took the triggers away gains nothing.
            for key in keys {
                if !seals.0.contains_key(&(table.to_owned(), key.clone())) {
                    self.0.execute(
                        "INSERT OR IGNORE INTO unsealed VALUES (?1, ?2)",
                        params![table, key],
                    )?;
                }
            }
        }
        Ok(())
    }

    /// Every transaction of ours ends with nothing left to seal. What waits at the beginning of one was written by another
    /// program: an entry says so, for good, before the rows are sealed as they stand.
    pub(super) fn accuse(&self) -> Result<(), StoreError> {
        let foreign = self.view().unsealed()?;
        if foreign.is_empty() {
            return Ok(());
        }
        self.accuse_of(&words_of(&foreign))
    }

    /// Notes for good that the record is not what was written.
    pub(super) fn accuse_of(&self, why: &str) -> Result<(), StoreError> {
        tracing::error!(why, "another program wrote to the record");
        self.audit_now(CONTRADICTED, "record", &json!({ "why": why }))
    }

    /// An entry where nobody says what time it is: not before the entry before.
    fn audit_now(
        &self,
        action: &str,
        subject: &str,
        detail: &serde_json::Value,
    ) -> Result<(), StoreError> {
        let at: Option<i64> = self
            .0
            .query_row(
                "SELECT at_ms FROM audit ORDER BY seq DESC LIMIT 1",
                [],
                |row| row.get(0),
            )
            .optional()?;
        self.audit(instant(at.unwrap_or(0))?, "system", action, subject, detail)?;
        Ok(())
    }

    /// Seals what this transaction touched. [`super::Store::write`] calls it last, before the commit.
    pub(super) fn seal(&self) -> Result<(), StoreError> {
        loop {
            let touched: Vec<(String, String)> = {
                let mut statement = self
                    .0
                    .prepare_cached("SELECT tbl, key FROM unsealed ORDER BY tbl, key LIMIT ?1")?;
                let rows = statement.query_map([ROWS_MAX], |row| Ok((row.get(0)?, row.get(1)?)))?;
                rows.collect::<Result<_, _>>()?
            };
            if touched.is_empty() {
                return Ok(());
            }
            let mut rows = Vec::new();
            for (table, key) in &touched {
                let covered = COVERED.iter().find(|(name, _)| name == table);
                if let Some((table, column)) = covered {
                    rows.push((*table, key, self.view().row_digest(table, column, key)?));
                }
                self.0
                    .prepare_cached("DELETE FROM unsealed WHERE tbl = ?1 AND key = ?2")?
                    .execute(params![table, key])?;
            }
            let at = match self.1.get() {
                Some(at) => at,
                // Nothing in this transaction said what time it is: not before the entry before.
                None => self
                    .0
                    .query_row(
                        "SELECT at_ms FROM audit ORDER BY seq DESC LIMIT 1",
                        [],
                        |row| row.get(0),
                    )
                    .optional()?
                    .unwrap_or(0),
            };
            let subject = format!("{}", rows.len());
            self.audit(
                instant(at)?,
                "system",
                SEALED,
                &subject,
                &json!({ "rows": rows }),
            )?;
        }
    }
}

/// Rows that another program wrote, in words; at most twenty are named.
fn words_of(foreign: &[(String, String)]) -> String {
    let named: Vec<String> = foreign
        .iter()
        .map(|(table, key)| format!("{table} {key}"))
        .collect();
    format!("another program wrote {}", named.join(", "))
}

impl View<'_> {
    /// The first twenty rows that were written and not sealed, by table and key.
    fn unsealed(&self) -> Result<Vec<(String, String)>, StoreError> {
        let there: Option<i64> = self
            .0
            .prepare_cached(
                "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'unsealed'",
            )?
            .query_row([], |row| row.get(0))
            .optional()?;
        if there.is_none() {
            return Ok(Vec::new());
        }
        let mut statement = self
            .0
            .prepare_cached("SELECT tbl, key FROM unsealed ORDER BY tbl, key LIMIT 20")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// What is not as the chain says in a record of an earlier version, in words, before it is brought forward. Held against the
    /// chain are the tables that its version covered: those with rules that note changes, or with seals.
    pub(super) fn first_altered_before(&self) -> Result<Option<String>, StoreError> {
        let (chain, seals) = self.walked(false)?;
        if let Chain::Broken { at, why } = chain {
            return Ok(Some(format!("entry {at}: {why}")));
        }
        let mut covered = Vec::new();
        for (table, key) in COVERED {
            let there: bool = self.0.query_row(
                "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1)",
                [table],
                |row| row.get(0),
            )?;
            let has_rule: bool = self.0.query_row(
                "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'trigger' AND name = ?1)",
                [format!("seal_{table}_new")],
                |row| row.get(0),
            )?;
            let is_sealed = seals.0.keys().any(|(sealed, _)| sealed == table);
            if there && (has_rule || is_sealed) {
                covered.push((table, key));
            }
        }
        Ok(match self.first_altered_of(seals, &covered) {
            Ok(altered) => altered.map(|altered| altered.why),
            Err(StoreError::Sql(error)) => Some(format!("a row cannot be read: {error}")),
            Err(error) => return Err(error),
        })
    }

    /// The first covered row that is not as the chain says.
    pub(super) fn first_altered(&self, seals: Seals) -> Result<Option<Altered>, StoreError> {
        self.first_altered_of(seals, &COVERED)
    }

    fn first_altered_of(
        &self,
        mut seals: Seals,
        covered: &[(&'static str, &'static str)],
    ) -> Result<Option<Altered>, StoreError> {
        let foreign = self.unsealed()?;
        if !foreign.is_empty() {
            let (at, _) = self.audit_head()?;
            return Ok(Some(Altered {
                at,
                why: words_of(&foreign),
            }));
        }
        for (table, column) in covered.iter().copied() {
            let mut statement = self
                .0
                // An index would be asked for the columns that it holds: the row itself must be read.
                .prepare(&format!(
                    "SELECT * FROM {table} NOT INDEXED ORDER BY {column}"
                ))?;
            let names: Vec<String> = statement
                .column_names()
                .into_iter()
                .map(str::to_owned)
                .collect();
            let place = names
                .iter()
                .position(|name| name == column)
                .unwrap_or_default();
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let key = spoken(row.get_ref(place)?);
                let sealed = seals.0.remove(&(table.to_owned(), key.clone()));
                let found = digest_of(table, &names, row)?;
                match sealed {
                    Some((_, Some(digest))) if digest == found.as_str() => {}
                    Some((at, Some(_))) => {
                        return Ok(Some(Altered {
                            at,
                            why: format!("{table} {key} was changed after this entry sealed it"),
                        }));
                    }
                    Some((at, None)) => {
                        return Ok(Some(Altered {
                            at,
                            why: format!("{table} {key} is there again after it was removed"),
                        }));
                    }
                    None => {
                        return Ok(Some(Altered {
                            at: 0,
                            why: format!("{table} {key} is in no entry"),
                        }));
                    }
                }
            }
        }
        let mut gone: Vec<(i64, String)> = seals
            .0
            .into_iter()
            .filter_map(|((table, key), (at, digest))| {
                digest.map(|_| (at, format!("{table} {key} is gone")))
            })
            .collect();
        gone.sort();
        Ok(gone.into_iter().next().map(|(at, why)| Altered { at, why }))
    }

    fn row_digest(
        &self,
        table: &str,
        column: &str,
        key: &str,
    ) -> Result<Option<Digest>, StoreError> {
        let mut statement = self
            .0
            .prepare_cached(&format!("SELECT * FROM {table} WHERE {column} = ?1"))?;
        let names: Vec<String> = statement
            .column_names()
            .into_iter()
            .map(str::to_owned)
            .collect();
        let mut rows = statement.query([key])?;
        match rows.next()? {
            Some(row) => Ok(Some(digest_of(table, &names, row)?)),
            None => Ok(None),
        }
    }
}

/// A key as text, as SQLite casts it.
fn spoken(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => String::new(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            String::from_utf8_lossy(bytes).into_owned()
        }
    }
}

/// Covers the table's name and, column by column, name, kind and value, each with its length.
fn digest_of(table: &str, names: &[String], row: &Row<'_>) -> Result<Digest, StoreError> {
    let mut hash = Sha256::new();
    let mut part = |kind: u8, bytes: &[u8]| {
        hash.update([kind]);
        hash.update((bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    };
    part(b'T', table.as_bytes());
    for (place, name) in names.iter().enumerate() {
        part(b'C', name.as_bytes());
        match row.get_ref(place)? {
            ValueRef::Null => part(b'n', b""),
            ValueRef::Integer(number) => part(b'i', &number.to_be_bytes()),
            ValueRef::Real(number) => part(b'r', &number.to_bits().to_be_bytes()),
            ValueRef::Text(bytes) => part(b't', bytes),
            ValueRef::Blob(bytes) => part(b'b', bytes),
        }
    }
    Digest::try_from(hex::encode(hash.finalize())).map_err(|why| StoreError::Damaged {
        what: "a digest".to_owned(),
        why,
    })
}
