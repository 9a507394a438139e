//! Climatology: what is usual at this time of the year. A level that is calm in the thaw is a flood in winter.

use jiff::Timestamp;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

use super::settings::{InvalidQuality, demand};
use super::verdict::Flag;

/// Seasons of one gauge; more is a mistake in a file.
const SEASONS_MAX: usize = 12;

/// What is usual from one month to another, metres, all ends included.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Season {
    /// First and last month in Japan, 1 to 12. `[11, 2]` goes over the new year.
    pub months: [u8; 2],
    /// The lowest usual level, metres.
    pub low: f64,
    /// The highest usual level, metres.
    pub high: f64,
}

impl Season {
    fn holds(&self, month: u8) -> bool {
        let [first, last] = self.months;
        if first <= last {
            (first..=last).contains(&month)
        } else {
            month >= first || month <= last
        }
    }
}

/// Suspect outside what is usual in the season; where seasons overlap the last one listed decides, and outside all of
/// them nothing is checked. Never bad: that a level is unusual does not make it untrue.
///
/// ```
/// use hinan_sensors::quality::{Flag, Season, season};
/// let seasons = [Season { months: [11, 3], low: 0.2, high: 1.5 }];
/// assert_eq!(season(2.0, "2016-01-10T00:00:00Z".parse().unwrap(), &seasons), Flag::Suspect);
/// assert_eq!(season(1.0, "2016-01-10T00:00:00Z".parse().unwrap(), &seasons), Flag::Good);
/// assert_eq!(season(2.0, "2016-08-30T00:00:00Z".parse().unwrap(), &seasons), Flag::NotChecked);
/// // It is already April in Japan.
/// assert_eq!(season(2.0, "2016-03-31T15:00:00Z".parse().unwrap(), &seasons), Flag::NotChecked);
/// ```
#[must_use]
pub fn season(level_m: f64, at: Timestamp, seasons: &[Season]) -> Flag {
    let month = JAPAN.to_datetime(at).month();
    let month = u8::try_from(month).expect("a month is from 1 to 12");
    let season = seasons.iter().rev().find(|season| season.holds(month));
    season.map_or(Flag::NotChecked, |season| {
        if season.low <= level_m && level_m <= season.high {
            Flag::Good
        } else {
            Flag::Suspect
        }
    })
}

/// Japan has no daylight saving time.
const JAPAN: Offset = Offset::constant(9);

pub(super) fn validate(seasons: &[Season]) -> Result<(), InvalidQuality> {
    demand(
        seasons.len() <= SEASONS_MAX,
        "season",
        &format_args!("{} seasons", seasons.len()),
        "at most 12",
    )?;
    for season in seasons {
        let [first, last] = season.months;
        demand(
            (1..=12).contains(&first) && (1..=12).contains(&last),
            "season.months",
            &format_args!("{first} to {last}"),
            "two months from 1 to 12",
        )?;
        demand(
            season.low.is_finite() && season.high.is_finite() && season.low < season.high,
            "season",
            &format_args!("{} to {} m", season.low, season.high),
            "low below high, both finite",
        )?;
    }
    Ok(())
}
