//! Why a file cannot be imported at all. What is wrong with single features stands in the report instead.

use std::fmt::Display;

use crate::crs::CrsError;

/// Why a file was refused as a whole.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// It is not what it should be, or was cut.
    #[error("{file}: {format}として読めません cannot be read as {format}: {why}")]
    Unreadable {
        /// The file.
        file: String,
        /// What it should have been.
        format: &'static str,
        /// What the reader found, and where.
        why: String,
    },
    /// It holds more than any town's file.
    #[error("{file}: {what}が多すぎます holds too much; accepted: at most {max} {what}")]
    TooLarge {
        /// The file.
        file: String,
        /// Of what: bytes, features, points, levels.
        what: &'static str,
        /// The limit.
        max: u64,
    },
    /// It does not say its coordinate system, and nobody else did.
    #[error(
        "{file}: 座標系が書かれていません。--crs（例 EPSG:6668, EPSG:6677）で指定してください \
         / states no coordinate system; give it with --crs, such as EPSG:6668 or EPSG:6677{hint}"
    )]
    NeedsCrs {
        /// The file.
        file: String,
        /// What may help.
        hint: String,
    },
    /// Its coordinate system is not one of ours.
    #[error("{file}: {why}")]
    Crs {
        /// The file.
        file: String,
        /// What is accepted.
        why: CrsError,
    },
    /// Its numbers cannot be what they are said to be.
    #[error("{file}: {why}")]
    WrongPlace {
        /// The file.
        file: String,
        /// What was found and what would be accepted.
        why: String,
    },
    /// A setting or a column does not fit the file.
    #[error("{file}: {key} is {value}; accepted: {accepted}")]
    Refused {
        /// The file.
        file: String,
        /// Which setting or column.
        key: String,
        /// What it is.
        value: String,
        /// What would be accepted instead.
        accepted: String,
    },
}

/// Makes refusals of one file.
#[derive(Clone, Copy)]
pub(crate) struct Refuse<'a>(pub(crate) &'a str);

impl Refuse<'_> {
    pub(crate) fn unreadable(self, format: &'static str, why: impl Display) -> ImportError {
        ImportError::Unreadable {
            file: self.0.to_owned(),
            format,
            why: shortened(&why.to_string()),
        }
    }

    pub(crate) fn too_large(self, what: &'static str, max: u64) -> ImportError {
        ImportError::TooLarge {
            file: self.0.to_owned(),
            what,
            max,
        }
    }

    pub(crate) fn refused(
        self,
        key: &str,
        value: impl Display,
        accepted: impl Display,
    ) -> ImportError {
        ImportError::Refused {
            file: self.0.to_owned(),
            key: key.to_owned(),
            value: shortened(&value.to_string()),
            accepted: accepted.to_string(),
        }
    }

    pub(crate) fn wrong_place(self, why: String) -> ImportError {
        ImportError::WrongPlace {
            file: self.0.to_owned(),
            why,
        }
    }
}

/// A hostile value must not fill the screen.
pub(crate) fn shortened(value: &str) -> String {
    const CHARACTERS_MAX: usize = 200;
    if value.chars().count() <= CHARACTERS_MAX {
        return value.to_owned();
    }
    let start: String = value.chars().take(CHARACTERS_MAX).collect();
    format!("{start}…")
}
