//! Officers and their sessions. Passwords are kept as argon2id hashes, session tokens as digests.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};

use super::{StoreError, Tx, View, instant, millis};
use crate::approve::officer::{Officer, Role};
use crate::digest::Digest;

/// A session as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Whose.
    pub officer: Officer,
    /// What every form of this session carries.
    pub csrf: String,
    /// Real time of the last click.
    pub seen_at: Timestamp,
}

impl Tx<'_> {
    /// Adds an account or replaces its office, role and password.
    ///
    /// # Errors
    /// The database's.
    pub fn put_officer(&self, officer: &Officer, password_hash: &str) -> Result<(), StoreError> {
        self.0.execute(
            "INSERT INTO officer VALUES (?1, ?2, ?3, ?4) ON CONFLICT (name) DO UPDATE SET \
             display = excluded.display, role = excluded.role, password = excluded.password",
            params![
                officer.name,
                officer.display,
                officer.role.word(),
                password_hash
            ],
        )?;
        Ok(())
    }

    /// Ends all sessions of an account.
    ///
    /// # Errors
    /// The database's.
    pub fn end_sessions_of(&self, officer: &str) -> Result<usize, StoreError> {
        Ok(self
            .0
            .execute("DELETE FROM session WHERE officer = ?1", [officer])?)
    }

    /// Begins a session.
    ///
    /// # Errors
    /// The database's.
    pub fn put_session(
        &self,
        token: &Digest,
        officer: &str,
        csrf: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.0.execute(
            "INSERT INTO session VALUES (?1, ?2, ?3, ?4)",
            params![token.as_str(), officer, csrf, millis(now)],
        )?;
        Ok(())
    }

    /// Notes a click.
    ///
    /// # Errors
    /// The database's.
    pub fn touch_session(&self, token: &Digest, now: Timestamp) -> Result<(), StoreError> {
        self.0.execute(
            "UPDATE session SET seen_ms = ?2 WHERE token = ?1",
            params![token.as_str(), millis(now)],
        )?;
        Ok(())
    }

    /// Ends a session.
    ///
    /// # Errors
    /// The database's.
    pub fn end_session(&self, token: &Digest) -> Result<(), StoreError> {
        self.0
            .execute("DELETE FROM session WHERE token = ?1", [token.as_str()])?;
        Ok(())
    }

    /// Ends all sessions without a click since `before`.
    ///
    /// # Errors
    /// The database's.
    pub fn end_idle_sessions(&self, before: Timestamp) -> Result<usize, StoreError> {
        Ok(self
            .0
            .execute("DELETE FROM session WHERE seen_ms < ?1", [millis(before)])?)
    }
}

impl View<'_> {
    /// An account with its password hash.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn officer(&self, name: &str) -> Result<Option<(Officer, String)>, StoreError> {
        let row: Option<(String, String, String, String)> = self
            .0
            .prepare_cached("SELECT name, display, role, password FROM officer WHERE name = ?1")?
            .query_row([name], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })
            .optional()?;
        row.map(|(name, display, role, hash)| Ok((officer(name, display, &role)?, hash)))
            .transpose()
    }

    /// How many accounts there are.
    ///
    /// # Errors
    /// The database's.
    pub fn officer_count(&self) -> Result<u64, StoreError> {
        Ok(super::count(self.0.query_row(
            "SELECT count(*) FROM officer",
            [],
            |row| row.get(0),
        )?))
    }

    /// The session of a token.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn session(&self, token: &Digest) -> Result<Option<Session>, StoreError> {
        let row: Option<(String, String, String, String, i64)> = self
            .0
            .prepare_cached(
                "SELECT o.name, o.display, o.role, s.csrf, s.seen_ms FROM session s \
                 JOIN officer o ON o.name = s.officer WHERE s.token = ?1",
            )?
            .query_row([token.as_str()], |row| {
                Ok((
                    row.get(0)?,
                    row.get(1)?,
                    row.get(2)?,
                    row.get(3)?,
                    row.get(4)?,
                ))
            })
            .optional()?;
        row.map(|(name, display, role, csrf, seen_ms)| {
            Ok(Session {
                officer: officer(name, display, &role)?,
                csrf,
                seen_at: instant(seen_ms)?,
            })
        })
        .transpose()
    }
}

fn officer(name: String, display: String, role: &str) -> Result<Officer, StoreError> {
    let role = Role::from_word(role).ok_or_else(|| StoreError::Damaged {
        what: format!("officer {name}"),
        why: format!("unknown role {role}"),
    })?;
    Ok(Officer {
        name,
        display,
        role,
    })
}
