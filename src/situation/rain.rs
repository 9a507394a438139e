//! Rain of the stations that the checks of gauges ask for, and of no others.

use std::collections::BTreeMap;
use std::sync::Arc;

use hinan_sensors::Stations;
use hinan_sensors::official::series::StationSeries;
use hinan_sensors::quality::{Fallen, Neighbourhood, RainPast};
use jiff::Timestamp;

use super::Situation;

/// By the agency's number of the station.
#[derive(Clone, Default)]
pub(super) struct Rain(BTreeMap<String, RainPast>);

impl Rain {
    /// Nothing is known yet of the stations that some gauge asks for.
    pub(super) fn asked_by(stations: &Stations) -> Self {
        let asked = stations
            .iter()
            .filter_map(|station| station.quality.neighbours.as_ref())
            .flat_map(|neighbours| &neighbours.rain_stations);
        Self(
            asked
                .map(|station| (station.clone(), RainPast::default()))
                .collect(),
        )
    }
}

impl Situation {
    /// Rain of these stations is remembered, too: conditions of the criteria ask for it.
    #[must_use]
    pub fn asking_rain_of<'s>(mut self, stations: impl Iterator<Item = &'s str>) -> Self {
        let rain = Arc::make_mut(&mut self.rain);
        for station in stations {
            rain.0.entry(station.to_owned()).or_default();
        }
        self
    }

    /// What fell at a station within so many hours before its newest value, millimetres, and the end of that value. `None`: a part of
    /// it is not known, or nobody asks for this station.
    #[must_use]
    pub fn rain_within(
        &self,
        station: &str,
        hours: u32,
        as_of: Timestamp,
    ) -> Option<(f64, Timestamp)> {
        let past = self.rain.0.get(station)?;
        let newest = past.newest_at(as_of)?;
        let from = newest
            .checked_sub(jiff::SignedDuration::from_hours(i64::from(hours)))
            .ok()?;
        Some((past.between_mm(from, newest)?, newest))
    }

    /// What the checks of gauges ask for among what stations observed; `None` when nothing is.
    pub(crate) fn asked(&self, series: &StationSeries) -> Option<StationSeries> {
        let asked = |station: &str| self.rain.0.contains_key(station);
        let readings: Vec<_> = series
            .readings
            .iter()
            .filter(|reading| asked(&reading.station))
            .cloned()
            .collect();
        (!readings.is_empty()).then_some(StationSeries { readings })
    }

    /// Takes what stations observed. Only usable values of stations that somebody asks for are remembered.
    pub fn rain(&mut self, series: &StationSeries) {
        let Some(series) = self.asked(series) else {
            return;
        };
        let rain = Arc::make_mut(&mut self.rain);
        for reading in &series.readings {
            if let Some(past) = rain.0.get_mut(&reading.station) {
                let fallen = Fallen {
                    ten_minutes_mm: reading.rain_10min_mm.usable(),
                    hour_mm: reading.rain_1h_mm.usable(),
                };
                past.take(reading.at, fallen);
            }
        }
    }

    /// The most that fell at any of a gauge's rain stations within its window, millimetres. `None` where it is not known of
    /// every one of them: then nobody can say that it was dry.
    pub(super) fn fallen_mm(&self, neighbours: &Neighbourhood, at: Timestamp) -> Option<f64> {
        let from = at.checked_sub(neighbours.window()).ok()?;
        neighbours
            .rain_stations
            .iter()
            .map(|station| self.rain.0.get(station)?.between_mm(from, at))
            .try_fold(None, |most: Option<f64>, mm| {
                let mm = mm?;
                Some(Some(most.map_or(mm, |most| most.max(mm))))
            })
            .flatten()
    }
}

#[cfg(test)]
mod tests {
    use hinan_sensors::official::{OfficialMessage, decode};
    use hinan_sensors::quality::QualitySettings;
    use hinan_sensors::{HealthReason, Reading, Station, StationId, Stations};
    use jiff::SignedDuration;

    use super::*;

    fn minute(minute: i64) -> Timestamp {
        let start: Timestamp = "2016-08-30T00:00:00Z".parse().expect("a time");
        start + SignedDuration::from_mins(minute)
    }

    /// 上 rises; 中, an hour below it, stands still. 中 asks for the rain of two stations.
    fn stuck() -> Situation {
        let station = |id: &str, neighbours: &str| Station {
            id: id.parse().expect("a plain identifier"),
            name: id.to_owned(),
            quality: QualitySettings {
                neighbours: serde_json::from_str(neighbours).ok(),
                ..QualitySettings::default()
            },
            cadence_s: 600,
        };
        let asks = r#"{"gauges":[{"station":"up","travel_min":60}],"rain_mm":10.0,"rain_stations":["19432","19433"]}"#;
        let stations = Stations::new([station("up", "null"), station("mid", asks)]);
        let mut situation = Situation::new(&stations.expect("two stations"));
        for n in 0..=36_i32 {
            for (id, level_m) in [
                ("up", 1.0 + f64::from((n - 15).max(0)) / 10.0),
                ("mid", 1.0),
            ] {
                situation.take(&Reading {
                    station: id.parse().expect("a plain identifier"),
                    at: minute(10 * i64::from(n)),
                    level_m,
                    sequence: None,
                });
            }
        }
        situation
    }

    fn observed(station: &str, minutes: std::ops::RangeInclusive<i64>, mm: f64) -> StationSeries {
        let values: Vec<String> = minutes
            .filter(|minute| minute % 10 == 0)
            .map(|m| {
                let time = crate::clock::japan(minute(m))
                    .strftime("%Y%m%d%H%M00")
                    .to_string();
                format!(r#""{time}":{{"precipitation10m":[{mm},0]}}"#)
            })
            .collect();
        let text = format!(r#"{{"{station}":{{{}}}}}"#, values.join(","));
        match decode(None, text.as_bytes()) {
            Ok(OfficialMessage::Observations(series)) => series,
            other => panic!("{other:?}"),
        }
    }

    fn is_stuck(situation: &Situation) -> bool {
        let mid: StationId = "mid".parse().expect("a plain identifier");
        let health = situation.health(&mid, minute(361)).expect("it is known");
        matches!(health.reason, HealthReason::StandsStillWhile { .. })
    }

    #[test]
    fn standing_still_is_believed_only_where_it_is_known_not_to_have_rained() {
        let mut situation = stuck();
        assert!(is_stuck(&situation), "nothing is known of the rain");
        situation.rain(&observed("19432", 0..=360, 0.0));
        assert!(is_stuck(&situation), "of one station only");
        let before = situation.clone();
        situation.rain(&observed("19433", 0..=360, 0.0));
        assert!(!is_stuck(&situation), "dry everywhere");
        assert!(is_stuck(&before), "a picture stays as it was");
        let mut wet = before;
        wet.rain(&observed("19433", 0..=360, 2.0));
        assert!(is_stuck(&wet), "36 mm fell in three hours");
        let mut others = stuck();
        others.rain(&observed("11016", 0..=360, 0.0));
        assert!(is_stuck(&others), "nobody asks for that station");
    }
}
