use crate::history::{History, MAX_ABS_LEVEL_M};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Most upstream gauges of one case: a model is fitted for every subset of them, 2⁶ = 64 at most.
pub const MAX_UPSTREAM: usize = 6;
/// Most reference levels of one case.
pub const MAX_MARKS: usize = 32;
/// Most rain series of one case.
pub const MAX_RAIN: usize = 16;
/// Most hours ahead of a rain forecast.
pub const MAX_RAIN_FORECAST_H: usize = 24;

/// What is asked: which gauge, what lies upstream, where rain is measured, which reference levels matter.
///
/// All series are columns of one [`History`], named as here.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The gauge whose level is forecast.
    pub target: String,
    /// Gauges upstream of it, at most [`MAX_UPSTREAM`]; the ones that matter most first.
    #[serde(default)]
    pub upstream: Vec<String>,
    /// Rain series (雨量), at most [`MAX_RAIN`]: millimetres fallen in the step that ends at the row.
    #[serde(default)]
    pub rain: Vec<String>,
    /// Rain forecast (降水予測), at most [`MAX_RAIN_FORECAST_H`] hours: the first column holds, at each row, the
    /// millimetres then expected for the next hour, the second for the hour after that, and so on. What stands in a
    /// row must have been known at that row's time.
    #[serde(default)]
    pub rain_forecast: Vec<String>,
    /// Reference levels of the target.
    #[serde(default)]
    pub marks: Vec<Mark>,
}

/// A reference level (基準水位), such as 氾濫注意水位 or 氾濫危険水位.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    /// Its name, for example `caution`, `evacuation_judgement`, `danger`, `design_high_water`.
    pub name: String,
    /// Metres above the target gauge's datum.
    pub level_m: f64,
}

/// Why a case cannot be asked of a history.
#[derive(Debug, thiserror::Error, PartialEq)]
#[non_exhaustive]
pub enum CaseError {
    /// A gauge of the case is not in the history.
    #[error("{role}: gauge `{gauge}` is not in the history")]
    UnknownGauge {
        /// `target`, `upstream`, `rain` or `rain_forecast`.
        role: &'static str,
        /// Its name.
        gauge: String,
    },
    /// A gauge stands twice in the case.
    #[error("gauge `{gauge}` stands twice in the case of `{target}`")]
    GaugeTwice {
        /// The gauge.
        gauge: String,
        /// The case's target.
        target: String,
    },
    /// Too many upstream gauges or marks.
    #[error("{what} of `{target}`: {count} is too many, at most {most} are accepted")]
    TooMany {
        /// `upstream`, `rain`, `rain_forecast` or `marks`.
        what: &'static str,
        /// The case's target.
        target: String,
        /// How many there are.
        count: usize,
        /// How many are accepted.
        most: usize,
    },
    /// A mark without name or level, or named twice.
    #[error("mark `{mark}` of `{target}`: {why}")]
    Mark {
        /// The mark.
        mark: String,
        /// The case's target.
        target: String,
        /// What is wrong and what is accepted.
        why: String,
    },
}

impl Case {
    /// Checks what can be checked without levels.
    ///
    /// # Errors
    /// Too many or repeated gauges, too many or repeated marks, a mark without name or with a level outside
    /// ±20000 m.
    pub fn check(&self) -> Result<(), CaseError> {
        self.check_count("upstream", self.upstream.len(), MAX_UPSTREAM)?;
        self.check_count("marks", self.marks.len(), MAX_MARKS)?;
        self.check_count("rain", self.rain.len(), MAX_RAIN)?;
        let hours = self.rain_forecast.len();
        self.check_count("rain_forecast", hours, MAX_RAIN_FORECAST_H)?;
        let mut seen = BTreeSet::from([&self.target]);
        let series = self.upstream.iter().chain(&self.rain);
        for gauge in series.chain(&self.rain_forecast) {
            if !seen.insert(gauge) {
                return Err(CaseError::GaugeTwice {
                    gauge: gauge.clone(),
                    target: self.target.clone(),
                });
            }
        }
        let mut named = BTreeSet::new();
        for mark in &self.marks {
            let why = if mark.name.is_empty() {
                "an empty name is not accepted".to_owned()
            } else if !named.insert(&mark.name) {
                "stands twice".to_owned()
            } else if mark.level_m.is_nan() || mark.level_m.abs() > MAX_ABS_LEVEL_M {
                format!(
                    "level {} m is not accepted: -20000 to 20000 m are",
                    mark.level_m
                )
            } else {
                continue;
            };
            return Err(CaseError::Mark {
                mark: mark.name.clone(),
                target: self.target.clone(),
                why,
            });
        }
        Ok(())
    }

    /// Checks the case and that the history knows all its gauges.
    pub(crate) fn check_against(&self, history: &History) -> Result<(), CaseError> {
        self.check()?;
        let gauges = std::iter::once(("target", &self.target))
            .chain(self.upstream.iter().map(|gauge| ("upstream", gauge)))
            .chain(self.rain.iter().map(|series| ("rain", series)))
            .chain(
                self.rain_forecast
                    .iter()
                    .map(|series| ("rain_forecast", series)),
            );
        for (role, gauge) in gauges {
            if history.gauge_index(gauge).is_none() {
                return Err(CaseError::UnknownGauge {
                    role,
                    gauge: gauge.clone(),
                });
            }
        }
        Ok(())
    }

    fn check_count(&self, what: &'static str, count: usize, most: usize) -> Result<(), CaseError> {
        if count <= most {
            return Ok(());
        }
        Err(CaseError::TooMany {
            what,
            target: self.target.clone(),
            count,
            most,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Case, CaseError, Mark};

    fn case(upstream: &[&str], marks: &[(&str, f64)]) -> Case {
        Case {
            target: "obihiro".to_owned(),
            upstream: upstream.iter().map(|g| (*g).to_owned()).collect(),
            marks: marks
                .iter()
                .map(|(n, l)| Mark {
                    name: (*n).to_owned(),
                    level_m: *l,
                })
                .collect(),
            ..Case::default()
        }
    }

    #[test]
    fn a_gauge_is_not_upstream_of_itself() {
        assert!(matches!(
            case(&["obihiro"], &[]).check(),
            Err(CaseError::GaugeTwice { .. })
        ));
    }

    #[test]
    fn seven_upstream_gauges_are_one_too_many() {
        assert!(case(&["a", "b", "c", "d", "e", "f"], &[]).check().is_ok());
        let error = case(&["a", "b", "c", "d", "e", "f", "g"], &[])
            .check()
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "upstream of `obihiro`: 7 is too many, at most 6 are accepted"
        );
    }

    #[test]
    fn a_mark_needs_a_name_of_its_own_and_a_finite_level() {
        assert!(case(&[], &[("danger", 37.4)]).check().is_ok());
        assert!(
            case(&[], &[("danger", 37.4), ("danger", 38.0)])
                .check()
                .is_err()
        );
        assert!(case(&[], &[("danger", f64::NAN)]).check().is_err());
        assert!(case(&[], &[("", 1.0)]).check().is_err());
    }
}
