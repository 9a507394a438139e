//! The series as a table: times and values, each with the text it was written in.

use anyhow::bail;
use jiff::Timestamp;

/// Most rows of a series.
const ROWS_MAX: usize = 2_000_000;

/// Which columns are read.
pub(super) struct Columns<'a> {
    pub(super) time: &'a str,
    pub(super) value: &'a str,
}

/// One reading.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) at: Timestamp,
    /// NaN where it is missing.
    pub(super) level_m: f64,
    pub(super) time: String,
    pub(super) value: String,
}

/// Reads a series.
///
/// # Errors
/// The first fault, with its line and column, what was found and what would be accepted.
pub(super) fn read(bytes: &[u8], columns: &Columns<'_>) -> anyhow::Result<Vec<Row>> {
    let mut table = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(bytes);
    let headings = table.headers()?.clone();
    let place = |name: &str| {
        let bare = |heading: &str| heading.trim_start_matches('\u{feff}') == name;
        headings.iter().position(bare)
    };
    let (Some(time), Some(value)) = (place(columns.time), place(columns.value)) else {
        let wanted = [columns.time, columns.value]
            .into_iter()
            .find(|name| place(name).is_none())
            .unwrap_or_default();
        let found: Vec<&str> = headings.iter().collect();
        bail!(
            "1行目: 列 {wanted} がありません。あるのは {found} です(--time, --value で選べます) / \
             line 1: there is no column {wanted}; there are {found} (choose with --time and --value)",
            found = found.join(", ")
        );
    };
    let mut rows = Vec::new();
    for record in table.records() {
        let record = record?;
        let line = record.position().map_or(0, csv::Position::line);
        let cell = |place: usize| record.get(place).unwrap_or_default();
        let (written_time, written) = (cell(time), cell(value));
        let Ok(at) = written_time.parse::<Timestamp>() else {
            bail!(
                "{line}行目の列 {name}: {written_time:?} は時刻として読めません。RFC 3339 (例 2016-08-30T18:00:00+09:00) で書いてください / \
                 line {line}, column {name}: {written_time:?} is no time; it must be RFC 3339, such as \
                 2016-08-30T18:00:00+09:00",
                name = columns.time
            );
        };
        let Some(level_m) = level(written) else {
            bail!(
                "{line}行目の列 {name}: {written:?} は数値として読めません。欠測は空欄、NaN、NA、null で書いてください / \
                 line {line}, column {name}: {written:?} is no number; a missing value must be empty, NaN, NA or null",
                name = columns.value
            );
        };
        if rows.len() == ROWS_MAX {
            bail!("{ROWS_MAX}行を超えています / more than {ROWS_MAX} rows");
        }
        rows.push(Row {
            at,
            level_m,
            time: written_time.to_owned(),
            value: written.to_owned(),
        });
    }
    Ok(rows)
}

/// A level, NaN for one that is missing; `None` for what is neither.
fn level(written: &str) -> Option<f64> {
    let missing = ["", "nan", "na", "null"]
        .iter()
        .any(|word| written.eq_ignore_ascii_case(word));
    if missing {
        return Some(f64::NAN);
    }
    written
        .parse::<f64>()
        .ok()
        .filter(|level_m| level_m.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: Columns<'_> = Columns {
        time: "t",
        value: "h",
    };

    fn refused(text: &str) -> String {
        let error = read(text.as_bytes(), &COLUMNS).expect_err("must be refused");
        format!("{error:#}")
    }

    #[test]
    fn columns_are_found_by_name_wherever_they_stand() {
        let rows = read(
            "\u{feff}h,other,t\n 1.5 ,x,2016-08-30T00:00:00Z\nNaN,,2016-08-30 09:10:00+09:00\n"
                .as_bytes(),
            &COLUMNS,
        )
        .expect("a sound series");
        assert_eq!(
            (rows[0].value.as_str(), rows[0].level_m.to_bits()),
            ("1.5", 1.5_f64.to_bits())
        );
        assert!(rows[1].level_m.is_nan());
        assert_eq!(rows[1].at.to_string(), "2016-08-30T00:10:00Z");
    }

    #[test]
    fn a_fault_is_named_with_line_and_column_and_what_is_accepted() {
        let text = refused("time,h\n");
        assert!(
            text.contains("there is no column t; there are time, h"),
            "{text}"
        );
        let text = refused("t,h\n2016-08-30T00:00:00Z,1\n2016-08-30,2\n");
        assert!(
            text.contains("line 3, column t: \"2016-08-30\" is no time"),
            "{text}"
        );
        let text = refused("t,h\n2016-08-30T00:00:00Z,1 m\n");
        assert!(
            text.contains("line 2, column h: \"1 m\" is no number"),
            "{text}"
        );
        let text = refused("t,h\n2016-08-30T00:00:00Z,inf\n");
        assert!(text.contains("\"inf\" is no number"), "{text}");
        let text = refused("t,h\n2016-08-30T00:00:00Z\n");
        assert!(
            text.contains("line: 2") || text.contains("line 2"),
            "{text}"
        );
    }
}
