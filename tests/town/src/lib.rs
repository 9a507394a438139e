//! The simulated municipality that tests and benches share: the real service on free ports, with a record of its
//! own, and the people and machines around it.
//!
//! - Only public doors are used: MQTT, the web pages, the feed, the command line. Never the store.
//! - Nothing sleeps for a fixed time: every wait looks again and again, and gives up at a deadline with a sentence.
//! - A helper that cannot do what it was asked for panics and says so: a test is the only caller.

mod chance;
mod codes;
mod device;
mod ear;
mod eventually;
mod listener;
mod meter;
mod mosquitto;
mod nation;
mod officer;
mod peer;
mod plan;
mod ports;
mod program;
mod resident;
mod service;
mod sheet;
mod storm;
mod town;

pub use chance::SeededChance;
pub use codes::{Codes, secret_of};
pub use device::{Acknowledged, Device, pour};
pub use ear::{Ear, Told};
pub use eventually::{WITHIN, eventually, within};
pub use listener::{Heard, Listener};
pub use meter::{count, total};
pub use mosquitto::Mosquitto;
pub use nation::{most_memory, nation};
pub use officer::{Answer, Confirmation, Officer, Sheet, password_of};
pub use peer::without_peer;
pub use plan::TownPlan;
pub use ports::free_port;
pub use reqwest::StatusCode;
pub use resident::{Page, Resident};
pub use service::{Service, ran};
pub use sheet::{fields, unescaped};
pub use storm::{Level, OBIHIRO, backlog, message, storm, this_hour, topic};
pub use town::{FLOOD_HOUR, Town};
