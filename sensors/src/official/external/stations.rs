//! The newest word of each station, and the newest forecast of each office.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{ForecastLine, StationLine, Taken};
use crate::official::series::{RainForecast, StationPlace, StationReading, StationSeries};

/// Stations that are remembered. The agency has some 1300.
const STATIONS_MAX: usize = 5000;
/// Offices whose forecast is remembered; the oldest forecast is forgotten first.
const OFFICES_MAX: usize = 60;
/// Steps of one forecast that are remembered.
const STEPS_MAX: usize = 500;
/// A station that reports every ten minutes has missed two.
const OBSERVED_LATELY: SignedDuration = SignedDuration::from_mins(30);
/// Offices forecast three times a day.
const EXPECTED_LATELY: SignedDuration = SignedDuration::from_hours(12);
/// When room is needed, stations that said nothing for so long make it.
const FORGOTTEN_AFTER: SignedDuration = SignedDuration::from_hours(24);

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct StationBoard {
    newest: BTreeMap<String, (StationReading, Timestamp)>,
    places: BTreeMap<String, StationPlace>,
    forecasts: BTreeMap<String, (RainForecast, Timestamp)>,
    pub(super) forgotten: u64,
}

impl StationBoard {
    pub(super) fn observe(&mut self, series: &StationSeries, received_at: Timestamp) -> Taken {
        let (mut shown, mut full) = (false, false);
        let mut made_room = false;
        for reading in &series.readings {
            let known = self.newest.get(&reading.station);
            if known.is_some_and(|(known, _)| known.at >= reading.at) {
                continue;
            }
            if known.is_none() && self.newest.len() >= STATIONS_MAX {
                if !made_room {
                    self.make_room(received_at);
                    made_room = true;
                }
                if self.newest.len() >= STATIONS_MAX {
                    self.forgotten += 1;
                    full = true;
                    continue;
                }
            }
            self.newest
                .insert(reading.station.clone(), (reading.clone(), received_at));
            shown = true;
        }
        match (shown, full) {
            (true, _) => Taken::Shown,
            (false, true) => Taken::Full,
            (false, false) => Taken::Late,
        }
    }

    fn make_room(&mut self, now: Timestamp) {
        let before = self.newest.len();
        self.newest
            .retain(|_, (reading, _)| now.duration_since(reading.at) <= FORGOTTEN_AFTER);
        self.forgotten += (before - self.newest.len()) as u64;
    }

    /// A table is the whole of its kind: it replaces the one before.
    pub(super) fn name(&mut self, stations: &[StationPlace]) -> Taken {
        self.places = stations
            .iter()
            .take(STATIONS_MAX)
            .map(|place| (place.station.clone(), place.clone()))
            .collect();
        Taken::Replaces
    }

    pub(super) fn expect(&mut self, forecasts: &[RainForecast], received_at: Timestamp) -> Taken {
        let mut taken = Taken::Late;
        // One document has the next days and the week, of one office and time.
        let mut by_office: BTreeMap<&str, RainForecast> = BTreeMap::new();
        for forecast in forecasts {
            by_office
                .entry(&forecast.office)
                .and_modify(|known| {
                    known.report_at = known.report_at.max(forecast.report_at);
                    known.steps.extend_from_slice(&forecast.steps);
                })
                .or_insert_with(|| forecast.clone());
        }
        for (office, mut forecast) in by_office {
            let known = self.forecasts.get(office);
            if known.is_some_and(|(known, _)| known.report_at >= forecast.report_at) {
                continue;
            }
            forecast.steps.truncate(STEPS_MAX);
            self.forecasts
                .insert(office.to_owned(), (forecast, received_at));
            taken = Taken::Shown;
        }
        while self.forecasts.len() > OFFICES_MAX {
            let oldest = self
                .forecasts
                .iter()
                .min_by_key(|(office, (forecast, _))| (forecast.report_at, *office))
                .map(|(office, _)| office.clone());
            if let Some(oldest) = oldest {
                self.forecasts.remove(&oldest);
                self.forgotten += 1;
            }
        }
        taken
    }

    /// By station.
    pub(super) fn observed(&self, now: Timestamp) -> impl Iterator<Item = StationLine> {
        self.newest
            .values()
            .map(move |(reading, received_at)| StationLine {
                station: reading.station.clone(),
                name: self
                    .places
                    .get(&reading.station)
                    .map_or_else(String::new, |place| place.name.clone()),
                observed: reading.clone(),
                received_at: *received_at,
                stale: now.duration_since(reading.at) > OBSERVED_LATELY,
            })
    }

    /// By office; spans that begin long before `now` are left out.
    pub(super) fn expected(&self, now: Timestamp) -> impl Iterator<Item = ForecastLine> {
        self.forecasts
            .values()
            .map(move |(forecast, received_at)| ForecastLine {
                office: forecast.office.clone(),
                report_at: forecast.report_at,
                received_at: *received_at,
                stale: now.duration_since(forecast.report_at) > EXPECTED_LATELY,
                steps: forecast
                    .steps
                    .iter()
                    .filter(|step| now.duration_since(step.from) < SignedDuration::from_hours(24))
                    .cloned()
                    .collect(),
            })
    }
}
