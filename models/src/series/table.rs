use crate::history::{MAX_COLUMNS, MAX_ROWS};
use jiff::Timestamp;
use std::io::Read;

/// Longest table that is read, unpacked, in bytes.
const MAX_BYTES: u64 = 2 << 30;

/// Times and values of named columns, as read: times rise, an empty cell is NaN.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesTable {
    /// Names of the columns, as asked for.
    pub names: Vec<String>,
    /// Time of every row, rising.
    pub times: Vec<Timestamp>,
    /// One list per name, as long as `times`; NaN = missing.
    pub columns: Vec<Vec<f64>>,
}

/// Why a table of series cannot be used.
#[derive(Debug, thiserror::Error, PartialEq)]
#[non_exhaustive]
pub enum SeriesError {
    /// A column that the case names is not in the file.
    #[error("no column `{column}`; the file has {has}")]
    NoColumn {
        /// What was looked for.
        column: String,
        /// The columns of the file (cut at twenty).
        has: String,
    },
    /// A cell cannot be used.
    #[error("line {line}, column `{column}`: `{found}` {why}")]
    Cell {
        /// Line of the file, counted from 1 (the heading); in Parquet the row, counted from 1.
        line: u64,
        /// Heading of the column.
        column: String,
        /// What stands there (cut at 40 characters).
        found: String,
        /// What is wrong and what is accepted.
        why: String,
    },
    /// The file cannot be read.
    #[error("line {line}: {why}")]
    File {
        /// Line of the file, counted from 1; 0 when not known.
        line: u64,
        /// What is wrong.
        why: String,
    },
    /// Too many rows or columns.
    #[error("{what}: {count} is too many, at most {most} are accepted")]
    TooMany {
        /// `rows` or `columns`.
        what: &'static str,
        /// How many there are.
        count: usize,
        /// How many are accepted.
        most: usize,
    },
}

impl SeriesTable {
    /// Reads the named columns of a CSV whose first column `time` holds rising RFC 3339 times with `Z`.
    ///
    /// A name is the heading itself or what follows `level_m_` in it. Other columns are not looked at.
    ///
    /// # Errors
    /// [`SeriesError`] with line, column, value and what is accepted.
    pub fn from_csv(reader: impl Read, names: &[&str]) -> Result<Self, SeriesError> {
        let mut file = csv::Reader::from_reader(reader.take(MAX_BYTES));
        let headings = file.headers().map_err(|e| unreadable(&e))?.clone();
        let headings: Vec<&str> = headings.iter().collect();
        check_count("columns", headings.len(), MAX_COLUMNS)?;
        let first = headings.first().copied().unwrap_or("");
        if first.trim_start_matches('\u{feff}') != "time" {
            return Err(cell(
                1,
                "first column",
                first,
                "is not accepted: the first column must be `time`",
            ));
        }
        let mut table = Self::empty(names);
        let places = names
            .iter()
            .map(|name| place(&headings, name))
            .collect::<Result<Vec<usize>, _>>()?;
        let mut record = csv::StringRecord::new();
        while file.read_record(&mut record).map_err(|e| unreadable(&e))? {
            let line = record.position().map_or(0, csv::Position::line);
            let at = Self::moment(line, record.get(0).unwrap_or(""))?;
            table.push(line, at)?;
            for (column, &place) in table.columns.iter_mut().zip(&places) {
                let written = record.get(place).unwrap_or("").trim();
                column.push(number(line, headings[place], written)?);
            }
            check_count("rows", table.times.len(), MAX_ROWS)?;
        }
        Ok(table)
    }

    /// The headings of a CSV.
    ///
    /// # Errors
    /// When there is no readable first line, or too many columns.
    pub fn csv_headings(reader: impl Read) -> Result<Vec<String>, SeriesError> {
        let mut file = csv::Reader::from_reader(reader.take(MAX_BYTES));
        let headings = file.headers().map_err(|e| unreadable(&e))?;
        check_count("columns", headings.len(), MAX_COLUMNS)?;
        Ok(headings.iter().map(str::to_owned).collect())
    }

    /// This table and one of the same columns whose times are later.
    ///
    /// # Errors
    /// When the later table does not begin after this one ends.
    pub fn append(mut self, later: Self) -> Result<Self, SeriesError> {
        if let (Some(last), Some(first)) = (self.times.last(), later.times.first())
            && first <= last
        {
            return Err(SeriesError::File {
                line: 2,
                why: format!(
                    "begins {first}, but the file before it ends {last}: files must follow each other in time"
                ),
            });
        }
        self.times.extend(later.times);
        for (column, more) in self.columns.iter_mut().zip(later.columns) {
            column.extend(more);
        }
        check_count("rows", self.times.len(), MAX_ROWS)?;
        Ok(self)
    }

    pub(crate) fn empty(names: &[&str]) -> Self {
        Self {
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            times: Vec::new(),
            columns: vec![Vec::new(); names.len()],
        }
    }

    /// A time as it is written in text.
    pub(crate) fn moment(line: u64, written: &str) -> Result<Timestamp, SeriesError> {
        let at: Timestamp = written.parse().map_err(|_| {
            cell(
                line,
                "time",
                written,
                "is not a time: RFC 3339 such as 2016-08-30T15:00:00Z is accepted",
            )
        })?;
        if !written.ends_with('Z') {
            let why = "does not end with Z: only UTC is accepted";
            return Err(cell(line, "time", written, why));
        }
        Ok(at)
    }

    /// Adds a time that must be later than the one before.
    pub(crate) fn push(&mut self, line: u64, at: Timestamp) -> Result<(), SeriesError> {
        if let Some(before) = self.times.last() {
            let why = match at.cmp(before) {
                std::cmp::Ordering::Equal => "stands twice: each time may stand once",
                std::cmp::Ordering::Less => "is earlier than the line before: times must rise",
                std::cmp::Ordering::Greater => "",
            };
            if !why.is_empty() {
                return Err(cell(line, "time", &at.to_string(), why));
            }
        }
        self.times.push(at);
        Ok(())
    }
}

/// Place of a column by its heading or by what follows `level_m_` in it.
pub(crate) fn place(headings: &[&str], name: &str) -> Result<usize, SeriesError> {
    let whole = headings.iter().position(|h| *h == name);
    let level = || {
        headings
            .iter()
            .position(|h| h.strip_prefix("level_m_") == Some(name))
    };
    whole.or_else(level).ok_or_else(|| SeriesError::NoColumn {
        column: name.to_owned(),
        has: headings
            .iter()
            .take(20)
            .copied()
            .collect::<Vec<_>>()
            .join(", "),
    })
}

/// A number, or NaN where nothing stands.
fn number(line: u64, column: &str, written: &str) -> Result<f64, SeriesError> {
    if written.is_empty() {
        return Ok(f64::NAN);
    }
    match written.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        _ => Err(cell(
            line,
            column,
            written,
            "is not a number: a decimal number or nothing is accepted",
        )),
    }
}

pub(crate) fn check_count(
    what: &'static str,
    count: usize,
    most: usize,
) -> Result<(), SeriesError> {
    if count <= most {
        Ok(())
    } else {
        Err(SeriesError::TooMany { what, count, most })
    }
}

pub(crate) fn cell(line: u64, column: &str, found: &str, why: &str) -> SeriesError {
    SeriesError::Cell {
        line,
        column: column.to_owned(),
        found: found.chars().take(40).collect(),
        why: why.to_owned(),
    }
}

fn unreadable(error: &csv::Error) -> SeriesError {
    SeriesError::File {
        line: error.position().map_or(0, csv::Position::line),
        why: format!("the table cannot be read: {error}"),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::SeriesTable;

    fn refusal(text: &str) -> String {
        SeriesTable::from_csv(text.as_bytes(), &["a", "rain_mm"])
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn only_the_named_columns_are_read_whatever_stands_in_the_others() {
        let text = "time,note,level_m_a,rain_mm\n2016-08-01T00:07:00Z,broken?,1.5,\n2016-08-01T00:31:00Z,,,0.5\n";
        let table = SeriesTable::from_csv(text.as_bytes(), &["a", "rain_mm"]).unwrap();
        assert_eq!(table.times.len(), 2);
        assert!(table.columns[0][1].is_nan() && table.columns[1][0].is_nan());
        assert!((table.columns[1][1] - 0.5).abs() < 1e-12);
    }

    #[test]
    fn a_refusal_names_line_column_value_and_what_is_accepted() {
        assert_eq!(
            refusal(
                "time,level_m_a,rain_mm\n2016-08-01T00:00:00Z,1,2\n2016-08-01T01:00:00Z,high,2\n"
            ),
            "line 3, column `level_m_a`: `high` is not a number: a decimal number or nothing is accepted"
        );
        assert_eq!(
            refusal("time,level_m_a\n"),
            "no column `rain_mm`; the file has time, level_m_a"
        );
        let head = "time,level_m_a,rain_mm\n2016-08-01T01:00:00Z,1,2\n";
        assert!(refusal(&format!("{head}2016-08-01T01:00:00Z,1,2\n")).contains("stands twice"));
        assert!(refusal(&format!("{head}2016-08-01T00:00:00Z,1,2\n")).contains("times must rise"));
        assert!(refusal(&format!("{head}2016-08-01T09:00:00+09:00,1,2\n")).contains("only UTC"));
        for value in ["inf", "NaN", "1e999"] {
            let found = refusal(&format!("{head}2016-08-01T02:00:00Z,{value},2\n"));
            assert!(found.starts_with("line 3, column `level_m_a`"), "{found}");
        }
    }
}
