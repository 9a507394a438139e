use super::{LABELS_MIN, ZoneCard, unknown};
use crate::artifact::Words;
use crate::forecast::{GaugeForecast, LeadForecast};
use crate::score::count_f64;
use linfa::DatasetBase;
use linfa::traits::Fit;
use linfa_logistic::LogisticRegression;
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

/// Penalty of the slope. Without one, labels that a level parts cleanly give a step of infinite height.
const PENALTY: f64 = 1.0;
/// Parts of equal chance that a forecast is cut into.
const PARTS: u32 = 50;

/// One past flood at one district.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// Highest level of the flood, metres.
    pub peak_m: f64,
    /// Whether the district was under water.
    pub flooded: bool,
}

/// A district whose chance was learnt from labels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelledZone {
    /// The district.
    pub district: String,
    /// The gauge whose level decides.
    pub gauge: String,
    /// Log odds at 0 m.
    intercept: f64,
    /// Log odds per metre; never below 0.
    slope_per_m: f64,
    labels: usize,
    flooded: usize,
    /// Lowest and highest peak of the labels.
    range_m: [f64; 2],
}

/// Why labels teach nothing.
#[derive(Debug, thiserror::Error, PartialEq)]
#[non_exhaustive]
pub enum LabelError {
    /// Too few of one kind.
    #[error(
        "district `{district}`: {flooded} floods with water and {dry} without; at least {LABELS_MIN} of each are needed"
    )]
    TooFew {
        /// The district.
        district: String,
        /// Labels with water.
        flooded: usize,
        /// Labels without.
        dry: usize,
    },
    /// A level that no gauge can report.
    #[error("district `{district}`: peak {peak_m} m is not accepted: a finite number is")]
    Peak {
        /// The district.
        district: String,
        /// The level.
        peak_m: f64,
    },
    /// The labels say that higher water means less flooding, or nothing at all.
    #[error(
        "district `{district}`: by its labels higher water does not mean more flooding (slope {slope_per_m:.3} per metre): is it the right gauge?"
    )]
    Slope {
        /// The district.
        district: String,
        /// Log odds per metre.
        slope_per_m: f64,
    },
    /// linfa could not fit.
    #[error("district `{district}`: the logistic regression failed: {why}")]
    Solver {
        /// The district.
        district: String,
        /// What linfa says.
        why: String,
    },
}

impl LabelledZone {
    /// A logistic regression of the labels on the peak level.
    ///
    /// # Errors
    /// [`LabelError`] says why these labels teach nothing; nothing is made up instead.
    pub fn fit(district: &str, gauge: &str, labels: &[Label]) -> Result<Self, LabelError> {
        let district = district.to_owned();
        let flooded = labels.iter().filter(|l| l.flooded).count();
        let dry = labels.len() - flooded;
        if let Some(label) = labels.iter().find(|l| !l.peak_m.is_finite()) {
            let peak_m = label.peak_m;
            return Err(LabelError::Peak { district, peak_m });
        }
        if flooded < LABELS_MIN || dry < LABELS_MIN {
            return Err(LabelError::TooFew {
                district,
                flooded,
                dry,
            });
        }
        let n = count_f64(labels.len());
        let centre_m = labels.iter().map(|l| l.peak_m).sum::<f64>() / n;
        let square = labels
            .iter()
            .map(|l| (l.peak_m - centre_m).powi(2))
            .sum::<f64>()
            / n;
        let scale_m = square.sqrt().max(1e-3);
        let x = Array2::from_shape_fn((labels.len(), 1), |(row, _)| {
            (labels[row].peak_m - centre_m) / scale_m
        });
        let y: Array1<bool> = labels.iter().map(|l| l.flooded).collect();
        let fitted = LogisticRegression::default()
            .alpha(PENALTY)
            .max_iterations(500)
            .fit(&DatasetBase::new(x, y))
            .map_err(|why| LabelError::Solver {
                district: district.clone(),
                why: why.to_string(),
            })?;
        // linfa chooses itself which label its probability is of.
        let sign = if fitted.labels().pos.class { 1.0 } else { -1.0 };
        let slope_per_m = sign * fitted.params()[0] / scale_m;
        let intercept = sign * fitted.intercept() - slope_per_m * centre_m;
        if !(slope_per_m > 0.0 && slope_per_m.is_finite() && intercept.is_finite()) {
            return Err(LabelError::Slope {
                district,
                slope_per_m,
            });
        }
        let peaks = || labels.iter().map(|l| l.peak_m);
        Ok(Self {
            district,
            gauge: gauge.to_owned(),
            intercept,
            slope_per_m,
            labels: labels.len(),
            flooded,
            range_m: [
                peaks().fold(f64::INFINITY, f64::min),
                peaks().fold(f64::NEG_INFINITY, f64::max),
            ],
        })
    }

    /// Chance at one level.
    #[must_use]
    pub fn probability_at(&self, level_m: f64) -> f64 {
        1.0 / (1.0 + (-(self.intercept + self.slope_per_m * level_m)).exp())
    }

    /// The largest of: now, and the mean over what each lead may bring.
    pub(crate) fn probability_within(&self, forecast: &GaugeForecast, lead_h: u32) -> f64 {
        if forecast.leads.is_empty() {
            return f64::NAN;
        }
        let now = forecast
            .level_now_m
            .map(|level_m| self.probability_at(level_m));
        forecast
            .leads
            .iter()
            .filter(|lead| lead.lead_h <= lead_h)
            .map(|lead| self.mean_over(lead))
            .chain(now)
            .fold(f64::NAN, f64::max)
    }

    fn mean_over(&self, lead: &LeadForecast) -> f64 {
        let chances = (0..PARTS).map(|part| {
            let p = (f64::from(part) + 0.5) / f64::from(PARTS);
            self.probability_at(lead.quantile_m(p))
        });
        chances.sum::<f64>() / f64::from(PARTS)
    }

    pub(crate) fn card(&self) -> ZoneCard {
        let [low, high] = self.range_m;
        ZoneCard {
            district: self.district.clone(),
            gauge: self.gauge.clone(),
            labels: self.labels,
            flooded: self.flooded,
            words: vec![
                Words {
                    ja: format!(
                        "過去の出水{}回（うち浸水{}回）の記録による。最高水位{low:.2}〜{high:.2} mの外では確かめられていない。",
                        self.labels, self.flooded
                    ),
                    en: format!(
                        "From {} past floods, {} of them with water in the district. Nothing is known outside peaks of {low:.2} to {high:.2} m.",
                        self.labels, self.flooded
                    ),
                },
                unknown(),
            ],
        }
    }
}
