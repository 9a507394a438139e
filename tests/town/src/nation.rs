//! A nation's worth of gauges around the town: what the service must bear when every gauge of the country is listed.

use std::sync::Arc;

use hinan::config::Config;
use hinan::engine::Reference;
use hinan_sensors::{Station, Stations};

/// Every ten minutes, as the ministry's gauges report.
const CADENCE_S: u32 = 600;

/// The demo town with so many gauges more, each like one of its own, without models.
///
/// # Panics
/// Never: the built-in town is sound, and so are the copies.
#[must_use]
pub fn nation(gauges: usize) -> Reference {
    let mut config = Config::defaults();
    config.models.enabled = false;
    config.sensors.cadence_s = CADENCE_S;
    let of_town = hinan::town::load(&config).expect("the built-in town loads");
    let mut town = (*of_town.town).clone();
    let own = town.gauges.clone();
    let more = gauges.saturating_sub(own.len());
    for (number, like) in own.iter().cycle().take(more).enumerate() {
        let mut gauge = like.clone();
        gauge.id = format!("nation-{number:05}");
        gauge.name = format!("{}{number}", like.name);
        gauge.upstream.clear();
        town.gauges.push(gauge);
    }
    let stations = town.gauges.iter().map(|gauge| Station {
        id: gauge.id.parse().expect("a plain identifier"),
        name: gauge.name.clone(),
        quality: config.sensors.quality.clone(),
        cadence_s: CADENCE_S,
    });
    Reference {
        stations: Arc::new(Stations::new(stations).expect("each is listed once")),
        town: Arc::new(town),
        models: None,
        ..of_town
    }
}

/// The most memory this process has held, bytes; `None` where the system does not tell.
#[must_use]
pub fn most_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}
