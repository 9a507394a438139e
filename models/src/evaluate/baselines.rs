use super::{CRPS_PROBABILITIES, EvaluateError, Forecaster};
use crate::baseline::{LastReading, lead_end, no_information, rows_per_h};
use crate::case::Case;
use crate::conformal::quantile;
use crate::features::level_back;
use crate::forecast::{GaugeForecast, LeadForecast, Method, Quantile, Tier};
use crate::history::History;
use crate::hyper::LEADS_H;
use crate::regression::{Linear, ridge};
use crate::score::count_f64;
use jiff::Timestamp;
use ndarray::{Array1, Array2};

/// Penalty of the ridge baseline on standardised features, for the whole fit.
const RIDGE_PENALTY: f64 = 10.0;
const OWN_LAGS_H: [usize; 10] = [1, 2, 3, 4, 5, 6, 9, 12, 18, 24];
const OWN_CHANGES_H: [usize; 3] = [1, 3, 6];
const UPSTREAM_LAGS_H: [usize; 4] = [1, 2, 3, 6];
const UPSTREAM_CHANGES_H: [usize; 2] = [1, 3];
const RAIN_SUMS_H: [usize; 9] = [1, 2, 3, 6, 12, 24, 48, 72, 168];

/// Which yardstick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BaselineKind {
    /// The level stays.
    Persistence,
    /// It goes on rising or falling as in the last hour.
    RateOfRise,
    /// Ridge regression of the change on lags, changes, upstream levels and sums of rain; untuned.
    Ridge,
}

/// A yardstick: a simple forecast with the quantiles of its own errors on the rows that teach. It is there to be
/// beaten, not to be used.
#[derive(Clone, Debug)]
pub struct Baseline {
    case: Case,
    kind: BaselineKind,
    /// Quantiles of observed minus said, by lead.
    errors_m: [[f64; CRPS_PROBABILITIES.len()]; LEADS_H.len()],
    lines: Vec<Line>,
}

#[derive(Clone, Debug)]
struct Line {
    centre: Vec<f64>,
    scale: Vec<f64>,
    linear: Linear,
}

impl Baseline {
    /// Learns the errors (and the lines of the ridge) from the rows of `train`.
    ///
    /// # Errors
    /// [`EvaluateError::NothingToLearn`] or [`EvaluateError::Ridge`].
    pub fn fit(kind: BaselineKind, train: &History, case: &Case) -> Result<Self, EvaluateError> {
        let mut baseline = Self {
            case: case.clone(),
            kind,
            errors_m: Default::default(),
            lines: Vec::new(),
        };
        let nothing = |lead_h| EvaluateError::NothingToLearn {
            gauge: case.target.clone(),
            lead_h,
        };
        let column = train.gauge_index(&case.target).ok_or_else(|| nothing(0))?;
        let rows_per_h = rows_per_h(train.step_s()).ok_or_else(|| nothing(0))?;
        let features: Vec<Option<Vec<f64>>> = (0..train.len())
            .map(|row| {
                let read = kind == BaselineKind::Ridge && train.level(row, column).is_some();
                read.then(|| features(train, case, row, rows_per_h))
            })
            .collect();
        for (place, lead_h) in LEADS_H.into_iter().enumerate() {
            let ahead = lead_h as usize * rows_per_h;
            let pairs: Vec<(usize, f64)> = (0..train.len())
                .filter_map(|row| {
                    let now_m = train.level(row, column)?;
                    Some((row, train.level(row + ahead, column)? - now_m))
                })
                .collect();
            if pairs.is_empty() {
                return Err(nothing(lead_h));
            }
            if kind == BaselineKind::Ridge {
                let line = Line::fit(&features, &pairs).map_err(|why| EvaluateError::Ridge {
                    gauge: case.target.clone(),
                    why,
                })?;
                baseline.lines.push(line);
            }
            let mut errors: Vec<f64> = pairs
                .iter()
                .map(|(row, change_m)| {
                    let said_m = match kind {
                        BaselineKind::Persistence => 0.0,
                        BaselineKind::RateOfRise => {
                            rate(train, column, *row, rows_per_h) * f64::from(lead_h)
                        }
                        BaselineKind::Ridge => features[*row]
                            .as_ref()
                            .map_or(0.0, |x| baseline.lines[place].predict(x)),
                    };
                    change_m - said_m
                })
                .collect();
            errors.sort_unstable_by(f64::total_cmp);
            baseline.errors_m[place] = CRPS_PROBABILITIES.map(|p| quantile(&errors, p));
        }
        Ok(baseline)
    }
}

impl Forecaster for Baseline {
    fn forecast(&mut self, recent: &History, at: Timestamp) -> GaugeForecast {
        let last = LastReading::of(recent, &self.case.target, at);
        let (Some(last), Some(rows_per_h)) = (last, rows_per_h(recent.step_s())) else {
            return no_information(&self.case, at);
        };
        let features = (self.kind == BaselineKind::Ridge)
            .then(|| features(recent, &self.case, last.row, rows_per_h));
        let leads = LEADS_H
            .iter()
            .enumerate()
            .map(|(place, &lead_h)| {
                let hours = f64::from(lead_h);
                let median_m = match (self.kind, &features) {
                    (BaselineKind::Persistence, _) => last.level_m,
                    (BaselineKind::RateOfRise, _) => last.rate_of_rise_m(hours),
                    (BaselineKind::Ridge, features) => {
                        let change_m = features.as_ref().map(|x| self.lines[place].predict(x));
                        last.level_m + change_m.unwrap_or(0.0)
                    }
                };
                let levels_m = self.errors_m[place].map(|error_m| median_m + error_m);
                LeadForecast {
                    lead_h,
                    at: lead_end(at, lead_h),
                    method: Method::Persistence,
                    expected_m: median_m,
                    median_m,
                    quantiles: CRPS_PROBABILITIES
                        .iter()
                        .zip(levels_m)
                        .map(|(&p, level_m)| Quantile { p, level_m })
                        .collect(),
                    persistence_m: last.level_m,
                    rate_of_rise_m: last.rate_of_rise_m(hours),
                    outside_training: false,
                    record: None,
                }
            })
            .collect();
        GaugeForecast {
            gauge: self.case.target.clone(),
            as_of: at,
            tier: Tier::Persistence,
            why_ja: "比較用の基準。".to_owned(),
            why_en: "A baseline, to compare with.".to_owned(),
            upstream_missing: Vec::new(),
            level_now_m: Some(last.level_m),
            level_now_at: Some(last.at),
            rise_m_per_h: last.rise_m_per_h,
            leads,
        }
    }
}

impl Line {
    /// A missing feature counts as usual (its mean); a feature that never changes is left out.
    fn fit(features: &[Option<Vec<f64>>], pairs: &[(usize, f64)]) -> Result<Self, String> {
        let rows: Vec<&Vec<f64>> = pairs
            .iter()
            .filter_map(|(row, _)| features[*row].as_ref())
            .collect();
        let columns = rows.first().map_or(0, |row| row.len());
        let (mut centre, mut scale) = (vec![0.0; columns], vec![0.0; columns]);
        for column in 0..columns {
            let read = rows.iter().map(|row| row[column]).filter(|x| !x.is_nan());
            let n = count_f64(read.clone().count()).max(1.0);
            let mean = read.clone().sum::<f64>() / n;
            centre[column] = mean;
            scale[column] = (read.map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt();
        }
        let mut line = Self {
            centre,
            scale,
            linear: Linear {
                intercept: 0.0,
                weights: Vec::new(),
            },
        };
        let x: Vec<f64> = rows.iter().flat_map(|row| line.standard(row)).collect();
        let x = Array2::from_shape_vec((rows.len(), columns), x).map_err(|e| e.to_string())?;
        let y: Array1<f64> = pairs.iter().map(|(_, change_m)| *change_m).collect();
        let penalty = RIDGE_PENALTY / count_f64(rows.len());
        line.linear = ridge(&x, &y, penalty).map_err(|e| e.to_string())?;
        Ok(line)
    }

    fn standard(&self, row: &[f64]) -> Vec<f64> {
        let columns = self.centre.iter().zip(&self.scale);
        row.iter()
            .zip(columns)
            .map(|(x, (centre, scale))| {
                if x.is_nan() || *scale < 1e-9 {
                    0.0
                } else {
                    (x - centre) / scale
                }
            })
            .collect()
    }

    fn predict(&self, row: &[f64]) -> f64 {
        self.linear.predict(&self.standard(row))
    }
}

fn rate(history: &History, column: usize, row: usize, rows_per_h: usize) -> f64 {
    let levels = history.column(column);
    let hour_ago_m = level_back(levels, row, rows_per_h, rows_per_h);
    history
        .level(row, column)
        .zip(hour_ago_m)
        .map_or(0.0, |(now_m, hour_ago_m)| now_m - hour_ago_m)
}

/// NaN where a reading is missing: nothing is bridged here.
fn features(history: &History, case: &Case, row: usize, rows_per_h: usize) -> Vec<f64> {
    let mut all = Vec::new();
    let mut levels = |gauge: &String, lags_h: &[usize], changes_h: &[usize]| {
        let back = |hours: usize| {
            let column = history.gauge_index(gauge)?;
            history.level(row.checked_sub(hours * rows_per_h)?, column)
        };
        let back = |hours| back(hours).unwrap_or(f64::NAN);
        all.push(back(0));
        all.extend(lags_h.iter().map(|h| back(*h)));
        all.extend(changes_h.iter().map(|h| back(0) - back(*h)));
    };
    levels(&case.target, &OWN_LAGS_H, &OWN_CHANGES_H);
    for gauge in &case.upstream {
        levels(gauge, &UPSTREAM_LAGS_H, &UPSTREAM_CHANGES_H);
    }
    for series in &case.rain {
        let column = history.gauge_index(series);
        let mut sum_mm = 0.0;
        let mut done = 0;
        for hours in RAIN_SUMS_H {
            for back in done..hours * rows_per_h {
                let read = column
                    .zip(row.checked_sub(back))
                    .and_then(|(column, row)| history.level(row, column));
                sum_mm += read.unwrap_or(f64::NAN);
            }
            done = hours * rows_per_h;
            all.push(sum_mm);
        }
    }
    all
}
