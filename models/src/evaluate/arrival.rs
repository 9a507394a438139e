use super::examine::Examined;
use crate::history::History;
use crate::score::count_f64;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Two crossings with less time below the level between them are one.
const APART_H: i64 = 6;

/// How well the moment of crossing was said, by forecasts made one lead before it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Arrival {
    /// Crossings of the level from below in the test.
    pub crossings: usize,
    /// For how many the forecast of one lead before said a time.
    pub announced: usize,
    /// Mean of said minus real time, minutes: positive = said too late. `None` when none was said.
    pub bias_min: Option<f64>,
    /// Mean of the distance between said and real time, minutes.
    pub error_min: Option<f64>,
}

/// Moments at which the level was crossed from below, by straight lines between the readings.
pub(crate) fn crossed(test: &History, column: usize, level_m: f64) -> Vec<Timestamp> {
    let mut found = Vec::new();
    let mut before: Option<(Timestamp, f64)> = None;
    let mut last_above: Option<Timestamp> = None;
    for row in 0..test.len() {
        let Some(now_m) = test.level(row, column) else {
            continue;
        };
        let at = test.time(row);
        if now_m >= level_m {
            let parted =
                last_above.is_none_or(|above| at.duration_since(above).as_hours() >= APART_H);
            if let Some((earlier, earlier_m)) = before.filter(|(_, m)| *m < level_m && parted) {
                let share = (level_m - earlier_m) / (now_m - earlier_m);
                let after_s = at.duration_since(earlier).as_secs_f64() * share;
                let after = SignedDuration::try_from_secs_f64(after_s.round()).unwrap_or_default();
                found.push(earlier.saturating_add(after).unwrap_or(at));
            }
            last_above = Some(at);
        }
        before = Some((at, now_m));
    }
    found
}

impl Arrival {
    /// Of the forecasts made one lead before each crossing (the last one at or before that moment).
    pub(crate) fn of(examined: &Examined, lead_h: u32) -> Self {
        let lead = SignedDuration::from_hours(i64::from(lead_h));
        let errors_min: Vec<f64> = examined
            .crossed
            .iter()
            .filter_map(|&crossing| {
                let at = crossing.checked_sub(lead).ok()?;
                let issues = &examined.issues;
                let issue = issues[..issues.partition_point(|i| i.at <= at)].last()?;
                // An older one speaks of another time.
                let age = at.duration_since(issue.at);
                let expected = issue.expected.filter(|_| age.as_hours() < 1)?;
                Some(expected.duration_since(crossing).as_secs_f64() / 60.0)
            })
            .collect();
        let mean = |of: &dyn Fn(f64) -> f64| {
            (!errors_min.is_empty()).then(|| {
                errors_min.iter().map(|e| of(*e)).sum::<f64>() / count_f64(errors_min.len())
            })
        };
        Self {
            crossings: examined.crossed.len(),
            announced: errors_min.len(),
            bias_min: mean(&|e| e),
            error_min: mean(&f64::abs),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::crossed;
    use crate::history::History;
    use jiff::{SignedDuration, Timestamp};
    use ndarray::Array2;

    #[test]
    fn a_ripple_about_the_level_is_one_crossing_and_a_second_flood_is_another() {
        let mut levels = vec![1.0, 3.0, 1.9, 2.1];
        levels.extend([1.0; 8]);
        levels.push(2.0);
        let table = Array2::from_shape_vec((levels.len(), 1), levels).unwrap();
        let history =
            History::new(Timestamp::UNIX_EPOCH, 3600, vec!["g".to_owned()], table).unwrap();
        let minutes = |m| Timestamp::UNIX_EPOCH + SignedDuration::from_mins(m);
        assert_eq!(crossed(&history, 0, 2.0), [minutes(30), minutes(720)]);
    }
}
