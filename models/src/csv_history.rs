use crate::history::{History, HistoryError, MAX_ABS_LEVEL_M, MAX_COLUMNS, MAX_ROWS, check_size};
use jiff::{SignedDuration, Timestamp};
use ndarray::Array2;
use std::io::Read;

/// Longest file that is read, in bytes.
const MAX_BYTES: u64 = 2 << 30;

/// Reads a table of levels; see [`History::from_csv`].
pub(crate) fn read(reader: impl Read, column_prefix: &str) -> Result<History, HistoryError> {
    let mut table = csv::Reader::from_reader(reader.take(MAX_BYTES));
    let columns = Columns::of(table.headers().map_err(|e| unreadable(&e))?, column_prefix)?;
    let mut lines: Vec<Line> = Vec::new();
    let mut record = csv::StringRecord::new();
    while table.read_record(&mut record).map_err(|e| unreadable(&e))? {
        let line = columns.line(&record, lines.last())?;
        lines.push(line);
        check_size(lines.len(), columns.gauges.len())?;
    }
    let step_s = shortest_step(&lines)?;
    let rows = rows_on_grid(&lines, step_s)?;
    let row_count = rows.last().map_or(0, |last| last + 1);
    check_size(row_count, columns.gauges.len())?;
    let mut levels = Array2::from_elem((row_count, columns.gauges.len()), f64::NAN);
    for (line, &row) in lines.iter().zip(&rows) {
        for (gauge, &level_m) in line.levels.iter().enumerate() {
            levels[(row, gauge)] = level_m;
        }
    }
    History::new(lines[0].at, step_s, columns.gauges, levels)
}

struct Columns {
    gauges: Vec<String>,
    places: Vec<usize>,
    headings: Vec<String>,
}

struct Line {
    number: u64,
    at: Timestamp,
    levels: Vec<f64>,
}

impl Columns {
    fn of(headings: &csv::StringRecord, prefix: &str) -> Result<Self, HistoryError> {
        if headings.len() > MAX_COLUMNS {
            return Err(HistoryError::TooMany {
                what: "columns",
                count: headings.len(),
                most: MAX_COLUMNS,
            });
        }
        let first = headings.get(0).unwrap_or("").trim_start_matches('\u{feff}');
        if first != "time" {
            return Err(cell(
                1,
                "first column",
                first,
                "is not accepted: the first column must be `time`",
            ));
        }
        let (places, gauges): (Vec<usize>, Vec<String>) = headings
            .iter()
            .enumerate()
            .skip(1)
            .filter_map(|(place, h)| {
                h.strip_prefix(prefix)
                    .map(|gauge| (place, gauge.to_owned()))
            })
            .unzip();
        if gauges.is_empty() {
            return Err(HistoryError::File {
                line: 1,
                why: format!("no column begins with `{prefix}`, so there is no gauge to read"),
            });
        }
        Ok(Self {
            gauges,
            places,
            headings: headings.iter().map(str::to_owned).collect(),
        })
    }

    fn line(
        &self,
        record: &csv::StringRecord,
        before: Option<&Line>,
    ) -> Result<Line, HistoryError> {
        let number = record.position().map_or(0, csv::Position::line);
        let written = record.get(0).unwrap_or("");
        let at: Timestamp = written.parse().map_err(|_| {
            cell(
                number,
                "time",
                written,
                "is not a time: RFC 3339 such as 2016-08-30T15:00:00Z is accepted",
            )
        })?;
        if !written.ends_with('Z') {
            return Err(cell(
                number,
                "time",
                written,
                "does not end with Z: only UTC is accepted",
            ));
        }
        if let Some(before) = before {
            if at == before.at {
                return Err(cell(
                    number,
                    "time",
                    written,
                    "stands twice: each time may stand once",
                ));
            }
            if at < before.at {
                return Err(cell(
                    number,
                    "time",
                    written,
                    "is earlier than the line before: times must rise",
                ));
            }
        }
        let levels = self
            .places
            .iter()
            .map(|&place| self.level(number, place, record.get(place).unwrap_or("")))
            .collect::<Result<_, _>>()?;
        Ok(Line { number, at, levels })
    }

    fn level(&self, line: u64, place: usize, written: &str) -> Result<f64, HistoryError> {
        let written = written.trim();
        if written.is_empty() {
            return Ok(f64::NAN);
        }
        match written.parse::<f64>() {
            Ok(level_m) if level_m.abs() <= MAX_ABS_LEVEL_M => Ok(level_m),
            _ => Err(cell(
                line,
                &self.headings[place],
                written,
                "is not a level: a number from -20000 to 20000 m or nothing is accepted",
            )),
        }
    }
}

fn shortest_step(lines: &[Line]) -> Result<i64, HistoryError> {
    let shortest = lines
        .windows(2)
        .map(|pair| pair[1].at.duration_since(pair[0].at))
        .min();
    let Some(shortest) = shortest else {
        return Err(HistoryError::File {
            line: lines.last().map_or(1, |l| l.number),
            why: "at least two lines of levels are needed, so that the step is known".to_owned(),
        });
    };
    if shortest.subsec_nanos() != 0 || shortest < SignedDuration::from_secs(1) {
        let odd = lines
            .windows(2)
            .find(|p| p[1].at.duration_since(p[0].at) == shortest);
        let (number, at) = odd.map_or((0, String::new()), |p| (p[1].number, p[1].at.to_string()));
        return Err(cell(
            number,
            "time",
            &at,
            "is not whole seconds after the line before",
        ));
    }
    Ok(shortest.as_secs())
}

fn rows_on_grid(lines: &[Line], step_s: i64) -> Result<Vec<usize>, HistoryError> {
    lines
        .iter()
        .map(|line| {
            let passed = line.at.duration_since(lines[0].at);
            let off = passed.subsec_nanos() != 0 || passed.as_secs() % step_s != 0;
            if off {
                let why = format!(
                    "lies off the grid of {step_s} s that begins {}",
                    lines[0].at
                );
                return Err(cell(line.number, "time", &line.at.to_string(), &why));
            }
            usize::try_from(passed.as_secs() / step_s)
                .ok()
                .filter(|row| *row < MAX_ROWS)
                .ok_or(HistoryError::TooMany {
                    what: "rows",
                    count: MAX_ROWS + 1,
                    most: MAX_ROWS,
                })
        })
        .collect()
}

fn cell(line: u64, column: &str, found: &str, why: &str) -> HistoryError {
    HistoryError::Cell {
        line,
        column: column.to_owned(),
        found: found.chars().take(40).collect(),
        why: why.to_owned(),
    }
}

fn unreadable(error: &csv::Error) -> HistoryError {
    let line = error.position().map_or(0, csv::Position::line);
    HistoryError::File {
        line,
        why: format!("the table cannot be read: {error}"),
    }
}
