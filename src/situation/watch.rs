//! Watching the gauges themselves: how each is, and whether its neighbours agree with it.
//!
//! All of this is worked out from the readings that are known when it is asked, each at its own time; nothing is
//! remembered. So it does not depend on the order in which readings came.

use std::collections::BTreeMap;

use hinan_sensors::quality::{Agreement, Check, Contract, Flag, FlatLimits, Neighbourhood};
use hinan_sensors::{Health, Heard, Recalled, Station, StationId};
use jiff::Timestamp;

use super::{Observed, Situation};

/// What is agreed with one gauge, and who stands beside it.
pub(super) struct Watch {
    name: String,
    contract: Contract,
    flat: Option<FlatLimits>,
    neighbours: Option<Neighbourhood>,
}

impl Watch {
    pub(super) fn over(station: &Station) -> Self {
        Self {
            name: station.name.clone(),
            contract: station.contract(),
            flat: station.quality.flat,
            neighbours: station.quality.neighbours.clone(),
        }
    }
}

impl Situation {
    /// How a gauge is at `as_of`; `None` for a gauge nobody knows.
    #[must_use]
    pub fn health(&self, station: &StationId, as_of: Timestamp) -> Option<Health> {
        let track = self.tracks.get(station)?;
        let Watch { contract, flat, .. } = track.watch.as_ref();
        let walk = || {
            let heard = track.past.until(as_of).rev().map(|observed| Heard {
                at: observed.at,
                level_m: observed.level_m,
                flag: observed.flag,
                doubts: observed.doubts,
            });
            Recalled::of(contract, flat.as_ref(), heard)
        };
        let company = self.company(station, as_of);
        let judge = |recalled: &Recalled| recalled.health(contract, flat.as_ref(), &company, as_of);
        let mut found = if track.past.is_all_before(as_of) {
            judge(track.recalled.get_or_init(walk))
        } else {
            judge(&walk())
        };
        let name = |id: &str| Some(self.tracks.get(id)?.watch.name.clone());
        found.reason = found.reason.with_names(name);
        Some(found)
    }

    /// How every gauge is at `as_of`.
    #[must_use]
    pub fn health_of_all(&self, as_of: Timestamp) -> BTreeMap<StationId, Health> {
        let of = |id: &StationId| Some((id.clone(), self.health(id, as_of)?));
        self.tracks.keys().filter_map(of).collect()
    }

    /// What was agreed with a gauge.
    #[must_use]
    pub fn contract(&self, station: &StationId) -> Option<Contract> {
        Some(self.tracks.get(station)?.watch.contract)
    }

    /// Gauges that a gauge is compared with, by their ids.
    pub(crate) fn neighbours(&self, station: &str) -> impl Iterator<Item = &str> {
        let watch = self.tracks.get(station).map(|track| track.watch.as_ref());
        watch
            .and_then(|watch| watch.neighbours.as_ref())
            .into_iter()
            .flat_map(|of| of.gauges.iter().map(|neighbour| neighbour.station.as_str()))
    }

    /// What the neighbours of a gauge say about its newest usable level; `None` where none are known.
    #[must_use]
    pub fn agreement(&self, station: &StationId, as_of: Timestamp) -> Option<Agreement> {
        let neighbours = self.tracks.get(station)?.watch.neighbours.as_ref()?;
        let newest = self.newest_usable(station, as_of)?;
        let levels = |neighbour: Option<&StationId>, from, to| {
            self.usable_between(neighbour.unwrap_or(station), from, to)
        };
        let rain_mm = self.fallen_mm(neighbours, newest.at);
        Some(neighbours.agreement(newest.at, as_of, rain_mm, levels))
    }

    /// The newest usable reading, with what the neighbours say of it joined to its flag.
    #[must_use]
    pub fn newest_judged(&self, station: &StationId, as_of: Timestamp) -> Option<Observed> {
        let mut newest = self.newest_usable(station, as_of)?;
        if let Some(agreement) = self.agreement(station, as_of) {
            let flag = agreement.flag();
            newest.flag = newest.flag.max(flag);
            if flag >= Flag::Suspect {
                newest.doubts = newest.doubts.and(Check::Neighbours);
            }
        }
        Some(newest)
    }

    /// The neighbours' word on what a gauge says, or on the silence of one that may sleep.
    fn company(&self, station: &StationId, as_of: Timestamp) -> Agreement {
        let Some(track) = self.tracks.get(station) else {
            return Agreement::Unknown;
        };
        let asleep = track
            .watch
            .contract
            .asleep
            .is_some_and(|(start_level_m, _)| {
                self.newest_usable(station, as_of).is_some_and(|newest| {
                    let age = as_of.duration_since(newest.at);
                    newest.level_m < start_level_m && age > track.watch.contract.awake.late_after
                })
            });
        match &track.watch.neighbours {
            Some(neighbours) if asleep => {
                let rain_mm = self.fallen_mm(neighbours, as_of);
                neighbours.while_asleep(as_of, rain_mm, |neighbour, from, to| {
                    self.usable_between(neighbour.unwrap_or(station), from, to)
                })
            }
            _ => self.agreement(station, as_of).unwrap_or(Agreement::Unknown),
        }
    }

    fn usable_between(
        &self,
        station: &StationId,
        from: Timestamp,
        to: Timestamp,
    ) -> Vec<(Timestamp, f64)> {
        if from > to {
            return Vec::new();
        }
        self.between(station, from, to)
            .into_iter()
            .filter(|observed| observed.flag.usable_for_decisions())
            .map(|observed| (observed.at, observed.level_m))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use hinan_sensors::quality::{Cadence, DeviceClass, QualitySettings};
    use hinan_sensors::{HealthReason, Reading, State, Stations};
    use jiff::SignedDuration;
    use proptest::prelude::{Just, Strategy, prop, prop_assert_eq, proptest};

    use super::*;

    fn minute(minute: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minute)
    }

    /// 上 above 中 by an hour; 下, below it by an hour, is a crisis gauge that starts at two metres.
    fn river() -> Situation {
        let beside = |id: &str, travel_min: i64| {
            let text = format!(r#"{{"gauges":[{{"station":"{id}","travel_min":{travel_min}}}]}}"#);
            serde_json::from_str(&text).ok()
        };
        let crisis = Cadence {
            class: DeviceClass::Crisis,
            start_level_m: Some(2.0),
            ..Cadence::default()
        };
        let station = |id: &str, name: &str, quality: QualitySettings| Station {
            id: id.parse().expect("a plain identifier"),
            name: name.to_owned(),
            quality,
            cadence_s: 600,
        };
        let up = station("up", "上", QualitySettings::default());
        let middle = station(
            "middle",
            "中",
            QualitySettings {
                neighbours: beside("up", 60),
                ..QualitySettings::default()
            },
        );
        let down = station(
            "down",
            "下",
            QualitySettings {
                neighbours: beside("middle", 60),
                cadence: Some(crisis),
                ..QualitySettings::default()
            },
        );
        Situation::new(&Stations::new([up, middle, down]).expect("three sound gauges"))
    }

    fn reading(station: &str, at_min: i64, level_m: f64) -> Reading {
        Reading {
            station: station.parse().expect("a plain identifier"),
            at: minute(at_min),
            level_m,
            sequence: None,
        }
    }

    fn id(station: &str) -> StationId {
        station.parse().expect("a plain identifier")
    }

    /// From the third hour on the water rises by a metre an hour at `station`, seen every ten minutes.
    fn flood(situation: &mut Situation, station: &str, until_min: i64) {
        for at_min in (0..=until_min).step_by(10) {
            let hours = minute(at_min).duration_since(minute(180)).as_secs_f64() / 3600.0;
            situation.take(&reading(station, at_min, 1.0 + hours.max(0.0)));
        }
    }

    #[test]
    fn a_gauge_that_stands_still_in_a_flood_is_frozen_by_the_word_of_its_neighbour() {
        let mut situation = river();
        flood(&mut situation, "up", 360);
        for at_min in (0..=360).step_by(10) {
            situation.take(&reading("middle", at_min, 1.0942));
        }
        let found = situation
            .health(&id("middle"), minute(362))
            .expect("a known gauge");
        assert_eq!(found.state, State::Frozen);
        assert!(found.ja().contains("上 では"), "{}", found.ja());
        let judged = situation
            .newest_judged(&id("middle"), minute(362))
            .expect("a level");
        assert_eq!(judged.flag, Flag::Suspect);
        assert!(judged.doubts.by(Check::Neighbours));
        assert!(judged.flag.usable_for_decisions(), "shown and used");
    }

    #[test]
    fn a_sleeping_crisis_gauge_is_quiet_as_designed_until_the_river_rises() {
        let mut situation = river();
        situation.take(&reading("down", 0, 1.1));
        let state = |situation: &Situation, at_min| {
            situation
                .health(&id("down"), minute(at_min))
                .map(|health| health.state)
        };
        assert_eq!(state(&situation, 170), Some(State::QuietAsDesigned));
        flood(&mut situation, "middle", 360);
        assert_eq!(state(&situation, 362), Some(State::Late));
        let found = situation
            .health(&id("down"), minute(362))
            .expect("a known gauge");
        assert!(matches!(found.reason, HealthReason::NeighboursRise { .. }));
    }

    #[test]
    fn a_gauge_that_falls_silent_in_a_rise_is_suspected_to_be_under_water_and_worse_is_assumed() {
        let mut situation = river();
        flood(&mut situation, "up", 360);
        let found = situation
            .health(&id("up"), minute(391))
            .expect("a known gauge");
        assert_eq!(found.state, State::SuspectedSubmerged);
        let held = found.held.expect("it spoke");
        assert!((held.assumed_m(minute(420)) - 5.0).abs() < 1e-9);
    }

    fn readings() -> impl Strategy<Value = Vec<Reading>> {
        let station = prop::sample::select(vec!["up", "middle", "down"]);
        let one = (station, 0_i64..600, 0_i32..40)
            .prop_map(|(station, at_min, dm)| reading(station, at_min, f64::from(dm) / 10.0));
        prop::collection::vec(one, 0..60).prop_map(|mut readings| {
            // One reading per station and time: of two that differ the first to come stands.
            readings.sort_by(|a, b| (&a.station, a.at).cmp(&(&b.station, b.at)));
            readings.dedup_by(|a, b| (&a.station, a.at) == (&b.station, b.at));
            readings
        })
    }

    proptest! {
        #[test]
        fn health_does_not_depend_on_the_order_in_which_readings_came(
            (readings, shuffled) in readings().prop_flat_map(|readings| {
                (Just(readings.clone()), Just(readings).prop_shuffle())
            }),
            as_of in 0_i64..1000,
        ) {
            let (mut straight, mut other) = (river(), river());
            for reading in &readings {
                straight.take(reading);
            }
            for reading in &shuffled {
                other.take(reading);
                other.take(reading); // twice, as QoS 1 may
                let _ = other.health_of_all(minute(as_of)); // what was asked before must not stay
            }
            prop_assert_eq!(straight.health_of_all(minute(as_of)), other.health_of_all(minute(as_of)));
        }
    }
}
