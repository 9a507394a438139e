//! The newest value of everything a station measures, beside the levels that advice is made from: rain, battery, …

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use hinan_sensors::StationId;
use jiff::Timestamp;
use serde::Serialize;

use crate::store::readings::Newest;

/// One value as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Standing {
    /// The device's own time.
    pub at: Timestamp,
    /// In the unit of its quantity.
    pub value: f64,
    /// When it arrived.
    pub received_at: Timestamp,
}

/// By station and quantity. The intake writes it after each commit; everyone else reads.
#[derive(Default)]
pub struct NewestValues(RwLock<BTreeMap<StationId, BTreeMap<Arc<str>, Standing>>>);

impl NewestValues {
    /// What the record had at the start.
    pub(crate) fn restore(&self, newest: Vec<Newest>) {
        self.note(newest.into_iter().map(|one| {
            let standing = Standing {
                at: one.at,
                value: one.value,
                received_at: one.received_at,
            };
            (one.station, one.quantity.into(), standing)
        }));
    }

    /// Takes what was committed; an older value never replaces a newer one.
    pub(crate) fn note(&self, values: impl IntoIterator<Item = (StationId, Arc<str>, Standing)>) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for (station, quantity, standing) in values {
            // No quantity of a known station is looked up twice, and none is made without need.
            let of_station = match all.get_mut(&station) {
                Some(of_station) => of_station,
                None => all.entry(station).or_default(),
            };
            let kept = of_station.entry(quantity).or_insert(standing);
            if standing.at >= kept.at {
                *kept = standing;
            }
        }
    }

    /// Of one station, by the quantity's name.
    #[must_use]
    pub fn of(&self, station: &str) -> BTreeMap<String, Standing> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(station)
            .into_iter()
            .flatten()
            .map(|(quantity, standing)| (quantity.to_string(), *standing))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_late_does_not_hide_what_is_newer() {
        let newest = NewestValues::default();
        let at = |second| Timestamp::from_second(second).expect("a time");
        let value = |second, value| {
            let standing = Standing {
                at: at(second),
                value,
                received_at: at(100),
            };
            (
                "obihiro".parse().expect("an id"),
                "battery_v".into(),
                standing,
            )
        };
        newest.note([value(50, 3.6), value(40, 3.7)]);
        assert!((newest.of("obihiro")["battery_v"].value - 3.6).abs() < 1e-9);
        newest.note([value(60, 3.5)]);
        assert_eq!(newest.of("obihiro")["battery_v"].at, at(60));
        assert!(newest.of("shimizu").is_empty());
    }
}
