//! A directory of readings as a town has them: `series.csv[.gz]` or `series.parquet`, `gauges.csv`, `case.toml`. The only module of this
//! crate that opens files.

use crate::case::Case;
use crate::case_file::{CaseFile, CaseFileError, Period, Target, Threshold, Unit};
use crate::conformal::quantile;
use crate::history::{History, HistoryError};
use crate::series::{GridError, GridReport, Kind, SeriesError, SeriesGrid, SeriesTable, on_grid};
use flate2::read::GzDecoder;
use ndarray::Array2;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

/// Longest `case.toml`, bytes.
const MAX_CASE_BYTES: u64 = 1 << 20;
/// Names that are looked for when the case names no file.
const SERIES_NAMES: [&str; 3] = ["series.csv", "series.csv.gz", "series.parquet"];

/// Readings, questions and split, ready to fit and to examine.
#[derive(Clone, Debug)]
pub struct Basin {
    /// What `case.toml` says.
    pub file: CaseFile,
    /// All series on one grid.
    pub history: History,
    /// What became of the readings on the way to the grid.
    pub grid: GridReport,
    /// One per target, in the order of the file.
    pub questions: Vec<Question>,
    /// The rows that are asked about, where these are not all of the test.
    asked: Option<History>,
}

/// One gauge with what is asked of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// What a model is asked.
    pub case: Case,
    /// Its name for people; the gauge's own where none was given.
    pub name: String,
    /// What is forecast.
    pub unit: Unit,
    /// The level whose crossing is counted, in that unit.
    pub threshold: Option<f64>,
    /// The rain forecast is the rain that really fell.
    pub perfect_rain: bool,
}

/// Why a directory cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DirectoryError {
    /// A file cannot be read.
    #[error("{path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// There is no file of readings.
    #[error(
        "{dir}: no readings; series.csv, series.csv.gz or series.parquet is looked for, or what `series` in case.toml names"
    )]
    NoSeries {
        /// The directory.
        dir: PathBuf,
    },
    /// `case.toml` is not what it must be.
    #[error("{path}: {source}")]
    Case {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: Box<CaseFileError>,
    },
    /// A table cannot be used.
    #[error("{path}: {source}")]
    Series {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: SeriesError,
    },
    /// The readings cannot be brought to the grid.
    #[error("{dir}: {source}")]
    Grid {
        /// The directory.
        dir: PathBuf,
        /// What is wrong.
        source: GridError,
    },
    /// A period of the split has no rows, or a threshold nothing to be read from.
    #[error("{dir}: {what}")]
    Empty {
        /// The directory.
        dir: PathBuf,
        /// What is empty.
        what: String,
    },
}

impl Basin {
    /// Reads `dir/case.toml` and the files it names.
    ///
    /// # Errors
    /// [`DirectoryError`] names file, line, column, value and what is accepted.
    pub fn open(dir: &Path) -> Result<Self, DirectoryError> {
        Self::open_with(dir, &dir.join("case.toml"))
    }

    /// Reads a case that stands elsewhere, and the files it names in `dir`.
    ///
    /// # Errors
    /// As [`Basin::open`].
    pub fn open_with(dir: &Path, case: &Path) -> Result<Self, DirectoryError> {
        Self::read(dir, read_case(case)?)
    }

    /// Reads a case that stands elsewhere, and the files it names in its `folder` under `parent`.
    ///
    /// # Errors
    /// As [`Basin::open`].
    pub fn open_beside(parent: &Path, case: &Path) -> Result<Self, DirectoryError> {
        let file = read_case(case)?;
        match file.folder.clone() {
            Some(folder) => Self::read(&parent.join(folder), file),
            None => Self::read(parent, file),
        }
    }

    /// Every level of the readings on one grid, those that no target names too: to look for what lies upstream.
    ///
    /// # Errors
    /// As [`Basin::open`].
    pub fn all_levels(dir: &Path, case: &Path) -> Result<History, DirectoryError> {
        let mut file = read_case(case)?;
        let first = series_files(dir, &file)?.swap_remove(0);
        let wrong = |source| DirectoryError::Series {
            path: first.clone(),
            source,
        };
        let headings = if is_parquet(&first) {
            SeriesTable::parquet_headings(file_at(&first)?)
        } else {
            SeriesTable::csv_headings(open(&first)?)
        };
        let headings = headings.map_err(wrong)?;
        let known: BTreeSet<String> = columns(&file).0.into_iter().collect();
        let levels = headings.iter().filter_map(|h| h.strip_prefix("level_m_"));
        let more: Vec<String> = levels
            .filter(|name| !known.contains(*name))
            .map(str::to_owned)
            .collect();
        file.target[0].rain_forecast_perfect_h = 0;
        let (names, kinds) = columns(&file);
        let kinds: Vec<Kind> = kinds
            .into_iter()
            .chain(more.iter().map(|_| Kind::Level))
            .collect();
        let names: Vec<&str> = names.iter().chain(&more).map(String::as_str).collect();
        let mut table: Option<SeriesTable> = None;
        for path in series_files(dir, &file)? {
            let read = read_table(&path, &names)?;
            table = Some(match table {
                Some(before) => before.append(read).map_err(wrong)?,
                None => read,
            });
        }
        let table = table.ok_or_else(|| DirectoryError::NoSeries {
            dir: dir.to_owned(),
        })?;
        let (history, _) =
            on_grid(&table, &kinds, grid_of(&file)).map_err(|source| DirectoryError::Grid {
                dir: dir.to_owned(),
                source,
            })?;
        Ok(history)
    }

    fn read(dir: &Path, file: CaseFile) -> Result<Self, DirectoryError> {
        let (names, kinds) = columns(&file);
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut table: Option<SeriesTable> = None;
        for path in series_files(dir, &file)? {
            let wrong = |source| DirectoryError::Series {
                path: path.clone(),
                source,
            };
            let read = read_table(&path, &names)?;
            table = Some(match table {
                Some(before) => before.append(read).map_err(wrong)?,
                None => read,
            });
        }
        let table = table.ok_or_else(|| DirectoryError::NoSeries {
            dir: dir.to_owned(),
        })?;
        Self::of(dir, file, &table, &kinds)
    }

    fn of(
        dir: &Path,
        file: CaseFile,
        table: &SeriesTable,
        kinds: &[Kind],
    ) -> Result<Self, DirectoryError> {
        let wrong = |source| DirectoryError::Grid {
            dir: dir.to_owned(),
            source,
        };
        let (history, report) = on_grid(table, kinds, grid_of(&file)).map_err(wrong)?;
        let history = with_perfect_rain(&history, &file.target)
            .map_err(|why| wrong(GridError::History(why)))?;
        let mut basin = Self {
            file,
            history,
            grid: report,
            questions: Vec::new(),
            asked: None,
        };
        let train = basin.train();
        for (what, period) in [
            ("split.train", Some(&train)),
            ("split.test", basin.test().as_ref()),
        ] {
            if period.is_some_and(|rows| rows.is_empty()) {
                return Err(DirectoryError::Empty {
                    dir: dir.to_owned(),
                    what: format!(
                        "{what} holds no row; the readings reach from {} to {}",
                        basin.history.start(),
                        basin.history.end()
                    ),
                });
            }
        }
        if let (Some(test), Some(every_min)) = (basin.test(), basin.file.split.examine_every_min) {
            let asked = test.every(i64::from(every_min) * 60);
            basin.asked = Some(asked.filter(|rows| !rows.is_empty()).ok_or_else(|| {
                DirectoryError::Empty {
                    dir: dir.to_owned(),
                    what: format!(
                        "split.examine_every_min = {every_min}: no row of the test, {} to {}, lies at such a moment",
                        test.start(),
                        test.end()
                    ),
                }
            })?);
        }
        for target in &basin.file.target {
            let threshold = threshold(target, &train).map_err(|what| DirectoryError::Empty {
                dir: dir.to_owned(),
                what,
            })?;
            basin.questions.push(Question {
                case: target.case(),
                name: if target.name.is_empty() {
                    target.gauge.clone()
                } else {
                    target.name.clone()
                },
                unit: target.unit,
                threshold,
                perfect_rain: target.rain_forecast_perfect_h > 0,
            });
        }
        Ok(basin)
    }

    /// The same basin with the rain of the coming hours as it really fell, as columns of a forecast, for every target that has
    /// rain: for experiments.
    ///
    /// # Errors
    /// When there are too many columns then.
    pub fn with_perfect_rain(&self, hours: u32) -> Result<Self, HistoryError> {
        let mut basin = self.clone();
        for (target, question) in basin.file.target.iter_mut().zip(&mut basin.questions) {
            if !target.rain.is_empty() {
                target.rain_forecast.clear();
                target.rain_forecast_perfect_h = hours;
                question.case = target.case();
                question.perfect_rain = true;
            }
        }
        basin.history = with_perfect_rain(&self.history, &basin.file.target)?;
        Ok(basin)
    }

    /// The rows that teach; all when the case does not say.
    #[must_use]
    pub fn train(&self) -> History {
        match self.file.split.train {
            Some(Period { from, to }) => self.history.rows_between(from, to),
            None => self.history.clone(),
        }
    }

    /// The rows that examine, if the case holds some back.
    #[must_use]
    pub fn test(&self) -> Option<History> {
        let Period { from, to } = self.file.split.test?;
        Some(self.history.rows_between(from, to))
    }

    /// The moments of the test that are asked about: all its rows, or those at full steps of `split.examine_every_min`.
    #[must_use]
    pub fn asked(&self) -> Option<History> {
        self.asked.clone().or_else(|| self.test())
    }
}

fn read_case(path: &Path) -> Result<CaseFile, DirectoryError> {
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(MAX_CASE_BYTES).read_to_string(&mut text))
        .map_err(|source| DirectoryError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
    CaseFile::parse(&text).map_err(|source| DirectoryError::Case {
        path: path.to_owned(),
        source: Box::new(source),
    })
}

fn grid_of(file: &CaseFile) -> Option<SeriesGrid> {
    let step_s = i64::from(file.step_min?) * 60;
    Some(SeriesGrid {
        step_s,
        tolerance_s: file
            .tolerance_min
            .map_or(step_s / 4, |minutes| i64::from(minutes) * 60),
    })
}

/// Every column that some target needs, once, with how it is brought to the grid.
fn columns(file: &CaseFile) -> (Vec<String>, Vec<Kind>) {
    let mut kinds = BTreeMap::new();
    let mut names = Vec::new();
    for target in &file.target {
        let levels = std::iter::once(&target.gauge).chain(&target.upstream);
        let levels = levels.map(|name| (name, Kind::Level));
        let rain = target.rain.iter().map(|name| (name, Kind::Amount));
        let forecast = target
            .rain_forecast
            .iter()
            .map(|name| (name, Kind::Forecast));
        for (name, kind) in levels.chain(rain).chain(forecast) {
            if kinds.insert(name, kind).is_none() {
                names.push(name.clone());
            }
        }
    }
    let kinds = names.iter().map(|name| kinds[name]).collect();
    (names, kinds)
}

fn series_files(dir: &Path, file: &CaseFile) -> Result<Vec<PathBuf>, DirectoryError> {
    if !file.series.is_empty() {
        return Ok(file.series.iter().map(|name| dir.join(name)).collect());
    }
    let found = SERIES_NAMES
        .iter()
        .map(|name| dir.join(name))
        .find(|path| path.is_file());
    found
        .map(|path| vec![path])
        .ok_or_else(|| DirectoryError::NoSeries {
            dir: dir.to_owned(),
        })
}

fn is_parquet(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "parquet")
}

fn file_at(path: &Path) -> Result<File, DirectoryError> {
    File::open(path).map_err(|source| DirectoryError::Unreadable {
        path: path.to_owned(),
        source,
    })
}

fn open(path: &Path) -> Result<Box<dyn Read>, DirectoryError> {
    let file = file_at(path)?;
    let packed = path.extension().is_some_and(|e| e == "gz");
    Ok(if packed {
        Box::new(BufReader::new(GzDecoder::new(file)))
    } else {
        Box::new(BufReader::new(file))
    })
}

fn read_table(path: &Path, names: &[&str]) -> Result<SeriesTable, DirectoryError> {
    let wrong = |source| DirectoryError::Series {
        path: path.to_owned(),
        source,
    };
    let read = if is_parquet(path) {
        SeriesTable::from_parquet(file_at(path)?, names)
    } else {
        SeriesTable::from_csv(open(path)?, names)
    };
    read.map_err(wrong)
}

fn threshold(target: &Target, train: &History) -> Result<Option<f64>, String> {
    let p = match target.threshold {
        None => return Ok(None),
        Some(Threshold::Value(value)) => return Ok(Some(value)),
        Some(Threshold::Percentile(p)) => p,
    };
    let column = train
        .gauge_index(&target.gauge)
        .expect("the target is a column of the table");
    let mut read: Vec<f64> = (0..train.len())
        .filter_map(|row| train.level(row, column))
        .collect();
    if read.is_empty() {
        return Err(format!(
            "target {}: threshold.percentile = {p}, but there is no reading to fit on",
            target.gauge
        ));
    }
    read.sort_unstable_by(f64::total_cmp);
    Ok(Some(quantile(&read, p / 100.0)))
}

/// Columns with the rain of the coming hours, the mean over the target's rain gauges, for the targets that ask for it.
fn with_perfect_rain(history: &History, targets: &[Target]) -> Result<History, HistoryError> {
    let rows_per_h = usize::try_from(3600 / history.step_s().max(1))
        .unwrap_or(1)
        .max(1);
    let mut names = history.gauges().to_vec();
    let mut more: Vec<Vec<f64>> = Vec::new();
    for target in targets.iter().filter(|t| t.rain_forecast_perfect_h > 0) {
        let rain: Vec<usize> = target
            .rain
            .iter()
            .filter_map(|name| history.gauge_index(name))
            .collect();
        for hour in 1..=target.rain_forecast_perfect_h {
            names.push(target.perfect_column(hour));
            let ahead = (hour as usize - 1) * rows_per_h;
            more.push(
                (0..history.len())
                    .map(|row| {
                        rain_of(
                            history,
                            &rain,
                            row + ahead + 1..row + ahead + 1 + rows_per_h,
                        )
                    })
                    .collect(),
            );
        }
    }
    if more.is_empty() {
        return Ok(history.clone());
    }
    let old = history.gauges().len();
    let levels = Array2::from_shape_fn((history.len(), names.len()), |(row, place)| {
        match place.checked_sub(old) {
            Some(place) => more[place][row],
            None => history.level(row, place).unwrap_or(f64::NAN),
        }
    });
    History::new(history.start(), history.step_s(), names, levels)
}

/// Mean over the gauges that know all of these rows; NaN when none does.
fn rain_of(history: &History, rain: &[usize], rows: std::ops::Range<usize>) -> f64 {
    let sums: Vec<f64> = rain
        .iter()
        .filter_map(|column| rows.clone().map(|row| history.level(row, *column)).sum())
        .collect();
    if sums.is_empty() {
        f64::NAN
    } else {
        sums.iter().sum::<f64>() / crate::score::count_f64(sums.len())
    }
}
