//! 夕方の見通し: "if nothing is decided now, how likely is it that we must order in the night?"

use jiff::civil::time;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::arrival::Expected;

/// Japan is nine hours ahead of UTC, without daylight saving.
const JAPAN_H: i8 = 9;

/// The chance that level 4 must be decided between 22:00 and 05:00.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Briefing {
    /// Which river or hazard, by name.
    pub about: String,
    /// 22:00 of this evening, or now when it is later.
    pub from: Timestamp,
    /// 05:00 of the next morning.
    pub to: Timestamp,
    /// The chance, as far as the forecast reaches; nothing = it does not reach into the night at all.
    pub chance: Option<f64>,
    /// Until when it is counted. Before `to`: what comes after cannot be foreseen, and the chance is at least this.
    pub counted_until: Timestamp,
    /// Minutes from a decision until the order has worked: who must be safe at a time must be told so long before.
    pub needs_min: f64,
}

/// The chance that the moment to decide falls into the coming night: the chance that the hazard comes so long after 22:00,
/// and not so long after 05:00, as an order needs.
pub fn briefing(
    about: impl Into<String>,
    as_of: Timestamp,
    expected: &Expected<'_>,
    needs_min: f64,
) -> Option<Briefing> {
    let offset = jiff::tz::offset(JAPAN_H);
    let today = offset.to_datetime(as_of);
    let evening = offset
        .to_timestamp(today.date().to_datetime(time(22, 0, 0, 0)))
        .ok()?;
    let morning_day = if today.time() < time(5, 0, 0, 0) {
        today.date()
    } else {
        today.date().tomorrow().ok()?
    };
    let to = offset
        .to_timestamp(morning_day.to_datetime(time(5, 0, 0, 0)))
        .ok()?;
    let from = if today.time() < time(5, 0, 0, 0) {
        as_of
    } else {
        evening.max(as_of)
    };
    let needs = SignedDuration::try_from_secs_f64((needs_min * 60.0).round()).ok()?;
    let first = from.checked_add(needs).ok()?;
    let last = to.checked_add(needs).ok()?;
    let foreseen = expected.foreseen_until();
    let until = foreseen.map_or(first, |foreseen| foreseen.min(last));
    let chance = if until > first {
        match (expected.chance_until(until), expected.chance_until(first)) {
            (Some(by_end), Some(before)) => Some((by_end - before).max(0.0)),
            _ => None,
        }
    } else {
        None
    };
    Some(Briefing {
        about: about.into(),
        from,
        to,
        chance,
        counted_until: until.checked_sub(needs).ok()?.max(from).min(to),
        needs_min,
    })
}
