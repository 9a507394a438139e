//! What an officer had typed when their session ended: kept until they sign in again and open the same page.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::posted::Fields;

/// Officers whose last form is kept; the first of the alphabet gives way to one more.
const MAX: usize = 256;

/// By account: the address of the form and what was in it. One form each.
#[derive(Default)]
pub(super) struct Kept(Mutex<BTreeMap<String, (String, Fields)>>);

impl Kept {
    pub(super) fn put(&self, account: &str, path: &str, fields: Fields) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MAX && !all.contains_key(account) {
            all.pop_first();
        }
        all.insert(account.to_owned(), (path.to_owned(), fields));
    }

    /// Hands out what was typed on this page, once.
    pub(super) fn take(&self, account: &str, path: &str) -> Option<Fields> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.get(account)?.0 != path {
            return None;
        }
        all.remove(account).map(|(_, fields)| fields)
    }
}
