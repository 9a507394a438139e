//! 夕方の見通し: "if nothing is decided now, how likely is it that we must order in the night?"

use jiff::Timestamp;
use jiff::civil::time;
use serde::{Deserialize, Serialize};

use super::arrival::{LEVEL_FOUR, level_four};
use super::settings::DeadlineSettings;
use crate::criteria::Kind;
use crate::id::SourceId;
use crate::level::JmaLevel;
use crate::outlook::{Gauge, Mark, Outlook, Product, Told, hours_between};

/// Japan is nine hours ahead of UTC, without daylight saving.
const JAPAN_H: i8 = 9;

/// The chance that a level at which everybody is ordered is reached between 22:00 and 05:00.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Briefing {
    /// Which river or hazard, by name.
    pub about: String,
    /// 22:00 of this evening, or now when it is later.
    pub from: Timestamp,
    /// 05:00 of the next morning.
    pub to: Timestamp,
    /// The chance that it is first reached in the night, as far as the forecast sees; nothing = it does not see into the night.
    pub chance: Option<f64>,
    /// Until when it is counted. Before `to`: what comes after cannot be foreseen, and the chance is at least this.
    pub counted_until: Timestamp,
    /// The chance that it is reached before the night begins, as far as the forecast sees. Nothing = nothing is known, or it is night.
    #[serde(default)]
    pub before: Option<f64>,
    /// So many hours ahead anything is foreseen; nothing = nothing at all.
    #[serde(default)]
    pub foreseen_h: Option<f64>,
    /// The level in question with its height in metres, where it is one of a gauge.
    #[serde(default)]
    pub mark: Option<(Mark, f64)>,
    /// The gauge, by name.
    #[serde(default)]
    pub source: Option<String>,
    /// Whether the water stands there already: the decision is due now, not in the night.
    #[serde(default)]
    pub reached: bool,
    /// What the agency expects between dusk and dawn, where it says anything of this hazard.
    #[serde(default)]
    pub overnight: Option<(Product, Told<JmaLevel>)>,
}

/// The chance that the danger level is reached in the coming night, by whatever the gauge is foreseen by; beside it what the agency
/// expects. Nothing for a threat that no level and no word of the agency speaks of.
pub fn briefing(
    about: impl Into<String>,
    outlook: &Outlook,
    kind: Kind,
    gauge: Option<(&SourceId, &Gauge)>,
    stale_forecast_min: u32,
    settings: &DeadlineSettings,
) -> Option<Briefing> {
    let as_of = outlook.as_of;
    let (from, to) = coming_night(as_of)?;
    let expected = level_four(outlook, kind, gauge, stale_forecast_min, settings);
    let mark = gauge.and_then(|(_, gauge)| gauge.marks.first_known(&LEVEL_FOUR));
    let stands = gauge
        .zip(mark)
        .and_then(|((_, gauge), (_, level_m))| Some(gauge.worst_m(as_of)? >= level_m));
    let foreseen = expected.foreseen_until().filter(|until| *until > as_of);
    let counted_until = foreseen.map_or(from, |until| until.clamp(from, to));
    let before = foreseen
        .filter(|_| from > as_of)
        .and_then(|until| expected.chance_until(until.min(from)));
    let chance = if counted_until > from {
        expected
            .chance_until(counted_until)
            .zip(expected.chance_until(from))
            .map(|(by_end, before)| (by_end - before).max(0.0))
    } else {
        None
    };
    let product = product(kind);
    let overnight = product.and_then(|product| {
        let told = outlook.official.overnight.get(&product)?;
        Some((product, told.clone()))
    });
    Some(Briefing {
        about: about.into(),
        from,
        to,
        chance,
        counted_until,
        before,
        // What an agency said of one moment is foreseen for all time; only hours up to the morning matter.
        foreseen_h: foreseen.map(|until| hours_between(as_of, until.min(to.max(as_of)))),
        mark,
        source: gauge.map(|(_, gauge)| gauge.name.clone()),
        reached: stands.unwrap_or(false),
        overnight,
    })
}

/// From 22:00, or from now where that is later, to 05:00.
fn coming_night(as_of: Timestamp) -> Option<(Timestamp, Timestamp)> {
    let offset = jiff::tz::offset(JAPAN_H);
    let now = offset.to_datetime(as_of);
    let early = now.time() < time(5, 0, 0, 0);
    let morning_of = if early {
        now.date()
    } else {
        now.date().tomorrow().ok()?
    };
    let to = offset
        .to_timestamp(morning_of.to_datetime(time(5, 0, 0, 0)))
        .ok()?;
    let evening = offset
        .to_timestamp(now.date().to_datetime(time(22, 0, 0, 0)))
        .ok()?;
    Some((if early { as_of } else { evening.max(as_of) }, to))
}

/// Whose word for the night speaks of a threat: of rivers and drains that of heavy rain.
pub(super) fn product(kind: Kind) -> Option<Product> {
    match kind {
        Kind::Landslide => Some(Product::Landslide),
        Kind::StormSurge => Some(Product::StormSurge),
        Kind::Tsunami | Kind::Earthquake => None,
        _ => Some(Product::HeavyRain),
    }
}
