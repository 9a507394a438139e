//! `case.toml`: which rivers stand in a directory, and how a model is tried on them.

use crate::case::{Case, CaseError, MAX_RAIN_FORECAST_H, Mark};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Most targets of one file.
pub const MAX_TARGETS: usize = 2_000;

/// A `case.toml`: the series, the gauges to forecast, and which years teach and which years examine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseFile {
    /// What it is, in Japanese.
    #[serde(default)]
    pub title_ja: String,
    /// What it is, in English.
    #[serde(default)]
    pub title_en: String,
    /// Licence of the readings; it is copied into every card.
    #[serde(default)]
    pub licence: String,
    /// Whom to name; it is copied into every card.
    #[serde(default)]
    pub attribution: String,
    /// Folder of the readings, for a case that stands elsewhere: the name of a folder beside others.
    #[serde(default)]
    pub folder: Option<String>,
    /// Files of readings, in order of time; without it `series.csv`, `series.csv.gz` or `series.parquet`.
    #[serde(default)]
    pub series: Vec<String>,
    /// Minutes from row to row; without it the most frequent distance of the readings.
    #[serde(default)]
    pub step_min: Option<u32>,
    /// A reading this many minutes before its row still counts; without it a quarter of the step.
    #[serde(default)]
    pub tolerance_min: Option<u32>,
    /// Which rows teach, which examine.
    #[serde(default)]
    pub split: Split,
    /// The gauges to forecast.
    pub target: Vec<Target>,
}

/// Which rows teach and which examine.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// Rows to fit on; without it all.
    #[serde(default)]
    pub train: Option<Period>,
    /// Rows to measure on, after those to fit on; without it nothing is held back, and `hinan evaluate` refuses.
    #[serde(default)]
    pub test: Option<Period>,
    /// Minutes between the moments that are asked about, from the full hour on; without it every row of the test.
    #[serde(default)]
    pub examine_every_min: Option<u32>,
}

/// From one moment to another, both included.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// First moment.
    pub from: Timestamp,
    /// Last moment.
    pub to: Timestamp,
}

/// One gauge to forecast.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Column of its levels or flow.
    pub gauge: String,
    /// Its name for people.
    #[serde(default)]
    pub name: String,
    /// What is forecast.
    #[serde(default)]
    pub unit: Unit,
    /// Columns of gauges upstream, the ones that matter most first.
    #[serde(default)]
    pub upstream: Vec<String>,
    /// Columns of rain, millimetres fallen since the reading before.
    #[serde(default)]
    pub rain: Vec<String>,
    /// Columns of the rain forecast: millimetres expected, when the row was written, for the next hour, the one after
    /// it, and so on.
    #[serde(default)]
    pub rain_forecast: Vec<String>,
    /// For experiments: take the rain that really fell in the coming hours (this many) for a forecast. It shows what a
    /// perfect forecast would add and is no skill of anybody.
    #[serde(default)]
    pub rain_forecast_perfect_h: u32,
    /// The level whose crossing is counted.
    #[serde(default)]
    pub threshold: Option<Threshold>,
    /// Reference levels (基準水位).
    #[serde(default)]
    pub marks: Vec<Mark>,
}

/// What a target's column holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    /// Water level (水位), metres.
    #[default]
    #[serde(rename = "m")]
    Metre,
    /// Flow (流量), cubic metres a second. All figures named `_m` are then of this unit.
    #[serde(rename = "m3/s", alias = "m³/s")]
    CubicMetrePerSecond,
}

impl Unit {
    /// As it is written.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Metre => "m",
            Self::CubicMetrePerSecond => "m³/s",
        }
    }
}

/// The level whose crossing is counted: given, or read from the rows that teach.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Threshold {
    /// A level, in the unit of the target.
    Value(f64),
    /// A percentile of the readings that teach, more than 0 and less than 100.
    Percentile(f64),
}

/// Why a `case.toml` cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaseFileError {
    /// Not the TOML that is expected; the message names line and key.
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
    /// A value is not accepted.
    #[error("{key} = {value} is not accepted: {accepted}")]
    Value {
        /// Which key.
        key: String,
        /// What stands there.
        value: String,
        /// What is accepted.
        accepted: String,
    },
    /// A target's gauges or levels cannot be used.
    #[error("[[target]] {0}")]
    Case(#[from] CaseError),
}

impl CaseFile {
    /// Reads and checks a `case.toml`.
    ///
    /// # Errors
    /// [`CaseFileError`] names the key, the value and what is accepted.
    pub fn parse(text: &str) -> Result<Self, CaseFileError> {
        let file: Self = toml::from_str(text)?;
        file.check()?;
        Ok(file)
    }

    fn check(&self) -> Result<(), CaseFileError> {
        if self.target.is_empty() || self.target.len() > MAX_TARGETS {
            return Err(value(
                "number of [[target]]",
                &self.target.len(),
                "1 to 2000 gauges to forecast",
            ));
        }
        if let Some(step) = self.step_min
            && (step == 0 || 60 % step != 0)
        {
            let accepted =
                "minutes that divide the hour: 1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30 or 60";
            return Err(value("step_min", &step, accepted));
        }
        let names = self.series.iter().enumerate();
        let names = names.map(|(place, name)| (format!("series[{place}]"), name));
        let folder = self.folder.iter().map(|name| ("folder".to_owned(), name));
        for (key, name) in names.chain(folder) {
            // A case says what to read beside it, never elsewhere on the machine.
            if name.is_empty() || name.contains(['/', '\\']) || name.starts_with('.') {
                let accepted = "a plain name, without a path";
                return Err(value(&key, name, accepted));
            }
        }
        let Split {
            train,
            test,
            examine_every_min,
        } = self.split;
        if let Some(every) = examine_every_min {
            let step = self.step_min.unwrap_or(0);
            if test.is_none() || step == 0 || every == 0 || every % step != 0 || 60 % every != 0 {
                let accepted = "with `test`: minutes that divide the hour and are a multiple of `step_min`, which must be given";
                return Err(value("split.examine_every_min", &every, accepted));
            }
        }
        for (key, period) in [("split.train", train), ("split.test", test)] {
            if let Some(Period { from, to }) = period
                && from >= to
            {
                return Err(value(key, &format!("{from} to {to}"), "`from` before `to`"));
            }
        }
        if let (Some(train), Some(test)) = (train, test)
            && test.from <= train.to
        {
            let accepted = format!("a moment after split.train.to = {}", train.to);
            return Err(value("split.test.from", &test.from, &accepted));
        }
        if test.is_some() && train.is_none() {
            let accepted = "needed beside split.test, so that no examined row teaches";
            return Err(value("split.train", &"nothing", accepted));
        }
        let mut seen = std::collections::BTreeSet::new();
        for target in &self.target {
            target.check()?;
            if !seen.insert(&target.gauge) {
                return Err(value("target.gauge", &target.gauge, "each gauge once"));
            }
        }
        Ok(())
    }
}

impl Target {
    /// What a model of it is asked. A perfect rain forecast gets columns of its own.
    #[must_use]
    pub fn case(&self) -> Case {
        let rain_forecast = if self.rain_forecast_perfect_h > 0 {
            (1..=self.rain_forecast_perfect_h)
                .map(|hour| self.perfect_column(hour))
                .collect()
        } else {
            self.rain_forecast.clone()
        };
        Case {
            target: self.gauge.clone(),
            upstream: self.upstream.clone(),
            rain: self.rain.clone(),
            rain_forecast,
            marks: self.marks.clone(),
        }
    }

    /// Name of the column that holds the rain that really fell in the hour that ends `hour` hours later.
    pub(crate) fn perfect_column(&self, hour: u32) -> String {
        format!("{}: rain of hour {hour} ahead", self.gauge)
    }

    fn check(&self) -> Result<(), CaseFileError> {
        self.case().check()?;
        let key = |name: &str| format!("target {}: {name}", self.gauge);
        if self.gauge.is_empty() {
            return Err(value("target.gauge", &"\"\"", "the name of a column"));
        }
        let most = u32::try_from(MAX_RAIN_FORECAST_H).expect("24");
        if self.rain_forecast_perfect_h > 0
            && (!self.rain_forecast.is_empty()
                || self.rain.is_empty()
                || self.rain_forecast_perfect_h > most)
        {
            return Err(value(
                &key("rain_forecast_perfect_h"),
                &self.rain_forecast_perfect_h,
                "0 to 24, with `rain` and without `rain_forecast`",
            ));
        }
        match self.threshold {
            Some(Threshold::Percentile(p)) if !(p > 0.0 && p < 100.0) => Err(value(
                &key("threshold.percentile"),
                &p,
                "more than 0 and less than 100",
            )),
            Some(Threshold::Value(v)) if !v.is_finite() => {
                Err(value(&key("threshold.value"), &v, "a finite number"))
            }
            _ => Ok(()),
        }
    }
}

fn value(key: &str, value: &dyn fmt::Display, accepted: &str) -> CaseFileError {
    CaseFileError::Value {
        key: key.to_owned(),
        value: value.to_string().chars().take(80).collect(),
        accepted: accepted.to_owned(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{CaseFile, Threshold, Unit};

    const SMALL: &str = "[[target]]\ngauge = \"a\"\n";

    fn refusal(text: &str) -> String {
        CaseFile::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn a_gauge_is_all_that_is_needed() {
        let file = CaseFile::parse(SMALL).unwrap();
        assert_eq!(file.target[0].unit, Unit::Metre);
        assert_eq!(file.target[0].case().target, "a");
    }

    #[test]
    fn everything_can_be_said() {
        let file = CaseFile::parse(
            "licence = \"MIT\"\nstep_min = 60\n[split]\n\
             train = { from = 2001-01-01T00:00:00Z, to = 2002-12-31T23:00:00Z }\n\
             test = { from = 2003-01-01T00:00:00Z, to = 2003-12-31T23:00:00Z }\n\
             [[target]]\ngauge = \"flow\"\nunit = \"m3/s\"\nrain = [\"r\"]\nrain_forecast_perfect_h = 6\n\
             threshold = { percentile = 99.5 }\nmarks = [{ name = \"caution\", level_m = 3.0 }]\n",
        );
        // TOML has times of its own; ours stand in quotes.
        assert!(file.is_err());
        let file = CaseFile::parse(
            "licence = \"MIT\"\nstep_min = 60\n[split]\n\
             train = { from = \"2001-01-01T00:00:00Z\", to = \"2002-12-31T23:00:00Z\" }\n\
             test = { from = \"2003-01-01T00:00:00Z\", to = \"2003-12-31T23:00:00Z\" }\n\
             [[target]]\ngauge = \"flow\"\nunit = \"m3/s\"\nrain = [\"r\"]\nrain_forecast_perfect_h = 6\n\
             threshold = { percentile = 99.5 }\nmarks = [{ name = \"caution\", level_m = 3.0 }]\n",
        )
        .unwrap();
        assert_eq!(file.target[0].threshold, Some(Threshold::Percentile(99.5)));
        assert_eq!(file.target[0].case().rain_forecast.len(), 6);
    }

    #[test]
    fn a_refusal_names_key_value_and_what_is_accepted() {
        assert!(refusal("[[target]]\ngauge = \"a\"\nupsteam = []\n").contains("upsteam"));
        assert_eq!(
            refusal(&format!("step_min = 7\n{SMALL}")),
            "step_min = 7 is not accepted: minutes that divide the hour: 1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30 or 60"
        );
        assert!(
            refusal(&format!("series = [\"../../etc/passwd\"]\n{SMALL}")).starts_with("series[0]")
        );
        assert!(refusal(&format!("{SMALL}{SMALL}")).contains("each gauge once"));
        assert!(
            refusal(&format!("{SMALL}threshold = {{ percentile = 100.0 }}\n"))
                .contains("threshold.percentile = 100")
        );
        assert!(refusal(&format!("{SMALL}rain_forecast_perfect_h = 6\n")).contains("with `rain`"));
    }

    #[test]
    fn moments_that_are_asked_about_lie_on_rows_and_on_the_full_hour() {
        const YEARS: &str = "train = { from = \"2001-01-01T00:00:00Z\", to = \"2002-12-31T23:00:00Z\" }\n\
            test = { from = \"2003-01-01T00:00:00Z\", to = \"2003-12-31T23:00:00Z\" }\n";
        let asked = |head: &str, years: &str, every: u32| {
            CaseFile::parse(&format!(
                "{head}[split]\nexamine_every_min = {every}\n{years}{SMALL}"
            ))
        };
        for every in [15, 30, 60] {
            let split = asked("step_min = 15\n", YEARS, every).unwrap().split;
            assert_eq!(split.examine_every_min, Some(every));
        }
        for (head, years, every) in [
            ("step_min = 15\n", YEARS, 0),
            ("step_min = 15\n", YEARS, 20),
            ("step_min = 15\n", YEARS, 120),
            ("", YEARS, 60),
            ("step_min = 15\n", "", 60),
        ] {
            let refused = asked(head, years, every).unwrap_err().to_string();
            assert!(
                refused.starts_with(&format!(
                    "split.examine_every_min = {every} is not accepted"
                )),
                "{refused}"
            );
        }
    }

    #[test]
    fn the_examined_rows_come_after_the_ones_that_teach() {
        let split = |train_to: &str| {
            format!(
                "[split]\ntrain = {{ from = \"2001-01-01T00:00:00Z\", to = \"{train_to}\" }}\n\
                 test = {{ from = \"2003-01-01T00:00:00Z\", to = \"2004-01-01T00:00:00Z\" }}\n{SMALL}"
            )
        };
        assert!(CaseFile::parse(&split("2002-12-31T23:00:00Z")).is_ok());
        let overlap = refusal(&split("2003-01-01T00:00:00Z"));
        assert!(
            overlap.starts_with("split.test.from = 2003-01-01"),
            "{overlap}"
        );
    }
}
