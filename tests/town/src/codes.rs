//! Authenticator apps: each officer's codes, each used once.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use hinan::clock::wall;
use hinan::second_factor::{Secret, step_at};

use crate::eventually;

/// The secrets of a town's officers, and the last step each has used.
#[derive(Default)]
pub struct Codes(Mutex<BTreeMap<String, (Secret, i64)>>);

impl Codes {
    /// Takes a secret from what the program printed when it made it.
    pub(crate) fn learn(&self, name: &str, said: &str) {
        let (_, rest) = said
            .split_once("secret=")
            .unwrap_or_else(|| panic!("a secret is printed for {name}: {said}"));
        let text = rest.split('&').next().unwrap_or_default();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(name.to_owned(), (secret_of(text), 0));
    }

    /// The next code of this officer that was not used yet; empty for one without a second factor.
    pub async fn next(&self, name: &str) -> String {
        eventually(&format!("an unused code of {name}"), || async move {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let Some((secret, last)) = all.get_mut(name) else {
                return Some(String::new());
            };
            let now = step_at(wall().as_second());
            let step = (*last + 1).max(now);
            (step <= now + 1).then(|| {
                *last = step;
                secret.code(step)
            })
        })
        .await
    }
}

/// The secret that a person typed into their app.
#[must_use]
pub fn secret_of(text: &str) -> Secret {
    let mut bits = Vec::new();
    for sign in text.bytes() {
        let value = match sign {
            b'A'..=b'Z' => sign - b'A',
            b'2'..=b'7' => sign - b'2' + 26,
            _ => panic!("{text} is not base 32"),
        };
        bits.extend((0..5).rev().map(|place| value >> place & 1));
    }
    let bytes: Vec<u8> = bits
        .chunks_exact(8)
        .map(|eight| eight.iter().fold(0, |byte, bit| byte << 1 | bit))
        .collect();
    Secret::new(bytes.try_into().expect("a secret has 20 bytes"))
}
