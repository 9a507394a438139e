//! Chance, at one place: identifiers, tokens and one-time passwords.

use rand::TryRng as _;
use rand::rngs::SysRng;

/// Fills `N` bytes from the system's random source.
///
/// # Panics
/// When the system has no randomness to give; nothing safe can be done without it.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where chance enters"
)]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SysRng
        .try_fill_bytes(&mut bytes)
        .expect("the system gives random bytes");
    bytes
}

/// A secret of 256 bits as text.
#[must_use]
pub fn token() -> String {
    hex::encode(bytes::<32>())
}

/// A unique number for identifiers, from 122 bits of chance; no clock is in it.
#[must_use]
pub fn unique() -> uuid::Uuid {
    uuid::Builder::from_random_bytes(bytes()).into_uuid()
}

/// A one-time password that can be read aloud: three groups of four letters and digits (60 bits).
#[must_use]
pub fn spoken_password() -> String {
    // 32 signs that are not mistaken for one another.
    const SIGNS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let signs: Vec<char> = bytes::<12>()
        .iter()
        .map(|b| char::from(SIGNS[usize::from(b % 32)]))
        .collect();
    signs
        .chunks(4)
        .map(|group| group.iter().collect::<String>())
        .collect::<Vec<_>>()
        .join("-")
}

/// The system's random source, as libraries of cryptography want it.
#[must_use]
pub fn source() -> &'static dyn ring::rand::SecureRandom {
    static SOURCE: std::sync::LazyLock<ring::rand::SystemRandom> =
        std::sync::LazyLock::new(ring::rand::SystemRandom::new);
    &*SOURCE
}
