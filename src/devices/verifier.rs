//! Secrets of devices, kept so that they can be recognised but not told.
//!
//! A device's secret is 256 bits of chance, made here and shown once. Nobody guesses it, so that a slow hash such as
//! argon2id would protect nothing and only stand in the way when a thousand devices come back at once after a
//! restart. What is kept is the form of mosquitto's own password files, PBKDF2 with HMAC-SHA-512: one fast salted
//! hash serves our door, mosquitto and EMQX alike.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sha2::Sha512;

use crate::chance;

/// As mosquitto's own `mosquitto_passwd` does it.
const ITERATIONS: u32 = 101;
/// Of the derived key.
const BYTES: usize = 64;

/// Recognises one secret. Reads `$7$ITERATIONS$SALT$KEY`, salt and key in base64.
#[derive(Clone, PartialEq, Eq)]
pub struct Verifier(String);

impl Verifier {
    /// Makes a new secret and what recognises it. The secret is text of 43 characters.
    #[must_use]
    pub fn fresh() -> (String, Self) {
        let secret = URL_SAFE_NO_PAD.encode(chance::bytes::<32>());
        let verifier = Self::of(&secret);
        (secret, verifier)
    }

    /// What recognises `secret`.
    #[must_use]
    pub fn of(secret: &str) -> Self {
        // Text, because EMQX takes its salts as text; twelve bytes, as mosquitto writes them.
        let salt = URL_SAFE_NO_PAD.encode(chance::bytes::<9>());
        let key = derive(secret.as_bytes(), salt.as_bytes());
        Self(format!(
            "$7${ITERATIONS}${}${}",
            STANDARD.encode(salt),
            STANDARD.encode(key)
        ))
    }

    /// The verifier that was stored as this text.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(text: String) -> Result<Self, String> {
        let verifier = Self(text);
        match verifier.parts() {
            Some(_) => Ok(verifier),
            None => Err(format!("not of the form $7${ITERATIONS}$SALT$KEY")),
        }
    }

    /// Whether `secret` is the one.
    #[must_use]
    pub fn matches(&self, secret: &[u8]) -> bool {
        self.parts()
            .is_some_and(|(salt, key)| same(&derive(secret, &salt), &key))
    }

    /// As a line of mosquitto's password file has it, behind the user name.
    #[must_use]
    pub fn mosquitto(&self) -> &str {
        &self.0
    }

    /// Key in hexadecimal and salt as text, as EMQX imports them.
    #[must_use]
    pub fn emqx(&self) -> Option<(String, String)> {
        let (salt, key) = self.parts()?;
        Some((hex::encode(key), String::from_utf8(salt).ok()?))
    }

    fn parts(&self) -> Option<(Vec<u8>, Vec<u8>)> {
        let (salt, key) = self
            .0
            .strip_prefix("$7$101$")
            .and_then(|rest| rest.split_once('$'))?;
        let (salt, key) = (STANDARD.decode(salt).ok()?, STANDARD.decode(key).ok()?);
        (key.len() == BYTES).then_some((salt, key))
    }
}

fn derive(secret: &[u8], salt: &[u8]) -> [u8; BYTES] {
    pbkdf2::pbkdf2_hmac_array::<Sha512, BYTES>(secret, salt, ITERATIONS)
}

/// Compares without telling by its duration how much was right.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differs, (x, y)| differs | (x ^ y)) == 0
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Verifier(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_recognised_and_no_other() {
        let (secret, verifier) = Verifier::fresh();
        assert_eq!(secret.len(), 43);
        assert!(verifier.matches(secret.as_bytes()));
        assert!(!verifier.matches(b""));
        assert!(!verifier.matches(&secret.as_bytes()[1..]));
        let (other, _) = Verifier::fresh();
        assert!(!verifier.matches(other.as_bytes()));
        assert_ne!(Verifier::of(&secret), Verifier::of(&secret), "salted");
    }

    #[test]
    fn what_mosquitto_s_own_program_wrote_is_recognised() {
        // mosquitto_passwd 2.0.11 made this line for the password "river".
        let line = MADE_BY_MOSQUITTO_PASSWD;
        let verifier = Verifier::read(line.to_owned()).expect("its own form");
        assert!(verifier.matches(b"river"));
        assert!(!verifier.matches(b"River"));
    }

    const MADE_BY_MOSQUITTO_PASSWD: &str = "$7$101$k8jhbm0eFmDwSrp2$UxccLZR/5QyibSHFkVGWLTCs6nYwB0/UEqAfQhztzxNRNH6cXWrZq2YbgdX/5OtslfwLAsHg8PJtP9KOHmdAQg==";

    #[test]
    fn a_damaged_verifier_is_refused_and_never_shown() {
        for text in ["", "$7$101$", "$7$101$c2FsdA==$a2V5", "$6$x$y"] {
            assert!(Verifier::read(text.to_owned()).is_err(), "{text}");
        }
        assert_eq!(format!("{:?}", Verifier::of("x")), "Verifier(…)");
    }
}
