//! The particulars (記録の詳細) of an entry of the audit, read. A word or a figure that is not there is an error, so that nobody makes
//! an empty one of it: whoever tells of the entry says that it cannot be read.

use serde_json::Value;

use super::StoreError;
use super::audit::Entry;

/// What is said where the particulars of an entry cannot be read.
pub(crate) const UNREADABLE: &str = "記録の詳細を読めません";
/// See [`UNREADABLE`].
pub(crate) const UNREADABLE_EN: &str = "the detail of this entry cannot be read";

/// Those of one entry.
pub(crate) struct Particulars {
    seq: i64,
    /// All of them, for what an entry may leave out.
    pub(crate) all: Value,
}

impl Entry {
    /// What the entry says beside who, what and when.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when it is no JSON.
    pub(crate) fn particulars(&self) -> Result<Particulars, StoreError> {
        match serde_json::from_str(&self.detail) {
            Ok(all) => Ok(Particulars { seq: self.seq, all }),
            Err(error) => Err(damaged(self.seq, error.to_string())),
        }
    }
}

impl Particulars {
    /// A word that the entry must say.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when it does not.
    pub(crate) fn word(&self, key: &str) -> Result<&str, StoreError> {
        self.all[key].as_str().ok_or_else(|| self.lacks(key))
    }

    /// A figure that the entry must say, as it is written.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when it does not.
    pub(crate) fn figure(&self, key: &str) -> Result<String, StoreError> {
        match &self.all[key] {
            Value::Number(figure) => Ok(figure.to_string()),
            _ => Err(self.lacks(key)),
        }
    }

    /// How many are in a list, or have a name, that the entry must say.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when it does not.
    pub(crate) fn how_many(&self, key: &str) -> Result<usize, StoreError> {
        match &self.all[key] {
            Value::Array(all) => Ok(all.len()),
            Value::Object(all) => Ok(all.len()),
            _ => Err(self.lacks(key)),
        }
    }

    fn lacks(&self, key: &str) -> StoreError {
        damaged(self.seq, format!("it does not say its {key}"))
    }
}

fn damaged(seq: i64, why: String) -> StoreError {
    StoreError::Damaged {
        what: format!("audit entry {seq}"),
        why,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(detail: &str) -> Entry {
        Entry {
            seq: 7,
            ..Entry::example("sessions_ended", detail)
        }
    }

    #[test]
    fn what_is_not_there_is_damage_and_no_empty_word_or_figure() {
        let said = entry(r#"{"count":2,"passkey":"鍵","files":{"a":1},"units":[]}"#);
        let said = said.particulars().expect("it is JSON");
        assert_eq!(said.word("passkey").expect("a word"), "鍵");
        assert_eq!(said.figure("count").expect("a figure"), "2");
        assert_eq!(said.how_many("files").expect("files"), 1);
        assert_eq!(said.how_many("units").expect("a list"), 0);
        assert!(said.word("count").is_err() && said.word("channel").is_err());
        assert!(said.figure("passkey").is_err() && said.figure("minutes").is_err());
        assert!(said.how_many("count").is_err());
        for damaged in ["", "{", "null", "[]", "3"] {
            let entry = entry(damaged);
            let found = entry
                .particulars()
                .and_then(|said| said.figure("count"))
                .expect_err("there is no count");
            let found = found.to_string();
            assert!(found.contains("audit entry 7"), "{damaged}: {found}");
        }
    }
}
