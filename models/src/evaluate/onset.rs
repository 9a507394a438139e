use super::Trial;
use serde::{Deserialize, Serialize};

/// Quantiles at which an alarm is tried: it is raised when the quantile reaches the level.
pub(crate) const ALARM_QUANTILES: [f64; 10] =
    [0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99];

/// Onsets (立ち上がり): below the level now, at or above it one lead later; counted per issue time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Onset {
    /// Onsets with alarm.
    pub hits: usize,
    /// Onsets without alarm.
    pub misses: usize,
    /// Alarms from below the level without onset.
    pub false_alarms: usize,
}

/// An alarm at one quantile.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alarm {
    /// The quantile that has to reach the level.
    pub quantile: f64,
    /// What came of it.
    pub onset: Onset,
}

/// Onsets at one reference level.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Crossings {
    /// Name of the mark.
    pub mark: String,
    /// Its level, metres.
    pub level_m: f64,
    /// A forecast is an alarm when it gives the mark at least this probability.
    pub alarm_probability: f64,
    /// Onsets with alarm.
    pub hits: usize,
    /// Onsets without alarm.
    pub misses: usize,
    /// Alarms from below the mark without onset.
    pub false_alarms: usize,
}

impl Onset {
    /// Counts the trials from below the level.
    pub(crate) fn count(trials: &[Trial], level_m: f64, alarm: impl Fn(&Trial) -> bool) -> Self {
        let mut counted = Self::default();
        for trial in trials.iter().filter(|t| t.now_m < level_m) {
            let onset = trial.observed_m >= level_m;
            let alarm = alarm(trial);
            counted.hits += usize::from(onset && alarm);
            counted.misses += usize::from(onset && !alarm);
            counted.false_alarms += usize::from(!onset && alarm);
        }
        counted
    }

    /// Share of the onsets that were announced (捕捉率); `None` without an onset.
    #[must_use]
    pub fn pod(&self) -> Option<f64> {
        share(self.hits, self.hits + self.misses)
    }

    /// Share of the alarms that were false (空振り率); `None` without an alarm.
    #[must_use]
    pub fn far(&self) -> Option<f64> {
        share(self.false_alarms, self.hits + self.false_alarms)
    }

    /// Hits among hits, misses and false alarms; `None` without any.
    #[must_use]
    pub fn csi(&self) -> Option<f64> {
        share(self.hits, self.hits + self.misses + self.false_alarms)
    }
}

/// Alarms at every quantile, from as likely as not to one chance in a hundred.
pub(crate) fn alarms(trials: &[Trial], level_m: f64) -> Vec<Alarm> {
    ALARM_QUANTILES
        .iter()
        .map(|&quantile| Alarm {
            quantile,
            onset: Onset::count(trials, level_m, |t| t.quantile_m(quantile) >= level_m),
        })
        .collect()
}

fn share(part: usize, of: usize) -> Option<f64> {
    (of > 0).then(|| crate::score::count_f64(part) / crate::score::count_f64(of))
}
