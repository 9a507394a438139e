use crate::csv_history;
use crate::trees::send_for;
use jiff::{SignedDuration, Timestamp};
use ndarray::{Array2, ArrayView1, Axis, ShapeBuilder as _, Slice};
use std::io::Read;
use std::sync::Arc;

/// Most rows a history may have.
pub const MAX_ROWS: usize = 2_000_000;
/// Most gauges a history may have, and most columns a file may have.
pub const MAX_COLUMNS: usize = 12_000;
/// Most cells (rows × gauges), so that a small file with one huge gap cannot fill the memory.
pub const MAX_CELLS: usize = 100_000_000;
/// No river gauge reports a level further from its datum than this, in metres.
pub const MAX_ABS_LEVEL_M: f64 = 20_000.0;

/// Levels of several gauges on a regular grid of time.
///
/// `levels` has one row per time step and one column per gauge, in metres above each gauge's own datum.
/// A missing reading is NaN inside and `None` outside; nothing else that is not finite can be in here.
#[derive(Clone, Debug)]
pub struct History {
    start: Timestamp,
    step_s: i64,
    gauges: Arc<Gauges>,
    /// One gauge after the other in memory, for a forecast reads a few gauges through time and never all at one time.
    levels: Array2<f64>,
}

/// Names of gauges in the order of their columns, and where to find each.
#[derive(Debug)]
struct Gauges {
    names: Vec<String>,
    /// [`head`] of each name, rising: a search among ten thousand stays in a few lines of memory.
    heads: Vec<u128>,
    /// Of each in that order; of those with the same head in the order of their names.
    places: Vec<Place>,
}

/// Where a gauge stands.
#[derive(Clone, Copy, Debug)]
struct Place {
    column: u32,
    /// Length of its name: with its head all of a short one.
    bytes: u32,
}

impl Gauges {
    fn of(names: Vec<String>) -> Arc<Self> {
        let mut by_name: Vec<usize> = (0..names.len()).collect();
        by_name.sort_unstable_by(|a, b| names[*a].cmp(&names[*b]));
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let place = |&column: &usize| Place {
            column: number(column),
            bytes: number(names[column].len()),
        };
        Arc::new(Self {
            heads: by_name.iter().map(|column| head(&names[*column])).collect(),
            places: by_name.iter().map(place).collect(),
            names,
        })
    }

    fn column(&self, gauge: &str) -> Option<usize> {
        let head = head(gauge);
        let first = self.heads.partition_point(|other| *other < head);
        if self.heads.get(first) != Some(&head) {
            return None;
        }
        let place = if self.heads.get(first + 1) == Some(&head) {
            let alike = self.heads[first..].partition_point(|other| *other == head);
            let places = &self.places[first..first + alike];
            let found = places.binary_search_by(|place| self.name(*place).cmp(gauge));
            places[found.ok()?]
        } else {
            let place = self.places[first];
            let same = place.bytes as usize == gauge.len()
                && (gauge.len() <= HEAD || self.name(place) == gauge);
            same.then_some(place)?
        };
        Some(place.column as usize)
    }

    fn name(&self, place: Place) -> &str {
        &self.names[place.column as usize]
    }
}

/// Bytes of a [`head`].
const HEAD: usize = 16;

/// The first bytes of a name, so that numbers have the order of the names; shorter ones end in zeros.
fn head(name: &str) -> u128 {
    let mut bytes = [0; HEAD];
    let there = name.len().min(HEAD);
    bytes[..there].copy_from_slice(&name.as_bytes()[..there]);
    u128::from_be_bytes(bytes)
}

/// Why levels could not become a [`History`].
#[derive(Debug, thiserror::Error, PartialEq)]
#[non_exhaustive]
pub enum HistoryError {
    /// The step is not from one second to one day.
    #[error("step {step_s} s is not accepted: 1 to 86400 s are")]
    Step {
        /// The step that was given, seconds.
        step_s: i64,
    },
    /// The table of levels has another number of columns than there are gauges.
    #[error("{columns} columns of levels for {gauges} gauges: one column per gauge is needed")]
    Shape {
        /// Columns in the table.
        columns: usize,
        /// Gauges named.
        gauges: usize,
    },
    /// Too many rows, columns or cells.
    #[error("{what}: {count} is too many, at most {most} are accepted")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How many there are.
        count: usize,
        /// How many are accepted.
        most: usize,
    },
    /// A gauge is named twice.
    #[error("gauge `{gauge}` is named twice")]
    GaugeTwice {
        /// Its name.
        gauge: String,
    },
    /// A gauge has an empty name, or there is no gauge at all.
    #[error("no gauge: {0}")]
    NoGauge(&'static str),
    /// A level that no gauge can report.
    #[error(
        "gauge `{gauge}`, row {row}: level {level_m} m is not accepted: -20000 to 20000 m or missing"
    )]
    Level {
        /// The gauge.
        gauge: String,
        /// Row, counted from 0.
        row: usize,
        /// The level.
        level_m: f64,
    },
    /// The grid ends after the last time that can be written.
    #[error("start {start} with {rows} rows of {step_s} s runs beyond the calendar")]
    Calendar {
        /// First row.
        start: Timestamp,
        /// Number of rows.
        rows: usize,
        /// Step, seconds.
        step_s: i64,
    },
    /// A cell or a line of the file cannot be used.
    #[error("line {line}, column `{column}`: `{found}` {why}")]
    Cell {
        /// Line of the file, counted from 1 (the heading).
        line: u64,
        /// Heading of the column.
        column: String,
        /// What stands there (cut at 40 characters).
        found: String,
        /// What is wrong and what is accepted.
        why: String,
    },
    /// The file is not readable as CSV.
    #[error("line {line}: {why}")]
    File {
        /// Line of the file, counted from 1; 0 when not known.
        line: u64,
        /// What is wrong.
        why: String,
    },
    /// Two histories do not join.
    #[error("cannot append: {0}")]
    Append(String),
}

impl History {
    /// Levels in metres, rows = time from `start` every `step_s` seconds, columns = `gauges`; NaN = missing.
    ///
    /// # Errors
    /// A step outside 1..=86400 s, a table of another width, an empty or repeated gauge name, a level outside
    /// ±20000 m (infinite ones too), more than [`MAX_ROWS`], [`MAX_COLUMNS`] or [`MAX_CELLS`].
    pub fn new(
        start: Timestamp,
        step_s: i64,
        gauges: Vec<String>,
        levels: Array2<f64>,
    ) -> Result<Self, HistoryError> {
        check_size(levels.nrows(), levels.ncols())?;
        check_step(step_s)?;
        check_gauges(&gauges)?;
        if levels.ncols() != gauges.len() {
            return Err(HistoryError::Shape {
                columns: levels.ncols(),
                gauges: gauges.len(),
            });
        }
        for ((row, gauge), &level_m) in levels.indexed_iter() {
            if level_m.abs() > MAX_ABS_LEVEL_M {
                return Err(HistoryError::Level {
                    gauge: gauges[gauge].clone(),
                    row,
                    level_m,
                });
            }
        }
        let history = Self {
            start,
            step_s,
            gauges: Gauges::of(gauges),
            levels: by_gauge(levels),
        };
        if history.time_checked(history.len()).is_none()
            || history.time_checked_before_start().is_none()
        {
            return Err(HistoryError::Calendar {
                start,
                rows: history.len(),
                step_s,
            });
        }
        Ok(history)
    }

    /// Reads a table whose first column `time` holds RFC 3339 times with `Z` and whose columns
    /// `<column_prefix><gauge>` hold levels in metres; an empty cell is missing, other columns are ignored.
    ///
    /// The step is the shortest distance between two lines; every time must lie on that grid, and times that
    /// are left out become rows without readings.
    ///
    /// # Errors
    /// [`HistoryError::Cell`] with line and column for a time that is junk, repeated, earlier than the line
    /// before or off the grid, and for a level that is not a number; the errors of [`History::new`].
    pub fn from_csv(reader: impl Read, column_prefix: &str) -> Result<Self, HistoryError> {
        csv_history::read(reader, column_prefix)
    }

    /// Names of the gauges, in the order of the columns.
    pub fn gauges(&self) -> &[String] {
        &self.gauges.names
    }

    /// Column of a gauge.
    pub fn gauge_index(&self, gauge: &str) -> Option<usize> {
        self.gauges.column(gauge)
    }

    /// Time of the first row.
    pub fn start(&self) -> Timestamp {
        self.start
    }

    /// Time of the last row; one step before [`History::start`] when there is no row.
    pub fn end(&self) -> Timestamp {
        match self.len().checked_sub(1) {
            Some(last) => self.time(last),
            None => self
                .time_checked_before_start()
                .expect("checked when the history was made"),
        }
    }

    /// Seconds from row to row.
    pub fn step_s(&self) -> i64 {
        self.step_s
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.levels.nrows()
    }

    /// True when there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Level in metres; `None` when missing or outside the table.
    pub fn level(&self, row: usize, gauge_index: usize) -> Option<f64> {
        self.levels
            .get((row, gauge_index))
            .copied()
            .filter(|level_m| !level_m.is_nan())
    }

    /// Time of a row.
    ///
    /// # Panics
    /// When `row` is greater than [`History::len`].
    pub fn time(&self, row: usize) -> Timestamp {
        assert!(row <= self.len(), "row {row} of {}", self.len());
        self.time_checked(row)
            .expect("checked when the history was made")
    }

    /// The last row at or before `at`; `None` when there is none.
    pub fn row_at_or_before(&self, at: Timestamp) -> Option<usize> {
        let passed_s = at.as_second() - self.start.as_second();
        let before_start = at < self.start;
        let row = usize::try_from(passed_s / self.step_s)
            .ok()
            .filter(|_| !before_start)?;
        // A start with a fraction of a second can put the row just after `at`.
        let row = row.min(self.len().checked_sub(1)?);
        if self.time(row) <= at {
            Some(row)
        } else {
            row.checked_sub(1)
        }
    }

    /// The rows at or before `at`.
    #[must_use]
    pub fn rows_until(&self, at: Timestamp) -> Self {
        let rows = self.row_at_or_before(at).map_or(0, |row| row + 1);
        Self {
            start: self.start,
            step_s: self.step_s,
            gauges: Arc::clone(&self.gauges),
            levels: by_gauge(
                self.levels
                    .slice_axis(Axis(0), Slice::from(..rows))
                    .to_owned(),
            ),
        }
    }

    /// The same grid, with every reading of the rows that `hide` picks taken out.
    #[must_use]
    pub fn masked(&self, hide: impl Fn(usize) -> bool) -> Self {
        let mut masked = self.clone();
        for row in (0..self.len()).filter(|row| hide(*row)) {
            masked.levels.row_mut(row).fill(f64::NAN);
        }
        masked
    }

    /// The rows from one moment to another, both included; empty when there are none.
    #[must_use]
    pub fn rows_between(&self, from: Timestamp, to: Timestamp) -> Self {
        let end = self.row_at_or_before(to).map_or(0, |row| row + 1);
        let first = match self.row_at_or_before(from) {
            Some(row) if self.time(row) < from => row + 1,
            Some(row) => row,
            None => 0,
        };
        let first = first.min(end);
        Self {
            start: self.time(first),
            step_s: self.step_s,
            gauges: Arc::clone(&self.gauges),
            levels: by_gauge(
                self.levels
                    .slice_axis(Axis(0), Slice::from(first..end))
                    .to_owned(),
            ),
        }
    }

    /// The rows at whole multiples of a longer step, counted from the epoch: full hours for 3600 s. Nothing is summed up, so
    /// that it is for levels. `None` where no row can lie there: the step is not a multiple of this history's, is longer than a day,
    /// or the grid lies beside its multiples.
    #[must_use]
    pub fn every(&self, step_s: i64) -> Option<Self> {
        let to_whole_s = (-self.start.as_second()).rem_euclid(step_s.max(1));
        let on_grid = |seconds: i64| seconds % self.step_s == 0;
        if !(1..=86_400).contains(&step_s)
            || !on_grid(step_s)
            || !on_grid(to_whole_s)
            || self.start.subsec_nanosecond() != 0
        {
            return None;
        }
        let rows_of = |seconds: i64| usize::try_from(seconds / self.step_s).ok();
        let (skip, every) = (rows_of(to_whole_s)?, rows_of(step_s)?);
        let rows: Vec<usize> = (skip..self.len()).step_by(every).collect();
        Some(Self {
            // Without a row at a whole step the start says nothing.
            start: rows.first().map_or(self.start, |row| self.time(*row)),
            step_s,
            gauges: Arc::clone(&self.gauges),
            levels: by_gauge(self.levels.select(Axis(0), &rows)),
        })
    }

    /// This history and a later one of the same gauges and step, with missing rows between.
    ///
    /// # Errors
    /// When `later` has other gauges or another step, starts before this one ends, or lies off its grid.
    pub fn append(&self, later: &Self) -> Result<Self, HistoryError> {
        let columns = self.columns_of(later)?;
        if later.is_empty() {
            return Ok(self.clone());
        }
        if self.is_empty() {
            return Ok(later.columns_in_order(&columns, Arc::clone(&self.gauges)));
        }
        let first = self.row_of(later.start)?;
        let rows = first.saturating_add(later.len());
        check_size(rows, self.gauges().len())?;
        let mut levels = Array2::from_elem((rows, self.gauges().len()).f(), f64::NAN);
        levels
            .slice_axis_mut(Axis(0), Slice::from(..self.len()))
            .assign(&self.levels);
        let ordered = later.levels.select(Axis(1), &columns);
        levels
            .slice_axis_mut(Axis(0), Slice::from(first..))
            .assign(&ordered);
        Self::new(self.start, self.step_s, self.gauges().to_vec(), levels)
    }

    /// Sends for the rows from `first` to `last` of one gauge.
    pub(crate) fn send_for(&self, first: usize, last: usize, gauge_index: usize) {
        let rows = self.levels.column(gauge_index);
        let rows = rows.as_slice().and_then(|rows| rows.get(first..=last));
        send_for(rows.unwrap_or_default());
    }

    /// One gauge's levels, NaN where missing.
    pub(crate) fn column(&self, gauge_index: usize) -> ArrayView1<'_, f64> {
        self.levels.column(gauge_index)
    }

    fn columns_of(&self, later: &Self) -> Result<Vec<usize>, HistoryError> {
        if self.step_s != later.step_s {
            return Err(HistoryError::Append(format!(
                "the step is {} s here and {} s there",
                self.step_s, later.step_s
            )));
        }
        if self.gauges().len() != later.gauges().len() {
            return Err(HistoryError::Append(format!(
                "{} gauges here and {} there",
                self.gauges().len(),
                later.gauges().len()
            )));
        }
        self.gauges()
            .iter()
            .map(|g| {
                later.gauge_index(g).ok_or_else(|| {
                    HistoryError::Append(format!("gauge `{g}` is missing in the later history"))
                })
            })
            .collect()
    }

    fn columns_in_order(&self, columns: &[usize], gauges: Arc<Gauges>) -> Self {
        Self {
            start: self.start,
            step_s: self.step_s,
            gauges,
            levels: by_gauge(self.levels.select(Axis(1), columns)),
        }
    }

    fn row_of(&self, at: Timestamp) -> Result<usize, HistoryError> {
        if at <= self.end() {
            return Err(HistoryError::Append(format!(
                "the later history starts {at}, this one ends {}",
                self.end()
            )));
        }
        let passed = at.duration_since(self.start);
        if passed.subsec_nanos() != 0 || passed.as_secs() % self.step_s != 0 {
            return Err(HistoryError::Append(format!(
                "{at} is not a whole number of steps of {} s after {}",
                self.step_s, self.start
            )));
        }
        usize::try_from(passed.as_secs() / self.step_s)
            .map_err(|_| HistoryError::Append(format!("{at} is too far away")))
    }

    fn time_checked(&self, row: usize) -> Option<Timestamp> {
        let seconds = i64::try_from(row).ok()?.checked_mul(self.step_s)?;
        self.start
            .checked_add(SignedDuration::from_secs(seconds))
            .ok()
    }

    fn time_checked_before_start(&self) -> Option<Timestamp> {
        self.start
            .checked_sub(SignedDuration::from_secs(self.step_s))
            .ok()
    }
}

/// The same levels, each gauge's one after the other in memory.
fn by_gauge(levels: Array2<f64>) -> Array2<f64> {
    if levels.t().is_standard_layout() {
        levels
    } else {
        levels.t().as_standard_layout().into_owned().reversed_axes()
    }
}

pub(crate) fn check_size(rows: usize, columns: usize) -> Result<(), HistoryError> {
    let limits = [
        ("rows", rows, MAX_ROWS),
        ("columns", columns, MAX_COLUMNS),
        ("cells", rows.saturating_mul(columns), MAX_CELLS),
    ];
    for (what, count, most) in limits {
        if count > most {
            return Err(HistoryError::TooMany { what, count, most });
        }
    }
    Ok(())
}

fn check_step(step_s: i64) -> Result<(), HistoryError> {
    if (1..=86_400).contains(&step_s) {
        Ok(())
    } else {
        Err(HistoryError::Step { step_s })
    }
}

fn check_gauges(gauges: &[String]) -> Result<(), HistoryError> {
    if gauges.is_empty() {
        return Err(HistoryError::NoGauge("at least one is needed"));
    }
    let mut seen = std::collections::BTreeSet::new();
    for gauge in gauges {
        if gauge.is_empty() {
            return Err(HistoryError::NoGauge("an empty name is not accepted"));
        }
        if !seen.insert(gauge) {
            return Err(HistoryError::GaugeTwice {
                gauge: gauge.clone(),
            });
        }
    }
    Ok(())
}
