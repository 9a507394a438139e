//! Sunrise and sunset at the town, by the solar equations of NOAA (after Meeus, Astronomical Algorithms): within a minute or two
//! of published tables between the polar circles.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::town::Place;

/// The sun stands so far below the horizon at sunset: refraction and half its disc, degrees.
const HORIZON_DEG: f64 = 90.833;

const DAY_S: f64 = 86_400.0;

/// Sunrise and sunset around one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sun {
    /// Sunrise of the solar day of the moment.
    pub rises_at: Option<Timestamp>,
    /// Sunset of that day. Nothing where the sun does not set.
    pub sets_at: Option<Timestamp>,
}

impl Sun {
    /// For a place and the day around a moment.
    pub fn at(place: Place, moment: Timestamp) -> Self {
        // The solar day whose noon is nearest.
        let noon = noon_near(place.lon, moment);
        Self {
            rises_at: event(place, noon, -1.0),
            sets_at: event(place, noon, 1.0),
        }
    }

    /// Whether it is dark at another moment, taking every day to be like this one: a few minutes a day at most, which is less
    /// than twilight.
    pub fn is_dark(&self, when: Timestamp) -> bool {
        let (Some(rises), Some(sets)) = (self.rises_at, self.sets_at) else {
            return false;
        };
        let day_s = 86_400;
        let since_rise = when.duration_since(rises).as_secs().rem_euclid(day_s);
        since_rise >= sets.duration_since(rises).as_secs()
    }

    /// Minutes that a way of `by_day_min` takes when it must end at a moment and darkness makes it longer by a factor.
    pub fn walked_back_min(&self, end: Timestamp, by_day_min: f64, dark_times: f64) -> f64 {
        let (Some(rises), Some(sets)) = (self.rises_at, self.sets_at) else {
            return by_day_min;
        };
        let light_s = sets.duration_since(rises).as_secs_f64();
        let mut since_rise = end.duration_since(rises).as_secs_f64().rem_euclid(DAY_S);
        let (mut left_s, mut takes_s) = (by_day_min * 60.0, 0.0);
        while left_s > 0.0 {
            // Going back in time: what lies before this moment, and for how long.
            let (dark, lasts_s) = if since_rise <= 0.0 {
                since_rise = DAY_S;
                (true, DAY_S - light_s)
            } else if since_rise <= light_s {
                (false, since_rise)
            } else {
                (true, since_rise - light_s)
            };
            let times = if dark { dark_times } else { 1.0 };
            let step_s = (left_s * times).min(lasts_s);
            takes_s += step_s;
            left_s -= step_s / times;
            since_rise -= lasts_s;
            if step_s < lasts_s {
                break;
            }
        }
        takes_s / 60.0
    }
}

/// Solar noon nearest to a moment.
fn noon_near(lon: f64, moment: Timestamp) -> Timestamp {
    let local_s = (lon / 15.0 * 3600.0).round();
    let shift = SignedDuration::try_from_secs_f64(local_s).unwrap_or(SignedDuration::ZERO);
    let seconds = moment.as_second() + shift.as_secs();
    let day = seconds.div_euclid(86_400);
    Timestamp::from_second(day * 86_400 + 43_200 - shift.as_secs()).unwrap_or(moment)
}

/// Sunrise (-1) or sunset (1) of the day of a noon.
fn event(place: Place, noon: Timestamp, side: f64) -> Option<Timestamp> {
    let mut at = noon;
    // The sun moves during the day: the second round is exact to seconds.
    for _ in 0..2 {
        let (declination, equation_min) = sun(at);
        let lat = place.lat.to_radians();
        let cosine = HORIZON_DEG.to_radians().cos() / (lat.cos() * declination.cos())
            - lat.tan() * declination.tan();
        if !(-1.0..=1.0).contains(&cosine) {
            return None;
        }
        let half_day_min = cosine.acos().to_degrees() * 4.0;
        let apparent_s = (-equation_min + side * half_day_min) * 60.0;
        let after = SignedDuration::try_from_secs_f64(apparent_s.round()).ok()?;
        at = noon.checked_add(after).ok()?;
    }
    Some(at)
}

/// Declination in radians and the equation of time in minutes.
fn sun(at: Timestamp) -> (f64, f64) {
    let days = at.duration_since(J2000).as_secs_f64() / 86_400.0;
    let t = days / 36_525.0;
    let mean_longitude = (280.466_46 + t * (36_000.769_83 + t * 0.000_303_2)).rem_euclid(360.0);
    let anomaly = (357.529_11 + t * (35_999.050_29 - 0.000_153_7 * t)).to_radians();
    let eccentricity = 0.016_708_634 - t * (0.000_042_037 + 0.000_000_126_7 * t);
    let centre = anomaly.sin() * (1.914_602 - t * (0.004_817 + 0.000_014 * t))
        + (2.0 * anomaly).sin() * (0.019_993 - 0.000_101 * t)
        + (3.0 * anomaly).sin() * 0.000_289;
    let node = (125.04 - 1934.136 * t).to_radians();
    let apparent = (mean_longitude + centre - 0.005_69 - 0.004_78 * node.sin()).to_radians();
    let tilt = (23.0
        + (26.0 + (21.448 - t * (46.815 + t * (0.000_59 - t * 0.001_813))) / 60.0) / 60.0
        + 0.002_56 * node.cos())
    .to_radians();
    let declination = (tilt.sin() * apparent.sin()).asin();
    let y = (tilt / 2.0).tan().powi(2);
    let l = mean_longitude.to_radians();
    let equation = y * (2.0 * l).sin() - 2.0 * eccentricity * anomaly.sin()
        + 4.0 * eccentricity * y * anomaly.sin() * (2.0 * l).cos()
        - 0.5 * y * y * (4.0 * l).sin()
        - 1.25 * eccentricity * eccentricity * (2.0 * anomaly).sin();
    (declination, equation.to_degrees() * 4.0)
}

/// 2000-01-01 12:00, from which these equations count.
const J2000: Timestamp = Timestamp::constant(946_728_000, 0);

#[cfg(test)]
mod tests {
    use super::*;

    const TOKYO: Place = Place {
        lat: 35.6581,
        lon: 139.7414,
    };
    const SAPPORO: Place = Place {
        lat: 43.0667,
        lon: 141.35,
    };
    const NAHA: Place = Place {
        lat: 26.2167,
        lon: 127.6667,
    };

    fn japan(time: &str) -> Timestamp {
        format!("{time}:00+09:00").parse().expect("a time")
    }

    fn assert_near(found: Option<Timestamp>, expected: &str) {
        let found = found.expect("the sun rises and sets in Japan");
        let apart = found.duration_since(japan(expected)).as_secs().abs();
        assert!(apart <= 90, "{found} is {apart} s from {expected}");
    }

    #[test]
    fn sunrise_and_sunset_are_those_of_the_published_calendar() {
        // 国立天文台 暦計算室, minutes in Japan time.
        for (place, day, rise, set) in [
            (TOKYO, "2024-01-01", "06:51", "16:38"),
            (TOKYO, "2024-06-21", "04:25", "19:00"),
            (SAPPORO, "2024-06-21", "03:55", "19:18"),
            (SAPPORO, "2024-12-21", "07:03", "16:03"),
            (NAHA, "2024-06-21", "05:38", "19:25"),
        ] {
            let sun = Sun::at(place, japan(&format!("{day}T12:00")));
            assert_near(sun.rises_at, &format!("{day}T{rise}"));
            assert_near(sun.sets_at, &format!("{day}T{set}"));
        }
    }

    #[test]
    fn the_night_is_dark_and_the_day_is_not_also_across_midnight() {
        let sun = Sun::at(TOKYO, japan("2024-06-21T15:00"));
        assert!(!sun.is_dark(japan("2024-06-21T18:00")));
        assert!(sun.is_dark(japan("2024-06-21T21:00")));
        assert!(sun.is_dark(japan("2024-06-22T02:00")));
        assert!(!sun.is_dark(japan("2024-06-22T06:00")));
        assert!(sun.is_dark(japan("2024-06-21T02:00")));
    }

    #[test]
    fn only_the_part_of_a_way_that_lies_in_the_dark_takes_longer() {
        let sun = Sun::at(TOKYO, japan("2024-06-21T15:00"));
        let sets = sun.sets_at.expect("sets");
        let after = |minutes| sets + SignedDuration::from_mins(minutes);
        let takes = |end| sun.walked_back_min(end, 40.0, 1.25);
        assert!((takes(after(0)) - 40.0).abs() < 1e-6);
        // 25 dark minutes are worth 20 of the day; the other 20 are walked in the light.
        assert!((takes(after(25)) - 45.0).abs() < 1e-6);
        assert!((takes(after(120)) - 50.0).abs() < 1e-6);
    }

    #[test]
    fn after_midnight_the_sunset_is_the_coming_one() {
        let sun = Sun::at(TOKYO, japan("2024-06-21T01:00"));
        assert_near(sun.sets_at, "2024-06-21T19:00");
    }
}
