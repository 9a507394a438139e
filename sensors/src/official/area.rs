//! Areas of the agency's tables.

use serde::{Deserialize, Serialize};

use super::xml::{Element, cut};

/// 二次細分区域 (class20): the seven digits of a municipality or of a part of one. The first five are the municipality's
/// own code without its check digit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct AreaCode(u32);

impl AreaCode {
    /// Reads seven digits.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        if text.len() != 7 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        text.parse().ok().map(Self)
    }

    /// The municipality's five digits, without check digit: the same for all parts of one municipality.
    #[must_use]
    pub fn municipality(self) -> u32 {
        self.0 / 100
    }
}

impl std::fmt::Display for AreaCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:07}", self.0)
    }
}

impl From<AreaCode> for String {
    fn from(code: AreaCode) -> Self {
        code.to_string()
    }
}

impl TryFrom<String> for AreaCode {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::read(&text).ok_or_else(|| format!("area code {text:?}; accepted: seven digits"))
    }
}

/// An area of any table: name and code as sent.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Area {
    /// Its code in its own table; may be empty.
    pub code: String,
    /// Its name.
    pub name: String,
}

impl Area {
    pub(crate) fn of(element: &Element) -> Self {
        Self {
            code: cut(element.text_of("Code"), 40),
            name: cut(element.text_of("Name"), 80),
        }
    }
}
