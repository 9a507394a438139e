//! Passwords, kept as argon2id hashes. A wrong name costs as much time as a wrong password.
//!
//! A new one must be long, and not among those that breaches have made known: the library's list of the 30,000 most common ones
//! is in the program, with names, words, rows of keys, dates and the usual disguises of all of them. Nothing is asked of a network, so
//! a rare password that was stolen elsewhere is not recognised.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use thiserror::Error;

/// Shortest password accepted, characters.
pub const MIN_CHARS: usize = 12;
/// Longest password accepted, bytes: hashing has a price.
pub const MAX_BYTES: usize = 256;

/// Fewest tries, as a power of ten, that a guesser who knows all that needs for a new password. At a hundred tries an hour, which
/// is what the door lets through, that is a century.
const GUESSES_MIN_LOG10: f64 = 8.0;
/// Words that a guesser tries first in a town hall.
const OURS: [&str; 10] = [
    "hinan",
    "bosai",
    "saigai",
    "kikikanri",
    "yakuba",
    "shiyakusho",
    "soumu",
    "somu",
    "taisaku",
    "kouzui",
];

/// A hash that no password is known for.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGlzIGhlcmU$QzH1rXqz0mJmP3yq9cYH8m0yWQ8S4l4b1Gv9m3o7k5E";

/// Why a password is not accepted as a new one.
#[derive(Debug, Error)]
pub enum Unacceptable {
    /// Too short or too long.
    #[error(
        "パスワードは{MIN_CHARS}文字以上、{MAX_BYTES}バイトまでです / a password must have {MIN_CHARS} characters or more and {MAX_BYTES} \
         bytes or less"
    )]
    Length,
    /// Known from breaches, or easily guessed.
    #[error(
        "よく使われる、または推測されやすいパスワードです。関係のない言葉をいくつか並べてください / this password is common or easily \
         guessed; put a few unrelated words together"
    )]
    Guessable,
    /// The hash function refused.
    #[error("the password cannot be hashed: {0}")]
    Hash(String),
}

/// Hashes a new password.
///
/// # Errors
/// [`Unacceptable`]
pub fn hash(password: &str) -> Result<String, Unacceptable> {
    if !strength(password)?.is_enough {
        return Err(Unacceptable::Guessable);
    }
    let hash: PasswordHash = Argon2::default()
        .hash_password(password.as_bytes())
        .map_err(|e| Unacceptable::Hash(e.to_string()))?;
    Ok(hash.to_string())
}

/// How strong a new password would be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Strength {
    /// Tries that a guesser who knows words, names, dates and what breaches made known needs, as a power of ten.
    pub tries_log10: f64,
    /// Whether it is taken.
    pub is_enough: bool,
}

/// Measures a password that somebody thinks of taking. Nothing is kept of it.
///
/// # Errors
/// [`Unacceptable::Length`]: what is not as long as the rule says is not measured.
pub fn strength(password: &str) -> Result<Strength, Unacceptable> {
    if password.chars().count() < MIN_CHARS || password.len() > MAX_BYTES {
        return Err(Unacceptable::Length);
    }
    let tries_log10 = zxcvbn::zxcvbn(password, &OURS).guesses_log10();
    Ok(Strength {
        tries_log10,
        is_enough: tries_log10 >= GUESSES_MIN_LOG10,
    })
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
        let words = "十勝川の水位は朝から上がり続けている".repeat(4);
        let (long, other) = (format!("{words}川"), format!("{words}河"));
        let hash = hash(&long).expect("219 bytes are acceptable");
        assert!(matches(&long, Some(&hash)));
        assert!(!matches(&other, Some(&hash)), "the end counts");
        assert!(matches!(
            super::hash(&"a".repeat(257)),
            Err(Unacceptable::Length)
        ));
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

    #[test]
    fn what_breaches_made_known_is_refused_and_words_that_do_not_belong_together_are_taken() {
        for known in [
            "password1234",
            "123456789012",
            "qwertyuiop12",
            "administrator",
            "P@ssw0rd2024!",
            "Passw0rd!Passw0rd!",
            "abcdabcdabcd",
            "aaaaaaaaaaaaaaaa",
            "tanaka1234567",
            "hinan-hinan-1",
        ] {
            let refused = hash(known);
            assert!(matches!(refused, Err(Unacceptable::Guessable)), "{known}");
        }
        let tries = |password| strength(password).expect("long enough").tries_log10;
        assert!(tries("川べりの猫が傘をさす月曜") > tries("password1234") + 5.0);
        for good in [
            "correct horse battery",
            "川べりの猫が傘をさす月曜",
            "k7mp-q2x9-ab3d",
        ] {
            assert!(hash(good).is_ok(), "{good}");
        }
        // What the service makes up is always taken.
        for _ in 0..20 {
            assert!(hash(&crate::chance::spoken_password()).is_ok());
        }
    }
}
