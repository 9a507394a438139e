//! 悪い側の仮定: what to assume of a gauge that no longer speaks for the river as it is.

use hinan_sensors::{HealthReason, State};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::GaugeOutlook;

/// A level nobody measured, with everything it was made from.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Assumed {
    /// The level to assume, metres: never below the last one.
    pub level_m: f64,
    /// The last level, metres.
    pub last_m: f64,
    /// The device's own time of the last level.
    pub at: Timestamp,
    /// How fast the water rose then, metres per hour; unknown without a reading to compare.
    pub rise_m_per_h: Option<f64>,
}

impl Assumed {
    /// Whether more is assumed than was measured, as far as it can be read off.
    #[must_use]
    pub fn is_worse(&self) -> bool {
        self.level_m >= self.last_m + 0.01
    }

    /// Whether this level is reached by the assumption only: it was not when the gauge fell silent.
    #[must_use]
    pub fn alone_reaches(&self, level_m: f64) -> bool {
        self.last_m < level_m && level_m <= self.level_m
    }
}

impl GaugeOutlook {
    /// Whether its last level is only held, because it stopped reporting or cannot be believed: it stands still while the
    /// river rises, or water may have reached it.
    #[must_use]
    pub fn is_held(&self) -> bool {
        let unbelieved = self
            .health
            .as_ref()
            .is_some_and(|health| match health.state {
                State::Failed | State::SuspectedSubmerged => true,
                // A calm river stands still for days: alone that is no reason not to believe a gauge.
                State::Frozen => matches!(health.reason, HealthReason::StandsStillWhile { .. }),
                State::Live | State::QuietAsDesigned | State::Late | State::NeverHeard => false,
            });
        self.is_silent() || unbelieved
    }

    /// What to assume for `when`, if its last level is only held: a rise is assumed to have gone on for up to three hours
    /// after the last word, a fall is not believed to have.
    #[must_use]
    pub fn assumed(&self, when: Timestamp) -> Option<Assumed> {
        let held = self.health.as_ref()?.held.filter(|_| self.is_held())?;
        let observed_m = self.observed.map_or(f64::NEG_INFINITY, |o| o.level_m);
        Some(Assumed {
            level_m: held.assumed_m(when).max(observed_m),
            last_m: held.level_m,
            at: held.at,
            rise_m_per_h: held.trend_m_per_h,
        })
    }
}
