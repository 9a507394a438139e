//! How a station is, in one word and one sentence: for programs and listeners alike.

use hinan_sensors::State;
use jiff::Timestamp;
use serde::Serialize;

use crate::outlook::GaugeOutlook;

/// How a station is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StationState {
    /// A stable word.
    pub state: &'static str,
    /// Since when, as far as it is known.
    pub since: Option<Timestamp>,
    /// In Japanese, with the reason.
    pub ja: String,
    /// In English, with the reason.
    pub en: String,
    /// A level to assume until more is known, metres, where the gauge cannot be believed to speak for the river as it is:
    /// never below its last one. Of a gauge that is late it is told here only; of one that is silent or not to be believed
    /// the criteria use it.
    pub assumed_m: Option<f64>,
}

/// The state's stable word alone.
#[must_use]
pub fn word(gauge: &GaugeOutlook) -> &'static str {
    match gauge.health.as_ref().map(|health| health.state) {
        Some(State::Live) => "live",
        Some(State::QuietAsDesigned) => "quiet_as_designed",
        Some(State::Frozen) => "frozen",
        Some(State::Late) => "late",
        Some(State::Failed) => "failed",
        Some(State::SuspectedSubmerged) => "suspected_submerged",
        Some(State::NeverHeard) | None => "never_heard",
    }
}

/// How this station is at `as_of`.
#[must_use]
pub fn of(gauge: &GaugeOutlook, as_of: Timestamp) -> StationState {
    let health = gauge.health.as_ref();
    let held = health.filter(|health| health.state.is_held());
    StationState {
        state: word(gauge),
        since: health.and_then(|health| health.since),
        ja: health.map_or_else(
            || State::NeverHeard.ja().to_owned(),
            hinan_sensors::Health::ja,
        ),
        en: health.map_or_else(
            || State::NeverHeard.en().to_owned(),
            hinan_sensors::Health::en,
        ),
        assumed_m: held
            .and_then(|health| health.held)
            .map(|held| held.assumed_m(as_of)),
    }
}
