//! もう少し様子を見ると: what it costs to wait. "Do nothing" is an option, shown with its price.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Deadline;
use super::arrival::Expected;
use super::settings::DeadlineSettings;
use super::sun::Sun;
use crate::outlook::Outlook;

/// Deciding so many minutes from now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Waiting {
    /// Minutes from now; 0 = decide at once.
    pub wait_min: u32,
    /// The moment of that decision.
    pub at: Timestamp,
    /// Minutes that it is later than the deadline; negative when there is time left.
    pub late_by_min: f64,
    /// The chance that the hazard is here before an order of that moment has worked at its usual pace; nothing = it cannot be
    /// foreseen.
    pub chance_too_late: Option<f64>,
    /// People at risk times that chance.
    pub people_too_late: Option<f64>,
    /// Whether people would still be on their way after sunset.
    pub in_the_dark: bool,
    /// Whether people would still be on their way in the storm.
    pub in_the_storm: bool,
}

pub(super) fn consequences(
    outlook: &Outlook,
    (people_at_risk, middle_min): (u32, f64),
    deadline: &Deadline,
    expected: &Expected<'_>,
    sun: Sun,
    settings: &DeadlineSettings,
) -> Vec<Waiting> {
    let storm = outlook.official.storm_begins(outlook.as_of);
    std::iter::once(0)
        .chain(settings.waits_min)
        .filter_map(|wait_min| {
            let at = outlook
                .as_of
                .checked_add(SignedDuration::from_mins(i64::from(wait_min)))
                .ok()?;
            let takes = SignedDuration::try_from_secs_f64((middle_min * 60.0).round()).ok()?;
            let done = at.checked_add(takes).ok()?;
            let chance_too_late = expected.chance_until(done);
            Some(Waiting {
                wait_min,
                at,
                late_by_min: at.duration_since(deadline.decide_by).as_secs_f64() / 60.0,
                chance_too_late,
                people_too_late: chance_too_late.map(|chance| chance * f64::from(people_at_risk)),
                in_the_dark: sun.is_dark(done),
                in_the_storm: storm.is_some_and(|from| from <= done),
            })
        })
        .collect()
}
