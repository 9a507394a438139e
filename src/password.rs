//! Passwords, kept as argon2id hashes. A wrong name costs as much time as a wrong password.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use thiserror::Error;

/// Shortest password accepted, characters.
pub const MIN_CHARS: usize = 12;
/// Longest password accepted, bytes: hashing has a price.
pub const MAX_BYTES: usize = 256;

/// A hash that no password is known for.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGlzIGhlcmU$QzH1rXqz0mJmP3yq9cYH8m0yWQ8S4l4b1Gv9m3o7k5E";

/// Why a password is not accepted as a new one.
#[derive(Debug, Error)]
pub enum Unacceptable {
    /// Too short or too long.
    #[error("a password must have {MIN_CHARS} characters or more and {MAX_BYTES} bytes or less")]
    Length,
    /// The hash function refused.
    #[error("the password cannot be hashed: {0}")]
    Hash(String),
}

/// Hashes a new password.
///
/// # Errors
/// [`Unacceptable`]
pub fn hash(password: &str) -> Result<String, Unacceptable> {
    if password.chars().count() < MIN_CHARS || password.len() > MAX_BYTES {
        return Err(Unacceptable::Length);
    }
    let hash: PasswordHash = Argon2::default()
        .hash_password(password.as_bytes())
        .map_err(|e| Unacceptable::Hash(e.to_string()))?;
    Ok(hash.to_string())
}

/// Whether the password is the one of this hash. `None` stands for an unknown account: the same work is done.
#[must_use]
pub fn matches(password: &str, stored: Option<&str>) -> bool {
    if password.len() > MAX_BYTES {
        return false;
    }
    let Ok(hash) = PasswordHash::new(stored.unwrap_or(NOBODY)) else {
        return false;
    };
    Argon2::default()
        .verify_password(password.as_bytes(), &hash)
        .is_ok()
        && stored.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_opens_only_its_own_account() {
        let hash = hash("correct horse battery").expect("acceptable");
        assert!(matches("correct horse battery", Some(&hash)));
        assert!(!matches("correct horse batterz", Some(&hash)));
        assert!(!matches("correct horse battery", None));
    }

    #[test]
    fn long_passwords_are_taken_whole() {
        let long = "河".repeat(80) + "川";
        let hash = hash(&long).expect("243 bytes are acceptable");
        assert!(matches(&long, Some(&hash)));
        assert!(!matches(&"河".repeat(81), Some(&hash)), "the end counts");
        assert!(super::hash(&"a".repeat(257)).is_err());
    }

    #[test]
    fn the_hash_of_nobody_is_well_formed_so_that_unknown_names_cost_the_same() {
        assert!(!matches("", None));
        assert!(PasswordHash::new(NOBODY).is_ok());
    }

    #[test]
    fn short_passwords_are_refused_with_the_rule() {
        assert!(
            hash("short")
                .expect_err("too short")
                .to_string()
                .contains("12 characters")
        );
    }
}
