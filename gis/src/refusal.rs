//! Why a town cannot be loaded, in words that say what to change.

use std::fmt::Display;

/// Why a town was refused. `part` is the file, and inside it the table or list with its position.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// A value breaks a rule.
    #[error("{part}: {key} is {value}; accepted: {accepted}")]
    Refused {
        /// File and place in it, such as `town.toml gauge[3]`.
        part: String,
        /// The key whose value was refused.
        key: String,
        /// The value as it was found.
        value: String,
        /// What would be accepted instead.
        accepted: String,
    },
    /// A file is not what it should be at all.
    #[error("{part} cannot be read as {format}: {why}")]
    Unreadable {
        /// The file.
        part: String,
        /// What it should have been.
        format: &'static str,
        /// What the reader said.
        why: String,
    },
    /// A file is larger than any town needs.
    #[error("{part} holds more than {max_bytes} bytes; accepted: at most {max_bytes} bytes")]
    TooLarge {
        /// The file.
        part: String,
        /// The limit.
        max_bytes: usize,
    },
}

impl LoadError {
    /// A file or a part of it that is not what it should be.
    pub(crate) fn unreadable(part: &str, format: &'static str, why: &dyn Display) -> Self {
        Self::Unreadable {
            part: part.to_owned(),
            format,
            why: shortened(&why.to_string()),
        }
    }

    /// The same refusal, said of a place inside a larger whole.
    pub(crate) fn within(mut self, whole: &str) -> Self {
        let (Self::Refused { part, .. }
        | Self::Unreadable { part, .. }
        | Self::TooLarge { part, .. }) = &mut self;
        *part = format!("{whole} {part}");
        self
    }

    /// A refusal with its four facts.
    pub(crate) fn refused(
        part: impl Into<String>,
        key: &str,
        value: impl Display,
        accepted: impl Into<String>,
    ) -> Self {
        Self::Refused {
            part: part.into(),
            key: key.to_owned(),
            value: shortened(&value.to_string()),
            accepted: accepted.into(),
        }
    }
}

/// A hostile value must not fill the log: 120 characters identify it well enough.
fn shortened(value: &str) -> String {
    const CHARACTERS_MAX: usize = 120;
    if value.chars().count() <= CHARACTERS_MAX {
        return value.to_owned();
    }
    let start: String = value.chars().take(CHARACTERS_MAX).collect();
    format!("{start}…")
}
