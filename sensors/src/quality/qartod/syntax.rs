//! Syntax test: raw lines of the right length.

use serde::{Deserialize, Serialize};

use super::Flag;

/// Fails lines that have not exactly `nchar` characters, bytes in hexadecimal, or fields.
///
/// ```
/// use hinan_sensors::quality::Flag::{Bad, Good};
/// use hinan_sensors::quality::qartod::{LengthType, Syntax};
/// let bytes = Syntax { nchar: 3, lentype: LengthType::Byte, delimiter: None };
/// assert_eq!(bytes.flags(&["0AEE61", "0AEE6"]), [Good, Bad]);
/// let fields = Syntax { nchar: 2, lentype: LengthType::Char, delimiter: Some(",".to_owned()) };
/// assert_eq!(fields.flags(&["data,string", "data"]), [Good, Bad]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Syntax {
    /// How many there must be.
    pub nchar: usize,
    /// How many of what.
    #[serde(default)]
    pub lentype: LengthType,
    /// If given, what stands between the fields, and fields are counted.
    #[serde(default)]
    pub delimiter: Option<String>,
}

/// What a line is counted in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LengthType {
    /// Characters.
    #[default]
    Char,
    /// Bytes, two hexadecimal characters each; an odd number of characters fails.
    Byte,
}

impl Syntax {
    /// One flag per line.
    #[must_use]
    pub fn flags(&self, lines: &[&str]) -> Vec<Flag> {
        let right = |line: &str| {
            let characters = line.chars().count();
            if self.lentype == LengthType::Byte && !characters.is_multiple_of(2) {
                return false;
            }
            let delimiter = self.delimiter.as_deref().filter(|text| !text.is_empty());
            let found = match (delimiter, self.lentype) {
                (Some(delimiter), _) => line.split(delimiter).count(),
                (None, LengthType::Char) => characters,
                (None, LengthType::Byte) => characters / 2,
            };
            found == self.nchar
        };
        let flag = |line: &&str| if right(line) { Flag::Good } else { Flag::Bad };
        lines.iter().map(flag).collect()
    }
}
