//! Which part of time and height a chart shows, and where a moment or a level lies on it.

use jiff::Timestamp;

use crate::view::{Hydrograph, Quality};

/// A mark further away than this many times the height of the data would flatten the data.
const FARTHEST_MARK: f64 = 3.0;
/// The 90 % band may widen the chart beyond readings, median and marks by this part of their height, no more: a
/// wider band would flatten everything else. Where it is cut, the chart says so.
const BAND_MORE: f64 = 0.3;
/// The least height shown, metres, so that still water does not look wild.
const LEAST_HEIGHT_M: f64 = 0.8;

/// Width of the drawing.
pub(super) const WIDTH: f64 = 470.0;
/// Height of the drawing.
pub(super) const HEIGHT: f64 = 200.0;

/// From moments and levels to places on the drawing.
pub(super) struct Scale {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
    pub(super) from_s: i64,
    pub(super) to_s: i64,
    pub(super) low_m: f64,
    pub(super) high_m: f64,
}

impl Scale {
    /// `None` when there is nothing that could be drawn.
    pub(super) fn of(chart: &Hydrograph) -> Option<Self> {
        let moments = chart
            .observed
            .iter()
            .map(|reading| reading.at)
            .chain(chart.forecast.iter().map(|point| point.at));
        let from_s = moments.clone().map(Timestamp::as_second).min()?;
        let to_s = moments
            .map(Timestamp::as_second)
            .max()?
            .max(chart.now.as_second());
        let (mut low_m, mut high_m) = range(core(chart))?;
        let data_m = (high_m - low_m).max(LEAST_HEIGHT_M);
        let mut above: Vec<f64> = chart
            .marks
            .iter()
            .map(|mark| mark.level_m)
            .filter(|level_m| level_m.is_finite() && *level_m > low_m)
            .collect();
        above.sort_by(f64::total_cmp);
        // The next mark that the water may reach is always shown; those beyond it only where they do not flatten the data.
        let next = above.iter().find(|level_m| **level_m > high_m).copied();
        for level_m in above {
            if Some(level_m) == next || level_m - low_m <= FARTHEST_MARK * data_m {
                high_m = high_m.max(level_m);
            }
        }
        if let Some((band_low_m, band_high_m)) = range(band(chart)) {
            let more = BAND_MORE * (high_m - low_m).max(LEAST_HEIGHT_M);
            low_m = low_m.min(band_low_m.max(low_m - more));
            high_m = high_m.max(band_high_m.min(high_m + more));
        }
        let pad = ((high_m - low_m) * 0.08).max((LEAST_HEIGHT_M - (high_m - low_m)) / 2.0);
        low_m -= pad;
        high_m += pad;
        Some(Self {
            left: 36.0,
            right: WIDTH - 122.0,
            top: 22.0,
            bottom: HEIGHT - 32.0,
            from_s,
            to_s: to_s.max(from_s + 3600),
            low_m,
            high_m,
        })
    }

    /// Across, units of the drawing.
    pub(super) fn x(&self, at: Timestamp) -> f64 {
        self.x_second(at.as_second())
    }

    /// Across, for a second since 1970.
    pub(super) fn x_second(&self, second: i64) -> f64 {
        let share = seconds(second - self.from_s) / seconds(self.to_s - self.from_s);
        self.left + share * (self.right - self.left)
    }

    /// Down, units of the drawing; levels off the chart stay at its edge.
    pub(super) fn y(&self, level_m: f64) -> f64 {
        let share = ((level_m - self.low_m) / (self.high_m - self.low_m)).clamp(0.0, 1.0);
        self.bottom - share * (self.bottom - self.top)
    }

    /// Whether a level lies on the chart.
    pub(super) fn shows(&self, level_m: f64) -> bool {
        self.low_m <= level_m && level_m <= self.high_m
    }

    /// Round heights for the axis, four to seven of them.
    pub(super) fn heights_m(&self) -> Vec<f64> {
        let rough = (self.high_m - self.low_m) / 5.0;
        let step = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0]
            .into_iter()
            .find(|step| *step >= rough)
            .unwrap_or(500.0);
        let mut heights = Vec::new();
        let mut height = (self.low_m / step).ceil() * step;
        while height <= self.high_m && heights.len() < 12 {
            heights.push(height);
            height += step;
        }
        heights
    }

    /// Full hours in Japan for the axis, at a distance that leaves room for their words.
    pub(super) fn hours(&self) -> Vec<Timestamp> {
        let span_h = (self.to_s - self.from_s) / 3600;
        let room = (self.right - self.left) / 44.0;
        let step_h = [1_i64, 2, 3, 6, 12, 24, 48, 96]
            .into_iter()
            .find(|step_h| seconds(span_h / step_h) <= room)
            .unwrap_or(168);
        // Japan is nine hours ahead: full multiples of the step are counted there.
        let (step_s, ahead_s) = (step_h * 3600, 9 * 3600);
        let first = (self.from_s + ahead_s).div_euclid(step_s) * step_s - ahead_s;
        (0..64)
            .map(|place| first + place * step_s)
            .filter(|second| (self.from_s..=self.to_s).contains(second))
            .filter_map(|second| Timestamp::from_second(second).ok())
            .collect()
    }
}

/// What must be on the chart: usable readings and the median.
fn core(chart: &Hydrograph) -> impl Iterator<Item = f64> {
    let measured = chart
        .observed
        .iter()
        .filter(|reading| reading.quality != Quality::Bad)
        .filter_map(|reading| reading.level_m);
    let expected = chart.forecast.iter().map(|point| point.median_m);
    measured.chain(expected)
}

/// The edges of the 90 % band.
fn band(chart: &Hydrograph) -> impl Iterator<Item = f64> {
    chart
        .forecast
        .iter()
        .flat_map(|point| [point.low90_m, point.high90_m])
}

/// The lowest and the highest that are numbers.
fn range(levels_m: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    levels_m
        .filter(|level_m| level_m.is_finite())
        .fold(None, |range, level_m| match range {
            None => Some((level_m, level_m)),
            Some((low, high)) => Some((f64::min(low, level_m), f64::max(high, level_m))),
        })
}

/// How far the 90 % band reaches beyond the chart, at its lowest and highest; `None` where it is whole.
pub(super) fn band_cut(chart: &Hydrograph, scale: &Scale) -> [Option<f64>; 2] {
    let Some((low_m, high_m)) = range(band(chart)) else {
        return [None, None];
    };
    [
        (low_m < scale.low_m).then_some(low_m),
        (high_m > scale.high_m).then_some(high_m),
    ]
}

/// Spans of seconds are far below 2^53, where every whole number is exact.
#[allow(clippy::cast_precision_loss)]
pub(super) fn seconds(span: i64) -> f64 {
    span as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{FanPoint, LevelMark, Reading, Tier};

    fn chart(high90_m: f64) -> Hydrograph {
        let at = |hour: i64| Timestamp::from_second(hour * 3600).unwrap();
        Hydrograph {
            gauge: String::new(),
            river: String::new(),
            observed: (0..3)
                .zip([77.0, 77.5, 78.0])
                .map(|(hour, level_m)| Reading {
                    at: at(hour),
                    level_m: Some(level_m),
                    quality: Quality::Good,
                })
                .collect(),
            cadence_min: 60,
            forecast: vec![FanPoint {
                at: at(4),
                low90_m: 77.5,
                low50_m: 78.0,
                median_m: 78.3,
                high50_m: 79.0,
                high90_m,
            }],
            no_forecast: None,
            marks: vec![LevelMark {
                name: "計画高水位".to_owned(),
                level: None,
                level_m: 79.3,
            }],
            now: at(2),
            datum: String::new(),
            source: String::new(),
            tier: Tier::Model,
            record: None,
        }
    }

    #[test]
    fn a_band_of_ten_metres_does_not_flatten_the_river() {
        let chart = chart(88.0);
        let scale = Scale::of(&chart).unwrap();
        assert!(scale.high_m < 80.5 && scale.shows(79.3), "{}", scale.high_m);
        assert_eq!(band_cut(&chart, &scale), [None, Some(88.0)]);
        assert_eq!(
            chart.band_outside().unwrap(),
            "90%の幅は図より広く、上は88.00 mまであります。"
        );
    }

    fn marked(levels_m: &[f64]) -> Scale {
        let mut chart = chart(79.2);
        let mark = chart.marks[0].clone();
        chart.marks = levels_m
            .iter()
            .map(|&level_m| LevelMark {
                level_m,
                ..mark.clone()
            })
            .collect();
        Scale::of(&chart).unwrap()
    }

    #[test]
    fn the_next_mark_is_shown_however_far_and_those_beyond_it_only_near_the_data() {
        let scale = marked(&[79.3, 80.0, 90.0, 95.0]);
        assert!(scale.shows(80.0) && !scale.shows(90.0), "{}", scale.high_m);
        let scale = marked(&[77.2, 90.0, 95.0]);
        assert!(scale.shows(90.0) && !scale.shows(95.0), "{}", scale.high_m);
    }

    #[test]
    fn a_band_that_fits_is_shown_whole_and_nothing_is_said() {
        let chart = chart(79.2);
        let scale = Scale::of(&chart).unwrap();
        assert_eq!(band_cut(&chart, &scale), [None, None]);
        assert_eq!(chart.band_outside(), None);
    }
}
