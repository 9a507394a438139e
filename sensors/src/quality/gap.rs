//! Time gap: the first reading after a hole.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::settings::{InvalidQuality, demand};
use super::verdict::Flag;

/// Limit of the gap check.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GapLimit {
    /// A reading that comes longer than this after the one before it is suspect, seconds.
    pub suspect_after_s: u32,
}

impl GapLimit {
    pub(super) fn validate(self) -> Result<(), InvalidQuality> {
        demand(
            (1..=366 * 86_400).contains(&self.suspect_after_s),
            "gap.suspect_after_s",
            &self.suspect_after_s,
            "from 1 to 31622400",
        )
    }
}

/// Suspect after a hole: what the river did meanwhile is unknown, and a device that was away may have come back wrong.
/// Never bad, unlike the reference: the first word of a gauge after an outage in a flood is worth having.
///
/// ```
/// use hinan_sensors::quality::{Flag, GapLimit, gap};
/// use jiff::SignedDuration;
/// let limit = GapLimit { suspect_after_s: 7200 };
/// assert_eq!(gap(SignedDuration::from_hours(2), &limit), Flag::Good);
/// assert_eq!(gap(SignedDuration::from_hours(3), &limit), Flag::Suspect);
/// ```
#[must_use]
pub fn gap(apart: SignedDuration, limit: &GapLimit) -> Flag {
    if apart > SignedDuration::from_secs(i64::from(limit.suspect_after_s)) {
        Flag::Suspect
    } else {
        Flag::Good
    }
}
