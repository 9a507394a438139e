//! The recorded typhoon, as levels that devices can send, at its own time or as if it were today.

use hinan::clock::wall;
use hinan::demo::obihiro;
use hinan_models::History;
use hinan_sensors::{Reading, native_payload};
use jiff::{SignedDuration, Timestamp};

/// 帯広, the gauge that decides for the Tokachi in the town.
pub const OBIHIRO: &str = "301081281107050";

/// One level of one gauge.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    /// Gauge.
    pub station: String,
    /// When it was measured.
    pub at: Timestamp,
    /// Metres.
    pub level_m: f64,
}

/// The recorded storm.
#[must_use]
pub fn storm() -> History {
    hinan::town::read_history(obihiro::STORM, "the built-in storm").expect("it is built in")
}

/// The hours of the storm up to its hour `until`, moved so that this hour is `now`; oldest first.
#[must_use]
pub fn backlog(until: Timestamp, hours: i64, now: Timestamp) -> Vec<Level> {
    let storm = storm();
    let moved = now.duration_since(until);
    let first = until - SignedDuration::from_hours(hours);
    let mut levels = Vec::new();
    for row in 0..storm.len() {
        let at = storm.time(row);
        if at < first || at > until {
            continue;
        }
        for (column, gauge) in storm.gauges().iter().enumerate() {
            if let Some(level_m) = storm.level(row, column) {
                levels.push(Level {
                    station: gauge.clone(),
                    at: at + moved,
                    level_m,
                });
            }
        }
    }
    assert!(
        !levels.is_empty(),
        "the storm has nothing {hours} h before {until}"
    );
    levels
}

/// The full hour that has begun.
#[must_use]
pub fn this_hour() -> Timestamp {
    let now = wall().as_second();
    Timestamp::from_second(now - now.rem_euclid(3600)).expect("an hour of today")
}

/// The topic a gauge publishes to.
#[must_use]
pub fn topic(station: &str) -> String {
    format!("hinan/v1/readings/{station}")
}

/// What a device sends for a level.
#[must_use]
pub fn message(level: &Level, sequence: u64) -> Vec<u8> {
    native_payload(&Reading {
        station: level
            .station
            .parse()
            .unwrap_or_else(|why| panic!("{}: {why}", level.station)),
        at: level.at,
        level_m: level.level_m,
        sequence: Some(sequence),
    })
}
