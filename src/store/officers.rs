//! Officers and their sessions. Passwords are kept as argon2id hashes, session tokens as digests.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};

use super::{StoreError, Tx, View, instant, millis};
use crate::approve::officer::{Officer, Role};
use crate::digest::Digest;

/// What somebody has shown at the sign-in of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// A password.
    Password,
    /// Nothing to us: the town's provider of single sign-on says who they are.
    ByProvider,
    /// A second factor, too.
    SecondFactor,
}

/// A session as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Whose.
    pub officer: Officer,
    /// What every form of this session carries.
    pub csrf: String,
    /// Real time of the sign-in.
    pub begun_at: Timestamp,
    /// Real time of the last click.
    pub seen_at: Timestamp,
    /// What was shown for it.
    pub shown: Shown,
}

/// Sessions of one officer that are shown to them.
const SESSIONS_SHOWN: u32 = 20;
/// Browsers remembered of one officer.
const BROWSERS_MAX: u32 = 20;

/// A second factor as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFactor {
    /// The shared secret, encrypted (`crate::vault`), hexadecimal.
    pub sealed_hex: String,
    /// The last time step whose code was used.
    pub last_step: i64,
}

impl Tx<'_> {
    /// Adds an account or replaces its office, role and password, which its officer chose.
    ///
    /// # Errors
    /// The database's.
    pub fn put_officer(&self, officer: &Officer, password_hash: &str) -> Result<(), StoreError> {
        self.put_account(officer, password_hash, "")
    }

    /// Adds an account or replaces its office, role and password, which `by` made and knows: until the officer has chosen
    /// one of their own, nothing can be let out with it.
    ///
    /// # Errors
    /// The database's.
    pub fn put_account(
        &self,
        officer: &Officer,
        password_hash: &str,
        by: &str,
    ) -> Result<(), StoreError> {
        self.0.execute(
            "INSERT INTO officer (name, display, role, password, password_by) VALUES (?1, ?2, ?3, ?4, ?5) \
             ON CONFLICT (name) DO UPDATE SET display = excluded.display, role = excluded.role, \
             password = excluded.password, password_by = excluded.password_by",
            params![
                officer.name,
                officer.display,
                officer.role.word(),
                password_hash,
                by
            ],
        )?;
        Ok(())
    }

    /// Gives an account another name, office or role; its password stays.
    ///
    /// # Errors
    /// The database's.
    pub fn put_office(&self, officer: &Officer) -> Result<(), StoreError> {
        self.0.execute(
            "UPDATE officer SET display = ?2, role = ?3 WHERE name = ?1",
            params![officer.name, officer.display, officer.role.word()],
        )?;
        Ok(())
    }

    /// Gives an account another password. `by` made it and knows it; empty when the officer chose it.
    ///
    /// # Errors
    /// The database's.
    pub fn put_password(
        &self,
        officer: &str,
        password_hash: &str,
        by: &str,
    ) -> Result<(), StoreError> {
        self.0.execute(
            "UPDATE officer SET password = ?2, password_by = ?3 WHERE name = ?1",
            params![officer, password_hash, by],
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
        shown: Shown,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.0.execute(
            "INSERT INTO session (token, officer, csrf, seen_ms, strong, by_provider, begun_ms) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?4)",
            params![
                token.as_str(),
                officer,
                csrf,
                millis(now),
                shown == Shown::SecondFactor,
                shown == Shown::ByProvider
            ],
        )?;
        Ok(())
    }

    /// Encrypts what an earlier version kept in the clear: the row is written anew. Says how many there were.
    ///
    /// # Errors
    /// The database's, or what `seal` cannot read.
    pub fn seal_clear_factors(
        &self,
        seal: impl Fn(&str, &str) -> Option<String>,
    ) -> Result<usize, StoreError> {
        let clear: Vec<(String, String)> = {
            let mut statement = self
                .0
                .prepare("SELECT officer, secret FROM second_factor WHERE length(secret) = 40")?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect::<Result<_, _>>()?
        };
        for (officer, secret) in &clear {
            let sealed = seal(officer, secret).ok_or_else(|| StoreError::Damaged {
                what: format!("the second factor of {officer}"),
                why: "it is not 40 hexadecimal digits".to_owned(),
            })?;
            self.0.execute(
                "UPDATE second_factor SET secret = ?2 WHERE officer = ?1",
                [officer, &sealed],
            )?;
        }
        Ok(clear.len())
    }

    /// Gives an account a second factor, or another one. Codes of steps up to `last_step` do not work any more.
    ///
    /// # Errors
    /// The database's.
    pub fn put_second_factor(
        &self,
        officer: &str,
        sealed_hex: &str,
        last_step: i64,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.happened(at);
        self.0
            .execute("DELETE FROM second_factor WHERE officer = ?1", [officer])?;
        self.0.execute(
            "INSERT INTO second_factor VALUES (?1, ?2, ?3, ?4)",
            params![officer, sealed_hex, last_step, millis(at)],
        )?;
        Ok(())
    }

    /// Takes an account's second factor away. Says whether there was one.
    ///
    /// # Errors
    /// The database's.
    pub fn drop_second_factor(&self, officer: &str) -> Result<bool, StoreError> {
        Ok(self
            .0
            .execute("DELETE FROM second_factor WHERE officer = ?1", [officer])?
            == 1)
    }

    /// Uses up the codes of all steps up to this one. Says whether it was still unused: a code works once.
    ///
    /// # Errors
    /// The database's.
    pub fn use_step(&self, officer: &str, step: i64) -> Result<bool, StoreError> {
        Ok(self.0.execute(
            "UPDATE second_factor SET last_step = ?2 WHERE officer = ?1 AND last_step < ?2",
            params![officer, step],
        )? == 1)
    }

    /// Remembers a browser that an officer signed in with; of one officer's, the newest `BROWSERS_MAX`.
    ///
    /// # Errors
    /// The database's.
    pub fn put_browser(
        &self,
        token: &Digest,
        officer: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.0.execute(
            "INSERT INTO known_browser VALUES (?1, ?2, ?3) ON CONFLICT (token) DO UPDATE SET seen_ms = excluded.seen_ms",
            params![token.as_str(), officer, millis(now)],
        )?;
        self.0.execute(
            "DELETE FROM known_browser WHERE officer = ?1 AND token NOT IN \
             (SELECT token FROM known_browser WHERE officer = ?1 ORDER BY seen_ms DESC, token LIMIT ?2)",
            params![officer, BROWSERS_MAX],
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

    /// Ends all sessions of an account but one. Says how many.
    ///
    /// # Errors
    /// The database's.
    pub fn end_other_sessions(&self, officer: &str, but: &Digest) -> Result<usize, StoreError> {
        Ok(self.0.execute(
            "DELETE FROM session WHERE officer = ?1 AND token <> ?2",
            [officer, but.as_str()],
        )?)
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
        row.map(|(name, display, role, hash)| Ok((officer(name, display, &role, false)?, hash)))
            .transpose()
    }

    /// Who made the password of an account and knows it; none when its officer chose it, or there is no such account.
    ///
    /// # Errors
    /// The database's.
    pub fn password_by(&self, name: &str) -> Result<Option<String>, StoreError> {
        let by: Option<String> = self
            .0
            .prepare_cached("SELECT password_by FROM officer WHERE name = ?1")?
            .query_row([name], |row| row.get(0))
            .optional()?;
        Ok(by.filter(|by| !by.is_empty()))
    }

    /// All accounts, by name, and whether each has a second factor.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn officers(&self) -> Result<Vec<(Officer, bool)>, StoreError> {
        let mut statement = self.0.prepare_cached(
            "SELECT o.name, o.display, o.role, f.officer IS NOT NULL OR EXISTS (SELECT 1 FROM passkey p WHERE \
             p.officer = o.name) FROM officer o LEFT JOIN second_factor f ON f.officer = o.name ORDER BY o.name",
        )?;
        let rows = statement.query_map([], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, String>(2)?,
                row.get::<_, bool>(3)?,
            ))
        })?;
        rows.map(|row| {
            let (name, display, role, factor) = row?;
            Ok((officer(name, display, &role, false)?, factor))
        })
        .collect()
    }

    /// The second factor of an account, if it has one.
    ///
    /// # Errors
    /// The database's.
    pub fn second_factor(&self, officer: &str) -> Result<Option<StoredFactor>, StoreError> {
        Ok(self
            .0
            .prepare_cached("SELECT secret, last_step FROM second_factor WHERE officer = ?1")?
            .query_row([officer], |row| {
                Ok(StoredFactor {
                    sealed_hex: row.get(0)?,
                    last_step: row.get(1)?,
                })
            })
            .optional()?)
    }

    /// Accounts with an encrypted second factor, and that as it is stored.
    ///
    /// # Errors
    /// The database's.
    pub fn sealed_factors(&self) -> Result<Vec<(String, String)>, StoreError> {
        let mut statement = self.0.prepare_cached(
            "SELECT officer, secret FROM second_factor WHERE length(secret) = 96 ORDER BY officer",
        )?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Whether this officer has signed in with this browser before.
    ///
    /// # Errors
    /// The database's.
    pub fn knows_browser(&self, token: &Digest, officer: &str) -> Result<bool, StoreError> {
        let found: Option<i64> = self
            .0
            .prepare_cached("SELECT 1 FROM known_browser WHERE token = ?1 AND officer = ?2")?
            .query_row([token.as_str(), officer], |row| row.get(0))
            .optional()?;
        Ok(found.is_some())
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
        self.0
            .prepare_cached(&format!("{SESSION} WHERE s.token = ?1"))?
            .query_row([token.as_str()], raw)
            .optional()?
            .map(|row| Ok(session(row)?.1))
            .transpose()
    }

    /// Sessions of an account with their tokens' digests, newest click first, with those that have ended while they are remembered;
    /// at most 20.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn sessions_of(&self, name: &str) -> Result<Vec<(Digest, Session)>, StoreError> {
        let newest =
            format!("{SESSION} WHERE s.officer = ?1 ORDER BY s.seen_ms DESC, s.token LIMIT ?2");
        let mut statement = self.0.prepare_cached(&newest)?;
        let rows = statement.query_map(params![name, SESSIONS_SHOWN], raw)?;
        rows.map(|row| session(row?)).collect()
    }
}

const SESSION: &str = "SELECT o.name, o.display, o.role, s.csrf, s.seen_ms, s.strong, s.by_provider, s.begun_ms, s.token \
     FROM session s JOIN officer o ON o.name = s.officer";

type Raw = (String, String, String, String, i64, bool, bool, i64, String);

fn raw(row: &rusqlite::Row<'_>) -> rusqlite::Result<Raw> {
    Ok((
        row.get(0)?,
        row.get(1)?,
        row.get(2)?,
        row.get(3)?,
        row.get(4)?,
        row.get(5)?,
        row.get(6)?,
        row.get(7)?,
        row.get(8)?,
    ))
}

fn session(row: Raw) -> Result<(Digest, Session), StoreError> {
    let (name, display, role, csrf, seen_ms, strong, by_provider, begun_ms, token) = row;
    let token = Digest::try_from(token).map_err(|why| StoreError::Damaged {
        what: format!("a session of {name}"),
        why,
    })?;
    let session = Session {
        officer: officer(name, display, &role, strong)?,
        csrf,
        begun_at: instant(begun_ms)?,
        seen_at: instant(seen_ms)?,
        shown: match (strong, by_provider) {
            (true, _) => Shown::SecondFactor,
            (false, true) => Shown::ByProvider,
            (false, false) => Shown::Password,
        },
    };
    Ok((token, session))
}

fn officer(
    name: String,
    display: String,
    role: &str,
    second_factor: bool,
) -> Result<Officer, StoreError> {
    let role = Role::from_word(role).ok_or_else(|| StoreError::Damaged {
        what: format!("officer {name}"),
        why: format!("unknown role {role}"),
    })?;
    Ok(Officer {
        name,
        display,
        role,
        second_factor,
    })
}
