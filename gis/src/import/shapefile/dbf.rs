//! The fields of a Shapefile, dBASE III.

use std::rc::Rc;

use crate::import::raw::Value;
use crate::import::settings::TextEncoding;
use crate::import::text::strict;

const COLUMNS_MAX: usize = 2_000;

/// A table of rows of fixed length.
pub(super) struct Table<'a> {
    rows: u32,
    row_length: usize,
    columns: Vec<Column<'a>>,
    body: &'a [u8],
}

struct Column<'a> {
    name: &'a [u8],
    kind: u8,
    start: usize,
    length: usize,
}

/// One row.
pub(super) struct Row {
    pub(super) is_deleted: bool,
    pub(super) values: Vec<Value>,
    /// Values that end in the middle of a character.
    pub(super) cut: u32,
}

impl<'a> Table<'a> {
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, String> {
        let head = bytes.get(..32).ok_or("its head of 32 bytes is cut")?;
        let rows = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
        let head_length = usize::from(u16::from_le_bytes([head[8], head[9]]));
        let row_length = usize::from(u16::from_le_bytes([head[10], head[11]]));
        let descriptions = bytes
            .get(32..head_length)
            .ok_or("its column descriptions are cut")?;
        let mut columns = Vec::new();
        let mut start = 1;
        for description in descriptions.chunks_exact(32).take_while(|d| d[0] != 0x0d) {
            if columns.len() >= COLUMNS_MAX {
                return Err(format!("more than {COLUMNS_MAX} columns"));
            }
            let name = &description[..11];
            let end = name.iter().position(|b| *b == 0).unwrap_or(name.len());
            let length = usize::from(description[16]);
            columns.push(Column {
                name: &name[..end],
                kind: description[11],
                start,
                length,
            });
            start += length;
        }
        if columns.is_empty() || start > row_length {
            return Err(format!(
                "its columns need {start} bytes, a row has {row_length}"
            ));
        }
        let body = &bytes[head_length..];
        let needed = u64::from(rows) * row_length as u64;
        if needed > body.len() as u64 {
            return Err(format!(
                "it says {rows} rows of {row_length} bytes, there are {} bytes: the file was cut",
                body.len()
            ));
        }
        Ok(Self {
            rows,
            row_length,
            columns,
            body,
        })
    }

    pub(super) fn rows(&self) -> u32 {
        self.rows
    }

    pub(super) fn names(&self, encoding: TextEncoding) -> Result<Vec<Rc<str>>, String> {
        self.columns
            .iter()
            .map(|column| {
                let (name, _) = read(column.name, encoding)
                    .ok_or_else(|| format!("a column name is not {}", encoding.name()))?;
                Ok(Rc::from(name.trim()))
            })
            .collect()
    }

    /// All texts, each without what may be cut at its end.
    pub(super) fn texts(&self) -> impl Iterator<Item = &'a [u8]> + '_ {
        let names = self.columns.iter().map(|column| column.name);
        let texts = self.columns.iter().filter(|column| column.kind == b'C');
        let values = texts.flat_map(move |column| {
            (0..self.rows).filter_map(move |row| self.bytes(row, column).map(whole_characters))
        });
        names.chain(values)
    }

    /// The row with this number, counted from 0; nothing behind the last one.
    pub(super) fn row(&self, row: u32, encoding: TextEncoding) -> Result<Option<Row>, String> {
        if row >= self.rows {
            return Ok(None);
        }
        let mark = self.body.get(row as usize * self.row_length);
        let mut cut = 0;
        let mut values = Vec::with_capacity(self.columns.len());
        for column in &self.columns {
            let bytes = self.bytes(row, column).unwrap_or_default();
            values.push(value(bytes, column.kind, encoding, &mut cut).ok_or_else(|| {
                let name = String::from_utf8_lossy(column.name).into_owned();
                format!(
                    "row {}, column {name}: the text is not {}; accepted: --encoding as it really is",
                    row + 1,
                    encoding.name()
                )
            })?);
        }
        Ok(Some(Row {
            is_deleted: mark == Some(&b'*'),
            values,
            cut,
        }))
    }

    fn bytes(&self, row: u32, column: &Column) -> Option<&'a [u8]> {
        let start = row as usize * self.row_length + column.start;
        self.body.get(start..start + column.length)
    }
}

fn value(bytes: &[u8], kind: u8, encoding: TextEncoding, cut: &mut u32) -> Option<Value> {
    let (text, was_cut) = read(bytes, encoding)?;
    *cut += u32::from(was_cut);
    let text = text.trim_matches(|c: char| c.is_ascii_whitespace() || c == '\0');
    Some(match kind {
        _ if text.is_empty() || text.bytes().all(|b| b == b'*') => Value::Nothing,
        b'N' | b'F' => match (text.parse::<i64>(), text.parse::<f64>()) {
            (Ok(whole), _) => Value::Whole(whole),
            (_, Ok(number)) if number.is_finite() => Value::Number(number),
            _ => Value::Text(text.to_owned()),
        },
        b'L' => match text {
            "T" | "t" | "Y" | "y" => Value::Flag(true),
            "F" | "f" | "N" | "n" => Value::Flag(false),
            _ => Value::Nothing,
        },
        _ => Value::Text(text.to_owned()),
    })
}

/// The text, and whether a cut character was left out at its end.
fn read(bytes: &[u8], encoding: TextEncoding) -> Option<(String, bool)> {
    let used = trimmed(bytes);
    if let Some(text) = strict(used, encoding) {
        return Some((text.into_owned(), false));
    }
    // Only a field that is full to its last byte can have been cut.
    let is_full = used.len() == bytes.len();
    (1..=3)
        .filter(|_| is_full)
        .find_map(|less| strict(used.get(..used.len().checked_sub(less)?)?, encoding))
        .map(|text| (text.into_owned(), true))
}

fn trimmed(bytes: &[u8]) -> &[u8] {
    let end = bytes
        .iter()
        .rposition(|b| *b != b' ' && *b != 0)
        .map_or(0, |at| at + 1);
    &bytes[..end]
}

/// A field without a last character that may be cut: for recognising an encoding, the rest is enough.
fn whole_characters(bytes: &[u8]) -> &[u8] {
    let used = trimmed(bytes);
    if used.len() < bytes.len() || used.is_ascii() {
        return used;
    }
    let fits = |less: &usize| {
        let part = &used[..used.len().saturating_sub(*less)];
        std::str::from_utf8(part).is_ok() || strict(part, TextEncoding::Cp932).is_some()
    };
    let less = (0..=3).find(fits).unwrap_or(0);
    &used[..used.len().saturating_sub(less)]
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Table, Value};
    use crate::import::settings::TextEncoding;

    fn table(columns: &[(&str, u8, u8)], rows: &[&[u8]]) -> Vec<u8> {
        let mut head = vec![3, 126, 1, 1];
        head.extend(u32::try_from(rows.len()).unwrap().to_le_bytes());
        head.extend(
            u16::try_from(33 + 32 * columns.len())
                .unwrap()
                .to_le_bytes(),
        );
        let length: u16 = columns.iter().map(|c| u16::from(c.2)).sum::<u16>() + 1;
        head.extend(length.to_le_bytes());
        head.resize(32, 0);
        for (name, kind, length) in columns {
            let mut column = name.as_bytes().to_vec();
            column.resize(11, 0);
            column.extend([*kind, 0, 0, 0, 0, *length]);
            column.resize(32, 0);
            head.extend(column);
        }
        head.push(0x0d);
        for row in rows {
            head.push(b' ');
            head.extend(*row);
        }
        head
    }

    #[test]
    fn numbers_texts_and_nothing_are_told_apart() {
        let bytes = table(
            &[("code", b'N', 4), ("name", b'C', 6), ("area", b'N', 5)],
            &[b"   3\x92\xac    ***  ", b"          "],
        );
        let mut bytes = bytes;
        bytes.extend([b' '; 10]);
        let table = Table::open(&bytes).unwrap();
        let row = table.row(0, TextEncoding::Cp932).unwrap().unwrap();
        assert_eq!(
            row.values,
            [Value::Whole(3), Value::Text("町".into()), Value::Nothing]
        );
    }

    #[test]
    fn a_name_cut_in_the_middle_of_a_character_keeps_what_is_whole() {
        let bytes = table(&[("name", b'C', 5)], &[&"町田".as_bytes()[..5]]);
        let row = Table::open(&bytes)
            .unwrap()
            .row(0, TextEncoding::Utf8)
            .unwrap()
            .unwrap();
        assert_eq!((row.values, row.cut), (vec![Value::Text("町".into())], 1));
    }

    #[test]
    fn a_table_that_says_more_rows_than_it_has_is_refused() {
        let mut bytes = table(&[("name", b'C', 5)], &[b"abcde"]);
        bytes[4] = 200;
        assert!(Table::open(&bytes).err().unwrap().contains("200 rows"));
        assert!(Table::open(&bytes[..20]).is_err());
    }
}
