//! One gauge: what it says, whether it speaks, what may come.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::forecast::Forecast;
use super::mark::Marks;
use crate::id::SourceId;

/// One gauge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gauge {
    /// Japanese name.
    pub name: String,
    /// English name.
    pub name_en: String,
    /// River it stands at.
    pub river: String,
    /// Named levels.
    pub marks: Marks,
    /// Newest usable reading.
    pub observed: Option<Observed>,
    /// Whether it still speaks.
    pub voice: Voice,
    /// What is held of it, when it does not speak or cannot be believed.
    pub held: Option<Held>,
    /// Metres per hour over about the last hour.
    pub rise_m_per_h: Option<f64>,
    /// What may come; none where nothing makes forecasts.
    pub forecast: Option<Forecast>,
    /// Gauges whose water comes here; nothing = nobody said which, which is not "none".
    pub upstream: Option<Vec<SourceId>>,
}

/// A reading that may be used.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observed {
    /// The device's own time.
    pub at: Timestamp,
    /// Metres in the gauge's datum.
    pub level_m: f64,
    /// Whether quality control doubts it. It is used all the same.
    pub doubted: bool,
}

/// Whether a gauge speaks as agreed. Silence is information, never calm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Voice {
    /// Reports as agreed.
    Live,
    /// One report is overdue.
    Late {
        /// Minutes since the last usable reading.
        for_min: i64,
    },
    /// Several are overdue.
    Silent {
        /// Minutes since the last usable reading.
        for_min: i64,
    },
    /// Nothing usable was ever received.
    NeverHeard,
}

/// 悪い側の仮定: the last level of a gauge that is not heard any more, and how the water moved then. A rise is assumed to go
/// on for a while; a fall is not believed to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Held {
    /// Last level, metres.
    pub last_m: f64,
    /// When it was read.
    pub at: Timestamp,
    /// How fast the water rose then, metres per hour.
    pub rise_m_per_h: Option<f64>,
    /// So long a rise is assumed to go on, hours.
    pub goes_on_for_h: f64,
}

impl Held {
    /// The level to assume for a moment, metres; never below the last one.
    pub fn assumed_m(&self, when: Timestamp) -> f64 {
        let hours = hours_between(self.at, when).clamp(0.0, self.goes_on_for_h);
        self.last_m + self.rise_m_per_h.unwrap_or(0.0).max(0.0) * hours
    }

    /// When the assumed level reaches `level_m`; nothing when it never does.
    pub fn reaches_at(&self, level_m: f64) -> Option<Timestamp> {
        if self.last_m >= level_m {
            return Some(self.at);
        }
        let rise = self.rise_m_per_h.filter(|rise| *rise > 0.0)?;
        let hours = (level_m - self.last_m) / rise;
        (hours <= self.goes_on_for_h).then(|| after_hours(self.at, hours))?
    }
}

impl Gauge {
    /// Whether its last level is only held: what came after is unknown.
    pub fn is_held(&self) -> bool {
        self.held.is_some() || matches!(self.voice, Voice::Silent { .. } | Voice::NeverHeard)
    }

    /// The level to judge by at a moment: the assumed one where it is held and higher, else the observed one. Metres.
    pub fn worst_m(&self, when: Timestamp) -> Option<f64> {
        let observed = self.observed.map(|observed| observed.level_m);
        let assumed = self
            .held
            .filter(|_| self.is_held())
            .map(|held| held.assumed_m(when));
        match (observed, assumed) {
            (Some(a), Some(b)) => Some(a.max(b)),
            (a, b) => a.or(b),
        }
    }
}

/// Hours from one moment to another, negative when it lies before.
pub(crate) fn hours_between(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64() / 3600.0
}

/// A moment so many hours later, to the second; nothing beyond the calendar.
pub(crate) fn after_hours(from: Timestamp, hours: f64) -> Option<Timestamp> {
    let later = SignedDuration::try_from_secs_f64((hours * 3600.0).round()).ok()?;
    from.checked_add(later).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rise_goes_on_for_a_while_and_a_fall_is_not_believed() {
        let at: Timestamp = "2018-07-06T12:00:00Z".parse().expect("a time");
        let held = |rise| Held {
            last_m: 4.0,
            at,
            rise_m_per_h: Some(rise),
            goes_on_for_h: 3.0,
        };
        let later = |hours| after_hours(at, hours).expect("a time");
        assert!((held(1.0).assumed_m(later(2.0)) - 6.0).abs() < 1e-9);
        assert!((held(1.0).assumed_m(later(9.0)) - 7.0).abs() < 1e-9);
        assert!((held(-1.0).assumed_m(later(2.0)) - 4.0).abs() < 1e-9);
        assert_eq!(held(1.0).reaches_at(5.5), Some(later(1.5)));
        assert_eq!(held(1.0).reaches_at(7.5), None);
    }
}
