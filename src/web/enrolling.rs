//! Secrets that were shown and not yet confirmed by a code. They are nowhere but here, and not for long.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::second_factor::Secret;

/// Officers who may be at it at the same time; the first of the alphabet gives way to one more.
const MAX: usize = 256;

/// By account.
#[derive(Default)]
pub(super) struct Enrolling(Mutex<BTreeMap<String, Secret>>);

impl Enrolling {
    pub(super) fn put(&self, account: &str, secret: Secret) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MAX && !all.contains_key(account) {
            all.pop_first();
        }
        all.insert(account.to_owned(), secret);
    }

    pub(super) fn get(&self, account: &str) -> Option<Secret> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(account).cloned()
    }

    pub(super) fn forget(&self, account: &str) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(account);
    }
}
