//! The bridge between the agency's feeds and a broker: a server that misbehaves on one side, a real mosquitto on the other.

#![allow(clippy::unwrap_used)]

mod day;
mod misbehaving;
mod server;
mod story;

use std::sync::Arc;
use std::time::Duration;

use hinan::bridge::{Bridge, Settings, Target};
use hinan_town::Mosquitto;
use jiff::SignedDuration;

/// A bridge between a server and a broker, with its memory in a folder of its own.
pub(crate) fn bridge(
    feeds: Vec<String>,
    broker: &Mosquitto,
    folder: &tempfile::TempDir,
) -> Arc<Bridge> {
    Arc::new(Bridge::open(settings(feeds, broker.port, folder)).unwrap())
}

pub(crate) fn settings(feeds: Vec<String>, port: u16, folder: &tempfile::TempDir) -> Settings {
    Settings {
        feeds,
        interval: Duration::from_secs(60),
        backlog: SignedDuration::from_hours(24 * 365 * 100),
        types: Vec::new(),
        offices: Vec::new(),
        broker: Target {
            host: "127.0.0.1".to_owned(),
            port,
            login: None,
            tls: None,
        },
        topic: "hinan/v1/official/jma".to_owned(),
        data_dir: folder.path().to_owned(),
        timeout: Duration::from_secs(2),
        authorities: Vec::new(),
    }
}
