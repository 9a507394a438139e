use crate::history::{History, HistoryError, MAX_ABS_LEVEL_M, MAX_ROWS, check_size};
use crate::series::table::SeriesTable;
use jiff::Timestamp;
use ndarray::Array2;

/// No gauge measures more rain in one step, millimetres.
pub(crate) const MAX_RAIN_MM: f64 = 1_000.0;

/// How a column is brought to the grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A level or flow at one moment: the newest reading not older than the tolerance.
    Level,
    /// An amount since the reading before: the sum over the step, unknown when one of its readings is missing.
    Amount,
    /// Said at one moment, as a level, but never below 0.
    Forecast,
}

/// How the grid is laid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SeriesGrid {
    /// Seconds from row to row; rows lie on whole multiples since 1970.
    pub step_s: i64,
    /// A reading this many seconds before a row still counts for it, less than a step.
    pub tolerance_s: i64,
}

/// What became of the readings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GridReport {
    /// Most frequent distance between two lines of the file, seconds.
    pub file_step_s: i64,
    /// Levels that were read between two rows and left out.
    pub levels_between_rows: usize,
    /// Levels that were read before their row, within the tolerance.
    pub levels_held: usize,
    /// Sums of rain that are unknown although some of their readings are there.
    pub sums_incomplete: usize,
}

/// Why series cannot be brought to a grid.
#[derive(Debug, thiserror::Error, PartialEq)]
#[non_exhaustive]
pub enum GridError {
    /// The step or the tolerance is not accepted.
    #[error("{key} = {value_s} s is not accepted: {accepted}")]
    Setting {
        /// `step` or `tolerance`.
        key: &'static str,
        /// The value, seconds.
        value_s: i64,
        /// What is accepted.
        accepted: &'static str,
    },
    /// A value that no gauge can report.
    #[error("{at}, column `{column}`: {value} is not accepted: {accepted}")]
    Value {
        /// Time of the reading.
        at: Timestamp,
        /// The column.
        column: String,
        /// The value.
        value: f64,
        /// What is accepted.
        accepted: &'static str,
    },
    /// Too few lines.
    #[error("{0} lines of readings: at least two are needed, so that the step is known")]
    TooFewLines(usize),
    /// The grid cannot become a history.
    #[error(transparent)]
    History(#[from] HistoryError),
}

/// Brings a table to a regular grid: missing stays missing, and no row knows anything read after it.
///
/// `kinds` has one entry per column of the table. The rows reach from the first to the last line of the file.
///
/// # Errors
/// [`GridError`] names what is not accepted.
pub fn on_grid(
    table: &SeriesTable,
    kinds: &[Kind],
    grid: Option<SeriesGrid>,
) -> Result<(History, GridReport), GridError> {
    let file_step_s =
        usual_step_s(&table.times).ok_or(GridError::TooFewLines(table.times.len()))?;
    let grid = grid.unwrap_or(SeriesGrid {
        step_s: file_step_s,
        tolerance_s: file_step_s / 4,
    });
    check(grid)?;
    let step_s = grid.step_s;
    let first = table.times[0].as_second().div_euclid(step_s);
    let last = row_at_or_after(table.times[table.times.len() - 1], step_s);
    let rows = usize::try_from(last - first + 1).unwrap_or(MAX_ROWS + 1);
    check_size(rows, table.columns.len())?;
    let mut report = GridReport {
        file_step_s,
        ..GridReport::default()
    };
    let mut levels = Array2::from_elem((rows, table.columns.len()), f64::NAN);
    for (place, (column, kind)) in table.columns.iter().zip(kinds).enumerate() {
        check_values(table, place, *kind)?;
        let mut out = levels.column_mut(place);
        let row_of = |at: Timestamp| {
            usize::try_from(row_at_or_after(at, step_s) - first).expect("not before the first line")
        };
        match kind {
            Kind::Level | Kind::Forecast => {
                for (&at, &value) in table.times.iter().zip(column).filter(|(_, v)| !v.is_nan()) {
                    let row = row_of(at);
                    let early_s = early_s(at, step_s);
                    if early_s > grid.tolerance_s {
                        report.levels_between_rows += 1;
                    } else {
                        report.levels_held += usize::from(early_s > 0);
                        out[row] = value;
                    }
                }
            }
            Kind::Amount => {
                let expected = usize::try_from((step_s / file_step_s).max(1)).unwrap_or(1);
                let mut sums = vec![(0.0, 0_usize); rows];
                for (&at, &value) in table.times.iter().zip(column).filter(|(_, v)| !v.is_nan()) {
                    let sum = &mut sums[row_of(at)];
                    *sum = (sum.0 + value, sum.1 + 1);
                }
                for (row, (sum, count)) in sums.into_iter().enumerate() {
                    if count >= expected {
                        out[row] = sum;
                    } else {
                        report.sums_incomplete += usize::from(count > 0);
                    }
                }
            }
        }
    }
    let start = Timestamp::from_second(first * step_s).map_err(|_| HistoryError::Calendar {
        start: table.times[0],
        rows,
        step_s,
    })?;
    let history = History::new(start, step_s, table.names.clone(), levels)?;
    Ok((history, report))
}

fn check(grid: SeriesGrid) -> Result<(), GridError> {
    if !(1..=86_400).contains(&grid.step_s) {
        return Err(GridError::Setting {
            key: "step",
            value_s: grid.step_s,
            accepted: "1 s to 1 day",
        });
    }
    if !(0..grid.step_s).contains(&grid.tolerance_s) {
        return Err(GridError::Setting {
            key: "tolerance",
            value_s: grid.tolerance_s,
            accepted: "0 s or more, less than the step",
        });
    }
    Ok(())
}

fn check_values(table: &SeriesTable, place: usize, kind: Kind) -> Result<(), GridError> {
    let (low, high, accepted) = match kind {
        Kind::Level => (
            -MAX_ABS_LEVEL_M,
            MAX_ABS_LEVEL_M,
            "a level or flow from -20000 to 20000 is",
        ),
        Kind::Amount | Kind::Forecast => (0.0, MAX_RAIN_MM, "0 to 1000 mm of rain are"),
    };
    let values = table.times.iter().zip(&table.columns[place]);
    for (&at, &value) in values {
        if value < low || value > high {
            return Err(GridError::Value {
                at,
                column: table.names[place].clone(),
                value,
                accepted,
            });
        }
    }
    Ok(())
}

/// The most frequent distance of two lines, in whole seconds; the shorter one of equals.
fn usual_step_s(times: &[Timestamp]) -> Option<i64> {
    let mut counts = std::collections::BTreeMap::new();
    for pair in times.windows(2) {
        let apart_s = pair[1].duration_since(pair[0]).as_secs().max(1);
        *counts.entry(apart_s).or_insert(0_usize) += 1;
    }
    counts
        .into_iter()
        .max_by_key(|(apart_s, count)| (*count, std::cmp::Reverse(*apart_s)))
        .map(|(apart_s, _)| apart_s.min(86_400))
}

/// The first multiple of the step at or after a time: a reading is not known before it was made.
fn row_at_or_after(at: Timestamp, step_s: i64) -> i64 {
    let whole = at.as_second().div_euclid(step_s);
    whole + i64::from(early_s(at, step_s) > 0)
}

/// Seconds from a reading to its row; a fraction counts as a whole second.
fn early_s(at: Timestamp, step_s: i64) -> i64 {
    let past_s = at.as_second().rem_euclid(step_s);
    let fraction = at.subsec_nanosecond();
    match (past_s, fraction) {
        (0, 0) => 0,
        (past_s, _) => step_s - past_s,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Kind, SeriesGrid, on_grid};
    use crate::series::SeriesTable;

    fn table(lines: &str) -> SeriesTable {
        let text = format!("time,level_m_a,rain_mm\n{lines}");
        SeriesTable::from_csv(text.as_bytes(), &["a", "rain_mm"]).unwrap()
    }

    const KINDS: [Kind; 2] = [Kind::Level, Kind::Amount];

    #[test]
    fn a_reading_counts_for_the_row_after_it_and_never_for_one_before() {
        let table = table(
            "2016-08-01T00:00:00Z,1.0,0\n2016-08-01T00:57:00Z,1.2,0\n2016-08-01T02:10:00Z,1.5,0\n2016-08-01T03:00:00Z,1.6,0\n",
        );
        let grid = SeriesGrid {
            step_s: 3600,
            tolerance_s: 600,
        };
        let (history, report) = on_grid(&table, &KINDS, Some(grid)).unwrap();
        let levels: Vec<_> = (0..history.len())
            .map(|row| history.level(row, 0))
            .collect();
        assert_eq!(levels, [Some(1.0), Some(1.2), None, Some(1.6)]);
        assert_eq!((report.levels_held, report.levels_between_rows), (1, 1));
    }

    #[test]
    fn rain_of_a_quarter_of_an_hour_is_summed_and_a_gap_makes_the_hour_unknown() {
        let table = table(
            "2016-08-01T00:00:00Z,1,9\n2016-08-01T00:15:00Z,1,1\n2016-08-01T00:30:00Z,1,2\n2016-08-01T00:45:00Z,1,3\n2016-08-01T01:00:00Z,1,4\n2016-08-01T01:15:00Z,1,1\n2016-08-01T01:30:00Z,1,\n2016-08-01T01:45:00Z,1,1\n2016-08-01T02:00:00Z,1,1\n",
        );
        let grid = SeriesGrid {
            step_s: 3600,
            tolerance_s: 0,
        };
        let (history, report) = on_grid(&table, &KINDS, Some(grid)).unwrap();
        assert_eq!(history.level(1, 1), Some(10.0));
        assert_eq!(history.level(2, 1), None);
        assert_eq!(
            report.sums_incomplete, 2,
            "the first hour has one of four, the last three"
        );
    }

    #[test]
    fn rain_below_nothing_is_refused_with_its_time() {
        let table = table("2016-08-01T00:00:00Z,1,0\n2016-08-01T01:00:00Z,1,-0.5\n");
        let error = on_grid(&table, &KINDS, None).unwrap_err().to_string();
        assert_eq!(
            error,
            "2016-08-01T01:00:00Z, column `rain_mm`: -0.5 is not accepted: 0 to 1000 mm of rain are"
        );
    }

    #[test]
    fn a_gap_of_a_century_is_too_many_rows_and_takes_no_memory() {
        let table =
            table("1900-01-01T00:00:00Z,1,0\n1900-01-01T00:00:10Z,1,0\n2016-08-01T01:00:00Z,1,0\n");
        let error = on_grid(&table, &KINDS, None).unwrap_err().to_string();
        assert!(error.starts_with("rows: "), "{error}");
    }
}
