//! How old what we were told is, feed by feed. What was never heard is not late: it is not there, and is said to be not there.

use hinan_sensors::official::external::Source;
use jiff::Timestamp;

use crate::app::App;
use crate::official::{for_town, of_others};

/// Gauges count as late after so many of their intervals.
const GAUGES_LATE_AFTER: i64 = 2;
/// Official information counts as late when nothing was heard for so many minutes.
const OFFICIAL_LIMIT_MIN: i64 = 20;

/// One feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    /// Its name, a stable word.
    pub id: &'static str,
    /// When it last said something.
    pub heard_at: Option<Timestamp>,
    /// From this age on it is late, minutes; nothing for what speaks only when something happens.
    pub limit_min: Option<i64>,
    now: Timestamp,
}

impl Feed {
    /// A feed that was heard, for tests.
    #[cfg(test)]
    pub(crate) fn heard(id: &'static str, at: Timestamp, limit_min: i64, now: Timestamp) -> Self {
        Self {
            id,
            heard_at: Some(at),
            limit_min: Some(limit_min),
            now,
        }
    }

    /// Minutes since it last said something.
    #[must_use]
    pub fn age_min(&self) -> Option<i64> {
        let age = self.now.duration_since(self.heard_at?);
        Some(age.as_mins().max(0))
    }

    /// Whether it was heard once and is older than it may be.
    #[must_use]
    pub fn is_late(&self) -> bool {
        match (self.age_min(), self.limit_min) {
            (Some(age_min), Some(limit_min)) => age_min > limit_min,
            _ => false,
        }
    }
}

/// Every feed, gauges and agencies first.
#[must_use]
pub fn feeds(app: &App) -> Vec<Feed> {
    let now = app.clock.now();
    let picture = app.picture();
    let gauges = picture.advice.outlook.gauges.values();
    let cadence_min = i64::from(app.config.sensors.cadence_s)
        .div_euclid(60)
        .max(1);
    let mut all = vec![
        Feed {
            id: "gauges",
            heard_at: gauges
                .filter_map(|gauge| gauge.observed.map(|observed| observed.at))
                .max(),
            limit_min: Some(GAUGES_LATE_AFTER * cadence_min),
            now,
        },
        Feed {
            id: "official",
            heard_at: for_town(&picture.official, &app.town().code, now)
                .feed
                .heard_at,
            limit_min: Some(OFFICIAL_LIMIT_MIN),
            now,
        },
    ];
    let others = of_others(&picture.external, &app.config.publish.sender, now);
    all.extend(others.heard.into_iter().map(|(source, at)| Feed {
        id: match source {
            Source::Cap => "cap",
            Source::P2p => "p2p",
            Source::Observations => "observations",
            Source::Forecasts => "forecasts",
            Source::Wis2 => "wis2",
        },
        heard_at: Some(at),
        limit_min: None,
        now,
    }));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_that_was_never_heard_is_not_there_and_one_that_was_is_late_beyond_its_limit() {
        let now: Timestamp = "2016-08-30T18:00:00Z".parse().expect("a time");
        let feed = |heard_min: Option<i64>| Feed {
            id: "official",
            heard_at: heard_min.map(|min| now - jiff::SignedDuration::from_mins(min)),
            limit_min: Some(20),
            now,
        };
        assert_eq!((feed(None).age_min(), feed(None).is_late()), (None, false));
        assert_eq!(
            (feed(Some(20)).age_min(), feed(Some(20)).is_late()),
            (Some(20), false)
        );
        assert!(feed(Some(21)).is_late());
    }
}
