//! Lost keys (鍵の再発行): who asked for a new password or for the end of a second factor, and who did it; and who opened another way
//! into an account that was there.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};

use super::{StoreError, Tx, View, instant, millis};

/// What is given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// The password: a new one is made.
    Password,
    /// The second factor: it is taken away, and added anew at the next sign-in.
    SecondFactor,
    /// Nothing was lost: the account was bound to a name at the provider of single sign-on. Only the console does that.
    Binding,
}

impl Lost {
    /// The word stored and sent by the form.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::SecondFactor => "second_factor",
            Self::Binding => "subject",
        }
    }

    /// As officers read it.
    #[must_use]
    pub fn spoken(self) -> &'static str {
        match self {
            Self::Password => "パスワード",
            Self::SecondFactor => "2要素目",
            Self::Binding => "シングルサインオン",
        }
    }

    /// What this word means.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Password, Self::SecondFactor, Self::Binding]
            .into_iter()
            .find(|lost| lost.word() == word)
    }
}

/// A request that nobody has confirmed, or a recovery that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// Number.
    pub id: i64,
    /// Whose account.
    pub officer: String,
    /// What was lost.
    pub what: Lost,
    /// Who asked.
    pub asked_by: String,
    /// Real time of that.
    pub asked_at: Timestamp,
    /// Who did it; none while it waits.
    pub done_by: Option<String>,
}

impl Tx<'_> {
    /// Notes a request, done at once when `done` says so.
    ///
    /// # Errors
    /// The database's: the keys of approvers and administrators are not given back by one person.
    pub fn put_recovery(
        &self,
        officer: &str,
        what: Lost,
        by: &str,
        at: Timestamp,
        done: bool,
    ) -> Result<(), StoreError> {
        self.0.execute(
            "INSERT INTO recovery (officer, what, asked_by, asked_ms, done_by, done_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                officer,
                what.word(),
                by,
                millis(at),
                done.then_some(by),
                done.then_some(millis(at))
            ],
        )?;
        Ok(())
    }

    /// Marks a request as done. Says whether it still waited.
    ///
    /// # Errors
    /// The database's: not by whoever asked, nor by whom it is for.
    pub fn confirm_recovery(&self, id: i64, by: &str, at: Timestamp) -> Result<bool, StoreError> {
        Ok(self.0.execute(
            "UPDATE recovery SET done_by = ?2, done_ms = ?3 WHERE id = ?1 AND done_ms IS NULL",
            params![id, by, millis(at)],
        )? == 1)
    }
}

const COLUMNS: &str = "id, officer, what, asked_by, asked_ms, done_by";

impl View<'_> {
    /// Requests since `since` that nobody has confirmed, oldest first; at most 100.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn recoveries_waiting(&self, since: Timestamp) -> Result<Vec<Recovery>, StoreError> {
        self.recoveries_where("done_ms IS NULL AND asked_ms >= ?1 ORDER BY id", since)
    }

    /// Recoveries that were done since `since`, newest first; at most 100.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn recoveries_done(&self, since: Timestamp) -> Result<Vec<Recovery>, StoreError> {
        self.recoveries_where("done_ms >= ?1 ORDER BY id DESC", since)
    }

    /// One request.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn recovery(&self, id: i64) -> Result<Option<Recovery>, StoreError> {
        self.0
            .prepare_cached(&format!("SELECT {COLUMNS} FROM recovery WHERE id = ?1"))?
            .query_row([id], raw)
            .optional()?
            .map(read)
            .transpose()
    }

    fn recoveries_where(
        &self,
        condition: &str,
        since: Timestamp,
    ) -> Result<Vec<Recovery>, StoreError> {
        let mut statement = self.0.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM recovery WHERE {condition} LIMIT 100"
        ))?;
        let rows = statement.query_map([millis(since)], raw)?;
        rows.map(|row| read(row?)).collect()
    }
}

type Raw = (i64, String, String, String, i64, Option<String>);

fn raw(row: &rusqlite::Row<'_>) -> rusqlite::Result<Raw> {
    Ok((
        row.get(0)?,
        row.get(1)?,
        row.get(2)?,
        row.get(3)?,
        row.get(4)?,
        row.get(5)?,
    ))
}

fn read((id, officer, what, asked_by, asked_ms, done_by): Raw) -> Result<Recovery, StoreError> {
    let what = Lost::from_word(&what).ok_or_else(|| StoreError::Damaged {
        what: format!("recovery {id}"),
        why: format!("unknown kind {what}"),
    })?;
    Ok(Recovery {
        id,
        officer,
        what,
        asked_by,
        asked_at: instant(asked_ms)?,
        done_by,
    })
}
